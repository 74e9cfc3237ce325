import { describe, expect, it } from 'vitest';
import { SBCON, type Sbcon } from '../../../emulator/peripherals/arm/sbcon.js';
import { bench } from '../bench.js';

const SCL = 1, SDA = 2;

function sbcon() {
  return bench<typeof SBCON.spec, Sbcon>(SBCON, 'arm/sbcon');
}

describe('the Arm serial bus controller', () => {
  /** As on QEMU 7.2's mps2-an385 with nothing attached. */
  it('reads the wires it lets go as high', () => {
    const { read, write } = sbcon();
    const seen = [read('CONTROL')];
    for (const [register, bits] of [['CONTROL', 3], ['CONTROLCLR', SCL], ['CONTROLCLR', SDA], ['CONTROL', SDA]] as const) {
      write(register, bits);
      seen.push(read('CONTROL'));
    }
    expect(seen).toEqual([0, 3, 2, 0, 2]);
  });

  it('reads a wire low while a part holds it', () => {
    const { read, write, device } = sbcon();
    write('CONTROL', SCL | SDA);
    device.pins.setInput(1, false);
    expect(read('CONTROL')).toBe(SCL);
    device.pins.setInput(1, undefined);
    expect(read('CONTROL')).toBe(SCL | SDA);
  });

  it('drives low or lets go, never high', () => {
    const { write, device } = sbcon();
    const seen: [number, boolean | undefined][] = [];
    device.pins.onOutput = (pin, level) => seen.push([pin, level]);
    write('CONTROL', SCL);
    write('CONTROLCLR', SCL);
    expect(seen).toEqual([[0, undefined], [0, false]]);
  });
});
