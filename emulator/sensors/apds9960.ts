/**
 * Broadcom APDS-9960: proximity, gesture, ambient light and colour.
 * Source: APDS-9960 datasheet AV02-4191EN, "Operating characteristics", "Principles of operation" and "Register set". The count of the clear channel
 * per lux follows its typical responsivity at 560 nm (about 23 counts per uW/cm2 at gain 16 and 27.8 ms, 0.146 uW/cm2 per
 * lux) and is an estimate. A wait is its length in steps of 2.78 ms, as Adafruit's driver has it; that driver confirms the identity too.
 * Proximity takes as long as its lamp's pulses need (table "Approximate proximity timing"), a gesture dataset
 * twice that many more pulses than at reset, since two converters take the four directions in two turns.
 * Reflected light counts in proportion to the lamp's current, its time and the gain: a proximity quantity of 1 is 255 counts at the
 * settings for which the datasheet gives 120 counts from a grey card (100 mA, eight pulses of 8 us, gain 4). Two diodes make a pair, the
 * nearer pair is the result. From memory: currents. Estimates: that positive offsets are subtracted, that what counts beyond 255 is saturation,
 * noise, the clock's tolerance. Rounds of proximity and light go on while the gesture engine works.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { SampleFifo } from './fifo.js';
import { clockPpm, Imperfection } from './imperfections.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status } from './register-file.js';
import { Sampler } from './sampler.js';

export const APDS9960 = registerMap({
  RAM:        byte(0x00, { count: 128, stride: 1 }),
  ENABLE:     byte(0x80, { fields: { GEN: bit(6), PIEN: bit(5), AIEN: bit(4), WEN: bit(3), PEN: bit(2), AEN: bit(1), PON: bit(0) } }),
  ATIME:      byte(0x81, { reset: 0xff }),
  WTIME:      byte(0x83, { reset: 0xff }),
  AILTL:      byte(0x84),
  AILTH:      byte(0x85),
  AIHTL:      byte(0x86),
  AIHTH:      byte(0x87),
  PILT:       byte(0x89),
  PIHT:       byte(0x8b),
  PERS:       byte(0x8c, { fields: { PPERS: bits(4, 7), APERS: bits(0, 3) } }),
  CONFIG1:    byte(0x8d, { reset: 0x40, raz: false, fields: { WLONG: bit(1) } }),
  PPULSE:     byte(0x8e, { reset: 0x40, fields: { PPLEN: bits(6, 7), PPULSE: bits(0, 5) } }),
  CONTROL:    byte(0x8f, { fields: { LDRIVE: bits(6, 7), PGAIN: bits(2, 3), AGAIN: bits(0, 1) } }),
  CONFIG2:    byte(0x90, { reset: 0x01, raz: false, fields: { PSIEN: bit(7), CPSIEN: bit(6), LED_BOOST: bits(4, 5) } }),
  ID:         status(0x92, { reset: 0xab }),
  STATUS:     status(0x93, { fields: { CPSAT: bit(7), PGSAT: bit(6), PINT: bit(5), AINT: bit(4), GINT: bit(2), PVALID: bit(1), AVALID: bit(0) } }),
  CDATAL:     status(0x94),
  CDATAH:     status(0x95),
  RDATAL:     status(0x96),
  RDATAH:     status(0x97),
  GDATAL:     status(0x98),
  GDATAH:     status(0x99),
  BDATAL:     status(0x9a),
  BDATAH:     status(0x9b),
  PDATA:      status(0x9c),
  POFFSET_UR: byte(0x9d),
  POFFSET_DL: byte(0x9e),
  CONFIG3:    byte(0x9f, { fields: { PCMP: bit(5), SAI: bit(4), PMASK: bits(0, 3) } }),
  GPENTH:     byte(0xa0),
  GEXTH:      byte(0xa1),
  GCONF1:     byte(0xa2, { fields: { GFIFOTH: bits(6, 7), GEXMSK: bits(2, 5), GEXPERS: bits(0, 1) } }),
  GCONF2:     byte(0xa3, { fields: { GGAIN: bits(5, 6), GLDRIVE: bits(3, 4), GWTIME: bits(0, 2) } }),
  GOFFSET_U:  byte(0xa4),
  GOFFSET_D:  byte(0xa5),
  GPULSE:     byte(0xa6, { reset: 0x40, fields: { GPLEN: bits(6, 7), GPULSE: bits(0, 5) } }),
  GOFFSET_L:  byte(0xa7),
  GOFFSET_R:  byte(0xa9),
  GCONF3:     byte(0xaa, { fields: { GDIMS: bits(0, 1) } }),
  GCONF4:     byte(0xab, { fields: { GFIFO_CLR: bit(2), GIEN: bit(1), GMODE: bit(0) } }),
  GFLVL:      status(0xae),
  GSTATUS:    status(0xaf, { fields: { GFOV: bit(1), GVALID: bit(0) } }),
  IFORCE:     byte(0xe4, { kind: 'wo' }),
  PICLEAR:    byte(0xe5, { kind: 'wo' }),
  CICLEAR:    byte(0xe6, { kind: 'wo' }),
  AICLEAR:    byte(0xe7, { kind: 'wo' }),
  GFIFO_U:    status(0xfc),
  GFIFO_D:    status(0xfd),
  GFIFO_L:    status(0xfe),
  GFIFO_R:    status(0xff),
});

const ENABLE = { PON: 1, AEN: 2, PEN: 4, WEN: 8, AIEN: 0x10, PIEN: 0x20, GEN: 0x40 } as const;
const STATUS = { AVALID: 1, PVALID: 2, GINT: 4, AINT: 0x10, PINT: 0x20, PGSAT: 0x40, CPSAT: 0x80 } as const;
const [IFORCE, PICLEAR, CICLEAR, AICLEAR] = [0xe4, 0xe5, 0xe6, 0xe7];
/** 2.78 ms, the step of all its times, in microseconds. */
const STEP_US = 2780;
const AGAIN = [1, 4, 16, 64] as const;
/** By GWTIME, in steps of 2.8 ms; and the time of a measurement of four directions, about 1.4 ms with the pulse it has at reset. */
const GESTURE_WAIT_US = [0, 2800, 5600, 8400, 14_000, 22_400, 30_800, 39_200] as const;
const GESTURE_US = 1400;
/** By PPLEN or GPLEN, in microseconds: before the first pulse, and for each; then the conversion. */
const PULSE_INIT_US = [40.8, 44.9, 53, 69.4] as const;
const PULSE_US = [28.6, 36.73, 53.1, 85.7] as const;
const CONVERSION_US = 796.6;
/** Datasets in the FIFO that raise GVALID, by GFIFOTH. */
const GESTURE_THRESHOLD = [1, 4, 8, 16] as const;
/** Gesture ends in a row that leave the engine, by GEXPERS. */
const GESTURE_ENDS = [1, 2, 4, 7] as const;
const COUNTS_PER_LUX_MS = 0.0076;
const SIDES = ['up', 'down', 'left', 'right'] as const;
/** Places of its four directions in SIDES, and bits of PMASK and GEXMSK, in which up is the highest. */
const [UP, DOWN, LEFT, RIGHT] = [0, 1, 2, 3];
const maskOf = (side: number): number => 8 >> side;
const MOST_COUNTS = 255;
/** Microamps of the lamp by LDRIVE and GLDRIVE, times LED_BOOST; gain by PGAIN and GGAIN; length of a pulse by PPLEN and GPLEN. */
const LAMP_MICROAMPS = [100_000, 50_000, 25_000, 12_500] as const;
const BOOST = [1, 1.5, 2, 3] as const;
const NEAR_GAIN = [1, 2, 4, 8] as const;
const LIT_US = [4, 8, 16, 32] as const;
/** Microamps times microseconds times gain of the datasheet's test of proximity. */
const REFERENCE_LIGHT = 100_000 * 8 * 8 * 4;
/** "Operating characteristics": microamps while it sleeps, waits, measures light, and measures what is near, without the lamp. */
const MICROAMPS = { sleep: 1, wait: 38, light: 200, near: 790 } as const;
/** Counts: dark counts and spread of the responsivity; what proximity counts with nothing near, and the spread of its 120 counts. */
const ERRORS = {
  light: { noiseDensity: 0.3, offset: 1.5, offsetPerDegree: 0, sensitivity: 0.2 },
  near: { noiseDensity: 1, offset: 10, offsetPerDegree: 0, sensitivity: 0.2 },
} as const;
const CLOCK_TOLERANCE = 0.05;
const COLOURS = [['light.red', 'RDATAL', 'RDATAH'], ['light.green', 'GDATAL', 'GDATAH'], ['light.blue', 'BDATAL', 'BDATAH']] as const;

