/**
 * Double precision in line, under the same kind of guard as `float-intrinsics.ts`. Helpers take numbers of D registers,
 * destination first, and write it themselves; what is in line does so, too.
 */
import { FZ, Rounding } from '../isa/float/fpscr.js';
import type { Value } from '../isa/builder.js';
import { F64, I32, I64, Op } from './encoder.js';
import { absolute, compare, inNearestMode, inPlainMode, integerOf, isExactSum, isFinite64, isNumber, isZero, rounded, toInteger } from './float-intrinsics.js';
import type { Intrinsic } from './intrinsics.js';
import { asFloat32, f32, f32Constant, f64, f64Constant, fromFloat32, typed, word } from './typed-expression.js';
import { PLAIN_RANGE, type WasmBuilder } from './wasm-builder.js';

const INFINITY_HIGH = 0x7ff0_0000;
const SMALLEST_NORMAL_SINGLE = 2 ** -126;
const BIAS = 1023;
/** A product between 2^-900 and 2^900 has an exact error, and so have all sums made of it. */
const MODEST_EXPONENT = 900;
const LEAST_MODEST = (BIAS - MODEST_EXPONENT) << 20;
const SPLITTER = 2 ** 27 + 1;

const add = (x: Value, y: Value): Value => f64(Op.f64_add, x, y);
const sub = (x: Value, y: Value): Value => f64(Op.f64_sub, x, y);
const mul = (x: Value, y: Value): Value => f64(Op.f64_mul, x, y);
const negatedIf = (isNegated: boolean, x: Value): Value => (isNegated ? f64(Op.f64_neg, x) : x);
const bitsOf = (x: Value): Value => typed(I64, [Op.i64_reinterpret_f64], x);
/** Exponent and the top of the fraction. */
const highMagnitude = (b: WasmBuilder, x: Value): Value =>
  b.and(typed(I32, [Op.i64_const, 32, Op.i64_shr_u, Op.i32_wrap_i64], bitsOf(x)), 0x7fff_ffff);

/** Smaller than 2^-1007, not finite, or the mode is not plain. */
const isDoubtful = (b: WasmBuilder, result: Value): Value => b.geU(b.sub(highMagnitude(b, result), INFINITY_HIGH - PLAIN_RANGE), b.plainFloatRange());

function callHelper(b: WasmBuilder, helper: string, args: readonly Value[]): void {
  b.callFor(helper, args);
  b.floatModeMayHaveChanged();
}

/** D<d> is the result when it is certain, 0 or 1, else it is the helper's. */
function settle(b: WasmBuilder, isCertain: Value, result: Value, helper: string, args: readonly Value[]): void {
  b.if(isCertain, () => b.setDreg(args[0] as number, result), () => callHelper(b, helper, args));
}

/** A result that is doubtful may still be exact. */
function settleUnless(b: WasmBuilder, isInDoubt: Value, isExact: () => Value, result: Value, helper: string, args: readonly Value[]): void {
  b.if(isInDoubt, () => settle(b, inPlainMode(b, isExact()), result, helper, args), () => b.setDreg(args[0] as number, result));
}

const arithmetic = (helper: string, opcode: number, isExact: (b: WasmBuilder, result: Value, x: Value, y: Value) => Value): Intrinsic => (b, _, args) => {
  const operands = args.slice(1).map((n) => b.dreg(n));
  const result = b.hold(f64(opcode, ...operands));
  settleUnless(b, isDoubtful(b, result), () => isExact(b, result, operands[0], operands[1]), result, helper, args);
  return 0;
};

/** Sums are exact below the smallest normal. */
const additive = (helper: string, opcode: number, isSubtraction: boolean): Intrinsic => (b, { FPSCR }, args) => {
  const [x, y] = args.slice(1).map((n) => b.dreg(n));
  const sum = b.hold(f64(opcode, x, y));
  b.if(isDoubtful(b, sum), () => {
    settle(b, inNearestMode(b, FPSCR, isExactSum(b, sum, x, negatedIf(isSubtraction, y))), sum, helper, args);
  }, () => b.setDreg(args[0] as number, sum));
  return 0;
};

const isZeroOfZero = (b: WasmBuilder, result: Value, x: Value, y: Value): Value => b.and(isZero(result), b.or(isZero(x), isZero(y)));

const negatedProduct: Intrinsic = (b, _, args) => {
  const [x, y] = args.slice(1).map((n) => b.dreg(n));
  const product = b.hold(mul(x, y));
  settleUnless(b, isDoubtful(b, product), () => isZeroOfZero(b, product, x, y), f64(Op.f64_neg, product), 'VNMUL64', args);
  return 0;
};

