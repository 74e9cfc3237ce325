/**
 * Hot code of a Cortex-M as WebAssembly. The interpreter stays in charge: where a direct branch goes backward, a call goes,
 * or a return comes back, the decoded slot first counts and then, when it is hot, enters the translated region. What a
 * region cannot do by itself it leaves to the interpreter, before it has begun; where that happens often it is made anew,
 * with what was learned (`SiteKnowledge`).
 */
import type { AccessBytes } from '../../bus/types.js';
import type { Instruction } from '../../isa/instruction.js';
import { REACH_LOAD, REACH_STORE, type Advice, type Window } from '../../jit/accesses.js';
import { cyclesLeft, instructionsOf, MOST_CYCLES, ONE_INSTRUCTION, setCyclesLeft } from '../../jit/count.js';
import { Exit, INTERPRET } from '../../jit/protocol.js';
import { NOTHING_TO_DO, INTRINSICS } from '../../jit/intrinsics.js';
import { Meanings } from '../../jit/region.js';
import { isWrittenInLine } from '../../jit/system-intrinsics.js';
import { Translator, type TranslatedModule, type TranslatedRegion } from '../../jit/translator.js';
import type { Helper } from './interpreter.js';
import { PAGE_BITS, type CoreMemory } from './memory.js';
import { SiteKnowledge } from './site-knowledge.js';
import { Word } from './state.js';
import { cyclesOf, type CoreTiming } from './timing.js';
import { layoutOf } from './translation-layout.js';
import { TranslationBudget } from './translation-budget.js';

/** Passes before a place is looked at. */
const HOT = 1500;
/** Instructions of the smallest region that a place is looked at for. */
const SMALLEST = 8;
/** A place that is found too large for its passes is looked at again after this many times more. */
const PATIENCE = 1.5;
/** A place is translated along with others when it has been passed this part of that. */
const WARM_PART = 8;
/** A region that is left at once so often in a row is not entered any more. */
const MOST_VAIN_PASSES = 100;
/** Places counted at the same time: with more, which only code that jumps all over does, all begin anew. */
const MOST_PLACES = 1 << 16;
/** A place whose code changes this often is left to the interpreter for good. */
const MOST_CHANGES = 8;
/** A region is made anew for another entry so often. */
const MOST_WANTED = 8;
/** Bytes of WebAssembly kept; past it everything is forgotten and hot code is translated anew. */
const MOST_MODULE_BYTES = 8 << 20;
/** Regions kept, used or not: V8 takes 7 KiB and more for the smallest. */
const MOST_REGIONS = 2048;
/** Side exits of a module, once something was learned about it, before it is made anew: there may be more to learn. At least. */
const EXITS_TO_LEARN_MORE = 24;
/** Changes of what windows rest on; then all accesses go by the page maps. */
const MOST_WINDOW_CHANGES = 16;
/** When eager, a place inside a region takes so many times more passes: code that is made anew begins slowly. */
const INNER_PART = 16;
/** Entries of caches by address. */
const CACHE_ENTRIES = 1 << 10;
/** No instruction is there. */
const NO_ADDRESS = 1;
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
  /** The slot of an address, decoded. @throws GuestFault */
  decodedSlotAt(pc: number): number;
  runIT(pc: number): number;
  /** Instructions that have been executed, as of the last quantum. */
  executed(): number;
  rowAt(pc: number): { readonly row: Instruction | undefined; readonly opcode: number };
  /** Runs stop there: translated code never holds such an instruction. */
  isBreakpoint(pc: number): boolean;
}

export interface TranslationEnvironment {
  readonly words: Int32Array;
  readonly wasmMemory: WebAssembly.Memory;
  /** Byte offsets in it: the page maps, and the cache of functions by address. */
  readonly readMap: number;
  readonly writeMap: number;
  readonly callCache: number;
  readonly memory: CoreMemory;
  readonly timing: CoreTiming;
  readonly helpers: Readonly<Record<string, Helper>>;
  /** Helpers that neither fault nor look at the PC nor touch R0 to R15 or the flags. */
  readonly plainHelpers: ReadonlySet<string>;
  /** Passes of a place before it is translated, whatever that costs; when absent, its size matters. */
  readonly hot?: number | undefined;
}

