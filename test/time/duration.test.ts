import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../emulator/time/duration.js';

describe('a duration', () => {
  it.each([
    ['10 s', 10_000_000], ['250 ms', 250_000], ['20us', 20], ['20µs', 20], ['1.5s', 1_500_000], ['2 min', 120_000_000],
    ['1h', 3_600_000_000], ['500 ns', 1], ['499 ns', 0], [' 0 s ', 0], ['0.000001 s', 1],
  ])('of "%s" is %i ticks of 1 MHz', (text, ticks) => expect(parseDuration(text, 1_000_000)).toBe(ticks));

  it('is exact where floating point is not', () => expect(parseDuration('0.1 s', 512_000_000)).toBe(51_200_000));

  it.each(['', '10', 's', '-1 s', '1e3 s', '1. s', '.5 s', '1 day', '1 s 2 ms', `${'1'.repeat(80)} s`])('"%s" is refused', (text) =>
    expect(() => parseDuration(text, 1_000_000)).toThrow(/is no duration: write a number and one of/));

  it('past 2^53 ticks is refused', () => expect(() => parseDuration('9999999999 h', 1_000_000)).toThrow(/passes the 2\^53 ticks/));

  it.each([[1_500_000, '1.5 s'], [250_000, '250 ms'], [20, '20 us'], [0, '0 ns'], [1_234_567, '1.235 s']])('%i ticks of 1 MHz read "%s"', (ticks, text) =>
    expect(formatDuration(ticks, 1_000_000)).toBe(text));
});
