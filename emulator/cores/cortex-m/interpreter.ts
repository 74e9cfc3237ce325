/**
 * The interpreter: decodes each halfword address once into a slot (handler, cycles, operands), then runs handlers that
 * were generated from the instruction rows.
 *
 * Decoded slots are kept per 4 KB page. A page is thrown away when its memory changes. Hot path: typed arrays only.
 */
import { decodeOperand, type Instruction } from '../../isa/instruction.js';
import { Decoder, fieldsInContext, variantBases, variantOf } from '../../isa/decoder.js';
import { makeHandlers, type Handler } from './generated/interpreter.js';
import { CFSR, Exception, GuestFault, Restart } from './fault.js';
import { PAGE_BITS, PAGE_BYTES, type CoreMemory } from './memory.js';
import { Word } from './state.js';
import { cyclesOf, type CoreTiming } from './timing.js';

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
/** In a slot's length: an IT block's condition does not matter. */
const UNCONDITIONAL = 0x80;

interface DecodedPage {
  readonly page: number;
  readonly handlers: Uint16Array;
  readonly handlersInIT: Uint16Array;
  readonly cycles: Uint8Array;
  readonly lengths: Uint8Array;
  readonly operands: Int32Array;
  /** The protection unit splits this page: its slots are decoded again after every change of protection. */
  isMixed: boolean;
}

/** The instruction did not happen: the PC stays at its address. */
const isAbort = (error: unknown): boolean => error instanceof GuestFault || error instanceof Restart;

export class Interpreter {
  /** Instructions executed since the core was made. */
  instructions = 0;
  /** Called before each instruction while set, which takes the slow loop; `true` leaves the instruction for later. */
  onInstruction: ((address: number) => boolean) | undefined;
  private readonly decoder: Decoder;
  private readonly bases: Map<Instruction, number>;
  private readonly handlers: readonly Handler[];
  private readonly pages = new Map<number, DecodedPage>();
  /** Pages whose execute permission was checked at the current privilege. */
  private readonly permitted: (DecodedPage | undefined)[] = [];
  private current: DecodedPage | undefined;

  constructor(private readonly core: InterpreterCore) {
    this.decoder = new Decoder(core.rows, core.features);
    this.bases = variantBases(core.rows);
    const accessors = core.memory.accessors();
    this.handlers = makeHandlers({
      W: core.words,
      refill: core.timing.refill,
      decode: (_operands, _index, pc) => this.decode(pc, false),
      runIT: (pc) => this.runIT(pc),
      branchExchange: (target, pc) => this.branchExchange(target, pc),
      branchLinkExchange: (target) => this.branchLinkExchange(target),
      helpers: core.helpers,
      ...accessors,
    });
    core.memory.onCodeWritten = (address, bytes) => this.invalidate(address, bytes);
  }

  /**
   * Runs from `words[PC]` until CYCLES reaches LIMIT; leaves the address of the next instruction in `words[PC]`.
   * At least one instruction is executed.
   * @throws GuestFault with the address of the faulting instruction in `words[PC]`
   */
  run(): void {
    const { words } = this.core;
    let pc = words[Word.PC];
    try {
      if (words[Word.ITSTATE] !== 0) pc = this.runIT(pc);
      else if (this.onInstruction) pc = this.stepTraced(pc);
      else pc = this.loop(pc);
      words[Word.PC] = pc;
    } catch (error) {
      if (isAbort(error)) words[Word.PC] = this.faultPC;
      throw error;
    }
  }

  private faultPC = 0;

  private loop(start: number): number {
    const { words } = this.core;
    const { handlers } = this;
    let pc = start;
    let executed = 0;
    try {
      do {
        const page = this.pageAt(pc);
        const { handlers: slots, cycles, operands } = page;
        const number = pc >>> PAGE_BITS;
        do {
          const slot = (pc >>> 1) & (SLOTS - 1);
          words[Word.CYCLES] += cycles[slot];
          pc = handlers[slots[slot]](operands, slot << 2, pc);
          executed++;
        } while (words[Word.CYCLES] < words[Word.LIMIT] && pc >>> PAGE_BITS === number);
      } while (words[Word.CYCLES] < words[Word.LIMIT]);
      return pc;
    } catch (error) {
      // A fault inside an IT block has already named its own instruction.
      if (isAbort(error) && !this.faultInIT) this.faultPC = pc;
      this.faultInIT = false;
      throw error;
    } finally {
      this.instructions += executed;
    }
  }

  private faultInIT = false;

  private stepTraced(pc: number): number {
    if (this.onInstruction!(pc)) return pc;
    const { words } = this.core;
    words[Word.LIMIT] = words[Word.CYCLES]; // the core sets it anew
    return this.loop(this.decodedAt(pc));
  }

  /** Makes sure that the slot at `pc` is decoded, so that one turn of the loop executes one instruction. */
  private decodedAt(pc: number): number {
    const page = this.pageAt(pc);
    if (page.handlers[(pc >>> 1) & (SLOTS - 1)] === 0) this.decode(pc, false);
    return pc;
  }

  /** Runs the rest of an IT block. ITSTATE is advanced before each instruction, and put back if that one faults. */
  private runIT(start: number): number {
    const { words } = this.core;
    let pc = start;
    do {
      const itstate = words[Word.ITSTATE];
      const next = (itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f);
      try {
        const page = this.pageAt(pc);
        const slot = (pc >>> 1) & (SLOTS - 1);
        if (page.handlersInIT[slot] === 0) this.decode(pc, true);
        if (this.onInstruction?.(pc)) return pc;
        this.instructions++;
        words[Word.ITSTATE] = next;
        if (page.lengths[slot] & UNCONDITIONAL || this.conditionHolds(itstate >>> 4)) {
          words[Word.CYCLES] += page.cycles[slot];
          pc = this.handlers[page.handlersInIT[slot]](page.operands, slot << 2, pc);
        } else {
          words[Word.CYCLES] += 1;
          pc = (pc + page.lengths[slot]) | 0;
        }
      } catch (error) {
        if (isAbort(error)) {
          words[Word.ITSTATE] = itstate;
          this.faultPC = pc;
          this.faultInIT = true;
        }
        throw error;
      }
    } while (words[Word.ITSTATE] !== 0 && words[Word.CYCLES] < words[Word.LIMIT]);
    return pc;
  }

