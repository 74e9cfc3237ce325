/**
 * FLAC: lossless sound of 4 to 32 bits. Our own reader, as those that npm has are under the LGPL or lose the last frame of some files.
 * Source: RFC 9639, chapters 8 (metadata), 9 (frames), 9.2 (subframes). Every frame's checksum is verified. Not verified: the MD5 of the whole.
 */
import { BitReader } from './bit-reader.js';

/** What STREAMINFO, the first block, says; 0 samples when it does not say how many. */
export interface FlacStream { readonly hz: number; readonly channels: number; readonly bits: number; readonly samples: number }

/** One block of sound, integers by channel. */
export interface FlacFrame { readonly hz: number; readonly bits: number; readonly channels: readonly Float64Array[] }

/** @throws RangeError with a few words when the bytes are not FLAC */
export function* flacFrames(bytes: Uint8Array): Generator<FlacFrame, void, void> {
  const { stream, firstFrame } = readMetadata(bytes);
  for (let at = firstFrame; at < bytes.length;) {
    // Encoders end files at a frame; taggers append ID3v1 (128 bytes from "TAG").
    if (bytes.length - at === 128 && bytes[at] === 0x54 && bytes[at + 1] === 0x41 && bytes[at + 2] === 0x47) return;
    const { frame, next } = readFrame(bytes, at, stream);
    yield frame;
    at = next;
  }
}

/** @throws RangeError */
export const flacStream = (bytes: Uint8Array): FlacStream => readMetadata(bytes).stream;

function readMetadata(bytes: Uint8Array): { stream: FlacStream; firstFrame: number } {
  let stream: FlacStream | undefined;
  for (let at = 4, last = false; !last;) {
    const header = new BitReader(bytes, at);
    last = header.unsigned(1) === 1;
    const [kind, length] = [header.unsigned(7), header.unsigned(24)];
    if (kind === 0) stream = readStreamInfo(new BitReader(bytes, at + 4));
    at += 4 + length;
    if (last && stream !== undefined) return { stream, firstFrame: at };
  }
  throw new RangeError('no STREAMINFO block');
}

function readStreamInfo(reader: BitReader): FlacStream {
  reader.unsigned(16 + 16);   // block sizes
  reader.unsigned(24 + 24);   // frame sizes
  const hz = reader.unsigned(20), channels = reader.unsigned(3) + 1, bits = reader.unsigned(5) + 1;
  return { hz, channels, bits, samples: reader.unsigned(36) };
}

/** RFC 9639, 9.1.1 to 9.1.4, by the header's codes. */
const BLOCK_SIZES = [0, 192, 576, 1152, 2304, 4608, 0, 0, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768];
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const DEPTHS = [0, 8, 12, 0, 16, 20, 24, 32];
const LEFT_SIDE = 8, SIDE_RIGHT = 9, MID_SIDE = 10;

function readFrame(bytes: Uint8Array, at: number, stream: FlacStream): { frame: FlacFrame; next: number } {
  const reader = new BitReader(bytes, at);
  if (reader.unsigned(15) !== 0x7ffc) throw new RangeError(`no frame at byte ${at}`);
  reader.unsigned(1);
  const [sizeCode, rateCode, layout, depthCode] = [reader.unsigned(4), reader.unsigned(4), reader.unsigned(4), reader.unsigned(3)];
  reader.unsigned(1);
  skipCodedNumber(reader);
  const size = sizeCode === 6 ? reader.unsigned(8) + 1 : sizeCode === 7 ? reader.unsigned(16) + 1 : BLOCK_SIZES[sizeCode];
  const hz = rateCode < 12 ? RATES[rateCode] || stream.hz : reader.unsigned(rateCode === 12 ? 8 : 16) * [1000, 1, 10][rateCode - 12];
  const bits = depthCode === 0 ? stream.bits : DEPTHS[depthCode];
  const checked = reader.byte;
  if (reader.unsigned(8) !== crc(bytes, at, checked, 8, 0x07)) throw new RangeError(`the frame at byte ${at} has a wrong header`);
  if (size === 0 || bits === 0 || rateCode === 15 || layout > MID_SIDE) throw new RangeError(`the frame at byte ${at} has a reserved code`);
  const channels = readChannels(reader, layout, size, bits);
  reader.toByte();
  const end = reader.byte;
  if (reader.unsigned(16) !== crc(bytes, at, end, 16, 0x8005)) throw new RangeError(`the frame at byte ${at} is damaged`);
  return { frame: { hz, bits, channels }, next: end + 2 };
}

/** The frame's or sample's number, in the manner of UTF-8: nobody here needs it. */
function skipCodedNumber(reader: BitReader): void {
  const first = reader.unsigned(8);
  const leadingOnes = Math.clz32(~(first << 24));
  if (leadingOnes === 1 || leadingOnes > 7) throw new RangeError('a frame has a wrong number');
  for (let left = leadingOnes - 1; left > 0; left--) reader.unsigned(8);
}

