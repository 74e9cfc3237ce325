/**
 * Single precision in line, where the host's arithmetic gives the helper's result bit by bit and raises no flag that is not
 * set already; all else (NaNs, infinities, what is tiny, other modes) is the helper's. Guards look at patterns as words:
 * with V8 that is cheaper than comparing floats.
 *
 * "Plain" is: round to nearest, denormals kept, FPSCR.IXC set. Armv7-M ARM (DDI 0403E), A2.5.3.
 */
import { BY_FPSCR } from '../isa/float/convert.js';
import { FPSCR_WRITABLE, FZ, Relation, RMODE, Rounding } from '../isa/float/fpscr.js';
import type { Value } from '../isa/builder.js';
import { F32, I32, I64, Op } from './encoder.js';
import { typeOf } from './expression.js';
import type { Intrinsic } from './intrinsics.js';
import { asFloat32, f32, f32Constant, f64, f64Constant, fromFloat32, typed, word } from './typed-expression.js';
import { PLAIN_RANGE, type WasmBuilder } from './wasm-builder.js';

const SIGN = 0x8000_0000 | 0;
const INFINITY = 0x7f80_0000;
const RELATIONS = 0xf000_0000 | 0;

// -- Guards.

const isZero = (x: Value): Value => (typeOf(x) === F32 ? word(Op.f32_eq, x, f32Constant(0)) : word(Op.f64_eq, x, f64Constant(0)));
const isNumber = (x: Value): Value => word(typeOf(x) === F32 ? Op.f32_eq : Op.f64_eq, x, x);
export const isFinite64 = (x: Value): Value => word(Op.f64_lt, f64(Op.f64_abs, x), f64Constant(Infinity));
export const absolute = (x: Value): Value => (typeOf(x) === F32 ? f32(Op.f32_abs, x) : f64(Op.f64_abs, x));
export { isNumber, isZero };

/** Below PLAIN_RANGE for normal numbers that were not tiny before rounding. */
const aboveSmallestNormal = (b: WasmBuilder, result: Value): Value => b.sub(b.and(fromFloat32(result), 0x7fff_ffff), INFINITY - PLAIN_RANGE);
/** Not such a number, or the mode is not plain. */
const isDoubtful = (b: WasmBuilder, result: Value): Value => b.geU(aboveSmallestNormal(b, result), b.plainFloatRange());

/** 0 or 1: the mode is plain and the condition, 0 or 1, holds. */
export const inPlainMode = (b: WasmBuilder, condition: Value): Value => b.and(condition, b.plainFloatRange()); // an odd number or 0

/** 0 or 1: whatever is exact raises no flag and has its value, as FPSCR rounds to nearest and keeps denormals, and the condition, 0 or 1, holds. */
export const inNearestMode = (b: WasmBuilder, fpscrOffset: number, condition: Value): Value => b.and(condition, b.eq(b.and(b.state(fpscrOffset), RMODE | FZ), 0));

/** The helper's result in the place of a held one, unless the condition, 0 or 1, holds. */
function orHelper(b: WasmBuilder, isCertain: Value, result: Value, helper: string, args: readonly Value[]): void {
  b.if(b.eq(isCertain, 0), () => callHelper(b, result, helper, args));
}

function callHelper(b: WasmBuilder, result: Value, helper: string, args: readonly Value[]): void {
  b.callInto(result, helper, args);
  b.floatModeMayHaveChanged();
}

// -- Arithmetic.

/**
 * @param opcode of f32 values
 * @param isExact whether the result, zero or tiny or infinite as it may be, is that of the operands exactly; all as f64, 0 or 1
 */
const arithmetic = (helper: string, opcode: number, isExact: (b: WasmBuilder, result: Value, x: Value, y: Value) => Value): Intrinsic => (b, { FPSCR }, args) => {
  const operands = args.map(asFloat32);
  const result = b.hold(f32(opcode, ...operands));
  b.if(isDoubtful(b, result), () => {
    const [x, y] = operands.map(promoted);
    orHelper(b, inNearestMode(b, FPSCR, isExact(b, promoted(result), x, y)), result, helper, args);
  });
  return fromFloat32(result);
};

const promoted = (x: Value): Value => f64(Op.f64_promote_f32, x);
const isSame = (x: Value, y: Value): Value => word(Op.f64_eq, x, y);
const plus = (x: Value, y: Value): Value => f64(Op.f64_add, x, y);
const minus = (x: Value, y: Value): Value => f64(Op.f64_sub, x, y);
const times = (x: Value, y: Value): Value => f64(Op.f64_mul, x, y);

/** The difference from the larger operand is exact, so both hold only when the sum is. */
const isExactSum = (b: WasmBuilder, sum: Value, x: Value, y: Value): Value => b.and(isSame(minus(sum, x), y), isSame(minus(sum, y), x));
export { isExactSum };

