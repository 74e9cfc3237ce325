/**
 * NXP MMA8653FC: 10-bit accelerometer.
 * Source: MMA8653FC data sheet Rev 2.2, chapters 5 (I2C) and 6 (registers). Identity and rates are
 * confirmed by CODAL's driver; resets of registers without a function here are not. Offsets are 1.96 mg a step
 * (OFF_X); self-test (Table 2), currents (Table 3: 184 uA at 800 Hz to 6.5 uA at 1.56 Hz, 1.4 uA in standby), noise and zero-g levels are
 * from memory. Not modelled: orientation, freefall and motion detection, automatic sleep.
 */
import { z } from 'zod';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status, without } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { clamped, MILLI_G, VectorSensor } from './vector-sensor.js';

export const MMA8653 = registerMap({
  STATUS:       status(0x00, { fields: { ZYXOW: bit(7), ZOW: bit(6), YOW: bit(5), XOW: bit(4), ZYXDR: bit(3), ZDR: bit(2), YDR: bit(1), XDR: bit(0) } }),
  OUT_X_MSB:    status(0x01),
  OUT_X_LSB:    status(0x02),
  OUT_Y_MSB:    status(0x03),
  OUT_Y_LSB:    status(0x04),
  OUT_Z_MSB:    status(0x05),
  OUT_Z_LSB:    status(0x06),
  SYSMOD:       status(0x0b, { fields: { SYSMOD: bits(0, 1) } }),
  INT_SOURCE:   status(0x0c, { fields: { SRC_ASLP: bit(7), SRC_LNDPRT: bit(4), SRC_FF_MT: bit(2), SRC_DRDY: bit(0) } }),
  WHO_AM_I:     status(0x0d, { reset: 0x5a }),
  XYZ_DATA_CFG: byte(0x0e, { fields: { FS: bits(0, 1) } }),
  PL_STATUS:    status(0x10),
  PL_CFG:       without(0x11, 0x80),
  PL_COUNT:     without(0x12),
  PL_BF_ZCOMP:  status(0x13, { reset: 0x44 }),
  PL_THS_REG:   status(0x14, { reset: 0x84 }),
  FF_MT_CFG:    without(0x15),
  FF_MT_SRC:    status(0x16),
  FF_MT_THS:    without(0x17),
  FF_MT_COUNT:  without(0x18),
  ASLP_COUNT:   without(0x29),
  CTRL_REG1:    byte(0x2a, { fields: { ASLP_RATE: bits(6, 7), DR: bits(3, 5), F_READ: bit(1), ACTIVE: bit(0) } }),
  CTRL_REG2:    byte(0x2b, { fields: { ST: bit(7), RST: bit(6), SMODS: bits(3, 4), SLPE: bit(2, { unmodelled: true }), MODS: bits(0, 1) } }),
  CTRL_REG3:    byte(0x2c, { fields: { WAKE_LNDPRT: bit(5), WAKE_FF_MT: bit(3), IPOL: bit(1), PP_OD: bit(0) } }),
  CTRL_REG4:    byte(0x2d, { fields: { INT_EN_ASLP: bit(7, { unmodelled: true }), INT_EN_LNDPRT: bit(4, { unmodelled: true }), INT_EN_FF_MT: bit(2, { unmodelled: true }), INT_EN_DRDY: bit(0) } }),
  CTRL_REG5:    byte(0x2e, { fields: { INT_CFG_ASLP: bit(7), INT_CFG_LNDPRT: bit(4), INT_CFG_FF_MT: bit(2), INT_CFG_DRDY: bit(0) } }),
  OFF_X:        byte(0x2f),
  OFF_Y:        byte(0x30),
  OFF_Z:        byte(0x31),
});

/** By CTRL_REG1.DR, active mode: periods of 1.25 to 640 ms. */
const HZ = [800, 400, 200, 100, 50, 12.5, 6.25, 1.5625] as const;
/** Counts per g by XYZ_DATA_CFG.FS; 3 is reserved. */
const COUNTS = [256, 128, 64, 64] as const;
const AXES = [['OUT_X_MSB', 'OUT_X_LSB', 'OFF_X'], ['OUT_Y_MSB', 'OUT_Y_LSB', 'OFF_Y'], ['OUT_Z_MSB', 'OUT_Z_LSB', 'OFF_Z']] as const;
const OFFSET_MG = 1.96;
/** Counts at 4 g, in mg. */
const SELF_TEST_MG = [23, 25, 138].map((counts) => (counts * 1000) / 128);
/** By DR in normal mode. */
const MICROAMPS = [184, 184, 102, 60, 24, 12, 9, 6.5] as const;
const STANDBY_MICROAMPS = 1.4;
const ERRORS = { noiseDensity: 0.216, offset: 30, offsetPerDegree: 0.27, sensitivity: 0.025 };
const CLOCK_TOLERANCE = 0.05;

