/** Picture files made byte by byte, as their specifications have them. */
import { crc32, deflateSync } from 'node:zlib';

const text = (letters: string): number[] => [...letters].map((letter) => letter.charCodeAt(0));
const big32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
const little16 = (value: number): number[] => [value & 0xff, value >> 8];

export function pngChunk(type: string, data: Iterable<number>): number[] {
  const body = [...text(type), ...data];
  return [...big32(body.length - 4), ...body, ...big32(crc32(Uint8Array.from(body)))];
}

/** @param rows image data without filter bytes, which are 0 */
export function png(width: number, height: number, depth: number, colourType: number, rows: readonly (readonly number[])[], extra: readonly number[] = []): Uint8Array {
  const data = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return Uint8Array.from([
    0x89, ...text('PNG'), 13, 10, 26, 10, ...pngChunk('IHDR', [...big32(width), ...big32(height), depth, colourType, 0, 0, 0]), ...extra,
    ...pngChunk('IDAT', data), ...pngChunk('IEND', []),
  ]);
}

export interface GifFrame {
  readonly at?: readonly [x: number, y: number]; readonly size: readonly [width: number, height: number];
  readonly indices: readonly number[]; readonly hundredths?: number; readonly disposal?: number; readonly transparent?: number; readonly interlaced?: boolean;
}

/** Four colours; codes are never longer than three bits, since the table is cleared before each. */
export function gif(width: number, height: number, colours: readonly (readonly number[])[], frames: readonly GifFrame[]): Uint8Array {
  return Uint8Array.from([
    ...text('GIF89a'), ...little16(width), ...little16(height), 0x81, 0, 0, ...[0, 1, 2, 3].flatMap((index) => colours[index] ?? [0, 0, 0]),
    ...frames.flatMap(({ at = [0, 0], size, indices, hundredths = 0, disposal = 0, transparent, interlaced = false }) => [
      0x21, 0xf9, 4, (disposal << 2) | (transparent === undefined ? 0 : 1), ...little16(hundredths), transparent ?? 0, 0,
      0x2c, ...little16(at[0]), ...little16(at[1]), ...little16(size[0]), ...little16(size[1]), interlaced ? 0x40 : 0, 2, ...blocks(codes(indices)), 0,
    ]),
    0x3b,
  ]);
}

/** Clear, an index, clear, an index, and the end: each three bits. */
function codes(indices: readonly number[]): number[] {
  const bits = [...indices.flatMap((index) => [4, index]), 5].flatMap((code) => [code & 1, (code >> 1) & 1, code >> 2]);
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) => bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, i) => sum | (bit << i), 0));
}

function blocks(data: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(data.length / 255) }, (_, n) => data.slice(255 * n, 255 * n + 255)).flatMap((piece) => [piece.length, ...piece]);
}

export function ppm(width: number, height: number, values: readonly number[]): Uint8Array {
  return Uint8Array.from([...text(`P6\n# by hand\n${width} ${height}\n255\n`), ...values]);
}

export function y4m(header: string, frames: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([...text(`YUV4MPEG2 ${header}\n`), ...frames.flatMap((frame) => [...text('FRAME\n'), ...frame])]);
}

/** 24 bits, from the bottom up. @param rows [row][column][red, green, blue] */
export function bmp(rows: readonly (readonly (readonly number[])[])[]): Uint8Array {
  const little32 = (value: number): number[] => big32(value).reverse();
  const lines = [...rows].reverse().map((row) => {
    const line = row.flatMap(([r, g, b]) => [b, g, r]);
    return [...line, ...new Array<number>((4 - (line.length % 4)) % 4).fill(0)];
  });
  const data = lines.flat();
  return Uint8Array.from([
    ...text('BM'), ...little32(54 + data.length), 0, 0, 0, 0, ...little32(54), ...little32(40), ...little32(rows[0].length), ...little32(rows.length),
    1, 0, 24, 0, ...little32(0), ...little32(data.length), ...little32(0), ...little32(0), ...little32(0), ...little32(0), ...data,
  ]);
}
