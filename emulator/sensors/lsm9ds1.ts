/**
 * STMicroelectronics LSM9DS1: accelerometer, gyroscope and magnetometer behind two I2C addresses.
 * Source: LSM9DS1 datasheet DocID025715 Rev 3, chapters 2 (offsets, self-test, currents), 3 (modes, filters, FIFO), 6 to 8
 * (registers); Table 46 (cut-off of LPF2), Table 52 (of the high-pass filter). Identities and all sensitivities are confirmed by
 * STMicroelectronics' driver (lsm9ds1-pid); currents of the gyroscope by rate, cut-offs and self-test shifts are from memory, noise
 * densities, the clock's tolerance and the steps of the accelerometer's thresholds (full scale over 256) are estimates: the datasheet
 * gives none. With both accelerometer and gyroscope on, both sample at the gyroscope's rate. The FIFO gives up its oldest sample when
 * the last byte of the acceleration is read (of the rotation, while the accelerometer is off). Filters are of the first order.
 * Not modelled: SPI, decimation, temperatures in the FIFO, REFERENCE_G, the anti-aliasing filter, the magnetometer's
 * temperature compensation.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { ModalFifo, type FifoMode } from './fifo.js';
import { HighPass, LowPass } from './filters.js';
import { clockPpm } from './imperfections.js';
import { COMBINATIONS, InterruptGenerator } from './interrupt-generator.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, prefixed, sumOf, together, type Part, type PartContext } from './part.js';
import { byte, HalfReads, incrementByBit7, int16, RegisterFile, setBytes, status, without } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { clamped, magneticSource, MILLI_DPS, MILLI_G as MG, MILLI_GAUSS, VectorSensor } from './vector-sensor.js';

const GENERATOR = { AOI: bit(7), SECOND: bit(6), ENABLES: bits(0, 5) };
const SOURCE = { IA: bit(6), ZH: bit(5), ZL: bit(4), YH: bit(3), YL: bit(2), XH: bit(1), XL: bit(0) };
const AG_STATUS = { IG_XL: bit(6), IG_G: bit(5), INACT: bit(4), BOOT_STATUS: bit(3), TDA: bit(2), GDA: bit(1), XLDA: bit(0) };

export const LSM9DS1_AG = registerMap({
  ACT_THS:           byte(0x04, { fields: { SLEEP_ON_INACT_EN: bit(7), ACT_THS: bits(0, 6) } }),
  ACT_DUR:           byte(0x05),
  INT_GEN_CFG_XL:    byte(0x06, { fields: GENERATOR }),
  INT_GEN_THS_X_XL:  byte(0x07),
  INT_GEN_THS_Y_XL:  byte(0x08),
  INT_GEN_THS_Z_XL:  byte(0x09),
  INT_GEN_DUR_XL:    byte(0x0a, { fields: { WAIT_XL: bit(7), DUR_XL: bits(0, 6) } }),
  REFERENCE_G:       without(0x0b),
  INT1_CTRL:         byte(0x0c, { fields: { INT1_IG_G: bit(7), INT_IG_XL: bit(6), INT_FSS5: bit(5), INT_OVR: bit(4), INT_FTH: bit(3), INT_Boot: bit(2), INT_DRDY_G: bit(1), INT_DRDY_XL: bit(0) } }),
  INT2_CTRL:         byte(0x0d, { fields: { INT2_INACT: bit(7), INT2_FSS5: bit(5), INT2_OVR: bit(4), INT2_FTH: bit(3), INT2_DRDY_TEMP: bit(2), INT2_DRDY_G: bit(1), INT2_DRDY_XL: bit(0) } }),
  WHO_AM_I:          status(0x0f, { reset: 0x68 }),
  CTRL_REG1_G:       byte(0x10, { fields: { ODR_G: bits(5, 7), FS_G: bits(3, 4), BW_G: bits(0, 1) } }),
  CTRL_REG2_G:       byte(0x11, { fields: { INT_SEL: bits(2, 3), OUT_SEL: bits(0, 1) } }),
  CTRL_REG3_G:       byte(0x12, { fields: { LP_mode: bit(7), HP_EN: bit(6), HPCF_G: bits(0, 3) } }),
  ORIENT_CFG_G:      byte(0x13, { fields: { SignX_G: bit(5), SignY_G: bit(4), SignZ_G: bit(3), Orient: bits(0, 2) } }),
  INT_GEN_SRC_G:     status(0x14, { fields: SOURCE }),
  OUT_TEMP_L:        status(0x15),
  OUT_TEMP_H:        status(0x16),
  STATUS_REG_G:      status(0x17, { fields: AG_STATUS }),
  OUT_X_L_G:         status(0x18),
  OUT_X_H_G:         status(0x19),
  OUT_Y_L_G:         status(0x1a),
  OUT_Y_H_G:         status(0x1b),
  OUT_Z_L_G:         status(0x1c),
  OUT_Z_H_G:         status(0x1d),
  CTRL_REG4:         byte(0x1e, { reset: 0x38, fields: { Zen_G: bit(5), Yen_G: bit(4), Xen_G: bit(3), LIR_XL1: bit(1), '4D_XL1': bit(0) } }),
  CTRL_REG5_XL:      byte(0x1f, { reset: 0x38, fields: { DEC: bits(6, 7, { unmodelled: true }), Zen_XL: bit(5), Yen_XL: bit(4), Xen_XL: bit(3) } }),
  CTRL_REG6_XL:      byte(0x20, { fields: { ODR_XL: bits(5, 7), FS_XL: bits(3, 4), BW_SCAL_ODR: bit(2), BW_XL: bits(0, 1) } }),
  CTRL_REG7_XL:      byte(0x21, { fields: { HR: bit(7), DCF: bits(5, 6), FDS: bit(2), HPIS1: bit(0) } }),
  CTRL_REG8:         byte(0x22, { reset: 0x04, fields: { BOOT: bit(7), BDU: bit(6), H_LACTIVE: bit(5), PP_OD: bit(4), SIM: bit(3), IF_ADD_INC: bit(2), BLE: bit(1), SW_RESET: bit(0) } }),
  CTRL_REG9:         byte(0x23, { fields: { SLEEP_G: bit(6), FIFO_TEMP_EN: bit(4, { unmodelled: true }), DRDY_mask_bit: bit(3), I2C_DISABLE: bit(2), FIFO_EN: bit(1), STOP_ON_FTH: bit(0) } }),
  CTRL_REG10:        byte(0x24, { fields: { ST_G: bit(2), ST_XL: bit(0) } }),
  INT_GEN_SRC_XL:    status(0x26, { fields: SOURCE }),
  STATUS_REG:        status(0x27, { fields: AG_STATUS }),
  OUT_X_L_XL:        status(0x28),
  OUT_X_H_XL:        status(0x29),
  OUT_Y_L_XL:        status(0x2a),
  OUT_Y_H_XL:        status(0x2b),
  OUT_Z_L_XL:        status(0x2c),
  OUT_Z_H_XL:        status(0x2d),
  FIFO_CTRL:         byte(0x2e, { fields: { FMODE: bits(5, 7), FTH: bits(0, 4) } }),
  FIFO_SRC:          status(0x2f, { fields: { FTH: bit(7), OVRN: bit(6), FSS: bits(0, 5) } }),
  INT_GEN_CFG_G:     byte(0x30, { fields: GENERATOR }),
  INT_GEN_THS_XH_G:  byte(0x31),
  INT_GEN_THS_XL_G:  byte(0x32),
  INT_GEN_THS_YH_G:  byte(0x33),
  INT_GEN_THS_YL_G:  byte(0x34),
  INT_GEN_THS_ZH_G:  byte(0x35),
  INT_GEN_THS_ZL_G:  byte(0x36),
  INT_GEN_DUR_G:     byte(0x37, { fields: { WAIT_G: bit(7), DUR_G: bits(0, 6) } }),
});

export const LSM9DS1_M = registerMap({
  OFFSET_X_REG_L_M: byte(0x05),
  OFFSET_X_REG_H_M: byte(0x06),
  OFFSET_Y_REG_L_M: byte(0x07),
  OFFSET_Y_REG_H_M: byte(0x08),
  OFFSET_Z_REG_L_M: byte(0x09),
  OFFSET_Z_REG_H_M: byte(0x0a),
  WHO_AM_I_M:       status(0x0f, { reset: 0x3d }),
  CTRL_REG1_M:      byte(0x20, { reset: 0x10, fields: { TEMP_COMP: bit(7), OM: bits(5, 6), DO: bits(2, 4), FAST_ODR: bit(1), ST: bit(0) } }),
  CTRL_REG2_M:      byte(0x21, { fields: { FS: bits(5, 6), REBOOT: bit(3), SOFT_RST: bit(2) } }),
  CTRL_REG3_M:      byte(0x22, { reset: 0x03, fields: { I2C_DISABLE: bit(7), LP: bit(5), SIM: bit(2), MD: bits(0, 1) } }),
  CTRL_REG4_M:      byte(0x23, { fields: { OMZ: bits(2, 3), BLE: bit(1) } }),
  CTRL_REG5_M:      byte(0x24, { fields: { FAST_READ: bit(7, { unmodelled: true }), BDU: bit(6) } }),
  STATUS_REG_M:     status(0x27, { fields: { ZYXOR: bit(7), ZOR: bit(6), YOR: bit(5), XOR: bit(4), ZYXDA: bit(3), ZDA: bit(2), YDA: bit(1), XDA: bit(0) } }),
  OUT_X_L_M:        status(0x28),
  OUT_X_H_M:        status(0x29),
  OUT_Y_L_M:        status(0x2a),
  OUT_Y_H_M:        status(0x2b),
  OUT_Z_L_M:        status(0x2c),
  OUT_Z_H_M:        status(0x2d),
  INT_CFG_M:        byte(0x30, { reset: 0x08, raz: false, fields: { XIEN: bit(7), YIEN: bit(6), ZIEN: bit(5), IEA: bit(2), IEL: bit(1), IEN: bit(0) } }),
  INT_SRC_M:        status(0x31, { fields: { PTH_X: bit(7), PTH_Y: bit(6), PTH_Z: bit(5), NTH_X: bit(4), NTH_Y: bit(3), NTH_Z: bit(2), MROI: bit(1), INT: bit(0) } }),
  INT_THS_L_M:      byte(0x32),
  INT_THS_H_M:      byte(0x33),
});

/** Table 46 and 67: output data rates in Hz by ODR_G and ODR_XL. */
const GYRO_HZ = [0, 14.9, 59.5, 119, 238, 476, 952, 0] as const;
const ACCEL_HZ = [0, 10, 50, 119, 238, 476, 952, 0] as const;
/** Table 3: mdps, mg and mgauss per digit by FS_G, FS_XL and FS. */
const MDPS = [8.75, 17.5, 17.5, 70] as const;
const MILLI_G = [0.061, 0.732, 0.122, 0.244] as const;
const MGAUSS = [0.14, 0.29, 0.43, 0.58] as const;
const MAG_HZ = [0.625, 1.25, 2.5, 5, 10, 20, 40, 80] as const;
/** FAST_ODR: by OM, Table 112. */
const FAST_MAG_HZ = [1000, 560, 300, 155] as const;
const DIGITS_PER_DEGREE = 16;
const ZERO_DIGITS_AT = 25;
/** Chapter 2: zero levels; noise and sensitivity are estimates. */
const ACCEL_ERRORS = { noiseDensity: 0.16, offset: 90, offsetPerDegree: 0.5, sensitivity: 0.02 };
const GYRO_ERRORS = { noiseDensity: 9, offset: 30_000, offsetPerDegree: 30, sensitivity: 0.02 };
const MAG_ERRORS = { noiseDensity: 0.5, offset: 1000, offsetPerDegree: 0.5, sensitivity: 0.02 };
const CLOCK_TOLERANCE = 0.05;
/** What self-test adds: mg, mdps, mgauss for x, y and z. */
const SELF_TEST_MG = 400;
const SELF_TEST_MDPS = 200_000;
const SELF_TEST_MGAUSS = [1500, 1500, 500] as const;
/** Full scale in mg by FS_XL. */
const FULL_SCALE_MG = [2000, 16_000, 4000, 8000] as const;
/** Table 46: cut-off of the gyroscope's second low-pass filter in Hz, by ODR_G and BW_G. */
const LPF2_HZ = [[0, 0, 0, 0], [5, 5, 5, 5], [16, 16, 16, 16], [14, 31, 31, 31], [14, 29, 63, 78], [21, 28, 57, 100], [33, 40, 58, 100], [0, 0, 0, 0]] as const;
/** Table 52: cut-off of its high-pass filter, by ODR_G; each step of HPCF_G about halves it. */
const HIGH_PASS_HZ = [0, 1, 4, 8, 15, 30, 57, 0] as const;
const HIGH_PASS_SHARE = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 40, 1 / 80, 1 / 160, 1 / 400, 1 / 800] as const;
/** Cut-off of the accelerometer's digital filters over its rate, by DCF. */
const DCF_SHARE = [1 / 50, 1 / 100, 1 / 9, 1 / 400] as const;
/** Chapter 2, Table 4, and by rate in low-power mode, Table 9: microamps. The gyroscope's include the accelerometer. */
const MICROAMPS = { powerDown: 6, accelerometer: 200, gyroscope: 4000, gyroscopeSleep: 1900, lowPower: [0, 1900, 2400, 3100, 4000, 4000, 4000, 0], magnetometer: [40, 40, 110, 270], magnetometerDown: 1 } as const;
const INACTIVE_HZ = 10;

