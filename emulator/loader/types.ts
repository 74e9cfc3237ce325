/** What a firmware file says, whatever its format. */
import type { ArmBuild } from './arm-attributes.js';
import type { AvrBuild, AvrSpace } from './avr.js';
import type { Uf2Info } from './uf2.js';

/** Bytes to be in memory before reset. Segments are sorted by address and never overlap. */
export interface Segment {
  /** Load (physical) address of the first byte. AVR: as in the ELF file, so EEPROM starts at 0x810000 (`avr.ts`). */
  readonly address: number;
  /** May be a view of the file's bytes: copy before changing. */
  readonly bytes: Uint8Array;
  /** Which of the chip's memories; always `memory` except on AVR. */
  readonly space: 'memory' | AvrSpace;
}

export interface FirmwareSymbol {
  readonly name: string;
  /** Link address, Thumb bit removed. */
  readonly address: number;
  /** Bytes; 0 when the file does not say. */
  readonly size: number;
  readonly kind: 'function' | 'object' | 'other';
  readonly isThumb: boolean;
  /** False for `static` names. */
  readonly isGlobal: boolean;
}

/** A stretch of one section that holds instructions of one kind, or data: from `$t`, `$a` and `$d` (AAELF32, 5.5.5). */
export interface CodeRange {
  readonly start: number;
  /** First address after the range. */
  readonly end: number;
  readonly kind: 'thumb' | 'arm' | 'data';
}

export interface Section {
  readonly name: string;
  /** sh_type. */
  readonly type: number;
  /** sh_flags: 1 write, 2 occupies memory, 4 instructions. */
  readonly flags: number;
  /** Link address. */
  readonly address: number;
  /** Offset in the file. */
  readonly offset: number;
  /** Bytes in memory. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  /** Its bytes in the file: a view, empty for sections that have none (`.bss`). */
  bytes(): Uint8Array;
}

export type Architecture = 'arm' | 'avr' | 'unknown';
export type FirmwareFormat = 'elf' | 'hex' | 'uf2' | 'bin';

export interface FirmwareImage {
  readonly format: FirmwareFormat;
  readonly architecture: Architecture;
  readonly segments: readonly Segment[];
  /** Where execution starts according to the file, Thumb bit removed on Arm. A Cortex-M starts from its vector table instead. */
  readonly entry: number | undefined;
  /** Sorted by address; mapping symbols, file names and section names are left out. */
  readonly symbols: readonly FirmwareSymbol[];
  readonly codeRanges: readonly CodeRange[];
  readonly sections: readonly Section[];
  /** From `.ARM.attributes` and e_flags. */
  readonly arm?: ArmBuild;
  readonly avr?: AvrBuild;
  readonly uf2?: Uf2Info;
  /** The board id taken from a Universal Hex. */
  readonly universalHexBoard?: number;
  /** Oddities that did not prevent loading, one line each. */
  readonly warnings: readonly string[];
}

export interface LoadOptions {
  /** File name: its ending settles what the content leaves open. */
  readonly name?: string;
  /** Where a raw binary goes. */
  readonly address?: number;
  /** For formats that do not say. */
  readonly architecture?: 'arm' | 'avr';
  /** Skips detection. */
  readonly format?: FirmwareFormat;
  /** Which half of a micro:bit Universal Hex: a name or a board id. */
  readonly boardTarget?: 'microbit-v1' | 'microbit-v2' | number;
  /** Which family of a UF2 file with several: its id or its short name (`uf2-families.ts`). */
  readonly uf2Family?: number | string;
}

/** The file cannot be loaded: what, where, what to do. The caller puts the file's name in front. */
export class FirmwareError extends Error {
  /** @param offset byte offset in the file, when there is one place to look at */
  constructor(message: string, readonly offset?: number) {
    super(message);
    this.name = 'FirmwareError';
  }
}

/** 0x0800_0000 as `0x08000000`. */
export function hex(value: number, digits = 8): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
}

/** File offsets are shown as hex dumps show them. */
export function at(offset: number): string {
  return `offset 0x${offset.toString(16)}`;
}

/** One past the highest 32-bit address. */
export const ADDRESS_SPACE = 0x1_0000_0000;
