/**
 * Analog Devices ADXL345: accelerometer with FIFO, taps, activity and free fall, on I2C or SPI.
 * Source: ADXL345 data sheet Rev E: Tables 1 (figures), 7 and 8 (rates, currents), 15 to 18 (self-test), 19 up (registers), "FIFO",
 * "Tap detection", "Power saving features". Layout and steps are confirmed by i2cdevlib; currents, noise and offsets are from
 * memory. The FIFO gives 33 samples: 32 and the one that waits in the output registers. Taps are judged at the output rate. Durations
 * round down to samples. The tolerance of the rates is an estimate. Not modelled: 3-wire SPI, the 5 us that a FIFO needs between reads.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { ModalFifo, type FifoMode } from './fifo.js';
import { clockPpm } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, setBytes, status } from './register-file.js';
import { Sampler, type Rate } from './sampler.js';
import { readBit7MultipleBit6, SpiRegisters } from './spi-registers.js';
import { TapDetector } from './tap-detector.js';
import { clamped, MILLI_G, VectorSensor } from './vector-sensor.js';

const INTERRUPTS = { DATA_READY: bit(7), SINGLE_TAP: bit(6), DOUBLE_TAP: bit(5), Activity: bit(4), Inactivity: bit(3), FREE_FALL: bit(2), Watermark: bit(1), Overrun: bit(0) };
const FLAG = { DATA_READY: 0x80, SINGLE_TAP: 0x40, DOUBLE_TAP: 0x20, ACTIVITY: 0x10, INACTIVITY: 0x08, FREE_FALL: 0x04, WATERMARK: 0x02, OVERRUN: 0x01 } as const;

export const ADXL345 = registerMap({
  DEVID:          status(0x00, { reset: 0xe5 }),
  THRESH_TAP:     byte(0x1d),
  OFSX:           byte(0x1e),
  OFSY:           byte(0x1f),
  OFSZ:           byte(0x20),
  DUR:            byte(0x21),
  Latent:         byte(0x22),
  Window:         byte(0x23),
  THRESH_ACT:     byte(0x24),
  THRESH_INACT:   byte(0x25),
  TIME_INACT:     byte(0x26),
  ACT_INACT_CTL:  byte(0x27, { fields: { ACT_AC: bit(7), ACT_AXES: bits(4, 6), INACT_AC: bit(3), INACT_AXES: bits(0, 2) } }),
  THRESH_FF:      byte(0x28),
  TIME_FF:        byte(0x29),
  TAP_AXES:       byte(0x2a, { fields: { Suppress: bit(3), TAP_X: bit(2), TAP_Y: bit(1), TAP_Z: bit(0) } }),
  ACT_TAP_STATUS: status(0x2b, { fields: { ACT_X: bit(6), ACT_Y: bit(5), ACT_Z: bit(4), Asleep: bit(3), TAP_X: bit(2), TAP_Y: bit(1), TAP_Z: bit(0) } }),
  BW_RATE:        byte(0x2c, { reset: 0x0a, fields: { LOW_POWER: bit(4), Rate: bits(0, 3) } }),
  POWER_CTL:      byte(0x2d, { fields: { Link: bit(5), AUTO_SLEEP: bit(4), Measure: bit(3), Sleep: bit(2), Wakeup: bits(0, 1) } }),
  INT_ENABLE:     byte(0x2e, { fields: INTERRUPTS }),
  INT_MAP:        byte(0x2f, { fields: INTERRUPTS }),
  INT_SOURCE:     status(0x30, { reset: 0x02, fields: INTERRUPTS }),
  DATA_FORMAT:    byte(0x31, { fields: { SELF_TEST: bit(7), SPI: bit(6), INT_INVERT: bit(5), FULL_RES: bit(3), Justify: bit(2), Range: bits(0, 1) } }),
  DATAX0:         status(0x32),
  DATAX1:         status(0x33),
  DATAY0:         status(0x34),
  DATAY1:         status(0x35),
  DATAZ0:         status(0x36),
  DATAZ1:         status(0x37),
  FIFO_CTL:       byte(0x38, { fields: { FIFO_MODE: bits(6, 7), Trigger: bit(5), Samples: bits(0, 4) } }),
  FIFO_STATUS:    status(0x39, { fields: { FIFO_TRIG: bit(7), Entries: bits(0, 5) } }),
});

/** Rate code 15 is 3200 Hz; each below halves it. */
const HIGHEST_HZ = 3200;
/** Samples per second while asleep, by Wakeup. */
const WAKEUP_HZ = [8, 4, 2, 1] as const;
/** Table 7, and Table 8 for low power, where it has a current of its own: microamps by rate code. */
const MICROAMPS = [23, 23, 23, 23, 34, 40, 45, 50, 60, 90, 140, 140, 140, 140, 90, 145] as const;
const LOW_POWER_MICROAMPS = [23, 23, 23, 23, 23, 23, 23, 34, 40, 45, 50, 60, 90, 140, 90, 145] as const;
const [STANDBY_MICROAMPS, SLEEP_MICROAMPS] = [0.1, 40];
/** Steps of the registers. */
const STEP = { thresholdMg: 62.5, offsetMg: 15.6, durationUs: 625, latencyUs: 1250, inactivityS: 1, freeFallUs: 5000 } as const;
const LSB_PER_G = 256;
const FIFO_MODES: readonly FifoMode[] = ['bypass', 'fifo', 'stream', 'stream-to-fifo'];
const FIFO_DEPTH = 33;
/** Table 18, at 2.5 V and full resolution: 50 to 540, -540 to -50, 75 to 875 digits. */
const SELF_TEST_MG = [200, -200, 300].map((digits) => (digits * 1000) / LSB_PER_G);
/** Table 1. */
const XY_ERRORS = { noiseDensity: 0.29, offset: 35, offsetPerDegree: 0.4, sensitivity: 0.01 };
const ERRORS = [XY_ERRORS, XY_ERRORS, { noiseDensity: 0.43, offset: 40, offsetPerDegree: 1.2, sensitivity: 0.01 }];
const CLOCK_TOLERANCE = 0.05;
const OUTPUTS = [['DATAX0', 'DATAX1'], ['DATAY0', 'DATAY1'], ['DATAZ0', 'DATAZ1']] as const;
const MILLION = 1_000_000;

