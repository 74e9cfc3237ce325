/**
 * The abstract builders against which every instruction's meaning is written. One backend emits JavaScript for the
 * interpreter, another WebAssembly for the translator. All values are 32-bit integers; a plain number is a constant.
 *
 * Order is program order: each call takes effect when it is made, so a value read from a register is that register's
 * value at the time of the call. Memory accesses may fault; nothing the operation did before the fault is undone, so
 * an operation accesses memory before it writes registers.
 */
declare const brand: unique symbol;
/** A 32-bit value known to a backend. Plain numbers are accepted everywhere as constants. */
export type Value = number | { readonly [brand]: 'value' };

export type AccessSize = 1 | 2 | 4;
export type FlagName = 'N' | 'Z' | 'C' | 'V' | 'Q';

/** What every instruction set needs: words, comparisons, conditions, helpers. */
export interface CommonBuilder {
  // -- Arithmetic on 32-bit words.
  add(x: Value, y: Value): Value;
  sub(x: Value, y: Value): Value;
  mul(x: Value, y: Value): Value;
  and(x: Value, y: Value): Value;
  or(x: Value, y: Value): Value;
  xor(x: Value, y: Value): Value;
  not(x: Value): Value;
  /** Shifts by 0..31; the amount is taken modulo 32. */
  shl(x: Value, n: Value): Value;
  shrU(x: Value, n: Value): Value;
  shrS(x: Value, n: Value): Value;
  ror(x: Value, n: Value): Value;
  clz(x: Value): Value;
  signExtend8(x: Value): Value;
  signExtend16(x: Value): Value;
  /** High words of the 64-bit product. */
  mulHighS(x: Value, y: Value): Value;
  mulHighU(x: Value, y: Value): Value;

  // -- Comparisons give 0 or 1.
  eq(x: Value, y: Value): Value;
  ne(x: Value, y: Value): Value;
  ltS(x: Value, y: Value): Value;
  ltU(x: Value, y: Value): Value;
  geU(x: Value, y: Value): Value;
  leS(x: Value, y: Value): Value;
  /** `condition` is 0 or not 0; both arms are evaluated. */
  select(condition: Value, whenTrue: Value, whenFalse: Value): Value;

  // -- Control inside one operation.
  if(condition: Value, then: () => void, otherwise?: () => void): void;

  // -- Everything with no arithmetic meaning: a named function of the core or of the float library.
  /** Calls a helper that returns a value. Helpers see the core's state; they may fault. */
  call(helper: string, ...args: Value[]): Value;
  /** Calls a helper for its effect. */
  do(helper: string, ...args: Value[]): void;
}

/** The Arm builder: registers, flags, memory and control flow of the M profile. */
export interface Builder extends CommonBuilder {
  // -- Registers. Numbers name R0..R15; the operand may be dynamic. Reading R15 with `reg` is a mistake: use `regOrPC`.
  reg(n: Value): Value;
  /** Like `reg`, but R15 reads as the address of the instruction plus 4. */
  regOrPC(n: Value): Value;
  /** Writes R0..R14. Writing R13 clears bits 1:0. */
  setReg(n: Value, value: Value): void;
  /** The address of the instruction plus 4, as Thumb reads the PC. */
  pc(): Value;

  // -- Flags. C and V read as 0 or 1; N and Z are given by a result.
  flag(name: FlagName): Value;
  /** N and Z from a result. */
  setNZ(result: Value): void;
  setC(carry: Value): void;
  setV(overflow: Value): void;
  /** ORs into the sticky saturation flag; `condition` is 0 or 1. */
  setQ(condition: Value): void;
  ge(): Value;
  /** Sets APSR.GE from the low four bits. */
  setGE(bits: Value): void;

  // -- Memory. 'checked' marks accesses that fault when misaligned on every core (LDM, LDRD, LDREX, VLDR).
  load(size: AccessSize, address: Value, alignment?: 'checked'): Value;
  loadSigned(size: 1 | 2, address: Value): Value;
  store(size: AccessSize, address: Value, value: Value, alignment?: 'checked'): void;

  /**
   * Loads consecutive words from an aligned address into the registers of a list, lowest first. Registers change only
   * after all loads have succeeded. Returns the word for R15 when bit 15 of the list is set, else 0.
   */
  loadMultiple(list: Value, address: Value): Value;
  /** Stores the registers of a list to consecutive words, lowest first. */
  storeMultiple(list: Value, address: Value): void;

  // -- Control flow of the guest. At most one of these is reached; without one, execution falls through.
  /** Branch without interworking: bit 0 of the target is cleared. */
  branch(target: Value): void;
  /** BX-style: bit 0 becomes the T bit; in Handler mode EXC_RETURN values return from the exception. */
  branchExchange(target: Value): void;
  /** BLX-style: bit 0 becomes the T bit; never an exception return. */
  branchLinkExchange(target: Value): void;
  /** Makes the next one to four instructions conditional. */
  startIT(itstate: Value): void;
  /** Condition of `B<c>` and IT: the manual's 4-bit code, static. Gives 0 or 1. */
  condition(code: number): Value;

  // -- Registers of the floating-point unit.
  /** Single-precision register S0..S31, as bits. */
  sreg(n: Value): Value;
  setSreg(n: Value, value: Value): void;
}
