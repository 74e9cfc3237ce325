/** What parts that show, move or see draw, in microamps: the figures that their files name. */
import { describe, expect, it } from 'vitest';
import { graded } from '../../emulator/sensors/charge.js';
import { steadyClock } from '../../emulator/wires/clock.js';
import { Pin } from '../../emulator/wires/net.js';
import { partBench } from './part-bench.js';
import { pinBench } from './actuators/pin-bench.js';

describe('lamps', () => {
  it('take 10 mA each while they are lit', () => {
    const bench = pinBench('led-bar', {}, ['led1', 'led2', 'led3']);
    const dark = bench.draws();
    bench.drive('led1', true);
    bench.drive('led3', true);
    expect([dark, bench.draws()]).toEqual([0, 20_000]);
  });

  it('a MAX7219 takes 150 uA shut down, and 40 mA for each segment while it has its turn', () => {
    const bench = pinBench('max7219');
    const off = bench.draws();
    for (const command of [[0x0c, 1], [0x0b, 7], [0x0a, 15], [0x01, 0xff]]) bench.spi(...command);
    // One of eight digits, at 31/32, to a 255th of 320 mA; and 8 mA.
    const digit = 8 * 40_000 * (31 / 32) / 8;
    expect([off, Math.abs(bench.draws()! - 8000 - digit) <= 320_000 / 255]).toEqual([150, true]);
  });

  it('a NeoPixel takes 0.6 mA, and 12 mA a colour', () => {
    const bench = pinBench('ws2812b', { count: 1 });
    const dark = bench.draws();
    for (let bit = 0; bit < 24; bit++) {
      bench.drive('din', true);
      bench.microseconds(0.8);
      bench.drive('din', false);
      bench.microseconds(0.45);
    }
    bench.microseconds(300);
    expect([dark, bench.draws()]).toEqual([600, 36_600]);
  });
});

it('an SSD1306 takes 10 uA asleep, 4 mA dark, and 20 mA with all pixels at full contrast', () => {
  const bench = pinBench('ssd1306', {}, ['dc', 'cs', 'sck', 'mosi', 'miso'], { bus: 'spi' });
  const asleep = bench.draws();
  bench.drive('dc', false);
  bench.spi(0x8d, 0x14, 0xaf);
  const dark = bench.draws();
  bench.spi(0x81, 0xff, 0xa5);
  expect([asleep, dark, bench.draws()]).toEqual([10, 4000, 20_000]);
});

it('a servo takes 150 mA until its arm has come to where it goes', () => {
  const bench = pinBench('servo');
  bench.drive('signal', true);
  bench.microseconds(2400);
  bench.drive('signal', false);
  // 90 degrees at 500 a second: 180 ms.
  bench.microseconds(179_000);
  const turning = bench.draws();
  bench.microseconds(2000);
  expect([turning, bench.draws()]).toEqual([150_000, 10_000]);
});

it('a buzzer takes 1 mA while it sounds', () => {
  const bench = pinBench('buzzer');
  for (let edge = 0; edge < 4; edge++) {
    bench.drive('signal', edge % 2 === 0);
    bench.microseconds(500);
  }
  const sounding = bench.draws();
  bench.microseconds(60_000);
  expect([sounding, bench.draws()]).toEqual([1000, 0]);
});

it('an HC-SR04 takes 15 mA while it measures', () => {
  const bench = pinBench('hc-sr04');
  bench.drive('trig', true);
  bench.microseconds(12);
  bench.drive('trig', false);
  const measuring = bench.draws();
  bench.microseconds(50_000);
  expect([measuring, bench.draws()]).toEqual([15_000, 2000]);
});

it.each([['ov7670', 0x21, 20_000, 20], ['ov7675', 0x21, 32_700, 60]])('an %s takes its active current with a clock, its standby current asleep', (name, address, active, standby) => {
  const bench = partBench(name, [address]);
  // 16 MHz on its XCLK, from the start.
  new Pin('clock', bench.pin('xclk')).carryClock(steadyClock(0, 1, 1));
  bench.milliseconds(1);
  // COM2: soft sleep.
  bench.write(address, 0x09, 0x10);
  bench.milliseconds(1);
  expect(bench.uses().map(({ microamps }) => microamps)).toEqual([active, standby]);
});

it('grades are a 255th of the most', () => {
  expect([graded(0, 510), graded(510, 510), graded(101, 510)]).toEqual([0, 510, 102]);
});

it.each([
  // CTRL_REG1: DR and OS of an active MAG3110
  [0x01, 900], [0x19, 900], [0x21, 550], [0xe1, 8.6],
])('a MAG3110 draws by its rate of measuring, whatever it makes of that: CTRL_REG1 0x%s', (setting, microamps) => {
  const bench = partBench('mag3110', [0x0e]);
  bench.write(0x0e, 0x10, setting);
  bench.milliseconds(1);
  expect(bench.uses().at(-1)!.microamps).toBe(microamps);
});

it('a MAG3110 draws for the 12.5 ms of a single measurement', () => {
  const bench = partBench('mag3110', [0x0e]);
  bench.write(0x0e, 0x10, 0x02);
  bench.milliseconds(100);
  expect(bench.uses().find(({ microamps }) => microamps === 900)!.rootTicks).toBe(200_000);
});
