import { describe, expect, it } from 'vitest';
import { GPIO, type Gpio } from '../../../emulator/peripherals/cmsdk/gpio.js';
import { bench } from '../bench.js';

function gpio(options: Record<string, unknown> = {}) {
  const b = bench<typeof GPIO.spec, Gpio>(GPIO, 'cmsdk/gpio', options);
  const driven: [number, boolean | undefined][] = [];
  b.device.pins.onOutput = (pin, level) => driven.push([pin, level]);
  const input = (pin: number, level: boolean | undefined): void => b.device.pins.setInput(pin, level);
  return { ...b, driven, input };
}

describe('pins of the CMSDK GPIO', () => {
  it('drive DATAOUT when their output is enabled', () => {
    const { write, driven } = gpio();
    write('DATAOUT', 0x0003);
    expect(driven).toEqual([]);
    write('OUTENSET', 0x0001);
    write('DATAOUT', 0x0002);
    write('OUTENCLR', 0x0001);
    expect(driven).toEqual([[0, true], [0, false], [0, undefined]]);
  });

  it('are let go to their alternate function', () => {
    const { write, device } = gpio();
    write('DATAOUT', 1);
    write('OUTENSET', 1);
    write('ALTFUNCSET', 1);
    expect(device.pins.output(0)).toBe(undefined);
    write('ALTFUNCCLR', 1);
    expect(device.pins.output(0)).toBe(true);
  });

  it('read their pads in DATA, inputs and outputs alike', () => {
    const { write, read, input } = gpio();
    write('OUTENSET', 0x00f0);
    write('DATA', 0x0050);
    input(0, true);
    input(4, false);
    expect([read('DATA'), read('DATAOUT')]).toEqual([0x0051, 0x0050]);
  });

  it('float to the level the chip pulls them to', () => {
    const { read, input } = gpio({ pulledUp: 0x8001 });
    input(0, false);
    expect(read('DATA')).toBe(0x8000);
    input(0, undefined);
    expect(read('DATA')).toBe(0x8001);
  });

  it('change only under the mask of a masked access', () => {
    const { write, read } = gpio();
    write('OUTENSET', 0xffff);
    write('DATAOUT', 0xaaaa);
    write('MASKLOWBYTE[15]', 0xffff);
    expect(read('DATAOUT')).toBe(0xaaaf);
    write('MASKHIGHBYTE[240]', 0x5555);
    expect(read('DATAOUT')).toBe(0x5aaf);
    expect([read('MASKLOWBYTE[240]'), read('MASKHIGHBYTE[15]')]).toEqual([0x00a0, 0x0a00]);
  });
});

describe('interrupts of the CMSDK GPIO', () => {
  it.each([
    //                type pol  before after raised
    ['rising edge',   1,   1,   false, true,  true],
    ['falling edge',  1,   0,   true,  false, true],
    ['no rising',     1,   1,   true,  false, false],
    ['high level',    0,   1,   false, true,  true],
    ['low level',     0,   0,   true,  false, true],
  ])('see a %s', (_, type, polarity, before, after, raised) => {
    const { write, read, input, level } = gpio();
    input(3, before);
    write('INTTYPESET', type << 3);
    write('INTPOLSET', polarity << 3);
    write('INTENSET', 1 << 3);
    write('INTSTATUS', 0xffff);
    input(3, after);
    expect([read('INTSTATUS'), level('pin3'), level('combined')]).toEqual([raised ? 8 : 0, raised, raised]);
  });

  it('latch an edge until INTCLEAR', () => {
    const { write, input, level } = gpio();
    write('INTTYPESET', 1);
    write('INTPOLSET', 1);
    write('INTENSET', 1);
    input(0, true);
    input(0, false);
    expect(level('pin0')).toBe(true);
    write('INTSTATUS', 1);
    expect(level('pin0')).toBe(false);
  });

  it('come back at once while a level lasts', () => {
    const { write, input, level } = gpio();
    write('INTPOLSET', 1);
    write('INTENSET', 1);
    input(0, true);
    write('INTSTATUS', 1);
    expect(level('pin0')).toBe(true);
    input(0, false);
    write('INTSTATUS', 1);
    expect(level('pin0')).toBe(false);
  });

  it('stay away while disabled', () => {
    const { write, read, input } = gpio();
    write('INTTYPESET', 1);
    write('INTPOLSET', 1);
    input(0, true);
    write('INTENSET', 1);
    expect(read('INTSTATUS')).toBe(0);
  });
});
