/** The committed vww sample: what its sources give, and what it says of two drawn pictures, which are what the script draws. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'vww.nano33ble.elf';
const expected = readFileSync(committed('vww', 'expected.txt'), 'utf8');

const run = (...options: string[]) => collect(process.execPath, [
  THUMBELINA, 'run', committed('vww', ELF), '--board', 'nano33ble-shield', '--timeout', '3s', ...options,
], '', 120_000);
const picture = (name: string): string[] => ['--camera', committed('vww', `${name}.png`)];

it('is what its sources give', () => {
  expect(rebuilt('vww', ELF)).toBe(true);
}, 120_000);

it('takes a person for a person, and a room for none', async () => {
  const lines = await Promise.all(['person', 'no-person'].map(async (name) => (await run(...picture(name), '--until', '\n')).stdout));
  expect(lines.join('')).toBe(expected);
}, 240_000);

it('shows green for a person', async () => {
  const { stderr } = await run(...picture('person'), '--until', '\n', '--leds');
  expect(stderr).toMatch(/green.*on/);
}, 120_000);