interface Place {
  passes: number;
  /** Passes at which it is translated: the more, the more there is to translate. */
  needed: number;
  changes: number;
  /** Times in a row that the region was left before its first instruction. */
  vainPasses: number;
  /** What the slot held before. */
  header: number;
  slot: number;
  region: TranslatedRegion | undefined;
  /** Number of its entry there, and the cycles to the limit below which it is not worth entering. */
  entry: number;
  cycles: number;
  /** Nothing there can be translated. */
  isHopeless: boolean;
}

export class Translation {
  private readonly translator: Translator;
  private readonly places = new Map<number, Place>();
  /** Regions that can be entered at an address. */
  private readonly entered = new Map<number, TranslatedRegion>();
  /** Modules by the pages their code lies in. */
  private readonly byPage = new Map<number, Set<TranslatedModule>>();
  /** Side exits until a module about which something was learned is made anew. */
  private readonly learning = new Map<TranslatedModule, number>();
  /** Breakpoints at which the code being translated ends; and modules that end at a breakpoint. */
  private readonly met = new Set<number>();
  private readonly cutOff = new Map<number, Set<TranslatedModule>>();
  private readonly sites = new SiteKnowledge();
  private readonly budget = new TranslationBudget();
  private readonly countVariant: number;
  private readonly enterVariant: number;
  private readonly hot: number;
  private loads: readonly Window[] = [];
  private stores: readonly Window[] = [];
  private windowChanges = 0;
  private areWindowsKnown = false;
  /** How often everything was forgotten. */
  private generation = 0;
  /** Exceptions taken to, and returned from to, an address; some, by `cacheIndex`. */
  private readonly resumed = { addresses: new Int32Array(CACHE_ENTRIES), times: new Uint16Array(CACHE_ENTRIES) };
  /** Places found last, by `cacheIndex`. */
  private readonly found = { addresses: new Int32Array(CACHE_ENTRIES).fill(NO_ADDRESS), places: new Array<Place | undefined>(CACHE_ENTRIES).fill(undefined) };
  /** Unaligned accesses have faulted once: from then on each is left to the interpreter, whether they still do or not. */
  private alignsAll = false;
  private isOff = false;

  constructor(private readonly environment: TranslationEnvironment, private readonly parts: InterpreterParts) {
    const { timing, plainHelpers, memory } = environment;
    this.hot = environment.hot ?? HOT;
    this.countVariant = parts.handlers.push((o, i, pc) => this.count(o, i, pc)) - 1;
    this.enterVariant = parts.handlers.push((o, i, pc) => this.enter(o, i, pc)) - 1;
    this.translator = new Translator({
      memory: environment.wasmMemory,
      layout: layoutOf(environment),
      refill: timing.refill,
      helpers: { ...environment.helpers, [INTERPRET]: (pc: number) => this.interpretOne(pc), ...this.beside() },
      source: {
        rowAt: (address) => (this.meetsBreakpoint(address) ? undefined : this.fetched(address, () => this.rowAt(address))),
        halfwordAt: (address) => this.fetched(address, () => this.halfwordAt(address)),
        cyclesOf: (row, transfers) => cyclesOf(timing, row.timing, transfers),
        meansOf: (name, args) => {
          if (name === 'CPS' || (name === 'MSR' && isMask(args[0]))) return 'beside';
          if (name === 'MSR') return isWrittenInLine(args[0] as number) ? 'inside' : 'interpreter';
          return plainHelpers.has(name) || name in INTRINSICS || NOTHING_TO_DO.has(name) || name === 'ExecuteFPCheck' ? 'inside' : 'interpreter';
        },
        seenTargets: (address) => this.sites.targets(address),
        needsInterpreter: (address) => this.sites.needsInterpreter(address),
        meanings: new Meanings(),
      },
    });
    memory.onDeviceAccess = (pc) => this.noteDeviceAccess(pc);
    memory.onWindowBroken = () => this.windowsChanged();
  }

  get figures(): Translator['figures'] {
    return { ...this.translator.figures };
  }

  // -- Places.

