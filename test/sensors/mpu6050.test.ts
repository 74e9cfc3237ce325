/** MPU-6050 against its register map (RM-MPU-6000A-00 rev 4.2; motion: rev 3.2) and product specification (PS-MPU-6000A-00 rev 3.4). */
import { describe, expect, it } from 'vitest';
import { I2cBus } from '../../emulator/wires/i2c-bus.js';
import { countEdges, partBench, wordsBigEndian, type PartBench } from './part-bench.js';

const AT = 0x68;
const [SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, FIFO_EN, INT_PIN_CFG, INT_ENABLE, INT_STATUS, ACCEL, GYRO, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2, FIFO_COUNT, FIFO_R_W] =
  [0x19, 0x1a, 0x1b, 0x1c, 0x23, 0x37, 0x38, 0x3a, 0x3b, 0x43, 0x6a, 0x6b, 0x6c, 0x72, 0x74];
const STANDARD_GRAVITY = 9.80665;

/** Awake, with the filter at 184 Hz and one output every `milliseconds`. */
function awake(milliseconds = 10, imperfect = {}): PartBench {
  const bench = partBench('mpu6050', [AT], {}, imperfect);
  bench.write(AT, PWR_MGMT_1, 0x01);
  bench.write(AT, CONFIG, 1);
  bench.write(AT, SMPLRT_DIV, milliseconds - 1);
  return bench;
}

const motion = (bench: PartBench): number[] => wordsBigEndian(bench.read(AT, ACCEL, 14));
const level = (bench: PartBench): number => wordsBigEndian(bench.read(AT, FIFO_COUNT, 2))[0];

it('sleeps after power-on, and says so', () => {
  const bench = partBench('mpu6050', [AT]);
  bench.milliseconds(100);
  expect([bench.read(AT, PWR_MGMT_1)[0], bench.read(AT, INT_STATUS)[0], ...motion(bench)]).toEqual([0x40, 0, 0, 0, 0, 0, 0, 0, 0]);
});

it.each([
  // AFS_SEL: LSB per g, register 28
  [0, 16384], [1, 8192], [2, 4096], [3, 2048],
])('AFS_SEL %i measures 1 g as %i', (range, digits) => {
  const bench = awake();
  bench.write(AT, ACCEL_CONFIG, range << 3);
  bench.milliseconds(30);
  expect(motion(bench).slice(0, 3)).toEqual([0, 0, digits]);
});

it.each([
  // FS_SEL: LSB per degree/s, register 27
  [0, 131], [1, 65.5], [2, 32.8], [3, 16.4],
])('FS_SEL %i measures 100 degrees/s at %d per degree/s', (range, perDegree) => {
  const bench = awake();
  bench.world.set('rotation.y', -100);
  bench.write(AT, GYRO_CONFIG, range << 3);
  bench.milliseconds(30);
  expect(Math.abs(motion(bench)[5] + Math.round(100 * perDegree))).toBeLessThanOrEqual(5);
});

it('gives the temperature as 340 per degree from 36.53 degrees on', () => {
  const bench = awake();
  bench.world.set('temperature', 46.53);
  bench.milliseconds(30);
  expect(motion(bench)[3]).toBe(3400);
});

it('stops at the end of its scale', () => {
  const bench = awake();
  bench.world.set('acceleration.x', 30);
  bench.world.set('rotation.x', -1000);
  bench.milliseconds(30);
  const values = motion(bench);
  expect([values[0], values[4]]).toEqual([32767, -32768]);
});

