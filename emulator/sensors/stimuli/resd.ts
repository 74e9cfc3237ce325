/**
 * Renode Sensor Data (RESD), version 1: `RESD`, a version, then blocks of samples of one type and channel, at a steady rate or each with
 * its time. Everything is little-endian, times are nanoseconds.
 * Source: Renode's `tools/csv2resd` (grammar) and `RESDSample` (units), as published in its repository; files of its converter
 * are read. Voltage, ECG and binary samples are passed over, since no quantity of a board is like them. Metadata are passed over.
 */
import type { Quantity } from '../inputs.js';
import { HELD, type Channel, type ChannelName, type Material } from './material.js';
import { MOST_ROWS, type Recording } from './recording.js';
import { StimulusError } from './stimulus-error.js';
import { STANDARD_GRAVITY } from './units.js';

type Width = 'int32' | 'uint32' | 'uint64';
interface SampleType {
  readonly code: number;
  readonly name: string;
  readonly width: Width;
  readonly quantities: readonly Quantity[];
  /** A quantity's value in one unit of the file. */
  readonly factor: number;
}

const axes = (vector: 'acceleration' | 'rotation' | 'magneticField'): readonly Quantity[] => (['x', 'y', 'z'] as const).map((axis): Quantity => `${vector}.${axis}`);

const SAMPLE_TYPES: readonly SampleType[] = [
  { code: 0x0001, name: 'temperature',           width: 'int32',  quantities: ['temperature'],       factor: 1e-3 },
  { code: 0x0002, name: 'acceleration',          width: 'int32',  quantities: axes('acceleration'),  factor: STANDARD_GRAVITY * 1e-6 },
  { code: 0x0003, name: 'angular rate',          width: 'int32',  quantities: axes('rotation'),      factor: (180 / Math.PI) * 1e-5 },
  { code: 0x0004, name: 'voltage',               width: 'uint32', quantities: [],                    factor: 1e-6 },
  { code: 0x0005, name: 'ECG',                   width: 'int32',  quantities: [],                    factor: 1e-9 },
  { code: 0x0006, name: 'humidity',              width: 'uint32', quantities: ['humidity'],          factor: 1e-3 },
  { code: 0x0007, name: 'pressure',              width: 'uint64', quantities: ['pressure'],          factor: 1e-3 },
  { code: 0x0008, name: 'magnetic flux density', width: 'int32',  quantities: axes('magneticField'), factor: 1e-3 },
];

const BYTES: Readonly<Record<Width, number>> = { int32: 4, uint32: 4, uint64: 8 };
const FILE_HEADER_BYTES = 8;
const BLOCK_HEADER_BYTES = 13;
const ARBITRARY_TIMESTAMP = 1;
const CONSTANT_FREQUENCY = 2;
const NANOSECOND = 1e-9;

/** Samples of one type and channel, from all their blocks. */
interface Collected { readonly type: SampleType; readonly seconds: number[]; readonly values: readonly number[][] }

/**
 * @param wanted a channel of the file; `mix` for the lowest that a type has
 * @throws StimulusError for what is no RESD file of version 1, is cut off, or has nothing that a board can measure
 */
export function readResd(bytes: Uint8Array, fileName: string, wanted: 'mix' | number): Material {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER_BYTES) throw new StimulusError(`${fileName}: the RESD file is cut off; copy it again`);
  if (bytes[4] !== 1) throw new StimulusError(`${fileName}: RESD of version ${bytes[4]}; version 1 is read`);
  const collected = new Map<string, Collected>();
  const passedOver = new Set<string>();
  for (let at = FILE_HEADER_BYTES; at < bytes.length;) at = readBlock(view, at, fileName, collected, passedOver);
  const channels = new Map<ChannelName, Channel>();
  let duration = 0;
  for (const { type, seconds, values } of chosenChannels(collected, wanted)) {
    const times = Float64Array.from(seconds);
    duration = Math.max(duration, times[times.length - 1]);
    type.quantities.forEach((quantity, axis) => channels.set(quantity, { kind: 'rows', seconds: times, values: Float64Array.from(values[axis]) }));
  }
  if (channels.size === 0) throw new StimulusError(`${fileName}: nothing in it that a board measures${passedOver.size === 0 ? '' : `: it has ${[...passedOver].join(', ')}`}${wanted === 'mix' ? '' : ` on channel ${wanted}`}`);
  return { duration, channels, isHeld: HELD };
}

function* chosenChannels(collected: ReadonlyMap<string, Collected>, wanted: 'mix' | number): Generator<Collected> {
  const keys = [...collected.keys()].map((key) => key.split(':').map(Number)).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const seen = new Set<number>();
  for (const [code, channel] of keys) {
    if (wanted === 'mix' ? seen.has(code) : channel !== wanted) continue;
    seen.add(code);
    yield collected.get(`${code}:${channel}`)!;
  }
}

