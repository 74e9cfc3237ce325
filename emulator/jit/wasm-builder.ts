/**
 * The backend of the builder that emits WebAssembly. One instruction at a time: everything an instruction writes is kept
 * back until its end (`commit`), so that it can be given up at any point before, with nothing changed, and be
 * interpreted instead (a side exit).
 */
import type { AccessSize, Builder, FlagName, Value } from '../isa/builder.js';
import { EMPTY, Op, type Bytes } from './encoder.js';
import type { TranslationLayout } from './layout.js';

/** Locals of a region's function. */
export const Local = { R0: 0, N: 15, Z: 16, C: 17, V: 18, CYCLES: 19, LIMIT: 20, PC: 21, INSTRUCTIONS: 22, firstTemporary: 23 } as const;
const SP = 13;

/** What surrounds an instruction: the region's emitter. */
export interface Surroundings {
  readonly layout: TranslationLayout;
  /** Cycles that a taken branch costs beyond its row's. */
  readonly refill: number;
  /** Leaves the region as if the current instruction had not begun. Emitted inside an `if`. */
  sideExit(): void;
  /** Goes to a direct target; refill is charged already. */
  goTo(target: number): void;
  /** Goes to the address on the stack; bit 0 is gone. */
  goToIndirect(): void;
  /** Depth of wasm labels changes by +1 and -1 around `if`. */
  openIf(): void;
  closeIf(): void;
  /** Index of an imported function of the core. */
  importIndex(helper: string, parameters: number, hasResult: boolean): number;
}

interface Term { readonly local: number }
const asTerm = (value: Value): Term => value as unknown as Term;
const LOAD = { 1: Op.i32_load8_u, 2: Op.i32_load16_u, 4: Op.i32_load } as const;
const STORE = { 1: Op.i32_store8, 2: Op.i32_store16, 4: Op.i32_store } as const;
const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
/** Bit of a page map's entry that says there is memory. */
const MARKER = 1;

export class WasmBuilder implements Builder {
  private temporaries = 0;
  /** Most temporaries that one instruction has needed. */
  mostTemporaries = 0;
  private readonly registerWrites = new Map<number, Value>();
  private readonly flagWrites = new Map<number, Value>();
  private readonly memoryWrites: { readonly offset: number; readonly value: Value; readonly isSticky: boolean }[] = [];
  private depth = 0;
  private pcValue = 0;
  /** The instruction has transferred control: nothing follows. */
  hasLeft = false;

  constructor(readonly out: Bytes, private readonly around: Surroundings) {}

  begin(address: number): void {
    this.temporaries = 0;
    this.pcValue = (address + 4) | 0;
    this.hasLeft = false;
  }

  /** Emits other instructions in the middle of this one's branch. */
  nested(emit: () => void): void {
    const { depth, temporaries, pcValue, hasLeft } = this;
    this.depth = 0;
    emit();
    Object.assign(this, { depth, temporaries, pcValue, hasLeft });
  }

  /** Puts what the instruction wrote in place. */
  commit(): void {
    const { out } = this;
    const writes = [...[...this.registerWrites].map(([n, value]) => [Local.R0 + n, value] as const), ...this.flagWrites];
    for (const [, value] of writes) this.push(value);
    for (const [local] of writes.reverse()) this.op(Op.local_set, local);
    for (const { offset, value, isSticky } of this.memoryWrites) {
      out.byte(Op.i32_const); out.signed(0);
      this.push(value);
      if (isSticky) {
        this.loadState(offset);
        out.byte(Op.i32_or);
      }
      this.access(Op.i32_store, offset);
    }
    this.registerWrites.clear();
    this.flagWrites.clear();
    this.memoryWrites.length = 0;
  }

  // -- Emitting.

  push(value: Value): void {
    if (typeof value === 'number') {
      this.out.byte(Op.i32_const);
      this.out.signed(value);
    } else this.op(Op.local_get, asTerm(value).local);
  }

  private op(opcode: number, immediate: number): void {
    this.out.byte(opcode);
    this.out.unsigned(immediate);
  }

  private access(opcode: number, offset: number): void {
    this.out.byte(opcode);
    this.out.unsigned(0); // natural alignment is not promised
    this.out.unsigned(offset);
  }

  private loadState(offset: number): void {
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.access(Op.i32_load, offset);
  }

