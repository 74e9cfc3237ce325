/**
 * AVR 16-bit timers 1, 3, 4, 5: three compare channels where the chip has them, input capture, and the temporary register
 * through which the CPU reaches 16 bits.
 * Source: ATmega328P data sheet DS40002061B, chapter 16; ATmega2560 data sheet DS40002211A, chapter 17. One TEMP serves all
 * registers of a timer (16.3). Input capture: the edge passes the same synchroniser and edge detector as an external clock,
 * and the noise canceler takes four more equal samples (16.6.2).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { PAD_NAME } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import type { Trigger } from './signals.js';
import { AvrTimer, FALLING_EDGES, FLAG_BITS, RISING_EDGES, synchronousPrescaler, SYNCHRONISER_CYCLES, type TimerPlan } from './timer.js';
import { effectiveCom } from './timer8.js';
import type { Mode } from './waveform.js';

export const TIMER16 = {
  TCCRnA: { fields: { WGM: bits(0, 1), COMC: bits(2, 3), COMB: bits(4, 5), COMA: bits(6, 7) } },
  TCCRnB: { fields: { CS: bits(0, 2), WGM32: bits(3, 4), ICES: bit(6), ICNC: bit(7) } },
  TCCRnC: { fields: { FOCC: bit(5, { kind: 'wo' }), FOCB: bit(6, { kind: 'wo' }), FOCA: bit(7, { kind: 'wo' }) } },
  TCNTnL: {}, TCNTnH: {},
  ICRnL: {}, ICRnH: {},
  OCRnAL: {}, OCRnAH: {},
  OCRnBL: {}, OCRnBH: {},
  OCRnCL: {}, OCRnCH: {},
  TIMSKn: { fields: { TOIE: bit(0), OCIEA: bit(1), OCIEB: bit(2), OCIEC: bit(3), ICIE: bit(5) } },
  TIFRn: { kind: 'w1c', fields: { TOV: bit(0), OCFA: bit(1), OCFB: bit(2), OCFC: bit(3), ICF: bit(5) } },
} as const satisfies Template;

/** The chip has no channel C. */
const OPTIONAL: readonly string[] = ['OCRnCL', 'OCRnCH'];
export const TIMER16_REQUIRED: readonly string[] = Object.keys(TIMER16).filter((name) => !OPTIONAL.includes(name));

/** Table 16-4, by WGM3:0. The reserved one counts as mode 0. */
const NORMAL: Mode = { shape: 'normal', top: 0xffff, update: 'at once' };
const MODES: readonly Mode[] = [
  NORMAL,
  { shape: 'dual', top: 0xff, update: 'top' },
  { shape: 'dual', top: 0x1ff, update: 'top' },
  { shape: 'dual', top: 0x3ff, update: 'top' },
  { shape: 'normal', top: 'OCRA', update: 'at once' },
  { shape: 'fast', top: 0xff, update: 'bottom' },
  { shape: 'fast', top: 0x1ff, update: 'bottom' },
  { shape: 'fast', top: 0x3ff, update: 'bottom' },
  { shape: 'dual', top: 'ICR', update: 'bottom' },
  { shape: 'dual', top: 'OCRA', update: 'bottom', togglesA: true },
  { shape: 'dual', top: 'ICR', update: 'top' },
  { shape: 'dual', top: 'OCRA', update: 'top', togglesA: true },
  { shape: 'normal', top: 'ICR', update: 'at once' },
  NORMAL,
  { shape: 'fast', top: 'ICR', update: 'bottom', togglesA: true },
  { shape: 'fast', top: 'OCRA', update: 'bottom', togglesA: true },
];
const DIVIDERS: readonly number[] = [0, 1, 8, 64, 256, 1024, FALLING_EDGES, RISING_EDGES];
const TCCRB = { ICES: 0x40, ICNC: 0x80 } as const;
const NOISE_CANCELER_CYCLES = 4;

