/** LPS22HB: what its datasheet (DocID027083 Rev 6) says beyond plain samples. 1 hPa is 4096 digits. */
import { describe, expect, it } from 'vitest';
import { partBench, type PartBench } from './part-bench.js';

const ADDRESS = 0x5c;
const INTERRUPT_CFG = 0x0b, THS_P = 0x0c, CTRL_REG1 = 0x10, CTRL_REG2 = 0x11, CTRL_REG3 = 0x12, FIFO_CTRL = 0x14, REF_P = 0x15, RPDS = 0x18, RES_CONF = 0x1a, INT_SOURCE = 0x25, FIFO_STATUS = 0x26, PRESS_OUT = 0x28, LPFP_RES = 0x33;
const ODR_75 = 0x50;
const DIFF_EN = 0x08, LIR = 0x04, PLE = 0x02, PHE = 0x01;

function on(settings: readonly (readonly number[])[] = []): PartBench {
  const bench = partBench('lps22hb', [ADDRESS]);
  for (const setting of settings) bench.write(ADDRESS, ...setting);
  bench.write(ADDRESS, CTRL_REG1, ODR_75);
  bench.milliseconds(14);
  return bench;
}

function signed24([low, middle, high]: readonly number[]): number {
  return ((low << 8) | (middle << 16) | (high << 24)) >> 8;
}

const pressure = (bench: PartBench): number => signed24(bench.read(ADDRESS, PRESS_OUT, 3));

describe('an LPS22HB\'s reference', () => {
  it('subtracts 256 digits for each step of RPDS', () => {
    expect(pressure(on([[RPDS, 16, 0]]))).toBe((1013.25 - 1) * 4096);
  });

  it('counts outputs from the pressure at AUTOZERO, which then reads 0', () => {
    const bench = on([[INTERRUPT_CFG, 0x20]]);
    bench.world.set('pressure', 101_025);
    bench.milliseconds(14);
    expect([pressure(bench), signed24(bench.read(ADDRESS, REF_P, 3)), bench.read(ADDRESS, INTERRUPT_CFG)[0]]).toEqual([-3 * 4096, 1013.25 * 4096, 0]);
  });

  it('gives whole pressures again after RESET_AZ', () => {
    const bench = on([[INTERRUPT_CFG, 0x20]]);
    bench.write(ADDRESS, INTERRUPT_CFG, 0x10);
    bench.milliseconds(14);
    expect([pressure(bench), bench.read(ADDRESS, REF_P, 3)]).toEqual([1013.25 * 4096, [0, 0, 0]]);
  });

  it('leaves outputs alone with AUTORIFP, and compares differences', () => {
    const bench = on([[THS_P, 16, 0], [INTERRUPT_CFG, 0x80 | DIFF_EN | PHE | PLE]]);
    const still = bench.read(ADDRESS, INT_SOURCE)[0];
    bench.world.set('pressure', 101_200);
    bench.milliseconds(14);
    expect([still, pressure(bench), bench.read(ADDRESS, INT_SOURCE)[0]]).toEqual([0, 1012 * 4096, 0x06]);
  });
});

describe('an LPS22HB\'s threshold', () => {
  // 1013 hPa as reference, 1 hPa = 16 steps of THS_P.
  const settings = [[REF_P, 0, 0x50, 0x3f], [THS_P, 16, 0]] as const;

  it.each([
    // pascal, INT_SOURCE
    [101_399, 0], [101_401, 0x05], [101_201, 0], [101_199, 0x06],
  ])('at %i Pa', (pascal, source) => {
    const bench = on([...settings, [INTERRUPT_CFG, DIFF_EN | PHE | PLE]]);
    bench.world.set('pressure', pascal);
    bench.milliseconds(14);
    expect(bench.read(ADDRESS, INT_SOURCE)[0]).toBe(source);
  });

  it('is latched by LIR until INT_SOURCE is read', () => {
    const bench = on([...settings, [INTERRUPT_CFG, DIFF_EN | LIR | PHE]]);
    bench.world.set('pressure', 102_000);
    bench.milliseconds(14);
    bench.world.set('pressure', 101_300);
    bench.milliseconds(14);
    expect([bench.read(ADDRESS, INT_SOURCE)[0], bench.read(ADDRESS, INT_SOURCE)[0]]).toEqual([0x05, 0]);
  });

  it.each([['high', 1, true], ['low', 2, false], ['either', 3, true]])('goes to INT_DRDY when INT_S asks for %s', (_, route, level) => {
    const bench = on([...settings, [INTERRUPT_CFG, DIFF_EN | PHE | PLE], [CTRL_REG3, route]]);
    bench.pin('int_drdy');
    bench.world.set('pressure', 102_000);
    bench.milliseconds(14);
    expect(bench.pin('int_drdy').level).toBe(level);
  });

  it('triggers a FIFO that waits for it', () => {
    const bench = on([...settings, [INTERRUPT_CFG, DIFF_EN | LIR | PHE], [FIFO_CTRL, 0b111 << 5], [CTRL_REG2, 0x50]]);
    const before = bench.read(ADDRESS, FIFO_STATUS)[0];
    bench.world.set('pressure', 102_000);
    bench.milliseconds(1000);
    expect([before, bench.read(ADDRESS, FIFO_STATUS)[0] & 0x3f]).toEqual([0, 32]);
  });
});

