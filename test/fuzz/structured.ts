/**
 * Random programs with structure, for comparing engines with each other: blocks of random instructions in loops, calls,
 * branch tables and IT blocks, so that translated regions of several blocks arise. Without an oracle nothing needs to be
 * well-behaved: wild blocks overwrite any register, branch anywhere and fault.
 * Encodings: Armv7-M ARM (DDI 0403E), A7.7.
 */
import { decodeOperand, type Instruction } from '../../emulator/isa/instruction.js';
import type { Random } from '../support/random.js';
import { emptyState, RAM_BASE, RAM_BYTES, type CoreName, type CoreState } from './case.js';
import { randomRam, randomState } from './generate.js';
import { pointer } from './operands.js';
import { NOP, randomSequence, rowFields, TWO_NOPS, type Item } from './sequence.js';

export interface StructuredProgram {
  readonly code: Uint8Array;
  /** Instructions in order of address; offsets are from the start of the code. */
  readonly items: readonly Item[];
  /** Bytes of instructions; literals follow. */
  readonly sequenceBytes: number;
  /** Offsets where blocks and functions begin. */
  readonly entries: readonly number[];
  readonly state: CoreState;
  readonly ram: Uint32Array;
}

export interface StructuredSource {
  readonly random: Random;
  readonly core: CoreName;
  readonly rows: readonly Instruction[];
  /** Rows for calm blocks, of `calmRows`. */
  readonly calm: readonly Instruction[];
}

/** Room for code and literals of one program. */
export const PROGRAM_BYTES = 2048;
const MOST_BODY_END = 1400;
/** Counters of loops, at the end of RAM; only wild stores hit them. */
const COUNTERS = 16;
const COUNTERS_AT = RAM_BYTES - 4 * COUNTERS;
const WIDE_NOP = 0xf3af_8000;
const [BL, B_WIDE] = [0xf000_d000, 0xf000_9000];
const BX_LR = 0x4770;
const BKPT = 0xbe00;

/** Rows that change neither the flow of control nor SP by themselves. */
export function calmRows(rows: readonly Instruction[]): Instruction[] {
  return rows.filter(({ name }) => !/SP|PUSH|POP|^B|^CB|^TB|^IT|LDM|STM|SVC|UDF|MSR|CPS|WF|UNDEF/.test(name));
}

type Reach = (distance: number) => number | undefined;

interface Draft extends Item {
  /** A label or literal, and the opcode for its distance from this instruction's address + 4. */
  readonly label?: number;
  readonly literal?: number;
  readonly reach?: Reach;
}

const fits = (value: number, low: number, high: number): boolean => value >= low && value <= high;
const encodeB: Reach = (d) => (fits(d, -2048, 2046) ? 0xe000 | ((d >> 1) & 0x7ff) : undefined);
const encodeBcc = (cond: number): Reach => (d) => (fits(d, -256, 254) ? 0xd000 | (cond << 8) | ((d >> 1) & 0xff) : undefined);
const encodeBccWide = (cond: number): Reach => (d) => {
  const s = d < 0 ? 1 : 0;
  return (0xf000_8000 | (s << 26) | (cond << 22) | (((d >> 12) & 0x3f) << 16) | (((d >> 18) & 1) << 13) | (((d >> 19) & 1) << 11) | ((d >> 1) & 0x7ff)) >>> 0;
};
const encodeLong = (base: number): Reach => (d) => {
  const s = d < 0 ? 1 : 0;
  const j = (n: number): number => (((d >> n) & 1) ^ s ^ 1);
  return (base | (s << 26) | (((d >> 12) & 0x3ff) << 16) | (j(23) << 13) | (j(22) << 11) | ((d >> 1) & 0x7ff)) >>> 0;
};

class ProgramBuilder {
  private readonly items: Draft[] = [];
  private bytes = 0;
  /** Offsets of labels, set when they are reached. */
  private readonly labels: number[] = [];
  private readonly entries: number[] = [];
  private readonly literals: { readonly value: number | undefined; readonly label: number | undefined }[] = [];
  private readonly random: Random;
  private readonly isV7M: boolean;
  private counters = 0;

  constructor(private readonly source: StructuredSource) {
    this.random = source.random;
    this.isV7M = source.core !== 'cortex-m0' && source.core !== 'cortex-m0plus';
  }

