/** `--mic`, `--camera`, `--recording`, `--input`, `--stimulus`, `--loop`: what the world does to the board's parts. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Machine } from '../machine-api.js';
import { descriptionOf, parseStimuli, parseStimuliText, Stimuli, stimulusFrom, StimulusError, trackOfFlag, trackOfInput, type TrackInput } from '../index.js';
import { UserError } from './errors.js';

/** In the order in which they are given, those of one option together. */
export interface StimulusChoice {
  readonly tracks: readonly TrackInput[];
  /** Descriptions, JSON or YAML. */
  readonly files: readonly string[];
  /** `--loop`: every track begins again at its end. */
  readonly isLooped: boolean;
  /** For what is random in the tracks. */
  readonly seed: number;
}

export const NO_STIMULI: StimulusChoice = { tracks: [], files: [], isLooped: false, seed: 0 };

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

function told<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof StimulusError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** @throws UserError for a file that cannot be read or used */
export async function applyStimuli(machine: Machine, { tracks, files, isLooped, seed }: StimulusChoice): Promise<void> {
  if (tracks.length === 0 && files.length === 0) return;
  const all: Stimuli[] = [];
  try {
    for (const file of files) {
      const description = await parseStimuliText(new TextDecoder().decode(readFile(file)), file);
      all.push(await stimulusFrom(description, { bytesOf: (name) => readFile(isAbsolute(name) ? name : join(dirname(file), name)) }));
    }
    all.push(await stimulusFrom(parseStimuli(descriptionOf(tracks, { seed, isLooped }), 'stimuli'), { bytesOf: readFile }));
  } catch (error) {
    if (error instanceof StimulusError) throw new UserError(error.message);
    throw error;
  }
  Stimuli.joined(all).applyTo(machine.inputs, machine.rootHz);
}

/** No recording is longer; larger files are not even read. */
const MOST_BYTES = 2 ** 29;

function readFile(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size <= MOST_BYTES) return readFileSync(file);
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}); give the path of a recording`);
  }
  throw new UserError(`${file}: too large for a recording; cut it`);
}
