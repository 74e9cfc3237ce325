/**
 * Pictures without compression: PGM and PPM in binary (netpbm; maxval up to 65535, a sample v is (255 v + maxval / 2) / maxval, rounded
 * down) and BMP with 8 bits and a palette, 24 or 32 bits, from the bottom up or down (Windows BITMAPINFOHEADER; opacity is ignored).
 */
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';
import { checkSize } from './film.js';

/** @throws StimulusError for what is damaged, truncated or too large */
export function readPnm(bytes: Uint8Array, fileName: string): Picture {
  const channels = bytes[1] === 0x36 ? 3 : 1;
  const numbers: number[] = [];
  let at = 2;
  while (numbers.length < 3) {
    while (isSpace(bytes[at])) at++;
    if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 10) at++;
    else {
      const from = at;
      while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
      if (at === from || at - from > 9) throw damaged(fileName, 'its header has no three numbers');
      numbers.push(Number(String.fromCharCode(...bytes.subarray(from, at))));
    }
  }
  at++;
  const [width, height, most] = numbers;
  checkSize(width, height, fileName);
  if (most < 1 || most > 65535) throw damaged(fileName, `a largest value of ${most}`);
  const size = most > 255 ? 2 : 1;
  const count = width * height;
  if (at + count * channels * size > bytes.length) throw damaged(fileName, 'it ends before its last pixel');
  const value = (index: number): number => {
    const raw = size === 2 ? (bytes[at + 2 * index] << 8) | bytes[at + 2 * index + 1] : bytes[at + index];
    return Math.floor((Math.min(raw, most) * 255 + (most >> 1)) / most);
  };
  const pixels = new Uint8Array(count * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = value(channels === 3 ? i : Math.floor(i / 3));
  return { width, height, pixels };
}

/** @throws StimulusError for what is damaged, truncated, compressed or too large */
export function readBmp(bytes: Uint8Array, fileName: string): Picture {
  if (bytes.length < 54) throw damaged(fileName, 'it ends in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [start, headerBytes, width, signedHeight] = [view.getUint32(10, true), view.getUint32(14, true), view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression, used] = [view.getUint16(28, true), view.getUint32(30, true), view.getUint32(46, true)];
  const height = Math.abs(signedHeight);
  checkSize(width, height, fileName);
  if (headerBytes < 40 || ![8, 24, 32].includes(bits) || compression !== 0) {
    throw new StimulusError(`${fileName}: a BMP file with ${bits} bits and compression ${compression} cannot be read; save it uncompressed with 8, 24 or 32 bits`);
  }
  const bytesPerPixel = bits / 8;
  const stride = Math.ceil((width * bytesPerPixel) / 4) * 4;
  const palette = 14 + headerBytes;
  const colours = bits === 8 ? Math.min(256, used === 0 ? 256 : used) : 0;
  if (start + stride * height > bytes.length || palette + 4 * colours > bytes.length) throw damaged(fileName, 'it ends before its last pixel');
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const line = start + stride * (signedHeight < 0 ? row : height - 1 - row);
    for (let column = 0; column < width; column++) {
      const stored = line + column * bytesPerPixel;
      const from = bits === 8 ? palette + 4 * Math.min(bytes[stored], colours - 1) : stored;
      const to = 3 * (row * width + column);
      pixels[to] = bytes[from + 2];
      pixels[to + 1] = bytes[from + 1];
      pixels[to + 2] = bytes[from];
    }
  }
  return { width, height, pixels };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13);
}

function damaged(fileName: string, what: string): StimulusError {
  return new StimulusError(`${fileName}: this picture is damaged (${what}); export it again`);
}
