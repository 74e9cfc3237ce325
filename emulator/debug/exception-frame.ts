/**
 * The frame a core pushes on exception entry.
 * Source: Armv7-M ARM (DDI 0403E), B1.5.6 "Exception entry behavior", B1.5.7 "Stack alignment", B1.5.8 EXC_RETURN.
 */

/** Register values when the exception was taken. */
export interface ExceptionFrame {
  readonly r0: number;
  readonly r1: number;
  readonly r2: number;
  readonly r3: number;
  readonly r12: number;
  readonly lr: number;
  /** Of the instruction to return to: the faulting one, for a precise fault. */
  readonly pc: number;
  readonly xpsr: number;
  /** Stack pointer before the exception: the frame and its alignment word removed. */
  readonly sp: number;
  /** Where the frame lies. */
  readonly address: number;
  /** S0..S15 and FPSCR, when the frame has room for them; all 0 while lazy saving is still pending. */
  readonly fp?: { readonly s: readonly number[]; readonly fpscr: number };
}

const BASIC_BYTES = 0x20;
const EXTENDED_BYTES = 0x68;

/** Is this LR a pending return from an exception? */
export function isExceptionReturn(lr: number): boolean {
  return lr >>> 0 >= 0xffff_ffe0;
}

/** Which stack an EXC_RETURN value points at. */
export function frameIsOnProcessStack(excReturn: number): boolean {
  return (excReturn & 4) !== 0;
}

/**
 * @param address the stack pointer right after entry
 * @param excReturn LR in the handler: bit 4 clear means a frame with floating-point registers
 * @param peek word at an address, undefined where nothing is
 * @returns undefined when the frame is not wholly in memory
 */
export function readExceptionFrame(address: number, excReturn: number, peek: (address: number) => number | undefined): ExceptionFrame | undefined {
  const hasFp = (excReturn & 0x10) === 0;
  const words: number[] = [];
  for (let at = 0; at < (hasFp ? EXTENDED_BYTES - 4 : BASIC_BYTES); at += 4) {
    const word = peek((address + at) >>> 0);
    if (word === undefined) return undefined;
    words.push(word >>> 0);
  }
  const [r0, r1, r2, r3, r12, lr, pc, xpsr] = words as [number, number, number, number, number, number, number, number];
  const alignment = (xpsr >>> 9) & 1 ? 4 : 0;
  const sp = (address + (hasFp ? EXTENDED_BYTES : BASIC_BYTES) + alignment) >>> 0;
  const basic = { r0, r1, r2, r3, r12, lr, pc, xpsr, sp, address: address >>> 0 };
  return hasFp ? { ...basic, fp: { s: words.slice(8, 24), fpscr: words[24] } } : basic;
}