class Apds9960 {
  readonly file: RegisterFile<typeof APDS9960.spec>;
  private readonly sampler: Sampler;
  private readonly gestures: Sampler;
  private readonly fifo = new SampleFifo(32, 4);
  /** Samples in a row outside the thresholds, for PERS. */
  private outside = { light: 0, proximity: 0, gestureEnds: 0 };
  private readonly lightErrors: readonly Imperfection[];
  private readonly nearErrors: readonly Imperfection[];
  readonly parts: Readonly<Record<string, Stateful>>;

  constructor(private readonly context: PartContext, private readonly int: InterruptPin) {
    const { name, scheduler, warnings } = context;
    const ppm = clockPpm(context, CLOCK_TOLERANCE);
    this.lightErrors = [0, 1, 2, 3].map((channel) => new Imperfection(context, channel, ERRORS.light));
    this.nearErrors = SIDES.map((_, side) => new Imperfection(context, 4 + side, ERRORS.near));
    this.sampler = new Sampler(scheduler, (at) => this.sample(at), ppm);
    this.gestures = new Sampler(scheduler, (at) => this.sampleGesture(at), ppm);
    const configure = (): void => this.configure();
    this.file = new RegisterFile(APDS9960, {
      instance: name, warnings,
      // Table "gesture FIFO": a burst goes round through the four directions.
      next: (offset) => (offset === 0xff ? 0xfc : offset + 1),
      onStart: () => {
        this.sampler.catchUp();
        this.gestures.catchUp();
      },
      onRead: {
        GFLVL: () => this.fifo.level, GSTATUS: () => (this.fifo.hasOverrun ? 2 : 0) | (this.hasGestures ? 1 : 0),
        GFIFO_U: () => this.fifo.oldest?.[0] ?? 0, GFIFO_D: () => this.fifo.oldest?.[1] ?? 0, GFIFO_L: () => this.fifo.oldest?.[2] ?? 0, GFIFO_R: () => this.fifo.oldest?.[3] ?? 0,
      },
      onByteRead: (offset) => this.afterRead(offset),
      onAddressed: (offset) => this.address(offset),
      onWrite: {
        ENABLE: () => this.enable(), CONTROL: configure, CONFIG2: configure, CONFIG3: configure, ATIME: configure, WTIME: configure, CONFIG1: configure, PPULSE: configure, GPULSE: configure, GCONF2: configure, GCONF4: () => this.control(),
      },
    });
    const persistence: Stateful = {
      reset: () => { this.outside = { light: 0, proximity: 0, gestureEnds: 0 }; },
      snapshot: () => ({ ...this.outside }),
      restore: (from: Snapshot) => { this.outside = { light: Number(from['light']) || 0, proximity: Number(from['proximity']) || 0, gestureEnds: Number(from['gestureEnds']) || 0 }; },
    };
    this.parts = { file: this.file, sampler: this.sampler, gestures: this.gestures, fifo: this.fifo, persistence };
  }

