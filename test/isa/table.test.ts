/** What must hold of the whole instruction table, whatever a row does. */
import { describe, expect, it } from 'vitest';
import { makeHandlers, type HandlerEnvironment } from '../../emulator/cores/cortex-m/generated/interpreter.js';
import { CORTEX_M_ROWS } from '../../emulator/cores/cortex-m/rows/index.js';
import { CORES, type CoreName } from '../../emulator/cores/cortex-m/system/index.js';
import { cyclesOf, TIMING } from '../../emulator/cores/cortex-m/timing.js';
import { choicesOfVariant, Decoder, fieldsInContext, variantBases, variantCount, variantOf } from '../../emulator/isa/decoder.js';
import { decodeOperand, fieldsOf, instruction, matches, type Instruction } from '../../emulator/isa/instruction.js';
import { checkTable } from '../../emulator/isa/table.js';
import { Random } from '../support/random.js';
import { randomOpcodes } from './row-opcodes.js';

const SEED = 1;
const cores = Object.keys(CORES) as CoreName[];
const rowsOf = (core: CoreName): Instruction[] => CORTEX_M_ROWS.filter((row) => CORES[core].features.includes(row.feature as never));
/** Above these a halfword begins a 32-bit instruction (A5.1). */
const NARROW_END = 0xe800;

describe.each(cores)('the rows of a %s', (core) => {
  const rows = rowsOf(core);
  const describing = (opcode: number, bits: 16 | 32): string[] =>
    rows.filter((row) => row.bits === bits && (opcode & row.mask) >>> 0 === row.value && matches(row, opcode)).map(({ name }) => name);

  it('give every 16-bit opcode one meaning at most', () => {
    const clashes: string[][] = [];
    for (let opcode = 0; opcode < NARROW_END; opcode++) {
      const found = describing(opcode, 16);
      if (found.length > 1) clashes.push(found);
    }
    expect(clashes).toEqual([]);
  });

  it('give 32-bit opcodes one meaning at most, at random and within every row', () => {
    const random = new Random(SEED);
    const anywhere = Array.from({ length: 20_000 }, () => (0xe800_0000 + random.below(0x1800_0000)) >>> 0);
    const within = rows.filter((row) => row.bits === 32).flatMap((row) => Array.from({ length: 60 }, () => ((random.word() & ~row.mask) | row.value) >>> 0));
    expect([...anywhere, ...within].map((opcode) => describing(opcode, 32)).filter((found) => found.length > 1)).toEqual([]);
  });

  it('are what the decoder finds', () => {
    const decoder = new Decoder(CORTEX_M_ROWS, CORES[core].features);
    const random = new Random(SEED);
    for (const row of rows) for (const opcode of randomOpcodes(row, 8, random)) expect(decoder.find(opcode, row.bits)?.name).toBe(row.name);
  });

  it('all have a cycle cost', () => {
    for (const row of rows) expect(cyclesOf(TIMING[core], row.timing, 1), row.name).toBeGreaterThan(0);
  });

  it('cost at most 255 cycles, what a decoded slot holds', () => {
    const random = new Random(SEED);
    for (const row of rows) {
      for (const opcode of randomOpcodes(row, 8, random)) expect(cyclesOf(TIMING[core], row.timing, row.transfers?.(fieldsOf(row, opcode)) ?? 0), row.name).toBeLessThan(256);
    }
  });
});

