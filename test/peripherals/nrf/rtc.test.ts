/** Nordic RTC: nRF52840 Product Specification v1.1, RTC. The bench's clock of 25 MHz stands for LFCLK, a tick its period. */
import { describe, expect, it } from 'vitest';
import { RTC } from '../../../emulator/peripherals/nrf/rtc.js';
import { bench } from '../bench.js';

const COMPARE0 = 1 << 16;
const TICK = 1;
const OVRFLW = 2;
const LARGEST = 0xff_ffff;

/** Counting from 0: the edge at which TASKS_START took effect is tick 0 of the counter. */
function counting(prescaler = 0, visible = COMPARE0) {
  const on = bench(RTC, 'nrf/rtc', { cc: 4 });
  on.write('PRESCALER', prescaler);
  on.write('EVTENSET', visible);
  on.write('TASKS_START', 1);
  on.tick(1);
  return on;
}

describe('an RTC', () => {
  it('counts periods of PRESCALER + 1 from the edge after START', () => {
    const { tick, read } = counting(9);
    tick(29);
    const before = read('COUNTER');
    tick(1);
    expect([before, read('COUNTER')]).toEqual([2, 3]);
  });

  it('keeps the prescaler it was started with', () => {
    const { tick, read, write, warnings } = counting(9);
    write('PRESCALER', 0);
    tick(20);
    expect([read('COUNTER'), read('PRESCALER'), warnings.length]).toEqual([2, 9, 1]);
  });

  it('has nothing against being given the prescaler it has', () => {
    const { write, warnings } = counting(9);
    write('PRESCALER', 9);
    expect(warnings).toEqual([]);
  });

  it('compares when the counter goes from N - 1 to N', () => {
    const { write, peek, ticksUntil } = counting(4);
    write('CC[0]', 100);
    expect(ticksUntil(() => peek('EVENTS_COMPARE[0]') === 1)).toBe(100 * 5);
  });

  it.each([
    ['writes another compare', 'CC[1]', 500],
    ['writes the same one',    'CC[0]', 500],
    ['asks for more events',   'EVTENSET', TICK],
    ['begins a task',          'TASKS_CLEAR', 1],
  ])('compares also when the instruction during which it does so %s', (_what, register, value) => {
    const { write, peek, tick, during } = counting();
    write('CC[0]', 51);
    tick(50);
    during(1, () => write(register, value));
    expect(peek('EVENTS_COMPARE[0]')).toBe(1);
  });

  it('does not compare with the value it stands at when it is written', () => {
    const { write, peek, tick } = counting(4);
    tick(7 * 5);
    write('CC[0]', 7);
    tick(1000);
    expect(peek('EVENTS_COMPARE[0]')).toBe(0);
  });

  it('is too late for N + 1 in the last period before it, and in time for N + 2', () => {
    const events = [1, 2].map((ahead) => {
      const { write, peek, tick, read } = counting();
      tick(50);
      write('CC[0]', read('COUNTER') + ahead);
      tick(10);
      return peek('EVENTS_COMPARE[0]');
    });
    expect(events).toEqual([0, 1]);
  });

  it('is in time for N + 1 when a prescaler leaves it two edges', () => {
    const { write, peek, tick } = counting(1);
    tick(2 * 50);
    write('CC[0]', 51);
    tick(2);
    expect(peek('EVENTS_COMPARE[0]')).toBe(1);
  });

  it('still meets the old CC at N + 1 when a new one is written at N', () => {
    const { write, peek, tick } = counting();
    write('CC[0]', 51);
    tick(50);
    write('CC[0]', 1000);
    tick(1);
    expect(peek('EVENTS_COMPARE[0]')).toBe(1);
  });

  it('does not meet the old CC at N + 2', () => {
    const { write, peek, tick } = counting();
    write('CC[0]', 52);
    tick(50);
    write('CC[0]', 1000);
    tick(10);
    expect(peek('EVENTS_COMPARE[0]')).toBe(0);
  });

  it('does not compare with 0 after CLEAR', () => {
    const { write, peek, read, tick } = counting();
    tick(10);
    write('CC[0]', 0);
    write('TASKS_CLEAR', 1);
    tick(5);
    expect([peek('EVENTS_COMPARE[0]'), read('COUNTER')]).toEqual([0, 4]);
  });

  it('stands still after STOP, from the next edge on', () => {
    const { write, read, tick } = counting();
    tick(10);
    write('TASKS_STOP', 1);
    tick(20);
    expect(read('COUNTER')).toBe(11);
  });

  it('overflows 16 periods after TRIGOVRFLW', () => {
    const { write, peek, ticksUntil } = counting(0, OVRFLW);
    write('TASKS_TRIGOVRFLW', 1);
    expect(ticksUntil(() => peek('EVENTS_OVRFLW') === 1)).toBe(1 + (LARGEST + 1 - 0xff_fff0));
  });

  it('ticks with the counter', () => {
    const { write, peek, ticksUntil } = counting(9, TICK);
    ticksUntil(() => peek('EVENTS_TICK') === 1);
    write('EVENTS_TICK', 0);
    expect(ticksUntil(() => peek('EVENTS_TICK') === 1)).toBe(10);
  });

  it('has no event that neither EVTEN nor INTEN lets out', () => {
    const { write, peek, tick } = counting(0, 0);
    write('CC[0]', 10);
    tick(100);
    expect([peek('EVENTS_COMPARE[0]'), peek('EVENTS_TICK')]).toEqual([0, 0]);
  });

  it('interrupts by INTENSET alone', () => {
    const { write, level, tick } = counting(0, 0);
    write('CC[0]', 10);
    write('INTENSET', COMPARE0);
    tick(10);
    expect(level('irq')).toBe(true);
  });

  it('schedules nothing while nothing can be seen, and one event for a compare', () => {
    const { write, scheduled } = counting(0, 0);
    const before = scheduled();
    write('EVTENSET', COMPARE0);
    expect([before, scheduled()]).toEqual([0, 1]);
  });

  it('stands while LFCLK stands', () => {
    const { tick, read, chip } = counting();
    tick(10);
    chip.tree.clock('clk').stop();
    tick(1000);
    chip.tree.clock('clk').start();
    tick(5);
    expect(read('COUNTER')).toBe(15);
  });
});
