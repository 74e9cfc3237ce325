/**
 * The interpreter: decodes each halfword address once into a slot (variant, cycles, operands), then runs the
 * the functions that were generated from the instruction rows.
 *
 * Decoded slots are kept per 4 KB page, all pages in the same few typed arrays, so that the loop never changes arrays.
 * What throws a fault has put the address of its instruction into `words[PC]` before. Hot path: typed arrays only.
 */
import type { Instruction } from '../../isa/instruction.js';
import { makeHandlers, type Handler } from './generated/interpreter.js';
import { CFSR, Exception, GuestFault, Restart } from './fault.js';
import { PAGE_BITS, PAGE_BYTES, type CoreMemory } from './memory.js';
import { CYCLES_SHIFT, OpcodeCache, UNCONDITIONAL } from './opcode-cache.js';
import { Word } from './state.js';
import type { CoreTiming } from './timing.js';
import { Translation, type TranslationEnvironment } from './translation.js';

export type Helper = (...args: number[]) => number | void;

/** What the interpreter needs of its core. */
export interface InterpreterCore {
  readonly words: Int32Array;
  readonly memory: CoreMemory;
  readonly rows: readonly Instruction[];
  readonly features: readonly string[];
  readonly timing: CoreTiming;
  /** Functions that rows name in `call` and `do`. */
  readonly helpers: Readonly<Record<string, Helper>>;
  /** Handler mode: a branch to EXC_RETURN returns from the exception. @returns the address to go on at */
  exceptionReturn(excReturn: number): number;
  /** An encoding without a row. @throws GuestFault */
  unallocated(opcode: number, bits: 16 | 32): never;
  /** The run is to end before the instruction at this breakpoint. */
  stopAt(address: number): void;
}

const SLOTS = PAGE_BYTES / 2;
/** Pages that may hold decoded code at the same time; with more, all are decoded again. The memory is touched as needed. */
const MOST_PAGES = 512;
const VARIANT = (1 << CYCLES_SHIFT) - 1;
/** No instruction is there. */
const NOWHERE = 1;

interface DecodedPage {
  /** Its first slot; never 0. */
  readonly base: number;
  /** The protection unit splits this page: its slots are decoded again after every change of protection. */
  isMixed: boolean;
}

/** The instruction did not happen: the PC stays at its address. */
const isAbort = (error: unknown): boolean => error instanceof GuestFault || error instanceof Restart;

/** ConditionPassed(), Armv7-M ARM A7.3.1, for each condition: bit NZCV tells whether it holds with these flags. */
const CONDITIONS = Uint16Array.from({ length: 16 }, (_, cond) => {
  let holds = 0;
  for (let flags = 0; flags < 16; flags++) {
    const [N, Z, C, V] = [flags >> 3, (flags >> 2) & 1, (flags >> 1) & 1, flags & 1];
    const result = [Z, C, N, V, C & ~Z, N ^ V ^ 1, (N ^ V ^ 1) & ~Z, 1][cond >> 1] & 1;
    if (cond >= 14 || result !== (cond & 1)) holds |= 1 << flags;
  }
  return holds;
});

export class Interpreter {
  /** Instructions executed since the core was made. */
  instructions = 0;
  /** Of those, by translated code, since this object was made. */
  translatedInstructions = 0;
  /** And by the interpreter. */
  private interpretedInstructions = 0;
  private translation: Translation | undefined;
  private listener: ((address: number) => void) | undefined;
  /** As the PC is: signed. */
  private readonly breakpoints = new Set<number>();
  /** In a slot's header in place of the instruction at a breakpoint. */
  private readonly breakVariant: number;
  /** The breakpoint that the run has stopped at, and goes on from. */
  private stoppedAt = NOWHERE;
  private readonly opcodes: OpcodeCache;
  private readonly handlers: Handler[];
  private readonly headers = new Int32Array(SLOTS * MOST_PAGES);
  /** The same for instructions in an IT block, which may be other variants. */
  private readonly headersInIT = new Int32Array(SLOTS * MOST_PAGES);
  private readonly lengths = new Uint8Array(SLOTS * MOST_PAGES);
  private readonly operands = new Int32Array(4 * SLOTS * MOST_PAGES);
  private readonly pageBases = new Int32Array(1 << (32 - PAGE_BITS));
  private readonly halves: Uint16Array;
  /** By decoded page, while it is open: where it lies in the machine's memory, or 0 when each fetch is checked. */
  private readonly pagePlaces = new Int32Array(MOST_PAGES);
  private fetchedBits: 16 | 32 = 16;
  /** Of the instruction decoded last. */
  private freshHeader = 0;
  private readonly pages = new Map<number, DecodedPage>();

