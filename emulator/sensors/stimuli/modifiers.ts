/**
 * What happens to a stimulus on its way to the part: noise, a room, a bad connection, a board mounted askew. Modifiers are
 * applied in the order in which they are listed. A new one is one line in `MODIFIERS`.
 * All of them work on every quantity of the material unless `only` names some. What is random comes from `seed`, or else from
 * the description's seed and the modifier's place in it.
 */
import { z } from 'zod';
import { QUANTITIES, type Quantity } from '../inputs.js';
import { readFile, USUAL_OPTIONS } from './formats.js';
import { bandPassed, reverberated, roomResponse } from './filters.js';
import { channelAt, mapChannels, mapValues, MOST_SAMPLES, rateOf, sampled, UNNAMED, type Channel, type ChannelName, type Material } from './material.js';
import { PICTURE_MODIFIERS } from './pictures/modifiers.js';
import { normalAt, seedFor, uniformAt } from './random.js';
import { rotated, rotationOf } from './rotation.js';
import { fileName, hertz, once, seconds, seed, share, value } from './schema.js';
import { StimulusError } from './stimulus-error.js';

export interface ModifierContext {
  readonly bytesOf: (file: string) => Uint8Array | Promise<Uint8Array>;
  /** The modifier's own, already mixed with its `seed` if it has one. */
  readonly seed: number;
}

export interface ModifierKind<D> {
  readonly schema: () => z.ZodType<D>;
  readonly apply: (material: Material, description: D, context: ModifierContext) => Material | Promise<Material>;
}

/** Keeps schema and effect of one modifier together. */
function kind<D>(schema: () => z.ZodType<D>, apply: ModifierKind<D>['apply']): ModifierKind<D> {
  return { schema: once(schema), apply };
}

/** For what is done to each value by itself. */
function eachValue<D>(schema: () => z.ZodType<D>, change: (description: D) => (value: number) => number): ModifierKind<D> {
  return kind(schema, (material, d) => mapChannels(material, (channel) => mapValues(channel, change(d))));
}

const FUNCTION_POWER_SECONDS = 10;
/** How far back a held value is looked for when values of a formula are dropped. */
const LONGEST_DROP = 1000;

const common = (): { only: z.ZodOptional<z.ZodArray<z.ZodEnum>> } =>
  ({ only: z.array(z.enum(Object.keys(QUANTITIES) as [string, ...string[]])).min(1).max(Object.keys(QUANTITIES).length).optional() });
const random = (): { seed: z.ZodOptional<z.ZodInt>; only: z.ZodOptional<z.ZodArray<z.ZodEnum>> } => ({ seed: seed().optional(), ...common() });
const vector = (): z.ZodType<readonly [number, number, number]> => z.tuple([value(), value(), value()]);