const XLDA = 1;
const GDA = 2;
const TDA = 4;
const FIFO_DEPTH = 32;
/** By Orient: which axis is given as pitch, roll and yaw. */
const ORIENTATIONS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 1, 2], [0, 1, 2]] as const;
const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fifo', 'bypass', 'stream-to-fifo', 'bypass-to-stream', 'bypass', 'stream', 'bypass'];

class AccelerometerAndGyroscope {
  readonly file: RegisterFile<typeof LSM9DS1_AG.spec>;
  private readonly sampler: Sampler;
  private readonly fifo = new ModalFifo(FIFO_DEPTH, 6);
  private readonly halves = new HalfReads(0x18, 11);
  private readonly generators = { acceleration: new InterruptGenerator(), rotation: new InterruptGenerator() };
  private readonly filters = { acceleration: new HighPass(), smooth: new LowPass(), rotation: new HighPass(), lpf2: new LowPass() };
  private readonly elements;
  private readonly felt = { acceleration: new Float64Array(3), rotation: new Float64Array(3) };
  private readonly outputs;
  private readonly status;
  /** Samples in a row without activity. */
  private quiet = 0;
  private isInactive = false;

  constructor(private readonly context: PartContext, private readonly int1: InterruptPin, private readonly int2: InterruptPin, private readonly draws: (state: string, microamps: number, at?: RootTicks) => void) {
    const { name, scheduler, warnings } = context;
    this.elements = { acceleration: new VectorSensor(context, 'acceleration', MG, ACCEL_ERRORS), rotation: new VectorSensor(context, 'rotation', MILLI_DPS, GYRO_ERRORS) };
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(LSM9DS1_AG, {
      instance: `${name} accelerometer/gyroscope`, warnings,
      choose: (first) => ({ offset: first & 0x7f, increments: this.file.registers.field('CTRL_REG8', 'IF_ADD_INC') !== 0 }),
      // Out of a FIFO one burst reads several samples: from the last output back to the first.
      next: (offset) => (offset === 0x2d && this.usesFifo ? 0x28 : offset === 0x1d && this.usesFifo ? 0x18 : offset + 1),
      onStart: () => this.sampler.catchUp(),
      onRead: { FIFO_SRC: () => this.fifoSource(), INT_GEN_SRC_XL: () => this.generators.acceleration.source, INT_GEN_SRC_G: () => this.generators.rotation.source },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        CTRL_REG1_G: configure, CTRL_REG3_G: configure, CTRL_REG6_XL: configure, CTRL_REG9: configure, FIFO_CTRL: configure, ACT_THS: configure,
        CTRL_REG8: (value) => this.control(value), INT1_CTRL: configure, INT2_CTRL: configure,
        INT_GEN_CFG_XL: () => this.generators.acceleration.reset(), INT_GEN_CFG_G: () => this.generators.rotation.reset(),
      },
    });
    const { registers } = this.file;
    const pair = (low: 'OUT_TEMP_L' | `OUT_${'X' | 'Y' | 'Z'}_L_${'G' | 'XL'}`): Uint32Array[] => [registers.storage(low), registers.storage(low.replace('_L', '_H') as typeof low)];
    this.outputs = {
      all: [pair('OUT_X_L_G'), pair('OUT_Y_L_G'), pair('OUT_Z_L_G'), pair('OUT_X_L_XL'), pair('OUT_Y_L_XL'), pair('OUT_Z_L_XL')],
      temperature: pair('OUT_TEMP_L'),
    };
    this.status = [registers.storage('STATUS_REG_G'), registers.storage('STATUS_REG')];
  }

  /** After the parts. */
  reset(): void {
    this.int1.release();
    this.int2.release();
    this.tellCurrent();
  }

  get parts(): Readonly<Record<string, Stateful>> {
    const { file, sampler, fifo, halves } = this;
    const own: Stateful = {
      reset: () => { this.quiet = 0; this.isInactive = false; },
      snapshot: () => ({ quiet: this.quiet, isInactive: this.isInactive }),
      restore: (from: Snapshot) => { [this.quiet, this.isInactive] = [Number(from['quiet']) || 0, from['isInactive'] === true]; },
    };
    return { file, sampler, fifo, halves, ...prefixed('generator', this.generators), ...prefixed('filter', this.filters), own };
  }

  private get hasGyroscope(): boolean { return GYRO_HZ[this.file.registers.field('CTRL_REG1_G', 'ODR_G')] > 0; }
  private get hasAccelerometer(): boolean { return this.hasGyroscope || ACCEL_HZ[this.file.registers.field('CTRL_REG6_XL', 'ODR_XL')] > 0; }
  private get isGyroscopeAsleep(): boolean { return this.file.registers.field('CTRL_REG9', 'SLEEP_G') !== 0 || (this.isInactive && this.file.registers.field('ACT_THS', 'SLEEP_ON_INACT_EN') !== 0); }
  private get usesFifo(): boolean { return this.fifo.stores; }
  private get hz(): number {
    const { registers } = this.file;
    const hz = GYRO_HZ[registers.field('CTRL_REG1_G', 'ODR_G')] || ACCEL_HZ[registers.field('CTRL_REG6_XL', 'ODR_XL')];
    return this.isInactive ? Math.min(hz, INACTIVE_HZ) : hz;
  }

  private configure(at?: RootTicks): void {
    const { registers } = this.file;
    if (registers.field('ACT_THS', 'ACT_THS') === 0) this.isInactive = false;
    const { hz } = this;
    this.sampler.run(hz === 0 ? undefined : rate(hz));
    this.fifo.set(registers.field('CTRL_REG9', 'FIFO_EN') === 0 ? 'bypass' : FIFO_MODES[registers.field('FIFO_CTRL', 'FMODE')]);
    const isWaitedFor = (this.int1.isConnected && registers.get('INT1_CTRL') !== 0) || (this.int2.isConnected && registers.get('INT2_CTRL') !== 0);
    this.sampler.watch(isWaitedFor);
    this.tellCurrent(at);
    this.updatePins();
  }

  private tellCurrent(at?: RootTicks): void {
    const { registers } = this.file;
    if (!this.hasAccelerometer) this.draws('power-down', MICROAMPS.powerDown, at);
    else if (!this.hasGyroscope) this.draws('on', MICROAMPS.accelerometer, at);
    else if (this.isGyroscopeAsleep) this.draws('on, gyroscope asleep', MICROAMPS.gyroscopeSleep, at);
    else if (registers.field('CTRL_REG3_G', 'LP_mode') !== 0) this.draws(`and gyroscope, low power, ${this.hz} Hz`, MICROAMPS.lowPower[registers.field('CTRL_REG1_G', 'ODR_G')], at);
    else this.draws('and gyroscope', MICROAMPS.gyroscope, at);
  }

  private control(value: number): void {
    const { registers } = this.file;
    if ((value & 1) !== 0) {
      registers.reset();
      this.fifo.reset();
    }
    registers.setField('CTRL_REG8', 'SW_RESET', 0);
    registers.setField('CTRL_REG8', 'BOOT', 0);
    this.configure();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const milliG = MILLI_G[registers.field('CTRL_REG6_XL', 'FS_XL')];
    const mdps = MDPS[registers.field('CTRL_REG1_G', 'FS_G')];
    const isTurning = this.hasGyroscope && !this.isGyroscopeAsleep;
    const acceleration = this.feelAcceleration(at);
    const rotation = isTurning ? this.feelRotation(at) : this.felt.rotation.fill(0);
    const values = [...[0, 1, 2].map((axis) => this.oriented(rotation, axis, mdps)), ...[0, 1, 2].map((axis) => (registers.get('CTRL_REG5_XL') & (8 << axis)) === 0 ? 0 : clamped(acceleration[axis] / milliG, 16))];
    this.raise((isTurning ? GDA | TDA : TDA) | (this.hasAccelerometer ? XLDA : 0));
    setBytes(this.outputs.temperature, int16((this.context.world.value('temperature', at) - ZERO_DIGITS_AT) * DIGITS_PER_DEGREE));
    const most = registers.field('CTRL_REG9', 'STOP_ON_FTH') !== 0 ? Math.max(1, registers.field('FIFO_CTRL', 'FTH')) : FIFO_DEPTH;
    this.fifo.push(values, most);
    if (this.usesFifo) this.show(this.fifo.oldest ?? values);
    else if (registers.field('CTRL_REG8', 'BDU') === 0 || !this.halves.isHalfRead) this.show(values);
    this.updatePins();
  }

  /** @returns mg for the outputs */
  private feelAcceleration(at: RootTicks): Float64Array {
    const { registers } = this.file;
    const { acceleration: felt } = this.felt;
    this.elements.acceleration.measure(at, this.hz / 2, felt);
    if (registers.field('CTRL_REG10', 'ST_XL') !== 0) for (let axis = 0; axis < 3; axis++) felt[axis] += SELF_TEST_MG;
    const share = DCF_SHARE[registers.field('CTRL_REG7_XL', 'DCF')];
    const high = this.filters.acceleration.pass(felt, share);
    const step = FULL_SCALE_MG[registers.field('CTRL_REG6_XL', 'FS_XL')] / 256;
    const config = registers.get('INT_GEN_CFG_XL');
    this.generators.acceleration.sample(registers.field('CTRL_REG7_XL', 'HPIS1') !== 0 ? high : felt, {
      enables: config & 0x3f, combination: COMBINATIONS[config >> 6], ignoresZ: registers.field('CTRL_REG4', '4D_XL1') !== 0,
      thresholds: [registers.get('INT_GEN_THS_X_XL') * step, registers.get('INT_GEN_THS_Y_XL') * step, registers.get('INT_GEN_THS_Z_XL') * step],
      duration: registers.field('INT_GEN_DUR_XL', 'DUR_XL'), waits: registers.field('INT_GEN_DUR_XL', 'WAIT_XL') !== 0, isLatched: registers.field('CTRL_REG4', 'LIR_XL1') !== 0,
    });
    if (this.generators.acceleration.isActive) this.fifo.trigger();
    this.judgeActivity(high, at);
    if (registers.field('CTRL_REG7_XL', 'FDS') !== 0) return high;
    return registers.field('CTRL_REG7_XL', 'HR') !== 0 ? this.filters.smooth.pass(felt, share) : felt;
  }

  /** Below the threshold for ACT_DUR samples times 8 the accelerometer falls to 10 Hz; one sample above wakes it. */
  private judgeActivity(changes: Float64Array, at: RootTicks): void {
    const { registers } = this.file;
    const threshold = (registers.field('ACT_THS', 'ACT_THS') * FULL_SCALE_MG[registers.field('CTRL_REG6_XL', 'FS_XL')]) / 128;
    if (threshold === 0) return;
    const isMoving = changes.some((axis) => Math.abs(axis) > threshold);
    this.quiet = isMoving ? 0 : this.quiet + 1;
    const isInactive = !isMoving && (this.isInactive || this.quiet > 8 * registers.get('ACT_DUR'));
    if (isInactive === this.isInactive) return;
    this.isInactive = isInactive;
    this.configure(at);
  }

  /** @returns mdps for the outputs */
  private feelRotation(at: RootTicks): Float64Array {
    const { registers } = this.file;
    const { rotation: felt } = this.felt;
    const odr = registers.field('CTRL_REG1_G', 'ODR_G');
    const cutOff = LPF2_HZ[odr][registers.field('CTRL_REG1_G', 'BW_G')];
    this.elements.rotation.measure(at, this.hz / 2, felt);
    if (registers.field('CTRL_REG10', 'ST_G') !== 0) for (let axis = 0; axis < 3; axis++) felt[axis] += SELF_TEST_MDPS;
    const high = this.filters.rotation.pass(felt, (HIGH_PASS_HZ[odr] * HIGH_PASS_SHARE[Math.min(9, registers.field('CTRL_REG3_G', 'HPCF_G'))]) / this.hz);
    const passed = registers.field('CTRL_REG3_G', 'HP_EN') !== 0 ? high : felt;
    const smooth = this.filters.lpf2.pass(passed, cutOff / this.hz);
    const select = (choice: number): Float64Array => (choice === 0 ? felt : choice === 1 ? high : smooth);
    this.judgeRotation(select(registers.field('CTRL_REG2_G', 'INT_SEL')));
    return select(registers.field('CTRL_REG2_G', 'OUT_SEL'));
  }

  private judgeRotation(values: Float64Array): void {
    const { registers } = this.file;
    const config = registers.get('INT_GEN_CFG_G');
    const step = MDPS[registers.field('CTRL_REG1_G', 'FS_G')];
    const threshold = (at: number): number => (((registers.peek(at, 1) & 0x7f) << 8) | registers.peek(at + 1, 1)) * step;
    this.generators.rotation.sample(values, {
      enables: config & 0x3f, combination: (config & 0x80) !== 0 ? 'and' : 'or', ignoresZ: false, thresholds: [threshold(0x31), threshold(0x33), threshold(0x35)],
      duration: registers.field('INT_GEN_DUR_G', 'DUR_G'), waits: registers.field('INT_GEN_DUR_G', 'WAIT_G') !== 0, isLatched: (config & 0x40) !== 0,
    });
    if (this.generators.rotation.isActive) this.fifo.trigger();
  }

  /** ORIENT_CFG_G says which axis stands where, and its sign; CTRL_REG4 which axes are on. */
  private oriented(rotation: Float64Array, axis: number, mdps: number): number {
    const { registers } = this.file;
    if ((registers.get('CTRL_REG4') & (8 << axis)) === 0) return 0;
    const sign = (registers.get('ORIENT_CFG_G') & (0x20 >> axis)) !== 0 ? -1 : 1;
    const from = ORIENTATIONS[registers.field('ORIENT_CFG_G', 'Orient')][axis];
    return clamped((sign * rotation[from]) / mdps, 16) + 0;
  }

  private show(values: readonly number[]): void {
    const isBig = this.file.registers.field('CTRL_REG8', 'BLE') !== 0;
    this.outputs.all.forEach(([low, high], index) => setBytes(isBig ? [high, low] : [low, high], values[index]));
  }

  private afterRead(offset: number): void {
    this.halves.note(offset);
    if (offset === 0x14) this.generators.rotation.clear();
    if (offset === 0x26) this.generators.acceleration.clear();
    if (offset === 0x16) this.lower(TDA);
    if (offset === 0x1d) this.lower(GDA);
    if (offset === 0x2d) this.lower(XLDA);
    if (offset === 0x14 || offset === 0x26) this.updatePins();
    if (!this.usesFifo || offset !== (this.hasAccelerometer ? 0x2d : 0x1d)) return;
    this.fifo.shift();
    if (this.fifo.oldest) this.show(this.fifo.oldest);
  }

  private raise(flags: number): void {
    for (const register of this.status) register[0] |= flags;
  }

  private lower(flags: number): void {
    for (const register of this.status) register[0] &= ~flags;
    this.updatePins();
  }

  private fifoSource(): number {
    const { level, hasOverrun } = this.fifo;
    return (this.isAtThreshold ? 0x80 : 0) | (hasOverrun ? 0x40 : 0) | level;
  }

  private get isAtThreshold(): boolean {
    return this.usesFifo && this.fifo.level > 0 && this.fifo.level >= this.file.registers.field('FIFO_CTRL', 'FTH');
  }

  private updatePins(): void {
    const { registers } = this.file;
    const flags = this.status[0][0];
    const fifo = (this.isAtThreshold ? 1 << 3 : 0) | (this.fifo.hasOverrun ? 1 << 4 : 0) | (this.fifo.isFull ? 1 << 5 : 0);
    const ready = ((flags & XLDA) !== 0 ? 1 : 0) | ((flags & GDA) !== 0 ? 2 : 0);
    const { acceleration, rotation } = this.generators;
    const generators = (acceleration.isActive ? 0x40 : 0) | (rotation.isActive ? 0x80 : 0);
    for (const register of this.status) register[0] = (register[0] & 0x0f) | (acceleration.isActive ? 0x40 : 0) | (rotation.isActive ? 0x20 : 0) | (this.isInactive ? 0x10 : 0);
    const output = { activeHigh: registers.field('CTRL_REG8', 'H_LACTIVE') === 0, openDrain: registers.field('CTRL_REG8', 'PP_OD') !== 0 };
    this.int1.set((registers.get('INT1_CTRL') & (ready | fifo | generators)) !== 0, output);
    this.int2.set((registers.get('INT2_CTRL') & (ready | fifo | (flags & TDA) | (this.isInactive ? 0x80 : 0))) !== 0, output);
  }
}

