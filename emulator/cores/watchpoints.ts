/**
 * Addresses of data that somebody wants to know about. The core's memory port leaves pages that hold one out of all fast
 * ways, so that only accesses to those pages are slower, and asks here.
 */
const PAGE_BITS = 12;

/** As in the machine's interface, which this layer does not import. */
export interface Watchpoint {
  readonly address: number;
  readonly bytes: number;
  /** `access`: both. */
  readonly kind: 'read' | 'write' | 'access';
}

export interface WatchHit {
  /** The first watched byte that was touched. */
  readonly address: number;
  /** The instruction that made the access; for the frame of an exception, the instruction that was interrupted. */
  readonly pc: number;
  readonly access: 'read' | 'write';
  /** What the whole access has read or written, unsigned. */
  readonly value: number;
}

const PAGES = 1 << (32 - PAGE_BITS);
const ADDRESS_SPACE = 2 ** 32;

export class Watchpoints {
  private list: readonly Watchpoint[] = [];
  private readonly pages = new Uint8Array(PAGES);

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  /** @throws RangeError when it is no part of the address space */
  add({ address, bytes, kind }: Watchpoint): void {
    const start = address >>> 0;
    if (!Number.isInteger(bytes) || bytes < 1 || start + bytes > ADDRESS_SPACE) {
      throw new RangeError(`a watchpoint of ${bytes} bytes at 0x${start.toString(16)} does not lie in the address space: give 1 byte or more`);
    }
    this.change([...this.list, { address: start, bytes, kind }]);
  }

  /** Removes one that was added with the same values. */
  remove({ address, bytes, kind }: Watchpoint): void {
    const index = this.list.findIndex((one) => one.address === address >>> 0 && one.bytes === bytes && one.kind === kind);
    this.change(this.list.filter((_, i) => i !== index));
  }

  private change(list: readonly Watchpoint[]): void {
    this.list = list;
    this.pages.fill(0);
    for (const { address, bytes } of list) this.pages.fill(1, address >>> PAGE_BITS, ((address + bytes - 1) >>> PAGE_BITS) + 1);
  }

  /** Something on the page of this address is watched. */
  holdsPage(address: number): boolean {
    return this.pages[address >>> PAGE_BITS] !== 0;
  }

  /** @returns the first watched byte of an access, or -1 */
  find(address: number, bytes: number, access: 'read' | 'write'): number {
    if (!this.holdsPage(address) && !this.holdsPage(address + bytes - 1)) return -1;
    const start = address >>> 0;
    let first = -1;
    for (const one of this.list) {
      if (one.kind !== 'access' && one.kind !== access) continue;
      if (start >= one.address + one.bytes || start + bytes <= one.address) continue;
      const touched = Math.max(start, one.address);
      if (first < 0 || touched < first) first = touched;
    }
    return first;
  }
}
