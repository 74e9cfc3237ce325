/**
 * Where a Cortex-M keeps its registers: words at the start of the machine's `WebAssembly.Memory`, so that interpreter,
 * translated code, snapshot and debugger see the same bytes. Values are indices into an Int32Array. An enumeration, since the
 * bundler writes its values where they are used: looked up in an object at each access they cost a tenth of an interrupt.
 */
export enum Word {
  /** R0..R12, then the *current* SP, LR, and the address of the next instruction. */
  R0 = 0,
  SP = 13,
  LR = 14,
  PC = 15,
  /** APSR.N is bit 31 of this word. */
  N = 16,
  /** APSR.Z is set when this word is 0. It is the same as N's unless both flags are set. */
  Z = 17,
  /** 0 or 1. */
  C = 18,
  V = 19,
  Q = 20,
  /** APSR.GE[3:0]. */
  GE = 21,
  /** EPSR.IT as in ITSTATE<7:0>; 0 outside an IT block. */
  ITSTATE = 22,
  /** EPSR.T: 1 in Thumb state. */
  T = 23,
  IPSR = 24,
  PRIMASK = 25,
  FAULTMASK = 26,
  BASEPRI = 27,
  /** CONTROL.nPRIV, .SPSEL, .FPCA in bits 0..2. */
  CONTROL = 28,
  /** The stack pointer that is not current: PSP while MSP is in use, MSP otherwise. */
  OTHER_SP = 29,
  /** FPSCR. */
  FPSCR = 30,
  /** 1 while an exclusive access is pending. */
  EXCLUSIVE = 31,
  EXCLUSIVE_ADDRESS = 32,
  /** Event register of WFE. */
  EVENT = 33,
  /** Core cycles since the current run began. */
  CYCLES = 34,
  /** The interpreter leaves its loop when CYCLES reaches LIMIT. */
  LIMIT = 35,
  /** 1 when code executes unprivileged (Thread mode with CONTROL.nPRIV set). */
  UNPRIVILEGED = 36,
  /** 1 when CCR.UNALIGN_TRP or an Armv6-M core makes every unaligned access fault. */
  UNALIGN_TRP = 37,
  /** 1 when CCR.DIV_0_TRP. */
  DIV_0_TRP = 38,
  /** 1 while an exception can be taken or execution cannot go on as it is: look before the next instruction. */
  ATTENTION = 39,
  /** 1 while the next floating-point instruction must call ExecuteFPCheck (no access, lazy save due, or no FP context yet). */
  FP_CHECK = 40,
  /** Instructions executed by translated code since the interpreter last took the count. */
  TRANSLATED = 41,
  /** Why translated code came back, and from where. */
  EXIT = 42,
  EXIT_SITE = 43,
  /** Of translated code, two words: cycles left to the limit and instructions executed; see the translator's count.ts. 8-byte aligned. */
  COUNT = 44,
  /** 1 when an access that translated code asked for has not happened: the interpreter must run its instruction. */
  DECLINED = 46,
  /** S0..S31, 8-byte aligned; D<n> is S<2n>, S<2n+1>. */
  S0 = 64,
}

/** Bytes reserved for the core's state at the start of the machine's memory. */
export const STATE_BYTES = 1024;
