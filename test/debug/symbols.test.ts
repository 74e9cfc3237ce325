import { describe, expect, it } from 'vitest';
import { TracePoints } from '../../emulator/debug/breakpoints.js';
import { listImage } from '../../emulator/debug/disassembly.js';
import { flagText } from '../../emulator/machine/cortex-m-observer.js';
import { SymbolTable } from '../../emulator/debug/symbols.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import type { FirmwareImage } from '../../emulator/machine-api.js';

const symbol = (name: string, address: number, size: number, kind: 'function' | 'object' | 'other' = 'function') => ({ name, address, size, kind, isThumb: true, isGlobal: true });

describe('names of addresses', () => {
  const table = new SymbolTable([
    symbol('late', 0x300, 0), symbol('main', 0x100, 0x20), symbol('alias', 0x100, 0), symbol('table', 0x180, 4, 'object'), symbol('high', 0xffff_fff0, 0x10),
  ]);

  it.each([
    [0x0ff, undefined], [0x100, 'main'], [0x11f, 'main+0x1f'], [0x120, undefined], [0x180, undefined], [0x300, 'late'], [0x400, 'late+0x100'], [-16, 'high'],
  ])('0x%x is %s', (address, name) => {
    expect(table.describe(address)).toBe(name);
  });

  it('a function of unknown size ends with its section: addresses far beyond are in none', () => {
    const bounded = new SymbolTable([symbol('_fini', 0x800, 0)], [{ address: 0x100, size: 0x70c }]);
    expect([0x800, 0x80b, 0x80c, 0x4000_4000].map((address) => bounded.describe(address))).toEqual(['_fini', '_fini+0xb', undefined, undefined]);
  });

  it('says where functions start', () => {
    expect([table.startingAt(0x100), table.startingAt(0x102)]).toEqual(['main', undefined]);
  });

  it('is empty without symbols', () => {
    expect(new SymbolTable([]).describe(0)).toBeUndefined();
  });
});

describe('trace points', () => {
  const recording = () => {
    const calls: string[] = [];
    const points = new TracePoints({
      setBreakpoint: (address) => calls.push(`set ${address.toString(16)}`),
      clearBreakpoint: (address) => calls.push(`clear ${address.toString(16)}`),
    });
    return { points, calls };
  };

  it('tell the machine of each address once', () => {
    const { points, calls } = recording();
    const first = points.addBreakpoint(0x101);
    const second = points.addBreakpoint(0x100);
    points.remove(first);
    expect(calls).toEqual(['set 100']);
    expect(points.addresses).toEqual([0x100]);
    points.remove(second);
    expect(calls).toEqual(['set 100', 'clear 100']);
    expect(points.remove(second)).toBe(false);
  });

  it('note and go on, unless a breakpoint shares the address', () => {
    const { points } = recording();
    const noted: number[] = [];
    points.addTracePoint(0x100, (address) => noted.push(address));
    expect(points.reached(0x100)).toBe(false);
    points.addBreakpoint(0x100);
    expect(points.reached(0x100)).toBe(true);
    expect(points.reached(0x200)).toBe(false);
    expect(noted).toEqual([0x100, 0x100]);
  });

  it('all go at once', () => {
    const { points, calls } = recording();
    points.addBreakpoint(2);
    points.addBreakpoint(4);
    points.removeAll();
    expect(calls).toEqual(['set 2', 'set 4', 'clear 2', 'clear 4']);
  });
});

describe('a listing', () => {
  const listing = (image: Partial<FirmwareImage>): string[] => {
    const lines: string[] = [];
    const whole: FirmwareImage = { format: 'elf', architecture: 'arm', segments: [], entry: undefined, symbols: [], sections: [], codeRanges: [], warnings: [], ...image };
    listImage(whole, (address, read) => ({ text: address === 0x104 ? 'BL 0x00000100' : 'NOP', bytes: Uint8Array.of(read(address)!, read(address + 1)!) }), (line) => lines.push(line));
    return lines.slice(2);
  };

  it('shows code as code, data as words and bytes, and names both', () => {
    const bytes = Uint8Array.of(0x00, 0xbf, 0x00, 0xbf, 0xff, 0xf7, 0x48, 0x69, 0x78, 0x56, 0x34, 0x12, 0x21);
    expect(listing({
      segments: [{ address: 0x100, bytes, space: 'memory' }],
      symbols: [symbol('main', 0x100, 6), symbol('values', 0x108, 4, 'object')],
      codeRanges: [{ start: 0x100, end: 0x106, kind: 'thumb' }, { start: 0x106, end: 0x10d, kind: 'data' }],
    })).toEqual([
      '\n00000100 <main>:',
      '00000100: bf00         NOP',
      '00000102: bf00         NOP',
      '00000104: f7ff         BL 0x00000100 <main>',
      '00000106: .byte        0x48, 0x69  ; Hi',
      '\n00000108 <values>:',
      '00000108: .word        0x12345678  ; xV4.',
      '0000010c: .byte        0x21  ; !',
    ]);
  });

  it('takes everything for code where the file does not say', () => {
    expect(listing({ segments: [{ address: 0, bytes: Uint8Array.of(0, 0xbf, 0, 0xbf), space: 'memory' }] })).toEqual(['00000000: bf00         NOP', '00000002: bf00         NOP']);
  });

  it('ends with a segment of odd length', () => {
    expect(listing({ segments: [{ address: 1, bytes: Uint8Array.of(0xaa), space: 'memory' }] })).toEqual(['00000001: .byte        0xaa  ; .']);
  });
});

describe('flags', () => {
  it.each([
    //  N  Z  C  V  Q   where Z is set when the word is 0
    [[-1, 1, 0, 0, 0], 'N...'], [[0, 0, 0, 0, 0], '.Z..'], [[0, 1, 1, 1, 0], '..CV'], [[0, 1, 0, 0, 1], '....Q'],
  ])('%j are %s', (values, text) => {
    const words = new Int32Array(128);
    [Word.N, Word.Z, Word.C, Word.V, Word.Q].forEach((word, i) => { words[word] = values[i]!; });
    expect(flagText(words)).toBe(text);
  });
});
