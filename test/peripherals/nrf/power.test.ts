/** Nordic POWER: nRF52840 Product Specification v1.1, POWER; nRF51 Reference Manual v3.0, POWER. 25 ticks are 1 us. */
import { describe, expect, it } from 'vitest';
import { PADS } from '../../../emulator/peripherals/nrf/pads.js';
import { USB_SUPPLY } from '../../../emulator/peripherals/nrf/usb-supply.js';
import { POWER, type Power } from '../../../emulator/peripherals/nrf/power.js';
import { WAKE_UP } from '../../../emulator/peripherals/nrf/wake-up.js';
import { bench, BENCH_HZ } from '../bench.js';

const MILLISECOND = BENCH_HZ / 1000;
const power = (options: Record<string, unknown> = {}) => bench<typeof POWER.spec, Power>(POWER, 'nrf/power', { family: 'nrf52840', ...options });

describe('RESETREAS', () => {
  it.each([['pin', 0], ['watchdog', 1], ['system', 2], ['lockup', 3], ['wake-up', 16]] as const)('after a reset of kind %s has bit %i', (kind, bit) => {
    const { device, read } = power();
    device.reset('power-on');
    device.reset(kind);
    expect(read('RESETREAS')).toBe(1 << bit);
  });

  it('collects reasons until firmware clears them with ones', () => {
    const { device, read, write } = power();
    device.reset('watchdog');
    device.reset('system');
    const both = read('RESETREAS');
    write('RESETREAS', 1 << 1);
    expect([both, read('RESETREAS')]).toEqual([0b110, 0b100]);
  });

  it('is empty after power-on', () => {
    const { device, read } = power();
    device.reset('system');
    device.reset('power-on');
    expect(read('RESETREAS')).toBe(0);
  });
});

describe('GPREGRET and GPREGRET2', () => {
  it.each(['system', 'pin', 'watchdog', 'wake-up'] as const)('survive a %s reset', (kind) => {
    const { device, read, write } = power();
    write('GPREGRET', 0xb1);
    write('GPREGRET2', 0x1c);
    device.reset(kind);
    expect([read('GPREGRET'), read('GPREGRET2')]).toEqual([0xb1, 0x1c]);
  });
});

describe('System OFF', () => {
  const off = () => {
    const on = power();
    on.write('SYSTEMOFF', 1);
    return on;
  };

  it('switches the core off', () => {
    expect(off().chip.isOff).toBe(true);
  });

  it('ends with a reset when DETECT rises', () => {
    const on = off();
    on.chip.context.shared(PADS).detect.set(true);
    on.tick(0);
    expect(on.resets).toEqual(['wake-up from System OFF by DETECT']);
  });

  it('ends at once when DETECT is high already', () => {
    const on = power();
    on.chip.context.shared(PADS).detect.set(true);
    on.write('SYSTEMOFF', 1);
    on.tick(0);
    expect(on.resets).toHaveLength(1);
  });

  it.each([['LPCOMP', 17], ['NFC', 19]] as const)('ends by %s, which sets bit %i of RESETREAS', (source, bit) => {
    const on = off();
    on.chip.context.shared(WAKE_UP).raise(source);
    on.tick(0);
    on.device.reset('wake-up');
    expect([on.resets.length, on.read('RESETREAS')]).toEqual([1, 1 << bit]);
  });

  it('ends by VBUS when the cable is plugged', () => {
    const on = power();
    on.write('SYSTEMOFF', 1);
    on.chip.context.shared(USB_SUPPLY).set(true);
    on.tick(0);
    on.device.reset('wake-up');
    expect(on.read('RESETREAS')).toBe(1 << 20);
  });

  it('is not touched by DETECT in System ON', () => {
    const on = power();
    on.chip.context.shared(PADS).detect.set(true);
    on.tick(100);
    expect(on.resets).toEqual([]);
  });

  it('keeps a section of RAM with retention and loses its neighbour of 4 KB', () => {
    const { device, write, chip } = power();
    chip.ram.data.fill(0x11);
    write('RAM_POWERSET[1]', 1 << 17);
    device.reset('wake-up');
    const isKept = (first: number, bytes: number): boolean => chip.ram.data.subarray(first, first + bytes).every((byte) => byte === 0x11);
    expect([isKept(0x2000, 0x1000), isKept(0x3000, 0x1000)]).toEqual([false, true]);
  });

  it('keeps what RAMON says on nRF51', () => {
    const { device, write, chip } = power({ family: 'nrf51' });
    chip.ram.data.fill(0x11);
    write('RAMON', 3 | (1 << 16));
    device.reset('wake-up');
    expect([chip.ram.data.subarray(0, 0x2000).every((byte) => byte === 0x11), chip.ram.data.subarray(0x2000, 0x4000).every((byte) => byte === 0x11)]).toEqual([true, false]);
  });
});

describe('sleep', () => {
  it('has an event at each end', () => {
    const { peek, chip } = power();
    chip.sleep(true);
    const asleep = [peek('EVENTS_SLEEPENTER'), peek('EVENTS_SLEEPEXIT')];
    chip.sleep(false);
    expect([asleep, peek('EVENTS_SLEEPEXIT')]).toEqual([[1, 0], 1]);
  });

  it('has none on nRF51', () => {
    const { peek, chip } = power({ family: 'nrf51' });
    chip.sleep(true);
    expect(peek('EVENTS_SLEEPENTER')).toBe(0);
  });
});

describe('USB', () => {
  it('is detected at once where it is plugged, and powered a millisecond later', () => {
    const { read, tick, chip } = power();
    chip.context.shared(USB_SUPPLY).set(true);
    const seen = [[read('EVENTS_USBDETECTED'), read('EVENTS_USBPWRRDY'), read('USBREGSTATUS')]];
    tick(MILLISECOND);
    seen.push([read('EVENTS_USBDETECTED'), read('EVENTS_USBPWRRDY'), read('USBREGSTATUS')]);
    expect(seen).toEqual([[1, 0, 1], [1, 1, 3]]);
  });

  it('is removed with its cable', () => {
    const { read, chip } = power();
    chip.context.shared(USB_SUPPLY).set(true);
    chip.context.shared(USB_SUPPLY).set(false);
    expect([read('EVENTS_USBREMOVED'), read('USBREGSTATUS')]).toEqual([1, 0]);
  });

  it('is not there without a cable', () => {
    const { read, tick } = power();
    tick(10 * MILLISECOND);
    expect([read('EVENTS_USBDETECTED'), read('USBREGSTATUS')]).toEqual([0, 0]);
  });
});