class Magnetometer {
  readonly file;
  private readonly sampler: Sampler;
  private readonly halves = new HalfReads(0x28, 3);
  private readonly outputs;
  private readonly element: VectorSensor;
  private readonly felt = new Float64Array(3);

  constructor(private readonly context: PartContext, private readonly drdy: InterruptPin, private readonly int: InterruptPin, private readonly draws: (state: string, microamps: number, at?: RootTicks) => void) {
    const { name, scheduler, warnings } = context;
    this.element = new VectorSensor(context, 'magneticField', MILLI_GAUSS, MAG_ERRORS);
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(LSM9DS1_M, {
      instance: `${name} magnetometer`, warnings, choose: incrementByBit7,
      onStart: () => this.sampler.catchUp(),
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { CTRL_REG1_M: configure, CTRL_REG2_M: (value) => this.control(value), CTRL_REG3_M: configure, INT_CFG_M: () => this.watch() },
    });
    const { registers } = this.file;
    this.outputs = [
      [registers.storage('OUT_X_L_M'), registers.storage('OUT_X_H_M')], [registers.storage('OUT_Y_L_M'), registers.storage('OUT_Y_H_M')],
      [registers.storage('OUT_Z_L_M'), registers.storage('OUT_Z_H_M')],
    ];
  }

