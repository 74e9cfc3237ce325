/**
 * Conversions, rounding to integral values and comparisons in single and double precision, and half precision.
 * Source: Armv7-M ARM (DDI 0403E), A2.5: FPToFixed, FixedToFP, FPRoundInt, FPHalfToSingle ..., FPCompare, FPMaxNum.
 * Singles are bit patterns; doubles are register numbers, destination first.
 */
import { AHP, DN, FZ, IDC, IOC, IXC, OFC, RMODE, RMODE_SHIFT, Relation, Rounding, UFC } from './fpscr.js';
import { isNaN64, isSignalling64 } from './exact-double.js';
import { overflowsToInfinity, roundToIntegral, roundsUp } from './integer.js';
import type { Single } from './single.js';

const SIGN = 0x8000_0000 | 0;
const FLAGS = 0xf000_0000 | 0;
/** Stands for FPSCR.RMode where a rounding mode is expected. */
export const BY_FPSCR = -1;

export type Conversions = ReturnType<typeof makeConversions>;

/** @see makeDouble for the parameters */
export function makeConversions(words: Int32Array, fpscr: number, s0: number, single: Single) {
  const registers = new Float64Array(words.buffer, words.byteOffset + s0 * 4, 16);
  const { raise, toValue, toBits, isNaNBits, isSignalling } = single;
  const bits = new Int32Array(2);
  const f64 = new Float64Array(bits.buffer);

  const low = (n: number): number => words[s0 + 2 * n];
  const high = (n: number): number => words[s0 + 2 * n + 1];
  const setDouble = (d: number, h: number, l: number): void => {
    words[s0 + 2 * d] = l;
    words[s0 + 2 * d + 1] = h;
  };
  const isNaNAt = (n: number): boolean => isNaN64(high(n), low(n));
  const modeOf = (mode: number): number => (mode === BY_FPSCR ? (words[fpscr] & RMODE) >>> RMODE_SHIFT : mode);
  const isDefaultNaN = (): boolean => (words[fpscr] & DN) !== 0;

  /** FPUnpack of D<n>, which is no NaN: a denormal is a signed zero under FZ. */
  function valueAt(n: number): number {
    if ((words[fpscr] & FZ) === 0 || (high(n) & 0x7ff0_0000) !== 0 || ((high(n) & 0x000f_ffff) | low(n)) === 0) return registers[n];
    raise(IDC);
    return high(n) < 0 ? -0 : 0;
  }

  // -- To and from integers and fixed point.

  /** Rounds and saturates a finite or infinite number; the result's low 32 bits, sign- or zero-extended from `size`. */
  function saturate(value: number, size: number, unsigned: number, mode: number): number {
    const rounded = value - value === 0 ? roundToIntegral(value, mode) : value;
    const lowest = unsigned !== 0 ? 0 : -(2 ** (size - 1));
    const highest = unsigned !== 0 ? 2 ** size - 1 : 2 ** (size - 1) - 1;
    if (rounded < lowest || rounded > highest) {
      raise(IOC);
      return (rounded < lowest ? lowest : highest) | 0;
    }
    if (rounded !== value) raise(IXC);
    return rounded | 0;
  }

  function toFixed32(a: number, size: number, fractionBits: number, unsigned: number, mode: number): number {
    if (isNaNBits(a)) {
      raise(IOC);
      return 0;
    }
    return saturate(toValue(single.flush(a)) * 2 ** fractionBits, size, unsigned, modeOf(mode));
  }

  /** Source D<m>; the result's low word. */
  function toFixed64(m: number, size: number, fractionBits: number, unsigned: number, mode: number): number {
    if (isNaNAt(m)) {
      raise(IOC);
      return 0;
    }
    return saturate(valueAt(m) * 2 ** fractionBits, size, unsigned, modeOf(mode));
  }

  /** VCVT to fixed point in place: D<d> becomes the 64-bit extension of the result. */
  function toFixedInDouble(d: number, size: number, fractionBits: number, unsigned: number): void {
    const result = toFixed64(d, size, fractionBits, unsigned, Rounding.RZ);
    setDouble(d, unsigned !== 0 ? 0 : result >> 31, result);
  }

  function integerOf(x: number, size: number, unsigned: number): number {
    if (size === 16) return unsigned !== 0 ? x & 0xffff : (x << 16) >> 16;
    return unsigned !== 0 ? x >>> 0 : x | 0;
  }

  function fixedTo32(x: number, size: number, fractionBits: number, unsigned: number, mode: number): number {
    const value = integerOf(x, size, unsigned) / 2 ** fractionBits;
    const by = modeOf(mode);
    if (by !== Rounding.RN) return value === 0 ? 0 : single.round(value, by);
    const result = Math.fround(value);
    if (result !== value) raise(IXC);
    return toBits(result);
  }

  /** Exact: every 32-bit integer is a double. */
  function fixedTo64(d: number, x: number, size: number, fractionBits: number, unsigned: number): void {
    registers[d] = integerOf(x, size, unsigned) / 2 ** fractionBits;
  }

  /** VRINT: a zero result keeps the operand's sign; `exact` asks for IXC (VRINTX). */
  function roundInt32(operand: number, mode: number, exact: number): number {
    if (isNaNBits(operand)) return single.processNaN(operand);
    const a = single.flush(operand);
    const value = toValue(a);
    if (value - value !== 0) return a;
    const rounded = roundToIntegral(value, modeOf(mode));
    if (exact !== 0 && rounded !== value) raise(IXC);
    return rounded === 0 ? a & SIGN : toBits(rounded);
  }

  function roundInt64(d: number, m: number, mode: number, exact: number): void {
    if (isNaNAt(m)) return setNaN64(d, high(m), low(m));
    const value = valueAt(m);
    if (value - value !== 0) return setDouble(d, high(m), low(m));
    const rounded = roundToIntegral(value, modeOf(mode));
    if (exact !== 0 && rounded !== value) raise(IXC);
    if (rounded === 0) setDouble(d, high(m) & SIGN, 0);
    else registers[d] = rounded;
  }

  /** FPProcessNaN into D<d>. */
  function setNaN64(d: number, h: number, l: number): void {
    if ((h & 0x0008_0000) === 0) raise(IOC);
    if (isDefaultNaN()) setDouble(d, 0x7ff8_0000, 0);
    else setDouble(d, h | 0x0008_0000, l);
  }

  // -- Between formats.

  /** VCVT.F64.F32: exact, but for NaNs. */
  function singleToDouble(d: number, operand: number): void {
    if (isNaNBits(operand)) return setNaN64(d, (operand & SIGN) | 0x7ff0_0000 | ((operand >> 3) & 0x000f_ffff), operand << 29);
    registers[d] = toValue(single.flush(operand));
  }

  /** VCVT.F32.F64. */
  function doubleToSingle(m: number): number {
    if (isNaNAt(m)) {
      return single.processNaN((high(m) & SIGN) | 0x7f80_0000 | ((high(m) & 0x000f_ffff) << 3) | (low(m) >>> 29) | keepNaN(m));
    }
    const value = valueAt(m);
    return value === 0 || value - value !== 0 ? toBits(value) : single.round(value, modeOf(BY_FPSCR));
  }

  /**
   * Narrowing may drop the only payload bits of a signalling NaN, which would make it an infinity: FPProcessNaN then
   * sees the quiet bit and the exception is raised here.
   */
  function keepNaN(m: number): number {
    if (isSignalling64(high(m), low(m))) raise(IOC);
    return 0x0040_0000;
  }

  /** FPHalfToSingle of the low 16 bits. */
  function halfToSingle(half: number): number {
    const sign = (half & 0x8000) << 16;
    if (!isHalfNaN(half)) return sign | toBits(halfMagnitude(half));
    return single.processNaN(sign | 0x7f80_0000 | ((half & 0x3ff) << 13));
  }

  function halfToDouble(d: number, half: number): void {
    const sign = (half & 0x8000) << 16;
    if (isHalfNaN(half)) return setNaN64(d, sign | 0x7ff0_0000 | ((half & 0x3ff) << 10), 0);
    registers[d] = sign !== 0 ? -halfMagnitude(half) : halfMagnitude(half);
  }

  const isAlternative = (): boolean => (words[fpscr] & AHP) !== 0;
  const isHalfNaN = (half: number): boolean => !isAlternative() && (half & 0x7fff) > 0x7c00;

  /** Half precision knows no flushing; the alternative format has neither infinities nor NaNs. */
  function halfMagnitude(half: number): number {
    const exponent = (half >> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 0) return fraction * 2 ** -24;
    if (exponent === 31 && !isAlternative()) return Infinity;
    return (1024 + fraction) * 2 ** (exponent - 25);
  }

  /** FPSingleToHalf: 16 bits. */
  function singleToHalf(operand: number): number {
    const negative = operand >> 31 !== 0;
    if (isNaNBits(operand)) return nanToHalf(negative, operand >> 13, isSignalling(operand));
    return toHalf(toValue(single.flush(operand)), negative);
  }

  function doubleToHalf(m: number): number {
    const negative = high(m) < 0;
    if (isNaNAt(m)) return nanToHalf(negative, high(m) >> 10, isSignalling64(high(m), low(m)));
    return toHalf(valueAt(m), negative);
  }

  function nanToHalf(negative: boolean, payload: number, signalling: boolean): number {
    const sign = negative ? 0x8000 : 0;
    if (signalling || isAlternative()) raise(IOC);
    if (isAlternative()) return sign;
    return isDefaultNaN() ? 0x7e00 : sign | 0x7e00 | (payload & 0x1ff);
  }

  function toHalf(value: number, negative: boolean): number {
    const sign = negative ? 0x8000 : 0;
    if (value === 0) return sign;
    if (value - value === 0) return sign | roundToHalf(value, negative);
    if (!isAlternative()) return sign | 0x7c00;
    raise(IOC);
    return sign | 0x7fff;
  }

  /** FPRound to 16 bits, where FZ does not apply; beyond the alternative format's range the operation is invalid. */
  function roundToHalf(value: number, negative: boolean): number {
    f64[0] = value;
    const mode = modeOf(BY_FPSCR);
    const biased = ((bits[1] >>> 20) & 0x7ff) - 1023 + 15;
    const shift = Math.min(biased <= 0 ? 11 - biased : 10, 22);
    // 21 bits of the significand and whether any below them is set.
    const significand = 0x0010_0000 | (bits[1] & 0x000f_ffff);
    const whole = significand >>> shift;
    const guard = ((significand >>> (shift - 1)) & 1) !== 0;
    const sticky = bits[0] !== 0 || (significand & ((1 << (shift - 1)) - 1)) !== 0;
    const up = roundsUp(mode, negative, (whole & 1) !== 0, guard, sticky) ? 1 : 0;
    const magnitude = biased > 31 ? 0x8000 : (biased <= 0 ? 0 : (biased - 1) << 10) + whole + up;
    if (isAlternative() && magnitude > 0x7fff) {
      raise(IOC);
      return 0x7fff;
    }
    if (!isAlternative() && magnitude >= 0x7c00) {
      raise(OFC | IXC);
      return overflowsToInfinity(mode, negative) ? 0x7c00 : 0x7bff;
    }
    if (guard || sticky) raise(biased <= 0 ? UFC | IXC : IXC);
    return magnitude;
  }

  // -- Comparing.

  const setRelation = (relation: number): void => { words[fpscr] = (words[fpscr] & ~FLAGS) | relation; };
  const relationOf = (x: number, y: number): number =>
    x === y ? Relation.equal : x < y ? Relation.less : Relation.greater;

  /** VCMP, VCMPE: NZCV of FPSCR; `quietIsInvalid` makes every NaN raise IOC (VCMPE), else only signalling ones do. */
  function compare32(first: number, second: number, quietIsInvalid: number): void {
    const a = single.flush(first);
    const b = single.flush(second);
    if (!isNaNBits(a) && !isNaNBits(b)) return setRelation(relationOf(toValue(a), toValue(b)));
    if (quietIsInvalid !== 0 || isSignalling(a) || isSignalling(b)) raise(IOC);
    setRelation(Relation.unordered);
  }

  function compare64(n: number, m: number, quietIsInvalid: number): void {
    const x = isNaNAt(n) ? NaN : valueAt(n);
    const y = isNaNAt(m) ? NaN : valueAt(m);
    if (x === x && y === y) return setRelation(relationOf(x, y));
    if (quietIsInvalid !== 0 || isSignalling64(high(n), low(n)) || isSignalling64(high(m), low(m))) raise(IOC);
    setRelation(Relation.unordered);
  }

  function compareZero64(n: number, quietIsInvalid: number): void {
    if (!isNaNAt(n)) return setRelation(relationOf(valueAt(n), 0));
    if (quietIsInvalid !== 0 || isSignalling64(high(n), low(n))) raise(IOC);
    setRelation(Relation.unordered);
  }

  /** FPMaxNum and FPMinNum: a number beats a quiet NaN, and -0 is less than +0. */
  function extremeNum32(first: number, second: number, isMinimum: number): number {
    const a = single.flush(first);
    const b = single.flush(second);
    if (isNaNBits(a) || isNaNBits(b)) {
      if (!isNaNBits(a) && !isSignalling(b)) return a;
      if (!isNaNBits(b) && !isSignalling(a)) return b;
      return single.processNaNs(a, b);
    }
    return firstIsExtreme(toValue(a), toValue(b), isMinimum) ? a : b;
  }

  function extremeNum64(d: number, n: number, m: number, isMinimum: number): void {
    const isNaNn = isNaNAt(n);
    const isNaNm = isNaNAt(m);
    const x = isNaNn ? NaN : valueAt(n);
    const y = isNaNm ? NaN : valueAt(m);
    const signalsN = isSignalling64(high(n), low(n));
    const signalsM = isSignalling64(high(m), low(m));
    if (signalsN || (isNaNn && isNaNm && !signalsM)) setNaN64(d, high(n), low(n));
    else if (signalsM) setNaN64(d, high(m), low(m));
    else registers[d] = isNaNm || (!isNaNn && firstIsExtreme(x, y, isMinimum)) ? x : y;
  }

  function firstIsExtreme(x: number, y: number, isMinimum: number): boolean {
    if (x === y) return Object.is(x, -0) === (isMinimum !== 0);
    return x < y === (isMinimum !== 0);
  }

  return {
    toFixed32, toFixed64, toFixedInDouble, fixedTo32, fixedTo64, roundInt32, roundInt64,
    singleToDouble, doubleToSingle, halfToSingle, halfToDouble, singleToHalf, doubleToHalf,
    compare32, compare64, compareZero64, extremeNum32, extremeNum64,
  };
}
