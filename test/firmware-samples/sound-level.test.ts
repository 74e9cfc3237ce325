/** The committed sound-level sample: what its sources give, and how loud it finds a tone of known amplitude. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed, rebuilt } from '../support/samples.js';
import { writeWav } from '../support/wav-writer.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const ELF = 'sound-level.nano33ble.elf';

/** A sine of one second. */
function tone(amplitude: number, hz: number, rate: number): Uint8Array {
  const samples = Int16Array.from({ length: rate }, (_, n) => Math.round(32768 * amplitude * Math.sin(2 * Math.PI * hz * n / rate)));
  return writeWav({ hz: rate, data: new Uint8Array(samples.buffer) });
}

async function levels(wav: Uint8Array): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-sound-'));
  try {
    const file = join(folder, 'tone.wav');
    writeFileSync(file, wav);
    const run = await collect(process.execPath, [
      THUMBELINA, 'run', committed('sound-level', ELF), '--board', 'nano33ble', '--serial', 'serial1', '--mic', file, '--timeout', '950ms',
    ], '', 30_000);
    return [...run.stdout.matchAll(/level (\d+)/g)].map((match) => Number(match[1]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('is what its sources give', () => {
  expect(rebuilt('sound-level', ELF)).toBe(true);
}, 30_000);

/** What the PDM peripheral adds at its default gain: G_PDM,default of the nRF52840 Product Specification, 3.2 dB. */
const DEFAULT_GAIN = 10 ** (3.2 / 20);

it.each([
  [0.1, 1000, 16_000],
  [0.5, 440, 44_100],
  [0.02, 3000, 48_000],
])('finds a tone of amplitude %f at %i Hz, sampled at %i Hz, as loud as it is', async (amplitude, hz, rate) => {
  const rms = DEFAULT_GAIN * 32768 * amplitude / Math.SQRT2;
  // The microphone is silent for 10 ms while it turns on: in the first report.
  const heard = (await levels(tone(amplitude, hz, rate))).slice(1);
  expect(heard.filter((level) => Math.abs(level - rms) > 0.01 * rms + 1)).toEqual([]);
}, 60_000);
