/**
 * NXP MMA8653FC: 10-bit accelerometer with orientation, freefall or motion detection and automatic sleep.
 * Source: MMA8653FC data sheet Rev 2.2, chapters 5 (I2C, modes, embedded functions) and 6 (registers). Identity and rates are
 * confirmed by CODAL's driver; resets of registers without a function here are not. Offsets are 1.96 mg a step
 * (OFF_X). From memory: self-test (Table 2), currents (Table 3 and the oversampling tables of CTRL_REG2: 184 uA at 800 Hz to 6.5 uA at 1.56 Hz,
 * 1.4 uA in standby), time steps of the debounce counters, noise and zero-g levels. Trip angle, back/front angle and hysteresis are the fixed
 * ones of PL_BF_ZCOMP and PL_THS_REG: 45 degrees plus and minus 14, Z lockout at 29 degrees. Noise goes with the root of the
 * oversampling ratio. Orientation and motion are judged at the output rate.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { numbersFrom } from './saved.js';
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
  PL_STATUS:    status(0x10, { fields: { NEWLP: bit(7), LO: bit(6), LAPO: bits(1, 2), BAFRO: bit(0) } }),
  PL_CFG:       byte(0x11, { reset: 0x80, fields: { DBCNTM: bit(7), PL_EN: bit(6) } }),
  PL_COUNT:     byte(0x12),
  PL_BF_ZCOMP:  status(0x13, { reset: 0x44 }),
  PL_THS_REG:   status(0x14, { reset: 0x84 }),
  FF_MT_CFG:    byte(0x15, { fields: { ELE: bit(7), OAE: bit(6), ZEFE: bit(5), YEFE: bit(4), XEFE: bit(3) } }),
  FF_MT_SRC:    status(0x16, { fields: { EA: bit(7), ZHE: bit(5), ZHP: bit(4), YHE: bit(3), YHP: bit(2), XHE: bit(1), XHP: bit(0) } }),
  FF_MT_THS:    byte(0x17, { fields: { DBCNTM: bit(7), THS: bits(0, 6) } }),
  FF_MT_COUNT:  byte(0x18),
  ASLP_COUNT:   byte(0x29),
  CTRL_REG1:    byte(0x2a, { fields: { ASLP_RATE: bits(6, 7), DR: bits(3, 5), F_READ: bit(1), ACTIVE: bit(0) } }),
  CTRL_REG2:    byte(0x2b, { fields: { ST: bit(7), RST: bit(6), SMODS: bits(3, 4), SLPE: bit(2), MODS: bits(0, 1) } }),
  CTRL_REG3:    byte(0x2c, { fields: { WAKE_LNDPRT: bit(5), WAKE_FF_MT: bit(3), IPOL: bit(1), PP_OD: bit(0) } }),
  CTRL_REG4:    byte(0x2d, { fields: { INT_EN_ASLP: bit(7), INT_EN_LNDPRT: bit(4), INT_EN_FF_MT: bit(2), INT_EN_DRDY: bit(0) } }),
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
/** By ASLP_RATE. */
const SLEEP_HZ = [50, 12.5, 6.25, 1.563] as const;
/** By MODS and SMODS, [normal, low noise and low power, high resolution, low power][DR]: oversampling ratio. */
const OVERSAMPLING = [
  [2, 4, 4, 4, 4, 16, 32, 128],
  [2, 4, 4, 4, 4, 4, 8, 32],
  [2, 4, 8, 16, 32, 128, 256, 1024],
  [2, 2, 2, 2, 2, 2, 4, 16],
] as const;
const MODE_NAMES = ['normal', 'low noise low power', 'high resolution', 'low power'] as const;
/** The same for microamps: internal samples cost the same in each mode. */
const MICROAMPS = [
  [184, 184, 104, 60, 27, 27, 27, 27],
  [184, 184, 104, 60, 27, 9, 9, 9],
  [184, 184, 184, 184, 184, 184, 184, 184],
  [184, 104, 55, 32, 14, 8, 6.5, 6.5],
] as const;
const STANDBY_MICROAMPS = 1.4;
const ERRORS = { noiseDensity: 0.216, offset: 30, offsetPerDegree: 0.27, sensitivity: 0.025 };
const CLOCK_TOLERANCE = 0.05;
/** Milligrams a step of FF_MT_THS. */
const THRESHOLD_MG = 63;
/** Milliseconds a step of ASLP_COUNT: 320, and 640 at the lowest rate. */
const SLEEP_STEP_MS = 320;
const LOWEST_DR = 7;
/** 45 degrees with a hysteresis of 14: an axis takes over when it is longer than the other times the tangent of 59 degrees. */
const TRIP = Math.tan((59 * Math.PI) / 180);
/** Below it in the plane of the board, 29 degrees, orientation is locked: the sine. */
const LOCKOUT = Math.sin((29 * Math.PI) / 180);
/** Cosine of the angle within 25 degrees of vertical at which back or front is certain: |Z| over the length. */
const BACK_FRONT = Math.sin((25 * Math.PI) / 180);
/** PL_STATUS.LAPO. */
const POSE = { up: 0, down: 1, right: 2, left: 3 } as const;
const SOURCE = { ASLP: 0x80, LNDPRT: 0x10, FF_MT: 0x04, DRDY: 0x01 } as const;
const [STANDBY, WAKE, SLEEP] = [0, 1, 2];
const PL_STATUS_AT = 0x10, FF_MT_SRC_AT = 0x16, SYSMOD_AT = 0x0b;

