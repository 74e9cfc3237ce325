/**
 * Finds the row of an opcode. Rows are put in buckets by their leading bits when first asked for; decoding happens
 * once per address, so a short search per bucket is enough.
 */
import { decodeOperand, fieldsOf, type ChoiceDecode, type Fields, type AnyInstruction, type Instruction, type OperandDecode } from './instruction.js';

/** Rows that share their leading bits. What all are compared with lies apart from them, since each row has its own shape. */
interface Bucket { readonly indexes: readonly number[]; readonly masks: Int32Array; readonly values: Int32Array; readonly conditions: readonly AnyInstruction['when'][] }

export class Decoder<Row extends AnyInstruction = Instruction> {
  private readonly narrow: (Bucket | undefined)[] = new Array<Bucket | undefined>(1 << 8).fill(undefined);
  private readonly wide: (Bucket | undefined)[] = new Array<Bucket | undefined>(1 << 12).fill(undefined);
  private readonly rows: readonly Row[];

  /** @param table all rows; only those whose feature is listed take part */
  constructor(private readonly table: readonly Row[], features: readonly string[]) {
    this.rows = table.filter((row) => features.includes(row.feature));
  }

  /** @param opcode 16 bits, or 32 with the first halfword on top. Undefined when the encoding is UNDEFINED. */
  find(opcode: number, bits: 16 | 32): Row | undefined {
    return this.table[this.indexOf(opcode, bits)];
  }

  /** Position of the row in the whole table, or -1. */
  indexOf(opcode: number, bits: 16 | 32): number {
    const key = opcode >>> (bits === 16 ? 8 : 20);
    const { indexes, masks, values, conditions } = (bits === 16 ? this.narrow : this.wide)[key] ?? this.bucket(key, bits);
    for (let i = 0; i < indexes.length; i++) {
      if ((opcode & masks[i]) !== values[i]) continue;
      const when = conditions[i];
      if (when === undefined || when(fieldsOf(this.table[indexes[i]], opcode))) return indexes[i];
    }
    return -1;
  }

  private bucket(key: number, bits: 16 | 32): Bucket {
    const [buckets, shift] = bits === 16 ? [this.narrow, 8] : [this.wide, 20];
    const [value, mask] = [(key << shift) >>> 0, (-1 << shift) >>> 0];
    const rows = this.rows.filter((row) => row.bits === bits && ((row.value ^ value) & row.mask & mask) === 0);
    return (buckets[key] = {
      indexes: rows.map((row) => this.table.indexOf(row)), masks: Int32Array.from(rows, (row) => row.mask), values: Int32Array.from(rows, (row) => row.value), conditions: rows.map(({ when }) => when),
    });
  }
}

/** In the fields of `RowDecoder`: what is no field of the encoding, but of the decode context. */
const IN_IT_BLOCK = 'InITBlock';

/** A number that an encoding gives: one of its fields as it is, or a function of all. */
interface Source { readonly field: number; readonly how: OperandDecode }

/**
 * Reads operands and variants of one row, for the interpreter, which decodes hundreds of thousands of opcodes while a large
 * firmware starts: fields go by number, and nothing is made anew for each opcode.
 */
export class RowDecoder {
  readonly operands: readonly Source[];
  private readonly choices: readonly { readonly source: Source; readonly values: readonly number[]; readonly weight: number }[];
  private readonly names: readonly string[];
  /** Stretches of bits, in the order of the fields, and which field each belongs to. */
  private readonly shifts: Uint8Array;
  private readonly widths: Uint8Array;
  private readonly owners: Uint8Array;
  private readonly values: Uint32Array;
  /** What functions of all fields are called with; the same object for every opcode. */
  private readonly fields: Record<string, number> = {};
  private readonly needsFields: boolean;

  constructor(readonly row: Instruction) {
    this.names = [...Object.keys(row.fieldBits), IN_IT_BLOCK];
    for (const name of this.names) this.fields[name] = 0;
    this.values = new Uint32Array(this.names.length);
    this.shifts = Uint8Array.from(row.fieldParts, ({ shift }) => shift);
    this.widths = Uint8Array.from(row.fieldParts, ({ width }) => width);
    this.owners = Uint8Array.from(row.fieldParts, ({ field }) => this.names.indexOf(field));
    this.operands = row.operandEntries.map(([, how]) => this.source(how));
    let weight = 1;
    this.choices = row.choiceEntries.map(([, choice]) => {
      const { values } = choice;
      weight *= values.length;
      return { source: this.source(choice.from), values, weight: weight / values.length };
    });
    this.needsFields = row.transfers !== undefined || [...this.operands, ...this.choices.map(({ source }) => source)].some(({ field }) => field < 0);
  }

