/** Random sequences of instructions: rows, fields, IT blocks, exclusive pairs, layout and forward branches. */
import { fieldsOf, type Instruction } from '../../emulator/isa/instruction.js';
import type { Random } from '../support/random.js';
import type { CoreName, CoreState } from './case.js';
import { accessOf, branchOf, isIT, isTrap, type Bits } from './opcodes.js';
import { ORACLE_GAPS, UNPREDICTABLE, type Placed, type Precondition } from './rules.js';

export interface Item {
  /** Undefined for the no-operations that the shrinker puts in and for helpers of the generator. */
  readonly row: Instruction | undefined;
  opcode: number;
  readonly size: Bits;
  readonly remainingInIT: number;
  /** In bytes, from the start of the sequence. */
  offset: number;
}

const LONGEST = 12;
const ATTEMPTS = 60;

/** Room for the longest sequence: 12 items, an IT block or a pair more, all of 32 bits. */
export const SEQUENCE_BYTES = 96;

/** Fields as a row's functions see them. */
export function rowFields(row: Instruction, opcode: number, remainingInIT: number): Record<string, number> {
  return { ...fieldsOf(row, opcode), InITBlock: remainingInIT > 0 ? 1 : 0 };
}

function randomField(random: Random, width: number): number {
  const all = 2 ** width;
  if (width <= 4) return random.below(all);
  const kind = random.below(10);
  if (kind < 1) return 0;
  if (kind < 2) return all - 1;
  return kind < 5 ? random.below(16) : random.below(all);
}

function randomOpcode(random: Random, row: Instruction): number {
  let opcode = row.value;
  for (const positions of Object.values(row.fieldBits)) {
    const value = randomField(random, positions.length);
    positions.forEach((position, i) => {
      if (Math.floor(value / 2 ** (positions.length - 1 - i)) & 1) opcode |= 1 << position;
    });
  }
  return opcode >>> 0;
}

/** Why an instruction cannot stand here, if it cannot. */
export function exclusionOf(placed: Placed): string | undefined {
  const rule = UNPREDICTABLE.find((candidate) => candidate.applies(placed));
  if (rule !== undefined) return `UNPREDICTABLE, ${rule.section}: ${rule.reason}`;
  const gap = ORACLE_GAPS.find((candidate) => candidate.isExcluded?.(placed));
  return gap === undefined ? undefined : `oracle: ${gap.what}`;
}

const PRECONDITIONS: readonly Precondition[] = ORACLE_GAPS.flatMap(({ precondition }) => precondition ?? []);

/** Changes a starting state so that the oracle is right about the sequence. */
export function establishPreconditions(items: readonly Item[], core: CoreName, state: CoreState): void {
  for (const { matters, establish } of PRECONDITIONS) {
    if (items.some((item) => matters({ ...item, core }))) establish(state);
  }
}

export interface SequenceSource {
  readonly random: Random;
  readonly core: CoreName;
  /** The rows of the core. */
  readonly rows: readonly Instruction[];
  /** The rows to choose from: all of them, or those under test. */
  readonly chosen: readonly Instruction[];
}

class SequenceBuilder {
  readonly items: Item[] = [];
  private bytes = 0;
  /** A load-exclusive without its store, or a STREX, has been placed. */
  private hasLoadExclusive = false;
  private hasStoreExclusive = false;
  private readonly relied = new Set<Precondition>();
  private readonly broken = new Set<Precondition>();

  constructor(private readonly source: SequenceSource) {}

  build(): Item[] {
    const { random } = this.source;
    const length = random.between(1, LONGEST);
    for (let attempt = 0; this.items.length < length && attempt < 4 * LONGEST; attempt++) this.addRandom();
    this.patchBranches();
    return this.items;
  }

  private addRandom(): void {
    const { random, chosen, rows } = this.source;
    const row = random.pick(chosen);
    if (chosen !== rows && random.chance(20)) return this.addInRandomIT(row);
    const opcode = this.encode(row, 0);
    if (opcode === undefined || (isTrap(opcode, row.bits) && random.chance(75))) return;
    if (isIT(opcode, row.bits)) return this.addITBlock(row, opcode);
    this.addWithPreparation(row, opcode);
  }

  /** Rows under test also meet IT blocks, although the row of IT is not among them. */
  private addInRandomIT(row: Instruction): void {
    const it = this.source.rows.find((candidate) => candidate.bits === 16 && isIT(candidate.value | 8, 16) && candidate.value >>> 8 === 0xbf);
    const opcode = it && this.encode(it, 0);
    if (it !== undefined && opcode !== undefined && isIT(opcode, 16)) this.addITBlock(it, opcode, row);
  }

