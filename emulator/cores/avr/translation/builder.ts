/**
 * The backend of the AVR builder that emits WebAssembly. What an instruction writes is kept back until its end (`commit`), so
 * that it can be given up before with nothing changed, and be interpreted instead.
 */
import { SREG_FLAGS, type AvrBuilder, type AvrFlag } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import { EMPTY, Op, type Bytes } from '../../../jit/encoder.js';
import { argumentsOf, asValue, Expression, ExpressionWriter, isLocal, localValue, use } from '../../../jit/expression.js';
import { Address, Word } from '../state.js';
import { StateBit } from './effects.js';
import { Local, offsetOf, Reach, type AvrLayout } from './layout.js';
import type { Decoded } from './region.js';

/** The region's emitter, as instructions see it. */
export interface Surroundings {
  readonly layout: AvrLayout;
  /** Leaves as if the current instruction had not begun. Emitted inside an `if`. @param isDevice it wanted to reach a device */
  giveUp(isDevice: boolean): void;
  /** Branches to a direct target. */
  goTo(target: number, extraCycles: number): void;
  /** Branches to the address on the stack, in words and within program memory. */
  goToIndirect(): void;
  openIf(): void;
  closeIf(): void;
  /** Calls a helper that reaches a device, its arguments on the stack save the last, the instruction's address. */
  reach(helper: string, parameters: number, hasResult: boolean): void;
  /** The current instruction may have reached a device; @param mayDecline unless it says that it has not. */
  afterReach(mayDecline: boolean): void;
  /** The current instruction's pointer has led to devices before. */
  readonly reachesDevices: boolean;
}

const FLAG_LOCAL: Readonly<Record<Exclude<AvrFlag, 'I'>, Local>> = { C: Local.C, Z: Local.Z, N: Local.N, V: Local.V, S: Local.S, H: Local.H, T: Local.T };
const BYTE = 0xff;
const ADDRESS = 0xffff;

export class WasmBuilder implements AvrBuilder {
  private readonly writer: ExpressionWriter;
  /** By local. */
  private readonly writes = new Map<Local, Value>();
  private readonly memoryWrites: { readonly word: Word; readonly value: Value }[] = [];
  private instruction!: Decoded;
  /** `StateBit`s of flags that somebody will read. */
  private wanted = 0;
  private isStackChecked = false;
  /** Nothing follows. */
  hasLeft = false;

  constructor(private readonly out: Bytes, private readonly around: Surroundings, newLocal: (type: number) => number) {
    this.writer = new ExpressionWriter(out, newLocal);
  }

  begin(instruction: Decoded, wanted: number): void {
    this.writer.begin();
    this.instruction = instruction;
    this.wanted = wanted;
    this.isStackChecked = false;
    this.hasLeft = false;
  }

  /** Puts what the instruction wrote in place. */
  commit(): void {
    const { writes, memoryWrites } = this;
    const inMemory = memoryWrites.map(({ word, value }) => ({ word, value: this.kept(value) }));
    const values = [...writes.values()];
    for (const value of values) use(value);
    for (const value of values) this.push(value);
    for (const local of [...writes.keys()].reverse()) this.op(Op.local_set, local);
    writes.clear();
    memoryWrites.length = 0;
    for (const { word, value } of inMemory) this.storeWord(word, value);
  }

  private storeWord(word: Word, value: Value): void {
    this.push(0);
    this.push(value);
    this.memory(Op.i32_store, offsetOf(word));
  }

  private kept(value: Value): Value {
    if (typeof value === 'number') return value;
    use(value);
    this.push(value);
    return this.writer.keep();
  }

  push(value: Value): void { this.writer.push(value); }
  /** Emits other instructions in the middle of this one. */
  nested(emit: () => void): void {
    const { instruction, wanted, isStackChecked, hasLeft } = this;
    this.writer.nested(emit);
    Object.assign(this, { instruction, wanted, isStackChecked, hasLeft });
  }

  private op(opcode: number, immediate: number): void {
    this.out.byte(opcode);
    this.out.unsigned(immediate);
  }
  private memory(opcode: number, offset: number): void {
    this.out.byte(opcode);
    this.out.unsigned(0);
    this.out.unsigned(offset);
  }
  private state(word: Word): Value { return asValue(new Expression([], [], offsetOf(word))); }

