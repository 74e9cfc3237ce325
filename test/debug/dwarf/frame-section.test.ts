import { describe, expect, it } from 'vitest';
import { DebugInfo } from '../../../emulator/debug/dwarf/index.js';
import { loadFirmware } from '../../../emulator/loader/index.js';
import { writeElf } from '../../support/elf-writer.js';

const START = 0x8000;

function entry(body: readonly number[]): number[] {
  const padded = [...body, ...new Array<number>((4 - (body.length & 3)) & 3).fill(0)];
  return [padded.length, 0, 0, 0, ...padded];
}

/** A common entry (code alignment 2, data alignment -4, return register 14, CFA = r13) of a version. */
function common(version: 1 | 3 | 4, augmentation = ''): number[] {
  const sizes = version === 4 ? [4, 0] : [];
  return entry([0xff, 0xff, 0xff, 0xff, version, ...[...augmentation].map((c) => c.charCodeAt(0)), 0, ...sizes, 2, 0x7c, 14, 0x0c, 13, 0]);
}

/** Call frames of one function of 0x40 bytes at 0x8000 with these instructions. */
function frames(instructions: readonly number[], cie = common(1)): DebugInfo['callFrames'] {
  const section = [...cie, ...entry([0, 0, 0, 0, 0, 0x80, 0, 0, 0x40, 0, 0, 0, ...instructions])];
  const code = new Uint8Array(0x40);
  return new DebugInfo(loadFirmware(writeElf({
    segments: [{ address: START, bytes: code }],
    sections: [{ name: '.text', flags: 6, address: START, bytes: code }, { name: '.debug_frame', flags: 0, bytes: Uint8Array.from(section) }],
  }))).callFrames;
}

describe('call-frame instructions (DWARF 5, 6.4.2)', () => {
  const cfaAt = (table: DebugInfo['callFrames'], offset: number) => table.frameAt(START + offset)?.row.cfa;

  it.each([1, 3, 4] as const)('in version %i', (version) => {
    const table = frames([0x41, 0x0e, 8, 0x8e, 1], common(version));   // advance 2, CFA offset 8, r14 at CFA - 4
    expect(cfaAt(table, 0)).toEqual({ kind: 'register', register: 13, offset: 0 });
    expect(cfaAt(table, 2)).toEqual({ kind: 'register', register: 13, offset: 8 });
    expect(table.frameAt(START + 2)?.row.registers.get(14)).toEqual({ kind: 'offset', offset: -4 });
    expect(table.frameAt(START + 0x40)).toBeUndefined();
  });

  it('remember_state and restore_state', () => {
    const table = frames([0x41, 0x0e, 8, 0x41, 0x0a, 0x0e, 0, 0x41, 0x0b]);
    expect([0, 2, 4, 6].map((offset) => cfaAt(table, offset))).toMatchObject([{ offset: 0 }, { offset: 8 }, { offset: 0 }, { offset: 8 }]);
  });

  it('restore returns to the common entry\'s rule', () =>
    expect(frames([0x84, 2, 0xc4]).frameAt(START)?.row.registers.has(4)).toBe(false));

  it.each<[string, number[], number, object]>([
    ['same_value r4',              [0x08, 4], 4, { kind: 'same' }],
    ['undefined r4',               [0x07, 4], 4, { kind: 'undefined' }],
    ['register r14 in r3',         [0x09, 14, 3], 14, { kind: 'register', register: 3 }],
    ['offset_extended r4, 2',      [0x05, 4, 2], 4, { kind: 'offset', offset: -8 }],
    ['offset_extended_sf r4, -2',  [0x11, 4, 0x7e], 4, { kind: 'offset', offset: 8 }],
    ['val_offset r13, 1',          [0x14, 13, 1], 13, { kind: 'valueOffset', offset: -4 }],
    ['val_offset_sf r13, -1',      [0x15, 13, 0x7f], 13, { kind: 'valueOffset', offset: 4 }],
  ])('%s', (_, instructions, register, rule) => expect(frames(instructions).frameAt(START)?.row.registers.get(register)).toEqual(rule));

  it('advance_loc1, 2 and 4 count code units', () => {
    const table = frames([0x02, 4, 0x0e, 8, 0x03, 4, 0, 0x0e, 16, 0x04, 4, 0, 0, 0, 0x0e, 24]);
    expect([6, 8, 14, 16, 22, 24].map((offset) => cfaAt(table, offset))).toMatchObject([{ offset: 0 }, { offset: 8 }, { offset: 8 }, { offset: 16 }, { offset: 16 }, { offset: 24 }]);
  });

  it('def_cfa_sf and def_cfa_offset_sf scale by the data alignment', () => {
    expect(cfaAt(frames([0x12, 7, 0x7e]), 0)).toEqual({ kind: 'register', register: 7, offset: 8 });
    expect(cfaAt(frames([0x13, 0x7d]), 0)).toEqual({ kind: 'register', register: 13, offset: 12 });
  });

  it.each<[string, DebugInfo['callFrames']]>([
    ['an unknown instruction', frames([0x3f])], ['restore_state alone', frames([0x0b])], ['an unknown augmentation', frames([0x0e, 8], common(1, 'zR'))],
    ['an expression longer than its entry', frames([0x0f, 0x7f])], ['endless remember_state', frames(new Array<number>(100).fill(0x0a))],
  ])('%s has no frame', (_, table) => expect(table.frameAt(START)).toBeUndefined());
});