  private encode(row: Instruction, remainingInIT: number): number | undefined {
    const { random, core } = this.source;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const opcode = randomOpcode(random, row);
      const fields = rowFields(row, opcode, remainingInIT);
      if (row.when !== undefined && !row.when(fields)) continue;
      if (row.unpredictable?.(fields)) continue;
      const placed = { opcode, size: row.bits, core, remainingInIT };
      if (exclusionOf(placed) === undefined && this.admit(placed)) return opcode;
    }
    return undefined;
  }

  private admit(placed: Placed): boolean {
    for (const precondition of PRECONDITIONS) {
      const matters = precondition.matters(placed);
      const breaks = precondition.isBrokenBy(placed);
      if ((matters && this.broken.has(precondition)) || (breaks && this.relied.has(precondition))) return false;
      if (matters) this.relied.add(precondition);
      if (breaks) this.broken.add(precondition);
    }
    return true;
  }

  private add(row: Instruction | undefined, opcode: number, size: Bits, remainingInIT = 0): void {
    if (this.bytes + size / 8 > SEQUENCE_BYTES) return;
    this.items.push({ row, opcode, size, remainingInIT, offset: this.bytes });
    this.bytes += size / 8;
  }

  private addITBlock(row: Instruction, opcode: number, last?: Instruction): void {
    const length = 4 - Math.log2(opcode & 15 & -(opcode & 15));
    if (this.bytes + 2 + 4 * length > SEQUENCE_BYTES) return;
    this.add(row, opcode, 16);
    for (let remaining = length; remaining > 0; remaining--) this.addInsideIT(remaining, remaining === 1 ? last : undefined);
  }

  private addInsideIT(remaining: number, wanted: Instruction | undefined): void {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const row = wanted !== undefined && attempt < 8 ? wanted : this.source.random.pick(this.source.rows);
      const opcode = this.encode(row, remaining);
      if (opcode === undefined || accessOf(opcode, row.bits)?.isExclusive) continue;
      if (this.bitsToClear(row, opcode) > 0) continue;
      return this.add(row, opcode, row.bits, remaining);
    }
    this.add(undefined, NOP, 16, remaining);
  }

  private bitsToClear(row: Instruction, opcode: number): number {
    const placed = { opcode, size: row.bits, core: this.source.core, remainingInIT: 0 };
    return Math.max(0, ...ORACLE_GAPS.map((gap) => gap.clearsLowBits?.(placed) ?? 0));
  }

  private addWithPreparation(row: Instruction, opcode: number): void {
    const access = accessOf(opcode, row.bits);
    if (access?.isExclusive && !this.admitExclusive(opcode, access.isStore)) return;
    const shift = this.bitsToClear(row, opcode);
    if (shift > 0) {
      const n = (opcode >>> 16) & 15;
      if (n > 7) return;
      this.add(undefined, 0x0800 | (shift << 6) | (n << 3) | n, 16);
      this.add(undefined, (shift << 6) | (n << 3) | n, 16);
    }
    this.add(row, opcode, row.bits);
  }

  private admitExclusive(opcode: number, isStore: boolean): boolean {
    if (this.hasStoreExclusive || (isStore && this.hasLoadExclusive)) return false;
    if (!isStore) {
      this.hasLoadExclusive = true;
      return true;
    }
    this.hasStoreExclusive = true;
    if (this.source.random.chance(75)) this.add(undefined, loadExclusiveFor(opcode, this.source.random), 32);
    return true;
  }

  private patchBranches(): void {
    for (const item of this.items) {
      const branch = branchOf(item.opcode, item.size);
      if (branch?.kind !== 'offset') continue;
      const targets = forwardTargets(this.items, item).filter((target) => branch.encode(target - item.offset - 4) !== undefined);
      if (targets.length > 0) item.opcode = branch.encode(this.source.random.pick(targets) - item.offset - 4)!;
      else Object.assign(item, { opcode: NOP, row: undefined });
    }
  }
}

export const NOP = 0xbf00;
/** In place of a 32-bit instruction outside IT blocks; Armv6-M has no wide NOP. */
export const TWO_NOPS = 0xbf00_bf00;

/** The load-exclusive of the same size, base and offset, into a register that the address does not use. */
function loadExclusiveFor(store: number, random: Random): number {
  const base = (store >>> 16) & 15;
  const t = (base + 1 + random.below(11)) % 13;
  const to = t === base ? (t + 1) % 13 : t;
  const isWord = (store & 0x0080_0000) === 0;
  if (isWord) return (0xe850_0f00 | (base << 16) | (to << 12) | (store & 0xff)) >>> 0;
  return (0xe8d0_0f0f | (base << 16) | (to << 12) | (store & 0xf0)) >>> 0;
}

/** Offsets of later instructions outside IT blocks, and of the end. */
export function forwardTargets(items: readonly Item[], from: Item): number[] {
  const starts = items.filter((item) => item.offset > from.offset && item.remainingInIT === 0).map((item) => item.offset);
  return [...starts, lengthOf(items)];
}

export function lengthOf(items: readonly Item[]): number {
  const last = items.at(-1);
  return last === undefined ? 0 : last.offset + last.size / 8;
}

export function randomSequence(source: SequenceSource): Item[] {
  return new SequenceBuilder(source).build();
}

/** The items as little-endian bytes. */
export function encodeItems(items: readonly Item[], into: Uint8Array): void {
  const put = (offset: number, halfword: number): void => {
    into[offset] = halfword;
    into[offset + 1] = halfword >>> 8;
  };
  for (const { opcode, size, offset } of items) {
    if (size === 16) put(offset, opcode);
    else {
      put(offset, opcode >>> 16);
      put(offset + 2, opcode);
    }
  }
}
