/**
 * Double precision done exactly in integers: the rare path, for NaNs, infinities, denormals, directed rounding and
 * whatever the host's doubles cannot vouch for. Operands are halves (high, low); results stand in `result`.
 * Source: Armv7-M ARM (DDI 0403E), A2.5.
 */
import { DN, DZC, FZ, IDC, IOC, IXC, OFC, RMODE, RMODE_SHIFT, Rounding, UFC } from './fpscr.js';
import { overflowsToInfinity, roundsUp } from './integer.js';

const SIGN = 0x8000_0000 | 0;
const INFINITY_HIGH = 0x7ff0_0000;
const LARGEST_HIGH = 0x7fef_ffff;
const QUIET_HIGH = 0x0008_0000;
const DEFAULT_NAN_HIGH = 0x7ff8_0000;
const MINIMUM_EXPONENT = -1074;

export const isNaN64 = (high: number, low: number): boolean =>
  (high & 0x7fff_ffff) > INFINITY_HIGH || ((high & 0x7fff_ffff) === INFINITY_HIGH && low !== 0);
export const isSignalling64 = (high: number, low: number): boolean => isNaN64(high, low) && (high & QUIET_HIGH) === 0;
const isInfinite = (high: number, low: number): boolean => (high & 0x7fff_ffff) === INFINITY_HIGH && low === 0;
const isZero = (high: number, low: number): boolean => ((high & 0x7fff_ffff) | low) === 0;

/** sign * magnitude * 2^exponent; `sign` is 0 or the sign bit. */
interface Unpacked { sign: number; magnitude: bigint; exponent: number }

function unpack(high: number, low: number): Unpacked {
  const biased = (high >>> 20) & 0x7ff;
  const top = (high & 0x000f_ffff) | (biased === 0 ? 0 : 0x0010_0000);
  const magnitude = (BigInt(top) << 32n) | BigInt(low >>> 0);
  return { sign: high & SIGN, magnitude, exponent: Math.max(biased, 1) - 1 + MINIMUM_EXPONENT };
}

function bitLength(x: bigint): number {
  const hex = x.toString(16);
  return hex.length * 4 - Math.clz32(parseInt(hex[0], 16)) + 28;
}

