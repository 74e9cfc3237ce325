/** The LSM9DS1's interrupts, filters, self-test, offsets and clocks (DocID025715 Rev 3). Its values and data-ready flags: parts.test.ts. */
import { describe, expect, it } from 'vitest';
import { partBench, words, type PartBench } from './part-bench.js';

const [AG, M] = [0x6b, 0x1e];
const G = 9.80665;
const [CTRL_REG1_G, CTRL_REG6_XL, CTRL_REG9, CTRL_REG10, FIFO_CTRL, FIFO_SRC, OUT_G, OUT_XL, ODR_119] = [0x10, 0x20, 0x23, 0x24, 0x2e, 0x2f, 0x18, 0x28, 0x60];
const on = (...settings: readonly (readonly [number, number])[]): PartBench => {
  const bench = partBench('lsm9ds1', [AG, M]);
  for (const [register, value] of settings) bench.write(AG, register, value);
  return bench;
};
const acceleration = (bench: PartBench): number[] => words(bench.read(AG, OUT_XL, 6));
const rotation = (bench: PartBench): number[] => words(bench.read(AG, OUT_G, 6));

describe('its clocks, over 60 s', () => {
  it.each([
    // Table 46: ODR_G with the accelerometer; Table 68: ODR_XL alone
    [CTRL_REG1_G, 1, 14.9], [CTRL_REG1_G, 2, 59.5], [CTRL_REG1_G, 3, 119], [CTRL_REG1_G, 4, 238], [CTRL_REG1_G, 5, 476], [CTRL_REG1_G, 6, 952],
    [CTRL_REG6_XL, 1, 10], [CTRL_REG6_XL, 2, 50], [CTRL_REG6_XL, 6, 952],
  ])('register 0x%s with ODR %i samples %d times a second', (register, odr, hz) => {
    const bench = on();
    let asked = 0;
    bench.world.set('acceleration.x', () => { asked++; return 0; });
    bench.write(AG, register, odr << 5);
    bench.milliseconds(60_000);
    bench.read(AG, 0x17);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it.each([[0, 0.625], [4, 10], [7, 80]])('the magnetometer with DO %i samples %d times a second', (rate, hz) => {
    const bench = on();
    let asked = 0;
    bench.world.set('magneticField.x', () => { asked++; return 0; });
    bench.write(M, 0x20, rate << 2);
    bench.write(M, 0x22, 0);
    bench.milliseconds(60_000);
    bench.read(M, 0x27);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });
});

describe('its interrupt generators', () => {
  it('see the acceleration beyond its threshold, and raise INT1 until the source is read, when latched', () => {
    const bench = partBench('lsm9ds1', [AG, M]);
    bench.pin('int1');
    for (const [register, value] of [[0x0c, 0x40], [0x1e, 0x3a], [0x06, 0x02], [0x07, 64], [CTRL_REG6_XL, ODR_119]]) bench.write(AG, register, value);
    bench.milliseconds(30);
    const before = bench.pin('int1').level;
    bench.world.set('acceleration.x', 0.55 * G);
    bench.milliseconds(10);
    bench.world.set('acceleration.x', 0);
    bench.milliseconds(30);
    const [after, source] = [bench.pin('int1').level, bench.read(AG, 0x26)[0]];
    expect([before, after, source, bench.pin('int1').level]).toEqual([false, true, 0x42, false]);
  });

  it('see the rotation beyond 15 bits of threshold', () => {
    const bench = on([0x30, 0x08], [0x33, 2000 >> 8], [0x34, 2000 & 0xff], [CTRL_REG1_G, ODR_119]);
    // 2000 * 8.75 mdps = 17.5 degrees/s
    bench.world.set('rotation.y', 17);
    bench.milliseconds(20);
    const below = bench.read(AG, 0x14)[0] & 0x40;
    bench.world.set('rotation.y', 18);
    bench.milliseconds(20);
    expect([below, bench.read(AG, 0x14)[0]]).toEqual([0, 0x48]);
  });

  it('let a FIFO in continuous-to-FIFO mode stop', () => {
    const bench = on([CTRL_REG9, 0x02], [FIFO_CTRL, 0x60], [0x06, 0x02], [0x07, 128], [CTRL_REG6_XL, ODR_119]);
    bench.milliseconds(500);
    bench.world.set('acceleration.x', 1.5 * G);
    bench.milliseconds(500);
    expect([bench.read(AG, FIFO_SRC)[0] & 0x3f, acceleration(bench)[0]]).toEqual([32, 0]);
  });

  it('let one in bypass-to-continuous mode begin', () => {
    const bench = on([CTRL_REG9, 0x02], [FIFO_CTRL, 0x80], [0x06, 0x02], [0x07, 128], [CTRL_REG6_XL, ODR_119]);
    bench.milliseconds(200);
    const before = bench.read(AG, FIFO_SRC)[0] & 0x3f;
    bench.world.set('acceleration.x', 1.5 * G);
    bench.milliseconds(100);
    expect([before, (bench.read(AG, FIFO_SRC)[0] & 0x3f) >= 11]).toEqual([0, true]);
  });
});

it('shifts its outputs in self-test', () => {
  const bench = on([CTRL_REG1_G, ODR_119 | 0x18], [CTRL_REG10, 0x05]);
  bench.milliseconds(30);
  // 400 mg / 0.061 mg, 200 degrees/s / 70 mdps
  expect([acceleration(bench)[0], rotation(bench)[0]]).toEqual([6557, 2857]);
});

it('takes a constant rotation away with the high-pass filter', () => {
  const bench = on([0x11, 0x01], [0x12, 0x40], [CTRL_REG1_G, ODR_119]);
  bench.milliseconds(20);
  bench.world.set('rotation.z', 100);
  bench.milliseconds(17);
  const [, , jumped] = rotation(bench);
  bench.milliseconds(2000);
  expect([jumped > 3000, Math.abs(rotation(bench)[2]) < 3]).toEqual([true, true]);
});

it('turns axes and signs as ORIENT_CFG_G says', () => {
  const bench = on([0x13, 0x20 | 2], [CTRL_REG1_G, ODR_119]);
  bench.world.set('rotation.y', 8.75);
  bench.milliseconds(20);
  expect(rotation(bench)).toEqual([-1000, 0, 0]);
});

it('falls to 10 Hz while nothing moves, and its gyroscope sleeps', () => {
  const bench = on([0x04, 0x80 | 10], [0x05, 1], [CTRL_REG1_G, ODR_119]);
  bench.milliseconds(200);
  bench.read(AG, 0x17);
  bench.milliseconds(1);
  expect([bench.read(AG, 0x27)[0] & 0x10, bench.uses().at(-1)!.microamps]).toEqual([0x10, 1901]);
});

describe('its magnetometer', () => {
  const field = (bench: PartBench): number[] => words(bench.read(M, 0x28 | 0x80, 6));
  const running = (): PartBench => {
    const bench = on();
    bench.write(M, 0x20, 0x1c);
    bench.write(M, 0x22, 0);
    return bench;
  };

  it('takes its offset registers away', () => {
    const bench = running();
    bench.write(M, 0x07 | 0x80, 429 & 0xff, 429 >> 8);
    bench.milliseconds(15);
    expect(field(bench)).toEqual([0, 1000, -3143]);
  });

  it('shifts by 1 to 3 gauss on x and y and 0.1 to 1 gauss on z in self-test', () => {
    const bench = running();
    bench.write(M, 0x20, 0x1d);
    bench.milliseconds(15);
    const shift = field(bench).map((digits, axis) => (digits - [0, 1429, -3143][axis]) * 0.14);
    expect([shift[0] >= 1000 && shift[0] <= 3000, shift[1] >= 1000 && shift[1] <= 3000, shift[2] >= 100 && shift[2] <= 1000]).toEqual([true, true, true]);
  });

  it('interrupts beyond its threshold, active low, until its source is read', () => {
    const bench = partBench('lsm9ds1', [AG, M]);
    bench.pin('intM');
    bench.write(M, 0x32 | 0x80, 2000 & 0xff, 2000 >> 8);
    bench.write(M, 0x30, 0xe1);
    bench.write(M, 0x20, 0x1c);
    bench.write(M, 0x22, 0);
    const before = bench.pin('intM').level;
    bench.milliseconds(15);
    const during = bench.pin('intM').level;
    expect([before, during, bench.read(M, 0x31)[0], bench.pin('intM').level]).toEqual([true, false, 0x05, true]);
  });
});
