/**
 * nRF51's ADC: one conversion of one input at a time.
 * Source: nRF51 Reference Manual v3.0, ADC; conversion times from the nRF51822 Product Specification v3.3, "ADC specification".
 * The converter is ideal: no offset, no noise.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { quantize } from '../../wires/analog.js';
import { defineBlock, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterBlock } from '../registers/index.js';
import { AnalogInputs } from './analog-inputs.js';
import { PADS } from './pads.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents } from './task-events.js';

export const ADC = registerMap({
  TASKS_START: { at: 0x000, kind: 'task' },
  TASKS_STOP:  { at: 0x004, kind: 'task' },
  EVENTS_END:  { at: 0x100, kind: 'event' },
  INTENSET:    { at: 0x304, kind: 'w1s', fields: { END: bit(0) } },
  INTENCLR:    { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  BUSY:        { at: 0x400, kind: 'ro', fields: { BUSY: choice(0, 0, { Ready: 0, Busy: 1 }) } },
  ENABLE:      { at: 0x500, fields: { ENABLE: choice(0, 1, { Disabled: 0, Enabled: 1 }) } },
  CONFIG:      { at: 0x504, reset: 0x18, fields: {
    RES:       choice(0, 1, { '8bit': 0, '9bit': 1, '10bit': 2 }),
    INPSEL:    choice(2, 4, { AnalogInputNoPrescaling: 0, AnalogInputTwoThirdsPrescaling: 1, AnalogInputOneThirdPrescaling: 2, SupplyTwoThirdsPrescaling: 5, SupplyOneThirdPrescaling: 6 }),
    REFSEL:    choice(5, 6, { VBG: 0, External: 1, SupplyOneHalfPrescaling: 2, SupplyOneThirdPrescaling: 3 }),
    PSEL:      choice(8, 15, { Disabled: 0, AnalogInput0: 1, AnalogInput1: 2, AnalogInput2: 4, AnalogInput3: 8, AnalogInput4: 16, AnalogInput5: 32, AnalogInput6: 64, AnalogInput7: 128 }),
    EXTREFSEL: choice(16, 17, { None: 0, AnalogReference0: 1, AnalogReference1: 2 }),
  } },
  RESULT:      { at: 0x508, kind: 'ro', fields: { RESULT: bits(0, 9) } },
  ...POWER_SWITCH,
});

/** Microseconds by RES: 8, 9, 10 bits; the fourth value is reserved. */
const MICROSECONDS = [20, 36, 68, 68] as const;
const TICKS_PER_MICROSECOND = 16;
/** Band gap, in volts. */
const VBG = 1.2;
const ENABLED = 1;
const INPUT_SHARE = [1, 2 / 3, 1 / 3, 0, 0, 2 / 3, 1 / 3, 0] as const;
const FIRST_SUPPLY_INPUT = 5;

export class Adc extends RegisterPeripheral {
  protected readonly registers: RegisterBlock<typeof ADC.spec>;
  private readonly events: TaskEvents<typeof ADC.spec>;
  private readonly clock: Clock;
  private readonly inputs: AnalogInputs;
  private readonly CONFIG: Uint32Array;
  private readonly conversion = timedEvent(() => this.finish());

  constructor(private readonly context: BlockContext) {
    super();
    this.clock = context.clock('clk');
    this.inputs = new AnalogInputs(context.shared(PADS), 'nrf51');
    const busy = (): number => (this.conversion.slot >= 0 ? 1 : 0);
    this.events = new TaskEvents(ADC, context, {
      isEnabled: () => this.registers.get('ENABLE') === ENABLED,
      tasks: { TASKS_START: () => this.start(), TASKS_STOP: () => this.halt() },
      onRead: { BUSY: busy },
      onPeek: { BUSY: busy },
      onWrite: {
        ENABLE: (value) => { if (value !== ENABLED) this.halt(); },
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    this.registers = this.events.registers;
    this.CONFIG = this.registers.storage('CONFIG');
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.halt();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), conversion: saveEvent(this.conversion) };
  }

  override restore(from: Snapshot): void {
    this.events.restore(partFrom(from, 'registers', this.context.name));
    restoreEvent(this.context.scheduler, this.conversion, from['conversion']);
  }

  private halt(): void {
    this.context.scheduler.cancel(this.conversion);
  }

  private start(): void {
    if (this.conversion.slot >= 0) return;
    const ticks = MICROSECONDS[this.CONFIG[0] & 3] * TICKS_PER_MICROSECOND;
    this.context.scheduler.schedule(this.conversion, this.clock.rootTickOf(this.clock.ticks() + ticks));
  }

  private finish(): void {
    this.registers.set('RESULT', quantize(this.input(), this.reference(), 8 + Math.min(2, this.CONFIG[0] & 3)));
    this.events.emit('EVENTS_END');
  }

  /** Volts behind the prescaler. */
  private input(): number {
    const config = this.CONFIG[0];
    const selected = (config >>> 2) & 7;
    const psel = (config >>> 8) & 0xff;
    const volts = selected >= FIRST_SUPPLY_INPUT ? this.inputs.vdd : psel === 0 ? 0 : this.inputs.volts(31 - Math.clz32(psel), this.context.scheduler.now());
    return volts * INPUT_SHARE[selected];
  }

  /** Volts of full scale; an external reference that is not there makes every input full scale. */
  private reference(): number {
    const config = this.CONFIG[0];
    const external = (config >>> 16) & 3;
    const volts = [VBG, external === 0 ? 0 : this.inputs.referenceNet(external - 1)?.volts(this.context.scheduler.now()) ?? 0, this.inputs.vdd / 2, this.inputs.vdd / 3][(config >>> 5) & 3];
    return Math.max(volts, 1e-3);
  }
}

export const ADC_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({}),
  create: (context) => new Adc(context),
});
