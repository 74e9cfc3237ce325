/**
 * FLAC and Opus (in Ogg) as sound. The Opus decoder is WebAssembly, loaded when a file of its kind comes. What a file stands for is
 * counted as it is decoded: a few bytes of either format can mean seconds of silence.
 * Sources: RFC 9639 (FLAC), RFC 7845 (Opus in Ogg: always 48 kHz; header, chapter 5; pre-skip and end trimming, chapter 4).
 */
import { oneChannel } from './channels.js';
import { flacFrames, flacStream } from './flac.js';
import { MOST_SAMPLES } from './material.js';
import { oggPackets } from './ogg.js';
import type { Signal } from './signal.js';
import { StimulusError } from './stimulus-error.js';

/** More than any recorder makes of silence. */
const MOST_SAMPLES_PER_BYTE = 1024;
const SPARE_SAMPLES = 2 ** 20;
const OPUS_HZ = 48_000;

/** @throws StimulusError for what is damaged, cut off or too large */
export function readFlac(bytes: Uint8Array, fileName: string, channel: 'mix' | number): Signal {
  const sound = new Pieces(bytes, fileName, channel);
  const stream = wellFormed(fileName, () => {
    for (const { channels, bits } of flacFrames(bytes)) sound.add(channels.map((samples) => samples.map((sample) => sample / 2 ** (bits - 1))));
    return flacStream(bytes);
  });
  if (sound.length < stream.samples) throw new StimulusError(`${fileName}: cut off or damaged: ${sound.length} of ${stream.samples} samples; copy it again`);
  if (stream.hz === 0) throw new StimulusError(`${fileName}: it does not say its rate; encode it again`);
  return { hz: stream.hz, samples: sound.joined() };
}

/** @throws StimulusError for what is damaged, cut off or too large */
export async function readOpus(bytes: Uint8Array, fileName: string, channel: 'mix' | number): Promise<Signal> {
  const { packets, lastGranule } = wellFormed(fileName, () => oggPackets(bytes));
  const head = wellFormed(fileName, () => readOpusHead(packets));
  const { OpusDecoder } = await import('opus-decoder');
  const decoder = new OpusDecoder(head.layout);
  const sound = new Pieces(bytes, fileName, channel);
  try {
    await decoder.ready;
    // The comment header is the second packet.
    for (const packet of packets.slice(2)) {
      const { channelData, samplesDecoded, errors } = wellFormed(fileName, () => decoder.decodeFrame(packet));
      if (errors.length > 0) throw new StimulusError(`${fileName}: damaged (${errors[0].message.slice(0, 100)}); copy it again`);
      if (samplesDecoded > 0) sound.add(channelData.map((samples) => samples.subarray(0, samplesDecoded)));
    }
  } finally {
    decoder.free();
  }
  const samples = sound.joined().subarray(head.preSkip, Math.max(head.preSkip, lastGranule));
  if (samples.length === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  return { hz: OPUS_HZ, samples: samples.map((sample) => sample * head.gain) };
}

/** RFC 7845, 5.1. */
function readOpusHead(packets: readonly Uint8Array[]): { preSkip: number; gain: number; layout: { channels: number; streamCount?: number; coupledStreamCount?: number; channelMappingTable?: number[] } } {
  const [head] = packets;
  if (packets.length < 2 || head.length < 19 || new TextDecoder().decode(head.subarray(0, 8)) !== 'OpusHead' || head[8] >> 4 !== 0) throw new RangeError('no Opus stream in it');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [channels, preSkip, gain, family] = [head[9], view.getUint16(10, true), 10 ** (view.getInt16(16, true) / 256 / 20), head[18]];
  if (family === 0 && (channels === 1 || channels === 2)) return { preSkip, gain, layout: { channels } };
  const [streamCount, coupledStreamCount] = [head[19], head[20]];
  const channelMappingTable = [...head.subarray(21, 21 + channels)];
  const isPossible = family !== 0 && channels > 0 && channelMappingTable.length === channels && streamCount > 0 && coupledStreamCount <= streamCount &&
    streamCount + coupledStreamCount <= 255 && channelMappingTable.every((stream) => stream === 255 || stream < streamCount + coupledStreamCount);
  if (!isPossible) throw new RangeError('its channels are laid out wrongly');
  return { preSkip, gain, layout: { channels, streamCount, coupledStreamCount, channelMappingTable } };
}

/** Sound as it is decoded, made into one channel, and never more of it than the file can honestly stand for. */
class Pieces {
  private readonly pieces: Float32Array[] = [];
  private readonly most: number;
  length = 0;

  constructor(private readonly bytes: Uint8Array, private readonly fileName: string, private readonly channel: 'mix' | number) {
    this.most = Math.min(MOST_SAMPLES, SPARE_SAMPLES + bytes.length * MOST_SAMPLES_PER_BYTE);
  }

  add(channels: readonly (Float32Array | Float64Array)[]): void {
    this.length += channels[0].length;
    if (this.length > this.most) throw new StimulusError(`${this.fileName}: more than ${this.most} samples in ${this.bytes.length} bytes; cut it`);
    this.pieces.push(oneChannel(channels, this.channel, this.fileName));
  }

  joined(): Float32Array {
    if (this.length === 0) throw new StimulusError(`${this.fileName}: there are no samples in it; record something first`);
    const samples = new Float32Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return samples;
  }
}

/** What a reader of a format finds wrong, as one line about the file. */
function wellFormed<T>(fileName: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StimulusError) throw error;
    throw new StimulusError(`${fileName}: ${error instanceof RangeError && error.message === 'ends too soon' ? 'cut off' : `damaged or cut off (${error instanceof Error ? error.message.slice(0, 100) : 'unreadable'})`}; copy it again`);
  }
}
