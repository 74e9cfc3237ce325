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

/** As STMicroelectronics calls them; a trigger is an interrupt of the part's own. */
export type FifoMode = 'bypass' | 'fifo' | 'stream' | 'stream-to-fifo' | 'bypass-to-stream' | 'bypass-to-fifo';
type Filling = 'bypass' | 'fifo' | 'stream';

/** How it fills before its trigger, and after it. */
const FILLING: Readonly<Record<FifoMode, readonly [Filling, Filling]>> = {
  bypass: ['bypass', 'bypass'], fifo: ['fifo', 'fifo'], stream: ['stream', 'stream'],
  'stream-to-fifo': ['stream', 'fifo'], 'bypass-to-stream': ['bypass', 'stream'], 'bypass-to-fifo': ['bypass', 'fifo'],
};

/** A FIFO with modes: bypass holds nothing, FIFO stops when full, stream loses the oldest. */
export class ModalFifo implements Stateful {
  private readonly samples: SampleFifo;
  private mode: FifoMode = 'bypass';
  private isTriggered = false;

  constructor(depth: number, width: number) {
    this.samples = new SampleFifo(depth, width);
  }

  get level(): number { return this.samples.level; }
  get isFull(): boolean { return this.samples.isFull; }
  get hasOverrun(): boolean { return this.samples.hasOverrun; }
  get oldest(): readonly number[] | undefined { return this.samples.oldest; }
  /** Whether samples go into it now. */
  get stores(): boolean { return this.filling !== 'bypass'; }

  /** Another mode forgets the trigger; bypass forgets everything. */
  set(mode: FifoMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.isTriggered = false;
    if (mode === 'bypass') this.samples.reset();
  }

  /** @param keep of the samples before it, so many of the latest stay; default all */
  trigger(keep = this.samples.depth): void {
    if (this.isTriggered || FILLING[this.mode][0] === FILLING[this.mode][1]) return;
    this.isTriggered = true;
    while (this.samples.level > keep) this.samples.shift();
  }

  /** @param most where a watermark limits its depth */
  push(sample: readonly number[], most = this.samples.depth): void {
    const { filling } = this;
    if (filling === 'bypass') return;
    if (filling === 'stream') while (this.samples.level >= most && most < this.samples.depth) this.samples.shift();
    else if (this.samples.level >= most && most < this.samples.depth) return;
    this.samples.push(sample, filling === 'fifo');
  }

  shift(): readonly number[] | undefined {
    return this.samples.shift();
  }

  reset(): void {
    this.samples.reset();
    this.mode = 'bypass';
    this.isTriggered = false;
  }

  snapshot(): Snapshot {
    return { samples: this.samples.snapshot(), mode: this.mode, isTriggered: this.isTriggered };
  }

  restore(from: Snapshot): void {
    const mode = from['mode'] as FifoMode;
    if (!Object.hasOwn(FILLING, mode)) throw new Error('the snapshot is not of this FIFO');
    this.samples.restore(from['samples'] as Snapshot);
    this.mode = mode;
    this.isTriggered = from['isTriggered'] === true;
  }

  private get filling(): Filling {
    return FILLING[this.mode][this.isTriggered ? 1 : 0];
  }
}