  constructor(private readonly core: InterpreterCore) {
    this.halves = core.memory.fastMaps().M16;
    this.opcodes = new OpcodeCache(core.rows, core.features, core.timing);
    // V8 folds the arrays into the code while this is the only interpreter; a second one in the process makes both slower (0.6).
    this.handlers = makeHandlers({
      W: core.words,
      refill: core.timing.refill,
      runIT: (pc) => (core.words[Word.CYCLES] < core.words[Word.LIMIT] ? this.runIT(pc) : pc),
      branchExchange: (target, pc) => this.branchExchange(target, pc),
      branchLinkExchange: (target) => this.branchLinkExchange(target),
      helpers: core.helpers,
      ...core.memory.accessors(),
    });
    this.breakVariant = this.handlers.push((o, i, pc) => this.atBreakpoint(o, i, pc)) - 1;
    core.memory.onCodeWritten = (address, bytes) => this.invalidate(address, bytes);
  }

  /** Called before each instruction while set, which takes the slow loop. */
  get onInstruction(): ((address: number) => void) | undefined {
    return this.listener;
  }
  set onInstruction(listener: ((address: number) => void) | undefined) {
    this.listener = listener;
    if (this.translation) this.translation.isWatched = listener !== undefined;
  }

  /** From now on hot code is translated. */
  translateWith(environment: TranslationEnvironment): void {
    this.translation = new Translation(environment, {
      headers: this.headers,
      operands: this.operands,
      handlers: this.handlers,
      openSlotAt: (pc) => (this.pageBases[pc >>> PAGE_BITS] === 0 ? -1 : this.slotAt(pc)),
      decodedSlotAt: (pc) => {
        const slot = this.slotAt(pc);
        if (this.headers[slot] === 0) this.decode(pc, false);
        return slot;
      },
      runIT: (pc) => (this.core.words[Word.CYCLES] < this.core.words[Word.LIMIT] ? this.runIT(pc) : pc),
      executed: () => this.interpretedInstructions + this.translatedInstructions,
      rowAt: (pc) => this.rowAt(pc),
      isBreakpoint: (pc) => this.breakpoints.has(pc),
    });
  }

  get translationFigures(): Translation['figures'] | undefined {
    return this.translation?.figures;
  }

  /** Execution comes to this address from elsewhere than a branch: a handler, or what it returns to. */
  noteResumed(address: number): void {
    this.translation?.markResumed(address);
  }

  /** Translated code is to reach other parts of memory directly. */
  forgetWindows(): void {
    this.translation?.forgetWindows();
  }

  /** As if a branch often led there: for tests that are to see translated code. */
  markForTranslation(address: number): void {
    this.translation?.mark(address);
  }

  /**
   * Runs from `words[PC]` until CYCLES reaches LIMIT; leaves the address of the next instruction in `words[PC]`.
   * At least one instruction is executed.
   * @throws GuestFault with the address of the faulting instruction in `words[PC]`
   */
  run(): void {
    const { words } = this.core;
    const pc = words[Word.PC];
    if (pc !== this.stoppedAt) this.stoppedAt = NOWHERE;
    if (words[Word.ITSTATE] !== 0) words[Word.PC] = this.runIT(pc);
    else if (this.onInstruction) words[Word.PC] = this.stepTraced(pc);
    else words[Word.PC] = this.loop(pc);
  }

