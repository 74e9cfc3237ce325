/**
 * Every row's text against GNU objdump's. Both sides are brought to one form first: lower case, single spaces, no
 * comments, decimal immediates, PC-relative addresses resolved, and Armv7-M's names where objdump keeps older ones.
 */
import { describe, expect, it } from 'vitest';
import { conditionSuffix } from '../../emulator/cores/cortex-m/rows/branch.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { disassembleRow, fieldsInContext } from '../../emulator/isa/decoder.js';
import type { Instruction } from '../../emulator/isa/instruction.js';
import { normalise } from '../support/assembly-text.js';
import { objdump, type Opcode } from '../support/objdump.js';
import { Random } from '../support/random.js';
import { randomOpcodes } from './row-opcodes.js';

const OPCODES_PER_ROW = 24;
const SEED = 1;
const NOP: Opcode = { value: 0xbf00, bits: 16 };

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
