/**
 * Nordic TEMP: the die's temperature in steps of 0.25 degrees.
 * Source: nRF52840 Product Specification v1.1, TEMP (36 us per measurement); nRF51 Reference Manual v3.0, TEMP (no
 * coefficients). The 36 us stand in BabbleSim's hardware models too. The sensor is ideal: coefficients are stored and change nothing.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, registerMap } from '../registers/index.js';
import { rootTicksOf } from './low-frequency.js';
import { TaskEvents } from './task-events.js';

export const TEMP = registerMap({
  TASKS_START:    { at: 0x000, kind: 'task' },
  TASKS_STOP:     { at: 0x004, kind: 'task' },
  EVENTS_DATARDY: { at: 0x100, kind: 'event' },
  INTENSET:       { at: 0x304, kind: 'w1s', fields: { DATARDY: bit(0) } },
  INTENCLR:       { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  TEMP:           { at: 0x508, kind: 'ro' },   // signed, 0.25 degrees Celsius
  A0:             { at: 0x520, reset: 0x326, fields: { A0: bits(0, 11) } },
  A1:             { at: 0x524, reset: 0x348, fields: { A1: bits(0, 11) } },
  A2:             { at: 0x528, reset: 0x3aa, fields: { A2: bits(0, 11) } },
  A3:             { at: 0x52c, reset: 0x40e, fields: { A3: bits(0, 11) } },
  A4:             { at: 0x530, reset: 0x4bd, fields: { A4: bits(0, 11) } },
  A5:             { at: 0x534, reset: 0x5a3, fields: { A5: bits(0, 11) } },
  B0:             { at: 0x540, reset: 0x3fef, fields: { B0: bits(0, 13) } },
  B1:             { at: 0x544, reset: 0x3fbe, fields: { B1: bits(0, 13) } },
  B2:             { at: 0x548, reset: 0x3fbe, fields: { B2: bits(0, 13) } },
  B3:             { at: 0x54c, reset: 0x12, fields: { B3: bits(0, 13) } },
  B4:             { at: 0x550, reset: 0x124, fields: { B4: bits(0, 13) } },
  B5:             { at: 0x554, reset: 0x27c, fields: { B5: bits(0, 13) } },
  T0:             { at: 0x560, reset: 0xe2, fields: { T0: bits(0, 7) } },
  T1:             { at: 0x564, reset: 0x0, fields: { T1: bits(0, 7) } },
  T2:             { at: 0x568, reset: 0x19, fields: { T2: bits(0, 7) } },
  T3:             { at: 0x56c, reset: 0x3c, fields: { T3: bits(0, 7) } },
  T4:             { at: 0x570, reset: 0x50, fields: { T4: bits(0, 7) } },
  POWER:          { at: 0xffc, reset: 1, fields: { POWER: bit(0) } },
});

const MEASUREMENT_MICROSECONDS = 36;
const COLDEST_CELSIUS = -40;
const HOTTEST_CELSIUS = 105;
const ROOM_CELSIUS = 25;

export class Temp extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof TEMP.spec>;
  private readonly ready = timedEvent(() => this.finish());

  /** @param fixed the die's temperature in degrees Celsius; undefined: it is as warm as what is around it */
  constructor(private readonly context: BlockContext, private fixed: number | undefined) {
    super();
    this.events = new TaskEvents(TEMP, context, {
      tasks: {
        TASKS_START: () => context.scheduler.schedule(this.ready, context.scheduler.now() + rootTicksOf(context.scheduler, MEASUREMENT_MICROSECONDS)),
        TASKS_STOP: () => context.scheduler.cancel(this.ready),
      },
      onWrite: { POWER: (value) => { if (value === 0) this.powerDown(); } },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  /** The die's temperature in degrees Celsius; a measurement takes what it is at its end. Setting it fixes it. */
  get celsius(): number {
    return this.fixed ?? Math.min(HOTTEST_CELSIUS, Math.max(COLDEST_CELSIUS, this.context.ambientCelsius?.() ?? ROOM_CELSIUS));
  }

  /** @throws RangeError outside -40 to 105, what the chip is specified for */
  set celsius(celsius: number) {
    if (!(celsius >= COLDEST_CELSIUS && celsius <= HOTTEST_CELSIUS)) throw new RangeError(`a die temperature of ${celsius} degrees: give one from ${COLDEST_CELSIUS} to ${HOTTEST_CELSIUS}`);
    this.fixed = celsius;
  }

  override reset(): void {
    this.events.reset();
    this.context.scheduler.cancel(this.ready);
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), celsius: this.fixed ?? null, ready: saveEvent(this.ready) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    if (from['celsius'] === null) this.fixed = undefined;
    else this.celsius = numberFrom(from, 'celsius', name);
    restoreEvent(scheduler, this.ready, from['ready']);
  }

  private finish(): void {
    this.registers.set('TEMP', Math.round(4 * this.celsius));
    this.events.emit('EVENTS_DATARDY');
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }
}

export const TEMP_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ celsius: z.number().min(COLDEST_CELSIUS).max(HOTTEST_CELSIUS).optional() }),
  create: (context, { celsius }) => new Temp(context, celsius),
});
