/**
 * AVR's memories as ELF files address them, and what an AVR ELF file was built for.
 * Sources: avr-libc user manual, "Memory sections"; binutils `include/elf/avr.h` (e_flags, `.note.gnu.avr.deviceinfo`).
 */
import { decodeText } from './reader.js';
import type { Section } from './types.js';

/** Where each memory starts in ELF addresses; flash counts bytes, not words. */
export const AVR_SPACE_BASE = {
  flash: 0, data: 0x80_0000, eeprom: 0x81_0000, fuse: 0x82_0000, lock: 0x83_0000, signature: 0x84_0000, 'user-signature': 0x85_0000,
} as const;
export type AvrSpace = keyof typeof AVR_SPACE_BASE;

const SPACES = (Object.keys(AVR_SPACE_BASE) as AvrSpace[]).reverse();

export interface AvrBuild {
  /** avr-gcc's `-mmcu=` architecture: 5 for avr5 (ATmega328P), 51 avr51, 6 avr6, 35 avr35, 102 avrxmega2, ... */
  readonly architecture: number;
  /** From the device note, e.g. `atmega328p`. */
  readonly device?: string;
}

/** The memory an ELF address belongs to. */
export function avrSpaceOf(address: number): AvrSpace {
  return SPACES.find((space) => address >= AVR_SPACE_BASE[space]) ?? 'flash';
}

/** An ELF address as memory and byte offset in it. */
export function splitAvrAddress(address: number): { space: AvrSpace; offset: number } {
  const space = avrSpaceOf(address);
  return { space, offset: address - AVR_SPACE_BASE[space] };
}

export function readAvrBuild(flags: number, sections: readonly Section[]): AvrBuild {
  const note = sections.find((s) => s.name === '.note.gnu.avr.deviceinfo');
  const device = note === undefined ? undefined : readDevice(note.bytes());
  return { architecture: flags & 0x7f, ...(device !== undefined ? { device } : {}) };
}

/** The note ends with a string table; its last string is the device's name, whatever version the tables before it have. */
function readDevice(note: Uint8Array): string | undefined {
  let end = note.length;
  while (end > 0 && note[end - 1] === 0) end--;
  const start = note.lastIndexOf(0, end - 1) + 1;
  const length = end - start;
  return length >= 4 && length < 64 ? decodeText(note, start, end) : undefined;
}
