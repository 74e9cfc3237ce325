/**
 * The backend of the builder that emits WebAssembly. One instruction at a time: everything an instruction writes is kept
 * back until its end (`commit`), so that it can be given up at any point before, with nothing changed, and be
 * interpreted instead (a side exit).
 */
import type { AccessSize, Builder, FlagName, Value } from '../isa/builder.js';
import { type Bytes, EMPTY, F32, F64, I32, Op } from './encoder.js';
import { argumentsOf, asValue, Expression, ExpressionWriter, isLocal, localValue, typeOf, use, type LocalValue } from './expression.js';
import { asDifference, carry, conditionValue, flagsAfter, IN_LOCALS, Local, overflow, type FlagEffect, type FlagState } from './flags.js';
import { halvesOf, isShort, KnownHalves } from './halves.js';
import { REACH_LOAD, REACH_STORE, type AccessPlan, type SpanCheck, type Window } from './accesses.js';
import type { TranslationLayout } from './layout.js';

const SP = 13;

/** What surrounds an instruction: the region's emitter. */
export interface Surroundings {
  readonly layout: TranslationLayout;
  /** Leaves the region as if the current instruction had not begun. Emitted inside an `if`. */
  sideExit(): void;
  /** The same for a branch that leaves ordinary code: there is nothing to learn from it. */
  sideExitForGood(): void;
  /** Branches to a direct target. */
  goTo(target: number): void;
  /** Branches to the address on the stack; bit 0 is gone. */
  goToIndirect(): void;
  /** Depth of wasm labels changes by +1 and -1 around `if`. */
  openIf(): void;
  closeIf(): void;
  /** Index of an imported function of the core. */
  importIndex(helper: string, parameters: number, hasResult: boolean): number;
  /** Around a call of `REACH_LOAD` or `REACH_STORE`: who is asked knows where and when; a side exit when it has declined. */
  beforeReach(): void;
  afterReach(): void;
  /** How the current instruction finds its memory. */
  accessPlan(): AccessPlan;
  /** Local of a slot of access plans. */
  slotLocal(slot: number): number;
  /** Local of an S register, or -1 when these are in memory. */
  singleLocal(n: number): number;
  /** Local that keeps `plainFloatRange`, or -1. */
  floatRangeLocal(): number;
  /** The value of what a constant address holds, if it is code's own. */
  literal(address: number, size: AccessSize): number | undefined;
  readonly alignsAll: boolean;
}

const LOAD = { 1: Op.i32_load8_u, 2: Op.i32_load16_u, 4: Op.i32_load } as const;
const STORE = { 1: Op.i32_store8, 2: Op.i32_store16, 4: Op.i32_store } as const;
const STORE_OF: Readonly<Record<number, number>> = { [I32]: Op.i32_store, [F32]: Op.f32_store, [F64]: Op.f64_store };
const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
/** Bit of a page map's entry that says there is memory. */
const MARKER = 1;

interface MemoryWrite { readonly offset: number; readonly value: Value; readonly isSticky: boolean }

export abstract class RowBuilder implements Builder {
  protected readonly registerWrites = new Map<number, Value>();
  protected readonly flagWrites = new Map<number, Value>();
  protected readonly singleWrites = new Map<number, Value>();
  /** Accesses of this instruction so far. */
  protected accesses = 0;
  protected readonly memoryWrites: MemoryWrite[] = [];
  protected depth = 0;
  protected pcValue = 0;
  protected effect: FlagEffect = 'none';
  protected readonly writer: ExpressionWriter;
  /** Where the flags are at this point. */
  flags: FlagState = IN_LOCALS;
  /** Registers are written only where this is not 0. */
  protected readonly halves: KnownHalves;
  protected armDepth = 0;
  protected predicate: Value | undefined;
  protected isInverse = false;
  /** The instruction has transferred control: nothing follows. */
  hasLeft = false;

  constructor(readonly out: Bytes, protected readonly around: Surroundings, newLocal: (type: number) => number) {
    this.writer = new ExpressionWriter(out, newLocal);
    this.halves = new KnownHalves(() => newLocal(I32));
  }

  beginBlock(): void {
    this.halves.forgetAll();
  }

  /** @param effect what it does to the flags; `other` puts C and V into their locals in any case */
  begin(address: number, effect: FlagEffect): void {
    this.writer.begin();
    this.effect = effect;
    this.pcValue = (address + 4) | 0;
    this.hasLeft = false;
    this.accesses = 0;
  }

