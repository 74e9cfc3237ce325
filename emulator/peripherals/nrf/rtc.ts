/**
 * Nordic RTC: 24-bit counter of the 32.768 kHz clock with compare registers; runs while everything else sleeps.
 * Source: nRF52840 Product Specification v1.1, RTC; nRF51 Reference Manual v3.0, RTC. The counter is computed when somebody
 * looks, and an event is scheduled only for what EVTEN or INTEN lets out. Rules on silicon that say "may" are made one rule
 * each: tasks take effect at the first rising edge of LFCLK after a falling one (15 to 46 us); a compare register counts from
 * the second rising edge after its write (BabbleSim's hardware models name the same delays and leave them out), so that writing N + 1 in the last period before it is too late. Not modelled: the
 * six cycles that the bus waits for COUNTER. POWER (0xffc) is in no specification; vendor code writes it around errata.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext, type SteeredClock } from '../block.js';
import { bit, bits, registerMap } from '../registers/index.js';
import { isPastFallingEdge } from './low-frequency.js';
import { TaskEvents, type NordicEvent } from './task-events.js';

const MOST_CC = 4;
const EVENTS = { TICK: bit(0), OVRFLW: bit(1), COMPARE: bits(16, 16 + MOST_CC - 1) } as const;

export const RTC = registerMap({
  TASKS_START:      { at: 0x000, kind: 'task' },
  TASKS_STOP:       { at: 0x004, kind: 'task' },
  TASKS_CLEAR:      { at: 0x008, kind: 'task' },
  TASKS_TRIGOVRFLW: { at: 0x00c, kind: 'task' },
  EVENTS_TICK:      { at: 0x100, kind: 'event' },
  EVENTS_OVRFLW:    { at: 0x104, kind: 'event' },
  EVENTS_COMPARE:   { at: 0x140, kind: 'event', count: MOST_CC },
  INTENSET:         { at: 0x304, kind: 'w1s', fields: EVENTS },
  INTENCLR:         { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  EVTEN:            { at: 0x340, fields: EVENTS },
  EVTENSET:         { at: 0x344, kind: 'setBits', of: 'EVTEN' },
  EVTENCLR:         { at: 0x348, kind: 'clearBits', of: 'EVTEN' },
  COUNTER:          { at: 0x504, kind: 'ro', fields: { COUNTER: bits(0, 23) } },
  PRESCALER:        { at: 0x508, fields: { PRESCALER: bits(0, 11) } },   // f = 32.768 kHz / (PRESCALER + 1)
  CC:               { at: 0x540, count: MOST_CC, fields: { COMPARE: bits(0, 23) } },
  POWER:            { at: 0xffc, reset: 1, fields: { POWER: bit(0) } },
});

const SPAN = 2 ** 24;
const TICK = 1;
const OVRFLW = 2;
const COMPARE0 = 1 << 16;
/** What TASKS_TRIGOVRFLW sets the counter to. */
const NEAR_OVERFLOW = 0xff_fff0;
/** Tasks under way: two kinds, for each of the two next edges. */
const MOST_PENDING = 4;

/** Tasks, as a snapshot has them. */
const START = 0;
const STOP = 1;
const CLEAR = 2;
const TRIGOVRFLW = 3;

interface PendingTask { readonly task: number; readonly tick: number }

