/**
 * Broadcom APDS-9960: proximity, gesture, ambient light and colour.
 * Source: APDS-9960 datasheet AV02-4191EN, "Principles of operation" and "Register set". The count of the clear channel
 * per lux follows its typical responsivity at 560 nm (about 23 counts per uW/cm2 at gain 16 and 27.8 ms, 0.146 uW/cm2 per
 * lux). A wait is its length in steps of 2.78 ms, as Adafruit's driver has it; that driver confirms the identity too. Counts per lux
 * are an estimate. Proximity takes as long as its lamp's pulses need (table "Approximate proximity timing"), a gesture dataset
 * twice that many more pulses than at reset, since two converters take the four directions in two turns. Not modelled: offsets,
 * lamp currents, and what pulses add to a result: the proximity quantities are shares of what the part measures at its
 * settings; sleep after interrupt; gesture dimensions.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../bus/types.js';
import { bit, bits, registerMap } from '../peripherals/registers/index.js';
import type { RootTicks } from '../time/types.js';
import { SampleFifo } from './fifo.js';
import { InterruptPin } from './interrupt-pin.js';
import { definePart, together, type Part, type PartContext } from './part.js';
import { byte, RegisterFile, status, without } from './register-file.js';
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
  POFFSET_UR: without(0x9d),
  POFFSET_DL: without(0x9e),
  CONFIG3:    without(0x9f),
  GPENTH:     byte(0xa0),
  GEXTH:      byte(0xa1),
  GCONF1:     byte(0xa2, { fields: { GFIFOTH: bits(6, 7), GEXMSK: bits(2, 5, { unmodelled: true }), GEXPERS: bits(0, 1, { unmodelled: true }) } }),
  GCONF2:     byte(0xa3, { fields: { GGAIN: bits(5, 6), GLDRIVE: bits(3, 4), GWTIME: bits(0, 2) } }),
  GOFFSET_U:  without(0xa4),
  GOFFSET_D:  without(0xa5),
  GPULSE:     byte(0xa6, { reset: 0x40, fields: { GPLEN: bits(6, 7), GPULSE: bits(0, 5) } }),
  GOFFSET_L:  without(0xa7),
  GOFFSET_R:  without(0xa9),
  GCONF3:     without(0xaa),
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
const STATUS = { AVALID: 1, PVALID: 2, GINT: 4, AINT: 0x10, PINT: 0x20, CPSAT: 0x80 } as const;
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
const COUNTS_PER_LUX_MS = 0.0076;
const SIDES = ['up', 'down', 'left', 'right'] as const;
const COLOURS = [['light.red', 'RDATAL', 'RDATAH'], ['light.green', 'GDATAL', 'GDATAH'], ['light.blue', 'BDATAL', 'BDATAH']] as const;

class Apds9960 {
  readonly file: RegisterFile<typeof APDS9960.spec>;
  private readonly sampler: Sampler;
  private readonly gestures: Sampler;
  private readonly fifo = new SampleFifo(32, 4);
  /** Samples in a row outside the thresholds, for PERS. */
  private outside = { light: 0, proximity: 0 };
  readonly parts: Readonly<Record<string, Stateful>>;

  constructor(private readonly context: PartContext, private readonly int: InterruptPin) {
    const { name, scheduler, warnings } = context;
    this.sampler = new Sampler(scheduler, (at) => this.sample(at));
    this.gestures = new Sampler(scheduler, (at) => this.sampleGesture(at));
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
        ENABLE: configure, ATIME: configure, WTIME: configure, CONFIG1: configure, PPULSE: configure, GPULSE: configure, GCONF2: configure, GCONF4: () => this.control(),
      },
    });
    const persistence: Stateful = {
      reset: () => { this.outside = { light: 0, proximity: 0 }; },
      snapshot: () => ({ ...this.outside }),
      restore: (from: Snapshot) => { this.outside = { light: Number(from['light']) || 0, proximity: Number(from['proximity']) || 0 }; },
    };
    this.parts = { file: this.file, sampler: this.sampler, gestures: this.gestures, fifo: this.fifo, persistence };
  }

  /** "Address accessing": these act when a write names them, with data or without. */
  private address(offset: number): void {
    if (offset === IFORCE) this.raise(STATUS.PINT | STATUS.AINT);
    if (offset === PICLEAR) this.lower(STATUS.PINT);
    if (offset === CICLEAR) this.lower(STATUS.AINT | STATUS.CPSAT);
    if (offset === AICLEAR) this.lower(STATUS.PINT | STATUS.AINT | STATUS.CPSAT);
  }

  private get hasGestures(): boolean {
    return this.fifo.level >= GESTURE_THRESHOLD[this.file.registers.field('GCONF1', 'GFIFOTH')];
  }

  private configure(): void {
    const { registers } = this.file;
    const enable = registers.get('ENABLE');
    const isMeasuring = (enable & ENABLE.PON) !== 0 && (enable & (ENABLE.AEN | ENABLE.PEN)) !== 0;
    // A round: proximity, light, wait.
    const light = (enable & ENABLE.AEN) === 0 ? 0 : 256 - registers.get('ATIME');
    const wait = (enable & ENABLE.WEN) === 0 ? 0 : (256 - registers.get('WTIME')) * (registers.field('CONFIG1', 'WLONG') !== 0 ? 12 : 1);
    const proximityUs = (enable & ENABLE.PEN) === 0 ? 0 : this.proximityUs();
    this.sampler.run(isMeasuring ? { num: 1_000_000, den: STEP_US * (light + wait) + proximityUs } : undefined);
    const isGesturing = (enable & ENABLE.PON) !== 0 && (enable & ENABLE.GEN) !== 0;
    const gestureUs = this.gestureUs() + GESTURE_WAIT_US[registers.field('GCONF2', 'GWTIME')];
    this.gestures.run(isGesturing ? { num: 1_000_000, den: gestureUs } : undefined);
    this.sampler.watch(this.int.isConnected && (enable & (ENABLE.AIEN | ENABLE.PIEN)) !== 0);
    this.gestures.watch(this.int.isConnected && registers.field('GCONF4', 'GIEN') !== 0);
    this.updatePin();
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

  private proximity(at: RootTicks): readonly number[] {
    return SIDES.map((side) => Math.max(0, Math.min(255, Math.round(this.context.world.value(`proximity.${side}`, at) * 255))));
  }

  private sample(at: RootTicks): void {
    const enable = this.file.registers.get('ENABLE');
    if ((enable & ENABLE.PEN) !== 0) this.sampleProximity(at);
    if ((enable & ENABLE.AEN) !== 0) this.sampleLight(at);
    this.updatePin();
  }

  private sampleProximity(at: RootTicks): void {
    const { registers } = this.file;
    const value = Math.max(...this.proximity(at));
    registers.set('PDATA', value);
    const isOutside = value < registers.get('PILT') || value > registers.get('PIHT');
    this.outside.proximity = isOutside ? this.outside.proximity + 1 : 0;
    const persistence = registers.field('PERS', 'PPERS');
    const interrupts = persistence === 0 || this.outside.proximity >= persistence;
    registers.set('STATUS', registers.get('STATUS') | STATUS.PVALID | (interrupts ? STATUS.PINT : 0));
  }

  private sampleLight(at: RootTicks): void {
    const { registers } = this.file;
    const { world } = this.context;
    const steps = 256 - registers.get('ATIME');
    const most = Math.min(65_535, 1025 * steps);
    const ideal = world.value('illuminance', at) * COUNTS_PER_LUX_MS * ((steps * STEP_US) / 1000) * AGAIN[registers.field('CONTROL', 'AGAIN')];
    const counts = (share: number): number => Math.max(0, Math.min(most, Math.round(ideal * share)));
    const clear = counts(1);
    registers.set('CDATAL', clear & 0xff);
    registers.set('CDATAH', clear >> 8);
    for (const [quantity, low, high] of COLOURS) {
      const value = counts(world.value(quantity, at));
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

  /** The gesture engine is entered when something comes near, and left when it goes. */
  private sampleGesture(at: RootTicks): void {
    const { registers } = this.file;
    const values = this.proximity(at);
    const nearest = Math.max(...values);
    if (registers.field('GCONF4', 'GMODE') === 0 && nearest >= registers.get('GPENTH') && nearest > 0) registers.setField('GCONF4', 'GMODE', 1);
    else if (registers.field('GCONF4', 'GMODE') === 1 && nearest < registers.get('GEXTH')) registers.setField('GCONF4', 'GMODE', 0);
    if (registers.field('GCONF4', 'GMODE') === 1) this.fifo.push(values, true);
    if (this.hasGestures) this.raise(STATUS.GINT);
    this.updatePin();
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

  /** INT is low and open drain. */
  updatePin(): void {
    const { registers } = this.file;
    const enable = registers.get('ENABLE');
    const flags = registers.get('STATUS');
    const isActive = ((enable & ENABLE.AIEN) !== 0 && (flags & STATUS.AINT) !== 0) || ((enable & ENABLE.PIEN) !== 0 && (flags & STATUS.PINT) !== 0)
      || (registers.field('GCONF4', 'GIEN') !== 0 && (flags & STATUS.GINT) !== 0);
    this.int.set(isActive, { activeHigh: false, openDrain: true });
  }
}

export const APDS9960_PART = definePart({
  bus: 'i2c', addresses: [[0x39]], pins: ['int'],
  inputs: ['illuminance', 'light.red', 'light.green', 'light.blue', 'proximity.up', 'proximity.down', 'proximity.left', 'proximity.right'],
  options: z.strictObject({}),
  create: (context): Part => {
    const part = new Apds9960(context, new InterruptPin(`${context.name} int`, context.pin('int')));
    return { targets: [part.file], ...together(part.parts, () => part.updatePin()) };
  },
});