  /** "Address accessing": these act when a write names them, with data or without. */
  private address(offset: number): void {
    if (offset === IFORCE) this.raise(STATUS.PINT | STATUS.AINT);
    if (offset === PICLEAR) this.clear(STATUS.PINT | STATUS.PGSAT);
    if (offset === CICLEAR) this.clear(STATUS.AINT | STATUS.CPSAT);
    if (offset === AICLEAR) this.clear(STATUS.PINT | STATUS.PGSAT | STATUS.AINT | STATUS.CPSAT);
  }

  private get hasGestures(): boolean {
    return this.fifo.level >= GESTURE_THRESHOLD[this.file.registers.field('GCONF1', 'GFIFOTH')];
  }

  private configure(): void {
    const { registers } = this.file;
    const enable = registers.get('ENABLE');
    const { lightUs, waitUs, nearUs } = this.roundUs();
    const isMeasuring = (enable & ENABLE.PON) !== 0 && (enable & (ENABLE.AEN | ENABLE.PEN)) !== 0 && !this.sleepsAfterInterrupt;
    // A round: proximity, light, wait.
    this.sampler.run(isMeasuring ? { num: 1_000_000, den: lightUs + waitUs + nearUs } : undefined);
    const isGesturing = (enable & ENABLE.PON) !== 0 && (enable & ENABLE.GEN) !== 0;
    const gestureUs = this.gestureUs() + GESTURE_WAIT_US[registers.field('GCONF2', 'GWTIME')];
    this.gestures.run(isGesturing ? { num: 1_000_000, den: gestureUs } : undefined);
    const interrupts = (enable & (ENABLE.AIEN | ENABLE.PIEN)) !== 0 || (registers.get('CONFIG2') & 0xc0) !== 0;
    this.sampler.watch((this.int.isConnected && interrupts) || registers.field('CONFIG3', 'SAI') !== 0);
    this.gestures.watch(this.int.isConnected && registers.field('GCONF4', 'GIEN') !== 0);
    this.tellCurrent();
    this.updatePin();
  }

