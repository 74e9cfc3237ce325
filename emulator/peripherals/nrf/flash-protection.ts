/** Who keeps the flash controller from writing and erasing: ACL on nRF52840 and nRF52833, MPU on nRF51. */
import type { SharedKind } from '../block.js';

export class FlashProtection {
  private readonly rules: ((address: number) => boolean)[] = [];

  /** @param forbids whether the byte at an address of the code memory may not change */
  add(forbids: (address: number) => boolean): void {
    this.rules.push(forbids);
  }

  forbids(address: number): boolean {
    return this.rules.some((rule) => rule(address));
  }
}

export const FLASH_PROTECTION: SharedKind<FlashProtection> = { make: () => new FlashProtection() };
