/**
 * A recorded quantity: samples at a steady rate, seen as a function of time. Between samples it is what band-limited
 * interpolation gives (a sinc under a Kaiser window), so that a part may sample at a clock of its own.
 */
import type { RootTicks } from '../../time/types.js';
import type { Stimulus } from '../inputs.js';

export interface Signal {
  /** Samples per second. */
  readonly hz: number;
  /** In the quantity's unit. */
  readonly samples: Float32Array;
}

export interface Placement {
  /** Virtual seconds from power-on to the first sample. */
  readonly startSeconds: number;
  /** Begins again at its end, for ever. */
  readonly isLooped: boolean;
}

/** Samples on each side that the value between two of them is made of. */
const HALF_WIDTH = 16;
/** Samples after a time that its value depends on. */
export const LOOK_AHEAD_SAMPLES = HALF_WIDTH;
/** Positions between two samples for which weights are worked out; between these they are interpolated. */
const PHASES = 512;
/** Of the Kaiser window: 80 dB of stop-band attenuation (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.6). */
const KAISER_BETA = 7.857;

/** `PHASES` + 1 rows of 2 x `HALF_WIDTH` weights, each row adding up to 1. */
const weights = makeWeights();

/** The signal's value at a time in seconds from its first sample; 0 before it and after its end. */
export function valueAt({ hz, samples }: Signal, seconds: number): number {
  const position = seconds * hz;
  if (position < 0 || position > samples.length - 1) return 0;
  const whole = Math.floor(position);
  const phase = (position - whole) * PHASES;
  if (phase === 0) return samples[whole];
  const row = Math.floor(phase);
  const share = phase - row;
  if (whole >= HALF_WIDTH - 1 && whole + HALF_WIDTH < samples.length) return inside(samples, whole - HALF_WIDTH + 1, row * 2 * HALF_WIDTH, share);
  let value = 0;
  for (let tap = 0; tap < 2 * HALF_WIDTH; tap++) {
    const sample = samples[clamp(whole + tap - HALF_WIDTH + 1, samples.length)];
    const low = weights[row * 2 * HALF_WIDTH + tap];
    value += sample * (low + share * (weights[(row + 1) * 2 * HALF_WIDTH + tap] - low));
  }
  return value;
}

/** The same where nothing need be clamped, which is nearly everywhere: a microphone asks for each of its samples. */
function inside(samples: Float32Array, first: number, row: number, share: number): number {
  let value = 0;
  for (let tap = 0; tap < 2 * HALF_WIDTH; tap++) {
    const low = weights[row + tap];
    value += samples[first + tap] * (low + share * (weights[row + tap + 2 * HALF_WIDTH] - low));
  }
  return value;
}

/** The signal at its place in virtual time; `rest` before it and after its end. */
export function placed(signal: Signal, { startSeconds, isLooped }: Placement, rootHz: number, rest = 0): Stimulus {
  const seconds = signal.samples.length / signal.hz;
  return (at: RootTicks) => {
    const since = at / rootHz - startSeconds;
    if (since < 0 || (!isLooped && since > seconds)) return rest;
    return valueAt(signal, isLooped ? since % seconds : since);
  };
}

/** Sounds at once add up, as they do in air. */
export function mixed(stimuli: readonly Stimulus[]): Stimulus {
  return (at) => stimuli.reduce((sum, stimulus) => sum + stimulus(at), 0);
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}

function makeWeights(): Float64Array {
  const table = new Float64Array((PHASES + 1) * 2 * HALF_WIDTH);
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = table.subarray(phase * 2 * HALF_WIDTH, (phase + 1) * 2 * HALF_WIDTH);
    row.forEach((_, tap) => { row[tap] = windowedSinc(tap - HALF_WIDTH + 1 - phase / PHASES); });
    const sum = row.reduce((total, weight) => total + weight, 0);
    row.forEach((weight, tap) => { row[tap] = weight / sum; });
  }
  return table;
}

function windowedSinc(x: number): number {
  if (Math.abs(x) >= HALF_WIDTH) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return sinc * bessel(KAISER_BETA * Math.sqrt(1 - (x / HALF_WIDTH) ** 2)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}
