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
const REALIGNED = 1 << 9;

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
  try {
    for (let n = 0; n < 4; n++) memory.store32((frame + 4 * n) >>> 0, words[Word.R0 + n] >>> 0, privileged);
    memory.store32((frame + 0x10) >>> 0, words[Word.R0 + 12] >>> 0, privileged);
    memory.store32((frame + 0x14) >>> 0, words[Word.LR] >>> 0, privileged);
    memory.store32((frame + 0x18) >>> 0, words[Word.PC] >>> 0, privileged);
    memory.store32((frame + XPSR) >>> 0, (readXPSR(words) | (frameptralign !== 0 ? REALIGNED : 0)) >>> 0, privileged);
    return undefined;
  } catch (error) {
    return asGuestFault(error);
  }
}

/** Stores S0-S15 and FPSCR. */
export function pushFpState(words: Int32Array, memory: CoreMemory, address: number, privileged: boolean): FrameFault {
  try {
    for (let n = 0; n < FP_REGISTERS; n++) memory.store32((address + 4 * n) >>> 0, words[Word.S0 + n] >>> 0, privileged);
    memory.store32((address + 4 * FP_REGISTERS) >>> 0, words[Word.FPSCR] >>> 0, privileged);
    return undefined;
  } catch (error) {
    return asGuestFault(error);
  }
}

/** A frame read from memory, before any of it reaches the registers. Reused: it allocates nothing. */
export class PoppedFrame {
  /** R0-R3, R12, LR, ReturnAddress, xPSR, then S0-S15 and FPSCR. */
  readonly values = new Int32Array(BASIC_FRAME / 4 + FP_REGISTERS + 1);

  get xPSR(): number {
    return this.values[XPSR / 4];
  }

  /** @param withFpState reads S0-S15 and FPSCR, too */
  load(memory: CoreMemory, frame: number, withFpState: boolean, privileged: boolean): FrameFault {
    const count = withFpState ? this.values.length : BASIC_FRAME / 4;
    try {
      for (let k = 0; k < count; k++) this.values[k] = memory.load32((frame + 4 * k) >>> 0, privileged);
      return undefined;
    } catch (error) {
      return asGuestFault(error);
    }
  }

  /** Writes R0-R3, R12, LR, PC and, when they were loaded, S0-S15 and FPSCR. */
  toRegisters(words: Int32Array, withFpState: boolean): void {
    for (let n = 0; n < 4; n++) words[Word.R0 + n] = this.values[n];
    words[Word.R0 + 12] = this.values[4];
    words[Word.LR] = this.values[5];
    words[Word.PC] = this.values[6] & ~1;
    if (!withFpState) return;
    for (let n = 0; n < FP_REGISTERS; n++) words[Word.S0 + n] = this.values[8 + n];
    words[Word.FPSCR] = this.values[8 + FP_REGISTERS];
  }

  /** The stack pointer after the frame is gone. */
  releasedSP(frame: number, extended: boolean, ccr: number): number {
    const forceAlign = extended || (ccr & CCR.STKALIGN) !== 0;
    const spmask = forceAlign && (this.xPSR & REALIGNED) !== 0 ? 4 : 0;
    return (frame + (extended ? EXTENDED_FRAME : BASIC_FRAME)) | spmask;
  }
}
