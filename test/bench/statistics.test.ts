import { describe, expect, it } from 'vitest';
import { geometricMean, median } from './statistics.js';

describe('median', () => {
  it.each([
    ['the only value', [7], 7],
    ['the middle one, by size and not by text', [10, 9, 100], 10],
    ['the mean of the two in the middle', [4, 1, 3, 2], 2.5],
    ['not moved by one outlier', [1, 1, 1, 1, 1e9], 1],
  ])('is %s', (_, values, expected) => expect(median(values)).toBe(expected));

  it('leaves its argument as it is', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('of nothing is an error', () => expect(() => median([])).toThrow(RangeError));
});

describe('geometricMean', () => {
  it('balances twice as fast and half as fast', () => expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12));
  it('is the n-th root of the product', () => expect(geometricMean([1, 3, 9])).toBeCloseTo(3, 12));
  it.each([[[]], [[1, 0]], [[1, -1]], [[1, NaN]]])('refuses %j', (values) => expect(() => geometricMean(values)).toThrow(RangeError));
});