  /** Emits what happens when the value is not 0. */
  private when(condition: Value, then: () => void, otherwise?: () => void): void {
    use(condition);
    this.push(condition);
    this.out.bytes([Op.if, EMPTY]);
    this.around.openIf();
    this.writer.inArm(then);
    if (otherwise) {
      this.out.byte(Op.else);
      this.writer.inArm(otherwise);
    }
    this.around.closeIf();
    this.out.byte(Op.end);
  }
  private giveUpIf(condition: Value, isDevice = false): void { this.when(condition, () => this.around.giveUp(isDevice)); }

  // -- Registers and flags.

  reg(n: Value): Value { return localValue(Local.R0 + (n as number)); }
  setReg(n: Value, value: Value): void { this.writes.set(Local.R0 + (n as number), value); }
  sp(): Value { return localValue(Local.SP); }
  setSp(value: Value): void { this.writes.set(Local.SP, value); }
  rampz(): Value { return this.around.layout.rampzMask === 0 ? 0 : this.state(Word.RAMPZ); }
  setRampz(value: Value): void { this.memoryWrites.push({ word: Word.RAMPZ, value }); }
  eind(): Value { return this.state(Word.EIND); }

  flag(name: AvrFlag): Value {
    if (name === 'I') return this.state(Word.I);
    const word = localValue(FLAG_LOCAL[name]);
    switch (name) {
      case 'C': case 'T': return word;
      case 'Z': return this.eq(word, 0);
      case 'H': return this.and(this.shrU(word, 4), 1);
      default: return this.and(this.shrU(word, 7), 1);
    }
  }
  zWord(): Value { return localValue(Local.Z); }
  setC(bit: Value): void { this.setFlag('C', bit); }
  setZ(word: Value): void { this.setFlag('Z', word); }
  setN(word: Value): void { this.setFlag('N', word); }
  setV(word: Value): void { this.setFlag('V', word); }
  setS(word: Value): void { this.setFlag('S', word); }
  setH(word: Value): void { this.setFlag('H', word); }
  setT(bit: Value): void { this.setFlag('T', bit); }
  private setFlag(name: Exclude<AvrFlag, 'I'>, value: Value): void {
    if ((this.wanted & StateBit[name]) !== 0) this.writes.set(FLAG_LOCAL[name], value);
  }
  clearI(): void { this.memoryWrites.push({ word: Word.I, value: 0 }); }
  sreg(): Value {
    return SREG_FLAGS.reduce<Value>((byte, name, bit) => this.or(byte, this.shl(this.flag(name), bit)), 0);
  }
  setSreg(value: Value): void {
    this.mayEnableInterrupts();
    this.setC(this.and(value, 1));
    this.setZ(this.xor(this.and(value, 2), 2));
    this.setN(this.and(this.shl(value, 5), 0x80));
    this.setV(this.and(this.shl(value, 4), 0x80));
    this.setS(this.and(this.shl(value, 3), 0x80));
    this.setH(this.and(this.shrU(value, 1), 0x10));
    this.setT(this.and(this.shrU(value, 6), 1));
    this.memoryWrites.push({ word: Word.I, value: this.and(this.shrU(value, 7), 1) });
  }
  /** An interrupt that waits for I is the interpreter's. */
  private mayEnableInterrupts(): void {
    this.giveUpIf(this.or(this.state(Word.PENDING), this.state(Word.PENDING_HIGH)));
  }

  // -- Memory.

  load(address: Value): Value {
    const { layout } = this.around;
    if (typeof address === 'number') return this.isRam(address) ? this.loadByte(address, layout.dataOffset) : this.loadIO(address);
    if (this.stackOffset(address) !== undefined) {
      this.checkStack();
      return this.loadByte(address, layout.dataOffset);
    }
    const at = this.kept(address);
    const isOutside = this.geU(this.sub(at, layout.ramStart), layout.ramBytes);
    if (!this.around.reachesDevices) {
      this.giveUpIf(isOutside, true);
      return this.loadByte(at, layout.dataOffset);
    }
    this.when(isOutside, () => {
      this.push(at);
      this.around.reach(Reach.load, 1, true);
      this.op(Op.local_set, Local.VALUE);
      this.around.afterReach(true);
    }, () => {
      this.push(at);
      this.memory(Op.i32_load8_u, layout.dataOffset);
      this.op(Op.local_set, Local.VALUE);
    });
    return localValue(Local.VALUE);
  }