function readChannels(reader: BitReader, layout: number, size: number, bits: number): Float64Array[] {
  if (layout < LEFT_SIDE) return Array.from({ length: layout + 1 }, () => readSubframe(reader, size, bits));
  // The side channel has one bit more.
  const first = readSubframe(reader, size, layout === SIDE_RIGHT ? bits + 1 : bits);
  const second = readSubframe(reader, size, layout === SIDE_RIGHT ? bits : bits + 1);
  for (let i = 0; i < size; i++) {
    const [a, b] = [first[i], second[i]];
    if (layout === LEFT_SIDE) second[i] = a - b;
    else if (layout === SIDE_RIGHT) first[i] = a + b;
    else {
      const sum = 2 * a + (Math.abs(b) % 2);
      first[i] = (sum + b) / 2;
      second[i] = (sum - b) / 2;
    }
  }
  return [first, second];
}

function readSubframe(reader: BitReader, size: number, depth: number): Float64Array {
  if (reader.unsigned(1) !== 0) throw new RangeError('a subframe begins wrongly');
  const kind = reader.unsigned(6);
  const wasted = reader.unsigned(1) === 1 ? reader.unary() + 1 : 0;
  const bits = depth - wasted;
  if (bits < 1) throw new RangeError('a subframe has no bits');
  const samples = new Float64Array(size);
  if (kind === 0) samples.fill(reader.signed(bits));
  else if (kind === 1) for (let i = 0; i < size; i++) samples[i] = reader.signed(bits);
  else if (kind >= 8 && kind <= 12) readPredicted(reader, samples, bits, kind - 8);
  else if (kind >= 32) readPredicted(reader, samples, bits, kind - 31, true);
  else throw new RangeError('a subframe is of a reserved kind');
  if (wasted > 0) for (let i = 0; i < size; i++) samples[i] *= 2 ** wasted;
  return samples;
}

/** RFC 9639, 9.2.5: fixed predictors by order. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

function readPredicted(reader: BitReader, samples: Float64Array, bits: number, order: number, isLinear = false): void {
  if (order > samples.length) throw new RangeError('a subframe has more warm-up samples than samples');
  for (let i = 0; i < order; i++) samples[i] = reader.signed(bits);
  let coefficients: readonly number[] = FIXED[order], shift = 0;
  if (isLinear) {
    const precision = reader.unsigned(4) + 1;
    shift = reader.signed(5);
    if (precision === 16 || shift < 0) throw new RangeError('a subframe has a reserved precision or shift');
    coefficients = Array.from({ length: order }, () => reader.signed(precision));
  }
  readResidual(reader, samples, order);
  // Sums stay below 2^53: 32 coefficients of 15 bits, samples of 33.
  const divisor = 2 ** shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += coefficients[j] * samples[i - 1 - j];
    samples[i] += Math.floor(sum / divisor);
  }
}

/** RFC 9639, 9.2.7: Rice codes in partitions of equal length, the first of which lacks the warm-up samples. */
function readResidual(reader: BitReader, samples: Float64Array, order: number): void {
  const method = reader.unsigned(2);
  if (method > 1) throw new RangeError('a subframe has a reserved residual');
  const [width, partitions] = [method === 0 ? 4 : 5, 2 ** reader.unsigned(4)];
  const length = samples.length / partitions;
  if (!Number.isInteger(length) || length < order) throw new RangeError('a subframe has partitions that do not fit');
  for (let partition = 0; partition < partitions; partition++) {
    const parameter = reader.unsigned(width);
    const isEscaped = parameter === 2 ** width - 1;
    const rawBits = isEscaped ? reader.unsigned(5) : 0;
    for (let i = partition === 0 ? order : partition * length; i < (partition + 1) * length; i++) {
      samples[i] = isEscaped ? rawBits === 0 ? 0 : reader.signed(rawBits) : unfolded(reader.unary() * 2 ** parameter + reader.unsigned(parameter));
    }
  }
}

/** 0, -1, 1, -2, 2, ... */
const unfolded = (folded: number): number => folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;

/** Of bytes `from` to `to`: begins with 0, most significant bit first (RFC 9639, 9.1.8 and 9.3). */
function crc(bytes: Uint8Array, from: number, to: number, width: 8 | 16, polynomial: number): number {
  const top = 1 << (width - 1), mask = 2 ** width - 1;
  let value = 0;
  for (let at = from; at < to; at++) {
    value ^= bytes[at] << (width - 8);
    for (let bit = 0; bit < 8; bit++) value = (value & top ? (value << 1) ^ polynomial : value << 1) & mask;
  }
  return value;
}
