/** ICM-20948 and its AK09916 against DS-000189 rev 1.3 and 016014242-E-00. */
import { describe, expect, it } from 'vitest';
import { countEdges, partBench, words, wordsBigEndian, type PartBench } from './part-bench.js';

const AT = 0x69;
const MAG = 0x0c;
const [USER_CTRL, PWR_MGMT_1, PWR_MGMT_2, INT_PIN_CFG, INT_ENABLE, INT_ENABLE_1, INT_STATUS, INT_STATUS_1, INT_STATUS_2, ACCEL, EXT, FIFO_EN_2, FIFO_COUNT, FIFO_R_W, BANK] =
  [0x03, 0x06, 0x07, 0x0f, 0x10, 0x11, 0x19, 0x1a, 0x1b, 0x2d, 0x3b, 0x67, 0x70, 0x72, 0x7f];
const G = 9.80665;

const inBank = (bench: PartBench, bank: number, ...writes: readonly (readonly [number, number])[]): void => {
  bench.write(AT, BANK, bank << 4);
  for (const [register, value] of writes) bench.write(AT, register, value);
  bench.write(AT, BANK, 0);
};
const awake = (): PartBench => {
  const bench = partBench('icm20948', [AT]);
  bench.write(AT, PWR_MGMT_1, 0x01);
  return bench;
};
const motion = (bench: PartBench): number[] => wordsBigEndian(bench.read(AT, ACCEL, 14));

it('sleeps after power-on', () => {
  const bench = partBench('icm20948', [AT]);
  bench.milliseconds(50);
  expect([bench.read(AT, PWR_MGMT_1)[0], ...motion(bench)]).toEqual([0x41, 0, 0, 0, 0, 0, 0, 0]);
});

it('has its banks apart and one selector for all', () => {
  const bench = awake();
  bench.write(AT, BANK, 0x20);
  const [gyro, selector, accel] = [bench.read(AT, 0x01)[0], bench.read(AT, BANK)[0], bench.read(AT, 0x14)[0]];
  bench.write(AT, BANK, 0x00);
  expect([gyro, selector, accel, bench.read(AT, 0x00)[0]]).toEqual([1, 0x20, 1, 0xea]);
});

it.each([[0, 16384, 131], [1, 8192, 65.5], [2, 4096, 32.8], [3, 2048, 16.4]])('FS_SEL %i measures 1 g as %i and 100 degrees/s at %d', (range, perG, perDegree) => {
  const bench = awake();
  bench.world.set('rotation.x', 100);
  inBank(bench, 2, [0x01, 1 | (range << 1)], [0x14, 1 | (range << 1)]);
  bench.milliseconds(30);
  const values = motion(bench);
  expect([values[2], Math.abs(values[3] - 100 * perDegree) <= 5]).toEqual([perG, true]);
});

it('gives the temperature as 333.87 a degree from 21 degrees on', () => {
  const bench = awake();
  bench.world.set('temperature', 31);
  bench.milliseconds(5);
  expect(motion(bench)[6]).toBe(3339);
});

it.each([
  // GYRO_SMPLRT_DIV, ACCEL_SMPLRT_DIV, interrupts per second with one of both on: 1125 / (1 + divider)
  ['gyroscope', 0x38, 10, 0, 1125 / 11], ['accelerometer', 0x07, 0, 22, 1125 / 23], ['accelerometer', 0x07, 0, 1124, 1],
])('the %s with PWR_MGMT_2 0x%s and dividers %i and %i gives %d samples a second, right to one over 60 s', (_, off, gyro, accel, hz) => {
  const bench = partBench('icm20948', [AT]);
  bench.pin('int1');
  inBank(bench, 2, [0x00, gyro], [0x10, accel >> 8], [0x11, accel & 0xff]);
  bench.write(AT, INT_ENABLE_1, 1);
  bench.write(AT, PWR_MGMT_2, off);
  const edges = countEdges(bench.pin('int1'));
  bench.write(AT, PWR_MGMT_1, 0x01);
  bench.milliseconds(60_000);
  expect(Math.abs(edges.rises - 60 * hz)).toBeLessThanOrEqual(1);
});

it('keeps a latched interrupt until INT_STATUS_1 is read', () => {
  const bench = partBench('icm20948', [AT]);
  bench.pin('int1');
  inBank(bench, 2, [0x00, 100], [0x11, 100]);
  bench.write(AT, INT_PIN_CFG, 0x20);
  bench.write(AT, INT_ENABLE_1, 1);
  bench.write(AT, PWR_MGMT_1, 0x01);
  bench.milliseconds(95);
  expect([bench.pin('int1').level, bench.read(AT, INT_STATUS_1)[0], bench.pin('int1').level]).toEqual([true, 1, false]);
});

