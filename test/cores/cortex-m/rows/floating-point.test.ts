/** The floating-point rows: encodings against GNU objdump, and the meaning of what moves data. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLOATING_POINT } from '../../../../emulator/cores/cortex-m/rows/floating-point.js';
import { fieldsOf, matches, type Instruction } from '../../../../emulator/isa/instruction.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { FloatMachine, rowOf, rowsOf } from '../../../isa/float/oracle/machine.js';
import { makeRandom } from '../../../isa/float/oracle/vectors.js';

const OPCODES_PER_ROW = 12;
const SEED = 7;

/** Random opcodes of a row that are not UNPREDICTABLE. */
function opcodesOf(row: Instruction, random: () => number): number[] {
  const opcodes: number[] = [];
  for (let tries = 0; opcodes.length < OPCODES_PER_ROW && tries < 5000; tries++) {
    const opcode = ((random() & ~row.mask) | row.value) >>> 0;
    if (matches(row, opcode) && !row.unpredictable?.(fieldsOf(row, opcode))) opcodes.push(opcode);
  }
  return opcodes;
}

/** What GNU objdump calls each 32-bit Thumb opcode, without comments. */
function disassemble(opcodes: readonly number[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'floating-point-'));
  try {
    const halfwords = Uint16Array.from(opcodes.flatMap((opcode) => [opcode >>> 16, opcode & 0xffff]));
    writeFileSync(join(folder, 'code.bin'), new Uint8Array(halfwords.buffer));
    execFileSync('arm-none-eabi-objcopy', ['-I', 'binary', '-O', 'elf32-littlearm', '-B', 'arm', 'code.bin', 'code.o'], { cwd: folder });
    const options = ['-D', '-z', '-j', '.data', '-m', 'armv8-m.main', '-M', 'force-thumb,reg-names-std', 'code.o'];
    const listing = execFileSync('arm-none-eabi-objdump', options, { cwd: folder, maxBuffer: 1 << 26 }).toString();
    return [...listing.matchAll(/^\s*[0-9a-f]+:\t[0-9a-f]{4} [0-9a-f]{4}\s*\t(.*)$/gm)].map((line) => withoutComment(line[1]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** objdump writes VMOV's immediate as its 8-bit code, and the number it stands for in the comment. */
function withoutComment(line: string): string {
  const immediate = /^(vmov\.f\d\d\s+\w+, #)\d+\s*@ 0x\w+\s+(\S+)/.exec(line);
  const text = immediate ? immediate[1] + immediate[2].replace(/(\.\d+?)0+$/, '$1') : line;
  return text.replace(/\s*[@;].*$/, '').replace(/\s+/g, ' ').trim().toLowerCase();
}

const ourText = (opcode: number): string => {
  const { syntax, ...row } = rowOf(opcode);
  return (typeof syntax === 'string' ? syntax : syntax(fieldsOf({ syntax, ...row }, opcode), 0)).toLowerCase();
};

describe('encodings', () => {
  const random = makeRandom(SEED);
  const samples = FLOATING_POINT.map((row) => [row.name, row, opcodesOf(row, random)] as const);
  const theirs = disassemble(samples.flatMap(([, , opcodes]) => opcodes));
  let at = 0;
  const expected = samples.map(([, , opcodes]) => theirs.slice(at, (at += opcodes.length)));

  it.each(samples.map(([name], i) => [name, i] as const))('%s reads as objdump reads it', (_, i) => {
    const [, , opcodes] = samples[i];
    expect(opcodes.length).toBe(OPCODES_PER_ROW);
    expect(opcodes.map(ourText)).toEqual(expected[i]);
  });

  it('never overlap', () => {
    const opcodes = Array.from({ length: 40_000 }, () => ((random() & 0x13ff_f1ff) | 0xec00_0a00) >>> 0);
    expect(opcodes.filter((opcode) => rowsOf(opcode).length > 1)).toEqual([]);
  });

  it('leave double-precision arithmetic undefined without fpv5-dp', () => {
    const rows = FLOATING_POINT.filter((row) => /\.F64/.test(row.name));
    expect(rows.filter((row) => row.feature !== 'fpv5-dp')).toEqual([]);
  });
});

it.each(FLOATING_POINT.map((row) => [row.name, row] as const))('%s checks access to the FPU before anything else', (_, row) => {
  const [opcode] = opcodesOf(row, makeRandom(SEED));
  const machine = new FloatMachine();
  const before = machine.words.slice();
  const execute = machine.prepare(opcode);
  machine.onHelper = (name) => { throw new Error(name); };
  expect(execute).toThrow(/^ExecuteFPCheck$/);
  expect(machine.words).toEqual(before);
});

interface Start { r?: Record<number, number>; s?: Record<number, number>; memory?: number[]; fpscr?: number; address?: number }

function run(opcode: number, { r = {}, s = {}, memory = [], fpscr = 0, address = 0 }: Start) {
  const machine = new FloatMachine();
  for (const [n, value] of Object.entries(r)) machine.words[Number(n)] = value;
  for (const [n, value] of Object.entries(s)) machine.setS(Number(n), value);
  machine.memory.set(memory);
  machine.words[Word.FPSCR] = fpscr;
  let fault = '';
  try {
    machine.prepare(opcode, address)();
  } catch (error) {
    fault = (error as Error).message;
  }
  return {
    fault, machine,
    r: (n: number) => machine.words[n] >>> 0,
    s: (...n: number[]) => n.map((i) => machine.s(i) >>> 0),
    word: (byte: number) => machine.memory[byte >> 2] >>> 0,
  };
}

const A = 0x1111_1111;
const B = 0x2222_2222;
const C = 0x3333_3333;
const D = 0x4444_4444;

describe('loads and stores', () => {
  it('VLDR S3, [R1, #-4]', () => expect(run(0xed51_1a01, { r: { 1: 8 }, memory: [0, A] }).s(3)).toEqual([A]));
  it('VLDR D1, [R1, #4] takes the low word from the low address', () =>
    expect(run(0xed91_1b01, { r: { 1: 4 }, memory: [0, 0, A, B] }).s(2, 3)).toEqual([A, B]));
  it('VLDR S0, [PC, #4] counts from the aligned PC', () =>
    expect(run(0xed9f_0a01, { address: 6, memory: [0, 0, 0, A] }).s(0)).toEqual([A]));
  it('VSTR D1, [R1]', () => {
    const after = run(0xed81_1b00, { r: { 1: 8 }, s: { 2: A, 3: B } });
    expect([after.word(8), after.word(12)]).toEqual([A, B]);
  });
  it('VLDR D1 changes nothing when its second word faults', () => {
    const after = run(0xed91_1b00, { r: { 1: 4092 }, s: { 2: C, 3: D } });
    expect(after.fault).toBe('no memory at 4096');
    expect(after.s(2, 3)).toEqual([C, D]);
  });
  it('VLDR S0 faults on a misaligned address', () => expect(run(0xed90_0a00, { r: { 0: 2 } }).fault).toBe('unaligned access at 2'));
});

describe('multiple registers', () => {
  it('VPUSH {S1-S3} stores upwards from the lowered SP', () => {
    const after = run(0xed6d_0a03, { r: { 13: 32 }, s: { 1: A, 2: B, 3: C } });
    expect([after.r(13), after.word(20), after.word(24), after.word(28)]).toEqual([20, A, B, C]);
  });
  it('VPOP {D1} loads and raises SP', () => {
    const after = run(0xecbd_1b02, { r: { 13: 8 }, memory: [0, 0, A, B] });
    expect([after.r(13), ...after.s(2, 3)]).toEqual([16, A, B]);
  });
  it('VLDMIA R2, {S30-S31} keeps its base', () => {
    const after = run(0xec92_fa02, { r: { 2: 0 }, memory: [A, B] });
    expect([after.r(2), ...after.s(30, 31)]).toEqual([0, A, B]);
  });
  it('FSTMIAX R2!, {D0} moves the base by one word more than it stores', () => {
    const after = run(0xeca2_0b03, { r: { 2: 8 }, s: { 0: A, 1: B, 2: C } });
    expect([after.r(2), after.word(8), after.word(12), after.word(16)]).toEqual([20, A, B, 0]);
  });
  it('VLDMIA R2!, {S0-S1} changes neither base nor registers when it faults', () => {
    const after = run(0xecb2_0a02, { r: { 2: 4092 }, s: { 0: C, 1: D } });
    expect([after.fault, after.r(2), ...after.s(0, 1)]).toEqual(['no memory at 4096', 4092, C, D]);
  });
  it('counts single registers as transfers', () => {
    const transfers = (opcode: number) => rowOf(opcode).transfers!(fieldsOf(rowOf(opcode), opcode));
    expect([0xed6d_0a03, 0xecbd_1b02, 0xeca2_0b03, 0xec92_fa08].map(transfers)).toEqual([3, 2, 2, 2]);
  });
});

describe('moves', () => {
  it.each([
    // VFPExpandImm, A6.4.1
    ['VMOV.F32 S0, #1.0', 0xeeb7_0a00, 0x3f80_0000],
    ['VMOV.F32 S0, #-31.0', 0xeebb_0a0f, 0xc1f8_0000],
    ['VMOV.F32 S0, #0.125', 0xeeb4_0a00, 0x3e00_0000],
    ['VMOV.F32 S0, #2.0', 0xeeb0_0a00, 0x4000_0000],
  ])('%s', (_, opcode, bits) => expect(run(opcode, {}).s(0)).toEqual([bits]));
  it('VMOV.F64 D1, #-0.25', () => expect(run(0xeebd_1b00, { s: { 2: A } }).s(2, 3)).toEqual([0, 0xbfd0_0000]));
  it('VMOV.32 D1[1], R3 leaves the other half', () => expect(run(0xee21_3b10, { r: { 3: A }, s: { 2: B, 3: C } }).s(2, 3)).toEqual([B, A]));
  it('VMOV.32 R3, D1[0]', () => expect(run(0xee11_3b10, { s: { 2: A, 3: B } }).r(3)).toBe(A));
  it('VMOV S5, R3 and VMOV R3, S5', () => {
    expect(run(0xee02_3a90, { r: { 3: A } }).s(5)).toEqual([A]);
    expect(run(0xee12_3a90, { s: { 5: B } }).r(3)).toBe(B);
  });
  it('VMOV S5, S6, R3, R4 and back', () => {
    expect(run(0xec44_3a32, { r: { 3: A, 4: B } }).s(5, 6)).toEqual([A, B]);
    const back = run(0xec54_3a32, { s: { 5: C, 6: D } });
    expect([back.r(3), back.r(4)]).toEqual([C, D]);
  });
  it('VMOV D2, R3, R4 takes the low word from the first', () => expect(run(0xec44_3b12, { r: { 3: A, 4: B } }).s(4, 5)).toEqual([A, B]));
});

describe('FPSCR', () => {
  it('VMSR writes the bits that exist', () => expect(run(0xeee1_3a10, { r: { 3: -1 } }).machine.words[Word.FPSCR] >>> 0).toBe(0xf7c0_009f));
  it('VMRS R3', () => expect(run(0xeef1_3a10, { fpscr: 0x1234_0000 }).r(3)).toBe(0x1234_0000));
  it.each([
    ['equal', 0x6000_0000, [0, 1, 1, 0]], ['less', 0x8000_0000 | 0, [1, 0, 0, 0]],
    ['greater', 0x2000_0000, [0, 0, 1, 0]], ['unordered', 0x3000_0000, [0, 0, 1, 1]], ['all', 0xf000_0000 | 0, [1, 1, 1, 1]],
  ])('VMRS APSR_nzcv, %s', (_, fpscr, flags) => {
    const { words } = run(0xeef1_fa10, { fpscr }).machine;
    expect([words[Word.N] >>> 31, words[Word.Z] === 0 ? 1 : 0, words[Word.C], words[Word.V]]).toEqual(flags);
  });
});
