/** The committed pick-up detector: what its sources give, and what it says of synthetic motions. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'pickup.nano33ble.elf';

const run = async (...options: string[]) => (await collect(process.execPath, [
  THUMBELINA, 'run', committed('pickup', ELF), '--board', 'nano33ble', '--serial', 'serial1', '--timeout', '12s', ...options,
], '', 60_000)).stdout;
const recording = (name: string) => ['--recording', `${committed('pickup', `demo/${name}.csv`)}@1s`];

it('is what its sources give', () => {
  expect(rebuilt('pickup', ELF)).toBe(true);
}, 60_000);

it('says of a synthetic pick-up what expected.txt says', async () => {
  expect(await run(...recording('picked-up'))).toBe(readFileSync(committed('pickup', 'expected.txt'), 'utf8'));
}, 60_000);

it('wakes its second stage for a knock, which is something else', async () => {
  expect(await run(...recording('knocked'))).toMatch(/^lying in wait\n\S+ s: something else .*; stage 2 woke 1 time, asleep 99\.9\d %\n$/);
}, 60_000);

it('wakes nothing while it lies still', async () => {
  expect(await run('--input', 'acceleration.z=1g')).toBe('lying in wait\n');
}, 60_000);
