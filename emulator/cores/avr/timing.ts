/**
 * Cycles per timing class, with internal SRAM and without what a taken branch or a skip adds (rows say that themselves).
 * Source: AVR Instruction Set Manual DS40002198B, the column AVRe of each instruction's table. For SPM it says that the time
 * depends on the operation: one cycle is charged, the rest is the memory controller's.
 */
import type { TimingClass } from '../../isa/instruction.js';

const COMMON = {
  alu: 1, word: 2, mul: 2, rjmp: 2, ijmp: 2, jmp: 3, branch: 1, skip: 1,
  load: 2, store: 2, lpm: 3, spm: 1, io: 1, bitIO: 2, push: 2, pop: 2, control: 1,
};
const PC16: Readonly<Record<TimingClass, number>> = { ...COMMON, rcall: 3, icall: 3, call: 4, ret: 4 };
const PC22: Readonly<Record<TimingClass, number>> = { ...COMMON, rcall: 4, icall: 4, call: 5, ret: 5 };

export function timingOf(pcBytes: 2 | 3): Readonly<Record<TimingClass, number>> {
  return pcBytes === 3 ? PC22 : PC16;
}

/** Interrupt execution response: DS40002061B 7.7.1, DS40002211A 7.8.1. Five with a 22-bit PC. */
export const RESPONSE_CYCLES = { 2: 4, 3: 5 } as const;
/** What is added to it on wake-up from sleep, beside the start-up time: the same sections. */
export const WAKE_UP_CYCLES = 4;
