/** An interrupt output of a part: polarity and output stage as its registers say. Goes nowhere where the board leaves it open. */
import { Pin } from '../wires/net.js';
import type { Net } from '../wires/net.js';

export class InterruptPin {
  private readonly pin: Pin | undefined;

  constructor(name: string, net: Net | undefined) {
    this.pin = net && new Pin(name, net);
  }

  get isConnected(): boolean {
    return this.pin !== undefined;
  }

  set(isActive: boolean, { activeHigh, openDrain }: { readonly activeHigh: boolean; readonly openDrain: boolean }): void {
    const level = isActive === activeHigh;
    if (openDrain) this.pin?.openDrain(level);
    else this.pin?.drive(level);
  }

  release(): void {
    this.pin?.release();
  }
}
