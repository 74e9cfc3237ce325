/**
 * Stimuli as data: what a board's sensors perceive, in a form that can be kept, sent and repeated. The command's options, the
 * library, a page and scenario files all come to this. Documented in docs/stimuli.md.
 */
import { z } from 'zod';
import { QUANTITIES, type Quantity } from '../inputs.js';
import { toBase64 } from './base64.js';
import type { LiveSources } from './live.js';
import { seedFor } from './random.js';
import { modifierSchema, type Modifier } from './modifiers.js';
import { once, seconds, seed } from './schema.js';
import { sourceSchema, type Source } from './sources.js';
import { StimulusError } from './stimulus-error.js';

/** A quantity; one of the vectors, with its three axes; what a camera sees. */
export type Target = Quantity | 'acceleration' | 'rotation' | 'magneticField' | 'picture';

export interface Track {
  /** What is stimulated. Default: what the source says it is; for sound files, sound. Of a recording, only this is taken. */
  readonly of?: Target | undefined;
  readonly source: Source;
  /** Seconds of virtual time at which it begins. */
  readonly at: number;
  /** Seconds of virtual time at which it is cut off. */
  readonly until?: number | undefined;
  /** Again and again. */
  readonly loop: boolean;
  /** So many times. */
  readonly repeat: number;
  /** Seconds from one beginning to the next; default: the source's own length. */
  readonly every?: number | undefined;
  /** `add` to what else there is, as sounds do, or take its place. Default: sound adds, everything else replaces. */
  readonly mode?: 'add' | 'replace' | undefined;
  readonly modifiers: readonly Modifier[];
  /** For what is random in it; default: from the description's seed and its place there. */
  readonly seed?: number | undefined;
}

export interface StimuliDescription {
  /** For everything random in it. */
  readonly seed: number;
  readonly stimuli: readonly Track[];
}

const MOST_TRACKS = 1024;
const MOST_DEPTH = 24;
const MOST_TEXT = 256 * 2 ** 20;
const VECTORS = ['acceleration', 'rotation', 'magneticField'] as const;
const TARGETS = [...Object.keys(QUANTITIES), ...VECTORS, 'picture'] as Target[];

/** Shortest time from one beginning to the next, seconds. */
const LEAST_PERIOD = 1e-6;

const trackSchema: () => z.ZodType<Track> = once(() => z.strictObject({
  of: z.enum(TARGETS as [Target, ...Target[]]).optional(),
  source: sourceSchema(),
  at: seconds().default(0),
  until: seconds().optional(),
  loop: z.boolean().default(false),
  repeat: z.int().min(1).max(1_000_000_000).default(1),
  every: seconds().refine((period) => period >= LEAST_PERIOD, 'a period is at least a microsecond').optional(),
  mode: z.enum(['add', 'replace']).optional(),
  modifiers: z.array(modifierSchema()).max(256).default([]),
  seed: seed().optional(),
}).refine(({ until, at }) => until === undefined || until > at, 'a stimulus is cut off after it has begun'));

export const descriptionSchema: () => z.ZodType<StimuliDescription> = once(() => z.strictObject({
  seed: seed().default(0),
  stimuli: z.array(trackSchema()).max(MOST_TRACKS),
}));

/**
 * @param value as JSON or YAML give it
 * @param where for messages: the file's name, say
 * @throws StimulusError with one line that names the place in it and what is wrong
 */
export function parseStimuli(value: unknown, where: string): StimuliDescription {
  if (isDeeperThan(value, MOST_DEPTH)) throw new StimulusError(`${where}: more than ${MOST_DEPTH} levels of braces and brackets; put less into one another`);
  const result = descriptionSchema().safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new StimulusError(`${where}: ${placeOf(issue)}${oneLine(issue.message)}`);
}

/** A description from a JSON or YAML file. @throws StimulusError with one line */
export async function parseStimuliText(text: string, fileName: string): Promise<StimuliDescription> {
  if (text.length > MOST_TEXT) throw new StimulusError(`${fileName}: ${text.length} characters are more than the ${MOST_TEXT} that a description may have`);
  return parseStimuli(await parsed(text, fileName), fileName);
}

async function parsed(text: string, fileName: string): Promise<unknown> {
  try {
    if (/^\s*[{[]/.test(text)) return JSON.parse(text) as unknown;
    const { parse } = await import('yaml');
    return parse(text, { maxAliasCount: 100, logLevel: 'error' }) as unknown;
  } catch (error) {
    throw new StimulusError(`${fileName}: neither JSON nor YAML (${oneLine(error instanceof Error ? error.message : String(error)).slice(0, 200)})`);
  }
}

function placeOf({ path }: z.core.$ZodIssue): string {
  return path.length === 0 ? '' : `${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('').replace(/^\./, '')}: `;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(part, levels - 1));
}

/** For what is random in one of the tracks. */
export function seedOf({ seed: own, stimuli }: StimuliDescription, index: number): number {
  return stimuli[index].seed ?? seedFor(own, index);
}

/**
 * The same stimuli without anything that must be connected: live sources as what arrived from them, files of `inlined` inside.
 * What it describes gives the same run, bit for bit.
 */
export function recordedStimuli({ seed: own, stimuli }: StimuliDescription, live: LiveSources, inlined: ReadonlyMap<string, Uint8Array>): StimuliDescription {
  const recordedOf = (source: Source): Source => {
    switch (source.kind) {
      case 'live': return live.get(source.name)?.recorded() ?? source;
      case 'file': {
        const { kind: _, file, ...reading } = source;
        const bytes = inlined.get(file);
        return bytes === undefined ? source : { kind: 'inline', name: file, base64: toBase64(bytes), ...reading };
      }
      case 'sequence':
      case 'mix': return { ...source, of: source.of.map(recordedOf) };
      case 'together': return { ...source, of: Object.fromEntries(Object.entries(source.of).map(([quantity, inner]) => [quantity, recordedOf(inner)])) };
      case 'modified': return { ...source, of: recordedOf(source.of) };
      default: return source;
    }
  };
  return { seed: own, stimuli: stimuli.map((track, index) => ({ ...track, source: recordedOf(track.source), seed: seedOf({ seed: own, stimuli }, index) })) };
}
