/** Damaged files are read or refused with one line, in bounded time; nothing else is thrown. Seeded; `FUZZ_PICTURES=1000000` for more. */
import * as jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { StimulusError } from '../../../../emulator/index.js';
import { readPictures } from '../../../../emulator/sensors/stimuli/pictures/read.js';
import { wordAt } from '../../../../emulator/sensors/stimuli/random.js';
import { bmp, gif, png, pngChunk, ppm, y4m } from '../../../support/picture-writer.js';

const EACH = Math.ceil(Number(process.env['FUZZ_PICTURES'] ?? 3000) / 6);
const noise = (length: number): number[] => Array.from({ length }, (_, i) => wordAt(1, i) & 0xff);
const COLOURS = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]];

const SEEDS: Readonly<Record<string, Uint8Array>> = {
  PNG: png(8, 8, 8, 3, Array.from({ length: 8 }, (_, y) => [y, 0, 1, 2, 3, 0, 1, 2].map((v) => v & 3)), [...pngChunk('PLTE', COLOURS.flat()), ...pngChunk('tRNS', [1, 2])]),
  JPEG: new Uint8Array(jpeg.encode({ width: 24, height: 16, data: Uint8Array.from(noise(24 * 16 * 4)) }, 60).data),
  GIF: gif(8, 8, COLOURS, [{ size: [8, 8], indices: noise(64).map((v) => v & 3), hundredths: 5 }, { at: [2, 2], size: [4, 4], indices: noise(16).map((v) => v & 3), disposal: 3, transparent: 0 }]),
  Y4M: y4m('W4 H4 F25:1 C420', [noise(24), noise(24)]),
  PPM: ppm(4, 4, noise(48)),
  BMP: bmp([[COLOURS[1], COLOURS[2]], [COLOURS[3], COLOURS[0]]]),
};

/** One to eight changes: bits, bytes, numbers at their ends, cuts, repeats. */
function mutated(seed: Uint8Array, n: number): Uint8Array {
  let bytes = seed.slice();
  const random = (k: number): number => wordAt(n, k);
  const changes = 1 + (random(0) & 7);
  for (let i = 0; i < changes; i++) {
    const [what, at, value] = [random(3 * i + 1) % 6, random(3 * i + 2) % Math.max(1, bytes.length), random(3 * i + 3)];
    if (what === 0) bytes[at] ^= 1 << (value & 7);
    else if (what === 1) bytes[at] = value & 0xff;
    else if (what === 2) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][value % 5];
    else if (what === 3) bytes.fill(value & 1 ? 0xff : 0, at, at + 4);
    else if (what === 4) bytes = bytes.slice(0, at);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 16))]);
  }
  return bytes;
}

describe.each(Object.entries(SEEDS))('damaged %s files', (_, seed) => {
  it('are read or refused', { timeout: 60_000 + EACH * 20 }, async () => {
    const wrong: string[] = [];
    for (let n = 0; n < EACH; n++) {
      try {
        const film = await readPictures(mutated(seed, n), 'a file');
        film.frame(film.count - 1);
      } catch (error) {
        if (!(error instanceof StimulusError) || error.message.includes('\n')) wrong.push(`case ${n}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
