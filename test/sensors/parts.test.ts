/** What every part has to do: identify itself, stand still without power, and go on from a snapshot. Figures: the datasheets. */
import { describe, expect, it } from 'vitest';
import { QUANTITIES, PARTS } from '../../emulator/sensors/index.js';
import { partBench, words } from './part-bench.js';

const ADDRESSES: Readonly<Record<string, readonly number[]>> = {
  hm01b0: [0x24],
  adxl345: [0x53], apds9960: [0x39], bme280: [0x76], hts221: [0x5f], icm20948: [0x69], lis2dh12: [0x18], lps22hb: [0x5c], lsm303agr: [0x19, 0x1e], lsm9ds1: [0x6b, 0x1e], mag3110: [0x0e], mma8653: [0x1d], mpu6050: [0x68], ov7670: [0x21], ov7675: [0x21],
};

it.each([
  // part, address, register, identity
  ['lsm9ds1', 0x6b, 0x0f, 0x68], ['lsm9ds1', 0x1e, 0x0f, 0x3d], ['apds9960', 0x39, 0x92, 0xab], ['hts221', 0x5f, 0x0f, 0xbc],
  ['lis2dh12', 0x18, 0x0f, 0x33], ['bme280', 0x76, 0xd0, 0x60], ['adxl345', 0x53, 0x00, 0xe5], ['icm20948', 0x69, 0x00, 0xea], ['lps22hb', 0x5c, 0x0f, 0xb1], ['lsm303agr', 0x19, 0x0f, 0x33], ['lsm303agr', 0x1e, 0x4f, 0x40], ['mma8653', 0x1d, 0x0d, 0x5a],
  ['mag3110', 0x0e, 0x07, 0xc4], ['mpu6050', 0x68, 0x75, 0x68], ['ov7670', 0x21, 0x0a, 0x76], ['ov7675', 0x21, 0x0b, 0x73],
])('%s at 0x%s identifies itself', (name, address, register, identity) => {
  expect(partBench(name, ADDRESSES[name]).read(address, register)).toEqual([identity]);
});

it.each(Object.keys(ADDRESSES))('%s says nothing against a bus scanner', (name) => {
  const { probe, warnings } = partBench(name, ADDRESSES[name]);
  expect([ADDRESSES[name].map(probe), warnings]).toEqual([ADDRESSES[name].map(() => true), []]);
});

it.each(Object.keys(ADDRESSES))('%s goes on from a snapshot', (name) => {
  const [first, second] = [partBench(name, ADDRESSES[name]), partBench(name, ADDRESSES[name])];
  first.write(ADDRESSES[name][0], 0x20, 0x47);
  first.milliseconds(300);
  second.restore(first.snapshot());
  first.milliseconds(50);
  second.milliseconds(50);
  expect(second.snapshot()).toEqual(first.snapshot());
});

it('every part names quantities that exist', () => {
  expect(Object.values(PARTS).flatMap(({ inputs }) => inputs).filter((quantity) => !(quantity in QUANTITIES))).toEqual([]);
});

