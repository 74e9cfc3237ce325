/** What option values mean. Each function throws InvalidArgumentError, which the option parser prefixes with the option. */
import { InvalidArgumentError } from 'commander';

/** A span of virtual time: an exact fraction of a second. */
export interface Duration {
  readonly text: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const UNITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  ns: [1n, 1_000_000_000n], us: [1n, 1_000_000n], ms: [1n, 1000n], s: [1n, 1n], m: [60n, 1n], min: [60n, 1n], h: [3600n, 1n],
};

/** `10s`, `1.5ms`, `2min`. */
export function parseDuration(text: string): Duration {
  const match = /^(\d{1,15})(?:\.(\d{1,12}))?(ns|us|ms|s|min|m|h)$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('Write a number and a unit, such as 10s, 1.5ms or 2min.');
  const fraction = match[2] ?? '';
  const [times, per] = UNITS[match[3]];
  return { text: text.trim(), numerator: BigInt(match[1] + fraction) * times, denominator: per * 10n ** BigInt(fraction.length) };
}

/** The first root tick at or after the end of the span, capped at the largest exact integer. */
export function durationInTicks({ numerator, denominator }: Duration, rootHz: number): number {
  const ticks = (numerator * BigInt(rootHz) + denominator - 1n) / denominator;
  return ticks > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(ticks);
}

/** `0x08000000`, `134217728`: an unsigned 32-bit number. */
export function parseAddress(text: string): number {
  return parseUnsigned32(text, 'an address such as 0x08000000');
}

export function parseSeed(text: string): number {
  return parseUnsigned32(text, 'a whole number from 0 to 4294967295');
}

function parseUnsigned32(text: string, example: string): number {
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text.trim()) ? Number(text.trim()) : NaN;
  if (!(value <= 0xffff_ffff)) throw new InvalidArgumentError(`Write ${example}.`);
  return value;
}

/** `1700000000`, or a date such as `2024-01-31T12:00:00Z`. Whole seconds since 1970. */
export function parseEpoch(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Math.floor(Date.parse(text) / 1000) : NaN;
  if (!(seconds >= 0 && seconds <= 0xffff_ffff)) throw new InvalidArgumentError('Write seconds since 1970, or a date such as 2024-01-31T12:00:00Z.');
  return seconds;
}

/** @param text from the command line */
export function parseHistory(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  if (!(count >= 1 && count <= 1 << 20)) throw new InvalidArgumentError(`Write a number of instructions from 1 to ${1 << 20}.`);
  return count;
}

/** @param text from the command line */
export function parseRuns(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
  if (!(count >= 1 && count <= 1_000_000)) throw new InvalidArgumentError('Write a number of runs from 1 to 1000000.');
  return count;
}

/** @param text from the command line */
export function parseSpacing(text: string): number {
  const cycles = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(cycles >= 1 && cycles <= 0xffff_ffff)) throw new InvalidArgumentError('Write a number of cycles from 1 to 4294967295.');
  return cycles;
}

/** A factor such as `1` or `0.5`. */
export function parseSpeed(text: string): number {
  const factor = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  if (!(factor >= 0.001)) throw new InvalidArgumentError('Write a factor from 0.001, such as 1 for real time.');
  return factor;
}

/** A text to look for; `\n`, `\r`, `\t`, `\\` and `\xHH` as in C. */
export function parseText(text: string): Uint8Array {
  if (text === '') throw new InvalidArgumentError('Write the text to wait for.');
  const parts = text.match(/\\x[0-9a-fA-F]{2}|\\[nrt\\]|[^\\]+|\\/g) ?? [];
  return Buffer.concat(parts.map((part) => {
    if (/^\\x..$/.test(part)) return Buffer.from([parseInt(part.slice(2), 16)]);
    const escaped = { '\\n': '\n', '\\r': '\r', '\\t': '\t', '\\\\': '\\' }[part];
    return Buffer.from(escaped ?? part, 'utf8');
  }));
}
