/**
 * TDK InvenSense ICM-20948: accelerometer, gyroscope, thermometer, and an AK09916 magnetometer behind its I2C master or bypass.
 * Source: ICM-20948 data sheet DS-000189 rev 1.3: chapters 3 (figures), 4 (FIFO, interrupts), 7 to 11 (registers of banks 0 to 3).
 * Layout is confirmed by SparkFun's driver; currents, noise and bandwidths are from memory. Registers of bank n stand at n * 0x80 here;
 * REG_BANK_SEL is one for all. Filters are of the first order. Not modelled: DMP, FSYNC, the rates of 4.5 and 9 kHz without
 * filter (they run at 1125 Hz, unfiltered), averaging in low-power mode, ODR_ALIGN_EN, parts of the board on the auxiliary pins.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { I2cBus } from '../wires/i2c-bus.js';
import { Net } from '../wires/net.js';
import { Ak09916 } from './ak09916.js';
import { LowPass } from './filters.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { AuxiliaryMaster, ByteFifo, PassThrough, PulsedPin, type PulseSetup } from './invensense.js';
import { definePart, prefixed, sumOf, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status, without } from './register-file.js';
import { Sampler } from './sampler.js';
import { SpiRegisters, type SpiCommand } from './spi-registers.js';
import { clamped, MILLI_DPS, MILLI_G, VectorSensor } from './vector-sensor.js';

const [BANK_1, BANK_2, BANK_3] = [0x80, 0x100, 0x180];
const SLAVE_ADDR = { RNW: bit(7), ID: bits(0, 6) };
const SLAVE_CTRL = { EN: bit(7), BYTE_SW: bit(6), REG_DIS: bit(5), GRP: bit(4), LENG: bits(0, 3) };
/** Codes of the self-test responses, as a factory leaves them. */
const TRIM = 0x40;

