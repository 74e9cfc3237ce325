import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { BusError } from '../../../emulator/bus/types.js';
import { RegisterBlock, bit, bits, choice, describeRegisters, registerMap } from '../../../emulator/peripherals/registers/index.js';
import type { BlockOptions, MapSpec, RegisterMap } from '../../../emulator/peripherals/registers/index.js';
import { checkRegisterMap } from '../../support/register-checks.js';

/** One of everything. */
const SAMPLE = registerMap({
  TASKS_START: { at: 0x000, kind: 'task' },
  EVENTS_COMPARE: { at: 0x010, kind: 'event', count: 3 },
  CTRL: { at: 0x020, reset: 0x0000_0104, fields: { EN: bit(0), MODE: choice(1, 2, { Idle: 0, Run: 1, Stop: 2 }), READY: bit(8, { kind: 'ro' }), GO: bit(9, { kind: 'wo' }), TURBO: bits(16, 17, { unmodelled: true }) } },
  STATUS: { at: 0x024, kind: 'w1c', reset: 0xff, fields: { IRQ: bits(0, 7), SEEN: bits(8, 11, { kind: 'rc' }) } },
  INTEN: { at: 0x030, fields: { A: bits(0, 15) } },
  INTENSET: { at: 0x034, kind: 'setBits', of: 'INTEN' },
  INTENCLR: { at: 0x038, kind: 'clearBits', of: 'INTEN' },
  RXDATA: { at: 0x040, kind: 'ro', width: 8 },
  TXDATA: { at: 0x040, kind: 'wo', width: 8 },
  WORDS: { at: 0x042, width: 16, count: 2, reset: [1, 2] },
  PAIR: { at: 0x050, count: 2, stride: 8 },
  HOLE: { at: 0x060, kind: 'reserved' },
  FANCY: { at: 0x064, unmodelled: true },
  LOOSE: { at: 0x068, raz: false, fields: { LOW: bits(0, 3) } },
  ID: { at: 0x06c, kind: 'ro', reset: 0xdead_beef },
  STRICT: { at: 0x070, access: [4] },
});

function block<S extends MapSpec>(map: RegisterMap<S>, options: Partial<BlockOptions<S>> = {}) {
  const warnings: string[] = [];
  const made = new RegisterBlock(map, { instance: 'SAMPLE0', size: 0x1000, warnings: { warn: (_, text) => warnings.push(text) }, ...options });
  return { block: made, warnings };
}

