/** Where a stimulus comes from: a file, a formula, a live source, or several of these one after another or at once. */
import { z } from 'zod';
import { QUANTITIES, type Quantity } from '../inputs.js';
import { readFile } from './formats.js';
import { FUNCTIONS } from './functions.js';
import { channelAt, firstAfter, MOST_SECONDS, UNNAMED, type Channel, type ChannelName, type Material } from './material.js';
import { fromBase64 } from './base64.js';
import { LiveSound, LiveValues, type RecordedSoundSource, type RecordedValuesSource } from './live.js';
import { MOST_ROWS, type Gaps } from './recording.js';
import { applyModifiers, modifierSchema, type Modifier } from './modifiers.js';
import { seedFor } from './random.js';
import { fileName, hertz, once, value } from './schema.js';
import { StimulusError } from './stimulus-error.js';

type FunctionDescription = { [K in keyof typeof FUNCTIONS]: z.output<ReturnType<(typeof FUNCTIONS)[K]['schema']>> }[keyof typeof FUNCTIONS];

export interface FileSource {
  readonly kind: 'file';
  readonly file: string;
  /** Of a sound file of several channels; default `mix`, their mean. */
  readonly channel: 'mix' | number;
  /** Rows of a recording that lack a value; default `refuse`. */
  readonly gaps: Gaps;
  /** For sound without a header (16 bits, signed, low byte first): its samples per second. */
  readonly rawHz?: number | undefined;
}

/** Something heard or measured while the machine runs, by the name under which it is connected. */
export interface LiveSourceDescription { readonly kind: 'live'; readonly name: string }

/** A file inside the description, as base64. */
export interface InlineSource { readonly kind: 'inline'; readonly name: string; readonly base64: string; readonly channel: 'mix' | number; readonly gaps: Gaps; readonly rawHz?: number | undefined }

export type Source =
  | FileSource | InlineSource | FunctionDescription | LiveSourceDescription | RecordedSoundSource | RecordedValuesSource
  /** One after another. */
  | { readonly kind: 'sequence'; readonly of: readonly Source[] }
  /** At once: values of the same quantity add up. */
  | { readonly kind: 'mix'; readonly of: readonly Source[] }
  /** Several quantities. */
  | { readonly kind: 'together'; readonly of: Readonly<Partial<Record<Quantity, Source>>> }
  | { readonly kind: 'modified'; readonly of: Source; readonly modifiers: readonly Modifier[] };

export interface SourceContext {
  /** The bytes of a file that the description names. */
  readonly bytesOf: (file: string) => Uint8Array | Promise<Uint8Array>;
  readonly liveOf: (name: string) => Material;
  readonly seed: number;
}

const MOST_PARTS = 256;

export const sourceSchema: () => z.ZodType<Source> = once(() => {
  const inner: z.ZodType<Source> = z.lazy(() => sourceSchema());
  const parts = z.array(inner).min(1).max(MOST_PARTS);
  const reading = {
    channel: z.union([z.literal('mix'), z.int().min(0).max(0xffff)]).default('mix'), gaps: z.enum(['refuse', 'bridge']).default('refuse'), rawHz: hertz().optional(),
  };
  const moment = z.number().min(0).max(MOST_SECONDS);
  const quantity = z.enum(Object.keys(QUANTITIES) as Quantity[]);
  const options = [
    z.strictObject({ kind: z.literal('file'), file: fileName(), ...reading }),
    z.strictObject({ kind: z.literal('inline'), name: fileName(), base64: z.string(), ...reading }),
    z.strictObject({ kind: z.literal('recordedSound'), hz: hertz(), arrivals: z.array(z.tuple([moment, z.string()])).max(MOST_ROWS) }),
    z.strictObject({ kind: z.literal('recordedValues'), arrivals: z.array(z.tuple([moment, z.partialRecord(quantity, value())])).max(MOST_ROWS) }),
    z.strictObject({ kind: z.literal('live'), name: z.string().min(1).max(64) }),
    z.strictObject({ kind: z.literal('sequence'), of: parts }),
    z.strictObject({ kind: z.literal('mix'), of: parts }),
    z.strictObject({ kind: z.literal('together'), of: z.partialRecord(quantity, inner) }),
    z.strictObject({ kind: z.literal('modified'), of: inner, modifiers: z.array(modifierSchema()).max(MOST_PARTS) }),
    ...Object.values(FUNCTIONS).map(({ schema }) => schema()),
  ];
  // By its `kind`, so that a mistake is told about the kind that was meant.
  return z.discriminatedUnion('kind', options as never);
});

