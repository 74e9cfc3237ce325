/** The committed vww sample: what its sources give, and what it says and shows of two drawn pictures. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { committed, rebuilt } from '../support/samples.js';
import { lineAbout, runBefore } from './camera-run.js';

const SAMPLE = 'vww';
const ELF = 'vww.nano33ble.elf';

it('is what its sources give', () => {
  expect(rebuilt(SAMPLE, ELF)).toBe(true);
}, 120_000);

it('takes a person for a person, and a meadow for none', async () => {
  const lines = await Promise.all(['person.png', 'no-person.png'].map((picture) => lineAbout(SAMPLE, ELF, picture)));
  expect(lines.join('')).toBe(readFileSync(committed(SAMPLE, 'expected.txt'), 'utf8'));
}, 240_000);

it.each([
  ['person.png', 'red off, green on'],
  ['no-person.png', 'red on, green off'],
])('of %s its LED shows %s', async (picture, shown) => {
  expect((await runBefore(SAMPLE, ELF, picture, '--leds')).stderr).toContain(shown);
}, 120_000);
