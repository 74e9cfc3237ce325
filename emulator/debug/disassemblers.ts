/** The disassembler of any core. */
import { AVR_DISASSEMBLED_CORES, avrDisassembler } from './avr-disassembler.js';
import { cortexMDisassembler, DISASSEMBLED_CORES as CORTEX_M_CORES } from './cortex-m-disassembler.js';
import type { Disassembler } from './disassembly.js';

export const DISASSEMBLED_CORES: readonly string[] = [...CORTEX_M_CORES, ...AVR_DISASSEMBLED_CORES];

/** @throws RangeError for a core that is not in `DISASSEMBLED_CORES` */
export function disassemblerOf(core: string): Disassembler {
  return AVR_DISASSEMBLED_CORES.includes(core) ? avrDisassembler(core) : cortexMDisassembler(core);
}
