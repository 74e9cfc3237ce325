/**
 * InvenSense MPU-6050: accelerometer, gyroscope, thermometer, FIFO of 1024 bytes, master of an auxiliary I2C bus.
 * Sources: Register Map and Descriptions RM-MPU-6000A-00 rev 4.2, registers 13 to 117; for free fall, motion and zero motion
 * (registers 29 to 34, 97, 105), which that revision leaves out, rev 3.2. Product Specification PS-MPU-6000A-00 rev 3.4, 6.1
 * (gyroscope), 6.2 (accelerometer), 6.3 (currents). Offsets and their gains (registers 6 to 11, 19 to 24) are documented nowhere
 * but in drivers. Register layout, units of thresholds and durations, and rates are confirmed by i2cdevlib; currents and noise are
 * from memory of the specification.
 * The digital low-pass filter's order is not known: here it is the first. Not modelled: DMP, FSYNC, external clocks, the settling
 * of the gyroscope's drive and of the PLL.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { I2cBus } from '../wires/i2c-bus.js';
import { LowPass } from './filters.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { AuxiliaryMaster, ByteFifo, PassThrough, PulsedPin, type PulseSetup } from './invensense.js';
import { MotionDetector } from './mpu6050-motion.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status, without } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { clamped, MILLI_DPS, MILLI_G, VectorSensor } from './vector-sensor.js';

const FLAGS = { FF: 7, MOT: 6, ZMOT: 5, FIFO_OFLOW: 4, I2C_MST: 3, DATA_RDY: 0 } as const;
const INTERRUPTS = { FF: bit(7), MOT: bit(6), ZMOT: bit(5), FIFO_OFLOW: bit(4), I2C_MST: bit(3), DATA_RDY: bit(0) };
const SLAVE_ADDR = { RW: bit(7), ADDR: bits(0, 6) };
const SLAVE_CTRL = { EN: bit(7), BYTE_SW: bit(6), REG_DIS: bit(5), GRP: bit(4), LEN: bits(0, 3) };
/** Every part's own, from its factory: codes of self-test responses, in the middle of their ranges. */
const TRIM = { XA: 0x10, YA: 0x11, ZA: 0x0f, XG: 0x12, YG: 0x10, ZG: 0x11 } as const;
const trimByte = (a: number, g: number): { readonly reset: number } => ({ reset: ((a >> 2) << 5) | g });

