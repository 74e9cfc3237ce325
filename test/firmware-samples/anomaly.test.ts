/** The committed anomaly detector: what its sources give, and what it says of synthetic machines. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'anomaly.nano33ble.elf';

const run = async (...options: string[]) => (await collect(process.execPath, [
  THUMBELINA, 'run', committed('anomaly', ELF), '--board', 'nano33ble', '--serial', 'serial1', '--timeout', '1500ms', ...options,
], '', 60_000)).stdout;
const recording = (name: string) => ['--recording', `${committed('anomaly', `demo/${name}.csv`)}@250ms`];

it('is what its sources give', () => {
  expect(rebuilt('anomaly', ELF)).toBe(true);
}, 60_000);

it('finds a synthetic machine well, as expected.txt says', async () => {
  expect(await run(...recording('well'))).toBe(readFileSync(committed('anomaly', 'expected.txt'), 'utf8'));
}, 60_000);

it('finds the same machine with a knocking bearing unusual', async () => {
  expect(await run(...recording('knock'))).toMatch(/^unusual \S+, \d+ cycles, asleep 9\d\.\d\d %\n$/);
}, 60_000);