class Mma8653 {
  readonly file: RegisterFile<typeof MMA8653.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly sampler: Sampler;
  private readonly element: VectorSensor;
  private readonly felt = new Float64Array(3);
  private readonly int: readonly InterruptPin[];
  private isAsleep = false;
  /** SYSMOD has changed since it was read. */
  private hasModeChanged = false;
  /** Debounce counters of orientation and motion, and samples without anything that keeps it awake. */
  private poseCount = 0;
  private motionCount = 0;
  private quietSamples = 0;

  constructor(private readonly context: PartContext) {
    const { name, warnings, scheduler } = context;
    this.int = ['int1', 'int2'].map((pin) => new InterruptPin(`${name} ${pin}`, context.pin(pin)));
    this.element = new VectorSensor(context, 'acceleration', MILLI_G, ERRORS);
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(MMA8653, {
      instance: name, warnings,
      // Table 13: the outputs come round to STATUS; fast reads leave out the low bytes.
      next: (offset) => this.nextAfter(offset),
      onStart: () => this.sampler.catchUp(),
      onRead: { INT_SOURCE: () => this.sources, SYSMOD: () => this.mode },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { CTRL_REG1: configure, CTRL_REG2: (value) => this.command(value), CTRL_REG3: configure, CTRL_REG4: configure, CTRL_REG5: configure, PL_CFG: configure, FF_MT_CFG: () => this.setMotion() },
    });
    const own: Stateful = {
      reset: () => this.forget(),
      snapshot: () => ({ flags: [Number(this.isAsleep), Number(this.hasModeChanged)], counts: [this.poseCount, this.motionCount, this.quietSamples] }),
      restore: (from: Snapshot) => {
        [this.poseCount, this.motionCount, this.quietSamples] = numbersFrom(from, 'counts', 3);
        [this.isAsleep, this.hasModeChanged] = numbersFrom(from, 'flags', 2).map((flag) => flag === 1);
      },
    };
    this.parts = { file: this.file, sampler: this.sampler, own };
  }

  private forget(): void {
    this.isAsleep = this.hasModeChanged = false;
    this.poseCount = this.motionCount = this.quietSamples = 0;
  }

  private nextAfter(offset: number): number {
    if (this.file.registers.field('CTRL_REG1', 'F_READ') !== 0 && offset <= 5) return offset === 5 ? 0 : offset === 0 ? 1 : offset + 2;
    return offset === 6 ? 0 : offset + 1;
  }

  // -- Modes.

  private get mode(): number {
    return !this.sampler.isRunning ? STANDBY : this.isAsleep ? SLEEP : WAKE;
  }

  private get hz(): number {
    const { registers } = this.file;
    return this.isAsleep ? SLEEP_HZ[registers.field('CTRL_REG1', 'ASLP_RATE')] : HZ[registers.field('CTRL_REG1', 'DR')];
  }

  private get power(): number {
    return this.file.registers.field('CTRL_REG2', this.isAsleep ? 'SMODS' : 'MODS');
  }

  /** DR of the present rate. */
  private get rateCode(): number { return HZ.indexOf(this.hz as (typeof HZ)[number]); }

