/**
 * Single-precision arithmetic on bit patterns (int32 in, int32 out) with Arm's NaNs, modes and cumulative flags.
 * Source: Armv7-M ARM (DDI 0403E), A2.5, pseudocode FPUnpack, FPProcessNaNs, FPRound, FPAdd ... FPSqrt.
 *
 * Each operation has a fast path for round to nearest, where a host double holds the sum, product or quotient so well
 * that `Math.fround` of it is the correctly rounded single (53 >= 2 * 24 + 2 bits), and an exact path for the rest: a
 * double rounded to odd (inexact values end in a set bit), which one more rounding in any mode cannot get wrong.
 */
import { DN, DZC, FZ, IDC, IOC, IXC, OFC, RMODE, RMODE_SHIFT, Rounding, UFC } from './fpscr.js';
import { overflowsToInfinity, roundsUp } from './integer.js';

const SIGN = 0x8000_0000 | 0;
const INFINITY = 0x7f80_0000;
const LARGEST = 0x7f7f_ffff;
const QUIET = 0x0040_0000;
const DEFAULT_NAN = 0x7fc0_0000;
const SMALLEST_NORMAL = 2 ** -126;

export type Single = ReturnType<typeof makeSingle>;

/**
 * @param words the core's registers
 * @param fpscr index of FPSCR in `words`
 */
