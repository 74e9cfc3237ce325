/** Sound of several channels made into one. */
import { MOST_SAMPLES } from './material.js';
import { StimulusError } from './stimulus-error.js';

type Samples = Float32Array | Float64Array;

/**
 * @param channel their mean, or one of them counted from 0
 * @throws StimulusError when there is nothing, too much, or no such channel
 */
export function oneChannel(channels: readonly Samples[], channel: 'mix' | number, fileName: string): Float32Array {
  const length = Math.min(...channels.map((samples) => samples.length));
  if (channels.length === 0 || length === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  if (length > MOST_SAMPLES) throw new StimulusError(`${fileName}: ${length} samples are more than the ${MOST_SAMPLES} that a recording may have; cut it`);
  if (channel !== 'mix' && channel >= channels.length) throw new StimulusError(`${fileName}: no channel ${channel}: it has ${channels.length}, counted from 0`);
  const chosen = channel === 'mix' ? channels : [channels[channel]];
  const mean = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const samples of chosen) sum += Number.isFinite(samples[i]) ? samples[i] : 0;
    mean[i] = sum / chosen.length;
  }
  return mean;
}
