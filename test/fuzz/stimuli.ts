/**
 * Damaged recordings against everything that reads them: whatever the bytes, reading ends soon, in stimuli or in a StimulusError
 * of one line, and with memory in proportion to the file. `npm run fuzz:stimuli -- --files 1000000 --seed 1`.
 * A format that is new gets a line in `samplesByFormat`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS, readFile, USUAL_OPTIONS } from '../../emulator/sensors/stimuli/formats.js';
import { Inputs, QUANTITIES, type Quantity } from '../../emulator/sensors/inputs.js';
import { parseStimuliText } from '../../emulator/sensors/stimuli/description.js';
import { stimulusFrom } from '../../emulator/sensors/stimuli/build.js';
import { readCsv } from '../../emulator/sensors/stimuli/csv.js';
import { trackOfFlag, trackOfInput } from '../../emulator/sensors/stimuli/flags.js';
import { channelAt, type Material } from '../../emulator/sensors/stimuli/material.js';
import { writeResd } from '../../emulator/sensors/stimuli/resd.js';
import { writeSds } from '../../emulator/sensors/stimuli/sds.js';
import { StimulusError } from '../../emulator/sensors/stimuli/stimulus-error.js';
import { PICTURE_SAMPLES } from '../support/picture-samples.js';
import { writeWav } from '../support/wav-writer.js';

/** Longest that one file may take, of this process' own time: the machine may also do other things. */
const MOST_MILLISECONDS = 3000;
/** Heap and buffers that one file may need, on top of a multiple of its size: the largest picture, as JPEG, takes some 350 MiB. */
const FIXED_BYTES = 512 << 20;

export interface StimuliFuzzOptions {
  readonly files: number;
  readonly seed: number;
  /** Only the format of this name. */
  readonly only?: string;
  readonly report?: (line: string) => void;
}
export interface StimuliFuzzResult { readonly files: number; readonly read: number; readonly refused: number; readonly slowestMilliseconds: number; readonly mostBytes: number }

/** A file to damage. */
interface Sample { readonly name: string; readonly bytes: Uint8Array; readonly others?: Readonly<Record<string, Uint8Array>> }
interface Target { readonly name: string; readonly samples: readonly Sample[]; readonly read: (bytes: Uint8Array, sample: Sample) => Promise<void> }