export const MPU6050 = registerMap({
  XG_OFFS_TC:         without(0x00),
  YG_OFFS_TC:         without(0x01),
  ZG_OFFS_TC:         without(0x02),
  X_FINE_GAIN:        without(0x03),
  Y_FINE_GAIN:        without(0x04),
  Z_FINE_GAIN:        without(0x05),
  XA_OFFS_H:          byte(0x06),
  XA_OFFS_L:          byte(0x07),
  YA_OFFS_H:          byte(0x08),
  YA_OFFS_L:          byte(0x09),
  ZA_OFFS_H:          byte(0x0a),
  ZA_OFFS_L:          byte(0x0b),
  PRODUCT_ID:         without(0x0c),
  SELF_TEST_X:        status(0x0d, trimByte(TRIM.XA, TRIM.XG)),
  SELF_TEST_Y:        status(0x0e, trimByte(TRIM.YA, TRIM.YG)),
  SELF_TEST_Z:        status(0x0f, trimByte(TRIM.ZA, TRIM.ZG)),
  SELF_TEST_A:        status(0x10, { reset: ((TRIM.XA & 3) << 4) | ((TRIM.YA & 3) << 2) | (TRIM.ZA & 3) }),
  XG_OFFS_USRH:       byte(0x13),
  XG_OFFS_USRL:       byte(0x14),
  YG_OFFS_USRH:       byte(0x15),
  YG_OFFS_USRL:       byte(0x16),
  ZG_OFFS_USRH:       byte(0x17),
  ZG_OFFS_USRL:       byte(0x18),
  SMPLRT_DIV:         byte(0x19),
  CONFIG:             byte(0x1a, { fields: { EXT_SYNC_SET: bits(3, 5, { unmodelled: true }), DLPF_CFG: bits(0, 2) } }),
  GYRO_CONFIG:        byte(0x1b, { fields: { XG_ST: bit(7), YG_ST: bit(6), ZG_ST: bit(5), FS_SEL: bits(3, 4) } }),
  ACCEL_CONFIG:       byte(0x1c, { fields: { XA_ST: bit(7), YA_ST: bit(6), ZA_ST: bit(5), AFS_SEL: bits(3, 4), ACCEL_HPF: bits(0, 2) } }),
  FF_THR:             byte(0x1d),
  FF_DUR:             byte(0x1e),
  MOT_THR:            byte(0x1f),
  MOT_DUR:            byte(0x20),
  ZRMOT_THR:          byte(0x21),
  ZRMOT_DUR:          byte(0x22),
  FIFO_EN:            byte(0x23, { fields: { TEMP: bit(7), XG: bit(6), YG: bit(5), ZG: bit(4), ACCEL: bit(3), SLV2: bit(2), SLV1: bit(1), SLV0: bit(0) } }),
  I2C_MST_CTRL:       byte(0x24, { fields: { MULT_MST_EN: bit(7), WAIT_FOR_ES: bit(6), SLV_3_FIFO_EN: bit(5), I2C_MST_P_NSR: bit(4), I2C_MST_CLK: bits(0, 3) } }),
  I2C_SLV0_ADDR:      byte(0x25, { fields: SLAVE_ADDR }),
  I2C_SLV0_REG:       byte(0x26),
  I2C_SLV0_CTRL:      byte(0x27, { fields: SLAVE_CTRL }),
  I2C_SLV1_ADDR:      byte(0x28, { fields: SLAVE_ADDR }),
  I2C_SLV1_REG:       byte(0x29),
  I2C_SLV1_CTRL:      byte(0x2a, { fields: SLAVE_CTRL }),
  I2C_SLV2_ADDR:      byte(0x2b, { fields: SLAVE_ADDR }),
  I2C_SLV2_REG:       byte(0x2c),
  I2C_SLV2_CTRL:      byte(0x2d, { fields: SLAVE_CTRL }),
  I2C_SLV3_ADDR:      byte(0x2e, { fields: SLAVE_ADDR }),
  I2C_SLV3_REG:       byte(0x2f),
  I2C_SLV3_CTRL:      byte(0x30, { fields: SLAVE_CTRL }),
  I2C_SLV4_ADDR:      byte(0x31, { fields: SLAVE_ADDR }),
  I2C_SLV4_REG:       byte(0x32),
  I2C_SLV4_DO:        byte(0x33),
  I2C_SLV4_CTRL:      byte(0x34, { fields: { EN: bit(7), INT_EN: bit(6), REG_DIS: bit(5), I2C_MST_DLY: bits(0, 4) } }),
  I2C_SLV4_DI:        status(0x35),
  I2C_MST_STATUS:     status(0x36, { fields: { PASS_THROUGH: bit(7), SLV4_DONE: bit(6), LOST_ARB: bit(5), SLV4_NACK: bit(4), SLV3_NACK: bit(3), SLV2_NACK: bit(2), SLV1_NACK: bit(1), SLV0_NACK: bit(0) } }),
  INT_PIN_CFG:        byte(0x37, { fields: { INT_LEVEL: bit(7), INT_OPEN: bit(6), LATCH_INT_EN: bit(5), INT_RD_CLEAR: bit(4), FSYNC_INT_LEVEL: bit(3), FSYNC_INT_EN: bit(2, { unmodelled: true }), I2C_BYPASS_EN: bit(1) } }),
  INT_ENABLE:         byte(0x38, { fields: INTERRUPTS }),
  DMP_INT_STATUS:     status(0x39),
  INT_STATUS:         status(0x3a, { fields: INTERRUPTS }),
  SENSOR_DATA:        status(0x3b, { count: 14, stride: 1 }),
  EXT_SENS_DATA:      status(0x49, { count: 24, stride: 1 }),
  MOT_DETECT_STATUS:  status(0x61, { fields: { XNEG: bit(7), XPOS: bit(6), YNEG: bit(5), YPOS: bit(4), ZNEG: bit(3), ZPOS: bit(2), ZRMOT: bit(0) } }),
  I2C_SLV0_DO:        byte(0x63),
  I2C_SLV1_DO:        byte(0x64),
  I2C_SLV2_DO:        byte(0x65),
  I2C_SLV3_DO:        byte(0x66),
  I2C_MST_DELAY_CTRL: byte(0x67, { fields: { DELAY_ES_SHADOW: bit(7), SLV4_DLY_EN: bit(4), SLV3_DLY_EN: bit(3), SLV2_DLY_EN: bit(2), SLV1_DLY_EN: bit(1), SLV0_DLY_EN: bit(0) } }),
  SIGNAL_PATH_RESET:  byte(0x68, { kind: 'wo', fields: { GYRO_RESET: bit(2), ACCEL_RESET: bit(1), TEMP_RESET: bit(0) } }),
  MOT_DETECT_CTRL:    byte(0x69, { fields: { ACCEL_ON_DELAY: bits(4, 5), FF_COUNT: bits(2, 3), MOT_COUNT: bits(0, 1) } }),
  USER_CTRL:          byte(0x6a, { fields: { DMP_EN: bit(7, { unmodelled: true }), FIFO_EN: bit(6), I2C_MST_EN: bit(5), I2C_IF_DIS: bit(4), DMP_RESET: bit(3), FIFO_RESET: bit(2), I2C_MST_RESET: bit(1), SIG_COND_RESET: bit(0) } }),
  PWR_MGMT_1:         byte(0x6b, { reset: 0x40, fields: { DEVICE_RESET: bit(7), SLEEP: bit(6), CYCLE: bit(5), TEMP_DIS: bit(3), CLKSEL: bits(0, 2) } }),
  PWR_MGMT_2:         byte(0x6c, { fields: { LP_WAKE_CTRL: bits(6, 7), STBY_XA: bit(5), STBY_YA: bit(4), STBY_ZA: bit(3), STBY_XG: bit(2), STBY_YG: bit(1), STBY_ZG: bit(0) } }),
  BANK_SEL:           without(0x6d),
  MEM_START_ADDR:     without(0x6e),
  MEM_R_W:            without(0x6f),
  DMP_CFG_1:          without(0x70),
  DMP_CFG_2:          without(0x71),
  FIFO_COUNTH:        status(0x72),
  FIFO_COUNTL:        status(0x73),
  FIFO_R_W:           byte(0x74),
  WHO_AM_I:           status(0x75, { reset: 0x68 }),
});

