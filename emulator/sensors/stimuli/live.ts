/**
 * What is heard and measured while the machine runs: a microphone, a phone's motion, a pipe. What arrives is stamped with the
 * virtual time of its arrival and kept, so that the same arrivals give the same run: `recorded` is a source for a description.
 *
 * The value at a time depends only on what had arrived by then. So sound is heard a little later than it arrives, by as many samples
 * as interpolation looks ahead; and what has been measured holds until the next arrives. Hosts hand over what has arrived while the
 * machine stands still, at its `now()`.
 */
import { QUANTITIES, type Quantity } from '../inputs.js';
import { fromBase64, toBase64 } from './base64.js';
import { firstAfter, HELD, MOST_SAMPLES, NOT_HELD, UNNAMED, type Material } from './material.js';
import { MOST_ROWS } from './recording.js';
import { LOOK_AHEAD_SAMPLES, valueAt } from './signal.js';
import { StimulusError } from './stimulus-error.js';

/** Connected by name to a description's `live` sources. */
export interface LiveSource {
  /** Seconds of the material are seconds of virtual time. */
  material(): Material;
  /** What has arrived so far, as a source that replays it. */
  recorded(): RecordedSoundSource | RecordedValuesSource;
}
export type LiveSources = ReadonlyMap<string, LiveSource>;

/** Sound that arrived: [second of virtual time, 16-bit samples, low byte first, as base64]. */
export interface RecordedSoundSource { readonly kind: 'recordedSound'; readonly hz: number; readonly arrivals: readonly (readonly [number, string])[] }
/** Values that arrived: [second of virtual time, values]. */
export interface RecordedValuesSource { readonly kind: 'recordedValues'; readonly arrivals: readonly (readonly [number, Readonly<Partial<Record<Quantity, number>>>])[] }

const FULL_SCALE = 0x8000;
/** What may wait to be heard, seconds: a host that hands over more is ahead of virtual time, and shall wait. */
const MOST_WAITING_SECONDS = 10;
const FIRST_CAPACITY = 16_384;

/** Sound without a pause: from its start on, one sample each 1/hz. */
interface Stretch { readonly start: number; samples: Float32Array; length: number; view: Float32Array }

/** A microphone of the host. Samples are kept with 16 bits. */
export class LiveSound implements LiveSource {
  private readonly stretches: Stretch[] = [];
  private readonly arrivals: [number, string][] = [];
  private total = 0;

  /** @param hz samples per second */
  constructor(readonly hz: number) {
    if (!(hz >= 1 && hz <= 768_000)) throw new StimulusError(`a rate of ${hz} samples per second; use 1 to 768000`);
  }

  /** @throws StimulusError for what is no recording */
  static from({ hz, arrivals }: RecordedSoundSource): LiveSound {
    const sound = new LiveSound(hz);
    for (const [seconds, text] of arrivals) {
      const bytes = fromBase64(text);
      if (bytes === undefined || bytes.length % 2 !== 0) throw new StimulusError(`recorded sound at ${seconds} s is no base64 of 16-bit samples`);
      sound.pushWords(seconds, wordsOf(bytes));
    }
    return sound;
  }

  /** Samples that may be handed over at that second; more would wait for too long. */
  room(seconds: number): number {
    const last = this.stretches.at(-1);
    const waiting = last === undefined ? 0 : Math.max(endOf(last, this.hz) - seconds, 0);
    return Math.max(0, Math.min(Math.floor((MOST_WAITING_SECONDS - waiting) * this.hz), MOST_SAMPLES - this.total));
  }

  /**
   * @param seconds virtual time of the arrival, not before the last one's
   * @param samples -1 to 1
   * @returns how many there was room for; the rest is lost unless it comes again later
   */
  push(seconds: number, samples: Float32Array): number {
    const words = Int16Array.from(samples.subarray(0, this.room(seconds)), (sample) => Math.min(Math.max(Math.round(sample * FULL_SCALE), -FULL_SCALE), FULL_SCALE - 1));
    this.pushWords(seconds, words);
    return words.length;
  }

