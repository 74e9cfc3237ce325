/** What looks at a Cortex-M from outside: registers, memory, fault status, disassembly, instruction listeners. */
import type { Bus } from '../bus/bus.js';
import type { CortexM } from '../cores/cortex-m/core.js';
import { conditionSuffix } from '../cores/cortex-m/rows/branch.js';
import { Word } from '../cores/cortex-m/state.js';
import { disassembleRow } from '../isa/decoder.js';
import type { CoreView, Disassembled, FaultStatus, RegistersView } from '../machine-api.js';

export function viewOf(core: CortexM, bus: Bus): CoreView {
  return {
    name: core.config.name,
    words: core.words,
    registers: registersOf(core.words),
    callStacks: 'arm',
    peek: (address, bytes) => bus.peek(address, bytes),
    poke: (address, value, bytes) => bus.poke(address, value, bytes),
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

const CORE_NAMES = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'r12', 'sp', 'lr'];
const S_REGISTERS = 32;
const NAMES = [...CORE_NAMES, ...Array.from({ length: S_REGISTERS }, (_, i) => `s${i}`)];

export function registersOf(words: Int32Array): RegistersView {
  return {
    names: NAMES,
    digits: NAMES.map(() => 8),
    get pc() { return words[Word.PC] >>> 0; },
    read: (into) => {
      for (let i = 0; i < CORE_NAMES.length; i++) into[i] = words[i];
      for (let i = 0; i < S_REGISTERS; i++) into[CORE_NAMES.length + i] = words[Word.S0 + i];
    },
    flags: () => flagText(words),
  };
}

/** APSR's flags as `N.C.`, with Q when set. */
export function flagText(words: Int32Array): string {
  const flag = (name: string, isSet: boolean): string => (isSet ? name : '.');
  const nzcv = flag('N', words[Word.N] < 0) + flag('Z', words[Word.Z] === 0) + flag('C', words[Word.C] !== 0) + flag('V', words[Word.V] !== 0);
  return words[Word.Q] !== 0 ? `${nzcv}Q` : nzcv;
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