export const MODIFIERS = {
  ...PICTURE_MODIFIERS,
  /** Louder or softer: decibels of amplitude. */
  gain: eachValue(() => z.strictObject({ kind: z.literal('gain'), db: z.number().min(-200).max(200), ...common() }), ({ db }) => { const factor = 10 ** (db / 20); return (v) => v * factor; }),
  scale: eachValue(() => z.strictObject({ kind: z.literal('scale'), factor: value(), ...common() }), ({ factor }) => (v) => v * factor),
  bias: eachValue(() => z.strictObject({ kind: z.literal('bias'), value: value(), ...common() }), ({ value: bias }) => (v) => v + bias),
  /** Between `low` and `high`; with `level` alone, between minus that and that. */
  clip: eachValue(
    () => z.strictObject({ kind: z.literal('clip'), level: z.number().min(0).max(1e9).optional(), low: value().optional(), high: value().optional(), ...common() })
      .refine(({ level, low, high }) => (level === undefined) !== (low === undefined && high === undefined), 'clip takes a level, or low and high'),
    ({ level, low = level === undefined ? -Infinity : -level, high = level ?? Infinity }) => (v) => Math.min(Math.max(v, low), high),
  ),
  /** To the nearest multiple of `step`. */
  quantise: eachValue(() => z.strictObject({ kind: z.literal('quantise'), step: z.number().positive().max(1e9), ...common() }), ({ step }) => (v) => Math.round(v / step) * step),

  /** White noise, so much below the signal (`snrDb`, of powers, the signal's mean apart) or of so much standard deviation. */
  noise: kind(
    () => z.strictObject({ kind: z.literal('noise'), snrDb: z.number().min(-200).max(200).optional(), amplitude: value().optional(), ...random() })
      .refine(({ snrDb, amplitude }) => (snrDb === undefined) !== (amplitude === undefined), 'noise takes snrDb or amplitude'),
    (material, { snrDb, amplitude }, context) => mapChannels(material, (channel, index) => {
      const deviation = amplitude ?? Math.sqrt(powerOf(channel, material.duration) / 10 ** (snrDb! / 10));
      return withNoise(channel, deviation, seedFor(context.seed, index));
    }),
  ),

  /** The sound of a room: noise that decays by 60 dB in `rt60`, `wetDb` of energy relative to the direct sound; or a recorded impulse response. */
  reverberation: kind(
    () => z.strictObject({ kind: z.literal('reverberation'), rt60: seconds().refine((length) => length > 0 && length <= 20, 'rt60 is more than 0 and at most 20 s').optional(), wetDb: z.number().min(-100).max(40).default(-6), file: fileName().optional(), ...random() })
      .refine(({ rt60, file }) => (rt60 === undefined) !== (file === undefined), 'reverberation takes rt60 or file'),
    async (material, { rt60, wetDb, file }, { bytesOf, seed: own }) => {
      const recorded = file === undefined ? undefined : await responseOf(await bytesOf(file), file, bytesOf);
      let duration = material.duration;
      const changed = mapChannels(material, (channel) => {
        const dry = sampled(channel, material.duration, undefined, 'reverberation');
        const response = recorded === undefined ? roomResponse(dry.hz, rt60!, wetDb, own) : recorded(dry.hz);
        if (dry.samples.length + response.length > MOST_SAMPLES) throw new StimulusError(`reverberation would need more than ${MOST_SAMPLES} samples: shorten the stimulus`);
        const samples = reverberated(dry.samples, response);
        duration = Math.max(duration, samples.length / dry.hz);
        return { ...dry, samples };
      });
      return { ...changed, duration };
    },
  ),

  /** Second-order Butterworth at each end that is given. */
  bandPass: kind(
    () => z.strictObject({ kind: z.literal('bandPass'), low: hertz().optional(), high: hertz().optional(), ...common() })
      .refine(({ low, high }) => (low !== undefined || high !== undefined) && (low ?? 0) < (high ?? Infinity), 'bandPass takes low, high, or low below high'),
    (material, { low, high }) => mapChannels(material, (channel) => {
      const dry = sampled(channel, material.duration, undefined, 'a band-pass');
      return { ...dry, samples: bandPassed(dry, low, high) };
    }),
  ),

  /** Each sample is lost with this probability: the one before is there again, or `fill: zero`. */
  dropped: kind(
    () => z.strictObject({ kind: z.literal('dropped'), probability: share(), fill: z.enum(['hold', 'zero']).default('hold'), ...random() }),
    (material, { probability, fill }, { seed: own }) => mapChannels(material, (channel) => withDropped(channel, probability, fill === 'zero', own)),
  ),

  /** Each sample is taken up to so much too early or too late. Formulas and live sources are later by as much, since nobody knows what comes. */
  jitter: kind(
    () => z.strictObject({ kind: z.literal('jitter'), seconds: seconds(), ...random() }),
    (material, { seconds: most }, { seed: own }) => mapChannels(material, (channel) => withJitter(channel, most, own)),
  ),

  /** From `at` on the value stays what it was then. */
  stuck: kind(
    () => z.strictObject({ kind: z.literal('stuck'), at: seconds().default(0), ...common() }),
    // Asked for each time: of a live source it is not known before.
    (material, { at }) => mapChannels(material, (channel) => ({ kind: 'function', hz: channel.kind === 'rows' ? rateOf(channel) : channel.hz, valueAt: (t) => channelAt(channel, Math.min(t, at)) })),
  ),

  /**
   * The board is mounted otherwise: acceleration, rotation and magnetic field are turned by `euler` (degrees about x, then y,
   * then z, of the axes that stay) or by `degrees` about `axis`. Axes that the stimulus does not have hold their still values.
   */
  rotate: kind(
    () => z.strictObject({ kind: z.literal('rotate'), euler: vector().optional(), axis: vector().optional(), degrees: value().optional(), ...common() })
      .refine(({ euler, axis, degrees }) => (euler === undefined) === (axis !== undefined && degrees !== undefined), 'rotate takes euler, or axis and degrees')
      .refine(({ axis }) => axis === undefined || Math.hypot(...axis) > 0, 'the axis of a rotation has a length'),
    (material, { euler, axis, degrees }) => rotated(material, rotationOf(euler === undefined ? { axis: axis!, degrees: degrees! } : { euler })),
  ),

  /** Everything so much later. */
  delay: kind(
    () => z.strictObject({ kind: z.literal('delay'), seconds: seconds(), ...common() }),
    (material, { seconds: later }) => ({
      ...retimed(material, material.duration + later, (t) => t - later, material.isHeld.before),
    }),
  ),

  /** So many times as long, and so much lower in pitch, as a tape that runs slower. */
  stretch: kind(
    () => z.strictObject({ kind: z.literal('stretch'), factor: z.number().min(0.001).max(1000), ...common() }),
    (material, { factor }) => {
      if (material.isLive === true) throw new StimulusError('a live source cannot be stretched: nobody knows what comes');
      return stretched(material, factor);
    },
  ),
} as const;

