import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Snapshot } from '../../emulator/bus/types.js';
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { mulAddDiv, mulAddMod } from '../../emulator/time/exact.js';
import { ManualTime } from '../support/manual-time.js';

function tree(oscillators: Record<string, number>, exact: number[] = []) {
  const time = new ManualTime();
  return { time, tree: new ClockTree(time, { oscillators, exact }) };
}

describe('the root clock', () => {
  it.each([
    //                                                    LCM
    [{ HFXO: 64_000_000, LFXO: 32_768 }, [], 512_000_000], // 2^12 5^6 and 2^15
    [{ HSE: 8_000_000 }, [72_000_000, 48_000_000], 144_000_000],
    [{ OSC: 25_000_000 }, [], 25_000_000],
  ])('of %o is their least common multiple', (oscillators, exact, hz) => expect(tree(oscillators, exact).tree.rootHz).toBe(hz));

  it('is refused past 2^40 Hz', () => expect(() => tree({ A: 99_999_989, B: 99_999_971 })).toThrow(/no common multiple up to 2\^40 Hz/));
  it.each([0, 1.5, -1, NaN])('is refused for an oscillator of %s Hz', (hz) => expect(() => tree({ A: hz })).toThrow(/whole number from 1/));
});

describe('a clock', () => {
  it('reaches tick n at the smallest root tick with that many ticks', () => {
    const { tree: clocks } = tree({ HFXO: 64_000_000, LFXO: 32_768 });
    const lfxo = clocks.clock('LFXO');
    expect(lfxo.hz).toBe(32_768);
    expect(lfxo.rootTickOf(1)).toBe(15_625); // 512 MHz / 32768 Hz
    expect(lfxo.rootTickOf(32_768)).toBe(512_000_000);
    expect([lfxo.ticksAt(15_624), lfxo.ticksAt(15_625)]).toEqual([0, 1]);
  });

  it('of a ratio that is no whole number of root ticks does not drift', () => {
    const { tree: clocks } = tree({ OSC: 1_000_000 });
    const third = clocks.derive('third', clocks.clock('OSC'), 1, 3);
    const twoThirds = clocks.derive('two thirds', clocks.clock('OSC'), 2, 3);
    expect([1, 2, 3, 1_000_000].map((n) => third.rootTickOf(n))).toEqual([3, 6, 9, 3_000_000]);
    expect([1, 2, 3, 4].map((n) => twoThirds.rootTickOf(n))).toEqual([2, 3, 5, 6]);
  });

  it('keeps the fraction of a tick over a change of its divider', () => {
    const { time, tree: clocks } = tree({ OSC: 1_000_000 });
    const clock = clocks.derive('timer', clocks.clock('OSC'), 1, 4);
    time.jump(7); // one tick and three quarters
    clock.setRatio(1, 8); // the last quarter now takes 2 root ticks
    expect([clock.ticks(), clock.rootTickOf(2), clock.rootTickOf(3)]).toEqual([1, 9, 17]);
  });

  it('stands still with its phase while stopped', () => {
    const { time, tree: clocks } = tree({ OSC: 1_000_000 });
    const clock = clocks.derive('timer', clocks.clock('OSC'), 1, 10);
    time.jump(14);
    clocks.clock('OSC').stop();
    expect([clock.hz, clock.rootTickOf(2)]).toEqual([0, Infinity]);
    time.jump(1000);
    expect(clock.ticks()).toBe(1);
    clocks.clock('OSC').start();
    expect([clock.hz, clock.rootTickOf(2)]).toEqual([100_000, 1006]);
  });

  it('tells its subscribers after all clocks have changed, and only those that did', () => {
    const { tree: clocks } = tree({ A: 1_000_000, B: 2_000_000 });
    const sys = clocks.derive('sys', clocks.clock('A'));
    const bus = clocks.derive('bus', sys, 1, 2);
    const other = clocks.derive('other', clocks.clock('B'));
    const seen: unknown[] = [];
    sys.onChange(() => seen.push(['sys', sys.hz, bus.hz]));
    const end = bus.onChange(() => seen.push(['bus', sys.hz, bus.hz]));
    other.onChange(() => seen.push('other'));
    sys.setParent(clocks.clock('B'));
    sys.setParent(clocks.clock('B'));
    end();
    sys.setRatio(1, 4);
    expect(seen).toEqual([['sys', 2_000_000, 1_000_000], ['bus', 2_000_000, 1_000_000], ['sys', 500_000, 250_000]]);
  });

  it('cannot feed itself, and an oscillator has neither source nor divider', () => {
    const { tree: clocks } = tree({ A: 1_000_000 });
    const one = clocks.derive('one', clocks.clock('A'));
    const two = clocks.derive('two', one);
    expect(() => one.setParent(two)).toThrow(/cannot be its own source/);
    expect(() => clocks.clock('A').setRatio(1, 2)).toThrow(/oscillator/);
    expect(() => one.setRatio(0, 1)).toThrow(/whole numbers from 1/);
    expect(() => clocks.derive('one', two)).toThrow(/declared twice/);
    expect(() => clocks.clock('x')).toThrow(/no clock "x"; there are A, one, two/);
  });

  it('starts a whole tick when its prescaler is reset, and counts from zero after a reset', () => {
    const { time, tree: clocks } = tree({ OSC: 1_000_000 });
    const clock = clocks.derive('timer', clocks.clock('OSC'), 1, 10);
    time.jump(19);
    clock.restartTick();
    expect([clock.ticks(), clock.rootTickOf(2)]).toEqual([1, 29]);
    clock.setRatio(1, 3);
    clocks.reset();
    expect([clock.ticks(), clock.hz, clock.rootTickOf(1)]).toEqual([0, 100_000, 29]);
  });

  it('is exact against rational arithmetic through any history of changes', () => {
    const change = fc.record({ wait: fc.nat(2 ** 36), multiplier: fc.integer({ min: 1, max: 64 }), divider: fc.integer({ min: 1, max: 4096 }), running: fc.boolean() });
    fc.assert(fc.property(fc.array(change, { maxLength: 4 }), fc.nat(2 ** 40), (changes, n) => {
      const { time, tree: clocks } = tree({ OSC: 64_000_000, LF: 32_768 });
      const clock = clocks.derive('clock', clocks.clock('LF'));
      // Ticks so far as a fraction: top / bottom.
      let [top, bottom] = [0n, 1n];
      let rate = [1n, 15_625n];
      const pass = (ticks: number) => { [top, bottom] = [top * rate[1] + BigInt(ticks) * rate[0] * bottom, bottom * rate[1]]; };
      for (const { wait, multiplier, divider, running } of changes) {
        time.jump(time.now() + wait);
        pass(wait);
        expect(BigInt(clock.ticks())).toBe(top / bottom);
        clock.setRatio(multiplier, divider);
        if (running) clock.start();
        else clock.stop();
        rate = running ? [BigInt(multiplier), 15_625n * BigInt(divider)] : [0n, 1n];
      }
      if (rate[0] === 0n) return;
      const target = clock.ticks() + 1 + (n % 1000);
      const due = clock.rootTickOf(target);
      expect([clock.ticksAt(due) >= target, clock.ticksAt(due - 1) < target]).toEqual([true, true]);
    }));
  });

  it('comes back from a snapshot with phase and sources', () => {
    const make = () => {
      const { time, tree: clocks } = tree({ A: 1_000_000, B: 3_000_000 });
      return { time, clocks, sys: clocks.derive('sys', clocks.clock('A'), 1, 7) };
    };
    const [one, two] = [make(), make()];
    one.time.jump(1234);
    one.sys.setParent(one.clocks.clock('B'));
    one.sys.setRatio(5, 3);
    two.time.jump(1234);
    two.clocks.restore(one.clocks.snapshot());
    expect([1, 500, 5000].map((n) => two.sys.rootTickOf(n))).toEqual([1, 500, 5000].map((n) => one.sys.rootTickOf(n)));
    expect(two.sys.parent?.name).toBe('B');
    const looped = structuredClone(one.clocks.snapshot()) as { clocks: { sys: unknown[] } } & Snapshot;
    looped.clocks.sys[0] = 'sys';
    expect(() => two.clocks.restore(looped)).toThrow(/another clock tree/);
    expect(() => two.clocks.restore({ rootHz: 1 })).toThrow(/another clock tree/);
    expect(() => two.clocks.restore({ rootHz: 3_000_000, clocks: { A: [], B: [], sys: [] } })).toThrow(/another clock tree/);
  });
});

describe('(a b + c) / d', () => {
  it('is exact where products pass 2^53', () => {
    const big = fc.integer({ min: 0, max: 2 ** 45 });
    fc.assert(fc.property(big, big, big, fc.integer({ min: 1, max: 2 ** 52 }), (a, b, c, d) => {
      const product = BigInt(a) * BigInt(b) + BigInt(c);
      const quotient = product / BigInt(d);
      if (quotient <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(mulAddDiv(a, b, c, d))).toBe(quotient);
      else expect(() => mulAddDiv(a, b, c, d)).toThrow(RangeError);
      expect(BigInt(mulAddMod(a, b, c, d))).toBe(product % BigInt(d));
    }), { numRuns: 1000 });
  });
});
