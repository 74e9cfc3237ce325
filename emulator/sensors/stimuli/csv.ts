/**
 * Recordings as CSV: a header with `time` in seconds (or `time_ms`, `time_us`) and one column for each quantity, by its name
 * or, for motion, `ax`, `ay`, `az` in m/s2, `gx`, `gy`, `gz` in degrees per second and `mx`, `my`, `mz` in microtesla; a name may
 * carry its unit: `ax_g`, `gx_rad`, `temperature_c`. Between rows values change linearly, before and after them they stay.
 */
import { csvParseRows } from 'd3-dsv';
import { QUANTITIES, type Quantity, type Stimulus } from '../inputs.js';
import type { Placement } from './signal.js';
import { StimulusError } from './stimulus-error.js';

/** Standard gravity, m/s2. */
const G = 9.80665;
const MOST_ROWS = 10_000_000;
const TIME_UNITS: Readonly<Record<string, number>> = { time: 1, time_s: 1, time_ms: 1e-3, time_us: 1e-6 };
const UNITS: Readonly<Record<string, number>> = { g: G, mg: G / 1000, ms2: 1, dps: 1, rad: 180 / Math.PI, ut: 1, gauss: 100, c: 1, pa: 1, hpa: 100, lux: 1 };
const SHORT_NAMES: Readonly<Record<string, Quantity>> = {
  ax: 'acceleration.x', ay: 'acceleration.y', az: 'acceleration.z', gx: 'rotation.x', gy: 'rotation.y', gz: 'rotation.z',
  mx: 'magneticField.x', my: 'magneticField.y', mz: 'magneticField.z',
};

export interface Recording {
  /** Seconds from the recording's first row, rising. */
  readonly seconds: Float64Array;
  /** One value for each row, in the quantity's unit. */
  readonly values: ReadonlyMap<Quantity, Float64Array>;
}

/** @throws StimulusError naming file, line and column for a missing header, unknown columns, gaps, or times that go back */
export function readCsv(text: string, fileName: string): Recording {
  const [header, ...rows] = csvParseRows(text).filter((row) => row.some((cell) => cell.trim() !== '') && !row[0].startsWith('#'));
  if (header === undefined || rows.length === 0) throw new StimulusError(`${fileName}: there are no rows in it; it needs a header such as time,ax,ay,az and one row for each moment`);
  if (rows.length >= MOST_ROWS) throw new StimulusError(`${fileName}: more than ${MOST_ROWS} rows; cut it`);
  const columns = header.map((name) => columnOf(name.trim(), fileName));
  const time = columns.findIndex((column) => column.quantity === 'time');
  if (time < 0) throw new StimulusError(`${fileName}: no column "time"; name one time, time_ms or time_us`);
  const cell = (row: number, column: number): number => numberAt(rows[row], row, column, header[column], fileName) * columns[column].factor;
  const seconds = Float64Array.from(rows, (_, row) => cell(row, time));
  for (let row = 1; row < seconds.length; row++) {
    if (!(seconds[row] > seconds[row - 1])) throw new StimulusError(`${fileName}: row ${row + 2}: its time is not after the row before; sort the rows and remove repeated ones`);
  }
  const first = seconds[0];
  const values = new Map<Quantity, Float64Array>();
  columns.forEach(({ quantity }, column) => { if (quantity !== 'time') values.set(quantity, Float64Array.from(rows, (_, row) => cell(row, column))); });
  return { seconds: seconds.map((at) => at - first), values };
}

/** A column of a recording as a stimulus, its first row at `startSeconds`. */
export function played({ seconds, values }: Recording, quantity: Quantity, { startSeconds, isLooped }: Placement, rootHz: number): Stimulus {
  const column = values.get(quantity);
  if (column === undefined) throw new RangeError(`the recording has no ${quantity}`);
  const duration = seconds[seconds.length - 1];
  return (at) => {
    const sinceStart = at / rootHz - startSeconds;
    const since = isLooped && sinceStart > 0 && duration > 0 ? sinceStart % duration : sinceStart;
    const after = firstAfter(seconds, since);
    if (after === 0 || after === seconds.length) return column[Math.max(after - 1, 0)];
    const share = (since - seconds[after - 1]) / (seconds[after] - seconds[after - 1]);
    return column[after - 1] + share * (column[after] - column[after - 1]);
  };
}

/** The first row later than that, by bisection; the number of rows when there is none. */
function firstAfter(seconds: Float64Array, since: number): number {
  let low = 0;
  let high = seconds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seconds[middle] > since) high = middle;
    else low = middle + 1;
  }
  return low;
}

function columnOf(name: string, fileName: string): { readonly quantity: Quantity | 'time'; readonly factor: number } {
  if (Object.hasOwn(TIME_UNITS, name)) return { quantity: 'time', factor: TIME_UNITS[name] };
  const quantity = quantityOf(name);
  if (quantity !== undefined) return { quantity, factor: 1 };
  const at = name.lastIndexOf('_');
  const [stem, unit] = [quantityOf(name.slice(0, at)), name.slice(at + 1).toLowerCase()];
  if (at > 0 && stem !== undefined && Object.hasOwn(UNITS, unit)) return { quantity: stem, factor: UNITS[unit] };
  throw new StimulusError(`${fileName}: no quantity is called "${name}"; columns are time and any of ${[...Object.keys(SHORT_NAMES), ...Object.keys(QUANTITIES)].join(', ')}, each with _unit if it is another than the usual`);
}

function quantityOf(name: string): Quantity | undefined {
  if (Object.hasOwn(SHORT_NAMES, name)) return SHORT_NAMES[name];
  return Object.hasOwn(QUANTITIES, name) ? (name as Quantity) : undefined;
}

function numberAt(row: readonly string[], index: number, column: number, name: string, fileName: string): number {
  const text = row[column]?.trim() ?? '';
  const value = text === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new StimulusError(`${fileName}: row ${index + 2}, column ${name}: ${text === '' ? 'nothing there' : `"${text.slice(0, 20)}" is no number`}; fill it in or remove the row`);
  return value;
}
