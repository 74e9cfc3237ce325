/**
 * The kinds of files that stimuli come from. A new format is one reader and one line here: sources, the command and the
 * fuzzer go through this table. Readers are loaded when a file of their kind comes.
 */
import type { Quantity } from '../inputs.js';
import { HELD, NOT_HELD, UNNAMED, type Channel, type ChannelName, type Material } from './material.js';
import { shown } from './pictures/material.js';
import { PICTURE_FORMATS } from './pictures/read.js';
import type { Signal } from './signal.js';
import type { Gaps, Recording } from './recording.js';
import { StimulusError } from './stimulus-error.js';

export interface FormatOptions {
  /** Of a sound file: the mean of all, or one of them counted from 0. */
  readonly channel: 'mix' | number;
  /** Rows of a recording without a value: refused, or left out of that quantity. */
  readonly gaps: Gaps;
  /** Samples per second of sound without a header; undefined when the file must have one. */
  readonly rawHz: number | undefined;
}

export const USUAL_OPTIONS: FormatOptions = { channel: 'mix', gaps: 'refuse', rawHz: undefined };

export interface Format {
  readonly name: string;
  /** By its first bytes, or where there is nothing to recognise it by, by its name. */
  readonly recognises: (bytes: Uint8Array, fileName: string) => boolean;
  /** @throws StimulusError with one line, the file's name in front */
  readonly read: (bytes: Uint8Array, fileName: string, options: FormatOptions, others: Others) => Promise<Material>;
}

/** Files beside the one that is read, for formats that have two. */
export type Others = (fileName: string) => Uint8Array | Promise<Uint8Array>;

/** No recording for a microcontroller is larger. */
export const MOST_FILE_BYTES = 256 * 2 ** 20;

export const FORMATS: readonly Format[] = [
  ...PICTURE_FORMATS.map(({ name, recognises, read }): Format => ({ name, recognises, read: async (bytes, file) => shown(await read(bytes, file)) })),
  { name: 'WAV',  recognises: (bytes) => startsWith(bytes, 'RIFF', 'RIFX', 'RF64'), read: async (bytes, file, { channel }) => sound((await import('./wav.js')).readWav(bytes, file, channel)) },
  { name: 'FLAC', recognises: (bytes) => startsWith(bytes, 'fLaC'), read: async (bytes, file, { channel }) => sound((await import('./compressed.js')).readFlac(bytes, file, channel)) },
  { name: 'Opus', recognises: (bytes) => startsWith(bytes, 'OggS'), read: async (bytes, file, { channel }) => sound(await (await import('./compressed.js')).readOpus(bytes, file, channel)) },
  { name: 'RESD', recognises: (bytes) => startsWith(bytes, 'RESD'), read: async (bytes, file, { channel }) => (await import('./resd.js')).readResd(bytes, file, channel) },
  { name: 'SDS',  recognises: (_, file) => /\.sds$/i.test(file), read: readSdsWithMetadata },
  { name: 'JSON', recognises: (_, file) => /\.json$/i.test(file), read: async (bytes, file, { gaps }) => (await import('./json-recording.js')).readJsonRecording(textOf(bytes), file, gaps) },
  { name: 'CSV',  recognises: (_, file) => /\.(csv|tsv|txt)$/i.test(file), read: async (bytes, file, { gaps }) => recorded((await import('./csv.js')).readCsv(textOf(bytes), file, gaps)) },
];

/** @throws StimulusError for a file of no kind that is known, one that is too large, or one that its reader refuses */
export async function readFile(bytes: Uint8Array, fileName: string, options: FormatOptions, others: Others): Promise<Material> {
  if (bytes.length === 0) throw new StimulusError(`${fileName}: the file is empty; record something first`);
  if (bytes.length > MOST_FILE_BYTES) throw new StimulusError(`${fileName}: ${bytes.length} bytes are more than the ${MOST_FILE_BYTES} that a recording may have; cut it`);
  const format = FORMATS.find(({ recognises }) => recognises(bytes, fileName));
  if (format !== undefined) return format.read(bytes, fileName, options, others);
  if (options.rawHz !== undefined) return sound(rawSound(bytes, options.rawHz, fileName));
  throw new StimulusError(`${fileName}: no kind of recording that is known; use one of ${FORMATS.map(({ name }) => name).join(', ')}`);
}

async function readSdsWithMetadata(bytes: Uint8Array, fileName: string, { channel }: FormatOptions, others: Others): Promise<Material> {
  const { metadataFileOf, readSds } = await import('./sds.js');
  return readSds(bytes, fileName, textOf(await others(metadataFileOf(fileName))), channel);
}

/** Samples as they come from a recorder's pipe: 16 bits, signed, the low byte first, one channel. */
function rawSound(bytes: Uint8Array, hz: number, fileName: string): Signal {
  if (bytes.length < 2) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { hz, samples: Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) / 0x8000) };
}

export function sound({ hz, samples }: Signal): Material {
  return { duration: samples.length / hz, channels: new Map([[UNNAMED, { kind: 'samples', hz, samples }]]), usual: 'sound', isHeld: NOT_HELD };
}

export function recorded({ seconds, values }: Recording): Material {
  const channels = new Map<ChannelName, Channel>([...values].map(([quantity, column]: [Quantity, Float64Array]) => [quantity, { kind: 'rows', seconds, values: column }]));
  return { duration: seconds[seconds.length - 1], channels, isHeld: HELD };
}

/** No text of a recording is larger; texts take twice their file and more. */
const MOST_TEXT_BYTES = 128 * 2 ** 20;

/** @throws StimulusError when it is too large for a text */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length > MOST_TEXT_BYTES) throw new StimulusError(`${bytes.length} bytes are more than the ${MOST_TEXT_BYTES} that a text may have; cut it`);
  return new TextDecoder().decode(bytes);
}

export function startsWith(bytes: Uint8Array, ...magics: readonly string[]): boolean {
  return magics.some((magic) => bytes.length >= magic.length && [...magic].every((letter, i) => bytes[i] === letter.charCodeAt(0)));
}
