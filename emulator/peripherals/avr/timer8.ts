/**
 * AVR 8-bit timer 0.
 * Source: ATmega328P data sheet DS40002061B, chapter 15 (the ATmega2560's chapter 16 is the same).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { PAD_NAME } from './pads.js';
import type { Prescaler } from './prescaler.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import type { Trigger } from './signals.js';
import { AvrTimer, FALLING_EDGES, FLAG_BITS, RISING_EDGES, synchronousPrescaler, type TimerPlan } from './timer.js';
import type { Mode } from './waveform.js';

const FLAGS = { TOV: bit(0), OCFA: bit(1), OCFB: bit(2) } as const;

export const TIMER8 = {
  TCCRnA: { fields: { WGM: bits(0, 1), COMB: bits(4, 5), COMA: bits(6, 7) } },
  TCCRnB: { fields: { CS: bits(0, 2), WGM2: bit(3), FOCB: bit(6, { kind: 'wo' }), FOCA: bit(7, { kind: 'wo' }) } },
  TCNTn:  {},
  OCRnA:  {},
  OCRnB:  {},
  TIMSKn: { fields: { TOIE: bit(0), OCIEA: bit(1), OCIEB: bit(2) } },
  TIFRn:  { kind: 'w1c', fields: FLAGS },
} as const satisfies Template;

/** Table 15-8, by WGM2:0. The reserved ones count as mode 0. */
const NORMAL: Mode = { shape: 'normal', top: 0xff, update: 'at once' };
const MODES: readonly Mode[] = [
  NORMAL,
  { shape: 'dual', top: 0xff, update: 'top' },
  { shape: 'normal', top: 'OCRA', update: 'at once' },
  { shape: 'fast', top: 0xff, update: 'bottom' },
  NORMAL,
  { shape: 'dual', top: 'OCRA', update: 'top', togglesA: true },
  NORMAL,
  { shape: 'fast', top: 'OCRA', update: 'bottom', togglesA: true },
];
/** Table 15-9. */
const DIVIDERS: readonly number[] = [0, 1, 8, 64, 256, 1024, FALLING_EDGES, RISING_EDGES];
const FOCA = 0x80;
const FOCB = 0x40;

/** What COM means in a mode: nothing where it says normal port operation or reserved (tables 15-2 to 15-7). */
export function effectiveCom(com: number, mode: Mode, isA: boolean): number {
  if (mode.shape === 'normal' || com !== 1) return com;
  return isA && mode.togglesA === true ? com : 0;
}

export interface Timer8Options {
  readonly n: number;
  readonly pins: { readonly OCA?: string | undefined; readonly OCB?: string | undefined; readonly T?: string | undefined };
  readonly power: string;
  readonly registers: Places;
}

export class Timer8 extends AvrTimer {
  protected readonly registers;
  protected readonly stored;
  protected readonly enabled;

  constructor(context: BlockContext, { n, pins, power, registers: places }: Timer8Options, prescaler: Prescaler = synchronousPrescaler(context), private readonly dividers = DIVIDERS) {
    super(context, planOf(n, pins, power, prescaler));
    const { block, stored } = placeRegisters(context, TIMER8, { instance: String(n), places }, {
      onRead: { TCNTn: () => this.readCount(), TIFRn: () => this.readFlags(), OCRnA: () => this.waveform.compare(0), OCRnB: () => this.waveform.compare(1) },
      onPeek: { TCNTn: () => this.readCount(), TIFRn: () => this.readFlags(), OCRnA: () => this.waveform.compare(0), OCRnB: () => this.waveform.compare(1) },
      onWrite: {
        TCCRnA: (value) => this.writeModeA(value),
        TCCRnB: (value) => this.writeModeB(value),
        TCNTn: (value) => this.writeCount(value),
        OCRnA: (value) => this.writeCompare(0, value),
        OCRnB: (value) => this.writeCompare(1, value),
        TIMSKn: () => { this.catchUp(); this.update(); },
        TIFRn: (_value, _index, _old, written) => this.clearFlags(written),
      },
    });
    this.registers = block;
    this.stored = stored;
    this.enabled = stored.TIMSKn;
  }

  override restore(from: Snapshot): void {
    this.restoreWith(from, () => this.mode());
  }

  private readCount(): number {
    this.catchUp();
    return this.waveform.value;
  }

  protected writeCount(value: number): void {
    this.catchUp();
    this.waveform.write(value);
    this.update();
  }

  protected writeCompare(channel: number, value: number): void {
    this.catchUp();
    this.waveform.setCompare(channel, value);
    this.update();
  }

  protected writeModeA(value: number): void {
    this.catchUp();
    this.stored.TCCRnA[0] = value;
    this.configure();
  }

  protected writeModeB(value: number): void {
    this.catchUp();
    this.stored.TCCRnB[0] = value & ~(FOCA | FOCB);
    this.configure();
    if (this.mode().shape === 'normal') {
      if ((value & FOCA) !== 0) this.waveform.force(0);
      if ((value & FOCB) !== 0) this.waveform.force(1);
    }
  }

  private mode(): Mode {
    return MODES[(this.stored.TCCRnA[0] & 3) | ((this.stored.TCCRnB[0] >> 1) & 4)];
  }

  private configure(): void {
    const a = this.stored.TCCRnA[0];
    const mode = this.mode();
    this.setMode(mode);
    this.setOutput(0, effectiveCom(a >> 6, mode, true));
    this.setOutput(1, effectiveCom((a >> 4) & 3, mode, false));
    this.setClock(this.dividers[this.stored.TCCRnB[0] & 7]);
    this.update();
  }
}

function planOf(n: number, pins: Timer8Options['pins'], power: string, prescaler: Prescaler): TimerPlan {
  const trigger = (name: Trigger): Trigger | undefined => (n === 0 ? name : undefined);
  return {
    max: 0xff, outputs: [pins.OCA, pins.OCB], clockPin: pins.T, power, prescaler,
    flags: [
      { bit: FLAG_BITS.OCFA, line: 'compa', trigger: trigger('TIMER0_COMPA') },
      { bit: FLAG_BITS.OCFB, line: 'compb' },
      { bit: FLAG_BITS.TOV, line: 'ovf', trigger: trigger('TIMER0_OVF') },
    ],
  };
}

export const TIMER8_PINS = z.strictObject({ OCA: PAD_NAME.optional(), OCB: PAD_NAME.optional(), T: PAD_NAME.optional() }).default({});

export const TIMER8_BLOCK = defineBlock({
  irqs: ['compa', 'compb', 'ovf'],
  clocks: ['io'],
  options: z.strictObject({ n: z.int().min(0).max(5).default(0), pins: TIMER8_PINS, power: z.string().default('PRTIM0'), registers: PLACES }),
  create: (context, options) => new Timer8(context, options),
});
