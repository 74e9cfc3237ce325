import { describe, expect, it } from 'vitest';
import { DUAL_TIMER } from '../../../emulator/peripherals/cmsdk/dual-timer.js';
import { bench } from '../bench.js';

const ONESHOT = 1, WIDE = 2, BY16 = 4, BY256 = 8, INTEN = 32, PERIODIC = 64, ENABLE = 128;

function dualTimer() {
  return bench(DUAL_TIMER, 'cmsdk/dual-timer');
}

describe.each(['TIMER1', 'TIMER2'] as const)('%s of the CMSDK dual timer', (name) => {
  const line = name === 'TIMER1' ? 'timer1' : 'timer2';
  const other = name === 'TIMER1' ? 'timer2' : 'timer1';

  it('is periodic: interrupts at zero, then goes on from LOAD', () => {
    const { write, read, ticksUntil, level } = dualTimer();
    write(`${name}LOAD`, 99);
    write(`${name}CONTROL`, ENABLE | PERIODIC | INTEN | WIDE);
    expect(ticksUntil(() => level(line))).toBe(99);
    expect([level('combined'), level(other), read(`${name}RIS`), read(`${name}MIS`)]).toEqual([true, false, 1, 1]);
    write(`${name}INTCLR`, 0);
    expect([level(line), level('combined')]).toEqual([false, false]);
    expect(ticksUntil(() => level(line))).toBe(100);
  });

  it('is free-running: wraps to the largest value of its size', () => {
    const { write, read, tick } = dualTimer();
    write(`${name}LOAD`, 5);
    write(`${name}CONTROL`, ENABLE | WIDE);
    tick(6);
    expect(read(`${name}VALUE`)).toBe(0xffff_ffff);
    write(`${name}CONTROL`, 0);
    write(`${name}LOAD`, 5);
    write(`${name}CONTROL`, ENABLE);
    tick(6);
    expect(read(`${name}VALUE`)).toBe(0xffff);
  });

  it('is one-shot: stops at zero until LOAD is written', () => {
    const { write, read, tick, level } = dualTimer();
    write(`${name}LOAD`, 50);
    write(`${name}CONTROL`, ENABLE | INTEN | WIDE | ONESHOT);
    tick(200);
    expect([read(`${name}VALUE`), read(`${name}RIS`), read(`${name}CONTROL`)]).toEqual([0, 1, 0xa3]);
    write(`${name}INTCLR`, 1);
    tick(200);
    expect(level(line)).toBe(false);
    write(`${name}LOAD`, 200);
    expect(read(`${name}VALUE`)).toBe(200);
    tick(200);
    expect(level(line)).toBe(true);
  });

  it.each([[0, 1], [BY16, 16], [BY256, 256]])('divides its clock with prescale bits 0x%s by %i', (bits, factor) => {
    const { write, read, tick } = dualTimer();
    write(`${name}LOAD`, 1000);
    write(`${name}CONTROL`, ENABLE | WIDE | bits);
    tick(10 * factor - 1);
    expect(read(`${name}VALUE`)).toBe(991);
    tick(1);
    expect(read(`${name}VALUE`)).toBe(990);
  });

  it('takes BGLOAD at the next reload, and both read the last one written', () => {
    const { write, read, tick } = dualTimer();
    write(`${name}LOAD`, 0x12345678);
    expect([read(`${name}VALUE`), read(`${name}BGLOAD`)]).toEqual([0x12345678, 0x12345678]);
    write(`${name}BGLOAD`, 0x99);
    expect([read(`${name}LOAD`), read(`${name}VALUE`), read(`${name}BGLOAD`)]).toEqual([0x99, 0x12345678, 0x99]);
    write(`${name}LOAD`, 5);
    write(`${name}CONTROL`, ENABLE | PERIODIC | WIDE);
    write(`${name}BGLOAD`, 20);
    tick(6);
    expect(read(`${name}VALUE`)).toBe(20);
  });

  it('masks its interrupt with INTEN, and RIS shows it all the same', () => {
    const { write, read, tick, level } = dualTimer();
    write(`${name}LOAD`, 5);
    write(`${name}CONTROL`, ENABLE | PERIODIC | WIDE);
    tick(5);
    expect([read(`${name}RIS`), read(`${name}MIS`), level(line)]).toEqual([1, 0, false]);
    write(`${name}CONTROL`, ENABLE | PERIODIC | WIDE | INTEN);
    expect([read(`${name}MIS`), level(line)]).toEqual([1, true]);
  });

  it('interrupts at once for a LOAD of zero', () => {
    const { write, level } = dualTimer();
    write(`${name}CONTROL`, ENABLE | PERIODIC | WIDE | INTEN);
    write(`${name}INTCLR`, 0);
    write(`${name}LOAD`, 0);
    expect(level(line)).toBe(true);
  });

  it('keeps the high half of VALUE in 16-bit mode', () => {
    const { write, read, tick } = dualTimer();
    write(`${name}LOAD`, 0x1234_0001);
    write(`${name}CONTROL`, ENABLE);
    tick(2);
    expect(read(`${name}VALUE`)).toBe(0x1234_ffff);
  });

  it('schedules nothing more once its interrupt is pending', () => {
    const { write, tick, scheduled } = dualTimer();
    write(`${name}LOAD`, 5);
    write(`${name}CONTROL`, ENABLE | PERIODIC | WIDE);
    tick(5);
    expect(scheduled()).toBe(0);
  });
});

it('lets the integration test registers of the CMSDK dual timer drive its lines', () => {
  const { write, level } = dualTimer();
  write('TIMERITCR', 1);
  write('TIMERITOP', 2);
  expect([level('timer1'), level('timer2'), level('combined')]).toEqual([false, true, true]);
  write('TIMERITCR', 0);
  expect(level('combined')).toBe(false);
});
