/**
 * The fault status registers, field by field.
 * Source: Armv7-M ARM (DDI 0403E), B3.2.15 CFSR, B3.2.16 HFSR, C1.6.1 DFSR.
 */
import type { FaultStatus } from '../machine-api.js';
import { hex32 } from './symbols.js';

export interface FaultField {
  readonly register: 'CFSR' | 'HFSR' | 'DFSR';
  readonly name: string;
  readonly bit: number;
  readonly meaning: string;
}

const CFSR_FIELDS: readonly (readonly [number, string, string])[] = [
  [0, 'IACCVIOL', 'an instruction was fetched from where the MPU or the memory map forbids execution'],
  [1, 'DACCVIOL', 'a load or store went where the MPU forbids it'],
  [3, 'MUNSTKERR', 'returning from an exception, the MPU forbade reading the stack'],
  [4, 'MSTKERR', 'entering an exception, the MPU forbade writing the stack: often a stack overflow'],
  [5, 'MLSPERR', 'saving the floating-point registers lazily, the MPU forbade writing the stack'],
  [7, 'MMARVALID', 'MMFAR holds the address'],
  [8, 'IBUSERR', 'an instruction was fetched from where nothing answers: often a jump through a bad pointer'],
  [9, 'PRECISERR', 'a load or store went where nothing answers; the stacked PC names the instruction'],
  [10, 'IMPRECISERR', 'an earlier, buffered store went where nothing answers; the stacked PC is later than it'],
  [11, 'UNSTKERR', 'returning from an exception, the stack could not be read'],
  [12, 'STKERR', 'entering an exception, the stack could not be written: often a stack overflow past the start of RAM'],
  [13, 'LSPERR', 'saving the floating-point registers lazily, the stack could not be written'],
  [15, 'BFARVALID', 'BFAR holds the address'],
  [16, 'UNDEFINSTR', 'this core does not have the instruction'],
  [17, 'INVSTATE', 'execution without the Thumb bit: a branch to an even address, or a bad vector'],
  [18, 'INVPC', 'a bad EXC_RETURN value or a corrupted frame on return from an exception'],
  [19, 'NOCP', 'a coprocessor instruction while that coprocessor is off or absent: for floating point, CPACR enables it'],
  [24, 'UNALIGNED', 'an unaligned access by an instruction that must be aligned, or with CCR.UNALIGN_TRP set'],
  [25, 'DIVBYZERO', 'a division by zero with CCR.DIV_0_TRP set'],
];
const HFSR_FIELDS: readonly (readonly [number, string, string])[] = [
  [1, 'VECTTBL', 'the vector table could not be read: VTOR is wrong'],
  [30, 'FORCED', 'a fault whose own handler is disabled, masked or already running; CFSR says which'],
  [31, 'DEBUGEVT', 'a breakpoint instruction while no debugger is attached'],
];
const DFSR_FIELDS: readonly (readonly [number, string, string])[] = [
  [0, 'HALTED', 'halt or step request'],
  [1, 'BKPT', 'a breakpoint instruction or a breakpoint of the FPB'],
  [2, 'DWTTRAP', 'a watchpoint of the DWT'],
  [3, 'VCATCH', 'a vector catch'],
  [4, 'EXTERNAL', 'an external debug request'],
];

export const FAULT_FIELDS: readonly FaultField[] = [
  ...named('CFSR', CFSR_FIELDS), ...named('HFSR', HFSR_FIELDS), ...named('DFSR', DFSR_FIELDS),
];

function named(register: FaultField['register'], rows: readonly (readonly [number, string, string])[]): FaultField[] {
  return rows.map(([bit, name, meaning]) => ({ register, name, bit, meaning }));
}

/** The fields that are set, in register and bit order. */
export function faultFields(status: FaultStatus): FaultField[] {
  return FAULT_FIELDS.filter(({ register, bit }) => ((status[register] >>> bit) & 1) === 1);
}

const MMARVALID = 1 << 7;
const BFARVALID = 1 << 15;

/** Registers and fields as indented lines. An address register is shown only while its VALID bit says it counts. */
export function faultRegisterLines(status: FaultStatus): string[] {
  const lines: string[] = [];
  for (const register of ['CFSR', 'HFSR', 'DFSR'] as const) {
    lines.push(`${register.padEnd(6)}${hex32(status[register])}`);
    for (const field of faultFields(status)) if (field.register === register) lines.push(`  ${field.name.padEnd(12)}${field.meaning}`);
  }
  if (status.CFSR & MMARVALID) lines.push(`MMFAR ${hex32(status.MMFAR)}  the forbidden address`);
  if (status.CFSR & BFARVALID) lines.push(`BFAR  ${hex32(status.BFAR)}  the address nothing answers at`);
  return lines;
}
