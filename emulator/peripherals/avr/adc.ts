/**
 * AVR analog to digital converter: ten bits by successive approximation.
 * Source: ATmega328P data sheet DS40002061B, chapter 24; ATmega2560 data sheet DS40002211A, chapter 26 (differential
 * channels with gain). A conversion takes 13 ADC clocks from the clock's next rising edge and samples after 1.5; the first
 * one after ADEN 25 and 13.5; an auto triggered one 13.5 and 2, from the trigger, which restarts the prescaler (table 24-1).
 * The converter is ideal: no noise, no offset, no limit of bandwidth. Differential conversions take as long as others: that
 * they wait for CK_ADC2 is not modelled. The temperature sensor follows table 24-2.
 * Inputs of the ATmega2560's multiplexer (table 26-4) are from memory of the data sheet.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock, RootTicks } from '../../time/types.js';
import type { Net } from '../../wires/net.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_PADS, PAD_NAME, type AvrPads } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { AVR_SIGNALS, type AvrSignals, type Trigger } from './signals.js';
import { AVR_SYSTEM, type AvrSystem } from './system.js';

export const ADC = {
  ADCL:   { kind: 'ro' },
  ADCH:   { kind: 'ro' },
  ADCSRA: { fields: { ADPS: bits(0, 2), ADIE: bit(3), ADIF: bit(4, { kind: 'w1c' }), ADATE: bit(5), ADSC: bit(6, { kind: 'w1s' }), ADEN: bit(7) } },
  ADCSRB: { fields: { ADTS: bits(0, 2), MUX5: bit(3), ACME: bit(6) } },
  ADMUX:  { fields: { MUX: bits(0, 4), ADLAR: bit(5), REFS: bits(6, 7) } },
  DIDR0:  {},
  DIDR2:  {},
} as const satisfies Template;

export const ADC_REQUIRED: readonly string[] = Object.keys(ADC).filter((name) => name !== 'DIDR2');

const A = { ADPS: 7, ADIE: 8, ADIF: 0x10, ADATE: 0x20, ADSC: 0x40, ADEN: 0x80 } as const;
const B = { ADTS: 7, MUX5: 8, ACME: 0x40 } as const;
const MUX = { ADLAR: 0x20 } as const;
/** Table 24-5. */
const DIVIDERS: readonly number[] = [2, 2, 4, 8, 16, 32, 64, 128];
/** Table 24-6, from 1 on: 0 runs freely. */
const TRIGGERS: readonly (Trigger | undefined)[] = [undefined, 'comparator', 'INT0', 'TIMER0_COMPA', 'TIMER0_OVF', 'TIMER1_COMPB', 'TIMER1_OVF', 'TIMER1_CAPT'];

/** Halves of an ADC clock from the start. */
interface Timing { readonly sample: number; readonly end: number }
const NORMAL: Timing = { sample: 3, end: 26 };
const FIRST: Timing = { sample: 27, end: 50 };
const TRIGGERED: Timing = { sample: 4, end: 27 };

const BANDGAP_VOLTS = 1.1;
const INTERNAL_VOLTS: Readonly<Record<string, number>> = { '1.1': BANDGAP_VOLTS, '2.56': 2.56 };
const TEMPERATURE_INPUT = 8;
/** Table 24-2: 314 mV at 25 degrees, 242 mV at -45, 380 mV at 85. */
const SENSOR_VOLTS_AT_25 = 0.314;
const SENSOR_VOLTS_PER_DEGREE = (0.380 - 0.242) / 130;
const ROOM_CELSIUS = 25;
/** Index of the AREF pin among the block's own pins; those below are analog inputs without a port. */
export const AREF_PIN = 31;
const DEFAULT_SUPPLY = 5;

/** What the multiplexer leads to the converter: an input, or the difference of two times a gain. */
interface Selected { readonly positive: number; readonly negative: number; readonly gain: number }

/** Table 26-4, by MUX5:0. Inputs -1: band gap, -2: ground. */
const BANDGAP = -1;
const GROUND = -2;
function selectedOf2560(mux: number): Selected {
  const bank = mux >= 32 ? 8 : 0;
  const low = mux & 0x1f;
  if (low < 8) return { positive: bank + low, negative: GROUND, gain: 0 };
  if (mux === 0x1e) return { positive: BANDGAP, negative: GROUND, gain: 0 };
  if (low >= 0x1e) return { positive: GROUND, negative: GROUND, gain: 0 };
  if (low < 16) {
    const pair = bank + ((low & 4) >> 1);
    return { positive: pair + (low & 1), negative: pair, gain: (low & 2) === 0 ? 10 : 200 };
  }
  return { positive: bank + (low & 7), negative: bank + (low < 24 ? 1 : 2), gain: 1 };
}