  /** Without PEN nothing is near, and nothing saturates. */
  private enable(): void {
    const { registers } = this.file;
    if ((registers.get('ENABLE') & ENABLE.PEN) === 0) registers.set('STATUS', registers.get('STATUS') & ~STATUS.PGSAT);
    this.configure();
  }

  /** Microseconds of the three parts of a round, 0 where they are left out. */
  private roundUs(): { readonly lightUs: number; readonly waitUs: number; readonly nearUs: number } {
    const { registers } = this.file;
    const enable = registers.get('ENABLE');
    const wait = (256 - registers.get('WTIME')) * (registers.field('CONFIG1', 'WLONG') !== 0 ? 12 : 1);
    return {
      lightUs: (enable & ENABLE.AEN) === 0 ? 0 : STEP_US * (256 - registers.get('ATIME')),
      waitUs: (enable & ENABLE.WEN) === 0 ? 0 : STEP_US * wait,
      nearUs: (enable & ENABLE.PEN) === 0 ? 0 : this.proximityUs(),
    };
  }

  /** SAI: from an interrupt until it is cleared. */
  private get sleepsAfterInterrupt(): boolean {
    return this.file.registers.field('CONFIG3', 'SAI') !== 0 && this.interrupts;
  }

  /** The mean over a round: a lamp that blinks for microseconds has no states that anybody could follow. */
  tellCurrent(at?: RootTicks): void {
    const words: string[] = [];
    let microamps = 0;
    if (this.sampler.isRunning) {
      const { lightUs, waitUs, nearUs } = this.roundUs();
      if (nearUs > 0) words.push('proximity');
      if (lightUs > 0) words.push('light');
      const charge = MICROAMPS.light * lightUs + MICROAMPS.wait * waitUs + MICROAMPS.near * nearUs + (nearUs > 0 ? this.proximityLight() : 0);
      microamps += charge / (lightUs + waitUs + nearUs);
    }
    if (this.gestures.isRunning && this.file.registers.field('GCONF4', 'GMODE') === 1) {
      words.push('gesture');
      const waitUs = GESTURE_WAIT_US[this.file.registers.field('GCONF2', 'GWTIME')];
      // Two turns of the lamp for the four directions.
      microamps += (MICROAMPS.near * this.gestureUs() + MICROAMPS.wait * waitUs + 2 * this.gestureLight()) / (this.gestureUs() + waitUs);
    }
    const isOn = (this.file.registers.get('ENABLE') & ENABLE.PON) !== 0;
    if (words.length === 0) this.context.draws(isOn ? 'idle' : 'sleep', isOn ? MICROAMPS.wait : MICROAMPS.sleep, at);
    else this.context.draws(words.join(', '), microamps, at);
  }

