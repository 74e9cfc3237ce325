/**
 * The interpreter: decodes each program word once into a slot (variant, cycles, operands), then runs the functions that were
 * generated from the instruction rows. There is a slot for every word of program memory, so the address is the slot's number.
 *
 * Behind the last slot stand two more, which lead back to address 0: execution runs on from the end of program memory to its start.
 * Addresses inside count words; breakpoints and listeners count bytes, as firmware files and debuggers do.
 * Hot path: typed arrays only.
 */
import type { AvrBuilder } from '../../isa/avr-builder.js';
import { Decoder, variantBases, variantOf } from '../../isa/decoder.js';
import { decodeOperand, fieldsOf, type Instruction } from '../../isa/instruction.js';
import type { MemoryAccessors } from './data-space.js';
import { makeHandlers, type Handler } from './generated/interpreter.js';
import { NEXT_WORDS } from './rows/common.js';
import { Word } from './state.js';
import { Translation, type TranslationEnvironment } from './translation/index.js';

export type Helper = (...args: number[]) => number | void;
type Row = Instruction<AvrBuilder>;

/** What the interpreter needs of its core. */
export interface InterpreterCore {
  readonly words: Int32Array;
  readonly rows: readonly Row[];
  readonly features: readonly string[];
  /** Cycles by timing class. */
  readonly timing: Readonly<Record<string, number>>;
  /** Program memory, by words. */
  readonly program: Uint16Array;
  readonly accessors: MemoryAccessors;
  /** Functions that rows name in `call` and `do`. */
  readonly helpers: Readonly<Record<string, Helper>>;
  readonly readSREG: () => number;
  readonly writeSREG: (value: number) => void;
  readonly loadProgram: (address: number, pc: number) => number;
  /** An encoding without a row is executed, at this address in bytes. */
  unallocated(opcode: number, addressBytes: number): void;
  /** The run is to end before the instruction at this breakpoint. */
  stopAt(addressBytes: number): void;
}

const CYCLES_SHIFT = 16;
const VARIANT = (1 << CYCLES_SHIFT) - 1;
const MOST_OPERANDS = 4;
/** No instruction is there. */
const NOWHERE = -1;
/** Timing classes of calls. */
const CALLS: ReadonlySet<string> = new Set(['call', 'rcall', 'icall']);

export class Interpreter {
  /** Instructions executed since the core was made. */
  instructions = 0;
  private listener: ((addressBytes: number) => void) | undefined;
  private translation: Translation | undefined;
  private areAccessesWatched = false;
  /** Of `instructions`, those that translated code has executed. */
  translatedInstructions = 0;
  /** Decoded slots: variant in the lower half, cycles in the upper; 0 while not decoded. */
  readonly headers: Int32Array;
  readonly operands: Int32Array;
  readonly handlers: Handler[];
  private readonly size: number;
  private readonly decoder: Decoder<Row>;
  private readonly bases: ReadonlyMap<Row, number>;
  /** In words. */
  private readonly breakpoints = new Set<number>();
  private readonly breakVariant: number;
  private readonly unallocatedVariant: number;
  /** The breakpoint that the run has stopped at, and goes on from. */
  private stoppedAt = NOWHERE;

  constructor(private readonly core: InterpreterCore) {
    const { words, program, accessors } = core;
    this.size = program.length;
    this.headers = new Int32Array(this.size + 2);
    this.operands = new Int32Array(MOST_OPERANDS * (this.size + 2));
    this.decoder = new Decoder(core.rows, core.features);
    this.bases = variantBases(core.rows);
    const { readSREG, writeSREG, loadProgram, helpers } = core;
    this.handlers = makeHandlers({ W: words, pcMask: this.size - 1, readSREG, writeSREG, loadProgram, helpers, ...accessors });
    this.breakVariant = this.handlers.push((o, i, pc) => this.atBreakpoint(o, i, pc)) - 1;
    this.unallocatedVariant = this.handlers.push((_o, _i, pc) => this.atUnallocated(pc)) - 1;
    const wrapVariant = this.handlers.push((_o, _i, pc) => this.wrap(pc)) - 1;
    this.headers.fill(wrapVariant, this.size);
  }

  // -- Translation of hot code.

  /** From now on hot code is translated. */
  translateWith(environment: TranslationEnvironment): void {
    this.translation = new Translation(environment, {
      headers: this.headers, operands: this.operands, handlers: this.handlers, size: this.size, timing: this.core.timing,
      rowAt: (pc) => this.rowAt(pc), wordsAt: (pc) => this.wordsAt(pc), isBreakpoint: (pc) => this.breakpoints.has(pc),
    });
  }

  get translationFigures(): Translation['figures'] | undefined {
    return this.translation?.figures;
  }

  /** An interrupt leads to that address, in words. */
  noteInterrupt(pc: number): void {
    this.translation?.mark(pc);
  }

  /** Called before each instruction with its address in bytes while set, which takes the slow loop. */
  set onInstruction(listener: ((addressBytes: number) => void) | undefined) {
    this.listener = listener;
    this.updateWatch();
  }

  /** While accesses are watched, each is made by the interpreter. */
  set watchesAccesses(areWatched: boolean) {
    this.areAccessesWatched = areWatched;
    this.updateWatch();
  }

  private updateWatch(): void {
    if (this.translation) this.translation.isWatched = this.listener !== undefined || this.areAccessesWatched;
  }

  // -- Running.

  /**
   * Runs from `words[PC]` until CYCLES reaches LIMIT; leaves the address of the next instruction in `words[PC]`.
   * At least one instruction is executed, unless a breakpoint is in its place.
   */
  run(): void {
    const { words } = this.core;
    const pc = words[Word.PC];
    if (pc !== this.stoppedAt) this.stoppedAt = NOWHERE;
    words[Word.PC] = this.listener ? this.stepTraced(pc) : this.loop(pc);
  }