  /** Execution comes here from elsewhere: worth counting. */
  mark(address: number): void {
    if (this.places.has(address)) return;
    if (this.places.size >= MOST_PLACES) this.forget();
    const place: Place = { passes: 0, needed: this.hot, changes: 0, vainPasses: 0, header: 0, slot: -1, region: undefined, entry: 0, cycles: 0, isHopeless: false };
    this.places.set(address, place);
    if (this.entered.has(address)) place.passes = place.needed; // it need not become hot once more
    const slot = this.parts.openSlotAt(address);
    if (slot >= 0 && this.parts.headers[slot] !== 0 && !this.parts.isBreakpoint(address)) this.arm(place, slot, this.parts.headers[slot]);
  }

  /** An exception led here, or back here. Where that is inside a region its next loop is near. */
  markResumed(address: number): void {
    const { addresses, times } = this.resumed;
    const index = cacheIndex(address);
    if (addresses[index] !== address) {
      addresses[index] = address;
      times[index] = 0;
    }
    if (times[index] > this.hot || ++times[index] !== this.hot) return;
    if (!this.places.has(address) && this.modulesAt(address).length === 0) this.mark(address);
  }

  private placeAt(address: number): Place | undefined {
    const { addresses, places } = this.found;
    const index = cacheIndex(address);
    if (addresses[index] !== address) {
      places[index] = this.places.get(address);
      addresses[index] = places[index] === undefined ? NO_ADDRESS : address;
    }
    return places[index];
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
    if (row.targetOperand >= 0) {
      const target = this.parts.operands[(slot << 2) + row.targetOperand];
      if (target <= pc || 'link' in row.operands!) this.mark(target & ~1);
    }
    const place = this.places.get(pc);
    if (place) this.arm(place, slot, header);
  }

  private count(o: Int32Array, i: number, pc: number): number {
    const place = this.placeAt(pc)!;
    if (++place.passes >= place.needed && this.translate(pc, place)) return this.enter(o, i, pc);
    return this.interpret(place, o, i, pc);
  }

  private interpret(place: Place, o: Int32Array, i: number, pc: number): number {
    const { words } = this.environment;
    words[Word.CYCLES] += place.header >>> CYCLES_SHIFT;
    return this.parts.handlers[place.header & VARIANT](o, i, pc);
  }

  private enter(o: Int32Array, i: number, pc: number): number {
    const { words } = this.environment;
    const place = this.placeAt(pc)!;
    const region = place.region!;
    if (words[Word.UNALIGN_TRP] !== 0 && !this.alignsAll) return this.alignAll(place, o, i, pc);
    if (words[Word.N] !== words[Word.Z]) return this.interpret(place, o, i, pc); // both flags set: translated code cannot say that
    if (words[Word.LIMIT] - words[Word.CYCLES] <= place.cycles) return this.interpret(place, o, i, pc); // it would come back at once
    if (words[Word.LIMIT] - words[Word.CYCLES] > MOST_CYCLES) words[Word.LIMIT] = words[Word.CYCLES] + MOST_CYCLES;
    setCyclesLeft(words, Word.COUNT, words[Word.LIMIT] - words[Word.CYCLES]);
    let next: number;
    try {
      next = region.run(place.entry);
    } catch (error) {
      words[Word.TRANSLATED] += instructionsOf(words, Word.COUNT);
      this.clearCounts();
      throw error;
    }
    words[Word.CYCLES] = words[Word.LIMIT] - cyclesLeft(words, Word.COUNT);
    const executed = instructionsOf(words, Word.COUNT);
    const exit = words[Word.EXIT];
    const site = words[Word.EXIT_SITE];
    words[Word.TRANSLATED] += executed;
    this.clearCounts();
    const isOrdinary = exit !== Exit.LIMIT && exit !== Exit.EXCHANGE;
    if (isOrdinary && (exit !== Exit.AWAY || this.learning.size > 0)) this.learn(region, exit, site, next);
    if (executed === 0) return this.leftAtOnce(place, exit, o, i, pc);
    place.vainPasses = 0;
    words[Word.TRANSLATED]--; // the loop counts one for this turn
    if (isOrdinary && (exit === Exit.UNTRANSLATED || this.translator.isCalled(next))) this.mark(next);
    return words[Word.ITSTATE] === 0 ? next : this.parts.runIT(next);
  }