describe('a register map', () => {
  it.each([
    ['overlap', { A: { at: 0 }, B: { at: 2, width: 16 } }, /register B: overlaps A at offset 0x2/],
    ['overlap within arrays', { A: { at: 0, count: 4 }, B: { at: 12 } }, /register B: overlaps A\[3\]/],
    ['bits past the width', { A: { at: 0, width: 8, fields: { X: { lo: 4, hi: 8 } } } }, /A\.X: bit 8 lies past the width of 8 bits/],
    ['overlapping fields', { A: { at: 0, fields: { X: { lo: 0, hi: 3 }, Y: { lo: 3, hi: 4 } } } }, /A\.Y: overlaps another field/],
    ['reset outside the fields', { A: { at: 0, reset: 0x11, fields: { X: { lo: 0, hi: 3 } } } }, /A: reset value 0x11 sets bits 0x10 outside/],
    ['reset past the width', { A: { at: 0, width: 8, reset: 0x100 } }, /reset value 0x100/],
    ['unaligned offset', { A: { at: 2 } }, /A: offset 0x2 is not aligned/],
    ['unknown target', { A: { at: 0, kind: 'setBits', of: 'B' } }, /A: setBits needs "of"/],
    ['misspelt key', { A: { at: 0, resett: 1 } }, /A: unknown key "resett"/],
    ['unknown kind', { A: { at: 0, kind: 'r' } }, /A: unknown kind "r"/],
    ['a named value too large', { A: { at: 0, fields: { X: { lo: 0, hi: 1, values: { Big: 4 } } } } }, /value Big = 4 does not fit 2 bits/],
    ['a written field in a read-only register', { A: { at: 0, kind: 'ro', fields: { X: { lo: 0, hi: 1, kind: 'w1c' } } } }, /give the register kind rw/],
    ['reset values for another count', { A: { at: 0, count: 2, reset: [1] } }, /has 2 registers and 1 reset values/],
  ])('is refused for %s', (_, spec, message) => expect(() => registerMap(spec as MapSpec).registers).toThrow(message));

  it('lets a read-only and a write-only register share an offset', () => {
    const { block: sample } = block(SAMPLE);
    sample.set('RXDATA', 0x5a);
    sample.write(0x40, 0xa5, 1);
    expect([sample.read(0x40, 1), sample.get('TXDATA')]).toEqual([0x5a, 0xa5]);
  });

  it('finds registers by the text a debugger gives', () => {
    expect(SAMPLE.locate('EVENTS_COMPARE[2]')?.offset).toBe(0x18);
    expect(SAMPLE.locate('CTRL')?.offset).toBe(0x20);
    expect([SAMPLE.locate('CTRL[1]'), SAMPLE.locate('NONE')]).toEqual([undefined, undefined]);
  });

  it('does not compile with a misspelt register, field or value', () => {
    const { block: sample } = block(SAMPLE);
    // @ts-expect-error no such register
    expect(() => sample.get('CTLR')).toThrow(RangeError);
    // @ts-expect-error no such field
    expect(() => sample.field('CTRL', 'ENABLE')).toThrow(RangeError);
    // @ts-expect-error no such value
    expect(() => sample.is('CTRL', 'MODE', 'Running')).toThrow(RangeError);
    expect(sample.is('CTRL', 'MODE', 'Stop')).toBe(true);
    expect(sample.field('INTENSET', 'A')).toBe(0);
  });

  it('describes itself as rows in its own order', () => {
    const rows = describeRegisters(SAMPLE);
    expect(rows.map((row) => row.name).slice(0, 4)).toEqual(['TASKS_START', 'EVENTS_COMPARE', 'CTRL', 'STATUS']);
    expect(rows[2].fields.map(({ name, lo, hi, kind, unmodelled }) => [name, lo, hi, kind, unmodelled])).toEqual([
      ['EN', 0, 0, 'rw', false], ['MODE', 1, 2, 'rw', false], ['READY', 8, 8, 'ro', false], ['GO', 9, 9, 'wo', false], ['TURBO', 16, 17, 'rw', true],
    ]);
  });

  it('passes the checks that every map gets', () => {
    const { block: sample } = block(SAMPLE);
    expect(checkRegisterMap(SAMPLE, sample)).toEqual([]);
  });

  it('fails those checks when the block does something else', () => {
    const { block: sample } = block(SAMPLE, { onRead: { CTRL: () => 0 }, onWrite: { INTEN: () => sample.set('ID', 1) } });
    expect(checkRegisterMap(SAMPLE, sample).join('\n')).toMatch(/CTRL: reads after reset 0x0, expected 0x104/);
  });
});

