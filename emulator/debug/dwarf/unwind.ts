/**
 * The calls that led to an address, for Cortex-M: call-frame information where the compiler left some, exception tables next,
 * and otherwise a guess from the stack. Exception frames are stepped over, so a fault handler's backtrace goes on into the
 * code that faulted. Sources: Armv7-M ARM (DDI 0403E) B1.5.6 to B1.5.8 (stacking, EXC_RETURN); AAPCS32 section 6 (registers).
 */
import type { FirmwareImage, FirmwareSymbol } from '../../loader/index.js';
import type { CallFrame, CallFrames } from './call-frames.js';
import type { CodeMap } from './code-map.js';
import type { ExceptionTables } from './exception-tables.js';
import { evaluate, type ExpressionContext } from './expression.js';
import type { RegisterRule } from './frame-program.js';
import type { SourceLine } from './line-table.js';

export interface Frame {
  /** The instruction: where execution stands, was interrupted, or will go on after the call. Thumb bit removed. */
  readonly pc: number;
  /** SP in this frame at that instruction. */
  readonly sp: number;
  readonly function: FirmwareSymbol | undefined;
  /** Of the call, for frames that called the one before. */
  readonly line: SourceLine | undefined;
  /** `exact` from call-frame information and exception frames, `likely` from exception tables or LR alone, `guess` from a stack word that looks like a return address. Never better than the frame before. */
  readonly certainty: 'exact' | 'likely' | 'guess';
  /** An exception was taken here: the frame before is its handler. */
  readonly isInterrupted: boolean;
}

export interface CoreRegisters {
  /** R0..R12, SP, LR, PC. PC is the address of the instruction to report. */
  readonly r: ArrayLike<number>;
  /** The stack pointer not in use: PSP in a handler. Without it, a backtrace ends where an exception left the process stack. */
  readonly otherStackPointer?: number;
}

export type ReadWord = (address: number) => number | undefined;

/** What `unwind` reads; `DebugInfo` has it all. */
export interface FrameSources {
  readonly image: FirmwareImage;
  readonly code: CodeMap;
  readonly callFrames: CallFrames;
  readonly exceptionTables: ExceptionTables;
  lineOf(address: number): SourceLine | undefined;
}

const MOST_FRAMES = 64;
/** Words searched for a return address: 4 KiB of stack. */
const MOST_GUESSED_WORDS = 1024;
const SP = 13;
const LR = 14;
const PC = 15;
/** Registers that a function must give back as it found them (AAPCS32, 6.1.1). */
const CALLEE_SAVED = [4, 5, 6, 7, 8, 9, 10, 11];
/** Low bytes of EXC_RETURN: Armv7-M table B1-8 and B1-9; the last six are Armv8-M Non-secure (DDI 0553, D1.2.95). */
const EXC_RETURN_BYTES = new Set([0xe1, 0xe9, 0xed, 0xf1, 0xf9, 0xfd, 0xa0, 0xa8, 0xac, 0xb0, 0xb8, 0xbc]);
const RESET_FUNCTIONS = new Set([
  'Reset_Handler', 'ResetHandler', 'Reset_Handler_C', 'ResetISR', 'reset_handler', '_reset', '_start', '__start', '_mainCRTStartup', '__main', 'z_arm_reset', '_reset_handler',
]);

/** r0..r15 where known; `pc` is r15 with the Thumb bit removed. */
interface State {
  readonly registers: (number | undefined)[];
  readonly pc: number;
  readonly sp: number;
  readonly otherStackPointer: number | undefined;
  readonly isReturnAddress: boolean;
  readonly isInterrupted: boolean;
  readonly certainty: Frame['certainty'];
}

/**
 * Frames from the innermost outward; the first is where `registers` stand. Ends at the reset handler or main's caller, where
 * nothing more is known, where frames repeat, or after 64.
 * @param readWord reads target memory without side effects; undefined where there is none
 * @param mayGuess false: ends where only a guess would go on
 */
export function unwindFrom(sources: FrameSources, registers: CoreRegisters, readWord: ReadWord, mayGuess = true): Frame[] {
  return new Unwinder(sources, (address) => wordOrUndefined(readWord, address), mayGuess).run(registers);
}

function wordOrUndefined(readWord: ReadWord, address: number): number | undefined {
  if ((address & 3) !== 0 || address < 0 || address > 0xffff_fffc) return undefined;
  const word = readWord(address);
  return word === undefined ? undefined : word >>> 0;
}

class Unwinder {
  private readonly entryFunction: FirmwareSymbol | undefined;

  constructor(private readonly sources: FrameSources, private readonly word: ReadWord, private readonly mayGuess: boolean) {
    const { entry } = sources.image;
    this.entryFunction = entry === undefined ? undefined : sources.code.functionAt(entry);
  }

