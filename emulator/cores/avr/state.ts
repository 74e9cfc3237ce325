/**
 * Where an AVR keeps its registers: words at the start of the machine's `WebAssembly.Memory`, so that interpreter, translated
 * code, snapshot and debugger see the same bytes. Values are indices into an Int32Array. An enumeration, since the bundler
 * writes its values where they are used.
 */
export enum Word {
  /** R0..R31, a byte each: 0..255. */
  R0 = 0,
  /** Address of the next instruction, in words of program memory. */
  PC = 32,
  /** 0..0xffff. */
  SP = 33,
  /** SREG, each flag by itself. C and T are 0 or 1. */
  C = 34,
  /** SREG.Z is set when this word is 0. */
  Z = 35,
  /** SREG.N, .V and .S are bit 7 of these words. */
  N = 36,
  V = 37,
  S = 38,
  /** SREG.H is bit 4 of this word. */
  H = 39,
  T = 40,
  /** 0 or 1. */
  I = 41,
  RAMPZ = 42,
  EIND = 43,
  /** Core cycles since the current run began. */
  CYCLES = 44,
  /** The interpreter leaves its loop when CYCLES reaches LIMIT. */
  LIMIT = 45,
  /** While CYCLES has this value, an instruction has just ended after which another one runs before any interrupt; -1 is never. */
  SHADOW = 46,
  /** Interrupts that are asked for: vectors 0..31 and 32..63, a bit each. */
  PENDING = 47,
  PENDING_HIGH = 48,
  /** 1 after SLEEP, until an interrupt or a reset. */
  SLEEPING = 49,
  /** 1 while somebody else answers to LPM: the block that holds fuses and lock bits, or a flash that is busy. */
  PROGRAM_HOOK = 50,
  /** Instructions executed by translated code since the interpreter last took the count. */
  TRANSLATED = 52,
  /** Why translated code came back, and from where. */
  EXIT = 53,
  EXIT_SITE = 54,
  /** 1 when an access that translated code asked for has not happened: the interpreter must run its instruction. */
  DECLINED = 55,
  /** Of translated code, two words: cycles left to the limit and instructions executed. 8-byte aligned. */
  COUNT = 56,
}

/** Bytes reserved for the core's state at the start of the machine's memory. */
export const STATE_BYTES = 1024;

/** Where the core's own registers lie in the data space. Source: ATmega328P datasheet DS40002061B, ATmega2560 datasheet DS40002211A, Register Summary. */
export const Address = { RAMPZ: 0x5b, EIND: 0x5c, SPL: 0x5d, SPH: 0x5e, SREG: 0x5f } as const;

export function readSREG(words: Int32Array): number {
  return words[Word.C] | (words[Word.Z] === 0 ? 2 : 0) | ((words[Word.N] & 0x80) >> 5) | ((words[Word.V] & 0x80) >> 4)
    | ((words[Word.S] & 0x80) >> 3) | ((words[Word.H] & 0x10) << 1) | (words[Word.T] << 6) | (words[Word.I] << 7);
}

/** Puts a byte's bits into the flags. */
export function writeSREG(words: Int32Array, value: number): void {
  words[Word.C] = value & 1;
  words[Word.Z] = (value & 2) ^ 2;
  words[Word.N] = (value << 5) & 0x80;
  words[Word.V] = (value << 4) & 0x80;
  words[Word.S] = (value << 3) & 0x80;
  words[Word.H] = (value >> 1) & 0x10;
  words[Word.T] = (value >> 6) & 1;
  words[Word.I] = (value >> 7) & 1;
}