  private clearCounts(): void {
    const { words } = this.environment;
    words[Word.COUNT] = words[Word.COUNT + 1] = words[Word.EXIT] = words[Word.EXIT_SITE] = 0;
  }

  /** Before the first instruction: a place where that goes on is given back to the interpreter. */
  private leftAtOnce(place: Place, exit: number, o: Int32Array, i: number, pc: number): number {
    if (exit !== Exit.LIMIT && ++place.vainPasses >= MOST_VAIN_PASSES) {
      place.isHopeless = true;
      this.parts.headers[place.slot] = place.header;
    }
    return this.interpret(place, o, i, pc);
  }

  /** Translated code asks for one instruction, with all state in place. @returns the address to go on at */
  private interpretOne(pc: number): number {
    const { words } = this.environment;
    const { headers, handlers, operands } = this.parts;
    words[Word.CYCLES] = words[Word.LIMIT] - cyclesLeft(words, Word.COUNT);
    words[Word.DECLINED] = 0;
    const slot = this.parts.decodedSlotAt(pc);
    let header = headers[slot];
    if (header === this.countVariant || header === this.enterVariant) header = this.placeAt(pc)!.header;
    words[Word.CYCLES] += header >>> CYCLES_SHIFT;
    const next = handlers[header & VARIANT](operands, slot << 2, pc);
    words[Word.COUNT] += ONE_INSTRUCTION;
    const mayGoOn = (words[Word.UNALIGN_TRP] === 0 || this.alignsAll) && words[Word.N] === words[Word.Z];
    if (!mayGoOn) words[Word.LIMIT] = Math.min(words[Word.LIMIT], words[Word.CYCLES]);
    setCyclesLeft(words, Word.COUNT, words[Word.LIMIT] - words[Word.CYCLES]);
    return next;
  }

  /** What translated code calls with the count and the PC in place, but no registers: one access, or a change of masks. */
  private beside(): Record<string, (...args: number[]) => number | void> {
    const { words, memory, helpers } = this.environment;
    const goOn = (limit: number): void => {
      if (words[Word.LIMIT] !== limit) setCyclesLeft(words, Word.COUNT, words[Word.LIMIT] - words[Word.CYCLES]);
    };
    const withCount = (helper: Helper): Helper => (x, y, z) => {
      const limit = words[Word.LIMIT];
      words[Word.CYCLES] = limit - cyclesLeft(words, Word.COUNT);
      helper(x, y, z);
      goOn(limit);
    };
    return {
      CPS: withCount(helpers.CPS),
      MSR: withCount(helpers.MSR),
      [REACH_LOAD]: (address, bytes) => {
        const limit = words[Word.LIMIT];
        words[Word.CYCLES] = limit - cyclesLeft(words, Word.COUNT);
        const value = memory.tryLoad(address, bytes as AccessBytes);
        goOn(limit);
        return value;
      },
      [REACH_STORE]: (address, value, bytes) => {
        const limit = words[Word.LIMIT];
        words[Word.CYCLES] = limit - cyclesLeft(words, Word.COUNT);
        memory.tryStore(address, value, bytes as AccessBytes);
        if (words[Word.UNALIGN_TRP] !== 0 && !this.alignsAll) words[Word.LIMIT] = Math.min(words[Word.LIMIT], words[Word.CYCLES]);
        goOn(limit);
      },
    };
  }

  // -- Learning.

  private learn(region: TranslatedRegion, exit: number, site: number, next: number): void {
    const { words } = this.environment;
    let learned = false;
    if (exit === Exit.SIDE) learned = this.sites.sideExit(site, () => this.translator.decodedAt(site), words, this.loads, this.stores);
    else if (site !== 0 && (exit === Exit.RETURNED_ELSEWHERE || exit === Exit.INDIRECT)) learned = this.sites.wentTo(site, next);
    if (learned) this.learnAt(site);
    if (this.learning.size === 0 || site === 0) return; // a plain return tells nothing
    for (const module of new Set([region.module, ...this.modulesAt(site)])) {
      const left = this.learning.get(module);
      if (left === undefined) continue;
      if (left > 0) this.learning.set(module, left - 1);
      else if (this.isEager || this.budget.allows(this.parts.executed())) this.makeAnew(module);
    }
  }

