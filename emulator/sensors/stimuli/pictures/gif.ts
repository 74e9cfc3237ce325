/**
 * GIF, 87a and 89a, still and animated: interlacing, transparency over black, disposal 0 to 3, delays in hundredths of a second (0 and 1
 * count as 10, as browsers have it). Loops of the file are not followed: `loop` of the schedule says.
 * Source: Graphics Interchange Format version 89a, W3C. Own code, since the library at hand reads past a truncated picture and says
 * so on the console only.
 */
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';
import { checkFilm, checkSize, filmOf, type Film } from './film.js';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const CONTROL = 0xf9;
const MOST_CODES = 4096;
const KEEP = 1;
const TO_BACKGROUND = 2;
const TO_PREVIOUS = 3;

interface Shot {
  readonly x: number; readonly y: number; readonly width: number; readonly height: number;
  readonly isInterlaced: boolean;
  readonly colours: Uint8Array;
  readonly codeSize: number;
  readonly data: Uint8Array;
  readonly transparent: number;
  readonly disposal: number;
  readonly hundredths: number;
}

/** @throws StimulusError for what is damaged, truncated or too large */
export function readGif(bytes: Uint8Array, fileName: string): Film {
  const { width, height, shots } = new Parser(bytes, fileName).parse();
  const seconds = shots.map(({ hundredths }) => (hundredths < 2 ? 10 : hundredths) / 100);
  const pictures: Picture[] = [];
  const canvas = new Uint8Array(width * height * 3);
  for (const shot of shots) {
    const before = shot.disposal === TO_PREVIOUS ? canvas.slice() : undefined;
    draw(canvas, width, height, shot, unpack(shot, fileName));
    pictures.push({ width, height, pixels: canvas.slice() });
    if (before !== undefined) canvas.set(before);
    else if (shot.disposal === TO_BACKGROUND) clear(canvas, width, height, shot);
  }
  return shots.length === 1 ? { ...filmOf(pictures, [0]), duration: 0 } : filmOf(pictures, seconds);
}

class Parser {
  private at = 6;

  constructor(private readonly bytes: Uint8Array, private readonly fileName: string) {}

  parse(): { readonly width: number; readonly height: number; readonly shots: readonly Shot[] } {
    const [width, height] = [this.word(), this.word()];
    checkSize(width, height, this.fileName);
    const packed = this.byte();
    this.at += 2;
    const global = (packed & 0x80) !== 0 ? this.take(3 << ((packed & 7) + 1)) : undefined;
    const shots: Shot[] = [];
    let unpacked = 0;
    let control = NO_CONTROL;
    for (;;) {
      const kind = this.byte();
      if (kind === TRAILER) break;
      if (kind === EXTENSION) control = this.extension() ?? control;
      else if (kind === IMAGE) {
        const shot = this.image(global, control);
        shots.push(shot);
        // A part may be larger than what is seen of it.
        unpacked += shot.width * shot.height;
        checkFilm(width, height, shots.length, this.fileName);
        checkFilm(unpacked, 1, 1, this.fileName);
        control = NO_CONTROL;
      } else throw damaged(this.fileName, `a block of kind 0x${kind.toString(16)}`);
    }
    if (shots.length === 0) throw damaged(this.fileName, 'no picture in it');
    return { width, height, shots };
  }

  private extension(): typeof NO_CONTROL | undefined {
    const label = this.byte();
    const data = this.blocks();
    if (label !== CONTROL || data.length < 4) return undefined;
    return { disposal: (data[0] >> 2) & 7, hundredths: data[1] | (data[2] << 8), transparent: (data[0] & 1) !== 0 ? data[3] : -1 };
  }

  private image(global: Uint8Array | undefined, control: typeof NO_CONTROL): Shot {
    const [x, y, width, height] = [this.word(), this.word(), this.word(), this.word()];
    checkSize(width, height, this.fileName);
    const packed = this.byte();
    const colours = (packed & 0x80) !== 0 ? this.take(3 << ((packed & 7) + 1)) : global;
    if (colours === undefined) throw damaged(this.fileName, 'a picture without colours');
    const codeSize = this.byte();
    if (codeSize < 1 || codeSize > 8) throw damaged(this.fileName, `codes of ${codeSize} bits`);
    return { x, y, width, height, isInterlaced: (packed & 0x40) !== 0, colours, codeSize, data: this.blocks(), ...control };
  }

