/**
 * Hot code of an AVR as WebAssembly. The interpreter stays in charge: where branches go backward, calls go and callees return, a
 * decoded slot first counts and then enters the region there. Whatever changes program memory, or what is looked at, forgets
 * what was made of it.
 */
import { cyclesLeft, instructionsOf, MOST_CYCLES, setCyclesLeft } from '../../../jit/count.js';
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Instruction } from '../../../isa/instruction.js';
import type { AvrConfig } from '../config.js';
import type { DataSpace } from '../data-space.js';
import type { Handler } from '../generated/interpreter.js';
import { Address, Word } from '../state.js';
import type { Effects } from './effects.js';
import { Exit, Reach, type AvrLayout } from './layout.js';
import { MOST_INSTRUCTIONS, type InstructionSource } from './region.js';
import { Translator, type TranslatedRegion } from './translator.js';

/** Passes of a place before it is translated. */
const HOT = 300;
/** A region that is left at once so often in a row is not entered any more. */
const MOST_VAIN_PASSES = 100;
/** Ways out of a region to devices that nobody expected before it is made anew. */
const MOST_SURPRISES = 8;
/** Ways out by an indirect jump before its regions are made anew with its targets; eight times as many each time. */
const MOST_MISSES = 200;
const MOST_TARGETS = 256;
const MOST_MODULE_BYTES = 8 << 20;
const MOST_REGIONS = 512;
const CYCLES_SHIFT = 16;
const VARIANT = (1 << CYCLES_SHIFT) - 1;

/** Addresses of the data space that are no device's: R0..R31 and the core's own. */
const isOwn = (address: number): boolean => address < 0x20 || (address >= Address.RAMPZ && address <= Address.SREG);
const isExtension = (address: number, { rampzMask, eindMask }: AvrLayout): boolean =>
  (address === Address.RAMPZ && rampzMask !== 0) || (address === Address.EIND && eindMask !== 0);
/** What translated code does itself. */
const IN_LINE: ReadonlySet<string> = new Set(['EnableInterrupts', 'WrapRAMPZ', 'WDR']);

/** The interpreter's parts that translation works on. */
export interface InterpreterParts {
  readonly headers: Int32Array;
  readonly operands: Int32Array;
  /** Two more are added. */
  readonly handlers: Handler[];
  readonly size: number;
  readonly timing: Readonly<Record<string, number>>;
  rowAt(pc: number): { readonly row: Instruction<AvrBuilder>; readonly opcode: number } | undefined;
  wordsAt(pc: number): 1 | 2;
  isBreakpoint(pc: number): boolean;
}

export interface TranslationEnvironment {
  readonly config: AvrConfig;
  readonly words: Int32Array;
  readonly memory: WebAssembly.Memory;
  readonly layout: AvrLayout;
  readonly dataSpace: DataSpace;
  onWatchdogReset(): void;
  /** For tests: passes before a place is translated. */
  readonly hot?: number | undefined;
  /** For tests: instructions of a region at most. */
  readonly most?: number | undefined;
}

export class Translation {
  private readonly translator: Translator;
  private readonly words: Int32Array;
  private readonly hot: number;
  private readonly countVariant: number;
  private readonly enterVariant: number;
  /** By word address: whether it is a place at all, how often it was passed, and the header of its instruction. */
  private readonly isPlace: Uint8Array;
  private readonly passes: Uint16Array;
  private readonly plain: Int32Array;
  private readonly regions: (TranslatedRegion | undefined)[];
  /** Those that may be among them. */
  private readonly made = new Set<TranslatedRegion>();
  private readonly entryNumbers: Uint8Array;
  /** Cycles to the limit below which it is not worth entering. */
  private readonly entryCycles: Int32Array;
  private readonly vainPasses: Uint8Array;
  private surprises = new Map<TranslatedRegion, number>();
  /** Instructions whose pointers have led to devices. */
  private readonly deviceSites: Uint8Array;
  /** Indirect jumps, by address: where they led, and how often to where their region does not. */
  private readonly jumps = new Map<number, { readonly targets: Set<number>; misses: number; limit: number }>();
  private isOff = false;

  constructor(private readonly environment: TranslationEnvironment, private readonly parts: InterpreterParts) {
    const { words, memory, layout, dataSpace, hot, most = MOST_INSTRUCTIONS } = environment;
    const { size, handlers } = parts;
    this.words = words;
    this.hot = hot ?? HOT;
    this.isPlace = new Uint8Array(size);
    this.passes = new Uint16Array(size);
    this.plain = new Int32Array(size);
    this.regions = new Array<TranslatedRegion | undefined>(size).fill(undefined);
    this.entryNumbers = new Uint8Array(size);
    this.entryCycles = new Int32Array(size);
    this.vainPasses = new Uint8Array(size);
    this.deviceSites = new Uint8Array(size);
    dataSpace.pointerSites = this.deviceSites;
    this.countVariant = handlers.push((o, i, pc) => this.countPass(o, i, pc)) - 1;
    this.enterVariant = handlers.push((o, i, pc) => this.enter(o, i, pc)) - 1;
    this.translator = new Translator({ memory, layout, most, source: this.source(), helpers: this.helpers(), reachesDevices: (address) => this.deviceSites[address] !== 0 });
  }