  build(): StructuredProgram {
    const { random, source } = this;
    const blocks = random.between(2, 7);
    const functions = random.between(0, 3);
    const firstFunction = blocks + 1;
    for (let i = 0; i < blocks && this.bytes < MOST_BODY_END; i++) this.block(i, blocks, firstFunction, functions);
    this.place(blocks);
    if (random.chance(50)) this.to(encodeB, 0, 16);
    else this.add(BKPT, 16);
    for (let i = 0; i < functions; i++) this.function(firstFunction, i, functions);
    // What was left out for want of room begins at the end.
    const end = this.bytes;
    const code = this.encode(end);
    const ram = randomRam(random);
    for (let i = 0; i < COUNTERS; i++) ram[COUNTERS_AT / 4 + i] = random.between(2, 24);
    const state = randomState(random, source.core);
    return { code, items: this.items, sequenceBytes: end, entries: this.entries, state, ram };
  }

  // -- Pieces

  private place(label: number): void {
    this.labels[label] = this.bytes;
    this.entries.push(this.bytes);
  }

  private add(opcode: number, size: 16 | 32, more: Partial<Draft> = {}): void {
    this.items.push({ row: undefined, opcode, size, remainingInIT: 0, offset: this.bytes, ...more });
    this.bytes += size / 8;
  }

  private to(reach: Reach, label: number, size: 16 | 32, more: Partial<Draft> = {}): void {
    this.add(size === 16 ? NOP : WIDE_NOP, size, { label, reach, ...more });
  }

  /** LDR Rt, [PC, #imm] of a value, or of the Thumb address of a label. */
  private load(t: number, value: number | undefined, label?: number): void {
    this.literals.push({ value, label });
    const reach: Reach = (d) => (fits(d, 0, 1020) ? 0x4800 | (t << 8) | (d >> 2) : undefined);
    this.add(NOP, 16, { literal: this.literals.length - 1, reach });
  }

  private aim(): void {
    for (let n = this.random.below(4); n > 0; n--) this.load(this.random.below(8), pointer(this.random) & (this.random.chance(80) ? ~3 : ~0));
    if (!this.random.chance(30)) return;
    this.load(0, pointer(this.random) & ~7);
    this.add(0x4685, 16); // MOV SP, R0
  }

  private body(isCalm: boolean): void {
    const { source: { random, core, rows, calm } } = this;
    const base = this.bytes;
    for (const item of randomSequence({ random, core, rows, chosen: isCalm ? calm : rows })) {
      const kept = !isCalm || isHarmless(item) ? item : { ...item, row: undefined, opcode: nopFor(item) };
      this.items.push({ ...kept, offset: base + item.offset });
      this.bytes = base + item.offset + item.size / 8;
    }
  }

  private block(i: number, blocks: number, firstFunction: number, functions: number): void {
    const { random } = this;
    this.place(i);
    this.aim();
    this.body(random.chance(60));
    const kind = random.below(10);
    if (kind < 4) this.loop(random.between(Math.max(0, i - 2), i));
    else if (kind < 6 && functions > 0) this.call(firstFunction + random.below(functions));
    else if (kind < 8 || !this.isV7M) this.to(encodeBcc(random.below(14)), random.between(i + 1, blocks), 16);
    else if (kind < 9) this.table(i, blocks);
    else this.conditionalJump(random.between(0, blocks));
    if (random.chance(40) && functions > 0) this.call(firstFunction + random.below(functions));
    if (random.chance(50)) this.loop(random.between(Math.max(0, i - 3), i));
  }

  /** Counts a word of RAM down and goes back while it is above 0. */
  private loop(label: number): void {
    this.load(0, RAM_BASE + COUNTERS_AT + 4 * (this.counters++ % COUNTERS));
    this.add(0x6801, 16); // LDR R1, [R0]
    this.add(0x3901, 16); // SUBS R1, #1
    this.add(0x6001, 16); // STR R1, [R0]
    const GT = 12;
    const LE = 13;
    if (this.isV7M && this.random.chance(40)) return this.to(encodeBccWide(GT), label, 32);
    if (this.random.chance(50)) return this.to(encodeBcc(GT), label, 16);
    this.add(0xd000 | (LE << 8), 16); // over the next
    this.to(encodeB, label, 16);
  }