/**
 * c + n * m, rounded once. The product of two singles is exact in a double. Their sum may be inexact there, which spoils
 * the second rounding only when it looks like a tie: then the 29 bits that are rounded away are 1 and zeros.
 */
const multiplyAndAdd: Intrinsic = (b, { FPSCR }, args) => {
  const [c, n, m] = args.map((arg) => promoted(asFloat32(arg)));
  const product = b.hold(times(n, m));
  const sum = b.hold(plus(product, c));
  const result = b.hold(f32(Op.f32_demote_f64, sum));
  const isTie = b.eq(b.shl(word(Op.i32_wrap_i64, typed(I64, [Op.i64_reinterpret_f64], sum)), 3), SIGN);
  b.if(b.or(isDoubtful(b, result), isTie), () => {
    const isNormal = b.ltU(aboveSmallestNormal(b, result), PLAIN_RANGE);
    const isCertain = b.or(inPlainMode(b, isNormal), inNearestMode(b, FPSCR, isSame(promoted(result), sum)));
    orHelper(b, b.and(isExactSum(b, sum, product, c), isCertain), result, 'FPMulAdd32', args); // then a tie is one
  });
  return fromFloat32(result);
};

const extreme = (helper: string, opcode: number): Intrinsic => (b, _, args) => {
  const result = b.hold(f32(opcode, ...args.map(asFloat32)));
  orHelper(b, inPlainMode(b, isNumber(result)), result, helper, args);
  return fromFloat32(result);
};

// -- Comparing.

/** NZCV of FPSCR from two numbers of one type; `otherwise` when they are none, or denormals may count as zeros. */
export function compare(b: WasmBuilder, fpscrOffset: number, x: Value, y: Value, otherwise: () => void): void {
  const [eq, lt, ge] = typeOf(x) === F32 ? [Op.f32_eq, Op.f32_lt, Op.f32_ge] : [Op.f64_eq, Op.f64_lt, Op.f64_ge];
  const isLess = word(lt, x, y);
  const fpscr = b.hold(b.state(fpscrOffset));
  const isOrdered = b.or(isLess, word(ge, x, y));
  b.if(b.and(isOrdered, b.eq(b.and(fpscr, FZ), 0)), () => {
    const relation = b.select(isLess, Relation.less, b.select(word(eq, x, y), Relation.equal, Relation.greater));
    b.setState(fpscrOffset, b.or(b.and(fpscr, ~RELATIONS), relation));
  }, () => {
    otherwise();
    b.floatModeMayHaveChanged();
  });
}

// -- To and from integers.

/** Rounds an f32 or f64 to an integral one. Plain mode is to nearest. */
export function rounded(b: WasmBuilder, x: Value, mode: number): Value {
  const isSingle = typeOf(x) === F32;
  const op = (single: number, double: number, ...args: Value[]): Value => (isSingle ? f32(single, ...args) : f64(double, ...args));
  switch (mode) {
    case Rounding.RN: case BY_FPSCR: return op(Op.f32_nearest, Op.f64_nearest, x);
    case Rounding.RP: return op(Op.f32_ceil, Op.f64_ceil, x);
    case Rounding.RM: return op(Op.f32_floor, Op.f64_floor, x);
    case Rounding.RZ: return op(Op.f32_trunc, Op.f64_trunc, x);
    default: {
      // Ties away: what is cut off is exact.
      const constant = isSingle ? f32Constant : f64Constant;
      const whole = b.hold(op(Op.f32_trunc, Op.f64_trunc, x));
      const away = op(Op.f32_add, Op.f64_add, whole, op(Op.f32_copysign, Op.f64_copysign, constant(1), x));
      const lost = absolute(op(Op.f32_sub, Op.f64_sub, x, whole));
      return op(Op.select, Op.select, away, whole, word(isSingle ? Op.f32_ge : Op.f64_ge, lost, constant(0.5)));
    }
  }
}

/** The saturating conversion of an f32 or f64, and whether (0 or 1) it has not saturated. */
export function toInteger(b: WasmBuilder, x: Value, size: number, unsigned: number, mode: number): { integer: Value; isInRange: Value } {
  const isSingle = typeOf(x) === F32;
  const [constant, lt, ge] = isSingle ? [f32Constant, Op.f32_lt, Op.f32_ge] : [f64Constant, Op.f64_lt, Op.f64_ge];
  const whole = mode === Rounding.RZ ? x : rounded(b, x, mode);
  const integer = b.hold(typed(I32, [Op.trunc_sat_prefix, (isSingle ? 0 : 2) + unsigned], whole));
  const limit = constant(2 ** (unsigned ? size : size - 1));
  if (!unsigned) return { integer, isInRange: word(lt, absolute(whole), limit) };
  return { integer, isInRange: b.and(word(ge, whole, constant(0)), word(lt, whole, limit)) };
}