describe('every row', () => {
  const random = new Random(SEED);
  /** The decoder executes UNPREDICTABLE opcodes too. */
  const anyOpcodes = (row: Instruction, count: number): number[] =>
    Array.from({ length: count }, () => ((random.word() & (row.bits === 16 ? 0xffff : -1) & ~row.mask) | row.value) >>> 0).filter((opcode) => matches(row, opcode));

  it('has a name of its own and overlaps no other without a condition', () => expect(() => checkTable(CORTEX_M_ROWS)).not.toThrow());

  it('decodes any of its opcodes to a variant that exists and to 32-bit operands', () => {
    for (const row of CORTEX_M_ROWS) {
      for (const opcode of anyOpcodes(row, 50)) {
        for (const inIT of [false, true]) {
          const fields = fieldsInContext(row, opcode, inIT);
          expect(variantOf(row, fields), row.name).toBeLessThan(variantCount(row));
          for (const decode of Object.values(row.operands ?? {})) expect(Number.isInteger(decodeOperand(decode, fields, 0x1000)), row.name).toBe(true);
        }
      }
    }
  });

  it('numbers its variants so that each has its own choices', () => {
    for (const row of CORTEX_M_ROWS) {
      const all = Array.from({ length: variantCount(row) }, (_, variant) => JSON.stringify(choicesOfVariant(row, variant)));
      expect(new Set(all).size, row.name).toBe(all.length);
    }
  });

  it('has a generated handler for each variant', () => {
    const environment = { helpers: {} } as unknown as HandlerEnvironment;
    const handlers = makeHandlers(environment);
    const variants = CORTEX_M_ROWS.reduce((sum, row) => sum + variantCount(row), 0);
    expect(handlers.slice(1).every((handler) => typeof handler === 'function')).toBe(true);
    expect(handlers).toHaveLength(1 + variants);
    const bases = [...variantBases(CORTEX_M_ROWS).values()];
    expect([bases[0], bases.at(-1)! + variantCount(CORTEX_M_ROWS.at(-1)!)]).toEqual([1, 1 + variants]);
  });

  // Not shown: the second copy of Rm, which has to equal the first; how a literal is indexed, which changes nothing.
  const notShown = ['CLZ T1: n', 'LDRD (literal) T1: P', 'LDRD (literal) T1: W', 'RBIT T1: n', 'REV T2: n', 'REV16 T2: n', 'REVSH T2: n'];
  it('shows every field in its text', () => {
    const unseen = CORTEX_M_ROWS.flatMap((row) => Object.keys(row.fieldBits).filter((field) => !isSeen(row, field)).map((field) => `${row.name}: ${field}`));
    expect(unseen.sort()).toEqual(notShown);
  });

  /** Two opcodes that differ in one bit of this field and in their text. */
  function isSeen(row: Instruction, field: string): boolean {
    const text = (opcode: number): string => (typeof row.syntax === 'string' ? row.syntax : row.syntax(fieldsInContext(row, opcode, false), 0x1000));
    return anyOpcodes(row, 400).some((opcode) => row.fieldBits[field].some((bit) => {
      const other = (opcode ^ (1 << bit)) >>> 0;
      return matches(row, other) && text(other) !== text(opcode);
    }));
  }
});

describe('a decoder', () => {
  it.each([
    ['adds r0, r1, r2', 0x1888, 16, 'ADD (register) T1'],
    ['ldr.w r0, [r1, #4]', 0xf8d1_0004, 32, 'LDR (immediate) T3'],
    ['bl .', 0xf7ff_fffe, 32, 'BL T1'],
  ] as const)('finds %s', (_, opcode, bits, name) => expect(new Decoder(CORTEX_M_ROWS, ['v6m', 'v7m']).find(opcode, bits)?.name).toBe(name));

  it('leaves out rows whose feature is not listed', () => {
    expect(new Decoder(CORTEX_M_ROWS, ['v6m']).find(0xf8d1_0004, 32)).toBeUndefined();
    expect(new Decoder(CORTEX_M_ROWS, ['v6m', 'v7m']).find(0xfa81_f002, 32)).toBeUndefined(); // SADD8 needs the DSP extension
  });
});

describe('an instruction', () => {
  const spec = { feature: 'v6m', syntax: '', timing: 'alu', operation: () => {} };
  it('joins the parts of a split field in reading order', () => {
    const row = instruction('split', { ...spec, encoding: '11110 i 0 0000 0 0000 0 iii 0000 iiiiiiii' });
    expect(fieldsOf(row, 0xf400_5081)).toEqual({ i: 0b1_101_1000_0001 });
  });
  it('refuses encodings of another length and more than four operands', () => {
    expect(() => instruction('short', { ...spec, encoding: '0000' })).toThrow('short: encoding has 4 bits');
    const operands = { a: 'i', b: 'i', c: 'i', d: 'i', e: 'i' };
    expect(() => instruction('many', { ...spec, encoding: 'iiii iiii iiii iiii', operands })).toThrow('many: 5 dynamic operands');
  });
});

describe('a table', () => {
  const spec = { feature: 'v6m', syntax: '', timing: 'alu', operation: () => {} };
  it('refuses two rows of one name, and two rows for one opcode', () => {
    const a = instruction('A', { ...spec, encoding: '0000 0000 0000 iiii' });
    const b = instruction('B', { ...spec, encoding: '0000 0000 iiii 0000' });
    expect(() => checkTable([a, a])).toThrow('two rows are called A');
    expect(() => checkTable([a, b])).toThrow('A overlaps B');
  });
});
