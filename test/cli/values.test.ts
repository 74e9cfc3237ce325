import { describe, expect, it } from 'vitest';
import { durationInTicks, parseAddress, parseDuration, parseEpoch, parseText } from '../../emulator/cli/values.js';
import { editDistance, nearest } from '../../emulator/cli/nearest.js';
import { progressText } from '../../emulator/cli/progress.js';
import { TextWatch } from '../../emulator/cli/text-watch.js';

describe('times', () => {
  it.each([
    ['10s', 64_000_000, 640_000_000], ['1.5ms', 64_000_000, 96_000], ['2min', 1000, 120_000], ['2m', 1000, 120_000], ['1h', 1, 3600],
    ['100us', 32_768, 4], ['1ns', 1_000_000_000, 1], ['0s', 1000, 0], ['0.1s', 3, 1],
  ])('%s at %i Hz is tick %i, rounded up', (text, hz, ticks) => {
    expect(durationInTicks(parseDuration(text), hz)).toBe(ticks);
  });

  it('stops at the largest exact integer', () => {
    expect(durationInTicks(parseDuration('999999999999999h'), 1_000_000_000)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(['10', 's', '-1s', '1.s', '1e3s', '', '1 fortnight', 'NaNs'])('%s is refused', (text) => {
    expect(() => parseDuration(text)).toThrow('number and a unit');
  });
});

describe('numbers', () => {
  it('are decimal or hexadecimal, 32 bits', () => {
    expect([parseAddress('0x08000000'), parseAddress('134217728'), parseAddress('0xFFFFFFFF')]).toEqual([0x0800_0000, 0x0800_0000, 0xffff_ffff]);
    for (const text of ['', '0x', '0x100000000', '4294967296', '-1', '1.5', 'flash']) expect(() => parseAddress(text), text).toThrow('address');
  });

  it('are dates too, for the epoch', () => {
    expect([parseEpoch('1700000000'), parseEpoch('2024-01-01'), parseEpoch('2024-01-31T12:00:00Z')]).toEqual([1_700_000_000, 1_704_067_200, 1_706_702_400]);
    for (const text of ['', 'today', '1969-12-31', '99999999999']) expect(() => parseEpoch(text), text).toThrow('1970');
  });
});

describe('texts', () => {
  it.each([
    ['PASS', 'PASS'], ['a\\n', 'a\n'], ['\\r\\t\\\\', '\r\t\\'], ['\\x41\\xfF', 'A\xff'], ['\\q', '\\q'],
  ])('%j means %j', (text, bytes) => {
    expect(Buffer.from(parseText(text)).toString('latin1')).toBe(bytes);
  });
});

describe('the watch for texts', () => {
  const watching = (text: string) => {
    const found: string[] = [];
    const watch = new TextWatch([{ purpose: 'until', text, bytes: parseText(text) }], () => found.push(text));
    return { watch, found };
  };

  it.each([
    ['aab', 'aaab', 4], ['abab', 'abaabab', 7], ['x', 'x', 1], ['ab', 'ba', undefined], ['abcabd', 'abcabcabd', 9],
  ])('finds %s in %s after byte %s', (text, stream, after) => {
    const { watch } = watching(text);
    const take = watch.stream('uart0');
    let at: number | undefined;
    [...stream].forEach((letter, i) => {
      take(letter.charCodeAt(0));
      if (watch.found !== undefined) at ??= i + 1;
    });
    expect(at).toBe(after);
  });

  it('does not join two streams', () => {
    const { watch, found } = watching('ab');
    watch.stream('uart0')(0x61);
    watch.stream('uart1')(0x62);
    expect(found).toEqual([]);
  });

  it('prefers failure when one byte completes both', () => {
    const bytes = parseText('x');
    const watch = new TextWatch([{ purpose: 'until', text: 'x', bytes }, { purpose: 'fail-on', text: 'x', bytes }], () => undefined);
    watch.stream('uart0')(0x78);
    expect(watch.found?.purpose).toBe('fail-on');
  });
});

describe('suggestions', () => {
  it.each([['kitten', 'sitting', 3], ['', 'ab', 2], ['ab', 'ba', 1], ['same', 'same', 0]])('%s and %s are %i apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it.each([
    ['nano33', 'nano33ble'], ['Nano-33-BLE', 'nano33ble'], ['mps2_an385', 'mps2-an385'], ['mps2-an358', 'mps2-an385'], ['unrelated', undefined], ['', undefined],
  ])('%s is most like %s', (name, expected) => {
    expect(nearest(name, ['mps2-an385', 'mps2-an386', 'nano33ble'])).toBe(expected);
  });
});

describe('progress', () => {
  it.each([
    [3, 2, undefined, '3.00 s virtual time, 1.5 times real time'],
    [1, 4, '10s', '1.00 s of 10s virtual time, 1/4.0 of real time'],
  ])('%d s in %d s', (virtual, wall, timeout, text) => {
    expect(progressText(virtual, wall, timeout)).toBe(text);
  });
});
