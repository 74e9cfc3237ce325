/** Nordic WDT: nRF52840 Product Specification v1.1, WDT. The bench's clock stands for LFCLK. */
import { describe, expect, it } from 'vitest';
import { WDT } from '../../../emulator/peripherals/nrf/wdt.js';
import { bench } from '../bench.js';

const RELOAD = 0x6e52_4635;

function started(crv = 99, settings: Readonly<Record<string, number>> = {}) {
  const on = bench(WDT, 'nrf/wdt');
  on.write('CRV', crv);
  for (const [register, value] of Object.entries(settings)) on.write(register, value);
  on.write('TASKS_START', 1);
  return on;
}

describe('a watchdog', () => {
  it('resets CRV + 1 cycles after its start', () => {
    const { resets, ticksUntil } = started();
    expect(ticksUntil(() => resets.length > 0)).toBe(100);
  });

  it('counts a CRV below 0xF as 0xF', () => {
    const { resets, ticksUntil } = started(3);
    expect(ticksUntil(() => resets.length > 0)).toBe(16);
  });

  it('begins anew when its reload register is written with the key', () => {
    const { write, resets, tick, ticksUntil } = started();
    tick(60);
    write('RR[0]', RELOAD);
    expect(ticksUntil(() => resets.length > 0)).toBe(100);
  });

  it('does not take another value for the key', () => {
    const { write, resets, tick, ticksUntil } = started();
    tick(60);
    write('RR[0]', RELOAD + 1);
    expect(ticksUntil(() => resets.length > 0)).toBe(40);
  });

  it('waits for all enabled reload registers, and shows in REQSTATUS which have not been written', () => {
    const { write, read, resets, tick, ticksUntil } = started(99, { RREN: 0b101 });
    tick(60);
    write('RR[0]', RELOAD);
    const waiting = read('REQSTATUS');
    tick(20);
    write('RR[2]', RELOAD);
    expect([waiting, read('REQSTATUS'), ticksUntil(() => resets.length > 0)]).toEqual([0b100, 0b101, 100]);
  });

  it('gives an interrupt two cycles before the reset', () => {
    const { level, resets, ticksUntil } = started(99, { INTENSET: 1 });
    const warned = ticksUntil(() => level('irq'));
    expect([warned, ticksUntil(() => resets.length > 0)]).toEqual([100, 2]);
  });

  it('cannot be appeased after TIMEOUT', () => {
    const { write, resets, tick } = started(99, { INTENSET: 1 });
    tick(101);
    write('RR[0]', RELOAD);
    tick(1);
    expect(resets).toEqual(['watchdog']);
  });

  it('locks its settings once it runs', () => {
    const { write, read } = started();
    write('CRV', 5);
    write('RREN', 0xff);
    write('CONFIG', 0);
    expect([read('CRV'), read('RREN'), read('CONFIG'), read('RUNSTATUS')]).toEqual([99, 1, 1, 1]);
  });

  it('pauses while the core sleeps when CONFIG.SLEEP says so', () => {
    const { chip, tick, resets, ticksUntil } = started(99, { CONFIG: 0 });
    tick(30);
    chip.sleep(true);
    tick(1000);
    chip.sleep(false);
    expect([resets.length, ticksUntil(() => resets.length > 0)]).toEqual([0, 70]);
  });

  it('runs while the core sleeps otherwise', () => {
    const { chip, resets, ticksUntil } = started();
    chip.sleep(true);
    expect(ticksUntil(() => resets.length > 0)).toBe(100);
  });

  it.each([['system', 60], ['lockup', 60]] as const)('goes on over a %s reset', (kind, left) => {
    const { device, tick, resets, ticksUntil } = started();
    tick(40);
    device.reset(kind);
    expect(ticksUntil(() => resets.length > 0)).toBe(left);
  });

  it.each(['pin', 'watchdog', 'wake-up', 'power-on'] as const)('ends with a %s reset', (kind) => {
    const { device, read, scheduled } = started();
    device.reset(kind);
    expect([read('RUNSTATUS'), read('CRV'), scheduled()]).toEqual([0, 0xffff_ffff, 0]);
  });
});
