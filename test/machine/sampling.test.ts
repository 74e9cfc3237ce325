/** Samples of where the core stands, at even distances in virtual time. */
import { describe, expect, it } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { CODE, EXIT, RAM, SmallMachine } from '../support/machine.js';
import { early, expectSame } from '../support/twins.js';

const SYSTICK = 0xe000_e010;
const startSysTick = (reload: number): string => `ldr r5, =${SYSTICK}\nldr r0, =${reload}\nstr r0, [r5, #4]\nstr r0, [r5, #8]\nmovs r0, #7\nstr r0, [r5]`;
const COUNT = `ldr r0, =${RAM}\nldr r1, [r0]\nadds r1, #1\nstr r1, [r0]\nbx lr`;
const BUSY = `${startSysTick(1999)}\nldr r6, =${RAM + 0x100}\n1: ldr r2, [r6]\nadds r2, #3\nstr r2, [r6]\nmul r3, r2, r2\nldmia r6, {r0-r4}\nb 1b`;

interface Sample { readonly cycles: number; readonly pc: number; readonly samples: number; readonly isAsleep: boolean }

function sampled(small: SmallMachine, spacing: number): Sample[] {
  const seen: Sample[] = [];
  const { machine } = small;
  machine.sample(spacing, (samples, isAsleep) => seen.push({ cycles: machine.cycles, pc: machine.core.words[Word.PC], samples, isAsleep }));
  return seen;
}

describe('samples', () => {
  it.each([1, 13, 97, 997])('every %i cycles change nothing, on either engine, and are the same on both', (spacing) => {
    const options = { code: BUSY, handlers: { 15: COUNT } };
    const plain = early(options);
    plain.run(60_000);
    const all = (['interpreter', 'translator'] as const).map((engine) => {
      const small = early({ ...options, engine });
      const seen = sampled(small, spacing);
      small.run(60_000);
      expectSame(small, plain);
      expect(Buffer.from(small.machine.snapshot()).equals(Buffer.from(plain.machine.snapshot()))).toBe(true);
      return seen;
    });
    expect(all[1]).toEqual(all[0]);
    expect(all[0].reduce((sum, { samples }) => sum + samples, 0)).toBe(Math.floor(plain.machine.cycles / spacing));
  });

  it('come at the end of the instruction in which they fall due', () => {
    const small = new SmallMachine({ code: '1: nop\nnop\nnop\nb 1b' }); // 3 cycles at most
    const taken = sampled(small, 7);
    small.run(100);
    expect(taken.map(({ cycles }, i) => cycles - 7 * (i + 1)).every((late) => late >= 0 && late < 3)).toBe(true);
    expect(taken.every(({ pc }) => pc >= CODE && pc < CODE + 8)).toBe(true);
  });

  it('of sleep come at once when it ends', () => {
    const small = new SmallMachine({ code: `${startSysTick(9999)}\n1: wfi\nb 1b`, handlers: { 15: COUNT } });
    const seen = sampled(small, 100);
    small.run(1_000_000);
    const asleep = seen.filter(({ isAsleep }) => isAsleep).reduce((sum, { samples }) => sum + samples, 0);
    expect(seen.reduce((sum, { samples }) => sum + samples, 0)).toBe(10_000);
    expect(asleep).toBeGreaterThan(9_850);
    expect(seen.length).toBeLessThan(400);
  });

  it('leave idle firmware idle', () => {
    const small = new SmallMachine({ code: 'nop\nwfi\nb .' });
    sampled(small, 1);
    expect([small.run(), small.machine.now()]).toEqual([{ kind: 'idle' }, 2]);
  });

  it('begin anew with the clock, and end when nobody listens', () => {
    const small = new SmallMachine({ code: `movw r0, #3000\n1: subs r0, #1\nbne 1b\n${EXIT}` });
    const snapshot = small.machine.snapshot();
    const seen = sampled(small, 1000);
    small.run();
    const first = seen.map(({ cycles }) => cycles);
    small.machine.restore(snapshot);
    small.run();
    expect(seen.map(({ cycles }) => cycles)).toEqual([...first, ...first]);
    small.machine.sample(1000, undefined);
    small.machine.restore(snapshot);
    small.run();
    expect(seen.length).toBe(2 * first.length);
  });

  it.each([0, -1, 1.5, NaN])('%f cycles apart are refused', (spacing) => {
    expect(() => { new SmallMachine().machine.sample(spacing, () => {}); }).toThrow(RangeError);
  });
});