  /** Emits other instructions in the middle of this one's branch. */
  nested(emit: () => void): void {
    const { depth, armDepth, pcValue, hasLeft, effect, accesses, flags } = this;
    this.depth = 0;
    this.armDepth = 0;
    this.writer.nested(emit);
    this.halves.forgetAll();
    Object.assign(this, { depth, armDepth, pcValue, hasLeft, effect, accesses, flags });
  }

  /** Emits what happens under a condition; the flags are afterwards where they were. */
  inArm(emit: () => void): void {
    const { flags } = this;
    this.armDepth++;
    this.writer.inArm(emit);
    this.armDepth--;
    this.flags = flags;
  }

  /** Puts what the instruction wrote in place. */
  commit(): void {
    const { out, writer, memoryWrites } = this;
    if (this.registerWrites.size + this.flagWrites.size + this.singleWrites.size + memoryWrites.length === 0 && this.effect === 'none') return;
    const writes = new Map<Value, number[]>();
    const write = (local: number, value: Value): void => {
      const locals = writes.get(value);
      if (locals) locals.push(local);
      else writes.set(value, [local]);
    };
    this.settleFlags();
    const pairs = this.splitHalves();
    for (const [local, value] of this.flagWrites) write(local, value);
    for (const [n, value] of this.registerWrites) write(Local.R0 + n, this.predicated(n, value));
    for (const n of this.registerWrites.keys()) this.halves.forget(n);
    // several may change places
    const singles = this.singleWrites.size === 0 ? [] : [...this.singleWrites].map(([local, value]) => [local, this.singleWrites.size > 1 || writes.size > 0 ? this.kept(value) : value] as const);
    // Q of SMLAWT R8, R12, R5, R8 is made of R8 as it was
    const isKept = memoryWrites.length > 1 || writes.size > 0 || singles.length > 0;
    const values = memoryWrites.length === 0 ? [] : memoryWrites.map(({ value }) => (isKept ? this.kept(value) : value));
    for (const value of writes.keys()) use(value);
    for (const value of values) use(value);
    for (const [, value] of singles) use(value);
    for (const value of writes.keys()) this.push(value);
    for (const locals of writes.size < 2 ? writes.values() : [...writes.values()].reverse()) {
      locals.forEach((local, i) => this.op(i < locals.length - 1 ? Op.local_tee : Op.local_set, local));
    }
    for (const { n, low, high, isLowShort, isHighShort } of pairs) {
      const locals = this.halves.note(n, isLowShort, isHighShort);
      this.push(low);
      this.op(Op.local_set, locals.low);
      this.push(high);
      this.op(Op.local_set, locals.high);
    }
    for (const [local, value] of singles) {
      this.push(value);
      this.op(Op.local_set, local);
    }
    for (let i = 0; i < memoryWrites.length; i++) {
      const { offset, isSticky } = memoryWrites[i];
      if (this.isDouble(memoryWrites[i], memoryWrites[i + 1])) {
        this.storeDouble(offset, values[i], values[++i]);
        continue;
      }
      if (isSticky) {
        this.storeWhenSet(offset, values[i]);
        continue;
      }
      out.byte(Op.i32_const); out.signed(0);
      writer.push(values[i]);
      this.access(STORE_OF[typeOf(values[i])], offset);
    }
    if (this.registerWrites.size > 0) this.registerWrites.clear();
    if (this.flagWrites.size > 0) this.flagWrites.clear();
    if (this.singleWrites.size > 0) this.singleWrites.clear();
    if (memoryWrites.length > 0) memoryWrites.length = 0; // V8 takes its time for it
  }

  /** Registers that are put together of halves: these are computed first, by themselves. */
  protected splitHalves(): { n: number; low: Value; high: Value; isLowShort: boolean; isHighShort: boolean }[] {
    const pairs: { n: number; low: Value; high: Value; isLowShort: boolean; isHighShort: boolean }[] = [];
    if (this.armDepth > 0 || this.predicate !== undefined) return pairs;
    for (const [n, value] of this.registerWrites) {
      const halves = halvesOf(value);
      if (!halves || typeof halves.low === 'number' || typeof halves.high === 'number') continue;
      const low = this.kept(halves.low);
      const high = this.kept(halves.high);
      pairs.push({ n, low, high, isLowShort: isShort(halves.low), isHighShort: isShort(halves.high) });
      this.registerWrites.set(n, this.or(this.and(low, 0xffff), this.shl(high, 16)));
    }
    return pairs;
  }

  /** Emits an instruction that does nothing but write registers, and those only under a condition. */
  whenever(condition: Value, isInverse: boolean, emit: () => void): void {
    this.predicate = condition;
    this.isInverse = isInverse;
    emit();
    this.predicate = undefined;
  }

