/**
 * STMicroelectronics' accelerometer of twelve bits, as in the LIS2DH12 and, with "_A" behind its registers' names, in the
 * LSM303AGR: three modes, filters, FIFO, two interrupt generators, clicks, activity.
 * Sources: LIS2DH12 datasheet DocID025056 Rev 6, chapters 2 (figures), 3 (modes, self-test, activity), 5 (FIFO), 8 (registers);
 * LSM303AGR datasheet DocID027765 Rev 10, chapters 2, 4, 8; application note AN5005 for the high-pass filter's cut-off
 * (rate over 50, 100, 200, 400) and that activity is judged behind it. Register layout is confirmed by STMicroelectronics'
 * driver (lis2dh12-pid), currents of the LIS2DH12 by its datasheet's table of operating modes; the others are from memory.
 * INT_COUNTER exists in the LSM303AGR only, CTRL_REG0 in the LIS2DH12 only. Not modelled: 3-wire SPI, turn-on times,
 * REFERENCE as the interrupt's reference (HPM 01 filters as HPM 00 does).
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { ModalFifo, type FifoMode } from './fifo.js';
import { HighPass } from './filters.js';
import { clockPpm, type ErrorFigures } from './imperfections.js';
import { COMBINATIONS, InterruptGenerator } from './interrupt-generator.js';
import type { InterruptPin } from './interrupt-pin.js';
import type { PartContext } from './part.js';
import { byte, HalfReads, incrementByBit7, RegisterFile, setBytes, status } from './register-file.js';
import { rate, Sampler } from './sampler.js';
import { TapDetector } from './tap-detector.js';
import { clamped, MILLI_G, VectorSensor } from './vector-sensor.js';

export const AXIS_FLAGS = { ZYXOR: bit(7), ZOR: bit(6), YOR: bit(5), XOR: bit(4), ZYXDA: bit(3), ZDA: bit(2), YDA: bit(1), XDA: bit(0) };
const INT_CFG = { AOI: bit(7), '6D': bit(6), ENABLES: bits(0, 5) };
const INT_SRC = { IA: bit(6), ZH: bit(5), ZL: bit(4), YH: bit(3), YL: bit(2), XH: bit(1), XL: bit(0) };

export const ST_ACCELEROMETER = registerMap({
  STATUS_REG_AUX: status(0x07, { fields: { TOR: bit(6), TDA: bit(2) } }),
  OUT_TEMP_L:     status(0x0c),
  OUT_TEMP_H:     status(0x0d),
  INT_COUNTER:    status(0x0e),
  WHO_AM_I:       status(0x0f, { reset: 0x33 }),
  CTRL_REG0:      byte(0x1e, { reset: 0x10, raz: false, fields: { SDO_PU_DISC: bit(7) } }),
  TEMP_CFG_REG:   byte(0x1f, { fields: { TEMP_EN: bits(6, 7) } }),
  CTRL_REG1:      byte(0x20, { reset: 0x07, fields: { ODR: bits(4, 7), LPen: bit(3), Zen: bit(2), Yen: bit(1), Xen: bit(0) } }),
  CTRL_REG2:      byte(0x21, { fields: { HPM: bits(6, 7), HPCF: bits(4, 5), FDS: bit(3), HPCLICK: bit(2), HP_IA2: bit(1), HP_IA1: bit(0) } }),
  CTRL_REG3:      byte(0x22, { fields: { I1_CLICK: bit(7), I1_IA1: bit(6), I1_IA2: bit(5), I1_ZYXDA: bit(4), I1_DRDY2: bit(3), I1_WTM: bit(2), I1_OVERRUN: bit(1) } }),
  CTRL_REG4:      byte(0x23, { fields: { BDU: bit(7), BLE: bit(6), FS: bits(4, 5), HR: bit(3), ST: bits(1, 2), SIM: bit(0) } }),
  CTRL_REG5:      byte(0x24, { fields: { BOOT: bit(7), FIFO_EN: bit(6), LIR_INT1: bit(3), D4D_INT1: bit(2), LIR_INT2: bit(1), D4D_INT2: bit(0) } }),
  CTRL_REG6:      byte(0x25, { fields: { I2_CLICK: bit(7), I2_IA1: bit(6), I2_IA2: bit(5), I2_BOOT: bit(4), I2_ACT: bit(3), INT_POLARITY: bit(1) } }),
  REFERENCE:      byte(0x26),
  STATUS_REG:     status(0x27, { fields: AXIS_FLAGS }),
  OUT_X_L:        status(0x28),
  OUT_X_H:        status(0x29),
  OUT_Y_L:        status(0x2a),
  OUT_Y_H:        status(0x2b),
  OUT_Z_L:        status(0x2c),
  OUT_Z_H:        status(0x2d),
  FIFO_CTRL_REG:  byte(0x2e, { fields: { FM: bits(6, 7), TR: bit(5), FTH: bits(0, 4) } }),
  FIFO_SRC_REG:   status(0x2f, { reset: 0x20, fields: { WTM: bit(7), OVRN_FIFO: bit(6), EMPTY: bit(5), FSS: bits(0, 4) } }),
  INT1_CFG:       byte(0x30, { fields: INT_CFG }),
  INT1_SRC:       status(0x31, { fields: INT_SRC }),
  INT1_THS:       byte(0x32, { fields: { THS: bits(0, 6) } }),
  INT1_DURATION:  byte(0x33, { fields: { D: bits(0, 6) } }),
  INT2_CFG:       byte(0x34, { fields: INT_CFG }),
  INT2_SRC:       status(0x35, { fields: INT_SRC }),
  INT2_THS:       byte(0x36, { fields: { THS: bits(0, 6) } }),
  INT2_DURATION:  byte(0x37, { fields: { D: bits(0, 6) } }),
  CLICK_CFG:      byte(0x38, { fields: { ZD: bit(5), ZS: bit(4), YD: bit(3), YS: bit(2), XD: bit(1), XS: bit(0) } }),
  CLICK_SRC:      status(0x39, { fields: { IA: bit(6), DClick: bit(5), SClick: bit(4), Sign: bit(3), Z: bit(2), Y: bit(1), X: bit(0) } }),
  CLICK_THS:      byte(0x3a, { fields: { LIR_Click: bit(7), Ths: bits(0, 6) } }),
  TIME_LIMIT:     byte(0x3b, { fields: { TLI: bits(0, 6) } }),
  TIME_LATENCY:   byte(0x3c),
  TIME_WINDOW:    byte(0x3d),
  ACT_THS:        byte(0x3e, { fields: { Acth: bits(0, 6) } }),
  ACT_DUR:        byte(0x3f),
});

/** By ODR: normal and high-resolution modes, and low-power mode. */
const HZ = [0, 1, 10, 25, 50, 100, 200, 400, 0, 1344, 0, 0, 0, 0, 0, 0] as const;
const LOW_POWER_HZ = [0, 1, 10, 25, 50, 100, 200, 400, 1620, 5376, 0, 0, 0, 0, 0, 0] as const;
/** Rate in Hz while nothing moves, by the activity function. */
const INACTIVE_ODR = 2;
/** mg per step of the interrupt thresholds, by FS; of the click threshold full scale over 128. */
const THRESHOLD_MG = [16, 32, 62, 186] as const;
const FULL_SCALE_MG = [2000, 4000, 8000, 16_000] as const;
const FIFO_DEPTH = 32;
const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fifo', 'stream', 'stream-to-fifo'];
/** AN5005: cut-off over rate, by HPCF. */
const HIGH_PASS_SHARE = [1 / 50, 1 / 100, 1 / 200, 1 / 400] as const;
/** Bandwidth over rate, by mode. */
const BANDWIDTH = { highResolution: 1 / 9, normal: 1 / 2, lowPower: 1 / 2 } as const;
/** How far digits are shifted up in 16 bits. */
const SHIFT = { highResolution: 4, normal: 6, lowPower: 8 } as const;
type Mode = keyof typeof SHIFT;
/** LIS2DH12 Table 4, self-test output change: 17 to 360 digits of 4 mg; here 100. */
const SELF_TEST_MG = 400;
const [TEST_0, TEST_1] = [1, 2];
/** Digits of OUT_TEMP per degree, from 25 degrees on; ten bits, in low-power mode eight. */
const DIGITS_PER_DEGREE = 256;
const ZERO_DIGITS_AT = 25;
const AUTO_RESET = 3;
/** LIS2DH12 Table 4; LSM303AGR Table 3 has the same. The rates' tolerance is an estimate: neither gives one. */
const ERRORS: ErrorFigures = { noiseDensity: 0.22, offset: 40, offsetPerDegree: 0.5, sensitivity: 0.04 };
const CLOCK_TOLERANCE = 0.1;
const IA = 0x40;