  private blocks(): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (let size = this.byte(); size !== 0; size = this.byte()) {
      pieces.push(this.take(size));
      length += size;
    }
    const joined = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  private take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw truncated(this.fileName);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private byte(): number {
    if (this.at >= this.bytes.length) throw truncated(this.fileName);
    return this.bytes[this.at++];
  }

  private word(): number {
    return this.byte() | (this.byte() << 8);
  }
}

const NO_CONTROL = { disposal: KEEP, hundredths: 0, transparent: -1 };

/** LZW with codes of growing width (appendix F): indices of colours in the order of the file. */
function unpack({ codeSize, data, width, height }: Shot, fileName: string): Uint8Array {
  const out = new Uint8Array(width * height);
  const prefix = new Uint16Array(MOST_CODES);
  const suffix = new Uint8Array(MOST_CODES);
  const lengths = new Uint16Array(MOST_CODES);
  const clearCode = 1 << codeSize;
  for (let code = 0; code < clearCode; code++) {
    suffix[code] = code;
    lengths[code] = 1;
  }
  let [next, bits, previous, at, filled] = [clearCode + 2, codeSize + 1, -1, 0, 0];
  let [buffer, held] = [0, 0];
  while (filled < out.length) {
    while (held < bits) {
      if (at >= data.length) throw truncated(fileName);
      buffer |= data[at++] << held;
      held += 8;
    }
    const code = buffer & ((1 << bits) - 1);
    buffer >>>= bits;
    held -= bits;
    if (code === clearCode) {
      [next, bits, previous] = [clearCode + 2, codeSize + 1, -1];
      continue;
    }
    if (code === clearCode + 1) throw truncated(fileName);
    if (code > next || (code === next && previous < 0) || (previous < 0 && code > clearCode)) throw damaged(fileName, 'a code that nothing stands for');
    if (previous >= 0 && next < MOST_CODES) {
      prefix[next] = previous;
      lengths[next] = lengths[previous] + 1;
      suffix[next] = firstOf(code === next ? previous : code, prefix, lengths, suffix);
      next++;
      if (next === 1 << bits && bits < 12) bits++;
    }
    if (code >= next) throw damaged(fileName, 'a code that nothing stands for');
    const length = lengths[code];
    let rest = code;
    for (let i = filled + length - 1; i >= filled; i--) {
      if (i < out.length) out[i] = suffix[rest];
      rest = prefix[rest];
    }
    filled += length;
    previous = code;
  }
  return out;
}

function firstOf(code: number, prefix: Uint16Array, lengths: Uint16Array, suffix: Uint8Array): number {
  let first = code;
  for (let left = lengths[code]; left > 1; left--) first = prefix[first];
  return suffix[first];
}

/** First row and step of the four passes of an interlaced picture (appendix E). */
const PASSES = [[0, 8], [4, 8], [2, 4], [1, 2]] as const;

function rowOrder(height: number, isInterlaced: boolean): number[] {
  if (!isInterlaced) return Array.from({ length: height }, (_, row) => row);
  return PASSES.flatMap(([first, step]) => Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, n) => first + n * step));
}

function draw(canvas: Uint8Array, width: number, height: number, shot: Shot, indices: Uint8Array): void {
  const { colours, transparent } = shot;
  rowOrder(shot.height, shot.isInterlaced).forEach((row, inFile) => {
    const y = shot.y + row;
    if (y >= height) return;
    for (let column = 0; column < shot.width && shot.x + column < width; column++) {
      const index = indices[inFile * shot.width + column];
      if (index === transparent || 3 * index + 2 >= colours.length) continue;
      const at = 3 * (y * width + shot.x + column);
      canvas[at] = colours[3 * index];
      canvas[at + 1] = colours[3 * index + 1];
      canvas[at + 2] = colours[3 * index + 2];
    }
  });
}

function clear(canvas: Uint8Array, width: number, height: number, { x, y, width: across, height: down }: Shot): void {
  for (let row = y; row < Math.min(height, y + down); row++) canvas.fill(0, 3 * (row * width + Math.min(x, width)), 3 * (row * width + Math.min(width, x + across)));
}

function truncated(fileName: string): StimulusError {
  return new StimulusError(`${fileName}: this GIF file ends in the middle of a picture; copy it again`);
}

function damaged(fileName: string, what: string): StimulusError {
  return new StimulusError(`${fileName}: this GIF file is damaged (${what}); export it again`);
}
