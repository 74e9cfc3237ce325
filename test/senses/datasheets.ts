/**
 * How each part is set up, read and waited for, as its datasheet has it (named in the head of the part's own source file), and what it
 * then has to give of the world below.
 */
import { compensatedBme280 } from '../sensors/bme280-formulas.js';
import { words, wordsBigEndian } from '../sensors/part-bench.js';
import type { World } from './bridge.js';

/** Chosen so that no two axes are alike, none is zero, and every part's narrowest range has it. */
export const WORLD: World = {
  'acceleration.x': 3.1, 'acceleration.y': -4.2, 'acceleration.z': 7.3, 'rotation.x': 51, 'rotation.y': -102, 'rotation.z': 23,
  'magneticField.x': 31, 'magneticField.y': -17, 'magneticField.z': -42, temperature: 31.2, pressure: 98_765, humidity: 61.5,
  illuminance: 800, 'proximity.left': 0.5,
};
const ACCELERATION = [3.1, -4.2, 7.3];
const ROTATION = [51, -102, 23];
const FIELD = [31, -17, -42];
const G = 9.80665;

/** A register's number as it goes over the wire, for so many bytes. */
export interface Wire {
  /** 0 for SPI. */
  readonly address: number;
  read(register: number, count: number): number;
  write(register: number, count: number): number;
}
const same = (register: number): number => register;
const i2c = (address: number): Wire => ({ address, read: same, write: same });
/** STMicroelectronics on I2C: bit 7 goes on to the next register. */
const stI2c = (address: number): Wire => {
  const several = (register: number, count: number): number => (count > 1 ? register | 0x80 : register);
  return { address, read: several, write: several };
};
/** Bit 7 reads; bit 6 goes on to the next register. */
const spiWithMultiple: Wire = { address: 0, read: (register, count) => register | 0x80 | (count > 1 ? 0x40 : 0), write: (register, count) => register | (count > 1 ? 0x40 : 0) };
/** Bit 7 reads; bursts always go on. */
const spi: Wire = { address: 0, read: (register) => register | 0x80, write: (register) => register & 0x7f };

/** Register, then bytes. */
export type Write = readonly [register: number, ...bytes: number[]];
/** Register, count. */
export type Read = readonly [register: number, count: number];

export interface Sheet {
  readonly part: string;
  /** Where a part has several elements. */
  readonly element?: string;
  readonly wires: readonly Wire[];
  /** Of the part, at D8. */
  readonly interrupt?: { readonly pin: string; readonly edge: 'rising' | 'falling'; readonly pullUp?: boolean };
  /** Where it has none: a bit of a status register that rises for each sample, and how often to look. */
  readonly poll?: { readonly status: number; readonly mask: number; readonly microseconds: number };
  readonly identity: readonly [register: number, value: number];
  /** To another address of the part, before the setup. */
  readonly before?: { readonly address: number; readonly writes: readonly Write[] };
  readonly setup: readonly Write[];
  /** With it sampling begins. */
  readonly start: Write;
  readonly data: Read;
  /** Addressed after each sample, without data. */
  readonly access?: number;
  readonly hz: number;
  /** Seconds from the start to the first sample, where that is not a period. */
  readonly firstAfter?: number;
  readonly milliseconds?: number;
  /** What else is read for the value. */
  readonly also?: readonly Read[];
  /** In the units of the world. */
  value(data: readonly number[], also: readonly (readonly number[])[]): readonly number[];
  readonly expected: readonly number[];
  /** One digit, or what the formulas round. */
  readonly within: readonly number[];
  /** What overruns it, after so many milliseconds what is read, and what that must be. */
  readonly fifo?: { readonly writes: readonly Write[]; readonly milliseconds: number; readonly reads: readonly Read[]; readonly expected: readonly (readonly number[])[]; readonly masks: readonly number[] };
}

const scaled = (values: readonly number[], unit: number): number[] => values.map((value) => value * unit);
const three = (value: number): number[] => [value, value, value];

