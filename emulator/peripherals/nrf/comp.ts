/**
 * Nordic COMP: a fast comparator of an analog input with a reference ladder or another input.
 * Source: nRF52840 Product Specification v1.1, COMP, and its electrical specification. The response is at once in every MODE.SP;
 * on silicon it takes 0.1 to 0.6 us. Start-up time and hysteresis are the specification's typical values; nothing public confirmed them.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock, RootTicks } from '../../time/types.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { AnalogInputs } from './analog-inputs.js';
import { Comparator, type Comparison } from '../comparator.js';
import { PADS } from './pads.js';
import { TaskEvents, type Shortcut } from './task-events.js';

const PSEL = choice(0, 2, { AnalogInput0: 0, AnalogInput1: 1, AnalogInput2: 2, AnalogInput3: 3, AnalogInput4: 4, AnalogInput5: 5, AnalogInput6: 6, AnalogInput7: 7 });
const EXTREFSEL = choice(0, 2, { AnalogReference0: 0, AnalogReference1: 1, AnalogReference2: 2, AnalogReference3: 3, AnalogReference4: 4, AnalogReference5: 5, AnalogReference6: 6, AnalogReference7: 7 });

export const COMP = registerMap({
  TASKS_START:  { at: 0x000, kind: 'task' },
  TASKS_STOP:   { at: 0x004, kind: 'task' },
  TASKS_SAMPLE: { at: 0x008, kind: 'task' },
  EVENTS_READY: { at: 0x100, kind: 'event' },
  EVENTS_DOWN:  { at: 0x104, kind: 'event' },
  EVENTS_UP:    { at: 0x108, kind: 'event' },
  EVENTS_CROSS: { at: 0x10c, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { READY_SAMPLE: bit(0), READY_STOP: bit(1), DOWN_STOP: bit(2), UP_STOP: bit(3), CROSS_STOP: bit(4) } },
  INTEN:        { at: 0x300, fields: { READY: bit(0), DOWN: bit(1), UP: bit(2), CROSS: bit(3) } },
  INTENSET:     { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  RESULT:       { at: 0x400, kind: 'ro', fields: { RESULT: choice(0, 0, { Below: 0, Above: 1 }) } },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 2 }) } },
  PSEL:         { at: 0x504, fields: { PSEL } },
  REFSEL:       { at: 0x508, reset: 4, fields: { REFSEL: choice(0, 2, { Int1V2: 0, Int1V8: 1, Int2V4: 2, VDD: 4, ARef: 5 }) } },
  EXTREFSEL:    { at: 0x50c, fields: { EXTREFSEL } },
  TH:           { at: 0x530, fields: { THDOWN: bits(0, 5), THUP: bits(8, 13) } },
  MODE:         { at: 0x534, fields: { SP: choice(0, 1, { Low: 0, Normal: 1, High: 2 }), MAIN: choice(8, 8, { SE: 0, Diff: 1 }) } },
  HYST:         { at: 0x538, fields: { HYST: choice(0, 0, { NoHyst: 0, Hyst50mV: 1 }) } },
});

/** The same for both comparators. */
export const COMPARATOR_SHORTS = [
  { bit: 0, event: 'EVENTS_READY', task: 'TASKS_SAMPLE' },
  { bit: 1, event: 'EVENTS_READY', task: 'TASKS_STOP' },
  { bit: 2, event: 'EVENTS_DOWN', task: 'TASKS_STOP' },
  { bit: 3, event: 'EVENTS_UP', task: 'TASKS_STOP' },
  { bit: 4, event: 'EVENTS_CROSS', task: 'TASKS_STOP' },
] as const satisfies readonly Shortcut<typeof COMP.spec>[];

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
  private readonly clock: Clock;
  private readonly inputs: AnalogInputs;
  private readonly comparator: Comparator;
  private readonly ready = timedEvent(() => this.begin());

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.inputs = new AnalogInputs(context.shared(PADS), 'nrf52');
    const changed = (): void => this.comparator.change(this.comparison());
    this.events = new TaskEvents(COMP, context, {
      isEnabled: () => this.isEnabled,
      shorts: COMPARATOR_SHORTS,
      tasks: {
        TASKS_START: () => this.start(),
        TASKS_STOP: () => this.stop(),
        TASKS_SAMPLE: () => this.registers.set('RESULT', this.comparator.isAbove ? 1 : 0),
      },
      onWrite: {
        ENABLE: () => { if (!this.isEnabled) this.stop(); },
        PSEL: changed, REFSEL: changed, EXTREFSEL: changed, TH: changed, MODE: changed, HYST: changed,
      },
    });
    this.registers = this.events.registers;
    this.comparator = new Comparator(context.scheduler, this.clock, STEP, (isUp) => {
      this.events.emit(isUp ? 'EVENTS_UP' : 'EVENTS_DOWN');
      this.events.emit('EVENTS_CROSS');
    });
    this.reset();
  }

  override get isEnabled(): boolean { return this.registers.get('ENABLE') === ENABLED; }

  override reset(): void {
    this.stop();
    this.comparator.isAbove = false;
    this.events.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), comparator: this.comparator.snapshot(), ready: saveEvent(this.ready) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.comparator.restore(partFrom(from, 'comparator', name), () => this.comparison(), name);
    restoreEvent(scheduler, this.ready, from['ready']);
  }

  private start(): void {
    this.context.scheduler.schedule(this.ready, this.clock.rootTickOf(this.clock.ticks() + STARTUP));
  }

  private stop(): void {
    this.context.scheduler.cancel(this.ready);
    this.comparator.stop();
  }

  private begin(): void {
    this.comparator.start(this.comparison());
    this.events.emit('EVENTS_READY');
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
