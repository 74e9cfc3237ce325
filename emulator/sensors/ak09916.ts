/**
 * AKM AK09916: the magnetometer inside the ICM-20948, at its own address behind that part.
 * Source: AK09916 datasheet 016014242-E-00, chapters 9 (modes, self-test) and 11 (registers); layout and modes confirmed by SparkFun's
 * and Adafruit's drivers. Not modelled: its own reset pin; TMPS and CNTL1 are dummies there too.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { clockPpm } from './imperfections.js';
import type { PartContext } from './part.js';
import { byte, RegisterFile, setBytes, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { clamped, MILLI_GAUSS, VectorSensor } from './vector-sensor.js';

export const AK09916 = registerMap({
  WIA1:  status(0x00, { reset: 0x48 }),
  WIA2:  status(0x01, { reset: 0x09 }),
  RSV1:  status(0x02),
  RSV2:  status(0x03),
  ST1:   status(0x10, { fields: { DOR: bit(1), DRDY: bit(0) } }),
  HXL:   status(0x11),
  HXH:   status(0x12),
  HYL:   status(0x13),
  HYH:   status(0x14),
  HZL:   status(0x15),
  HZH:   status(0x16),
  TMPS:  status(0x17),
  ST2:   status(0x18, { fields: { HOFL: bit(3) } }),
  CNTL1: byte(0x30),
  CNTL2: byte(0x31, { fields: { MODE: bits(0, 4) } }),
  CNTL3: byte(0x32, { fields: { SRST: bit(0) } }),
});

const [POWER_DOWN, SINGLE, SELF_TEST] = [0, 1, 0x10];
/** By MODE. */
const HZ: Readonly<Record<number, number>> = { 2: 10, 4: 20, 6: 50, 8: 100 };
/** Time of a single measurement: 7.2 ms. */
const SINGLE_RATE = { num: 10_000, den: 72 };
const MGAUSS_PER_DIGIT = 1.5;
const OVERFLOW_MGAUSS = 49_120;
/** 9.4.4: -200 to 200, -200 to 200, -1000 to -200 digits. */
const SELF_TEST_DIGITS = [0, 0, -600] as const;
/** The part's y and z count the other way than those of the accelerometer around it. */
const SIGNS = [1, -1, -1] as const;
const ERRORS = { noiseDensity: 0.6, offset: 500, offsetPerDegree: 0.5, sensitivity: 0.05 };
const CLOCK_TOLERANCE = 0.1;
/** Estimate: what a measurement takes, by the rate that is known (90 uA at 8 Hz). */
const MICROAMPS_PER_HZ = 11;

export class Ak09916 {
  readonly file: RegisterFile<typeof AK09916.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly sampler: Sampler;
  private readonly element: VectorSensor;
  private readonly outputs;
  private readonly felt = new Float64Array(3);
  /** From the first data byte to ST2 the data stand still. */
  private isBeingRead = false;

  constructor(private readonly context: PartContext, private readonly draws: (state: string, microamps: number, at?: RootTicks) => void) {
    this.element = new VectorSensor(context, 'magneticField', MILLI_GAUSS, ERRORS);
    this.sampler = new Sampler(context.scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    this.file = new RegisterFile(AK09916, {
      instance: `${context.name} magnetometer`, warnings: context.warnings,
      // 11.1: a burst of the data comes round to the identity, one of the controls to CNTL2.
      next: (offset) => (offset === 0x18 ? 0x00 : offset === 0x32 ? 0x30 : offset + 1),
      onStart: () => this.sampler.catchUp(),
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: { CNTL2: () => this.configure(), CNTL3: (value) => { if ((value & 1) !== 0) this.reset(); } },
    });
    const { registers } = this.file;
    this.outputs = [[registers.storage('HXL'), registers.storage('HXH')], [registers.storage('HYL'), registers.storage('HYH')], [registers.storage('HZL'), registers.storage('HZH')]];
    const own: Stateful = {
      reset: () => { this.isBeingRead = false; }, snapshot: () => ({ isBeingRead: this.isBeingRead }),
      restore: (from: Snapshot) => { this.isBeingRead = from['isBeingRead'] === true; },
    };
    this.parts = { file: this.file, sampler: this.sampler, own };
  }

  /** Also after its parts were reset: says what it draws. */
  reset(): void {
    for (const part of Object.values(this.parts)) part.reset();
    this.draws('power-down', 0);
  }

  private get mode(): number { return this.file.registers.field('CNTL2', 'MODE'); }

  private configure(): void {
    const { mode } = this;
    if (mode === SINGLE || mode === SELF_TEST) {
      this.sampler.once(SINGLE_RATE);
      return;
    }
    const hz = HZ[mode] ?? 0;
    this.sampler.run(hz === 0 ? undefined : rate(hz));
    this.draws(hz === 0 ? 'power-down' : `${hz} Hz`, MICROAMPS_PER_HZ * hz);
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    this.element.measure(at, 50, this.felt);
    const isTesting = this.mode === SELF_TEST;
    const { isBeingRead } = this;
    if (!isBeingRead) {
      this.outputs.forEach((output, axis) => setBytes(output, isTesting ? SELF_TEST_DIGITS[axis] : clamped((SIGNS[axis] * this.felt[axis]) / MGAUSS_PER_DIGIT, 16)));
      const sum = this.felt.reduce((total, axis) => total + Math.abs(axis), 0);
      registers.set('ST2', sum >= OVERFLOW_MGAUSS ? 8 : 0);
    }
    registers.set('ST1', (isBeingRead || registers.field('ST1', 'DRDY') !== 0 ? 2 : 0) | 1);
    if (this.mode === SINGLE || isTesting) registers.set('CNTL2', POWER_DOWN);
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    if (offset >= 0x11 && offset <= 0x16) {
      this.isBeingRead = true;
      registers.set('ST1', 0);
    }
    if (offset !== 0x18) return;
    this.isBeingRead = false;
    registers.set('ST1', 0);
  }
}
