/**
 * Nordic RNG: a random byte at a time, for as long as it runs.
 * Source: nRF52840 Product Specification v1.1, RNG (128 us to start, 30 us per byte, 120 us with bias correction); nRF51822
 * Product Specification v3.3, RNG (167 us and 677 us). The nRF52's three figures stand in BabbleSim's hardware models too; the
 * nRF51's are not confirmed. On silicon a corrected byte takes a time of its own; here the
 * typical one, always. Bytes come from the run's seed, uniform with and without the correction.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { rootTicksOf } from './low-frequency.js';
import { Noise } from '../../wires/noise.js';
import { TaskEvents } from './task-events.js';

export const RNG = registerMap({
  TASKS_START:   { at: 0x000, kind: 'task' },
  TASKS_STOP:    { at: 0x004, kind: 'task' },
  EVENTS_VALRDY: { at: 0x100, kind: 'event' },
  SHORTS:        { at: 0x200, fields: { VALRDY_STOP: bit(0) } },
  INTENSET:      { at: 0x304, kind: 'w1s', fields: { VALRDY: bit(0) } },
  INTENCLR:      { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  CONFIG:        { at: 0x504, fields: { DERCEN: choice(0, 0, { Disabled: 0, Enabled: 1 }) } },
  VALUE:         { at: 0x508, kind: 'ro', fields: { VALUE: bits(0, 7) } },
  POWER:         { at: 0xffc, reset: 1, fields: { POWER: bit(0) } },
});

/** Microseconds: until generation begins, per byte, per byte with bias correction. */
const SPEEDS = {
  nrf51: { start: 128, raw: 167, corrected: 677 },
  nrf52: { start: 128, raw: 30, corrected: 120 },
} as const;

export class Rng extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof RNG.spec>;
  private readonly noise: Noise;
  private readonly ready = timedEvent(() => this.deliver());

  constructor(private readonly context: BlockContext, private readonly family: keyof typeof SPEEDS) {
    super();
    this.noise = new Noise(context.seed);
    this.events = new TaskEvents(RNG, context, {
      tasks: { TASKS_START: () => this.start(), TASKS_STOP: () => context.scheduler.cancel(this.ready) },
      shorts: [{ bit: 0, event: 'EVENTS_VALRDY', task: 'TASKS_STOP' }],
      onWrite: { POWER: (value) => { if (value === 0) this.powerDown(); } },
    });
    this.registers = this.events.registers;
    this.reset();
  }

  /** The source of noise goes on where it was: another reset gives other bytes. */
  override reset(kind?: string): void {
    this.events.reset();
    this.context.scheduler.cancel(this.ready);
    if (kind === 'power-on') this.noise.state = this.context.seed;
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), noise: this.noise.state, ready: saveEvent(this.ready) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.noise.state = numberFrom(from, 'noise', name);
    restoreEvent(scheduler, this.ready, from['ready']);
  }

  private start(): void {
    if (this.ready.slot < 0) this.wait(SPEEDS[this.family].start);
  }

  private deliver(): void {
    this.registers.set('VALUE', this.noise.byte());
    this.wait(0);
    this.events.emit('EVENTS_VALRDY');
  }

  private wait(microseconds: number): void {
    const { scheduler } = this.context;
    const { raw, corrected } = SPEEDS[this.family];
    const isCorrected = this.registers.is('CONFIG', 'DERCEN', 'Enabled');
    scheduler.schedule(this.ready, scheduler.now() + rootTicksOf(scheduler, microseconds + (isCorrected ? corrected : raw)));
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }
}

export const RNG_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']) }),
  create: (context, { family }) => new Rng(context, family),
});