/** VMLA and its like: rounded twice. */
const chained = (helper: string, isAddendNegated: boolean, isProductNegated: boolean): Intrinsic => (b, _, args) => {
  const [z, x, y] = args.map((n) => b.dreg(n));
  const product = b.hold(mul(x, y));
  const sum = b.hold(add(negatedIf(isAddendNegated, z), negatedIf(isProductNegated, product)));
  const isInDoubt = b.or(isDoubtful(b, product), b.eq(isFinite64(sum), 0));
  settleUnless(b, isInDoubt, () => b.and(isZeroOfZero(b, product, x, y), isFinite64(sum)), sum, helper, args);
  return 0;
};

/** The two halves of a double, of 26 bits each (Veltkamp). */
function split(b: WasmBuilder, x: Value): [Value, Value] {
  const scaled = b.hold(mul(f64Constant(SPLITTER), x));
  const high = b.hold(sub(scaled, sub(scaled, x)));
  return [high, b.hold(sub(x, high))];
}

/** x * y - product, exactly (Dekker). */
function productError(b: WasmBuilder, x: Value, y: Value, product: Value): Value {
  const [xHigh, xLow] = split(b, x);
  const [yHigh, yLow] = split(b, y);
  return b.hold(sub(mul(xLow, yLow), sub(sub(sub(product, mul(xHigh, yHigh)), mul(xLow, yHigh)), mul(xHigh, yLow))));
}

/** x + y - sum, exactly (Knuth). */
function sumError(b: WasmBuilder, x: Value, y: Value, sum: Value): Value {
  const roundedY = b.hold(sub(sum, x));
  return b.hold(add(sub(x, sub(sum, roundedY)), sub(y, roundedY)));
}

/**
 * VFMA and its like: z + x * y, rounded once. Product and sum each have an exact error; the sum of the errors is rounded,
 * so the result is certain only when it stays the same with that sum moved up and down by more (Ziv's test). Where a step
 * overflows, the result is no number.
 */
const fused = (helper: string, isAddendNegated: boolean, isProductNegated: boolean): Intrinsic => (b, _, args) => {
  const z = b.hold(negatedIf(isAddendNegated, b.dreg(args[0])));
  const x = b.hold(negatedIf(isProductNegated, b.dreg(args[1])));
  const y = b.hold(b.dreg(args[2]));
  const product = b.hold(mul(x, y));
  const productLow = productError(b, x, y, product);
  const sum = b.hold(add(product, z));
  const low = b.hold(add(sumError(b, product, z, sum), productLow));
  const result = b.hold(add(sum, low));
  const isMoved = word(Op.f64_ne, add(sum, mul(low, f64Constant(1 + 2 ** -52))), add(sum, mul(low, f64Constant(1 - 2 ** -52))));
  const isImmodest = b.geU(b.sub(highMagnitude(b, product), LEAST_MODEST), (2 * MODEST_EXPONENT) << 20);
  b.if(b.or(b.or(isDoubtful(b, result), isImmodest), isMoved), () => {
    settle(b, inPlainMode(b, b.and(b.or(isZero(x), isZero(y)), isFinite64(sum))), sum, helper, args);
  }, () => b.setDreg(args[0] as number, result));
  return 0;
};

const extreme = (helper: string, opcode: number): Intrinsic => (b, _, args) => {
  const result = b.hold(f64(opcode, ...args.slice(1).map((n) => b.dreg(n))));
  settle(b, inPlainMode(b, isNumber(result)), result, helper, args);
  return 0;
};

/** Signs and moves: bits of any kind. */
const move = (opcodes: readonly number[]): Intrinsic => (b, _, [d, m]) => {
  b.setDreg(d as number, typed(F64, opcodes, b.dreg(m)));
  return 0;
};

// -- Conversions.

/** D<m> times a power of two: exact, or of no consequence because it overflows. */
const scaled = (b: WasmBuilder, m: Value, fractionBits: number): Value => (fractionBits === 0 ? b.dreg(m) : mul(b.dreg(m), f64Constant(2 ** fractionBits)));

const toFixed: Intrinsic = (b, _, args) => {
  const [m, size, fractionBits, unsigned, mode] = args as number[];
  const { integer, isInRange } = toInteger(b, scaled(b, m, fractionBits), size, unsigned, mode);
  b.if(b.eq(inPlainMode(b, isInRange), 0), () => {
    b.callInto(integer, 'FPToFixed64', args);
    b.floatModeMayHaveChanged();
  });
  return integer;
};