  get figures(): Translator['figures'] {
    return { ...this.translator.figures };
  }

  private source(): InstructionSource {
    const { parts } = this;
    return {
      size: parts.size, timing: parts.timing,
      rowAt: (address) => (parts.isBreakpoint(address) ? undefined : parts.rowAt(address)),
      wordsAt: (address) => parts.wordsAt(address),
      targetsOf: (address) => [...(this.jumps.get(address)?.targets ?? [])],
      needsInterpreter: ({ helpers, addresses }: Effects) => helpers.some((name) => !IN_LINE.has(name)) || addresses.some((address) => isOwn(address) && !isExtension(address, this.environment.layout)),
    };
  }

  // -- Places.

  /** Execution comes here from elsewhere: worth counting. */
  mark(pc: number): void {
    if (this.isPlace[pc] !== 0) return;
    this.isPlace[pc] = 1;
    const { headers } = this.parts;
    if (headers[pc] !== 0 && !this.parts.isBreakpoint(pc)) headers[pc] = this.decoded(pc, headers[pc]);
  }

  /** An instruction was decoded. @returns the header for its slot */
  decoded(pc: number, header: number): number {
    this.plain[pc] = header;
    if (this.isPlace[pc] === 0 || this.isOff || this.vainPasses[pc] >= MOST_VAIN_PASSES) return header;
    return this.regions[pc] ? this.enterVariant : this.countVariant;
  }

  /** A direct branch was decoded. */
  branchFound(pc: number, target: number, isCall: boolean, next: number): void {
    if (target <= pc || isCall) this.mark(target);
    if (isCall) this.mark(next);
  }

  /** The header of the instruction itself. */
  plainHeader(pc: number, header: number): number {
    const variant = header & VARIANT;
    return variant === this.countVariant || variant === this.enterVariant ? this.plain[pc] : header;
  }

  private countPass(o: Int32Array, i: number, pc: number): number {
    if (++this.passes[pc] >= this.hot) {
      this.passes[pc] = 0;
      if (this.translate(pc)) return this.enter(o, i, pc);
    }
    return this.interpret(o, i, pc);
  }

  private interpret(o: Int32Array, i: number, pc: number): number {
    const header = this.plain[pc];
    this.words[Word.CYCLES] += header >>> CYCLES_SHIFT;
    return this.parts.handlers[header & VARIANT](o, i, pc);
  }

  private enter(o: Int32Array, i: number, pc: number): number {
    const { words } = this;
    const left = words[Word.LIMIT] - words[Word.CYCLES];
    if (left <= this.entryCycles[pc]) return this.interpret(o, i, pc); // it would come back at once
    if (left > MOST_CYCLES) words[Word.LIMIT] = words[Word.CYCLES] + MOST_CYCLES;
    words[Word.COUNT] = words[Word.EXIT] = 0;
    setCyclesLeft(words, Word.COUNT, words[Word.LIMIT] - words[Word.CYCLES]);
    const region = this.regions[pc]!;
    const next = region.run(this.entryNumbers[pc]);
    words[Word.CYCLES] = words[Word.LIMIT] - cyclesLeft(words, Word.COUNT);
    const executed = instructionsOf(words, Word.COUNT);
    const exit = words[Word.EXIT];
    words[Word.COUNT] = words[Word.COUNT + 1] = words[Word.EXIT] = 0;
    if (exit === Exit.DEVICE) this.surprised(region, next);
    else if (exit === Exit.INDIRECT) this.jumped(words[Word.EXIT_SITE], next);
    if (executed === 0) return this.leftAtOnce(exit, o, i, pc);
    words[Word.TRANSLATED] += executed - 1; // the loop counts one for this turn
    this.vainPasses[pc] = 0;
    if (exit === Exit.AWAY) this.mark(next);
    return next;
  }

  /** Before the first instruction: a place where that goes on is given back to the interpreter. */
  private leftAtOnce(exit: number, o: Int32Array, i: number, pc: number): number {
    if (exit !== Exit.LIMIT && ++this.vainPasses[pc] >= MOST_VAIN_PASSES) this.parts.headers[pc] = this.plain[pc];
    return this.interpret(o, i, pc);
  }

  /** A pointer has led to a device where none was expected: the region is made anew when that goes on. */
  private surprised(region: TranslatedRegion, pc: number): void {
    this.deviceSites[pc] = 1;
    const times = (this.surprises.get(region) ?? 0) + 1;
    this.surprises.set(region, times);
    if (times >= MOST_SURPRISES) this.drop(region, this.hot - 1);
  }