  /** After the parts. */
  reset(): void {
    this.watch();
    this.tellCurrent();
    this.drdy.release();
  }

  get parts(): Readonly<Record<string, Stateful>> {
    const { file, sampler, halves } = this;
    return { file, sampler, halves };
  }

  private configure(): void {
    const { registers } = this.file;
    const mode = registers.field('CTRL_REG3_M', 'MD');
    const hz = registers.field('CTRL_REG1_M', 'FAST_ODR') === 0 ? MAG_HZ[registers.field('CTRL_REG1_M', 'DO')] : FAST_MAG_HZ[registers.field('CTRL_REG1_M', 'OM')];
    if (mode === 0) this.sampler.run(rate(hz));
    else if (mode === 1) this.sampler.once(rate(hz));
    else this.sampler.run(undefined);
    this.tellCurrent();
  }

  private watch(): void {
    const isJudging = this.file.registers.field('INT_CFG_M', 'IEN') !== 0;
    this.sampler.watch(this.drdy.isConnected || (this.int.isConnected && isJudging));
    if (isJudging) this.updateInterrupt();
    else this.int.release();
  }

  private tellCurrent(): void {
    const { registers } = this.file;
    if (!this.sampler.isRunning) this.draws('power-down', MICROAMPS.magnetometerDown);
    else this.draws(['low power', 'medium', 'high', 'ultra-high'][registers.field('CTRL_REG1_M', 'OM')], MICROAMPS.magnetometer[registers.field('CTRL_REG1_M', 'OM')]);
  }

