/**
 * PNG (W3C PNG Specification, 2nd edition), by the library fast-png: all colour types and depths, interlaced or not; transparency over
 * black. The library inflates whatever it is given, so it gets the chunks that matter only, and no image data that would grow
 * beyond what the header announces.
 */
import { Unzlib } from 'fflate';
import { decode, type DecodedPng } from 'fast-png';
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';
import { checkSize, overBlack } from './film.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const KEPT = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** @throws StimulusError for what is damaged, truncated or too large */
export function readPng(bytes: Uint8Array, fileName: string): Picture {
  const chunks = chunksOf(bytes, fileName);
  const header = chunks[0];
  const view = new DataView(header.data.buffer, header.data.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height, fileName);
  const channels = CHANNELS[header.data[9]];
  const depth = header.data[8];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw damaged(fileName, `colour type ${header.data[9]} with ${depth} bits`);
  // Adam7 adds a filter byte for each row of seven passes, and up to a byte for each row that does not fill its last one.
  checkInflated(chunks, height * (2 + Math.ceil((width * channels * depth) / 8)) * 2 + 64, fileName);
  const isPalette = header.data[9] === 3;
  // The library refuses a transparent colour of a picture with fewer pixels than channels: it is read here.
  const key = isPalette ? undefined : chunks.find(({ type }) => type === 'tRNS')?.data;
  return pictureOf(decoded(isPalette ? chunks : chunks.filter(({ type }) => type !== 'tRNS'), fileName), key, fileName);
}

interface Chunk { readonly type: string; readonly data: Uint8Array; readonly whole: Uint8Array }

function chunksOf(bytes: Uint8Array, fileName: string): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (KEPT.has(type)) chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, end) });
    if (type === 'IEND') return checkedOrder(chunks, fileName);
    at = end;
  }
  throw new StimulusError(`${fileName}: this PNG file ends before its last chunk; copy it again`);
}

function checkedOrder(chunks: Chunk[], fileName: string): Chunk[] {
  if (chunks[0].type !== 'IHDR' || chunks[0].data.length !== 13) throw damaged(fileName, 'no header chunk first');
  if (chunks.filter(({ type }) => type === 'IHDR').length > 1) throw damaged(fileName, 'two headers');
  return chunks;
}

/** Streams the image data once without keeping it. */
function checkInflated(chunks: readonly Chunk[], most: number, fileName: string): void {
  let size = 0;
  const inflate = new Unzlib((piece) => { size += piece.length; });
  try {
    for (const { type, data } of chunks) {
      if (type !== 'IDAT') continue;
      for (let at = 0; at < data.length && size <= most; at += PIECE) inflate.push(data.subarray(at, at + PIECE));
    }
  } catch (error) {
    throw damaged(fileName, reason(error));
  }
  if (size > most) throw damaged(fileName, `more image data than its size of the picture needs`);
}

/** Deflate makes at most 1032 bytes of one: what is inflated at a time stays below 17 MB. */
const PIECE = 1 << 14;

function decoded(chunks: readonly Chunk[], fileName: string): DecodedPng {
  const file = new Uint8Array(SIGNATURE.length + chunks.reduce((sum, { whole }) => sum + whole.length, 0));
  file.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const { whole } of chunks) {
    file.set(whole, at);
    at += whole.length;
  }
  try {
    return decode(file, { checkCrc: true });
  } catch (error) {
    throw damaged(fileName, reason(error));
  }
}

function pictureOf({ width, height, data, depth, channels, palette }: DecodedPng, transparent: Uint8Array | undefined, fileName: string): Picture {
  const key = transparent && Array.from({ length: transparent.length >> 1 }, (_, i) => (transparent[2 * i] << 8) | transparent[2 * i + 1]);
  const count = width * height;
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const need = depth < 8 ? rowBytes * height : count * channels;
  if (data.length < need) throw damaged(fileName, 'its image data ends early');
  const most = 2 ** depth - 1;
  /** Sample of a pixel, as stored. */
  const sample = (pixel: number, channel: number): number => {
    if (depth >= 8) return data[pixel * channels + channel];
    const bit = (pixel % width) * depth;
    return (data[Math.floor(pixel / width) * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & most;
  };
  const to8 = (value: number): number => (depth === 16 ? value >> 8 : Math.floor((value * 255) / most));
  const rgba = new Uint8Array(count * 4);
  for (let i = 0; i < count; i++) {
    let alpha = 255;
    if (palette !== undefined) {
      const colour = palette[sample(i, 0)];
      if (colour === undefined) throw damaged(fileName, 'a pixel names a colour that its palette does not have');
      rgba.set(colour.slice(0, 3), 4 * i);
      alpha = colour.length > 3 ? colour[3] : 255;
    } else {
      const grey = channels < 3;
      for (let channel = 0; channel < 3; channel++) rgba[4 * i + channel] = to8(sample(i, grey ? 0 : channel));
      if (channels === 2 || channels === 4) alpha = to8(sample(i, channels - 1));
      else if (key !== undefined && key.length >= channels && isKey(i, channels, sample, key)) alpha = 0;
    }
    rgba[4 * i + 3] = alpha;
  }
  return { width, height, pixels: overBlack(rgba, count) };
}

function isKey(pixel: number, channels: number, sample: (pixel: number, channel: number) => number, key: readonly number[]): boolean {
  for (let channel = 0; channel < channels; channel++) if (sample(pixel, channel) !== key[channel]) return false;
  return true;
}

function damaged(fileName: string, what: string): StimulusError {
  return new StimulusError(`${fileName}: this PNG file is damaged (${what}); export it again`);
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 80);
}
