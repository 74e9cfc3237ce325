/** A whole random case: a sequence, and a state in which it finds memory, tables and branch targets. */
import { CODE_BASE, CODE_BYTES, emptyState, RAM_BASE, RAM_BYTES, RAM_WORDS, type CoreName, type CoreState, type TestCase } from './case.js';
import { accessOf, branchOf, type Access } from './opcodes.js';
import { double, fpscr, pointer, registerValue, single, word } from './operands.js';
import { hasDSP, hasFPU } from './rules.js';
import { encodeItems, establishPreconditions, forwardTargets, lengthOf, randomSequence, SEQUENCE_BYTES, type Item, type SequenceSource } from './sequence.js';
import type { Random } from '../support/random.js';

/** A sequence, then its literals. */
const SLOT_BYTES = 160;
/** So far from both ends that PC-relative accesses, up to 4095 bytes away, stay in code memory. */
const FIRST_SLOT = CODE_BASE + 4096 + 256;
const SLOTS = Math.floor((CODE_BYTES - 2 * 4096 - 512) / SLOT_BYTES);

export interface GeneratedCase {
  readonly test: TestCase;
  readonly items: readonly Item[];
}

/** @param index of the case in its run: successive cases lie at different addresses */
export function generateCase(source: SequenceSource, index: number): GeneratedCase {
  const { random, core } = source;
  const items = randomSequence(source);
  const code = new Uint8Array(SLOT_BYTES);
  for (let i = SEQUENCE_BYTES; i < SLOT_BYTES; i++) code[i] = random.below(256);
  const test: TestCase = {
    core,
    codeAddress: FIRST_SLOT + (index % SLOTS) * SLOT_BYTES,
    code,
    sequenceBytes: lengthOf(items),
    state: randomState(random, core),
    ram: randomRam(random),
  };
  establishPreconditions(items, core, test.state);
  new Aim(random, test, items).everything();
  encodeItems(items, code);
  return { test, items };
}

export function randomState(random: Random, core: CoreName): CoreState {
  const state = emptyState();
  const isV7M = core !== 'cortex-m0' && core !== 'cortex-m0plus';
  for (let n = 0; n < 13; n++) state.r[n] = registerValue(random);
  state.r[13] = pointer(random) & ~3;
  state.r[14] = registerValue(random);
  state.otherSp = pointer(random) & ~3;
  state.apsr = (random.word() & (hasDSP(core) ? 0xf80f_0000 : isV7M ? 0xf800_0000 : 0xf000_0000)) >>> 0;
  state.primask = random.chance(20) ? 1 : 0;
  state.control = random.chance(25) ? 2 : 0;
  if (isV7M) {
    state.faultmask = random.chance(10) ? 1 : 0;
    state.basepri = random.chance(50) ? 0 : random.below(8) << 5;
  }
  if (hasFPU(core)) {
    if (random.chance(90)) state.control |= 4;
    state.fpscr = fpscr(random);
    fillFloats(random, core, state.s);
  }
  return state;
}

function fillFloats(random: Random, core: CoreName, s: Uint32Array): void {
  for (let d = 0; d < 16; d++) {
    if (core === 'cortex-m7' && random.chance(50)) s.set(double(random), 2 * d);
    else s.set([single(random), single(random)], 2 * d);
  }
}

export function randomRam(random: Random): Uint32Array {
  const ram = new Uint32Array(RAM_WORDS);
  for (let i = 0; i < RAM_WORDS; i++) ram[i] = random.word();
  for (let i = 0; i < RAM_WORDS / 4; i++) ram[random.below(RAM_WORDS)] = random.chance(70) ? word(random) : single(random);
  return ram;
}

/**
 * Chooses initial registers so that accesses fall into RAM and branches onto instructions. A register is aimed once,
 * by the first instruction that needs it; instructions in between may change it, which gives the wild cases.
 */
class Aim {
  private readonly aimed = new Set<number>();

  constructor(private readonly random: Random, private readonly test: TestCase, private readonly items: readonly Item[]) {}

  everything(): void {
    for (const item of this.items) {
      if (this.random.chance(3)) continue;
      const access = accessOf(item.opcode, item.size);
      if (access !== undefined) this.access(item, access);
      const branch = branchOf(item.opcode, item.size);
      if (branch !== undefined && branch.kind !== 'offset') this.branch(item, branch.kind, branch.register);
    }
  }

  private set(n: number, value: number): boolean {
    if (n === 15 || this.aimed.has(n)) return false;
    this.aimed.add(n);
    this.test.state.r[n] = n === 13 ? value & ~3 : value;
    return true;
  }

  private target(item: Item): number {
    return this.test.codeAddress + this.random.pick(forwardTargets(this.items, item));
  }

  private branch(item: Item, kind: 'exchange' | 'address' | 'added', register: number): void {
    const target = this.target(item);
    if (kind === 'added') this.set(register, target - (this.test.codeAddress + item.offset + 4));
    else this.set(register, kind === 'exchange' && this.random.chance(95) ? target | 1 : target);
  }

  private access(item: Item, access: Access): void {
    if (access.tableEntry !== undefined) return this.table(item, access, access.tableEntry);
    let index = 0;
    if (access.index !== undefined) {
      const small = this.random.below(64);
      if (this.set(access.index, small)) index = small << access.shift!;
      else if (access.index !== 15) index = this.test.state.r[access.index] << access.shift!;
    }
    const lowest = RAM_BASE + this.lowestOffset(access);
    if (!this.set(access.base, lowest - access.offset - index)) return;
    if (access.pcAt !== undefined) this.storeWord(lowest + access.pcAt, this.target(item) | (this.random.chance(95) ? 1 : 0));
  }

  private lowestOffset({ bytes, isAligned, pcAt }: Access): number {
    const offset = this.random.below(RAM_BYTES - Math.min(bytes, 128) + 1);
    const isV6M = this.test.core === 'cortex-m0' || this.test.core === 'cortex-m0plus';
    const alignment = isAligned ? (bytes >= 4 ? 4 : bytes) : bytes;
    const isNeat = pcAt !== undefined || this.random.chance(isAligned || isV6M ? 96 : 70);
    return isNeat ? offset & ~(alignment - 1) : offset;
  }

  private storeWord(address: number, value: number): void {
    const offset = address - RAM_BASE;
    if (offset >= 0 && offset < RAM_BYTES) this.test.ram[offset >> 2] = value;
  }

  /** TBB and TBH: the entry that the index chooses holds half the distance; a table at the PC lies in the literals. */
  private table(item: Item, { base, index, shift }: Access, entryBytes: 1 | 2): void {
    const entry = Math.max(0, this.target(item) - (this.test.codeAddress + item.offset + 4)) >> 1;
    if (base === 15) {
      const distance = (SLOT_BYTES - 16 - item.offset - 4) & ~1;
      if (this.set(index!, distance >> shift!)) this.putBytes(this.test.code, item.offset + 4 + distance, entry, entryBytes);
      return;
    }
    const slot = this.random.below(16);
    const start = this.random.below(RAM_BYTES - 64) & ~1;
    if (!this.set(index!, slot) || !this.set(base, RAM_BASE + start)) return;
    this.putBytes(new Uint8Array(this.test.ram.buffer), start + (slot << shift!), entry, entryBytes);
  }

  private putBytes(into: Uint8Array, at: number, value: number, count: 1 | 2): void {
    into[at] = value;
    if (count === 2) into[at + 1] = value >>> 8;
  }
}
