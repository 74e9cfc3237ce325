/** What opcodes decode to, found once for each: programs repeat themselves, and most operands are the same wherever an opcode stands. */
import { Decoder, fieldsInContext, variantBases, variantOf } from '../../isa/decoder.js';
import { decodeOperand, type Instruction } from '../../isa/instruction.js';
import { cyclesOf, type CoreTiming } from './timing.js';

/** In a slot's length: an IT block's condition does not matter. */
export const UNCONDITIONAL = 0x80;
export const CYCLES_SHIFT = 16;

/** Opcodes kept at once; firmware of a megabyte has some fifty thousand. */
const MOST_OPCODES = 1 << 16;
const MOST_OPERANDS = 4;
const NARROW = 1 << 16;

export class OpcodeCache {
  private readonly decoder: Decoder;
  private readonly bases: ReadonlyMap<Instruction, number>;
  /** Where opcodes are kept, in `rows` and so on: narrow ones by their value, with the upper half for IT blocks. */
  private readonly narrow = new Uint16Array(2 * NARROW);
  private readonly wide = new Map<number, number>();
  private readonly wideInIT = new Map<number, number>();
  /** Number 0 is kept for "not known"; the last is for those that are decoded at each place. */
  private count = 1;
  private readonly headers = new Int32Array(MOST_OPCODES);
  private readonly lengths = new Uint8Array(MOST_OPCODES);
  private readonly operands = new Int32Array(MOST_OPERANDS * MOST_OPCODES);
  private readonly rows: Instruction[] = [];

  constructor(rows: readonly Instruction[], features: readonly string[], private readonly timing: CoreTiming) {
    this.decoder = new Decoder(rows, features);
    this.bases = variantBases(rows);
  }

  /** The row of an opcode outside IT blocks. */
  rowOf(opcode: number, bits: 16 | 32): Instruction | undefined {
    const number = this.numberOf(opcode, bits, false);
    return number === 0 ? this.decoder.find(opcode, bits) : this.rows[number];
  }

  /**
   * Decodes into a slot of a page.
   * @returns undefined when the encoding is UNDEFINED
   */
  decode(address: number, opcode: number, bits: 16 | 32, inIT: boolean, headers: Int32Array, lengths: Uint8Array, operands: Int32Array, slot: number): Instruction | undefined {
    const number = this.numberOf(opcode, bits, inIT) || this.learn(address, opcode, bits, inIT);
    if (number === 0) return undefined;
    headers[slot] = this.headers[number];
    lengths[slot] = this.lengths[number];
    for (let i = 0; i < MOST_OPERANDS; i++) operands[MOST_OPERANDS * slot + i] = this.operands[MOST_OPERANDS * number + i];
    return this.rows[number];
  }

  private numberOf(opcode: number, bits: 16 | 32, inIT: boolean): number {
    if (bits === 16) return this.narrow[opcode + (inIT ? NARROW : 0)];
    return (inIT ? this.wideInIT : this.wide).get(opcode | 0) ?? 0;
  }

  private learn(address: number, opcode: number, bits: 16 | 32, inIT: boolean): number {
    const row = this.decoder.find(opcode, bits);
    if (!row) return 0;
    if (this.count === MOST_OPCODES - 1) this.forget();
    const number = row.isPlaced ? MOST_OPCODES - 1 : this.count++;
    const fields = fieldsInContext(row, opcode, inIT);
    this.rows[number] = row;
    this.headers[number] = (this.bases.get(row)! + variantOf(row, fields)) | (cyclesOf(this.timing, row.timing, row.transfers?.(fields) ?? 0) << CYCLES_SHIFT);
    this.lengths[number] = bits / 8 + (row.isUnconditional ? UNCONDITIONAL : 0);
    let index = MOST_OPERANDS * number;
    for (const [, how] of row.operandEntries) this.operands[index++] = decodeOperand(how, fields, address);
    if (row.isPlaced) return number;
    if (bits === 16) this.narrow[opcode + (inIT ? NARROW : 0)] = number;
    else (inIT ? this.wideInIT : this.wide).set(opcode | 0, number);
    return number;
  }

  private forget(): void {
    this.count = 1;
    this.narrow.fill(0);
    this.wide.clear();
    this.wideInIT.clear();
  }
}