/** What differs between the parts that have it. */
export interface StAccelerometerFigures {
  readonly instance: string;
  /** mg per digit by FS. */
  readonly digits: Readonly<Record<Mode, readonly number[]>>;
  /** Microamps by ODR, and in power-down. */
  readonly microamps: { readonly powerDown: number } & Readonly<Record<Mode, readonly number[]>>;
  /** Where several elements share a supply, the part adds up. */
  draws(state: string, microamps: number, at?: RootTicks): void;
  /** Pins int1 and int2: what the board has behind them. */
  output(activeHigh: boolean): { readonly activeHigh: boolean; readonly openDrain: boolean };
}

export class StAccelerometer {
  readonly file: RegisterFile<typeof ST_ACCELEROMETER.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly sampler: Sampler;
  private readonly fifo = new ModalFifo(FIFO_DEPTH, 3);
  private readonly halves = new HalfReads(0x28, 3);
  private readonly generators = [new InterruptGenerator(), new InterruptGenerator()] as const;
  private readonly taps = new TapDetector();
  private readonly highPass = new HighPass();
  private readonly element;
  private readonly outputs;
  private readonly temperature;
  /** mg, as felt in the latest sample. */
  private readonly felt = new Float64Array(3);
  private readonly chosen = new Float64Array(3);
  /** Samples in a row below the activity threshold; and until when the click's source stays. */
  private quiet = 0;
  private isInactive = false;
  private clickLeft = 0;

