/** The LIS2DH12, and the same element in the LSM303AGR, against the LIS2DH12's datasheet (DocID025056 Rev 6). */
import { describe, expect, it } from 'vitest';
import { SpiBus } from '../../emulator/wires/spi-bus.js';
import { Pin } from '../../emulator/wires/net.js';
import { countEdges, partBench, words, type PartBench } from './part-bench.js';

const [CTRL1, CTRL2, CTRL3, CTRL4, CTRL5, CTRL6, REFERENCE, STATUS, OUT, FIFO_CTRL, FIFO_SRC, INT1_CFG, INT1_SRC, INT1_THS, INT1_DUR, CLICK_CFG, CLICK_SRC, CLICK_THS, TIME_LIMIT, TIME_LATENCY, TIME_WINDOW, ACT_THS, ACT_DUR] =
  [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f];
const G = 9.80665;
const HZ_100 = 0x57;
const HIGH_RESOLUTION = 0x08;

const PARTS = [['lis2dh12', [0x18]], ['lsm303agr', [0x19, 0x1e]]] as const;

describe.each(PARTS)('%s', (name, addresses) => {
  const at = addresses[0];
  const on = (...settings: readonly (readonly [number, number])[]): PartBench => {
    const bench = partBench(name, addresses);
    for (const [register, value] of settings) bench.write(at, register, value);
    return bench;
  };
  const out = (bench: PartBench): number[] => words(bench.read(at, OUT | 0x80, 6));

  it.each([
    // ODR, LPen: samples per second, Table 31
    [0x17, 1], [0x27, 10], [0x37, 25], [0x47, 50], [0x57, 100], [0x67, 200], [0x77, 400], [0x97, 1344], [0x8f, 1620], [0x9f, 5376],
  ])('CTRL_REG1 0x%s samples %d times a second, right to one over 60 s', (ctrl1, hz) => {
    const bench = on();
    let asked = 0;
    bench.world.set('acceleration.x', () => { asked++; return 0; });
    bench.write(at, CTRL1, ctrl1);
    bench.milliseconds(60_000);
    bench.read(at, STATUS);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it('tells of data and of an overrun, and forgets both when they are read', () => {
    const bench = on([CTRL1, HZ_100]);
    bench.milliseconds(10.5);
    const first = bench.read(at, STATUS)[0];
    bench.milliseconds(10);
    const second = bench.read(at, STATUS)[0];
    out(bench);
    expect([first, second, bench.read(at, STATUS)[0]]).toEqual([0x0f, 0xff, 0]);
  });

  it('keeps both bytes of a sample together with BDU', () => {
    const bench = on([CTRL4, 0x80 | HIGH_RESOLUTION], [CTRL1, HZ_100]);
    bench.milliseconds(10.5);
    const low = bench.read(at, OUT + 4)[0];
    bench.world.set('acceleration.z', -G);
    bench.milliseconds(20);
    const [high] = bench.read(at, OUT + 5);
    expect(((high << 8) | low) > 0x3e00).toBe(true);
  });

  it('gives self-test 0 and 1 a shift of 17 to 360 digits of 4 mg each way', () => {
    const bench = on([CTRL1, HZ_100]);
    const x = [0, 0x02, 0x04].map((test) => {
      bench.write(at, CTRL4, test);
      bench.milliseconds(20);
      return out(bench)[0] >> 6;
    });
    expect([x[0], x[1] >= 17 && x[1] <= 360, x[2]]).toEqual([0, true, -x[1]]);
  });

  describe('its FIFO', () => {
    const filling = (mode: number, watermark: number): PartBench => on([CTRL5, 0x40], [FIFO_CTRL, (mode << 6) | watermark], [CTRL1, HZ_100]);

    it('in FIFO mode stops at 32 and keeps the oldest', () => {
      const bench = filling(1, 0);
      let n = 0;
      bench.world.set('acceleration.x', () => (++n * 4 * G) / 1000);
      bench.milliseconds(500);
      expect([bench.read(at, FIFO_SRC)[0] & 0x7f, Math.abs((out(bench)[0] >> 6) - 1) <= 1]).toEqual([0x40 | 31, true]);
    });

    it('in stream mode loses the oldest', () => {
      const bench = filling(2, 0);
      let n = 0;
      bench.world.set('acceleration.x', () => { n++; return (n * 4 * G) / 1000; });
      bench.milliseconds(500.5);
      // Of 50 samples the last 32 are left.
      expect([bench.read(at, FIFO_SRC)[0] & 0x40, Math.abs((out(bench)[0] >> 6) - 19) <= 1]).toEqual([0x40, true]);
    });

    it('raises INT1 above its watermark and lowers it below', () => {
      const bench = partBench(name, addresses);
      bench.pin('int1');
      for (const [register, value] of [[CTRL3, 0x04], [CTRL5, 0x40], [FIFO_CTRL, 0x80 | 9], [CTRL1, HZ_100]]) bench.write(at, register, value);
      bench.milliseconds(95);
      const before = bench.pin('int1').level;
      bench.milliseconds(10);
      const after = bench.pin('int1').level;
      bench.read(at, OUT | 0x80, 12);
      expect([before, after, bench.pin('int1').level]).toEqual([false, true, false]);
    });

    it('in stream-to-FIFO mode streams until INT1 and stops after it', () => {
      const bench = on([CTRL5, 0x40], [FIFO_CTRL, 0xc0], [INT1_CFG, 0x02], [INT1_THS, 40], [CTRL1, HZ_100]);
      bench.milliseconds(800);
      bench.world.set('acceleration.x', G);
      bench.milliseconds(600);
      const events = Array.from({ length: 32 }, () => out(bench)[0]);
      // Full before the trigger, it keeps what it had.
      expect(events.filter((x) => x === 0).length).toBeGreaterThanOrEqual(31);
    });
  });

  describe('its interrupt generator', () => {
    it('sees an axis beyond 16 mg a step for longer than its duration', () => {
      const bench = on([INT1_CFG, 0x02], [INT1_THS, 31], [INT1_DUR, 3], [CTRL1, HZ_100]);
      bench.world.set('acceleration.x', 0.52 * G);
      bench.milliseconds(35);
      const early = bench.read(at, INT1_SRC)[0] & 0x40;
      bench.milliseconds(10);
      expect([early, bench.read(at, INT1_SRC)[0]]).toEqual([0, 0x42]);
    });

    it('does not see one just below', () => {
      const bench = on([INT1_CFG, 0x02], [INT1_THS, 31], [CTRL1, HZ_100]);
      bench.world.set('acceleration.x', 0.49 * G);
      bench.milliseconds(50);
      expect(bench.read(at, INT1_SRC)[0] & 0x40).toBe(0);
    });

    it('sees free fall: all axes low', () => {
      const bench = on([INT1_CFG, 0x95], [INT1_THS, 22], [INT1_DUR, 3], [CTRL1, HZ_100]);
      bench.milliseconds(100);
      const before = bench.read(at, INT1_SRC)[0] & 0x40;
      bench.world.set('acceleration.z', 0);
      bench.milliseconds(60);
      expect([before, bench.read(at, INT1_SRC)[0]]).toEqual([0, 0x40 | 0x15]);
    });

    it.each([
      // board upright, on its side, upside down: 6D position
      ['z', 1, 0x20], ['z', -1, 0x10], ['x', 1, 0x02], ['y', -1, 0x04],
    ] as const)('knows the position with %s at %i g', (axis, g, bit) => {
      const bench = on([INT1_CFG, 0xff], [INT1_THS, 40], [CTRL1, HZ_100]);
      bench.world.set('acceleration.z', 0);
      bench.world.set(`acceleration.${axis}`, g * G);
      bench.milliseconds(30);
      expect(bench.read(at, INT1_SRC)).toEqual([0x40 | bit]);
    });

    it('keeps a latched event until its source is read', () => {
      const bench = on([CTRL5, 0x08], [INT1_CFG, 0x02], [INT1_THS, 31], [CTRL1, HZ_100]);
      bench.world.set('acceleration.x', G);
      bench.milliseconds(20);
      bench.world.set('acceleration.x', 0);
      bench.milliseconds(50);
      expect([bench.read(at, INT1_SRC)[0], bench.read(at, INT1_SRC)[0] & 0x40]).toEqual([0x42, 0]);
    });

    it('behind the high-pass filter sees changes, not gravity', () => {
      const bench = on([CTRL2, 0x01], [INT1_CFG, 0x20], [INT1_THS, 20], [CTRL1, HZ_100]);
      bench.milliseconds(100);
      const still = bench.read(at, INT1_SRC)[0] & 0x40;
      bench.world.set('acceleration.z', 1.5 * G);
      bench.milliseconds(10);
      expect([still, bench.read(at, INT1_SRC)[0] & 0x40]).toEqual([0, 0x40]);
    });
  });

  it('gives high-passed data, and zero again when REFERENCE is read', () => {
    const bench = on([CTRL2, 0x08 | 0x30], [CTRL4, HIGH_RESOLUTION], [CTRL1, HZ_100]);
    bench.milliseconds(30);
    bench.world.set('acceleration.x', G);
    bench.milliseconds(20);
    const jumped = out(bench)[0] >> 4;
    bench.read(at, REFERENCE);
    bench.milliseconds(20);
    expect([jumped > 900, out(bench)[0] >> 4]).toEqual([true, 0]);
  });

  describe('clicks', () => {
    /** Peaks of 1.5 g on x, of some milliseconds each, at 400 Hz; limit 20 ms, latency 50 ms, window 200 ms. */
    const tapped = (config: number, peaks: readonly (readonly [number, number])[]): PartBench => {
      const bench = on([CLICK_CFG, config], [CLICK_THS, 0x80 | 64], [TIME_LIMIT, 8], [TIME_LATENCY, 20], [TIME_WINDOW, 80], [CTRL1, 0x77]);
      bench.world.set('acceleration.x', (tick) => (peaks.some(([from, to]) => tick / 16_000 >= from && tick / 16_000 < to) ? -1.5 * G : 0));
      bench.milliseconds(700);
      return bench;
    };

    it.each([
      ['a single click', 0x01, [[100, 110]], 0x40 | 0x10 | 0x08 | 1],
      ['none when it lasts too long', 0x01, [[100, 140]], 0],
      ['a double click', 0x02, [[100, 110], [200, 210]], 0x40 | 0x20 | 0x08 | 1],
      ['none when the second comes too late', 0x02, [[100, 110], [450, 460]], 0],
      ['none on another axis', 0x04, [[100, 110]], 0],
    ] as const)('sees %s', (_, config, peaks, source) => {
      expect(tapped(config, peaks).read(at, CLICK_SRC)).toEqual([source]);
    });
  });

  it('falls to 10 Hz when nothing moves for (8 ACT_DUR + 1) samples, and wakes', () => {
    const bench = on([ACT_THS, 10], [ACT_DUR, 2], [CTRL1, HZ_100]);
    bench.milliseconds(165);
    bench.read(at, STATUS);
    const awake = bench.uses().at(-1)!.state;
    bench.milliseconds(15);
    bench.read(at, STATUS);
    bench.milliseconds(1);
    const asleep = bench.uses().at(-1)!.state;
    expect([awake.includes('normal, 100 Hz'), asleep.includes('low power, 10 Hz')]).toEqual([true, true]);
  });

  it('has a pulse on INT1 for each sample that is read', () => {
    const bench = partBench(name, addresses);
    bench.pin('int1');
    bench.write(at, CTRL3, 0x10);
    bench.write(at, CTRL1, HZ_100);
    const edges = countEdges(bench.pin('int1'));
    for (let n = 0; n < 20; n++) {
      bench.milliseconds(10);
      out(bench);
    }
    expect(edges.rises >= 19 && edges.rises <= 21).toBe(true);
  });
});

describe('lis2dh12', () => {
  it.each([
    // CTRL_REG1, CTRL_REG4, shift; 1 g over the digit of Table 4
    [0x57, 0x08, 4, 1000], [0x57, 0x38, 4, 1000 / 12], [0x57, 0x00, 6, 250], [0x57, 0x20, 6, 1000 / 16], [0x5f, 0x00, 8, 1000 / 16], [0x5f, 0x30, 8, 1000 / 192],
  ])('in mode 0x%s 0x%s gives 1 g shifted up by %i as %i', (ctrl1, ctrl4, shift, digits) => {
    const bench = partBench('lis2dh12', [0x18]);
    bench.write(0x18, CTRL4, ctrl4);
    bench.write(0x18, CTRL1, ctrl1);
    bench.milliseconds(25);
    expect(Math.abs(words(bench.read(0x18, OUT | 0x80, 6))[2] / 2 ** shift - digits)).toBeLessThanOrEqual(0.51);
  });

  it('sends INT1\'s generator to its pin INT2 with its polarity', () => {
    const bench = partBench('lis2dh12', [0x18]);
    bench.pin('int2');
    for (const [register, value] of [[CTRL6, 0x42], [INT1_CFG, 0x20], [INT1_THS, 40]]) bench.write(0x18, register, value);
    const before = bench.pin('int2').level;
    bench.write(0x18, CTRL1, HZ_100);
    bench.milliseconds(15);
    expect([before, bench.pin('int2').level]).toEqual([true, false]);
  });

  it('draws what Table 12 says', () => {
    const bench = partBench('lis2dh12', [0x18]);
    const modes = [[CTRL1, 0x2f], [CTRL1, 0x57], [CTRL4, 0x08], [CTRL1, 0x00]] as const;
    bench.milliseconds(1);
    for (const [register, value] of modes) {
      bench.write(0x18, register, value);
      bench.milliseconds(10);
    }
    expect(bench.uses().map(({ state, microamps }) => [state, microamps])).toEqual([['power-down', 0.5], ['low power, 10 Hz', 3], ['normal, 100 Hz', 20], ['high resolution, 100 Hz', 20]]);
  });

  it('answers on SPI: bit 7 reads, bit 6 goes on', () => {
    const bench = partBench('lis2dh12', [0x18]);
    const nets = { sck: bench.pin('sck'), mosi: bench.pin('mosi'), miso: bench.pin('miso') };
    const [cs, sck, mosi] = ['cs', 'sck', 'mosi'].map((name) => new Pin(`controller ${name}`, bench.pin(name)));
    cs.drive(true);
    sck.drive(true);
    new SpiBus(nets).attach(bench.part.spi!.device, { cs: bench.pin('cs') });
    const transfer = (...bytes: number[]): number[] => {
      cs.drive(false);
      const read = bytes.map((byte) => {
        let value = 0;
        for (let bit = 7; bit >= 0; bit--) {
          sck.drive(false);
          mosi.drive(((byte >> bit) & 1) === 1);
          sck.drive(true);
          value = (value << 1) | (nets.miso.level ? 1 : 0);
        }
        return value;
      });
      cs.drive(true);
      return read.slice(1);
    };
    transfer(CTRL4, HIGH_RESOLUTION);
    transfer(CTRL1, HZ_100);
    bench.milliseconds(15);
    expect([transfer(0x8f, 0), transfer(0x80 | CTRL1, 0), words(transfer(0xc0 | OUT, 0, 0, 0, 0, 0, 0))]).toEqual([[0x33], [HZ_100], [0, 0, 1000 << 4]]);
  });
});

describe('lsm303agr\'s magnetometer', () => {
  const AT = 0x1e;
  const on = (): PartBench => {
    const bench = partBench('lsm303agr', [0x19, 0x1e]);
    bench.write(AT, 0x60, 0x0c);
    return bench;
  };
  const field = (bench: PartBench): number[] => words(bench.read(AT, 0x68 | 0x80, 6));

  it.each([[0x00, 10], [0x04, 20], [0x08, 50], [0x0c, 100]])('CFG_REG_A 0x%s samples %i times a second, right to one over 60 s', (config, hz) => {
    const bench = partBench('lsm303agr', [0x19, 0x1e]);
    let asked = 0;
    bench.world.set('magneticField.x', () => { asked++; return 0; });
    bench.write(AT, 0x60, config);
    bench.milliseconds(60_000);
    bench.read(AT, 0x67);
    expect(Math.abs(asked - 60 * hz)).toBeLessThanOrEqual(1);
  });

  it('takes its offset registers away, 1.5 mgauss a step', () => {
    const bench = on();
    bench.write(AT, 0x47 | 0x80, 33, 0);
    bench.milliseconds(15);
    expect(field(bench)).toEqual([0, 133 - 33, -293]);
  });

  it('shifts by 15 to 500 mgauss in self-test', () => {
    const bench = on();
    bench.write(AT, 0x62, 0x02);
    bench.milliseconds(15);
    const [x] = field(bench);
    expect(x * 1.5 >= 15 && x * 1.5 <= 500).toBe(true);
  });

  it('interrupts beyond its threshold, with axis and sign', () => {
    const bench = on();
    bench.write(AT, 0x65 | 0x80, 200, 0);
    bench.write(AT, 0x63, 0xe1);
    bench.milliseconds(15);
    expect(bench.read(AT, 0x64)).toEqual([0x04 | 0x01]);
  });
});
