/**
 * What happens to a picture on its way to a camera. Whole numbers throughout: weights, sines and factors are rounded to
 * fixed point first, so that every engine gives the same bits.
 */
import type { Fit, Picture } from '../../inputs.js';
import { wordAt } from '../random.js';

const ONE = 65_536;

/** (v factor + 128) >> 8, cut at 255. @param factor in 1/256 */
export function brightened(picture: Picture, factor: number): Picture {
  const table = Uint8Array.from({ length: 256 }, (_, v) => Math.min(255, (v * factor + 128) >> 8));
  return { ...picture, pixels: picture.pixels.map((v) => table[v]) };
}

/** Gaussian of that standard deviation in pixels, first along rows, then along columns; the border's pixels go on beyond it. */
export function blurred(picture: Picture, deviation: number): Picture {
  const weights = kernel(deviation);
  const { width, height } = picture;
  const rows = convolved(picture.pixels, weights, { count: height, stride: 3 * width }, { count: width, stride: 3 });
  return { ...picture, pixels: convolved(rows, weights, { count: width, stride: 3 }, { count: height, stride: 3 * width }) };
}

/** Weights of 65536 together, for offsets from -n to n; the middle one takes what rounding left. */
function kernel(deviation: number): Int32Array {
  const reach = Math.ceil(3 * deviation);
  const shape = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation * deviation)));
  const sum = shape.reduce((a, b) => a + b, 0);
  const weights = Int32Array.from(shape, (one) => Math.round((one * ONE) / sum));
  weights[reach] += ONE - weights.reduce((a, b) => a + b, 0);
  return weights;
}

interface Axis { readonly count: number; readonly stride: number }

function convolved(from: Uint8Array, weights: Int32Array, across: Axis, along: Axis): Uint8Array {
  const out = new Uint8Array(from.length);
  const reach = weights.length >> 1;
  for (let line = 0; line < across.count; line++) {
    for (let i = 0; i < along.count; i++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = ONE / 2;
        for (let k = 0; k < weights.length; k++) {
          const at = Math.min(Math.max(i + k - reach, 0), along.count - 1);
          sum += weights[k] * from[line * across.stride + at * along.stride + channel];
        }
        out[line * across.stride + i * along.stride + channel] = sum >> 16;
      }
    }
  }
  return out;
}

/**
 * Noise for each colour of each pixel by itself, about normal: the sum of four bytes of a hash, 147.8 their standard deviation.
 * @param deviation in steps of 8 bits
 */
export function grained(picture: Picture, deviation: number, seed: number): Picture {
  const scale = Math.round((deviation * ONE) / 147.8);
  const pixels = picture.pixels.map((v, i) => {
    const word = wordAt(seed, i);
    const sum = (word & 0xff) + ((word >>> 8) & 0xff) + ((word >>> 16) & 0xff) + (word >>> 24) - 510;
    return clampByte(v + ((sum * scale + ONE / 2) >> 16));
  });
  return { ...picture, pixels };
}

export function flipped(picture: Picture, isAcross: boolean): Picture {
  const { width, height } = picture;
  return remapped(picture, width, height, (x, y) => (isAcross ? y * width + (width - 1 - x) : (height - 1 - y) * width + x));
}

/** Clockwise. Quarters turn the shape too; other angles keep it, with the nearest pixel, and black from outside. */
export function turned(picture: Picture, degrees: number): Picture {
  const { width, height } = picture;
  switch (((degrees % 360) + 360) % 360) {
    case 0: return picture;
    case 90: return remapped(picture, height, width, (x, y) => (height - 1 - x) * width + y);
    case 180: return remapped(picture, width, height, (x, y) => (height - 1 - y) * width + (width - 1 - x));
    case 270: return remapped(picture, height, width, (x, y) => x * width + (width - 1 - y));
  }
  const [cosine, sine] = [Math.cos, Math.sin].map((f) => Math.round(f((degrees * Math.PI) / 180) * ONE));
  return remapped(picture, width, height, (x, y) => {
    // Twice the distance from the middle, so that it is whole.
    const [dx, dy] = [2 * x - width + 1, 2 * y - height + 1];
    const column = Math.floor((cosine * dx + sine * dy + ONE * width) / (2 * ONE));
    const row = Math.floor((cosine * dy - sine * dx + ONE * height) / (2 * ONE));
    return column < 0 || column >= width || row < 0 || row >= height ? -1 : row * width + column;
  });
}

/** @param source the pixel that is to be seen at x, y; negative for black */
function remapped({ pixels, fit }: Picture, width: number, height: number, source: (x: number, y: number) => number): Picture {
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * source(x, y);
      if (from < 0) continue;
      const to = 3 * (y * width + x);
      out[to] = pixels[from];
      out[to + 1] = pixels[from + 1];
      out[to + 2] = pixels[from + 2];
    }
  }
  return { width, height, pixels: out, ...(fit === undefined ? {} : { fit }) };
}

/** A part of the picture; black where it reaches beyond. */
export function cropped(picture: Picture, x: number, y: number, width: number, height: number): Picture {
  return remapped(picture, width, height, (column, row) => {
    const [from, line] = [x + column, y + row];
    return from < 0 || from >= picture.width || line < 0 || line >= picture.height ? -1 : line * picture.width + from;
  });
}

export function fitted(picture: Picture, fit: Fit): Picture {
  return { ...picture, fit };
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
