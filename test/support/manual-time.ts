/** A time that tests move by hand, with a queue on it. */
import { EventQueue } from '../../emulator/time/event-queue.js';
import type { RootTicks, TimeSource } from '../../emulator/time/types.js';

export class ManualTime implements TimeSource {
  readonly queue: EventQueue;
  #now = 0;

  constructor(rootHz = 1_000_000) {
    this.queue = new EventQueue(this, rootHz);
  }

  now(): RootTicks {
    return this.#now;
  }

  /** Sets the time without firing anything. */
  jump(to: RootTicks): void {
    this.#now = to;
  }

  /** Stops at every event on the way, as a core that stops exactly there. */
  advanceTo(to: RootTicks): void {
    for (let due = this.queue.nextDue(); due <= to; due = this.queue.nextDue()) {
      this.#now = Math.max(this.#now, due);
      this.queue.runDue(this.#now);
    }
    this.#now = to;
  }

  advance(by: RootTicks): void {
    this.advanceTo(this.#now + by);
  }
}