  /** Microamps times microseconds of the lamp in one measurement. */
  private proximityLight(): number {
    const { registers } = this.file;
    return this.lampLight(registers.field('CONTROL', 'LDRIVE'), registers.field('PPULSE', 'PPLEN'), registers.field('PPULSE', 'PPULSE'));
  }

  private gestureLight(): number {
    const { registers } = this.file;
    return this.lampLight(registers.field('GCONF2', 'GLDRIVE'), registers.field('GPULSE', 'GPLEN'), registers.field('GPULSE', 'GPULSE'));
  }

  private lampLight(drive: number, length: number, pulses: number): number {
    return LAMP_MICROAMPS[drive] * BOOST[this.file.registers.field('CONFIG2', 'LED_BOOST')] * LIT_US[length] * (pulses + 1);
  }

  private proximityUs(): number {
    const { registers } = this.file;
    const length = registers.field('PPULSE', 'PPLEN');
    return Math.round(PULSE_INIT_US[length] + (registers.field('PPULSE', 'PPULSE') + 1) * PULSE_US[length] + CONVERSION_US);
  }

  private gestureUs(): number {
    const { registers } = this.file;
    const length = registers.field('GPULSE', 'GPLEN');
    const more = PULSE_INIT_US[length] + (registers.field('GPULSE', 'GPULSE') + 1) * PULSE_US[length] - PULSE_INIT_US[1] - PULSE_US[1];
    return Math.round(GESTURE_US + 2 * more);
  }

  private control(): void {
    const { registers } = this.file;
    if (registers.field('GCONF4', 'GFIFO_CLR') !== 0) this.fifo.reset();
    registers.setField('GCONF4', 'GFIFO_CLR', 0);
    this.configure();
  }

  /** Of the four directions, in counts without limits. */
  private reflected(at: RootTicks, light: number, gain: number): number[] {
    const { world, imperfections } = this.context;
    const celsius = imperfections ? world.value('temperature', at) : 25;
    return SIDES.map((side, index) => this.nearErrors[index].of((world.value(`proximity.${side}`, at) * MOST_COUNTS * light * gain) / REFERENCE_LIGHT, at, 1, celsius));
  }

  private sample(at: RootTicks): void {
    const enable = this.file.registers.get('ENABLE');
    if ((enable & ENABLE.PEN) !== 0) this.sampleProximity(at);
    if ((enable & ENABLE.AEN) !== 0) this.sampleLight(at);
    if (this.sleepsAfterInterrupt) {
      this.sampler.run(undefined);
      this.tellCurrent(at);
    }
    this.updatePin();
  }

