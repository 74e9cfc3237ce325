/**
 * Recordings as CSV: a header with `time` in seconds (or `time_ms`, `time_us`, `timestamp`, which is in milliseconds) and one column
 * for each quantity, by its name or, for motion, `ax`, `ay`, `az` in m/s2, `gx`, `gy`, `gz` in degrees per second and `mx`, `my`,
 * `mz` in microtesla; a name may carry its unit: `ax_g`, `gx_rad`, `temperature_f`. Between rows values change linearly, before and
 * after them they stay. Lines that begin with # are left out.
 */
import { csvParseRows, tsvParseRows } from 'd3-dsv';
import type { Quantity, Stimulus } from '../inputs.js';
import { firstAfter } from './material.js';
import { columnOf, RecordingBuilder, type Column, type Gaps, type Recording } from './recording.js';
import type { Placement } from './signal.js';
import { StimulusError } from './stimulus-error.js';

export type { Recording } from './recording.js';

/** Seconds in each; `timestamp` is what Edge Impulse's exports call milliseconds. */
const TIME_UNITS: Readonly<Record<string, number>> = { time: 1, time_s: 1, time_ms: 1e-3, time_us: 1e-6, time_ns: 1e-9, timestamp: 1e-3 };
const MOST_CHARACTERS = 128 * 2 ** 20;
const MOST_COLUMNS = 64;

/** @throws StimulusError naming file, line and column for a missing header, unknown columns, gaps, or times that go back */
export function readCsv(text: string, fileName: string, gaps: Gaps = 'refuse'): Recording {
  if (text.length > MOST_CHARACTERS) throw new StimulusError(`${fileName}: more than ${MOST_CHARACTERS} characters; cut it`);
  let table: Table | undefined;
  const isTabbed = !text.slice(0, 1000).includes(',') && text.slice(0, 1000).includes('\t');
  // Rows are not kept: a long recording as arrays of text is a hundred times its size.
  (isTabbed ? tsvParseRows : csvParseRows)(text.replace(/^\uFEFF/, ''), (row, index) => {
    if (row.every((cell) => cell.trim() === '') || row[0].startsWith('#')) return;
    if (table === undefined) table = new Table(row, fileName, gaps);
    else table.add(row, index + 1);
  });
  if (table === undefined) throw new StimulusError(`${fileName}: there are no rows in it; it needs a header such as time,ax,ay,az and one row for each moment`);
  return table.builder.finish();
}

class Table {
  readonly builder: RecordingBuilder;
  private readonly time: number;
  private readonly secondsPerUnit: number;
  /** Of the file, for each of the builder's. */
  private readonly positions: readonly number[];

  constructor(private readonly header: readonly string[], private readonly fileName: string, private readonly gaps: Gaps) {
    if (header.length > MOST_COLUMNS) throw new StimulusError(`${fileName}: ${header.length} columns are more than the ${MOST_COLUMNS} that a recording may have`);
    const names = header.map((name) => name.trim());
    this.time = names.findIndex((name) => Object.hasOwn(TIME_UNITS, name));
    if (this.time < 0) throw new StimulusError(`${fileName}: no column "time"; name one time, time_ms or time_us`);
    this.secondsPerUnit = TIME_UNITS[names[this.time]];
    this.positions = names.map((_, position) => position).filter((position) => position !== this.time);
    const columns: Column[] = this.positions.map((position) => columnOf(names[position], undefined, fileName));
    this.builder = new RecordingBuilder(columns, fileName, gaps);
  }

  add(row: readonly string[], number: number): void {
    this.builder.add(`row ${number}`, this.cell(row, number, this.time) * this.secondsPerUnit, (column) => this.cell(row, number, this.positions[column]));
  }

  /** NaN for what is missing, if that is bridged. */
  private cell(row: readonly string[], number: number, position: number): number {
    const text = row[position]?.trim() ?? '';
    const value = text === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    if (this.gaps === 'bridge') return NaN;
    throw new StimulusError(`${this.fileName}: row ${number}, column ${this.header[position]}: ${text === '' ? 'nothing there' : `"${text.slice(0, 20)}" is no number`}; fill it in or remove the row`);
  }
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