export class Rtc extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<typeof RTC.spec>;
  private readonly outputs: { readonly tick: NordicEvent; readonly overflow: NordicEvent; readonly compares: readonly NordicEvent[] };
  private readonly clock: SteeredClock;
  private readonly stored;
  private isRunning = false;
  /** The counter's value at LFCLK tick `origin`; while stopped, its value. */
  private base = 0;
  private origin = 0;
  /** PRESCALER + 1 as START, CLEAR or TRIGOVRFLW found it. */
  private divider = 1;
  private pending: readonly PendingTask[] = [];
  /** What each compare register held before its last write, and the LFCLK tick of that write. */
  private readonly previous = new Array<number>(MOST_CC).fill(0);
  private readonly writtenAt = new Array<number>(MOST_CC).fill(-2);
  private readonly next = timedEvent(() => this.reach());

  constructor(private readonly context: BlockContext, private readonly channels: number) {
    super();
    this.clock = context.steeredClock('lfclk');
    this.clock.onChange(() => this.plan());
    this.events = new TaskEvents(RTC, context, {
      tasks: {
        TASKS_START: () => this.begin(START),
        TASKS_STOP: () => this.begin(STOP),
        TASKS_CLEAR: () => this.begin(CLEAR),
        TASKS_TRIGOVRFLW: () => this.begin(TRIGOVRFLW),
      },
      onRead: { COUNTER: () => this.counter() },
      onPeek: { COUNTER: () => this.counter() },
      onWrite: {
        INTENSET: (value, _index, old) => this.change('INTEN', value, old),
        EVTEN: (value, _index, old) => this.change('EVTEN', value, old),
        CC: (value, index, old) => this.writeCompare(index, value, old),
        PRESCALER: (value, _index, old) => this.writePrescaler(value, old),
        POWER: (value) => { if (value === 0) this.powerDown(); },
      },
    });
    this.registers = this.events.registers;
    const { registers, events } = this;
    this.stored = { CC: registers.storage('CC'), PRESCALER: registers.storage('PRESCALER'), INTEN: registers.storage('INTENSET'), EVTEN: registers.storage('EVTEN') };
    this.outputs = {
      tick: events.event('EVENTS_TICK'), overflow: events.event('EVENTS_OVRFLW'),
      compares: Array.from({ length: MOST_CC }, (_, n) => events.event('EVENTS_COMPARE', n)),
    };
    this.reset();
  }

  override reset(): void {
    this.events.reset();
    this.context.scheduler.cancel(this.next);
    this.isRunning = false;
    this.base = 0;
    this.origin = this.clock.ticks();
    this.divider = 1;
    this.pending = [];
    this.previous.fill(0);
    this.writtenAt.fill(-2);
  }

  override snapshot(): Snapshot {
    const { isRunning, base, origin, divider, pending, previous, writtenAt } = this;
    return {
      registers: this.events.snapshot(), isRunning: isRunning ? 1 : 0, base, origin, divider, previous: [...previous], writtenAt: [...writtenAt],
      pending: pending.flatMap(({ task, tick }) => [task, tick]), next: saveEvent(this.next),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.isRunning = numberFrom(from, 'isRunning', name) !== 0;
    this.base = numberFrom(from, 'base', name);
    this.origin = numberFrom(from, 'origin', name);
    this.divider = Math.max(1, numberFrom(from, 'divider', name));
    numbersFrom(from, 'previous', name, MOST_CC).forEach((value, n) => { this.previous[n] = value; });
    numbersFrom(from, 'writtenAt', name, MOST_CC).forEach((value, n) => { this.writtenAt[n] = value; });
    const saved = numbersFrom(from, 'pending', name, 2 * MOST_PENDING);
    this.pending = saved.flatMap((task, i) => (i % 2 === 0 ? [{ task, tick: saved[i + 1] ?? 0 }] : []));
    restoreEvent(scheduler, this.next, from['next']);
  }

  // -- Counting.

  /** How often the counter has gone on since `origin`. */
  private turns(): number {
    return Math.floor((this.clock.ticks() - this.origin) / this.divider);
  }

  private counter(): number {
    return this.isRunning ? (this.base + this.turns()) % SPAN : this.base;
  }

  /** Counting goes on from `value`, with the prescaler begun anew. */
  private count(value: number): void {
    this.base = value;
    this.origin = this.clock.ticks();
    this.divider = this.stored.PRESCALER[0] + 1;
  }

  /** An access can come in the instruction during which an edge is due, before its event fires: the edge comes first. */
  private catchUp(): void {
    const { scheduler } = this.context;
    if (this.next.slot < 0 || this.next.due > scheduler.now()) return;
    scheduler.cancel(this.next);
    this.reach();
  }

  private begin(task: number): void {
    this.catchUp();
    const tick = this.clock.ticks() + (isPastFallingEdge(this.clock, this.context.scheduler) ? 2 : 1);
    // Of two that contradict each other at one edge, the later counts.
    const others = this.pending.filter((other) => other.tick !== tick || other.task >> 1 !== task >> 1);
    this.pending = [...others, { task, tick }];
    this.plan();
  }

  private act(task: number): void {
    if (task === STOP) {
      this.base = this.counter();
      this.isRunning = false;
    } else if (task === START) {
      if (!this.isRunning) this.count(this.base);
      this.isRunning = true;
    } else this.count(task === CLEAR ? 0 : NEAR_OVERFLOW);
  }

  /** PRESCALER takes writes while RTC is stopped. */
  private writePrescaler(_value: number, old: number): void {
    if (!this.isRunning || this.stored.PRESCALER[0] === old) return;
    this.stored.PRESCALER[0] = old;
    this.context.warnings.warn(`${this.context.name} prescaler`, `${this.context.name}: PRESCALER written while the counter runs, which has no effect: stop it first`);
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  // -- Events.

  private change(mask: 'INTEN' | 'EVTEN', value: number, old: number): void {
    this.stored[mask][0] = old;
    this.catchUp();
    this.stored[mask][0] = value;
    this.plan();
  }

  private writeCompare(index: number, value: number, old: number): void {
    this.stored.CC[index] = old;
    this.catchUp();
    this.stored.CC[index] = value;
    const ticks = this.clock.ticks();
    if (!this.isRunning) this.writtenAt[index] = -2;
    else if (value !== old) {
      if (this.writtenAt[index] !== ticks) this.previous[index] = old;
      this.writtenAt[index] = ticks;
    }
    this.plan();
  }

  /** The value that a compare register has at an edge. */
  private compareAt(index: number, tick: number): number {
    return tick > this.writtenAt[index] + 1 ? this.stored.CC[index] : this.previous[index];
  }

  private reach(): void {
    const tick = this.clock.ticks();
    if (this.isRunning && tick > this.origin && (tick - this.origin) % this.divider === 0) this.step(tick);
    const due = this.pending.filter((one) => one.tick <= tick);
    if (due.length > 0) {
      this.pending = this.pending.filter((one) => one.tick > tick);
      for (const { task } of due) this.act(task);
    }
    this.plan();
  }

  /** The counter has just gone on by one. */
  private step(tick: number): void {
    const visible = this.stored.INTEN[0] | this.stored.EVTEN[0];
    const value = this.counter();
    const { tick: ticked, overflow, compares } = this.outputs;
    if ((visible & TICK) !== 0) ticked.emit();
    if ((visible & OVRFLW) !== 0 && value === 0) overflow.emit();
    for (let n = 0; n < this.channels; n++) if ((visible & (COMPARE0 << n)) !== 0 && this.compareAt(n, tick) === value) compares[n].emit();
  }

  /** Schedules the next edge of LFCLK at which somebody sees anything. */
  private plan(): void {
    const { scheduler } = this.context;
    let tick = Infinity;
    for (const one of this.pending) tick = Math.min(tick, one.tick);
    if (this.isRunning) tick = Math.min(tick, this.nextVisible());
    const due = tick === Infinity ? Infinity : this.clock.rootTickOf(tick);
    if (due === Infinity) scheduler.cancel(this.next);
    else scheduler.schedule(this.next, Math.max(due, scheduler.now()));
  }

  /** LFCLK tick at which the counter next becomes `value`. */
  private edgeAt(value: number): number {
    const turns = this.turns();
    const steps = (value - this.base - turns - 1) % SPAN;
    return this.origin + (turns + 1 + (steps < 0 ? steps + SPAN : steps)) * this.divider;
  }

  private nextVisible(): number {
    const visible = this.stored.INTEN[0] | this.stored.EVTEN[0];
    if (visible === 0) return Infinity;
    let tick = Infinity;
    if ((visible & TICK) !== 0) tick = this.origin + (this.turns() + 1) * this.divider;
    if ((visible & OVRFLW) !== 0) tick = Math.min(tick, this.edgeAt(0));
    for (let n = 0; n < this.channels; n++) {
      if ((visible & (COMPARE0 << n)) === 0) continue;
      const edge = this.edgeAt(this.stored.CC[n]);
      const counts = this.writtenAt[n] + 2;
      tick = Math.min(tick, edge >= counts ? edge : edge + SPAN * this.divider);
      const old = this.edgeAt(this.previous[n]);
      if (old < counts) tick = Math.min(tick, old);
    }
    return tick;
  }
}

export const RTC_BLOCK = defineBlock({
  irqs: ['irq'],
  clocks: ['lfclk'],
  options: z.strictObject({ cc: z.union([z.literal(3), z.literal(4)]) }),
  create: (context, { cc }) => new Rtc(context, cc),
});
