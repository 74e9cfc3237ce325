/**
 * Recordings as JSON, of two kinds.
 * Ours: `{ "units": { "acceleration.x": "g" }, "time": [0, 10, 20], "timeUnit": "ms", "values": { "acceleration.x": [0, 1, 0] } }`, or
 * `intervalMs` instead of `time`; a value that is null is a gap.
 * Edge Impulse's data acquisition format: `payload` with `interval_ms`, `sensors` (names, units) and `values`; its signature is not
 * checked. A single sensor called `audio` or `microphone` in `wav` units is sound of 16 bits.
 */
import { z } from 'zod';
import { HELD, NOT_HELD, UNNAMED, type Channel, type Material } from './material.js';
import { columnOf, MOST_ROWS, RecordingBuilder, type Gaps, type Recording } from './recording.js';
import { once } from './schema.js';
import { StimulusError } from './stimulus-error.js';

const number = (): z.ZodNullable<z.ZodNumber> => z.number().nullable();
const MOST_COLUMNS = 64;
const INT16_SCALE = 0x8000;

const ownSchema = once(() => z.strictObject({
  time: z.array(z.number()).max(MOST_ROWS).optional(),
  timeUnit: z.enum(['s', 'ms', 'us', 'ns']).default('s'),
  intervalMs: z.number().positive().optional(),
  units: z.record(z.string(), z.string()).default({}),
  values: z.record(z.string(), z.array(number()).max(MOST_ROWS)),
}).refine(({ time, intervalMs }) => (time === undefined) !== (intervalMs === undefined), 'a recording has time or intervalMs'));

// Of a format that is not ours, what is not needed may be there.
const edgeImpulseSchema = once(() => z.looseObject({
  payload: z.looseObject({
    interval_ms: z.number().positive(),
    sensors: z.array(z.looseObject({ name: z.string(), units: z.string() })).min(1).max(MOST_COLUMNS),
    values: z.array(z.union([z.array(number()), number()])).max(MOST_ROWS * 8),
  }),
}));

const SECONDS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** @throws StimulusError with one line */
export function readJsonRecording(text: string, fileName: string, gaps: Gaps): Material {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StimulusError(`${fileName}: no JSON (${String(error instanceof Error ? error.message : error).replace(/\s+/g, ' ').slice(0, 100)})`);
  }
  const isEdgeImpulse = typeof value === 'object' && value !== null && 'payload' in value;
  return isEdgeImpulse ? edgeImpulse(checked(edgeImpulseSchema(), value, fileName), fileName, gaps) : own(checked(ownSchema(), value, fileName), fileName, gaps);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, fileName: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new StimulusError(`${fileName}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message.replace(/\s+/g, ' ').slice(0, 200)}`);
}

function own({ time, timeUnit, intervalMs, units, values }: z.output<ReturnType<typeof ownSchema>>, fileName: string, gaps: Gaps): Material {
  const names = Object.keys(values);
  if (names.length > MOST_COLUMNS) throw new StimulusError(`${fileName}: ${names.length} quantities are more than the ${MOST_COLUMNS} that a recording may have`);
  const builder = new RecordingBuilder(names.map((name) => columnOf(name, Object.hasOwn(units, name) ? units[name] : undefined, fileName)), fileName, gaps);
  const rows = time?.length ?? values[names[0]].length;
  const wrong = names.find((name) => values[name].length !== rows);
  if (wrong !== undefined) throw new StimulusError(`${fileName}: values.${wrong.slice(0, 60)} has ${values[wrong].length} values for ${rows} moments`);
  for (let row = 0; row < rows; row++) {
    const seconds = time === undefined ? (row * intervalMs!) / 1000 : time[row] * SECONDS[timeUnit];
    builder.add(`moment ${row}`, seconds, (column) => valueOr(values[names[column]][row], gaps, fileName, row, names[column]));
  }
  return heldRecording(builder.finish());
}

function edgeImpulse({ payload: { interval_ms: interval, sensors, values } }: z.output<ReturnType<typeof edgeImpulseSchema>>, fileName: string, gaps: Gaps): Material {
  const rowAt = (row: number): readonly (number | null)[] => { const found = values[row]; return Array.isArray(found) ? found : [found]; };
  if (values.length === 0) throw new StimulusError(`${fileName}: there are no values in it; record something first`);
  if (sensors.length === 1 && /^(wav|audio)$/i.test(sensors[0].units)) {
    const samples = Float32Array.from(values, (_, row) => valueOr(rowAt(row)[0], gaps, fileName, row, sensors[0].name) / INT16_SCALE);
    const hz = 1000 / interval;
    if (hz > 768_000) throw new StimulusError(`${fileName}: an interval of ${interval} ms is none that a recorder has`);
    return { duration: samples.length / hz, channels: new Map<typeof UNNAMED, Channel>([[UNNAMED, { kind: 'samples', hz, samples: samples.map((sample) => (Number.isFinite(sample) ? sample : 0)) }]]), usual: 'sound', isHeld: NOT_HELD };
  }
  const builder = new RecordingBuilder(sensors.map(({ name, units }) => columnOf(name, units === 'N/A' ? undefined : units, fileName)), fileName, gaps);
  for (let row = 0; row < values.length; row++) {
    builder.add(`values[${row}]`, (row * interval) / 1000, (column) => valueOr(rowAt(row)[column], gaps, fileName, row, sensors[column].name));
  }
  return heldRecording(builder.finish());
}

function valueOr(value: number | null | undefined, gaps: Gaps, fileName: string, row: number, name: string): number {
  if (value !== null && value !== undefined && Number.isFinite(value)) return value;
  if (gaps === 'bridge') return NaN;
  throw new StimulusError(`${fileName}: ${name.slice(0, 60)} has no value at moment ${row}; fill it in, or bridge gaps`);
}

function heldRecording({ seconds, values }: Recording): Material {
  return { duration: seconds[seconds.length - 1], channels: new Map([...values].map(([quantity, column]) => [quantity, { kind: 'rows', seconds, values: column }])), isHeld: HELD };
}