  private loop(start: number): number {
    const { headers, handlers, operands } = this;
    const { words } = this.core;
    let pc = start;
    let executed = 0;
    try {
      for (;;) {
        const header = headers[pc];
        if (header === 0) {
          this.decode(pc);
          continue;
        }
        words[Word.CYCLES] += header >>> CYCLES_SHIFT;
        pc = handlers[header & VARIANT](operands, pc << 2, pc);
        executed++;
        if (words[Word.CYCLES] >= words[Word.LIMIT]) return pc & (this.size - 1);
      }
    } finally {
      this.instructions += executed + words[Word.TRANSLATED];
      this.translatedInstructions += words[Word.TRANSLATED];
      words[Word.TRANSLATED] = 0;
    }
  }

  private stepTraced(pc: number): number {
    if (this.breakpoints.has(pc) && pc !== this.stoppedAt) {
      this.mustStopAt(pc);
      return pc;
    }
    this.listener!(pc << 1);
    const { words } = this.core;
    words[Word.LIMIT] = words[Word.CYCLES]; // the core sets it anew
    return this.loop(pc);
  }

  /** Past the end of program memory. */
  private wrap(pc: number): number {
    this.instructions--; // the loop counts one for this turn
    return pc - this.size;
  }

  private atUnallocated(pc: number): number {
    this.core.unallocated(this.core.program[pc], pc << 1);
    return pc + 1;
  }

  // -- Breakpoints, between runs only.

  /** Runs end before the instruction there, save the one that goes on from it. */
  setBreakpoint(addressBytes: number): void {
    const pc = (addressBytes >> 1) & (this.size - 1);
    this.breakpoints.add(pc);
    this.headers[pc] = 0;
    this.translation?.changed(pc, pc + 1);
  }

  clearBreakpoint(addressBytes: number): void {
    const pc = (addressBytes >> 1) & (this.size - 1);
    if (!this.breakpoints.delete(pc)) return;
    if (pc === this.stoppedAt) this.stoppedAt = NOWHERE;
    this.headers[pc] = 0;
    this.translation?.changed(pc, pc + 1);
  }

  /** The next run does not go on from where the last one stopped: after a reset or a restored snapshot. */
  forgetStop(): void {
    this.stoppedAt = NOWHERE;
  }

  private atBreakpoint(o: Int32Array, i: number, pc: number): number {
    if (this.mustStopAt(pc)) {
      this.instructions--; // the loop counts one for this turn
      return pc;
    }
    const header = this.decodeInto(pc);
    this.core.words[Word.CYCLES] += header >>> CYCLES_SHIFT;
    return this.handlers[header & VARIANT](o, i, pc);
  }

  private mustStopAt(pc: number): boolean {
    if (pc === this.stoppedAt) {
      this.stoppedAt = NOWHERE;
      return false;
    }
    this.stoppedAt = pc;
    this.core.stopAt(pc << 1);
    return true;
  }

  // -- Decoding

  /** All of program memory may have changed. */
  invalidateAll(): void {
    this.translation?.forget();
    this.headers.fill(0, 0, this.size);
  }

  /** Program memory has changed: what stands there, and what looks at it, is decoded again. */
  invalidate(addressBytes: number, bytes: number): void {
    const last = (addressBytes + bytes - 1) >> 1;
    // a skip looks at the word behind it; an instruction of two words begins one before
    for (let pc = (addressBytes >> 1) - 1; pc <= last; pc++) this.headers[pc & (this.size - 1)] = 0;
    this.translation?.changed((addressBytes >> 1) - 1, last + 1);
  }

  private decode(pc: number): void {
    if (this.breakpoints.has(pc)) this.headers[pc] = this.breakVariant;
    else {
      const header = this.decodeInto(pc);
      this.headers[pc] = this.translation?.decoded(pc, header) ?? header;
    }
  }

  /** Fills the operands of a slot. @returns its header */
  private decodeInto(pc: number): number {
    const found = this.rowAt(pc);
    if (!found) return this.unallocatedVariant | (1 << CYCLES_SHIFT);
    const { row, opcode } = found;
    const fields = fieldsOf(row, opcode);
    fields[NEXT_WORDS] = this.wordsAt(pc + 1);
    row.operandEntries.forEach(([, how], index) => {
      const value = decodeOperand(how, fields, pc);
      this.operands[MOST_OPERANDS * pc + index] = index === row.targetOperand ? value & (this.size - 1) : value;
    });
    const isCall = CALLS.has(row.timing);
    const target = row.targetOperand >= 0 ? this.operands[MOST_OPERANDS * pc + row.targetOperand] : pc + 1;
    if (isCall || target <= pc) this.translation?.branchFound(pc, target, isCall, (pc + row.bits / 16) & (this.size - 1));
    return (this.bases.get(row)! + variantOf(row, fields)) | (this.core.timing[row.timing] << CYCLES_SHIFT);
  }

  private fetch(pc: number): number {
    return this.core.program[pc & (this.size - 1)];
  }

  /** The row and opcode of the instruction at an address in words; two words make an opcode with the first on top. */
  rowAt(pc: number): { row: Row; opcode: number } | undefined {
    const first = this.fetch(pc);
    const narrow = this.decoder.find(first, 16);
    if (narrow) return { row: narrow, opcode: first };
    const opcode = ((first << 16) | this.fetch(pc + 1)) >>> 0;
    const wide = this.decoder.find(opcode, 32);
    return wide && { row: wide, opcode };
  }

  /** 2 when an instruction of two words is there, else 1. */
  wordsAt(pc: number): 1 | 2 {
    return this.rowAt(pc)?.row.bits === 32 ? 2 : 1;
  }
}