/** Register 26: bandwidths in Hz by DLPF_CFG; 0 and 7 leave the filter out. */
const ACCEL_BANDWIDTH = [260, 184, 94, 44, 21, 10, 5, 260] as const;
const GYRO_BANDWIDTH = [256, 188, 98, 42, 20, 10, 5, 256] as const;
const [FAST_HZ, SLOW_HZ] = [8000, 1000];
/** Register 108: by LP_WAKE_CTRL. */
const WAKE_HZ = [1.25, 5, 20, 40] as const;
/** Specification 6.3, typical at 3.3 V; the last four by LP_WAKE_CTRL. */
const MICROAMPS = { sleep: 5, both: 3800, gyroscope: 3600, accelerometer: 500, cycle: [10, 20, 70, 140] } as const;
/** Specification 6.1 and 6.2; drift over temperature as its whole change over half its range. */
const ACCEL_XY = { noiseDensity: 0.4, offset: 50, offsetPerDegree: 35 / 45, sensitivity: 0.03 };
const ACCEL_ERRORS = [ACCEL_XY, ACCEL_XY, { ...ACCEL_XY, offset: 80, offsetPerDegree: 60 / 45 }];
const GYRO_ERRORS = { noiseDensity: 5, offset: 20_000, offsetPerDegree: 20_000 / 60, sensitivity: 0.03 };
/** Specification 6.5, with a gyroscope's PLL as the clock. */
const CLOCK_TOLERANCE = 0.01;
/** LSB per mg and mdps at the most sensitive range; each step halves it. */
const LSB_PER_MG = 16.384;
const LSB_PER_MDPS = 0.131;
/** Drivers' gains of the offset registers: mg of one count at 16 g, mdps of one at 1000 degrees/s. */
const OFFSET_MG = 1000 / 2048;
const OFFSET_MDPS = 1000 / 32.8;
/** Register 65: degrees Celsius = digits / 340 + 36.53. */
const DIGITS_PER_DEGREE = 340;
const ZERO_DIGITS_AT = 36.53;
const AXIS_BITS = [0x80, 0x40, 0x20] as const;
/** FIFO_EN: its bits and the bytes of SENSOR_DATA that they store, in the order of the registers. */
const FIFO_PARTS = [[0x08, 0, 6], [0x80, 6, 2], [0x40, 8, 2], [0x20, 10, 2], [0x10, 12, 2]] as const;