describe('lsm9ds1', () => {
  const CTRL_REG1_G = 0x10, CTRL_REG6_XL = 0x20, STATUS = 0x17, OUT_X_G = 0x18, OUT_X_XL = 0x28, ODR_119 = 0b011 << 5;
  const on = () => partBench('lsm9ds1', ADDRESSES['lsm9ds1']);

  it('measures gravity on z: 1 g / 0.061 mg', () => {
    const { write, read, milliseconds } = on();
    write(0x6b, CTRL_REG6_XL, ODR_119);
    milliseconds(9);
    expect(words(read(0x6b, OUT_X_XL, 6))).toEqual([0, 0, 16393]);
  });

  it('has no sample before 1 / 119 s and one after', () => {
    const { write, read, milliseconds } = on();
    write(0x6b, CTRL_REG6_XL, ODR_119);
    milliseconds(8);
    const before = read(0x6b, STATUS)[0] & 1;
    milliseconds(0.4);
    expect([before, read(0x6b, STATUS)[0] & 1]).toEqual([0, 1]);
  });

  it('yields nothing in power-down', () => {
    const { read, milliseconds } = on();
    milliseconds(1000);
    expect([...read(0x6b, STATUS), ...read(0x6b, OUT_X_XL, 6)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('scales the rotation by its range: 100 degrees/s at 70 mdps', () => {
    const { world, write, read, milliseconds } = on();
    world.set('rotation.y', 100);
    write(0x6b, CTRL_REG1_G, ODR_119 | (3 << 3));
    milliseconds(9);
    expect(words(read(0x6b, OUT_X_G, 6))).toEqual([0, 1429, 0]);
  });

  it('clears its data-ready bit when the last byte is read', () => {
    const { write, read, milliseconds } = on();
    write(0x6b, CTRL_REG6_XL, ODR_119);
    milliseconds(9);
    read(0x6b, OUT_X_XL, 6);
    expect(read(0x6b, STATUS)[0] & 1).toBe(0);
  });

  it('keeps 32 samples in continuous mode and gives the oldest first', () => {
    const { world, write, read, milliseconds } = on();
    let sample = 0;
    world.set('acceleration.x', () => (++sample * 9.80665 * 61) / 1_000_000);
    write(0x6b, 0x23, 0x02);
    write(0x6b, 0x2e, 0b110 << 5);
    write(0x6b, CTRL_REG6_XL, ODR_119);
    milliseconds((40 / 119) * 1000 + 1);
    const level = read(0x6b, 0x2f)[0] & 0x3f;
    const [first] = words(read(0x6b, OUT_X_XL, 6));
    expect([level, first, words(read(0x6b, OUT_X_XL, 6))[0]]).toEqual([32, 9, 10]);
  });

  it('raises INT1 at a sample and lowers it when that is read', () => {
    const { write, read, milliseconds, pin } = on();
    write(0x6b, 0x0c, 1);
    write(0x6b, CTRL_REG6_XL, ODR_119);
    milliseconds(8.41);
    const raised = pin('int1').level;
    read(0x6b, OUT_X_XL, 6);
    expect([raised, pin('int1').level]).toEqual([true, false]);
  });

  it('measures the field: 20 uT / 0.014 uT, with the increment asked for by bit 7', () => {
    const { write, read, milliseconds } = on();
    write(0x1e, 0x22, 0);
    milliseconds(101);
    expect(words(read(0x1e, 0x28 | 0x80, 6))).toEqual([0, 1429, -3143]);
  });

  it('reads the same register again without bit 7', () => {
    expect(on().read(0x1e, 0x0f, 3)).toEqual([0x3d, 0x3d, 0x3d]);
  });
});

describe('hts221', () => {
  /** As a driver computes it: a line through the calibration's two points. */
  const value = (bench: ReturnType<typeof partBench>): { humidity: number; celsius: number } => {
    const c = bench.read(0x5f, 0x30 | 0x80, 16);
    const int = (at: number): number => words(c.slice(at, at + 2))[0];
    const [h, t] = words(bench.read(0x5f, 0x28 | 0x80, 4));
    const [t0, t1] = [(c[2] | ((c[5] & 3) << 8)) / 8, (c[3] | ((c[5] & 0xc) << 6)) / 8];
    return {
      humidity: c[0] / 2 + ((h - int(6)) * (c[1] / 2 - c[0] / 2)) / (int(10) - int(6)),
      celsius: t0 + ((t - int(12)) * (t1 - t0)) / (int(14) - int(12)),
    };
  };

  it('gives humidity and temperature through its calibration table', () => {
    const bench = partBench('hts221', [0x5f]);
    bench.world.set('humidity', 61.5);
    bench.world.set('temperature', 31.2);
    bench.write(0x5f, 0x20, 0x81);
    bench.milliseconds(1001);
    const { humidity, celsius } = value(bench);
    expect([humidity.toFixed(1), celsius.toFixed(1)]).toEqual(['61.5', '31.2']);
  });

  it('draws 0.5 uA in power-down, 2 uA at 1 Hz and 33 mA more with its heater', () => {
    const bench = partBench('hts221', [0x5f]);
    bench.milliseconds(1);
    bench.write(0x5f, 0x20, 0x81);
    bench.milliseconds(1);
    bench.write(0x5f, 0x21, 0x02);
    bench.milliseconds(1);
    expect(bench.uses().map(({ microamps }) => microamps)).toEqual([0.5, 2, 33_002]);
  });

  it('converts once when asked, and says when it is done', () => {
    const bench = partBench('hts221', [0x5f]);
    bench.write(0x5f, 0x20, 0x80);
    bench.write(0x5f, 0x21, 0x01);
    const before = bench.read(0x5f, 0x27)[0];
    bench.milliseconds(6);
    expect([before, bench.read(0x5f, 0x27)[0], bench.read(0x5f, 0x21)[0]]).toEqual([0, 3, 0]);
  });
});

describe('lps22hb', () => {
  it('gives 1013.25 hPa as 4096 per hPa, and 25 degrees as 2500', () => {
    const { write, read, milliseconds } = partBench('lps22hb', [0x5c]);
    write(0x5c, 0x10, 0b101 << 4);
    milliseconds(14);
    const [xl, l, h, tl, th] = read(0x5c, 0x28, 5);
    expect([xl | (l << 8) | (h << 16), tl | (th << 8)]).toEqual([1013.25 * 4096, 2500]);
  });

  it('clears P_DA with the high byte and tells of an overrun', () => {
    const { write, read, milliseconds } = partBench('lps22hb', [0x5c]);
    write(0x5c, 0x10, 0b101 << 4);
    milliseconds(30);
    const status = read(0x5c, 0x27)[0];
    read(0x5c, 0x28, 3);
    expect([status, read(0x5c, 0x27)[0] & 0x11]).toEqual([0x33, 0]);
  });

  it('fills its FIFO and stops there in FIFO mode', () => {
    const { write, read, milliseconds } = partBench('lps22hb', [0x5c]);
    write(0x5c, 0x14, 0b001 << 5);
    write(0x5c, 0x11, 0x50);
    write(0x5c, 0x10, 0b101 << 4);
    milliseconds(1000);
    expect(read(0x5c, 0x26)[0]).toBe(0xc0 | 32);
  });

  it('goes back to its defaults on SWRESET', () => {
    const { write, read } = partBench('lps22hb', [0x5c]);
    write(0x5c, 0x10, 0x50);
    write(0x5c, 0x11, 0x04);
    expect([...read(0x5c, 0x10), ...read(0x5c, 0x11)]).toEqual([0, 0x10]);
  });
});

describe('lsm303agr', () => {
  it('gives 1 g at 0.98 mg in twelve bits at the top of the word', () => {
    const { write, read, milliseconds } = partBench('lsm303agr', [0x19, 0x1e]);
    write(0x19, 0x23, 0x08);
    write(0x19, 0x20, 0x57);
    milliseconds(11);
    expect(words(read(0x19, 0x28 | 0x80, 6))).toEqual([0, 0, 1020 << 4]);
  });

  it('gives the field at 0.15 uT', () => {
    const { write, read, milliseconds } = partBench('lsm303agr', [0x19, 0x1e]);
    write(0x1e, 0x60, 0x00);
    milliseconds(101);
    expect(words(read(0x1e, 0x68 | 0x80, 6))).toEqual([0, 133, -293]);
  });

  it('pulls a shared line low for each sample through a transistor', () => {
    const { write, read, milliseconds, pin } = partBench('lsm303agr', [0x19, 0x1e], { outputs: 'transistor' });
    write(0x19, 0x22, 0x10);
    write(0x19, 0x20, 0x57);
    milliseconds(10.1);
    const low = pin('int1').state;
    read(0x19, 0x28 | 0x80, 6);
    expect([low, pin('int1').state]).toEqual(['0', 'z']);
  });

  it('pulls it low for the magnetometer until the last axis is read', () => {
    const { write, read, milliseconds, pin } = partBench('lsm303agr', [0x19, 0x1e], { outputs: 'transistor' });
    write(0x1e, 0x60, 0x00);
    write(0x1e, 0x62, 0x01);
    milliseconds(101);
    const low = pin('intMag').state;
    read(0x1e, 0x68 | 0x80, 6);
    expect([low, pin('intMag').state]).toEqual(['0', 'z']);
  });
});

describe('mma8653', () => {
  it('gives 1 g as 256 in ten bits', () => {
    const { write, read, milliseconds } = partBench('mma8653', [0x1d]);
    write(0x1d, 0x2a, (0b100 << 3) | 1);
    milliseconds(21);
    expect(read(0x1d, 0x01, 6)).toEqual([0, 0, 0, 0, 64, 0]);
  });

  it('adds its offset registers, 1.96 mg a step, and self-test to its outputs', () => {
    const { write, read, milliseconds } = partBench('mma8653', [0x1d]);
    write(0x1d, 0x2f, 20);
    write(0x1d, 0x2b, 0x80);
    write(0x1d, 0x2a, (0b100 << 3) | 1);
    milliseconds(21);
    // 39.2 mg and 23 / 128 g, 256 counts per g: 56.
    expect(read(0x1d, 0x01, 2)).toEqual([56 >> 2, 0]);
  });

  it('comes round to STATUS after the last output', () => {
    expect(partBench('mma8653', [0x1d]).read(0x1d, 0x06, 2)).toEqual([0, 0]);
  });

  it('leaves out low bytes in fast-read mode', () => {
    const { write, read, milliseconds } = partBench('mma8653', [0x1d]);
    write(0x1d, 0x2a, 0x03 | (0b100 << 3));
    milliseconds(21);
    expect(read(0x1d, 0x01, 3)).toEqual([0, 0, 64]);
  });

  it('pulls INT1 low while a sample waits', () => {
    const { write, read, milliseconds, pin } = partBench('mma8653', [0x1d]);
    write(0x1d, 0x2d, 1);
    write(0x1d, 0x2e, 1);
    write(0x1d, 0x2a, (0b100 << 3) | 1);
    const before = pin('int1').level;
    milliseconds(20.1);
    const waiting = pin('int1').level;
    read(0x1d, 0x01, 6);
    expect([before, waiting, pin('int1').level]).toEqual([true, false, true]);
  });
});

describe('mag3110', () => {
  it('gives 0.1 uT per digit, high byte first, less the offset', () => {
    const { write, read, milliseconds } = partBench('mag3110', [0x0e]);
    write(0x0e, 0x0b, 0, 10 << 1);
    write(0x0e, 0x10, 0x01);
    milliseconds(13);
    const bytes = read(0x0e, 0x01, 6);
    expect([(bytes[2] << 8) | bytes[3], ((bytes[4] << 24) | (bytes[5] << 16)) >> 16]).toEqual([190, -440]);
  });

  it('measures once on TM and goes back to standby', () => {
    const { write, read, milliseconds } = partBench('mag3110', [0x0e]);
    write(0x0e, 0x10, 0x02);
    milliseconds(13);
    expect([...read(0x0e, 0x00), ...read(0x0e, 0x08), ...read(0x0e, 0x10)]).toEqual([0x0f, 0, 0]);
  });
});

describe('apds9960', () => {
  it('counts light by integration time and gain', () => {
    const { world, write, read, milliseconds } = partBench('apds9960', [0x39]);
    world.set('illuminance', 1000);
    write(0x39, 0x81, 256 - 10);
    write(0x39, 0x8f, 1);
    write(0x39, 0x80, 0x03);
    milliseconds(28);
    const [l, h] = read(0x39, 0x94, 2);
    // 1000 lux * 0.0076 / (lux ms) * 27.8 ms * 4
    expect(l | (h << 8)).toBe(845);
  });

  it('says AVALID until the colours are read', () => {
    const { write, read, milliseconds } = partBench('apds9960', [0x39]);
    write(0x39, 0x80, 0x03);
    milliseconds(4);
    const valid = read(0x39, 0x93)[0] & 1;
    read(0x39, 0x94, 8);
    expect([valid, read(0x39, 0x93)[0] & 1]).toEqual([1, 0]);
  });

  it.each([
    // 1400 us; 16 pulses of 53.1 us after 53 us, instead of one of 36.73 us after 44.9 us, twice.
    ['one pulse of 8 us', 0x40, 1400],
    ['sixteen pulses of 16 us', 0x8f, 1400 + 2 * (53 + 16 * 53.1 - 44.9 - 36.73)],
  ])('takes a gesture dataset as often as %s let it', (_, pulses, us) => {
    const { write, read, milliseconds } = partBench('apds9960', [0x39]);
    write(0x39, 0xa6, pulses);
    write(0x39, 0xab, 1);
    write(0x39, 0x80, 0x41);
    milliseconds(20);
    expect(read(0x39, 0xae)).toEqual([Math.floor(20_000 / us)]);
  });

  it('takes proximity as often as its pulses let it', () => {
    const { write, read, milliseconds } = partBench('apds9960', [0x39]);
    write(0x39, 0x8e, 0xff);
    write(0x39, 0x80, 0x05);
    // 69.4 us, 64 pulses of 85.7 us and 796.6 us: 6350.8 us
    milliseconds(6);
    const early = read(0x39, 0x93)[0] & 2;
    milliseconds(0.4);
    expect([early, read(0x39, 0x93)[0] & 2]).toEqual([0, 2]);
  });

  it('pulls INT low for light outside the thresholds, until cleared', () => {
    const { write, milliseconds, pin } = partBench('apds9960', [0x39]);
    write(0x39, 0x8c, 1);
    write(0x39, 0x80, 0x13);
    milliseconds(4);
    const low = pin('int').state;
    write(0x39, 0x80, 0x10);
    write(0x39, 0xe7, 0);
    expect([low, pin('int').state]).toEqual(['0', 'z']);
  });
});

describe('apds9960, addressed without data', () => {
  // "Address accessing" in its table of registers; Adafruit's and SparkFun's drivers send no data either.
  it.each([['PICLEAR', 0xe5, 0x10], ['CICLEAR', 0xe6, 0x20], ['AICLEAR', 0xe7, 0]])('%s clears its interrupts', (_, register, left) => {
    const { write, read } = partBench('apds9960', [0x39]);
    write(0x39, 0xe4);
    write(0x39, register);
    expect(read(0x39, 0x93)[0] & 0x30).toBe(left);
  });
});

describe('ov7670', () => {
  it('keeps one register address for all that follows', () => {
    expect(partBench('ov7670', [0x21]).read(0x21, 0x1c, 2)).toEqual([0x7f, 0x7f]);
  });

  it('goes back to its defaults on COM7 bit 7', () => {
    const { write, read } = partBench('ov7670', [0x21]);
    write(0x21, 0x11, 0x01);
    write(0x21, 0x12, 0x80);
    expect([...read(0x21, 0x11), ...read(0x21, 0x12)]).toEqual([0x80, 0x00]);
  });
});
