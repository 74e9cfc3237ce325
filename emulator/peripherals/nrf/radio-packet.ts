/**
 * What RADIO sends: fields as bits in their order on the air, whitening, CRC.
 * Source: nRF52840 Product Specification v1.1, RADIO, "Packet configuration", "Data whitening", "CRC". One bit in each byte.
 */

/** A packet's layout, from PCNF0, PCNF1 and CRCCNF. */
export interface Layout {
  readonly hasS0: boolean;
  /** Bits of LENGTH and of S1 on the air. */
  readonly lengthBits: number;
  readonly s1Bits: number;
  /** Whether S1 has a byte in RAM. */
  readonly hasS1Byte: boolean;
  readonly maxLength: number;
  readonly staticLength: number;
  readonly isBigEndian: boolean;
  readonly crcBytes: number;
  /** LENGTH counts the CRC too. */
  readonly countsCrc: boolean;
}

export interface Crc {
  readonly bytes: number;
  readonly polynomial: number;
  readonly initial: number;
}

export const headerBitsOf = ({ hasS0, lengthBits, s1Bits }: Layout): number => (hasS0 ? 8 : 0) + lengthBits + s1Bits;

/** Bytes before the payload in RAM: S0, LENGTH, S1. */
export const headerBytesOf = ({ hasS0, lengthBits, hasS1Byte }: Layout): number => (hasS0 ? 1 : 0) + (lengthBits > 0 ? 1 : 0) + (hasS1Byte ? 1 : 0);

/** "If LENGTH is larger than MAXLEN, the payload is truncated to MAXLEN"; the static add-on follows it. */
export function payloadBytesOf(layout: Layout, length: number): number {
  const counted = layout.countsCrc ? Math.max(0, length - layout.crcBytes) : length;
  return Math.min(layout.lengthBits > 0 ? counted : 0, layout.maxLength) + layout.staticLength;
}

/** Bits of a number, least significant first, or most significant first. */
export function bitsOf(value: number, count: number, isBigEndian: boolean): number[] {
  return Array.from({ length: count }, (_, n) => (value >>> (isBigEndian ? count - 1 - n : n)) & 1);
}

/** The number of which these are the bits; those that never came are zeros. */
export function numberOf(bits: Uint8Array, from: number, count: number, isBigEndian: boolean): number {
  let value = 0;
  for (let n = 0; n < count; n++) if (bits[from + n] === 1) value |= 1 << (isBigEndian ? count - 1 - n : n);
  return value >>> 0;
}

export function bitsOfBytes(bytes: Uint8Array, isBigEndian: boolean): number[] {
  return [...bytes].flatMap((byte) => bitsOf(byte, 8, isBigEndian));
}

export function bytesOfBits(bits: Uint8Array, from: number, count: number, isBigEndian: boolean): Uint8Array {
  return Uint8Array.from({ length: count }, (_, n) => numberOf(bits, from + 8 * n, 8, isBigEndian));
}

/** S0, LENGTH and S1 on the air, out of their bytes in RAM. */
export function headerBits(layout: Layout, ram: Uint8Array): number[] {
  const { hasS0, lengthBits, s1Bits, hasS1Byte, isBigEndian } = layout;
  let at = 0;
  const take = (isThere: boolean): number => (isThere ? ram[at++] : 0);
  const s0 = take(hasS0);
  const length = take(lengthBits > 0);
  const s1 = take(hasS1Byte);
  return [...(hasS0 ? bitsOf(s0, 8, isBigEndian) : []), ...bitsOf(length, lengthBits, isBigEndian), ...bitsOf(s1, s1Bits, isBigEndian)];
}

/** The same back: bytes for RAM. */
export function headerBytes(layout: Layout, bits: Uint8Array, from: number): Uint8Array {
  const { hasS0, lengthBits, s1Bits, hasS1Byte, isBigEndian } = layout;
  const bytes: number[] = [];
  let at = from;
  const give = (count: number): void => {
    bytes.push(numberOf(bits, at, count, isBigEndian) & 0xff);
    at += count;
  };
  if (hasS0) give(8);
  if (lengthBits > 0) give(lengthBits);
  if (hasS1Byte) give(s1Bits);
  return Uint8Array.from(bytes);
}

/** LENGTH out of the header's bytes in RAM. */
export function lengthIn(layout: Layout, header: Uint8Array): number {
  return layout.lengthBits > 0 ? header[layout.hasS0 ? 1 : 0] & ((1 << layout.lengthBits) - 1) : 0;
}

/**
 * Whitens and takes whitening away, from the register's start on: x^7 + x^4 + 1. "Bit 0 of DATAWHITEIV is position 6 of the
 * register, bit 1 position 5, and so on; position 0 is always 1."
 */
export function whitened(bits: ArrayLike<number>, initial: number): Uint8Array {
  let register = (initial & 0x3f) | 0x40;
  return Uint8Array.from(bits, (bit) => {
    const out = register & 1;
    register = (register >>> 1) ^ (out === 1 ? 0x44 : 0);
    return bit ^ out;
  });
}

/** CRC over bits in their order on the air; sent most significant bit first. */
export function crcOf({ bytes, polynomial, initial }: Crc, bits: ArrayLike<number>): number {
  if (bytes === 0) return 0;
  const width = 8 * bytes;
  const mask = 2 ** width - 1;
  let crc = initial & mask;
  for (let n = 0; n < bits.length; n++) {
    const isOne = ((crc >>> (width - 1)) & 1) !== bits[n];
    crc = (crc << 1) & mask;
    if (isOne) crc ^= (polynomial | 1) & mask;
  }
  return crc;
}