export const ICM20948 = registerMap({
  WHO_AM_I:           status(0x00, { reset: 0xea }),
  USER_CTRL:          byte(0x03, { fields: { DMP_EN: bit(7, { unmodelled: true }), FIFO_EN: bit(6), I2C_MST_EN: bit(5), I2C_IF_DIS: bit(4), DMP_RST: bit(3), SRAM_RST: bit(2), I2C_MST_RST: bit(1) } }),
  LP_CONFIG:          byte(0x05, { reset: 0x40, fields: { I2C_MST_CYCLE: bit(6), ACCEL_CYCLE: bit(5), GYRO_CYCLE: bit(4) } }),
  PWR_MGMT_1:         byte(0x06, { reset: 0x41, fields: { DEVICE_RESET: bit(7), SLEEP: bit(6), LP_EN: bit(5), TEMP_DIS: bit(3), CLKSEL: bits(0, 2) } }),
  PWR_MGMT_2:         byte(0x07, { fields: { DISABLE_ACCEL: bits(3, 5), DISABLE_GYRO: bits(0, 2) } }),
  INT_PIN_CFG:        byte(0x0f, { fields: { INT1_ACTL: bit(7), INT1_OPEN: bit(6), INT1_LATCH_EN: bit(5), INT_ANYRD_2CLEAR: bit(4), ACTL_FSYNC: bit(3), FSYNC_INT_MODE_EN: bit(2, { unmodelled: true }), BYPASS_EN: bit(1) } }),
  INT_ENABLE:         byte(0x10, { fields: { REG_WOF_EN: bit(7, { unmodelled: true }), WOM_INT_EN: bit(3), PLL_RDY_EN: bit(2), DMP_INT1_EN: bit(1, { unmodelled: true }), I2C_MST_INT_EN: bit(0) } }),
  INT_ENABLE_1:       byte(0x11, { fields: { RAW_DATA_0_RDY_EN: bit(0) } }),
  INT_ENABLE_2:       byte(0x12, { fields: { FIFO_OVERFLOW_EN: bits(0, 4) } }),
  INT_ENABLE_3:       byte(0x13, { fields: { FIFO_WM_EN: bits(0, 4, { unmodelled: true }) } }),
  I2C_MST_STATUS:     status(0x17, { fields: { PASS_THROUGH: bit(7), SLV4_DONE: bit(6), LOST_ARB: bit(5), SLV4_NACK: bit(4), SLV3_NACK: bit(3), SLV2_NACK: bit(2), SLV1_NACK: bit(1), SLV0_NACK: bit(0) } }),
  DMP_INT_STATUS:     status(0x18),
  INT_STATUS:         status(0x19, { fields: { WOM_INT: bit(3), PLL_RDY_INT: bit(2), DMP_INT1: bit(1), I2C_MST_INT: bit(0) } }),
  INT_STATUS_1:       status(0x1a, { fields: { RAW_DATA_0_RDY_INT: bit(0) } }),
  INT_STATUS_2:       status(0x1b, { fields: { FIFO_OVERFLOW_INT: bits(0, 4) } }),
  INT_STATUS_3:       status(0x1c, { fields: { FIFO_WM_INT: bits(0, 4) } }),
  SINGLE_FIFO_PRIORITY_SEL: without(0x26),
  DELAY_TIMEH:        status(0x28),
  DELAY_TIMEL:        status(0x29),
  SENSOR_DATA:        status(0x2d, { count: 14, stride: 1 }),
  EXT_SLV_SENS_DATA:  status(0x3b, { count: 24, stride: 1 }),
  TEMP_CONFIG_0:      without(0x53),
  FIFO_EN_1:          byte(0x66, { fields: { SLV_3: bit(3), SLV_2: bit(2), SLV_1: bit(1), SLV_0: bit(0) } }),
  FIFO_EN_2:          byte(0x67, { fields: { ACCEL: bit(4), GYRO_Z: bit(3), GYRO_Y: bit(2), GYRO_X: bit(1), TEMP: bit(0) } }),
  FIFO_RST:           byte(0x68, { fields: { FIFO_RESET: bits(0, 4) } }),
  FIFO_MODE:          byte(0x69, { fields: { FIFO_MODE: bits(0, 4) } }),
  FIFO_COUNTH:        status(0x70),
  FIFO_COUNTL:        status(0x71),
  FIFO_R_W:           byte(0x72),
  DATA_RDY_STATUS:    status(0x74, { fields: { WOF_STATUS: bit(7), RAW_DATA_RDY: bits(0, 3) } }),
  HW_FIX_DISABLE:     without(0x75),
  FIFO_CFG:           byte(0x76, { fields: { FIFO_CFG: bit(0) } }),
  MEM_START_ADDR:     without(0x7c),
  MEM_R_W:            without(0x7d),
  MEM_BANK_SEL:       without(0x7e),
  REG_BANK_SEL:       byte(0x7f, { fields: { USER_BANK: bits(4, 5) } }),
  SELF_TEST_GYRO:     status(BANK_1 + 0x02, { count: 3, stride: 1, reset: TRIM }),
  SELF_TEST_ACCEL:    status(BANK_1 + 0x0e, { count: 3, stride: 1, reset: TRIM }),
  XA_OFFS_H:          byte(BANK_1 + 0x14),
  XA_OFFS_L:          byte(BANK_1 + 0x15),
  YA_OFFS_H:          byte(BANK_1 + 0x17),
  YA_OFFS_L:          byte(BANK_1 + 0x18),
  ZA_OFFS_H:          byte(BANK_1 + 0x1a),
  ZA_OFFS_L:          byte(BANK_1 + 0x1b),
  TIMEBASE_CORRECTION_PLL: without(BANK_1 + 0x28),
  GYRO_SMPLRT_DIV:    byte(BANK_2 + 0x00),
  GYRO_CONFIG_1:      byte(BANK_2 + 0x01, { reset: 0x01, fields: { GYRO_DLPFCFG: bits(3, 5), GYRO_FS_SEL: bits(1, 2), GYRO_FCHOICE: bit(0) } }),
  GYRO_CONFIG_2:      byte(BANK_2 + 0x02, { fields: { XGYRO_CTEN: bit(5), YGYRO_CTEN: bit(4), ZGYRO_CTEN: bit(3), GYRO_AVGCFG: bits(0, 2) } }),
  XG_OFFS_USRH:       byte(BANK_2 + 0x03),
  XG_OFFS_USRL:       byte(BANK_2 + 0x04),
  YG_OFFS_USRH:       byte(BANK_2 + 0x05),
  YG_OFFS_USRL:       byte(BANK_2 + 0x06),
  ZG_OFFS_USRH:       byte(BANK_2 + 0x07),
  ZG_OFFS_USRL:       byte(BANK_2 + 0x08),
  ODR_ALIGN_EN:       without(BANK_2 + 0x09),
  ACCEL_SMPLRT_DIV_1: byte(BANK_2 + 0x10, { fields: { HIGH: bits(0, 3) } }),
  ACCEL_SMPLRT_DIV_2: byte(BANK_2 + 0x11),
  ACCEL_INTEL_CTRL:   byte(BANK_2 + 0x12, { fields: { ACCEL_INTEL_EN: bit(1), ACCEL_INTEL_MODE_INT: bit(0) } }),
  ACCEL_WOM_THR:      byte(BANK_2 + 0x13),
  ACCEL_CONFIG:       byte(BANK_2 + 0x14, { reset: 0x01, fields: { ACCEL_DLPFCFG: bits(3, 5), ACCEL_FS_SEL: bits(1, 2), ACCEL_FCHOICE: bit(0) } }),
  ACCEL_CONFIG_2:     byte(BANK_2 + 0x15, { fields: { AX_ST_EN_REG: bit(4), AY_ST_EN_REG: bit(3), AZ_ST_EN_REG: bit(2), DEC3_CFG: bits(0, 1) } }),
  PRS_ODR_CONFIG:     without(BANK_2 + 0x20),
  PRGM_START_ADDRH:   without(BANK_2 + 0x50),
  PRGM_START_ADDRL:   without(BANK_2 + 0x51),
  FSYNC_CONFIG:       without(BANK_2 + 0x52),
  TEMP_CONFIG:        byte(BANK_2 + 0x53, { fields: { TEMP_DLPFCFG: bits(0, 2) } }),
  MOD_CTRL_USR:       without(BANK_2 + 0x54, 0x03),
  I2C_MST_ODR_CONFIG: byte(BANK_3 + 0x00, { fields: { I2C_MST_ODR: bits(0, 3) } }),
  I2C_MST_CTRL:       byte(BANK_3 + 0x01, { fields: { MULT_MST_EN: bit(7), I2C_MST_P_NSR: bit(4), I2C_MST_CLK: bits(0, 3) } }),
  I2C_MST_DELAY_CTRL: byte(BANK_3 + 0x02, { fields: { DELAY_ES_SHADOW: bit(7), SLV4_DELAY_EN: bit(4), SLV3_DELAY_EN: bit(3), SLV2_DELAY_EN: bit(2), SLV1_DELAY_EN: bit(1), SLV0_DELAY_EN: bit(0) } }),
  I2C_SLV_ADDR:       byte(BANK_3 + 0x03, { count: 4, stride: 4, fields: SLAVE_ADDR }),
  I2C_SLV_REG:        byte(BANK_3 + 0x04, { count: 4, stride: 4 }),
  I2C_SLV_CTRL:       byte(BANK_3 + 0x05, { count: 4, stride: 4, fields: SLAVE_CTRL }),
  I2C_SLV_DO:         byte(BANK_3 + 0x06, { count: 4, stride: 4 }),
  I2C_SLV4_ADDR:      byte(BANK_3 + 0x13, { fields: SLAVE_ADDR }),
  I2C_SLV4_REG:       byte(BANK_3 + 0x14),
  I2C_SLV4_CTRL:      byte(BANK_3 + 0x15, { fields: { EN: bit(7), INT_EN: bit(6), REG_DIS: bit(5), DLY: bits(0, 4) } }),
  I2C_SLV4_DO:        byte(BANK_3 + 0x16),
  I2C_SLV4_DI:        status(BANK_3 + 0x17),
});

