/**
 * Nordic TIMER: 16 MHz timer and counter with capture and compare.
 * Source: nRF52840 Product Specification v1.1, TIMER; nRF51 Reference Manual v3.0, TIMER (four CC registers; 24 and 32 bits in
 * TIMER0 alone: elsewhere a wider BITMODE counts 16 bits here). A compare is met when the counter arrives at CC: one that is
 * written while it equals the counter waits for the next turn. The counter is computed from the clock when somebody looks; an event is scheduled for the next compare alone.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bits, choice, registerMap } from '../registers/index.js';
import { numbered } from './fields.js';
import { POWER_SWITCH, switchPower } from './power-switch.js';
import { TaskEvents, type NordicEvent, type Shortcut } from './task-events.js';

const MOST_CC = 6;
/** The registers of a TIMER with this many CC registers. */
const registersOf = <const N extends number>(channels: N) => ({
  TASKS_START:    { at: 0x000, kind: 'task' },
  TASKS_STOP:     { at: 0x004, kind: 'task' },
  TASKS_COUNT:    { at: 0x008, kind: 'task' },
  TASKS_CLEAR:    { at: 0x00c, kind: 'task' },
  TASKS_SHUTDOWN: { at: 0x010, kind: 'task' },
  TASKS_CAPTURE:  { at: 0x040, kind: 'task', count: channels },
  EVENTS_COMPARE: { at: 0x140, kind: 'event', count: channels },
  SHORTS:         { at: 0x200, fields: { ...numbered('COMPARE{n}_CLEAR', 0, channels), ...numbered('COMPARE{n}_STOP', 8, channels) } },
  INTENSET:       { at: 0x304, kind: 'w1s', fields: numbered('COMPARE{n}', 16, channels) },
  INTENCLR:       { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  MODE:           { at: 0x504, fields: { MODE: choice(0, 1, { Timer: 0, Counter: 1, LowPowerCounter: 2 }) } },
  BITMODE:        { at: 0x508, fields: { BITMODE: choice(0, 1, { '16Bit': 0, '08Bit': 1, '24Bit': 2, '32Bit': 3 }) } },
  PRESCALER:      { at: 0x510, reset: 4, fields: { PRESCALER: bits(0, 3) } },   // f = 16 MHz / 2^PRESCALER
  CC:             { at: 0x540, count: channels },
  ...POWER_SWITCH,
  // Not in the manuals: nRF51822 Product Anomaly Notice, 73, has firmware write 1 here before the timer starts.
  PAN_73:         { at: 0xc0c },
} as const);

export const TIMER = registerMap(registersOf(MOST_CC));
export const TIMER_4CC = registerMap(registersOf(4));

type TimerSpec = typeof TIMER.spec;

/** Values of the counter by BITMODE. */
const SPANS = [2 ** 16, 2 ** 8, 2 ** 24, 2 ** 32] as const;
/** PRESCALER may be 0 to 9; larger values have no defined effect. */
const LARGEST_PRESCALER = 9;

const shortsOf = (channels: number): readonly Shortcut<TimerSpec>[] => Array.from({ length: channels }, (_, n) => n).flatMap((n) => [
  { bit: n, event: 'EVENTS_COMPARE', eventIndex: n, task: 'TASKS_CLEAR' },
  { bit: 8 + n, event: 'EVENTS_COMPARE', eventIndex: n, task: 'TASKS_STOP' },
] as const);

export class Timer extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TimerSpec>;
  private readonly compares: readonly NordicEvent[];
  private readonly clock: Clock;
  private readonly stored;
  private isRunning = false;
  /** The counter at the 16 MHz tick `origin`; while stopped, and in counter mode, its value. */
  private base = 0;
  private origin = 0;
  private readonly next = timedEvent(() => this.reach());
  /** Of 16 MHz: when the counter meets what it was planned for. */
  private nextTick = 0;
  private catchingUp = -1;

  private readonly largestSpan: number;

  constructor(private readonly context: BlockContext, private readonly channels: number, bits: number) {
    super();
    this.largestSpan = 2 ** bits;
    this.clock = context.clock('clk');
    this.events = new TaskEvents(channels === MOST_CC ? TIMER : TIMER_4CC as unknown as typeof TIMER, context, {
      tasks: {
        TASKS_START: () => this.start(),
        TASKS_STOP: () => this.afterDue(() => this.stop()),
        TASKS_SHUTDOWN: () => this.afterDue(() => this.stop()),
        TASKS_COUNT: () => this.count(),
        TASKS_CLEAR: () => this.afterDue(() => this.setCounter(0)),
        TASKS_CAPTURE: (index) => this.afterDue(() => this.capture(index)),
      },
      shorts: shortsOf(channels),
      onWrite: {
        CC: (value, index, old) => this.writeCompare(value, index, old),
        MODE: () => this.applyMode(),
        BITMODE: () => this.setCounter(this.counter()),
        PRESCALER: (_new, _index, old) => this.changePrescaler(old),
        POWER: (on) => switchPower(on !== 0, this, this.registers.storage('POWER')),
      },
    });
    this.registers = this.events.registers;
    this.stored = { CC: this.registers.storage('CC'), MODE: this.registers.storage('MODE'), BITMODE: this.registers.storage('BITMODE'), PRESCALER: this.registers.storage('PRESCALER') };
    this.compares = Array.from({ length: channels }, (_, n) => this.events.event('EVENTS_COMPARE', n));
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.context.scheduler.cancel(this.next);
    this.isRunning = false;
    this.base = 0;
    this.origin = this.clock.ticks();
  }

  override snapshot(): Snapshot {
    const { isRunning, base, origin, nextTick } = this;
    return { registers: this.events.snapshot(), isRunning: isRunning ? 1 : 0, base, origin, nextTick, next: saveEvent(this.next) };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isRunning = numberFrom(from, 'isRunning', name) !== 0;
    this.base = numberFrom(from, 'base', name);
    this.origin = numberFrom(from, 'origin', name);
    this.nextTick = numberFrom(from, 'nextTick', name);
    restoreEvent(scheduler, this.next, from['next']);
  }

  private get span(): number { return Math.min(this.largestSpan, SPANS[this.stored.BITMODE[0] & 3]); }
  private get divider(): number { return 1 << Math.min(this.stored.PRESCALER[0], LARGEST_PRESCALER); }
  /** Counts time, not tasks. */
  private get isTicking(): boolean { return this.isRunning && this.stored.MODE[0] === 0; }

  private counter(): number {
    if (!this.isTicking) return this.base;
    return (this.base + Math.floor((this.ticks() - this.origin) / this.divider)) % this.span;
  }

  private start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.origin = this.ticks();
    this.plan();
  }

  private stop(): void {
    this.base = this.counter();
    this.isRunning = false;
    this.plan();
  }

  private setCounter(value: number): void {
    this.base = value % this.span;
    this.origin = this.ticks();
    this.plan();
  }

  private applyMode(): void {
    this.origin = this.clock.ticks();
    this.plan();
  }

  private changePrescaler(old: number): void {
    const chosen = this.stored.PRESCALER[0];
    this.stored.PRESCALER[0] = old;
    const value = this.counter();
    this.stored.PRESCALER[0] = chosen;
    this.setCounter(value);
  }

  private count(): void {
    if (this.stored.MODE[0] === 0 || !this.isRunning) return;
    this.base = (this.base + 1) % this.span;
    this.compare();
  }

  private capture(index: number): void {
    if (index < this.channels) this.stored.CC[index] = this.counter();
    this.plan();
  }

  /** The counter has just arrived at its value: which compares it meets. */
  private compare(): void {
    const value = this.counter();
    for (let n = 0; n < this.channels; n++) if (this.stored.CC[n] % this.span === value) this.compares[n].emit();
  }

  private reach(): void {
    this.compare();
    this.plan();
  }

  /** 16 MHz ticks: now, or those of the compare that is being caught up with. */
  private ticks(): number { return this.catchingUp >= 0 ? this.catchingUp : this.clock.ticks(); }

  /**
   * The processor's access can come in the instruction during which a compare is met, before its event fires: what the access
   * changes comes after what the counter has met.
   */
  private afterDue(change: () => void): void {
    while (this.catchingUp < 0 && this.next.slot >= 0 && this.nextTick <= this.clock.ticks()) {
      this.catchingUp = this.nextTick;
      try {
        this.reach();
      } finally {
        this.catchingUp = -1;
      }
    }
    change();
  }

  private writeCompare(value: number, index: number, old: number): void {
    this.stored.CC[index] = old;
    this.afterDue(() => { this.stored.CC[index] = value; });
    this.plan();
  }

  /** Schedules the next tick at which the counter meets a compare register. */
  private plan(): void {
    const { scheduler } = this.context;
    if (!this.isTicking) {
      scheduler.cancel(this.next);
      return;
    }
    const { span, divider } = this;
    const turns = Math.floor((this.ticks() - this.origin) / divider);
    const value = (this.base + turns) % span;
    let nearest = Infinity;
    for (let n = 0; n < this.channels; n++) {
      const distance = (this.stored.CC[n] % span) - value;
      nearest = Math.min(nearest, distance > 0 ? distance : distance + span);
    }
    this.nextTick = this.origin + (turns + nearest) * divider;
    scheduler.schedule(this.next, Math.max(scheduler.now(), this.clock.rootTickOf(this.nextTick)));
  }
}

export const TIMER_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['clk'],
  options: z.strictObject({ cc: z.union([z.literal(4), z.literal(6)]), bits: z.union([z.literal(16), z.literal(32)]).default(32) }),
  create: (context, { cc, bits: width }) => new Timer(context, cc, width),
});
