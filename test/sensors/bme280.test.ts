/** BME280 against its datasheet (BST-BME280-DS002): registers, times, and the integer formulas of 4.2.3, written here with BigInt. */
import { describe, expect, it } from 'vitest';
import { partBench, type PartBench } from './part-bench.js';

const AT = 0x76;
const [CTRL_HUM, STATUS, CTRL_MEAS, CONFIG, RESET] = [0xf2, 0xf3, 0xf4, 0xf5, 0xe0];

/** As firmware does it: coefficients from the part, then the datasheet's integer formulas. */
function compensated(bench: PartBench): { celsius: number; pascal: number; humidity: number } {
  const a = [...bench.read(AT, 0x88, 26)];
  const b = [...bench.read(AT, 0xe1, 7)];
  const data = [...bench.read(AT, 0xf7, 8)];
  const u16 = (n: number): bigint => BigInt(a[n] | (a[n + 1] << 8));
  const s16 = (n: number): bigint => BigInt.asIntN(16, u16(n));
  const [T1, T2, T3] = [u16(0), s16(2), s16(4)];
  const P = [0n, u16(6), ...[8, 10, 12, 14, 16, 18, 20, 22].map(s16)];
  const H1 = BigInt(a[25]);
  const H2 = BigInt.asIntN(16, BigInt(b[0] | (b[1] << 8)));
  const H3 = BigInt(b[2]);
  const H4 = BigInt.asIntN(12, BigInt((b[3] << 4) | (b[4] & 15)));
  const H5 = BigInt.asIntN(12, BigInt((b[5] << 4) | (b[4] >> 4)));
  const H6 = BigInt.asIntN(8, BigInt(b[6]));
  const adcP = BigInt((data[0] << 12) | (data[1] << 4) | (data[2] >> 4));
  const adcT = BigInt((data[3] << 12) | (data[4] << 4) | (data[5] >> 4));
  const adcH = BigInt((data[6] << 8) | data[7]);
  const fine = ((((adcT >> 3n) - (T1 << 1n)) * T2) >> 11n) + ((((((adcT >> 4n) - T1) * ((adcT >> 4n) - T1)) >> 12n) * T3) >> 14n);
  let v1 = fine - 128000n;
  let v2 = v1 * v1 * P[6] + ((v1 * P[5]) << 17n) + (P[4] << 35n);
  v1 = ((v1 * v1 * P[3]) >> 8n) + ((v1 * P[2]) << 12n);
  v1 = (((1n << 47n) + v1) * P[1]) >> 33n;
  let p = 1048576n - adcP;
  p = (((p << 31n) - v2) * 3125n) / v1;
  v1 = (P[9] * (p >> 13n) * (p >> 13n)) >> 25n;
  v2 = (P[8] * p) >> 19n;
  p = ((p + v1 + v2) >> 8n) + (P[7] << 4n);
  let v = fine - 76800n;
  v = ((((adcH << 14n) - (H4 << 20n) - H5 * v) + 16384n) >> 15n) * (((((((v * H6) >> 10n) * (((v * H3) >> 11n) + 32768n)) >> 10n) + 2097152n) * H2 + 8192n) >> 14n);
  v -= ((((v >> 15n) * (v >> 15n)) >> 7n) * H1) >> 4n;
  v = v < 0n ? 0n : v > 419430400n ? 419430400n : v;
  return { celsius: Number((fine * 5n + 128n) >> 8n) / 100, pascal: Number(p) / 256, humidity: Number(v >> 12n) / 1024 };
}

const ready = (): PartBench => {
  const bench = partBench('bme280', [AT]);
  bench.milliseconds(3);
  return bench;
};

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
