/**
 * When a part takes its samples: sample n at its start plus n periods, computed from n. Nothing is scheduled while
 * nobody can notice a sample: the part catches up before a transaction. While an interrupt output waits for samples,
 * each has its event.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import { mulAddDiv } from '../time/exact.js';
import type { RootTicks, Scheduler } from '../time/types.js';

/** Samples per second, as a ratio of whole numbers. */
export interface Rate { readonly num: number; readonly den: number }

/** @param hz with at most four decimals */
export function rate(hz: number): Rate {
  return { num: Math.round(hz * 10_000), den: 10_000 };
}

/**
 * A part that was left alone takes so many samples when somebody looks again, a second of work or so: quarter of an hour at 1 kHz.
 * Of those before them only the number is kept, so that a firmware that sleeps for years costs no years.
 */
const MOST_CAUGHT_UP = 1 << 20;

const MILLION = 1_000_000;

export class Sampler implements Stateful {
  private rate: Rate | undefined;
  /** With the clock's error. */
  private trueRate: Rate = { num: 1, den: 1 };
  private begin: RootTicks = 0;
  private taken = 0;
  /** Samples until it stops by itself; 0 for no end. */
  private left = 0;
  /** Ticks of the first period that are over when it begins. */
  private lead = 0;
  private isWatched = false;
  /** While a sample is taken, its tick: what a part starts in answer to it starts there, however late it is taken. */
  private present: RootTicks | undefined;
  private readonly event = timedEvent(() => this.catchUp());

  /**
   * @param onSample called in order of time, at the sample's tick or later
   * @param ppm how much faster than asked for its clock runs, in millionths: `clockPpm`
   */
  constructor(private readonly scheduler: Scheduler, private readonly onSample: (at: RootTicks) => void, private readonly ppm = 0) {}

  get isRunning(): boolean {
    return this.rate !== undefined;
  }

  /** Tick of the latest sample, or at which the first period began, be it before the start. */
  get lastAt(): RootTicks {
    return this.tickOf(this.taken);
  }

  /**
   * Samples from one period after now on; one that runs at that rate goes on. Undefined stops.
   * @param lead ticks by which the first sample comes sooner, less than a period
   */
  run(at: Rate | undefined, lead: RootTicks = 0): void {
    if (at !== undefined && this.left === 0 && this.rate?.num === at.num && this.rate.den === at.den) return;
    this.start(at, 0, lead);
  }

  /** One sample, one period after now. */
  once(at: Rate): void {
    this.start(at, 1);
  }

  /** Takes the samples that are due. */
  catchUp(): void {
    const now = this.scheduler.now();
    if (this.rate !== undefined) {
      const { num, den } = this.trueRate;
      const due = mulAddDiv(now - this.begin + this.lead, num, 0, this.scheduler.rootHz * den);
      if (due - this.taken > MOST_CAUGHT_UP && this.left === 0) this.taken = due - MOST_CAUGHT_UP;
    }
    while (this.rate !== undefined && this.tickOf(this.taken + 1) <= now) {
      const at = this.tickOf(++this.taken);
      if (this.left > 0 && --this.left === 0) this.rate = undefined;
      this.present = at;
      this.onSample(at);
      this.present = undefined;
    }
    this.plan();
  }

  /** Whether somebody notices samples when they happen. */
  watch(isWatched: boolean): void {
    if (isWatched === this.isWatched) return;
    this.isWatched = isWatched;
    this.plan();
  }

  reset(): void {
    this.start(undefined, 0);
    this.isWatched = false;
  }

  snapshot(): Snapshot {
    const { rate: at, begin, taken, left, lead, isWatched } = this;
    return { rate: at === undefined ? null : [at.num, at.den], numbers: [begin, taken, left, lead], isWatched, event: saveEvent(this.event) };
  }

  restore(from: Snapshot): void {
    const { rate: at, numbers, isWatched } = from;
    if (!isWholes(numbers, 4) || (at !== null && (!isWholes(at, 2) || at.includes(0)))) throw new Error('the snapshot is not of a part that samples');
    this.rate = at === null ? undefined : { num: at[0], den: at[1] };
    this.tune();
    [this.begin, this.taken, this.left, this.lead] = numbers;
    this.isWatched = isWatched === true;
    restoreEvent(this.scheduler, this.event, from['event']);
  }

  private start(at: Rate | undefined, left: number, lead: RootTicks = 0): void {
    this.rate = at;
    this.tune();
    this.begin = this.present ?? this.scheduler.now();
    this.taken = 0;
    this.left = left;
    this.lead = lead;
    this.plan();
  }

  private tune(): void {
    if (this.rate === undefined) return;
    const { num, den } = this.rate;
    this.trueRate = this.ppm === 0 ? this.rate : { num: num * (MILLION + this.ppm), den: den * MILLION };
  }

  private tickOf(n: number): RootTicks {
    const { num, den } = this.trueRate;
    return this.begin - this.lead + mulAddDiv(n, this.scheduler.rootHz * den, num - 1, num);
  }

  private plan(): void {
    if (this.present !== undefined) return;
    if (this.isWatched && this.rate !== undefined) this.scheduler.schedule(this.event, Math.max(this.tickOf(this.taken + 1), this.scheduler.now()));
    else this.scheduler.cancel(this.event);
  }
}

function isWholes(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}
