/** Random program images and cases. */
import { AVR_ROWS, type AvrRow } from '../../../emulator/cores/avr/rows/index.js';
import { Decoder } from '../../../emulator/isa/decoder.js';
import { fieldsOf } from '../../../emulator/isa/instruction.js';
import { Random } from '../../support/random.js';
import { DATA_BYTES, EIND_MASK, PROGRAM_WORDS, RAMPZ_MASK, type AvrCase, type AvrCore, type AvrImage } from './case.js';
import { isOutOfScope } from './rules.js';

export const FEATURES: Readonly<Record<AvrCore, readonly string[]>> = { 'avr-pc16': ['avre', 'pc16'], 'avr-pc22': ['avre', 'elpm', 'pc22'] };

export const rowsOf = (core: AvrCore): AvrRow[] => AVR_ROWS.filter(({ feature }) => FEATURES[core].includes(feature));

const CASES_OF_AN_IMAGE = 20_000;
const MOST_STEPS = 24;
/** Bytes at which carries and signs change. */
const CORNERS = [0x00, 0x01, 0x02, 0x0f, 0x10, 0x7e, 0x7f, 0x80, 0x81, 0xef, 0xf0, 0xfe, 0xff];

const mix = (...numbers: number[]): number => numbers.reduce((hash, n) => Math.imul(hash ^ n, 0x9e37_79b1) ^ (hash >>> 15), 0x2545_f491);

export const imageNumberOf = (index: number): number => Math.floor(index / CASES_OF_AN_IMAGE);

function encode(random: Random, row: AvrRow): number {
  return ((random.word() & ~row.mask) | row.value) >>> 0;
}

export function makeImage(core: AvrCore, seed: number, number: number, chosen: readonly AvrRow[]): AvrImage {
  const random = new Random(mix(seed, number, PROGRAM_WORDS[core]));
  const program = new Uint16Array(PROGRAM_WORDS[core]);
  for (let pc = 0; pc < program.length;) {
    if (random.chance(3)) program[pc++] = random.word() & 0xffff;
    else {
      const row = random.pick(chosen);
      const opcode = encode(random, row);
      if (row.bits === 32) program[pc++] = opcode >>> 16;
      if (pc < program.length) program[pc++] = opcode & 0xffff;
    }
  }
  const data = Uint8Array.from({ length: DATA_BYTES }, () => random.word());
  return { core, number, program, data, rowAt: findRows(core, program, chosen) };
}

/**
 * At the end of flash they push 0, since the ATmega2560's PC has 17 bits (data sheet, "Program and Data Memory"); both oracles push
 * the 18 bits of what lies behind it.
 */
const CALLS = new Set(['RCALL (22-bit PC)', 'CALL (22-bit PC)', 'ICALL (22-bit PC)', 'EICALL']);

function findRows(core: AvrCore, program: Uint16Array, chosen: readonly AvrRow[]): Int16Array {
  const decoder = new Decoder(AVR_ROWS, FEATURES[core]);
  const wanted = new Set(chosen.map((row) => AVR_ROWS.indexOf(row)));
  return Int16Array.from(program, (word, pc) => {
    const both = ((word << 16) | program[(pc + 1) % program.length]) >>> 0;
    const narrow = decoder.indexOf(word, 16);
    const [index, opcode] = narrow >= 0 ? [narrow, word] : [decoder.indexOf(both, 32), both];
    if (index < 0 || !wanted.has(index)) return -1;
    const row = AVR_ROWS[index];
    if (row.bits === 32 && pc === program.length - 1) return -1; // its second word is at the other end
    if (CALLS.has(row.name) && pc + row.bits / 16 === program.length) return -1;
    return isOutOfScope(row) || row.unpredictable?.(fieldsOf(row, opcode)) === true ? -1 : index;
  });
}

export function makeCase(image: AvrImage, seed: number, index: number): AvrCase {
  const random = new Random(mix(seed, index, 1));
  const byte = (): number => (random.chance(40) ? random.pick(CORNERS) : random.below(256));
  return {
    steps: random.between(1, MOST_STEPS),
    state: {
      pc: random.below(image.program.length), sp: random.below(DATA_BYTES), sreg: random.below(256),
      rampz: image.core === 'avr-pc22' ? random.below(RAMPZ_MASK + 1) : image.data[0x5b], eind: image.core === 'avr-pc22' ? random.below(EIND_MASK + 1) : image.data[0x5c],
      r: Uint8Array.from({ length: 32 }, byte),
    },
  };
}
