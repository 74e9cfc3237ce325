/**
 * POWER, at the end of nRF51's blocks and of RADIO. Source: nRF51 Reference Manual v3.0, POWER registers: "the peripheral and its
 * registers will be reset to its initial state by switching the peripheral off and then back on again".
 */
import { choice } from '../registers/index.js';

export const POWER_REGISTER = { at: 0xffc, reset: 1, fields: { POWER: choice(0, 0, { Disabled: 0, Enabled: 1 }) } } as const;

/** A write to POWER: zero resets the block, and the zero stays. */
export function switchPower(power: number, block: { reset(): void }, stored: Uint32Array): void {
  if (power !== 0) return;
  block.reset();
  stored[0] = 0;
}