class Adxl345 {
  readonly file: RegisterFile<typeof ADXL345.spec>;
  readonly parts: Readonly<Record<string, Stateful>>;
  private readonly sampler: Sampler;
  private readonly fifo = new ModalFifo(FIFO_DEPTH, 3);
  private readonly taps = new TapDetector();
  private readonly element: VectorSensor;
  private readonly outputs: readonly (readonly Uint32Array[])[];
  private readonly felt = new Float64Array(3);
  /** What AC-coupled activity and inactivity are compared with. */
  private readonly reference = { activity: new Float64Array(3), inactivity: new Float64Array(3) };
  /** Samples in a row that were quiet, or in free fall; whether references are taken; which of the linked two is waited for. */
  private counts = { quiet: 0, falling: 0 };
  private hasReference = { activity: false, inactivity: false };
  private isLinkedToInactivity = false;
  private isAsleep = false;
  private isTriggered = false;

  constructor(private readonly context: PartContext, private readonly pins: readonly [InterruptPin, InterruptPin]) {
    const { name, scheduler, warnings } = context;
    this.element = new VectorSensor(context, 'acceleration', MILLI_G, ERRORS);
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), clockPpm(context, CLOCK_TOLERANCE));
    const configure = (): void => this.configure();
    this.file = new RegisterFile(ADXL345, {
      instance: name, warnings,
      onStart: () => this.sampler.catchUp(),
      onRead: { FIFO_STATUS: () => (this.isTriggered ? 0x80 : 0) | this.fifo.level },
      onByteRead: (offset) => this.afterRead(offset),
      onWrite: {
        BW_RATE: configure, POWER_CTL: (_value, _index, old) => this.power(old), INT_ENABLE: configure, INT_MAP: configure, DATA_FORMAT: configure, FIFO_CTL: configure,
        ACT_INACT_CTL: () => { this.hasReference = { activity: false, inactivity: false }; },
      },
    });
    this.outputs = OUTPUTS.map((pair) => pair.map((output) => this.file.registers.storage(output)));
    const own: Stateful = { reset: () => this.resetOwn(), snapshot: () => this.saveOwn(), restore: (from) => this.restoreOwn(from) };
    this.parts = { file: this.file, sampler: this.sampler, fifo: this.fifo, taps: this.taps, own };
  }

  /** After the parts. */
  begin(): void {
    this.configure();
  }

  private resetOwn(): void {
    this.counts = { quiet: 0, falling: 0 };
    this.hasReference = { activity: false, inactivity: false };
    this.isLinkedToInactivity = this.isAsleep = this.isTriggered = false;
  }

  private saveOwn(): Snapshot {
    const { counts, hasReference, reference } = this;
    return {
      counts: [counts.quiet, counts.falling], flags: [hasReference.activity, hasReference.inactivity, this.isLinkedToInactivity, this.isAsleep, this.isTriggered],
      activity: [...reference.activity], inactivity: [...reference.inactivity],
    };
  }

  private restoreOwn(from: Snapshot): void {
    const { counts, flags, activity, inactivity } = from;
    const isThree = (list: unknown): list is number[] => Array.isArray(list) && list.length === 3 && list.every((n) => Number.isFinite(n));
    if (!Array.isArray(counts) || !counts.every((n) => Number.isSafeInteger(n)) || !Array.isArray(flags) || !isThree(activity) || !isThree(inactivity)) throw new Error('the snapshot is not of an ADXL345');
    this.counts = { quiet: counts[0] as number, falling: counts[1] as number };
    this.hasReference = { activity: flags[0] === true, inactivity: flags[1] === true };
    [this.isLinkedToInactivity, this.isAsleep, this.isTriggered] = flags.slice(2).map((flag) => flag === true);
    this.reference.activity.set(activity);
    this.reference.inactivity.set(inactivity);
  }

  private get isSleeping(): boolean { return this.isAsleep || this.file.registers.field('POWER_CTL', 'Sleep') !== 0; }

  private get rate(): Rate {
    const { registers } = this.file;
    if (this.isSleeping) return { num: WAKEUP_HZ[registers.field('POWER_CTL', 'Wakeup')], den: 1 };
    return { num: HIGHEST_HZ, den: 2 ** (15 - registers.field('BW_RATE', 'Rate')) };
  }

  /** Samples in a time, at least none. */
  private samplesIn(microseconds: number): number {
    const { num, den } = this.rate;
    return Math.floor((microseconds * num) / (den * MILLION));
  }

  private configure(at?: RootTicks): void {
    const { registers } = this.file;
    const isMeasuring = registers.field('POWER_CTL', 'Measure') !== 0;
    this.sampler.run(isMeasuring ? this.rate : undefined);
    this.sampler.watch(this.pins.some((pin) => pin.isConnected) && registers.get('INT_ENABLE') !== 0);
    this.setFifo();
    const code = registers.field('BW_RATE', 'Rate');
    if (!isMeasuring) this.context.draws('standby', STANDBY_MICROAMPS, at);
    else if (this.isSleeping) this.context.draws('sleep', SLEEP_MICROAMPS, at);
    else if (registers.field('BW_RATE', 'LOW_POWER') !== 0) this.context.draws(`low power, ${HIGHEST_HZ / 2 ** (15 - code)} Hz`, LOW_POWER_MICROAMPS[code], at);
    else this.context.draws(`measurement, ${HIGHEST_HZ / 2 ** (15 - code)} Hz`, MICROAMPS[code], at);
    this.updateLevels();
  }

  private setFifo(): void {
    const mode = FIFO_MODES[this.file.registers.field('FIFO_CTL', 'FIFO_MODE')];
    if (mode !== 'stream-to-fifo') this.isTriggered = false;
    this.fifo.set(mode);
  }

  private power(old: number): void {
    const { registers } = this.file;
    // Measurement begins anew: so do what it is compared with and what is linked.
    if ((old & 8) === 0 && registers.field('POWER_CTL', 'Measure') !== 0) this.resetOwn();
    if (registers.field('POWER_CTL', 'AUTO_SLEEP') === 0) this.isAsleep = false;
    this.configure();
  }

  private sample(at: RootTicks): void {
    const { registers } = this.file;
    const { felt } = this;
    const { num, den } = this.rate;
    this.element.measure(at, num / den / 2, felt);
    const isTesting = registers.field('DATA_FORMAT', 'SELF_TEST') !== 0;
    for (let axis = 0; axis < 3; axis++) felt[axis] += ((registers.peek(0x1e + axis, 1) << 24) >> 24) * STEP.offsetMg + (isTesting ? SELF_TEST_MG[axis] : 0);
    this.writeOut();
    this.judgeTaps();
    this.judgeFreeFall();
    this.judgeActivity(at);
    this.updateLevels();
  }

  private writeOut(): void {
    const { registers } = this.file;
    const range = registers.field('DATA_FORMAT', 'Range');
    const isFull = registers.field('DATA_FORMAT', 'FULL_RES') !== 0;
    const size = isFull ? 10 + range : 10;
    const perG = isFull ? LSB_PER_G : LSB_PER_G >> range;
    const shift = registers.field('DATA_FORMAT', 'Justify') !== 0 ? 16 - size : 0;
    const values = [0, 1, 2].map((axis) => clamped((this.felt[axis] * perG) / 1000, size) << shift);
    const hadData = (registers.get('INT_SOURCE') & FLAG.DATA_READY) !== 0;
    const isLost = this.fifo.stores ? this.fifo.isFull : hadData;
    this.fifo.push(values);
    this.show(this.fifo.oldest ?? values);
    registers.set('INT_SOURCE', registers.get('INT_SOURCE') | FLAG.DATA_READY | (isLost ? FLAG.OVERRUN : 0));
  }

  private show(values: readonly number[]): void {
    this.outputs.forEach((output, axis) => setBytes(output, values[axis]));
  }

  private judgeTaps(): void {
    const { registers } = this.file;
    const axes = reversed(registers.get('TAP_AXES') & 7);
    const [threshold, limit] = [registers.get('THRESH_TAP') * STEP.thresholdMg, registers.get('DUR')];
    // A time of zero turns it off.
    if (axes === 0 || limit === 0) return;
    const hasDouble = registers.get('Latent') !== 0 && registers.get('Window') !== 0;
    const taps = this.taps.sample(this.felt, {
      single: axes, double: hasDouble ? axes : 0, threshold, limit: this.samplesIn(limit * STEP.durationUs),
      latency: this.samplesIn(registers.get('Latent') * STEP.latencyUs), window: this.samplesIn(registers.get('Window') * STEP.latencyUs),
    });
    const sources = taps.single | taps.double;
    if (sources === 0) return;
    registers.set('ACT_TAP_STATUS', (registers.get('ACT_TAP_STATUS') & ~7) | reversed(sources));
    this.raise((taps.single !== 0 ? FLAG.SINGLE_TAP : 0) | (taps.double !== 0 ? FLAG.DOUBLE_TAP : 0));
  }

  private judgeFreeFall(): void {
    const { registers } = this.file;
    const threshold = registers.get('THRESH_FF') * STEP.thresholdMg;
    const isFalling = this.felt.every((axis) => Math.abs(axis) < threshold);
    this.counts.falling = isFalling ? this.counts.falling + 1 : 0;
    if (isFalling && this.counts.falling > this.samplesIn(registers.get('TIME_FF') * STEP.freeFallUs)) this.raise(FLAG.FREE_FALL);
  }

  private judgeActivity(at: RootTicks): void {
    const { registers } = this.file;
    const isLinked = registers.field('POWER_CTL', 'Link') !== 0;
    const control = registers.get('ACT_INACT_CTL');
    const mayMove = !isLinked || this.isLinkedToInactivity;
    const moved = mayMove ? this.beyond('activity', (control & 0x80) !== 0, control >> 4, registers.get('THRESH_ACT')) : 0;
    if (moved !== 0 && (registers.get('INT_ENABLE') & FLAG.ACTIVITY) !== 0) {
      registers.set('ACT_TAP_STATUS', (registers.get('ACT_TAP_STATUS') & 0x0f) | (reversed(moved) << 4));
      this.raise(FLAG.ACTIVITY);
      this.wake(at);
    }
    const axes = control & 7;
    if (axes === 0 || (isLinked && this.isLinkedToInactivity)) return;
    const restless = this.beyond('inactivity', (control & 0x08) !== 0, control, registers.get('THRESH_INACT'));
    this.counts.quiet = restless === 0 ? this.counts.quiet + 1 : 0;
    // What moved is what inactivity is compared with from now on.
    if (restless !== 0) this.hasReference.inactivity = false;
    if (restless === 0 && this.counts.quiet > this.samplesIn(registers.get('TIME_INACT') * STEP.inactivityS * MILLION)) this.rest(isLinked, at);
  }

  /** @returns bit n for axis n that is beyond the threshold: of what it is now, or of its change */
  private beyond(which: 'activity' | 'inactivity', isAc: boolean, axes: number, threshold: number): number {
    const reference = this.reference[which];
    if (isAc && !this.hasReference[which]) {
      reference.set(this.felt);
      this.hasReference[which] = true;
    }
    const enabled = reversed(axes & 7);
    let beyond = 0;
    for (let axis = 0; axis < 3; axis++) {
      const value = isAc ? this.felt[axis] - reference[axis] : this.felt[axis];
      if (((enabled >> axis) & 1) !== 0 && Math.abs(value) > threshold * STEP.thresholdMg) beyond |= 1 << axis;
    }
    return beyond;
  }

  private rest(isLinked: boolean, at: RootTicks): void {
    const { registers } = this.file;
    if ((registers.get('INT_ENABLE') & FLAG.INACTIVITY) === 0) return;
    this.raise(FLAG.INACTIVITY);
    this.isLinkedToInactivity = true;
    // Activity is a change from now on.
    this.reference.activity.set(this.felt);
    this.hasReference.activity = true;
    this.counts.quiet = 0;
    if (!isLinked || registers.field('POWER_CTL', 'AUTO_SLEEP') === 0) return;
    this.isAsleep = true;
    registers.setField('ACT_TAP_STATUS', 'Asleep', 1);
    this.configure(at);
  }

  private wake(at: RootTicks): void {
    this.isLinkedToInactivity = false;
    this.counts.quiet = 0;
    if (!this.isAsleep) return;
    this.isAsleep = false;
    this.file.registers.setField('ACT_TAP_STATUS', 'Asleep', 0);
    this.configure(at);
  }

  /** Events that are set only while they are enabled. */
  private raise(flags: number): void {
    const { registers } = this.file;
    const enabled = flags & registers.get('INT_ENABLE');
    registers.set('INT_SOURCE', registers.get('INT_SOURCE') | enabled);
    const pin = (enabled & registers.get('INT_MAP')) !== 0 ? 1 : 0;
    if (enabled === 0 || pin !== registers.field('FIFO_CTL', 'Trigger') || registers.field('FIFO_CTL', 'FIFO_MODE') !== 3) return;
    this.fifo.trigger(registers.field('FIFO_CTL', 'Samples'));
    this.isTriggered = true;
  }

  private afterRead(offset: number): void {
    const { registers } = this.file;
    if (offset === 0x30) registers.set('INT_SOURCE', registers.get('INT_SOURCE') & (FLAG.DATA_READY | FLAG.WATERMARK | FLAG.OVERRUN));
    if (offset >= 0x32 && offset <= 0x37) registers.set('INT_SOURCE', registers.get('INT_SOURCE') & ~FLAG.OVERRUN);
    if (offset === 0x37) {
      this.fifo.shift();
      if (this.fifo.oldest) this.show(this.fifo.oldest);
      else registers.set('INT_SOURCE', registers.get('INT_SOURCE') & ~FLAG.DATA_READY);
    }
    this.updateLevels();
  }

  private updateLevels(): void {
    const { registers } = this.file;
    const isAtWatermark = this.fifo.level >= registers.field('FIFO_CTL', 'Samples') && (this.fifo.stores || registers.field('FIFO_CTL', 'Samples') === 0);
    registers.set('INT_SOURCE', (registers.get('INT_SOURCE') & ~FLAG.WATERMARK) | (isAtWatermark ? FLAG.WATERMARK : 0));
    const active = registers.get('INT_SOURCE') & registers.get('INT_ENABLE');
    const map = registers.get('INT_MAP');
    const output = { activeHigh: registers.field('DATA_FORMAT', 'INT_INVERT') === 0, openDrain: false };
    this.pins[0].set((active & ~map) !== 0, output);
    this.pins[1].set((active & map) !== 0, output);
  }
}

/** Its bits have x on the left; ours have it on the right. */
function reversed(axes: number): number {
  return ((axes & 1) << 2) | (axes & 2) | ((axes >> 2) & 1);
}

export const ADXL345_PART = definePart({
  what: 'accelerometer', bus: ['i2c', 'spi'], addresses: [[0x53, 0x1d]], pins: ['int1', 'int2'],
  inputs: ['acceleration.x', 'acceleration.y', 'acceleration.z'],
  options: z.strictObject({}),
  create: (context): Part => {
    const pin = (name: string): InterruptPin => new InterruptPin(`${context.name} ${name}`, context.pin(name));
    const part = new Adxl345(context, [pin('int1'), pin('int2')]);
    const spi = new SpiRegisters(part.file, readBit7MultipleBit6);
    return { targets: [part.file], spi: { device: spi }, ...together({ ...part.parts, spi }, () => part.begin()) };
  },
});