export type Modifier = { [K in keyof typeof MODIFIERS]: z.output<ReturnType<(typeof MODIFIERS)[K]['schema']>> }[keyof typeof MODIFIERS];

export const modifierSchema: () => z.ZodType<Modifier> = once(() => z.discriminatedUnion('kind', Object.values(MODIFIERS).map(({ schema }) => schema()) as never) as unknown as z.ZodType<Modifier>);

/** @throws StimulusError for what a modifier cannot be applied to */
export async function applyModifiers(material: Material, modifiers: readonly Modifier[], context: ModifierContext): Promise<Material> {
  let changed = material;
  for (const [index, modifier] of modifiers.entries()) {
    const own = 'seed' in modifier && typeof modifier.seed === 'number' ? modifier.seed : seedFor(context.seed, 1000 + index);
    changed = await applyOne(changed, modifier, { bytesOf: context.bytesOf, seed: own });
  }
  return changed;
}

async function applyOne(material: Material, modifier: Modifier, context: ModifierContext): Promise<Material> {
  const { apply } = MODIFIERS[modifier.kind] as unknown as ModifierKind<Modifier>;
  const only = ('only' in modifier ? modifier.only : undefined) as readonly Quantity[] | undefined;
  if (only === undefined) return apply(material, modifier, context);
  const isMeant = (name: ChannelName): boolean => only.includes((name === UNNAMED ? material.usual : name) as Quantity);
  const meant = new Map([...material.channels].filter(([name]) => isMeant(name)));
  if (meant.size === 0) throw new StimulusError(`"${modifier.kind}" only of ${only.join(', ')}: the stimulus has ${[...material.channels.keys()].join(', ') || 'none of these'}`);
  const changed = await apply({ ...material, channels: meant }, modifier, context);
  return { ...changed, channels: new Map([...material.channels, ...changed.channels]) };
}

/** Mean square, the mean taken off. @throws StimulusError when nothing changes, which has none */
function powerOf(channel: Channel, duration: number): number {
  const values = channel.kind === 'samples' ? channel.samples : channel.kind === 'rows' ? channel.values : sampled(channel, Math.min(duration, FUNCTION_POWER_SECONDS), undefined, 'noise').samples;
  let sum = 0;
  for (const sample of values) sum += sample;
  const mean = sum / values.length;
  let squares = 0;
  for (const sample of values) squares += (sample - mean) ** 2;
  if (squares === 0) throw new StimulusError('noise at a ratio to the signal: the signal does not change, so it has no power; give the noise an amplitude');
  return squares / values.length;
}

