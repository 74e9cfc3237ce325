/**
 * A picture as a tensor [1][height][width][channels] or without the 1, with 1 channel (grey) or 3 (red, green, blue). It is scaled to
 * the tensor's size, proportions not kept; a smaller size takes the mean of the area that each pixel covers.
 * Black is the smallest value the tensor's type holds and white the largest, as the usual quantisation of pixels has it; of float32, 0 and 1.
 */
import { readPictures } from '../../sensors/index.js';
import { ModelError } from '../model-error.js';
import { bytesOfStored, storedRange, type Tensor } from '../tensor.js';

interface Plane { readonly width: number; readonly height: number; readonly pixels: Uint8Array }

/** Shares of red, green and blue in grey, of 65536. Source: ITU-R BT.601, 2.5.1: 0.299, 0.587, 0.114. */
const GREY = [19_595, 38_470, 7_471] as const;
const SHARE_BITS = 16;

/** @throws ModelError for a tensor that is no picture, StimulusError for a file that is none */
export async function pictureBytes(tensor: Tensor, bytes: Uint8Array, fileName: string): Promise<Uint8Array> {
  const [height, width, channels] = tensor.shape.length === 4 && tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape.length === 3 ? tensor.shape : [];
  if (height === undefined || (channels !== 1 && channels !== 3) || height * width === 0) {
    throw new ModelError(`a picture does not fit an input of shape [${tensor.shape.join(', ')}]: pictures need [1, height, width, 1 or 3]; give features as .npy, .csv or .bin`);
  }
  const film = await readPictures(bytes, fileName);
  const { pixels } = scaled(film.frame(0), width, height);
  const count = width * height;
  const levels = channels === 3 ? pixels : Uint8Array.from({ length: count }, (_, i) => (GREY[0] * pixels[3 * i] + GREY[1] * pixels[3 * i + 1] + GREY[2] * pixels[3 * i + 2] + (1 << (SHARE_BITS - 1))) >>> SHARE_BITS);
  if (tensor.type === 'float32') return bytesOfStored(tensor, Float64Array.from(levels, (level) => level / 255));
  const range = storedRange(tensor.type);
  if (range === undefined) throw new ModelError(`a picture does not fit an input of type ${tensor.type}: give it as .npy, .csv or .bin`);
  return bytesOfStored(tensor, Float64Array.from(levels, (level) => range[0] + Math.round((level * (range[1] - range[0])) / 255)));
}

/** Each pixel is the mean of what it covers, parts of pixels by their share. */
function scaled({ width, height, pixels }: Plane, toWidth: number, toHeight: number): Plane {
  const across = shares(width, toWidth), down = shares(height, toHeight);
  const out = new Uint8Array(toWidth * toHeight * 3);
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const sums = [0, 0, 0];
      for (const [row, ofRow] of down[y]) {
        for (const [column, ofColumn] of across[x]) {
          const from = 3 * (row * width + column);
          for (let channel = 0; channel < 3; channel++) sums[channel] += pixels[from + channel] * ofRow * ofColumn;
        }
      }
      const whole = width * height;
      sums.forEach((sum, channel) => { out[3 * (y * toWidth + x) + channel] = Math.floor((sum + whole / 2) / whole); });
    }
  }
  return { width: toWidth, height: toHeight, pixels: out };
}

/** Which pixels each new one covers, and how much of it: whole numbers, which add up to `from`. */
function shares(from: number, to: number): readonly (readonly (readonly [index: number, share: number])[])[] {
  return Array.from({ length: to }, (_, i) => {
    const covered: [number, number][] = [];
    for (let index = Math.floor((i * from) / to); index * to < (i + 1) * from; index++) {
      const share = Math.min((index + 1) * to, (i + 1) * from) - Math.max(index * to, i * from);
      if (share > 0) covered.push([index, share]);
    }
    return covered;
  });
}