  private call(label: number): void {
    if (this.random.chance(60)) return this.to(encodeLong(BL), label, 32);
    this.load(3, undefined, label);
    this.add(0x4798, 16); // BLX R3
  }

  /** IT, and a branch or a call in it. */
  private conditionalJump(label: number): void {
    const cond = this.random.below(14);
    this.add(0xbf08 | (cond << 4), 16);
    this.to(encodeLong(this.random.chance(50) ? BL : B_WIDE), label, 32, { remainingInIT: 1 });
  }

  /** TBB [PC, R1] with two bits of a random register; four entries follow. */
  private table(i: number, blocks: number): void {
    const { random } = this;
    this.add(0x2103, 16); // MOVS R1, #3
    this.add(0x4001 | (random.between(2, 7) << 3), 16); // ANDS R1, Rm
    this.add(0xe8df_f001, 32);
    for (let half = 0; half < 2; half++) {
      const [first, second] = [random.between(i + 1, blocks), random.between(i + 1, blocks)];
      const at = this.bytes - 2 * half;
      const entry = (label: number): number => Math.min(255, Math.max(2, ((this.labels[label] ?? at) - at) >> 1));
      this.add(NOP, 16, { label: first, reach: () => entry(first) | (entry(second) << 8) });
    }
  }

  private function(first: number, i: number, functions: number): void {
    const { random } = this;
    this.place(first + i);
    if (random.chance(25)) {
      this.body(true);
      return this.add(BX_LR, 16);
    }
    const registers = random.below(256);
    this.add(0xb500 | registers, 16);
    if (random.chance(50)) this.aimLow();
    this.body(random.chance(85));
    // Deeper ones most of the time; recursion ends with the stack or the budget.
    if (random.chance(50)) this.call(first + (random.chance(80) ? Math.min(functions - 1, i + 1) : i));
    if (random.chance(30)) this.loop(first + i);
    this.add(0xbd00 | registers, 16);
  }

  private aimLow(): void {
    this.load(this.random.below(8), pointer(this.random) & ~3);
  }

  // -- Encoding

  private encode(end: number): Uint8Array {
    const code = new Uint8Array(PROGRAM_BYTES);
    const view = new DataView(code.buffer);
    const pool = (end + 3) & ~3;
    this.literals.forEach(({ value, label }, i) => {
      if (pool + 4 * i + 4 <= PROGRAM_BYTES) view.setUint32(pool + 4 * i, value ?? (CODE_AT + (this.labels[label!] ?? end)) | 1, true);
    });
    for (const item of this.items) {
      if (item.reach) {
        const target = item.literal === undefined ? this.labels[item.label!] ?? end : pool + 4 * item.literal;
        const from = item.literal === undefined ? item.offset + 4 : (item.offset + 4) & ~3;
        item.opcode = item.reach(target - from) ?? NOP;
      }
      if (item.size === 32) view.setUint16(item.offset, item.opcode >>> 16, true);
      view.setUint16(item.offset + item.size / 8 - 2, item.opcode & 0xffff, true);
    }
    return code;
  }
}

/** Where programs lie: far enough from both ends of code memory for PC-relative accesses. */
export const CODE_AT = 0x0001_2000;

/** Touches none of SP, LR and PC. */
function isHarmless({ row, opcode, remainingInIT }: Item): boolean {
  if (row === undefined) return true;
  const fields = rowFields(row, opcode, remainingInIT);
  return row.operandEntries.every(([name, decode]) => {
    const value = decodeOperand(decode, fields, CODE_AT);
    return name === 'registers' ? (value & 0xe000) === 0 : !/^R/.test(name) || value < 13;
  });
}

const nopFor = ({ size, remainingInIT }: Item): number => (size === 16 ? NOP : remainingInIT > 0 ? WIDE_NOP : TWO_NOPS);

/** @param source its `random` decides everything */
export function structuredProgram(source: StructuredSource): StructuredProgram {
  return new ProgramBuilder(source).build();
}

/** Registers to go on with after a fault: `from` with a stack of its own. */
export function freshState(random: Random, core: CoreName): CoreState {
  return { ...emptyState(), ...randomState(random, core) };
}