  store(address: Value, value: Value): void {
    const { layout } = this.around;
    if (typeof address === 'number') {
      if (this.isRam(address)) this.storeByte(address, value, layout.dataOffset);
      else this.storeIO(address, value);
      return;
    }
    if (this.stackOffset(address) !== undefined) {
      this.checkStack();
      this.storeByte(address, value, layout.dataOffset);
      return;
    }
    const at = this.kept(address);
    const isOutside = this.geU(this.sub(at, layout.ramStart), layout.ramBytes);
    if (!this.around.reachesDevices) {
      this.giveUpIf(isOutside, true);
      this.storeByte(at, value, layout.dataOffset);
      return;
    }
    const byte = this.kept(value);
    this.when(isOutside, () => {
      this.push(at);
      this.push(byte);
      this.around.reach(Reach.store, 2, false);
      this.around.afterReach(true);
    }, () => {
      this.push(at);
      this.push(byte);
      this.memory(Op.i32_store8, layout.dataOffset);
    });
  }

  private isRam(address: number): boolean {
    const { ramStart, ramBytes } = this.around.layout;
    return address >= ramStart && address < ramStart + ramBytes;
  }
  private loadByte(address: Value, offset: number): Value {
    use(address);
    this.push(address);
    this.memory(Op.i32_load8_u, offset);
    return this.writer.keep();
  }
  private storeByte(address: Value, value: Value, offset: number): void {
    use(address);
    use(value);
    this.push(address);
    this.push(value);
    this.memory(Op.i32_store8, offset);
  }

  /** SP plus a constant, reduced to 16 bits or not. */
  private stackOffset(address: Value): number | undefined {
    const [inner] = argumentsOf(address, Op.i32_and) ?? [address];
    if (isLocal(inner, Local.SP)) return 0;
    const [base, distance] = argumentsOf(inner, Op.i32_add) ?? [];
    return base !== undefined && isLocal(base, Local.SP) && typeof distance === 'number' ? distance : undefined;
  }
  /** All bytes that the instruction accesses lie in SRAM, or it is given up. */
  private checkStack(): void {
    if (this.isStackChecked) return;
    this.isStackChecked = true;
    const { ramStart, ramBytes } = this.around.layout;
    const { low, high } = this.instruction.effects.stack!;
    this.giveUpIf(this.geU(this.add(localValue(Local.SP), low - ramStart), ramBytes - (high - low)));
  }

  /** RAMPZ and EIND lie in memory. */
  private extension(address: Value): { readonly word: Word; readonly mask: number } | undefined {
    const { rampzMask, eindMask } = this.around.layout;
    if (address === Address.RAMPZ && rampzMask !== 0) return { word: Word.RAMPZ, mask: rampzMask };
    return address === Address.EIND && eindMask !== 0 ? { word: Word.EIND, mask: eindMask } : undefined;
  }

  loadIO(address: Value): Value {
    const extension = this.extension(address);
    if (extension) return this.state(extension.word);
    this.push(address);
    this.around.reach(Reach.loadIO, 1, true);
    this.op(Op.local_set, Local.VALUE);
    this.around.afterReach(false);
    return localValue(Local.VALUE);
  }
  storeIO(address: Value, value: Value): void {
    const extension = this.extension(address);
    if (extension) {
      this.memoryWrites.push({ word: extension.word, value: this.and(value, extension.mask) });
      return;
    }
    use(value);
    this.push(address);
    this.push(value);
    this.around.reach(Reach.storeIO, 2, false);
    this.around.afterReach(false);
  }
  storeIOBits(address: Value, mask: Value, level: 0 | 1): void {
    this.push(address);
    this.push(mask);
    this.push(level);
    this.around.reach(Reach.storeIOBits, 3, false);
    this.around.afterReach(false);
  }
  /** Not while somebody else answers to LPM. */
  loadProgram(address: Value): Value {
    const { flashBytes, flashOffset } = this.around.layout;
    this.giveUpIf(this.state(Word.PROGRAM_HOOK));
    return this.loadByte(this.and(address, flashBytes - 1), flashOffset);
  }

  // -- Control flow.

  nextPC(): Value { return this.instruction.next; }
  branch(target: Value, extraCycles: Value = 0): void {
    this.commit();
    this.around.goTo(target as number, extraCycles as number);
    this.hasLeft = true;
  }
  branchIndirect(target: Value): void {
    const { flashBytes } = this.around.layout;
    const within = this.kept(this.and(target, flashBytes / 2 - 1));
    this.commit();
    this.push(within);
    this.around.goToIndirect();
    this.hasLeft = true;
  }