  /** Takes the value on the stack into a temporary. */
  private keep(): Value {
    const local = Local.firstTemporary + this.temporaries++;
    if (this.temporaries > this.mostTemporaries) this.mostTemporaries = this.temporaries;
    this.op(Op.local_set, local);
    return { local } as unknown as Value;
  }

  private copy(value: Value): Value {
    this.push(value);
    return this.keep();
  }

  private binary(opcode: number, x: Value, y: Value): Value {
    this.push(x);
    this.push(y);
    this.out.byte(opcode);
    return this.keep();
  }

  /** A side exit when the value on the stack is not 0. */
  private exitIf(): void {
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.around.openIf();
    this.around.sideExit();
    this.around.closeIf();
    this.out.byte(Op.end);
  }

  // -- Registers and flags.

  reg(n: Value): Value {
    if (typeof n !== 'number') throw new Error('a translated register number is not constant');
    return { local: Local.R0 + n } as unknown as Value;
  }
  regOrPC(n: Value): Value { return n === 15 ? this.pc() : this.reg(n); }
  setReg(n: Value, value: Value): void {
    if (this.depth > 0) throw new Error('a translated register write is conditional');
    this.registerWrites.set(n as number, n === SP ? this.and(value, ~3) : value);
  }
  pc(): Value { return this.pcValue; }

  flag(name: FlagName): Value {
    const { layout } = this.around;
    if (name === 'N') return this.shrU({ local: Local.N } as unknown as Value, 31);
    if (name === 'Z') return this.eq({ local: Local.Z } as unknown as Value, 0);
    if (name === 'Q') {
      this.loadState(layout.Q);
      return this.keep();
    }
    return { local: name === 'C' ? Local.C : Local.V } as unknown as Value;
  }
  setNZ(result: Value): void {
    this.flagWrites.set(Local.N, result);
    this.flagWrites.set(Local.Z, result);
  }
  setC(carry: Value): void { this.flagWrites.set(Local.C, carry); }
  setV(overflow: Value): void { this.flagWrites.set(Local.V, overflow); }
  setQ(condition: Value): void { this.memoryWrites.push({ offset: this.around.layout.Q, value: condition, isSticky: true }); }
  ge(): Value {
    this.loadState(this.around.layout.GE);
    return this.keep();
  }
  setGE(bits: Value): void { this.memoryWrites.push({ offset: this.around.layout.GE, value: bits, isSticky: false }); }

  // -- Arithmetic.

  private folded(opcode: number, x: Value, y: Value, fold: (a: number, b: number) => number): Value {
    return typeof x === 'number' && typeof y === 'number' ? fold(x, y) : this.binary(opcode, x, y);
  }

  add(x: Value, y: Value): Value { return this.folded(Op.i32_add, x, y, (a, b) => (a + b) | 0); }
  sub(x: Value, y: Value): Value { return this.folded(Op.i32_sub, x, y, (a, b) => (a - b) | 0); }
  mul(x: Value, y: Value): Value { return this.folded(Op.i32_mul, x, y, (a, b) => Math.imul(a, b)); }
  and(x: Value, y: Value): Value { return this.folded(Op.i32_and, x, y, (a, b) => a & b); }
  or(x: Value, y: Value): Value {
    if (x === 0) return y;
    if (y === 0) return x;
    return this.folded(Op.i32_or, x, y, (a, b) => a | b);
  }
  xor(x: Value, y: Value): Value { return this.folded(Op.i32_xor, x, y, (a, b) => a ^ b); }
  not(x: Value): Value { return this.xor(x, -1); }
  shl(x: Value, n: Value): Value { return n === 0 ? x : this.folded(Op.i32_shl, x, n, (a, b) => a << b); }
  shrU(x: Value, n: Value): Value { return n === 0 ? x : this.folded(Op.i32_shr_u, x, n, (a, b) => (a >>> b) | 0); }
  shrS(x: Value, n: Value): Value { return n === 0 ? x : this.folded(Op.i32_shr_s, x, n, (a, b) => a >> b); }
  ror(x: Value, n: Value): Value { return n === 0 ? x : this.binary(Op.i32_rotr, x, n); }
  private unary(opcode: number, x: Value): Value {
    this.push(x);
    this.out.byte(opcode);
    return this.keep();
  }
  clz(x: Value): Value { return this.unary(Op.i32_clz, x); }
  signExtend8(x: Value): Value { return this.unary(Op.i32_extend8_s, x); }
  signExtend16(x: Value): Value { return this.unary(Op.i32_extend16_s, x); }
  mulHighS(x: Value, y: Value): Value { return this.mulHigh(x, y, Op.i64_extend_i32_s); }
  mulHighU(x: Value, y: Value): Value { return this.mulHigh(x, y, Op.i64_extend_i32_u); }
  private mulHigh(x: Value, y: Value, extend: number): Value {
    this.push(x);
    this.out.byte(extend);
    this.push(y);
    this.out.byte(extend);
    this.out.bytes([Op.i64_mul, Op.i64_const, 32, Op.i64_shr_u, Op.i32_wrap_i64]);
    return this.keep();
  }

