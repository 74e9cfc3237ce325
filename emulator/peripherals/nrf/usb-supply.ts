/**
 * Whether VBUS is supplied: what USBD's socket knows and POWER's USB regulator watches (nRF52840 Product Specification v1.1,
 * "USB supply"). POWER makes USBDETECTED, USBPWRRDY and USBREMOVED of it, and USBREGSTATUS.
 */
import type { Snapshot, Stateful } from '../../bus/types.js';
import { numberFrom, type SharedKind } from '../block.js';

export class UsbSupply implements Stateful {
  private present = false;
  private listeners: readonly ((isPresent: boolean) => void)[] = [];

  get isPresent(): boolean { return this.present; }

  set(isPresent: boolean): void {
    if (isPresent === this.present) return;
    this.present = isPresent;
    for (const listener of this.listeners) listener(isPresent);
  }

  /** Told of changes; not after a reset or restore, when `isPresent` tells. */
  onChange(listener: (isPresent: boolean) => void): void {
    this.listeners = [...this.listeners, listener];
  }

  /** The cable does not mind a reset of the chip. */
  reset(): void { /* nothing to do */ }

  snapshot(): Snapshot {
    return { present: this.present ? 1 : 0 };
  }

  restore(from: Snapshot): void {
    this.present = numberFrom(from, 'present', 'USB supply') !== 0;
  }
}

export const USB_SUPPLY: SharedKind<UsbSupply> = { make: () => new UsbSupply() };