  private pushWords(seconds: number, words: Int16Array): void {
    if (words.length === 0) return;
    if (seconds < (this.arrivals.at(-1)?.[0] ?? 0)) throw new StimulusError(`recorded sound at ${seconds} s comes after what arrived later`);
    if (this.total + words.length > MOST_SAMPLES) throw new StimulusError(`more than ${MOST_SAMPLES} samples of live sound`);
    this.arrivals.push([seconds, toBase64(bytesOf(words))]);
    this.total += words.length;
    const heardFrom = seconds + (LOOK_AHEAD_SAMPLES + 1) / this.hz;
    const last = this.stretches.at(-1);
    // What arrives in time goes on without a pause; else what was heard of the end must stay as it was.
    if (last !== undefined && heardFrom <= endOf(last, this.hz)) append(last, words);
    else this.stretches.push(append({ start: heardFrom, samples: new Float32Array(FIRST_CAPACITY), length: 0, view: new Float32Array(0) }, words));
  }

  material(): Material {
    const { stretches, hz } = this;
    const at = (seconds: number): number => {
      let index = stretches.length - 1;
      while (index >= 0 && stretches[index].start > seconds) index--;
      return index < 0 ? 0 : valueAt({ hz, samples: stretches[index].view }, seconds - stretches[index].start);
    };
    return { duration: Infinity, channels: new Map([[UNNAMED, { kind: 'function', hz, valueAt: at }]]), usual: 'sound', isHeld: NOT_HELD, isLive: true };
  }

  recorded(): RecordedSoundSource {
    return { kind: 'recordedSound', hz: this.hz, arrivals: [...this.arrivals] };
  }
}

/** Sensors of the host, such as a phone's. Values hold until the next arrive. */
export class LiveValues implements LiveSource {
  private readonly arrivals: [number, Readonly<Partial<Record<Quantity, number>>>][] = [];
  private readonly columns = new Map<Quantity, { readonly seconds: number[]; readonly values: number[] }>();

  /** @param quantities that it measures */
  constructor(quantities: readonly Quantity[]) {
    for (const quantity of quantities) this.columns.set(quantity, { seconds: [], values: [] });
  }

  static from({ arrivals }: RecordedValuesSource): LiveValues {
    const live = new LiveValues([...new Set(arrivals.flatMap(([, values]) => Object.keys(values) as Quantity[]))]);
    for (const [seconds, values] of arrivals) live.push(seconds, values);
    return live;
  }

  /**
   * @param seconds virtual time of the arrival, not before the last one's
   * @param values in the quantities' units
   * @throws StimulusError when there are too many
   */
  push(seconds: number, values: Readonly<Partial<Record<Quantity, number>>>): void {
    if (this.arrivals.length >= MOST_ROWS) throw new StimulusError(`more than ${MOST_ROWS} live values`);
    if (seconds < (this.arrivals.at(-1)?.[0] ?? 0)) throw new StimulusError(`recorded values at ${seconds} s come after what arrived later`);
    const known = Object.fromEntries(Object.entries(values).filter(([quantity, value]) => this.columns.has(quantity as Quantity) && Number.isFinite(value)));
    this.arrivals.push([seconds, known]);
    for (const [quantity, value] of Object.entries(known)) {
      const column = this.columns.get(quantity as Quantity)!;
      column.seconds.push(seconds);
      column.values.push(value);
    }
  }

  material(): Material {
    const channels = new Map([...this.columns].map(([quantity, { seconds, values }]) => [quantity, {
      kind: 'function' as const, hz: 100,
      // Until the first has arrived, as if nobody measured.
      valueAt: (at: number) => (firstAfter(seconds, at) === 0 ? QUANTITIES[quantity].still : values[firstAfter(seconds, at) - 1]),
    }]));
    return { duration: Infinity, channels, isHeld: HELD, isLive: true };
  }

  recorded(): RecordedValuesSource {
    return { kind: 'recordedValues', arrivals: [...this.arrivals] };
  }
}

function endOf({ start, length }: Stretch, hz: number): number {
  return start + length / hz;
}

/** Capacity doubles, so that a long recording is copied a few times only. */
function append(stretch: Stretch, words: Int16Array): Stretch {
  const length = stretch.length + words.length;
  if (length > stretch.samples.length) {
    const grown = new Float32Array(Math.max(2 * stretch.samples.length, length));
    grown.set(stretch.view);
    stretch.samples = grown;
  }
  for (let i = 0; i < words.length; i++) stretch.samples[stretch.length + i] = words[i] / FULL_SCALE;
  stretch.length = length;
  stretch.view = stretch.samples.subarray(0, length);
  return stretch;
}

function bytesOf(words: Int16Array): Uint8Array {
  const bytes = new Uint8Array(2 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setInt16(2 * i, word, true));
  return bytes;
}

function wordsOf(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true));
}
