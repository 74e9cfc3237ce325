/** What a register map may say. Words follow the manuals: registers, fields, access kinds, reserved bits. */
import type { AccessBytes } from '../../bus/types.js';

/**
 * What a guest access does to a field.
 * - `rw` stored and read back; `ro` writes ignored; `wo` stored for the device, reads as zero
 * - `w1c`, `w1s`, `w1t` writing one clears, sets, toggles; `w0c` writing zero clears; writing the other value does nothing
 * - `rc` read-only, cleared by a guest read
 */
export type FieldKind = 'rw' | 'ro' | 'wo' | 'w1c' | 'w1s' | 'w1t' | 'w0c' | 'rc';

/**
 * What a guest access does to a register: any field kind, as the default of its fields, or
 * - `setBits`, `clearBits`: writing ones sets or clears bits of the register named by `of`; reads give that register
 * - `task`: writing one to bit 0 triggers, reads as zero; `event`: bit 0, stored
 * - `reserved`: the manual's reserved offset: reads as zero, ignores writes, deserves no warning
 */
export type RegisterKind = FieldKind | 'setBits' | 'clearBits' | 'task' | 'event' | 'reserved';

export interface FieldOptions {
  /** Default: the register's kind. */
  readonly kind?: FieldKind;
  /** The model stores nothing that depends on it: a write that changes it is treated by the block's policy and warned about. */
  readonly unmodelled?: boolean;
}

/** Bits `lo` to `hi`, both included, bit 0 the least significant. */
export interface Field extends FieldOptions {
  readonly lo: number;
  readonly hi: number;
  /** Named values, as in the manual. Other values are stored all the same. */
  readonly values?: Readonly<Record<string, number>>;
}

export interface RegisterSpec {
  /** Offset in bytes from the start of the block. */
  readonly at: number;
  /** Default `rw`. */
  readonly kind?: RegisterKind;
  /** How many such registers follow each other; default 1. */
  readonly count?: number;
  /** Bytes from one to the next; default the width. */
  readonly stride?: number;
  /** Value after reset, one for all or one for each; default 0. */
  readonly reset?: number | readonly number[];
  /** Bits; default 32. */
  readonly width?: 8 | 16 | 32;
  /** Access sizes in bytes that the register takes; default: those that the block's `narrow` rule makes of any size. */
  readonly access?: readonly AccessBytes[];
  /** Default: all bits are one value without a name. Set and clear registers: the fields of their target. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Target of `setBits` and `clearBits`. */
  readonly of?: string;
  /** The model gives the whole register no meaning. */
  readonly unmodelled?: boolean;
  /** `false`: bits outside the fields are stored and read back; default: they read as zero and ignore writes. */
  readonly raz?: boolean;
}

export type MapSpec = Readonly<Record<string, RegisterSpec>>;

export type RegisterName<S extends MapSpec> = keyof S & string;

/** Names of a register's fields; those of the target for set and clear registers. */
export type FieldName<S extends MapSpec, R extends keyof S> =
  S[R] extends { readonly fields: infer F } ? keyof F & string
    : S[R] extends { readonly of: infer T } ? T extends keyof S ? FieldName<S, T> : never
      : never;

/** Names of a field's values as `choice` gave them. */
export type ChoiceName<S extends MapSpec, R extends keyof S, F extends string> =
  S[R] extends { readonly fields: infer Fields }
    ? F extends keyof Fields ? Fields[F] extends { readonly values: infer V } ? keyof V & string : never : never
    : never;

export function bits<const O extends FieldOptions = object>(lo: number, hi: number, options?: O): { lo: number; hi: number } & O {
  return { lo, hi, ...(options as O) };
}

export function bit<const O extends FieldOptions = object>(n: number, options?: O): { lo: number; hi: number } & O {
  return bits(n, n, options);
}

export function choice<const V extends Readonly<Record<string, number>>>(
  lo: number, hi: number, values: V, options?: FieldOptions,
): FieldOptions & { readonly lo: number; readonly hi: number; readonly values: V } {
  return { lo, hi, values, ...options };
}

/** Bits `lo` to `hi` as an unsigned mask. */
export function maskOf(lo: number, hi: number): number {
  return (((hi - lo === 31 ? -1 : (1 << (hi - lo + 1)) - 1)) << lo) >>> 0;
}
