/** BME280 against its datasheet (BST-BME280-DS002): registers, times, and what its formulas give. */
import { describe, expect, it } from 'vitest';
import { compensatedBme280 } from './bme280-formulas.js';
import { partBench, type PartBench } from './part-bench.js';

const AT = 0x76;
const [CTRL_HUM, STATUS, CTRL_MEAS, CONFIG, RESET] = [0xf2, 0xf3, 0xf4, 0xf5, 0xe0];

const compensated = ({ read }: PartBench): ReturnType<typeof compensatedBme280> => compensatedBme280(read(AT, 0x88, 26), read(AT, 0xe1, 7), read(AT, 0xf7, 8));

const ready = (): PartBench => {
  const bench = partBench('bme280', [AT]);
  bench.milliseconds(3);
  return bench;
};

it('has its first result after one measurement, however long it stands by between them', () => {
  // 3.3.4: normal mode begins with a measurement; 9.1: 1 + 2 + 2.5 + 2.5 ms. t_sb is 1 s.
  const { write, read, milliseconds } = ready();
  write(AT, CTRL_HUM, 1, CONFIG, 5 << 5, CTRL_MEAS, 0x27);
  milliseconds(7.9);
  const before = read(AT, 0xfa);
  milliseconds(0.2);
  expect([before, read(AT, 0xfa)[0] === 0x80, read(AT, STATUS)]).toEqual([[0x80], false, [0]]);
});

it.each([
  [25, 101_325, 45], [-20.5, 95_000, 80], [60, 30_500, 5], [0, 109_000, 99], [84, 70_000, 20],
])('gives %d degrees, %d Pa and %d %% through the datasheet\'s integer formulas', (celsius, pascal, humidity) => {
  const bench = ready();
  bench.world.set('temperature', celsius);
  bench.world.set('pressure', pascal);
  bench.world.set('humidity', humidity);
  bench.write(AT, CTRL_HUM, 5, CTRL_MEAS, (5 << 5) | (5 << 2) | 1);
  bench.milliseconds(130);
  const got = compensated(bench);
  expect([Math.abs(got.celsius - celsius) <= 0.01, Math.abs(got.pascal - pascal) < 1, Math.abs(got.humidity - humidity) < 0.05]).toEqual([true, true, true]);
});

it('says for 2 ms after a reset that it copies its coefficients', () => {
  const bench = ready();
  const before = bench.read(AT, STATUS)[0] & 1;
  bench.write(AT, RESET, 0xb6);
  const during = bench.read(AT, STATUS)[0] & 1;
  bench.milliseconds(2);
  expect([before, during, bench.read(AT, STATUS)[0] & 1]).toEqual([0, 1, 0]);
});

it('has 0x80000 and 0x8000 where nothing was measured', () => {
  const bench = ready();
  bench.write(AT, CTRL_MEAS, (1 << 5) | 1);
  bench.milliseconds(20);
  const data = bench.read(AT, 0xf7, 8);
  expect([...data.slice(0, 3), ...data.slice(6)]).toEqual([0x80, 0, 0, 0x80, 0]);
});

describe('a forced measurement', () => {
  it.each([
    // osrs_h, osrs_t, osrs_p: 1 + 2 t + (2 p + 0.5) + (2 h + 0.5) ms, 9.1
    [0, 1, 0, 3], [0, 1, 1, 5.5], [1, 1, 1, 8], [5, 5, 5, 98],
  ])('with oversampling h %i, t %i, p %i takes %d ms, says so, and sleeps then', (h, t, p, ms) => {
    const bench = ready();
    bench.write(AT, CTRL_HUM, h, CTRL_MEAS, (t << 5) | (p << 2) | 1);
    bench.milliseconds(ms - 0.2);
    const during = bench.read(AT, STATUS)[0] & 8;
    bench.milliseconds(0.2);
    expect([during, bench.read(AT, STATUS)[0] & 8, bench.read(AT, CTRL_MEAS)[0] & 3]).toEqual([8, 0, 0]);
  });

  it('draws 0.1 uA before and after, and between 340 and 714 uA while it lasts', () => {
    const bench = ready();
    bench.write(AT, CTRL_HUM, 1, CTRL_MEAS, 0x25);
    bench.milliseconds(100);
    const [asleep, measuring] = bench.uses();
    expect([asleep.microamps, measuring.microamps > 340 && measuring.microamps < 714, measuring.rootTicks]).toEqual([0.1, true, 8 * 16_000]);
  });
});

describe('normal mode', () => {
  it.each([
    // t_sb: standby in ms, Table 27; each round is that and 8 ms of measuring
    [0, 0.5], [1, 62.5], [4, 500], [5, 1000], [6, 10], [7, 20],
  ])('with t_sb %i measures every 8 + %d ms, right to one over 60 s', (standby, ms) => {
    const bench = ready();
    let asked = 0;
    bench.world.set('pressure', () => { asked++; return 101_325; });
    bench.write(AT, CTRL_HUM, 1, CONFIG, standby << 5, CTRL_MEAS, 0x27);
    bench.milliseconds(60_000);
    bench.read(AT, STATUS);
    expect(Math.abs(asked - 60_000 / (8 + ms))).toBeLessThanOrEqual(1);
  });

  it('takes ctrl_hum when ctrl_meas is written', () => {
    const bench = ready();
    bench.write(AT, CTRL_MEAS, 0x27);
    bench.write(AT, CTRL_HUM, 1);
    bench.milliseconds(50);
    const before = bench.read(AT, 0xfd, 2)[0];
    bench.write(AT, CTRL_MEAS, 0x27);
    bench.milliseconds(50);
    expect([before, bench.read(AT, 0xfd, 2)[0] === 0x80]).toEqual([0x80, false]);
  });

  it('smooths a step by its filter: after n of coefficient 16, 1 - (15/16)^n of it', () => {
    const bench = ready();
    bench.write(AT, CONFIG, 4 << 2, CTRL_MEAS, (5 << 5) | (5 << 2) | 3);
    // 1 + 32 + 32.5 + 0.5 ms a round
    bench.milliseconds(66 * 3 + 10);
    bench.world.set('pressure', 100_325);
    bench.milliseconds(66 * 4);
    const share = (101_325 - compensated(bench).pascal) / 1000;
    expect(Math.abs(share - (1 - (15 / 16) ** 4))).toBeLessThan(0.01);
  });
});