/** xorshift32: small, seeded, good enough to pick positions. */
class Random {
  private state: number;
  constructor(seed: number) { this.state = (Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995) >>> 0 || 1; }
  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const CSV = 'time_ms,ax_g,ay,gz\n0,0.5,1,2\n10,0.25,-1,3\n20,0.1,1e1,4\n30,0,0,5\n';
const tone = Int16Array.from({ length: 1200 }, (_, n) => Math.round(9000 * Math.sin(n / 4)));
const DESCRIPTION = {
  seed: 3,
  stimuli: [
    { source: { kind: 'sequence', of: [{ kind: 'file', file: 'a.wav' }, { kind: 'silence', duration: 0.1 }] }, at: '1s', every: 2, repeat: 3, modifiers: [{ kind: 'gain', db: -6 }, { kind: 'noise', snrDb: 10 }] },
    { of: 'temperature', source: { kind: 'ramp', from: 20, to: 30, duration: 60 } },
    { of: 'acceleration.x', source: { kind: 'sine', hz: 2, amplitude: 3 }, modifiers: [{ kind: 'clip', level: 2 }, { kind: 'rotate', euler: [1, 2, 3] }, { kind: 'dropped', probability: 0.1 }] },
    { source: { kind: 'file', file: 'a.csv' }, loop: true, modifiers: [{ kind: 'jitter', seconds: 0.01 }, { kind: 'stretch', factor: 2 }, { kind: 'delay', seconds: 1 }] },
    { of: 'humidity', source: { kind: 'points', points: [[0, 1], [1, 2]] }, modifiers: [{ kind: 'bandPass', low: 0.1 }, { kind: 'quantise', step: 0.1 }] },
    { source: { kind: 'recordedSound', hz: 8000, arrivals: [[0.5, 'AAABAAIA']] } },
  ],
};

/** Whole files of each format of `FORMATS`, by its name there: made here, or by the reference encoders. */
function samplesByFormat(folder: string): Readonly<Record<string, readonly Sample[]>> {
  const wav = writeWav({ hz: 16_000, channels: 2, data: new Uint8Array(tone.buffer) });
  writeFileSync(join(folder, 'a.wav'), wav);
  execFileSync('flac', ['-s', '-f', join(folder, 'a.wav'), '-o', join(folder, 'a.flac')]);
  execFileSync('opusenc', ['--quiet', join(folder, 'a.wav'), join(folder, 'a.opus')]);
  const recording = readCsv(CSV, 'a.csv');
  const { sds, metadata } = writeSds(recording, 'a');
  return {
    WAV: [
      { name: 'a.wav', bytes: wav }, { name: 'b.wav', bytes: writeWav({ bits: 24, data: new Uint8Array(tone.buffer).subarray(0, 600) }) },
      { name: 'c.wav', bytes: writeWav({ format: 3, bits: 32, data: new Uint8Array(Float32Array.of(0, 1, NaN, -1).buffer) }) },
      ...[6, 7, 17].map((format) => ({ name: 'd.wav', bytes: writeWav({ format, bits: format === 17 ? 4 : 8, data: new Uint8Array(tone.buffer).subarray(0, 512) }) })),
    ],
    FLAC: [{ name: 'a.flac', bytes: readFileSync(join(folder, 'a.flac')) }],
    Opus: [{ name: 'a.opus', bytes: readFileSync(join(folder, 'a.opus')) }],
    RESD: [{ name: 'a.resd', bytes: writeResd(recording) }, { name: 'b.resd', bytes: writeResd(readCsv('time,ax,temperature,pressure\n0,1,2,3\n1,2,3,4\n5,6,7,8\n', 'b.csv')) }],
    SDS: [{ name: 'a.0.sds', bytes: sds, others: { 'a.sds.yml': text(metadata) } }, { name: 'm.0.sds', bytes: sds, others: { 'm.sds.yml': text('sds: {name: M, content: [{audio: {bit-depth: 16, audio-channels: 1, sample-frequency: 16000}}]}') } }],
    JSON: [
      { name: 'a.json', bytes: text(JSON.stringify({ time: [0, 1, 2], timeUnit: 'ms', units: { ax: 'g' }, values: { ax: [1, 2, 3], temperature: [1, null, 2] } })) },
      { name: 'b.json', bytes: text(JSON.stringify({ protected: {}, signature: '0', payload: { interval_ms: 10, sensors: [{ name: 'accX', units: 'm/s2' }], values: [[1], [2]] } })) },
    ],
    CSV: [{ name: 'a.csv', bytes: text(CSV) }],
    ...Object.fromEntries(Object.entries(PICTURE_SAMPLES).map(([format, bytes]) => [format, [{ name: 'a picture', bytes }]])),
  };
}

function targets(folder: string): readonly Target[] {
  const samples = samplesByFormat(folder);
  const missing = FORMATS.filter(({ name }) => samples[name] === undefined);
  if (missing.length > 0) throw new Error(`no samples of ${missing.map(({ name }) => name).join(', ')}: add them to samplesByFormat`);
  const files: Readonly<Record<string, Uint8Array>> = { 'a.wav': samples['WAV'][0].bytes, 'a.csv': samples['CSV'][0].bytes };
  const bytesOf = (file: string): Uint8Array => {
    if (files[file] === undefined) throw new StimulusError(`${file}: not there`);
    return files[file];
  };
  return [
    ...FORMATS.map(({ name, read }): Target => ({
      name, samples: samples[name],
      read: async (bytes, { name: file, others = {} }) => askMaterial(await read(bytes, file, { ...USUAL_OPTIONS, gaps: bytes.length % 2 === 0 ? 'refuse' : 'bridge' }, (other) => others[other] ?? bytesOf(other))),
    })),
    // By whatever its first bytes say.
    { name: 'file', samples: Object.values(samples).flat(), read: async (bytes, { name, others = {} }) => askMaterial(await readFile(bytes, name, { ...USUAL_OPTIONS, rawHz: 16_000 }, (other) => others[other] ?? bytesOf(other))) },
    { name: 'SDS metadata', samples: [{ name: 'a.0.sds', bytes: samples['SDS'][0].others!['a.sds.yml'] }], read: async (bytes) => askMaterial(await readFile(samples['SDS'][0].bytes, 'a.0.sds', USUAL_OPTIONS, () => bytes)) },
    { name: 'description', samples: [{ name: 'a.json', bytes: text(JSON.stringify(DESCRIPTION)) }, { name: 'a.yaml', bytes: text('stimuli:\n  - of: temperature\n    source: &s { kind: sine, hz: 1 }\n  - { of: humidity, source: *s, at: 2s }\n') }], read: async (bytes, { name }) => askInputs(await parseStimuliText(new TextDecoder().decode(bytes), name), bytesOf) },
    { name: 'flag', samples: ['a.wav+silence(1s)+a.wav@2s-9s,loop,gain=-6dB,snr=20,reverb=0.1s', 'sine(1kHz,0.5)@1s,clip=0.2,band=10Hz-2kHz,drop=1%'].map((flag) => ({ name: 'flag', bytes: text(flag) })), read: (bytes) => { trackOfFlag(new TextDecoder().decode(bytes), 'sound'); return Promise.resolve(); } },
    { name: 'input', samples: ['temperature=20..30F@0s-60s', 'acceleration.x=points(0s:1g,1s:2g),bias=1mg,stuck=1s', 'pressure=pulse(1000hPa,1s,2s,3s,90kPa)'].map((flag) => ({ name: 'flag', bytes: text(flag) })), read: (bytes) => { trackOfInput(new TextDecoder().decode(bytes)); return Promise.resolve(); } },
  ];
}

/** What is read must also be usable: finite values at any time. */
function askMaterial({ channels, duration, picture }: Material): Promise<void> {
  for (const seconds of [0, 0.001, duration / 2, duration, 1e6]) {
    for (const channel of channels.values()) if (Number.isNaN(channelAt(channel, Number.isFinite(seconds) ? seconds : 0))) throw new Error(`no number at ${seconds} s`);
    picture?.(Number.isFinite(seconds) ? seconds : 0);
  }
  return Promise.resolve();
}

async function askInputs(description: Parameters<typeof stimulusFrom>[0], bytesOf: (file: string) => Uint8Array): Promise<void> {
  const inputs = new Inputs();
  (await stimulusFrom(description, { bytesOf })).applyTo(inputs, 64_000_000);
  for (const at of [0, 1, 64_000_000, 2 ** 50]) for (const quantity of Object.keys(QUANTITIES) as Quantity[]) inputs.value(quantity, at);
}

const INTERESTING_BYTES = [0, 1, 0x0a, 0x22, 0x2c, 0x2d, 0x30, 0x39, 0x3a, 0x5b, 0x65, 0x7b, 0x7f, 0x80, 0xff];
const INTERESTING_WORDS = [0, 1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

const INTERESTING_TOKENS = ['-1', '0', '1e9', '1e308', '-0.5', '1e-9', '4294967296', 'null', '"x"', '[]', '{}', 'true', '99999999999999999999', ''];

/** A number somewhere in a text made another, so that its structure stays whole. */
function withOtherNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const whole = new TextDecoder('latin1').decode(bytes);
  const numbers = [...whole.matchAll(/-?\d+(?:\.\d+)?/g)];
  if (numbers.length === 0) return bytes;
  const chosen = numbers[random.below(numbers.length)];
  return Uint8Array.from(Buffer.from(whole.slice(0, chosen.index) + INTERESTING_TOKENS[random.below(INTERESTING_TOKENS.length)] + whole.slice(chosen.index + chosen[0].length), 'latin1'));
}

function damaged(whole: Uint8Array, random: Random): Uint8Array {
  let bytes = whole.slice();
  const isText = whole[0] !== 0 && whole.every((byte) => byte < 0x80) && whole.length > 0;
  if (isText && random.below(3) > 0) return withOtherNumber(bytes, random);
  for (let n = 1 + random.below(random.below(2) === 0 ? 2 : 6); n > 0 && bytes.length > 0; n--) {
    const at = random.below(bytes.length);
    switch (random.below(8)) {
      case 0: bytes[at] ^= 1 << random.below(8); break;
      case 1: bytes[at] = INTERESTING_BYTES[random.below(INTERESTING_BYTES.length)]; break;
      case 2: setWord(bytes, at, INTERESTING_WORDS[random.below(INTERESTING_WORDS.length)]); break;
      // Headers steer the readers: most damage goes there.
      case 3: setWord(bytes, random.below(Math.min(bytes.length, 64)), INTERESTING_WORDS[random.below(INTERESTING_WORDS.length)]); break;
      case 4: bytes = bytes.slice(0, at); break;
      case 5: bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at, at + 1 + random.below(64)), ...bytes.subarray(at)]); break;
      case 6: bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + random.below(32))]); break;
      default: for (let i = 0; i < 8 && at + i < bytes.length; i++) bytes[at + i] = random.below(256);
    }
  }
  return bytes;
}

