/** A short form of `npm run soak`: hostile firmware holds memory steady and keeps the host waiting for no long time. */
import { expect, it } from 'vitest';
import { soak } from './soak.js';

it('hostile firmware for five seconds', async () => {
  const { growth, longestSlice, instructions } = await soak({ seconds: 5, everySeconds: 0.4 });
  expect(instructions).toBeGreaterThan(1_000_000);
  expect(growth.arrayBuffers).toBeLessThan(8);
  expect(growth.external).toBeLessThan(32);
  expect(growth.heap).toBeLessThan(64);
  // Against hanging; what a slice takes on a machine of its own is told by `npm run soak`.
  expect(longestSlice.ms, longestSlice.name).toBeLessThan(5000);
}, 60_000);
