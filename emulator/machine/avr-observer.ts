/** What looks at an AVR from outside: registers, memory, disassembly, instruction listeners. Addresses are those of AVR's ELF files. */
import type { Chip } from '../boards/index.js';
import type { Bus } from '../bus/bus.js';
import type { Avr } from '../cores/avr/core.js';
import { readSREG, Word } from '../cores/avr/state.js';
import { textOf } from '../isa/decoder.js';
import { fieldsOf } from '../isa/instruction.js';
import type { CoreView, Disassembled, RegistersView } from '../machine-api.js';

export function avrView(core: Avr, bus: Bus, chip: Chip): CoreView {
  return {
    name: 'avr',
    words: core.words,
    registers: registersOf(core),
    peek: (address, bytes) => bus.peek(address, bytes),
    faultStatus: () => undefined,
    onInstruction: (listener) => {
      core.interpreter.onInstruction = listener && ((address) => {
        core.words[Word.PC] = address >> 1; // which the interpreter keeps to itself
        listener(address);
      });
    },
    disassemble: (address) => disassemble(core, bus, address),
    exceptionName: (vector) => vectorName(chip, vector),
  };
}

const R_REGISTERS = 32;
/** SREG's bits from 7 down to 0. */
const FLAGS = 'ITHSVNZC';

function registersOf({ words, config }: Avr): RegistersView {
  const others = [
    { name: 'sp', word: Word.SP, digits: 4 },
    ...(config.rampzMask === 0 ? [] : [{ name: 'rampz', word: Word.RAMPZ, digits: 2 }]),
    ...(config.eindMask === 0 ? [] : [{ name: 'eind', word: Word.EIND, digits: 2 }]),
  ];
  const general = Array.from({ length: R_REGISTERS }, (_, i) => ({ name: `r${i}`, word: Word.R0 + i, digits: 2 }));
  const all = [...general, ...others];
  return {
    names: all.map(({ name }) => name),
    digits: all.map(({ digits }) => digits),
    get pc() { return words[Word.PC] << 1; },
    read: (into) => { for (let i = 0; i < all.length; i++) into[i] = words[all[i].word]; },
    flags: () => {
      const status = readSREG(words);
      return [...FLAGS].map((name, i) => ((status >> (7 - i)) & 1 ? name : '.')).join('');
    },
  };
}

function disassemble(core: Avr, bus: Bus, address: number): Disassembled {
  const found = core.interpreter.rowAt(address >> 1);
  const length = found?.row.bits === 32 ? 4 : 2;
  const bytes = Uint8Array.from({ length }, (_, i) => bus.peek(address + i, 1) ?? 0);
  const text = found ? textOf(found.row, fieldsOf(found.row, found.opcode), address >> 1) : `.word 0x${((bytes[1] << 8) | bytes[0]).toString(16).padStart(4, '0')}`;
  return { text, bytes };
}

/** By the block that asks: `timer0 ovf`. */
function vectorName({ peripherals }: Chip, vector: number): string {
  for (const { name, irqs } of peripherals) {
    const lines = Object.keys(irqs);
    const line = lines.find((one) => irqs[one] === vector);
    if (line !== undefined) return lines.length === 1 ? name : `${name} ${line}`;
  }
  return `vector ${vector}`;
}
