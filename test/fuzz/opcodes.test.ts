/** Encodings assembled by GNU as 2.40 (arm-none-eabi), with what their assembly text says. */
import { describe, expect, it } from 'vitest';
import { accessOf, branchOf, mayWritePC, type Access, type Bits } from './opcodes.js';

const sizeOf = (opcode: number): Bits => (opcode > 0xffff ? 32 : 16);

describe('accessOf', () => {
  it.each<[string, number, Partial<Access>]>([
    ['ldr.w pc, [r1], #-8', 0xf851_f908, { base: 1, offset: 0, bytes: 4, isStore: false, pcAt: 0 }],
    ['ldmdb r2!, {r1, r3, pc}', 0xe932_800a, { base: 2, offset: -12, bytes: 12, isStore: false, isAligned: true, pcAt: 8 }],
    ['tbh [r1, r2, lsl #1]', 0xe8d1_f012, { base: 1, index: 2, shift: 1, bytes: 2, tableEntry: 2 }],
    ['strexh r0, r1, [r2]', 0xe8c2_1f50, { base: 2, bytes: 2, isStore: true, isExclusive: true }],
    ['ldrd r0, r1, [r2, #-16]!', 0xe972_0104, { base: 2, offset: -16, bytes: 8, isStore: false, isAligned: true }],
    ['pop {r1, r2, pc}', 0xbd06, { base: 13, offset: 0, bytes: 12, pcAt: 8 }],
    ['push {r4, lr}', 0xb510, { base: 13, offset: -8, bytes: 8, isStore: true }],
    ['ldrsh r1, [r2, r3]', 0x5ed1, { base: 2, index: 3, bytes: 2, isStore: false }],
    ['str.w r1, [r2, r3, lsl #2]', 0xf842_1023, { base: 2, index: 3, shift: 2, bytes: 4, isStore: true }],
    ['ldr.w r1, [pc, #-12]', 0xf85f_100c, { base: 15, offset: -12, bytes: 4 }],
    ['vldr s1, [r2, #-20]', 0xed52_0a05, { base: 2, offset: -20, bytes: 4, isAligned: true }],
    ['vpush {s1-s3}', 0xed6d_0a03, { base: 13, offset: -12, bytes: 12, isStore: true }],
    ['vpop {d1-d2}', 0xecbd_1b04, { base: 13, offset: 0, bytes: 16, isStore: false }],
  ])('%s', (_, opcode, expected) => expect(accessOf(opcode, sizeOf(opcode))).toMatchObject(expected));

  it.each([
    ['pld [r1, #4]', 0xf891_f004],
    ['vmov s0, s1, r2, r3', 0xec43_2a10],
    ['bl', 0xf000_f806],
    ['adcs r0, r1', 0x4148],
  ])('%s touches no memory', (_, opcode) => expect(accessOf(opcode, sizeOf(opcode))).toBeUndefined());
});

describe('branchOf encodes offsets from the PC', () => {
  it.each([
    ['b.w', 0xf2bc_9ef7, 0xab_cdee],
    ['bl', 0xf412_d1a3, -0xfe_dcba],
    ['bl', 0xf000_f806, 12],
    ['beq.w', 0xf02b_8e6f, 0xa_bcde],
    ['bne.w', 0xf441_811a, -0xf_edcc],
    ['cbnz r3', 0xbbfb, 0x7e],
    ['cbz r0', 0xb110, 4],
    ['b.n', 0xe001, 2],
    ['bne.n', 0xd100, 0],
  ])('%s %#', (_, opcode, offset) => {
    const branch = branchOf(opcode, sizeOf(opcode));
    expect(branch?.kind === 'offset' && branch.encode(offset)).toBe(opcode);
  });

  it.each([
    ['bne.n', 0xd100, 256],
    ['b.n', 0xe001, -2050],
    ['cbz', 0xb110, -2],
    ['bl', 0xf000_f806, 3],
  ])('%s cannot reach %#', (_, opcode, offset) => {
    const branch = branchOf(opcode, sizeOf(opcode));
    expect(branch?.kind === 'offset' && branch.encode(offset)).toBeUndefined();
  });

  it.each([
    ['bx lr', 0x4770, true],
    ['mov pc, r3', 0x469f, true],
    ['add pc, r3', 0x449f, true],
    ['pop {pc}', 0xbd00, true],
    ['msr control, r0', 0xf380_8814, false],
    ['dmb', 0xf3bf_8f5f, false],
    ['mov r3, pc', 0x467b, false],
  ])('%s writes the PC: %s', (_, opcode, expected) => expect(mayWritePC(opcode, sizeOf(opcode))).toBe(expected));
});