const toFixed: Intrinsic = (b, { FPSCR }, args) => {
  const [operand, size, fractionBits, unsigned, mode] = args as [Value, number, number, number, number];
  const single = asFloat32(operand);
  const value = fractionBits === 0 ? single : times(promoted(single), f64Constant(2 ** fractionBits));
  const { integer, isInRange } = toInteger(b, value, size, unsigned, mode);
  b.if(b.eq(inPlainMode(b, isInRange), 0), () => {
    const isExact = isSame(f64(unsigned ? Op.f64_convert_i32_u : Op.f64_convert_i32_s, integer), typeOf(value) === F32 ? promoted(value) : value);
    orHelper(b, inNearestMode(b, FPSCR, size === 16 ? b.and(isInRange, isExact) : isExact), integer, 'FPToFixed32', args);
  });
  return integer;
};

/** A word as the fixed-point operand of a conversion. */
export function integerOf(b: WasmBuilder, x: Value, size: number, unsigned: number): Value {
  if (size === 32) return x;
  return unsigned ? b.and(x, 0xffff) : b.signExtend16(x);
}

const fromFixed: Intrinsic = (b, { FPSCR }, args) => {
  const [operand, size, fractionBits, unsigned] = args as [Value, number, number, number];
  const integer = integerOf(b, operand, size, unsigned);
  const toSingle = unsigned ? Op.f32_convert_i32_u : Op.f32_convert_i32_s;
  const scale = 2 ** -fractionBits;
  if (size === 16) return fromFloat32(f32(Op.f32_mul, f32(toSingle, integer), f32Constant(scale))); // exact in any mode
  const toDouble = unsigned ? Op.f64_convert_i32_u : Op.f64_convert_i32_s;
  const value = fractionBits === 0 ? f32(toSingle, integer) : f32(Op.f32_demote_f64, f64(Op.f64_mul, f64(toDouble, integer), f64Constant(scale)));
  const result = b.hold(value);
  b.if(b.eq(b.floatModeIsPlain(), 0), () => {
    const exact = times(f64(toDouble, integer), f64Constant(scale));
    orHelper(b, inNearestMode(b, FPSCR, isSame(exact, promoted(result))), result, 'FixedToFP32', args);
  });
  return fromFloat32(result);
};

const roundToIntegral: Intrinsic = (b, _, args) => {
  const operand = asFloat32(args[0]);
  const result = b.hold(rounded(b, operand, args[1] as number));
  orHelper(b, inPlainMode(b, isNumber(operand)), result, 'FPRoundInt32', args);
  return fromFloat32(result);
};

export const FLOAT_INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  FPAdd32: arithmetic('FPAdd32', Op.f32_add, (b, result, x, y) => isExactSum(b, result, x, y)),
  FPSub32: arithmetic('FPSub32', Op.f32_sub, (b, result, x, y) => isExactSum(b, result, x, f64(Op.f64_neg, y))),
  FPMul32: arithmetic('FPMul32', Op.f32_mul, (_, result, x, y) => isSame(times(x, y), result)),
  FPDiv32: arithmetic('FPDiv32', Op.f32_div, (_, result, x, y) => isSame(times(result, y), x)),
  FPSqrt32: arithmetic('FPSqrt32', Op.f32_sqrt, (_, result, x) => isSame(times(result, result), x)),
  FPMulAdd32: multiplyAndAdd,
  FPMaxNum32: extreme('FPMaxNum32', Op.f32_max),
  FPMinNum32: extreme('FPMinNum32', Op.f32_min),
  FPCompare32: (b, { FPSCR }, args) => {
    compare(b, FPSCR, asFloat32(args[0]), asFloat32(args[1]), () => b.callFor('FPCompare32', args));
    return 0;
  },
  FPToFixed32: toFixed,
  FixedToFP32: fromFixed,
  FPRoundInt32: roundToIntegral,
  ReadFPSCR: (b, { FPSCR }) => b.state(FPSCR),
  WriteFPSCR: (b, { FPSCR }, [value]) => {
    b.setState(FPSCR, b.and(value, FPSCR_WRITABLE));
    b.floatModeMayHaveChanged();
    return 0;
  },
  FPSCRToAPSR: (b, { FPSCR }) => {
    const fpscr = b.state(FPSCR);
    b.giveUpIf(b.eq(b.shrU(fpscr, 30), 3)); // only who writes FPSCR by hand
    const isZ = b.and(fpscr, 1 << 30);
    b.setNZ(b.select(isZ, 0, b.or(b.and(fpscr, SIGN), 1)));
    b.setC(b.and(b.shrU(fpscr, 29), 1));
    b.setV(b.and(b.shrU(fpscr, 28), 1));
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
