/** The command itself, as it is installed, hears every kind of sound file: their readers are loaded when one comes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { collect } from '../oracles/qemu.js';
import { committed } from '../support/samples.js';
import { writeWav } from '../support/wav-writer.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'thumbelina-heard-'));
const path = (name: string): string => join(folder, name);
const samples = Int16Array.from({ length: 16_000 }, (_, n) => Math.round(16_384 * Math.sin(2 * Math.PI * 500 * n / 16_000)));
writeFileSync(path('tone.wav'), writeWav({ hz: 16_000, data: new Uint8Array(samples.buffer) }));
execFileSync('flac', ['-s', path('tone.wav'), '-o', path('tone.flac')]);
execFileSync('opusenc', ['--quiet', path('tone.wav'), path('tone.opus')]);

/** What the PDM peripheral adds at its default gain: G_PDM,default of the nRF52840 Product Specification, 3.2 dB. */
const DEFAULT_GAIN = 10 ** (3.2 / 20);

it.each(['tone.wav', 'tone.flac', 'tone.opus'])('%s is heard as loud as it is', async (file) => {
  const { stdout } = await collect(process.execPath, [
    THUMBELINA, 'run', committed('sound-level', 'sound-level.nano33ble.elf'), '--board', 'nano33ble', '--serial', 'serial1', '--mic', path(file), '--timeout', '650ms',
  ], '', 30_000);
  const last = Number([...stdout.matchAll(/level (\d+)/g)].at(-1)?.[1]);
  expect(last / (DEFAULT_GAIN * 0.5 * 32_768 * Math.SQRT1_2)).toBeCloseTo(1, 1);
}, 60_000);
