/**
 * JPEG (ITU-T T.81), by the library jpeg-js: baseline and progressive, grey, YCbCr and CMYK, turned as its Exif tag 0x0112 says (Exif 2.3,
 * 4.6.4 A). Sizes and the count of scans are read from the markers first: a scan may go over every block of the picture.
 */
import * as library from 'jpeg-js';
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';
import { checkSize } from './film.js';

/** Bundlers see a module with named exports, Node a CommonJS one with all of it as its default. */
const { decode } = 'decode' in library ? library : (library as unknown as { readonly default: typeof library }).default;

/** Encoders write 10 at most. */
const MOST_SCANS = 64;
const MOST_MEGABYTES = 512;

/** @throws StimulusError for what is damaged, truncated or too large */
export function readJpeg(bytes: Uint8Array, fileName: string): Picture {
  const { width, height, scans, orientation, isWhole } = scanMarkers(bytes);
  if (width === undefined || height === undefined) throw damaged(fileName, 'no frame header');
  checkSize(width, height, fileName);
  if (scans > MOST_SCANS) throw damaged(fileName, `${scans} scans`);
  if (!isWhole) throw new StimulusError(`${fileName}: this JPEG file has no end; copy it again`);
  let decoded: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  try {
    decoded = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false, maxResolutionInMP: 17, maxMemoryUsageInMB: MOST_MEGABYTES });
  } catch (error) {
    throw damaged(fileName, (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 80));
  }
  if (decoded.data.length < decoded.width * decoded.height * 3) throw damaged(fileName, 'its image data ends early');
  return turned({ width: decoded.width, height: decoded.height, pixels: new Uint8Array(decoded.data) }, orientation);
}

interface Markers { readonly width: number | undefined; readonly height: number | undefined; readonly scans: number; readonly orientation: number; readonly isWhole: boolean }

function scanMarkers(bytes: Uint8Array): Markers {
  let [width, height]: (number | undefined)[] = [];
  let scans = 0;
  let orientation = 1;
  let isWhole = false;
  const word = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  for (let at = 2; at + 1 < bytes.length;) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff || (bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7)) {
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === 0xd9) {
      isWhole = true;
      break;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && width === undefined) [height, width] = [word(at + 5), word(at + 7)];
    if (marker === 0xda) scans++;
    if (marker === 0xe1) orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + word(at + 2))) ?? orientation;
    at += 2 + Math.max(2, word(at + 2));
  }
  return { width, height, scans, orientation, isWhole };
}

/** @param segment of APP1, from its identifier on */
function exifOrientation(segment: Uint8Array): number | undefined {
  if (segment.length < 14 || String.fromCharCode(...segment.subarray(0, 4)) !== 'Exif') return undefined;
  const tiff = segment.subarray(6);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = tiff[0] === 0x49;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return undefined;
    if (view.getUint16(at, little) === 0x0112) {
      const value = view.getUint16(at + 8, little);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  }
  return undefined;
}

/** Tag values 1 to 8: where the picture's row 0 and column 0 are to be seen. */
function turned({ width, height, pixels }: Picture, orientation: number): Picture {
  if (orientation === 1) return { width, height, pixels };
  const isAcross = orientation >= 5;
  const [w, h] = isAcross ? [height, width] : [width, height];
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [column, row] = SOURCES[orientation - 1](x, y, width - 1, height - 1);
      const [from, to] = [3 * (row * width + column), 3 * (y * w + x)];
      out[to] = pixels[from];
      out[to + 1] = pixels[from + 1];
      out[to + 2] = pixels[from + 2];
    }
  }
  return { width: w, height: h, pixels: out };
}

/** Column and row in the file of what is seen at x, y; `right` and `bottom`: the file's last ones. */
const SOURCES: readonly ((x: number, y: number, right: number, bottom: number) => readonly [number, number])[] = [
  (x, y) => [x, y],
  (x, y, right) => [right - x, y],
  (x, y, right, bottom) => [right - x, bottom - y],
  (x, y, _right, bottom) => [x, bottom - y],
  (x, y) => [y, x],
  (x, y, _right, bottom) => [y, bottom - x],
  (x, y, right, bottom) => [right - y, bottom - x],
  (x, y, right) => [right - y, x],
];

function damaged(fileName: string, what: string): StimulusError {
  return new StimulusError(`${fileName}: this JPEG file is damaged or of an unusual kind (${what}); export it again as baseline JPEG`);
}