describe('an LPS22HB\'s FIFO', () => {
  it('raises INT_DRDY at its watermark', () => {
    const bench = on([[CTRL_REG3, 0x10], [FIFO_CTRL, (0b010 << 5) | 3], [CTRL_REG2, 0x50]]);
    // At 75 Hz the third sample comes after 40 ms.
    bench.milliseconds(24);
    const before = bench.pin('int_drdy').level;
    bench.milliseconds(3);
    expect([before, bench.pin('int_drdy').level]).toEqual([false, true]);
  });

  it('is as deep as its watermark with STOP_ON_FTH', () => {
    const bench = on([[FIFO_CTRL, (0b010 << 5) | 5], [CTRL_REG2, 0x70]]);
    bench.milliseconds(1000);
    expect(bench.read(ADDRESS, FIFO_STATUS)[0]).toBe(0x80 | 5);
  });
});

describe('an LPS22HB\'s filter', () => {
  // One pole at ODR/20: after 20 samples of a step of 10 hPa, 1 - exp(-2 pi) of it.
  it('settles at its bandwidth', () => {
    const bench = on();
    bench.write(ADDRESS, CTRL_REG1, ODR_75 | 0x0c);
    bench.world.set('pressure', 102_325);
    bench.milliseconds((20_000 / 75) + 1);
    expect(Math.abs(pressure(bench) / 4096 - (1013.25 + 10 * (1 - Math.exp(-2 * Math.PI))))).toBeLessThan(0.01);
  });

  it('begins anew when LPFP_RES is read', () => {
    const bench = on();
    bench.write(ADDRESS, CTRL_REG1, ODR_75 | 0x0c);
    bench.world.set('pressure', 102_325);
    bench.read(ADDRESS, LPFP_RES);
    bench.milliseconds(14);
    expect(pressure(bench)).toBe(1023.25 * 4096);
  });
});

it('an LPS22HB draws 1 uA in power-down, 12 uA at 1 Hz, 3 uA in low-current mode', () => {
  const bench = partBench('lps22hb', [ADDRESS]);
  bench.milliseconds(1);
  bench.write(ADDRESS, CTRL_REG1, 0x10);
  bench.milliseconds(1);
  bench.write(ADDRESS, RES_CONF, 1);
  bench.milliseconds(1);
  expect(bench.uses().map(({ microamps }) => microamps)).toEqual([1, 12, 3]);
});

it('an LPS22HB draws for the time of a single conversion: a 75th of a second', () => {
  const bench = partBench('lps22hb', [ADDRESS]);
  bench.write(ADDRESS, CTRL_REG2, 0x11);
  bench.milliseconds(100);
  expect(bench.uses().find(({ state }) => state.startsWith('75 Hz'))?.rootTicks).toBe(Math.ceil(16_000_000 / 75));
});

it('an LPS22HB with imperfections is within its accuracy, and not exact', () => {
  const bench = partBench('lps22hb', [ADDRESS], {}, { seed: 7, imperfections: true });
  bench.write(ADDRESS, CTRL_REG1, ODR_75);
  bench.milliseconds(20);
  const hectopascal = pressure(bench) / 4096;
  // 0.1 hPa and five times its noise at this bandwidth, 0.024 hPa.
  expect([hectopascal === 1013.25, Math.abs(hectopascal - 1013.25) < 0.22]).toEqual([false, true]);
});