export interface Timer16Options {
  readonly n: number;
  readonly pins: { readonly OCA?: string | undefined; readonly OCB?: string | undefined; readonly OCC?: string | undefined; readonly T?: string | undefined; readonly ICP?: string | undefined };
  readonly power?: string | undefined;
  readonly registers: Places;
}

export class Timer16 extends AvrTimer {
  protected readonly registers;
  protected readonly enabled;
  private readonly stored;
  private temp = 0;
  /** The capture unit's input, and the one of the pin while the comparator has the unit. */
  private input = false;
  private takesComparator = false;
  private readonly capture = timedEvent(() => this.captured());

  constructor(context: BlockContext, private readonly options: Timer16Options) {
    super(context, planOf(options, context));
    const { n, registers: places } = options;
    const wave = this.waveform;
    const compare = (channel: number) => ({
      low: () => wave.compare(channel) & 0xff, high: () => wave.compare(channel) >> 8,
      write: (value: number): void => { this.catchUp(); wave.setCompare(channel, this.wide(value)); this.update(); },
    });
    const [a, b, c] = [compare(0), compare(1), compare(2)];
    const toTemp = (value: number): void => { this.temp = value; };
    const fromTemp = (): number => this.temp;
    const compares = { OCRnAL: a.low, OCRnAH: a.high, OCRnBL: b.low, OCRnBH: b.high, OCRnCL: c.low, OCRnCH: c.high };
    const { block, stored } = placeRegisters(context, TIMER16, { instance: String(n), places, required: TIMER16_REQUIRED }, {
      onRead: {
        ...compares, TIFRn: () => this.readFlags(), TCNTnH: fromTemp, ICRnH: fromTemp,
        TCNTnL: () => { this.catchUp(); return this.split(wave.value); }, ICRnL: () => this.split(wave.icr),
      },
      onPeek: {
        ...compares, TIFRn: () => this.readFlags(), TCNTnL: () => this.count16() & 0xff, TCNTnH: () => this.count16() >> 8,
        ICRnL: () => wave.icr & 0xff, ICRnH: () => wave.icr >> 8,
      },
      onWrite: {
        TCCRnA: () => this.configure(), TCCRnB: () => this.configure(), TCCRnC: (value) => this.force(value),
        TCNTnH: toTemp, ICRnH: toTemp, OCRnAH: toTemp, OCRnBH: toTemp, OCRnCH: toTemp,
        TCNTnL: (value) => { this.catchUp(); wave.write(this.wide(value)); this.update(); },
        ICRnL: (value) => this.writeIcr(this.wide(value)),
        OCRnAL: a.write, OCRnBL: b.write, OCRnCL: c.write,
        TIMSKn: () => { this.catchUp(); this.update(); },
        TIFRn: (_value, _index, _old, written) => this.clearFlags(written),
      },
    });
    this.registers = block;
    this.stored = stored;
    this.enabled = stored.TIMSKn;
    if (n === 1) this.signals.onComparator((level, toCapture) => this.comparator(level, toCapture));
  }

  override reset(): void {
    this.temp = 0;
    this.takesComparator = false;
    this.context.scheduler.cancel(this.capture);
    super.reset();
    this.followCapturePin();
  }