function withNoise(channel: Channel, deviation: number, own: number): Channel {
  switch (channel.kind) {
    case 'samples': return { ...channel, samples: channel.samples.map((sample, i) => sample + deviation * normalAt(own, i)) };
    case 'rows': return { ...channel, values: channel.values.map((sample, i) => sample + deviation * normalAt(own, i)) };
    case 'function': return { ...channel, valueAt: (t) => channel.valueAt(t) + deviation * normalAt(own, Math.floor(t * channel.hz)) };
  }
}

function withDropped(channel: Channel, probability: number, isZero: boolean, own: number): Channel {
  const isLost = (index: number): boolean => uniformAt(own, index) < probability;
  const changed = <T extends Float32Array | Float64Array>(values: T): T => {
    const kept = values.slice() as T;
    kept.forEach((_, i) => { if (isLost(i)) kept[i] = isZero ? 0 : (i === 0 ? values[0] : kept[i - 1]); });
    return kept;
  };
  switch (channel.kind) {
    case 'samples': return { ...channel, samples: changed(channel.samples) };
    case 'rows': return { ...channel, values: changed(channel.values) };
    case 'function': return { ...channel, valueAt: (t) => {
      let index = Math.floor(t * channel.hz);
      if (!isLost(index)) return channel.valueAt(t);
      if (isZero) return 0;
      for (let back = 0; back < LONGEST_DROP && index > 0 && isLost(index); back++) index--;
      return channel.valueAt(index / channel.hz);
    } };
  }
}

function withJitter(channel: Channel, most: number, own: number): Channel {
  const shift = (index: number): number => (2 * uniformAt(own, index) - 1) * most;
  switch (channel.kind) {
    case 'samples': return { ...channel, samples: channel.samples.map((_, i) => channelAt(channel, i / channel.hz + shift(i))) };
    case 'rows': return { ...channel, values: channel.values.map((_, i) => channelAt(channel, channel.seconds[i] + shift(i))) };
    case 'function': return { ...channel, valueAt: (t) => channel.valueAt(Math.max(t - most + shift(Math.floor(t * channel.hz)), 0)) };
  }
}

/** A material at other times: before its beginning its first value if that is held, and nothing else. */
function retimed(material: Material, duration: number, own: (seconds: number) => number, isHeldBefore: boolean): Material {
  const changed = mapChannels(material, (channel) => ({
    kind: 'function', hz: channel.kind === 'rows' ? rateOf(channel) : channel.hz,
    valueAt: (t) => (own(t) < 0 && !isHeldBefore ? 0 : channelAt(channel, Math.max(own(t), 0))),
  }));
  const { picture } = material;
  return { ...changed, duration, ...(picture === undefined ? {} : { picture: (t: number) => picture(Math.max(own(t), 0)) }) };
}

function stretched(material: Material, factor: number): Material {
  const changed = mapChannels(material, (channel) => {
    switch (channel.kind) {
      case 'samples': return { ...channel, hz: channel.hz / factor };
      case 'rows': return { ...channel, seconds: channel.seconds.map((at) => at * factor) };
      case 'function': return { ...channel, hz: channel.hz / factor, valueAt: (t) => channel.valueAt(t / factor) };
    }
  });
  const { picture } = material;
  return { ...changed, duration: material.duration * factor, ...(picture === undefined ? {} : { picture: (t: number) => picture(t / factor) }) };
}

/** A recorded impulse response at the rate of what it is applied to. */
async function responseOf(bytes: Uint8Array, file: string, others: ModifierContext['bytesOf']): Promise<(hz: number) => Float32Array> {
  const material = await readFile(bytes, file, USUAL_OPTIONS, others);
  const channel = material.channels.get(UNNAMED);
  if (channel === undefined) throw new StimulusError(`${file}: an impulse response is a sound file`);
  return (hz) => sampled(channel, material.duration, hz, 'an impulse response').samples;
}