  private exitsBeforeAnew(module: TranslatedModule): number {
    return this.isEager ? EXITS_TO_LEARN_MORE : Math.max(EXITS_TO_LEARN_MORE, this.budget.priceOf(sizeOf(module)));
  }

  /** Code with this instruction is to be made anew. */
  private learnAt(address: number): void {
    this.translator.forgetDecodedAt(address);
    for (const module of this.modulesAt(address)) if (!this.learning.has(module)) this.learning.set(module, this.exitsBeforeAnew(module));
  }

  /** So that what is made first knows the way to devices. */
  private noteDeviceAccess(pc: number): void {
    if (this.sites.deviceAccess(pc)) this.learnAt(pc);
  }

  private modulesAt(address: number): TranslatedModule[] {
    return [...this.byPage.get(address >>> PAGE_BITS) ?? []].filter(({ ranges }) => ranges.some(({ start, end }) => address >= start && address < end));
  }

  private makeAnew(module: TranslatedModule): void {
    this.drop(module, (place) => { place.passes = Math.max(place.needed, 2 * this.budget.priceOf(sizeOf(module))); }); // paid by its exits
  }

  // -- Translating.

  private translate(pc: number, place: Place): boolean {
    if (this.translator.moduleBytes > MOST_MODULE_BYTES || this.translator.regions >= MOST_REGIONS) {
      this.forgetRegions();
      return false;
    }
    this.settleAlignment();
    const owner = this.entered.has(pc) ? undefined : this.ownerOf(pc);
    const { generation } = this;
    if (!this.entered.has(pc) && !this.isPaid(pc, place, owner)) return false;
    if (generation !== this.generation) return false; // what was decoded for it may have broken a window
    const region = this.entered.get(pc) ?? this.make(pc, place, owner);
    if (generation !== this.generation) return false; // the place is not known any more
    const entry = region?.entries.get(pc);
    if (!region || entry === undefined) {
      if (this.met.size > 0) { // without the breakpoint it would be another matter
        place.passes = 0;
        return false;
      }
      place.isHopeless = true;
      this.parts.headers[place.slot] = place.header;
      return false;
    }
    if (!this.mayExecute(region.module)) {
      place.passes = place.needed - 1;
      return false;
    }
    for (const linked of region.module.regions) this.translator.link(linked);
    Object.assign(place, { region, entry: entry.number, cycles: entry.cycles });
    this.parts.headers[place.slot] = this.enterVariant;
    return true;
  }

  /** Have the passes of the place paid for its translation? */
  private isPaid(pc: number, place: Place, owner: TranslatedRegion | undefined): boolean {
    if (this.isEager) return !owner || place.passes >= INNER_PART * this.hot;
    if (!this.budget.allows(this.parts.executed())) return false;
    const paid = this.budget.paidBy(place.passes);
    if (paid <= 0 || (owner ? owner.region.instructions > paid : this.translator.isLarger(pc, paid))) {
      place.needed = Math.max(Math.ceil(place.passes * PATIENCE), this.budget.priceOf(SMALLEST));
      return false;
    }
    return true;
  }

  /** For tests: what is passed a few times is translated, whatever it costs. */
  private get isEager(): boolean {
    return this.hot < HOT;
  }

  private make(pc: number, place: Place, owner: TranslatedRegion | undefined): TranslatedRegion | undefined {
    if (!this.areWindowsKnown) this.findWindows();
    const { generation } = this;
    const entry = owner?.entry ?? pc;
    const wanted = owner ? [...owner.wanted, pc] : [];
    this.met.clear();
    const most = this.isEager ? Infinity : this.budget.paidBy(place.passes);
    const module = this.translator.translate({ entry, wanted, most, advice: this.advice(wanted), isWarm: (address) => this.isWarm(address) });
    if (!module || generation !== this.generation) return undefined; // as above
    this.budget.spend(sizeOf(module));
    for (const { start, end } of module.ranges) this.environment.memory.watchCode(start, end - start);
    if (generation !== this.generation) return undefined;
    this.watch(module);
    for (const address of this.met) this.cutOff.set(address, (this.cutOff.get(address) ?? new Set()).add(module));
    for (const region of module.regions) this.enterBy(region);
    return module.regions[0];
  }

