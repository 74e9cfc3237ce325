/**
 * AVR analog comparator.
 * Source: ATmega328P data sheet DS40002061B, chapter 23; ATmega2560 data sheet DS40002211A, chapter 25. Voltages are looked
 * at every microsecond or so, and a crossing is found to one clock; before firmware has written ACSR nobody looks. The
 * output's synchroniser (one or two cycles) and hysteresis are not modelled.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Net } from '../../wires/net.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { Comparator, type Comparison } from '../comparator.js';
import { bit, bits } from '../registers/index.js';
import { AVR_PADS, PAD_NAME, type AvrPads } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { AVR_SYSTEM } from './system.js';
import { AVR_SIGNALS, type AvrSignals } from './signals.js';

export const ANALOG_COMPARATOR = {
  ACSR:  { fields: { ACIS: bits(0, 1), ACIC: bit(2), ACIE: bit(3), ACI: bit(4, { kind: 'w1c' }), ACO: bit(5, { kind: 'ro' }), ACBG: bit(6), ACD: bit(7) } },
  DIDR1: { fields: { AIN0D: bit(0), AIN1D: bit(1) } },
} as const satisfies Template;

const ACSR = { ACIS: 3, ACIC: 4, ACIE: 8, ACI: 0x10, ACO: 0x20, ACBG: 0x40, ACD: 0x80 } as const;
const BANDGAP_VOLTS = 1.1;
/** ACIS: any edge, reserved, falling, rising. */
const FALLING = 2;
const RISING = 3;
/** Clocks between two looks at a voltage. */
const STEP = 16;

export interface ComparatorOptions {
  readonly pins: { readonly AIN0?: string | undefined; readonly AIN1?: string | undefined };
  readonly registers: Places;
}

export class AnalogComparator extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly pads: AvrPads;
  private readonly signals: AvrSignals;
  private readonly line: Line;
  private readonly comparator: Comparator;

  constructor(private readonly context: BlockContext, private readonly options: ComparatorOptions) {
    super();
    this.pads = context.shared(AVR_PADS);
    this.signals = context.shared(AVR_SIGNALS);
    this.line = context.irq('comparator', () => this.clearFlag());
    this.comparator = new Comparator(context.scheduler, context.clock('io'), STEP, (isUp) => this.crossed(isUp));
    const system = context.shared(AVR_SYSTEM);
    system.onClocks(() => { if (system.clockRuns('io')) this.comparator.clockRuns(); });
    const { block, stored } = placeRegisters(context, ANALOG_COMPARATOR, { instance: '', places: options.registers }, {
      onRead: { ACSR: (_index, value) => this.status(value) },
      onPeek: { ACSR: (_index, value) => this.status(value) },
      onWrite: {
        ACSR: (value, _index, old) => this.control(value, old),
        DIDR1: (value) => this.disableInputs(value),
      },
    });
    this.registers = block;
    this.stored = stored;
    this.signals.onMux(() => this.comparator.change(this.comparison()));
    this.signals.onWant(() => { if (this.signals.isWanted('comparator')) this.run(); });
  }

  override reset(): void {
    this.registers.reset();
    this.comparator.stop();
    this.disableInputs(0);
    this.update();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), comparator: this.comparator.snapshot() };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.comparator.restore(partFrom(from, 'comparator', name), () => this.comparison(), name);
    this.update();
  }

  private get isOff(): boolean { return (this.stored.ACSR[0] & ACSR.ACD) !== 0; }

  private control(value: number, old: number): void {
    if (this.isOff) this.comparator.stop();
    else if (((value ^ old) & ACSR.ACBG) !== 0) this.comparator.change(this.comparison());
    this.run();
    if (((value ^ old) & ACSR.ACIC) !== 0) this.signals.comparatorChanged(this.output, (value & ACSR.ACIC) !== 0);
    this.update();
  }

  private run(): void {
    if (!this.comparator.isOn && !this.isOff) this.comparator.start(this.comparison());
  }

  private get output(): boolean { return !this.isOff && this.difference() > 0; }

  private status(value: number): number {
    return (value & ~ACSR.ACO) | (this.output ? ACSR.ACO : 0);
  }

  private net(pin: 'AIN0' | 'AIN1'): Net | undefined { return this.pads.find(this.options.pins[pin])?.net; }

  private difference(at?: number): number {
    const positive = (this.stored.ACSR[0] & ACSR.ACBG) !== 0 ? BANDGAP_VOLTS : this.net('AIN0')?.volts(at) ?? 0;
    const negative = this.signals.borrowsMux() ? this.signals.muxVolts?.(at) ?? 0 : this.net('AIN1')?.volts(at) ?? 0;
    return positive - negative;
  }

  private comparison(): Comparison {
    const nets = [this.net('AIN0'), this.signals.borrowsMux() ? this.signals.muxNet?.() : this.net('AIN1')];
    return {
      aboveUpper: (at) => this.difference(at), belowLower: (at) => (this.difference(at) <= 0 ? 1 : 0),
      nets: nets.filter((net) => net !== undefined),
    };
  }

  private crossed(isUp: boolean): void {
    const { ACSR: stored } = this.stored;
    this.signals.comparatorChanged(isUp, (stored[0] & ACSR.ACIC) !== 0);
    const sense = stored[0] & ACSR.ACIS;
    if ((sense === FALLING && isUp) || (sense === RISING && !isUp)) return;
    const wasSet = (stored[0] & ACSR.ACI) !== 0;
    stored[0] |= ACSR.ACI;
    this.update();
    if (!wasSet) this.signals.trigger('comparator');
  }

  private clearFlag(): void {
    this.stored.ACSR[0] &= ~ACSR.ACI;
    this.update();
  }

  private update(): void {
    this.line.set((this.stored.ACSR[0] & (ACSR.ACI | ACSR.ACIE)) === (ACSR.ACI | ACSR.ACIE));
  }

  private disableInputs(value: number): void {
    this.pads.find(this.options.pins.AIN0)?.disableInput('comparator', (value & 1) !== 0);
    this.pads.find(this.options.pins.AIN1)?.disableInput('comparator', (value & 2) !== 0);
  }
}

export const ANALOG_COMPARATOR_BLOCK = defineBlock({
  irqs: ['comparator'],
  clocks: ['io'],
  options: z.strictObject({ pins: z.strictObject({ AIN0: PAD_NAME.optional(), AIN1: PAD_NAME.optional() }).default({}), registers: PLACES }),
  create: (context, options) => new AnalogComparator(context, options),
});
