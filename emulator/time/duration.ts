/** Durations as people write them: `10 s`, `250 ms`, `20us`, `1.5s`. */
import type { RootTicks } from './types.js';

/** Nanoseconds in each unit. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n], ['us', 1_000n], ['µs', 1_000n], ['μs', 1_000n], ['ms', 1_000_000n],
  ['s', 1_000_000_000n], ['min', 60_000_000_000n], ['h', 3_600_000_000_000n],
]);
const NANOSECONDS = 1_000_000_000n;

/**
 * @param rootHz root ticks per second, a whole number
 * @returns the nearest root tick, computed without rounding on the way; halves go up
 * @throws RangeError naming the text and what is accepted
 */
export function parseDuration(text: string, rootHz: number): RootTicks {
  const match = text.length > 64 ? null : /^\s*(\d+)(?:\.(\d+))?\s*([a-zµμ]+)\s*$/.exec(text);
  const unit = match === null ? undefined : UNITS.get(match[3]);
  if (match === null || unit === undefined) {
    throw new RangeError(`"${text.slice(0, 64)}" is no duration: write a number and one of ns, us, ms, s, min, h, as in "250 ms"`);
  }
  const decimals = match[2] ?? '';
  const numerator = BigInt(match[1] + decimals) * unit * BigInt(rootHz);
  const denominator = NANOSECONDS * 10n ** BigInt(decimals.length);
  const ticks = (2n * numerator + denominator) / (2n * denominator);
  if (ticks > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`"${text}" passes the 2^53 ticks that fit at ${rootHz} ticks per second`);
  }
  return Number(ticks);
}

/** In the largest unit of which there is a whole one, to at most three decimals: `1.5 s`, `250 ms`, `20 us`. */
export function formatDuration(ticks: RootTicks, rootHz: number): string {
  const nanoseconds = (ticks / rootHz) * 1e9;
  const [unit, scale] = nanoseconds >= 1e9 ? ['s', 1e9] : nanoseconds >= 1e6 ? ['ms', 1e6] : nanoseconds >= 1e3 ? ['us', 1e3] : ['ns', 1];
  return `${Number((nanoseconds / scale).toFixed(3))} ${unit}`;
}
