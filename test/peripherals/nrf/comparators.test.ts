/** Nordic COMP and LPCOMP: nRF52840 Product Specification v1.1; nRF51 Reference Manual v3.0, LPCOMP. The supply is 3.3 V. */
import { describe, expect, it } from 'vitest';
import { COMP } from '../../../emulator/peripherals/nrf/comp.js';
import { LPCOMP, LPCOMP_NRF51 } from '../../../emulator/peripherals/nrf/lpcomp.js';
import { SteadyVoltage } from '../../../emulator/wires/analog.js';
import { Pin } from '../../../emulator/wires/net.js';
import { signalChip, TICK } from './signal-chip.js';

const INT_1V2 = 0;
const DIFF = 1 << 8;
/** Ticks of 16 MHz. */
const MICROSECOND = 16;

/** Volts rise by 1 V in 1000 us up to 2 V, then fall as fast. */
const triangle = { volts: (at: number): number => 2 - Math.abs(at / TICK / MICROSECOND / 1000 - 2) };

describe('COMP', () => {
  const setUp = () => {
    const on = signalChip();
    const comp = on.add('comp', 'nrf/comp', COMP, 0x4001_3000);
    comp.write('ENABLE', 2);
    return { ...on, comp, drive: (pin: number, source: { volts(at: number): number }) => new Pin('outside', on.net(pin)).driveAnalog(source) };
  };

  it('is ready 3 us after START', () => {
    const { comp, tick } = setUp();
    comp.write('TASKS_START', 1);
    tick(3 * MICROSECOND - 1);
    const before = comp.read('EVENTS_READY');
    tick(1);
    expect([before, comp.read('EVENTS_READY')]).toEqual([0, 1]);
  });

  // (THUP + 1) / 64 * 1.2 V = 0.9 V at 900 us; (THDOWN + 1) / 64 * 1.2 V = 0.3 V at 3700 us.
  it.each([['UP', 900], ['DOWN', 3700]])('tells %s at %i us to the tick after the crossing', (event, microseconds) => {
    const { comp, drive, tick } = setUp();
    drive(2, triangle);
    comp.write('REFSEL', INT_1V2);
    comp.write('TH', (47 << 8) | 15);
    comp.write('TASKS_START', 1);
    tick(microseconds * MICROSECOND - 1);
    const before = comp.read(`EVENTS_${event}`);
    tick(2);
    expect([before, comp.read(`EVENTS_${event}`), comp.read('EVENTS_CROSS')]).toEqual([0, 1, 1]);
  });

  it('samples what is above', () => {
    const { comp, drive, tick } = setUp();
    drive(2, new SteadyVoltage(1));
    comp.write('REFSEL', INT_1V2);
    comp.write('TH', (31 << 8) | 31);
    comp.write('TASKS_START', 1);
    tick(100);
    comp.write('TASKS_SAMPLE', 1);
    expect(comp.read('RESULT')).toBe(1);
  });

  // Half of 50 mV above 1 V: crossed at 1025 us.
  it('compares two inputs with hysteresis', () => {
    const { comp, drive, tick } = setUp();
    drive(2, triangle);
    drive(3, new SteadyVoltage(1));
    comp.write('EXTREFSEL', 1);
    comp.write('MODE', DIFF);
    comp.write('HYST', 1);
    comp.write('TASKS_START', 1);
    tick(1025 * MICROSECOND - 1);
    const before = comp.read('EVENTS_UP');
    tick(2);
    expect([before, comp.read('EVENTS_UP')]).toEqual([0, 1]);
  });

  it('sees an edge of a digital net at once, and stops by its shortcut', () => {
    const { comp, net, tick } = setUp();
    const outside = new Pin('outside', net(2));
    outside.drive(false);
    comp.write('TH', (31 << 8) | 31);
    comp.write('SHORTS', 1 << 3);
    comp.write('TASKS_START', 1);
    tick(100);
    outside.drive(true);
    outside.drive(false);
    expect([comp.read('EVENTS_UP'), comp.read('EVENTS_DOWN')]).toEqual([1, 0]);
  });
});

describe.each([
  ['nrf52', LPCOMP, 2],
  ['nrf51', LPCOMP_NRF51, 26],
] as const)('LPCOMP on %s', (family, map, ain0) => {
  const setUp = () => {
    const on = signalChip();
    const lpcomp = on.add('lpcomp', 'nrf/lpcomp', map as typeof LPCOMP, 0x4001_3000, { family });
    lpcomp.write('ENABLE', 1);
    return { ...on, lpcomp, drive: (pin: number, source: { volts(at: number): number }) => new Pin('outside', on.net(pin)).driveAnalog(source) };
  };

  // 3/8 of 3.3 V = 1.2375 V at 1237.5 us.
  it('tells UP when its input passes 3/8 of the supply', () => {
    const { lpcomp, drive, tick } = setUp();
    drive(ain0, triangle);
    lpcomp.write('REFSEL', 2);
    lpcomp.write('TASKS_START', 1);
    tick(1237.5 * MICROSECOND - 1);
    const before = lpcomp.read('EVENTS_UP');
    tick(2);
    expect([before, lpcomp.read('EVENTS_UP')]).toEqual([0, 1]);
  });
});