  protected predicated(n: number, value: Value): Value {
    const { predicate } = this;
    if (predicate === undefined) return value;
    return this.isInverse ? this.select(predicate, this.reg(n), value) : this.select(predicate, value, this.reg(n));
  }

  /** A sticky flag that is hardly ever set costs a branch, and no access to memory. */
  protected storeWhenSet(offset: number, value: Value): void {
    if (value === 0) return;
    this.push(value);
    this.out.bytes([Op.if, EMPTY]);
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.out.byte(Op.i32_const); this.out.signed(1);
    this.access(Op.i32_store, offset);
    this.out.byte(Op.end);
  }

  /** Are these the halves of a D register? Written one by one they would stall who reads it as a whole. */
  protected isDouble(low: MemoryWrite, high: MemoryWrite | undefined): boolean {
    const { singles } = this.around.layout;
    return high !== undefined && low.offset >= singles && low.offset < singles + 128 && low.offset % 8 === 0 && high.offset === low.offset + 4
      && typeOf(low.value) === I32 && typeOf(high.value) === I32;
  }

  protected storeDouble(offset: number, low: Value, high: Value): void {
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.push(low);
    this.out.byte(Op.i64_extend_i32_u);
    this.push(high);
    this.out.bytes([Op.i64_extend_i32_u, Op.i64_const, 32, Op.i64_shl, Op.i64_or]);
    this.access(Op.i64_store, offset);
  }

  protected kept(value: Value): Value {
    if (typeof value === 'number') return value;
    return this.hold(value);
  }

