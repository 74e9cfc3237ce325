/**
 * Several blocks at the same addresses, of which firmware enables one at a time, as Nordic's serial interfaces are. They
 * share storage: what is written before one is enabled counts for whichever is. So writes go to all that have such a
 * register, reads to the one that is enabled.
 */
import type { AccessBytes, BusDevice } from '../bus/types.js';
import type { OverlaidDevice } from '../peripherals/block.js';

export class Overlay implements BusDevice {
  constructor(private readonly devices: readonly (BusDevice & OverlaidDevice)[]) {}

  read(offset: number, bytes: AccessBytes): number {
    return this.reader(offset).read(offset, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    return this.reader(offset).peek(offset, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    this.forEachWith(offset, (device) => device.write(offset, value, bytes));
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    this.forEachWith(offset, (device) => device.poke(offset, value, bytes));
  }

  /** The enabled one that has such a register, else any that has it, else the first, which warns. */
  private reader(offset: number): BusDevice {
    const { devices } = this;
    return devices.find((device) => device.isEnabled && device.declares(offset)) ?? devices.find((device) => device.declares(offset)) ?? devices[0];
  }

  private forEachWith(offset: number, act: (device: BusDevice) => void): void {
    const having = this.devices.filter((device) => device.declares(offset));
    if (having.length === 0) act(this.devices[0]);
    else having.forEach(act);
  }
}

/** A device that answers from its own offset `from` on. */
export class Window implements BusDevice {
  constructor(private readonly device: BusDevice, private readonly from: number) {}

  read(offset: number, bytes: AccessBytes): number { return this.device.read(offset + this.from, bytes); }
  write(offset: number, value: number, bytes: AccessBytes): void { this.device.write(offset + this.from, value, bytes); }
  peek(offset: number, bytes: AccessBytes): number { return this.device.peek(offset + this.from, bytes); }
  poke(offset: number, value: number, bytes: AccessBytes): void { this.device.poke(offset + this.from, value, bytes); }
}
