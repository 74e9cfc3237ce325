/**
 * The machine as semihosting sees it. Everything the firmware passes is untrusted: each read is bounded and says
 * undefined where there is no memory.
 */
export interface SemihostingGuest {
  /** Byte of RAM or flash, without side effects; undefined where there is neither. */
  read8(address: number): number | undefined;
  /** Stores a byte in RAM. @returns false where there is no RAM */
  write8(address: number, value: number): boolean;
  /** Root ticks since reset. */
  now(): number;
  /** Root ticks per second. */
  readonly rootHz: number;
  /** Free RAM for heap and stack, for SYS_HEAPINFO (`heap.ts`); undefined when the machine cannot tell. */
  heap?(): { readonly base: number; readonly limit: number } | undefined;
}

/** Longest text taken from the firmware: file names, SYS_WRITE0, command lines. */
export const MAXIMUM_STRING = 1 << 16;
/** Longest transfer of one SYS_READ or SYS_WRITE; no microcontroller has as much memory. */
export const MAXIMUM_TRANSFER = 1 << 26;

export function read32(guest: SemihostingGuest, address: number): number | undefined {
  let word = 0;
  for (let i = 3; i >= 0; i--) {
    const byte = guest.read8((address + i) >>> 0);
    if (byte === undefined) return undefined;
    word = (word << 8) | byte;
  }
  return word >>> 0;
}

/** @returns false when not all four bytes are RAM; the others are then written */
export function write32(guest: SemihostingGuest, address: number, value: number): boolean {
  let isStored = true;
  for (let i = 0; i < 4; i++) isStored = guest.write8((address + i) >>> 0, (value >>> (8 * i)) & 0xff) && isStored;
  return isStored;
}

/** The words of a parameter block; undefined when it is not wholly in memory. */
export function readBlock(guest: SemihostingGuest, address: number, words: number): number[] | undefined {
  const block: number[] = [];
  for (let i = 0; i < words; i++) {
    const word = read32(guest, address + 4 * i);
    if (word === undefined) return undefined;
    block.push(word);
  }
  return block;
}

/** Exactly `length` bytes; undefined when they are not all in memory or past `MAXIMUM_TRANSFER`. */
export function readBytes(guest: SemihostingGuest, address: number, length: number): Uint8Array | undefined {
  if (length === 0) return new Uint8Array(0);
  if (length > MAXIMUM_TRANSFER || address + length > 0x1_0000_0000) return undefined;
  if (guest.read8((address + length - 1) >>> 0) === undefined) return undefined;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const byte = guest.read8((address + i) >>> 0);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** @returns false when a byte did not land in RAM */
export function writeBytes(guest: SemihostingGuest, address: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (!guest.write8((address + i) >>> 0, bytes[i])) return false;
  return true;
}

/** Bytes up to a NUL, without it; undefined when memory ends first; cut at `MAXIMUM_STRING`. */
export function readTerminated(guest: SemihostingGuest, address: number): Uint8Array | undefined {
  const bytes: number[] = [];
  while (bytes.length < MAXIMUM_STRING) {
    const byte = guest.read8((address + bytes.length) >>> 0);
    if (byte === undefined) return undefined;
    if (byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
