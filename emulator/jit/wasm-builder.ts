/** The builder with what helpers need: functions of the core by call or in line, and floating-point registers. */
import type { Value } from '../isa/builder.js';
import { F32, F64, Op } from './encoder.js';
import { argumentsOf, localValue, typeOf, type LocalValue } from './expression.js';
import { CYCLE_SHIFT } from './count.js';
import { Local } from './flags.js';
import { INTRINSICS, NOTHING_TO_DO } from './intrinsics.js';
import { RowBuilder } from './row-builder.js';
import { asFloat32, fromFloat32, loadOf } from './typed-expression.js';

/** FPSCR.RMode, FZ and IXC. Armv7-M ARM A2.5.3. */
const PLAIN_MODE_MASK = (3 << 22) | (1 << 24) | (1 << 4);
const PLAIN_MODE = 1 << 4;
/** How many patterns lie above the smallest normal single and below infinity; an odd number. */
export const PLAIN_RANGE = 0x7f80_0000 - 0x0080_0001;

export class WasmBuilder extends RowBuilder {
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
    const local = this.around.singleLocal(n as number);
    return local < 0 ? this.state(this.around.layout.singles + 4 * (n as number)) : fromFloat32(localValue(local, F32));
  }
  setSreg(n: Value, value: Value): void {
    const local = this.around.singleLocal(n as number);
    if (local >= 0) {
      this.singleWrites.set(local, asFloat32(value));
      return;
    }
    const float = typeof value === 'number' ? value : asFloat32(value);
    // a word that is one already is stored as one
    this.memoryWrites.push({ offset: this.around.layout.singles + 4 * (n as number), value: argumentsOf(float, Op.f32_reinterpret_i32) ? value : float, isSticky: false });
  }

  /** For intrinsics: a side exit when `condition` holds. */
  giveUpIf(condition: Value): void {
    this.push(condition);
    this.exitIf();
  }
  /** For intrinsics: an imported function's result, into a value that `emit` gave. */
  callInto(result: Value, helper: string, args: readonly Value[]): void {
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, true));
    if (typeOf(result) === F32) this.out.byte(Op.f32_reinterpret_i32);
    this.op(Op.local_set, (result as unknown as LocalValue).local);
  }
  /** For intrinsics: pushes, emits, keeps. */
  emit(args: readonly Value[], opcodes: readonly number[]): Value {
    for (const arg of args) this.push(arg);
    this.out.bytes(opcodes);
    return this.keep();
  }
  /** For intrinsics: a word of the state, written when the instruction ends. */
  writeState(offset: number, value: Value): void { this.memoryWrites.push({ offset, value, isSticky: false }); }
  /** For intrinsics: `count` words between memory and consecutive single registers. */
  moveSingles(isLoad: boolean, address: Value, first: number, count: number): void {
    const { base, offset } = this.place(!isLoad, address, 4 * count, 4);
    for (let i = 0; i < count; i++) {
      const at = offset + 4 * i;
      if (!isLoad) {
        const float = asFloat32(this.sreg(first + i));
        this.push(base);
        this.push(float);
        this.access(Op.f32_store, at);
      } else if (this.around.singleLocal(first + i) >= 0) {
        this.push(base);
        this.access(Op.f32_load, at);
        this.setSreg(first + i, fromFloat32(this.writer.keep(F32)));
      } else i += this.loadIntoState(base, at, first + i, count - i) - 1;
    }
  }
  /** One word, or two at once, to S registers that are in memory. @returns how many */
  private loadIntoState(base: Value, at: number, first: number, count: number): number {
    const single = this.around.layout.singles + 4 * first;
    const isPair = single % 8 === 0 && count > 1;
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.push(base);
    this.access(isPair ? Op.i64_load : Op.i32_load, at);
    this.access(isPair ? Op.i64_store : Op.i32_store, single);
    return isPair ? 2 : 1;
  }
  addCycles(cycles: Value): void {
    this.op(Op.local_get, Local.COUNT);
    this.push(cycles);
    this.out.bytes([Op.i64_extend_i32_u, Op.i64_const, CYCLE_SHIFT, Op.i64_shl, Op.i64_sub]);
    this.op(Op.local_set, Local.COUNT);
  }

  // -- For floating-point intrinsics.

  /** An imported function for its effect. */
  callFor(helper: string, args: readonly Value[]): void {
    for (const arg of args) this.push(arg);
    this.op(Op.call, this.around.importIndex(helper, args.length, false));
  }
  /** Writes a word of the state at once. */
  setState(offset: number, value: Value): void {
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.push(value);
    this.access(Op.i32_store, offset);
  }
  /**
   * PLAIN_RANGE while no flag but FPSCR.IXC could be raised by an operation on normal numbers, and that is set already, with
   * rounding to nearest and without flushing to zero; else 0.
   */
  plainFloatRange(): Value {
    const local = this.around.floatRangeLocal();
    return local < 0 ? this.floatRangeNow() : localValue(local);
  }
  private floatRangeNow(): Value {
    const isPlain = this.eq(this.and(this.state(this.around.layout.FPSCR), PLAIN_MODE_MASK), PLAIN_MODE);
    return this.and(this.sub(0, isPlain), PLAIN_RANGE);
  }
  /** 0 or 1: `plainFloatRange` is not 0. */
  floatModeIsPlain(): Value { return this.and(this.plainFloatRange(), 1); }
  /** Says, where it is emitted, that FPSCR's mode or IXC may have changed: who keeps `plainFloatRange` renews it. */
  floatModeMayHaveChanged(): void {
    const local = this.around.floatRangeLocal();
    if (local < 0) return;
    this.push(this.floatRangeNow());
    this.op(Op.local_set, local);
  }
  /** D<n> as an f64; it is read when it is used. */
  dreg(n: Value): Value { return loadOf(F64, this.around.layout.singles, n); }
  /** Writes D<n> at once. */
  setDreg(n: number, value: Value): void {
    this.out.byte(Op.i32_const); this.out.signed(0);
    this.push(value);
    this.access(Op.f64_store, this.around.layout.singles + 8 * n);
  }
}