  run(from: CoreRegisters): Frame[] {
    const frames: Frame[] = [];
    const seen = new Set<string>();
    for (let state = initialState(from); state !== undefined && frames.length < MOST_FRAMES;) {
      const key = `${state.pc} ${state.sp}`;
      if (seen.has(key)) break;
      seen.add(key);
      const frame = this.describe(state);
      const isMainsCaller = !frame.isInterrupted && frames[frames.length - 1]?.function?.name === 'main';
      frames.push(frame);
      if (isMainsCaller || this.isBottom(frame)) break;
      state = this.sources.image.architecture === 'avr' ? undefined : this.caller(state, frame);
    }
    return frames;
  }

  private describe(state: State): Frame {
    const place = lookupAddress(state);
    return {
      pc: state.pc, sp: state.sp, certainty: state.certainty, isInterrupted: state.isInterrupted,
      function: this.sources.code.functionAt(place), line: this.sources.lineOf(place),
    };
  }

  private isBottom(frame: Frame): boolean {
    if (frame.function === undefined) return false;
    return frame.function.address === this.entryFunction?.address || RESET_FUNCTIONS.has(frame.function.name);
  }

  private caller(state: State, frame: Frame): State | undefined {
    const known = this.fromTables(state);
    const next = known === undefined ? undefined : this.enter(state, known.registers, known.certainty);
    if (next !== undefined) return next;
    if (!this.mayGuess) return undefined;
    const returnAddress = known?.registers[PC];
    if (returnAddress !== undefined && (isNowhere(returnAddress) || isExceptionReturn(returnAddress))) return undefined;
    // The caller of main is start-up code, often without any information: a guess from its stack would only mislead.
    return frame.function?.name === 'main' ? undefined : this.guess(state, known?.registers[SP] ?? state.sp);
  }

  private fromTables(state: State): { registers: (number | undefined)[]; certainty: Frame['certainty'] } | undefined {
    const place = lookupAddress(state);
    if (!this.sources.code.isCode(place)) return this.fromWildJump(state);
    const callFrame = this.sources.callFrames.frameAt(place);
    const exact = callFrame === undefined ? undefined : this.applyRules(callFrame, state.registers);
    if (exact !== undefined) return { registers: exact, certainty: 'exact' };
    const likely = this.sources.exceptionTables.unwind(place, state.registers, (address) => this.read(address));
    return likely === undefined ? undefined : { registers: likely, certainty: 'likely' };
  }

  /** A call through a bad pointer leaves PC outside the code, and LR behind the call. */
  private fromWildJump(state: State): { registers: (number | undefined)[]; certainty: Frame['certainty'] } | undefined {
    const lr = state.registers[LR];
    if (lr === undefined || state.isReturnAddress || !(this.isReturnSite(lr) || isExceptionReturn(lr))) return undefined;
    return { registers: state.registers.map((value, r) => (r === PC ? lr : value)), certainty: 'likely' };
  }

  /** The state in the caller, or in the code that an exception interrupted; undefined when the return address leads nowhere. */
  private enter(state: State, registers: (number | undefined)[], certainty: Frame['certainty']): State | undefined {
    const returnAddress = registers[PC];
    const sp = registers[SP];
    if (returnAddress === undefined || sp === undefined || isNowhere(returnAddress)) return undefined;
    const weakest = weaker(state.certainty, certainty);
    if (isExceptionReturn(returnAddress)) return this.interrupted(state, registers, sp, returnAddress, weakest);
    const pc = (returnAddress & ~1) >>> 0;
    if ((returnAddress & 1) === 0 || !this.sources.code.isCode((pc - 1) >>> 0)) return undefined;
    return { registers, pc, sp, otherStackPointer: state.otherStackPointer, isReturnAddress: true, isInterrupted: false, certainty: weakest };
  }

  /** Armv7-M ARM B1.5.6, PushStack: r0-r3, r12, lr, pc, xPSR; with EXC_RETURN<4> clear also S0-S15, FPSCR and a reserved word. */
  private interrupted(state: State, registers: readonly (number | undefined)[], handlerSp: number, excReturn: number, certainty: Frame['certainty']): State | undefined {
    const usesProcessStack = (excReturn & 4) !== 0;
    const frame = usesProcessStack ? state.otherStackPointer : handlerSp;
    if (frame === undefined) return undefined;
    const stacked = Array.from({ length: 8 }, (_, i) => this.word((frame + 4 * i) >>> 0));
    const [pc, xpsr] = [stacked[6], stacked[7]];
    if (pc === undefined || xpsr === undefined) return undefined;
    const bytes = ((excReturn & 0x10) === 0 ? 0x68 : 0x20) + ((xpsr & 0x200) !== 0 ? 4 : 0);
    const sp = (frame + bytes) >>> 0;
    const restored = [...registers];
    [0, 1, 2, 3, 12, LR, PC].forEach((r, i) => { restored[r] = stacked[i]; });
    restored[SP] = sp;
    return { registers: restored, pc: (pc & ~1) >>> 0, sp, otherStackPointer: usesProcessStack ? handlerSp : state.otherStackPointer, isReturnAddress: false, isInterrupted: true, certainty };
  }

