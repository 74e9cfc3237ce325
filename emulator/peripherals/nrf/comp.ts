/**
 * Nordic COMP: a fast comparator of an analog input with a reference ladder or another input.
 * Source: nRF52840 Product Specification v1.1, COMP, and its electrical specification. The response is at once in every MODE.SP;
 * on silicon it takes 0.1 to 0.6 us. Start-up time and hysteresis are the specification's typical values; nothing public confirmed them.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { RootTicks } from '../../time/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { AnalogInputs } from './analog-inputs.js';
import type { Comparison } from '../comparator.js';
import { COMPARATOR_REGISTERS, COMPARATOR_SHORTS, ComparatorBlock } from './comparator-block.js';
import { PADS } from './pads.js';
import { TaskEvents } from './task-events.js';

const PSEL = choice(0, 2, { AnalogInput0: 0, AnalogInput1: 1, AnalogInput2: 2, AnalogInput3: 3, AnalogInput4: 4, AnalogInput5: 5, AnalogInput6: 6, AnalogInput7: 7 });
const EXTREFSEL = choice(0, 2, { AnalogReference0: 0, AnalogReference1: 1, AnalogReference2: 2, AnalogReference3: 3, AnalogReference4: 4, AnalogReference5: 5, AnalogReference6: 6, AnalogReference7: 7 });

export const COMP = registerMap({
  ...COMPARATOR_REGISTERS,
  INTEN:        { at: 0x300, fields: { READY: bit(0), DOWN: bit(1), UP: bit(2), CROSS: bit(3) } },
  INTENSET:     { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 2 }) } },
  PSEL:         { at: 0x504, fields: { PSEL } },
  REFSEL:       { at: 0x508, reset: 4, fields: { REFSEL: choice(0, 2, { Int1V2: 0, Int1V8: 1, Int2V4: 2, VDD: 4, ARef: 5 }) } },
  EXTREFSEL:    { at: 0x50c, fields: { EXTREFSEL } },
  TH:           { at: 0x530, fields: { THDOWN: bits(0, 5), THUP: bits(8, 13) } },
  MODE:         { at: 0x534, fields: { SP: choice(0, 1, { Low: 0, Normal: 1, High: 2 }), MAIN: choice(8, 8, { SE: 0, Diff: 1 }) } },
  HYST:         { at: 0x538, fields: { HYST: choice(0, 0, { NoHyst: 0, Hyst50mV: 1 }) } },
});

const ENABLED = 2;
const AREF = 5;
/** Half of the differential hysteresis, in volts. */
const HALF_HYSTERESIS = 0.025;
/** Start-up, 3 us in ticks of 16 MHz. */
const STARTUP = 48;
const STEP = 16;

export class Comp extends RegisterPeripheral {
  protected readonly registers;
  private readonly events;
  private readonly inputs: AnalogInputs;
  private readonly comparator: ComparatorBlock;

  constructor(private readonly context: BlockContext) {
    super();
    this.inputs = new AnalogInputs(context.shared(PADS), 'nrf52');
    this.comparator = new ComparatorBlock(context, STARTUP, STEP, () => this.comparison());
    const changed = (): void => this.comparator.change();
    this.events = new TaskEvents(COMP, context, {
      isEnabled: () => this.isEnabled,
      shorts: COMPARATOR_SHORTS,
      tasks: this.comparator.tasks,
      onWrite: {
        ENABLE: () => { if (!this.isEnabled) this.comparator.stop(); },
        PSEL: changed, REFSEL: changed, EXTREFSEL: changed, TH: changed, MODE: changed, HYST: changed,
      },
    });
    this.registers = this.events.registers;
    this.comparator.connect(this.events, this.registers.storage('RESULT'));
    this.reset();
  }

  override get isEnabled(): boolean { return this.registers.get('ENABLE') === ENABLED; }

  override reset(): void {
    this.comparator.reset();
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), comparator: this.comparator.snapshot() };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.comparator.restore(partFrom(from, 'comparator', name));
  }

  /** VIN+ against VIN- in differential mode, else against VUP and VDOWN: (TH + 1) / 64 of the reference. */
  private comparison(): Comparison {
    const { registers, inputs } = this;
    const positive = inputs.net(registers.get('PSEL'));
    const external = inputs.net(registers.get('EXTREFSEL'));
    const input = (at: RootTicks): number => positive?.volts(at) ?? 0;
    const reference = (at: RootTicks): number => this.reference() ?? external?.volts(at) ?? 0;
    if (registers.is('MODE', 'MAIN', 'Diff')) {
      const margin = registers.get('HYST') === 0 ? 0 : HALF_HYSTERESIS;
      return {
        aboveUpper: (at) => input(at) - (external?.volts(at) ?? 0) - margin,
        belowLower: (at) => (external?.volts(at) ?? 0) - margin - input(at),
        nets: [positive, external].filter((net) => net !== undefined),
      };
    }
    const up = (registers.field('TH', 'THUP') + 1) / 64;
    const down = (registers.field('TH', 'THDOWN') + 1) / 64;
    const nets = registers.get('REFSEL') === AREF ? [positive, external] : [positive];
    return {
      aboveUpper: (at) => input(at) - up * reference(at),
      belowLower: (at) => down * reference(at) - input(at),
      nets: nets.filter((net) => net !== undefined),
    };
  }

  /** Volts of an internal reference; undefined for an external one. */
  private reference(): number | undefined {
    return [1.2, 1.8, 2.4, this.inputs.vdd, this.inputs.vdd][this.registers.get('REFSEL')];
  }
}

export const COMP_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({}),
  create: (context) => new Comp(context),
});
