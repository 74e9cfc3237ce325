/** Lamps as the eye sees them: how long each has been lit of the last 20 ms, in steps of 1 ms. */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';

/** What the eye takes for one picture, and its steps. */
const STEPS = 20;
const STEPS_PER_SECOND = 1000;

export class LitTime implements Stateful {
  /** Which are lit now: 0 or 1. Change it only after `count`. */
  readonly lit: Uint8Array;
  /** Ticks in which each lamp was lit, [step modulo STEPS + 1][lamp]. */
  private readonly time: Float64Array;
  /** Up to when `time` counts, and from when. */
  private counted: RootTicks = 0;
  private began: RootTicks = 0;
  private readonly stepTicks: number;

  constructor(private readonly scheduler: Scheduler, private readonly lamps: number) {
    this.lit = new Uint8Array(lamps);
    this.time = new Float64Array((STEPS + 1) * lamps);
    this.stepTicks = Math.max(1, Math.floor(scheduler.rootHz / STEPS_PER_SECOND));
  }

  /** Forgets what was. */
  restart(): void {
    this.time.fill(0);
    this.counted = this.began = this.scheduler.now();
  }

  /** Adds the time since the last change to the steps it falls in. */
  count(): void {
    const now = this.scheduler.now();
    if (now < this.counted) return this.restart();
    const { stepTicks, lamps, lit, time } = this;
    // What is longer ago than a picture does not matter.
    const from = Math.max(this.counted, (Math.floor(now / stepTicks) - STEPS) * stepTicks);
    for (let at = from; at < now;) {
      const step = Math.floor(at / stepTicks);
      const end = Math.min(now, (step + 1) * stepTicks);
      const place = (step % (STEPS + 1)) * lamps;
      if (at % stepTicks === 0) time.fill(0, place, place + lamps);
      for (let lamp = 0; lamp < lamps; lamp++) if (lit[lamp] === 1) time[place + lamp] += end - at;
      at = end;
    }
    this.counted = now;
  }

  /** Of each lamp, 0 dark to 1 always lit; before a whole step has passed, what is lit now. */
  shares(): number[] {
    this.count();
    const { stepTicks, lamps, time, counted, began } = this;
    const current = Math.floor(counted / stepTicks);
    // The picture is what whole steps show.
    const steps = Math.min(STEPS, current - Math.ceil(began / stepTicks));
    if (steps <= 0) return [...this.lit];
    return Array.from({ length: lamps }, (_, lamp) => {
      let sum = 0;
      for (let back = 1; back <= steps; back++) sum += time[((current - back) % (STEPS + 1)) * lamps + lamp];
      return sum / (steps * stepTicks);
    });
  }

  reset(): void {
    this.lit.fill(0);
    this.restart();
  }

  snapshot(): Snapshot {
    return { lit: [...this.lit], time: [...this.time], counted: this.counted, began: this.began };
  }

  restore({ lit, time, counted, began }: Snapshot): void {
    if (!isNumbers(lit, this.lamps) || !isNumbers(time, this.time.length) || !isNumbers([counted, began], 2)) throw new Error('the snapshot is not of these lamps');
    this.lit.set(lit);
    this.time.set(time);
    this.counted = counted as number;
    this.began = began as number;
  }
}

function isNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isFinite(n));
}
