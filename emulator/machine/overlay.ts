/**
 * Several blocks at the same addresses, of which firmware enables one at a time, as Nordic's serial interfaces are. They
 * share storage: what is written before one is enabled counts for whichever is. So writes go to all that have such a
 * register, reads to the one that is enabled.
 */
import type { AccessBytes, BusDevice } from '../bus/types.js';
import type { OverlaidDevice } from '../peripherals/block.js';

export class Overlay implements BusDevice {
  /** By offset, the blocks that have such a register, made when it is first used; where none has it, the first, which warns. */
  private readonly having: (readonly (BusDevice & OverlaidDevice)[] | undefined)[] = [];

  constructor(private readonly devices: readonly (BusDevice & OverlaidDevice)[]) {}

  read(offset: number, bytes: AccessBytes): number {
    return this.reader(offset).read(offset, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    return this.reader(offset).peek(offset, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    for (const device of this.at(offset)) device.write(offset, value, bytes);
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    for (const device of this.at(offset)) device.poke(offset, value, bytes);
  }

  /** The enabled one that has such a register, else any that has it. */
  private reader(offset: number): BusDevice {
    const devices = this.at(offset);
    for (const device of devices) if (device.isEnabled) return device;
    return devices[0];
  }

  private at(offset: number): readonly (BusDevice & OverlaidDevice)[] {
    return this.having[offset] ??= this.find(offset);
  }

  private find(offset: number): readonly (BusDevice & OverlaidDevice)[] {
    const having = this.devices.filter((device) => device.declares(offset));
    return having.length === 0 ? this.devices.slice(0, 1) : having;
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
