import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../emulator/debug/dwarf/expression.js';

const context = {
  register: (index: number) => (index === 9 ? undefined : 0x1000 * index),
  word: (address: number) => (address === 0xd000 ? 0x1122_3344 : undefined),
};
const run = (bytes: readonly number[], initial: readonly number[] = []): number | undefined => evaluate(Uint8Array.from(bytes), 0, bytes.length, context, initial);

describe('DWARF expressions (DWARF 5, 2.5.1 and 7.7.1)', () => {
  it.each<[string, number[], number]>([
    ['lit5',                             [0x35], 5],
    ['breg13 +4',                        [0x7d, 0x04], 0xd004],
    ['breg13 -4',                        [0x7d, 0x7c], 0xcffc],
    ['bregx 13 +0, deref',               [0x92, 13, 0, 0x06], 0x1122_3344],
    ['breg13 +1, deref_size 2',          [0x7d, 0x01, 0x94, 2], 0x2233],
    ['breg13 0, plus_uconst 0x80',       [0x7d, 0, 0x23, 0x80, 0x01], 0xd080],
    ['const1s -2',                       [0x09, 0xfe], 0xffff_fffe],
    ['const2s -2, abs',                  [0x0b, 0xfe, 0xff, 0x19], 2],
    ['const4u 0x12345678',               [0x0c, 0x78, 0x56, 0x34, 0x12], 0x1234_5678],
    ['lit7, lit2, minus',                [0x37, 0x32, 0x1c], 5],
    ['consts -7, lit2, div (signed)',    [0x11, 0x79, 0x32, 0x1b], 0xffff_fffd],
    ['const1s -1, lit28, shr (logical)', [0x09, 0xff, 0x4c, 0x25], 0xf],
    ['const1s -8, lit1, shra',           [0x09, 0xf8, 0x31, 0x26], 0xffff_fffc],
    ['lit1, lit31, shl',                 [0x31, 0x4f, 0x24], 0x8000_0000],
    ['lit1, lit2, lit3, rot',            [0x31, 0x32, 0x33, 0x17, 0x1c], 0xffff_ffff],   // 1 2 3 -> 3 1 2, then 1 - 2
    ['lit1, lit2, over, plus',           [0x31, 0x32, 0x14, 0x22], 3],
    ['lit9, lit8, pick 1',               [0x39, 0x38, 0x15, 1], 9],
    ['lit1, bra over lit5, lit6',        [0x36, 0x31, 0x28, 0x01, 0x00, 0x35], 6],
    ['const1s -1, lit1, lt (signed)',    [0x09, 0xff, 0x31, 0x2d], 1],
  ])('%s', (_, bytes, value) => expect(run(bytes)).toBe(value));

  it('starts with the CFA when a register rule asks', () => expect(run([0x23, 0x08], [0x2000_0000])).toBe(0x2000_0008));

  it.each<[string, number[]]>([
    ['an empty stack', []], ['an underflow', [0x31, 0x22]], ['division by zero', [0x31, 0x30, 0x1b]], ['an unknown register', [0x79, 0]],
    ['memory that cannot be read', [0x31, 0x06]], ['a loop without an end', [0x2f, 0xfd, 0xff]], ['a branch out of the expression', [0x2f, 0x10, 0x00]],
    ['a stack that only grows', [0x31, 0x2f, 0xfc, 0xff]], ['a cut off operand', [0x0c, 0x01]], ['an operation that frames do not use', [0xe0]],
  ])('%s has no value', (_, bytes) => expect(run(bytes)).toBeUndefined());
});