  eq(x: Value, y: Value): Value { return y === 0 ? this.unary(Op.i32_eqz, x) : this.binary(Op.i32_eq, x, y); }
  ne(x: Value, y: Value): Value { return this.binary(Op.i32_ne, x, y); }
  ltS(x: Value, y: Value): Value { return this.binary(Op.i32_lt_s, x, y); }
  ltU(x: Value, y: Value): Value { return this.binary(Op.i32_lt_u, x, y); }
  geU(x: Value, y: Value): Value { return this.binary(Op.i32_ge_u, x, y); }
  leS(x: Value, y: Value): Value { return this.binary(Op.i32_le_s, x, y); }
  select(condition: Value, whenTrue: Value, whenFalse: Value): Value {
    if (typeof condition === 'number') return condition ? whenTrue : whenFalse;
    this.push(whenTrue);
    this.push(whenFalse);
    this.push(condition);
    this.out.byte(Op.select);
    return this.keep();
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.push(condition);
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.around.openIf();
    this.depth++;
    then();
    if (otherwise) {
      this.out.byte(Op.else);
      otherwise();
    }
    this.depth--;
    this.hasLeft = false;
    this.around.closeIf();
    this.out.byte(Op.end);
  }

  // -- Memory: the page map says where an address lies; what it does not know is left to the interpreter.

  private place(map: number, address: Value, alignment: number): Value {
    this.push(address);
    this.out.bytes([Op.i32_const, PAGE_BITS, Op.i32_shr_u, Op.i32_const, 2, Op.i32_shl]);
    this.access(Op.i32_load, map);
    this.out.bytes([Op.i32_const, MARKER, Op.i32_xor]); // now odd where there is nothing
    const delta = this.keep();
    this.push(delta);
    if (alignment > 1) {
      this.push(address);
      this.out.byte(Op.i32_or);
    }
    this.out.byte(Op.i32_const); this.out.signed(Math.max(alignment - 1, MARKER)); // the marker is odd: one test for both
    this.out.byte(Op.i32_and);
    this.exitIf();
    this.push(address);
    this.push(delta);
    this.out.byte(Op.i32_add);
    return this.keep();
  }

  load(size: AccessSize, address: Value): Value {
    const place = this.place(this.around.layout.readMap, address, size);
    this.push(place);
    this.access(LOAD[size], 0);
    return this.keep();
  }
  loadSigned(size: 1 | 2, address: Value): Value {
    const place = this.place(this.around.layout.readMap, address, size);
    this.push(place);
    this.access(size === 1 ? Op.i32_load8_s : Op.i32_load16_s, 0);
    return this.keep();
  }
  store(size: AccessSize, address: Value, value: Value): void {
    const place = this.place(this.around.layout.writeMap, address, size);
    this.push(place);
    this.push(value);
    this.access(STORE[size], 0);
  }

