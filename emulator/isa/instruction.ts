/**
 * The table language: one row per instruction encoding, read by the decoder, the interpreter generator, the
 * translator, the disassembler and the timing model.
 *
 * An encoding is written as the manual prints it: `0`/`1` are fixed bits, a letter is a field (all its bits in
 * reading order, so a split immediate concatenates by itself), `(0)`/`(1)` are should-be bits (a row matches only when
 * they hold; other values are UNPREDICTABLE). Spaces are ignored.
 */
import type { Builder, CommonBuilder, Value } from './builder.js';

/** Named bit fields of one encoding, each an unsigned number. */
export type Fields = Readonly<Record<string, number>>;

/** What an instruction's operation sees: dynamic operands as values of the builder, static ones as plain numbers. */
export type Operands = Readonly<Record<string, Value>>;
export type Choices = Readonly<Record<string, number>>;

/** How one operand is obtained from the fields of an encoding; `address` is the address of the instruction. */
export type OperandDecode = string | ((fields: Fields, address: number) => number);

/** An operand that is fixed per generated variant: `operation` sees a plain number and may branch on it. */
export interface ChoiceDecode {
  readonly from: string | ((fields: Fields) => number);
  readonly values: readonly number[];
}

/** Timing class of a row; a core's timing table gives its cost in cycles. */
export type TimingClass = string;

/** @typeParam B the builder against which an instruction set's meanings are written */
export interface InstructionSpec<B extends CommonBuilder = Builder> {
  /** Fixed bits and fields, most significant bit first: 16 or 32 bits. */
  readonly encoding: string;
  /** The row matches only when this holds; how the manual's `if Rn == '1111' then SEE ...` is written. */
  readonly when?: (fields: Fields) => boolean;
  /** Reason if these fields are UNPREDICTABLE, e.g. `'Rd is SP or PC'`. The decoder executes them anyway. */
  readonly unpredictable?: (fields: Fields) => boolean;
  /** Executes in an IT block whatever its condition (BKPT). */
  readonly isUnconditional?: boolean;
  /** Architecture feature the row needs; a core lists its features. */
  readonly feature: string;
  /** Dynamic operands, at most four. */
  readonly operands?: Readonly<Record<string, OperandDecode>>;
  /** Static operands: the generator makes one variant per combination. */
  readonly choices?: Readonly<Record<string, ChoiceDecode>>;
  /** Assembly text; `{name}` is replaced by the operand as `format` gives it. */
  readonly syntax: string | ((fields: Fields, address: number) => string);
  readonly timing: TimingClass;
  /** Number of registers transferred, for timing classes whose cost depends on it. */
  readonly transfers?: (fields: Fields) => number;
  /** The meaning, written once against the builder. */
  readonly operation: (b: B, operands: Operands, choices: Choices) => void;
}

/** Consecutive bits of a field; those of one field follow each other, most significant first. */
export interface FieldPart { readonly field: string; readonly shift: number; readonly width: number; readonly isFirst: boolean }

export interface Instruction<B extends CommonBuilder = Builder> extends InstructionSpec<B> {
  readonly name: string;
  /** 16 or 32. */
  readonly bits: 16 | 32;
  readonly mask: number;
  readonly value: number;
  /** Each field's bit positions, most significant first. */
  readonly fieldBits: Readonly<Record<string, readonly number[]>>;
  /** The same as stretches of consecutive bits, at hand for the decoder like the entries of `operands` and `choices`. */
  readonly fieldParts: readonly FieldPart[];
  readonly operandEntries: readonly (readonly [string, OperandDecode])[];
  readonly choiceEntries: readonly (readonly [string, ChoiceDecode])[];
  /** Some operand depends on the address of the instruction. */
  readonly isPlaced: boolean;
  /** Number of the operand `target`, where a direct branch goes, or -1. */
  readonly targetOperand: number;
}

/** A row of any instruction set: for who reads everything but its meaning. */
export type AnyInstruction = Instruction<never>;

/** Parses one row. @throws Error when the encoding is not 16 or 32 bits or a name is used twice. */
export function instruction<B extends CommonBuilder = Builder>(name: string, spec: InstructionSpec<B>): Instruction<B> {
  const text = spec.encoding.replace(/[\s()]/g, '');
  if (text.length !== 16 && text.length !== 32) throw new Error(`${name}: encoding has ${text.length} bits`);
  let mask = 0;
  let value = 0;
  const fieldBits: Record<string, number[]> = {};
  for (let i = 0; i < text.length; i++) {
    const bit = text.length - 1 - i;
    const symbol = text[i];
    if (symbol === '0' || symbol === '1') {
      mask = (mask | (1 << bit)) >>> 0;
      if (symbol === '1') value = (value | (1 << bit)) >>> 0;
    } else (fieldBits[symbol] ??= []).push(bit);
  }
  const operandEntries = Object.entries(spec.operands ?? {});
  const choiceEntries = Object.entries(spec.choices ?? {});
  if (operandEntries.length > 4) throw new Error(`${name}: ${operandEntries.length} dynamic operands, at most 4`);
  return {
    ...spec, name, bits: text.length, mask, value, fieldBits, fieldParts: Object.entries(fieldBits).flatMap(([field, bits]) => partsOf(field, bits)), operandEntries, choiceEntries,
    isPlaced: operandEntries.some(([, how]) => isPlaced(how)),
    targetOperand: operandEntries.findIndex(([operand]) => operand === 'target'),
  };
}

/** The operand depends on the address of the instruction: it has a parameter for it. */
export const isPlaced = (how: OperandDecode): boolean => typeof how !== 'string' && how.length > 1;

function partsOf(field: string, positions: readonly number[]): FieldPart[] {
  const parts: { field: string; shift: number; width: number; isFirst: boolean }[] = [];
  for (const bit of positions) {
    const last = parts.at(-1);
    if (last && last.shift === bit + 1) {
      last.shift = bit;
      last.width++;
    } else parts.push({ field, shift: bit, width: 1, isFirst: last === undefined });
  }
  return parts;
}

/** Reads every field of an encoded instruction. */
export function fieldsOf(row: AnyInstruction, opcode: number): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const { field, shift, width, isFirst } of row.fieldParts) {
    const bits = (opcode >>> shift) & ((1 << width) - 1);
    fields[field] = isFirst ? bits : ((fields[field] << width) | bits) >>> 0;
  }
  return fields;
}

/** Resolves an operand: the name of a field, or a function of all fields. Result is an int32. */
export function decodeOperand(decode: OperandDecode, fields: Fields, address: number): number {
  return (typeof decode === 'string' ? fields[decode] : decode(fields, address)) | 0;
}

/** Does this row describe this opcode? */
export function matches(row: AnyInstruction, opcode: number): boolean {
  return (opcode & row.mask) >>> 0 === row.value && (row.when === undefined || row.when(fieldsOf(row, opcode)));
}
