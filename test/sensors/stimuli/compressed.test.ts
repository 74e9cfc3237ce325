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

/** Samples as whole little-endian bytes, as `flac` takes raw sound. */
function packed(samples: Int32Array, bits: number): Uint8Array {
  const width = Math.ceil(bits / 8);
  return Uint8Array.from({ length: samples.length * width }, (_, at) => samples[Math.floor(at / width)] >> (8 * (at % width)));
}

const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length;

describe('a FLAC file', () => {
  it('is what was encoded, to the bit', () => {
    expect(readFlac(flac, 'a.flac', 'mix')).toEqual(readWav(wav, 'a.wav'));
  });

  it('has channels', () => {
    expect(power(readFlac(flac, 'a.flac', 1).samples)).toBeCloseTo(0.25 ** 2 / 2, 4);
  });

  // Noise, silence and a ramp, by what the reference encoder can be told: stored, fixed and linear predictors, all stereo layouts, escapes.
  const CONTENTS = {
    tone: (i: number) => Math.round(12_000 * Math.sin(i / 9)), silence: () => 0, noise: (i: number) => ((Math.imul(i + 1, 0x9e37_79b1) >>> 16) & 0xffff) - 32_768,
    'wasted bits': (i: number) => 256 * (i % 90), 'full scale': (i: number) => i % 50 < 25 ? 32_767 : -32_768,
  };
  const OPTIONS = [['-0'], ['-5'], ['-8', '-e', '-p'], ['-b', '4608', '-l', '32', '--lax'], ['-b', '192', '-M'], ['-b', '37', '--lax', '-m'], ['-l', '0'], ['-r', '8,8', '--lax'], ['--no-padding', '-A', 'tukey(0.5)']];
  it.each(Object.keys(CONTENTS).flatMap((content) => OPTIONS.map((options) => [content, options.join(' ')] as const)))('%s encoded with %s is what it was', (content, options) => {
    const samples = Int16Array.from({ length: 2 * 9001 }, (_, i) => CONTENTS[content as keyof typeof CONTENTS](i >> (i & 1)));
    const file = writeWav({ hz: 44_100, channels: 2, data: new Uint8Array(samples.buffer) });
    const encoded = execFileSync('flac', ['-s', '-f', '-c', ...options.split(' '), '-'], { input: file, maxBuffer: 2 ** 24 });
    expect([readFlac(encoded, 'a.flac', 0), readFlac(encoded, 'a.flac', 1)]).toEqual([readWav(file, 'a.wav', 0), readWav(file, 'a.wav', 1)]);
  });

  it.each([[8, 1], [16, 3], [24, 6], [24, 8]])('of %i bits and %i channels is what it was', (bits, channels) => {
    const raw = Int32Array.from({ length: channels * 5000 }, (_, i) => Math.round(2 ** (bits - 2) * Math.sin(i / (7 + i % channels))));
    const encoded = execFileSync('flac', ['-s', '-c', '--force-raw-format', '--endian=little', '--sign=signed', `--channels=${channels}`, `--bps=${bits}`, '--sample-rate=12345', '-'],
      { input: packed(raw, bits), maxBuffer: 2 ** 24 });
    expect([...readFlac(encoded, 'a.flac', channels - 1).samples]).toEqual([...raw].filter((_, i) => i % channels === channels - 1).map((sample) => Math.fround(sample / 2 ** (bits - 1))));
  });

  it('with one bit changed is refused', () => {
    const damaged = Uint8Array.from(flac);
    damaged[flac.length - 100] ^= 4;
    expect(() => readFlac(damaged, 'a.flac', 'mix')).toThrow('a.flac: damaged');
  });

  it('that is cut off is refused', () => {
    expect(() => readFlac(flac.subarray(0, flac.length - 2000), 'a.flac', 'mix')).toThrow('a.flac: cut off');
  });
});

describe('an Opus file', () => {
  it('is 48 kHz, and as loud as what was encoded', async () => {
    const { hz, samples } = await readOpus(opus, 'a.opus', 'mix');
    const loudness = 10 * Math.log10(power(samples.subarray(4800, 20_000)) / (0.375 ** 2 / 2));
    expect([hz, Math.round(samples.length / 4800), Math.round(loudness)]).toEqual([48_000, 5, 0]);
  });

  it('is as long as what was encoded, to the sample', async () => {
    expect((await readOpus(opus, 'a.opus', 'mix')).samples.length).toBe(24_000);
  });

  it('sounds as the reference decoder makes it', async () => {
    writeFileSync(join(folder, 'b.opus'), opus);
    execFileSync('opusdec', ['--quiet', '--rate', '48000', '--no-dither', '--float', join(folder, 'b.opus'), join(folder, 'b.wav')]);
    const [ours, theirs] = [(await readOpus(opus, 'b.opus', 0)).samples, readWav(readFileSync(join(folder, 'b.wav')), 'b.wav', 0).samples];
    expect(Math.max(...ours.map((sample, i) => Math.abs(sample - theirs[i])))).toBeLessThan(1e-4);
  });

  it('with one byte changed is refused', async () => {
    const damaged = Uint8Array.from(opus);
    damaged[opus.length - 100] ^= 4;
    await expect(readOpus(damaged, 'a.opus', 'mix')).rejects.toThrow('a.opus: damaged');
  });

  it('that is cut off is refused', async () => {
    await expect(readOpus(opus.subarray(0, opus.length - 20), 'a.opus', 'mix')).rejects.toThrow('a.opus: cut off');
  });
});
