/** The committed magic wand: what its sources give, and what it says of the synthetic demo gestures. */
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'magic-wand.nano33ble.elf';

const run = (...options: string[]) => collect(process.execPath, [
  THUMBELINA, 'run', committed('magic-wand', ELF), '--board', 'nano33ble', '--serial', 'serial1', ...options,
], '', 60_000);
const recording = (name: string, at: string) => ['--recording', `${committed('magic-wand', `demo/${name}.csv`)}@${at}`];

it('is what its sources give', () => {
  expect(rebuilt('magic-wand', ELF)).toBe(true);
}, 60_000);

it.each(['wing', 'ring', 'slope'])('knows a synthetic %s', async (gesture) => {
  const { stdout } = await run(...recording(gesture, '1s'), '--timeout', '7s');
  expect(stdout.split('\n').slice(1, -1).map((line) => line.split(' ')[0])).toEqual([gesture]);
}, 60_000);

it('says of a ring what expected.txt says', async () => {
  const { stdout } = await run(...recording('ring', '1s'), '--timeout', '7s');
  expect(stdout).toBe(readFileSync(committed('magic-wand', 'expected.txt'), 'utf8'));
}, 60_000);

it('says nothing while it lies still, and sleeps', async () => {
  expect((await run('--input', 'acceleration.z=1g', '--timeout', '10s')).stdout).toBe('magic wand: wing, ring or slope?\n');
}, 60_000);

it('takes a shake for none of the gestures', async () => {
  const { stdout } = await run('--input', 'acceleration.x=sine(3Hz,0.7g)', '--input', 'acceleration.z=1g', '--timeout', '8s');
  expect(stdout.split('\n').slice(1, -1).map((line) => line.split(' ')[0])).toEqual(['none']);
}, 60_000);
