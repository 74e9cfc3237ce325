/**
 * Finds the row of an opcode. Rows are put in buckets by their leading bits when first asked for; decoding happens
 * once per address, so a short search per bucket is enough.
 */
import { decodeOperand, fieldsOf, matches, type Fields, type Instruction } from './instruction.js';

export class Decoder {
  private readonly narrow = new Map<number, Instruction[]>();
  private readonly wide = new Map<number, Instruction[]>();
  private readonly rows: readonly Instruction[];

  /** @param rows the table; only rows whose feature is listed take part */
  constructor(rows: readonly Instruction[], features: readonly string[]) {
    this.rows = rows.filter((row) => features.includes(row.feature));
  }

  /** @param opcode 16 bits, or 32 with the first halfword on top. Undefined when the encoding is UNDEFINED. */
  find(opcode: number, bits: 16 | 32): Instruction | undefined {
    const [buckets, shift] = bits === 16 ? [this.narrow, 8] : [this.wide, 20];
    const key = opcode >>> shift;
    let bucket = buckets.get(key);
    if (!bucket) {
      const [value, mask] = [(key << shift) >>> 0, (-1 << shift) >>> 0];
      bucket = this.rows.filter((row) => row.bits === bits && ((row.value ^ value) & row.mask & mask) === 0);
      buckets.set(key, bucket);
    }
    for (const row of bucket) if (matches(row, opcode)) return row;
    return undefined;
  }
}

/** How many variants the static operands of a row make. */
export function variantCount(row: Instruction): number {
  return Object.values(row.choices ?? {}).reduce((product, choice) => product * choice.values.length, 1);
}

/** The choices of a row's variant number, in the order that `variantOf` counts. */
export function choicesOfVariant(row: Instruction, variant: number): Record<string, number> {
  const choices: Record<string, number> = {};
  let rest = variant;
  for (const [name, { values }] of row.choiceEntries) {
    choices[name] = values[rest % values.length]!;
    rest = Math.floor(rest / values.length);
  }
  return choices;
}

/** The number of the variant that these fields choose. */
export function variantOf(row: Instruction, fields: Fields): number {
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
export function variantBases(rows: readonly Instruction[]): Map<Instruction, number> {
  const bases = new Map<Instruction, number>();
  let next = 1;
  for (const row of rows) {
    bases.set(row, next);
    next += variantCount(row);
  }
  return bases;
}

/** Opcode fields plus the decode context that rows may look at. */
export function fieldsInContext(row: Instruction, opcode: number, inITBlock: boolean): Fields {
  const fields = fieldsOf(row, opcode);
  fields['InITBlock'] = inITBlock ? 1 : 0;
  return fields;
}

/**
 * Assembly text of a decoded instruction, in lower case.
 * @param condition suffix such as `eq` when it stands in an IT block; undefined outside
 */
export function disassembleRow(row: Instruction, opcode: number, address: number, condition?: string): string {
  const fields = fieldsInContext(row, opcode, condition !== undefined);
  const text = (typeof row.syntax === 'string' ? row.syntax : row.syntax(fields, address)).toLowerCase();
  return condition === undefined || row.isUnconditional ? text : withCondition(text, condition);
}

/** The condition follows the mnemonic and stands before `.w` or a data type: `addeq.w`, `vaddeq.f32`. */
const withCondition = (text: string, condition: string): string => text.replace(/^[^\s.]+/, `$&${condition}`);
