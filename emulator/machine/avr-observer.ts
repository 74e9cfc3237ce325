/** What looks at an AVR from outside: registers, memory, disassembly, instruction listeners. Addresses are those of AVR's ELF files. */
import type { Chip } from '../boards/index.js';
import type { Bus } from '../bus/bus.js';
import type { Avr } from '../cores/avr/core.js';
import { Word } from '../cores/avr/state.js';
import { textOf } from '../isa/decoder.js';
import { fieldsOf } from '../isa/instruction.js';
import type { CoreView, Disassembled } from '../machine-api.js';

export function avrView(core: Avr, bus: Bus, chip: Chip): CoreView {
  return {
    name: 'avr',
    words: core.words,
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
