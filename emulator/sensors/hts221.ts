/**
 * STMicroelectronics HTS221: relative humidity and temperature, each part with a calibration table of its own.
 * Source: HTS221 datasheet DocID026333 Rev 4, chapters 6 (registers) and 8 (calibration and interpolation). The time of a
 * single conversion is not given there; it is taken as 5 ms. Identity and address are confirmed by STMicroelectronics' driver
 * (hts221-pid). Currents (Table 4: 0.5 uA in power-down, 2 uA at 1 Hz and usual averages, 7 Hz and 12.5 Hz in proportion) and
 * errors (Table 3) are from memory; the clock's tolerance is an estimate. The heater draws its 33 mA and warms nothing. Not modelled: SPI.
 */
import { z } from 'zod';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { clockPpm, Imperfection } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, HalfReads, incrementByBit7, int16, RegisterFile, setBytes, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';

/** Two points of each line, as one part's factory might have measured them: humidity in %, temperature in degrees Celsius, digits. */
const CALIBRATION = { humidity: [[30, 2500], [75, -8000]], temperature: [[20, 300], [35, 1050]] } as const;

const [[H0, H0_OUT], [H1, H1_OUT]] = CALIBRATION.humidity;
const [[T0, T0_OUT], [T1, T1_OUT]] = CALIBRATION.temperature;
const low = (value: number): { reset: number } => ({ reset: value & 0xff });
const high = (value: number): { reset: number } => ({ reset: (value >> 8) & 0xff });

export const HTS221 = registerMap({
  WHO_AM_I:       status(0x0f, { reset: 0xbc }),
  AV_CONF:        byte(0x10, { reset: 0x1b, fields: { AVGT: bits(3, 5), AVGH: bits(0, 2) } }),
  CTRL_REG1:      byte(0x20, { fields: { PD: bit(7), BDU: bit(2), ODR: bits(0, 1) } }),
  CTRL_REG2:      byte(0x21, { fields: { BOOT: bit(7), Heater: bit(1), ONE_SHOT: bit(0) } }),
  CTRL_REG3:      byte(0x22, { fields: { DRDY_H_L: bit(7), PP_OD: bit(6), DRDY_EN: bit(2) } }),
  STATUS_REG:     status(0x27, { fields: { H_DA: bit(1), T_DA: bit(0) } }),
  HUMIDITY_OUT_L: status(0x28),
  HUMIDITY_OUT_H: status(0x29),
  TEMP_OUT_L:     status(0x2a),
  TEMP_OUT_H:     status(0x2b),
  H0_rH_x2:       status(0x30, { reset: 2 * H0 }),
  H1_rH_x2:       status(0x31, { reset: 2 * H1 }),
  T0_degC_x8:     status(0x32, low(8 * T0)),
  T1_degC_x8:     status(0x33, low(8 * T1)),
  RESERVED_34:    status(0x34),
  T1_T0_msb:      status(0x35, { reset: (((8 * T1) >> 8) << 2) | ((8 * T0) >> 8) }),
  H0_T0_OUT_L:    status(0x36, low(H0_OUT)),
  H0_T0_OUT_H:    status(0x37, high(H0_OUT)),
  RESERVED_38:    status(0x38),
  RESERVED_39:    status(0x39),
  H1_T0_OUT_L:    status(0x3a, low(H1_OUT)),
  H1_T0_OUT_H:    status(0x3b, high(H1_OUT)),
  T0_OUT_L:       status(0x3c, low(T0_OUT)),
  T0_OUT_H:       status(0x3d, high(T0_OUT)),
  T1_OUT_L:       status(0x3e, low(T1_OUT)),
  T1_OUT_H:       status(0x3f, high(T1_OUT)),
});

/** By ODR; 0: one conversion when asked. */
const HZ = [0, 1, 7, 12.5] as const;
const ONE_SHOT_HZ = 200;
const MICROAMPS = { powerDown: 0.5, byOdr: [0.5, 2, 14, 25], heater: 33_000 } as const;
/** Noise of the usual averages, and half of the accuracy limits as offsets. */
const ERRORS = {
  humidity: { noiseDensity: 0.03, offset: 3.5, offsetPerDegree: 0.05, sensitivity: 0 },
  temperature: { noiseDensity: 0.007, offset: 0.5, offsetPerDegree: 0, sensitivity: 0 },
} as const;
const CLOCK_TOLERANCE = 0.1;