  private applyRules({ row, returnRegister }: CallFrame, registers: readonly (number | undefined)[]): (number | undefined)[] | undefined {
    const context: ExpressionContext = { register: (r) => registers[r], word: (address) => this.read(address) };
    const section = this.sources.callFrames.section;
    if (row.cfa === undefined) return undefined;
    const base = row.cfa.kind === 'register' ? registers[row.cfa.register] : evaluate(section, row.cfa.start, row.cfa.end, context);
    if (base === undefined) return undefined;
    const cfa = (row.cfa.kind === 'register' ? base + row.cfa.offset : base) >>> 0;
    const valueBy = (rule: RegisterRule, r: number): number | undefined => {
      switch (rule.kind) {
        case 'undefined': return undefined;
        case 'same': return registers[r];
        case 'offset': return this.read((cfa + rule.offset) >>> 0);
        case 'valueOffset': return (cfa + rule.offset) >>> 0;
        case 'register': return registers[rule.register];
        case 'expression': {
          const value = evaluate(section, rule.start, rule.end, context, [cfa]);
          return value === undefined || rule.isValue ? value : this.read(value);
        }
      }
    };
    const callers = new Array<number | undefined>(16).fill(undefined);
    for (const r of [...CALLEE_SAVED, LR]) callers[r] = registers[r];
    for (const [r, rule] of row.registers) if (r < 16) callers[r] = valueBy(rule, r);
    // A return register without a saved copy still holds the return address: nothing was called yet.
    callers[PC] = callers[returnRegister];
    if (!row.registers.has(SP)) callers[SP] = cfa;
    return callers;
  }

  /** LR when it can be a return address of this function, else the next stack word that can be one. */
  private guess(state: State, fromSp: number): State | undefined {
    const lr = state.registers[LR];
    const here = this.sources.code.functionAt(lookupAddress(state));
    if (lr !== undefined && !state.isReturnAddress && fromSp === state.sp && this.isCandidate(lr) && (here === undefined || this.sources.code.functionAt((lr & ~1) >>> 0) !== here)) {
      return this.enter(state, guessedRegisters(lr, state.sp), 'guess');
    }
    for (let i = 0; i < MOST_GUESSED_WORDS; i++) {
      const address = fromSp + 4 * i;
      const word = this.word(address);
      if (word === undefined) return undefined;
      if (!this.isCandidate(word)) continue;
      const next = this.enter(state, guessedRegisters(word, address + 4), 'guess');
      if (next !== undefined) return next;
    }
    return undefined;
  }

  private isCandidate(value: number): boolean {
    return this.isReturnSite(value) || isExceptionReturn(value);
  }

  /** A Thumb address in code, right behind a BL (Armv7-M ARM A7.7.18) or BLX (A7.7.19). */
  private isReturnSite(value: number): boolean {
    if ((value & 1) === 0) return false;
    const { code } = this.sources;
    const address = (value & ~1) >>> 0;
    if (!code.isCode(address - 2)) return false;
    const last = code.halfword(address - 2) ?? 0;
    if ((last & 0xff83) === 0x4780) return true;
    return (last & 0xd000) === 0xd000 && ((code.halfword(address - 4) ?? 0) & 0xf800) === 0xf000;
  }

  private read(address: number): number | undefined {
    return this.word(address) ?? this.sources.code.word(address);
  }
}

function initialState({ r, otherStackPointer }: CoreRegisters): State | undefined {
  const registers = Array.from({ length: 16 }, (_, i) => (r[i] ?? 0) >>> 0);
  return { registers, pc: (registers[PC] & ~1) >>> 0, sp: registers[SP], otherStackPointer, isReturnAddress: false, isInterrupted: false, certainty: 'exact' };
}

/** A return address may be the first of the next function or line: the call is just before it. */
function lookupAddress(state: State): number {
  return state.isReturnAddress ? (state.pc - 1) >>> 0 : state.pc;
}

function guessedRegisters(returnAddress: number, sp: number): (number | undefined)[] {
  const registers = new Array<number | undefined>(16).fill(undefined);
  registers[SP] = sp >>> 0;
  registers[PC] = returnAddress;
  return registers;
}

function isExceptionReturn(value: number): boolean {
  return value >>> 8 === 0xff_ffff && EXC_RETURN_BYTES.has(value & 0xff);
}

/** LR after reset (0xFFFFFFFF) or cleared by start-up code: nobody called. */
function isNowhere(value: number): boolean {
  return value === 0xffff_ffff || value === 0;
}

function weaker(a: Frame['certainty'], b: Frame['certainty']): Frame['certainty'] {
  const order = ['exact', 'likely', 'guess'] as const;
  return order[Math.max(order.indexOf(a), order.indexOf(b))];
}
