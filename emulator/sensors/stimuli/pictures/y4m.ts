/**
 * YUV4MPEG2 (raw video of mjpegtools; yuv4mpeg(5)): 4:2:0 in its placements, 4:2:2, 4:4:4, 4:1:1 and mono, 8 bits. A pixel takes the
 * nearest chroma sample up and to the left.
 * To RGB after ITU-R BT.601, in whole numbers, >> rounding down, with D = U - 128 and E = V - 128:
 *   limited range (16 to 235; the default), C = Y - 16:  R = (298 C + 409 E + 128) >> 8,  G = (298 C - 100 D - 208 E + 128) >> 8,  B = (298 C + 516 D + 128) >> 8
 *   full range (XCOLORRANGE=FULL; jpeg in C420jpeg is where chroma stands, no range):  R = Y + ((359 E + 128) >> 8),  G = Y + ((-88 D - 183 E + 128) >> 8),  B = Y + ((454 D + 128) >> 8)
 * each cut to 0 to 255. Interlaced video is taken as it stands.
 */
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';
import { checkSize, MOST_FRAMES, type Film } from './film.js';

const FRAME = 'FRAME';
const LONGEST_LINE = 1024;
const LINE_END = 10;

/** How many columns and rows share a chroma sample. */
const SUBSAMPLING: Readonly<Record<string, readonly [number, number] | undefined>> = {
  '420': [2, 2], '420jpeg': [2, 2], '420mpeg2': [2, 2], '420paldv': [2, 2], '422': [2, 1], '444': [1, 1], '411': [4, 1], mono: [0, 0],
};

interface Header { readonly width: number; readonly height: number; readonly across: number; readonly down: number; readonly isFull: boolean; readonly framesPerSecond: number }

/** Frames are decoded when they are seen. @throws StimulusError for what is damaged, truncated or of another depth */
export function readY4m(bytes: Uint8Array, fileName: string): Film {
  const end = lineEnd(bytes, 0);
  if (end < 0) throw damaged(fileName, 'its first line does not end');
  const header = parseHeader(text(bytes, 0, end), fileName);
  const { width, height, across, down } = header;
  const chroma = across === 0 ? 0 : Math.ceil(width / across) * Math.ceil(height / down);
  const length = width * height + 2 * chroma;
  const offsets: number[] = [];
  for (let at = end + 1; at < bytes.length;) {
    const frameEnd = lineEnd(bytes, at);
    if (frameEnd < 0 || text(bytes, at, at + FRAME.length) !== FRAME) throw damaged(fileName, `frame ${offsets.length} does not begin with ${FRAME}`);
    if (frameEnd + 1 + length > bytes.length) throw new StimulusError(`${fileName}: this Y4M file ends in the middle of frame ${offsets.length}; copy it again`);
    if (offsets.length >= MOST_FRAMES) throw new StimulusError(`${fileName}: more than ${MOST_FRAMES} frames; cut it`);
    offsets.push(frameEnd + 1);
    at = frameEnd + 1 + length;
  }
  if (offsets.length === 0) throw damaged(fileName, 'no frame in it');
  const starts = Float64Array.from(offsets, (_, index) => index / header.framesPerSecond);
  let shown: { readonly index: number; readonly picture: Picture } | undefined;
  return {
    count: offsets.length, starts, duration: offsets.length / header.framesPerSecond,
    frame: (index) => {
      if (shown?.index !== index) shown = { index, picture: decode(bytes.subarray(offsets[index], offsets[index] + length), header) };
      return shown.picture;
    },
  };
}

function parseHeader(line: string, fileName: string): Header {
  const fields = line.split(' ').slice(1).filter((field) => field !== '');
  const field = (letter: string): string | undefined => fields.find((one) => one.startsWith(letter) && letter !== 'X')?.slice(1);
  const [width, height] = [Number(field('W')), Number(field('H'))];
  if (!Number.isInteger(width) || !Number.isInteger(height)) throw damaged(fileName, 'no width or height in its first line');
  checkSize(width, height, fileName);
  const colours = field('C') ?? '420';
  const subsampling = SUBSAMPLING[colours];
  if (subsampling === undefined) throw new StimulusError(`${fileName}: Y4M in C${colours.slice(0, 20)} cannot be read; convert it to one of ${Object.keys(SUBSAMPLING).join(', ')}, 8 bits`);
  const rate = /^(\d{1,9}):(\d{1,9})$/.exec(field('F') ?? '25:1');
  const framesPerSecond = rate === null ? NaN : Number(rate[1]) / Number(rate[2]);
  if (!(framesPerSecond > 0 && framesPerSecond < 1e6)) throw damaged(fileName, 'a frame rate that is none');
  const range = fields.find((one) => one.startsWith('XCOLORRANGE='))?.slice('XCOLORRANGE='.length);
  return { width, height, across: subsampling[0], down: subsampling[1], isFull: range === 'FULL', framesPerSecond };
}

function decode(frame: Uint8Array, { width, height, across, down, isFull }: Header): Picture {
  const pixels = new Uint8Array(width * height * 3);
  const perRow = across === 0 ? 0 : Math.ceil(width / across);
  const [u, v] = [width * height, width * height + (across === 0 ? 0 : perRow * Math.ceil(height / down))];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const i = row * width + column;
      const chroma = across === 0 ? -1 : Math.floor(row / down) * perRow + Math.floor(column / across);
      const d = chroma < 0 ? 0 : frame[u + chroma] - 128;
      const e = chroma < 0 ? 0 : frame[v + chroma] - 128;
      if (isFull) setFull(pixels, 3 * i, frame[i], d, e);
      else setLimited(pixels, 3 * i, 298 * (frame[i] - 16) + 128, d, e);
    }
  }
  return { width, height, pixels };
}

function setFull(pixels: Uint8Array, at: number, y: number, d: number, e: number): void {
  pixels[at] = clamp(y + ((359 * e + 128) >> 8));
  pixels[at + 1] = clamp(y + ((-88 * d - 183 * e + 128) >> 8));
  pixels[at + 2] = clamp(y + ((454 * d + 128) >> 8));
}

function setLimited(pixels: Uint8Array, at: number, c: number, d: number, e: number): void {
  pixels[at] = clamp((c + 409 * e) >> 8);
  pixels[at + 1] = clamp((c - 100 * d - 208 * e) >> 8);
  pixels[at + 2] = clamp((c + 516 * d) >> 8);
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < Math.min(bytes.length, from + LONGEST_LINE); at++) if (bytes[at] === LINE_END) return at;
  return -1;
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

function damaged(fileName: string, what: string): StimulusError {
  return new StimulusError(`${fileName}: this Y4M file is damaged (${what}); convert it again`);
}
