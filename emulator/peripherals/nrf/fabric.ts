/**
 * Events and tasks of a Nordic chip, by the addresses of their registers: what PPI connects.
 * Source: nRF52840 Product Specification v1.1, "Peripheral interface" and PPI. An event reaches its tasks at once; on
 * silicon PPI takes up to one cycle of the 16 MHz clock.
 */
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Scheduler } from '../../time/types.js';
import { numbersFrom, type SharedKind } from '../block.js';

/** Rate of the fabric's clock. */
const FABRIC_HZ = 16_000_000;
/** Tasks that one event may lead to within a tick: a ring of PPI channels goes on in the next one. */
const DEEPEST_CHAIN = 32;
const MOST_WAITING = 4096;

/** Where an event's listeners are kept: one for each event register. */
export class EventTap {
  private listeners: readonly (() => void)[] = [];

  emit(): void {
    for (const listener of this.listeners) listener();
  }

  /** @returns a function that ends it */
  listen(listener: () => void): () => void {
    this.listeners = [...this.listeners, listener];
    return () => { this.listeners = this.listeners.filter((other) => other !== listener); };
  }
}

export class Fabric {
  private readonly taps = new Map<number, EventTap>();
  private readonly tasks = new Map<number, (() => void)[]>();
  private depth = 0;
  private waiting: number[] = [];
  private readonly later = timedEvent(() => this.goOn());

  constructor(private readonly scheduler: Scheduler) {}

  /** The event with its register at this address; several blocks at one address have it in common. */
  tap(address: number): EventTap {
    let tap = this.taps.get(address);
    if (!tap) this.taps.set(address, (tap = new EventTap()));
    return tap;
  }

  /** The event there, if any block has one. */
  eventAt(address: number): EventTap | undefined {
    return this.taps.get(address);
  }

  hasTask(address: number): boolean {
    return this.tasks.has(address);
  }

  addTask(address: number, run: () => void): void {
    const present = this.tasks.get(address);
    if (present) present.push(run);
    else this.tasks.set(address, [run]);
  }

  /** Triggers the task with its register at this address; nothing where there is none. */
  trigger(address: number): void {
    if (this.depth >= DEEPEST_CHAIN) {
      this.wait(address);
      return;
    }
    const tasks = this.tasks.get(address);
    if (!tasks) return;
    this.depth++;
    try {
      for (const run of tasks) run();
    } finally {
      this.depth--;
    }
  }

  reset(): void {
    this.waiting = [];
    this.scheduler.cancel(this.later);
  }

  snapshot(): Snapshot {
    return { waiting: this.waiting.slice(), later: saveEvent(this.later) };
  }

  restore(from: Snapshot): void {
    this.waiting = numbersFrom(from, 'waiting', 'event fabric', MOST_WAITING);
    restoreEvent(this.scheduler, this.later, from['later']);
  }

  private wait(address: number): void {
    if (this.waiting.length < MOST_WAITING) this.waiting.push(address);
    if (this.later.slot < 0) this.scheduler.schedule(this.later, this.scheduler.now() + Math.ceil(this.scheduler.rootHz / FABRIC_HZ));
  }

  private goOn(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const address of waiting) this.trigger(address);
  }
}

export const FABRIC: SharedKind<Fabric> = { make: ({ scheduler }) => new Fabric(scheduler) };
