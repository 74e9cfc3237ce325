import { expect, it } from 'vitest';
import { fuzzLoaders } from '../fuzz/loaders.js';

it('damaged files end in an image or a FirmwareError, quickly and in little memory', () => {
  const result = fuzzLoaders({ count: 5000, seed: 20240 });
  expect(result.runs).toBe(5000);
  expect(result.accepted).toBeGreaterThan(100);
  expect(result.rejected).toBeGreaterThan(1000);
});
