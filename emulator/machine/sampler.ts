/** Looks at the core at even distances in virtual time, without an event of its own: nothing that fires or is saved changes. */
import type { TreeClock } from '../time/clock-tree.js';

/** @param samples how many are taken at once: several after sleep @param isAsleep the core slept all the time */
export type SampleListener = (samples: number, isAsleep: boolean) => void;

export class Sampler {
  /** Tick of the processor clock at which the next sample is due. */
  private next: number;

  /** @param spacing processor cycles, so that samples fall on its multiples since reset. @throws RangeError */
  constructor(private readonly clock: TreeClock, private readonly spacing: number, private readonly listener: SampleListener) {
    if (!Number.isSafeInteger(spacing) || spacing < 1) throw new RangeError(`samples every ${spacing} cycles: give a whole number of 1 or more`);
    this.next = this.after(clock.ticks());
  }

  /** Root tick at which to look. */
  due(): number {
    return this.clock.rootTickOf(this.next);
  }

  /** The clock counts from elsewhere now: after power-on or a restored snapshot. */
  restart(): void {
    this.next = this.after(this.clock.ticks());
  }

  take(isAsleep: boolean): void {
    const now = this.clock.ticks();
    if (now < this.next) return;
    const samples = 1 + Math.floor((now - this.next) / this.spacing);
    this.next = this.after(now);
    this.listener(samples, isAsleep);
  }

  private after(ticks: number): number {
    return (Math.floor(ticks / this.spacing) + 1) * this.spacing;
  }
}