/** The digits of a value on the line through two calibrated points. */
function digits(value: number, [[x0, y0], [x1, y1]]: readonly [readonly [number, number], readonly [number, number]]): number {
  return int16(y0 + ((value - x0) * (y1 - y0)) / (x1 - x0));
}

function create(context: PartContext): Part {
  const drdy = new InterruptPin(`${context.name} drdy`, context.pin('drdy'));
  const halves = new HalfReads(0x28, 2);
  const sampler = new Sampler(context.scheduler, (at) => sample(at), clockPpm(context, CLOCK_TOLERANCE));
  const errors = { humidity: new Imperfection(context, 0, ERRORS.humidity), temperature: new Imperfection(context, 1, ERRORS.temperature) };
  const file = new RegisterFile(HTS221, {
    instance: context.name, warnings: context.warnings, choose: incrementByBit7,
    onStart: () => sampler.catchUp(),
    onByteRead: (offset) => {
      halves.note(offset);
      if (offset === 0x29) registers.setField('STATUS_REG', 'H_DA', 0);
      if (offset === 0x2b) registers.setField('STATUS_REG', 'T_DA', 0);
      updatePin();
    },
    onWrite: { CTRL_REG1: () => configure(), CTRL_REG2: (value) => command(value), CTRL_REG3: () => configure() },
  });
  const { registers } = file;
  const outputs = {
    humidity: [registers.storage('HUMIDITY_OUT_L'), registers.storage('HUMIDITY_OUT_H')],
    temperature: [registers.storage('TEMP_OUT_L'), registers.storage('TEMP_OUT_H')],
  };

  function configure(): void {
    const hz = HZ[registers.field('CTRL_REG1', 'ODR')];
    sampler.run(registers.field('CTRL_REG1', 'PD') === 0 || hz === 0 ? undefined : rate(hz));
    sampler.watch(drdy.isConnected && registers.field('CTRL_REG3', 'DRDY_EN') !== 0);
    tellCurrent();
    updatePin();
  }

  function tellCurrent(): void {
    const isOn = registers.field('CTRL_REG1', 'PD') !== 0;
    const odr = registers.field('CTRL_REG1', 'ODR');
    const heater = registers.field('CTRL_REG2', 'Heater') !== 0 ? MICROAMPS.heater : 0;
    context.draws(`${isOn ? `on, ${HZ[odr]} Hz` : 'power-down'}${heater > 0 ? ', heater' : ''}`, (isOn ? MICROAMPS.byOdr[odr] : MICROAMPS.powerDown) + heater);
  }

  function command(value: number): void {
    tellCurrent();
    if ((value & 0x80) !== 0) registers.setField('CTRL_REG2', 'BOOT', 0);
    const isOn = registers.field('CTRL_REG1', 'PD') !== 0 && registers.field('CTRL_REG1', 'ODR') === 0;
    if ((value & 1) !== 0 && isOn) sampler.once(rate(ONE_SHOT_HZ));
  }

  function sample(at: RootTicks): void {
    registers.setField('CTRL_REG2', 'ONE_SHOT', 0);
    const celsius = context.world.value('temperature', at);
    registers.set('STATUS_REG', 3);
    if (registers.field('CTRL_REG1', 'BDU') === 0 || !halves.isHalfRead) {
      setBytes(outputs.humidity, digits(Math.max(0, Math.min(100, errors.humidity.of(context.world.value('humidity', at), at, 1, celsius))), CALIBRATION.humidity));
      setBytes(outputs.temperature, digits(errors.temperature.of(celsius, at, 1, celsius), CALIBRATION.temperature));
    }
    updatePin();
  }

  function updatePin(): void {
    const isReady = registers.field('CTRL_REG3', 'DRDY_EN') !== 0 && registers.get('STATUS_REG') === 3;
    drdy.set(isReady, { activeHigh: registers.field('CTRL_REG3', 'DRDY_H_L') === 0, openDrain: registers.field('CTRL_REG3', 'PP_OD') !== 0 });
  }

  return { targets: [file], ...together({ file, sampler, halves }, () => {
    drdy.release();
    tellCurrent();
  }) };
}

export const HTS221_PART = definePart({ what: 'humidity and temperature', bus: 'i2c', addresses: [[0x5f]], pins: ['drdy'], inputs: ['humidity', 'temperature'], options: z.strictObject({}), create });
