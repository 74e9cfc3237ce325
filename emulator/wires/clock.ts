/**
 * Clocks on wires: a steady one is known by its exact rate, so that a part that runs on it needs no edges. The levels are
 * there for whoever reads them, and are driven edge by edge while somebody watches the net.
 */
import type { Snapshot, SnapshotValue } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import { gcd, mulAddDiv } from '../time/exact.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import type { Pin, Shortcut } from './net.js';

/** Rises at `origin` and again every `num / den` root ticks, and falls half a period after each; one of a PWM falls at its own duty cycle. */
export interface SteadyClock { readonly origin: RootTicks; readonly num: number; readonly den: number }

/** @throws RangeError for anything but whole numbers, the period's from 1 */
export function steadyClock(origin: RootTicks, num: number, den: number): SteadyClock {
  if (![origin, num, den].every(Number.isSafeInteger) || num < 1 || den < 1) throw new RangeError(`a clock with a period of ${num}/${den} root ticks from ${origin}`);
  const common = gcd(num, den);
  return { origin, num: num / common, den: den / common };
}

export function sameClock(a: SteadyClock | undefined, b: SteadyClock | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.origin === b.origin && a.num === b.num && a.den === b.den);
}

/** Whole half periods since the clock's origin; 0 before it. */
export function halvesOf({ origin, num, den }: SteadyClock, now: RootTicks): number {
  return now <= origin ? 0 : mulAddDiv(now - origin, 2 * den, 0, num);
}

/** The first root tick at which so many half periods have passed: agrees with `halvesOf`. */
export function tickOfHalf({ origin, num, den }: SteadyClock, half: number): RootTicks {
  return origin + mulAddDiv(half, num, 2 * den - 1, 2 * den);
}

export function saveClock(clock: SteadyClock | undefined): SnapshotValue {
  return clock === undefined ? null : [clock.origin, clock.num, clock.den];
}

export function loadClock(saved: SnapshotValue | undefined): SteadyClock | undefined {
  if (saved === null || saved === undefined) return undefined;
  if (!Array.isArray(saved) || saved.length !== 3) throw new Error('the snapshot holds a clock that is neither null nor [origin, num, den]');
  return steadyClock(saved[0] as number, saved[1] as number, saved[2] as number);
}

/** A clock that a block puts on a pin. */
export class ClockOutput implements Shortcut {
  private pin: Pin | undefined;
  private clock: SteadyClock | undefined;
  private isFolded = false;
  private readonly edge = timedEvent(() => this.next());

  constructor(private readonly scheduler: Scheduler) {}

  /** From now on; a rising edge is at the clock's origin. */
  start(pin: Pin | undefined, clock: SteadyClock): void {
    this.stop();
    this.pin = pin;
    this.clock = clock;
    pin?.carryClock(clock);
    this.present();
  }

  /** The pin stays at its level, and is its owner's again. */
  stop(): void {
    const { pin } = this;
    this.scheduler.cancel(this.edge);
    if (pin === undefined) return;
    if (this.isFolded) {
      pin.drive(this.levelAt(this.scheduler.now()));
      this.isFolded = false;
      pin.endShortcut();
    }
    this.pin = undefined;
    this.clock = undefined;
    pin.carryClock(undefined);
  }

  levelAt(now: RootTicks): boolean {
    return this.clock !== undefined && halvesOf(this.clock, now) % 2 === 0;
  }

  unfold(): void {
    if (!this.isFolded) return;
    this.isFolded = false;
    this.pin!.drive(this.levelAt(this.scheduler.now()));
    this.pin!.endShortcut();
    this.plan();
  }

  snapshot(): Snapshot {
    return { clock: saveClock(this.clock), isFolded: this.isFolded ? 1 : 0, edge: saveEvent(this.edge) };
  }

  /** After the nets. @param pin the one that the saved clock was on */
  restore(from: Snapshot, pin: Pin | undefined): void {
    this.clock = loadClock(from['clock']);
    this.pin = this.clock && pin;
    this.isFolded = false;
    if (this.clock !== undefined) pin?.carryClock(this.clock);
    restoreEvent(this.scheduler, this.edge, from['edge']);
    if (from['isFolded'] === 1) this.present();
  }

  private next(): void {
    this.present();
  }

  /** Stands for the levels while nobody watches, and drives the one of now otherwise. */
  private present(): void {
    const { pin } = this;
    if (pin === undefined) return;
    if (pin.net.canShortcut(pin)) {
      this.isFolded = true;
      pin.beginShortcut(this);
      return;
    }
    pin.drive(this.levelAt(this.scheduler.now()));
    this.plan();
  }

  private plan(): void {
    const { clock } = this;
    if (clock === undefined) return;
    const now = this.scheduler.now();
    this.scheduler.schedule(this.edge, Math.max(now, tickOfHalf(clock, halvesOf(clock, now) + 1)));
  }
}
