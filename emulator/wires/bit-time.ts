/** Bit times as exact ratios, so that the edge of bit n is computed from n and never summed. */
import { gcd, mulAddDiv, times } from '../time/exact.js';
import type { RootTicks } from '../time/types.js';

/** One bit lasts num / den root ticks: 8 or more, for the quarters of a bit to be apart. */
export interface BitTime { readonly num: number; readonly den: number }

/** @param baud bits per second, a whole number from 1 */
export function bitTimeOf(baud: number, rootHz: number): BitTime {
  if (!Number.isSafeInteger(baud) || baud < 1) {
    throw new RangeError(`a rate of ${baud} bits per second: give a whole number from 1`);
  }
  return bitTime(rootHz, baud);
}

/** @throws RangeError for anything but whole numbers from 1 */
export function bitTime(num: number, den = 1): BitTime {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num < 1 || den < 1) {
    throw new RangeError(`a bit time of ${num}/${den} root ticks`);
  }
  const common = gcd(num, den);
  return { num: num / common, den: den / common };
}

/**
 * A bit of whole cycles of a clock, as baud rate dividers make it.
 * @param rate the clock's frequency as a ratio of the root clock's, see `TreeClock.rate`
 */
export function bitTimeOfCycles(cycles: number, rate: { readonly num: number; readonly den: number }): BitTime {
  return bitTime(times(cycles, rate.den), rate.num);
}

export function sameBitTime(a: BitTime, b: BitTime): boolean {
  return a.num === b.num && a.den === b.den;
}

/** Root ticks from a start to `n / of` bits later: the first whole tick at or after it. */
export function ticksToBit(time: BitTime, n: number, of = 1): RootTicks {
  const den = times(time.den, of);
  return mulAddDiv(n, time.num, den - 1, den);
}

/** Whole bits that `ticks` after a start have passed; agrees with `ticksToBit`. */
export function bitsAfter(time: BitTime, ticks: RootTicks): number {
  return mulAddDiv(ticks, time.den, 0, time.num);
}