it('fills its FIFO in the order of the registers, loses the oldest of 512 bytes and says so', () => {
  const bench = awake();
  bench.write(AT, FIFO_EN_2, 0x1f);
  bench.write(AT, USER_CTRL, 0x40);
  bench.milliseconds(3.2);
  const level = wordsBigEndian(bench.read(AT, FIFO_COUNT, 2))[0];
  const first = wordsBigEndian(bench.read(AT, FIFO_R_W, 6));
  const early = bench.read(AT, INT_STATUS_2)[0];
  bench.milliseconds(100);
  expect([level >= 28 && level % 14 === 0, first, early, bench.read(AT, INT_STATUS_2)[0], wordsBigEndian(bench.read(AT, FIFO_COUNT, 2))[0]]).toEqual([true, [0, 0, 16384], 0, 1, 512]);
});

it('wakes on motion beyond 4 mg a step', () => {
  const bench = awake();
  inBank(bench, 2, [0x12, 0x03], [0x13, 25]);
  bench.milliseconds(50);
  const still = bench.read(AT, INT_STATUS)[0] & 8;
  bench.write(AT, INT_ENABLE, 8);
  bench.world.set('acceleration.x', G);
  bench.milliseconds(5);
  expect([still, bench.read(AT, INT_STATUS)[0] & 8]).toEqual([0, 8]);
});

it('filters: the DLPF at 5.7 Hz lets a sine of it through at -3 dB', () => {
  const bench = awake();
  inBank(bench, 2, [0x14, 1 | (6 << 3)]);
  bench.world.set('acceleration.x', (at) => 0.5 * G * Math.sin((2 * Math.PI * 5.7 * at) / 16_000_000));
  bench.milliseconds(500);
  let most = 0;
  for (let n = 0; n < 200; n++) {
    bench.milliseconds(1);
    most = Math.max(most, motion(bench)[0]);
  }
  expect(Math.abs(20 * Math.log10(most / 8192) + 3)).toBeLessThan(0.5);
});

describe('its magnetometer', () => {
  const bypassed = (): PartBench => {
    const bench = awake();
    bench.write(AT, INT_PIN_CFG, 0x02);
    return bench;
  };

  it('answers on the bus in bypass only', () => {
    const bench = awake();
    const shut = bench.probe(MAG);
    bench.write(AT, INT_PIN_CFG, 0x02);
    expect([shut, [...bench.read(MAG, 0x00, 2)]]).toEqual([false, [0x48, 0x09]]);
  });

  it('gives 0.15 uT a digit, y and z the other way round, and DRDY until ST2 is read', () => {
    const bench = bypassed();
    bench.write(MAG, 0x31, 0x08);
    bench.milliseconds(11);
    const ready = bench.read(MAG, 0x10)[0];
    const field = words(bench.read(MAG, 0x11, 6));
    bench.read(MAG, 0x18);
    expect([ready, field, bench.read(MAG, 0x10)[0]]).toEqual([1, [0, -133, 293], 0]);
  });

  it.each([[2, 10], [4, 20], [6, 50], [8, 100]])('in mode %i measures %i times a second, right to one over 60 s', (mode, hz) => {
    const bench = bypassed();
    let asked = 0;
    bench.world.set('magneticField.x', () => { asked++; return 0; });
    bench.write(MAG, 0x31, mode);
    bench.milliseconds(60_000);
    bench.read(MAG, 0x10);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it('measures once in mode 1 and goes back to power-down', () => {
    const bench = bypassed();
    bench.write(MAG, 0x31, 1);
    const before = bench.read(MAG, 0x10)[0];
    bench.milliseconds(7.3);
    expect([before, bench.read(MAG, 0x10)[0], bench.read(MAG, 0x31)[0]]).toEqual([0, 1, 0]);
  });

  it('is set up by slave 4 and read by slave 0', () => {
    const bench = awake();
    bench.write(AT, USER_CTRL, 0x20);
    bench.write(AT, BANK, 0x30);
    bench.write(AT, 0x13, MAG, 0x31, 0x80, 0x08);
    bench.write(AT, 0x16, 0x08);
    bench.write(AT, 0x15, 0x80);
    bench.milliseconds(5);
    bench.write(AT, 0x03, 0x80 | MAG, 0x10, 0x89);
    bench.milliseconds(25);
    bench.write(AT, BANK, 0x00);
    const bytes = [...bench.read(AT, EXT, 9)];
    expect([words(bytes.slice(1, 7)), bytes[8]]).toEqual([[0, -133, 293], 0]);
  });
});

it('draws 8 uA asleep and the sum of what is on', () => {
  const bench = partBench('icm20948', [AT]);
  bench.milliseconds(10);
  bench.write(AT, PWR_MGMT_1, 0x01);
  bench.milliseconds(10);
  expect(bench.uses().map(({ microamps }) => microamps)).toEqual([8, 3020]);
});
