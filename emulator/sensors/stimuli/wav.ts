/**
 * WAV files as sound: RIFF, RIFX and RF64 with integer, float, A-law, mu-law or IMA ADPCM samples, of any rate and number
 * of channels, which are averaged. Full scale is -1 to 1.
 */
import * as library from 'wavefile';
import type { Signal } from './signal.js';
import { oneChannel } from './channels.js';
import { StimulusError } from './stimulus-error.js';

/** Bundlers see a module with named exports, Node a CommonJS one with all of it as its default. */
const { WaveFile } = 'WaveFile' in library ? library : (library as unknown as { readonly default: typeof library }).default;

/** Far more than a recording for a microcontroller, far less than what fills a browser tab. */
const MOST_BYTES = 256 * 2 ** 20;
const MOST_HZ = 768_000;

/** @throws StimulusError for what is no WAV file, has no samples, or is too large */
export function readWav(bytes: Uint8Array, fileName: string, channel: 'mix' | number = 'mix'): Signal {
  if (bytes.length > MOST_BYTES) throw new StimulusError(`${fileName}: ${bytes.length} bytes are more than the ${MOST_BYTES} that a recording may have; cut it`);
  const { sampleRate, channels } = decode(bytes, fileName);
  if (!(sampleRate >= 1 && sampleRate <= MOST_HZ)) throw new StimulusError(`${fileName}: a rate of ${sampleRate} samples per second; use 1 to ${MOST_HZ}`);
  return { hz: sampleRate, samples: oneChannel(channels, channel, fileName) };
}

function decode(bytes: Uint8Array, fileName: string): { sampleRate: number; channels: readonly Float32Array[] } {
  try {
    const wav = new WaveFile();
    wav.fromBuffer(withPlainFormat(bytes));
    if (wav.bitDepth === '4') wav.fromIMAADPCM();
    else if (wav.bitDepth === '8a') wav.fromALaw();
    else if (wav.bitDepth === '8m') wav.fromMuLaw();
    const { sampleRate, numChannels } = wav.fmt as { sampleRate: number; numChannels: number };
    const samples = wav.getSamples(true, Float64Array);
    return { sampleRate, channels: apart(samples, numChannels, scaleOf(wav.bitDepth)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StimulusError(`${fileName}: not a WAV file that can be read (${reason}); convert it, with sox say, to 16-bit PCM`);
  }
}

const EXTENSIBLE = 0xfffe;
const PCM = 1;

/**
 * WAVE_FORMAT_EXTENSIBLE says in its sub-format what the samples are, which the library takes for integers: the bytes with that
 * put where plain files have it.
 */
function withPlainFormat(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[3] !== 0x58;   // RIFX
  for (let at = 12; at + 8 <= bytes.length;) {
    const [name, length] = [view.getUint32(at), view.getUint32(at + 4, little)];
    if (name === 0x666d_7420 && length >= 40 && at + 34 <= bytes.length) {
      const subFormat = view.getUint16(at + 32, little);
      if (view.getUint16(at + 8, little) !== EXTENSIBLE || subFormat === PCM) return bytes;
      const plain = Uint8Array.from(bytes);
      new DataView(plain.buffer).setUint16(at + 8, subFormat, little);
      return plain;
    }
    at += 8 + length + (length & 1);
  }
  return bytes;
}

/** Full scale of integers is a power of two, so that 16-bit samples are what they are in firmware too; 8 bits are unsigned. */
function scaleOf(bitDepth: string): (sample: number) => number {
  if (bitDepth === '32f' || bitDepth === '64') return (sample) => sample;
  if (bitDepth === '8') return (sample) => (sample - 0x80) / 0x80;
  const fullScale = 2 ** (Number(bitDepth) - 1);
  return (sample) => sample / fullScale;
}

function apart(interleaved: Float64Array, channels: number, scale: (sample: number) => number): Float32Array[] {
  const length = channels > 0 ? Math.floor(interleaved.length / channels) : 0;
  return Array.from({ length: length === 0 ? 0 : channels }, (_, channel) => {
    const samples = new Float32Array(length);
    for (let i = 0; i < length; i++) samples[i] = scale(interleaved[i * channels + channel]);
    return samples;
  });
}