  constructor(private readonly context: PartContext, private readonly figures: StAccelerometerFigures, private readonly pins: readonly [InterruptPin, InterruptPin]) {
    this.element = new VectorSensor(context, 'acceleration', MILLI_G, ERRORS);
    this.sampler = new Sampler(context.scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(ST_ACCELEROMETER, {
      instance: figures.instance, warnings: context.warnings, choose: incrementByBit7,
      // A burst out of the FIFO goes through several samples.
      next: (offset) => (offset === 0x2d && this.usesFifo ? 0x28 : offset + 1),
      onStart: () => this.sampler.catchUp(),
      onRead: {
        FIFO_SRC_REG: () => (this.isAtWatermark ? 0x80 : 0) | (this.fifo.isFull ? 0x40 : 0) | (this.fifo.level === 0 ? 0x20 : 0) | Math.min(31, this.fifo.level),
        INT1_SRC: () => this.generators[0].source, INT2_SRC: () => this.generators[1].source,
      },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        CTRL_REG1: configure, CTRL_REG2: configure, CTRL_REG3: configure, CTRL_REG4: configure, CTRL_REG5: configure, CTRL_REG6: configure, FIFO_CTRL_REG: configure,
        INT1_CFG: () => this.generators[0].reset(), INT2_CFG: () => this.generators[1].reset(), ACT_THS: configure,
      },
    });
    const { registers } = this.file;
    this.outputs = [
      [registers.storage('OUT_X_L'), registers.storage('OUT_X_H')], [registers.storage('OUT_Y_L'), registers.storage('OUT_Y_H')], [registers.storage('OUT_Z_L'), registers.storage('OUT_Z_H')],
    ];
    this.temperature = [registers.storage('OUT_TEMP_L'), registers.storage('OUT_TEMP_H')];
    const own: Stateful = {
      reset: () => { this.quiet = this.clickLeft = 0; this.isInactive = false; },
      snapshot: () => ({ quiet: this.quiet, clickLeft: this.clickLeft, isInactive: this.isInactive }),
      restore: (from: Snapshot) => { [this.quiet, this.clickLeft, this.isInactive] = [Number(from['quiet']) || 0, Number(from['clickLeft']) || 0, from['isInactive'] === true]; },
    };
    const { file, sampler, fifo, halves, taps, highPass } = this;
    this.parts = { file, sampler, fifo, halves, generator1: this.generators[0], generator2: this.generators[1], taps, highPass, own };
  }