  // -- Helpers.

  call(helper: string, ...[value]: Value[]): Value {
    if (helper !== 'WrapRAMPZ') throw new Error(`no translation for ${helper}`);
    return this.and(value, this.around.layout.rampzMask);
  }
  do(helper: string): void {
    if (helper === 'WDR') {
      this.around.reach(Reach.WDR, 0, false);
      this.around.afterReach(false);
      return;
    }
    if (helper !== 'EnableInterrupts') throw new Error(`no translation for ${helper}`);
    this.mayEnableInterrupts();
    this.memoryWrites.push({ word: Word.I, value: 1 });
  }

  // -- Arithmetic.

  private binary(opcode: number, x: Value, y: Value, fold: (a: number, b: number) => number): Value {
    return typeof x === 'number' && typeof y === 'number' ? fold(x, y) : asValue(new Expression([opcode], [x, y]));
  }
  private unary(opcode: number, x: Value): Value { return asValue(new Expression([opcode], [x])); }

  add(x: Value, y: Value): Value { return y === 0 ? x : this.binary(Op.i32_add, x, y, (a, b) => (a + b) | 0); }
  sub(x: Value, y: Value): Value { return typeof y === 'number' ? this.add(x, -y) : this.binary(Op.i32_sub, x, y, (a, b) => (a - b) | 0); }
  mul(x: Value, y: Value): Value { return this.binary(Op.i32_mul, x, y, Math.imul); }
  and(x: Value, y: Value): Value { return y === ADDRESS && isLocal(x, Local.SP) ? x : y === BYTE && this.isByte(x) ? x : this.binary(Op.i32_and, x, y, (a, b) => a & b); }
  or(x: Value, y: Value): Value { return x === 0 ? y : y === 0 ? x : this.binary(Op.i32_or, x, y, (a, b) => a | b); }
  xor(x: Value, y: Value): Value { return this.binary(Op.i32_xor, x, y, (a, b) => a ^ b); }
  not(x: Value): Value { return this.xor(x, -1); }
  shl(x: Value, n: Value): Value { return n === 0 ? x : this.binary(Op.i32_shl, x, n, (a, b) => a << b); }
  shrU(x: Value, n: Value): Value { return n === 0 ? x : this.binary(Op.i32_shr_u, x, n, (a, b) => a >>> b); }
  shrS(x: Value, n: Value): Value { return this.binary(Op.i32_shr_s, x, n, (a, b) => a >> b); }
  ror(x: Value, n: Value): Value { return this.binary(Op.i32_rotr, x, n, (a, b) => (a >>> (b & 31)) | (a << (-b & 31))); }
  clz(x: Value): Value { return this.unary(Op.i32_clz, x); }
  signExtend8(x: Value): Value { return this.unary(Op.i32_extend8_s, x); }
  signExtend16(x: Value): Value { return this.unary(Op.i32_extend16_s, x); }
  mulHighS(): Value { throw new Error('an AVR has no 64-bit products'); }
  mulHighU(): Value { throw new Error('an AVR has no 64-bit products'); }
  eq(x: Value, y: Value): Value { return y === 0 ? this.unary(Op.i32_eqz, x) : this.binary(Op.i32_eq, x, y, (a, b) => Number(a === b)); }
  ne(x: Value, y: Value): Value { return y === 0 ? x : this.binary(Op.i32_ne, x, y, (a, b) => Number(a !== b)); }
  ltS(x: Value, y: Value): Value { return this.binary(Op.i32_lt_s, x, y, (a, b) => Number(a < b)); }
  ltU(x: Value, y: Value): Value { return this.binary(Op.i32_lt_u, x, y, (a, b) => Number(a >>> 0 < b >>> 0)); }
  geU(x: Value, y: Value): Value { return this.binary(Op.i32_ge_u, x, y, (a, b) => Number(a >>> 0 >= b >>> 0)); }
  leS(x: Value, y: Value): Value { return this.binary(Op.i32_le_s, x, y, (a, b) => Number(a <= b)); }
  select(condition: Value, whenTrue: Value, whenFalse: Value): Value { return asValue(new Expression([Op.select], [whenTrue, whenFalse, condition])); }
  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.when(condition, then, otherwise);
    this.hasLeft = false;
  }

  /** Registers hold bytes. */
  private isByte(value: Value): boolean {
    const { local = -1 } = value as unknown as { local?: number };
    const first: number = Local.R0;
    return local >= first && local < first + 32;
  }
}
