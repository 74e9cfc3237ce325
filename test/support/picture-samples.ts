/** A small whole file of each kind of picture, for what damages them. */
import * as jpeg from 'jpeg-js';
import { wordAt } from '../../emulator/sensors/stimuli/random.js';
import { bmp, gif, png, pngChunk, ppm, y4m } from './picture-writer.js';

const noise = (length: number): number[] => Array.from({ length }, (_, i) => wordAt(1, i) & 0xff);
const COLOURS = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]];

/** By the names of their formats. */
export const PICTURE_SAMPLES: Readonly<Record<string, Uint8Array>> = {
  PNG: png(8, 8, 8, 3, Array.from({ length: 8 }, (_, y) => [y, 0, 1, 2, 3, 0, 1, 2].map((v) => v & 3)), [...pngChunk('PLTE', COLOURS.flat()), ...pngChunk('tRNS', [1, 2])]),
  JPEG: new Uint8Array(jpeg.encode({ width: 24, height: 16, data: Uint8Array.from(noise(24 * 16 * 4)) }, 60).data),
  GIF: gif(8, 8, COLOURS, [{ size: [8, 8], indices: noise(64).map((v) => v & 3), hundredths: 5 }, { at: [2, 2], size: [4, 4], indices: noise(16).map((v) => v & 3), disposal: 3, transparent: 0 }]),
  Y4M: y4m('W4 H4 F25:1 C420', [noise(24), noise(24)]),
  'PPM and PGM': ppm(4, 4, noise(48)),
  BMP: bmp([[COLOURS[1], COLOURS[2]], [COLOURS[3], COLOURS[0]]]),
};
