/**
 * What one differential test is made of: a short sequence of instructions with all the state it starts from, and the
 * state it ends in. Oracle and engine under test exchange nothing else.
 */

/** Cores the fuzzer knows. Unicorn has no Cortex-M0+; its instruction set is that of the Cortex-M0. */
export const CORES = ['cortex-m0', 'cortex-m0plus', 'cortex-m3', 'cortex-m4', 'cortex-m7'] as const;
export type CoreName = (typeof CORES)[number];

/**
 * The memories of every case: code can be read and executed, RAM can be read and written, everything else faults.
 * Code memory is zero except for the bytes of the case; both sizes are multiples of 4 KiB.
 */
export const CODE_BASE = 0x0001_0000;
export const CODE_BYTES = 0x0001_0000;
export const RAM_BASE = 0x2000_0000;
export const RAM_BYTES = 4096;
export const RAM_WORDS = RAM_BYTES / 4;

/** Why a case ended; the order is that of `enum reason` in test/oracles/unicorn.c. */
export const STOP_REASONS = [
  /** The PC left the sequence, with the T bit set. */
  'end',
  /** Data access outside the memories, or a store to code. */
  'memory fault',
  /** UNDEFINSTR. */
  'undefined instruction',
  /** An instruction was to be executed with the T bit clear: R15 is its address, inside the sequence or not. */
  'invalid state',
  'SVC',
  'BKPT',
  /** A misaligned access of a kind that must be aligned. */
  'unaligned access',
  'no coprocessor',
  'other exception',
  /** More instructions than a sequence without loops can have. */
  'limit',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** Registers in their architectural form. The oracle's cores lack what their architecture lacks: it reads as 0. */
export interface CoreState {
  /** R0..R15; R13 is the current SP. */
  readonly r: Uint32Array;
  /** N, Z, C, V, Q in bits 31:27, GE in bits 19:16. */
  apsr: number;
  primask: number;
  basepri: number;
  faultmask: number;
  /** nPRIV, SPSEL, FPCA in bits 0, 1, 2. */
  control: number;
  /** The stack pointer that CONTROL.SPSEL does not choose. */
  otherSp: number;
  fpscr: number;
  /** S0..S31 as bits. */
  readonly s: Uint32Array;
}

export interface TestCase {
  readonly core: CoreName;
  /** Where the sequence lies: in code memory, a multiple of 4. Execution starts here, in privileged Thread mode. */
  readonly codeAddress: number;
  /** The sequence, then a pool of literals. */
  readonly code: Uint8Array;
  /** Length of the sequence: execution ends when the PC is outside. */
  readonly sequenceBytes: number;
  readonly state: CoreState;
  /** RAM from RAM_BASE. */
  readonly ram: Uint32Array;
}

export interface CaseResult {
  readonly reason: StopReason;
  /** For 'memory fault': the address. */
  readonly faultAddress: number;
  /**
   * After 'end' and 'invalid state' the state with R15 as the address that was about to be executed. After every other
   * reason the state before the instruction that raised it, with R15 as the address of that instruction.
   */
  readonly state: CoreState;
  readonly ram: Uint32Array;
}

export function emptyState(): CoreState {
  return { r: new Uint32Array(16), apsr: 0, primask: 0, basepri: 0, faultmask: 0, control: 0, otherSp: 0, fpscr: 0, s: new Uint32Array(32) };
}

export function copyState(from: CoreState): CoreState {
  return { ...from, r: from.r.slice(), s: from.s.slice() };
}
