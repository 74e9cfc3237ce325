/**
 * Every row's text against GNU objdump's. Both sides are brought to one form first: lower case, single spaces, no
 * comments, decimal immediates, PC-relative addresses resolved, and Armv7-M's names where objdump keeps older ones.
 */
import { describe, expect, it } from 'vitest';
import { conditionSuffix } from '../../emulator/cores/cortex-m/rows/branch.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { disassembleRow, fieldsInContext } from '../../emulator/isa/decoder.js';
import type { Instruction } from '../../emulator/isa/instruction.js';
import { objdump, type Opcode } from '../support/objdump.js';
import { Random } from '../support/random.js';
import { randomOpcodes } from './row-opcodes.js';

const OPCODES_PER_ROW = 24;
const SEED = 1;
const NOP: Opcode = { value: 0xbf00, bits: 16 };

/** What objdump writes in an older or another way than the manual, brought to the manual's. */
const ALIASES: readonly (readonly [RegExp, string | ((...groups: string[]) => string)])[] = [
  [/\bcpsr_fs\b/, 'apsr_nzcvqg'], [/\bcpsr_f\b/, 'apsr_nzcvq'], [/\bcpsr_s\b/, 'apsr_g'], [/\bcpsr\b/, 'apsr'], [/ psr\b/, ' xpsr'],
  [/\b([ixe]+[ap]?psr)_\w+/, '$1'],
  [/^neg(\w*) (\w+), (\w+)$/, 'rsb$1 $2, $3, #0'],
  [/^mul(\w*) (\w+), (\w+)$/, 'mul$1 $2, $3, $2'],
  [/^mov(s?)(\w*)\.w (\w+), (\w+), (lsl|lsr|asr|ror) #/, '$5$1$2.w $3, $4, #'],
  [/^mov(s?)(\w*)\.w (\w+), (\w+), rrx/, 'rrx$1$2 $3, $4'],
  [/^stmdb(\w*) sp!, /, 'push$1.w '], [/^ldmia(\w*)\.w sp!, /, 'pop$1.w '],
  [/, #0\]$/, ']'],
  // Names that are reserved in Armv7-M: from Armv8, and the A profile's barrier options.
  [/^sevl(\w*)$/, 'nop$1 {5}'], [/^dfb(\w*)$/, 'dsb$1 #12'],
  [/^(d[ms]b\w*) (\w+)$/, (line, barrier, option) => (option in BARRIER_OPTIONS ? `${barrier} #${BARRIER_OPTIONS[option]}` : line)],
];
const BARRIER_OPTIONS: Readonly<Record<string, number>> = { oshld: 1, oshst: 2, osh: 3, nshld: 5, unst: 6, un: 7, ishld: 9, ishst: 10, ish: 11, ld: 13, st: 14 };

function normalise(text: string, address: number): string {
  const immediate = /^(vmov\w*\.f\d\d\s+\w+, #)\d+\s*@ 0x\w+\s+(\S+)/.exec(text); // the 8-bit code, its value in the comment
  const withValue = immediate ? immediate[1] + immediate[2].replace(/(\.\d+?)0+$/, '$1') : text;
  const withoutComment = withValue.toLowerCase().replace(/\s*[@;].*$/, '').replace(/\s+/g, ' ').trim();
  const decimal = withoutComment.replace(/#(-?)0x([0-9a-f]+)/g, (_, sign: string, digits: string) => `#${sign}${parseInt(digits, 16)}`);
  const aliased = ALIASES.reduce((line, [old, name]) => line.replace(old, name as string), decimal);
  return expandRanges(resolve(aliased, address));
}

/** `[pc, #n]`, and ADR written as an addition to the PC, become the address. */
function resolve(text: string, address: number): string {
  const from = (offset: number): string => `0x${((((address + 4) & ~3) + offset) >>> 0).toString(16)}`;
  const loaded = text.replace(/\[pc(?:, #(-?\d+))?\]$/, (_, offset = '0') => from(Number(offset)));
  const added = /^(add|sub)(w?)(\w*) (\w+), pc, #(\d+)$/.exec(loaded);
  if (!added) return loaded;
  const [, operation, w, condition, Rd, offset] = added;
  return `adr${condition}${w && '.w'} ${Rd}, ${from(operation === 'add' ? Number(offset) : -Number(offset))}`;
}

/** `{r0-r2}` becomes `{r0, r1, r2}`. */
const expandRanges = (text: string): string => text.replace(/\br(\d+)-r(\d+)/g, (_, first: string, last: string) =>
  Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `r${Number(first) + i}`).join(', '));

/** SSBB and PSSBB of Armv8 take no condition where objdump sees them; they are DSB #0 and #4. */
const isUnconditionalInArmv8 = (row: Instruction, opcode: number): boolean => row.name === 'DSB T1' && (opcode & 0xb) === 0;
/** objdump takes a literal load for an unprivileged one when the offset looks like that; Rn = PC is always literal (A5.3.7). */
const isMisread = (row: Instruction, opcode: number): boolean => /\(literal\)/.test(row.name) && (opcode & 0x0080_0f00) === 0xe00;

interface Sample { readonly row: Instruction; readonly opcode: number; readonly itstate: number; readonly address: number }

/** Samples of all rows as one program, each with what makes its context: an IT before it, NOPs after an IT of its own. */
function layOut(itstateOf: (random: Random) => number): { samples: Sample[]; code: Opcode[] } {
  const random = new Random(SEED);
  const samples: Sample[] = [];
  const code: Opcode[] = [];
  let address = 0;
  const append = (opcode: Opcode): void => {
    code.push(opcode);
    address += opcode.bits / 8;
  };
  for (const row of CORTEX_M_ROWS) {
    for (const opcode of randomOpcodes(row, OPCODES_PER_ROW, random)) {
      if (isMisread(row, opcode) || isUnconditionalInArmv8(row, opcode)) continue;
      const itstate = itstateOf(random);
      if (itstate !== 0 && row.unpredictable?.(fieldsInContext(row, opcode, true))) continue;
      if (itstate !== 0) append({ value: 0xbf00 | itstate, bits: 16 });
      samples.push({ row, opcode, itstate, address });
      append({ value: opcode, bits: row.bits });
      if (row.name === 'IT T1') for (let i = 0; i < 4; i++) append(NOP);
    }
  }
  return { samples, code };
}

describe.each([
  ['outside IT blocks', () => 0],
  ['in IT blocks', (random: Random) => (random.below(14) << 4) | 8],
] as const)('disassembly %s', (_, itstateOf) => {
  const { samples, code } = layOut(itstateOf);
  const theirs = new Map(objdump(code, 'armv8-m.main').map(({ address, text }) => [address, text]));
  it('reads as objdump reads it', () => {
    const ours = samples.map(({ row, opcode, itstate, address }) => `${row.name}: ${normalise(disassembleRow(row, opcode, address, conditionSuffix(itstate)), address)}`);
expect(ours).toEqual(samples.map(({ row, address }) => `${row.name}: ${normalise(theirs.get(address) ?? 'nothing', address)}`));
  });
});

it('covers every row', () => {
  const sampled = new Set(layOut(() => 0).samples.map(({ row }) => row.name));
  expect(CORTEX_M_ROWS.filter(({ name }) => !sampled.has(name)).map(({ name }) => name)).toEqual([]);
});
