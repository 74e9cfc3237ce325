/** USBD's endpoints: local buffers between the bus and EasyDMA, data toggles, halts. */
import type { Snapshot } from '../../bus/types.js';
import { numberFrom, numbersFrom } from '../block.js';

const PART = 'USBD endpoint';

/** One direction of an endpoint. */
export class LocalBuffer {
  private readonly buffer: Uint8Array;
  length = 0;
  /** IN: data waits for the host. OUT: data waits for EasyDMA. */
  isFull = false;
  /** OUT: the host's next packet is taken. */
  accepts = false;
  isHalted = false;
  /** PID of the next data packet. */
  toggle: 0 | 1 = 0;

  /** @param largest bytes of a packet */
  constructor(readonly largest: number) {
    this.buffer = new Uint8Array(largest);
  }

  get bytes(): Uint8Array { return this.buffer.subarray(0, this.length); }

  fill(bytes: Uint8Array): void {
    this.length = Math.min(bytes.length, this.largest);
    this.buffer.set(bytes.subarray(0, this.length));
    this.isFull = true;
  }

  flip(): void { this.toggle = this.toggle === 0 ? 1 : 0; }

  clear(): void {
    this.length = 0;
    this.isFull = this.accepts = this.isHalted = false;
    this.toggle = 0;
  }

  snapshot(): Snapshot {
    const { isFull, accepts, isHalted, toggle } = this;
    return { bytes: [...this.bytes], flags: (isFull ? 1 : 0) | (accepts ? 2 : 0) | (isHalted ? 4 : 0) | (toggle << 3) };
  }

  restore(from: Snapshot): void {
    this.fill(Uint8Array.from(numbersFrom(from, 'bytes', PART, this.largest)));
    const flags = numberFrom(from, 'flags', PART);
    this.isFull = (flags & 1) !== 0;
    this.accepts = (flags & 2) !== 0;
    this.isHalted = (flags & 4) !== 0;
    this.toggle = ((flags >> 3) & 1) as 0 | 1;
  }
}