const RATE = { num: 1125, den: 1 } as const;
/** Tables 16 and 18: bandwidths in Hz by DLPFCFG. */
const ACCEL_BANDWIDTH = [246, 246, 111.4, 50.4, 23.9, 11.5, 5.7, 473] as const;
const GYRO_BANDWIDTH = [196.6, 151.8, 119.5, 51.2, 23.9, 11.6, 5.7, 361.4] as const;
/** Tables 1 and 2. */
const ACCEL_ERRORS = { noiseDensity: 0.23, offset: 25, offsetPerDegree: 0.8, sensitivity: 0.005 };
const GYRO_ERRORS = { noiseDensity: 15, offset: 5000, offsetPerDegree: 50, sensitivity: 0.015 };
const CLOCK_TOLERANCE = 0.01;
const MICROAMPS = { sleep: 8, accelerometer: 760, gyroscope: 2670, both: 3020, lowPower: 68.9 } as const;
const LSB_PER_MG = 16.384;
const LSB_PER_MDPS = 0.131;
const OFFSET_MDPS = 1000 / 32.8;
const OFFSET_MG = 1000 / 2048;
const WOM_MG = 4;
const DIGITS_PER_DEGREE = 333.87;
const ZERO_DIGITS_AT = 21;
/** The response that a trim code stands for, as with its predecessors: 2620 digits at 16 times full gain, 1 % a step. */
const SELF_TEST_LSB = 2620 * 1.01 ** (TRIM - 1);
const FIFO_BYTES = 512;
const FIFO_PARTS = [[0x10, 0, 6], [0x02, 6, 2], [0x04, 8, 2], [0x08, 10, 2], [0x01, 12, 2]] as const;
const [FIFO_R_W, REG_BANK_SEL] = [0x72, 0x7f];

