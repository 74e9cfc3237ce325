/** MMA8653FC: orientation, motion, freefall, sleep, power modes. Data sheet Rev 2.2. */
import { describe, expect, it } from 'vitest';
import { partBench, type PartBench } from './part-bench.js';

const ADDRESS = 0x1d;
const SYSMOD = 0x0b, INT_SOURCE = 0x0c, PL_STATUS = 0x10, PL_CFG = 0x11, PL_COUNT = 0x12, FF_MT_CFG = 0x15, FF_MT_SRC = 0x16, FF_MT_THS = 0x17, FF_MT_COUNT = 0x18, ASLP_COUNT = 0x29;
const CTRL_REG1 = 0x2a, CTRL_REG2 = 0x2b, CTRL_REG3 = 0x2c, CTRL_REG4 = 0x2d, CTRL_REG5 = 0x2e;
const G = 9.80665;
/** 100 Hz. */
const ACTIVE = (0b011 << 3) | 1;

function on(...settings: readonly (readonly number[])[]): PartBench {
  const bench = partBench('mma8653', [ADDRESS]);
  for (const setting of settings) bench.write(ADDRESS, ...setting);
  bench.write(ADDRESS, CTRL_REG1, ACTIVE);
  bench.milliseconds(15);
  return bench;
}

function hold(bench: PartBench, [x, y, z]: readonly number[], milliseconds = 20): void {
  bench.world.set('acceleration.x', x * G);
  bench.world.set('acceleration.y', y * G);
  bench.world.set('acceleration.z', z * G);
  bench.milliseconds(milliseconds);
}

const byte = (bench: PartBench, register: number): number => bench.read(ADDRESS, register)[0];

describe('orientation', () => {
  it.each([
    // g along x, y, z; LO and LAPO and BAFRO of PL_STATUS
    ['portrait up',     [0, -1, 0], 0x00],
    ['portrait down',   [0, 1, 0],  0x02],
    ['landscape right', [1, 0, 0],  0x04],
    ['landscape left',  [-1, 0, 0], 0x06],
    ['flat, front',     [0, 0, 1],  0x40],
    ['flat, back',      [0, 0, -1], 0x41],
  ])('%s', (_, position, status) => {
    const bench = on([PL_CFG, 0xc0]);
    hold(bench, position);
    expect(byte(bench, PL_STATUS) & 0x47).toBe(status);
  });

  it('turns at 59 degrees and back at 31: 45 and a hysteresis of 14', () => {
    const bench = on([PL_CFG, 0xc0]);
    const at = (degrees: number): number => {
      const angle = (degrees * Math.PI) / 180;
      hold(bench, [Math.sin(angle), Math.cos(angle), 0]);
      return (byte(bench, PL_STATUS) >> 1) & 3;
    };
    expect([0, 58, 60, 32, 30].map(at)).toEqual([1, 1, 2, 2, 1]);
  });

  it('takes as many samples as PL_COUNT beyond the first', () => {
    const bench = on([PL_CFG, 0xc0], [PL_COUNT, 5]);
    // First it finds that it lies flat.
    bench.milliseconds(100);
    byte(bench, PL_STATUS);
    hold(bench, [1, 0, 0], 49);
    const early = byte(bench, PL_STATUS) & 0x80;
    bench.milliseconds(20);
    expect([early, byte(bench, PL_STATUS)]).toEqual([0, 0x84]);
  });

  it('interrupts until PL_STATUS is read', () => {
    const bench = on([PL_CFG, 0xc0], [CTRL_REG4, 0x10], [CTRL_REG5, 0x10]);
    bench.pin('int1');
    hold(bench, [1, 0, 0]);
    const told = [bench.pin('int1').level, byte(bench, INT_SOURCE) & 0x10];
    byte(bench, PL_STATUS);
    expect([told, bench.pin('int1').level]).toEqual([[false, 0x10], true]);
  });
});

describe('motion and freefall', () => {
  // 20 steps of 63 mg: 1.26 g.
  it.each([
    ['below the threshold', [1.25, 0, 0], 0],
    ['beyond it', [1.27, 0, 0], 0x80 | 0x02],
    ['beyond it the other way', [-1.27, 0, 0], 0x80 | 0x03],
  ])('motion along x %s', (_, position, source) => {
    const bench = on([FF_MT_CFG, 0x48], [FF_MT_THS, 20]);
    hold(bench, position);
    expect(byte(bench, FF_MT_SRC)).toBe(source);
  });

  it('freefall is all enabled axes below the threshold for longer than FF_MT_COUNT, on INT2', () => {
    const bench = on([FF_MT_CFG, 0xb8], [FF_MT_THS, 3], [FF_MT_COUNT, 6], [CTRL_REG4, 4]);
    const still = bench.pin('int2').level;
    hold(bench, [0, 0, 0.1], 55);
    const early = bench.pin('int2').level;
    bench.milliseconds(20);
    expect([still, early, bench.pin('int2').level]).toEqual([true, true, false]);
  });

  it('is latched by ELE until FF_MT_SRC is read', () => {
    const bench = on([FF_MT_CFG, 0xc8], [FF_MT_THS, 20]);
    hold(bench, [2, 0, 0]);
    hold(bench, [0, 0, 1]);
    expect([byte(bench, FF_MT_SRC), byte(bench, FF_MT_SRC)]).toEqual([0x82, 0]);
  });
});

describe('automatic sleep', () => {
  // Two steps of 320 ms; asleep at 6.25 Hz.
  const settings = [[ASLP_COUNT, 2], [CTRL_REG2, 0x04], [CTRL_REG3, 0x08], [FF_MT_CFG, 0x48], [FF_MT_THS, 20]] as const;

  it('comes after ASLP_COUNT without an event, and ends with one', () => {
    const bench = on(...settings);
    bench.milliseconds(600);
    const awake = byte(bench, SYSMOD);
    bench.milliseconds(60);
    const asleep = byte(bench, SYSMOD);
    hold(bench, [2, 0, 0], 50);
    expect([awake, asleep, byte(bench, SYSMOD)]).toEqual([1, 2, 1]);
  });

  it('draws what its sleep rate and mode draw', () => {
    const bench = on(...settings, [CTRL_REG2, 0x04 | (3 << 3)]);
    bench.milliseconds(1000);
    expect(bench.uses().map(({ state, microamps }) => [state, microamps])).toEqual([['standby', 1.4], ['wake, 100 Hz, normal', 60], ['sleep, 50 Hz, low power', 14]]);
  });

  it('interrupts until SYSMOD is read', () => {
    const bench = on(...settings, [CTRL_REG4, 0x80], [CTRL_REG5, 0x80]);
    bench.milliseconds(700);
    const told = bench.pin('int1').level;
    byte(bench, SYSMOD);
    expect([told, bench.pin('int1').level]).toEqual([false, true]);
  });
});

it('draws most in high resolution, at any rate', () => {
  const bench = on([CTRL_REG2, 2]);
  expect(bench.uses().at(-1)!.microamps).toBe(184);
});
