/**
 * The backend of the builder that emits WebAssembly. One instruction at a time: everything an instruction writes is kept
 * back until its end (`commit`), so that it can be given up at any point before, with nothing changed, and be
 * interpreted instead (a side exit).
 */
import type { AccessSize, Builder, FlagName, Value } from '../isa/builder.js';
import { type Bytes, EMPTY, Op } from './encoder.js';
import { argumentsOf, asValue, Expression, ExpressionWriter, isLocal, loadState, localValue, use, type LocalValue } from './expression.js';
import { carry, conditionValue, flagsAfter, IN_LOCALS, Local, overflow, type FlagEffect, type FlagState } from './flags.js';
import { INTRINSICS, NOTHING_TO_DO } from './intrinsics.js';
import type { TranslationLayout } from './layout.js';

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

const LOAD = { 1: Op.i32_load8_u, 2: Op.i32_load16_u, 4: Op.i32_load } as const;
const STORE = { 1: Op.i32_store8, 2: Op.i32_store16, 4: Op.i32_store } as const;
const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
/** Bit of a page map's entry that says there is memory. */
const MARKER = 1;

export class WasmBuilder implements Builder {
  private readonly registerWrites = new Map<number, Value>();
  private readonly flagWrites = new Map<number, Value>();
  private readonly memoryWrites: { readonly offset: number; readonly value: Value; readonly isSticky: boolean }[] = [];
  private depth = 0;
  private pcValue = 0;
  private effect: FlagEffect = 'none';
  private readonly writer: ExpressionWriter;
  /** Where the flags are at this point. */
  flags: FlagState = IN_LOCALS;
  /** The instruction has transferred control: nothing follows. */
  hasLeft = false;

  constructor(readonly out: Bytes, private readonly around: Surroundings) {
    this.writer = new ExpressionWriter(out, Local.firstTemporary);
  }

  get mostTemporaries(): number { return this.writer.mostTemporaries; }

  /** @param effect what it does to the flags; `other` puts C and V into their locals in any case */
  begin(address: number, effect: FlagEffect): void {
    this.writer.begin();
    this.effect = effect;
    this.pcValue = (address + 4) | 0;
    this.hasLeft = false;
  }

  /** Emits other instructions in the middle of this one's branch. */
  nested(emit: () => void): void {
    const { depth, pcValue, hasLeft, effect } = this;
    this.depth = 0;
    this.writer.nested(emit);
    Object.assign(this, { depth, pcValue, hasLeft, effect });
  }

  /** Emits what happens under a condition; the flags are afterwards where they were. */
  inArm(emit: () => void): void {
    const { flags } = this;
    this.writer.inArm(emit);
    this.flags = flags;
  }

  /** Puts what the instruction wrote in place. */
  commit(): void {
    const { out, writer, memoryWrites } = this;
    const writes = new Map<Value, number[]>();
    const write = (local: number, value: Value): void => {
      const locals = writes.get(value);
      if (locals) locals.push(local);
      else writes.set(value, [local]);
    };
    this.settleFlags();
    for (const [local, value] of this.flagWrites) write(local, value);
    for (const [n, value] of this.registerWrites) write(Local.R0 + n, value);
    // Q of SMLAWT R8, R12, R5, R8 is made of R8 as it was
    const isKept = memoryWrites.length > 1 || writes.size > 0;
    const values = memoryWrites.map(({ value }) => (isKept ? this.kept(value) : value));
    for (const value of writes.keys()) use(value);
    for (const value of values) use(value);
    for (const value of writes.keys()) this.push(value);
    for (const locals of [...writes.values()].reverse()) {
      locals.forEach((local, i) => this.op(i < locals.length - 1 ? Op.local_tee : Op.local_set, local));
    }
    memoryWrites.forEach(({ offset, isSticky }, i) => {
      out.byte(Op.i32_const); out.signed(0);
      writer.push(values[i]);
      if (isSticky) {
        loadState(out, offset);
        out.byte(Op.i32_or);
      }
      this.access(Op.i32_store, offset);
    });
    this.registerWrites.clear();
    this.flagWrites.clear();
    this.memoryWrites.length = 0;
  }

  private kept(value: Value): Value {
    if (typeof value === 'number') return value;
    this.push(value);
    return this.writer.keep();
  }

  /** Brings the flags' writes in line with where the flags are to be. */
  private settleFlags(): void {
    const { flagWrites, effect, flags } = this;
    if (effect === 'sum' || effect === 'difference') {
      const [first, second] = operandsOf(effect, flagWrites.get(Local.C)!);
      flagWrites.delete(Local.C);
      flagWrites.delete(Local.V);
      flagWrites.set(Local.FIRST, first);
      flagWrites.set(Local.SECOND, second);
    } else if (effect === 'other' && flags.kind !== 'locals') {
      if (!flagWrites.has(Local.C)) flagWrites.set(Local.C, carry(this, flags));
      if (!flagWrites.has(Local.V)) flagWrites.set(Local.V, overflow(this, flags));
    }
    this.flags = flagsAfter(flags, effect);
    this.effect = 'none';
  }

  /** Puts C and V into their locals. */
  flagsToLocals(): void {
    if (this.flags.kind === 'locals') return;
    this.push(carry(this, this.flags));
    this.op(Op.local_set, Local.C);
    this.push(overflow(this, this.flags));
    this.op(Op.local_set, Local.V);
    this.flags = IN_LOCALS;
  }

  // -- Emitting.

  push(value: Value): void { this.writer.push(value); }

  private op(opcode: number, immediate: number): void {
    this.out.byte(opcode);
    this.out.unsigned(immediate);
  }

