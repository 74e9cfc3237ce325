/** What looks at a Cortex-M from outside: registers, memory, fault status, disassembly, instruction listeners. */
import type { Bus } from '../bus/bus.js';
import type { CortexM } from '../cores/cortex-m/core.js';
import { conditionSuffix } from '../cores/cortex-m/rows/branch.js';
import { Word } from '../cores/cortex-m/state.js';
import { disassembleRow } from '../isa/decoder.js';
import type { CoreView, Disassembled, FaultStatus } from '../machine-api.js';

export function viewOf(core: CortexM, bus: Bus): CoreView {
  return {
    name: core.config.name,
    words: core.words,
    peek: (address, bytes) => bus.peek(address, bytes),
    faultStatus: () => faultStatusOf(core),
    get faultFrame() { return core.system.exceptions.faultFrame; },
    onInstruction: (listener) => {
      core.interpreter.onInstruction = listener && ((address) => {
        core.words[Word.PC] = address; // which the interpreter keeps to itself in the middle of an IT block
        listener(address >>> 0);
      });
    },
    disassemble: (address) => disassemble(core, bus, address),
  };
}

function faultStatusOf({ config, system }: CortexM): FaultStatus | undefined {
  if (config.architecture === 'v6-M') return undefined;
  const { CFSR, HFSR, DFSR, MMFAR, BFAR } = system.registers;
  return { CFSR, HFSR, DFSR, MMFAR, BFAR };
}

function disassemble(core: CortexM, bus: Bus, address: number): Disassembled {
  const half = (at: number): number => bus.peek(at, 2) ?? 0;
  const first = half(address);
  const isWide = first >>> 11 >= 0b11101;
  const opcode = isWide ? ((first << 16) | half(address + 2)) >>> 0 : first;
  const row = core.interpreter.find(opcode, isWide ? 32 : 16);
  const bytes = Uint8Array.from({ length: isWide ? 4 : 2 }, (_, i) => bus.peek(address + i, 1) ?? 0);
  const { words } = core;
  const condition = address >>> 0 === words[Word.PC] >>> 0 ? conditionSuffix(words[Word.ITSTATE]) : undefined;
  return { text: row ? disassembleRow(row, opcode, address, condition) : `.inst.${isWide ? 'w' : 'n'} 0x${opcode.toString(16).padStart(isWide ? 8 : 4, '0')}`, bytes };
}