export async function readSource(source: Source, context: SourceContext): Promise<Material> {
  switch (source.kind) {
    case 'file': return readFile(await context.bytesOf(source.file), source.file, { channel: source.channel, gaps: source.gaps, rawHz: source.rawHz }, context.bytesOf);
    case 'inline': return readFile(bytesIn(source), source.name, { channel: source.channel, gaps: source.gaps, rawHz: source.rawHz }, context.bytesOf);
    case 'recordedSound': return LiveSound.from(source).material();
    case 'recordedValues': return LiveValues.from(source).material();
    case 'live': return context.liveOf(source.name);
    case 'sequence': return sequence(await readAll(source.of, context));
    case 'mix': return mix(await readAll(source.of, context));
    case 'together': return together(source.of, context);
    case 'modified': return applyModifiers(await readSource(source.of, context), source.modifiers, context);
    default: return (FUNCTIONS[source.kind].read as (description: Source, seed: number) => Material)(source, context.seed);
  }
}

function bytesIn({ name, base64 }: InlineSource): Uint8Array {
  const bytes = fromBase64(base64);
  if (bytes === undefined) throw new StimulusError(`${name}: no base64; put the file there as it is read by any tool`);
  return bytes;
}

/** One by one: a large file is not in memory while the next is read. */
async function readAll(sources: readonly Source[], context: SourceContext): Promise<Material[]> {
  const materials: Material[] = [];
  for (const [index, source] of sources.entries()) materials.push(await readSource(source, { ...context, seed: seedFor(context.seed, index) }));
  return materials;
}

async function together(of: Readonly<Partial<Record<Quantity, Source>>>, context: SourceContext): Promise<Material> {
  const entries = Object.entries(of) as [Quantity, Source][];
  const materials = await readAll(entries.map(([, source]) => source), context);
  const channels = new Map<ChannelName, Channel>();
  materials.forEach((material, index) => {
    const channel = material.channels.get(UNNAMED) ?? material.channels.get(entries[index][0]);
    if (channel === undefined) throw new StimulusError(`the source of ${entries[index][0]} has no such quantity: it has ${[...material.channels.keys()].join(', ') || 'pictures'}`);
    channels.set(entries[index][0], channel);
  });
  if (channels.size === 0) throw new StimulusError('"together" of nothing: name a quantity and its source');
  return { duration: Math.max(...materials.map(({ duration }) => duration)), channels, isHeld: materials[0].isHeld };
}

function sequence(materials: readonly Material[]): Material {
  if (materials.length === 1) return materials[0];
  const starts: number[] = [];
  const duration = materials.reduce((at, material, index) => {
    if (!Number.isFinite(at)) throw new StimulusError(`part ${index} of a sequence never ends, so nothing can follow it`);
    starts.push(at);
    return at + material.duration;
  }, 0);
  const times = Float64Array.from(starts);
  const partAt = (seconds: number): number => Math.max(firstAfter(times, seconds) - 1, 0);
  const [first] = materials;
  const last = materials[materials.length - 1];
  return combined(materials, duration, { before: first.isHeld.before, after: last.isHeld.after }, (named) => (seconds) => {
    const part = partAt(seconds);
    const channel = named[part];
    return channel === undefined ? 0 : channelAt(channel, seconds - starts[part]);
  }, (seconds) => materials[partAt(seconds)].picture?.(seconds - starts[partAt(seconds)]));
}

function mix(materials: readonly Material[]): Material {
  if (materials.length === 1) return materials[0];
  const duration = Math.max(...materials.map((material) => material.duration));
  return combined(materials, duration, materials[0].isHeld, (named) => (seconds) => named.reduce((sum, channel, part) => {
    const { duration: own, isHeld } = materials[part];
    return channel === undefined || (seconds >= own && !isHeld.after) ? sum : sum + channelAt(channel, seconds);
  }, 0), () => undefined);
}

/** Materials as one whose values are made of theirs: for each name, each material's channel of it. */
function combined(
  materials: readonly Material[], duration: number, isHeld: Material['isHeld'],
  valueOf: (named: readonly (Channel | undefined)[]) => (seconds: number) => number,
  pictureAt: (seconds: number) => ReturnType<NonNullable<Material['picture']>> | undefined,
): Material {
  const names = new Set(materials.flatMap(({ channels }) => [...channels.keys()]));
  const channels = new Map<ChannelName, Channel>();
  for (const name of names) {
    const named = materials.map((material) => material.channels.get(name));
    const hz = Math.max(...named.map((channel) => (channel === undefined || channel.kind === 'rows' ? 1 : channel.hz)));
    channels.set(name, { kind: 'function', valueAt: valueOf(named), hz });
  }
  const usual = materials.find((material) => material.usual !== undefined)?.usual;
  const shown = materials.find(({ picture }) => picture !== undefined)?.picture;
  return {
    duration, channels, isHeld,
    ...(usual === undefined ? {} : { usual }),
    ...(materials.some(({ isLive }) => isLive) ? { isLive: true } : {}),
    ...(shown === undefined ? {} : { picture: (seconds: number) => pictureAt(seconds) ?? shown(seconds) }),
  };
}