  private sampleProximity(at: RootTicks): void {
    const { registers } = this.file;
    const sides = this.reflected(at, this.proximityLight(), NEAR_GAIN[registers.field('CONTROL', 'PGAIN')]);
    const nearest = Math.max(this.pairOf(sides, UP, RIGHT) - signed(registers.get('POFFSET_UR')), this.pairOf(sides, DOWN, LEFT) - signed(registers.get('POFFSET_DL')));
    const value = inCounts(nearest);
    registers.set('PDATA', value);
    const isOutside = value < registers.get('PILT') || value > registers.get('PIHT');
    this.outside.proximity = isOutside ? this.outside.proximity + 1 : 0;
    const persistence = registers.field('PERS', 'PPERS');
    const interrupts = persistence === 0 || this.outside.proximity >= persistence;
    const isSaturated = nearest > MOST_COUNTS;
    registers.set('STATUS', registers.get('STATUS') | STATUS.PVALID | (interrupts ? STATUS.PINT : 0) | (isSaturated ? STATUS.PGSAT : 0));
  }

  /** PMASK leaves a diode out, which halves its pair's count unless PCMP doubles it. */
  private pairOf(sides: readonly number[], one: number, other: number): number {
    const { registers } = this.file;
    const mask = registers.field('CONFIG3', 'PMASK');
    const counted = [one, other].filter((side) => (mask & maskOf(side)) === 0);
    const sum = counted.reduce((total, side) => total + sides[side], 0);
    return counted.length === 1 && registers.field('CONFIG3', 'PCMP') !== 0 ? sum : sum / 2;
  }

  private sampleLight(at: RootTicks): void {
    const { registers } = this.file;
    const { world } = this.context;
    const steps = 256 - registers.get('ATIME');
    const most = Math.min(65_535, 1025 * steps);
    const ideal = world.value('illuminance', at) * COUNTS_PER_LUX_MS * ((steps * STEP_US) / 1000) * AGAIN[registers.field('CONTROL', 'AGAIN')];
    const counts = (share: number, channel: number): number => Math.max(0, Math.min(most, Math.round(this.lightErrors[channel].of(ideal * share, at, 1, 25))));
    const clear = counts(1, 0);
    registers.set('CDATAL', clear & 0xff);
    registers.set('CDATAH', clear >> 8);
    for (const [channel, [quantity, low, high]] of COLOURS.entries()) {
      const value = counts(world.value(quantity, at), 1 + channel);
      registers.set(low, value & 0xff);
      registers.set(high, value >> 8);
    }
    const below = (registers.get('AILTH') << 8) | registers.get('AILTL');
    const above = (registers.get('AIHTH') << 8) | registers.get('AIHTL');
    this.outside.light = clear < below || clear > above ? this.outside.light + 1 : 0;
    const persistence = registers.field('PERS', 'APERS');
    const needed = persistence <= 3 ? persistence : 5 * (persistence - 3);
    const interrupts = persistence === 0 || this.outside.light >= needed;
    registers.set('STATUS', registers.get('STATUS') | STATUS.AVALID | (interrupts ? STATUS.AINT : 0) | (clear === most ? STATUS.CPSAT : 0));
  }

  /** The gesture engine is entered when PDATA says that something is near, and left when all directions say that it has gone. */
  private sampleGesture(at: RootTicks): void {
    const { registers } = this.file;
    const isNear = registers.get('PDATA') > 0 && registers.get('PDATA') >= registers.get('GPENTH');
    if (registers.field('GCONF4', 'GMODE') === 0 && isNear && (registers.get('ENABLE') & ENABLE.PEN) !== 0) this.setGesturing(1, at);
    if (registers.field('GCONF4', 'GMODE') === 1) this.takeGesture(at);
    if (this.hasGestures) this.raise(STATUS.GINT);
    this.updatePin();
  }

