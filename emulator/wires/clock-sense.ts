/** How a part whose clock comes from outside sleeps while that is too slow, and wakes up when it comes back. */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { areWhole } from './saved.js';

export interface ClockSenseOptions {
  /** A clock that is slower lets it sleep. Without it, it is always awake. */
  readonly sleepsBelowHz?: number;
  /** After sleep and power-on it gives silence for so long. */
  readonly wakeUpSeconds?: number;
  /** Told when it wakes up, and when it sleeps: by `NOTICED` seconds late where no clock comes any more. */
  onAwake?(isAwake: boolean): void;
}

/** Seconds from one look at whether clocks still come to the next. */
const NOTICED = 0.01;
const NEVER = -1;

export class ClockSense implements Stateful {
  private readonly longestTicks: number;
  private readonly wakeUpTicks: number;
  private readonly noticeTicks: number;
  private awake = false;
  private latest: RootTicks = NEVER;
  private silentUntil: RootTicks = 0;
  private readonly look = timedEvent(() => this.notice());

  /** @param onSleep forgets what the part has under way */
  constructor(private readonly scheduler: Scheduler, private readonly options: ClockSenseOptions, private readonly onSleep: () => void) {
    this.longestTicks = options.sleepsBelowHz === undefined ? Infinity : scheduler.rootHz / options.sleepsBelowHz;
    this.wakeUpTicks = Math.round((options.wakeUpSeconds ?? 0) * scheduler.rootHz);
    this.noticeTicks = Math.max(Math.ceil(NOTICED * scheduler.rootHz), 2 * Math.ceil(Math.min(this.longestTicks, scheduler.rootHz)));
  }

  get isAwake(): boolean {
    return this.awake;
  }

  isSilent(at: RootTicks): boolean {
    return at < this.silentUntil;
  }

  /** A clock edge. @returns whether the part answers it: the first after too long a pause only wakes it */
  clock(at: RootTicks): boolean {
    const isFast = this.longestTicks === Infinity || (this.latest !== NEVER && at - this.latest <= this.longestTicks);
    if (!isFast) this.sleep();
    else if (!this.awake) this.wake(at);
    this.latest = at;
    return isFast;
  }

  /** Clocks at a steady rate have gone on until then. */
  passed(at: RootTicks): void {
    this.latest = at;
  }

  sleep(): void {
    this.latest = NEVER;
    if (!this.awake) return;
    this.awake = false;
    this.scheduler.cancel(this.look);
    this.onSleep();
    this.options.onAwake?.(false);
  }

  reset(): void {
    this.sleep();
  }

  snapshot(): Snapshot {
    return { isAwake: this.awake, ticks: [this.latest, this.silentUntil], look: saveEvent(this.look) };
  }

  restore(from: Snapshot): void {
    const { ticks } = from;
    if (!areWhole(ticks, 2)) throw new Error('the snapshot is not of a part that has its clock from outside');
    this.awake = from['isAwake'] === true;
    [this.latest, this.silentUntil] = ticks;
    restoreEvent(this.scheduler, this.look, from['look']);
  }

  private wake(at: RootTicks): void {
    this.awake = true;
    this.silentUntil = at + this.wakeUpTicks;
    this.options.onAwake?.(true);
    if (this.options.onAwake && this.longestTicks !== Infinity) this.lookAgain();
  }

  private notice(): void {
    if (this.scheduler.now() - this.latest > this.noticeTicks) this.sleep();
    else this.lookAgain();
  }

  private lookAgain(): void {
    this.scheduler.schedule(this.look, this.scheduler.now() + this.noticeTicks);
  }
}
