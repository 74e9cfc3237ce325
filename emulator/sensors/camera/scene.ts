/**
 * What a camera's array sees of a picture: area averages in whole numbers, so that a test computes the same ones by hand and
 * every engine the same bits.
 *
 * A pixel of the array covers a rectangle of the picture. Its value, for each of red, green and blue, is the mean of the
 * picture's pixels under the rectangle, each weighted with the area that it shares with it, rounded to nearest (half up).
 * A picture of the array's own size is taken as it is. What part of the picture the array covers is its `fit`:
 * - cover (default): as much of its middle as has the array's shape; the rest is cut off, on both sides alike, whole pixels
 *   of the picture, the odd one at the right or bottom;
 * - contain: all of it, with black beside it;
 * - stretch: all of it, whatever its shape.
 */
import type { Picture } from '../inputs.js';

export interface Rectangle { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** A camera's array of one exposure: [row][column][red, green, blue]. */
export function expose(picture: Picture, width: number, height: number): Uint8Array {
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  switch (picture.fit ?? 'cover') {
    case 'stretch': return areaAverage(picture, whole, width, height);
    case 'cover': return areaAverage(picture, shapedLike(width, height, whole), width, height);
    case 'contain': return contain(picture, width, height);
  }
}

/** The largest rectangle in the middle of another that has the shape `width` : `height`, in whole pixels, at least one. */
export function shapedLike(width: number, height: number, within: Rectangle): Rectangle {
  const isTooWide = within.width * height > within.height * width;
  const cutWidth = isTooWide ? Math.max(1, Math.floor((within.height * width) / height)) : within.width;
  const cutHeight = isTooWide ? within.height : Math.max(1, Math.floor((within.width * height) / width));
  return { x: within.x + ((within.width - cutWidth) >> 1), y: within.y + ((within.height - cutHeight) >> 1), width: cutWidth, height: cutHeight };
}

function contain(picture: Picture, width: number, height: number): Uint8Array {
  const inside = shapedLike(picture.width, picture.height, { x: 0, y: 0, width, height });
  const scaled = areaAverage(picture, { x: 0, y: 0, width: picture.width, height: picture.height }, inside.width, inside.height);
  const out = new Uint8Array(width * height * 3);
  for (let row = 0; row < inside.height; row++) {
    out.set(scaled.subarray(row * inside.width * 3, (row + 1) * inside.width * 3), ((inside.y + row) * width + inside.x) * 3);
  }
  return out;
}

/** A rectangle of a picture as `width` x `height` pixels. Sums are whole numbers far below 2^53, in doubles. */
export function areaAverage(picture: Picture, from: Rectangle, width: number, height: number): Uint8Array {
  const { x, y } = from;
  if (from.width === width && from.height === height) return cut(picture, from);
  const columns = spans(from.width, width);
  const rows = spans(from.height, height);
  const out = new Uint8Array(width * height * 3);
  const sums = new Float64Array(width * 3);
  const total = from.width * from.height;
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    for (let source = rows.first[row]; source <= rows.last[row]; source++) {
      addRow(picture.pixels, ((y + source) * picture.width + x) * 3, columns, overlap(source, row, from.height, height), sums);
    }
    const base = row * width * 3;
    for (let i = 0; i < sums.length; i++) out[base + i] = Math.floor((2 * sums[i] + total) / (2 * total));
  }
  return out;
}

function cut(picture: Picture, { x, y, width, height }: Rectangle): Uint8Array {
  if (x === 0 && y === 0 && width === picture.width && height === picture.height) return picture.pixels;
  const out = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * picture.width + x) * 3;
    out.set(picture.pixels.subarray(start, start + width * 3), row * width * 3);
  }
  return out;
}

interface Spans { readonly from: number; readonly count: number; readonly first: Int32Array; readonly last: Int32Array }

/** For each of `count` pixels, the first and last of `from` pixels of the picture that it covers some of. */
function spans(from: number, count: number): Spans {
  const first = new Int32Array(count);
  const last = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    first[i] = Math.floor((i * from) / count);
    last[i] = Math.ceil(((i + 1) * from) / count) - 1;
  }
  return { from, count, first, last };
}

/** How much of source pixel `source` is under pixel `i`, in units of 1 / count of a source pixel: `from` altogether. */
function overlap(source: number, i: number, from: number, count: number): number {
  return Math.min((source + 1) * count, (i + 1) * from) - Math.max(source * count, i * from);
}

function addRow(pixels: Uint8Array, base: number, { from, count, first, last }: Spans, weight: number, sums: Float64Array): void {
  for (let i = 0; i < count; i++) {
    let [red, green, blue] = [0, 0, 0];
    for (let source = first[i]; source <= last[i]; source++) {
      const share = overlap(source, i, from, count);
      const at = base + source * 3;
      red += share * pixels[at];
      green += share * pixels[at + 1];
      blue += share * pixels[at + 2];
    }
    sums[3 * i] += weight * red;
    sums[3 * i + 1] += weight * green;
    sums[3 * i + 2] += weight * blue;
  }
}
