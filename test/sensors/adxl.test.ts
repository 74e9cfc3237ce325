/** ADXL345 and ADXL335 against their data sheets (Rev E, Rev B). */
import { describe, expect, it } from 'vitest';
import { Pin } from '../../emulator/wires/net.js';
import { partBench, words, type PartBench } from './part-bench.js';

const AT = 0x53;
const G = 9.80665;
const [BW_RATE, POWER_CTL, INT_ENABLE, INT_MAP, INT_SOURCE, DATA_FORMAT, DATA, FIFO_CTL, FIFO_STATUS] = [0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x38, 0x39];
const MEASURE = 0x08;

const on = (...settings: readonly (readonly [number, number])[]): PartBench => {
  const bench = partBench('adxl345', [AT]);
  for (const [register, value] of settings) bench.write(AT, register, value);
  return bench;
};
const data = (bench: PartBench): number[] => words(bench.read(AT, DATA, 6));

describe('adxl345', () => {
  it.each([
    // Table 7: rate code, Hz
    [15, 3200], [14, 1600], [12, 400], [10, 100], [7, 12.5], [4, 1.5625], [0, 0.09765625],
  ])('with rate code %i samples %d times a second, right to one over 60 s', (code, hz) => {
    const bench = on([BW_RATE, code]);
    let asked = 0;
    bench.world.set('acceleration.x', () => { asked++; return 0; });
    bench.write(AT, POWER_CTL, MEASURE);
    bench.milliseconds(60_000);
    bench.read(AT, INT_SOURCE);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it.each([
    // DATA_FORMAT, what 1 g is: Table 1
    ['2 g, 10 bits', 0x00, 256], ['4 g', 0x01, 128], ['8 g', 0x02, 64], ['16 g', 0x03, 32], ['16 g, full resolution', 0x0b, 256], ['2 g, left-justified', 0x04, 256 << 6], ['16 g, full, left', 0x0f, 256 << 3],
  ])('in %s gives 1 g', (_, format, digits) => {
    const bench = on([DATA_FORMAT, format], [POWER_CTL, MEASURE]);
    bench.milliseconds(15);
    expect(data(bench)).toEqual([0, 0, digits]);
  });

  it('adds its offset registers, 15.6 mg a step', () => {
    const bench = on([0x1e, 10], [0x20, 0x100 - 64], [POWER_CTL, MEASURE]);
    bench.milliseconds(15);
    expect(data(bench)).toEqual([Math.round(156 * 0.256), 0, Math.round((1000 - 998.4) * 0.256)]);
  });

  it('shifts in self-test within Table 18: 50 to 540, -540 to -50, 75 to 875 digits', () => {
    const bench = on([DATA_FORMAT, 0x88], [POWER_CTL, MEASURE]);
    bench.milliseconds(15);
    const [x, y, z] = data(bench);
    expect([x >= 50 && x <= 540, y >= -540 && y <= -50, z - 256 >= 75 && z - 256 <= 875]).toEqual([true, true, true]);
  });

  it('raises DATA_READY on INT1 for each sample until it is read, and OVERRUN when it was not', () => {
    const bench = partBench('adxl345', [AT]);
    bench.pin('int1');
    bench.write(AT, INT_ENABLE, 0x80);
    bench.write(AT, POWER_CTL, MEASURE);
    bench.milliseconds(10.2);
    const [level, source] = [bench.pin('int1').level, bench.read(AT, INT_SOURCE)[0]];
    bench.milliseconds(10);
    const late = bench.read(AT, INT_SOURCE)[0];
    data(bench);
    expect([level, source & 0x81, late & 0x81, bench.pin('int1').level, bench.read(AT, INT_SOURCE)[0] & 0x81]).toEqual([true, 0x80, 0x81, false, 0]);
  });

  it('sends what INT_MAP names to INT2, active low when inverted', () => {
    const bench = partBench('adxl345', [AT]);
    bench.pin('int2');
    for (const [register, value] of [[DATA_FORMAT, 0x20], [INT_MAP, 0x80], [INT_ENABLE, 0x80]]) bench.write(AT, register, value);
    const before = bench.pin('int2').level;
    bench.write(AT, POWER_CTL, MEASURE);
    bench.milliseconds(11);
    expect([before, bench.pin('int2').level]).toEqual([true, false]);
  });

  describe('its FIFO', () => {
    const counting = (mode: number, samples: number): PartBench => {
      const bench = on([FIFO_CTL, (mode << 6) | samples]);
      let n = 0;
      bench.world.set('acceleration.x', () => (++n * G) / 256);
      bench.write(AT, POWER_CTL, MEASURE);
      return bench;
    };

    it('in FIFO mode keeps the first 33 and says when it overran', () => {
      const bench = counting(1, 10);
      bench.milliseconds(501);
      expect([bench.read(AT, FIFO_STATUS)[0], bench.read(AT, INT_SOURCE)[0] & 0x83, data(bench)[0], data(bench)[0]]).toEqual([33, 0x83, 1, 2]);
    });

    it('in stream mode keeps the last 33', () => {
      const bench = counting(2, 10);
      bench.milliseconds(501);
      expect([bench.read(AT, FIFO_STATUS)[0], data(bench)[0]]).toEqual([33, 50 - 32]);
    });

    it('is at its watermark from that many samples on', () => {
      const bench = counting(2, 10);
      bench.milliseconds(95);
      const before = bench.read(AT, INT_SOURCE)[0] & 2;
      bench.milliseconds(10);
      expect([before, bench.read(AT, INT_SOURCE)[0] & 2]).toEqual([0, 2]);
    });

    it('in trigger mode keeps some from before an event and stops when full', () => {
      const bench = on([FIFO_CTL, 0xc0 | 8], [INT_ENABLE, 0x10], [0x24, 24], [0x27, 0x70]);
      bench.world.set('acceleration.z', 0);
      bench.world.set('acceleration.x', (at) => (at > 0.8 * 16_000_000 ? 1.9 * G : 0));
      bench.write(AT, POWER_CTL, MEASURE);
      bench.milliseconds(2000);
      const status = bench.read(AT, FIFO_STATUS)[0];
      const quiet = Array.from({ length: 33 }, () => data(bench)[0]).filter((x) => x === 0).length;
      expect([status, quiet]).toEqual([0x80 | 33, 7]);
    });
  });

  it('sees a tap and a double tap', () => {
    const tapped = (peaks: readonly number[]): number => {
      const bench = on([BW_RATE, 12], [0x1d, 32], [0x21, 32], [0x22, 40], [0x23, 160], [0x2a, 0x04], [INT_ENABLE, 0x60], [DATA_FORMAT, 0x0b]);
      bench.world.set('acceleration.x', (at) => (peaks.some((from) => at / 16_000 >= from && at / 16_000 < from + 10) ? 3 * G : 0));
      bench.write(AT, POWER_CTL, MEASURE);
      bench.milliseconds(800);
      return (bench.read(AT, INT_SOURCE)[0] & 0x60) | bench.read(AT, 0x2b)[0];
    };
    expect([tapped([]), tapped([100]), tapped([100, 200]), tapped([100, 500])]).toEqual([0, 0x44, 0x64, 0x44]);
  });

  it('sees free fall after TIME_FF', () => {
    const bench = on([0x28, 7], [0x29, 20], [INT_ENABLE, 0x04], [POWER_CTL, MEASURE]);
    bench.milliseconds(200);
    const still = bench.read(AT, INT_SOURCE)[0] & 4;
    bench.world.set('acceleration.z', 0);
    bench.milliseconds(90);
    const early = bench.read(AT, INT_SOURCE)[0] & 4;
    bench.milliseconds(30);
    expect([still, early, bench.read(AT, INT_SOURCE)[0] & 4]).toEqual([0, 0, 4]);
  });

  it('sleeps when linked inactivity lasts TIME_INACT seconds and wakes on activity, AC coupled', () => {
    const bench = on([0x24, 4], [0x25, 2], [0x26, 2], [0x27, 0xff], [INT_ENABLE, 0x18], [POWER_CTL, 0x30 | MEASURE]);
    bench.milliseconds(1900);
    const early = bench.read(AT, INT_SOURCE)[0] & 0x18;
    bench.milliseconds(200);
    const [late, asleep] = [bench.read(AT, INT_SOURCE)[0] & 0x18, bench.read(AT, 0x2b)[0] & 8];
    bench.world.set('acceleration.x', 0.5 * G);
    bench.milliseconds(300);
    expect([early, late, asleep, bench.read(AT, INT_SOURCE)[0] & 0x18, bench.read(AT, 0x2b)[0] & 0x48, bench.uses().map(({ state }) => state)])
      .toEqual([0, 0x08, 8, 0x10, 0x40, ['standby', 'measurement, 100 Hz', 'sleep']]);
  });
});

describe('adxl335', () => {
  const volts = (bench: PartBench): number[] => ['xout', 'yout', 'zout'].map((pin) => bench.part.voltages![pin].volts(bench.now()));
  const settled = (options = {}, imperfect = {}): PartBench => {
    const bench = partBench('adxl335', [], options, imperfect);
    bench.milliseconds(500);
    return bench;
  };
  const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1000));

  it.each([[3, [1500, 1500, 1800]], [3.3, [1650, 1650, 1980]], [2, [1000, 1000, 1200]]])('at %d V gives half of it and a tenth of it per g, in mV', (supply, expected) => {
    expect(rounded(volts(settled({ supply })))).toEqual(expected);
  });

  it('shifts by -325, 325 and 550 mV at 3 V while ST is high', () => {
    const bench = settled({ supply: 3 });
    new Pin('controller', bench.pin('st')).drive(true);
    expect(rounded(volts(bench))).toEqual([1500 - 325, 1500 + 325, 1800 + 550]);
  });

  it('passes a sine at its bandwidth with -3 dB: 100 nF and 32 kilohm are 49.7 Hz', () => {
    const bench = settled({ supply: 3 });
    const hz = 1 / (2 * Math.PI * 32_000 * 100e-9);
    bench.world.set('acceleration.x', (at) => G * Math.sin((2 * Math.PI * hz * at) / 16_000_000));
    const swing = Array.from({ length: 400 }, (_, n) => bench.part.voltages!['xout'].volts(16_000_000 + n * 1600) - 1.5).reduce((most, value) => Math.max(most, value), 0);
    expect(Math.abs(20 * Math.log10(swing / 0.3) + 3.01)).toBeLessThan(0.2);
  });

  it('draws 350 uA at 3 V', () => {
    expect(settled({ supply: 3 }).uses().map(({ microamps }) => microamps)).toEqual([350]);
  });

  it('with imperfections gives the same volts for the same time, others for another part', () => {
    const [one, same, other] = [settled({}, { imperfections: true, seed: 4 }), settled({}, { imperfections: true, seed: 4 }), settled({}, { imperfections: true, seed: 5 })].map(volts);
    expect([one, one.some((value, axis) => Math.abs(value - other[axis]) > 0.001)]).toEqual([same, true]);
  });
});
