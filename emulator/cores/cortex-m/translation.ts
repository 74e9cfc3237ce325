/**
 * Hot code of a Cortex-M as WebAssembly. The interpreter stays in charge: where a direct branch goes backward, a call goes,
 * or a return comes back, the decoded slot first counts and then, when it is hot, enters the translated region. What a
 * region cannot do by itself (a device, a fault, an exception) it leaves to the interpreter, before it has begun.
 */
import type { Instruction } from '../../isa/instruction.js';
import { NOTHING_TO_DO, INTRINSICS } from '../../jit/intrinsics.js';
import { Translator, type TranslatedRegion } from '../../jit/translator.js';
import type { TranslationLayout } from '../../jit/layout.js';
import type { Helper } from './interpreter.js';
import { PAGE_BITS, type CoreMemory } from './memory.js';
import { STATE_BYTES, Word } from './state.js';
import { cyclesOf, type CoreTiming } from './timing.js';

/** Passes of a place before it is translated. */
const HOT = 64;
/** A region that is left at once so often in a row is not entered any more. */
const MOST_VAIN_PASSES = 100;
/** Places counted at the same time: with more, which only code that jumps all over does, all begin anew. */
const MOST_PLACES = 1 << 16;
/** A place whose code changes this often is left to the interpreter for good. */
const MOST_CHANGES = 8;
/** Bytes of WebAssembly kept; past it everything is forgotten and hot code is translated anew. */
const MOST_MODULE_BYTES = 8 << 20;
/** Regions kept, used or not: V8 takes 7 KiB and more for the smallest. */
const MOST_REGIONS = 2048;
const CYCLES_SHIFT = 16;
const VARIANT = (1 << CYCLES_SHIFT) - 1;

/** The interpreter's parts that translation works on. */
export interface InterpreterParts {
  readonly headers: Int32Array;
  readonly operands: Int32Array;
  /** Variant functions; two more are added. */
  readonly handlers: ((operands: Int32Array, index: number, pc: number) => number)[];
  /** The slot of an address whose page is open, or -1. */
  openSlotAt(pc: number): number;
  runIT(pc: number): number;
  rowAt(pc: number): { readonly row: Instruction | undefined; readonly opcode: number };
}

export interface TranslationEnvironment {
  readonly words: Int32Array;
  readonly wasmMemory: WebAssembly.Memory;
  /** Byte offsets of the page maps in it. */
  readonly readMap: number;
  readonly writeMap: number;
  readonly memory: CoreMemory;
  readonly timing: CoreTiming;
  readonly helpers: Readonly<Record<string, Helper>>;
  /** Helpers that neither fault nor look at the PC nor touch R0 to R15 or the flags. */
  readonly plainHelpers: ReadonlySet<string>;
  /** Passes of a place before it is translated; 64 when absent. */
  readonly hot?: number | undefined;
}

interface Place {
  passes: number;
  changes: number;
  /** Times in a row that the region was left before its first instruction. */
  vainPasses: number;
  /** What the slot held before. */
  header: number;
  slot: number;
  region: TranslatedRegion | undefined;
  /** Nothing there can be translated. */
  isHopeless: boolean;
}

export class Translation {
  private readonly translator: Translator;
  private readonly places = new Map<number, Place>();
  /** Entries of translated regions by the pages their code lies in. */
  private readonly byPage = new Map<number, Set<number>>();
  private readonly countVariant: number;
  private readonly enterVariant: number;
  private readonly hot: number;
  private isOff = false;

  constructor(private readonly environment: TranslationEnvironment, private readonly parts: InterpreterParts) {
    const { timing, plainHelpers } = environment;
    this.hot = environment.hot ?? HOT;
    this.countVariant = parts.handlers.push((o, i, pc) => this.count(o, i, pc)) - 1;
    this.enterVariant = parts.handlers.push((o, i, pc) => this.enter(o, i, pc)) - 1;
    this.translator = new Translator({
      memory: environment.wasmMemory,
      layout: layoutOf(environment),
      refill: timing.refill,
      helpers: environment.helpers,
      source: {
        rowAt: (address) => this.fetched(address, () => this.rowAt(address)),
        halfwordAt: (address) => this.fetched(address, () => this.halfwordAt(address)),
        cyclesOf: (row, transfers) => cyclesOf(timing, row.timing, transfers),
        knowsHelper: (name) => plainHelpers.has(name) || name in INTRINSICS || NOTHING_TO_DO.has(name) || name === 'ExecuteFPCheck',
      },
    });
  }

