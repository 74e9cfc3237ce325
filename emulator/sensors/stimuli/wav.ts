/**
 * WAV files as sound: RIFF, RIFX and RF64 with integer, float, A-law, mu-law or IMA ADPCM samples, of any rate and number
 * of channels, which are averaged. Full scale is -1 to 1.
 */
import * as library from 'wavefile';
import type { Signal } from './signal.js';
import { StimulusError } from './stimulus-error.js';

/** Bundlers see a module with named exports, Node a CommonJS one with all of it as its default. */
const { WaveFile } = 'WaveFile' in library ? library : (library as unknown as { readonly default: typeof library }).default;

/** Far more than a recording for a microcontroller, far less than what fills a browser tab. */
const MOST_BYTES = 512 * 2 ** 20;
const MOST_HZ = 768_000;

/** @throws StimulusError for what is no WAV file, has no samples, or is too large */
export function readWav(bytes: Uint8Array, fileName: string): Signal {
  if (bytes.length > MOST_BYTES) throw new StimulusError(`${fileName}: ${bytes.length} bytes are more than the ${MOST_BYTES} that a recording may have; cut it`);
  const { sampleRate, channels } = decode(bytes, fileName);
  if (!(sampleRate >= 1 && sampleRate <= MOST_HZ)) throw new StimulusError(`${fileName}: a rate of ${sampleRate} samples per second; use 1 to ${MOST_HZ}`);
  const length = Math.min(...channels.map((channel) => channel.length));
  if (channels.length === 0 || length === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  const samples = Float32Array.from({ length }, (_, i) => channels.reduce((sum, channel) => sum + (Number.isFinite(channel[i]) ? channel[i] : 0), 0) / channels.length);
  return { hz: sampleRate, samples };
}

function decode(bytes: Uint8Array, fileName: string): { sampleRate: number; channels: readonly Float64Array[] } {
  try {
    const wav = new WaveFile();
    wav.fromBuffer(bytes);
    if (wav.bitDepth === '4') wav.fromIMAADPCM();
    else if (wav.bitDepth === '8a') wav.fromALaw();
    else if (wav.bitDepth === '8m') wav.fromMuLaw();
    if (wav.bitDepth !== '64') wav.toBitDepth('64');
    const { sampleRate, numChannels } = wav.fmt as { sampleRate: number; numChannels: number };
    const samples = wav.getSamples(false, Float64Array) as unknown as Float64Array | Float64Array[];
    return { sampleRate, channels: numChannels === 1 ? [samples as Float64Array] : (samples as Float64Array[]) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StimulusError(`${fileName}: not a WAV file that can be read (${reason}); convert it, with sox say, to 16-bit PCM`);
  }
}