function setWord(bytes: Uint8Array, at: number, word: number): void {
  const size = [1, 2, 4][word % 3];
  for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = (word >>> (8 * i)) & 0xff;
}

/** @throws Error that names format, seed and file, with the cause, at the first file that is neither read nor refused in time */
export async function fuzzStimuli({ files, seed, only, report }: StimuliFuzzOptions): Promise<StimuliFuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-fuzz-'));
  try {
    const chosen = targets(folder).filter(({ name }) => only === undefined || name === only);
    let [read, refused, slowest, most] = [0, 0, 0, 0];
    for (let file = 0; file < files; file++) {
      const random = new Random(seed + file * 7919);
      const target = chosen[targetOf(random, chosen)];
      const sample = target.samples[random.below(target.samples.length)];
      const bytes = damaged(sample.bytes, random);
      const [began, before] = [process.cpuUsage(), memory()];
      const where = `${target.name}, seed ${seed}, file ${file}`;
      try {
        await target.read(bytes, sample);
        read++;
      } catch (error) {
        if (!(error instanceof StimulusError)) throw new Error(`${where}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`, { cause: error });
        if (/[\r\n]/.test(error.message) || error.message.length > 3000) throw new Error(`${where}: not one line: ${error.message}`, { cause: error });
        refused++;
      }
      const { user, system } = process.cpuUsage(began);
      const [took, used] = [(user + system) / 1000, memory() - before];
      slowest = Math.max(slowest, took);
      most = Math.max(most, used);
      if (took > MOST_MILLISECONDS) throw new Error(`${where}: took ${Math.round(took)} ms`);
      if (used > FIXED_BYTES + 64 * bytes.length) throw new Error(`${where}: needed ${used} bytes for ${bytes.length}`);
      if ((file + 1) % Math.max(1, Math.floor(files / 10)) === 0) report?.(`${file + 1} files, ${refused} refused, slowest ${Math.round(slowest)} ms, most ${most >> 20} MiB`);
    }
    return { files, read, refused, slowestMilliseconds: slowest, mostBytes: most };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Decoders are WebAssembly, made anew for each file: a hundred times slower than all else, so they have their turn less often. */
function targetOf(random: Random, chosen: readonly Target[]): number {
  const index = random.below(chosen.length);
  const isSlow = ['FLAC', 'Opus', 'file'].includes(chosen[index].name);
  return isSlow && random.below(16) > 0 ? random.below(chosen.length) : index;
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