  private takeGesture(at: RootTicks): void {
    const { registers } = this.file;
    const offsets = [registers.get('GOFFSET_U'), registers.get('GOFFSET_D'), registers.get('GOFFSET_L'), registers.get('GOFFSET_R')];
    const sides = this.reflected(at, this.gestureLight(), NEAR_GAIN[registers.field('GCONF2', 'GGAIN')]).map((counts, side) => counts - signed(offsets[side]));
    if (sides.some((counts) => counts > MOST_COUNTS)) registers.set('STATUS', registers.get('STATUS') | STATUS.PGSAT);
    const dimensions = registers.field('GCONF3', 'GDIMS');
    this.fifo.push(sides.map((counts, side) => ((dimensions === 1 && side >= LEFT) || (dimensions === 2 && side <= DOWN) ? 0 : inCounts(counts))), true);
    const mask = registers.field('GCONF1', 'GEXMSK');
    const hasGone = sides.every((counts, side) => (mask & maskOf(side)) !== 0 || inCounts(counts) < registers.get('GEXTH'));
    this.outside.gestureEnds = hasGone ? this.outside.gestureEnds + 1 : 0;
    if (this.outside.gestureEnds < GESTURE_ENDS[registers.field('GCONF1', 'GEXPERS')]) return;
    this.setGesturing(0, at);
    // What is left below the threshold is told of too.
    this.raise(STATUS.GINT);
  }

  private setGesturing(mode: 0 | 1, at: RootTicks): void {
    this.file.registers.setField('GCONF4', 'GMODE', mode);
    this.outside.gestureEnds = 0;
    this.tellCurrent(at);
  }

  private afterRead(offset: number): void {
    if (offset >= 0x94 && offset <= 0x9b) this.lower(STATUS.AVALID);
    if (offset === 0x9c) this.lower(STATUS.PVALID);
    if (offset !== 0xff) return;
    this.fifo.shift();
    if (this.fifo.level === 0) this.lower(STATUS.GINT);
  }

  private raise(flags: number): void {
    this.file.registers.set('STATUS', this.file.registers.get('STATUS') | flags);
    this.updatePin();
  }

  private lower(flags: number): void {
    this.file.registers.set('STATUS', this.file.registers.get('STATUS') & ~flags);
    this.updatePin();
  }

  /** By command, which ends a sleep after an interrupt. */
  private clear(flags: number): void {
    this.lower(flags);
    this.configure();
  }

  private get interrupts(): boolean {
    const { registers } = this.file;
    const enable = registers.get('ENABLE');
    const flags = registers.get('STATUS');
    const isTold = (flag: number, isEnabled: boolean): boolean => isEnabled && (flags & flag) !== 0;
    return isTold(STATUS.AINT, (enable & ENABLE.AIEN) !== 0) || isTold(STATUS.PINT, (enable & ENABLE.PIEN) !== 0) || isTold(STATUS.GINT, registers.field('GCONF4', 'GIEN') !== 0)
      || isTold(STATUS.PGSAT, registers.field('CONFIG2', 'PSIEN') !== 0) || isTold(STATUS.CPSAT, registers.field('CONFIG2', 'CPSIEN') !== 0);
  }

  /** INT is low and open drain. */
  updatePin(): void {
    this.int.set(this.interrupts, { activeHigh: false, openDrain: true });
  }
}

/** Sign in bit 7, magnitude below. */
function signed(offset: number): number {
  return (offset & 0x80) !== 0 ? -(offset & 0x7f) : offset;
}

function inCounts(value: number): number {
  return Math.max(0, Math.min(MOST_COUNTS, Math.round(value)));
}

export const APDS9960_PART = definePart({
  what: 'proximity, gestures, light and colour',
  bus: 'i2c', addresses: [[0x39]], pins: ['int'],
  inputs: ['illuminance', 'light.red', 'light.green', 'light.blue', 'proximity.up', 'proximity.down', 'proximity.left', 'proximity.right'],
  options: z.strictObject({}),
  create: (context): Part => {
    const part = new Apds9960(context, new InterruptPin(`${context.name} int`, context.pin('int')));
    return { targets: [part.file], ...together(part.parts, () => {
      part.tellCurrent();
      part.updatePin();
    }) };
  },
});