  private control(value: number): void {
    if ((value & 0x0c) !== 0) this.file.registers.reset();
    this.configure();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const digit = MGAUSS[registers.field('CTRL_REG2_M', 'FS')];
    const hadNew = registers.field('STATUS_REG_M', 'ZYXDA') !== 0;
    this.element.measure(at, 40, this.felt);
    const isTesting = registers.field('CTRL_REG1_M', 'ST') !== 0;
    const values = [0, 1, 2].map((axis) => int16(int16((this.felt[axis] + (isTesting ? SELF_TEST_MGAUSS[axis] : 0)) / digit) - this.offset(axis)));
    this.judge(values);
    if (registers.field('CTRL_REG5_M', 'BDU') === 0 || !this.halves.isHalfRead) this.show(values);
    registers.set('STATUS_REG_M', hadNew ? 0xff : 0x0f);
    // A single conversion returns to idle.
    if (registers.field('CTRL_REG3_M', 'MD') === 1) {
      registers.setField('CTRL_REG3_M', 'MD', 3);
      this.tellCurrent();
    }
    this.drdy.set(true, { activeHigh: true, openDrain: false });
  }

  /** Of the surroundings, in digits: taken away. */
  private offset(axis: number): number {
    const { registers } = this.file;
    return ((registers.peek(5 + 2 * axis, 1) | (registers.peek(6 + 2 * axis, 1) << 8)) << 16) >> 16;
  }

