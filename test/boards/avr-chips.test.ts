/** The AVR chip files against avr-libc's headers: every register and every vector of a chip belongs to a block, or to the core. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EmulatedMachine } from '../../emulator/machine.js';
import { avrBoard } from '../support/avr-machine.js';

const CORE = ['SREG', 'SPL', 'SPH', 'RAMPZ', 'EIND'];

/** Names and numbers of a chip as its header defines them, worked out by the preprocessor. */
function headerOf(mcu: string): { registers: Map<number, string>; vectors: Map<number, string> } {
  const macros = execFileSync('avr-gcc', [`-mmcu=${mcu}`, '-dM', '-E', '-include', 'avr/io.h', '-x', 'c', '/dev/null'], { encoding: 'utf8' });
  const registers = new Map<number, string>();
  const vectors = new Map<number, string>();
  for (const line of macros.split('\n')) {
    const register = /^#define (\w+) _SFR_(IO|MEM)8 ?\((0[xX][0-9A-Fa-f]+)\)/.exec(line);
    if (register) registers.set(Number(register[3]) + (register[2] === 'IO' ? 0x20 : 0), register[1]);
    const vector = /^#define (\w+)_vect_num (\d+)/.exec(line);
    if (vector) vectors.set(Number(vector[2]), vector[1]);
  }
  return { registers, vectors };
}

/** Registers that the headers leave out: on-chip debugging's. */
const NOT_IN_HEADER = ['DWDR'];
/** The same address by another name: MONDR. */
const ALIASES: Readonly<Record<string, string>> = { OCDR: 'MONDR' };

describe.each([['atmega328p', 'arduino-uno'], ['atmega328p', 'arduino-nano'], ['atmega2560', 'arduino-mega']])('%s on %s', (mcu, name) => {
  const board = avrBoard(name);
  const header = headerOf(mcu);
  const placed = new Map(board.chip.peripherals.flatMap(({ options }) => Object.entries(options['registers'] as Record<string, number>).map(([register, at]) => [at, register] as const)));

  it('has every register of the chip in a block, by its name and address', () => {
    const expected = [...header.registers].filter(([, register]) => !CORE.includes(register));
    expect(expected.filter(([at, register]) => placed.get(at) !== register && ALIASES[placed.get(at) ?? ''] !== register)).toEqual([]);
    expect(expected.length).toBeGreaterThan(75);
  });

  it('has no register that the chip has not', () => {
    expect([...placed].filter(([at, register]) => !header.registers.has(at) && !NOT_IN_HEADER.includes(register))).toEqual([]);
  });

  it('wires every vector of the chip', () => {
    const wired = new Set(board.chip.peripherals.flatMap(({ irqs }) => Object.values(irqs)));
    expect([...header.vectors].filter(([vector]) => vector !== 0 && !wired.has(vector))).toEqual([]);
    const { core } = board.chip;
    expect('vectors' in core && core.vectors).toBe(Math.max(...header.vectors.keys()) + 1);
  });

  it('answers at every register, without a warning', () => {
    const machine = new EmulatedMachine(board, { seed: 0 });
    const warnings: string[] = [];
    machine.warnings.onWarning((text) => warnings.push(text));
    for (const at of placed.keys()) machine.bus.read(0x80_0000 + at, 1);
    expect(warnings.filter((text) => text.includes('nothing is at'))).toEqual([]);
  });
});
