/** What opcodes decode to, found once for each: programs repeat themselves, and most operands are the same wherever an opcode stands. */
import { Decoder, RowDecoder, variantBases } from '../../isa/decoder.js';
import { isPlaced, type Instruction } from '../../isa/instruction.js';
import { cyclesOf, type CoreTiming } from './timing.js';

/** In a slot's length: an IT block's condition does not matter. */
export const UNCONDITIONAL = 0x80;
export const CYCLES_SHIFT = 16;

/** Opcodes kept at once; firmware of a megabyte has some fifty thousand. */
const MOST_OPCODES = 1 << 16;
const MOST_OPERANDS = 4;
const NARROW = 1 << 16;

/** The numbers of 32-bit opcodes: a table with open addressing, at most half full. */
class WideOpcodes {
  private readonly opcodes = new Int32Array(2 * MOST_OPCODES);
  /** 0: nothing is there. Twice the number otherwise, plus one for opcodes in IT blocks. */
  private readonly numbers = new Int32Array(2 * MOST_OPCODES);

  get(opcode: number, inIT: boolean): number {
    return this.numbers[this.placeOf(opcode, inIT)] >> 1;
  }

  set(opcode: number, inIT: boolean, number: number): void {
    const place = this.placeOf(opcode, inIT);
    this.opcodes[place] = opcode;
    this.numbers[place] = (number << 1) | (inIT ? 1 : 0);
  }

  clear(): void {
    this.numbers.fill(0);
  }

  /** Where it is, or where it would go. */
  private placeOf(opcode: number, inIT: boolean): number {
    const { opcodes, numbers } = this;
    const wanted = opcode | 0;
    const it = inIT ? 1 : 0;
    let place = (Math.imul(wanted, 0x9e3779b1) >>> 15) ^ it; // Knuth's multiplicative hash, 17 bits of it
    while (numbers[place] !== 0 && (opcodes[place] !== wanted || (numbers[place] & 1) !== it)) place = (place + 1) & (opcodes.length - 1);
    return place;
  }
}

export class OpcodeCache {
  private readonly decoder: Decoder;
  /** Number of each row's first variant. */
  private readonly bases: readonly number[];
  /** Where opcodes are kept, in `rows` and so on: narrow ones by their value, with the upper half for IT blocks. */
  private readonly narrow = new Uint16Array(2 * NARROW);
  private readonly wide = new WideOpcodes();
  /** Number 0 is kept for "not known"; the last is for those that are decoded at each place. */
  private count = 1;
  private readonly headers = new Int32Array(MOST_OPCODES);
  private readonly lengths = new Uint8Array(MOST_OPCODES);
  private readonly operands = new Int32Array(MOST_OPERANDS * MOST_OPCODES);
  private readonly rows: Instruction[] = [];
  /** Of those whose operands depend on the address: bit i is operand i, kept as at address 0. 0 for all others. */
  private readonly placed = new Uint8Array(MOST_OPCODES);
  /** What such an operand is off at an odd halfword, where `Align(PC, 4)` is two less. */
  private readonly drifts = new Int8Array(MOST_OPERANDS * MOST_OPCODES);
  /** By position of the row in the table. */
  private readonly decoders: (RowDecoder | undefined)[];

  constructor(private readonly table: readonly Instruction[], features: readonly string[], private readonly timing: CoreTiming) {
    this.decoder = new Decoder(table, features);
    this.bases = [...variantBases(table).values()];
    this.decoders = new Array<RowDecoder | undefined>(table.length).fill(undefined);
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
    const [from, to] = [MOST_OPERANDS * number, MOST_OPERANDS * slot];
    for (let i = 0; i < MOST_OPERANDS; i++) operands[to + i] = this.operands[from + i];
    const placed = this.placed[number];
    if (placed !== 0) for (let i = 0; i < MOST_OPERANDS; i++) if ((placed >> i) & 1) operands[to + i] += address + ((address & 2) === 0 ? 0 : this.drifts[from + i]);
    return this.rows[number];
  }

  private numberOf(opcode: number, bits: 16 | 32, inIT: boolean): number {
    if (bits === 16) return this.narrow[opcode + (inIT ? NARROW : 0)];
    return this.wide.get(opcode, inIT);
  }

  private learn(address: number, opcode: number, bits: 16 | 32, inIT: boolean): number {
    const index = this.decoder.indexOf(opcode, bits);
    if (index < 0) return 0;
    const decoder = (this.decoders[index] ??= new RowDecoder(this.table[index]));
    const { row } = decoder;
    if (this.count === MOST_OPCODES - 1) this.forget();
    // Hardly two wide branches have the same distance to go.
    const isKept = !(row.isPlaced && bits === 32 && row.targetOperand >= 0);
    const number = isKept ? this.count++ : MOST_OPCODES - 1;
    decoder.read(opcode, inIT);
    this.rows[number] = row;
    this.headers[number] = (this.bases[index] + decoder.variant()) | (cyclesOf(this.timing, row.timing, decoder.transfers()) << CYCLES_SHIFT);
    this.lengths[number] = bits / 8 + (row.isUnconditional ? UNCONDITIONAL : 0);
    this.placed[number] = 0;
    for (let i = 0; i < decoder.operands.length; i++) this.operands[MOST_OPERANDS * number + i] = decoder.operand(i, address);
    if (!isKept) return number;
    if (row.isPlaced) this.keepPlaced(number, decoder);
    if (bits === 16) this.narrow[opcode + (inIT ? NARROW : 0)] = number;
    else this.wide.set(opcode, inIT, number);
    return number;
  }

  /** Operands that are a distance from the instruction, or from the word it lies in, are kept as if at address 0. */
  private keepPlaced(number: number, decoder: RowDecoder): void {
    for (let i = 0; i < decoder.operands.length; i++) {
      if (!isPlaced(decoder.operands[i].how)) continue;
      const [first, second] = [decoder.operand(i, 0), decoder.operand(i, 2)];
      this.operands[MOST_OPERANDS * number + i] = first;
      this.drifts[MOST_OPERANDS * number + i] = second - 2 - first;
      this.placed[number] |= 1 << i;
    }
  }

  private forget(): void {
    this.count = 1;
    this.narrow.fill(0);
    this.wide.clear();
  }
}