export const SHEETS: readonly Sheet[] = [
  {
    part: 'adxl345', wires: [i2c(0x53), spiWithMultiple], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x00, 0xe5],
    // 200 Hz; full resolution, 16 g; DATA_READY.
    setup: [[0x2c, 0x0b], [0x31, 0x0b], [0x2e, 0x80]], start: [0x2d, 0x08], data: [0x32, 6], hz: 200,
    value: (data) => scaled(words(data), G / 256), expected: ACCELERATION, within: three(G / 256),
    // Stream: 32 and one in the output registers; INT_SOURCE.Overrun.
    fifo: { writes: [[0x38, 0x80]], milliseconds: 200, reads: [[0x30, 1], [0x39, 1]], masks: [0x01, 0x3f], expected: [[0x01], [33]] },
  },
  {
    part: 'lis2dh12', wires: [stI2c(0x18), spiWithMultiple], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x0f, 0x33],
    // I1_ZYXDA; high resolution, 2 g; 200 Hz.
    setup: [[0x22, 0x10], [0x23, 0x88]], start: [0x20, 0x67], data: [0x28, 6], hz: 200,
    value: (data) => scaled(words(data), G / 1000 / 16), expected: ACCELERATION, within: three(G / 1000),
    fifo: { writes: [[0x24, 0x40], [0x2e, 0x80]], milliseconds: 180, reads: [[0x2f, 1]], masks: [0x7f], expected: [[0x40 | 31]] },
  },
  {
    part: 'lsm303agr', element: 'accelerometer', wires: [stI2c(0x19)], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x0f, 0x33],
    setup: [[0x22, 0x10], [0x23, 0x88]], start: [0x20, 0x67], data: [0x28, 6], hz: 200,
    value: (data) => scaled(words(data), (0.98 * G) / 1000 / 16), expected: ACCELERATION, within: three((0.98 * G) / 1000),
    fifo: { writes: [[0x24, 0x40], [0x2e, 0x80]], milliseconds: 180, reads: [[0x2f, 1]], masks: [0x7f], expected: [[0x40 | 31]] },
  },
  {
    part: 'lsm303agr', element: 'magnetometer', wires: [stI2c(0x1e)], interrupt: { pin: 'intMag', edge: 'rising' }, identity: [0x4f, 0x40],
    // INT_MAG; continuous, 100 Hz.
    setup: [[0x62, 0x01]], start: [0x60, 0x0c], data: [0x68, 6], hz: 100,
    value: (data) => scaled(words(data), 0.15), expected: FIELD, within: three(0.15),
  },
  {
    part: 'lsm9ds1', element: 'accelerometer and gyroscope', wires: [i2c(0x6a)], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x0f, 0x68],
    // INT_DRDY_XL; 238 Hz, 245 degrees/s.
    setup: [[0x0c, 0x01]], start: [0x10, 0x80], data: [0x28, 6], hz: 238, also: [[0x18, 6]],
    value: (data, [rotation]) => [...scaled(words(rotation), 0.00875), ...scaled(words(data), (0.061 * G) / 1000)],
    expected: [...ROTATION, ...ACCELERATION], within: [...three(0.00875), ...three((0.061 * G) / 1000)],
    // Continuous: OVRN and 32.
    fifo: { writes: [[0x23, 0x02], [0x2e, 0xc0]], milliseconds: 150, reads: [[0x2f, 1]], masks: [0x7f], expected: [[0x40 | 32]] },
  },
  {
    part: 'lsm9ds1', element: 'magnetometer', wires: [stI2c(0x1c)], interrupt: { pin: 'drdyM', edge: 'rising' }, identity: [0x0f, 0x3d],
    setup: [[0x20, 0x1c]], start: [0x22, 0x00], data: [0x28, 6], hz: 80,
    value: (data) => scaled(words(data), 0.014), expected: FIELD, within: three(0.014),
  },
  {
    part: 'mma8653', wires: [i2c(0x1d)], interrupt: { pin: 'int1', edge: 'falling' }, identity: [0x0d, 0x5a],
    // Data-ready to INT1; active, 200 Hz.
    setup: [[0x2d, 0x01], [0x2e, 0x01]], start: [0x2a, 0x11], data: [0x01, 6], hz: 200,
    value: (data) => scaled(wordsBigEndian(data), G / 256 / 64), expected: ACCELERATION, within: three(G / 256),
  },
  {
    part: 'mag3110', wires: [i2c(0x0e)], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x07, 0xc4],
    setup: [[0x11, 0x80]], start: [0x10, 0x01], data: [0x01, 6], hz: 80,
    value: (data) => scaled(wordsBigEndian(data), 0.1), expected: FIELD, within: three(0.1),
  },
  {
    part: 'mpu6050', wires: [i2c(0x68)], interrupt: { pin: 'int', edge: 'rising' }, identity: [0x75, 0x68],
    // DATA_RDY_EN, 1 kHz / 5, filter 1; out of sleep.
    setup: [[0x38, 0x01], [0x19, 0x04], [0x1a, 0x01]], start: [0x6b, 0x01], data: [0x3a, 15], hz: 200,
    value: (data) => {
      const all = wordsBigEndian(data.slice(1));
      return [...scaled(all.slice(0, 3), G / 16_384), all[3] / 340 + 36.53, ...scaled(all.slice(4), 1 / 131)];
    },
    expected: [...ACCELERATION, 31.2, ...ROTATION], within: [...three(G / 16_384), 1 / 340, ...three(1 / 131)],
    // Six bytes, 200 times a second, into 1024: FIFO_OFLOW_INT.
    fifo: { writes: [[0x23, 0x08], [0x6a, 0x40]], milliseconds: 900, reads: [[0x3a, 1], [0x72, 2]], masks: [0x10, 0xff], expected: [[0x10], [0x04, 0x00]] },
  },
  {
    part: 'icm20948', wires: [i2c(0x69), spi], interrupt: { pin: 'int1', edge: 'rising' }, identity: [0x00, 0xea],
    // RAW_DATA_0_RDY_EN; in bank 2 both dividers, 1125 Hz / 5; out of sleep.
    setup: [[0x11, 0x01], [0x7f, 0x20], [0x00, 0x04], [0x11, 0x04], [0x7f, 0x00]], start: [0x06, 0x01], data: [0x2d, 14], hz: 225,
    value: (data) => {
      const all = wordsBigEndian(data);
      return [...scaled(all.slice(0, 3), G / 16_384), ...scaled(all.slice(3, 6), 1 / 131), all[6] / 333.87 + 21];
    },
    expected: [...ACCELERATION, ...ROTATION, 31.2], within: [...three(G / 16_384), ...three(1 / 131), 1 / 333],
    fifo: { writes: [[0x67, 0x10], [0x03, 0x40]], milliseconds: 400, reads: [[0x1b, 1], [0x70, 2]], masks: [0x1f, 0xff], expected: [[0x01], [0x02, 0x00]] },
  },
  {
    part: 'icm20948', element: 'magnetometer, past the bypass', wires: [i2c(0x0c)], poll: { status: 0x10, mask: 0x01, microseconds: 500 }, identity: [0x01, 0x09],
    before: { address: 0x69, writes: [[0x06, 0x01], [0x0f, 0x02]] },
    setup: [], start: [0x31, 0x08], data: [0x11, 8], hz: 100,
    // The magnetometer's y and z count the other way.
    value: (data) => scaled(words(data.slice(0, 6)), 0.15), expected: [FIELD[0], -FIELD[1], -FIELD[2]], within: three(0.15),
  },
  {
    part: 'apds9960', wires: [i2c(0x39)], interrupt: { pin: 'int', edge: 'falling', pullUp: true }, identity: [0x92, 0xab],
    // 10 steps of 2.78 ms, gain 4, an interrupt for each; AICLEAR.
    setup: [[0x81, 256 - 10], [0x8f, 0x01], [0x8c, 0x00]], start: [0x80, 0x13], data: [0x94, 8], access: 0xe7, hz: 1000 / 27.8,
    // 0.0076 counts per lux and ms.
    value: (data) => scaled(words(data), 1 / (0.0076 * 27.8 * 4)), expected: [800, 0.35 * 800, 0.35 * 800, 0.3 * 800], within: [1.2, 1.2, 1.2, 1.2],
    fifo: { writes: [[0xab, 0x01], [0x80, 0x41]], milliseconds: 100, reads: [[0xaf, 1], [0xae, 1]], masks: [0x02, 0xff], expected: [[0x02], [32]] },
  },
  {
    part: 'hts221', wires: [stI2c(0x5f)], interrupt: { pin: 'drdy', edge: 'rising' }, identity: [0x0f, 0xbc],
    // DRDY_EN; 12.5 Hz.
    setup: [[0x22, 0x04]], start: [0x20, 0x83], data: [0x28, 4], hz: 12.5, also: [[0x30, 16]],
    value: (data, [c]) => {
      const [h, t] = words(data);
      const [h0, h1] = [c[0] / 2, c[1] / 2];
      const [t0, t1] = [(c[2] | ((c[5] & 3) << 8)) / 8, (c[3] | ((c[5] & 0xc) << 6)) / 8];
      const [h0Out, h1Out, t0Out, t1Out] = [6, 10, 12, 14].map((at) => words(c.slice(at, at + 2))[0]);
      return [h0 + ((h - h0Out) * (h1 - h0)) / (h1Out - h0Out), t0 + ((t - t0Out) * (t1 - t0)) / (t1Out - t0Out)];
    },
    expected: [61.5, 31.2], within: [0.005, 0.02],
  },
  {
    part: 'lps22hb', wires: [i2c(0x5c), spi], interrupt: { pin: 'int_drdy', edge: 'rising' }, identity: [0x0f, 0xb1],
    // DRDY; 75 Hz.
    setup: [[0x12, 0x04]], start: [0x10, 0x50], data: [0x28, 5], hz: 75,
    value: ([xl, l, h, ...t]) => [((xl | (l << 8) | (h << 16)) / 4096) * 100, words(t)[0] / 100], expected: [98_765, 31.2], within: [100 / 4096, 0.01],
    fifo: { writes: [[0x14, 0x40], [0x11, 0x50]], milliseconds: 480, reads: [[0x26, 1]], masks: [0x7f], expected: [[0x40 | 32]] },
  },
  {
    part: 'bme280', wires: [i2c(0x76), spi], poll: { status: 0xf3, mask: 0x08, microseconds: 1500 }, identity: [0xd0, 0x60],
    // One measurement of each takes 1 + 2 + 2.5 + 2.5 ms; 62.5 ms of standby follow, at whose end the bit rises.
    setup: [[0xf2, 0x01], [0xf5, 0x20]], start: [0xf4, 0x27], data: [0xf7, 8], hz: 1000 / 70.5, firstAfter: 70.5e-3, also: [[0x88, 26], [0xe1, 7]],
    value: (data, [a, b]) => {
      const { celsius, pascal, humidity } = compensatedBme280(a, b, data);
      return [celsius, pascal, humidity];
    },
    // Without oversampling a step of temperature is 0.005 degrees, of pressure 2.6 Pa.
    expected: [31.2, 98_765, 61.5], within: [0.011, 2.6, 0.05],
  },
];
