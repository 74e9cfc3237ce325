import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import { configureCore } from '../../../../emulator/cores/cortex-m/system/index.js';
import { ExceptionSet, ExceptionState } from '../../../../emulator/cores/cortex-m/system/exception-state.js';
import { LoneSystem, REG } from './lone-system.js';

describe('priorities (B1.5.4)', () => {
  it.each([
    ['cortex-m0', 2, 0xc0], ['cortex-m3', 3, 0xe0], ['cortex-m4', 4, 0xf0], ['cortex-m7', 8, 0xff],
  ] as const)('%s with %i bits keeps %i of a priority byte', (core, priorityBits, kept) => {
    const lone = new LoneSystem(core, { priorityBits });
    lone.write(REG.NVIC_IPR, 0xffff_ffff);
    expect(lone.read(REG.NVIC_IPR)).toBe(Math.imul(kept, 0x0101_0101) >>> 0);
  });

  it('the lowest number wins among equal priorities', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.write(REG.NVIC_ISER, 0xff);
    lone.exceptions.cps(false, true, false);
    lone.write(REG.NVIC_ISPR, 0b1100);
    lone.exceptions.cps(true, true, false);
    lone.exceptions.takePending();
    expect(lone.ipsr).toBe(18);
  });

  it.each([
    // PRIGROUP, active, pending, preempts: table B1-5.
    [0, 0x40, 0x20, true],
    [0, 0x41, 0x40, false],
    [5, 0x60, 0x40, false], // group field is bits 7:6
    [5, 0x80, 0x40, true],
    [7, 0xff, 0x00, false], // no group field: nothing preempts
  ])('with PRIGROUP %i, active %i and pending %i', (PRIGROUP, active, pending, preempts) => {
    const lone = new LoneSystem('cortex-m7');
    lone.write(REG.AIRCR, 0x05fa_0000 | (PRIGROUP << 8));
    lone.write(REG.NVIC_IPR, active | (pending << 8));
    lone.interrupt(0);
    expect(lone.interrupt(1)).toBe(preempts);
  });

  it('subpriority decides which of two pending ones goes first', () => {
    const lone = new LoneSystem('cortex-m7');
    lone.write(REG.AIRCR, 0x05fa_0700);
    lone.write(REG.NVIC_IPR, 0x2040);
    lone.write(REG.NVIC_ISER, 3);
    lone.exceptions.cps(false, true, false);
    lone.write(REG.NVIC_ISPR, 3);
    lone.exceptions.cps(true, true, false);
    lone.exceptions.takePending();
    expect(lone.ipsr).toBe(17);
  });

  it('BASEPRI masks what is not above it', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.write(REG.NVIC_IPR, 0x20_40, 2);
    lone.exceptions.msr(17, 2, 0x40);
    expect([lone.interrupt(0), lone.interrupt(1)]).toEqual([false, true]);
    expect(lone.read(REG.ICSR) & 0x1f_f000).toBe(0); // VECTPENDING takes BASEPRI into account
  });

  it('Armv6-M has no grouping', () => {
    const state = new ExceptionState(configureCore('cortex-m0'));
    state.setPriority(16, 0x40);
    state.PRIGROUP = 7;
    expect(state.groupPriority(16)).toBe(0x40);
  });

  it('highestPending and ExecutionPriority agree with the pseudocode for any state', () => {
    const exceptions = fc.uniqueArray(fc.integer({ min: 16, max: 255 }), { maxLength: 12 });
    fc.assert(fc.property(
      exceptions, exceptions, fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 256, maxLength: 256 }), fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 255 }),
      (pending, active, priorities, PRIGROUP, BASEPRI) => {
        const state = new ExceptionState(configureCore('cortex-m7'));
        state.PRIGROUP = PRIGROUP;
        for (let n = 16; n < 256; n++) { state.setPriority(n, priorities[n]); state.enabled.set(n, true); }
        for (const n of pending) state.pending.set(n, true);
        for (const n of active) state.active.set(n, true);
        const groupvalue = 2 << PRIGROUP;
        const group = (priority: number) => priority - (priority % groupvalue);
        const highest = Math.min(256, ...active.map((n) => group(priorities[n])));
        const boosted = BASEPRI === 0 ? 256 : group(BASEPRI);
        expect(state.ExecutionPriority(0, 0, BASEPRI)).toBe(Math.min(highest, boosted));
        const best = [...pending].sort((a, b) => priorities[a] - priorities[b] || a - b)[0] ?? 0;
        expect(state.highestPending()).toBe(best);
      },
    ));
  });
});

describe('a set of exceptions', () => {
  const members = fc.array(fc.record({ exception: fc.integer({ min: 0, max: 255 }), member: fc.boolean() }), { maxLength: 40 });

  it('counts what was added and not removed, also after it was saved, restored and copied', () => {
    fc.assert(fc.property(members, (changes) => {
      const [set, restored, copy] = [new ExceptionSet(), new ExceptionSet(), new ExceptionSet()];
      const expected = new Set<number>();
      for (const { exception, member } of changes) {
        set.set(exception, member);
        if (member) expected.add(exception);
        else expected.delete(exception);
      }
      restored.fromBytes(set.toBytes());
      copy.copyFrom(set);
      expect([set.count(), restored.count(), copy.count()]).toEqual([expected.size, expected.size, expected.size]);
    }));
  });
});