  /** What follows is about this opcode. */
  read(opcode: number, inITBlock: boolean): void {
    const { values, shifts, widths, owners, names } = this;
    values.fill(0);
    for (let i = 0; i < shifts.length; i++) values[owners[i]] = (values[owners[i]] << widths[i]) | ((opcode >>> shifts[i]) & ((1 << widths[i]) - 1));
    values[names.length - 1] = inITBlock ? 1 : 0;
    if (this.needsFields) for (let i = 0; i < names.length; i++) this.fields[names[i]] = values[i];
  }

  /** The number of an operand, an int32. */
  operand(index: number, address: number): number {
    return this.valueOf(this.operands[index], address);
  }

  /** As `variantOf`. */
  variant(): number {
    let variant = 0;
    for (const { source, values, weight } of this.choices) {
      const index = values.indexOf(this.valueOf(source, 0));
      if (index < 0) throw new Error(`${this.row.name}: a choice has no such value`);
      variant += index * weight;
    }
    return variant;
  }

  transfers(): number {
    return this.row.transfers?.(this.fields) ?? 0;
  }

  private source(how: OperandDecode | ChoiceDecode['from']): Source {
    return { field: typeof how === 'string' ? this.names.indexOf(how) : -1, how };
  }

  private valueOf({ field, how }: Source, address: number): number {
    return (field >= 0 ? this.values[field] : (how as Exclude<OperandDecode, string>)(this.fields, address)) | 0;
  }
}

/** How many variants the static operands of a row make. */
export function variantCount(row: AnyInstruction): number {
  return Object.values(row.choices ?? {}).reduce((product, choice) => product * choice.values.length, 1);
}

/** The choices of a row's variant number, in the order that `variantOf` counts. */
export function choicesOfVariant(row: AnyInstruction, variant: number): Record<string, number> {
  const choices: Record<string, number> = {};
  let rest = variant;
  for (const [name, { values }] of row.choiceEntries) {
    choices[name] = values[rest % values.length]!;
    rest = Math.floor(rest / values.length);
  }
  return choices;
}

/** The number of the variant that these fields choose. */
export function variantOf(row: AnyInstruction, fields: Fields): number {
  let variant = 0;
  let weight = 1;
  for (const [name, { from, values }] of row.choiceEntries) {
    const index = values.indexOf(decodeOperand(from, fields, 0));
    if (index < 0) throw new Error(`${row.name}: choice ${name} has no such value`);
    variant += index * weight;
    weight *= values.length;
  }
  return variant;
}

/** Index of each row's first variant in the list of all variants; 0 is kept for "not decoded yet". */
export function variantBases<Row extends AnyInstruction>(rows: readonly Row[]): Map<Row, number> {
  const bases = new Map<Row, number>();
  let next = 1;
  for (const row of rows) {
    bases.set(row, next);
    next += variantCount(row);
  }
  return bases;
}

/** Opcode fields plus the decode context that rows may look at. */
export function fieldsInContext(row: AnyInstruction, opcode: number, inITBlock: boolean): Fields {
  const fields = fieldsOf(row, opcode);
  fields['InITBlock'] = inITBlock ? 1 : 0;
  return fields;
}

/**
 * Assembly text of a decoded instruction, in lower case.
 * @param condition suffix such as `eq` when it stands in an IT block; undefined outside
 */
export function disassembleRow(row: Instruction, opcode: number, address: number, condition?: string): string {
  const text = textOf(row, fieldsInContext(row, opcode, condition !== undefined), address).toLowerCase();
  return condition === undefined || row.isUnconditional ? text : withCondition(text, condition);
}

/** The row's own text for these fields. */
export const textOf = (row: AnyInstruction, fields: Fields, address: number): string => (typeof row.syntax === 'string' ? row.syntax : row.syntax(fields, address));

/** The condition follows the mnemonic and stands before `.w` or a data type: `addeq.w`, `vaddeq.f32`. */
const withCondition = (text: string, condition: string): string => text.replace(/^[^\s.]+/, `$&${condition}`);
