/**
 * Synchronous Data Streams (Arm SDS-Framework): `NAME.0.sds` with blocks of a timeslot, a size and samples, all little-endian, and
 * `NAME.sds.yml`, which says what the samples are.
 * Source: SDS-Framework documentation, Theory of Operation (SDS Data Files, SDS Metadata Format), of versions 3.0 and 3.1; its
 * published recordings are read. Images are not read here; bit fields and arrays are passed over, and so is what no board measures.
 */
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { QUANTITIES, type Quantity } from '../inputs.js';
import { HELD, MOST_SAMPLES, NOT_HELD, UNNAMED, type Channel, type Material } from './material.js';
import { MOST_ROWS, type Recording } from './recording.js';
import { once } from './schema.js';
import { StimulusError } from './stimulus-error.js';
import { conversionFrom } from './units.js';

const MOST_METADATA = 2 ** 20;
const BLOCK_HEADER_BYTES = 8;
const USUAL_TICKS_PER_SECOND = 1000;
const MOST_VALUES = 256;
const MOST_HZ = 768_000;

const metadataSchema = once(() => z.looseObject({
  sds: z.looseObject({
    name: z.string(),
    frequency: z.number().positive().optional(),
    'sample-frequency': z.number().positive().optional(),
    'tick-frequency': z.number().positive().default(USUAL_TICKS_PER_SECOND),
    content: z.array(z.union([
      z.looseObject({
        value: z.string(), type: z.string(), unit: z.string().optional(), scale: z.number().default(1), offset: z.number().default(0),
        'dim-x': z.int().min(1).max(65_536).default(1), 'dim-y': z.int().min(1).max(65_536).default(1),
      }),
      z.looseObject({ audio: z.looseObject({ 'sample-frequency': z.number().positive().optional(), 'bit-depth': z.int(), channels: z.int().min(1).max(64).optional(), 'audio-channels': z.int().min(1).max(64).optional() }) }),
    ])).min(1).max(MOST_VALUES),
  }),
}));
type Metadata = z.output<ReturnType<typeof metadataSchema>>['sds'];
type Content = Metadata['content'][number];

