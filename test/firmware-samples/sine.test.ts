/** The committed sine and template: what their sources give, and what they say. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const MPS2 = ['mps2-an385', 'mps2-an386', 'mps2-an500'];
const ANGLES = 17;
/** MODEL.md: the largest difference, and half a step of the last digit. */
const MOST = 0.0555;

const run = async (sample: string, board: string, ...options: string[]) =>
  (await collect(process.execPath, [THUMBELINA, 'run', committed(sample, `${sample}.${board}.elf`), '--board', board, ...options], '', 60_000)).stdout;
const sine = (board: string) => (board === 'nano33ble' ? run('sine', board, '--serial', 'serial1', '--timeout', '500ms') : run('sine', board, '--semihosting'));

it.each([...MPS2.map((board) => ['sine', board]), ['sine', 'nano33ble'], ['template', 'nano33ble']])('%s for %s is what its sources give', (sample, board) => {
  expect(rebuilt(sample, `${sample}.${board}.elf`)).toBe(true);
}, 60_000);

it('says what expected.txt says', async () => {
  expect(await sine('nano33ble')).toBe(readFileSync(committed('sine', 'expected.txt'), 'utf8'));
}, 60_000);

it.each(MPS2)('says the same of each angle on %s', async (board) => {
  const lines = async (name: string) => (await sine(name)).split('\n').slice(0, ANGLES);
  expect(await lines(board)).toEqual(await lines('nano33ble'));
}, 60_000);

it('is as near the sine as its card says', async () => {
  const pairs = [...(await sine('mps2-an386')).matchAll(/sine of (\S+) is about (\S+)/g)].map(([, angle, value]) => [Number(angle), Number(value)]);
  expect([pairs.length, pairs.filter(([angle, value]) => Math.abs(value - Math.sin(angle)) > MOST)]).toEqual([ANGLES, []]);
}, 60_000);

it('the template answers once a second', async () => {
  const said = await run('template', 'nano33ble', '--serial', 'serial1', '--timeout', '2500ms');
  expect(said.split('\n').map((line) => line.split(' -> ')[0])).toEqual(['0', '8', '16', '']);
}, 60_000);