/** @returns where the next block begins */
function readBlock(view: DataView, start: number, fileName: string, collected: Map<string, Collected>, passedOver: Set<string>): number {
  const cutOff = (): StimulusError => new StimulusError(`${fileName}: the RESD file is cut off in the block at byte ${start}; copy it again`);
  if (start + BLOCK_HEADER_BYTES > view.byteLength) throw cutOff();
  const [kind, code, channel] = [view.getUint8(start), view.getUint16(start + 1, true), view.getUint16(start + 3, true)];
  if (kind !== ARBITRARY_TIMESTAMP && kind !== CONSTANT_FREQUENCY) throw new StimulusError(`${fileName}: the block at byte ${start} is of kind ${kind}, which RESD does not have`);
  const body = start + BLOCK_HEADER_BYTES;
  const end = body + Number(view.getBigUint64(start + 5, true));
  const subheader = kind === CONSTANT_FREQUENCY ? 16 : 8;
  if (end > view.byteLength || body + subheader + 8 > end) throw cutOff();
  const samples = body + subheader + 8 + Number(view.getBigUint64(body + subheader, true));
  if (samples > end) throw cutOff();
  const type = SAMPLE_TYPES.find((known) => known.code === code);
  if (type === undefined || type.quantities.length === 0) {
    passedOver.add(type?.name ?? (code === 0x0009 ? 'binary data' : `type 0x${code.toString(16).padStart(4, '0')}`));
    return end;
  }
  const startTime = Number(view.getBigUint64(body, true));
  const period = kind === CONSTANT_FREQUENCY ? Number(view.getBigUint64(body + 8, true)) : undefined;
  if (period === 0) throw new StimulusError(`${fileName}: the block at byte ${start} has samples no time apart`);
  const key = `${code}:${channel}`;
  const into = collected.get(key) ?? { type, seconds: [], values: type.quantities.map((): number[] => []) };
  collected.set(key, into);
  readSamples(view, samples, end, period, startTime, into, `${fileName}: the block at byte ${start}`);
  if (into.seconds.length === 0) collected.delete(key);
  return end;
}

function readSamples(view: DataView, start: number, end: number, period: number | undefined, startTime: number, { type, seconds, values }: Collected, where: string): void {
  const stamp = period === undefined ? 8 : 0;
  const width = BYTES[type.width];
  const size = stamp + width * type.quantities.length;
  const count = Math.floor((end - start) / size);
  if (seconds.length + count > MOST_ROWS) throw new StimulusError(`${where} passes ${MOST_ROWS} samples; cut it`);
  for (let n = 0; n < count; n++) {
    const at = start + n * size;
    const time = (startTime + (period === undefined ? Number(view.getBigUint64(at, true)) : n * period)) * NANOSECOND;
    if (seconds.length > 0 && !(time > seconds[seconds.length - 1])) throw new StimulusError(`${where}: the time of sample ${n} is not after the one before; sort them`);
    seconds.push(time);
    type.quantities.forEach((_, axis) => values[axis].push(rawAt(view, at + stamp + axis * width, type.width) * type.factor));
  }
}

function rawAt(view: DataView, at: number, width: Width): number {
  switch (width) {
    case 'int32': return view.getInt32(at, true);
    case 'uint32': return view.getUint32(at, true);
    case 'uint64': return Number(view.getBigUint64(at, true));
  }
}

/**
 * A recording for Renode: a block for each quantity, those of a vector together; at a steady rate when all rows are as far
 * apart, to the nanosecond. Axes that a vector lacks are 0. Quantities that RESD does not have are left out.
 * @throws StimulusError when nothing is left
 */
export function writeResd({ seconds, values }: Recording): Uint8Array {
  const blocks = SAMPLE_TYPES.filter(({ quantities }) => quantities.some((quantity) => values.has(quantity))).map((type) => blockOf(type, seconds, values));
  if (blocks.length === 0) throw new StimulusError(`RESD has none of ${[...values.keys()].join(', ') || 'no quantity'}: it holds ${SAMPLE_TYPES.flatMap(({ quantities }) => quantities).join(', ')}`);
  const bytes = new Uint8Array(FILE_HEADER_BYTES + blocks.reduce((sum, { length }) => sum + length, 0));
  bytes.set([0x52, 0x45, 0x53, 0x44, 1]);
  let at = FILE_HEADER_BYTES;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

function blockOf(type: SampleType, seconds: Float64Array, values: Recording['values']): Uint8Array {
  const times = Array.from(seconds, (at) => Math.round(at / NANOSECOND));
  const period = times.length > 1 ? times[1] - times[0] : 1_000_000_000;
  const isSteady = times.every((time, n) => time === times[0] + n * period);
  const [stamp, subheader, width] = [isSteady ? 0 : 8, isSteady ? 16 : 8, BYTES[type.width]];
  const size = stamp + width * type.quantities.length;
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES + subheader + 8 + times.length * size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, isSteady ? CONSTANT_FREQUENCY : ARBITRARY_TIMESTAMP);
  view.setUint16(1, type.code, true);
  view.setBigUint64(5, BigInt(bytes.length - BLOCK_HEADER_BYTES), true);
  view.setBigUint64(BLOCK_HEADER_BYTES, BigInt(isSteady ? times[0] : 0), true);
  if (isSteady) view.setBigUint64(BLOCK_HEADER_BYTES + 8, BigInt(period), true);
  times.forEach((time, n) => {
    const at = BLOCK_HEADER_BYTES + subheader + 8 + n * size;
    if (!isSteady) view.setBigUint64(at, BigInt(time), true);
    type.quantities.forEach((quantity, axis) => setRaw(view, at + stamp + axis * width, type.width, (values.get(quantity)?.[n] ?? 0) / type.factor));
  });
  return bytes;
}

/** Rounded, and kept within what the type holds. */
function setRaw(view: DataView, at: number, width: Width, value: number): void {
  const rounded = Math.round(value);
  switch (width) {
    case 'int32': return view.setInt32(at, Math.min(Math.max(rounded, -(2 ** 31)), 2 ** 31 - 1), true);
    case 'uint32': return view.setUint32(at, Math.min(Math.max(rounded, 0), 2 ** 32 - 1), true);
    case 'uint64': return view.setBigUint64(at, BigInt(Math.min(Math.max(rounded, 0), Number.MAX_SAFE_INTEGER)), true);
  }
}
