/** Values that were measured at moments, as files of recordings hold them; and how files of whatever format become that. */
import { QUANTITIES, type Quantity } from '../inputs.js';
import { StimulusError } from './stimulus-error.js';
import { conversionFrom, unitsOf } from './units.js';

export interface Recording {
  /** Seconds from the recording's first row, rising. */
  readonly seconds: Float64Array;
  /** One value for each row, in the quantity's unit. */
  readonly values: ReadonlyMap<Quantity, Float64Array>;
}

/** What is done with a row whose time is not after the one before, and with a value that is missing or no number. */
export type Gaps =
  /** The file is refused, with the place. */
  | 'refuse'
  /** The row is left out; the value is the one on the straight line between its neighbours. */
  | 'bridge';

/** Rows of a recording at most: an hour at 1 kHz. */
export const MOST_ROWS = 4_000_000;

/** A column of a file: what it holds, and how to convert it. */
export interface Column { readonly quantity: Quantity; readonly factor: number; readonly offset: number }

/** How people name columns, in lower case. */
const SHORT_NAMES: Readonly<Record<string, Quantity>> = {
  ax: 'acceleration.x', ay: 'acceleration.y', az: 'acceleration.z', gx: 'rotation.x', gy: 'rotation.y', gz: 'rotation.z',
  mx: 'magneticField.x', my: 'magneticField.y', mz: 'magneticField.z',
  accx: 'acceleration.x', accy: 'acceleration.y', accz: 'acceleration.z', gyrx: 'rotation.x', gyry: 'rotation.y', gyrz: 'rotation.z',
  magx: 'magneticField.x', magy: 'magneticField.y', magz: 'magneticField.z',
};

/** @param unit undefined for the quantity's own */
export function columnOf(name: string, unit: string | undefined, fileName: string): Column {
  const quantity = quantityOf(name);
  if (quantity === undefined) return columnWithUnit(name, fileName);
  if (unit === undefined) return { quantity, factor: 1, offset: 0 };
  const conversion = conversionFrom(unit, quantity);
  if (conversion === undefined) throw new StimulusError(`${fileName}: ${quantity} is not measured in "${unit.slice(0, 40)}"; use one of ${unitsOf(quantity).join(', ')}`);
  return { quantity, ...conversion };
}

/** `ax_g`: a name, an underscore and a unit. */
function columnWithUnit(name: string, fileName: string): Column {
  const at = name.lastIndexOf('_');
  const quantity = at > 0 ? quantityOf(name.slice(0, at)) : undefined;
  const conversion = quantity === undefined ? undefined : conversionFrom(name.slice(at + 1), quantity);
  if (quantity !== undefined && conversion !== undefined) return { quantity, ...conversion };
  throw new StimulusError(`${fileName}: no quantity is called "${name.slice(0, 60)}"; columns are time and any of ${[...Object.keys(SHORT_NAMES), ...Object.keys(QUANTITIES)].join(', ')}, each with _unit if it is another than the usual`);
}

function quantityOf(name: string): Quantity | undefined {
  const short = name.toLowerCase();
  if (Object.hasOwn(SHORT_NAMES, short)) return SHORT_NAMES[short];
  return Object.hasOwn(QUANTITIES, name) ? (name as Quantity) : undefined;
}

/** Takes a file's rows one by one. */
export class RecordingBuilder {
  private readonly seconds: number[] = [];
  private readonly values: number[][];

  constructor(private readonly columns: readonly Column[], private readonly fileName: string, private readonly gaps: Gaps) {
    this.values = columns.map(() => []);
    const twice = columns.find(({ quantity }, i) => columns.findIndex((other) => other.quantity === quantity) < i);
    if (twice !== undefined) throw new StimulusError(`${fileName}: two columns are ${twice.quantity}; remove one`);
    if (columns.length === 0) throw new StimulusError(`${fileName}: nothing is measured in it; it needs a column such as ax`);
  }

  /**
   * @param where for messages, such as `row 3`
   * @param valueAt NaN for a value that is missing
   * @throws StimulusError for what `gaps` does not bridge
   */
  add(where: string, seconds: number, valueAt: (column: number) => number): void {
    const { fileName, gaps } = this;
    if (this.seconds.length >= MOST_ROWS) throw new StimulusError(`${fileName}: more than ${MOST_ROWS} rows; cut it`);
    const isLater = Number.isFinite(seconds) && (this.seconds.length === 0 || seconds > this.seconds[this.seconds.length - 1]);
    if (!isLater && gaps === 'bridge') return;
    if (!isLater) throw new StimulusError(`${fileName}: ${where}: its time is not after the row before; sort the rows and remove repeated ones`);
    this.seconds.push(seconds);
    this.columns.forEach(({ factor, offset }, column) => { this.values[column].push(valueAt(column) * factor + offset); });
  }

  /** @throws StimulusError when there is nothing */
  finish(): Recording {
    const { seconds, fileName } = this;
    if (seconds.length === 0) throw new StimulusError(`${fileName}: there are no rows in it; it needs a header such as time,ax,ay,az and one row for each moment`);
    const values = new Map(this.columns.map(({ quantity }, column) => [quantity, this.bridged(quantity, Float64Array.from(this.values[column]))]));
    return { seconds: Float64Array.from(seconds, (at) => at - seconds[0]), values };
  }

  private bridged(quantity: Quantity, values: Float64Array): Float64Array {
    const { seconds, fileName } = this;
    let before = -1;
    for (let row = 0; row <= values.length; row++) {
      if (row < values.length && !Number.isFinite(values[row])) continue;
      for (let gap = before + 1; gap < row; gap++) {
        if (before < 0 && row === values.length) throw new StimulusError(`${fileName}: ${quantity} has no value in any row; remove its column`);
        if (before < 0) values[gap] = values[row];
        else if (row === values.length) values[gap] = values[before];
        else values[gap] = values[before] + ((seconds[gap] - seconds[before]) / (seconds[row] - seconds[before])) * (values[row] - values[before]);
      }
      before = row;
    }
    return values;
  }
}