export function makeSingle(words: Int32Array, fpscr: number) {
  // Scratch for reading one format's bits as the other: no operation allocates.
  const bits = new Int32Array(2);
  const f32 = new Float32Array(bits.buffer);
  const f64 = new Float64Array(bits.buffer);

  const raise = (flags: number): void => { words[fpscr] |= flags; };
  const mode = (): number => (words[fpscr] & RMODE) >>> RMODE_SHIFT;

  const isNaNBits = (a: number): boolean => (a & 0x7fff_ffff) > INFINITY;
  const isSignalling = (a: number): boolean => isNaNBits(a) && (a & QUIET) === 0;
  const isNormalOrZero = (value: number): boolean => value >= SMALLEST_NORMAL || value <= -SMALLEST_NORMAL || value === 0;

  function toBits(value: number): number {
    f32[0] = value;
    return bits[0];
  }

  /** The number a pattern stands for; not for NaNs. */
  function toValue(a: number): number {
    bits[0] = a;
    return f32[0];
  }

  /** FPUnpack's treatment of denormals: a signed zero under FZ. */
  function flush(a: number): number {
    if ((words[fpscr] & FZ) === 0 || (a & INFINITY) !== 0 || (a & 0x007f_ffff) === 0) return a;
    raise(IDC);
    return a & SIGN;
  }

  function invalid(): number {
    raise(IOC);
    return DEFAULT_NAN;
  }

  function processNaN(a: number): number {
    if ((a & QUIET) === 0) raise(IOC);
    return (words[fpscr] & DN) !== 0 ? DEFAULT_NAN : a | QUIET;
  }

  function processNaNs(a: number, b: number): number {
    if (isSignalling(a)) return processNaN(a);
    if (isSignalling(b)) return processNaN(b);
    return processNaN(isNaNBits(a) ? a : b);
  }

  function processNaNs3(a: number, b: number, c: number): number {
    if (isSignalling(a)) return processNaN(a);
    if (isSignalling(b)) return processNaN(b);
    if (isSignalling(c)) return processNaN(c);
    return processNaN(isNaNBits(a) ? a : isNaNBits(b) ? b : c);
  }

  /** An exact zero from a sum of unlike signs is negative only when rounding down; like signs keep theirs. */
  function zeroSum(x: number, y: number): number {
    if (x === 0 && Object.is(x, y)) return toBits(x);
    return mode() === Rounding.RM ? SIGN : 0;
  }

  /** Rounds to odd: `value` + a non-zero `error` far below it, as one double. */
  function toOdd(value: number, error: number): number {
    if (error === 0) return value;
    f64[0] = value;
    if ((bits[0] & 1) === 0) {
      if (error > 0 === value > 0) bits[0] |= 1;
      else {
        if (bits[0] === 0) bits[1] -= 1;
        bits[0] -= 1;
      }
    }
    return f64[0];
  }

  /** The first 26 bits of a quotient or root; what they leave out is found by multiplying back, which is then exact. */
  function leading26(value: number): number {
    f64[0] = value;
    bits[0] &= 0xf800_0000;
    return f64[0];
  }

  /** FPRound of a finite non-zero double that is exact or rounded to odd. */
  function round(value: number, roundingMode: number): number {
    f64[0] = value;
    const low = bits[0];
    const high = bits[1];
    const sign = high & SIGN;
    const biased = ((high >>> 20) & 0x7ff) - 1023 + 127;
    let mantissa = 0x0080_0000 | ((high & 0x000f_ffff) << 3) | (low >>> 29);
    let guard = (low & 0x1000_0000) !== 0;
    let sticky = (low & 0x0fff_ffff) !== 0;
    const isTiny = biased <= 0;
    if (isTiny) {
      if ((words[fpscr] & FZ) !== 0) {
        raise(UFC);
        return sign;
      }
      const shift = Math.min(1 - biased, 25);
      const lost = mantissa & ((1 << (shift - 1)) - 1);
      sticky ||= guard || lost !== 0;
      guard = ((mantissa >>> (shift - 1)) & 1) !== 0;
      mantissa >>>= shift;
    }
    const isInexact = guard || sticky;
    const increment = roundsUp(roundingMode, sign !== 0, (mantissa & 1) !== 0, guard, sticky) ? 1 : 0;
    const magnitude = biased >= 255 ? INFINITY : (isTiny ? 0 : (biased - 1) << 23) + mantissa + increment;
    if (magnitude >= INFINITY) {
      raise(OFC | IXC);
      return sign | (overflowsToInfinity(roundingMode, sign !== 0) ? INFINITY : LARGEST);
    }
    if (isInexact) raise(isTiny ? UFC | IXC : IXC);
    return sign | magnitude;
  }

  function add(a: number, b: number): number {
    const control = words[fpscr];
    if ((control & RMODE) === 0) {
      bits[0] = a;
      bits[1] = b;
      const x = f32[0];
      const y = f32[1];
      const sum = x + y;
      const result = Math.fround(sum);
      if (result - result === 0 && ((control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y) && isNormalOrZero(sum)))) {
        // The difference from the larger operand is exact, so both hold only when the sum is.
        if ((control & IXC) === 0 && (result !== sum || sum - x !== y || sum - y !== x)) words[fpscr] = control | IXC;
        f32[0] = result;
        return bits[0];
      }
    }
    return addExactly(a, b);
  }

  const sub = (a: number, b: number): number => (isNaNBits(b) ? subNaN(a, b) : add(a, b ^ SIGN));

  /** The negation that makes a subtraction an addition must not reach a NaN's sign. */
  function subNaN(a: number, b: number): number {
    return processNaNs(flush(a), b);
  }

  function addExactly(first: number, second: number): number {
    const a = flush(first);
    const b = flush(second);
    if (isNaNBits(a) || isNaNBits(b)) return processNaNs(a, b);
    const x = toValue(a);
    const y = toValue(b);
    const sum = x + y;
    if (sum !== sum) return invalid();
    if (sum === 0) return zeroSum(x, y);
    if (sum - sum !== 0) return toBits(sum);
    return round(toOdd(sum, errorOfSum(x, y, sum)), mode());
  }

  function mul(a: number, b: number): number {
    const control = words[fpscr];
    if ((control & RMODE) === 0) {
      bits[0] = a;
      bits[1] = b;
      const x = f32[0];
      const y = f32[1];
      const product = x * y;
      const result = Math.fround(product);
      if (result - result === 0 && ((control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y) && isNormalOrZero(product)))) {
        if (result !== product) words[fpscr] = control | (isNormalOrZero(product) ? IXC : IXC | UFC);
        f32[0] = result;
        return bits[0];
      }
    }
    return mulExactly(a, b);
  }

  function mulExactly(first: number, second: number): number {
    const a = flush(first);
    const b = flush(second);
    if (isNaNBits(a) || isNaNBits(b)) return processNaNs(a, b);
    const product = toValue(a) * toValue(b);
    if (product !== product) return invalid();
    if (product === 0 || product - product !== 0) return toBits(product);
    return round(product, mode());
  }

  function div(a: number, b: number): number {
    const control = words[fpscr];
    if ((control & RMODE) === 0) {
      bits[0] = a;
      bits[1] = b;
      const x = f32[0];
      const y = f32[1];
      const result = Math.fround(x / y);
      const magnitude = Math.abs(result);
      if (magnitude > SMALLEST_NORMAL && magnitude < Infinity && ((control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y)))) {
        if (result * y !== x) words[fpscr] = control | IXC;
        f32[0] = result;
        return bits[0];
      }
    }
    return divExactly(a, b);
  }

  function divExactly(first: number, second: number): number {
    const a = flush(first);
    const b = flush(second);
    if (isNaNBits(a) || isNaNBits(b)) return processNaNs(a, b);
    const x = toValue(a);
    const y = toValue(b);
    const quotient = x / y;
    if (quotient !== quotient) return invalid();
    if (quotient === 0) return toBits(quotient);
    if (quotient - quotient !== 0) {
      if (y === 0 && x - x === 0) raise(DZC);
      return toBits(quotient);
    }
    const leading = leading26(quotient);
    const remainder = x - leading * y;
    return round(toOdd(leading, y < 0 ? -remainder : remainder), mode());
  }

  function sqrt(a: number): number {
    const control = words[fpscr];
    if ((control & RMODE) === 0) {
      const x = toValue(a);
      if (x < Infinity && (x >= SMALLEST_NORMAL || (x >= 0 && (control & FZ) === 0))) {
        const result = Math.fround(Math.sqrt(x));
        if (result * result !== x) words[fpscr] = control | IXC;
        return toBits(result);
      }
    }
    return sqrtExactly(flush(a));
  }

  function sqrtExactly(a: number): number {
    if (isNaNBits(a)) return processNaN(a);
    const x = toValue(a);
    if (x === 0 || x === Infinity) return a;
    if (x < 0) return invalid();
    const leading = leading26(Math.sqrt(x));
    return round(toOdd(leading, x - leading * leading), mode());
  }

  /**
   * FPMulAdd: `c` + `a` * `b`, rounded once. The product is exact in a double; the sum may not be, which spoils the
   * second rounding only where it looks like a tie, and tininess only at the border. Both go the exact way.
   */
  function mulAdd(c: number, a: number, b: number): number {
    const control = words[fpscr];
    if ((control & RMODE) === 0) {
      bits[0] = a;
      bits[1] = b;
      const x = f32[0];
      const y = f32[1];
      bits[0] = c;
      const z = f32[0];
      const product = x * y;
      const sum = product + z;
      const result = Math.fround(sum);
      const lost = sum - result;
      const magnitude = Math.abs(result);
      if (((magnitude > SMALLEST_NORMAL && magnitude < Infinity) || sum === 0) && !isTie(result, lost)
        && ((control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y) && isNormalOrZero(z)))) {
        if ((control & IXC) === 0 && (lost !== 0 || sum - z !== product || sum - product !== z)) words[fpscr] = control | IXC;
        f32[0] = result;
        return bits[0];
      }
    }
    return mulAddExactly(flush(c), flush(a), flush(b));
  }

  function mulAddExactly(c: number, a: number, b: number): number {
    if (isNaNBits(a) || isNaNBits(b) || isNaNBits(c)) return mulAddNaN(c, a, b);
    const z = toValue(c);
    const product = toValue(a) * toValue(b);
    const sum = product + z;
    if (sum !== sum) return invalid();
    if (sum === 0) return zeroSum(product, z);
    if (sum - sum !== 0) return toBits(sum);
    return round(toOdd(sum, errorOfSum(product, z, sum)), mode());
  }

  /** Infinity times zero is invalid even when a quiet NaN is added, which would otherwise pass through. */
  function mulAddNaN(c: number, a: number, b: number): number {
    const result = processNaNs3(c, a, b);
    const x = a & 0x7fff_ffff;
    const y = b & 0x7fff_ffff;
    const isInvalidProduct = (x === INFINITY && y === 0) || (x === 0 && y === INFINITY);
    return isInvalidProduct && isNaNBits(c) && !isSignalling(c) ? invalid() : result;
  }

  return {
    add, sub, mul, div, sqrt, mulAdd,
    raise, mode, flush, invalid, processNaN, processNaNs, isNaNBits, isSignalling, toBits, toValue, round,
  };
}

/** Was it half a unit that rounding to `result` lost? Then as far again lies another single. */
function isTie(result: number, lost: number): boolean {
  const other = result + 2 * lost;
  return lost !== 0 && Math.fround(other) === other;
}

/** What x + y leaves out when rounded to `sum` (TwoSum, Knuth, TAOCP 4.2.2). No overflow here: |x|, |y| < 2^257. */
function errorOfSum(x: number, y: number, sum: number): number {
  const roundedY = sum - x;
  return (x - (sum - roundedY)) + (y - roundedY);
}
