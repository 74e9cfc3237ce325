/**
 * Baseline JPEG (ITU-T T.81) as cameras with an encoder put it out: 4:2:2, the tables of Annex K, those for luminance for all
 * components' Huffman codes. In whole numbers, so that every engine gives the same bytes; own code, since the library that
 * decodes needs Node to encode. The DCT sums 11-bit cosines; a coefficient is rounded to nearest, away from zero.
 */
import { blueDifference, luma, redDifference, type Pixels } from './colour.js';

/** Table K.1 and K.2, by rows. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];
/** Table K.3: how many codes of each length, and their values. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/** Table K.5. */
const AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const AC_VALUES = bytesOf(
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a'
  + '434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa'
  + 'b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa');
const ZIGZAG = zigzag();
/** round(2048 cos((2 x + 1) u pi / 16) c(u) / 2), by u, then x. */
const COSINES = Int32Array.from({ length: 64 }, (_, i) => Math.round(2048 * Math.cos((((2 * (i & 7) + 1) * (i >> 3)) * Math.PI) / 16) * (i < 8 ? Math.SQRT1_2 : 1) / 2));
const DCT_BITS = 22;

/** @param scale tables of Annex K times this over 16, from 1 to 255: 16 for the tables as they are, less for more quality */
export function encodeJpeg({ width, height, rgb }: Pixels, scale: number): Uint8Array {
  const quantisers = [LUMINANCE, CHROMINANCE].map((table) => table.map((entry) => Math.max(1, Math.min(255, (entry * scale + 8) >> 4))));
  const out = new Writer();
  writeHeaders(out, width, height, quantisers);
  const previous = [0, 0, 0];
  const block = new Int32Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 16) {
      for (let component = 0; component < 4; component++) {
        // Two of luminance, then U and V of both.
        const isLuma = component < 2;
        fill(block, isLuma ? LUMA : component === 2 ? BLUE : RED, { width, height, rgb }, left + (component === 1 ? 8 : 0), top, isLuma ? 1 : 2);
        const which = isLuma ? 0 : component - 1;
        previous[which] = encodeBlock(out, block, quantisers[isLuma ? 0 : 1], previous[which]);
      }
    }
  }
  return out.end();
}

const LUMA = luma;
const BLUE = blueDifference;
const RED = redDifference;

/** Samples less 128; the last column and row go on beyond the picture. @param across pixels whose mean, rounded up from a half, is a sample */
function fill(block: Int32Array, value: (r: number, g: number, b: number) => number, { width, height, rgb }: Pixels, left: number, top: number, across: number): void {
  for (let y = 0; y < 8; y++) {
    const row = Math.min(top + y, height - 1) * width;
    for (let x = 0; x < 8; x++) {
      let sum = across >> 1;
      for (let k = 0; k < across; k++) {
        const at = 3 * (row + Math.min(left + x * across + k, width - 1));
        sum += value(rgb[at], rgb[at + 1], rgb[at + 2]);
      }
      block[8 * y + x] = (across === 2 ? sum >> 1 : sum) - 128;
    }
  }
}

const half = new Int32Array(64);
const levels = new Int32Array(64);

/** @returns the block's DC level */
function encodeBlock(out: Writer, block: Int32Array, quantiser: readonly number[], previous: number): number {
  for (let y = 0; y < 8; y++) for (let u = 0; u < 8; u++) {
    let sum = 0;
    for (let x = 0; x < 8; x++) sum += COSINES[8 * u + x] * block[8 * y + x];
    half[8 * y + u] = sum;
  }
  for (let i = 0; i < 64; i++) {
    const natural = ZIGZAG[i];
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += COSINES[8 * (natural >> 3) + y] * half[8 * y + (natural & 7)];
    const step = quantiser[natural] * 2 ** DCT_BITS;
    levels[i] = sum < 0 ? -Math.floor((-2 * sum + step) / (2 * step)) : Math.floor((2 * sum + step) / (2 * step));
  }
  out.level(DC_CODES, 0, levels[0] - previous);
  let zeros = 0;
  for (let i = 1; i < 64; i++) {
    if (levels[i] === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) out.code(AC_CODES, 0xf0);
    out.level(AC_CODES, zeros, levels[i]);
    zeros = 0;
  }
  if (zeros > 0) out.code(AC_CODES, 0);
  return levels[0];
}

interface Codes { readonly words: Uint16Array; readonly lengths: Uint8Array }

/** Annex C: codes of a length count up, and the next length begins with twice that. */
function codesOf(counts: readonly number[], values: ArrayLike<number>): Codes {
  const [words, lengths] = [new Uint16Array(256), new Uint8Array(256)];
  let [code, at] = [0, 0];
  counts.forEach((count, index) => {
    for (let k = 0; k < count; k++) {
      words[values[at]] = code++;
      lengths[values[at++]] = index + 1;
    }
    code <<= 1;
  });
  return { words, lengths };
}

const DC_CODES = codesOf(DC_COUNTS, DC_VALUES);
const AC_CODES = codesOf(AC_COUNTS, AC_VALUES);

class Writer {
  private bytes = new Uint8Array(1 << 14);
  private length = 0;
  private buffer = 0;
  private held = 0;

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const longer = new Uint8Array(2 * this.length);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes[this.length++] = value;
  }

  segment(marker: number, payload: readonly number[]): void {
    for (const value of [0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 0xff, ...payload]) this.byte(value);
  }

  code({ words, lengths }: Codes, symbol: number): void {
    this.bits(words[symbol], lengths[symbol]);
  }

  /** F.1.2: the category's code, after so many zeros, and the bits that tell the value within it. */
  level(codes: Codes, zeros: number, value: number): void {
    const category = 32 - Math.clz32(Math.abs(value));
    this.code(codes, (zeros << 4) | category);
    this.bits(value < 0 ? value + (1 << category) - 1 : value, category);
  }

  end(): Uint8Array {
    if (this.held > 0) this.bits(0x7f, 8 - this.held);
    this.byte(0xff);
    this.byte(0xd9);
    return this.bytes.slice(0, this.length);
  }

  private bits(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.buffer = (this.buffer << 1) | ((value >> bit) & 1);
      if (++this.held < 8) continue;
      this.byte(this.buffer);
      if (this.buffer === 0xff) this.byte(0);
      this.buffer = this.held = 0;
    }
  }
}

function writeHeaders(out: Writer, width: number, height: number, quantisers: readonly (readonly number[])[]): void {
  out.byte(0xff);
  out.byte(0xd8);
  out.segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  quantisers.forEach((table, index) => out.segment(0xdb, [index, ...Array.from(ZIGZAG, (natural) => table[natural])]));
  out.segment(0xc0, [8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3, 1, 0x21, 0, 2, 0x11, 1, 3, 0x11, 1]);
  out.segment(0xc4, [0x00, ...DC_COUNTS, ...DC_VALUES]);
  out.segment(0xc4, [0x10, ...AC_COUNTS, ...AC_VALUES]);
  out.segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
}

/** Figure A.6: the place in the block of each coefficient in its order. */
function zigzag(): Uint8Array {
  const order: number[] = [];
  for (let sum = 0; sum < 15; sum++) {
    const places = Array.from({ length: 8 }, (_, row) => row).filter((row) => sum - row >= 0 && sum - row < 8).map((row) => 8 * row + (sum - row));
    order.push(...(sum % 2 === 0 ? places.reverse() : places));
  }
  return Uint8Array.from(order);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
