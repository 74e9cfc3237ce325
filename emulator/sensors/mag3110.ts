/**
 * NXP MAG3110: magnetometer, 0.1 uT per digit.
 * Source: MAG3110 data sheet Rev 9.2, chapters 4 (I2C) and 5 (registers). Identity, registers and the
 * eleven rates are confirmed by CODAL's driver. Not modelled: what magnetic reset heals, a magnetised sensor; Mag_RST reads 0 when it is done, AUTO_MRST_EN reads back.
 * From memory: currents by rate and noise by oversampling (table of CTRL_REG1's DR and OS, "over-sampling ratio and data rate"; 2 uA in standby), offsets.
 */
import { z } from 'zod';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, int16, RegisterFile, status } from './register-file.js';
import { Sampler, type Rate } from './sampler.js';
import { MILLI_GAUSS, VectorSensor } from './vector-sensor.js';

export const MAG3110 = registerMap({
  DR_STATUS: status(0x00, { fields: { ZYXOW: bit(7), ZOW: bit(6), YOW: bit(5), XOW: bit(4), ZYXDR: bit(3), ZDR: bit(2), YDR: bit(1), XDR: bit(0) } }),
  OUT_X_MSB: status(0x01),
  OUT_X_LSB: status(0x02),
  OUT_Y_MSB: status(0x03),
  OUT_Y_LSB: status(0x04),
  OUT_Z_MSB: status(0x05),
  OUT_Z_LSB: status(0x06),
  WHO_AM_I:  status(0x07, { reset: 0xc4 }),
  SYSMOD:    status(0x08, { fields: { SYSMOD: bits(0, 1) } }),
  // Offsets are 15 bits, from bit 1 of the pair.
  OFF_X_MSB: byte(0x09),
  OFF_X_LSB: byte(0x0a, { fields: { XD: bits(1, 7) } }),
  OFF_Y_MSB: byte(0x0b),
  OFF_Y_LSB: byte(0x0c, { fields: { YD: bits(1, 7) } }),
  OFF_Z_MSB: byte(0x0d),
  OFF_Z_LSB: byte(0x0e, { fields: { ZD: bits(1, 7) } }),
  DIE_TEMP:  status(0x0f),
  CTRL_REG1: byte(0x10, { fields: { DR: bits(5, 7), OS: bits(3, 4), FR: bit(2), TM: bit(1), AC: bit(0) } }),
  CTRL_REG2: byte(0x11, { fields: { AUTO_MRST_EN: bit(7), RAW: bit(5), Mag_RST: bit(4) } }),
});

/** 80 Hz without oversampling; each step of DR and of OS halves it. */
const HIGHEST_HZ = 80;
const DIGITS_PER_UT = 10;
/** By DR: oversampling measures as often and gives less. */
const MICROAMPS = { standby: 2, byRate: [900, 550, 275, 137.5, 68.8, 34.4, 17.2, 8.6] } as const;
/** By OS, microtesla rms. */
const NOISE_UT = [0.4, 0.35, 0.3, 0.25] as const;
/** In mgauss; noise as of one hertz, so that a bandwidth is the square of what it comes to. Zero-flux offset is that before the factory's trim of 1 mT. */
const ERRORS = { noiseDensity: 1, offset: 10, offsetPerDegree: 1, sensitivity: 0.02 };
const CLOCK_TOLERANCE = 0.05;
const AXES = [
  ['OUT_X_MSB', 'OUT_X_LSB', 'OFF_X_MSB', 'OFF_X_LSB'],
  ['OUT_Y_MSB', 'OUT_Y_LSB', 'OFF_Y_MSB', 'OFF_Y_LSB'],
  ['OUT_Z_MSB', 'OUT_Z_LSB', 'OFF_Z_MSB', 'OFF_Z_LSB'],
] as const;

