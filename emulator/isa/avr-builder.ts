/**
 * The builder against which the meanings of AVR instructions are written. Registers are bytes, each in a word of its own;
 * program addresses count words, data addresses bytes of the data space.
 *
 * A flag is set by a word in which one bit is looked at, so that setting it costs nothing but what its value is made of: C
 * and T by 0 or 1, Z by a word that is 0, N, V and S by bit 7, H by bit 4. Each flag is set by itself: whoever finds out that
 * nobody reads it may leave it out.
 */
import type { CommonBuilder, Value } from './builder.js';

/** In the order of their bits in SREG. */
export const SREG_FLAGS = ['C', 'Z', 'N', 'V', 'S', 'H', 'T', 'I'] as const;
export type AvrFlag = (typeof SREG_FLAGS)[number];

export interface AvrBuilder extends CommonBuilder {
  // -- Registers.
  /** R0..R31: 0..255. */
  reg(n: Value): Value;
  /** @param value 0..255 */
  setReg(n: Value, value: Value): void;
  /** The stack pointer: 0..0xffff. */
  sp(): Value;
  /** @param value 0..0xffff */
  setSp(value: Value): void;
  /** Bits 23:16 of what ELPM and SPM address; 0 where the core has none. */
  rampz(): Value;
  setRampz(value: Value): void;
  /** Bits 21:16 of what EIJMP and EICALL jump to. */
  eind(): Value;

  // -- Flags.
  /** 0 or 1. */
  flag(name: AvrFlag): Value;
  /** A word that is 0 when Z is set, and only then. */
  zWord(): Value;
  /** @param bit 0 or 1 */
  setC(bit: Value): void;
  /** Set when the word is 0. */
  setZ(word: Value): void;
  /** Bit 7 of the word. */
  setN(word: Value): void;
  /** Bit 7 of the word. */
  setV(word: Value): void;
  /** Bit 7 of the word. */
  setS(word: Value): void;
  /** Bit 4 of the word: what was carried into it. */
  setH(word: Value): void;
  /** @param bit 0 or 1 */
  setT(bit: Value): void;
  /** CLI. I is set by the helpers `EnableInterrupts` and `setSreg`, after which the next instruction is not interrupted. */
  clearI(): void;
  /** SREG as a byte. */
  sreg(): Value;
  /** @param value 0..255 */
  setSreg(value: Value): void;

  // -- Memory.
  /** A byte of the data space. @param address 0..0xffff */
  load(address: Value): Value;
  /** @param address 0..0xffff @param value 0..255 */
  store(address: Value, value: Value): void;
  /** The same where no SRAM can be: I/O registers of IN, OUT and the like, by their address in the data space. */
  loadIO(address: Value): Value;
  storeIO(address: Value, value: Value): void;
  /** SBI, CBI: only these bits are written. @param level 0 or 1 */
  storeIOBits(address: Value, mask: Value, level: 0 | 1): void;
  /** A byte of program memory, or what LPM reads in its place (fuses, lock bits, signature). @param address in bytes, reduced to the size of the memory */
  loadProgram(address: Value): Value;

  // -- Control flow. At most one of these is reached; without one, execution falls through.
  /** Address of the instruction that follows, in words. */
  nextPC(): Value;
  /** A direct branch. @param target in words, inside program memory @param extraCycles beyond those of the row's class */
  branch(target: Value, extraCycles?: Value): void;
  /** To an address known only when it runs. @param target in words, reduced to the size of the memory */
  branchIndirect(target: Value): void;
}