class Icm20948 {
  readonly file: RegisterFile<typeof ICM20948.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  readonly passThrough: PassThrough;
  private readonly bus: I2cBus;
  private readonly magnetometer: Ak09916;
  private readonly sampler: Sampler;
  private readonly fifo = new ByteFifo(FIFO_BYTES);
  private readonly filters = { acceleration: new LowPass(), rotation: new LowPass() };
  private readonly elements;
  private readonly felt = { acceleration: new Float64Array(3), rotation: new Float64Array(3), before: new Float64Array(3) };
  private readonly latest = new Uint8Array(38);
  private readonly master: AuxiliaryMaster;
  private readonly int: PulsedPin;
  private readonly draws: (state: string, microamps: number, at?: RootTicks) => void;
  /** Samples of 1125 Hz since each one's last output. */
  private divided = { acceleration: 0, rotation: 0 };
  private delay = 0;

  constructor(private readonly context: PartContext, int: InterruptPin) {
    const { name, scheduler, warnings } = context;
    const sum = sumOf(context);
    this.draws = sum('motion');
    this.bus = new I2cBus(scheduler, new Net(`${name} AUX_DA`, scheduler), new Net(`${name} AUX_CL`, scheduler), { isBare: true, pullUps: false });
    this.magnetometer = new Ak09916(context, sum('magnetometer'));
    this.bus.attach(this.magnetometer.file, { address: 0x0c });
    this.master = new AuxiliaryMaster(() => this.bus);
    this.passThrough = new PassThrough(() => this.bus, () => this.file.registers.field('INT_PIN_CFG', 'BYPASS_EN') !== 0 && this.file.registers.field('USER_CTRL', 'I2C_MST_EN') === 0);
    this.elements = { acceleration: new VectorSensor(context, 'acceleration', MILLI_G, ACCEL_ERRORS), rotation: new VectorSensor(context, 'rotation', MILLI_DPS, GYRO_ERRORS) };
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    this.int = new PulsedPin(scheduler, int, () => this.pinSetup);
    const configure = (): void => this.configure();
    this.file = new RegisterFile(ICM20948, {
      instance: name, warnings, size: 4 * 0x80,
      choose: (first) => ({ offset: this.inBank(first & 0x7f), increments: true }),
      next: (offset) => (offset === FIFO_R_W ? offset : this.inBank((offset + 1) & 0x7f)),
      onStart: () => this.show(),
      onRead: { FIFO_COUNTH: () => this.fifo.level >> 8, FIFO_COUNTL: () => this.fifo.level & 0xff, FIFO_R_W: () => this.fifo.oldest },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        USER_CTRL: (value) => this.control(value), PWR_MGMT_1: (value) => this.power(value), PWR_MGMT_2: configure, LP_CONFIG: configure, INT_PIN_CFG: configure,
        INT_ENABLE: configure, INT_ENABLE_1: configure, INT_ENABLE_2: configure, FIFO_RST: (value) => { if (value !== 0) this.fifo.reset(); }, FIFO_R_W: (value) => void this.fifo.push(value),
      },
    });
    const own: Stateful = { reset: () => this.resetOwn(), snapshot: () => this.saveOwn(), restore: (from) => this.restoreOwn(from) };
    this.parts = {
      file: this.file, sampler: this.sampler, fifo: this.fifo, acceleration: this.filters.acceleration, rotation: this.filters.rotation, int: this.int, bus: this.bus, own,
      ...prefixed('magnetometer', this.magnetometer.parts),
    };
  }

  /** After the parts. */
  begin(): void {
    this.magnetometer.reset();
    this.configure();
  }

  spiCommand(first: number): SpiCommand {
    return { offset: this.inBank(first & 0x7f), isRead: (first & 0x80) !== 0, increments: true };
  }

  private inBank(register: number): number {
    return register === REG_BANK_SEL ? register : this.file.registers.field('REG_BANK_SEL', 'USER_BANK') * 0x80 + register;
  }

  private resetOwn(): void {
    this.divided = { acceleration: 0, rotation: 0 };
    this.delay = 0;
    this.latest.fill(0);
    this.felt.before.fill(NaN);
  }

  private saveOwn(): Snapshot {
    const before = [...this.felt.before];
    return { divided: [this.divided.acceleration, this.divided.rotation], delay: this.delay, latest: [...this.latest], before: before.some(Number.isNaN) ? null : before };
  }

  private restoreOwn(from: Snapshot): void {
    const { divided, delay, latest, before } = from;
    const fits = Array.isArray(divided) && divided.length === 2 && [divided[0], divided[1], delay].every((n) => Number.isSafeInteger(n)) && Array.isArray(latest) && latest.length === this.latest.length
      && (before === null || (Array.isArray(before) && before.length === 3));
    if (!fits) throw new Error('the snapshot is not of an ICM-20948');
    this.divided = { acceleration: divided[0] as number, rotation: divided[1] as number };
    this.delay = delay as number;
    this.latest.set(latest as number[]);
    this.felt.before.set(before === null ? [NaN, NaN, NaN] : (before as number[]));
  }

  private get hasAccelerometer(): boolean { return this.file.registers.field('PWR_MGMT_2', 'DISABLE_ACCEL') !== 7; }
  private get hasGyroscope(): boolean { return this.file.registers.field('PWR_MGMT_2', 'DISABLE_GYRO') !== 7; }

  private configure(): void {
    const { registers } = this.file;
    const isAsleep = registers.field('PWR_MGMT_1', 'SLEEP') !== 0;
    this.sampler.run(isAsleep || !(this.hasAccelerometer || this.hasGyroscope) ? undefined : RATE);
    const enabled = registers.get('INT_ENABLE') | registers.get('INT_ENABLE_1') | registers.get('INT_ENABLE_2');
    this.sampler.watch(this.int.isConnected && enabled !== 0);
    const isLowPower = registers.field('PWR_MGMT_1', 'LP_EN') !== 0 && registers.field('LP_CONFIG', 'ACCEL_CYCLE') !== 0;
    if (isAsleep) this.draws('sleep', MICROAMPS.sleep);
    else if (this.hasGyroscope && this.hasAccelerometer) this.draws('accelerometer and gyroscope', MICROAMPS.both);
    else if (this.hasGyroscope) this.draws('gyroscope', MICROAMPS.gyroscope);
    else this.draws(isLowPower ? 'accelerometer, low power' : 'accelerometer', isLowPower ? MICROAMPS.lowPower : MICROAMPS.accelerometer);
    this.int.follow(this.isInterrupting);
  }

  private power(value: number): void {
    if ((value & 0x80) !== 0) {
      this.file.registers.reset();
      this.fifo.reset();
      this.filters.acceleration.reset();
      this.filters.rotation.reset();
      this.resetOwn();
    }
    this.configure();
  }

  private control(value: number): void {
    if ((value & 0x04) !== 0) this.fifo.reset();
    this.file.registers.set('USER_CTRL', value & 0xf0);
    this.configure();
  }

  /** 1125 times a second; each element gives one of so many as its divider says. */
  private sample(at: RootTicks): void {
    const { registers } = this.file;
    let fresh = 0;
    if (this.hasAccelerometer) {
      this.feelAcceleration(at);
      if (++this.divided.acceleration > ((registers.field('ACCEL_SMPLRT_DIV_1', 'HIGH') << 8) | registers.get('ACCEL_SMPLRT_DIV_2'))) fresh |= 1;
    }
    if (this.hasGyroscope) {
      this.feelRotation(at);
      if (++this.divided.rotation > registers.get('GYRO_SMPLRT_DIV')) fresh |= 2;
    }
    if (fresh !== 0) this.output(fresh, at);
  }

  private feelAcceleration(at: RootTicks): void {
    const { registers } = this.file;
    const { acceleration: felt } = this.felt;
    const bandwidth = ACCEL_BANDWIDTH[registers.field('ACCEL_CONFIG', 'ACCEL_DLPFCFG')];
    this.elements.acceleration.measure(at, bandwidth, felt);
    const test = registers.get('ACCEL_CONFIG_2');
    for (let axis = 0; axis < 3; axis++) {
      if ((test & (0x10 >> axis)) !== 0) felt[axis] += SELF_TEST_LSB / LSB_PER_MG;
      felt[axis] += OFFSET_MG * (this.signedPair(BANK_1 + 0x14 + 3 * axis) >> 1);
    }
    if (registers.field('ACCEL_CONFIG', 'ACCEL_FCHOICE') !== 0) felt.set(this.filters.acceleration.pass(felt, bandwidth / RATE.num));
  }

  private feelRotation(at: RootTicks): void {
    const { registers } = this.file;
    const { rotation: felt } = this.felt;
    const bandwidth = GYRO_BANDWIDTH[registers.field('GYRO_CONFIG_1', 'GYRO_DLPFCFG')];
    this.elements.rotation.measure(at, bandwidth, felt);
    const test = registers.get('GYRO_CONFIG_2');
    for (let axis = 0; axis < 3; axis++) {
      if ((test & (0x20 >> axis)) !== 0) felt[axis] += SELF_TEST_LSB / LSB_PER_MDPS;
      felt[axis] += OFFSET_MDPS * this.signedPair(BANK_2 + 0x03 + 2 * axis);
    }
    if (registers.field('GYRO_CONFIG_1', 'GYRO_FCHOICE') !== 0) felt.set(this.filters.rotation.pass(felt, bandwidth / RATE.num));
  }

  private signedPair(offset: number): number {
    const { registers } = this.file;
    return (((registers.peek(offset, 1) << 8) | registers.peek(offset + 1, 1)) << 16) >> 16;
  }

  private output(fresh: number, at: RootTicks): void {
    const { registers } = this.file;
    const perMg = LSB_PER_MG / 2 ** registers.field('ACCEL_CONFIG', 'ACCEL_FS_SEL');
    const perMdps = LSB_PER_MDPS / 2 ** registers.field('GYRO_CONFIG_1', 'GYRO_FS_SEL');
    for (let axis = 0; axis < 3; axis++) {
      if ((fresh & 1) !== 0) this.put(2 * axis, clamped(this.felt.acceleration[axis] * perMg, 16));
      if ((fresh & 2) !== 0) this.put(6 + 2 * axis, clamped(this.felt.rotation[axis] * perMdps, 16));
    }
    if (registers.field('PWR_MGMT_1', 'TEMP_DIS') === 0) this.put(12, clamped((this.context.world.value('temperature', at) - ZERO_DIGITS_AT) * DIGITS_PER_DEGREE, 16));
    if ((fresh & 1) !== 0) {
      this.divided.acceleration = 0;
      this.judgeMotion();
    }
    if ((fresh & 2) !== 0) this.divided.rotation = 0;
    const stored = this.serveSlaves();
    if (registers.field('USER_CTRL', 'FIFO_EN') !== 0) this.store(fresh, stored);
    registers.set('DATA_RDY_STATUS', 1);
    this.raise('INT_STATUS_1', 1, registers.get('INT_ENABLE_1'));
  }

  private put(position: number, value: number): void {
    this.latest[position] = value >> 8;
    this.latest[position + 1] = value;
  }

  /** Wake on motion: a sample that differs from the one before it by more than 4 mg a step. */
  private judgeMotion(): void {
    const { registers } = this.file;
    const { acceleration, before } = this.felt;
    const threshold = registers.get('ACCEL_WOM_THR') * WOM_MG;
    const hasMoved = acceleration.some((value, axis) => Math.abs(value - before[axis]) > threshold);
    const isFirst = Number.isNaN(before[0]);
    if (registers.field('ACCEL_INTEL_CTRL', 'ACCEL_INTEL_MODE_INT') !== 0 || isFirst) before.set(acceleration);
    if (registers.field('ACCEL_INTEL_CTRL', 'ACCEL_INTEL_EN') !== 0 && hasMoved) this.raise('INT_STATUS', 0x08, registers.get('INT_ENABLE'));
  }

  private serveSlaves(): readonly number[] {
    const { registers } = this.file;
    if (registers.field('USER_CTRL', 'I2C_MST_EN') === 0) return [];
    const isDelayed = this.delay > 0;
    this.delay = isDelayed ? this.delay - 1 : registers.field('I2C_SLV4_CTRL', 'DLY');
    const slaves = [0, 1, 2, 3].map((slave) => ({ address: registers.get('I2C_SLV_ADDR', slave), register: registers.get('I2C_SLV_REG', slave), control: registers.get('I2C_SLV_CTRL', slave), output: registers.get('I2C_SLV_DO', slave) }));
    const { nacks, places } = this.master.serveAll(slaves, (slave) => !isDelayed || ((registers.get('I2C_MST_DELAY_CTRL') >> slave) & 1) === 0, this.latest, 14);
    registers.set('I2C_MST_STATUS', registers.get('I2C_MST_STATUS') | nacks);
    this.serveSlave4();
    return places.flatMap(([begin, end], slave) => (((registers.get('FIFO_EN_1') >> slave) & 1) !== 0 ? [...this.latest.subarray(begin, end)] : []));
  }

  private serveSlave4(): void {
    const { registers } = this.file;
    if (registers.field('I2C_SLV4_CTRL', 'EN') === 0) return;
    const control = 0x81 | (registers.field('I2C_SLV4_CTRL', 'REG_DIS') << 5);
    const bytes = this.master.serve({ address: registers.get('I2C_SLV4_ADDR'), register: registers.get('I2C_SLV4_REG'), control, output: registers.get('I2C_SLV4_DO') });
    if (bytes?.length === 1) registers.set('I2C_SLV4_DI', bytes[0]);
    registers.setField('I2C_SLV4_CTRL', 'EN', 0);
    registers.set('I2C_MST_STATUS', registers.get('I2C_MST_STATUS') | (bytes === undefined ? 0x50 : 0x40));
    if (registers.field('I2C_SLV4_CTRL', 'INT_EN') !== 0) this.raise('INT_STATUS', 0x01, registers.get('INT_ENABLE'));
  }

  private store(fresh: number, slaves: readonly number[]): void {
    const { registers } = this.file;
    const enabled = registers.get('FIFO_EN_2') & ((fresh & 1) !== 0 ? 0x1f : 0x0f) & ((fresh & 2) !== 0 ? 0x1f : 0x11);
    const keepsOldest = registers.field('FIFO_MODE', 'FIFO_MODE') !== 0;
    let isLost = false;
    const push = (value: number): void => { isLost = !this.fifo.push(value, keepsOldest) || isLost; };
    for (const [mask, from, count] of FIFO_PARTS) if ((enabled & mask) !== 0) for (let n = 0; n < count; n++) push(this.latest[from + n]);
    for (const value of slaves) push(value);
    if (isLost) this.raise('INT_STATUS_2', 1, registers.get('INT_ENABLE_2'));
  }

  /** Registers stand still while they are read. */
  private show(): void {
    this.sampler.catchUp();
    this.file.registers.storage('SENSOR_DATA').set(this.latest.subarray(0, 14));
    this.file.registers.storage('EXT_SLV_SENS_DATA').set(this.latest.subarray(14));
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    if (offset === FIFO_R_W) this.fifo.shift();
    if (offset === 0x17) registers.set('I2C_MST_STATUS', 0);
    if (offset === 0x74) registers.set('DATA_RDY_STATUS', 0);
    const clearsAll = registers.field('INT_PIN_CFG', 'INT_ANYRD_2CLEAR') !== 0;
    if (clearsAll || offset === 0x19) registers.set('INT_STATUS', 0);
    if (clearsAll || offset === 0x1a) registers.set('INT_STATUS_1', 0);
    if (clearsAll || offset === 0x1b) registers.set('INT_STATUS_2', 0);
    if (clearsAll || (offset >= 0x19 && offset <= 0x1b)) this.int.follow(this.isInterrupting);
  }

  private get isInterrupting(): boolean {
    const { registers } = this.file;
    return ((registers.get('INT_STATUS') & registers.get('INT_ENABLE')) | (registers.get('INT_STATUS_1') & registers.get('INT_ENABLE_1')) | (registers.get('INT_STATUS_2') & registers.get('INT_ENABLE_2'))) !== 0;
  }

  private raise(register: 'INT_STATUS' | 'INT_STATUS_1' | 'INT_STATUS_2', flag: number, enabled: number): void {
    const { registers } = this.file;
    registers.set(register, registers.get(register) | flag);
    if ((flag & enabled) !== 0) this.int.raise();
  }

  private get pinSetup(): PulseSetup {
    const { registers } = this.file;
    return { activeHigh: registers.field('INT_PIN_CFG', 'INT1_ACTL') === 0, openDrain: registers.field('INT_PIN_CFG', 'INT1_OPEN') !== 0, isLatched: registers.field('INT_PIN_CFG', 'INT1_LATCH_EN') !== 0 };
  }
}

export const ICM20948_PART = definePart({
  what: 'accelerometer, gyroscope, magnetometer, thermometer', bus: ['i2c', 'spi'], addresses: [[0x69, 0x68]], pins: ['int1'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z', 'rotation.x', 'rotation.y', 'rotation.z', 'magneticField.x', 'magneticField.y', 'magneticField.z', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const part = new Icm20948(context, new InterruptPin(`${context.name} int1`, context.pin('int1')));
    const spi = new SpiRegisters(part.file, (first) => part.spiCommand(first));
    return { targets: [part.file], listeners: [part.passThrough], spi: { device: spi }, ...together({ ...part.parts, spi }, () => part.begin()) };
  },
});