  /** After the parts. */
  reset(): void {
    this.configure();
  }

  private get usesFifo(): boolean { return this.fifo.stores; }
  private get isAtWatermark(): boolean { return this.usesFifo && this.fifo.level > this.file.registers.field('FIFO_CTRL_REG', 'FTH'); }
  private get mode(): Mode {
    const { registers } = this.file;
    if (registers.field('CTRL_REG1', 'LPen') !== 0 || this.isInactive) return 'lowPower';
    return registers.field('CTRL_REG4', 'HR') !== 0 ? 'highResolution' : 'normal';
  }

  private get odr(): number {
    const asked = this.file.registers.field('CTRL_REG1', 'ODR');
    return this.isInactive ? Math.min(asked, INACTIVE_ODR) : asked;
  }

  private get hz(): number {
    return (this.mode === 'lowPower' ? LOW_POWER_HZ : HZ)[this.odr];
  }

  private configure(at?: RootTicks): void {
    const { registers } = this.file;
    registers.setField('CTRL_REG5', 'BOOT', 0);
    if (registers.get('ACT_THS') === 0) this.isInactive = false;
    const { hz, mode } = this;
    this.sampler.run(hz === 0 ? undefined : rate(hz));
    this.sampler.watch((this.pins[0].isConnected && (registers.get('CTRL_REG3') & 0xfe) !== 0) || (this.pins[1].isConnected && (registers.get('CTRL_REG6') & 0xe8) !== 0));
    this.fifo.set(registers.field('CTRL_REG5', 'FIFO_EN') === 0 ? 'bypass' : FIFO_MODES[registers.field('FIFO_CTRL_REG', 'FM')]);
    const { microamps } = this.figures;
    if (hz === 0) this.figures.draws('power-down', microamps.powerDown, at);
    else this.figures.draws(`${WORDS[mode]}, ${hz} Hz`, microamps[mode][this.odr], at);
    this.updatePins();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    this.feel(at);
    const share = HIGH_PASS_SHARE[registers.field('CTRL_REG2', 'HPCF')];
    const filtered = this.highPass.pass(this.felt, share);
    this.judge(filtered);
    this.judgeActivity(filtered, at);
    this.writeOut(registers.field('CTRL_REG2', 'FDS') !== 0 ? filtered : this.felt);
    this.measureTemperature(at);
    this.updatePins();
  }

  private feel(at: RootTicks): void {
    const { registers } = this.file;
    const { felt } = this;
    this.element.measure(at, this.hz * BANDWIDTH[this.mode], felt);
    const test = registers.field('CTRL_REG4', 'ST');
    const forced = test === TEST_0 ? SELF_TEST_MG : test === TEST_1 ? -SELF_TEST_MG : 0;
    for (let axis = 0; axis < 3; axis++) felt[axis] += forced;
  }

