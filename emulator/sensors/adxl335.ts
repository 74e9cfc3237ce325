/**
 * Analog Devices ADXL335: accelerometer with three analog outputs. Each is half the supply at 0 g and moves by a tenth of the supply
 * per g, behind 32 kilohm and the capacitor that the board puts there.
 * Source: ADXL335 data sheet Rev B: Table 1 (figures), "Setting the bandwidth using CX, CY, and CZ" (1 / (2 pi 32 kilohm C)),
 * "Self-test", "Use with operating voltages other than 3 V" (ratiometric; self-test with the cube of the supply). Offsets: a third
 * of the limits, since there is no typical spread. All from memory. The filter is that of a resistor and a capacitor.
 */
import { z } from 'zod';
import type { RootTicks } from '../time/types.js';
import type { AnalogSource } from '../wires/analog.js';
import { Imperfection } from './imperfections.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { AXES, STANDARD_GRAVITY } from './vector-sensor.js';

const OUTPUT_OHM = 32_000;
const MICROAMPS = 350;
/** Table 1, at 3 V: volts of the outputs in self-test. */
const SELF_TEST_VOLTS = [-0.325, 0.325, 0.55] as const;
const SELF_TEST_SUPPLY = 3;
/** In g. */
const ERRORS = [
  { noiseDensity: 150e-6, offset: 0.165, offsetPerDegree: 0.001, sensitivity: 0.03 },
  { noiseDensity: 150e-6, offset: 0.165, offsetPerDegree: 0.001, sensitivity: 0.03 },
  { noiseDensity: 300e-6, offset: 0.33, offsetPerDegree: 0.001, sensitivity: 0.03 },
] as const;
/** The past that a capacitor remembers, in time constants, and in how many steps it is looked at. */
const [REMEMBERED, STEPS] = [6, 48];

class Output implements AnalogSource {
  private readonly error: Imperfection;
  private readonly weights: readonly number[];
  private readonly stepTicks: number;
  private readonly noiseTicks: number;
  private readonly bandwidth: number;

  constructor(private readonly context: PartContext, private readonly axis: 0 | 1 | 2, private readonly supply: number, capacitance: number) {
    const { rootHz } = context.scheduler;
    const seconds = OUTPUT_OHM * capacitance;
    this.bandwidth = 1 / (2 * Math.PI * seconds);
    this.error = new Imperfection(context, axis, ERRORS[axis]);
    this.stepTicks = (seconds * rootHz * REMEMBERED) / STEPS;
    this.noiseTicks = Math.max(1, Math.round(rootHz / (2 * this.bandwidth)));
    const raw = Array.from({ length: STEPS }, (_, n) => Math.exp((-REMEMBERED * (n + 0.5)) / STEPS));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    this.weights = raw.map((weight) => weight / sum);
  }

  volts(now: RootTicks): number {
    const { world } = this.context;
    const isTesting = this.context.pin('st')?.level === true;
    const test = isTesting ? SELF_TEST_VOLTS[this.axis] * (this.supply / SELF_TEST_SUPPLY) ** 3 : 0;
    // Noise holds still for as long as the bandwidth lets it.
    const sampleOfNoise = Math.floor(now / this.noiseTicks);
    const celsius = this.context.imperfections ? world.value('temperature', now) : 25;
    const g = this.error.of(this.smoothed(now), sampleOfNoise, this.bandwidth, celsius);
    return Math.max(0, Math.min(this.supply, this.supply / 2 + (this.supply / 10) * g + test));
  }

  /** What the capacitor makes of the past: a function of the time alone, whoever asks when. */
  private smoothed(now: RootTicks): number {
    const quantity = `acceleration.${AXES[this.axis]}` as const;
    let mean = 0;
    for (let n = 0; n < STEPS; n++) mean += this.weights[n] * this.context.world.value(quantity, Math.max(0, Math.round(now - (n + 0.5) * this.stepTicks)));
    return mean / STANDARD_GRAVITY;
  }
}

export const ADXL335_PART = definePart({
  what: 'accelerometer with analog outputs', bus: 'pins', pins: ['xout', 'yout', 'zout', 'st'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z'],
  options: z.strictObject({
    /** Volts. */
    supply: z.number().min(1.8).max(3.6).default(3.3),
    /** At each output; modules have 100 nF, which is 50 Hz. */
    nanofarads: z.number().min(2).max(10_000).default(100),
  }),
  create: (context, { supply, nanofarads }): Part => {
    const output = (axis: 0 | 1 | 2): Output => new Output(context, axis, supply, nanofarads * 1e-9);
    return { voltages: { xout: output(0), yout: output(1), zout: output(2) }, ...together({}, () => context.draws('on', (MICROAMPS * supply) / SELF_TEST_SUPPLY)) };
  },
});
