/**
 * Parts on the micro:bit's edge connector, driven by MicroPython through the chip's own SPI, I2C, PWM and pins.
 * Sources: BBC micro:bit MicroPython documentation v1.0 (`spi`, `i2c`, `neopixel`, `music`, `pin.write_analog`); the parts' datasheets.
 */
import { describe, expect, it } from 'vitest';
import type { PartView } from '../../emulator/machine-api.js';
import { MicroPython } from './micropython.js';

const SPI = 'sck=P0.23,mosi=P0.21,miso=P0.22';
const board = new MicroPython(1, undefined, [
  'ssd1306,name=screen,sda=P0.30,scl=P0.00', `ssd1306,name=spiscreen,${SPI},cs=P0.16,dc=P0.20,supply=external`, `sd-card,${SPI},cs=P0.18,size=1,program=0`,
  'ws2812b,din=P0.03,count=3', 'servo,signal=P0.02', 'buzzer,signal=P0.01,name=speaker', 'potentiometer,out=P0.04,position=0.25',
]).boot();
board.line('from microbit import *');

function part(name: string): PartView {
  return board.machine.parts.find((view) => view.name === name)!;
}

describe('MicroPython', () => {
  it('draws on an SSD1306 on the I2C bus of the board\'s own sensors', () => {
    const said = board.program(`
i2c.write(0x3c, bytes([0, 0x8d, 0x14, 0x20, 0, 0xa1, 0xc8, 0xaf]))
i2c.write(0x3c, bytes([0x40]) + bytes([0xff, 0x81, 0x81, 0xff]))
`);
    const shown = part('screen').shows();
    const rows = shown?.kind === 'pixels' ? [0, 1, 7, 8].map((y) => [...shown.pixels.subarray(128 * y, 128 * y + 5)].join('')) : [];
    expect([said.error, rows]).toEqual(['', ['11110', '10010', '11110', '00000']]);
  });

  it('draws on another one on SPI', () => {
    const said = board.program(`
spi.init(baudrate=1000000, sclk=pin13, mosi=pin15, miso=pin14)
def send(data, values):
    pin20_dc(data)
    pin16.write_digital(0)
    spi.write(bytes(values))
    pin16.write_digital(1)
def pin20_dc(level):
    pin12.write_digital(level)
pin16.write_digital(1)
send(0, [0x20, 0, 0xa1, 0xc8, 0xaf])
send(1, [1, 2, 4])
`);
    const shown = part('spiscreen').shows();
    const lit = shown?.kind === 'pixels' ? [...shown.pixels].flatMap((pixel, index) => (pixel === 1 ? [`${index % 128},${Math.floor(index / 128)}`] : [])) : [];
    expect([said.error, lit]).toEqual(['', ['0,0', '1,1', '2,2']]);
  });
});
