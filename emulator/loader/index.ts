/**
 * Firmware files: ELF, Intel HEX, micro:bit Universal Hex, UF2 and raw binaries. Which one it is, is read from the content;
 * the name only settles what the content leaves open.
 */
import { ELF_MAGIC, loadElf } from './elf.js';
import { looksLikeHex, loadHex, startsLikeHex } from './hex.js';
import { ADDRESS_SPACE, FirmwareError, hex, type FirmwareFormat, type FirmwareImage, type LoadOptions } from './types.js';
import { UF2_MAGIC, loadUf2 } from './uf2.js';

export { SHF, SHT } from './elf.js';
export { AVR_SPACE_BASE, avrSpaceOf, splitAvrAddress, type AvrBuild, type AvrSpace } from './avr.js';
export type { ArmBuild } from './arm-attributes.js';
export { MICROBIT_BOARD_IDS } from './universal-hex.js';
export { UF2_FAMILIES, uf2FamilyName } from './uf2-families.js';
export type { Uf2Info } from './uf2.js';
export { FirmwareError } from './types.js';
export type { Architecture, CodeRange, FirmwareFormat, FirmwareImage, FirmwareSymbol, LoadOptions, Section, Segment } from './types.js';

/** More than any microcontroller's memory, debug information included. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

const FORMAT_BY_ENDING: Readonly<Record<string, FirmwareFormat>> = {
  elf: 'elf', axf: 'elf', out: 'elf', hex: 'hex', ihx: 'hex', ihex: 'hex', ihe: 'hex', uf2: 'uf2', bin: 'bin', img: 'bin', rom: 'bin',
};
const FORMAT_NAMES: Readonly<Record<FirmwareFormat, string>> = { elf: 'an ELF file', hex: 'an Intel HEX file', uf2: 'a UF2 file', bin: 'a raw binary' };

/** Files people pick by mistake: how they begin, what they are, what to do. */
const OTHER_FILES: readonly { readonly at: number; readonly text: string; readonly is: string }[] = [
  { at: 0, text: 'PK\x03\x04', is: 'a ZIP archive (a DFU package or a project export): unpack it and choose the firmware in it' },
  { at: 0, text: '\x1f\x8b', is: 'gzip-compressed: unpack it first' },
  { at: 0, text: '!<arch>\n', is: 'a static library (.a): link it into a program first' },
  { at: 0, text: 'S0', is: 'Motorola S-records: convert it with arm-none-eabi-objcopy -I srec -O ihex' },
  { at: 0, text: 'MZ', is: 'a Windows program: choose the firmware the build made for the board' },
  { at: 0, text: '\xcf\xfa\xed\xfe', is: 'a macOS program: choose the firmware the build made for the board' },
  { at: 4, text: 'TFL3', is: 'a TensorFlow Lite model, not firmware: build it into a firmware and choose that' },
  { at: 0, text: '<!DOCTYPE', is: 'a web page: download the file itself, not the page that shows it' },
  { at: 0, text: '<html', is: 'a web page: download the file itself, not the page that shows it' },
  { at: 0, text: 'version https://git-lfs', is: 'a Git LFS pointer: fetch the file itself with git lfs pull' },
];

/**
 * Reads a firmware file.
 * @throws FirmwareError when it is damaged, of another kind, or for another processor; no other exception
 */
export function loadFirmware(bytes: Uint8Array, options: LoadOptions = {}): FirmwareImage {
  if (bytes.length === 0) throw new FirmwareError('the file is empty: build or copy it again');
  if (bytes.length > MAX_FILE_BYTES) throw new FirmwareError(`the file has ${bytes.length} bytes, more than the ${MAX_FILE_BYTES} that firmware may have: choose the firmware file itself`);
  switch (options.format ?? detect(bytes, options)) {
    case 'elf': return loadElf(bytes);
    case 'hex': return loadHex(bytes, options);
    case 'uf2': return loadUf2(bytes, options);
    case 'bin': return loadBinary(bytes, options);
  }
}

function detect(bytes: Uint8Array, options: LoadOptions): FirmwareFormat {
  const ending = options.name === undefined ? undefined : FORMAT_BY_ENDING[options.name.slice(options.name.lastIndexOf('.') + 1).toLowerCase()];
  const magic = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : 0;
  if (magic === ELF_MAGIC) return 'elf';
  if (magic === UF2_MAGIC) return 'uf2';
  if (looksLikeHex(bytes)) return 'hex';
  if (ending === 'bin') return 'bin';
  if (startsLikeHex(bytes)) return 'hex';
  const other = OTHER_FILES.find((file) => startsWith(bytes, file.at, file.text));
  if (other !== undefined) throw new FirmwareError(`the file is ${other.is}`, 0);
  if (ending !== undefined) throw new FirmwareError(`the name says ${FORMAT_NAMES[ending]}, the content does not: it begins with ${firstBytes(bytes)}; build or copy it again`, 0);
  if (options.address !== undefined) return 'bin';
  throw new FirmwareError(`the file is neither ELF, Intel HEX nor UF2: it begins with ${firstBytes(bytes)}; for a raw binary give the address it is for`, 0);
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  return bytes.length >= offset + text.length && [...text].every((c, i) => bytes[offset + i] === c.charCodeAt(0));
}

function firstBytes(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function loadBinary(bytes: Uint8Array, options: LoadOptions): FirmwareImage {
  const address = options.address;
  if (address === undefined) throw new FirmwareError('a raw binary does not say where it goes: give the address of its first byte, --address on the command line (the start of flash, or what the linker script says)');
  if (!Number.isInteger(address) || address < 0 || address >= ADDRESS_SPACE) throw new FirmwareError(`${address} is no 32-bit address: give one from 0 to 0xffffffff`);
  if (address + bytes.length > ADDRESS_SPACE) throw new FirmwareError(`${bytes.length} bytes at ${hex(address)} run past the end of the 32-bit address space: give a lower address`);
  return {
    format: 'bin', architecture: options.architecture ?? 'unknown', segments: [{ address, bytes, space: 'memory' }],
    entry: undefined, symbols: [], codeRanges: [], sections: [], warnings: [],
  };
}
