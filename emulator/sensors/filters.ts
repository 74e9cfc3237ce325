/**
 * Digital filters of the first order over three axes. Parts seldom say what order theirs have; what they say is the cut-off
 * frequency, and these have it at -3 dB. They begin settled: at their first sample's value.
 */
import type { Snapshot, Stateful } from '../bus/types.js';

export class LowPass implements Stateful {
  private readonly means: Float64Array;
  private isSettled = false;

  constructor(axes = 3) {
    this.means = new Float64Array(axes);
  }

  /** @param share cut-off frequency over sample rate; 0 holds what was @returns its own array, valid until the next call */
  pass(values: Float64Array, share: number): Float64Array {
    const { means } = this;
    const step = this.isSettled ? 1 - Math.exp(-2 * Math.PI * share) : 1;
    for (let i = 0; i < means.length; i++) means[i] += step * (values[i] - means[i]);
    this.isSettled = true;
    return means;
  }

  /** Takes those as what it has settled to. */
  settle(values: ArrayLike<number>): void {
    this.means.set(Array.from({ length: this.means.length }, (_, i) => values[i]));
    this.isSettled = true;
  }

  /** Settles at its next sample. */
  reset(): void {
    this.means.fill(0);
    this.isSettled = false;
  }

  snapshot(): Snapshot {
    return { means: [...this.means], isSettled: this.isSettled };
  }

  restore({ means, isSettled }: Snapshot): void {
    if (!Array.isArray(means) || means.length !== this.means.length || !means.every((n) => Number.isFinite(n))) throw new Error('the snapshot is not of this filter');
    this.means.set(means as number[]);
    this.isSettled = isSettled === true;
  }
}

/** What a low pass leaves out. */
export class HighPass implements Stateful {
  private readonly low = new LowPass();
  private readonly out = new Float64Array(3);

  /** @returns its own array, valid until the next call */
  pass(values: Float64Array, share: number): Float64Array {
    const low = this.low.pass(values, share);
    for (let i = 0; i < 3; i++) this.out[i] = values[i] - low[i];
    return this.out;
  }

  settle(values: ArrayLike<number>): void { this.low.settle(values); }
  reset(): void { this.low.reset(); }
  snapshot(): Snapshot { return this.low.snapshot(); }
  restore(from: Snapshot): void { this.low.restore(from); }
}
