/** A part's memory of samples: each a fixed count of numbers, the oldest first. */
import type { Snapshot, Stateful } from '../bus/types.js';

export class SampleFifo implements Stateful {
  private items: (readonly number[])[] = [];
  private lost = false;

  constructor(readonly depth: number, private readonly width: number) {}

  get level(): number { return this.items.length; }
  get isFull(): boolean { return this.items.length >= this.depth; }
  /** A sample was lost since it was last empty enough. */
  get hasOverrun(): boolean { return this.lost; }
  get oldest(): readonly number[] | undefined { return this.items[0]; }

  /** @param keepsOldest a full one drops the new sample; otherwise the oldest */
  push(sample: readonly number[], keepsOldest: boolean): void {
    if (this.isFull) {
      this.lost = true;
      if (keepsOldest) return;
      this.items.shift();
    }
    this.items.push(sample);
  }

  shift(): readonly number[] | undefined {
    this.lost = false;
    return this.items.shift();
  }

  reset(): void {
    this.items = [];
    this.lost = false;
  }

  snapshot(): Snapshot {
    return { items: this.items.map((item) => [...item]), lost: this.lost };
  }

  restore(from: Snapshot): void {
    const { items, lost } = from;
    const fits = Array.isArray(items) && items.length <= this.depth
      && items.every((item) => Array.isArray(item) && item.length === this.width && item.every((n) => Number.isFinite(n)));
    if (!fits) throw new Error('the snapshot is not of this FIFO');
    this.items = items as number[][];
    this.lost = lost === true;
  }
}