  /** ConditionPassed(), A7.3.1. */
  private conditionHolds(cond: number): boolean {
    const { words } = this.core;
    const [N, Z, C, V] = [words[Word.N] < 0, words[Word.Z] === 0, words[Word.C] !== 0, words[Word.V] !== 0];
    let result: boolean;
    switch (cond >> 1) {
      case 0: result = Z; break;
      case 1: result = C; break;
      case 2: result = N; break;
      case 3: result = V; break;
      case 4: result = C && !Z; break;
      case 5: result = N === V; break;
      case 6: result = N === V && !Z; break;
      default: return true;
    }
    return cond & 1 ? !result : result;
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
    if ((target & 1) === 0) {
      words[Word.T] = 0; // the next instruction takes the INVSTATE fault
      words[Word.LIMIT] = words[Word.CYCLES];
    }
    return target & -2;
  }

  // -- Decoding ---------------------------------------------------------------------------------------------------------------

  private pageAt(pc: number): DecodedPage {
    const number = pc >>> PAGE_BITS;
    if (this.current?.page === number) return this.current;
    const page = this.permitted[number] ?? this.permit(pc, number);
    this.current = page;
    return page;
  }

  private permit(pc: number, number: number): DecodedPage {
    this.faultPC = pc;
    this.core.memory.checkExecute(pc);
    let page = this.pages.get(number);
    if (!page) {
      page = {
        page: number,
        handlers: new Uint16Array(SLOTS),
        handlersInIT: new Uint16Array(SLOTS),
        cycles: new Uint8Array(SLOTS),
        lengths: new Uint8Array(SLOTS),
        operands: new Int32Array(4 * SLOTS),
        isMixed: false,
      };
      this.pages.set(number, page);
      this.core.memory.watchCode(number);
    }
    page.isMixed = !this.core.memory.isUniform((number << PAGE_BITS) >>> 0);
    this.permitted[number] = page;
    return page;
  }

  /** Forgets execute permissions: after a change of privilege or of the protection unit. */
  flushPermissions(): void {
    this.permitted.length = 0;
    this.current = undefined;
    for (const page of this.pages.values()) if (page.isMixed) this.clear(page);
  }

  private clear(page: DecodedPage): void {
    page.handlers.fill(0);
    page.handlersInIT.fill(0);
    page.cycles.fill(0);
  }

  /** All memory may have changed. */
  invalidateAll(): void {
    for (const page of this.pages.values()) this.clear(page);
  }

  /** Memory has changed: instructions that overlap it are decoded again. */
  invalidate(address: number, bytes: number): void {
    if (bytes > PAGE_BYTES) {
      this.invalidateAll();
      return;
    }
    for (let at = (address & -2) - 2; at < address + bytes; at += 2) {
      const page = this.pages.get((at >>> 0) >>> PAGE_BITS);
      if (!page) continue;
      const slot = (at >>> 1) & (SLOTS - 1);
      page.handlers[slot] = page.handlersInIT[slot] = page.cycles[slot] = 0;
    }
  }

  /** Fills the slot at `pc` and returns `pc`: the loop then comes back to the decoded instruction. */
  private decode(pc: number, inIT: boolean): number {
    const page = this.pageAt(pc);
    const { row, opcode, bits } = this.rowAt(pc);
    if (!row) this.core.unallocated(opcode, bits);
    const slot = (pc >>> 1) & (SLOTS - 1);
    const fields = fieldsInContext(row, opcode, inIT);
    const handler = this.bases.get(row)! + variantOf(row, fields, pc);
    let index = slot << 2;
    for (const decode of Object.values(row.operands ?? {})) page.operands[index++] = decodeOperand(decode, fields, pc);
    page.cycles[slot] = cyclesOf(this.core.timing, row.timing, row.transfers?.(fields) ?? 0);
    page.lengths[slot] = bits / 8 + (row.isUnconditional ? UNCONDITIONAL : 0);
    if (inIT) page.handlersInIT[slot] = handler;
    else page.handlers[slot] = handler;
    if (!inIT) this.instructions--; // this turn of the loop executed nothing
    return pc;
  }

  /** The row, opcode and size of the instruction at an address. @throws GuestFault when it cannot be fetched */
  rowAt(pc: number): { row: Instruction | undefined; opcode: number; bits: 16 | 32 } {
    this.faultPC = pc;
    const first = this.core.memory.fetch(pc);
    const bits = first >>> 11 >= 0b11101 ? 32 : 16;
    const opcode = bits === 32 ? ((first << 16) | this.core.memory.fetch((pc + 2) | 0)) >>> 0 : first;
    return { row: this.decoder.find(opcode, bits), opcode, bits };
  }

  /** The row of an opcode, for a disassembler. */
  find(opcode: number, bits: 16 | 32): Instruction | undefined {
    return this.decoder.find(opcode, bits);
  }
}

/** An undefined instruction: UsageFault UNDEFINSTR. */
export const undefinedInstruction = (): GuestFault => new GuestFault(Exception.UsageFault, CFSR.UNDEFINSTR, undefined, 'undefined instruction');
