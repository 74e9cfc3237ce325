/**
 * Parts on the micro:bit's edge connector, driven by MicroPython through the chip's own SPI, I2C, PWM and pins.
 * Sources: BBC micro:bit MicroPython documentation v1.0 (`spi`, `i2c`, `neopixel`, `music`, `pin.write_analog`); the parts' datasheets.
 */
import { describe, expect, it } from 'vitest';
import type { PartView } from '../../emulator/machine-api.js';
import { MicroPython } from './micropython.js';

const SPI = 'sck=P13,mosi=P15,miso=P14';
const board = new MicroPython(1, undefined, [
  'ssd1306,name=screen,sda=P20,scl=P19', `ssd1306,name=spiscreen,${SPI},cs=P16,dc=P12,supply=external`, `sd-card,${SPI},cs=P8,size=1,program=0`,
  'ws2812b,din=P0,count=3', 'servo,signal=P1', 'potentiometer,out=P2,position=0.25', 'buzzer,signal=P12',
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
    pin12.write_digital(data)
    pin16.write_digital(0)
    spi.write(bytes(values))
    pin16.write_digital(1)
pin16.write_digital(1)
send(0, [0x20, 0, 0xa1, 0xc8, 0xaf])
send(1, [1, 2, 4])
`);
    const shown = part('spiscreen').shows();
    const lit = shown?.kind === 'pixels' ? [...shown.pixels].flatMap((pixel, index) => (pixel === 1 ? [`${index % 128},${Math.floor(index / 128)}`] : [])) : [];
    expect([said.error, lit]).toEqual(['', ['0,0', '1,1', '2,2']]);
  });

  it('initialises an SD card, writes a block and reads it back', () => {
    const said = board.program(`
spi.init(baudrate=1000000, sclk=pin13, mosi=pin15, miso=pin14)
def one():
    return spi.read(1, 0xff)[0]
def command(index, argument, crc=0xff):
    spi.write(bytes([0xff, 0x40 | index, argument >> 24 & 255, argument >> 16 & 255, argument >> 8 & 255, argument & 255, crc]))
    for i in range(8):
        answer = one()
        if answer < 128:
            return answer
pin16.write_digital(1)
pin8.write_digital(1)
pin8.write_digital(0)
print(command(0, 0, 0x95), command(8, 0x1aa, 0x87), list(spi.read(4, 0xff)))
tries = 0
while True:
    command(55, 0)
    if command(41, 1 << 30) == 0:
        break
    tries += 1
    sleep(10)
print(2 < tries < 9, command(24, 5))
spi.write(bytes([0xfe]) + bytes(range(256)) + bytes(range(256)) + b'\\xff\\xff')
print(one() & 31)
while one() == 0:
    pass
print(command(17, 5))
while one() != 0xfe:
    pass
block = spi.read(514, 0xff)
print(block[:3], block[509:512])
pin8.write_digital(1)
`);
    expect([said.error, said.printed]).toEqual(['', "1 1 [0, 0, 1, 170]\nTrue 0\n5\n0\nb'\\x00\\x01\\x02' b'\\xfd\\xfe\\xff'\n"]);
  });

  it('lights NeoPixels', () => {
    const said = board.program(`
import neopixel
np = neopixel.NeoPixel(pin0, 3)
np[0] = (255, 0, 0)
np[1] = (0, 51, 0)
np[2] = (0, 0, 102)
np.show()
sleep(1)
`);
    expect([said.error, part('ws2812b').shows()]).toEqual(['', { kind: 'colours', colours: [[1, 0, 0], [0, 0.2, 0], [0, 0, 0.4]] }]);
  });

  // 1023 is 20 ms: 77 is 1.505 ms, which is (1505 - 544) / 1856 * 180 degrees; the PWM's steps are some microseconds.
  it('turns a servo', () => {
    const said = board.program(`
pin1.set_analog_period(20)
pin1.write_analog(77)
sleep(500)
`);
    const shown = part('servo').shows();
    expect([said.error, shown?.kind === 'angle' ? Math.abs(shown.degrees - 93.2) < 3 : shown]).toEqual(['', true]);
  });

  it('reads a potentiometer: a quarter of 1023 more or less', () => {
    const said = board.program('print(abs(pin2.read_analog() - 256) < 4)');
    expect(said.printed).toBe('True\n');
  });

  it('plays a note on a buzzer, which is silent afterwards', () => {
    const heard: (number | undefined)[] = [];
    const end = part('buzzer').onChange((shown) => { if (shown.kind === 'tone') heard.push(shown.hz); });
    const said = board.program(`
import music
music.pitch(440, 200, pin12)
sleep(100)
`);
    end();
    const [loudest] = heard.filter((hz) => hz !== undefined).slice(-1);
    expect([said.error, Math.abs(loudest - 440) < 5, heard.at(-1)]).toEqual(['', true, undefined]);
  });
});
