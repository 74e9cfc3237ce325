/**
 * The exception frame: PushStack and PopStack. Source: DDI 0403E, B1.5.6 and B1.5.8; DDI 0419E, B1.5.6 and B1.5.8.
 */
import { BusError } from '../../../bus/types.js';
import { Exception, GuestFault } from '../fault.js';
import { Word } from '../state.js';
import type { CoreMemory } from './core-memory.js';
import { readXPSR } from './program-status.js';
import { CCR } from './system-registers.js';

export const BASIC_FRAME = 0x20;
export const EXTENDED_FRAME = 0x68;
/** Where S0 lies in an extended frame; FPSCR follows S15, then a reserved word. */
export const FP_STATE = 0x20;
const FP_REGISTERS = 16;

/** Where xPSR lies; its bit 9 tells that the frame was moved down by 4 to be 8-byte aligned. */
const XPSR = 0x1c;
export const REALIGNED = 1 << 9;

/** What a store or load of the frame met; undefined when it went well. */
export type FrameFault = GuestFault | undefined;

/** A memory error as a fault of the guest. Anything else is a mistake of ours and goes on. */
export function asGuestFault(error: unknown): GuestFault {
  if (error instanceof GuestFault) return error;
  if (error instanceof BusError) return new GuestFault(Exception.BusFault, 0, error.address, error.reason);
  throw error;
}

/**
 * Stores the basic frame on the current stack and moves SP, which stays moved when a store faults.
 * @param extended reserves room for the floating-point state, which the caller fills or leaves for later
 */
export function pushFrame(words: Int32Array, memory: CoreMemory, extended: boolean, ccr: number, privileged: boolean): FrameFault {
  const forceAlign = extended || (ccr & CCR.STKALIGN) !== 0 ? 4 : 0;
  const frameptralign = words[Word.SP] & forceAlign;
  const frame = (words[Word.SP] - (extended ? EXTENDED_FRAME : BASIC_FRAME)) & ~forceAlign;
  words[Word.SP] = frame;
  const at = memory.wordsAt(frame, BASIC_FRAME, 'write', privileged);
  if (at < 0) return storeFrame(words, memory, frame, xPSRToStack(words, frameptralign), privileged);
  storeBasicFrame(words, memory.view, at, frameptralign);
  return undefined;
}

const xPSRToStack = (words: Int32Array, frameptralign: number): number => readXPSR(words) | (frameptralign !== 0 ? REALIGNED : 0);

/** @param at index of the frame in `view` @param frameptralign 4 when the frame was moved down to be aligned */
export function storeBasicFrame(words: Int32Array, view: Int32Array, at: number, frameptralign: number): void {
  view[at] = words[Word.R0];
  view[at + 1] = words[Word.R0 + 1];
  view[at + 2] = words[Word.R0 + 2];
  view[at + 3] = words[Word.R0 + 3];
  view[at + 4] = words[Word.R0 + 12];
  view[at + 5] = words[Word.LR];
  view[at + 6] = words[Word.PC];
  view[at + 7] = xPSRToStack(words, frameptralign);
}

/** R0-R3, R12, LR and PC. @param at index of the frame in `view` */
export function loadBasicFrame(words: Int32Array, view: Int32Array, at: number): void {
  words[Word.R0] = view[at];
  words[Word.R0 + 1] = view[at + 1];
  words[Word.R0 + 2] = view[at + 2];
  words[Word.R0 + 3] = view[at + 3];
  words[Word.R0 + 12] = view[at + 4];
  words[Word.LR] = view[at + 5];
  words[Word.PC] = view[at + 6] & ~1;
}

/** Word by word, each with its checks. */
function storeFrame(words: Int32Array, memory: CoreMemory, frame: number, xPSR: number, privileged: boolean): FrameFault {
  try {
    for (let n = 0; n < 4; n++) memory.store32((frame + 4 * n) >>> 0, words[Word.R0 + n] >>> 0, privileged);
    memory.store32((frame + 0x10) >>> 0, words[Word.R0 + 12] >>> 0, privileged);
    memory.store32((frame + 0x14) >>> 0, words[Word.LR] >>> 0, privileged);
    memory.store32((frame + 0x18) >>> 0, words[Word.PC] >>> 0, privileged);
    memory.store32((frame + XPSR) >>> 0, xPSR >>> 0, privileged);
    return undefined;
  } catch (error) {
    return asGuestFault(error);
  }
}

/** Stores S0-S15 and FPSCR. */
export function pushFpState(words: Int32Array, memory: CoreMemory, address: number, privileged: boolean): FrameFault {
  const at = memory.wordsAt(address, 4 * (FP_REGISTERS + 1), 'write', privileged);
  if (at >= 0) {
    const { view } = memory;
    for (let n = 0; n < FP_REGISTERS; n++) view[at + n] = words[Word.S0 + n];
    view[at + FP_REGISTERS] = words[Word.FPSCR];
    return undefined;
  }
  try {
    for (let n = 0; n < FP_REGISTERS; n++) memory.store32((address + 4 * n) >>> 0, words[Word.S0 + n] >>> 0, privileged);
    memory.store32((address + 4 * FP_REGISTERS) >>> 0, words[Word.FPSCR] >>> 0, privileged);
    return undefined;
  } catch (error) {
    return asGuestFault(error);
  }
}

/** A frame in memory, found or read before any of it reaches the registers. Reused: it allocates nothing. */
export class PoppedFrame {
  /** R0-R3, R12, LR, ReturnAddress, xPSR, then S0-S15 and FPSCR, when they were read one by one. */
  private readonly values = new Int32Array(BASIC_FRAME / 4 + FP_REGISTERS + 1);
  /** Where the frame's words are: `values`, or the memory itself. */
  private source: Int32Array = this.values;
  private start = 0;

  get xPSR(): number {
    return this.source[this.start + XPSR / 4];
  }

  /** @param withFpState reads S0-S15 and FPSCR, too */
  load(memory: CoreMemory, frame: number, withFpState: boolean, privileged: boolean): FrameFault {
    const { values } = this;
    const count = withFpState ? values.length : BASIC_FRAME / 4;
    const at = memory.wordsAt(frame, 4 * count, 'read', privileged);
    if (at >= 0) {
      this.source = memory.view;
      this.start = at;
      return undefined;
    }
    this.source = values;
    this.start = 0;
    try {
      for (let k = 0; k < count; k++) values[k] = memory.load32((frame + 4 * k) >>> 0, privileged);
      return undefined;
    } catch (error) {
      return asGuestFault(error);
    }
  }

  /** Writes R0-R3, R12, LR, PC and, when they were loaded, S0-S15 and FPSCR. */
  toRegisters(words: Int32Array, withFpState: boolean): void {
    const { source, start } = this;
    loadBasicFrame(words, source, start);
    if (!withFpState) return;
    for (let n = 0; n < FP_REGISTERS; n++) words[Word.S0 + n] = source[start + 8 + n];
    words[Word.FPSCR] = source[start + 8 + FP_REGISTERS];
  }

  /** The stack pointer after the frame is gone. */
  releasedSP(frame: number, extended: boolean, ccr: number): number {
    const forceAlign = extended || (ccr & CCR.STKALIGN) !== 0;
    const spmask = forceAlign && (this.xPSR & REALIGNED) !== 0 ? 4 : 0;
    return (frame + (extended ? EXTENDED_FRAME : BASIC_FRAME)) | spmask;
  }
}