  configure(at?: RootTicks): void {
    const { registers } = this.file;
    const isActive = registers.field('CTRL_REG1', 'ACTIVE') !== 0;
    if (!isActive || registers.field('CTRL_REG2', 'SLPE') === 0) this.isAsleep = false;
    if (!isActive) this.poseCount = this.motionCount = this.quietSamples = 0;
    this.sampler.run(isActive ? rate(this.hz) : undefined);
    this.sampler.watch((this.int.some((pin) => pin.isConnected) && registers.get('CTRL_REG4') !== 0) || registers.field('CTRL_REG2', 'SLPE') !== 0);
    if (isActive) this.context.draws(`${this.isAsleep ? 'sleep' : 'wake'}, ${this.hz} Hz, ${MODE_NAMES[this.power]}`, MICROAMPS[this.power][this.rateCode], at);
    else this.context.draws('standby', STANDBY_MICROAMPS, at);
    this.updatePins();
  }

  private command(value: number): void {
    if ((value & 0x40) !== 0) {
      this.file.registers.reset();
      this.forget();
    }
    this.configure();
  }

  private setMotion(): void {
    this.motionCount = 0;
    this.file.registers.set('FF_MT_SRC', 0);
    this.updatePins();
  }

  /** ASLP_COUNT without an event of those that wake it leads to sleep; an event of these leads out of it. */
  private judgeSleep(isEvent: boolean, at: RootTicks): void {
    const { registers } = this.file;
    if (registers.field('CTRL_REG2', 'SLPE') === 0) return;
    this.quietSamples = isEvent ? 0 : this.quietSamples + 1;
    const stepMs = registers.field('CTRL_REG1', 'DR') === LOWEST_DR ? 2 * SLEEP_STEP_MS : SLEEP_STEP_MS;
    const isQuiet = this.quietSamples >= (registers.get('ASLP_COUNT') * stepMs * this.hz) / 1000;
    const isAsleep = this.isAsleep ? !isEvent : isQuiet;
    if (isAsleep === this.isAsleep) return;
    this.isAsleep = isAsleep;
    this.quietSamples = 0;
    this.hasModeChanged = true;
    this.configure(at);
  }

