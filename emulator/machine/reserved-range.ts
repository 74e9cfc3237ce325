/** An address range that answers without anything behind it: reads as zero, ignores writes, says so once unless it is quiet. */
import type { AccessBytes, BusDevice, Warnings } from '../bus/types.js';

export class ReservedRange implements BusDevice {
  constructor(private readonly name: string, private readonly base: number, private readonly warnings: Warnings | undefined) {}

  read(offset: number, _bytes: AccessBytes): number {
    this.warn('read', offset);
    return 0;
  }

  write(offset: number, _value: number, _bytes: AccessBytes): void {
    this.warn('write', offset);
  }

  peek(): number {
    return 0;
  }

  poke(): void {}

  private warn(what: string, offset: number): void {
    const address = `0x${(this.base + offset).toString(16).padStart(8, '0')}`;
    this.warnings?.warn(`reserved ${this.name} ${what}`, `${what} of ${address} in ${this.name}, where nothing is modelled`);
  }
}