  private loop(start: number): number {
    const { headers, handlers, operands, pageBases } = this;
    const { words } = this.core;
    let pc = start;
    let executed = 0;
    try {
      for (;;) {
        const slot = (pageBases[pc >>> PAGE_BITS] || this.openPage(pc)) + ((pc >>> 1) & (SLOTS - 1));
        const header = headers[slot];
        if (header === 0) {
          this.decode(pc, false);
          continue;
        }
        words[Word.CYCLES] += header >>> CYCLES_SHIFT;
        pc = handlers[header & VARIANT](operands, slot << 2, pc);
        executed++;
        if (words[Word.CYCLES] >= words[Word.LIMIT]) return pc;
      }
    } finally {
      this.retire(executed);
    }
  }

  /** Counts executed instructions. */
  private retire(executed: number): void {
    const { words } = this.core;
    const translated = words[Word.TRANSLATED];
    words[Word.TRANSLATED] = 0;
    this.translatedInstructions += translated;
    this.interpretedInstructions += executed;
    this.instructions += executed + translated;
  }

  private stepTraced(pc: number): number {
    if (this.breakpoints.has(pc) && pc !== this.stoppedAt) {
      this.mustStopAt(pc);
      return pc;
    }
    this.onInstruction!(pc);
    const { words } = this.core;
    words[Word.LIMIT] = words[Word.CYCLES]; // the core sets it anew
    return this.loop(pc);
  }

  /** Runs the rest of an IT block. ITSTATE is advanced before each instruction, and put back if that one faults. */
  private runIT(start: number): number {
    const { words } = this.core;
    let pc = start;
    let itstate = words[Word.ITSTATE];
    try {
      do {
        itstate = words[Word.ITSTATE];
        const slot = this.slotInIT(pc);
        let header = this.headersInIT[slot];
        if (header === this.breakVariant) {
          if (this.mustStopAt(pc)) return pc;
          this.instructionAt(pc, slot, true);
          header = this.freshHeader;
        }
        this.onInstruction?.(pc);
        this.instructions++;
        words[Word.ITSTATE] = (itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f);
        const length = this.lengths[slot];
        if (length & UNCONDITIONAL || this.conditionHolds(itstate >>> 4)) {
          words[Word.CYCLES] += header >>> CYCLES_SHIFT;
          pc = this.handlers[header & VARIANT](this.operands, slot << 2, pc);
        } else {
          words[Word.CYCLES] += 1;
          pc = (pc + length) | 0;
        }
      } while (words[Word.ITSTATE] !== 0 && words[Word.CYCLES] < words[Word.LIMIT]);
      return pc;
    } catch (error) {
      if (isAbort(error)) words[Word.ITSTATE] = itstate;
      throw error;
    }
  }

  private conditionHolds(cond: number): boolean {
    const { words } = this.core;
    const flags = ((words[Word.N] >>> 31) << 3) | ((words[Word.Z] === 0 ? 1 : 0) << 2) | (words[Word.C] << 1) | words[Word.V];
    return ((CONDITIONS[cond] >> flags) & 1) !== 0;
  }

  private branchExchange(target: number, pc: number): number {
    const { words } = this.core;
    if (target >>> 28 === 0xf && words[Word.IPSR] !== 0) {
      words[Word.PC] = pc;
      return this.core.exceptionReturn(target);
    }
    return this.branchLinkExchange(target);
  }

  private branchLinkExchange(target: number): number {
    const { words } = this.core;
    words[Word.CYCLES] += this.core.timing.refill;
    this.translation?.mark(target & -2);
    if ((target & 1) === 0) {
      words[Word.T] = 0; // the next instruction takes the INVSTATE fault
      words[Word.LIMIT] = words[Word.CYCLES];
    }
    return target & -2;
  }

  // -- Breakpoints. Between runs only: no code is under way that holds the address. ---------------------------------------------

