/** The blocks of a memory card: an image that never changes, and over it what was written. */
import type { Snapshot, Stateful } from '../../bus/types.js';

export const BLOCK_BYTES = 512;

export class SdBlocks implements Stateful {
  private readonly written = new Map<number, Uint8Array>();

  /** @param count blocks; those past the end of the image are zeros */
  constructor(readonly count: number, private readonly image: Uint8Array) {}

  get changed(): number {
    return this.written.size;
  }

  /** A view or a copy: not to be changed. */
  read(block: number): Uint8Array {
    const written = this.written.get(block);
    if (written !== undefined) return written;
    const bytes = new Uint8Array(BLOCK_BYTES);
    bytes.set(this.image.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES));
    return bytes;
  }

  write(block: number, bytes: Uint8Array): void {
    this.written.set(block, bytes.slice());
  }

  /** To zeros. */
  erase(first: number, last: number): void {
    for (const block of this.written.keys()) if (block >= first && block <= last) this.written.delete(block);
    const end = Math.min(last, Math.ceil(this.image.length / BLOCK_BYTES) - 1);
    for (let block = first; block <= end; block++) this.written.set(block, new Uint8Array(BLOCK_BYTES));
  }

  /** The card as an image. */
  contents(): Uint8Array {
    const bytes = new Uint8Array(this.count * BLOCK_BYTES);
    bytes.set(this.image.subarray(0, bytes.length));
    for (const [block, written] of this.written) bytes.set(written, block * BLOCK_BYTES);
    return bytes;
  }

  /** A card keeps what it holds without supply. */
  reset(): void {}

  snapshot(): Snapshot {
    const bytes = new Uint8Array(this.written.size * BLOCK_BYTES);
    [...this.written.values()].forEach((block, index) => bytes.set(block, index * BLOCK_BYTES));
    return { blocks: [...this.written.keys()], bytes };
  }

  restore({ blocks, bytes }: Snapshot): void {
    const fits = Array.isArray(blocks) && bytes instanceof Uint8Array && bytes.length === blocks.length * BLOCK_BYTES
      && blocks.every((block) => Number.isInteger(block) && (block as number) >= 0 && (block as number) < this.count);
    if (!fits) throw new Error('the snapshot is of another memory card');
    this.written.clear();
    (blocks as number[]).forEach((block, index) => this.written.set(block, bytes.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES)));
  }
}
