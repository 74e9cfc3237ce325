/**
 * What a part draws from its supply: ticks in each of its states, counted exactly, and the charge that follows from the typical
 * currents its datasheet gives for them.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';

/** One state of a part at one current: the same state at another rate is another entry. */
export interface StateUse {
  readonly state: string;
  readonly microamps: number;
  readonly rootTicks: RootTicks;
  /** microamps times seconds. */
  readonly microcoulombs: number;
}

interface Entry { readonly state: string; readonly microamps: number; rootTicks: RootTicks }

const UNPOWERED: Omit<Entry, 'rootTicks'> = { state: 'unpowered', microamps: 0 };
/** More than any part has: a snapshot with more is none of ours. */
const MOST_STATES = 1024;

/** Steps of what follows from a picture or a colour, so that a display has no more states than can be counted one by one. */
const GRADES = 255;

/** @returns the current rounded to one of 255 steps of the most that it can be */
export function graded(microamps: number, most: number): number {
  return (Math.round((microamps / most) * GRADES) / GRADES) * most;
}

export class ChargeMeter implements Stateful {
  private entries: Entry[] = [];
  /** What the part says, undefined before it has said anything; and whether its supply lets it. */
  private said: Omit<Entry, 'rootTicks'> | undefined;
  private isPowered = true;
  private since: RootTicks = 0;

  constructor(private readonly scheduler: Pick<Scheduler, 'now' | 'rootHz'>) {}

  /** From that tick on, until it says otherwise. @param at now, or the tick of a sample taken late @throws RangeError for a current that is none */
  draws(state: string, microamps: number, at?: RootTicks): void {
    if (!Number.isFinite(microamps) || microamps < 0) throw new RangeError(`a part cannot draw ${microamps} microamps`);
    if (this.said?.state === state && this.said.microamps === microamps) return;
    this.count(at);
    this.said = { state, microamps };
  }

  /** Undefined while the part has said nothing. */
  get now(): { readonly state: string; readonly microamps: number } | undefined {
    return this.isPowered || this.said === undefined ? this.said : UNPOWERED;
  }

  power(isOn: boolean): void {
    if (isOn === this.isPowered) return;
    this.count();
    this.isPowered = isOn;
  }

  /** Up to now, in the order in which the states were first entered. */
  uses(): readonly StateUse[] {
    this.count();
    const { rootHz } = this.scheduler;
    return this.entries.map(({ state, microamps, rootTicks }) => ({ state, microamps, rootTicks, microcoulombs: (microamps * rootTicks) / rootHz }));
  }

  reset(): void {
    this.entries = [];
    this.since = this.scheduler.now();
  }

  snapshot(): Snapshot {
    this.count();
    return { entries: this.entries.map(({ state, microamps, rootTicks }) => [state, microamps, rootTicks]), said: this.said === undefined ? null : [this.said.state, this.said.microamps], isPowered: this.isPowered, since: this.since };
  }

  restore(from: Snapshot): void {
    const { entries, said, since } = from;
    const isUse = (use: unknown, numbers: number): use is [string, ...number[]] =>
      Array.isArray(use) && use.length === 1 + numbers && typeof use[0] === 'string' && use.slice(1).every((n) => Number.isFinite(n) && (n as number) >= 0);
    if (!Array.isArray(entries) || entries.length > MOST_STATES || !entries.every((entry) => isUse(entry, 2)) || (said !== null && !isUse(said, 1)) || !Number.isSafeInteger(since)) {
      throw new Error('the snapshot does not say what the part drew');
    }
    this.entries = (entries as [string, number, number][]).map(([state, microamps, rootTicks]) => ({ state, microamps, rootTicks }));
    this.said = said === null ? undefined : { state: said[0], microamps: said[1] };
    this.isPowered = from['isPowered'] === true;
    this.since = since as number;
  }

  private count(until = this.scheduler.now()): void {
    const now = Math.max(this.since, until);
    const ticks = now - this.since;
    this.since = now;
    if (ticks <= 0 || this.said === undefined) return;
    const { state, microamps } = this.isPowered ? this.said : UNPOWERED;
    const known = this.entries.find((entry) => entry.state === state && entry.microamps === microamps);
    if (known) known.rootTicks += ticks;
    else this.entries.push({ state, microamps, rootTicks: ticks });
  }
}
