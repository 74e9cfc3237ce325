/** FLAC and Opus, made by the reference encoders (`flac`, `opusenc`) from a WAV file of ours. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFlac, readOpus } from '../../../emulator/sensors/stimuli/compressed.js';
import { readWav } from '../../../emulator/sensors/stimuli/wav.js';
import { writeWav } from '../../support/wav-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'thumbelina-compressed-'));
const HZ = 16_000;
/** Half a second of 1 kHz at half of full scale, left; a quarter, right. */
const wav = writeWav({ hz: HZ, channels: 2, data: new Uint8Array(Int16Array.from({ length: HZ }, (_, i) => Math.round((i % 2 === 0 ? 16_384 : 8192) * Math.sin((2 * Math.PI * 1000 * (i >> 1)) / HZ))).buffer) });
let flac: Uint8Array;
let opus: Uint8Array;

beforeAll(() => {
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('a.wav'), wav);
  execFileSync('flac', ['-s', '-f', path('a.wav'), '-o', path('a.flac')]);
  execFileSync('opusenc', ['--quiet', path('a.wav'), path('a.opus')]);
  [flac, opus] = [readFileSync(path('a.flac')), readFileSync(path('a.opus'))];
});

const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;

describe('a FLAC file', () => {
  it('is what was encoded, to the bit', async () => {
    expect(await readFlac(flac, 'a.flac', 'mix')).toEqual(readWav(wav, 'a.wav'));
  });

  it('has channels', async () => {
    expect(power((await readFlac(flac, 'a.flac', 1)).samples)).toBeCloseTo(0.25 ** 2 / 2, 4);
  });

  it('that is cut off is refused', async () => {
    await expect(readFlac(flac.subarray(0, flac.length - 2000), 'a.flac', 'mix')).rejects.toThrow('a.flac: cut off or damaged');
  });
});

describe('an Opus file', () => {
  it('is 48 kHz, and as loud as what was encoded', async () => {
    const { hz, samples } = await readOpus(opus, 'a.opus', 'mix');
    const loudness = 10 * Math.log10(power(samples.subarray(4800, 20_000)) / (0.375 ** 2 / 2));
    expect([hz, Math.round(samples.length / 4800), Math.round(loudness)]).toEqual([48_000, 5, 0]);
  });

  it('that is cut off is refused', async () => {
    await expect(readOpus(opus.subarray(0, opus.length - 20), 'a.opus', 'mix')).rejects.toThrow('a.opus: cut off');
  });
});
