/**
 * STMicroelectronics LSM303AGR: accelerometer and magnetometer behind two I2C addresses. The accelerometer is that of
 * `st-accelerometer.ts`.
 * Source: LSM303AGR datasheet DocID027765 Rev 10: table 3 (sensitivities, offsets, noise, self-test), tables 13 and 14 (currents),
 * chapter 8 (registers). Identities and sensitivities are confirmed by STMicroelectronics' driver (lsm303agr-pid) and CODAL;
 * currents, noise and self-test are from memory. A current while both elements are on is their sum.
 * Not modelled: SPI (of three wires only), temperature compensation, the set pulse of OFF_CANC itself.
 */
import { z } from 'zod';
import type { Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { LowPass } from './filters.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, prefixed, sumOf, together, type Part, type PartContext } from './part.js';
import { byte, HalfReads, incrementByBit7, int16, RegisterFile, setBytes, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { AXIS_FLAGS, StAccelerometer } from './st-accelerometer.js';
import { magneticSource, MILLI_GAUSS, VectorSensor } from './vector-sensor.js';

export const LSM303AGR_M = registerMap({
  OFFSET_X_REG_L_M: byte(0x45),
  OFFSET_X_REG_H_M: byte(0x46),
  OFFSET_Y_REG_L_M: byte(0x47),
  OFFSET_Y_REG_H_M: byte(0x48),
  OFFSET_Z_REG_L_M: byte(0x49),
  OFFSET_Z_REG_H_M: byte(0x4a),
  WHO_AM_I_M:       status(0x4f, { reset: 0x40 }),
  CFG_REG_A_M:      byte(0x60, { reset: 0x03, fields: { COMP_TEMP_EN: bit(7), REBOOT: bit(6), SOFT_RST: bit(5), LP: bit(4), ODR: bits(2, 3), MD: bits(0, 1) } }),
  CFG_REG_B_M:      byte(0x61, { fields: { OFF_CANC_ONE_SHOT: bit(4), INT_on_DataOFF: bit(3), Set_FREQ: bit(2), OFF_CANC: bit(1), LPF: bit(0) } }),
  CFG_REG_C_M:      byte(0x62, { fields: { INT_MAG_PIN: bit(6), I2C_DIS: bit(5), BDU: bit(4), BLE: bit(3), Self_test: bit(1), INT_MAG: bit(0) } }),
  INT_CTRL_REG_M:   byte(0x63, { reset: 0xe0, fields: { XIEN: bit(7), YIEN: bit(6), ZIEN: bit(5), IEA: bit(2), IEL: bit(1), IEN: bit(0) } }),
  INT_SOURCE_REG_M: status(0x64, { fields: { P_TH_S_X: bit(7), P_TH_S_Y: bit(6), P_TH_S_Z: bit(5), N_TH_S_X: bit(4), N_TH_S_Y: bit(3), N_TH_S_Z: bit(2), MROI: bit(1), INT: bit(0) } }),
  INT_THS_L_REG_M:  byte(0x65),
  INT_THS_H_REG_M:  byte(0x66),
  STATUS_REG_M:     status(0x67, { fields: AXIS_FLAGS }),
  OUTX_L_REG_M:     status(0x68),
  OUTX_H_REG_M:     status(0x69),
  OUTY_L_REG_M:     status(0x6a),
  OUTY_H_REG_M:     status(0x6b),
  OUTZ_L_REG_M:     status(0x6c),
  OUTZ_H_REG_M:     status(0x6d),
});

const DIGITS = { highResolution: [0.98, 1.95, 3.9, 11.72], normal: [3.9, 7.82, 15.63, 46.9], lowPower: [15.63, 31.26, 62.52, 187.58] } as const;
const POWER_DOWN = 1;
const MICROAMPS = {
  powerDown: POWER_DOWN,
  highResolution: [0, 3.7, 5.4, 8, 12.6, 22, 40, 75, 0, 185], normal: [0, 3.7, 5.4, 8, 12.6, 22, 40, 75, 0, 185], lowPower: [0, 3.7, 4.4, 5.6, 7.7, 11.7, 20, 36, 102, 186],
} as const;
const MAG_HZ = [10, 20, 50, 100] as const;
/** By ODR: high resolution and low power, without and with offset cancellation. */
const MAG_MICROAMPS = { highResolution: [100, 200, 475, 950], lowPower: [25, 50, 125, 250], highResolutionCancelling: [120, 235, 575, 1130], lowPowerCancelling: [50, 100, 235, 460] } as const;
const MGAUSS_PER_DIGIT = 1.5;
/** Table 3: noise 3 mgauss rms in high resolution, here per root hertz at 50 Hz of bandwidth; offset with OFF_CANC 60 mgauss. */
const MAG_ERRORS = { noiseDensity: 3 / Math.sqrt(50), offset: 60, offsetPerDegree: 0.3, sensitivity: 0.07 };
/** Table 3: 15 to 500 mgauss. */
const MAG_SELF_TEST_MGAUSS = 150;
const CLOCK_TOLERANCE = 0.1;

/** What the board has between the interrupt outputs and its lines: nothing, or a transistor each that pulls the line low while the output is high. */
const OUTPUTS = ['direct', 'transistor'] as const;
type Outputs = (typeof OUTPUTS)[number];

function through(outputs: Outputs, activeHigh: boolean): { readonly activeHigh: boolean; readonly openDrain: boolean } {
  return outputs === 'transistor' ? { activeHigh: !activeHigh, openDrain: true } : { activeHigh, openDrain: false };
}

class Magnetometer {
  readonly file: RegisterFile<typeof LSM303AGR_M.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly halves = new HalfReads(0x68, 3);
  private readonly sampler: Sampler;
  private readonly filter = new LowPass();
  private readonly element: VectorSensor;
  private readonly felt = new Float64Array(3);
  private readonly outputs;

  constructor(private readonly context: PartContext, private readonly intMag: InterruptPin, private readonly via: Outputs, private readonly draws: (state: string, microamps: number) => void) {
    this.element = new VectorSensor(context, 'magneticField', MILLI_GAUSS, MAG_ERRORS);
    this.sampler = new Sampler(context.scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const watch = (): void => this.watch();
    this.file = new RegisterFile(LSM303AGR_M, {
      instance: `${context.name} magnetometer`, warnings: context.warnings, choose: incrementByBit7,
      onStart: () => this.sampler.catchUp(),
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { CFG_REG_A_M: (value) => this.configure(value), CFG_REG_B_M: watch, CFG_REG_C_M: watch, INT_CTRL_REG_M: watch },
    });
    const { registers } = this.file;
    this.outputs = [
      [registers.storage('OUTX_L_REG_M'), registers.storage('OUTX_H_REG_M')], [registers.storage('OUTY_L_REG_M'), registers.storage('OUTY_H_REG_M')], [registers.storage('OUTZ_L_REG_M'), registers.storage('OUTZ_H_REG_M')],
    ];
    this.parts = { file: this.file, sampler: this.sampler, halves: this.halves, filter: this.filter };
  }

  /** After the parts. */
  reset(): void {
    this.watch();
  }

  private get hz(): number { return MAG_HZ[this.file.registers.field('CFG_REG_A_M', 'ODR')]; }

  private configure(value: number): void {
    const { registers } = this.file;
    if ((value & 0x20) !== 0) registers.reset();
    registers.setField('CFG_REG_A_M', 'REBOOT', 0);
    const mode = registers.field('CFG_REG_A_M', 'MD');
    if (mode === 0) this.sampler.run(rate(this.hz));
    else if (mode === 1) this.sampler.once(rate(this.hz));
    else this.sampler.run(undefined);
    this.watch();
  }

  private watch(): void {
    const { registers } = this.file;
    this.sampler.watch(this.intMag.isConnected && (registers.get('CFG_REG_C_M') & 0x41) !== 0);
    this.tellCurrent();
    this.updatePin();
  }

  private tellCurrent(): void {
    const { registers } = this.file;
    if (!this.sampler.isRunning) {
      this.draws('idle', POWER_DOWN);
      return;
    }
    const mode = `${registers.field('CFG_REG_A_M', 'LP') !== 0 ? 'lowPower' : 'highResolution'}${registers.field('CFG_REG_B_M', 'OFF_CANC') !== 0 ? 'Cancelling' : ''}` as const;
    this.draws(`${registers.field('CFG_REG_A_M', 'LP') !== 0 ? 'low power' : 'high resolution'}, ${this.hz} Hz`, MAG_MICROAMPS[mode][registers.field('CFG_REG_A_M', 'ODR')]);
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const { felt } = this;
    const isFiltered = registers.field('CFG_REG_B_M', 'LPF') !== 0;
    this.element.measure(at, this.hz / (isFiltered ? 4 : 2), felt);
    if (registers.field('CFG_REG_C_M', 'Self_test') !== 0) for (let axis = 0; axis < 3; axis++) felt[axis] += MAG_SELF_TEST_MGAUSS;
    const values = isFiltered ? this.filter.pass(felt, 1 / 4) : felt;
    const digits = [0, 1, 2].map((axis) => int16(values[axis] / MGAUSS_PER_DIGIT));
    const corrected = digits.map((value, axis) => int16(value - this.offset(axis)));
    this.judge(registers.field('CFG_REG_B_M', 'INT_on_DataOFF') !== 0 ? corrected : digits, corrected);
    if (registers.field('CFG_REG_C_M', 'BDU') === 0 || !this.halves.isHalfRead) this.show(corrected);
    registers.set('STATUS_REG_M', (registers.get('STATUS_REG_M') & 0x0f) !== 0 ? 0xff : 0x0f);
    if (registers.field('CFG_REG_A_M', 'MD') === 1) {
      registers.setField('CFG_REG_A_M', 'MD', 3);
      this.tellCurrent();
    }
    this.updatePin();
  }

  /** Hard-iron offset of an axis, in digits. */
  private offset(axis: number): number {
    const { registers } = this.file;
    const at = 0x45 + 2 * axis;
    return ((registers.peek(at, 1) | (registers.peek(at + 1, 1) << 8)) << 16) >> 16;
  }

  private show(values: readonly number[]): void {
    const isBig = this.file.registers.field('CFG_REG_C_M', 'BLE') !== 0;
    this.outputs.forEach(([low, high], axis) => setBytes(isBig ? [high, low] : [low, high], values[axis]));
  }

  private judge(values: readonly number[], corrected: readonly number[]): void {
    const { registers } = this.file;
    if (registers.field('INT_CTRL_REG_M', 'IEN') === 0) return;
    const threshold = registers.get('INT_THS_L_REG_M') | ((registers.get('INT_THS_H_REG_M') & 0x7f) << 8);
    const overrange = corrected.some((value) => value === 0x7fff || value === -0x8000) ? 2 : 0;
    const source = magneticSource(values, registers.get('INT_CTRL_REG_M'), threshold);
    const isLatched = registers.field('INT_CTRL_REG_M', 'IEL') !== 0;
    registers.set('INT_SOURCE_REG_M', isLatched && source === 0 ? registers.get('INT_SOURCE_REG_M') : source | overrange);
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    this.halves.note(offset);
    if (offset === 0x64) registers.set('INT_SOURCE_REG_M', 0);
    if (offset >= 0x68 && offset <= 0x6d && (offset & 1) !== 0) registers.set('STATUS_REG_M', registers.get('STATUS_REG_M') & 0x77 & ~(0x11 << ((offset - 0x69) >> 1)));
    this.updatePin();
  }

  private updatePin(): void {
    const { registers } = this.file;
    const isReady = registers.field('CFG_REG_C_M', 'INT_MAG') !== 0 && (registers.get('STATUS_REG_M') & 0x0f) !== 0;
    const onPin = registers.field('CFG_REG_C_M', 'INT_MAG_PIN') !== 0;
    const isOver = onPin && registers.field('INT_SOURCE_REG_M', 'INT') !== 0;
    if (registers.field('CFG_REG_C_M', 'INT_MAG') === 0 && !onPin) this.intMag.release();
    else this.intMag.set(isReady || (onPin && isOver === (registers.field('INT_CTRL_REG_M', 'IEA') !== 0) && registers.field('INT_CTRL_REG_M', 'IEN') !== 0), through(this.via, true));
  }
}

export const LSM303AGR_PART = definePart({
  what: 'accelerometer and magnetometer',
  bus: 'i2c',
  addresses: [[0x19], [0x1e]],
  pins: ['int1', 'int2', 'intMag'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'],
  options: z.strictObject({ outputs: z.enum(OUTPUTS).default('direct') }),
  create: (context, { outputs }): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const draws = sumOf(context);
    const accelerometer = new StAccelerometer(context, {
      instance: `${context.name} accelerometer`, digits: DIGITS, microamps: MICROAMPS, draws: draws('accelerometer'), output: (activeHigh) => through(outputs, activeHigh),
    }, [pin('int1'), pin('int2')]);
    const magnetometer = new Magnetometer(context, pin('intMag'), outputs, draws('magnetometer'));
    const parts = together({ ...prefixed('accelerometer', accelerometer.parts), ...prefixed('magnetometer', magnetometer.parts) }, () => {
      accelerometer.reset();
      magnetometer.reset();
    });
    return { targets: [accelerometer.file, magnetometer.file], ...parts };
  },
});
