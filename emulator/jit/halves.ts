/**
 * Registers that hold two halfwords put together (SXTB16 and its like), as long as they do: the halves are kept apart as well,
 * so that who takes them apart again (SMLAD) finds them. Dot products of bytes live on this.
 */
import type { Value } from '../isa/builder.js';
import { Op } from './encoder.js';
import { argumentsOf, localValue } from './expression.js';

interface Halves { readonly low: number; readonly high: number; isLowShort: boolean; isHighShort: boolean; isKnown: boolean }

const LOW = 0xffff;

/** The halves that a value is put together of. */
export function halvesOf(value: Value): { readonly low: Value; readonly high: Value } | undefined {
  const [masked, shifted] = argumentsOf(value, Op.i32_or) ?? [];
  if (masked === undefined || shifted === undefined) return undefined;
  const [low, mask] = argumentsOf(masked, Op.i32_and) ?? [];
  const [high, distance] = argumentsOf(shifted, Op.i32_shl) ?? [];
  return low !== undefined && high !== undefined && mask === LOW && distance === 16 ? { low, high } : undefined;
}

/** Its upper half is its sign. */
export const isShort = (value: Value): boolean => argumentsOf(value, Op.i32_extend8_s) !== undefined || argumentsOf(value, Op.i32_extend16_s) !== undefined;

export class KnownHalves {
  private readonly registers = new Map<number, Halves>();

  constructor(private readonly newLocal: () => number) {}

  /** Locals for the halves of a register, which holds them from now on. */
  note(n: number, isLowShort: boolean, isHighShort: boolean): { readonly low: number; readonly high: number } {
    let halves = this.registers.get(n);
    if (!halves) this.registers.set(n, (halves = { low: this.newLocal(), high: this.newLocal(), isLowShort, isHighShort, isKnown: true }));
    Object.assign(halves, { isLowShort, isHighShort, isKnown: true });
    return halves;
  }

  forget(n: number): void {
    const halves = this.registers.get(n);
    if (halves) halves.isKnown = false;
  }

  forgetAll(): void {
    for (const halves of this.registers.values()) halves.isKnown = false;
  }

  /** The lower or upper half of a register as a value, and whether its upper half is its sign. */
  half(n: number, isHigh: boolean): { readonly value: Value; readonly isShort: boolean } | undefined {
    const halves = this.registers.get(n);
    if (!halves?.isKnown) return undefined;
    return isHigh ? { value: localValue(halves.high), isShort: halves.isHighShort } : { value: localValue(halves.low), isShort: halves.isLowShort };
  }
}