  private jumped(from: number, to: number): void {
    let jump = this.jumps.get(from);
    if (!jump) this.jumps.set(from, (jump = { targets: new Set(), misses: 0, limit: MOST_MISSES }));
    if (jump.targets.size < MOST_TARGETS) jump.targets.add(to);
    if (++jump.misses < jump.limit) return;
    jump.misses = 0;
    jump.limit *= 8;
    for (const region of this.made) if (region.region.indirectJumps.includes(from)) this.drop(region, this.hot - 1);
  }

  // -- Translating and forgetting.

  private translate(pc: number): boolean {
    const { moduleBytes, regions, isFull } = this.translator;
    if (moduleBytes > MOST_MODULE_BYTES || regions >= MOST_REGIONS || isFull) this.forget();
    const made = this.translator.translate(pc);
    if (!made) {
      this.vainPasses[pc] = MOST_VAIN_PASSES;
      this.parts.headers[pc] = this.plain[pc];
      return false;
    }
    this.made.add(made);
    const { headers } = this.parts;
    for (const [address, { number, cycles }] of made.entries) {
      // what was made for an address by itself knows it best
      if (address !== pc && this.regions[address]?.region.entry === address) continue;
      this.regions[address] = made;
      this.entryNumbers[address] = number;
      this.entryCycles[address] = cycles;
      this.isPlace[address] = 1;
      this.vainPasses[address] = 0;
      if (headers[address] !== 0) headers[address] = this.enterVariant;
    }
    return true;
  }

  /** @param passes that its places begin with */
  private drop(region: TranslatedRegion, passes: number): void {
    this.surprises.delete(region);
    this.made.delete(region);
    this.translator.unlink(region.region.entry);
    for (const address of region.entries.keys()) {
      if (this.regions[address] !== region) continue;
      this.regions[address] = undefined;
      this.passes[address] = passes;
      if ((this.parts.headers[address] & VARIANT) === this.enterVariant) this.parts.headers[address] = this.countVariant;
    }
  }

  /** Program memory or breakpoints have changed there; slots are decoded again. @param first, end in words */
  changed(first: number, end: number): void {
    for (const region of this.made) if (first < region.region.end && end > region.region.first) this.drop(region, 0);
    this.vainPasses.fill(0, Math.max(first - 1, 0), end);
    this.leaveSoon();
  }

  /** All of it. Slots are decoded again where they are not armed. */
  forget(): void {
    const { headers, size } = this.parts;
    for (let pc = 0; pc < size; pc++) {
      if (headers[pc] === this.enterVariant) headers[pc] = this.countVariant;
      this.regions[pc] = undefined;
    }
    this.passes.fill(0);
    this.vainPasses.fill(0);
    this.surprises.clear();
    this.jumps.clear();
    this.made.clear();
    this.translator.forget();
    this.leaveSoon();
  }

  /** Translated code that is under way leaves at its next checkpoint. */
  private leaveSoon(): void {
    const { words } = this;
    if (words[Word.LIMIT] > words[Word.CYCLES]) words[Word.LIMIT] = words[Word.CYCLES];
  }

  /** While every instruction or access is looked at, nothing is entered. */
  set isWatched(isWatched: boolean) {
    if (isWatched === this.isOff) return;
    this.isOff = isWatched;
    const { headers, size } = this.parts;
    for (let pc = 0; pc < size; pc++) {
      if (headers[pc] !== 0 && !this.parts.isBreakpoint(pc) && this.isPlace[pc] !== 0) headers[pc] = this.decoded(pc, this.plain[pc]);
    }
  }

  // -- What translated code calls.

  private helpers(): Record<string, (...args: number[]) => number | void> {
    const { words, environment: { dataSpace, onWatchdogReset, config } } = this;
    const { loadIO, storeIO, storeIOBits } = dataSpace.accessors;
    const arrive = (): void => { words[Word.CYCLES] = words[Word.LIMIT] - cyclesLeft(words, Word.COUNT); };
    const goOn = (): void => setCyclesLeft(words, Word.COUNT, words[Word.LIMIT] - words[Word.CYCLES]);
    const declines = (address: number): boolean => (words[Word.DECLINED] = isOwn(address) || address >= config.ramEnd ? 1 : 0) !== 0;
    const at = (access: () => number | void): number | void => {
      arrive();
      const value = access();
      goOn();
      return value;
    };
    return {
      [Reach.load]: (address, pc) => (declines(address) ? 0 : at(() => loadIO(address, pc))),
      [Reach.store]: (address, value, pc) => { if (!declines(address)) at(() => storeIO(address, value, pc)); },
      [Reach.loadIO]: (address, pc) => { arrive(); const value = loadIO(address, pc); goOn(); return value; },
      [Reach.storeIO]: (address, value, pc) => { arrive(); storeIO(address, value, pc); goOn(); },
      [Reach.storeIOBits]: (address, mask, level, pc) => { arrive(); storeIOBits(address, mask, level, pc); goOn(); },
      [Reach.WDR]: (pc) => { arrive(); words[Word.PC] = pc; onWatchdogReset(); goOn(); },
    };
  }
}
