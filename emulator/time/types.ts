/**
 * One notion of now. Time is an integer count of root ticks: the least common multiple of all oscillators of the
 * board, so that every clock domain's edges fall on whole ticks.
 */
export type RootTicks = number;

/** Owned by its device and reused: scheduling allocates nothing. */
export interface TimedEvent {
  /** Root ticks at which it is to fire; set by the queue's `schedule`. */
  due: RootTicks;
  /** Lower fires first among events of the same tick; then the older. */
  readonly priority: number;
  /** Queue's own bookkeeping: position in the heap, -1 while not scheduled, and age. */
  slot: number;
  age: number;
  /** `now()` is the due tick meanwhile, even if the core's last instruction has ended past it. */
  fire(): void;
}

export interface TimeSource {
  /** The current root tick, exact even in the middle of an instruction's device access. */
  now(): RootTicks;
}

/** The event queue as devices see it. */
export interface Scheduler extends TimeSource {
  /** Root ticks per second. */
  readonly rootHz: number;
  /** Schedules (or moves) an event. @throws RangeError when due is in the past or not an integer. */
  schedule(event: TimedEvent, due: RootTicks): void;
  cancel(event: TimedEvent): void;
  /** For `restoreEvent`: schedules with the age that the event had in a snapshot, so that ties keep their order. */
  scheduleAged?(event: TimedEvent, due: RootTicks, age: number): void;
}

/**
 * A clock: `hz` exact as a ratio of the root. Tick n of a clock is computed from n, never summed. A device counts in
 * its clock's ticks and converts only to schedule.
 */
export interface Clock {
  readonly hz: number;
  /** Whole ticks of this clock since reset, now. */
  ticks(): number;
  /** The root tick at which this clock reaches its tick `n`: the smallest root tick with `ticks() >= n`. */
  rootTickOf(n: number): RootTicks;
}
