/** The scheduler: a binary heap of events owned by their devices. Hot path: scheduling and firing allocate nothing. */
import type { Snapshot, SnapshotValue } from '../bus/types.js';
import type { RootTicks, Scheduler, TimedEvent, TimeSource } from './types.js';

/** More firings than this without time moving on is a device that reschedules itself for now, forever. */
const MAX_FIRINGS_PER_TICK = 1_000_000;

export class EventQueue implements Scheduler {
  readonly rootHz: number;
  /** Called when an event was scheduled before all others: the machine then shortens the core's current run. */
  onEarlier: ((due: RootTicks) => void) | undefined;
  readonly #source: TimeSource;
  readonly #heap: TimedEvent[] = [];
  #length = 0;
  /** Due tick of the event that is being fired, or -1. */
  #firing = -1;
  #nextAge = 0;

  /** @param rootHz root ticks per second, see `ClockTree.rootHz` */
  constructor(source: TimeSource, rootHz: number) {
    this.#source = source;
    this.rootHz = rootHz;
  }

  now(): RootTicks {
    return this.#firing >= 0 ? this.#firing : this.#source.now();
  }

  /** How many events are scheduled. */
  get length(): number {
    return this.#length;
  }

  /** The earliest due tick, Infinity when nothing is scheduled. */
  nextDue(): RootTicks {
    return this.#length === 0 ? Infinity : this.#heap[0].due;
  }

  schedule(event: TimedEvent, due: RootTicks): void {
    if (!Number.isSafeInteger(due) || due < this.now()) throw refusal(due, this.now());
    this.#place(event, due, this.#nextAge++);
  }

  scheduleAged(event: TimedEvent, due: RootTicks, age: number): void {
    if (age >= this.#nextAge) this.#nextAge = age + 1;
    this.#place(event, due, age);
  }

  cancel(event: TimedEvent): void {
    const slot = event.slot;
    if (slot < 0) return;
    const last = this.#heap[--this.#length];
    event.slot = -1;
    if (last !== event) this.#settle(last, slot);
    // The place past the end keeps a reference to an event that some device owns anyway.
  }

  /**
   * Fires everything due at `now` or before, in order, also what the fired events schedule for no later than `now`. For what
   * happens meanwhile it is the due tick: devices do not see that the core's last instruction may have ended past it.
   * @returns how many events fired
   */
  runDue(now: RootTicks): number {
    let fired = 0;
    let dueOfFirst = -1;
    let firedAtOnce = 0;
    try {
      while (this.#length > 0 && this.#heap[0].due <= now) {
        const event = this.#heap[0];
        const { due } = event;
        this.cancel(event);
        this.#firing = due;
        event.fire();
        fired++;
        firedAtOnce = due === dueOfFirst ? firedAtOnce + 1 : 1;
        dueOfFirst = due;
        if (firedAtOnce > MAX_FIRINGS_PER_TICK) throw endless(due);
      }
    } finally {
      this.#firing = -1;
    }
    return fired;
  }

  /** Forgets all events: devices restore their own with `restoreEvent`. */
  clear(): void {
    for (let i = 0; i < this.#length; i++) this.#heap[i].slot = -1;
    this.#length = 0;
  }

  /** The queue's own state; the events are in their devices' snapshots. */
  snapshot(): Snapshot {
    return { nextAge: this.#nextAge };
  }

  /** Clears the queue. Restore it before the devices. */
  restore(from: Snapshot): void {
    const nextAge = from['nextAge'];
    if (typeof nextAge !== 'number' || !Number.isSafeInteger(nextAge) || nextAge < 0) {
      throw new Error('the snapshot of the event queue has no valid "nextAge"');
    }
    this.clear();
    this.#nextAge = nextAge;
  }

  #place(event: TimedEvent, due: RootTicks, age: number): void {
    const isEarliest = this.#length === 0 || due < this.#heap[0].due;
    event.due = due;
    event.age = age;
    if (event.slot < 0) this.#settle(event, this.#length++);
    else this.#settle(event, event.slot);
    if (isEarliest) this.onEarlier?.(due);
  }

  /** Puts an event where `slot` is free, or where it stood itself, and restores the heap order around it. */
  #settle(event: TimedEvent, slot: number): void {
    const heap = this.#heap;
    let at = slot;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[at] = heap[parent];
      heap[at].slot = at;
      at = parent;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], event)) break;
      heap[at] = heap[child];
      heap[at].slot = at;
      at = child;
    }
    heap[at] = event;
    event.slot = at;
  }
}

// Functions of their own: V8 makes texts that several errors share before it knows that there is one, at each call.

function refusal(due: RootTicks, now: RootTicks): RangeError {
  if (!Number.isSafeInteger(due)) return new RangeError(`an event is due at ${due}, which is no whole root tick`);
  return new RangeError(`an event is due at root tick ${due}, before now (${now})`);
}

function endless(due: RootTicks): Error {
  return new Error(`more than ${MAX_FIRINGS_PER_TICK} events fired at root tick ${due}: a device reschedules itself without end`);
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  if (a.due !== b.due) return a.due < b.due;
  if (a.priority !== b.priority) return a.priority < b.priority;
  return a.age < b.age;
}

/** An event that calls `fire`; for devices that do not make a class of their own. */
export function timedEvent(fire: () => void, priority = 0): TimedEvent {
  return { due: 0, priority, slot: -1, age: 0, fire };
}

/** What a device puts into its snapshot for an event: null when it is not scheduled. */
export function saveEvent(event: TimedEvent): SnapshotValue {
  return event.slot < 0 ? null : [event.due, event.age];
}

/** Schedules an event as `saveEvent` found it, with its old place among events of the same tick. */
export function restoreEvent(scheduler: Scheduler, event: TimedEvent, saved: SnapshotValue | undefined): void {
  scheduler.cancel(event);
  if (saved === null) return;
  if (!Array.isArray(saved) || saved.length !== 2 || !saved.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new Error('the snapshot holds an event that is neither null nor [due, age]');
  }
  const [due, age] = saved as [number, number];
  if (scheduler.scheduleAged === undefined) scheduler.schedule(event, due);
  else scheduler.scheduleAged(event, due, age);
}