  private access(opcode: number, offset: number): void {
    this.out.byte(opcode);
    this.out.unsigned(0); // natural alignment is not promised
    this.out.unsigned(offset);
  }

  private binary(opcode: number, x: Value, y: Value): Value { return asValue(new Expression([opcode], [x, y])); }
  private unary(opcode: number, x: Value): Value { return asValue(new Expression([opcode], [x])); }

  /** A side exit when the value on the stack is not 0. */
  private exitIf(): void {
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.around.openIf();
    this.inArm(() => this.around.sideExit());
    this.around.closeIf();
    this.out.byte(Op.end);
  }

  // -- Registers and flags.

  reg(n: Value): Value {
    if (typeof n !== 'number') throw new Error('a translated register number is not constant');
    return localValue(Local.R0 + n);
  }
  regOrPC(n: Value): Value { return n === 15 ? this.pc() : this.reg(n); }
  setReg(n: Value, value: Value): void {
    if (this.depth > 0) throw new Error('a translated register write is conditional');
    this.registerWrites.set(n as number, n === SP && !this.isAligned(value) ? this.and(value, ~3) : value);
  }
  pc(): Value { return this.pcValue; }

  /** SP plus or minus whole words. */
  private isAligned(value: Value): boolean {
    const args = argumentsOf(value, Op.i32_add) ?? argumentsOf(value, Op.i32_sub);
    return args !== undefined && isLocal(args[0], Local.R0 + SP) && typeof args[1] === 'number' && (args[1] & 3) === 0;
  }

  flag(name: FlagName): Value {
    if (name === 'N') return this.shrU(localValue(Local.N), 31);
    if (name === 'Z') return this.eq(localValue(Local.Z), 0);
    if (name === 'Q') return this.state(this.around.layout.Q);
    return name === 'C' ? carry(this, this.flags) : overflow(this, this.flags);
  }
  setNZ(result: Value): void {
    this.flagWrites.set(Local.N, result);
    this.flagWrites.set(Local.Z, result);
  }
  setC(carry: Value): void { this.flagWrites.set(Local.C, carry); }
  setV(overflow: Value): void { this.flagWrites.set(Local.V, overflow); }
  setQ(condition: Value): void { this.memoryWrites.push({ offset: this.around.layout.Q, value: condition, isSticky: true }); }
  ge(): Value { return this.state(this.around.layout.GE); }
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
    return asValue(new Expression([Op.select], [whenTrue, whenFalse, condition]));
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.push(condition);
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.around.openIf();
    this.depth++;
    this.inArm(then);
    if (otherwise) {
      this.out.byte(Op.else);
      this.inArm(otherwise);
    }
    this.depth--;
    this.hasLeft = false;
    this.around.closeIf();
    this.out.byte(Op.end);
  }

  // -- Memory: the page map says where an address lies; what it does not know is left to the interpreter.

  private place(map: number, address: Value, alignment: number): Value {
    for (let i = 0; i < 3; i++) use(address);
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
    return this.add(address, delta);
  }
  private keep(): Value { return this.writer.keep(); }

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
    use(address);
    this.push(address);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - 1);
    this.out.byte(Op.i32_and);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - 4 * count);
    this.out.byte(Op.i32_gt_u);
    this.exitIf();
    const place = this.place(map, address, 4);
    for (let i = 0; i < count; i++) use(place);
    return place;
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
  branch(target: Value): void {
    if (typeof target !== 'number') this.push(this.and(target, ~1)); // before the registers it is made of change
    this.commit();
    this.chargeRefill();
    if (typeof target === 'number') this.around.goTo(target & ~1);
    else this.around.goToIndirect();
    this.hasLeft = true;
  }
  branchExchange(target: Value): void {
    // EXC_RETURN values and addresses without the Thumb bit are the interpreter's
    this.giveUpIf(this.or(this.eq(this.shrU(target, 28), 15), this.eq(this.and(target, 1), 0)));
    this.branch(target);
  }
  branchLinkExchange(target: Value): void { this.branchExchange(target); }
  startIT(): void {}

  condition(code: number): Value { return conditionValue(this, this.flags, code); }

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
      this.giveUpIf(this.state(this.around.layout.FP_CHECK));
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
    return this.state(this.around.layout.singles + 4 * (n as number));
  }
  setSreg(n: Value, value: Value): void {
    this.memoryWrites.push({ offset: this.around.layout.singles + 4 * (n as number), value, isSticky: false });
  }

  /** For intrinsics: a side exit when `condition` holds. */
  giveUpIf(condition: Value): void {
    this.push(condition);
    this.exitIf();
  }
  /** For intrinsics: pushes what will be pushed a second time. */
  pushAgain(value: Value): void {
    use(value);
    use(value);
    this.push(value);
  }
  /** For intrinsics: an imported function's result, into a value that `emit` gave. */
  callInto(result: Value, helper: string, args: readonly Value[]): void {
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, true));
    this.op(Op.local_set, (result as unknown as LocalValue).local);
  }
  /** For intrinsics: pushes, emits, keeps. */
  emit(args: readonly Value[], opcodes: readonly number[]): Value {
    for (const arg of args) this.push(arg);
    this.out.bytes(opcodes);
    return this.keep();
  }
  state(offset: number): Value { return asValue(new Expression([], [], offset)); }
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
        loadState(this.out, single);
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

/** The operands that a carry compares. */
function operandsOf(effect: 'sum' | 'difference', carryValue: Value): readonly [Value, Value] {
  if (effect === 'difference') {
    const args = argumentsOf(carryValue, Op.i32_ge_u)!;
    return [args[0], args[1]];
  }
  const [result, first] = argumentsOf(carryValue, Op.i32_lt_u)!;
  return [first, argumentsOf(result, Op.i32_add)![1]];
}
