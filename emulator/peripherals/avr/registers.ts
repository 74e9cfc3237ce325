/**
 * Register maps of AVR blocks. A template lists a block's registers with the data sheet's general names (TCCRnA, PORTx); a
 * chip file gives their addresses in data space by the names they have there (TCCR1A, PORTB).
 */
import { z } from 'zod';
import type { BlockContext } from '../block.js';
import { RegisterBlock, registerMap, type MapSpec, type ReadHandler, type RegisterMap, type RegisterSpec, type WriteHandler } from '../registers/index.js';

export type Template = Readonly<Record<string, Omit<RegisterSpec, 'at' | 'width' | 'count' | 'stride'>>>;

/** Highest address of a device: what follows is SRAM on every chip. */
const LAST_ADDRESS = 0x1ff;

/** The key of a chip file's line that places a block's registers. */
export const PLACES = z.record(z.string().regex(/^[A-Z][A-Z0-9]*$/, 'must be a register of the data sheet, in capitals'), z.int().min(0x20).max(LAST_ADDRESS));
export type Places = z.output<typeof PLACES>;

/** TCCRnA of instance 1 is TCCR1A. The first n or x in small letters stands for the instance. */
export function instanceName(general: string, instance: string): string {
  return general.replace(/[nx]/, instance);
}

/**
 * @param instance what stands for n or x; empty for blocks that a chip has once
 * @throws RangeError for a register that the template does not have, or one of `required` without a place
 */
export function avrMap(template: Template, instance: string, places: Places, required: readonly string[] = Object.keys(template)): RegisterMap<MapSpec> {
  const spec: Record<string, RegisterSpec> = {};
  const names = new Map(Object.keys(template).map((general) => [instanceName(general, instance), general]));
  for (const name of Object.keys(places)) {
    if (!names.has(name)) throw new RangeError(`there is no register ${name} in this block; it has ${[...names.keys()].join(', ')}`);
  }
  for (const [name, general] of names) {
    if (places[name] !== undefined) spec[name] = { ...template[general], at: places[name], width: 8 };
    else if (required.includes(general)) throw new RangeError(`register ${name} has no address; give it one under "registers"`);
  }
  return registerMap(spec);
}

export interface Handlers<T extends Template> {
  readonly onRead?: { readonly [K in keyof T]?: ReadHandler };
  readonly onPeek?: { readonly [K in keyof T]?: ReadHandler };
  readonly onWrite?: { readonly [K in keyof T]?: WriteHandler };
}

export interface Placed<T extends Template> {
  readonly block: RegisterBlock<MapSpec>;
  /** Storage by the general name, one element each; of no consequence where the chip has no such register. */
  readonly stored: { readonly [K in keyof T]: Uint32Array };
}

export interface Placing {
  readonly instance: string;
  readonly places: Places;
  /** General names of those that every chip has; default all. */
  readonly required?: readonly string[];
}

export function placeRegisters<T extends Template>(context: BlockContext, template: T, { instance, places, required }: Placing, { onRead, onPeek, onWrite }: Handlers<T>): Placed<T> {
  const map = avrMap(template, instance, places, required);
  const named = <H>(handlers: { readonly [K in keyof T]?: H } | undefined): Record<string, H> =>
    Object.fromEntries(Object.entries(handlers ?? {}).map(([general, handler]) => [instanceName(general, instance), handler as H]));
  const block = new RegisterBlock(map, {
    instance: context.name, base: context.base, size: LAST_ADDRESS + 1, warnings: context.warnings,
    onRead: named(onRead), onPeek: named(onPeek), onWrite: named(onWrite),
  });
  const stored = Object.fromEntries(Object.keys(template).map((general) => {
    const name = instanceName(general, instance);
    return [general, places[name] === undefined ? new Uint32Array(1) : block.storage(name)];
  })) as { [K in keyof T]: Uint32Array };
  return { block, stored };
}
