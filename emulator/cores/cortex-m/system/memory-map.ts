/**
 * The default memory map: which addresses may execute, the Private Peripheral Bus, and bit-band aliases.
 * Source: Armv7-M ARM (DDI 0403E), B3.1, table B3-1 and A3.7; Cortex-M3 TRM (DDI 0337I), 3.7.
 */

/** What an address allows, as a set of bits. */
export const RIGHTS = {
  privilegedRead: 1, privilegedWrite: 2, privilegedExecute: 4, unprivilegedRead: 8, unprivilegedWrite: 16, unprivilegedExecute: 32,
  privileged: 7, all: 63,
} as const;

const EXECUTE = RIGHTS.privilegedExecute | RIGHTS.unprivilegedExecute;

/** 0xE0000000..0xE00FFFFF: its blocks decide about privilege themselves and the MPU has no say. */
export function isPpb(address: number): boolean {
  return address >>> 20 === 0xe00;
}

/** 0xE0000000 and up: never executable. */
export function isSystemRegion(address: number): boolean {
  return address >>> 29 === 7;
}

/** Peripheral, Device and System regions are execute-never. */
export function isExecuteNever(address: number): boolean {
  const region = address >>> 29;
  return region === 2 || region >= 5;
}

/** Rights without an MPU. Privileged-only access to the PPB is left to its blocks, which answer with a bus error. */
export function defaultRights(address: number): number {
  return isExecuteNever(address) ? RIGHTS.all & ~EXECUTE : RIGHTS.all;
}

/** The address is in a bit-band alias region: 0x22000000..0x23FFFFFF or 0x42000000..0x43FFFFFF. */
export function isBitBandAlias(address: number): boolean {
  const region = address >>> 25;
  return region === 0x11 || region === 0x21;
}

/** The byte that holds an alias's bit. @param alias an address for which `isBitBandAlias` holds */
export function bitBandByteAddress(alias: number): number {
  return ((alias & 0xf000_0000) | ((alias & 0x01ff_ffff) >>> 5)) >>> 0;
}

/** The bit of that byte, 0..7. */
export function bitBandBit(alias: number): number {
  return (alias >>> 2) & 7;
}
