/** What a part outside the chip is made from, and how a board file names its bus, addresses, pins and options. */
import type { z } from 'zod';
import type { Snapshot, Stateful, Warnings } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import type { AnalogSource } from '../wires/analog.js';
import type { I2cTarget } from '../wires/i2c-bus.js';
import type { Net } from '../wires/net.js';
import type { I2sTransmitterOptions, I2sSource } from '../wires/i2s.js';
import type { PdmMicrophoneOptions, PdmSource } from '../wires/pdm.js';
import type { SpiDevice, SpiDeviceOptions } from '../wires/spi-bus.js';
import type { Quantity, World } from './inputs.js';
import { Sampler } from './sampler.js';
import type { Control, Shown } from './shown.js';

/**
 * SCCB is OmniVision's name for its two-wire bus; such a part hangs on the wires of an I2C bus. A part on `pins` has no bus: it
 * takes its nets from its context.
 */
export type PartBus = 'i2c' | 'sccb' | 'spi' | 'pdm' | 'i2s' | 'analog' | 'pins';

/** The wires of each bus: those that a part on it must have, and those that it may leave open. */
export const BUS_WIRES: Readonly<Record<PartBus, { readonly needed: readonly string[]; readonly optional: readonly string[] }>> = {
  i2c:    { needed: ['sda', 'scl'], optional: [] },
  sccb:   { needed: ['sda', 'scl'], optional: [] },
  spi:    { needed: ['sck', 'cs'], optional: ['mosi', 'miso'] },
  pdm:    { needed: ['clk', 'din'], optional: [] },
  i2s:    { needed: ['sck', 'ws', 'sd'], optional: [] },
  analog: { needed: ['out'], optional: [] },
  pins:   { needed: [], optional: [] },
};

/** What the machine gives a part when it builds a board from its description. */
export interface PartContext {
  /** As the board calls it, for messages: `lsm9ds1`. */
  readonly name: string;
  /** The one of its buses on which it hangs. */
  readonly bus: PartBus;
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  readonly world: World;
  /** For noise and what differs from part to part: the run's seed mixed with the part's place. Unsigned 32-bit. */
  readonly seed: number;
  /** Whether it has noise, offsets, drift and a clock of its own, or is as its datasheet's typical column says. */
  readonly imperfections: boolean;
  /** The addresses the board gives it, in the order of the part's `addresses`. */
  readonly addresses: readonly number[];
  /** The wire at one of its other pins; undefined where the board leaves it open. */
  pin(name: string): Net | undefined;
  /** The bytes of a file that its options name. @throws Error with one clear line when there is none */
  readonly file?: (name: string) => Uint8Array;
  /** What it shows has changed, for those who do not want to ask all the time. */
  readonly changed?: () => void;
  /** From now on, or from that tick, it takes this typical supply current, in a state that it names as its datasheet does. */
  readonly draws: (state: string, microamps: number, at?: RootTicks) => void;
}

/** On SPI: who is selected, and what its interface understands. */
export interface SpiPart extends Pick<SpiDeviceOptions, 'csActiveHigh' | 'modes' | 'wordBits' | 'lsbFirst'> {
  readonly device: SpiDevice;
}

/** Called `reset` when its supply comes up; loses everything without. */
export interface Part extends Stateful {
  /** Takes the samples that are due: the world is about to change, and what is past was in the world as it is now. */
  catchUp?(): void;
  /** On I2C and SCCB: who answers, one for each of the part's addresses. */
  readonly targets?: readonly I2cTarget[];
  /** On I2C, further targets that answer at addresses of others: what a part lets through to a bus of its own. */
  readonly listeners?: readonly (I2cTarget & { answers(address: number): boolean })[];
  readonly spi?: SpiPart;
  /** On PDM: all of its wire but the nets. */
  readonly microphone?: { readonly source: PdmSource } & Omit<PdmMicrophoneOptions, 'clock' | 'data' | 'enable'>;
  /** On I2S, the same. */
  readonly i2s?: { readonly source: I2sSource } & Omit<I2sTransmitterOptions, 'sck' | 'ws' | 'sd' | 'supply'>;
  /** On `analog`: what its output gives. */
  readonly voltage?: AnalogSource;
  /** For an output that is no wire of its bus: what the pin of that name gives. */
  readonly voltages?: Readonly<Record<string, AnalogSource>>;
  /** What a person sees or hears of it now. */
  shows?(): Shown;
  /** What it stores, as a file would hold it. */
  contents?(): Uint8Array;
  /** What a person can do to it, by name. */
  readonly controls?: Readonly<Record<string, Control>>;
}

