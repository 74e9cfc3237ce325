/** An opcode decodes to the same whether it is known already or not. */
import { describe, expect, it } from 'vitest';
import { OpcodeCache, UNCONDITIONAL } from '../../../emulator/cores/cortex-m/opcode-cache.js';
import { CORTEX_M_ROWS } from '../../../emulator/cores/cortex-m/rows/index.js';
import { TIMING } from '../../../emulator/cores/cortex-m/timing.js';
import { fieldsInContext, variantBases, variantOf } from '../../../emulator/isa/decoder.js';
import { decodeOperand } from '../../../emulator/isa/instruction.js';
import { randomOpcodes } from '../../isa/row-opcodes.js';
import { Random } from '../../support/random.js';

const FEATURES = [...new Set(CORTEX_M_ROWS.map(({ feature }) => feature))];
const NARROW_ADD = 0x1840; // ADDS R0, R0, R1; ADD in an IT block
const LDR_LITERAL = 0x4801; // LDR R0, [PC, #4]
const BKPT = 0xbe00;
const UNDEFINED_WIDE = 0xffff_ffff;

class Slots {
  readonly headers = new Int32Array(2);
  readonly lengths = new Uint8Array(2);
  readonly operands = new Int32Array(8);
  readonly cache = new OpcodeCache(CORTEX_M_ROWS, FEATURES, TIMING['cortex-m7']);

  decode(address: number, opcode: number, bits: 16 | 32, inIT = false): { readonly name: string | undefined; readonly header: number; readonly length: number; readonly operands: number[] } {
    const row = this.cache.decode(address, opcode, bits, inIT, this.headers, this.lengths, this.operands, 1);
    return { name: row?.name, header: this.headers[1], length: this.lengths[1], operands: [...this.operands.subarray(4)] };
  }
}

describe('an opcode', () => {
  it('has the variant and operands of its row, at the first and at the second address, outside and in IT blocks', () => {
    const slots = new Slots();
    const bases = variantBases(CORTEX_M_ROWS);
    const random = new Random(5);
    for (const row of CORTEX_M_ROWS) {
      for (const opcode of randomOpcodes(row, 5, random)) {
        for (const [address, inIT] of [[0x1000, false], [0x1000, true], [0x2ffe, false], [0x2ffe, true]] as const) {
          const got = slots.decode(address, opcode, row.bits, inIT);
          const found = CORTEX_M_ROWS.find(({ name }) => name === got.name)!;
          const fields = fieldsInContext(found, opcode, inIT);
          expect(got.header & 0xffff, row.name).toBe(bases.get(found)! + variantOf(found, fields));
          expect(got.operands.slice(0, found.operandEntries.length), row.name).toEqual(found.operandEntries.map(([, how]) => decodeOperand(how, fields, address)));
        }
      }
    }
  });

  it('sets flags outside IT blocks only, in the order either is met', () => {
    const [first, second] = [new Slots(), new Slots()];
    const outside = first.decode(0, NARROW_ADD, 16);
    const inside = first.decode(0, NARROW_ADD, 16, true);
    expect(inside.header).not.toBe(outside.header);
    expect(second.decode(0, NARROW_ADD, 16, true)).toEqual(inside);
    expect(second.decode(0, NARROW_ADD, 16)).toEqual(outside);
  });

  it('that looks at the PC has another operand at another address', () => {
    const slots = new Slots();
    const at = (address: number): number => slots.decode(address, LDR_LITERAL, 16).operands[1];
    // Armv7-M ARM A7.7.44: Align(PC, 4) + imm32, with the PC four bytes ahead.
    expect([at(0x100), at(0x102), at(0x104), at(0x100)]).toEqual([0x108, 0x108, 0x10c, 0x108]);
  });

  it('of BKPT is executed whatever the condition', () => {
    expect(new Slots().decode(0, BKPT, 16, true).length).toBe(2 + UNCONDITIONAL);
  });

  it('without a row leaves the slot alone', () => {
    const slots = new Slots();
    const before = slots.decode(0, NARROW_ADD, 16);
    expect(slots.decode(0, UNDEFINED_WIDE, 32)).toEqual({ ...before, name: undefined });
  });

  it('is found again after so many others that the cache was emptied', () => {
    const slots = new Slots();
    const before = slots.decode(0, NARROW_ADD, 16);
    for (let immediate = 0; immediate < 70_000; immediate++) slots.decode(0, (0xf240_0000 | ((immediate & 0x700) << 4) | (immediate & 0xff) | ((immediate >> 11) << 16) | ((immediate & 0x800) << 15)) >>> 0, 32);
    expect(slots.decode(0, NARROW_ADD, 16)).toEqual(before);
  });
});
