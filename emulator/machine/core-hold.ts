/** What keeps the core from running: sleep, a device that stalls it, a chip that is off; and how long each has lasted. */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { Residency } from '../machine-api.js';
import { numberFrom, type CoreControl } from '../peripherals/block.js';
import type { RootTicks } from '../time/types.js';

export class CoreHold implements CoreControl, Stateful {
  isSleeping = false;
  /** Nothing but a reset ends it. */
  isOff = false;
  stalledUntil: RootTicks = 0;
  readonly residency: Residency = { running: 0, sleeping: 0, stalled: 0, off: 0 };
  private readonly listeners: ((isAsleep: boolean) => void)[] = [];

  /** @param interrupt ends the core's run after the current instruction */
  constructor(private readonly interrupt: () => void) {}

  stall(until: RootTicks): void {
    this.stalledUntil = Math.max(this.stalledUntil, until);
    this.interrupt();
  }

  powerOff(): void {
    this.isOff = true;
    this.interrupt();
  }

  onSleep(listener: (isAsleep: boolean) => void): void {
    this.listeners.push(listener);
  }

  /** @returns whether that is news */
  setSleeping(isSleeping: boolean): boolean {
    if (isSleeping === this.isSleeping) return false;
    this.isSleeping = isSleeping;
    for (const listener of this.listeners) listener(isSleeping);
    return true;
  }

  stateNow(isStalled: boolean): keyof Residency {
    if (this.isOff) return 'off';
    if (isStalled) return 'stalled';
    return this.isSleeping ? 'sleeping' : 'running';
  }

  account(ticks: RootTicks, state: keyof Residency): void {
    this.residency[state] += ticks;
  }

  /** A chip's reset lets the core go; the residencies stay unless power was lost. */
  reset(kind?: string): void {
    this.stalledUntil = 0;
    this.isOff = false;
    this.isSleeping = false;
    if (kind === 'power-on') Object.assign(this.residency, { running: 0, sleeping: 0, stalled: 0, off: 0 });
  }

  snapshot(): Snapshot {
    const { isSleeping, isOff, stalledUntil, residency } = this;
    return { isSleeping, isOff, stalledUntil, residency: { ...residency } };
  }

  restore(from: Snapshot): void {
    this.isSleeping = from['isSleeping'] === true;
    this.isOff = from['isOff'] === true;
    this.stalledUntil = numberFrom(from, 'stalledUntil', 'core');
    const saved = from['residency'] as Snapshot;
    for (const state of ['running', 'sleeping', 'stalled', 'off'] as const) this.residency[state] = numberFrom(saved, state, 'core residency');
  }
}
