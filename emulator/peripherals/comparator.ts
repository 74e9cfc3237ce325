/**
 * What comparators of all families have in common: watching a voltage against an upper and a lower threshold and naming each crossing.
 * Voltages are functions of time, so a stretch of time is looked at in advance in steps, and a crossing is found within its
 * step to one tick of the clock. What the outside changes by hand is noticed at the next stretch, an edge of a net at once.
 */
import type { Snapshot } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { Clock, RootTicks, Scheduler } from '../time/types.js';
import type { Net } from '../wires/net.js';
import { numberFrom } from './block.js';

/** What is compared, as it is set up now. */
export interface Comparison {
  /** Volts above the upper threshold turn the output on, below the lower one off: positive when above, by that time. */
  aboveUpper(at: RootTicks): number;
  belowLower(at: RootTicks): number;
  /** Nets whose edges matter. */
  readonly nets: readonly Net[];
}

const STEPS = 64;

export class Comparator {
  /** The output. */
  isAbove = false;
  private isRunning = false;
  private comparison: Comparison | undefined;
  private unwatch: readonly (() => void)[] = [];
  private readonly next = timedEvent(() => this.look());

  constructor(
    private readonly scheduler: Scheduler, private readonly clock: Clock,
    /** Ticks of the clock between two looks at a voltage. */
    private readonly step: number,
    private readonly crossed: (isUp: boolean) => void,
  ) {}

  get isOn(): boolean { return this.isRunning; }

  /** Begins with the output that the voltages make, without a crossing. */
  start(comparison: Comparison): void {
    this.isAbove = comparison.aboveUpper(this.scheduler.now()) > 0;
    this.resume(comparison);
    this.plan();
  }

  stop(): void {
    this.isRunning = false;
    this.comparison = undefined;
    for (const end of this.unwatch) end();
    this.unwatch = [];
    this.scheduler.cancel(this.next);
  }

  /** Other inputs or thresholds while it runs. */
  change(comparison: Comparison): void {
    if (!this.isRunning) return;
    this.resume(comparison);
    this.look();
  }

  /** The clock goes on after it stood. */
  clockRuns(): void {
    this.look();
  }

  snapshot(): Snapshot {
    return { isAbove: this.isAbove ? 1 : 0, isRunning: this.isRunning ? 1 : 0, next: saveEvent(this.next) };
  }

  restore(from: Snapshot, comparison: () => Comparison, part: string): void {
    this.stop();
    this.isAbove = numberFrom(from, 'isAbove', part) !== 0;
    if (numberFrom(from, 'isRunning', part) !== 0) this.resume(comparison());
    restoreEvent(this.scheduler, this.next, from['next']);
  }

  private resume(comparison: Comparison): void {
    for (const end of this.unwatch) end();
    this.isRunning = true;
    this.comparison = comparison;
    this.unwatch = comparison.nets.map((net) => net.onEdge(() => this.look()));
  }

  private look(): void {
    if (!this.comparison) return;
    if (this.isCrossing(this.scheduler.now())) {
      this.isAbove = !this.isAbove;
      this.crossed(this.isAbove);
    }
    this.plan();
  }

  private isCrossing(at: RootTicks): boolean {
    const { comparison } = this;
    return comparison !== undefined && (this.isAbove ? comparison.belowLower(at) : comparison.aboveUpper(at)) > 0;
  }

  private plan(): void {
    if (!this.isRunning) return;
    const first = this.clock.ticks();
    if (this.clock.rootTickOf(first + 1) === Infinity) {
      this.scheduler.cancel(this.next); // the clock stands: edges alone are noticed, until `clockRuns`
      return;
    }
    let tick = first + STEPS * this.step;
    for (let n = 1; n <= STEPS; n++) {
      if (!this.isCrossing(this.clock.rootTickOf(first + n * this.step))) continue;
      tick = this.crossingBetween(first + (n - 1) * this.step, first + n * this.step);
      break;
    }
    this.scheduler.schedule(this.next, this.clock.rootTickOf(tick));
  }

  /** The first tick after `before` at which it has crossed, which it has at `after`. */
  private crossingBetween(before: number, after: number): number {
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.isCrossing(this.clock.rootTickOf(middle))) high = middle;
      else low = middle;
    }
    return high;
  }
}