  private judge(filtered: Float64Array): void {
    const { registers } = this.file;
    const step = THRESHOLD_MG[registers.field('CTRL_REG4', 'FS')];
    this.generate(0, registers.field('CTRL_REG2', 'HP_IA1') !== 0 ? filtered : this.felt, step, registers.get('INT1_CFG'), registers.get('INT1_THS'), registers.get('INT1_DURATION'),
      registers.field('CTRL_REG5', 'LIR_INT1') !== 0, registers.field('CTRL_REG5', 'D4D_INT1') !== 0);
    this.generate(1, registers.field('CTRL_REG2', 'HP_IA2') !== 0 ? filtered : this.felt, step, registers.get('INT2_CFG'), registers.get('INT2_THS'), registers.get('INT2_DURATION'),
      registers.field('CTRL_REG5', 'LIR_INT2') !== 0, registers.field('CTRL_REG5', 'D4D_INT2') !== 0);
    this.judgeClicks(registers.field('CTRL_REG2', 'HPCLICK') !== 0 ? filtered : this.felt);
  }

  private generate(which: 0 | 1, values: Float64Array, step: number, config: number, steps: number, duration: number, isLatched: boolean, ignoresZ: boolean): void {
    const { registers } = this.file;
    const threshold = steps * step;
    const generator = this.generators[which];
    generator.sample(values, { enables: config & 0x3f, combination: COMBINATIONS[config >> 6], ignoresZ, thresholds: [threshold, threshold, threshold], duration, waits: false, isLatched });
    if (!generator.isActive) return;
    if (registers.field('FIFO_CTRL_REG', 'TR') === which) this.fifo.trigger();
    if (registers.field('CTRL_REG2', 'HPM') === AUTO_RESET) this.highPass.settle(this.felt);
  }

  private judgeClicks(values: Float64Array): void {
    const { registers } = this.file;
    const config = registers.get('CLICK_CFG');
    const single = (config & 1) | ((config >> 1) & 2) | ((config >> 2) & 4);
    const double = ((config >> 1) & 1) | ((config >> 2) & 2) | ((config >> 3) & 4);
    const isLatched = registers.field('CLICK_THS', 'LIR_Click') !== 0;
    const latency = registers.get('TIME_LATENCY');
    const threshold = (registers.field('CLICK_THS', 'Ths') * FULL_SCALE_MG[registers.field('CTRL_REG4', 'FS')]) / 128;
    const taps = this.taps.sample(values, { single, double, threshold, limit: registers.field('TIME_LIMIT', 'TLI'), latency, window: registers.get('TIME_WINDOW') });
    const axes = taps.single | taps.double;
    // Unlatched, the source stays for the latency.
    if (axes === 0 && !isLatched && this.clickLeft > 0 && --this.clickLeft === 0) registers.set('CLICK_SRC', 0);
    if (axes === 0) return;
    registers.set('CLICK_SRC', IA | (taps.double !== 0 ? 0x20 : 0) | (taps.single !== 0 ? 0x10 : 0) | ((taps.negative & axes) !== 0 ? 8 : 0) | axes);
    this.clickLeft = Math.max(1, latency);
  }

  /** Below its threshold for (8 ACT_DUR + 1) samples the part falls to 10 Hz; one sample above wakes it. */
  private judgeActivity(filtered: Float64Array, at: RootTicks): void {
    const { registers } = this.file;
    const threshold = registers.get('ACT_THS') * THRESHOLD_MG[registers.field('CTRL_REG4', 'FS')];
    if (threshold === 0) return;
    const isMoving = filtered.some((axis) => Math.abs(axis) > threshold);
    this.quiet = isMoving ? 0 : this.quiet + 1;
    const isInactive = !isMoving && (this.isInactive || this.quiet >= 8 * registers.get('ACT_DUR') + 1);
    if (isInactive === this.isInactive) return;
    this.isInactive = isInactive;
    this.configure(at);
  }