  /** Runs end before the instruction there, save the one that goes on from it. */
  setBreakpoint(address: number): void {
    const pc = address & -2;
    if (this.breakpoints.has(pc)) return;
    this.breakpoints.add(pc);
    this.breakpointChanged(pc);
  }

  clearBreakpoint(address: number): void {
    const pc = address & -2;
    if (!this.breakpoints.delete(pc)) return;
    if (pc === this.stoppedAt) this.stoppedAt = NOWHERE;
    this.breakpointChanged(pc);
  }

  /** The next run does not go on from where the last one stopped: after a reset or a restored snapshot. */
  forgetStop(): void {
    this.stoppedAt = NOWHERE;
  }

  private breakpointChanged(pc: number): void {
    this.translation?.breakpointChanged(pc);
    this.undecode(pc);
  }

  /** In place of the instruction at a breakpoint, outside IT blocks. */
  private atBreakpoint(o: Int32Array, i: number, pc: number): number {
    if (this.mustStopAt(pc)) {
      this.instructions--; // the loop counts one for this turn
      return pc;
    }
    this.instructionAt(pc, i >> 2, false);
    const header = this.freshHeader;
    this.core.words[Word.CYCLES] += header >>> CYCLES_SHIFT;
    return this.handlers[header & VARIANT](o, i, pc);
  }

  private mustStopAt(pc: number): boolean {
    if (pc === this.stoppedAt) {
      this.stoppedAt = NOWHERE;
      return false;
    }
    this.stoppedAt = pc;
    this.core.stopAt(pc);
    return true;
  }

  // -- Decoding ---------------------------------------------------------------------------------------------------------------

  /** The slot at `pc`, decoded as an instruction in an IT block. */
  private slotInIT(pc: number): number {
    const slot = this.slotAt(pc);
    if (this.headersInIT[slot] === 0) this.decode(pc, true);
    return slot;
  }

  private slotAt(pc: number): number {
    return (this.pageBases[pc >>> PAGE_BITS] || this.openPage(pc)) + ((pc >>> 1) & (SLOTS - 1));
  }

  private openPage(pc: number): number {
    const { words, memory } = this.core;
    words[Word.PC] = pc;
    memory.checkExecute(pc);
    const number = pc >>> PAGE_BITS;
    const page = this.pages.get(number) ?? this.newPage(number);
    page.isMixed = !memory.isUniform((number << PAGE_BITS) >>> 0);
    this.pagePlaces[page.base / SLOTS] = memory.placeOfCode((number << PAGE_BITS) >>> 0);
    this.pageBases[number] = page.base;
    return page.base;
  }

  private newPage(number: number): DecodedPage {
    if (this.pages.size === MOST_PAGES - 1) this.forget(); // the first is taken
    const page = { base: SLOTS * (this.pages.size + 1), isMixed: false };
    this.pages.set(number, page);
    return page;
  }

  /** All slots are given back; the loop leaves, since it may stand in one of them. */
  private forget(): void {
    const { words } = this.core;
    this.translation?.forget();
    this.invalidateAll();
    this.closePages();
    this.pages.clear();
    words[Word.LIMIT] = words[Word.CYCLES];
  }

  private closePages(): void {
    for (const number of this.pages.keys()) this.pageBases[number] = 0;
  }

  /** Forgets execute permissions: after a change of privilege or of the protection unit. */
  flushPermissions(): void {
    this.translation?.unlinkAll();
    this.closePages();
    for (const page of this.pages.values()) {
      if (page.isMixed) this.clear(page);
      // The second half of an instruction that begins in the last slot is another page's.
      else this.headers[page.base + SLOTS - 1] = this.headersInIT[page.base + SLOTS - 1] = 0;
    }
  }

  private clear({ base }: DecodedPage): void {
    this.headers.fill(0, base, base + SLOTS);
    this.headersInIT.fill(0, base, base + SLOTS);
  }

  /** All memory may have changed. */
  invalidateAll(): void {
    this.translation?.forget();
    for (const page of this.pages.values()) this.clear(page);
    this.core.memory.forgetCode();
  }

