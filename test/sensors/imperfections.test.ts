/** Noise and offsets: statistics of the numbers, bounds of the draws, and that no question changes another's answer. */
import { describe, expect, it } from 'vitest';
import { clockPpm, Imperfection, normal } from '../../emulator/sensors/imperfections.js';
import { rate, Sampler } from '../../emulator/sensors/sampler.js';
import { ManualTime } from '../support/manual-time.js';

const FIGURES = { noiseDensity: 0.2, offset: 40, offsetPerDegree: 0.5, sensitivity: 0.03 };
const SEEDS = Array.from({ length: 200 }, (_, n) => n * 7919 + 1);

describe('normal numbers', () => {
  const numbers = Array.from({ length: 20_000 }, (_, n) => normal(5, 1, n * 1_000_003));
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const deviation = Math.sqrt(numbers.reduce((sum, n) => sum + (n - mean) ** 2, 0) / numbers.length);

  it('have mean 0 and deviation 1', () => {
    // Three standard errors of 20,000: 0.021 of the mean, 0.015 of the deviation.
    expect([Math.abs(mean) < 0.021, Math.abs(deviation - 1) < 0.015]).toEqual([true, true]);
  });

  it('lie within one deviation 68 % of the time', () => {
    const share = numbers.filter((n) => Math.abs(n) < 1).length / numbers.length;
    expect(Math.abs(share - 0.6827)).toBeLessThan(0.01);
  });

  it('follow from the tick alone, beyond 32 bits of it too', () => {
    expect([normal(5, 1, 7), normal(5, 1, 2 ** 32 + 7) === normal(5, 1, 7)]).toEqual([normal(5, 1, 7), false]);
  });
});

describe('a part with imperfections', () => {
  const quiet = { ...FIGURES, noiseDensity: 0 };

  it('leaves an ideal part alone', () => {
    expect(new Imperfection({ seed: 3, imperfections: false }, 0, FIGURES).of(123.25, 99, 50, 60)).toBe(123.25);
  });

  it('has an offset within the datasheet\'s typical level, another for each part', () => {
    const offsets = SEEDS.map((seed) => new Imperfection({ seed, imperfections: true }, 0, quiet).of(0, 1, 50, 25));
    expect([offsets.every((offset) => Math.abs(offset) <= 40), new Set(offsets).size, Math.max(...offsets) > 30, Math.min(...offsets) < -30]).toEqual([true, SEEDS.length, true, true]);
  });

  it('drifts with the temperature from 25 degrees on', () => {
    const part = new Imperfection({ seed: 3, imperfections: true }, 0, { ...quiet, offset: 0, sensitivity: 0 });
    const at = [25, 35, 15].map((celsius) => part.of(0, 1, 50, celsius));
    expect([at[0], Math.abs(at[1]) <= 5, at[1] + at[2]]).toEqual([0, true, 0]);
  });

  it('has noise of its density times the root of the bandwidth: 0.2 * sqrt(100) = 2', () => {
    const part = new Imperfection({ seed: 3, imperfections: true }, 0, { noiseDensity: 0.2, offset: 0, offsetPerDegree: 0, sensitivity: 0 });
    const values = Array.from({ length: 10_000 }, (_, n) => part.of(0, n, 100, 25));
    expect(Math.abs(Math.sqrt(values.reduce((sum, n) => sum + n * n, 0) / values.length) - 2)).toBeLessThan(0.05);
  });
});

describe('a sample clock', () => {
  const samplesIn60s = (ppm: number, looks: number): number => {
    const time = new ManualTime(16_000_000);
    let count = 0;
    const sampler = new Sampler(time.queue, () => { count++; }, ppm);
    sampler.run(rate(5376));
    for (let look = 1; look <= looks; look++) {
      time.advanceTo(Math.floor((look / looks) * 60 * 16_000_000));
      sampler.catchUp();
    }
    return count;
  };

  it.each([1, 60, 7])('takes all its 60 * 5376 samples when looked at %i times', (looks) => {
    expect(samplesIn60s(0, looks)).toBe(60 * 5376);
  });

  it('that is 1 % fast takes 1 % more', () => {
    expect(samplesIn60s(10_000, 1)).toBe(Math.floor(60 * 5376 * 1.01));
  });

  it('is off by no more than its tolerance, and not at all in an ideal part', () => {
    const errors = SEEDS.map((seed) => clockPpm({ seed, imperfections: true }, 0.1));
    expect([errors.every((ppm) => Math.abs(ppm) <= 100_000), new Set(errors).size > 190, clockPpm({ seed: 1, imperfections: false }, 0.1)]).toEqual([true, true, 0]);
  });
});
