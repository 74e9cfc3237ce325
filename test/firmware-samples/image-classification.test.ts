/** The committed image-classification sample: what its sources give, and what it says of two drawn pictures. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { committed, rebuilt } from '../support/samples.js';
import { lineAbout } from './camera-run.js';

const SAMPLE = 'image-classification';
const ELF = `${SAMPLE}.nano33ble.elf`;

it('is what its sources give', () => {
  expect(rebuilt(SAMPLE, ELF)).toBe(true);
}, 120_000);

it('knows a sunflower and a pizza', async () => {
  const lines = await Promise.all(['sunflower.png', 'pizza.png'].map((picture) => lineAbout(SAMPLE, ELF, picture)));
  expect(lines.join('')).toBe(readFileSync(committed(SAMPLE, 'expected.txt'), 'utf8'));
}, 240_000);
