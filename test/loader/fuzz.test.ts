import { expect, it, vi } from 'vitest';
import { fuzzLoaders } from '../fuzz/loaders.js';

// The compiler shares the machine with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

it('damaged files end in an image or a FirmwareError, quickly and in little memory', () => {
  const result = fuzzLoaders({ count: 5000, seed: 20240 });
  expect(result.runs).toBe(5000);
  expect(result.accepted).toBeGreaterThan(100);
  expect(result.rejected).toBeGreaterThan(1000);
});
