/**
 * A down-counter that is computed, not counted: its value follows from the clock's ticks since it was last set, and
 * the only event is its next arrival at zero, scheduled while somebody would notice.
 */
import type { Snapshot } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { Clock, RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import { numberFrom } from './block.js';

export class Countdown {
  /** Ticks of the clock at which the counter had `anchorValue` and its prescaler began anew. */
  private anchorTick = 0;
  private anchorValue = 0;
  private running = false;
  /** The value after zero. Zero halts the counter there. */
  private reload = 0;
  /** Clock ticks per count. */
  private divide = 1;
  /** Stays at zero instead of reloading. */
  private oneShot = false;
  private watched = false;
  private readonly arrival: TimedEvent;

  /** @param onZero called when the counter arrives at zero while `watch`ed; watching ends with the call */
  constructor(private readonly clock: Clock, private readonly scheduler: Scheduler, private readonly onZero: () => void) {
    this.arrival = timedEvent(() => this.arrive());
  }

  get value(): number {
    return this.valueAfter(this.counts());
  }

  get isRunning(): boolean {
    return this.running;
  }

  /** Arrivals at zero and reloads since the counter was last set, for counters of counters. */
  get reloads(): number {
    const counts = this.counts();
    return counts <= this.anchorValue ? 0 : Math.floor((counts - this.anchorValue - 1) / (this.reload + 1)) + 1;
  }

  /** Sets the value and starts the prescaler anew. */
  set(value: number): void {
    this.anchorTick = this.clock.ticks();
    this.anchorValue = value;
    this.rewatch();
  }

  /** Changes how the counter goes on from its present value. */
  configure(how: { reload?: number; divide?: number; oneShot?: boolean }): void {
    this.rebase();
    this.reload = how.reload ?? this.reload;
    this.divide = how.divide ?? this.divide;
    this.oneShot = how.oneShot ?? this.oneShot;
    this.rewatch();
  }

  run(running: boolean): void {
    if (running === this.running) return;
    this.rebase();
    this.running = running;
    if (running) this.anchorTick = this.clock.ticks();
    this.rewatch();
  }

  /** One count from outside the clock. */
  step(): void {
    const before = this.value;
    this.set(this.oneStepFrom(before));
    if (before === 1 && this.watched) this.arrive();
  }

  /** Whether to call `onZero` at the next arrival; each call ends the watch. */
  watchIf(watched: boolean): void {
    if (watched === this.watched) return;
    this.watched = watched;
    this.rewatch();
  }

  /** Delivers an arrival that is due but not fired yet: a core may look at a device past the event's tick. */
  catchUp(): void {
    if (this.arrival.slot >= 0 && this.arrival.due <= this.scheduler.now()) {
      this.scheduler.cancel(this.arrival);
      this.arrive();
    }
  }

  reset(): void {
    this.anchorTick = this.clock.ticks();
    this.anchorValue = 0;
    this.running = false;
    this.reload = 0;
    this.divide = 1;
    this.oneShot = false;
    this.watched = false;
    this.rewatch();
  }

  snapshot(): Snapshot {
    const { anchorTick, anchorValue, reload, divide } = this;
    return { anchorTick, anchorValue, reload, divide, running: Number(this.running), oneShot: Number(this.oneShot), watched: Number(this.watched), arrival: saveEvent(this.arrival) };
  }

  restore(from: Snapshot): void {
    const number = (key: string): number => numberFrom(from, key, 'counter');
    this.anchorTick = number('anchorTick');
    this.anchorValue = number('anchorValue');
    this.reload = number('reload');
    this.divide = Math.max(1, number('divide'));
    this.running = number('running') !== 0;
    this.oneShot = number('oneShot') !== 0;
    this.watched = number('watched') !== 0;
    restoreEvent(this.scheduler, this.arrival, from['arrival']);
  }

  private arrive(): void {
    this.watched = false;
    this.onZero();
  }

  private counts(): number {
    return this.running ? Math.floor((this.clock.ticks() - this.anchorTick) / this.divide) : 0;
  }

  private valueAfter(counts: number): number {
    if (counts <= this.anchorValue) return this.anchorValue - counts;
    if (this.oneShot) return 0;
    return this.reload - ((counts - this.anchorValue - 1) % (this.reload + 1));
  }

  private oneStepFrom(value: number): number {
    if (value > 0) return value - 1;
    return this.oneShot ? 0 : this.reload;
  }

  /** Moves the anchor to the last count, keeping the prescaler's phase. */
  private rebase(): void {
    const counts = this.counts();
    this.anchorValue = this.valueAfter(counts);
    this.anchorTick = this.running ? this.anchorTick + counts * this.divide : this.clock.ticks();
  }

  private rewatch(): void {
    const due = this.watched && this.running ? this.nextArrival() : undefined;
    if (due === undefined) {
      if (this.arrival.slot >= 0) this.scheduler.cancel(this.arrival);
    } else {
      this.scheduler.schedule(this.arrival, Math.max(due, this.scheduler.now()));
    }
  }

  private nextArrival(): RootTicks | undefined {
    const counts = this.counts();
    let arrival = this.anchorValue;
    if (arrival <= counts) {
      if (this.oneShot || this.reload === 0) return undefined;
      const period = this.reload + 1;
      arrival += (Math.floor((counts - arrival) / period) + 1) * period;
    }
    return this.clock.rootTickOf(this.anchorTick + arrival * this.divide);
  }
}
