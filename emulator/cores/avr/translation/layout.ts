/** Where translated code finds what it shares with the interpreter: byte offsets in the machine's memory, and sizes. */
import { Word } from '../state.js';
import { StateBit } from './effects.js';

export interface AvrLayout {
  /** Data-space addresses of SRAM, and where address 0 of the data space would lie. */
  readonly ramStart: number;
  readonly ramBytes: number;
  readonly dataOffset: number;
  readonly flashOffset: number;
  readonly flashBytes: number;
  /** 0 where the core has none. */
  readonly rampzMask: number;
  readonly eindMask: number;
  /** 16-bit numbers in the table of functions, by word address. */
  readonly functions: number;
}

export const offsetOf = (word: Word): number => 4 * word;

/** Locals of a region's function. The first two are its parameters. */
export enum Local {
  /** Calls that may still be nested, times `ONE_CALL`, plus the number of the entry. */
  DEPTH = 0,
  /** int64: see jit/count.ts. */
  COUNT = 1,
  /** Where to go on, in words; `ENTRY`: the number of the entry, 0 once it has served; `TARGET`: of the call under way. */
  PC = 2,
  ENTRY = 3,
  TARGET = 4,
  /** What a device has given. */
  VALUE = 5,
  R0 = 6,
  C = 38,
  Z = 39,
  N = 40,
  V = 41,
  S = 42,
  H = 43,
  T = 44,
  SP = 45,
  firstFree = 46,
}
export const FIRST_LOCAL = Local.PC;

/** Registers beside R0..R31 that live in locals: the bit in a set, the local, the word of the state. */
export const STATE_LOCALS: readonly { readonly bit: number; readonly local: Local; readonly word: Word }[] = [
  { bit: StateBit.C, local: Local.C, word: Word.C },
  { bit: StateBit.Z, local: Local.Z, word: Word.Z },
  { bit: StateBit.N, local: Local.N, word: Word.N },
  { bit: StateBit.V, local: Local.V, word: Word.V },
  { bit: StateBit.S, local: Local.S, word: Word.S },
  { bit: StateBit.H, local: Local.H, word: Word.H },
  { bit: StateBit.T, local: Local.T, word: Word.T },
  { bit: StateBit.SP, local: Local.SP, word: Word.SP },
];

/** No instruction has this address: what a function that is not there answers. */
export const NOT_TRANSLATED = -1;

/**
 * Why translated code came back, where somebody asks. `DEVICE`: a pointer led out of SRAM; `RESUMED`: an interrupt's handler
 * has ended, anywhere; `INDIRECT`: the jump at EXIT_SITE went where its region does not.
 */
export const Exit = { AWAY: 0, LIMIT: 1, GIVEN_UP: 2, DEVICE: 3, RESUMED: 4, INDIRECT: 5 } as const;

/** Helpers that reach devices; each knows by COUNT when, and by PC where. */
export const Reach = { load: 'load', store: 'store', loadIO: 'loadIO', storeIO: 'storeIO', storeIOBits: 'storeIOBits', WDR: 'WDR' } as const;