  // -- Samples.

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const { felt } = this;
    // More oversampling than the usual four leaves less noise.
    this.element.measure(at, (this.hz / 2) * (4 / OVERSAMPLING[this.power][this.rateCode]), felt);
    const isTesting = registers.field('CTRL_REG2', 'ST') !== 0;
    const counts = COUNTS[registers.field('XYZ_DATA_CFG', 'FS')];
    for (const [axis, [msb, lsb, offset]] of AXES.entries()) {
      felt[axis] += ((registers.get(offset) << 24) >> 24) * OFFSET_MG + (isTesting ? SELF_TEST_MG[axis] : 0);
      const value = clamped((felt[axis] * counts) / 1000, 10);
      registers.set(msb, value >> 2);
      registers.set(lsb, (value & 3) << 6);
    }
    registers.set('STATUS', this.isReady ? 0xff : 0x0f);
    const hasTurned = this.judgePose();
    const hasMoved = this.judgeMotion();
    this.judgeSleep((hasTurned && registers.field('CTRL_REG3', 'WAKE_LNDPRT') !== 0) || (hasMoved && registers.field('CTRL_REG3', 'WAKE_FF_MT') !== 0), at);
    this.updatePins();
  }

  /** 5.8: which of four ways the board stands, which side looks at one, and whether it lies too flat to say. @returns whether that changed */
  private judgePose(): boolean {
    const { registers } = this.file;
    if (registers.field('PL_CFG', 'PL_EN') === 0) return false;
    const [x, y, z] = this.felt;
    const before = registers.get('PL_STATUS') & 0x47;
    const pose = poseOf(x, y, z, before);
    if (pose === before) {
      // PL_CFG.DBCNTM: back to 0, or one back.
      this.poseCount = registers.field('PL_CFG', 'DBCNTM') !== 0 ? 0 : Math.max(0, this.poseCount - 1);
      return false;
    }
    if (this.poseCount++ < registers.get('PL_COUNT')) return false;
    this.poseCount = 0;
    registers.set('PL_STATUS', 0x80 | pose);
    return true;
  }

  /** 5.7: OAE asks for motion, any enabled axis beyond the threshold; otherwise freefall, all of them below. @returns whether it lasts long enough */
  private judgeMotion(): boolean {
    const { registers } = this.file;
    const cfg = registers.get('FF_MT_CFG');
    const axes = [0, 1, 2].filter((axis) => (cfg & (0x08 << axis)) !== 0);
    const threshold = registers.field('FF_MT_THS', 'THS') * THRESHOLD_MG;
    const isMotion = registers.field('FF_MT_CFG', 'OAE') !== 0;
    const beyond = axes.filter((axis) => Math.abs(this.felt[axis]) > threshold);
    const happens = axes.length > 0 && (isMotion ? beyond.length > 0 : beyond.length === 0);
    if (happens) this.motionCount = Math.min(this.motionCount + 1, registers.get('FF_MT_COUNT') + 1);
    else this.motionCount = registers.field('FF_MT_THS', 'DBCNTM') !== 0 ? 0 : Math.max(0, this.motionCount - 1);
    const isEvent = happens && this.motionCount > registers.get('FF_MT_COUNT');
    const isLatched = registers.field('FF_MT_CFG', 'ELE') !== 0;
    if (isLatched && (registers.get('FF_MT_SRC') & 0x80) !== 0) return isEvent;
    const flags = beyond.reduce((sum, axis) => sum | ((this.felt[axis] < 0 ? 3 : 2) << (2 * axis)), 0);
    registers.set('FF_MT_SRC', (isEvent ? 0x80 : 0) | flags);
    return isEvent;
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    if (offset >= 1 && offset <= 6) registers.set('STATUS', registers.get('STATUS') & 0x77 & ~(0x11 << ((offset - 1) >> 1)));
    if (offset === PL_STATUS_AT) registers.setField('PL_STATUS', 'NEWLP', 0);
    if (offset === FF_MT_SRC_AT) registers.set('FF_MT_SRC', 0);
    if (offset === SYSMOD_AT) this.hasModeChanged = false;
    this.updatePins();
  }

  // -- Interrupts.

  private get isReady(): boolean { return (this.file.registers.get('STATUS') & 0x0f) !== 0; }

  /** INT_SOURCE: what CTRL_REG4 enables of what has happened. */
  private get sources(): number {
    const { registers } = this.file;
    const happened = (this.hasModeChanged ? SOURCE.ASLP : 0) | (registers.field('PL_STATUS', 'NEWLP') !== 0 ? SOURCE.LNDPRT : 0)
      | (registers.field('FF_MT_SRC', 'EA') !== 0 ? SOURCE.FF_MT : 0) | (this.isReady ? SOURCE.DRDY : 0);
    return happened & (registers.get('CTRL_REG4') | SOURCE.DRDY);
  }

  private updatePins(): void {
    const { registers } = this.file;
    const sources = this.sources & registers.get('CTRL_REG4');
    const toInt1 = registers.get('CTRL_REG5');
    const output = { activeHigh: registers.field('CTRL_REG3', 'IPOL') !== 0, openDrain: registers.field('CTRL_REG3', 'PP_OD') !== 0 };
    this.int[0].set((sources & toInt1) !== 0, output);
    this.int[1].set((sources & ~toInt1) !== 0, output);
  }
}

/** Bits 6 and 2 to 0 of PL_STATUS. @param before the same, for its hysteresis */
function poseOf(x: number, y: number, z: number, before: number): number {
  const length = Math.hypot(x, y, z);
  const back = Math.abs(z) < BACK_FRONT * length ? before & 1 : z < 0 ? 1 : 0;
  const inPlane = Math.hypot(x, y);
  if (length === 0 || inPlane < LOCKOUT * length) return 0x40 | (before & 6) | back;
  const wasLandscape = ((before >> 1) & 2) !== 0;
  const isLandscape = wasLandscape ? Math.abs(y) <= TRIP * Math.abs(x) : Math.abs(x) > TRIP * Math.abs(y);
  const pose = isLandscape ? (x > 0 ? POSE.right : POSE.left) : y < 0 ? POSE.up : POSE.down;
  return (pose << 1) | back;
}

export const MMA8653_PART = definePart({
  what: 'accelerometer',
  bus: 'i2c', addresses: [[0x1d]], pins: ['int1', 'int2'], inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z'], options: z.strictObject({}),
  create: (context): Part => {
    const part = new Mma8653(context);
    return { targets: [part.file], ...together(part.parts, () => part.configure()) };
  },
});
