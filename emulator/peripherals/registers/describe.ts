/** A register map as rows: for the generated docs, the debugger and the page. */
import type { RegisterMap } from './map.js';
import type { FieldKind, MapSpec, RegisterKind } from './spec.js';

export interface FieldRow {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  readonly kind: FieldKind | RegisterKind;
  readonly unmodelled: boolean;
  readonly values: Readonly<Record<string, number>>;
}

export interface RegisterRow {
  readonly name: string;
  readonly offset: number;
  readonly count: number;
  readonly stride: number;
  readonly width: number;
  readonly kind: RegisterKind;
  /** One value for each register of the array; empty for set and clear registers, which show their target. */
  readonly resets: readonly number[];
  readonly target: string | undefined;
  readonly unmodelled: boolean;
  readonly fields: readonly FieldRow[];
}

/** Rows in the order of the map, fields from bit 0 upwards. */
export function describeRegisters<S extends MapSpec>(map: RegisterMap<S>): readonly RegisterRow[] {
  return map.registers.map(({ name, spec, count, stride, bytes, kind, resets, fields }) => ({
    name, offset: spec.at, count, stride, width: 8 * bytes, kind, resets,
    target: spec.of,
    unmodelled: spec.unmodelled ?? false,
    fields: Object.entries(fields)
      .map(([fieldName, field]) => ({
        name: fieldName, lo: field.lo, hi: field.hi, kind: field.kind ?? kind,
        unmodelled: field.unmodelled ?? spec.unmodelled ?? false, values: field.values ?? {},
      }))
      .sort((a, b) => a.lo - b.lo),
  }));
}
