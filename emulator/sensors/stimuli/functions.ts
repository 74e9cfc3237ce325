/**
 * Stimuli that are formulas of time. Amplitudes, offsets and values are in the stimulated quantity's unit, or in `unit`, which
 * converts them; times are seconds from where the stimulus begins.
 * `points` is the script among them: a list of moments and values, which needs no language and no evaluator.
 */
import { z } from 'zod';
import { normalAt } from './random.js';
import { firstAfter, HELD, NOT_HELD, singleChannel, type FunctionChannel, type Material } from './material.js';
import { hertz, once, seconds, seed, share, value } from './schema.js';

/** Samples per second of noise, and for modifiers that need samples of a formula. */
const USUAL_HZ = 16_000;
const MOST_POINTS = 100_000;
/** Octaves of pink noise below half its rate. */
const PINK_ROWS = 16;

interface FunctionKind<D> {
  readonly schema: () => z.ZodType<D>;
  readonly read: (description: D, seedOfSource: number) => Material;
}

/** Keeps schema and formula of one type together. */
function kind<D>(schema: () => z.ZodType<D>, read: (description: D, seedOfSource: number) => Material): FunctionKind<D> {
  return { schema: once(schema), read };
}

function formula(valueAt: (seconds: number) => number, { duration = Infinity, isHeld = NOT_HELD, hz = USUAL_HZ }: { duration?: number; isHeld?: Material['isHeld']; hz?: number } = {}): Material {
  const channel: FunctionChannel = { kind: 'function', valueAt, hz };
  return singleChannel(channel, duration, isHeld);
}

const wave = (): { hz: z.ZodNumber; amplitude: z.ZodDefault<z.ZodNumber>; offset: z.ZodDefault<z.ZodNumber>; phase: z.ZodDefault<z.ZodNumber> } =>
  ({ hz: hertz(), amplitude: value().default(1), offset: value().default(0), phase: z.number().min(-1000).max(1000).default(0) });
const noise = (): { amplitude: z.ZodDefault<z.ZodNumber>; hz: z.ZodDefault<z.ZodNumber>; seed: z.ZodOptional<z.ZodInt> } =>
  ({ amplitude: value().default(0.1), hz: hertz().default(USUAL_HZ), seed: seed().optional() });

export const FUNCTIONS = {
  /** The value, for ever. */
  constant: kind(() => z.strictObject({ kind: z.literal('constant'), value: value() }), (d) => formula(() => d.value)),

  silence: kind(() => z.strictObject({ kind: z.literal('silence'), duration: seconds().optional() }), (d) => formula(() => 0, { duration: d.duration ?? Infinity })),

  /** `from` until `at`, `to` from then on. */
  step: kind(
    () => z.strictObject({ kind: z.literal('step'), from: value().default(0), to: value(), at: seconds().default(0) }),
    (d) => formula((t) => (t < d.at ? d.from : d.to)),
  ),

  /** A straight line; the ends stay. */
  ramp: kind(
    () => z.strictObject({ kind: z.literal('ramp'), from: value(), to: value(), duration: seconds().refine((length) => length > 0, 'a ramp takes some time') }),
    (d) => formula((t) => d.from + (d.to - d.from) * Math.min(Math.max(t / d.duration, 0), 1), { duration: d.duration, isHeld: HELD }),
  ),

  sine: kind(
    () => z.strictObject({ kind: z.literal('sine'), ...wave() }),
    // Whole turns are taken off first: the sine of a large number is worth less.
    (d) => formula((t) => d.offset + d.amplitude * Math.sin(2 * Math.PI * ((t * d.hz + d.phase / 360) % 1)), { hz: rateFor(d.hz) }),
  ),

  square: kind(
    () => z.strictObject({ kind: z.literal('square'), ...wave(), duty: share().default(0.5) }),
    (d) => formula((t) => d.offset + (fraction(t * d.hz + d.phase / 360) < d.duty ? d.amplitude : -d.amplitude), { hz: rateFor(d.hz) }),
  ),

  /** A sine whose frequency goes from one to the other in a straight line. */
  chirp: kind(
    () => z.strictObject({ kind: z.literal('chirp'), from: hertz(), to: hertz(), duration: seconds().refine((length) => length > 0, 'a chirp takes some time'), amplitude: value().default(1), offset: value().default(0) }),
    (d) => formula((t) => d.offset + d.amplitude * Math.sin(2 * Math.PI * ((t * (d.from + ((d.to - d.from) * t) / (2 * d.duration))) % 1)), { duration: d.duration, hz: rateFor(Math.max(d.from, d.to)) }),
  ),

  /** Normal distribution; `amplitude` is its standard deviation, `hz` how often it changes. */
  noise: kind(
    () => z.strictObject({ kind: z.literal('noise'), ...noise() }),
    (d, own) => formula((t) => d.amplitude * normalAt(d.seed ?? own, Math.floor(t * d.hz)), { hz: d.hz }),
  ),

  /** Equal power in each octave: rows of noise, each changing half as often as the one before (Voss; Gardner, 1978). */
  pink: kind(
    () => z.strictObject({ kind: z.literal('pink'), ...noise() }),
    (d, own) => formula((t) => (d.amplitude / Math.sqrt(PINK_ROWS)) * pinkAt(d.seed ?? own, Math.floor(t * d.hz)), { hz: d.hz }),
  ),

  /** `high` for `width` from `at` on, `low` else; again each `every`, if given. */
  pulse: kind(
    () => z.strictObject({ kind: z.literal('pulse'), high: value(), low: value().default(0), at: seconds().default(0), width: seconds(), every: seconds().optional() }),
    (d) => formula((t) => {
      const since = d.every === undefined || d.every === 0 || t < d.at ? t - d.at : (t - d.at) % d.every;
      return since >= 0 && since < d.width ? d.high : d.low;
    }),
  ),

  /** [seconds, value] pairs in order of time, joined by straight lines or held until the next. */
  points: kind(
    () => z.strictObject({
      kind: z.literal('points'), points: z.array(z.tuple([seconds(), value()])).min(1).max(MOST_POINTS), between: z.enum(['line', 'hold']).default('line'),
    }).refine(({ points }) => points.every(([at], i) => i === 0 || at > points[i - 1][0]), 'the times of points must rise'),
    (d) => pointsMaterial(d.points, d.between),
  ),
} as const;

function pointsMaterial(points: readonly (readonly [number, number])[], between: 'line' | 'hold'): Material {
  const times = Float64Array.from(points, ([at]) => at);
  const values = Float64Array.from(points, ([, level]) => level);
  const duration = times[times.length - 1];
  if (between === 'line') return singleChannel({ kind: 'rows', seconds: times, values }, duration, HELD);
  return formula((t) => values[Math.max(firstAfter(times, t) - 1, 0)], { duration, isHeld: HELD });
}

function pinkAt(seed: number, index: number): number {
  let sum = 0;
  for (let row = 0; row < PINK_ROWS; row++) sum += normalAt(seed + row, Math.floor(index / 2 ** row));
  return sum;
}

function fraction(turns: number): number {
  return turns - Math.floor(turns);
}

/** Enough samples of a tone for the interpolation to give it back. */
function rateFor(hz: number): number {
  return Math.min(Math.max(USUAL_HZ, 8 * hz), 1_000_000);
}
