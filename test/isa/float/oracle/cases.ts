/** One opcode per arithmetic row, over S0..S5 (D0..D2), and the vectors for it. */
import type { Instruction } from '../../../../emulator/isa/instruction.js';
import { FP_ARITHMETIC } from '../../../../emulator/cores/cortex-m/rows/floating-point-arithmetic.js';
import { FP_CONVERSIONS } from '../../../../emulator/cores/cortex-m/rows/floating-point-convert.js';
import type { Case, Kind } from './compare.js';
import { double, fpscr, makeRandom, relate, single } from './vectors.js';

const SET_WORDS = 7;

/** Register numbers that keep to S0..S5 and D0..D2: destination, first and second operand. */
const FIELD_VALUES: Readonly<Record<string, number>> = { d: 0, n: 1, m: 2, D: 1, N: 1, M: 0 };

function withFields(row: Instruction, values: Readonly<Record<string, number>>): number {
  let opcode = row.value;
  for (const [name, positions] of Object.entries(row.fieldBits)) {
    positions.forEach((bit, i) => {
      if (((values[name] ?? 0) >>> (positions.length - 1 - i)) & 1) opcode |= 1 << bit;
    });
  }
  return opcode;
}

function kindOf(row: Instruction): Kind {
  if (/\.F16 /.test(row.name)) return 'half';
  if (/^VCVT\.F\d\d\.[SU]/.test(row.name)) return 'word';
  const source = /\.(F\d\d)(?: \(fixed-point\))? T\d$/.exec(row.name)?.[1];
  return source === 'F64' ? 'double' : 'single';
}

/** imm4:i of the fixed-point rows: several numbers of fraction bits. */
const fractions = (row: Instruction): Readonly<Record<string, number>>[] =>
  'j' in row.fieldBits ? [0, 1, 5, 8].map((j) => ({ ...FIELD_VALUES, j, i: j & 1 })) : [FIELD_VALUES];

export function arithmeticCases(): Case[] {
  return [...FP_ARITHMETIC, ...FP_CONVERSIONS].flatMap((row) =>
    fractions(row).map((values) => ({
      opcode: withFields(row, values),
      kind: kindOf(row),
      core: row.feature === 'fpv4-sp' ? 4 : 7,
      isAlwaysNearest: /^VCVT\.F32\..*fixed-point/.test(row.name),
    } as const)));
}

/** Sets of [FPSCR, S0..S5]. */
export function vectors(kind: Kind, count: number, seed: number): Int32Array {
  const random = makeRandom(seed);
  const sets = new Int32Array(count * SET_WORDS);
  const words = new Int32Array(6);
  const singles = new Float32Array(words.buffer);
  const doubles = new Float64Array(words.buffer);
  for (let at = 0; at < sets.length; at += SET_WORDS) {
    sets[at] = fpscr(random);
    let near = random();
    for (let i = 0; i < words.length; i++) {
      if (kind === 'double') {
        const [low, high] = double(random, near);
        words[i] = low;
        words[++i] = near = high;
      } else if (kind === 'single') words[i] = near = single(random, near);
      else words[i] = integer(random);
    }
    if (kind === 'single') relate(random, singles, words, [1, 3, 4], 1);
    if (kind === 'double') relate(random, doubles, words, [0, 1, 2], 2);
    sets.set(words, at + 1);
  }
  return sets;
}

/** Words of any magnitude, which are also pairs of halves. */
const integer = (random: () => number): number => {
  const word = random() >> (random() & 31);
  return random() & 1 ? word : word ^ (word << 16);
};