  /** From now on its entries lead into it, and not into what was made of them before. */
  private enterBy(region: TranslatedRegion): void {
    for (const [address, { number, cycles }] of region.entries) {
      this.entered.set(address, region);
      const place = this.places.get(address);
      if (place?.region) Object.assign(place, { region, entry: number, cycles });
    }
  }

  /** A region that holds the instruction, if it may still be made anew for another entry. */
  private ownerOf(pc: number): TranslatedRegion | undefined {
    for (const { regions } of this.modulesAt(pc).reverse()) { // the latest knows most entries
      const owner = regions.find(({ region, wanted }) => wanted.length < MOST_WANTED
        && region.blocks.some(({ instructions }) => instructions.some(({ address, itstate }) => address === pc && itstate === 0)));
      if (owner) return owner;
    }
    return undefined;
  }

  private isWarm(address: number): boolean {
    const place = this.places.get(address);
    return place !== undefined && !place.isHopeless && place.passes * WARM_PART >= this.hot;
  }

  private advice(wanted: readonly number[]): Advice {
    const { words } = this.environment;
    const stack = words[Word.SP];
    const main = this.stores.find((window) => isIn(window, stack)) ?? this.stores[0];
    return {
      alignsAll: this.alignsAll,
      isEntry: (address) => wanted.includes(address) || this.isWarm(address),
      windowFor: (address, register, isStore, base) => {
        const known = this.sites.window(address);
        if (known !== undefined) return known === 'map' || (isStore && !this.stores.includes(known)) ? undefined : known;
        if (base !== undefined) return this.loads.find((window) => isIn(window, base));
        if (register === (Word.SP as number) || register < 0) return main;
        const candidates = isStore ? this.stores : [...this.stores, ...this.loads];
        return candidates.find((window) => window.base !== 0 && isIn(window, words[register])) ?? main;
      },
    };
  }

  /** From now on changes of its code, which memory watches, are seen. */
  private watch(module: TranslatedModule): void {
    for (const { start, end } of module.ranges) {
      for (let page = start >>> PAGE_BITS; page <= (end - 1) >>> PAGE_BITS; page++) {
        let modules = this.byPage.get(page);
        if (!modules) this.byPage.set(page, (modules = new Set()));
        modules.add(module);
      }
    }
  }

