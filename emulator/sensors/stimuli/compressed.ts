/**
 * FLAC and Opus (in Ogg) as sound. The decoders are WebAssembly, loaded when a file of theirs comes. Files are decoded in small
 * pieces and counted meanwhile: a few bytes of either format can stand for seconds of silence.
 * Sources: RFC 9639 (FLAC, STREAMINFO), RFC 3533 (Ogg pages), RFC 7845 (Opus in Ogg: always 48 kHz).
 */
import { oneChannel } from './channels.js';
import { MOST_SAMPLES } from './material.js';
import type { Signal } from './signal.js';
import { StimulusError } from './stimulus-error.js';

interface Decoded { readonly channelData: readonly Float32Array[]; readonly samplesDecoded: number; readonly sampleRate: number; readonly bitDepth?: number; readonly errors: readonly { readonly message: string }[] }
interface Decoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  flush(): Promise<Decoded>;
  free(): void;
}

const PIECE_BYTES = 2048;
/** More than any recorder makes of silence. */
const MOST_SAMPLES_PER_BYTE = 1024;
const SPARE_SAMPLES = 2 ** 20;
const MOST_HZ = 768_000;

/** @throws StimulusError for what is damaged, cut off or too large */
export async function readFlac(bytes: Uint8Array, fileName: string, channel: 'mix' | number): Promise<Signal> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const sound = await decoded(new FLACDecoder(), bytes, fileName, channel);
  const promised = flacSamples(bytes);
  if (promised !== 0 && sound.samples.length < promised) throw new StimulusError(`${fileName}: cut off or damaged: ${sound.samples.length} of ${promised} samples; copy it again`);
  return sound;
}

/** @throws StimulusError for what is damaged, cut off or too large */
export async function readOpus(bytes: Uint8Array, fileName: string, channel: 'mix' | number): Promise<Signal> {
  if (!hasLastPage(bytes)) throw new StimulusError(`${fileName}: cut off: its last page is missing; copy it again`);
  const { OggOpusDecoder } = await import('ogg-opus-decoder');
  return decoded(new OggOpusDecoder(), bytes, fileName, channel);
}

async function decoded(decoder: Decoder, bytes: Uint8Array, fileName: string, channel: 'mix' | number): Promise<Signal> {
  const pieces: Float32Array[] = [];
  let [hz, total] = [0, 0];
  const most = Math.min(MOST_SAMPLES, SPARE_SAMPLES + bytes.length * MOST_SAMPLES_PER_BYTE);
  const take = ({ channelData, samplesDecoded, sampleRate, bitDepth, errors }: Decoded): void => {
    if (errors.length > 0) throw new StimulusError(`${fileName}: damaged (${errors[0].message.slice(0, 100)}); copy it again`);
    if (samplesDecoded === 0) return;
    total += samplesDecoded;
    if (total > most) throw new StimulusError(`${fileName}: more than ${most} samples in ${bytes.length} bytes; cut it`);
    hz = sampleRate;
    pieces.push(oneChannel(channelData.map((samples) => toFullScale(samples.subarray(0, samplesDecoded), bitDepth)), channel, fileName));
  };
  try {
    await decoder.ready;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) take(await decoder.decode(bytes.subarray(at, at + PIECE_BYTES)));
    take(await decoder.flush());
  } catch (error) {
    if (error instanceof StimulusError) throw error;
    throw new StimulusError(`${fileName}: damaged, or not of the kind that it says (${String(error instanceof Error ? error.message : error).slice(0, 100)}); copy it again`);
  } finally {
    decoder.free();
  }
  if (total === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  if (!(hz >= 1 && hz <= MOST_HZ)) throw new StimulusError(`${fileName}: a rate of ${hz} samples per second; use 1 to ${MOST_HZ}`);
  return { hz, samples: joined(pieces, total) };
}

/** The FLAC decoder divides by the largest positive integer; everything here has a power of two as its full scale. */
function toFullScale(samples: Float32Array, bitDepth: number | undefined): Float32Array {
  if (bitDepth === undefined) return samples;
  const fullScale = 2 ** (bitDepth - 1);
  return samples.map((sample) => Math.round(sample * (fullScale - 1)) / fullScale);
}

function joined(pieces: readonly Float32Array[], length: number): Float32Array {
  const samples = new Float32Array(length);
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return samples;
}

/** The number of samples that STREAMINFO, the first block, promises: 36 bits from bit 108 on; 0 when it does not say. */
function flacSamples(bytes: Uint8Array): number {
  const streamInfo = 8;
  if (bytes.length < streamInfo + 18) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (view.getUint8(streamInfo + 13) & 0x0f) * 2 ** 32 + view.getUint32(streamInfo + 14);
}

/** Whether the last Ogg page that begins in the file is marked as the last, and is all there. */
function hasLastPage(bytes: Uint8Array): boolean {
  const headerBytes = 27;
  for (let at = bytes.length - headerBytes; at >= 0; at--) {
    if (bytes[at] !== 0x4f || bytes[at + 1] !== 0x67 || bytes[at + 2] !== 0x67 || bytes[at + 3] !== 0x53) continue;
    const segments = bytes[at + 26];
    const body = at + headerBytes + segments;
    const length = bytes.subarray(at + headerBytes, body).reduce((sum, segment) => sum + segment, 0);
    return (bytes[at + 5] & 4) !== 0 && body + length <= bytes.length;
  }
  return false;
}
