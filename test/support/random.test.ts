import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

describe('Random', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.word());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it.each([1, 2, 3, 10, 0x1_0000_0000])('below(%i) stays below', (bound) => {
    const random = new Random(5);
    for (let i = 0; i < 1000; i++) expect(random.below(bound)).toBeLessThan(bound);
  });

  it('meets every value of a small range about equally often', () => {
    const random = new Random(7);
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 80_000; i++) counts[random.between(0, 7)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('sets each bit of a word half of the time', () => {
    const random = new Random(11);
    const counts = new Array<number>(32).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const word = random.word();
      for (let bit = 0; bit < 32; bit++) counts[bit] += (word >>> bit) & 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('refuses to pick from nothing', () => {
    expect(() => new Random(1).pick([])).toThrow(RangeError);
  });
});