describe('a guest access', () => {
  it('stores fields, keeps read-only ones, hides write-only ones and drops reserved bits', () => {
    const { block: sample } = block(SAMPLE);
    sample.write(0x20, 0xffff_ffff, 4);
    expect(sample.read(0x20, 4)).toBe(0x0000_0107);
    expect(sample.get('CTRL')).toBe(0x0000_0307);
  });

  it('clears by ones and by reads', () => {
    const { block: sample } = block(SAMPLE);
    sample.setField('STATUS', 'SEEN', 5);
    sample.write(0x24, 0x0f0f, 4);
    expect([sample.peek(0x24, 4), sample.read(0x24, 4), sample.read(0x24, 4)]).toEqual([0x5f0, 0x5f0, 0x0f0]);
  });

  it('sets and clears another register, and calls both handlers', () => {
    const calls: unknown[] = [];
    const { block: sample } = block(SAMPLE, {
      onWrite: { INTEN: (...a) => calls.push(['INTEN', ...a]), INTENCLR: (...a) => calls.push(['INTENCLR', ...a]) },
    });
    sample.write(0x34, 0xf00f, 4);
    sample.write(0x38, 0x000f, 4);
    expect([sample.read(0x30, 4), sample.read(0x34, 4), sample.read(0x38, 4)]).toEqual([0xf000, 0xf000, 0xf000]);
    expect(calls).toEqual([['INTEN', 0xf00f, 0, 0, 0xf00f], ['INTENCLR', 0xf000, 0, 0xf00f, 0x0f], ['INTEN', 0xf000, 0, 0xf00f, 0x0f]]);
  });

  it('triggers a task by a one in bit 0 alone', () => {
    let started = 0;
    const { block: sample } = block(SAMPLE, { onWrite: { TASKS_START: () => started++ } });
    for (const value of [0, 2, 1, 3]) sample.write(0, value, 4);
    expect([started, sample.read(0, 4)]).toEqual([2, 0]);
  });

  it('gives handlers the index, and guests what they return', () => {
    const { block: sample } = block(SAMPLE, { onRead: { EVENTS_COMPARE: (index, stored) => index * 0x10 + stored } });
    sample.set('EVENTS_COMPARE', 1, 2);
    expect([0x10, 0x14, 0x18].map((offset) => sample.read(offset, 4))).toEqual([0x00, 0x10, 0x21]);
  });

  it.each([
    //         written by a byte 0xab at offset 0x52
    ['lanes', 0x11ab_1111],
    ['whole', 0xabab_abab],
  ] as const)('of a byte, by the rule "%s"', (narrow, expected) => {
    const { block: sample } = block(SAMPLE, { policy: { narrow } });
    sample.write(0x50, 0x1111_1111, 4);
    sample.write(0x52, 0xab, 1);
    expect(sample.read(0x50, 4)).toBe(expected);
    expect(sample.read(0x52, 1)).toBe(0xab);
  });

  it('is a bus error at its address where its size is refused', () => {
    const { block: sample } = block(SAMPLE, { base: 0x4000_0000, policy: { narrow: 'error' } });
    expect(() => sample.read(0x50, 2)).toThrow(new BusError(0x4000_0050, 'SAMPLE0.PAIR[0] takes no access of 16 bits'));
    const lanes = block(SAMPLE).block;
    expect(() => lanes.write(0x70, 1, 2)).toThrow(BusError);
    expect(() => lanes.write(0x70, 1, 4)).not.toThrow();
  });

  it('wider than a register reaches its neighbours', () => {
    const { block: sample } = block(SAMPLE);
    expect(sample.read(0x42, 2)).toBe(1);
    sample.write(0x44, 0xbeef, 2);
    sample.set('RXDATA', 0x12);
    expect(sample.read(0x40, 4)).toBe(0x0001_0012);
    expect(sample.peek(0x44, 2)).toBe(0xbeef);
  });

  it.each([
    ['ignore', false], ['error', true],
  ] as const)('to an undeclared offset warns, and by the policy "%s" fails: %s', (undeclared, fails) => {
    const { block: sample, warnings } = block(SAMPLE, { policy: { undeclared } });
    for (const access of [() => sample.read(0x800, 4), () => sample.write(0x0c, 1, 4)]) {
      if (fails) expect(access).toThrow(BusError);
      else access();
    }
    expect(warnings).toEqual(['SAMPLE0: read at offset 0x800, where it has no register', 'SAMPLE0: write at offset 0x00c, where it has no register']);
  });

  it.each([
    ['ignore', 0x105], ['store', 0x3_0105], ['error', undefined],
  ] as const)('to an unmodelled field warns and does "%s"', (unmodelled, expected) => {
    const { block: sample, warnings } = block(SAMPLE, { policy: { unmodelled } });
    sample.write(0x20, 0x001, 4);
    expect(warnings).toEqual([]);
    if (expected === undefined) expect(() => sample.write(0x20, 0x3_0005, 4)).toThrow(BusError);
    else {
      sample.write(0x20, 0x3_0005, 4);
      expect(sample.read(0x20, 4)).toBe(expected);
    }
    expect(warnings).toEqual(['SAMPLE0: write to CTRL.TURBO, which the model gives no effect']);
  });

  it('to an unmodelled register warns on reads and changes', () => {
    const { block: sample, warnings } = block(SAMPLE);
    sample.write(0x64, 5, 4);
    expect(sample.read(0x64, 4)).toBe(0);
    expect(warnings).toHaveLength(2);
  });

  it('to a reserved offset is silent', () => {
    const { block: sample, warnings } = block(SAMPLE, { policy: { undeclared: 'error', wrongWay: 'error' } });
    sample.write(0x60, 5, 4);
    expect([sample.read(0x60, 4), warnings]).toEqual([0, []]);
  });

  it('in the wrong direction is nothing, or a bus error', () => {
    const { block: sample } = block(SAMPLE);
    sample.write(0x6c, 0, 4);
    expect(sample.read(0x6c, 4)).toBe(0xdead_beef);
    const { block: strict } = block(SAMPLE, { policy: { wrongWay: 'error' } });
    expect(() => strict.write(0x6c, 0, 4)).toThrow(BusError);
    expect(() => strict.read(0x00, 4)).toThrow(BusError);
  });
});

