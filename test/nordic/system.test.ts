/**
 * What firmware of our own sees of the nRF52840's sleep, flash, watchdog, System OFF and reset pin.
 * Sources: nRF52840 Product Specification v1.1, POWER, NVMC, WDT, RTC; cycles from the Cortex-M4 TRM (100166), 3.3, as the
 * program's comments count them.
 */
import { describe, expect, it } from 'vitest';
import { lab } from './lab.js';

const DAY_SECONDS = 86_400;
/** Root ticks of a core cycle: 512 MHz / 64 MHz. */
const CYCLE = 8;

describe('a day asleep with a wake-up each second', () => {
  const on = lab('sleep-a-day');
  on.run(10);
  const before = { ...on.machine.residency, wakes: on.result(0) };
  on.run(DAY_SECONDS);
  const { running, sleeping, stalled, off } = on.machine.residency;

  it('wakes 86,400 times', () => {
    expect(on.result(0) - before.wakes).toBe(DAY_SECONDS);
  });

  it('runs for 42 cycles each time: entry 12, handler 16, return 10, B 3, WFI 1', () => {
    const perWake = (running - before.running) / DAY_SECONDS;
    // The edge of LFCLK falls into the first of these cycles, of which only the rest counts.
    expect([Number.isInteger(perWake), Math.ceil(perWake / CYCLE)]).toEqual([true, 12 + 16 + 10 + 3 + 1]);
  });

  it('sleeps the rest, to the tick', () => {
    expect([sleeping - before.sleeping + running - before.running, stalled, off]).toEqual([DAY_SECONDS * on.machine.rootHz, 0, 0]);
  });
});

describe('flash', () => {
  const on = lab('flash');
  on.run(1);

  it('reads as ones after an erase', () => {
    expect(on.result(0)).toBe(0xffff_ffff);
  });

  it('keeps zeros: the second write only clears more bits', () => {
    expect(on.result(1)).toBe(0xffff_00ff & 0x0fff_fff0);
  });

  it('holds the core for 85 ms to erase a page, and 41 us for each of two words', () => {
    expect(on.machine.residency.stalled / on.machine.rootHz).toBeCloseTo(0.085 + 2 * 41e-6, 9);
  });
});

describe('a watchdog that nobody feeds', () => {
  const on = lab('watchdog');
  on.run(3);

  it('resets after (CRV + 1) / 32768 s: one second, from the edge before its start', () => {
    const [{ at }] = on.machine.resets;
    expect(Math.abs(at / on.machine.rootHz - 1)).toBeLessThanOrEqual(1 / 32_768);
  });

  it('leaves RESETREAS.DOG, and GPREGRET as it was', () => {
    expect([on.result(0), on.result(1)]).toEqual([1 << 1, 0x5a]);
  });

  it('gives way to ones written to RESETREAS', () => {
    expect(on.result(2)).toBe(0);
  });
});

describe('System OFF', () => {
  const asleep = lab('system-off');
  const end = asleep.run(1);
  const idleAt = asleep.seconds();
  asleep.press('WAKE', true);
  const woken = asleep.run(1);

  it('has nothing more to do until somebody presses the button', () => {
    expect([end.kind, idleAt < 1]).toEqual(['idle', true]);
  });

  it('counts as off, not as asleep', () => {
    const { off, sleeping } = asleep.machine.residency;
    expect([off > 0, sleeping]).toEqual([true, 0]);
  });

  it('ends with a reset when DETECT rises, and says so in RESETREAS.OFF', () => {
    expect([woken.kind, asleep.result(0)]).toEqual(['exit', 1 << 16]);
  });

  it('keeps the sections of RAM that have retention, and only those', () => {
    expect([asleep.result(1) === 0x1234_5678, asleep.result(2) === 0x1234_5678]).toEqual([true, false]);
  });

  it('goes on from a snapshot taken in it', () => {
    const first = lab('system-off');
    first.run(1);
    const second = lab('system-off');
    second.machine.restore(first.machine.snapshot());
    second.press('WAKE', true);
    expect([second.run(1).kind, second.result(0)]).toEqual(['exit', 1 << 16]);
  });
});

describe('the reset pin that UICR.PSELRESET chooses', () => {
  it('resets the chip when it goes low: RESETREAS.RESETPIN beside the SREQ that was cleared', () => {
    const on = lab('reset-pin');
    on.run(1);
    const before = on.result(0);
    on.press('NRESET', true);
    expect([before, on.run(1).kind, on.result(0)]).toEqual([1 << 2, 'exit', 1 << 0]);
  });

  it('is what Machine.reset() pulls', () => {
    const on = lab('reset-pin');
    on.run(1);
    on.machine.reset();
    expect([on.run(1).kind, on.result(0)]).toEqual(['exit', 1 << 0]);
  });
});
