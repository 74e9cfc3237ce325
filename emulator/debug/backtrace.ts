/** The seam between whoever prints a call stack and the unwinder (`dwarf/`). */
import type { FirmwareImage } from '../machine-api.js';

/** R0..R15 of one activation: SP in 13, LR in 14, PC in 15. */
export type RegisterFile = ArrayLike<number>;

export interface BacktraceFrame {
  /** Address of the instruction, Thumb bit removed. */
  readonly pc: number;
  readonly sp: number;
  /** Function name, when debug information or symbols know one. */
  readonly name?: string;
  readonly file?: string;
  readonly line?: number;
}

/** Innermost frame first. Ends where it cannot go on; never throws, never longer than a fixed limit. */
export type Unwind = (
  registers: RegisterFile,
  readWord: (address: number) => number | undefined,
  image: FirmwareImage,
) => readonly BacktraceFrame[];