  /** Every page of it is executable now, as a whole. */
  private mayExecute({ ranges }: TranslatedModule): boolean {
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

  /** Not where reads are watched: what is folded into code is not read any more. */
  private halfwordAt(address: number): number | undefined {
    const { memory } = this.environment;
    if (memory.isWatched(address, 2)) return undefined;
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

  // -- Forgetting. Translated code that is under way leaves at its next checkpoint.

  private leaveSoon(): void {
    const { words } = this.environment;
    if (words[Word.LIMIT] > words[Word.CYCLES]) words[Word.LIMIT] = words[Word.CYCLES];
  }

  /** Code has changed: what was made of it goes. */
  invalidate(address: number, bytes: number): void {
    const first = address | 0; // as the ranges are
    this.translator.forgetDecoded();
    for (let page = (address >>> 0) >>> PAGE_BITS; page <= ((address >>> 0) + bytes - 1) >>> PAGE_BITS; page++) {
      for (const module of this.byPage.get(page) ?? []) {
        if (!module.ranges.some(({ start, end }) => first < end && first + bytes > start)) continue;
        this.drop(module, (place) => {
          place.passes = 0;
          if (++place.changes >= MOST_CHANGES) place.isHopeless = true;
        });
        this.leaveSoon();
      }
    }
  }

  /** What holds the address, or ends there only because of a breakpoint, is made anew; the slot is decoded again. */
  breakpointChanged(address: number): void {
    const place = this.places.get(address);
    if (place) Object.assign(place, { slot: -1, header: 0 });
    this.translator.forgetDecoded();
    for (const module of new Set([...this.modulesAt(address), ...(this.cutOff.get(address) ?? [])])) this.drop(module, (changed) => { changed.passes = 0; });
    this.cutOff.delete(address);
  }

  private meetsBreakpoint(address: number): boolean {
    if (!this.parts.isBreakpoint(address)) return false;
    this.met.add(address);
    return true;
  }

  private drop(module: TranslatedModule, change: (place: Place) => void): void {
    for (const modules of [...this.byPage.values(), ...this.cutOff.values()]) modules.delete(module);
    this.learning.delete(module);
    for (const region of module.regions) {
      this.translator.unlink(region.entry);
      for (const address of region.entries.keys()) {
        if (this.entered.get(address) === region) this.entered.delete(address);
        const place = this.places.get(address);
        if (place?.region !== region) continue;
        place.region = undefined;
        change(place);
        if (this.parts.headers[place.slot] === this.enterVariant) this.parts.headers[place.slot] = place.isHopeless ? place.header : this.countVariant;
      }
    }
  }

  /** Permissions have changed: regions stay, but each is checked again before it is entered. */
  unlinkAll(): void {
    this.translator.forgetDecoded();
    const usesWindows = this.areWindowsKnown && this.windowChanges <= MOST_WINDOW_CHANGES;
    if (usesWindows && this.environment.memory.isOpen !== this.loads.length > 0) return this.windowsChanged();
    for (const place of this.places.values()) {
      if (!place.region) continue;
      this.translator.unlink(place.region.entry);
      place.passes = place.needed - 1;
      if (this.parts.headers[place.slot] === this.enterVariant) this.parts.headers[place.slot] = this.countVariant;
    }
    for (const region of this.entered.values()) this.translator.unlink(region.entry);
    this.leaveSoon();
  }

  /** What translated code relies on about memory does not hold any more. */
  private windowsChanged(): void {
    this.windowChanges++;
    this.forgetWindows();
  }

  /** Watchpoints have changed: other parts of memory are to be reached directly. */
  forgetWindows(): void {
    this.areWindowsKnown = false;
    this.forgetRegions();
  }

  private findWindows(): void {
    const { loads, stores } = this.windowChanges > MOST_WINDOW_CHANGES ? { loads: [], stores: [] } : this.environment.memory.windows(this.environment.words[Word.SP]);
    this.loads = loads;
    this.stores = stores;
    this.areWindowsKnown = true;
    this.sites.forgetWindows();
  }

  private alignAll(place: Place, o: Int32Array, i: number, pc: number): number {
    this.settleAlignment();
    return this.interpret(place, o, i, pc);
  }

  /** All regions are made for the same rule of alignment. */
  private settleAlignment(): void {
    if (this.alignsAll || this.environment.words[Word.UNALIGN_TRP] === 0) return;
    this.forgetRegions();
    this.alignsAll = true;
  }

  /** Too much is kept, or all was made for other circumstances. What is decoded stays, and its places count anew. */
  private forgetRegions(): void {
    for (const place of this.places.values()) {
      place.region = undefined;
      place.passes = 0;
      if (place.slot >= 0 && this.parts.headers[place.slot] === this.enterVariant) this.parts.headers[place.slot] = this.countVariant;
    }
    this.forgetModules();
  }

  private forgetModules(): void {
    this.generation++;
    this.entered.clear();
    this.byPage.clear();
    this.cutOff.clear();
    this.learning.clear();
    this.translator.forget();
    this.leaveSoon();
  }

  /** All memory may have changed, or there are too many places. */
  forget(): void {
    for (const place of this.places.values()) {
      place.region = undefined;
      const header = this.parts.headers[place.slot];
      if (place.slot >= 0 && (header === this.enterVariant || header === this.countVariant)) this.parts.headers[place.slot] = place.header;
    }
    this.places.clear();
    this.found.addresses.fill(NO_ADDRESS);
    this.forgetModules();
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

/** SYSm of PRIMASK, BASEPRI, BASEPRI_MAX and FAULTMASK. */
const isMask = (SYSm: unknown): boolean => typeof SYSm === 'number' && SYSm >= 16 && SYSm <= 19;

const cacheIndex = (address: number): number => (address >>> 1) & (CACHE_ENTRIES - 1);

const sizeOf = ({ regions }: TranslatedModule): number => regions.reduce((sum, { region }) => sum + region.instructions, 0);

const isIn = ({ base, bytes }: Window, address: number): boolean => ((address - base) >>> 0) < bytes;