  /** The words of a multiple transfer lie in one page, or the interpreter does it. */
  private placeMultiple(map: number, address: Value, count: number): Value {
    this.push(address);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - 1);
    this.out.byte(Op.i32_and);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - 4 * count);
    this.out.byte(Op.i32_gt_u);
    this.exitIf();
    return this.place(map, address, 4);
  }
  loadMultiple(list: Value, address: Value): Value {
    const registers = registersOf(list as number);
    const place = this.placeMultiple(this.around.layout.readMap, address, registers.length);
    let pc: Value = 0;
    registers.forEach((n, i) => {
      this.push(place);
      this.access(Op.i32_load, 4 * i);
      const word = this.keep();
      if (n === 15) pc = word;
      else this.setReg(n, word);
    });
    return pc;
  }
  storeMultiple(list: Value, address: Value): void {
    const registers = registersOf(list as number);
    const place = this.placeMultiple(this.around.layout.writeMap, address, registers.length);
    registers.forEach((n, i) => {
      this.push(place);
      this.push(this.reg(n));
      this.access(Op.i32_store, 4 * i);
    });
  }

  // -- Flow.

  private chargeRefill(): void {
    this.op(Op.local_get, Local.CYCLES);
    this.out.byte(Op.i32_const); this.out.signed(this.around.refill);
    this.out.byte(Op.i32_add);
    this.op(Op.local_set, Local.CYCLES);
  }
  branch(destination: Value): void {
    // BLX LR: the register changes when the instruction is committed
    const target = typeof destination !== 'number' && asTerm(destination).local < Local.firstTemporary ? this.copy(destination) : destination;
    this.commit();
    this.chargeRefill();
    if (typeof target === 'number') this.around.goTo(target & ~1);
    else {
      this.push(target);
      this.out.bytes([Op.i32_const, 0x7e, Op.i32_and]);
      this.around.goToIndirect();
    }
    this.hasLeft = true;
  }
  branchExchange(target: Value): void {
    // EXC_RETURN values and addresses without the Thumb bit are the interpreter's
    this.push(target);
    this.out.byte(Op.i32_const); this.out.signed(28);
    this.out.byte(Op.i32_shr_u);
    this.out.byte(Op.i32_const); this.out.signed(15);
    this.out.byte(Op.i32_eq);
    this.push(target);
    this.out.bytes([Op.i32_const, 1, Op.i32_and, Op.i32_eqz, Op.i32_or]);
    this.exitIf();
    this.branch(target);
  }
  branchLinkExchange(target: Value): void { this.branchExchange(target); }
  startIT(): void {}

  condition(code: number): Value {
    const N = { local: Local.N } as unknown as Value;
    const Z = { local: Local.Z } as unknown as Value;
    const C = { local: Local.C } as unknown as Value;
    const V = { local: Local.V } as unknown as Value;
    const less = (): Value => this.xor(this.shrU(N, 31), V);
    const invert = (code & 1) === 1 && code < 14;
    const flip = (value: Value): Value => (invert ? this.eq(value, 0) : value);
    switch (code >> 1) {
      case 0: return invert ? this.ne(Z, 0) : this.eq(Z, 0);
      case 1: return flip(C);
      case 2: return flip(this.shrU(N, 31));
      case 3: return flip(V);
      case 4: return flip(this.and(C, this.ne(Z, 0)));
      case 5: return invert ? less() : this.eq(less(), 0);
      case 6: return flip(this.and(this.ne(Z, 0), this.eq(less(), 0)));
      default: return 1;
    }
  }

  // -- Helpers.

  call(helper: string, ...args: Value[]): Value {
    const intrinsic = INTRINSICS[helper];
    if (intrinsic) return intrinsic(this, this.around.layout, args);
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, true));
    return this.keep();
  }
  do(helper: string, ...args: Value[]): void {
    if (NOTHING_TO_DO.has(helper)) return;
    if (helper === 'ExecuteFPCheck') {
      this.loadState(this.around.layout.FP_CHECK);
      this.exitIf();
      return;
    }
    const intrinsic = INTRINSICS[helper];
    if (intrinsic) {
      intrinsic(this, this.around.layout, args);
      return;
    }
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, false));
  }
  sreg(n: Value): Value {
    this.loadState(this.around.layout.singles + 4 * (n as number));
    return this.keep();
  }
  setSreg(n: Value, value: Value): void {
    this.memoryWrites.push({ offset: this.around.layout.singles + 4 * (n as number), value, isSticky: false });
  }

  /** For intrinsics: a side exit when `condition` holds. */
  giveUpIf(condition: Value): void {
    this.push(condition);
    this.exitIf();
  }
  /** For intrinsics: pushes, emits, keeps. */
  emit(args: readonly Value[], opcodes: readonly number[]): Value {
    for (const arg of args) this.push(arg);
    this.out.bytes(opcodes);
    return this.keep();
  }
  state(offset: number): Value {
    this.loadState(offset);
    return this.keep();
  }
  /** For intrinsics: the flags as values of their own, N in bit 31 and Z as zero when set. */
  setFlags(N: Value, Z: Value, C: Value, V: Value): void {
    this.flagWrites.set(Local.N, N);
    this.flagWrites.set(Local.Z, Z);
    this.setC(C);
    this.setV(V);
  }
  /** For intrinsics: `count` words between memory and consecutive single registers. */
  moveSingles(isLoad: boolean, address: Value, first: number, count: number): void {
    const { layout } = this.around;
    const place = this.placeMultiple(isLoad ? layout.readMap : layout.writeMap, address, count);
    for (let i = 0; i < count; i++) {
      const single = layout.singles + 4 * (first + i);
      if (isLoad) {
        this.out.byte(Op.i32_const); this.out.signed(0);
        this.push(place);
        this.access(Op.i32_load, 4 * i);
        this.access(Op.i32_store, single);
      } else {
        this.push(place);
        this.loadState(single);
        this.access(Op.i32_store, 4 * i);
      }
    }
  }
  addCycles(cycles: Value): void {
    this.op(Op.local_get, Local.CYCLES);
    this.push(cycles);
    this.out.byte(Op.i32_add);
    this.op(Op.local_set, Local.CYCLES);
  }
}


