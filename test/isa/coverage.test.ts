/** The table against the GNU tools: what they know has a row or a reason, and each core has its instructions alone. */
import { describe, expect, it } from 'vitest';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { CORES, type CoreName } from '../../emulator/cores/cortex-m/system/index.js';
import { Decoder, disassembleRow } from '../../emulator/isa/decoder.js';
import type { Instruction } from '../../emulator/isa/instruction.js';
import { accepts } from '../support/assembler.js';
import { objdump, type Opcode } from '../support/objdump.js';
import { Random } from '../support/random.js';
import { randomOpcodes } from './row-opcodes.js';

const SEED = 1;
const RANDOM_WIDE_OPCODES = 40_000;
const decoder = new Decoder(CORTEX_M_ROWS, CORES['cortex-m7'].features);

/** Opcodes that objdump names and Armv7-M does not define. DDI 0403E, chapter A5. */
const REASONS: readonly (readonly [reason: string, text: RegExp, opcode?: (opcode: number) => boolean])[] = [
  ['Armv8-M', /^(bl?xns|bf|bfl|bflx|bfx|bfcsel|wls|wlstp|dls|dlstp|le|letp|lctp|csel|csinc|csinv|csneg|sg|ttt?a?t?)\b/],
  ['Armv8 load-acquire and store-release', /^(lda|stl)/],
  ['Armv8 CRC', /^crc32/],
  ['A and R profiles', /^(blx|smc|hvc|eret|bxj|srs\w*|rfe\w*|setend|setpan|hlt|cps\w*|dcps\d|[ls][td]rexd|subs)\b/],
  ['banked registers', /^(mrs|msr)\b/],
  ['should-be-zero bits of BX and BLX', /^bl?x\b/, (opcode) => (opcode & 7) !== 0],
  ['objdump itself doubts it', /^(ldr|str)\?\?|^undefined/],
  ['SP or PC in a list that has no such bit', /^(ldm|stm|pop|push)/],
  ['should-be-zero bits of a register offset', /^(ldr|str|pl[di])/, (opcode) => (opcode & 0x0080_0800) === 0 && (opcode & 0xfc0) !== 0],
  ['a store relative to the PC', /^str/, (opcode) => ((opcode >>> 16) & 15) === 15],
  ['SSAT16, USAT16 with a width of five bits', /^[su]sat16/],
];
/** Coprocessors, the floating-point unit among them, and Advanced SIMD: test/cores/cortex-m/rows/floating-point.test.ts. */
const isCoprocessorOrSimd = (opcode: number): boolean => (opcode & 0xec00_0000) >>> 0 === 0xec00_0000 || (opcode & 0xff10_0000) >>> 0 === 0xf900_0000;
const isUndefined = (text: string): boolean => /<undefined>|<und>|\.(short|word|inst)/i.test(text);

function withoutRowOrReason(opcodes: readonly Opcode[]): string[] {
  const lines = objdump(opcodes, 'armv8-m.main');
  expect(lines).toHaveLength(opcodes.length);
  return lines.flatMap(({ text }, i) => {
    const { value, bits } = opcodes[i];
    const hasRow = decoder.find(value, bits) !== undefined;
    if (isUndefined(text)) return hasRow ? [`${value.toString(16)}: a row, but ${text}`] : [];
    if (hasRow || REASONS.some(([, pattern, applies]) => pattern.test(text) && (applies?.(value) ?? true))) return [];
    return [`${value.toString(16)}: no row, but ${text}`];
  });
}

describe('what objdump knows has a row or a reason', () => {
  it('in all 16-bit opcodes', () => {
    // An IT would change how objdump reads what follows; IT has its row and is compared in disassembly.test.ts.
    const isIT = (value: number): boolean => (value & 0xff00) === 0xbf00 && (value & 15) !== 0;
    const opcodes = Array.from({ length: 0xe800 }, (_, value) => ({ value, bits: 16 as const })).filter(({ value }) => !isIT(value));
    expect(withoutRowOrReason(opcodes)).toEqual([]);
  });

  it('in 32-bit opcodes at random', () => {
    const random = new Random(SEED);
    const opcodes = Array.from({ length: RANDOM_WIDE_OPCODES }, () => ({ value: (0xe800_0000 + random.below(0x1800_0000)) >>> 0, bits: 32 as const }));
    expect(withoutRowOrReason(opcodes.filter(({ value }) => !isCoprocessorOrSimd(value)))).toEqual([]);
  });
});

/** Rows whose text the assembler refuses although the core has the instruction. */
const REFUSED: Readonly<Record<string, string>> = {
  'UDF T2': 'Armv6-M has it (DDI 0419E, A6.7.72); the assembler does not know',
  'LDRD (literal) T1': 'the assembler wants a label',
};
const isRefused = (name: string): boolean => name in REFUSED || name.startsWith('Memory hint') || name.includes('scalar');

/** Addresses counted from the instruction, as the assembler can resolve them. */
const relative = (text: string, address: number): string =>
  (/^bkpt/.test(text) ? text : text.replace(/(?<!#-?)\b0x([0-9a-f]+)$/, (_, digits: string) => `. + (${(parseInt(digits, 16) - address) | 0})`));

describe.each([
  ['cortex-m0', ['-mcpu=cortex-m0']],
  ['cortex-m0plus', ['-mcpu=cortex-m0plus']],
  ['cortex-m3', ['-mcpu=cortex-m3']],
  ['cortex-m4', ['-mcpu=cortex-m4', '-mfpu=softvfp']],
  ['cortex-m4f', ['-mcpu=cortex-m4', '-mfpu=fpv4-sp-d16']],
  ['cortex-m7', ['-mcpu=cortex-m7', '-mfpu=fpv5-d16']],
] as const)('the instructions of a %s', (core: CoreName, options) => {
  const random = new Random(SEED);
  const address = 0x1000;
  const has = (row: Instruction): boolean => CORES[core].features.includes(row.feature as never);
  const samples = CORTEX_M_ROWS.flatMap((row) => randomOpcodes(row, 6, random).map((opcode) => ({ row, text: relative(disassembleRow(row, opcode, address), address) })));
  const isTaken = accepts(samples.map(({ text }) => text), options);
  const taken = new Set(samples.filter((_, i) => isTaken[i]).map(({ row }) => row.name));

  it('are all known to the assembler for this core', () => {
    expect(CORTEX_M_ROWS.filter((row) => has(row) && !taken.has(row.name) && !isRefused(row.name)).map(({ name }) => name)).toEqual([]);
  });

  it('are all that the assembler knows for it, floating point apart', () => {
    // The assembler takes some of VFP's instructions for any FPU.
    const isInteger = ({ feature }: Instruction): boolean => ['v6m', 'v7m', 'dsp'].includes(feature);
    expect(CORTEX_M_ROWS.filter((row) => isInteger(row) && !has(row) && taken.has(row.name)).map(({ name }) => name)).toEqual([]);
  });
});