  /** Memory has changed: instructions that overlap it are decoded again. */
  invalidate(address: number, bytes: number): void {
    if (bytes > PAGE_BYTES) {
      this.invalidateAll();
      return;
    }
    this.translation?.invalidate(address, bytes);
    for (let at = (address & -2) - 2; at < address + bytes; at += 2) this.undecode(at);
  }

  private undecode(pc: number): void {
    const page = this.pages.get(pc >>> PAGE_BITS);
    if (!page) return;
    const slot = page.base + ((pc >>> 1) & (SLOTS - 1));
    this.headers[slot] = this.headersInIT[slot] = 0;
  }

  private decode(pc: number, inIT: boolean): void {
    const headers = inIT ? this.headersInIT : this.headers;
    const slot = this.slotAt(pc);
    if (this.breakpoints.size !== 0 && this.breakpoints.has(pc)) {
      headers[slot] = this.breakVariant;
      return;
    }
    const row = this.instructionAt(pc, slot, inIT);
    headers[slot] = this.freshHeader;
    if (!inIT) this.translation?.decoded(pc, slot, this.freshHeader, row);
  }

  /** Fills the slot but for its header, which goes to `freshHeader`. */
  private instructionAt(pc: number, slot: number, inIT: boolean): Instruction {
    const headers = inIT ? this.headersInIT : this.headers;
    const before = headers[slot];
    const opcode = this.fetch(pc);
    const bits = this.fetchedBits;
    const row = this.opcodes.decode(pc, opcode, bits, inIT, headers, this.lengths, this.operands, slot);
    if (!row) return this.core.unallocated(opcode, bits);
    const place = this.placeOf(pc);
    if (place !== 0) this.core.memory.watchCodeIn(place, bits / 8);
    else this.core.memory.watchCode(pc, bits / 8);
    this.freshHeader = headers[slot];
    headers[slot] = before;
    return row;
  }

  /** Where the longest instruction at `pc` lies in the machine's memory, when it may be fetched there; otherwise 0. */
  private placeOf(pc: number): number {
    const base = this.pageBases[pc >>> PAGE_BITS];
    const offset = pc & (PAGE_BYTES - 1);
    if (base === 0 || offset > PAGE_BYTES - 4) return 0;
    const place = this.pagePlaces[base / SLOTS];
    return place === 0 ? 0 : place + offset;
  }

  /** The opcode at an address, its size in `fetchedBits`. @throws GuestFault when it cannot be fetched */
  private fetch(pc: number): number {
    const { words, memory } = this.core;
    words[Word.PC] = pc;
    const place = this.placeOf(pc);
    if (place !== 0) {
      const { halves } = this;
      const half = halves[place >> 1];
      this.fetchedBits = half >>> 11 >= 0b11101 ? 32 : 16;
      return this.fetchedBits === 32 ? ((half << 16) | halves[(place >> 1) + 1]) >>> 0 : half;
    }
    const first = memory.fetch(pc);
    this.fetchedBits = first >>> 11 >= 0b11101 ? 32 : 16;
    return this.fetchedBits === 32 ? ((first << 16) | memory.fetch((pc + 2) | 0)) >>> 0 : first;
  }

  /** The row and opcode of the instruction at an address. @throws GuestFault when it cannot be fetched */
  rowAt(pc: number): { row: Instruction | undefined; opcode: number } {
    const opcode = this.fetch(pc);
    return { row: this.opcodes.rowOf(opcode, this.fetchedBits), opcode };
  }

  /** The row of an opcode, for a disassembler. */
  find(opcode: number, bits: 16 | 32): Instruction | undefined {
    return this.opcodes.rowOf(opcode, bits);
  }
}

/** An undefined instruction: UsageFault UNDEFINSTR. */
export const undefinedInstruction = (): GuestFault => new GuestFault(Exception.UsageFault, CFSR.UNDEFINSTR, undefined, 'undefined instruction');