  /** Brings the flags' writes in line with where the flags are to be. */
  protected settleFlags(): void {
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

  /** Brings C and V to where a place wants them. */
  flagsTo({ kind }: FlagState): void {
    if (kind === this.flags.kind) return;
    this.flagsToLocals();
    if (kind !== 'difference') return; // nobody wants a sum of ways that are none
    const [first, second] = asDifference(this);
    this.push(first);
    this.op(Op.local_set, Local.FIRST);
    this.push(second);
    this.op(Op.local_set, Local.SECOND);
  }

  // -- Emitting.

  push(value: Value): void { this.writer.push(value); }

  protected op(opcode: number, immediate: number): void {
    this.out.byte(opcode);
    this.out.unsigned(immediate);
  }

  protected access(opcode: number, offset: number): void {
    this.out.byte(opcode);
    this.out.unsigned(0); // natural alignment is not promised
    this.out.unsigned(offset);
  }

  protected binary(opcode: number, x: Value, y: Value): Value { return asValue(new Expression([opcode], [x, y])); }
  protected unary(opcode: number, x: Value): Value { return asValue(new Expression([opcode], [x])); }

  /** A side exit when the value on the stack is not 0. */
  protected exitIf(exit = (): void => this.around.sideExit()): void {
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.around.openIf();
    this.inArm(exit);
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
  protected isAligned(value: Value): boolean {
    const args = argumentsOf(value, Op.i32_add) ?? argumentsOf(value, Op.i32_sub);
    return args !== undefined && isLocal(args[0], Local.R0 + SP) && typeof args[1] === 'number' && (args[1] & 3) === 0;
  }

  flag(name: FlagName): Value {
    if (name === 'N') return this.shrU(localValue(Local.NZ), 31);
    if (name === 'Z') return this.eq(localValue(Local.NZ), 0);
    if (name === 'Q') return this.state(this.around.layout.Q);
    return name === 'C' ? carry(this, this.flags) : overflow(this, this.flags);
  }
  setNZ(result: Value): void {
    this.flagWrites.set(Local.NZ, result);
  }
  setC(carry: Value): void { this.flagWrites.set(Local.C, carry); }
  setV(overflow: Value): void { this.flagWrites.set(Local.V, overflow); }
  setQ(condition: Value): void { this.memoryWrites.push({ offset: this.around.layout.Q, value: condition, isSticky: true }); }
  ge(): Value { return this.state(this.around.layout.GE); }
  setGE(bits: Value): void { this.memoryWrites.push({ offset: this.around.layout.GE, value: bits, isSticky: false }); }

  // -- Arithmetic.

  protected folded(opcode: number, x: Value, y: Value, fold: (a: number, b: number) => number): Value {
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
  shrS(x: Value, n: Value): Value { return (n === 16 ? this.half(x, true) : undefined) ?? this.shiftedRight(x, n); }
  protected shiftedRight(x: Value, n: Value): Value { return n === 0 ? x : this.folded(Op.i32_shr_s, x, n, (a, b) => a >> b); }
  ror(x: Value, n: Value): Value { return n === 0 ? x : this.binary(Op.i32_rotr, x, n); }
  clz(x: Value): Value { return this.unary(Op.i32_clz, x); }
  signExtend8(x: Value): Value { return this.unary(Op.i32_extend8_s, x); }
  signExtend16(x: Value): Value { return this.half(x, false) ?? this.unary(Op.i32_extend16_s, x); }
  /** A half of a register, sign-extended, where it is known by itself. */
  protected half(x: Value, isHigh: boolean): Value | undefined {
    const n = registerOf(x);
    const half = n < 0 ? undefined : this.halves.half(n, isHigh);
    return half && (half.isShort ? half.value : this.unary(Op.i32_extend16_s, half.value));
  }
  mulHighS(x: Value, y: Value): Value { return this.mulHigh(x, y, Op.i64_extend_i32_s); }
  mulHighU(x: Value, y: Value): Value { return this.mulHigh(x, y, Op.i64_extend_i32_u); }
  protected mulHigh(x: Value, y: Value, extend: number): Value {
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

  // -- Memory. What an access plan cannot vouch for is left to the interpreter.

  /** Where the next access of the instruction goes: a value and a constant to be added. */
  protected place(isStore: boolean, address: Value, bytes: number, alignment: number): Place {
    const plan = this.around.accessPlan();
    const number = this.accesses++;
    switch (plan.kind) {
      case 'checked':
        if (number === 0 && plan.check) this.checkSpan(plan.check, () => this.exitIf());
        return this.inSlot(plan, number);
      case 'single': return this.inWindow(plan.window, address, bytes, alignment);
      case 'reach': throw new Error('only a plain access can be asked for');
      case 'map': return this.byPageMap(isStore ? this.around.layout.writeMap : this.around.layout.readMap, address, bytes, alignment);
    }
  }

  protected inSlot({ window, slot, distances }: { window: Window; slot: number; distances: readonly number[] }, number: number): Place {
    return { base: localValue(this.around.slotLocal(slot)), offset: window.offset + distances[number] };
  }

  /** Leaves a value on the stack that is not 0 when the span is not in its window, for `exitIf`. */
  checkSpan({ window, register, low, high, alignment, slot }: SpanCheck, exitIf: () => void): void {
    this.push(this.add(this.reg(register), (low - window.base) | 0));
    this.op(Op.local_tee, this.around.slotLocal(slot));
    this.isBeyond(window.bytes - (high - low), alignment);
    exitIf();
  }

  /** Not 0 when the value on the stack is beyond `last`, or no multiple of `alignment`. */
  protected isBeyond(last: number, alignment: number): void {
    const shift = Math.log2(alignment);
    if (shift > 0) {
      this.out.byte(Op.i32_const); this.out.signed(shift);
      this.out.byte(Op.i32_rotr); // what is not aligned becomes large
    }
    this.out.byte(Op.i32_const); this.out.signed(last >>> shift);
    this.out.byte(Op.i32_gt_u);
  }

  protected inWindow(window: Window, address: Value, bytes: number, alignment: number): Place {
    this.push(window.base === 0 ? address : this.sub(address, window.base | 0));
    const base = this.keep();
    this.push(base);
    this.isBeyond(window.bytes - bytes, this.around.alignsAll ? Math.min(bytes, 4) : alignment);
    this.exitIf();
    return { base, offset: window.offset };
  }

  /** The page map knows where each page of guest memory lies. An access must lie within one. */
  protected byPageMap(map: number, address: Value, bytes: number, alignment: number): Place {
    const needed = this.around.alignsAll ? Math.min(bytes, 4) : alignment;
    if (bytes > needed) this.exitUnlessInPage(address, bytes);
    for (let i = 0; i < 3; i++) use(address);
    this.push(address);
    this.out.bytes([Op.i32_const, PAGE_BITS, Op.i32_shr_u, Op.i32_const, 2, Op.i32_shl]);
    this.access(Op.i32_load, map);
    this.out.bytes([Op.i32_const, MARKER, Op.i32_xor]); // now odd where there is nothing
    const delta = this.keep();
    this.push(delta);
    if (needed > 1) {
      this.push(address);
      this.out.byte(Op.i32_or);
    }
    this.out.byte(Op.i32_const); this.out.signed(Math.max(needed - 1, MARKER)); // the marker is odd: one test for both
    this.out.byte(Op.i32_and);
    this.exitIf();
    this.push(this.add(address, delta));
    return { base: this.keep(), offset: 0 };
  }

  protected exitUnlessInPage(address: Value, bytes: number): void {
    use(address);
    this.push(address);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - 1);
    this.out.byte(Op.i32_and);
    this.out.byte(Op.i32_const); this.out.signed(PAGE_BYTES - bytes);
    this.out.byte(Op.i32_gt_u);
    this.exitIf();
  }

  protected keep(): Value { return this.writer.keep(); }

  load(size: AccessSize, address: Value, alignment?: 'checked'): Value {
    const literal = typeof address === 'number' ? this.around.literal(address, size) : undefined;
    if (literal !== undefined) {
      this.accesses++;
      return literal;
    }
    if (this.around.accessPlan().kind === 'reach') return this.reachLoad(size, address);
    const { base, offset } = this.place(false, address, size, alignment ? size : 1);
    this.push(base);
    this.access(LOAD[size], offset);
    return this.keep();
  }
  loadSigned(size: 1 | 2, address: Value): Value {
    if (this.around.accessPlan().kind === 'reach') return size === 1 ? this.signExtend8(this.reachLoad(1, address)) : this.signExtend16(this.reachLoad(2, address));
    const { base, offset } = this.place(false, address, size, 1);
    this.push(base);
    this.access(size === 1 ? Op.i32_load8_s : Op.i32_load16_s, offset);
    return this.keep();
  }
  store(size: AccessSize, address: Value, value: Value, alignment?: 'checked'): void {
    if (this.around.accessPlan().kind === 'reach') {
      this.reach(REACH_STORE, [address, value, size]);
      return;
    }
    const { base, offset } = this.place(true, address, size, alignment ? size : 1);
    this.push(base);
    this.push(value);
    this.access(STORE[size], offset);
  }

  protected reachLoad(size: AccessSize, address: Value): Value {
    this.reach(REACH_LOAD, [address, size]);
    return this.keep();
  }

  protected reach(helper: string, args: readonly Value[]): void {
    this.around.beforeReach();
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, helper === REACH_LOAD));
    this.around.afterReach();
  }

  loadMultiple(list: Value, address: Value): Value {
    const registers = registersOf(list as number);
    const { base, offset } = this.place(false, address, 4 * registers.length, 4);
    let pc: Value = 0;
    registers.forEach((n, i) => {
      this.push(base);
      this.access(Op.i32_load, offset + 4 * i);
      const word = this.keep();
      if (n === 15) pc = word;
      else this.setReg(n, word);
    });
    return pc;
  }
  storeMultiple(list: Value, address: Value): void {
    const registers = registersOf(list as number);
    const { base, offset } = this.place(true, address, 4 * registers.length, 4);
    registers.forEach((n, i) => {
      this.push(base);
      this.push(this.reg(n));
      this.access(Op.i32_store, offset + 4 * i);
    });
  }

  // -- Flow.

  branch(target: Value): void {
    if (typeof target !== 'number') this.push(this.and(target, ~1)); // before the registers it is made of change
    this.commit();
    if (typeof target === 'number') this.around.goTo(target & ~1);
    else this.around.goToIndirect();
    this.hasLeft = true;
  }
  branchExchange(target: Value): void {
    // EXC_RETURN values and addresses without the Thumb bit are the interpreter's: the bit must come out on top
    use(target);
    this.push(this.sub(this.binary(Op.i32_rotr, target, 1), 0x8000_0000 | 0));
    this.out.byte(Op.i32_const); this.out.signed(0x7800_0000);
    this.out.byte(Op.i32_ge_u);
    this.exitIf(() => this.around.sideExitForGood());
    this.branch(target);
  }
  branchLinkExchange(target: Value): void { this.branchExchange(target); }
  startIT(): void {}

  condition(code: number): Value { return conditionValue(this, this.flags, code); }

  /** A value of any type, computed here and kept in a local that `callInto` may change. */
  hold(value: Value): Value {
    this.push(value);
    return this.writer.keep(typeOf(value));
  }

  /** A word of the state, as it was before the instruction. */
  state(offset: number): Value { return asValue(new Expression([], [], offset)); }

  abstract call(helper: string, ...args: Value[]): Value;
  abstract do(helper: string, ...args: Value[]): void;
  abstract sreg(n: Value): Value;
  abstract setSreg(n: Value, value: Value): void;
}

/** In the machine's memory: what a value and a constant add up to. */
interface Place { readonly base: Value; readonly offset: number }


/** The general register that a value is, or -1. */
function registerOf(value: Value): number {
  const { local } = value as unknown as LocalValue;
  return typeof value === 'object' && local >= Local.R0 && local < Local.R0 + 15 ? local - Local.R0 : -1;
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
