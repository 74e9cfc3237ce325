import { describe, expect, it } from 'vitest';
import { SBCON, type Sbcon } from '../../emulator/peripherals/arm/sbcon.js';
import { GPIO, type Gpio } from '../../emulator/peripherals/cmsdk/gpio.js';
import { attachPins } from '../../emulator/peripherals/index.js';
import { Net, Pin } from '../../emulator/wires/net.js';
import { bench } from './bench.js';

function gpioOnNet(options: Record<string, unknown> = {}) {
  const b = bench<typeof GPIO.spec, Gpio>(GPIO, 'cmsdk/gpio', options);
  const net = new Net('P0.0', b);
  attachPins('gpio0', b.device.pins, (index) => (index === 0 ? net : undefined));
  return { ...b, net };
}

describe('a block on nets', () => {
  it('drives the net while its output is enabled', () => {
    const { write, net } = gpioOnNet();
    write('DATAOUT', 1);
    expect(net.state).toBe('z');
    write('OUTENSET', 1);
    expect(net.state).toBe('1');
    write('OUTENCLR', 1);
    expect(net.state).toBe('z');
  });

  it('reads what another part drives, and interrupts on its edges', () => {
    const { write, read, level, net } = gpioOnNet();
    write('INTTYPESET', 1);
    write('INTPOLSET', 1);
    write('INTENSET', 1);
    const other = new Pin('key', net);
    other.drive(true);
    expect([read('DATA'), level('pin0')]).toEqual([1, true]);
    other.drive(false);
    expect(read('DATA')).toBe(0);
  });

  it('pulls the net as the chip does', () => {
    const { read, net } = gpioOnNet({ pulledUp: 1 });
    expect([net.level, read('DATA')]).toEqual([true, 1]);
    new Pin('key', net).drive(false);
    expect(read('DATA')).toBe(0);
  });

  it('shares an open-drain wire', () => {
    const b = bench<typeof SBCON.spec, Sbcon>(SBCON, 'arm/sbcon');
    const nets = [new Net('SCL', b), new Net('SDA', b)];
    attachPins('i2c0', b.device.pins, (index) => nets[index]);
    b.write('CONTROL', 3);
    expect(b.read('CONTROL')).toBe(3);
    const part = new Pin('part', nets[1]);
    part.openDrain(false);
    expect(b.read('CONTROL')).toBe(1);
    part.openDrain(true);
    expect(b.read('CONTROL')).toBe(3);
  });
});