/** The whole part of a square root, by Newton's iteration from above. */
function integerRoot(x: bigint): bigint {
  let root = 1n << BigInt((bitLength(x) + 1) >> 1);
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

export type ExactDouble = ReturnType<typeof makeExactDouble>;

export function makeExactDouble(words: Int32Array, fpscr: number) {
  /** [high, low] of the latest result. */
  const result = new Int32Array(2);

  const raise = (flags: number): void => { words[fpscr] |= flags; };
  const mode = (): number => (words[fpscr] & RMODE) >>> RMODE_SHIFT;
  function give(high: number, low: number): void {
    result[0] = high;
    result[1] = low;
  }

  function isFlushed(high: number, low: number): boolean {
    if ((words[fpscr] & FZ) === 0 || (high & INFINITY_HIGH) !== 0 || isZero(high, low)) return false;
    raise(IDC);
    return true;
  }
  /** FPUnpack's treatment of denormals, one half at a time; `flushLow` comes after `flushHigh` of the same operand. */
  const flushHigh = (high: number, low: number): number => (isFlushed(high, low) ? high & SIGN : high);
  const flushLow = (high: number, low: number): number => (isFlushed(high, low) ? 0 : low);

  function invalid(): void {
    raise(IOC);
    give(DEFAULT_NAN_HIGH, 0);
  }

  function processNaN(high: number, low: number): void {
    if ((high & QUIET_HIGH) === 0) raise(IOC);
    if ((words[fpscr] & DN) !== 0) give(DEFAULT_NAN_HIGH, 0);
    else give(high | QUIET_HIGH, low);
  }

  /** FPProcessNaNs: when an operand is a NaN, gives the result and says so. */
  function processNaNs(ah: number, al: number, bh: number, bl: number): boolean {
    if (isSignalling64(ah, al)) processNaN(ah, al);
    else if (isSignalling64(bh, bl)) processNaN(bh, bl);
    else if (isNaN64(ah, al)) processNaN(ah, al);
    else if (isNaN64(bh, bl)) processNaN(bh, bl);
    else return false;
    return true;
  }

  /** FPRound of a non-zero value; `sticky` when a part below `magnitude` was dropped, which then has over 55 bits. */
  function round(sign: number, magnitude: bigint, exponent: number, sticky: boolean): void {
    const leading = exponent + bitLength(magnitude) - 1;
    const isTiny = leading < -1022;
    if (isTiny && (words[fpscr] & FZ) !== 0) {
      raise(UFC);
      return give(sign, 0);
    }
    const shift = Math.max(leading - 52, MINIMUM_EXPONENT) - exponent;
    let mantissa = shift > 0 ? magnitude >> BigInt(shift) : magnitude << BigInt(-shift);
    const lost = shift > 0 ? magnitude - (mantissa << BigInt(shift)) : 0n;
    const half = shift > 0 ? 1n << BigInt(shift - 1) : 1n;
    const guard = lost >= half;
    const below = sticky || (guard ? lost !== half : lost !== 0n);
    if (roundsUp(mode(), sign !== 0, (mantissa & 1n) !== 0n, guard, below)) mantissa += 1n;
    const pattern = isTiny ? mantissa : (BigInt(leading + 1022) << 52n) + mantissa;
    if (pattern >= 0x7ff0_0000_0000_0000n) return overflow(sign);
    if (guard || below) raise(isTiny ? UFC | IXC : IXC);
    give(sign | Number(pattern >> 32n), Number(pattern & 0xffff_ffffn));
  }

  function overflow(sign: number): void {
    raise(OFC | IXC);
    if (overflowsToInfinity(mode(), sign !== 0)) give(sign | INFINITY_HIGH, 0);
    else give(sign | LARGEST_HIGH, -1);
  }

  /** Rounds a sum of two unpacked numbers; an exact zero takes the sign that like signs share, else the mode's. */
  function roundSum(a: Unpacked, b: Unpacked): void {
    const exponent = Math.min(a.exponent, b.exponent);
    const x = a.magnitude << BigInt(a.exponent - exponent);
    const y = b.magnitude << BigInt(b.exponent - exponent);
    const total = (a.sign !== 0 ? -x : x) + (b.sign !== 0 ? -y : y);
    if (total !== 0n) return round(total < 0n ? SIGN : 0, total < 0n ? -total : total, exponent, false);
    const negative = x === 0n && y === 0n && a.sign === b.sign ? a.sign !== 0 : mode() === Rounding.RM;
    give(negative ? SIGN : 0, 0);
  }

  function add(ah: number, al: number, bh: number, bl: number): void {
    const a = flushHigh(ah, al);
    const aLow = flushLow(ah, al);
    const b = flushHigh(bh, bl);
    const bLow = flushLow(bh, bl);
    if (processNaNs(a, aLow, b, bLow)) return;
    if (isInfinite(a, aLow)) return isInfinite(b, bLow) && a !== b ? invalid() : give(a, 0);
    if (isInfinite(b, bLow)) return give(b, 0);
    roundSum(unpack(a, aLow), unpack(b, bLow));
  }

  function sub(ah: number, al: number, bh: number, bl: number): void {
    add(ah, al, isNaN64(bh, bl) ? bh : bh ^ SIGN, bl);
  }

  function mul(ah: number, al: number, bh: number, bl: number): void {
    const a = flushHigh(ah, al);
    const aLow = flushLow(ah, al);
    const b = flushHigh(bh, bl);
    const bLow = flushLow(bh, bl);
    if (processNaNs(a, aLow, b, bLow)) return;
    const sign = (a ^ b) & SIGN;
    if (isInfinite(a, aLow) || isInfinite(b, bLow)) return isZero(a, aLow) || isZero(b, bLow) ? invalid() : give(sign | INFINITY_HIGH, 0);
    if (isZero(a, aLow) || isZero(b, bLow)) return give(sign, 0);
    const x = unpack(a, aLow);
    const y = unpack(b, bLow);
    round(sign, x.magnitude * y.magnitude, x.exponent + y.exponent, false);
  }

  function div(ah: number, al: number, bh: number, bl: number): void {
    const a = flushHigh(ah, al);
    const aLow = flushLow(ah, al);
    const b = flushHigh(bh, bl);
    const bLow = flushLow(bh, bl);
    if (processNaNs(a, aLow, b, bLow)) return;
    const sign = (a ^ b) & SIGN;
    if (isInfinite(a, aLow)) return isInfinite(b, bLow) ? invalid() : give(sign | INFINITY_HIGH, 0);
    if (isInfinite(b, bLow)) return give(sign, 0);
    if (isZero(a, aLow)) return isZero(b, bLow) ? invalid() : give(sign, 0);
    if (isZero(b, bLow)) {
      raise(DZC);
      return give(sign | INFINITY_HIGH, 0);
    }
    const x = unpack(a, aLow);
    const y = unpack(b, bLow);
    // 110 more bits in front of the point leave at least 57 in the quotient, whatever the operands.
    const numerator = x.magnitude << 110n;
    const quotient = numerator / y.magnitude;
    round(sign, quotient, x.exponent - y.exponent - 110, quotient * y.magnitude !== numerator);
  }

  function sqrt(ah: number, al: number): void {
    const high = flushHigh(ah, al);
    const low = flushLow(ah, al);
    if (isNaN64(high, low)) return processNaN(high, low);
    if (isZero(high, low) || (isInfinite(high, low) && high > 0)) return give(high, low);
    if (high < 0) return invalid();
    const x = unpack(high, low);
    const scale = 114 + (x.exponent & 1);
    const radicand = x.magnitude << BigInt(scale);
    const root = integerRoot(radicand);
    round(0, root, (x.exponent - scale) / 2, root * root !== radicand);
  }

  /** FPMulAdd: c + a * b. */
  function mulAdd(ch: number, cl: number, ah: number, al: number, bh: number, bl: number): void {
    const c = flushHigh(ch, cl);
    const cLow = flushLow(ch, cl);
    const a = flushHigh(ah, al);
    const aLow = flushLow(ah, al);
    const b = flushHigh(bh, bl);
    const bLow = flushLow(bh, bl);
    const isInvalidProduct = (isInfinite(a, aLow) && isZero(b, bLow)) || (isZero(a, aLow) && isInfinite(b, bLow));
    if (isInvalidProduct && !isSignalling64(c, cLow)) return invalid();
    if (processNaNs3(c, cLow, a, aLow, b, bLow)) return;
    const sign = (a ^ b) & SIGN;
    if (isInfinite(a, aLow) || isInfinite(b, bLow)) {
      return isInfinite(c, cLow) && (c & SIGN) !== sign ? invalid() : give(sign | INFINITY_HIGH, 0);
    }
    if (isInfinite(c, cLow)) return give(c, 0);
    const x = unpack(a, aLow);
    const y = unpack(b, bLow);
    roundSum(unpack(c, cLow), { sign, magnitude: x.magnitude * y.magnitude, exponent: x.exponent + y.exponent });
  }

  function processNaNs3(ch: number, cl: number, ah: number, al: number, bh: number, bl: number): boolean {
    if (isSignalling64(ch, cl)) processNaN(ch, cl);
    else if (isSignalling64(ah, al) || isSignalling64(bh, bl)) return processNaNs(ah, al, bh, bl);
    else if (isNaN64(ch, cl)) processNaN(ch, cl);
    else return processNaNs(ah, al, bh, bl);
    return true;
  }

  return { result, add, sub, mul, div, sqrt, mulAdd, processNaN, flushHigh, flushLow };
}
