import { describe, expect, it } from 'vitest';
import { TIMER, type Timer } from '../../../emulator/peripherals/cmsdk/timer.js';
import { bench } from '../bench.js';

const ENABLE = 1, EXTENABLE = 2, EXTCLK = 4, IRQEN = 8;

function timer() {
  return bench<typeof TIMER.spec, Timer>(TIMER, 'cmsdk/timer');
}

describe('the CMSDK timer', () => {
  it('counts down one per tick while enabled', () => {
    const { write, read, tick } = timer();
    write('RELOAD', 100);
    tick(10);
    expect(read('VALUE')).toBe(100);
    write('CTRL', ENABLE);
    tick(10);
    expect([read('VALUE'), read('VALUE')]).toEqual([90, 90]);
    write('CTRL', 0);
    tick(10);
    expect(read('VALUE')).toBe(90);
  });

  it('takes a written VALUE at once and leaves RELOAD', () => {
    const { write, read } = timer();
    write('RELOAD', 50);
    expect(read('VALUE')).toBe(50);
    write('VALUE', 7);
    expect([read('VALUE'), read('RELOAD')]).toEqual([7, 50]);
  });

  it('interrupts on arriving at zero and reloads one tick later: a period of RELOAD + 1', () => {
    const { write, read, ticksUntil, level } = timer();
    write('RELOAD', 99);
    write('CTRL', ENABLE | IRQEN);
    expect(ticksUntil(() => level('irq'))).toBe(99);
    expect([read('VALUE'), read('INTSTATUS')]).toEqual([0, 1]);
    write('INTSTATUS', 1);
    expect(level('irq')).toBe(false);
    expect(ticksUntil(() => level('irq'))).toBe(100);
  });

  it('keeps its phase over periods whose interrupts are cleared late', () => {
    const { write, ticksUntil, tick, level } = timer();
    write('RELOAD', 99);
    write('CTRL', ENABLE | IRQEN);
    ticksUntil(() => level('irq'));
    tick(250);
    write('INTSTATUS', 1);
    expect(ticksUntil(() => level('irq'))).toBe(50);
  });

  /** As on QEMU 7.2 and in the RTL: INTSTATUS is not a raw status. */
  it('sets no INTSTATUS and schedules nothing while IRQEN is clear', () => {
    const { write, read, tick, scheduled } = timer();
    write('RELOAD', 9);
    write('CTRL', ENABLE);
    expect(scheduled()).toBe(0);
    tick(25);
    expect([read('INTSTATUS'), read('VALUE')]).toEqual([0, 4]);
  });

  it('keeps requesting when IRQEN is cleared after the arrival', () => {
    const { write, tick, level } = timer();
    write('RELOAD', 9);
    write('CTRL', ENABLE | IRQEN);
    tick(9);
    write('CTRL', ENABLE);
    expect(level('irq')).toBe(true);
  });

  it('stays at zero when RELOAD is zero', () => {
    const { write, read, tick, scheduled } = timer();
    write('RELOAD', 0);
    write('VALUE', 3);
    write('CTRL', ENABLE | IRQEN);
    tick(3);
    write('INTSTATUS', 1);
    tick(100);
    expect([read('VALUE'), read('INTSTATUS'), scheduled()]).toEqual([0, 0, 0]);
  });

  it('shows an arrival to a read that comes before its event could fire', () => {
    const { write, read, stall } = timer();
    write('RELOAD', 9);
    write('CTRL', ENABLE | IRQEN);
    stall(9);
    expect(read('INTSTATUS')).toBe(1);
  });

  it('counts only while EXTIN is high with EXTENABLE', () => {
    const { write, read, tick, device } = timer();
    write('RELOAD', 100);
    write('CTRL', ENABLE | EXTENABLE);
    tick(10);
    expect(read('VALUE')).toBe(100);
    device.setExternalInput(true);
    tick(10);
    device.setExternalInput(false);
    tick(10);
    expect(read('VALUE')).toBe(90);
  });

  it('counts rising edges of EXTIN with EXTCLK', () => {
    const { write, read, tick, device, level } = timer();
    write('RELOAD', 2);
    write('CTRL', ENABLE | EXTCLK | IRQEN);
    const values = Array.from({ length: 4 }, () => {
      tick(5);
      device.setExternalInput(true);
      device.setExternalInput(false);
      return read('VALUE');
    });
    expect(values).toEqual([1, 0, 2, 1]);
    expect(level('irq')).toBe(true);
  });

  it('counts all 32 bits', () => {
    const { write, read, tick } = timer();
    write('RELOAD', 0xffff_ffff);
    write('CTRL', ENABLE);
    tick(1);
    expect(read('VALUE')).toBe(0xffff_fffe);
  });

  it('goes on counting from a snapshot', () => {
    const first = timer();
    first.write('RELOAD', 99);
    first.write('CTRL', ENABLE | IRQEN);
    first.tick(30);
    const second = timer();
    second.tick(30);
    second.device.restore(first.device.snapshot());
    expect(second.ticksUntil(() => second.level('irq'))).toBe(69);
  });
});
