/** Helpers of rows that are cheaper in line. They give up to the interpreter where the helper would fault. */
import type { Value } from '../isa/builder.js';
import { I64, Op } from './encoder.js';
import { DOUBLE_INTRINSICS } from './double-intrinsics.js';
import { FLOAT_INTRINSICS } from './float-intrinsics.js';
import { SYSTEM_INTRINSICS } from './system-intrinsics.js';
import type { TranslationLayout } from './layout.js';
import { typed, word } from './typed-expression.js';
import type { WasmBuilder } from './wasm-builder.js';

/** Helpers without an effect that a program can see. */
export const NOTHING_TO_DO: ReadonlySet<string> = new Set(['DSB', 'DMB', 'ISB']);

/** A helper's meaning in line; its result when it has one, else 0. */
export type Intrinsic = (b: WasmBuilder, layout: TranslationLayout, args: readonly Value[]) => Value;

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

/** p + q + addend or p - q + addend, with Q set when that does not fit 32 bits. */
const sumSettingQ = (second: number): Intrinsic => (b, _layout, args) => {
  const [p, q, addend] = args.map((arg) => typed(I64, [Op.i64_extend_i32_s], arg));
  const exact = b.hold(typed(I64, [Op.i64_add], typed(I64, [second], p, q), addend));
  const result = b.hold(word(Op.i32_wrap_i64, exact));
  b.setQ(b.hold(word(Op.i64_ne, exact, typed(I64, [Op.i64_extend_i32_s], result))));
  return result;
};

/** Exchanges groups of `width` bits with their neighbours; `low` marks the lower ones. */
const exchange = (b: WasmBuilder, x: Value, width: number, low: number): Value => b.or(b.and(b.shrU(x, width), low), b.shl(b.and(x, low), width));

const reverseBits: Intrinsic = (b, _layout, [x]) => {
  const nibbles = exchange(b, exchange(b, exchange(b, x, 1, 0x5555_5555), 2, 0x3333_3333), 4, 0x0f0f_0f0f);
  return b.or(b.and(b.ror(nibbles, 8), 0xff00_ff00 | 0), b.and(b.ror(nibbles, 24), 0x00ff_00ff));
};

/** The sum over bytes of |n - m|. */
const sumOfAbsoluteDifferences: Intrinsic = (b, _layout, [n, m]) => {
  let total: Value = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const difference = b.sub(b.and(b.shrU(n, shift), 0xff), b.and(b.shrU(m, shift), 0xff));
    const sign = b.shrS(difference, 31);
    const magnitude = b.sub(b.xor(difference, sign), sign);
    total = shift === 0 ? magnitude : b.add(total, magnitude);
  }
  return total;
};

export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  ReverseBits: reverseBits,
  SumOfAbsoluteDifferences8: sumOfAbsoluteDifferences,
  SumOfThreeSettingQ: sumSettingQ(Op.i64_add),
  DifferenceAndSumSettingQ: sumSettingQ(Op.i64_sub),
  UDIV: divide(false),
  SDIV: divide(true),
  ...FLOAT_INTRINSICS,
  ...DOUBLE_INTRINSICS,
  ...SYSTEM_INTRINSICS,
};
