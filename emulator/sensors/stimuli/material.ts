/**
 * What every source of a stimulus comes to, before it has a place in virtual time: one or more channels over a time of their
 * own, which begins at 0 seconds. Modifiers make a material of a material.
 */
import type { Picture, Quantity } from '../inputs.js';
import { valueAt, type Signal } from './signal.js';
import { StimulusError } from './stimulus-error.js';

/** Samples at a steady rate, with band-limited interpolation between them: sound, and recordings that are made so. */
export interface SampledChannel extends Signal { readonly kind: 'samples' }
/** Values at moments of their own, with straight lines between them. */
export interface RowsChannel { readonly kind: 'rows'; readonly seconds: Float64Array; readonly values: Float64Array }
/** A formula. */
export interface FunctionChannel {
  readonly kind: 'function';
  readonly valueAt: (seconds: number) => number;
  /** The rate at which a modifier that needs samples takes them. */
  readonly hz: number;
}
export type Channel = SampledChannel | RowsChannel | FunctionChannel;

/** A source that does not say what it is: a sound file, a function. Its stimulus says it. */
export const UNNAMED = 'value';
export type ChannelName = Quantity | typeof UNNAMED;

export interface Material {
  /** Seconds; Infinity for what has no end. */
  readonly duration: number;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  /** What an unnamed channel is, unless the stimulus says otherwise. */
  readonly usual?: Quantity;
  /** It comes while the machine runs: what it will be is not known. */
  readonly isLive?: boolean;
  /** What a camera sees, for a time from 0 on. */
  readonly picture?: (seconds: number) => Picture;
  /** Whether its first value is there before it begins, and its last when it has ended: so with what is measured at moments. */
  readonly isHeld: { readonly before: boolean; readonly after: boolean };
}

export const HELD = { before: true, after: true } as const;
export const NOT_HELD = { before: false, after: false } as const;

/** More than an hour of 16 kHz; 256 MiB of memory. */
export const MOST_SAMPLES = 2 ** 26;
/** Longest that a stimulus may be, seconds: a day. */
export const MOST_SECONDS = 86_400;

/** The value at a time of its own; the nearest one before its beginning and after its end. */
export function channelAt(channel: Channel, seconds: number): number {
  switch (channel.kind) {
    case 'function': return channel.valueAt(seconds);
    case 'samples': return valueAt(channel, Math.min(Math.max(seconds, 0), (channel.samples.length - 1) / channel.hz));
    case 'rows': return rowsAt(channel, seconds);
  }
}

function rowsAt({ seconds: times, values }: RowsChannel, seconds: number): number {
  const after = firstAfter(times, seconds);
  if (after === 0 || after === times.length) return values[Math.max(after - 1, 0)];
  const share = (seconds - times[after - 1]) / (times[after] - times[after - 1]);
  return values[after - 1] + share * (values[after] - values[after - 1]);
}

/** The first row later than that, by bisection; the number of rows when there is none. */
export function firstAfter(times: ArrayLike<number>, seconds: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] > seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A channel as samples. @throws StimulusError when it has no end, or too many of them */
export function sampled(channel: Channel, duration: number, hz: number | undefined, why: string): SampledChannel {
  if (channel.kind === 'samples' && (hz === undefined || hz === channel.hz)) return channel;
  const rate = hz ?? rateOf(channel);
  if (!Number.isFinite(duration)) throw new StimulusError(`${why} needs a stimulus that ends: say until when`);
  const length = Math.max(1, Math.ceil(duration * rate));
  if (length > MOST_SAMPLES) throw new StimulusError(`${why} would need ${length} samples, of ${MOST_SAMPLES} at most: shorten the stimulus, or lower its rate`);
  const samples = new Float32Array(length);
  for (let i = 0; i < length; i++) samples[i] = channelAt(channel, i / rate);
  return { kind: 'samples', hz: rate, samples };
}

/** Samples per second that keep what is in it: of rows, the median distance. */
export function rateOf(channel: Channel): number {
  if (channel.kind !== 'rows') return channel.hz;
  const { seconds } = channel;
  if (seconds.length < 2) return 1;
  const distances = Float64Array.from({ length: Math.min(seconds.length - 1, 1000) }, (_, i) => seconds[i + 1] - seconds[i]).sort();
  return Math.min(Math.max(1 / distances[distances.length >> 1], 0.001), 1_000_000);
}

/** The same for each channel. */
export function mapChannels(material: Material, change: (channel: Channel, index: number, name: ChannelName) => Channel): Material {
  const channels = new Map<ChannelName, Channel>();
  [...material.channels].forEach(([name, channel], index) => channels.set(name, change(channel, index, name)));
  return { ...material, channels };
}

/** A channel whose values, each by itself, go through a function; it stays what it is. */
export function mapValues(channel: Channel, change: (value: number) => number): Channel {
  switch (channel.kind) {
    case 'samples': return { ...channel, samples: channel.samples.map(change) };
    case 'rows': return { ...channel, values: channel.values.map(change) };
    case 'function': return { ...channel, valueAt: (seconds) => change(channel.valueAt(seconds)) };
  }
}

export function singleChannel(channel: Channel, duration: number, isHeld: Material['isHeld'], usual?: Quantity): Material {
  return { duration, isHeld, channels: new Map([[UNNAMED, channel]]), ...(usual === undefined ? {} : { usual }) };
}
