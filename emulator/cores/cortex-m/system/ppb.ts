/**
 * The Private Peripheral Bus, 0xE0000000..0xE00FFFFF, as one device: finds the block and applies the privilege rules.
 * Source: Armv7-M ARM (DDI 0403E), B3.1.1 and table B3-3; Armv6-M ARM (DDI 0419E), B3.1.
 */
import { BusError } from '../../../bus/types.js';
import type { AccessBytes, BusDevice, Warnings } from '../../../bus/types.js';

export const PPB_BASE = 0xe000_0000;
export const PPB_SIZE = 0x10_0000;
/** STIR lies here: unprivileged code may write it when CCR.USERSETMPEND is set. */
const STIR_OFFSET = 0xef00;
const ITM_END = 0x1000;
const LARGEST_ALIGNED = 4;

/** A block and its range, as offsets from the start of the PPB. */
export interface PpbBlock {
  readonly start: number;
  readonly size: number;
  readonly device: BusDevice;
}

export interface PpbRules {
  isPrivileged(): boolean;
  /** CCR.USERSETMPEND. */
  mayUserSetPending(): boolean;
  readonly warnings?: Warnings | undefined;
}

export class PrivatePeripheralBus implements BusDevice {
  /** Index into `blocks` of every word; -1 where nothing is. Words, not bytes: all registers are words. */
  private readonly owners = new Int8Array(PPB_SIZE / 4).fill(-1);
  private readonly readers: readonly BusDevice[];
  private readonly writers: readonly BusDevice[];

  /** @throws RangeError when two blocks overlap */
  constructor(private readonly blocks: readonly PpbBlock[], private readonly rules: PpbRules) {
    this.readers = blocks.map(({ device }) => device.readsFrom ?? device);
    this.writers = blocks.map(({ device }) => device.writesTo ?? device);
    blocks.forEach((block, index) => {
      for (let word = block.start / 4; word < (block.start + block.size) / 4; word++) {
        if (this.owners[word] !== -1) throw new RangeError(`PPB: two blocks at offset 0x${(4 * word).toString(16)}`);
        this.owners[word] = index;
      }
    });
  }

  read(offset: number, bytes: AccessBytes): number {
    if (!this.rules.isPrivileged() && offset >= ITM_END) this.refuse(offset, 'read');
    const owner = this.owners[offset >>> 2];
    if (owner < 0) return this.nothingAt(offset, 'read');
    return this.readers[owner].read(offset - this.blocks[owner].start, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    if (!this.rules.isPrivileged() && !this.isUserWritable(offset)) this.refuse(offset, 'write');
    const owner = this.owners[offset >>> 2];
    if (owner < 0) this.nothingAt(offset, 'write');
    else this.writers[owner].write(offset - this.blocks[owner].start, value, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    const block = this.blockAt(offset);
    return block === undefined ? 0 : block.device.peek(offset - block.start, bytes);
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    const block = this.blockAt(offset);
    block?.device.poke(offset - block.start, value, bytes);
  }

  private blockAt(offset: number): PpbBlock | undefined {
    const owner = this.owners[offset >>> 2];
    return owner === undefined || owner < 0 ? undefined : this.blocks[owner];
  }

  private isUserWritable(offset: number): boolean {
    return offset < ITM_END || (offset >= STIR_OFFSET && offset < STIR_OFFSET + LARGEST_ALIGNED && this.rules.mayUserSetPending());
  }

  private refuse(offset: number, what: 'read' | 'write'): never {
    throw new BusError(PPB_BASE + offset, `unprivileged ${what} of the Private Peripheral Bus`);
  }

  /** Reserved addresses read as zero and ignore writes. */
  private nothingAt(offset: number, what: 'read' | 'write'): number {
    const where = `0x${(PPB_BASE + offset).toString(16)}`;
    this.rules.warnings?.warn(`PPB ${where}`, `Private Peripheral Bus: ${what} at ${where}, where this core has nothing`);
    return 0;
  }
}
