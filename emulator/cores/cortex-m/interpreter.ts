/**
 * The interpreter: decodes each halfword address once into a slot (variant, cycles, operands), then runs the loop and
 * the functions that were generated from the instruction rows.
 *
 * Decoded slots are kept per 4 KB page, all pages in the same few typed arrays, so that the loop never changes arrays.
 * What throws a fault has put the address of its instruction into `words[PC]` before. Hot path: typed arrays only.
 */
import { decodeOperand, type Instruction } from '../../isa/instruction.js';
import { Decoder, fieldsInContext, variantBases, variantOf } from '../../isa/decoder.js';
import { makeHandlers, type Handler, type Loop } from './generated/interpreter.js';
import { CFSR, Exception, GuestFault, Restart } from './fault.js';
import { PAGE_BITS, PAGE_BYTES, type CoreMemory } from './memory.js';
import { rehearse } from './rehearsal.js';
import { Word } from './state.js';
import { cyclesOf, type CoreTiming } from './timing.js';
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
}

const SLOTS = PAGE_BYTES / 2;
/** Pages that may hold decoded code at the same time; with more, all are decoded again. The memory is touched as needed. */
const MOST_PAGES = 256;
/** In a slot's length: an IT block's condition does not matter. */
const UNCONDITIONAL = 0x80;
/** The slot for the rehearsal. */
const SPARE_SLOT = SLOTS * (MOST_PAGES - 1);
/**
 * V8 takes a third of a second to compile the large loop, in the background, and runs it slowly until then. So the loop
 * of calls, which is soon fast, begins; the large one runs for a while, so that V8 takes notice; and again when its
 * compiled form should be there. Short runs never pay for what they would not use. All in executed instructions.
 */
const LEARN_AT = 8_000_000;
const REHEARSE_AT = LEARN_AT + 10_000;
/** Cycles: V8 would compile a loop that runs long in another, slower way. */
const LEARNING_SLICE = 2500;
const COMPILE_AT = LEARN_AT + 700_000;
const SETTLE_AT = LEARN_AT + 20_000_000;
const CYCLES_SHIFT = 16;
const VARIANT = (1 << CYCLES_SHIFT) - 1;

interface DecodedPage {
  /** Its first slot; never 0. */
  readonly base: number;
  /** The protection unit splits this page: its slots are decoded again after every change of protection. */
  isMixed: boolean;
}

/** The instruction did not happen: the PC stays at its address. */
const isAbort = (error: unknown): boolean => error instanceof GuestFault || error instanceof Restart;