  // -- Places.

  /** Execution comes here from elsewhere: worth counting. */
  mark(address: number): void {
    if (this.places.has(address)) return;
    if (this.places.size >= MOST_PLACES) this.forget();
    const place: Place = { passes: 0, changes: 0, vainPasses: 0, header: 0, slot: -1, region: undefined, isHopeless: false };
    this.places.set(address, place);
    const slot = this.parts.openSlotAt(address);
    if (slot >= 0 && this.parts.headers[slot] !== 0) this.arm(place, slot, this.parts.headers[slot]);
  }

  private arm(place: Place, slot: number, header: number): void {
    place.header = header;
    place.slot = slot;
    if (!place.isHopeless && !this.isOff) this.parts.headers[slot] = this.countVariant;
  }

  /**
   * An instruction was decoded. Direct branches mark their targets: loops and calls.
   * @returns the header for its slot
   */
  decoded(pc: number, slot: number, header: number, row: Instruction): void {
    const targetIndex = row.operandEntries.findIndex(([name]) => name === 'target');
    if (targetIndex >= 0) {
      const target = this.parts.operands[(slot << 2) + targetIndex];
      if (target <= pc || 'link' in row.operands!) this.mark(target & ~1);
    }
    const place = this.places.get(pc);
    if (place) this.arm(place, slot, header);
  }

  private count(o: Int32Array, i: number, pc: number): number {
    const place = this.places.get(pc)!;
    if (++place.passes >= this.hot && this.translate(pc, place)) return this.enter(o, i, pc);
    return this.interpret(place, o, i, pc);
  }

  private interpret(place: Place, o: Int32Array, i: number, pc: number): number {
    const { words } = this.environment;
    words[Word.CYCLES] += place.header >>> CYCLES_SHIFT;
    return this.parts.handlers[place.header & VARIANT](o, i, pc);
  }

  private enter(o: Int32Array, i: number, pc: number): number {
    const { words } = this.environment;
    const place = this.places.get(pc)!;
    const before = words[Word.CYCLES];
    words[Word.DEPTH] = 0;
    const next = place.region!.run();
    if (words[Word.CYCLES] === before) return this.leftAtOnce(place, o, i, pc);
    place.vainPasses = 0;
    words[Word.TRANSLATED]--; // the loop counts one for this turn
    if (this.translator.isCalled(next)) this.mark(next);
    return words[Word.ITSTATE] === 0 ? next : this.parts.runIT(next);
  }

  /** At a limit, or because its first block meets a device: a place where that goes on is given back to the interpreter. */
  private leftAtOnce(place: Place, o: Int32Array, i: number, pc: number): number {
    if (++place.vainPasses >= MOST_VAIN_PASSES) {
      place.isHopeless = true;
      this.parts.headers[place.slot] = place.header;
    }
    return this.interpret(place, o, i, pc);
  }

  // -- Translating.

  private translate(pc: number, place: Place): boolean {
    if (this.translator.moduleBytes > MOST_MODULE_BYTES || this.translator.regions >= MOST_REGIONS) {
      this.forget();
      this.places.set(pc, place);
    }
    if (!place.region) {
      place.region = this.translator.translate(pc);
      if (!place.region) {
        place.isHopeless = true;
        this.parts.headers[place.slot] = place.header;
        return false;
      }
      this.watch(pc, place.region);
    }
    if (!this.mayExecute(place.region)) {
      place.passes = 0;
      return false;
    }
    this.translator.link(place.region);
    this.parts.headers[place.slot] = this.enterVariant;
    return true;
  }

  /** From now on changes of its code are seen. */
  private watch(entry: number, { ranges }: TranslatedRegion): void {
    for (const { start, end } of ranges) {
      this.environment.memory.watchCode(start, end - start);
      for (let page = start >>> PAGE_BITS; page <= (end - 1) >>> PAGE_BITS; page++) {
        let entries = this.byPage.get(page);
        if (!entries) this.byPage.set(page, (entries = new Set()));
        entries.add(entry);
      }
    }
  }

  /** Every page of it is executable now, as a whole. */
  private mayExecute({ ranges }: TranslatedRegion): boolean {
    const { memory } = this.environment;
    return ranges.every(({ start, end }) => {
      for (let page = start >>> PAGE_BITS; page <= (end - 1) >>> PAGE_BITS; page++) if (!memory.isExecutablePage((page << PAGE_BITS) >>> 0)) return false;
      return true;
    });
  }

