/** `--mic`, `--camera`, `--recording`, `--input`, `--stimulus`, `--live`, `--loop`: what the world does to the board's parts. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Machine } from '../machine-api.js';
import {
  descriptionOf, LiveSound, parseStimuli, parseStimuliText, recordedStimuli, Stimuli, stimulusFrom, StimulusError, trackOfFlag, trackOfInput,
  type StimuliDescription, type TrackInput,
} from '../index.js';
import { UserError } from './errors.js';

/** In the order in which they are given, those of one option together. */
export interface StimulusChoice {
  readonly tracks: readonly TrackInput[];
  /** Descriptions, JSON or YAML. */
  readonly files: readonly string[];
  /** A pipe with sound that arrives while the machine runs. */
  readonly live: LiveChoice | undefined;
  /** `--loop`: every track begins again at its end. */
  readonly isLooped: boolean;
  /** For what is random in the tracks. */
  readonly seed: number;
}

export interface LiveChoice { readonly path: string; readonly hz: number }

export const NO_STIMULI: StimulusChoice = { tracks: [], files: [], live: undefined, isLooped: false, seed: 0 };

/** The file name that stands for standard input, as everywhere. */
const STANDARD_INPUT = '-';
const USUAL_LIVE_HZ = 16_000;
/** Under which a description finds the pipe. */
const LIVE_NAME = 'pipe';

type Collecting = (text: string, before: readonly TrackInput[] | undefined) => TrackInput[];

/** `yes.wav`, `yes.wav@2s`, `a.wav+b.wav@2s,loop`, `sine(440Hz)`. @param of what it stimulates; undefined when the file says it */
export function parsePlaced(of: string | undefined): Collecting {
  return (text, before = []) => [...before, told(() => trackOfFlag(text, of))];
}

/** `cat.png@2s`, and folders of pictures, each seen for `each=2s` or a second, in the order of their names. */
export function parseCamera(text: string, before: readonly TrackInput[] = []): TrackInput[] {
  const each = /,each=([^,@]+)/.exec(text);
  return [...before, told(() => withFolders(trackOfFlag(text.replace(each?.[0] ?? '', ''), 'picture'), each?.[1] ?? '1s'))];
}

const PICTURES = /\.(png|jpe?g|gif|ppm|pgm|bmp)$/i;
/** What a sequence may have. */
const MOST_PICTURES = 256;

function withFolders(track: TrackInput, each: string): TrackInput {
  const { source } = track;
  const file = source['file'];
  if (source.kind !== 'file' || typeof file !== 'string' || !isFolder(file)) return track;
  const names = readdirSync(file).filter((name) => PICTURES.test(name)).sort();
  if (names.length === 0) throw new StimulusError(`${file}: no PNG, JPEG, GIF, PPM, PGM or BMP file in this folder`);
  if (names.length > MOST_PICTURES) throw new StimulusError(`${file}: ${names.length} pictures; at most ${MOST_PICTURES} of a folder follow each other`);
  const of = names.map((name) => ({ kind: 'modified', of: { kind: 'file', file: join(file, name) }, modifiers: [{ kind: 'lasting', seconds: each }] }));
  return { ...track, source: { kind: 'sequence', of } };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** `temperature=31.5`, `temperature=20..30@0s-60s`, `acceleration.x=sine(1Hz,2)`. */
export function parseInput(text: string, before: readonly TrackInput[] = []): TrackInput[] {
  return [...before, told(() => trackOfInput(text))];
}

/** `/tmp/microphone`, `/tmp/microphone,rate=48000`. */
export function parseLive(text: string): LiveChoice {
  const match = /^(.+?)(?:,rate=(\d{1,6}))?$/.exec(text);
  const hz = Number(match?.[2] ?? USUAL_LIVE_HZ);
  if (match === null || hz < 1) throw new InvalidArgumentError('Write the path of a pipe, and its samples per second if they are not 16000: /tmp/microphone,rate=48000.');
  return { path: match[1], hz };
}

function told<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof StimulusError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** Whether a track reads standard input, which then is no input of the firmware. */
export function readsStandardInput({ tracks }: StimulusChoice): boolean {
  return JSON.stringify(tracks).includes(`"file":"${STANDARD_INPUT}"`);
}

/** What a machine perceives, and what is kept of it. */
export class AppliedStimuli {
  private constructor(private readonly descriptions: readonly StimuliDescription[], private readonly inlined: ReadonlyMap<string, Uint8Array>, readonly live: LiveSound | undefined) {}

  /**
   * @param standardInput all of it
   * @throws UserError for a file that cannot be read or used
   */
  static async to(machine: Machine, { tracks, files, live: pipe, isLooped, seed }: StimulusChoice, standardInput: () => Promise<Uint8Array> = () => Promise.resolve(new Uint8Array(0))): Promise<AppliedStimuli> {
    const live = pipe === undefined ? undefined : new LiveSound(pipe.hz);
    const inlined = new Map<string, Uint8Array>();
    const applied = new AppliedStimuli([], inlined, live);
    if (tracks.length === 0 && files.length === 0 && live === undefined) return applied;
    const sources = new Map(live === undefined ? [] : [[LIVE_NAME, live]]);
    const bytesOf = async (file: string): Promise<Uint8Array> => {
      if (file !== STANDARD_INPUT) return readFile(file);
      if (!inlined.has(file)) inlined.set(file, await standardInput());
      return inlined.get(file)!;
    };
    try {
      const descriptions = await Promise.all(files.map(async (file) => withPaths(await parseStimuliText(new TextDecoder().decode(readFile(file)), file), dirname(resolve(file)))));
      const heard: TrackInput[] = live === undefined ? [] : [{ of: 'sound', source: { kind: 'live', name: LIVE_NAME } }];
      descriptions.push(parseStimuli(descriptionOf(tracks, { seed, isLooped }), 'stimuli'), parseStimuli(descriptionOf(heard), 'stimuli'));
      const all: Stimuli[] = [];
      for (const description of descriptions) all.push(await stimulusFrom(description, { bytesOf, live: sources }));
      Stimuli.joined(all).applyTo(machine.inputs, machine.rootHz);
      return new AppliedStimuli(descriptions, inlined, live);
    } catch (error) {
      if (error instanceof StimulusError) throw new UserError(error.message);
      throw error;
    }
  }

  /** What was perceived, as one description that gives it again. */
  recorded(): string {
    const live = new Map(this.live === undefined ? [] : [[LIVE_NAME, this.live]]);
    const stimuli = this.descriptions.flatMap((description) => withPaths(recordedStimuli(description, live, this.inlined), process.cwd()).stimuli);
    return `${JSON.stringify({ seed: 0, stimuli }, null, 1)}\n`;
  }
}

/** Files beside a description, or in the folder of the command, wherever it is used from. */
function withPaths<T>(description: T, folder: string): T {
  return JSON.parse(JSON.stringify(description), (key, value: unknown) =>
    key === 'file' && typeof value === 'string' && value !== STANDARD_INPUT && !isAbsolute(value) ? join(folder, value) : value) as T;
}

/** No recording is longer; larger files are not even read. */
const MOST_BYTES = 2 ** 29;

function readFile(file: string): Uint8Array {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (stat.size <= MOST_BYTES) return readFileSync(file);
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}); give the path of a recording`);
  }
  throw new UserError(`${file}: too large for a recording; cut it`);
}
