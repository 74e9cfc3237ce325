/**
 * RADIO's logical addresses. Source: nRF52840 Product Specification v1.1, RADIO, "Address configuration": logical address 0 is BASE0
 * with PREFIX0.AP0, addresses 1 to 7 BASE1 with AP1 to AP7. Shorter bases lose their least significant bytes. Base and prefix are
 * sent in that order, least significant bit first.
 */
import { bitsOf } from './radio-packet.js';

export interface AddressRegisters {
  readonly base: readonly number[];
  readonly prefixes: readonly number[];
  readonly baseBytes: number;
  /** In IEEE 802.15.4 mode the start-of-frame delimiter stands where an address does. */
  readonly sfd: number | undefined;
}

export function addressBits({ base, prefixes, baseBytes, sfd }: AddressRegisters, logical: number): number[] {
  if (sfd !== undefined) return bitsOf(sfd, 8, false);
  const prefix = prefixes[logical >>> 2] >>> (8 * (logical & 3));
  const shortened = baseBytes === 0 ? 0 : base[logical === 0 ? 0 : 1] >>> (32 - 8 * baseBytes);
  return [...bitsOf(shortened, 8 * baseBytes, false), ...bitsOf(prefix, 8, false)];
}

/** The lowest logical address enabled in `enabled` that these bits are. */
export function addressMatch(registers: AddressRegisters, enabled: number, bits: Uint8Array): number | undefined {
  const isHeard = (logical: number): boolean => {
    const own = addressBits(registers, logical);
    return own.length === bits.length && own.every((bit, index) => bit === bits[index]);
  };
  if (registers.sfd !== undefined) return isHeard(0) ? 0 : undefined;
  return [0, 1, 2, 3, 4, 5, 6, 7].find((logical) => ((enabled >>> logical) & 1) === 1 && isHeard(logical));
}
