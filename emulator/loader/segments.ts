/** Pieces of memory, in any order, joined into sorted segments. Memory used is bounded by the bytes put in. */
import { FirmwareError, hex, type Segment } from './types.js';

/** Firmware has a handful of segments; each costs an object, so a file must not ask for millions. */
const MAX_SEGMENTS = 4096;

export class SegmentBuilder {
  private readonly buffer: Uint8Array;
  private used = 0;
  // One entry per piece: its address, its offset in `buffer`, its length.
  private readonly addresses: number[] = [];
  private readonly offsets: number[] = [];
  private readonly lengths: number[] = [];

  /** @param capacity most bytes that will be added, known from the size of the file */
  constructor(capacity: number) {
    this.buffer = new Uint8Array(capacity);
  }

  /** Adds `bytes`, which must end at or below 2^32. A piece that continues the one before costs nothing extra. */
  add(address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.buffer.set(bytes, this.used);
    const last = this.addresses.length - 1;
    if (last >= 0 && this.addresses[last] + this.lengths[last] === address) {
      this.lengths[last] += bytes.length;
    } else {
      this.addresses.push(address);
      this.offsets.push(this.used);
      this.lengths.push(bytes.length);
    }
    this.used += bytes.length;
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  /** @throws FirmwareError when two pieces want different bytes at one address, or memory is in too many pieces */
  build(): Segment[] {
    const order = this.addresses.map((_, i) => i).sort((a, b) => this.addresses[a] - this.addresses[b] || a - b);
    const segments: Segment[] = [];
    for (let first = 0; first < order.length;) {
      const group = this.touchingGroup(order, first);
      if (segments.length === MAX_SEGMENTS) {
        throw new FirmwareError(`memory is in more than ${MAX_SEGMENTS} separate pieces, which no firmware needs: convert the file again from its ELF file`);
      }
      segments.push({ address: group.start, bytes: this.join(order, first, group.next, group.start, group.end), space: 'memory' });
      first = group.next;
    }
    return segments;
  }

  private touchingGroup(order: readonly number[], first: number): { start: number; end: number; next: number } {
    const start = this.addresses[order[first]];
    let end = start + this.lengths[order[first]];
    let next = first + 1;
    while (next < order.length && this.addresses[order[next]] <= end) {
      end = Math.max(end, this.addresses[order[next]] + this.lengths[order[next]]);
      next++;
    }
    return { start, end, next };
  }

  private join(order: readonly number[], first: number, next: number, start: number, end: number): Uint8Array {
    if (next === first + 1) {
      const piece = order[first];
      return this.buffer.subarray(this.offsets[piece], this.offsets[piece] + this.lengths[piece]);
    }
    const joined = new Uint8Array(end - start);
    let filled = start;
    for (let i = first; i < next; i++) {
      const piece = order[i];
      const address = this.addresses[piece];
      const bytes = this.buffer.subarray(this.offsets[piece], this.offsets[piece] + this.lengths[piece]);
      this.refuseContradiction(joined, start, Math.min(filled, address + bytes.length), address, bytes);
      joined.set(bytes, address - start);
      filled = Math.max(filled, address + bytes.length);
    }
    return joined;
  }

  private refuseContradiction(joined: Uint8Array, start: number, overlapEnd: number, address: number, bytes: Uint8Array): void {
    for (let a = address; a < overlapEnd; a++) {
      if (joined[a - start] !== bytes[a - address]) {
        throw new FirmwareError(`two records disagree about the byte at ${hex(a)} (0x${joined[a - start].toString(16)} and 0x${bytes[a - address].toString(16)}): merge the files again without overlap`);
      }
    }
  }
}