function create(context: PartContext): Part {
  const int1 = new InterruptPin(`${context.name} int1`, context.pin('int1'));
  const sampler = new Sampler(context.scheduler, (at) => sample(at), clockPpm(context, CLOCK_TOLERANCE));
  const element = new VectorSensor(context, 'magneticField', MILLI_GAUSS, ERRORS);
  const felt = new Float64Array(3);
  const file = new RegisterFile(MAG3110, {
    instance: context.name, warnings: context.warnings,
    next: (offset): number => (registers.field('CTRL_REG1', 'FR') !== 0 && offset >= 1 && offset <= 5 ? offset + 2 : offset + 1),
    onStart: () => sampler.catchUp(),
    onRead: { SYSMOD: (): number => (!sampler.isRunning ? 0 : registers.field('CTRL_REG2', 'RAW') !== 0 ? 1 : 2) },
    onByteRead: (offset) => {
      if (offset < 1 || offset > 6) return;
      registers.set('DR_STATUS', registers.get('DR_STATUS') & 0x77 & ~(0x11 << ((offset - 1) >> 1)));
      updatePin();
    },
    onWrite: { CTRL_REG1: () => configure(), CTRL_REG2: () => registers.setField('CTRL_REG2', 'Mag_RST', 0) },
  });
  const { registers } = file;

  function configure(): void {
    const hz: Rate = { num: HIGHEST_HZ, den: 2 ** (registers.field('CTRL_REG1', 'DR') + registers.field('CTRL_REG1', 'OS')) };
    if (registers.field('CTRL_REG1', 'AC') !== 0) sampler.run(hz);
    else if (registers.field('CTRL_REG1', 'TM') !== 0) sampler.once(hz);
    else sampler.run(undefined);
    watch();
    tellCurrent();
  }

  /** A single measurement ends by itself, at its time, whoever looks: so does what it draws. */
  function watch(): void {
    sampler.watch(int1.isConnected || registers.field('CTRL_REG1', 'TM') !== 0);
  }

  function tellCurrent(at?: RootTicks): void {
    const halvings = registers.field('CTRL_REG1', 'DR') + registers.field('CTRL_REG1', 'OS');
    if (sampler.isRunning) context.draws(`active, ${HIGHEST_HZ / 2 ** halvings} Hz`, MICROAMPS.byRate[registers.field('CTRL_REG1', 'DR')], at);
    else context.draws('standby', MICROAMPS.standby, at);
  }

  function sample(at: RootTicks): void {
    const isRaw = registers.field('CTRL_REG2', 'RAW') !== 0;
    element.measure(at, (NOISE_UT[registers.field('CTRL_REG1', 'OS')] / MILLI_GAUSS) ** 2, felt);
    for (const [axis, [msb, lsb, offsetMsb, offsetLsb]] of AXES.entries()) {
      const offset = ((((registers.get(offsetMsb) << 8) | registers.get(offsetLsb)) << 16) >> 17);
      const value = int16(felt[axis] * MILLI_GAUSS * DIGITS_PER_UT - (isRaw ? 0 : offset));
      registers.set(msb, value >> 8);
      registers.set(lsb, value);
    }
    registers.set('DIE_TEMP', Math.max(-40, Math.min(125, Math.round(context.world.value('temperature', at)))));
    registers.set('DR_STATUS', (registers.get('DR_STATUS') & 0x0f) !== 0 ? 0xff : 0x0f);
    if (registers.field('CTRL_REG1', 'TM') !== 0) {
      registers.setField('CTRL_REG1', 'TM', 0);
      watch();
    }
    tellCurrent(at);
    updatePin();
  }

  function updatePin(): void {
    int1.set((registers.get('DR_STATUS') & 0x0f) !== 0, { activeHigh: true, openDrain: false });
  }

  const start = (): void => {
    watch();
    tellCurrent();
    updatePin();
  };
  return { targets: [file], ...together({ file, sampler }, start) };
}

export const MAG3110_PART = definePart({
  what: 'magnetometer', bus: 'i2c', addresses: [[0x0e]], pins: ['int1'], inputs: ['magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'], options: z.strictObject({}), create,
});