  override snapshot(): Snapshot {
    return { ...super.snapshot(), temp: this.temp, input: Number(this.input), takesComparator: Number(this.takesComparator), capture: saveEvent(this.capture) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.restoreWith(from, () => this.mode());
    this.temp = numberFrom(from, 'temp', name) & 0xff;
    this.input = numberFrom(from, 'input', name) !== 0;
    this.takesComparator = numberFrom(from, 'takesComparator', name) !== 0;
    restoreEvent(scheduler, this.capture, from['capture']);
  }

  // -- The temporary register.

  private wide(low: number): number {
    return (this.temp << 8) | low;
  }

  private split(value: number): number {
    this.temp = value >> 8;
    return value & 0xff;
  }

  private count16(): number {
    this.catchUp();
    return this.waveform.value;
  }

  // -- Modes.

  private mode(): Mode {
    return MODES[(this.stored.TCCRnA[0] & 3) | ((this.stored.TCCRnB[0] >> 1) & 0xc)];
  }

  private configure(): void {
    this.catchUp();
    const a = this.stored.TCCRnA[0];
    const mode = this.mode();
    this.setMode(mode);
    this.setOutput(0, effectiveCom(a >> 6, mode, true));
    this.setOutput(1, effectiveCom((a >> 4) & 3, mode, false));
    this.setOutput(2, effectiveCom((a >> 2) & 3, mode, false));
    this.setClock(DIVIDERS[this.stored.TCCRnB[0] & 7]);
    this.update();
  }

  private force(value: number): void {
    this.catchUp();
    this.stored.TCCRnC[0] = 0;
    if (this.mode().shape !== 'normal') return;
    for (let channel = 0; channel < 3; channel++) if ((value & (0x80 >> channel)) !== 0) this.waveform.force(channel);
  }

  /** ICR can be written only where it is TOP (16.6.3). */
  private writeIcr(value: number): void {
    this.catchUp();
    if (this.mode().top !== 'ICR') return;
    this.waveform.icr = value;
    this.update();
  }

  // -- Input capture.

  private followPin: (() => void) | undefined;

  private followCapturePin(): void {
    const net = this.pads.find(this.options.pins.ICP)?.net;
    this.followPin ??= net?.follow((level) => { if (!this.takesComparator) this.inputChanged(level); });
    if (net) this.input = net.level;
  }

  private comparator(level: boolean, toCapture: boolean): void {
    this.takesComparator = toCapture;
    if (toCapture) this.inputChanged(level);
  }

  /** Where ICR is TOP, the pin is disconnected. */
  private inputChanged(level: boolean): void {
    if (level === this.input) return;
    this.input = level;
    const { scheduler } = this.context;
    const b = this.stored.TCCRnB[0];
    const isNoise = (b & TCCRB.ICNC) !== 0;
    if (isNoise) scheduler.cancel(this.capture);
    if (level !== ((b & TCCRB.ICES) !== 0) || this.mode().top === 'ICR') return;
    const due = this.io.rootTickOf(this.io.ticks() + SYNCHRONISER_CYCLES + (isNoise ? NOISE_CANCELER_CYCLES : 0));
    if (due !== Infinity && this.capture.slot < 0) scheduler.schedule(this.capture, Math.max(due, scheduler.now()));
  }

  private captured(): void {
    this.catchUp();
    this.waveform.icr = this.waveform.value;
    this.setFlag(FLAG_BITS.ICF);
    this.update();
  }
}

function planOf({ n, pins, power, registers }: Timer16Options, context: BlockContext): TimerPlan {
  const trigger = (name: Trigger): Trigger | undefined => (n === 1 ? name : undefined);
  return {
    max: 0xffff, outputs: [pins.OCA, pins.OCB, ...(registers[`OCR${n}CL`] === undefined ? [] : [pins.OCC])], clockPin: pins.T, power: power ?? `PRTIM${n}`, prescaler: synchronousPrescaler(context),
    flags: [
      { bit: FLAG_BITS.ICF, line: 'capt', trigger: trigger('TIMER1_CAPT') },
      { bit: FLAG_BITS.OCFA, line: 'compa' },
      { bit: FLAG_BITS.OCFB, line: 'compb', trigger: trigger('TIMER1_COMPB') },
      { bit: FLAG_BITS.OCFC, line: 'compc' },
      { bit: FLAG_BITS.TOV, line: 'ovf', trigger: trigger('TIMER1_OVF') },
    ],
  };
}

export const TIMER16_BLOCK = defineBlock({
  irqs: ['capt', 'compa', 'compb', 'compc', 'ovf'],
  clocks: ['io'],
  options: z.strictObject({
    n: z.int().min(1).max(5),
    pins: z.strictObject({ OCA: PAD_NAME.optional(), OCB: PAD_NAME.optional(), OCC: PAD_NAME.optional(), T: PAD_NAME.optional(), ICP: PAD_NAME.optional() }).default({}),
    power: z.string().optional(),
    registers: PLACES,
  }),
  create: (context, options) => new Timer16(context, options),
});
