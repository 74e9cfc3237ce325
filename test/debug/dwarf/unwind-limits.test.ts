import { describe, expect, it } from 'vitest';
import { unwind, type Frame } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { writeElf } from '../../support/elf-writer.js';

// 0x8000: a BL and what follows; 0x8010: a second function without calls. No debug information at all.
const code = new Uint8Array(0x20);
code.set([0x00, 0xf0, 0x06, 0xf8], 0x00);   // bl 0x8010
code.set([0x90, 0x47], 0x08);               // blx r2
const image = loadFirmware(writeElf({
  segments: [{ address: 0x8000, bytes: code }], sections: [{ name: '.text', flags: 6, address: 0x8000, bytes: code }],
  symbols: [{ name: 'caller', value: 0x8001, size: 0x10, type: 2 }, { name: 'callee', value: 0x8011, size: 0x10, type: 2 }],
}));
const RETURN = 0x8005;
const names = (frames: readonly Frame[]): (string | undefined)[] => frames.map((f) => f.function?.name);

function registers(values: Partial<Record<number, number>>): number[] {
  return Array.from({ length: 16 }, (_, r) => values[r] ?? 0);
}

function memory(base: number, words: readonly number[]): (address: number) => number | undefined {
  return (address) => words[(address - base) / 4];
}

describe('an exception frame', () => {
  // r0-r3, r12, lr, pc, xPSR: Armv7-M ARM B1.5.6.
  const frame = (xpsr: number): number[] => [10, 11, 12, 13, 14, RETURN, 0x8012, xpsr];
  const basicSp = 0x2000_0020;

  it.each([
    ['without padding',                  0xffff_fff9, 0x0100_0000, basicSp],
    ['with the aligner, xPSR bit 9',     0xffff_fff9, 0x0100_0200, basicSp + 4],
    ['with FP registers',                0xffff_ffe9, 0x0100_0000, 0x2000_0068],
    ['with FP registers and aligner',    0xffff_ffe9, 0x0100_0200, 0x2000_006c],
  ])('%s', (_, excReturn, xpsr, sp) => {
    const frames = unwind({ r: registers({ 13: 0x2000_0000, 14: excReturn, 15: 0x7000_0000 }) }, memory(0x2000_0000, [...frame(xpsr), ...new Array<number>(64).fill(0)]), image);
    expect(frames[1]).toMatchObject({ pc: 0x8012, sp, isInterrupted: true });
    expect(names(frames)).toEqual([undefined, 'callee', 'caller']);
  });

  it.each([0xffff_fff1, 0xffff_ffe1])('of a handler that was itself interrupted (EXC_RETURN %i) is on the main stack', (excReturn) => {
    const frames = unwind({ r: registers({ 13: 0x2000_0000, 14: excReturn, 15: 0x7000_0000 }) }, memory(0x2000_0000, [...frame(0), ...new Array<number>(64).fill(0)]), image);
    expect(frames[1]).toMatchObject({ pc: 0x8012, isInterrupted: true });
  });

  it.each([0xffff_fffd, 0xffff_ffed])('of a thread (EXC_RETURN %i) is on the process stack', (excReturn) => {
    const read = memory(0x2000_4000, [...frame(0), ...new Array<number>(64).fill(0)]);
    expect(unwind({ r: registers({ 13: 0x2000_0000, 14: excReturn, 15: 0x7000_0000 }), otherStackPointer: 0x2000_4000 }, read, image)[1]).toMatchObject({ pc: 0x8012, isInterrupted: true });
  });

  it('that cannot be read ends the backtrace', () =>
    expect(unwind({ r: registers({ 13: 0x2000_0000, 14: 0xffff_fff9, 15: 0x7000_0000 }) }, () => undefined, image)).toHaveLength(1));
});

describe('a guessed backtrace', () => {
  it('takes LR first, then words behind a BL or BLX', () => {
    const stack = [1, 0x8004, 0x8003, 0x8009, 0x800b, 0x9001, RETURN];
    const frames = unwind({ r: registers({ 13: 0x2000_0000, 14: RETURN, 15: 0x8012 }) }, memory(0x2000_0000, stack), image);
    // 0x8004 lacks the Thumb bit; before 0x8002 and 0x8008 there is no call; 0x9000 is no code.
    expect(frames.map((f) => [f.pc, f.sp])).toEqual([[0x8012, 0x2000_0000], [0x8004, 0x2000_0000], [0x800a, 0x2000_0014], [0x8004, 0x2000_001c]]);
    expect(frames.map((f) => f.certainty)).toEqual(['exact', 'guess', 'guess', 'guess']);
  });

  it('ends after 64 frames', () =>
    expect(unwind({ r: registers({ 13: 0x2000_0000, 15: 0x8012 }) }, () => RETURN, image)).toHaveLength(64));

  it('ends 4 KiB above a frame without a candidate', () => {
    let highest = 0;
    const frames = unwind({ r: registers({ 13: 0x2000_0000, 15: 0x8012 }) }, (address) => { highest = Math.max(highest, address); return 0; }, image);
    expect(frames).toHaveLength(1);
    expect(highest).toBe(0x2000_0ffc);
  });

  it('ends where memory ends, and on a stack pointer that is not aligned', () => {
    expect(unwind({ r: registers({ 13: 0x2000_0000, 15: 0x8012 }) }, () => undefined, image)).toHaveLength(1);
    expect(unwind({ r: registers({ 13: 0x2000_0002, 15: 0x8012 }) }, () => RETURN, image)).toHaveLength(1);
  });
});