function registersOf(list: number): number[] {
  const registers: number[] = [];
  for (let n = 0; n < 16; n++) if ((list >> n) & 1) registers.push(n);
  return registers;
}

/** Helpers without an effect that a program can see. */
export const NOTHING_TO_DO: ReadonlySet<string> = new Set(['DSB', 'DMB', 'ISB']);

type Intrinsic = (b: WasmBuilder, layout: TranslationLayout, args: readonly Value[]) => Value;

/** Cycles of a divide beyond its class, in 32nds per bit of the quotient; see `makeIntegerHelpers`. */
const DIVIDE_CYCLES = 10;

function chargeDivide(b: WasmBuilder, quotientBits: Value): void {
  b.addCycles(b.shrU(b.add(b.mul(quotientBits, DIVIDE_CYCLES), 31), 5));
}

const divide = (isSigned: boolean): Intrinsic => (b, _, [n, m]) => {
  const traps = isSigned ? b.or(b.eq(m, 0), b.and(b.eq(n, 0x8000_0000 | 0), b.eq(m, -1))) : b.eq(m, 0);
  b.giveUpIf(traps);
  const quotient = b.emit([n, m], [isSigned ? Op.i32_div_s : Op.i32_div_u]);
  const sign = isSigned ? b.shrS(quotient, 31) : 0;
  const magnitude = isSigned ? b.sub(b.xor(quotient, sign), sign) : quotient;
  chargeDivide(b, b.sub(32, b.clz(magnitude)));
  return quotient;
};

/** The sum of two or three words as 64 bits, with Q set when it does not fit 32. */
const sumSettingQ = (second: number): Intrinsic => (b, _, [p, q, addend]) => {
  b.push(p); b.out.byte(Op.i64_extend_i32_s);
  b.push(q); b.out.byte(Op.i64_extend_i32_s);
  b.out.byte(second);
  b.push(addend); b.out.bytes([Op.i64_extend_i32_s, Op.i64_add, Op.i32_wrap_i64]);
  const result = b.emit([], []);
  // exact again, compared with its low word sign-extended
  b.push(p); b.out.byte(Op.i64_extend_i32_s);
  b.push(q); b.out.byte(Op.i64_extend_i32_s);
  b.out.byte(second);
  b.push(addend); b.out.bytes([Op.i64_extend_i32_s, Op.i64_add]);
  b.push(result); b.out.bytes([Op.i64_extend_i32_s, Op.i64_ne]);
  b.setQ(b.emit([], []));
  return result;
};

/** Helpers that are cheaper in line. They give up to the interpreter where the helper would fault. */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  SumOfThreeSettingQ: sumSettingQ(Op.i64_add),
  DifferenceAndSumSettingQ: sumSettingQ(Op.i64_sub),
  UDIV: divide(false),
  SDIV: divide(true),
  FPSCRToAPSR: (b, { FPSCR }) => {
    const fpscr = b.state(FPSCR);
    b.setFlags(b.and(fpscr, 0x8000_0000 | 0), b.xor(b.and(b.shrU(fpscr, 30), 1), 1), b.and(b.shrU(fpscr, 29), 1), b.and(b.shrU(fpscr, 28), 1));
    return 0;
  },
  VLDM: (b, _, [address, first, count]) => {
    b.moveSingles(true, address, first as number, count as number);
    return 0;
  },
  VSTM: (b, _, [address, first, count]) => {
    b.moveSingles(false, address, first as number, count as number);
    return 0;
  },
};