interface NumberType { readonly bytes: number; readonly read: (view: DataView, at: number) => number; readonly write: (view: DataView, at: number, value: number) => void }
const NUMBER_TYPES: Readonly<Record<string, NumberType>> = {
  int8_t:   { bytes: 1, read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  uint8_t:  { bytes: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
  int16_t:  { bytes: 2, read: (v, at) => v.getInt16(at, true), write: (v, at, x) => v.setInt16(at, x, true) },
  uint16_t: { bytes: 2, read: (v, at) => v.getUint16(at, true), write: (v, at, x) => v.setUint16(at, x, true) },
  int32_t:  { bytes: 4, read: (v, at) => v.getInt32(at, true), write: (v, at, x) => v.setInt32(at, x, true) },
  uint32_t: { bytes: 4, read: (v, at) => v.getUint32(at, true), write: (v, at, x) => v.setUint32(at, x, true) },
  float:    { bytes: 4, read: (v, at) => v.getFloat32(at, true), write: (v, at, x) => v.setFloat32(at, x, true) },
  double:   { bytes: 8, read: (v, at) => v.getFloat64(at, true), write: (v, at, x) => v.setFloat64(at, x, true) },
};

/** The name of the metadata file beside a recording: `Accel.sds.yml` of `Accel.0.sds` and `Accel.0.p.sds`. */
export function metadataFileOf(fileName: string): string {
  return fileName.replace(/(\.[^./\\]+)?(\.p)?\.sds$/i, '.sds.yml');
}

/**
 * @param metadata text of the `.sds.yml` file
 * @throws StimulusError for a file that is cut off, or whose samples no board measures
 */
export function readSds(bytes: Uint8Array, fileName: string, metadata: string, wanted: 'mix' | number): Material {
  const description = parseMetadata(metadata, metadataFileOf(fileName));
  const audio = description.content.find((content) => 'audio' in content);
  return audio === undefined ? readValues(bytes, fileName, description) : readAudio(bytes, fileName, description, audio.audio as AudioContent, wanted);
}

function parseMetadata(text: string, fileName: string): Metadata {
  if (text.length > MOST_METADATA) throw new StimulusError(`${fileName}: too large for a description of a stream`);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    throw new StimulusError(`${fileName}: no YAML (${String(error instanceof Error ? error.message : error).replace(/\s+/g, ' ').slice(0, 100)})`);
  }
  const result = metadataSchema().safeParse(value);
  if (result.success) return result.data.sds;
  const [{ path, message }] = result.error.issues;
  throw new StimulusError(`${fileName}: ${path.join('.')}: ${message.replace(/\s+/g, ' ').slice(0, 200)}`);
}

interface Block { readonly timeslot: number; readonly at: number; readonly bytes: number }

function* blocksOf(view: DataView, fileName: string): Generator<Block> {
  for (let at = 0; at < view.byteLength;) {
    const cutOff = at + BLOCK_HEADER_BYTES > view.byteLength;
    const bytes = cutOff ? 0 : view.getUint32(at + 4, true);
    if (cutOff || at + BLOCK_HEADER_BYTES + bytes > view.byteLength) throw new StimulusError(`${fileName}: the SDS file is cut off in the block at byte ${at}; copy it again`);
    yield { timeslot: view.getUint32(at, true), at: at + BLOCK_HEADER_BYTES, bytes };
    at += BLOCK_HEADER_BYTES + bytes;
  }
}

type AudioContent = Extract<Content, { audio: unknown }>['audio'];

function readAudio(bytes: Uint8Array, fileName: string, description: Metadata, audio: AudioContent, wanted: 'mix' | number): Material {
  const hz = audio['sample-frequency'] ?? description['sample-frequency'] ?? description.frequency;
  const channels = audio['audio-channels'] ?? audio.channels ?? 1;
  const type = NUMBER_TYPES[`int${audio['bit-depth']}_t`] as NumberType | undefined;
  if (hz === undefined || hz < 1 || hz > MOST_HZ) throw new StimulusError(`${metadataFileOf(fileName)}: sound needs a sample-frequency from 1 to ${MOST_HZ}`);
  if (type === undefined) throw new StimulusError(`${metadataFileOf(fileName)}: sound of ${audio['bit-depth']} bits; 8, 16 and 32 are read`);
  if (wanted !== 'mix' && wanted >= channels) throw new StimulusError(`${fileName}: no channel ${wanted}: it has ${channels}, counted from 0`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = type.bytes * channels;
  const samples = new Float32Array(Math.min(Math.floor(bytes.length / frame), MOST_SAMPLES));
  let length = 0;
  for (const block of blocksOf(view, fileName)) {
    for (let at = block.at; at + frame <= block.at + block.bytes; at += frame) {
      if (length === samples.length) throw new StimulusError(`${fileName}: more than ${MOST_SAMPLES} samples; cut it`);
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) if (wanted === 'mix' || wanted === channel) sum += type.read(view, at + channel * type.bytes);
      samples[length++] = sum / (wanted === 'mix' ? channels : 1) / 2 ** (8 * type.bytes - 1);
    }
  }
  if (length === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  const channel: Channel = { kind: 'samples', hz, samples: samples.slice(0, length) };
  return { duration: length / hz, channels: new Map([[UNNAMED, channel]]), usual: 'sound', isHeld: NOT_HELD };
}

interface Field { readonly quantity: Quantity; readonly at: number; readonly type: NumberType; readonly convert: (raw: number) => number }

function readValues(bytes: Uint8Array, fileName: string, description: Metadata): Material {
  const { fields, size } = fieldsOf(description, metadataFileOf(fileName));
  const hz = description['sample-frequency'] ?? description.frequency;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seconds: number[] = [];
  const values = fields.map((): number[] => []);
  let first: number | undefined;
  for (const block of blocksOf(view, fileName)) {
    first ??= block.timeslot;
    const count = Math.floor(block.bytes / size);
    for (let n = 0; n < count; n++) {
      if (seconds.length >= MOST_ROWS) throw new StimulusError(`${fileName}: more than ${MOST_ROWS} samples; cut it`);
      // Timeslots say when a block was handed over, which jitters; a rate says when its samples were taken.
      const time = hz === undefined ? (block.timeslot - first) / description['tick-frequency'] : seconds.length / hz;
      if (seconds.length > 0 && !(time > seconds[seconds.length - 1])) throw new StimulusError(`${fileName}: the block at byte ${block.at - BLOCK_HEADER_BYTES} is not later than the one before, and its samples have no sample-frequency`);
      seconds.push(time);
      fields.forEach(({ at, type, convert }, field) => { const value = convert(type.read(view, block.at + n * size + at)); values[field].push(Number.isFinite(value) ? value : 0); });
    }
  }
  if (seconds.length === 0) throw new StimulusError(`${fileName}: there are no samples in it; record something first`);
  const times = Float64Array.from(seconds);
  return { duration: times[times.length - 1], isHeld: HELD, channels: new Map(fields.map(({ quantity }, field) => [quantity, { kind: 'rows', seconds: times, values: Float64Array.from(values[field]) }])) };
}

function fieldsOf({ content }: Metadata, fileName: string): { readonly fields: readonly Field[]; readonly size: number } {
  const fields: Field[] = [];
  let size = 0;
  for (const entry of content) {
    if (!('value' in entry)) throw new StimulusError(`${fileName}: sound beside values is not read`);
    const { value: name, type: typeName, unit, scale, offset, 'dim-x': columns, 'dim-y': rows } = entry as Extract<Content, { value: string }>;
    const type = NUMBER_TYPES[typeName.split(':')[0].trim()] as NumberType | undefined;
    if (type === undefined) throw new StimulusError(`${fileName}: ${name.slice(0, 60)}: no type is called "${typeName.slice(0, 40)}"; types are ${Object.keys(NUMBER_TYPES).join(', ')}`);
    const meant = quantityOf(name, unit);
    const isSingle = columns * rows === 1 && !typeName.includes(':');
    if (meant !== undefined && isSingle && !fields.some(({ quantity }) => quantity === meant.quantity)) {
      fields.push({ quantity: meant.quantity, at: size, type, convert: (raw) => (raw * scale + offset) * meant.factor + meant.offset });
    }
    size += type.bytes * columns * rows;
  }
  if (fields.length === 0) throw new StimulusError(`${fileName}: no value in it that a board measures; name x, y, z with a unit such as g, dps or uT, or one of ${Object.keys(QUANTITIES).join(', ')}`);
  return { fields, size };
}

/** Vectors by their unit, as in Arm's own recordings (`x` in `G`, in `dps`); everything else by name. */
function quantityOf(name: string, unit: string | undefined): { readonly quantity: Quantity; readonly factor: number; readonly offset: number } | undefined {
  const candidates: Quantity[] = Object.hasOwn(QUANTITIES, name) ? [name as Quantity] : [];
  if (/^[xyz]$/i.test(name)) candidates.push(...(['acceleration', 'rotation', 'magneticField'] as const).map((vector): Quantity => `${vector}.${name.toLowerCase() as 'x'}`));
  if (/^temp/i.test(name)) candidates.push('temperature');
  if (/^hum/i.test(name)) candidates.push('humidity');
  if (/^press/i.test(name)) candidates.push('pressure');
  if (unit === undefined) return candidates.length === 1 ? { quantity: candidates[0], factor: 1, offset: 0 } : undefined;
  const plain = unit.replace(/^degrees? /i, '');
  for (const quantity of candidates) {
    const conversion = conversionFrom(plain, quantity);
    if (conversion !== undefined) return { quantity, ...conversion };
  }
  return undefined;
}

/**
 * A recording for Arm's player: one block for each row, of floats, with timeslots of microseconds.
 * @param name of the stream
 * @throws StimulusError when the recording is longer than timeslots count (71 minutes)
 */
export function writeSds({ seconds, values }: Recording, name: string): { readonly sds: Uint8Array; readonly metadata: string } {
  const quantities = [...values.keys()];
  const size = BLOCK_HEADER_BYTES + 4 * quantities.length;
  const ticksPerSecond = 1_000_000;
  if (seconds[seconds.length - 1] * ticksPerSecond >= 2 ** 32) throw new StimulusError(`${name}: longer than the 4294 s that timeslots of microseconds count`);
  const sds = new Uint8Array(seconds.length * size);
  const view = new DataView(sds.buffer);
  seconds.forEach((time, row) => {
    view.setUint32(row * size, Math.round(time * ticksPerSecond), true);
    view.setUint32(row * size + 4, 4 * quantities.length, true);
    quantities.forEach((quantity, column) => view.setFloat32(row * size + BLOCK_HEADER_BYTES + 4 * column, values.get(quantity)![row], true));
  });
  const content = quantities.map((quantity) => ({ value: quantity, type: 'float', unit: QUANTITIES[quantity].unit }));
  return { sds, metadata: stringify({ sds: { name, 'tick-frequency': ticksPerSecond, content } }) };
}