/** Registers 13 to 16: what self-test adds, in mg and mdps, from the factory's codes. */
const SELF_TEST_MG = [TRIM.XA, TRIM.YA, TRIM.ZA].map((code) => (4096 * 0.34 * (0.92 / 0.34) ** ((code - 1) / 30)) / 4.096);
const SELF_TEST_MDPS = [TRIM.XG, -TRIM.YG, TRIM.ZG].map((code) => Math.sign(code) * 25_000 * 1.046 ** (Math.abs(code) - 1));

class Mpu6050 {
  readonly file: RegisterFile<typeof MPU6050.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  readonly passThrough: PassThrough;
  private readonly sampler: Sampler;
  private readonly fifo = new ByteFifo(1024);
  private readonly filters = { acceleration: new LowPass(), rotation: new LowPass() };
  private readonly motion = new MotionDetector();
  private readonly master: AuxiliaryMaster;
  private readonly elements;
  private readonly felt = { acceleration: new Float64Array(3), rotation: new Float64Array(3) };
  /** What the next transaction shows: SENSOR_DATA and EXT_SENS_DATA, updated between transactions only. */
  private readonly latest = new Uint8Array(38);
  private readonly shown;
  /** Internal samples since the last output, and eighths of a millisecond since the last one of the accelerometer. */
  private divided = 0;
  private eighths = 0;
  private delay = 0;
  private readonly int: PulsedPin;