describe('the sample clock', () => {
  it.each([
    // DLPF_CFG, SMPLRT_DIV, samples per second: 8 kHz or 1 kHz over 1 + SMPLRT_DIV
    [0, 7, 1000], [0, 79, 100], [1, 0, 1000], [3, 4, 200], [6, 255, 1000 / 256],
  ])('with DLPF_CFG %i and SMPLRT_DIV %i gives %d interrupts per second, right to one over 60 s', (filter, divider, hz) => {
    const bench = partBench('mpu6050', [AT]);
    bench.pin('int');
    bench.write(AT, CONFIG, filter);
    bench.write(AT, SMPLRT_DIV, divider);
    bench.write(AT, INT_ENABLE, 1);
    const edges = countEdges(bench.pin('int'));
    bench.write(AT, PWR_MGMT_1, 0x01);
    bench.milliseconds(60_000);
    expect(Math.abs(edges.rises - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it('keeps an unlatched interrupt for 50 us', () => {
    const bench = awake();
    bench.write(AT, INT_ENABLE, 1);
    const levels: boolean[] = [];
    const ticks: number[] = [];
    bench.pin('int').follow((high, at) => { levels.push(high); ticks.push(at); });
    bench.milliseconds(11);
    expect([levels, (ticks[1] - ticks[0]) / 16]).toEqual([[true, false], 50]);
  });

  it('keeps a latched one until INT_STATUS is read', () => {
    const bench = awake();
    bench.write(AT, INT_PIN_CFG, 0x20);
    bench.write(AT, INT_ENABLE, 1);
    bench.milliseconds(11);
    const before = bench.pin('int').level;
    const flags = bench.read(AT, INT_STATUS)[0];
    expect([before, flags, bench.pin('int').level]).toEqual([true, 1, false]);
  });

  it.each([[0, 1.25], [1, 5], [2, 20], [3, 40]])('LP_WAKE_CTRL %i wakes the accelerometer %d times a second', (choice, hz) => {
    const bench = partBench('mpu6050', [AT]);
    let asked = 0;
    bench.world.set('acceleration.x', () => { asked++; return 0; });
    bench.write(AT, PWR_MGMT_2, (choice << 6) | 7);
    bench.write(AT, PWR_MGMT_1, 0x28);
    bench.milliseconds(60_000);
    bench.read(AT, ACCEL);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });
});

describe('the FIFO', () => {
  const filling = (sources: number, milliseconds = 10): PartBench => {
    const bench = awake(milliseconds);
    bench.write(AT, FIFO_EN, sources);
    bench.write(AT, USER_CTRL, 0x44);
    return bench;
  };

  it.each([['acceleration', 0x08, 6], ['temperature', 0x80, 2], ['gyroscope', 0x70, 6], ['all', 0xf8, 14]])('takes of %s as many bytes as it has', (_, sources, bytes) => {
    const bench = filling(sources);
    bench.milliseconds(35);
    expect(level(bench) % bytes === 0 && level(bench) >= 3 * bytes).toBe(true);
  });

  it('gives the oldest first, high byte first, in the order of the registers', () => {
    const bench = filling(0x88);
    bench.world.set('temperature', 46.53);
    bench.milliseconds(15);
    expect(wordsBigEndian(bench.read(AT, FIFO_R_W, 8))).toEqual([0, 0, 16384, 3400]);
  });

  it('holds 1024 bytes, loses the oldest and says so', () => {
    const bench = filling(0x08, 1);
    let n = 0;
    bench.world.set('acceleration.x', () => (++n * STANDARD_GRAVITY) / 16384);
    bench.write(AT, CONFIG, 0);
    bench.write(AT, SMPLRT_DIV, 7);
    bench.write(AT, USER_CTRL, 0x44);
    const before = n;
    bench.milliseconds(170);
    const early = bench.read(AT, INT_STATUS)[0] & 0x10;
    bench.milliseconds(130);
    const late = bench.read(AT, INT_STATUS)[0] & 0x10;
    // 1024 is no multiple of 6: of the sample half lost its two last words are what comes first.
    const rest = wordsBigEndian(bench.read(AT, FIFO_R_W, 4)).concat(wordsBigEndian(bench.read(AT, FIFO_R_W, 6)));
    const held = 170;
    expect([early, late, rest[0], rest[1], n - rest[2] <= held + 1 && rest[2] > before]).toEqual([0, 0x10, 0, 16384, true]);
  });

  it('is emptied by FIFO_RESET', () => {
    const bench = filling(0x08);
    bench.milliseconds(50);
    bench.write(AT, USER_CTRL, 0x04);
    expect([level(bench), bench.read(AT, USER_CTRL)[0]]).toEqual([0, 0]);
  });
});

describe('the low-pass filter', () => {
  it.each([[2, 94], [3, 44], [5, 10], [6, 5]])('DLPF_CFG %i lets a sine of its cut-off frequency, %i Hz, through at -3 dB', (choice, hz) => {
    const bench = awake(1);
    bench.world.set('acceleration.x', (at) => 0.5 * STANDARD_GRAVITY * Math.sin((2 * Math.PI * hz * at) / 16_000_000));
    bench.write(AT, CONFIG, choice);
    bench.milliseconds(500);
    let most = 0;
    for (let n = 0; n < 400; n++) {
      bench.milliseconds(1);
      most = Math.max(most, motion(bench)[0]);
    }
    expect(Math.abs(20 * Math.log10(most / 8192) + 3)).toBeLessThan(1.6);
  });
});

describe('self-test', () => {
  it('adds the factory trim that registers 13 to 16 code, within 14 %', () => {
    const bench = awake();
    const codes = bench.read(AT, 0x0d, 4);
    bench.write(AT, ACCEL_CONFIG, 2 << 3);
    bench.milliseconds(30);
    const off = motion(bench);
    bench.write(AT, ACCEL_CONFIG, 0xe0 | (2 << 3));
    bench.write(AT, GYRO_CONFIG, 0xe0);
    bench.milliseconds(60);
    const on = motion(bench);
    const accelCode = (axis: number): number => ((codes[axis] >> 5) << 2) | ((codes[3] >> (4 - 2 * axis)) & 3);
    const trims = [0, 1, 2].map((axis) => 4096 * 0.34 * (0.92 / 0.34) ** ((accelCode(axis) - 1) / 30))
      .concat([0, 1, 2].map((axis) => (axis === 1 ? -25 : 25) * 131 * 1.046 ** ((codes[axis] & 31) - 1)));
    const responses = [0, 1, 2, 4, 5, 6].map((n) => on[n] - off[n]);
    expect(responses.map((response, n) => Math.abs(response / trims[n] - 1) < 0.14)).toEqual([true, true, true, true, true, true]);
  });
});

describe('motion detection', () => {
  it('interrupts when an axis has passed 2 mg * MOT_THR for MOT_DUR ms, with its direction', () => {
    const bench = awake(1);
    bench.write(AT, ACCEL_CONFIG, 1);
    bench.write(AT, 0x1f, 50);
    bench.write(AT, 0x20, 5);
    bench.milliseconds(100);
    const before = bench.read(AT, INT_STATUS)[0] & 0x40;
    bench.world.set('acceleration.x', -0.3 * STANDARD_GRAVITY);
    bench.milliseconds(3);
    const early = bench.read(AT, INT_STATUS)[0] & 0x40;
    bench.milliseconds(5);
    expect([before, early, bench.read(AT, INT_STATUS)[0] & 0x40, bench.read(AT, 0x61)[0] & 0xfe]).toEqual([0, 0, 0x40, 0x80]);
  });

  it('interrupts on free fall: all axes below 2 mg * FF_THR for FF_DUR ms', () => {
    const bench = awake(1);
    bench.write(AT, 0x1d, 100);
    bench.write(AT, 0x1e, 20);
    bench.milliseconds(50);
    const before = bench.read(AT, INT_STATUS)[0] & 0x80;
    bench.world.set('acceleration.z', 0);
    bench.milliseconds(30);
    expect([before, bench.read(AT, INT_STATUS)[0] & 0x80]).toEqual([0, 0x80]);
  });

  it('interrupts on becoming still after ZRMOT_DUR * 64 ms and on the end of it', () => {
    const bench = awake(1);
    bench.write(AT, ACCEL_CONFIG, 1);
    bench.write(AT, 0x21, 20);
    bench.write(AT, 0x22, 1);
    bench.milliseconds(60);
    const early = bench.read(AT, INT_STATUS)[0] & 0x20;
    bench.milliseconds(10);
    const [still, bit] = [bench.read(AT, INT_STATUS)[0] & 0x20, bench.read(AT, 0x61)[0] & 1];
    bench.world.set('acceleration.y', STANDARD_GRAVITY);
    bench.milliseconds(5);
    expect([early, still, bit, bench.read(AT, INT_STATUS)[0] & 0x20, bench.read(AT, 0x61)[0] & 1]).toEqual([0, 0x20, 1, 0x20, 0]);
  });
});

describe('the auxiliary bus', () => {
  /** A part of one register, 0x10, at 0x1e. */
  const compass = { written: [] as number[], start: () => true, write(byte: number) { this.written.push(byte); return true; }, read: () => 0x5a, stop: () => undefined };
  const withCompass = (): PartBench => {
    const bench = awake();
    new I2cBus(bench.scheduler, bench.pin('xda'), bench.pin('xcl')).attach(compass, { address: 0x1e });
    compass.written = [];
    return bench;
  };

  it('is open to the host while I2C_BYPASS_EN says so', () => {
    const bench = withCompass();
    const shut = bench.probe(0x1e);
    bench.write(AT, INT_PIN_CFG, 0x02);
    expect([shut, bench.probe(0x1e), [...bench.read(0x1e, 0x10)], bench.probe(0x1d)]).toEqual([false, true, [0x5a], false]);
  });

  it('is read by slave 0 at each sample into EXT_SENS_DATA', () => {
    const bench = withCompass();
    bench.write(AT, 0x25, 0x9e, 0x10, 0x83);
    bench.write(AT, USER_CTRL, 0x20);
    bench.milliseconds(11);
    expect([bench.read(AT, 0x49, 4), compass.written]).toEqual([[0x5a, 0x5a, 0x5a, 0], [0x10]]);
  });

  it('says who did not acknowledge', () => {
    const bench = withCompass();
    bench.write(AT, 0x28, 0x9d, 0x10, 0x81);
    bench.write(AT, USER_CTRL, 0x20);
    bench.milliseconds(11);
    expect(bench.read(AT, 0x36)).toEqual([0x02]);
  });

  it('is written by slave 4 once', () => {
    const bench = withCompass();
    bench.write(AT, 0x31, 0x1e, 0x10, 0x77, 0x80);
    bench.write(AT, USER_CTRL, 0x20);
    bench.milliseconds(50);
    expect([compass.written, bench.read(AT, 0x36)[0], bench.read(AT, 0x34)[0]]).toEqual([[0x10, 0x77], 0x40, 0]);
  });
});

describe('what it draws', () => {
  it('is 5 uA asleep, 3.8 mA awake and 10 uA in cycles at 1.25 Hz', () => {
    const bench = partBench('mpu6050', [AT]);
    bench.milliseconds(100);
    bench.write(AT, PWR_MGMT_1, 0);
    bench.milliseconds(100);
    bench.write(AT, PWR_MGMT_2, 7);
    bench.write(AT, PWR_MGMT_1, 0x20);
    bench.milliseconds(100);
    expect(bench.uses().map(({ state, microamps }) => [state, microamps])).toEqual([['sleep', 5], ['accelerometer and gyroscope', 3800], ['accelerometer', 500], ['accelerometer at 1.25 Hz', 10]]);
  });
});

describe('with imperfections', () => {
  it('has noise of 400 ug/rtHz at 184 Hz and an offset within 50 mg', () => {
    const bench = awake(1, { imperfections: true, seed: 11 });
    const values: number[] = [];
    for (let n = 0; n < 600; n++) {
      bench.milliseconds(1);
      values.push(motion(bench)[0] / 16.384);
    }
    const late = values.slice(50);
    const mean = late.reduce((sum, mg) => sum + mg, 0) / late.length;
    const rms = Math.sqrt(late.reduce((sum, mg) => sum + (mg - mean) ** 2, 0) / late.length);
    // 0.4 mg * sqrt(184 Hz) = 5.4 mg, less what the filter takes.
    expect([rms > 2.5 && rms < 6, Math.abs(mean) < 53, Math.abs(mean) > 0.1]).toEqual([true, true, true]);
  });

  it('measures the same however often it is asked', () => {
    const [often, once] = [awake(1, { imperfections: true }), awake(1, { imperfections: true })];
    for (let n = 0; n < 20; n++) {
      often.milliseconds(1);
      often.read(AT, GYRO);
    }
    const passed = often.now() - once.now();
    once.milliseconds((passed / 16_000_000) * 1000);
    expect(motion(once)).toEqual(motion(often));
  });
});