const fromFixed: Intrinsic = (b, _, args) => {
  const [d, operand, size, fractionBits, unsigned] = args as [number, Value, number, number, number];
  const converted = f64(unsigned ? Op.f64_convert_i32_u : Op.f64_convert_i32_s, integerOf(b, operand, size, unsigned));
  b.setDreg(d, fractionBits === 0 ? converted : mul(converted, f64Constant(2 ** -fractionBits))); // exact in any mode
  return 0;
};

const roundToIntegral: Intrinsic = (b, _, args) => {
  const [, m, mode] = args as number[];
  const operand = b.dreg(m);
  const result = b.hold(rounded(b, operand, mode));
  settle(b, inPlainMode(b, isNumber(operand)), result, 'FPRoundInt64', args);
  return 0;
};

const singleToDouble: Intrinsic = (b, { FPSCR }, args) => {
  const operand = asFloat32(args[1]);
  const isCertain = b.and(isNumber(operand), b.eq(b.and(b.state(FPSCR), FZ), 0));
  settle(b, isCertain, f64(Op.f64_promote_f32, operand), 'FPSingleToDouble', args);
  return 0;
};

const doubleToSingle: Intrinsic = (b, _, args) => {
  const operand = b.dreg(args[0]);
  const result = b.hold(f32(Op.f32_demote_f64, operand));
  const isNormal = b.and(word(Op.f32_gt, absolute(result), f32Constant(SMALLEST_NORMAL_SINGLE)), word(Op.f32_lt, absolute(result), f32Constant(Infinity)));
  b.if(b.eq(inPlainMode(b, b.or(isNormal, isZero(operand))), 0), () => {
    b.callInto(result, 'FPDoubleToSingle', args);
    b.floatModeMayHaveChanged();
  });
  return fromFloat32(result);
};

export const DOUBLE_INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  FPAbs64: move([Op.f64_abs]),
  FPNeg64: move([Op.f64_neg]),
  FPMove64: move([]),
  FPAdd64: additive('FPAdd64', Op.f64_add, false),
  FPSub64: additive('FPSub64', Op.f64_sub, true),
  FPMul64: arithmetic('FPMul64', Op.f64_mul, isZeroOfZero),
  FPDiv64: arithmetic('FPDiv64', Op.f64_div, (b, result, x) => b.and(isZero(result), isZero(x))),
  FPSqrt64: arithmetic('FPSqrt64', Op.f64_sqrt, (_, result) => isZero(result)),
  VNMUL64: negatedProduct,
  VMLA64: chained('VMLA64', false, false),
  VMLS64: chained('VMLS64', false, true),
  VNMLA64: chained('VNMLA64', true, true),
  VNMLS64: chained('VNMLS64', true, false),
  VFMA64: fused('VFMA64', false, false),
  VFMS64: fused('VFMS64', false, true),
  VFNMA64: fused('VFNMA64', true, true),
  VFNMS64: fused('VFNMS64', true, false),
  FPMaxNum64: extreme('FPMaxNum64', Op.f64_max),
  FPMinNum64: extreme('FPMinNum64', Op.f64_min),
  FPCompare64: (b, { FPSCR }, args) => {
    compare(b, FPSCR, b.dreg(args[0]), b.dreg(args[1]), () => b.callFor('FPCompare64', args));
    return 0;
  },
  FPCompareZero64: (b, { FPSCR }, args) => {
    compare(b, FPSCR, b.dreg(args[0]), f64Constant(0), () => b.callFor('FPCompareZero64', args));
    return 0;
  },
  FPToFixed64: toFixed,
  FixedToFP64: fromFixed,
  FPToFixedInDouble: (b, _, args) => {
    const [d, size, fractionBits, unsigned] = args as number[];
    const { integer, isInRange } = toInteger(b, scaled(b, d, fractionBits), size, unsigned, Rounding.RZ);
    const extended = typed(F64, [unsigned ? Op.i64_extend_i32_u : Op.i64_extend_i32_s, Op.f64_reinterpret_i64], integer);
    settle(b, inPlainMode(b, isInRange), extended, 'FPToFixedInDouble', args);
    return 0;
  },
  FPRoundInt64: roundToIntegral,
  FPSingleToDouble: singleToDouble,
  FPDoubleToSingle: doubleToSingle,
};