  constructor(private readonly context: PartContext, int: InterruptPin) {
    const { name, scheduler, warnings } = context;
    this.int = new PulsedPin(scheduler, int, () => this.pinSetup);
    const auxiliary = (): I2cBus | undefined => {
      const [sda, scl] = [context.pin('xda'), context.pin('xcl')];
      return sda && scl && I2cBus.on(sda, scl);
    };
    this.master = new AuxiliaryMaster(auxiliary);
    this.passThrough = new PassThrough(auxiliary, () => this.file.registers.field('INT_PIN_CFG', 'I2C_BYPASS_EN') !== 0 && this.file.registers.field('USER_CTRL', 'I2C_MST_EN') === 0);
    this.elements = { acceleration: new VectorSensor(context, 'acceleration', MILLI_G, ACCEL_ERRORS), rotation: new VectorSensor(context, 'rotation', MILLI_DPS, GYRO_ERRORS) };
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(MPU6050, {
      instance: name, warnings,
      // The FIFO's port is read again and again.
      next: (offset) => (offset === 0x74 ? offset : offset + 1),
      onStart: () => this.show(),
      onRead: { FIFO_COUNTH: () => this.fifo.level >> 8, FIFO_COUNTL: () => this.fifo.level & 0xff, FIFO_R_W: () => this.fifo.oldest },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        SMPLRT_DIV: configure, CONFIG: configure, INT_ENABLE: configure, INT_PIN_CFG: configure, PWR_MGMT_2: configure,
        PWR_MGMT_1: (value) => this.power(value), USER_CTRL: (value) => this.control(value), SIGNAL_PATH_RESET: () => this.resetPath(),
        FIFO_R_W: (value) => void this.fifo.push(value), I2C_SLV4_CTRL: configure,
      },
    });
    this.shown = [this.file.registers.storage('SENSOR_DATA'), this.file.registers.storage('EXT_SENS_DATA')];
    const own: Stateful = {
      reset: () => this.resetOwn(), snapshot: () => this.saveOwn(), restore: (from) => this.restoreOwn(from),
    };
    this.parts = { file: this.file, sampler: this.sampler, fifo: this.fifo, acceleration: this.filters.acceleration, rotation: this.filters.rotation, motion: this.motion, int: this.int, own };
  }

  /** After everything: what its supply's coming up begins with. */
  begin(): void {
    this.configure();
  }

  private resetOwn(): void {
    this.divided = this.eighths = this.delay = 0;
    this.latest.fill(0);
  }

  private saveOwn(): Snapshot {
    return { divided: this.divided, eighths: this.eighths, delay: this.delay, latest: [...this.latest] };
  }

  private restoreOwn(from: Snapshot): void {
    const { divided, eighths, delay, latest } = from;
    if (![divided, eighths, delay].every((n) => Number.isSafeInteger(n)) || !Array.isArray(latest) || latest.length !== this.latest.length) throw new Error('the snapshot is not of an MPU-6050');
    [this.divided, this.eighths, this.delay] = [divided, eighths, delay] as number[];
    this.latest.set(latest as number[]);
  }

  private get isCycling(): boolean { return this.file.registers.field('PWR_MGMT_1', 'CYCLE') !== 0; }
  private get filterChoice(): number { return this.file.registers.field('CONFIG', 'DLPF_CFG'); }
  private get isFiltered(): boolean { return this.filterChoice !== 0 && this.filterChoice !== 7; }

  private configure(): void {
    const { registers } = this.file;
    const isAsleep = registers.field('PWR_MGMT_1', 'SLEEP') !== 0;
    const divider = 1 + registers.get('SMPLRT_DIV');
    const running = this.isCycling ? rate(WAKE_HZ[registers.field('PWR_MGMT_2', 'LP_WAKE_CTRL')]) : this.isFiltered ? { num: SLOW_HZ, den: 1 } : { num: FAST_HZ, den: divider };
    this.sampler.run(isAsleep ? undefined : running);
    this.sampler.watch(this.int.isConnected && registers.get('INT_ENABLE') !== 0);
    this.tellCurrent(isAsleep);
    this.int.follow(this.isInterrupting);
  }

  private tellCurrent(isAsleep: boolean): void {
    const standby = this.file.registers.get('PWR_MGMT_2');
    const hasGyroscope = (standby & 7) !== 7;
    const hasAccelerometer = (standby & 0x38) !== 0x38;
    if (isAsleep) this.context.draws('sleep', MICROAMPS.sleep);
    else if (this.isCycling) this.context.draws(`accelerometer at ${WAKE_HZ[standby >> 6]} Hz`, MICROAMPS.cycle[standby >> 6]);
    else if (hasGyroscope && hasAccelerometer) this.context.draws('accelerometer and gyroscope', MICROAMPS.both);
    else if (hasGyroscope) this.context.draws('gyroscope', MICROAMPS.gyroscope);
    else this.context.draws('accelerometer', MICROAMPS.accelerometer);
  }

  private power(value: number): void {
    if ((value & 0x80) !== 0) {
      this.file.registers.reset();
      this.fifo.reset();
      this.motion.reset();
      this.resetPath();
      this.resetOwn();
    }
    this.configure();
  }

  private control(value: number): void {
    const { registers } = this.file;
    if ((value & 0x04) !== 0) this.fifo.reset();
    if ((value & 0x01) !== 0) this.clearData();
    registers.set('USER_CTRL', value & 0xf0);
    this.configure();
  }

  private clearData(): void {
    this.resetPath();
    this.latest.fill(0);
  }

  private resetPath(): void {
    this.filters.acceleration.reset();
    this.filters.rotation.reset();
  }

  /** One of the filter's samples: 1 kHz, or the output's own rate without a filter or in cycle mode. */
  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const divider = 1 + registers.get('SMPLRT_DIV');
    const isSlow = this.isFiltered || this.isCycling;
    this.eighths += isSlow ? 8 : divider;
    if (this.eighths >= 8) {
      this.eighths %= 8;
      this.feelAcceleration(at);
      if (this.motion.step(this.felt.acceleration, registers)) this.raiseMotion();
    }
    if (!this.isCycling) this.feelRotation(at);
    if (this.isFiltered && !this.isCycling && ++this.divided < divider) return;
    this.divided = 0;
    this.output(at);
  }

  private feelAcceleration(at: RootTicks): void {
    const { registers } = this.file;
    const { acceleration: felt } = this.felt;
    const bandwidth = ACCEL_BANDWIDTH[this.filterChoice];
    this.elements.acceleration.measure(at, bandwidth, felt);
    const test = registers.get('ACCEL_CONFIG');
    for (let axis = 0; axis < 3; axis++) {
      if ((test & AXIS_BITS[axis]) !== 0) felt[axis] += SELF_TEST_MG[axis];
      felt[axis] += OFFSET_MG * (this.signedPair(0x06 + 2 * axis) & ~1);
    }
    if (this.isFiltered && !this.isCycling) felt.set(this.filters.acceleration.pass(felt, bandwidth / SLOW_HZ));
  }

  private feelRotation(at: RootTicks): void {
    const { registers } = this.file;
    const { rotation: felt } = this.felt;
    const bandwidth = GYRO_BANDWIDTH[this.filterChoice];
    this.elements.rotation.measure(at, bandwidth, felt);
    const test = registers.get('GYRO_CONFIG');
    for (let axis = 0; axis < 3; axis++) {
      if ((test & AXIS_BITS[axis]) !== 0) felt[axis] += SELF_TEST_MDPS[axis];
      felt[axis] += OFFSET_MDPS * this.signedPair(0x13 + 2 * axis);
    }
    if (this.isFiltered) felt.set(this.filters.rotation.pass(felt, bandwidth / SLOW_HZ));
  }

  private signedPair(offset: number): number {
    const { registers } = this.file;
    return (((registers.peek(offset, 1) << 8) | registers.peek(offset + 1, 1)) << 16) >> 16;
  }

  private output(at: RootTicks): void {
    const { registers } = this.file;
    const standby = registers.get('PWR_MGMT_2');
    const perMg = LSB_PER_MG / 2 ** registers.field('ACCEL_CONFIG', 'AFS_SEL');
    const perMdps = LSB_PER_MDPS / 2 ** registers.field('GYRO_CONFIG', 'FS_SEL');
    for (let axis = 0; axis < 3; axis++) {
      if ((standby & (0x20 >> axis)) === 0) this.put(2 * axis, clamped(this.felt.acceleration[axis] * perMg, 16));
      if ((standby & (4 >> axis)) === 0 && !this.isCycling) this.put(8 + 2 * axis, clamped(this.felt.rotation[axis] * perMdps, 16));
    }
    if (registers.field('PWR_MGMT_1', 'TEMP_DIS') === 0) this.put(6, clamped((this.context.world.value('temperature', at) - ZERO_DIGITS_AT) * DIGITS_PER_DEGREE, 16));
    const stored = this.serveSlaves();
    if (registers.field('USER_CTRL', 'FIFO_EN') !== 0) this.store(stored);
    this.raise(1 << FLAGS.DATA_RDY);
  }

  private put(position: number, value: number): void {
    this.latest[position] = value >> 8;
    this.latest[position + 1] = value;
  }

  /** @returns bytes of the slaves whose data go into the FIFO */
  private serveSlaves(): readonly number[] {
    const { registers } = this.file;
    if (registers.field('USER_CTRL', 'I2C_MST_EN') === 0) return [];
    const isDelayed = this.delay > 0;
    this.delay = isDelayed ? this.delay - 1 : registers.field('I2C_SLV4_CTRL', 'I2C_MST_DLY');
    const slaves = [0, 1, 2, 3].map((slave) => {
      const at = 0x25 + 3 * slave;
      return { address: registers.peek(at, 1), register: registers.peek(at + 1, 1), control: registers.peek(at + 2, 1), output: registers.peek(0x63 + slave, 1) };
    });
    const { nacks, places } = this.master.serveAll(slaves, (slave) => !isDelayed || ((registers.get('I2C_MST_DELAY_CTRL') >> slave) & 1) === 0, this.latest, 14);
    registers.set('I2C_MST_STATUS', registers.get('I2C_MST_STATUS') | nacks);
    const isStored = (slave: number): boolean => (slave < 3 ? ((registers.get('FIFO_EN') >> slave) & 1) !== 0 : registers.field('I2C_MST_CTRL', 'SLV_3_FIFO_EN') !== 0);
    const stored = places.flatMap(([begin, end], slave) => (isStored(slave) ? [...this.latest.subarray(begin, end)] : []));
    this.serveSlave4();
    return stored;
  }

  /** Slave 4: one byte, once. */
  private serveSlave4(): void {
    const { registers } = this.file;
    if (registers.field('I2C_SLV4_CTRL', 'EN') === 0) return;
    const control = 0x81 | (registers.field('I2C_SLV4_CTRL', 'REG_DIS') << 5);
    const bytes = this.master.serve({ address: registers.get('I2C_SLV4_ADDR'), register: registers.get('I2C_SLV4_REG'), control, output: registers.get('I2C_SLV4_DO') });
    if (bytes?.length === 1) registers.set('I2C_SLV4_DI', bytes[0]);
    registers.setField('I2C_SLV4_CTRL', 'EN', 0);
    registers.set('I2C_MST_STATUS', registers.get('I2C_MST_STATUS') | (bytes === undefined ? 0x50 : 0x40));
    if (registers.field('I2C_SLV4_CTRL', 'INT_EN') !== 0) this.raise(1 << FLAGS.I2C_MST);
  }

  private store(slaves: readonly number[]): void {
    const enabled = this.file.registers.get('FIFO_EN');
    let isLost = false;
    for (const [mask, from, count] of FIFO_PARTS) {
      if ((enabled & mask) === 0) continue;
      for (let n = 0; n < count; n++) isLost = !this.fifo.push(this.latest[from + n]) || isLost;
    }
    for (const stored of slaves) isLost = !this.fifo.push(stored) || isLost;
    if (isLost) this.raise(1 << FLAGS.FIFO_OFLOW);
  }

  private raiseMotion(): void {
    const { motion } = this;
    this.file.registers.set('MOT_DETECT_STATUS', motion.status);
    this.raise((motion.isFalling ? 1 << FLAGS.FF : 0) | (motion.hasMoved ? 1 << FLAGS.MOT : 0) | (motion.hasStilled ? 1 << FLAGS.ZMOT : 0));
  }

  /** Registers stand still while they are read. */
  private show(): void {
    this.sampler.catchUp();
    const [data, external] = this.shown;
    for (let n = 0; n < 14; n++) data[n] = this.latest[n];
    for (let n = 0; n < 24; n++) external[n] = this.latest[14 + n];
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    if (offset === 0x74) this.fifo.shift();
    if (offset === 0x36) registers.set('I2C_MST_STATUS', 0);
    if (offset === 0x61) registers.set('MOT_DETECT_STATUS', registers.get('MOT_DETECT_STATUS') & 1);
    if (offset !== 0x3a && registers.field('INT_PIN_CFG', 'INT_RD_CLEAR') === 0) return;
    registers.set('INT_STATUS', 0);
    this.int.follow(false);
  }

  private get isInterrupting(): boolean {
    const { registers } = this.file;
    return (registers.get('INT_STATUS') & registers.get('INT_ENABLE')) !== 0;
  }

  private raise(flags: number): void {
    const { registers } = this.file;
    registers.set('INT_STATUS', registers.get('INT_STATUS') | flags);
    if ((flags & registers.get('INT_ENABLE')) !== 0) this.int.raise();
  }

  private get pinSetup(): PulseSetup {
    const { registers } = this.file;
    return { activeHigh: registers.field('INT_PIN_CFG', 'INT_LEVEL') === 0, openDrain: registers.field('INT_PIN_CFG', 'INT_OPEN') !== 0, isLatched: registers.field('INT_PIN_CFG', 'LATCH_INT_EN') !== 0 };
  }
}

export const MPU6050_PART = definePart({
  what: 'accelerometer, gyroscope, thermometer', bus: 'i2c', addresses: [[0x68, 0x69]], pins: ['int', 'xda', 'xcl'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'rotation.x', 'rotation.y', 'rotation.z', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const part = new Mpu6050(context, new InterruptPin(`${context.name} int`, context.pin('int')));
    return { targets: [part.file], listeners: [part.passThrough], ...together(part.parts, () => part.begin()) };
  },
});
