/**
 * POWER at 0xFFC: switching a peripheral off forgets its registers. In the nRF51 Reference Manual's register files (nrf51.svd);
 * the nRF52 specifications leave it out, their errata sheets use it in workarounds.
 */
import { bit } from '../registers/index.js';

export const POWER_SWITCH = { POWER: { at: 0xffc, reset: 1, fields: { POWER: bit(0) } } } as const;

/** What a write to POWER does: off, all registers are at their reset values. */
export function switchPower(isOn: boolean, block: { reset(): void }, stored: Uint32Array): void {
  if (isOn) return;
  block.reset();
  stored[0] = 0;
}
