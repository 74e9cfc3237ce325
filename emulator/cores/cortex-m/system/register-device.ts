/** A block of the Private Peripheral Bus whose bus side is a block of registers. */
import type { AccessBytes, BusDevice } from '../../../bus/types.js';

export abstract class RegisterDevice implements BusDevice {
  abstract readonly block: BusDevice;

  get readsFrom(): BusDevice {
    return this.read === RegisterDevice.prototype.read ? this.block : this;
  }

  get writesTo(): BusDevice {
    return this.write === RegisterDevice.prototype.write ? this.block : this;
  }

  read(offset: number, bytes: AccessBytes): number {
    return this.block.read(offset, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    this.block.write(offset, value, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    return this.block.peek(offset, bytes);
  }

  /** A debugger's write acts as the firmware's would. */
  poke(offset: number, value: number, bytes: AccessBytes): void {
    this.write(offset, value, bytes);
  }
}
