import { describe, expect, it } from 'vitest';
import { WATCHDOG } from '../../../emulator/peripherals/cmsdk/watchdog.js';
import { bench } from '../bench.js';

const INTEN = 1, RESEN = 2;

function watchdog(load: number, control: number) {
  const b = bench(WATCHDOG, 'cmsdk/watchdog');
  b.write('WDOGLOAD', load);
  b.write('WDOGCONTROL', control);
  return b;
}

describe('the CMSDK watchdog', () => {
  it('stands still until INTEN is set, then counts from WDOGLOAD', () => {
    const { write, read, tick } = watchdog(100, 0);
    tick(50);
    expect(read('WDOGVALUE')).toBe(100);
    write('WDOGCONTROL', INTEN);
    tick(10);
    expect(read('WDOGVALUE')).toBe(90);
  });

  it('interrupts at its first arrival at zero', () => {
    const { ticksUntil, level, read, resets } = watchdog(100, INTEN | RESEN);
    expect(ticksUntil(() => level('irq'))).toBe(100);
    expect([read('WDOGRIS'), read('WDOGMIS'), resets.length]).toEqual([1, 1, 0]);
  });

  it('asks for a reset at the second, a period of WDOGLOAD + 1 later', () => {
    const { ticksUntil, resets } = watchdog(100, INTEN | RESEN);
    expect(ticksUntil(() => resets.length > 0)).toBe(201);
  });

  it('asks for none when the interrupt is cleared in time', () => {
    const { tick, write, read, resets } = watchdog(100, INTEN | RESEN);
    for (let i = 0; i < 5; i++) {
      tick(150);
      write('WDOGINTCLR', 0);
      expect(read('WDOGVALUE')).toBe(100);
    }
    expect(resets).toEqual([]);
  });

  it('asks for none without RESEN', () => {
    const { tick, level, resets } = watchdog(100, INTEN);
    tick(1000);
    expect([level('irq'), resets.length]).toEqual([true, 0]);
  });

  it('ignores writes while locked, except to WDOGLOCK', () => {
    const { write, read, warnings } = watchdog(100, 0);
    expect(read('WDOGLOCK')).toBe(0);
    write('WDOGLOCK', 1);
    expect(read('WDOGLOCK')).toBe(1);
    write('WDOGLOAD', 5);
    expect(read('WDOGLOAD')).toBe(100);
    expect(warnings.length).toBe(1);
    write('WDOGLOCK', 0x1acce551);
    write('WDOGLOAD', 5);
    expect([read('WDOGLOCK'), read('WDOGLOAD')]).toEqual([0, 5]);
  });

  it('lets the integration test registers drive its outputs', () => {
    const { write, level, resets } = watchdog(100, 0);
    write('WDOGITCR', 1);
    write('WDOGITOP', 2);
    expect([level('irq'), resets.length]).toEqual([true, 0]);
    write('WDOGITOP', 1);
    expect([level('irq'), resets.length]).toEqual([false, 1]);
  });
});