  private writeOut(values: Float64Array): void {
    const { registers } = this.file;
    const { mode } = this;
    const digit = this.figures.digits[mode][registers.field('CTRL_REG4', 'FS')];
    const shift = SHIFT[mode];
    const enabled = registers.get('CTRL_REG1');
    for (let axis = 0; axis < 3; axis++) this.chosen[axis] = (enabled & (1 << axis)) === 0 ? 0 : clamped(values[axis] / digit, 16 - shift) << shift;
    registers.set('STATUS_REG', (registers.get('STATUS_REG') & 0x0f) !== 0 ? 0xff : 0x0f);
    if (this.usesFifo) this.fifo.push([...this.chosen]);
    if (this.usesFifo || registers.field('CTRL_REG4', 'BDU') === 0 || !this.halves.isHalfRead) this.show(this.fifo.oldest ?? this.chosen);
  }

  private measureTemperature(at: RootTicks): void {
    const { registers } = this.file;
    if (registers.field('TEMP_CFG_REG', 'TEMP_EN') !== 3) return;
    registers.set('STATUS_REG_AUX', registers.field('STATUS_REG_AUX', 'TDA') !== 0 ? 0x44 : 0x04);
    const step = this.mode === 'lowPower' ? DIGITS_PER_DEGREE : DIGITS_PER_DEGREE / 4;
    const degrees = this.context.world.value('temperature', at) - ZERO_DIGITS_AT;
    setBytes(this.temperature, clamped((degrees * DIGITS_PER_DEGREE) / step, 16) * step);
  }

  private show(values: ArrayLike<number>): void {
    // BLE: the high byte stands first.
    const isBig = this.file.registers.field('CTRL_REG4', 'BLE') !== 0;
    this.outputs.forEach(([low, high], axis) => setBytes(isBig ? [high, low] : [low, high], values[axis]));
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    this.halves.note(offset);
    if (offset === 0x0d) registers.set('STATUS_REG_AUX', 0);
    if (offset === 0x26) this.highPass.settle(this.felt);
    if (offset === 0x31) this.generators[0].clear();
    if (offset === 0x35) this.generators[1].clear();
    if (offset === 0x39) registers.set('CLICK_SRC', 0);
    if (offset >= 0x28 && offset <= 0x2d) this.afterOutput(offset);
    this.updatePins();
  }

  private afterOutput(offset: number): void {
    const { registers } = this.file;
    // After the high byte of an axis was read: its flags, and those of all three, go.
    if ((offset & 1) !== 0) registers.set('STATUS_REG', registers.get('STATUS_REG') & 0x77 & ~(0x11 << ((offset - 0x29) >> 1)));
    if (offset !== 0x2d) return;
    this.fifo.shift();
    if (this.fifo.oldest) this.show(this.fifo.oldest);
  }

  private updatePins(): void {
    const { registers } = this.file;
    const clicks = (registers.get('CLICK_SRC') & IA) !== 0 ? 0x80 : 0;
    const generators = clicks | (this.generators[0].isActive ? 0x40 : 0) | (this.generators[1].isActive ? 0x20 : 0);
    const data = ((registers.get('STATUS_REG') & 0x08) !== 0 ? 0x10 : 0) | (this.isAtWatermark ? 0x04 : 0) | (this.usesFifo && this.fifo.isFull ? 0x02 : 0);
    const output = this.figures.output(registers.field('CTRL_REG6', 'INT_POLARITY') === 0);
    this.pins[0].set((registers.get('CTRL_REG3') & (generators | data)) !== 0, output);
    this.pins[1].set((registers.get('CTRL_REG6') & (generators | (this.isInactive ? 0x08 : 0))) !== 0, output);
  }
}

const WORDS: Readonly<Record<Mode, string>> = { highResolution: 'high resolution', normal: 'normal', lowPower: 'low power' };