/** Slots of decoded instructions, as the generated loop sees them. */
export interface DecodedCode {
  /** Variant in the low half, cycles in the high half; 0 where nothing is decoded. */
  readonly headers: Int32Array;
  /** Four operands per slot. */
  readonly o: Int32Array;
  /** First slot of each page that may be executed at the current privilege, else 0. */
  readonly pageBases: Int32Array;
  /** @returns the first slot of the page. @throws GuestFault when it may not be executed */
  openPage(pc: number): number;
  /** Fills the slot at `pc`. @throws GuestFault when there is no instruction */
  decode(pc: number): void;
  /** Counts executed instructions. */
  retire(count: number): void;
}

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
  private translation: Translation | undefined;
  private listener: ((address: number) => boolean) | undefined;
  private readonly decoder: Decoder;
  private readonly bases: Map<Instruction, number>;
  private readonly handlers: Handler[];
  private readonly loop: Loop;
  private readonly callingLoop: Loop;
  /** Instructions executed by this interpreter, whatever `instructions` was set to. */
  private age = 0;
  private readonly headers = new Int32Array(SLOTS * MOST_PAGES);
  /** The same for instructions in an IT block, which may be other variants. */
  private readonly headersInIT = new Int32Array(SLOTS * MOST_PAGES);
  private readonly lengths = new Uint8Array(SLOTS * MOST_PAGES);
  private readonly operands = new Int32Array(4 * SLOTS * MOST_PAGES);
  private readonly pageBases = new Int32Array(1 << (32 - PAGE_BITS));
  private readonly code: DecodedCode;
  private isLearning = false;
  private isRehearsed = false;
  private readonly pages = new Map<number, DecodedPage>();

  constructor(private readonly core: InterpreterCore) {
    this.decoder = new Decoder(core.rows, core.features);
    this.bases = variantBases(core.rows);
    this.code = {
      headers: this.headers,
      o: this.operands,
      pageBases: this.pageBases,
      openPage: (pc) => this.openPage(pc),
      decode: (pc) => this.decode(pc, false),
      retire: (count) => {
        const translated = core.words[Word.TRANSLATED];
        core.words[Word.TRANSLATED] = 0;
        this.translatedInstructions += translated;
        this.instructions += count + translated;
        this.age += count;
      },
    };
    // V8 folds the arrays into the code while this is the only interpreter; a second one in the process makes both slower (0.6).
    const generated = makeHandlers({
      W: core.words,
      refill: core.timing.refill,
      runIT: (pc) => (core.words[Word.CYCLES] < core.words[Word.LIMIT] ? this.runIT(pc) : pc),
      branchExchange: (target, pc) => this.branchExchange(target, pc),
      branchLinkExchange: (target) => this.branchLinkExchange(target),
      helpers: core.helpers,
      ...this.code,
      ...core.memory.accessors(),
      ...core.memory.fastMaps(),
    });
    this.handlers = generated.handlers;
    this.loop = generated.loop;
    this.callingLoop = generated.callingLoop;
    core.memory.onCodeWritten = (address, bytes) => this.invalidate(address, bytes);
  }

  /** Called before each instruction while set, which takes the slow loop; `true` leaves the instruction for later. */
  get onInstruction(): ((address: number) => boolean) | undefined {
    return this.listener;
  }
  set onInstruction(listener: ((address: number) => boolean) | undefined) {
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
      runIT: (pc) => (this.core.words[Word.CYCLES] < this.core.words[Word.LIMIT] ? this.runIT(pc) : pc),
      rowAt: (pc) => this.rowAt(pc),
    });
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
    if (words[Word.ITSTATE] !== 0) words[Word.PC] = this.runIT(pc);
    else if (this.onInstruction) words[Word.PC] = this.stepTraced(pc);
    else words[Word.PC] = this.currentLoop()(pc);
  }

  /** From now on the large loop runs, learned or not: for tests that are to see it. */
  settle(): void {
    this.age = SETTLE_AT;
  }

  private currentLoop(): Loop {
    const { age } = this;
    if (this.translation) return this.callingLoop;
    if (age >= SETTLE_AT) return this.loop;
    if (age < LEARN_AT || age >= COMPILE_AT) return this.callingLoop;
    if (!this.isLearning) this.forget(); // so that the large loop opens pages and decodes, too
    this.isLearning = true;
    if (age >= REHEARSE_AT && !this.isRehearsed) this.rehearse();
    this.stopSoon();
    return this.loop;
  }

  /** The core comes back after so many cycles at most. */
  private stopSoon(): void {
    const { words } = this.core;
    words[Word.LIMIT] = Math.min(words[Word.LIMIT], words[Word.CYCLES] + LEARNING_SLICE);
  }

  private rehearse(): void {
    const { instructions, age } = this;
    this.isRehearsed = true;
    rehearse(this.core.words, this.core.memory.fastMaps(), this.code, SPARE_SLOT, this.loop);
    this.instructions = instructions;
    this.age = age;
  }

  private stepTraced(pc: number): number {
    if (this.onInstruction!(pc)) return pc;
    const { words } = this.core;
    words[Word.LIMIT] = words[Word.CYCLES]; // the core sets it anew
    return this.callingLoop(pc);
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
        if (this.onInstruction?.(pc)) return pc;
        this.instructions++;
        words[Word.ITSTATE] = (itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f);
        const length = this.lengths[slot];
        if (length & UNCONDITIONAL || this.conditionHolds(itstate >>> 4)) {
          const header = this.headersInIT[slot];
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
    this.pageBases[number] = page.base;
    return page.base;
  }

  private newPage(number: number): DecodedPage {
    if (this.pages.size === MOST_PAGES - 2) this.forget(); // the first and the last are taken
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
    for (let at = (address & -2) - 2; at < address + bytes; at += 2) {
      const page = this.pages.get((at >>> 0) >>> PAGE_BITS);
      if (!page) continue;
      const slot = page.base + ((at >>> 1) & (SLOTS - 1));
      this.headers[slot] = this.headersInIT[slot] = 0;
    }
  }

  private decode(pc: number, inIT: boolean): void {
    const { core, operands } = this;
    const { row, opcode, bits } = this.rowAt(pc);
    if (!row) return core.unallocated(opcode, bits);
    const slot = this.slotAt(pc);
    const fields = fieldsInContext(row, opcode, inIT);
    const cycles = cyclesOf(core.timing, row.timing, row.transfers?.(fields) ?? 0);
    let index = slot << 2;
    for (const [, decode] of row.operandEntries) operands[index++] = decodeOperand(decode, fields, pc);
    this.lengths[slot] = bits / 8 + (row.isUnconditional ? UNCONDITIONAL : 0);
    (inIT ? this.headersInIT : this.headers)[slot] = (this.bases.get(row)! + variantOf(row, fields, pc)) | (cycles << CYCLES_SHIFT);
    core.memory.watchCode(pc, bits / 8);
    if (!inIT) this.translation?.decoded(pc, slot, this.headers[slot], row);
  }

  /** The row, opcode and size of the instruction at an address. @throws GuestFault when it cannot be fetched */
  rowAt(pc: number): { row: Instruction | undefined; opcode: number; bits: 16 | 32 } {
    const { words, memory } = this.core;
    words[Word.PC] = pc;
    const first = memory.fetch(pc);
    const bits = first >>> 11 >= 0b11101 ? 32 : 16;
    const opcode = bits === 32 ? ((first << 16) | memory.fetch((pc + 2) | 0)) >>> 0 : first;
    return { row: this.decoder.find(opcode, bits), opcode, bits };
  }

  /** The row of an opcode, for a disassembler. */
  find(opcode: number, bits: 16 | 32): Instruction | undefined {
    return this.decoder.find(opcode, bits);
  }
}

/** An undefined instruction: UsageFault UNDEFINSTR. */
export const undefinedInstruction = (): GuestFault => new GuestFault(Exception.UsageFault, CFSR.UNDEFINSTR, undefined, 'undefined instruction');