  private show(values: readonly number[]): void {
    const isBig = this.file.registers.field('CTRL_REG4_M', 'BLE') !== 0;
    this.outputs.forEach(([low, high], axis) => setBytes(isBig ? [high, low] : [low, high], values[axis]));
  }

  private judge(values: readonly number[]): void {
    const { registers } = this.file;
    if (registers.field('INT_CFG_M', 'IEN') === 0) return;
    const threshold = registers.get('INT_THS_L_M') | ((registers.get('INT_THS_H_M') & 0x7f) << 8);
    const source = magneticSource(values, registers.get('INT_CFG_M'), threshold);
    // IEL 0 latches.
    const isLatched = registers.field('INT_CFG_M', 'IEL') === 0;
    registers.set('INT_SRC_M', isLatched && source === 0 ? registers.get('INT_SRC_M') : source);
    this.updateInterrupt();
  }

  private updateInterrupt(): void {
    const { registers } = this.file;
    this.int.set(registers.field('INT_SRC_M', 'INT') !== 0, { activeHigh: registers.field('INT_CFG_M', 'IEA') !== 0, openDrain: false });
  }

  private afterRead(offset: number): void {
    this.halves.note(offset);
    if (offset === 0x31) {
      this.file.registers.set('INT_SRC_M', 0);
      this.watch();
    }
    if (offset < 0x28 || offset > 0x2d) return;
    const { registers } = this.file;
    if ((offset & 1) !== 0) {
      const axis = 0x11 << ((offset - 0x29) >> 1);
      registers.set('STATUS_REG_M', registers.get('STATUS_REG_M') & 0x77 & ~axis);
    }
    this.drdy.set((registers.get('STATUS_REG_M') & 0x0f) !== 0, { activeHigh: true, openDrain: false });
  }
}

export const LSM9DS1_PART = definePart({
  what: 'accelerometer, gyroscope and magnetometer',
  bus: 'i2c',
  addresses: [[0x6a, 0x6b], [0x1c, 0x1e]],
  pins: ['int1', 'int2', 'drdyM', 'intM'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'rotation.x', 'rotation.y', 'rotation.z', 'magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const draws = sumOf(context);
    const motion = new AccelerometerAndGyroscope(context, pin('int1'), pin('int2'), draws('accelerometer'));
    const magnetometer = new Magnetometer(context, pin('drdyM'), pin('intM'), draws('magnetometer'));
    const parts = together({ ...prefixed('motion', motion.parts), ...prefixed('magnetometer', magnetometer.parts) }, () => {
      motion.reset();
      magnetometer.reset();
    });
    return { targets: [motion.file, magnetometer.file], ...parts };
  },
});