describe('NVIC registers (B3.4)', () => {
  it('ICTR tells the number of lines in groups of 32', () => {
    expect(new LoneSystem('cortex-m4', { irqCount: 82 }).read(REG.ICTR)).toBe(2);
  });

  it('set and clear registers read as the same state, for the lines that exist', () => {
    const lone = new LoneSystem('cortex-m4', { irqCount: 40 });
    lone.write(REG.NVIC_ISER, 0xffff_ffff);
    lone.write(REG.NVIC_ISER + 4, 0xffff_ffff);
    lone.write(REG.NVIC_ICER, 0xf);
    expect([lone.read(REG.NVIC_ISER), lone.read(REG.NVIC_ICER), lone.read(REG.NVIC_ISER + 4)]).toEqual([0xffff_fff0, 0xffff_fff0, 0xff]);
    expect(lone.read(REG.NVIC_ISER + 8)).toBe(0);
  });

  it('IPR takes bytes, halfwords and words', () => {
    const lone = new LoneSystem('cortex-m3', { priorityBits: 8 });
    lone.write(REG.NVIC_IPR + 5, 0x12, 1);
    lone.write(REG.NVIC_IPR + 6, 0x5634, 2);
    expect([lone.read(REG.NVIC_IPR + 4), lone.read(REG.NVIC_IPR + 5, 1)]).toEqual([0x5634_1200, 0x12]);
    expect(lone.exceptions.state.priority[16 + 7]).toBe(0x56);
  });

  it('IABR shows active interrupts', () => {
    const lone = new LoneSystem('cortex-m3');
    lone.interrupt(33);
    expect(lone.read(REG.NVIC_IABR + 4)).toBe(2);
  });

  it('a line that stays high pends again at the return of its handler; one that fell does not', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.exceptions.setEnabled(16, true);
    lone.exceptions.setIrqLevel(0, true);
    lone.exceptions.takePending();
    expect(lone.exceptions.state.pending.has(16)).toBe(false);
    lone.returnFromHandler();
    expect(lone.ipsr).toBe(16);
    lone.exceptions.setIrqLevel(0, false);
    lone.returnFromHandler();
    expect(lone.ipsr).toBe(0);
  });

  it('a pulse while the handler runs pends it once more', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.interrupt(0);
    lone.exceptions.setIrqLevel(0, true);
    lone.exceptions.setIrqLevel(0, false);
    lone.returnFromHandler();
    expect(lone.ipsr).toBe(16);
  });

  it('ICPR cannot clear an interrupt whose line is high', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.exceptions.setIrqLevel(7, true);
    lone.write(REG.NVIC_ICPR, 1 << 7);
    expect(lone.read(REG.NVIC_ISPR)).toBe(1 << 7);
    lone.exceptions.setIrqLevel(7, false);
    lone.write(REG.NVIC_ICPR, 1 << 7);
    expect(lone.read(REG.NVIC_ISPR)).toBe(0);
  });

  it('STIR pends, for unprivileged code only with USERSETMPEND', () => {
    const lone = new LoneSystem('cortex-m4', { irqCount: 64 });
    lone.write(REG.STIR, 40);
    expect(lone.read(REG.NVIC_ISPR + 4)).toBe(1 << 8);
    lone.words[Word.UNPRIVILEGED] = 1;
    expect(() => lone.write(REG.STIR, 1)).toThrow('unprivileged write');
    lone.words[Word.UNPRIVILEGED] = 0;
    lone.write(REG.CCR, 0x202);
    lone.words[Word.UNPRIVILEGED] = 1;
    lone.write(REG.STIR, 1);
    expect(lone.exceptions.state.pending.has(17)).toBe(true);
  });

  it('a line is a wire to one interrupt of this core', () => {
    const lone = new LoneSystem('cortex-m4', { irqCount: 8 });
    const line = lone.system.irqLine(7);
    line.set(true);
    expect([line.level, lone.read(REG.NVIC_ISPR)]).toEqual([true, 1 << 7]);
    expect(() => lone.system.irqLine(8)).toThrow('cortex-m4 has 8 interrupts, none with number 8');
  });

  it('STIR does not exist on Armv6-M', () => {
    const lone = new LoneSystem('cortex-m0');
    lone.write(REG.STIR, 0);
    expect(lone.read(REG.NVIC_ISPR)).toBe(0);
  });

  it('an enabled interrupt ends the current run of the interpreter', () => {
    const lone = new LoneSystem('cortex-m4');
    lone.words[Word.CYCLES] = 1234;
    lone.exceptions.setEnabled(16, true);
    expect(lone.words[Word.LIMIT]).toBe(1_000_000);
    lone.exceptions.pulseIrq(0);
    expect([lone.words[Word.LIMIT], lone.words[Word.ATTENTION]]).toEqual([1234, 1]);
  });
});