function create(context: PartContext): Part {
  const pins = [new InterruptPin(`${context.name} int1`, context.pin('int1')), new InterruptPin(`${context.name} int2`, context.pin('int2'))];
  const sampler = new Sampler(context.scheduler, (at) => sample(at), clockPpm(context, CLOCK_TOLERANCE));
  const element = new VectorSensor(context, 'acceleration', MILLI_G, ERRORS);
  const felt = new Float64Array(3);
  const file = new RegisterFile(MMA8653, {
    instance: context.name, warnings: context.warnings,
    // Table 13: the outputs come round to STATUS; fast reads leave out the low bytes.
    next: (offset): number => {
      if (registers.field('CTRL_REG1', 'F_READ') !== 0 && offset <= 5) return offset === 5 ? 0 : offset === 0 ? 1 : offset + 2;
      return offset === 6 ? 0 : offset + 1;
    },
    onStart: () => sampler.catchUp(),
    onRead: { INT_SOURCE: () => (isReady() ? 1 : 0), SYSMOD: (): number => registers.field('CTRL_REG1', 'ACTIVE') },
    onByteRead: (offset) => {
      if (offset < 1 || offset > 6) return;
      registers.set('STATUS', registers.get('STATUS') & 0x77 & ~(0x11 << ((offset - 1) >> 1)));
      updatePins();
    },
    onWrite: { CTRL_REG1: () => configure(), CTRL_REG2: (value) => resetWhenAsked(value), CTRL_REG3: () => configure(), CTRL_REG4: () => configure(), CTRL_REG5: () => configure() },
  });
  const { registers } = file;
  const isReady = (): boolean => (registers.get('STATUS') & 0x0f) !== 0;

  function configure(): void {
    sampler.run(registers.field('CTRL_REG1', 'ACTIVE') === 0 ? undefined : rate(HZ[registers.field('CTRL_REG1', 'DR')]));
    sampler.watch(pins.some((pin) => pin.isConnected) && registers.field('CTRL_REG4', 'INT_EN_DRDY') !== 0);
    if (sampler.isRunning) context.draws(`active, ${HZ[registers.field('CTRL_REG1', 'DR')]} Hz`, MICROAMPS[registers.field('CTRL_REG1', 'DR')]);
    else context.draws('standby', STANDBY_MICROAMPS);
    updatePins();
  }

  function resetWhenAsked(value: number): void {
    if ((value & 0x40) === 0) return;
    registers.reset();
    configure();
  }

  function sample(at: RootTicks): void {
    const counts = COUNTS[registers.field('XYZ_DATA_CFG', 'FS')];
    element.measure(at, HZ[registers.field('CTRL_REG1', 'DR')] / 2, felt);
    const isTesting = registers.field('CTRL_REG2', 'ST') !== 0;
    for (const [axis, [msb, lsb, offset]] of AXES.entries()) {
      const mg = felt[axis] + ((registers.get(offset) << 24) >> 24) * OFFSET_MG + (isTesting ? SELF_TEST_MG[axis] : 0);
      const value = clamped((mg * counts) / 1000, 10);
      registers.set(msb, value >> 2);
      registers.set(lsb, (value & 3) << 6);
    }
    registers.set('STATUS', isReady() ? 0xff : 0x0f);
    updatePins();
  }

  function updatePins(): void {
    const isActive = isReady() && registers.field('CTRL_REG4', 'INT_EN_DRDY') !== 0;
    const chosen = registers.field('CTRL_REG5', 'INT_CFG_DRDY') === 1 ? 0 : 1;
    const output = { activeHigh: registers.field('CTRL_REG3', 'IPOL') !== 0, openDrain: registers.field('CTRL_REG3', 'PP_OD') !== 0 };
    pins.forEach((pin, index) => pin.set(isActive && index === chosen, output));
  }

  return { targets: [file], ...together({ file, sampler }, () => configure()) };
}

export const MMA8653_PART = definePart({
  bus: 'i2c', addresses: [[0x1d]], pins: ['int1', 'int2'], inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z'], options: z.strictObject({}), create,
});