export interface AdcOptions {
  /** Pads of ADC0, ADC1, ...; null for an input that is a pin of its own. */
  readonly channels: readonly (string | null)[];
  readonly references: readonly string[];
  readonly isDifferential: boolean;
  readonly registers: Places;
}

export class Adc extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly clock: Clock;
  private readonly pads: AvrPads;
  private readonly signals: AvrSignals;
  private readonly system: AvrSystem;
  private readonly line: Line;
  private readonly step = timedEvent(() => this.arrive());
  /** Ticks of the ADC's source clock: the prescaler's reset, the conversion's start, its sampling and its end. */
  private origin = 0;
  private start = 0;
  private sampleAt = 0;
  private endAt = 0;
  private isConverting = false;
  private isSampled = false;
  private isFirst = true;
  /** ADMUX and MUX5 as the conversion under way took them. */
  private admux = 0;
  private mux5 = 0;
  private code = 0;
  /** The data registers' ten bits; they stay from a read of ADCL to one of ADCH. */
  private data = 0;
  private isLocked = false;
  private wasCpuRunning = true;

  constructor(private readonly context: BlockContext, private readonly options: AdcOptions) {
    super();
    this.clock = context.clock('adc');
    this.pads = context.shared(AVR_PADS);
    this.signals = context.shared(AVR_SIGNALS);
    this.system = context.shared(AVR_SYSTEM);
    this.line = context.irq('adc', () => this.clearFlag());
    const { block, stored } = placeRegisters(context, ADC, { instance: '', places: options.registers, required: ADC_REQUIRED }, {
      onRead: { ADCL: () => this.readLow(), ADCH: () => this.readHigh() },
      onPeek: { ADCL: () => this.result() & 0xff, ADCH: () => this.result() >> 8 },
      onWrite: {
        ADCSRA: (value, _index, old) => this.control(value, old),
        ADCSRB: () => { this.selectTrigger(); this.muxWritten(); },
        ADMUX: () => this.muxWritten(),
        DIDR0: (value) => this.disableInputs(value, 0),
        DIDR2: (value) => this.disableInputs(value, 8),
      },
    });
    this.registers = block;
    this.stored = stored;
    const borrowed = (): number => (this.stored.ADMUX[0] & 7) | this.bank();
    this.signals.muxVolts = (at) => this.volts(borrowed(), at);
    this.signals.muxNet = () => this.netOf(borrowed());
    this.signals.borrowsMux = () => (this.stored.ADCSRB[0] & B.ACME) !== 0 && (this.stored.ADCSRA[0] & A.ADEN) === 0;
    this.signals.onTrigger(() => this.triggered());
    this.system.onClocks(() => this.clocksChanged());
  }

  override reset(): void {
    this.context.scheduler.cancel(this.step);
    this.registers.reset();
    this.isConverting = this.isSampled = this.isLocked = false;
    this.isFirst = this.wasCpuRunning = true;
    this.data = this.code = this.origin = this.start = this.sampleAt = this.endAt = this.admux = this.mux5 = 0;
    this.disableInputs(0, 0);
    this.selectTrigger();
    this.signals.muxChanged();
    this.update();
  }

  override snapshot(): Snapshot {
    const { origin, start, sampleAt, endAt, admux, mux5, code, data } = this;
    return {
      registers: this.registers.snapshot(), origin, start, sampleAt, endAt, admux, mux5, code, data, isConverting: Number(this.isConverting),
      isSampled: Number(this.isSampled), isFirst: Number(this.isFirst), isLocked: Number(this.isLocked), wasCpuRunning: Number(this.wasCpuRunning), step: saveEvent(this.step),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    const number = (key: string): number => numberFrom(from, key, name);
    this.registers.restore(partFrom(from, 'registers', name));
    [this.origin, this.start, this.sampleAt, this.endAt] = [number('origin'), number('start'), number('sampleAt'), number('endAt')];
    [this.admux, this.mux5, this.code, this.data] = [number('admux'), number('mux5'), number('code'), number('data')];
    this.isConverting = number('isConverting') !== 0;
    this.isSampled = number('isSampled') !== 0;
    this.isFirst = number('isFirst') !== 0;
    this.isLocked = number('isLocked') !== 0;
    this.wasCpuRunning = number('wasCpuRunning') !== 0;
    this.selectTrigger();
    restoreEvent(scheduler, this.step, from['step']);
    this.update();
  }

  // -- Control.

  private get isOn(): boolean { return (this.stored.ADCSRA[0] & A.ADEN) !== 0; }
  private get divider(): number { return DIVIDERS[this.stored.ADCSRA[0] & A.ADPS]; }

  private control(value: number, old: number): void {
    const { ADCSRA } = this.stored;
    if (((value ^ old) & A.ADEN) !== 0) {
      if (this.isOn) {
        this.origin = this.clock.ticks();
        this.isFirst = true;
      } else this.stop();
      this.signals.muxChanged();
    }
    this.selectTrigger();
    if (this.isConverting) ADCSRA[0] |= A.ADSC;
    else if ((value & A.ADSC) !== 0) {
      if (this.isOn) this.convert();
      else ADCSRA[0] &= ~A.ADSC;
    }
    this.update();
  }

  private stop(): void {
    this.context.scheduler.cancel(this.step);
    this.isConverting = false;
    this.stored.ADCSRA[0] &= ~A.ADSC;
  }

  private selectTrigger(): void {
    const isAuto = this.isOn && (this.stored.ADCSRA[0] & A.ADATE) !== 0;
    this.signals.want(isAuto ? TRIGGERS[this.stored.ADCSRB[0] & B.ADTS] : undefined);
  }

  /** The multiplexer's settings count until the conversion starts. */
  private muxWritten(): void {
    if (this.isConverting && this.clock.ticks() < this.start) this.takeMux();
    this.signals.muxChanged();
  }

  private takeMux(): void {
    this.admux = this.stored.ADMUX[0];
    this.mux5 = this.stored.ADCSRB[0] & B.MUX5;
  }

  private bank(): number {
    return this.options.isDifferential && (this.stored.ADCSRB[0] & B.MUX5) !== 0 ? 8 : 0;
  }

  // -- Conversions.

  /** From the next rising edge of the ADC clock. */
  private convert(): void {
    const { divider } = this;
    this.begin(this.origin + (Math.floor((this.clock.ticks() - this.origin) / divider) + 1) * divider, this.isFirst ? FIRST : NORMAL);
  }

  private triggered(): void {
    if (!this.isOn || this.isConverting) return;
    this.origin = this.clock.ticks();
    this.begin(this.origin, this.isFirst ? FIRST : TRIGGERED);
  }

  private begin(start: number, { sample, end }: Timing): void {
    const { divider } = this;
    this.isFirst = false;
    this.isConverting = true;
    this.isSampled = false;
    this.stored.ADCSRA[0] |= A.ADSC;
    this.start = start;
    this.sampleAt = start + (sample * divider) / 2;
    this.endAt = start + (end * divider) / 2;
    this.takeMux();
    this.schedule();
  }

  private schedule(): void {
    const { scheduler } = this.context;
    const due = this.isConverting ? this.clock.rootTickOf(this.isSampled ? this.endAt : this.sampleAt) : Infinity;
    if (due === Infinity) scheduler.cancel(this.step);
    else scheduler.schedule(this.step, Math.max(due, scheduler.now()));
  }

  private arrive(): void {
    if (!this.isSampled) {
      this.isSampled = true;
      this.code = this.sample();
      this.schedule();
      return;
    }
    this.isConverting = false;
    const { ADCSRA } = this.stored;
    ADCSRA[0] = (ADCSRA[0] & ~A.ADSC) | A.ADIF;
    if (!this.isLocked) this.data = this.code;
    const runsFreely = (ADCSRA[0] & A.ADATE) !== 0 && (this.stored.ADCSRB[0] & B.ADTS) === 0;
    if (runsFreely) this.begin(this.endAt, NORMAL);
    this.update();
  }

  /** Ten bits, two's complement for differences. */
  private sample(): number {
    const mux = this.admux & 0x1f;
    const { positive, negative, gain } = this.options.isDifferential ? selectedOf2560(mux | (this.mux5 << 2)) : selectedOf328(mux);
    const reference = this.reference();
    if (gain === 0) return Math.min(1023, Math.max(0, Math.floor((this.volts(positive) / reference) * 1024)));
    const difference = (this.volts(positive) - this.volts(negative)) * gain;
    return Math.min(511, Math.max(-512, Math.floor((difference / reference) * 512))) & 0x3ff;
  }

  private volts(input: number, at?: RootTicks): number {
    if (input === BANDGAP) return BANDGAP_VOLTS;
    if (input === GROUND) return 0;
    if (input === TEMPERATURE_INPUT && !this.options.isDifferential) {
      return SENSOR_VOLTS_AT_25 + ((this.context.ambientCelsius?.() ?? ROOM_CELSIUS) - ROOM_CELSIUS) * SENSOR_VOLTS_PER_DEGREE;
    }
    return this.netOf(input)?.volts(at) ?? 0;
  }

  private netOf(input: number): Net | undefined {
    const name = this.options.channels[input];
    return name === undefined ? undefined : name === null ? this.context.net(input) : this.pads.find(name)?.net;
  }

  private get supply(): number { return this.netOf(0)?.vdd ?? DEFAULT_SUPPLY; }

  private reference(): number {
    const { context: { warnings, name }, options: { references } } = this;
    const reference = references[this.admux >> 6] ?? 'reserved';
    const internal = INTERNAL_VOLTS[reference];
    if (internal !== undefined) return internal;
    if (reference === 'AVCC') return this.supply;
    const external = reference === 'AREF' ? this.context.net(AREF_PIN)?.volts() ?? 0 : 0;
    if (external > 0) return external;
    warnings.warn(`${name} REFS`, reference === 'AREF'
      ? `${name}: AREF is the reference and nothing drives it; the supply is taken instead`
      : `${name}: REFS = ${this.admux >> 6} is reserved; the supply is the reference`);
    return this.supply;
  }

  // -- Results.

  private result(): number {
    return (this.stored.ADMUX[0] & MUX.ADLAR) !== 0 ? this.data << 6 : this.data;
  }

  private readLow(): number {
    this.isLocked = true;
    return this.result() & 0xff;
  }

  private readHigh(): number {
    this.isLocked = false;
    return this.result() >> 8;
  }

  private clearFlag(): void {
    this.stored.ADCSRA[0] &= ~A.ADIF;
    this.update();
  }

  private update(): void {
    this.line.set((this.stored.ADCSRA[0] & (A.ADIF | A.ADIE)) === (A.ADIF | A.ADIE));
  }

  private disableInputs(value: number, first: number): void {
    for (let index = 0; index < 8; index++) {
      const name = this.options.channels[first + index];
      if (typeof name === 'string') this.pads.find(name)?.disableInput('adc', ((value >> index) & 1) === 1);
    }
  }

  // -- Sleep.

  /** In ADC noise reduction (clkI/O stands, clkADC runs) a conversion starts as the CPU falls asleep; in idle, if its interrupt is enabled (24.6). */
  private clocksChanged(): void {
    const runs = this.system.clockRuns('cpu');
    const fellAsleep = this.wasCpuRunning && !runs && this.system.clockRuns('adc');
    this.wasCpuRunning = runs;
    const isQuiet = !this.system.clockRuns('io') || (this.stored.ADCSRA[0] & A.ADIE) !== 0;
    const isSingle = (this.stored.ADCSRA[0] & A.ADATE) === 0;
    if (fellAsleep && this.isOn && !this.isConverting && isSingle && isQuiet) this.convert();
    else this.schedule();
  }
}

/** Table 24-4, by MUX3:0: ADC0 to ADC7, the temperature sensor, 1.1 V, ground. */
function selectedOf328(mux: number): Selected {
  const positive = mux <= TEMPERATURE_INPUT ? mux : mux === 14 ? BANDGAP : GROUND;
  return { positive, negative: GROUND, gain: 0 };
}

export const ADC_BLOCK = defineBlock({
  irqs: ['adc'],
  clocks: ['adc'],
  options: z.strictObject({
    channels: z.array(PAD_NAME.nullable()).min(1).max(16),
    /** By ADMUX.REFS. */
    references: z.array(z.enum(['AREF', 'AVCC', '1.1', '2.56', 'reserved'])).length(4).default(['AREF', 'AVCC', 'reserved', '1.1']),
    isDifferential: z.boolean().default(false),
    registers: PLACES,
  }),
  create: (context, options) => new Adc(context, options),
});