export interface PartFactory {
  /** In one line, for lists of parts. */
  readonly what: string;
  /** Which one follows from the wires that it is given. */
  readonly buses: readonly PartBus[];
  /** For each of its functions with an address of its own, the addresses that its pins can choose; what modules have comes first. */
  readonly addresses: readonly (readonly number[])[];
  /** Its pins beside those of the bus, by the names a board file connects them with. */
  readonly pins: readonly string[];
  /** Those of them without which it is of no use, on each of its buses. */
  readonly neededPins: Readonly<Partial<Record<PartBus, readonly string[]>>>;
  /** What it measures. */
  readonly inputs: readonly Quantity[];
  /** Strict: unknown keys are refused. */
  readonly options: z.ZodObject;
  create(context: PartContext, options: Readonly<Record<string, unknown>>): Part;
}

/** Ties the options' schema to the type that `create` receives. */
export function definePart<O extends z.ZodObject>(part: {
  readonly what?: string;
  readonly bus: PartBus | readonly PartBus[];
  readonly addresses?: readonly (readonly number[])[];
  readonly pins?: readonly string[];
  readonly neededPins?: Readonly<Partial<Record<PartBus, readonly string[]>>>;
  readonly inputs: readonly Quantity[];
  readonly options: O;
  create(context: PartContext, options: z.output<O>): Part;
}): PartFactory {
  return {
    what: part.what ?? '', buses: typeof part.bus === 'string' ? [part.bus] : part.bus, addresses: part.addresses ?? [], pins: part.pins ?? [],
    neededPins: part.neededPins ?? {}, inputs: part.inputs, options: part.options,
    create: (context, options) => part.create(context, options as z.output<O>),
  };
}

/**
 * A board's addresses in the order of the part's functions.
 * @returns a text that says what is wrong, where they cannot be the part's
 */
export function addressesInOrder({ addresses: possible }: PartFactory, given: readonly number[]): number[] | string {
  const hex = (list: readonly number[]): string => list.map((address) => `0x${address.toString(16)}`).join(' or ');
  const wrong = given.find((address) => !possible.some((choices) => choices.includes(address)));
  if (wrong !== undefined) return `cannot answer at 0x${wrong.toString(16)}; use ${possible.map(hex).join(', and ')}`;
  const ordered = possible.map((choices) => given.filter((address) => choices.includes(address)));
  const missing = ordered.findIndex((chosen) => chosen.length !== 1);
  if (missing >= 0) return `needs exactly one address of ${hex(possible[missing])}${possible.length === 1 ? '' : ` among its ${possible.length}`}`;
  return ordered.map(([address]) => address);
}

/** Several things with state as one. @param afterReset what follows when all are reset */
export function together(parts: Readonly<Record<string, Stateful>>, afterReset: () => void = () => undefined): Stateful & { catchUp(): void } {
  const entries = Object.entries(parts);
  return {
    catchUp: () => {
      for (const [, part] of entries) if (part instanceof Sampler) part.catchUp();
    },
    reset: () => {
      for (const [, part] of entries) part.reset();
      afterReset();
    },
    snapshot: () => Object.fromEntries(entries.map(([name, part]) => [name, part.snapshot()])),
    restore: (from) => {
      for (const [name, part] of entries) {
        const saved = from[name];
        if (typeof saved !== 'object' || saved === null) throw new Error(`the snapshot has no part "${name}"`);
        part.restore(saved as Snapshot);
      }
    },
  };
}

/** Names with a word before them, so that two sets of them can stand together. */
export function prefixed<T>(word: string, things: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(things).map(([name, thing]) => [`${word}.${name}`, thing]));
}

/** Two elements on one supply: each tells its state, the part their sum. */
export function sumOf(context: PartContext): (element: string) => (state: string, microamps: number, at?: RootTicks) => void {
  const now = new Map<string, { readonly state: string; readonly microamps: number }>();
  return (element) => (state, microamps, at) => {
    now.set(element, { state, microamps });
    const words = [...now].map(([name, { state: its }]) => `${name} ${its}`).join(', ');
    context.draws(words, [...now.values()].reduce((sum, { microamps: its }) => sum + its, 0), at);
  };
}
