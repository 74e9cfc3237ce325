/**
 * Microphones with an analog output.
 *
 * Knowles SPU0410LR5H-QB, data sheet rev. H: -38 dBV/Pa, 63 dB SNR (A-weighted), 118 dB SPL overload point, 0.73 V in silence, 120 uA.
 * Boards put dividers, coupling and amplifiers behind it: options say what silence and a volt become.
 *
 * An electret capsule with an amplifier, as modules have it: by default Adafruit 1063, whose MAX4466 is at its middle gain, on
 * 3.3 V. Capsule CMA-4544PF-W, -44 dBV/Pa, 60 dB SNR, 20 Hz to 20 kHz; MAX4466 data sheet 19-1950: output to within 50 mV of its
 * rails, 24 uA; the capsule draws 0.5 mA at most. Gain 25 to 125 by its potentiometer. Between supply / 2 and the rails the output
 * is linear, beyond it clips. Coupling capacitors and the amplifier make a high-pass and a low-pass of first order; the latter
 * costs time for every sample, and is off unless asked for.
 *
 * Figures from memory. Not modelled: automatic gain (MAX9814), output impedance, distortion below clipping.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks } from '../time/types.js';
import { definePart, together, type Part } from './part.js';
import { FULL_SCALE_SPL, Membrane, peakPascals } from './sound.js';

/** @returns volts per pascal */
const sensitivity = (dbv: number): number => 10 ** (dbv / 20);
const held = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

const SPU0410_VOLTS_PER_PASCAL = sensitivity(-38);
const SPU0410_OVERLOAD_PASCALS = peakPascals(118);

export const SPU0410LR5H_PART = definePart({
  what: 'analog microphone',
  bus: 'analog',
  inputs: ['sound'],
  options: z.strictObject({
    /** Volts in silence, of what follows it on the board. */
    silence: z.number().min(0).max(5).default(0.73),
    /** What follows makes of a volt of its output. */
    gain: z.number().min(0).max(10_000).default(1),
    /** The highest volts of what follows. */
    supply: z.number().min(0.5).max(5).default(3.3),
    fullScaleSpl: FULL_SCALE_SPL,
  }),
  create: (context, { silence, gain, supply, fullScaleSpl }): Part => {
    const membrane = new Membrane(context, fullScaleSpl, { snrDb: 63, toleranceDb: 3 });
    context.draws('active', 120);
    const output = (at: RootTicks): number => SPU0410_VOLTS_PER_PASCAL * held(membrane.pascals(at), -SPU0410_OVERLOAD_PASCALS, SPU0410_OVERLOAD_PASCALS);
    return { voltage: { volts: (at) => held(silence + gain * output(at), 0, supply) }, ...together({}, () => context.draws('active', 120)) };
  },
});

const CAPSULE_VOLTS_PER_PASCAL = sensitivity(-44);
const RAIL_VOLTS = 0.05;
const MODULE_MICROAMPS = 24 + 500;
/** Time constants that a filter looks back; steps in one of the low-pass; points of the high-pass in a second. */
const REACH = 8;
const STEPS = 8;
const GRID_HZ = 32_000;

export const ELECTRET_PART = definePart({
  what: 'electret microphone with amplifier',
  bus: 'analog',
  inputs: ['sound'],
  options: z.strictObject({
    /** Of the amplifier, as a factor. */
    gain: z.number().min(1).max(10_000).default(60),
    /** Volts; the output rests at half of it. */
    supply: z.number().min(1.8).max(5.5).default(3.3),
    /** Corner of the high-pass that the coupling capacitors make, in hertz; 0 for none. */
    lowest: z.number().min(0).max(2000).default(20),
    /** Corner of the amplifier's low-pass; 0 for none. */
    highest: z.number().min(0).max(100_000).default(0),
    fullScaleSpl: FULL_SCALE_SPL,
  }),
  create: (context, { gain, supply, lowest, highest, fullScaleSpl }): Part => {
    const membrane = new Membrane(context, fullScaleSpl, { snrDb: 60, toleranceDb: 2 });
    const { rootHz } = context.scheduler;
    const felt: Wave = (at) => membrane.pascals(at);
    const upper = highest === 0 ? felt : lowPassed(felt, highest, rootHz);
    const mean = new RunningMean(upper, lowest, rootHz);
    context.draws('active', MODULE_MICROAMPS);
    const volts = (at: RootTicks): number => held(supply / 2 + gain * CAPSULE_VOLTS_PER_PASCAL * (upper(at) - mean.at(at)), RAIL_VOLTS, supply - RAIL_VOLTS);
    return { voltage: { volts }, ...together({ mean }, () => context.draws('active', MODULE_MICROAMPS)) };
  },
});

type Wave = (at: RootTicks) => number;

/** One step of a low-pass of first order: the exact answer to a ramp from one value to the next. */
function step(value: number, before: number, next: number, stepTicks: number, tau: number): number {
  const slope = ((next - before) * tau) / stepTicks;
  return next - slope + (value - before + slope) * Math.exp(-stepTicks / tau);
}

/** A low-pass of first order, worked out anew for every question from what came just before. */
function lowPassed(wave: Wave, cornerHz: number, rootHz: number): Wave {
  const tau = rootHz / (2 * Math.PI * cornerHz);
  const stepTicks = Math.max(1, Math.floor(tau / STEPS));
  const steps = Math.ceil((REACH * tau) / stepTicks);
  return (at) => {
    const start = at - steps * stepTicks;
    let before = wave(Math.max(0, start));
    let value = before;
    for (let n = 1; n <= steps; n++) {
      const next = wave(Math.max(0, start + n * stepTicks));
      value = step(value, before, next, stepTicks, tau);
      before = next;
    }
    return value;
  };
}

/**
 * What a high-pass takes away: the mean of the latest past, on a grid of its own that is fine enough for all of the sound. It
 * goes on from the last question, and begins anew after a pause of many time constants.
 */
class RunningMean implements Stateful {
  private readonly tau: number;
  private index = -1;
  private value = 0;
  private before = 0;

  constructor(private readonly wave: Wave, cornerHz: number, private readonly rootHz: number) {
    this.tau = cornerHz === 0 ? Infinity : rootHz / (2 * Math.PI * cornerHz);
  }

  at(at: RootTicks): number {
    if (this.tau === Infinity) return 0;
    const index = Math.floor((at * GRID_HZ) / this.rootHz);
    const reach = Math.ceil((REACH * this.tau * GRID_HZ) / this.rootHz);
    if (this.index < 0 || index < this.index || index - this.index > reach) this.begin(Math.max(0, index - reach));
    while (this.index < index) {
      const next = this.wave(this.tickOf(++this.index));
      this.value = step(this.value, this.before, next, this.rootHz / GRID_HZ, this.tau);
      this.before = next;
    }
    const since = at - this.tickOf(index);
    return since === 0 ? this.value : step(this.value, this.before, this.wave(at), since, this.tau);
  }

  reset(): void {
    this.index = -1;
  }

  snapshot(): Snapshot {
    return { mean: [this.index, this.value, this.before] };
  }

  restore(from: Snapshot): void {
    const { mean } = from;
    if (!Array.isArray(mean) || mean.length !== 3 || !mean.every((n) => Number.isFinite(n)) || !Number.isSafeInteger(mean[0])) throw new Error('the snapshot is not of an electret microphone');
    [this.index, this.value, this.before] = mean as number[];
  }

  private begin(index: number): void {
    this.index = index;
    this.before = this.value = this.wave(this.tickOf(index));
  }

  private tickOf(index: number): RootTicks {
    return Math.floor((index * this.rootHz) / GRID_HZ);
  }
}
