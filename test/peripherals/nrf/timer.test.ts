/** Nordic TIMER: nRF52840 Product Specification v1.1, TIMER. The bench's clock stands for PCLK16M. */
import { describe, expect, it } from 'vitest';
import { TIMER } from '../../../emulator/peripherals/nrf/timer.js';
import { bench } from '../bench.js';

const timer = () => bench(TIMER, 'nrf/timer', { cc: 6 });
const COMPARE0_CLEAR = 1;
const COMPARE0_STOP = 1 << 8;

describe('a timer', () => {
  it('sets EVENTS_COMPARE[0] after CC[0] ticks of 2^PRESCALER', () => {
    const { write, peek, ticksUntil } = timer();
    write('CC[0]', 100);
    write('TASKS_START', 1);
    expect(ticksUntil(() => peek('EVENTS_COMPARE[0]') === 1)).toBe(100 * 16);
  });

  it('begins again at COMPARE with its CLEAR shortcut: a period of CC ticks', () => {
    const { write, peek, ticksUntil } = timer();
    write('PRESCALER', 0);
    write('CC[0]', 50);
    write('SHORTS', COMPARE0_CLEAR);
    write('TASKS_START', 1);
    ticksUntil(() => peek('EVENTS_COMPARE[0]') === 1);
    write('EVENTS_COMPARE[0]', 0);
    expect(ticksUntil(() => peek('EVENTS_COMPARE[0]') === 1)).toBe(50);
  });

  it('stands at CC after COMPARE with its STOP shortcut', () => {
    const { write, read, tick } = timer();
    write('PRESCALER', 0);
    write('CC[0]', 50);
    write('SHORTS', COMPARE0_STOP);
    write('TASKS_START', 1);
    tick(200);
    write('TASKS_CAPTURE[1]', 1);
    expect(read('CC[1]')).toBe(50);
  });

  it('counts tasks in counter mode', () => {
    const { write, peek } = timer();
    write('MODE', 1);
    write('CC[2]', 2);
    write('TASKS_START', 1);
    write('TASKS_COUNT', 1);
    write('TASKS_COUNT', 1);
    expect(peek('EVENTS_COMPARE[2]')).toBe(1);
  });

  it('wraps where BITMODE says', () => {
    const { write, read, tick } = timer();
    write('BITMODE', 1);
    write('PRESCALER', 0);
    write('TASKS_START', 1);
    tick(256 + 3);
    write('TASKS_CAPTURE[0]', 1);
    expect(read('CC[0]')).toBe(3);
  });

  it('interrupts while its event stands and INTENSET asks for it', () => {
    const { write, tick, level } = timer();
    write('PRESCALER', 0);
    write('CC[0]', 1);
    write('INTENSET', 1 << 16);
    write('TASKS_START', 1);
    tick(1);
    const before = level('irq');
    write('EVENTS_COMPARE[0]', 0);
    expect([before, level('irq')]).toEqual([true, false]);
  });

  it('meets a compare register that is written with the counter\'s own value a whole turn later', () => {
    const { write, peek, tick, ticksUntil } = timer();
    write('BITMODE', 1);
    write('PRESCALER', 0);
    write('TASKS_START', 1);
    tick(10);
    write('CC[0]', 10);
    expect([peek('EVENTS_COMPARE[0]'), ticksUntil(() => peek('EVENTS_COMPARE[0]') === 1)]).toEqual([0, 256]);
  });

  it.each([
    ['captures',                 'TASKS_CAPTURE[0]', 1],
    ['clears',                   'TASKS_CLEAR',      1],
    ['stops',                    'TASKS_STOP',       1],
    ['writes another compare',   'CC[0]',            500],
    ['writes the same register', 'CC[1]',            500],
  ])('meets a compare also when the instruction during which it does so %s', (_what, register, value) => {
    const { write, peek, during } = timer();
    write('PRESCALER', 0);
    write('CC[1]', 10);
    write('TASKS_START', 1);
    during(10, () => write(register, value));
    expect(peek('EVENTS_COMPARE[1]')).toBe(1);
  });

  it('keeps its period when the instruction during which a compare clears it captures two ticks late', () => {
    const { write, peek, during, tick } = timer();
    write('PRESCALER', 0);
    write('CC[1]', 10);
    write('SHORTS', COMPARE0_CLEAR << 1);
    write('TASKS_START', 1);
    during(12, () => write('TASKS_CAPTURE[0]', 1));
    const captured = peek('CC[0]');
    write('EVENTS_COMPARE[1]', 0);
    tick(7);
    const before = peek('EVENTS_COMPARE[1]');
    tick(1);
    expect([captured, before, peek('EVENTS_COMPARE[1]')]).toEqual([2, 0, 1]);
  });

  it('goes on from where STOP left it', () => {
    const { write, read, tick } = timer();
    write('PRESCALER', 0);
    write('TASKS_START', 1);
    tick(7);
    write('TASKS_STOP', 1);
    tick(100);
    write('TASKS_START', 1);
    tick(5);
    write('TASKS_CAPTURE[0]', 1);
    expect(read('CC[0]')).toBe(12);
  });

  it('counts 16 bits at most where the chip has no more: nRF51\'s TIMER1 and TIMER2', () => {
    const { write, read, tick } = bench(TIMER, 'nrf/timer', { cc: 4, bits: 16 });
    write('BITMODE', 3);
    write('PRESCALER', 0);
    write('TASKS_START', 1);
    tick(2 ** 16 + 3);
    write('TASKS_CAPTURE[0]', 1);
    expect(read('CC[0]')).toBe(3);
  });

  it('forgets its registers when POWER is switched off', () => {
    const { write, read, tick } = timer();
    write('CC[0]', 100);
    write('TASKS_START', 1);
    write('POWER', 0);
    write('POWER', 1);
    tick(5000);
    expect([read('CC[0]'), read('EVENTS_COMPARE[0]')]).toEqual([0, 0]);
  });
});