  private rowAt(address: number): { row: Instruction; opcode: number } | undefined {
    const { row, opcode } = this.parts.rowAt(address);
    this.environment.memory.watchCode(address, 4); // what was decoded is remembered
    return row && { row, opcode };
  }

  private halfwordAt(address: number): number {
    const { memory } = this.environment;
    const halfword = memory.fetch(address);
    memory.watchCode(address, 2); // as above
    return halfword;
  }

  /** Reads code that may be executed now; undefined, and nothing happens, when it may not. */
  private fetched<T>(address: number, read: () => T): T | undefined {
    const { memory, words } = this.environment;
    const pc = words[Word.PC];
    try {
      memory.checkExecute(address);
      if (!memory.isMemory(address) || !memory.isMemory((address + 2) | 0)) return undefined; // a fetch from a device has effects
      return read();
    } catch {
      return undefined;
    } finally {
      words[Word.PC] = pc;
    }
  }

  // -- Forgetting.

  /** Code has changed: regions made of it go. */
  invalidate(address: number, bytes: number): void {
    const first = address | 0; // as the ranges are
    this.translator.forgetDecoded();
    for (let page = (address >>> 0) >>> PAGE_BITS; page <= ((address >>> 0) + bytes - 1) >>> PAGE_BITS; page++) {
      for (const entry of this.byPage.get(page) ?? []) {
        const place = this.places.get(entry)!;
        const isTouched = place.region?.ranges.some(({ start, end }) => first < end && first + bytes > start);
        if (isTouched) this.drop(entry, place);
      }
    }
  }

  private drop(entry: number, place: Place): void {
    this.translator.unlink(entry);
    for (const entries of this.byPage.values()) entries.delete(entry);
    place.region = undefined;
    place.passes = 0;
    if (++place.changes >= MOST_CHANGES) place.isHopeless = true;
    if (this.parts.headers[place.slot] === this.enterVariant) this.parts.headers[place.slot] = place.isHopeless ? place.header : this.countVariant;
  }

  /** Permissions have changed: regions stay, but each is checked again before it is entered. */
  unlinkAll(): void {
    this.translator.forgetDecoded();
    for (const [entry, place] of this.places) {
      if (!place.region) continue;
      this.translator.unlink(entry);
      place.passes = 0;
      if (this.parts.headers[place.slot] === this.enterVariant) this.parts.headers[place.slot] = this.countVariant;
    }
  }

  /** All memory may have changed, or too much is kept. */
  forget(): void {
    for (const place of this.places.values()) {
      place.region = undefined;
      const header = this.parts.headers[place.slot];
      if (place.slot >= 0 && (header === this.enterVariant || header === this.countVariant)) this.parts.headers[place.slot] = place.header;
    }
    this.places.clear();
    this.byPage.clear();
    this.translator.forget();
  }

  /** While every instruction is looked at, nothing is translated. */
  set isWatched(watched: boolean) {
    if (watched === this.isOff) return;
    if (watched) {
      for (const place of this.places.values()) {
        const header = place.slot < 0 ? 0 : this.parts.headers[place.slot];
        if (header !== 0 && (header === this.enterVariant || header === this.countVariant)) this.parts.headers[place.slot] = place.header;
      }
      this.isOff = true;
      return;
    }
    this.isOff = false;
    for (const place of this.places.values()) {
      if (place.slot >= 0 && this.parts.headers[place.slot] === place.header && place.header !== 0) this.arm(place, place.slot, place.header);
    }
  }
}

function layoutOf({ readMap, writeMap }: TranslationEnvironment): TranslationLayout {
  const at = (word: number): number => 4 * word;
  if (at(Word.S0 + 32) > STATE_BYTES) throw new Error('the state does not hold its registers');
  return {
    registers: at(Word.R0), N: at(Word.N), Z: at(Word.Z), C: at(Word.C), V: at(Word.V), Q: at(Word.Q), GE: at(Word.GE), ITSTATE: at(Word.ITSTATE),
    T: at(Word.T), CYCLES: at(Word.CYCLES), LIMIT: at(Word.LIMIT), INSTRUCTIONS: at(Word.TRANSLATED), DEPTH: at(Word.DEPTH), singles: at(Word.S0),
    FP_CHECK: at(Word.FP_CHECK), FPSCR: at(Word.FPSCR), DIV_0_TRP: at(Word.DIV_0_TRP), IPSR: at(Word.IPSR), readMap, writeMap,
  };
}