describe('a debugger access', () => {
  it('never calls handlers, clears on read or warns', () => {
    const calls: string[] = [];
    const { block: sample, warnings } = block(SAMPLE, {
      onRead: { STATUS: (_, stored) => { calls.push('read'); return stored; } }, onWrite: { STATUS: () => calls.push('write') },
      onPeek: { ID: () => 0x1234_5678 },
    });
    sample.poke(0x24, 0x0f, 1);
    sample.poke(0x900, 1, 4);
    expect([sample.peek(0x24, 4), sample.peek(0x24, 1), sample.peek(0x900, 4), sample.peek(0x6e, 2)]).toEqual([0x0f, 0x0f, 0, 0x1234]);
    expect([calls, warnings]).toEqual([[], []]);
  });
});

describe('a snapshot', () => {
  it('restores every register', () => fc.assert(fc.property(fc.array(fc.tuple(fc.nat(0x7f), fc.integer({ min: 0, max: 0xffff_ffff }))), (pokes) => {
    const { block: a } = block(SAMPLE);
    const { block: b } = block(SAMPLE);
    for (const [offset, value] of pokes) a.poke(offset, value, 4);
    b.restore(a.snapshot());
    for (let offset = 0; offset < 0x80; offset += 4) expect(b.peek(offset, 4)).toBe(a.peek(offset, 4));
  })));

  it.each([
    ['nothing', {}], ['another map', { registers: { CTRL: [0] } }], ['no words', { registers: 5 }],
  ])('of %s is refused', (_, snapshot) => expect(() => block(SAMPLE).block.restore(snapshot)).toThrow(/SAMPLE0: the snapshot holds other registers/));
});

describe('narrow reads and writes by lanes', () => {
  it('agree with byte accesses', () => fc.assert(fc.property(
    fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(1 as const, 2 as const, 4 as const), fc.nat(3),
    (initial, value, bytes, lane) => {
      const offset = 0x50 + lane - (lane % bytes);
      const { block: a } = block(SAMPLE);
      const { block: b } = block(SAMPLE);
      for (const each of [a, b]) each.poke(0x50, initial, 4);
      a.write(offset, bytes === 4 ? value : value & ((1 << (8 * bytes)) - 1), bytes);
      for (let i = 0; i < bytes; i++) b.write(offset + i, (value >>> (8 * i)) & 0xff, 1);
      expect(a.read(0x50, 4)).toBe(b.read(0x50, 4));
    })));
});
