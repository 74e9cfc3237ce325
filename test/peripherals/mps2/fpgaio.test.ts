import { describe, expect, it } from 'vitest';
import { FPGAIO, type Fpgaio } from '../../../emulator/peripherals/mps2/fpgaio.js';
import { bench, BENCH_HZ } from '../bench.js';

function fpgaio() {
  return bench<typeof FPGAIO.spec, Fpgaio>(FPGAIO, 'mps2/fpgaio');
}

describe('LEDs, buttons and chip selects of the MPS2 FPGAIO', () => {
  it('drives two LEDs', () => {
    const { device, write, read } = fpgaio();
    const seen: [number, boolean | undefined][] = [];
    device.pins.onOutput = (pin, level) => seen.push([pin, level]);
    write('LED0', 0xffff_ffff);
    write('LED0', 1);
    expect([read('LED0'), seen]).toEqual([1, [[0, true], [1, true], [1, false]]]);
  });

  it('reads two buttons, which pins 2 and 3 press', () => {
    const { device, read, write } = fpgaio();
    device.pins.setInput(2, true);
    expect(read('BUTTON')).toBe(1);
    device.pins.setInput(3, true);
    device.pins.setInput(2, undefined);
    expect(read('BUTTON')).toBe(2);
    write('BUTTON', 0);
    expect(read('BUTTON')).toBe(2);
  });

  it('keeps a button pressed through a reset', () => {
    const { device, read } = fpgaio();
    device.pins.setInput(2, true);
    device.reset();
    expect(read('BUTTON')).toBe(1);
  });

  it('gives MISC out on pins 4 to 13', () => {
    const { device, write } = fpgaio();
    write('MISC', 1 << 7);
    expect(Array.from({ length: 10 }, (_, i) => device.pins.output(4 + i))).toEqual([false, false, false, false, false, false, false, true, false, false]);
  });
});

describe('counters of the MPS2 FPGAIO', () => {
  it('count once a second and a hundred times a second, without any event', () => {
    const { read, tick, scheduled } = fpgaio();
    tick(3 * BENCH_HZ - 1);
    expect([read('CLK1HZ'), read('CLK100HZ'), scheduled()]).toEqual([2, 299, 0]);
    tick(1);
    expect([read('CLK1HZ'), read('CLK100HZ')]).toEqual([3, 300]);
  });

  it('go on from what is written', () => {
    const { read, write, tick } = fpgaio();
    tick(BENCH_HZ / 2);
    write('CLK1HZ', 77);
    tick(BENCH_HZ - 1);
    expect(read('CLK1HZ')).toBe(77);
    tick(1);
    expect(read('CLK1HZ')).toBe(78);
  });

  it('counts every tick while PRESCALE is zero', () => {
    const { read, tick } = fpgaio();
    tick(1000);
    expect(read('COUNTER')).toBe(1000);
  });

  it('counts COUNTER once every PRESCALE + 1 ticks, as PSCNTR is reloaded', () => {
    const { read, write, tick } = fpgaio();
    write('PRESCALE', 9);
    write('PSCNTR', 9);
    write('COUNTER', 0);
    tick(9);
    expect([read('PSCNTR'), read('COUNTER')]).toEqual([0, 0]);
    tick(1);
    expect([read('PSCNTR'), read('COUNTER')]).toEqual([9, 1]);
    tick(25);
    expect([read('PSCNTR'), read('COUNTER')]).toEqual([4, 3]);
  });

  it('wraps COUNTER at 32 bits', () => {
    const { read, write, tick } = fpgaio();
    write('COUNTER', 0xffff_ffff);
    tick(2);
    expect(read('COUNTER')).toBe(1);
  });
});
