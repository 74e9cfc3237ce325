/**
 * ELF32 executables for Arm and AVR.
 * Sources: System V ABI (gABI) chapters 4 and 5; ELF for the Arm Architecture (AAELF32); binutils `include/elf/avr.h` for AVR's e_flags.
 */
import { readArmBuild } from './arm-attributes.js';
import { avrSpaceOf, readAvrBuild } from './avr.js';
import { readSymbols } from './elf-symbols.js';
import { Reader, decodeText } from './reader.js';
import { ADDRESS_SPACE, FirmwareError, at, hex, type FirmwareImage, type Section, type Segment } from './types.js';

export const ELF_MAGIC = 0x464c457f;   // 7F 'E' 'L' 'F'

const EM_ARM = 40;
const EM_AVR = 83;
const EM_AVR_OLD = 0x1057;   // used by binutils before AVR had an official number

export const SHT = { NULL: 0, PROGBITS: 1, SYMTAB: 2, STRTAB: 3, NOTE: 7, NOBITS: 8, ARM_EXIDX: 0x7000_0001, ARM_ATTRIBUTES: 0x7000_0003 } as const;
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, COMPRESSED: 0x800 } as const;
const PT_LOAD = 1;
const PN_XNUM = 0xffff;      // the real count is in section 0
const SHN_XINDEX = 0xffff;
const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
const MAX_SECTION_NAME = 256;
/** Each is compared with the sections; linkers make a handful. */
const MAX_PROGRAM_HEADERS = 1024;

const MACHINE_NAMES: Readonly<Record<number, string>> = {
  2: 'SPARC', 3: 'x86 (32-bit)', 4: 'Motorola 68000', 8: 'MIPS', 20: 'PowerPC', 21: 'PowerPC 64', 22: 'IBM S/390', 42: 'SuperH', 43: 'SPARC V9',
  50: 'IA-64', 62: 'x86-64 (a program for the host computer)', 94: 'Xtensa (ESP8266, ESP32)', 105: 'TI MSP430', 106: 'Blackfin', 164: 'Qualcomm Hexagon',
  173: 'Renesas RX', 183: 'AArch64 (64-bit Arm)', 185: 'AVR32', 189: 'MicroBlaze', 195: 'ARC v2', 243: 'RISC-V', 247: 'BPF', 252: 'C-SKY', 258: 'LoongArch',
};

const TYPE_REFUSALS: Readonly<Record<number, string>> = {
  0: 'has no file type',
  1: 'is a relocatable object (.o), not a linked program: link it with the board\'s linker script first',
  3: 'is a shared object or position-independent executable, which has no fixed addresses: link without -shared and -pie',
  4: 'is a core dump, not a program',
};

interface ElfHeader {
  readonly architecture: 'arm' | 'avr';
  readonly entry: number;
  readonly flags: number;
  readonly programHeaders: { readonly offset: number; readonly count: number; readonly entryBytes: number };
  readonly sectionHeaders: { readonly offset: number; readonly count: number; readonly entryBytes: number; readonly namesIndex: number };
}

/** @throws FirmwareError for everything but a linked ELF32 little-endian program for Arm or AVR */
export function loadElf(bytes: Uint8Array): FirmwareImage {
  const reader = new Reader(bytes, 'ELF file');
  const header = readHeader(reader);
  const warnings: string[] = [];
  const sections = readSections(reader, header);
  const segments = readSegments(reader, header, sections);
  const { symbols, codeRanges } = readSymbols(sections, header.architecture);
  const common = { format: 'elf' as const, architecture: header.architecture, segments, symbols, codeRanges, sections, warnings };
  if (header.architecture === 'avr') return { ...common, entry: header.entry, avr: readAvrBuild(header.flags, sections) };
  return { ...common, entry: (header.entry & ~1) >>> 0, arm: readArmBuild(header.flags, sections, warnings) };
}

function readHeader(reader: Reader): ElfHeader {
  refuseIdentity(reader);
  reader.need(0, HEADER_BYTES, 'the ELF header');
  const architecture = readMachine(reader.u16(18));
  const refusal = TYPE_REFUSALS[reader.u16(16)];
  if (refusal !== undefined) throw new FirmwareError(`ELF file ${refusal}`, 16);
  if (reader.u16(16) !== 2) throw new FirmwareError(`ELF file is of type ${hex(reader.u16(16), 4)}, not an executable (2)`, 16);
  const sectionOffset = reader.u32(32);
  const headers = {
    architecture,
    entry: reader.u32(24),
    flags: reader.u32(36),
    programHeaders: { offset: reader.u32(28), entryBytes: reader.u16(42), count: reader.u16(44) },
    sectionHeaders: { offset: sectionOffset, entryBytes: reader.u16(46), count: reader.u16(48), namesIndex: reader.u16(50) },
  };
  return sectionOffset === 0 ? withoutSections(headers) : withExtendedCounts(reader, headers);
}

function refuseIdentity(reader: Reader): void {
  if (reader.length < 16) throw new FirmwareError(`ELF file is cut short after ${reader.length} bytes: copy or build it again`, 0);
  const fileClass = reader.u8(4);
  if (fileClass === 2) throw new FirmwareError('ELF file is 64-bit: microcontroller firmware is 32-bit; build it with arm-none-eabi-gcc or avr-gcc', 4);
  if (fileClass !== 1) throw new FirmwareError(`ELF class ${fileClass} at offset 0x4 is neither 32-bit (1) nor 64-bit (2): the file is damaged`, 4);
  const order = reader.u8(5);
  if (order === 2) throw new FirmwareError('ELF file is big-endian: build it without -mbig-endian', 5);
  if (order !== 1) throw new FirmwareError(`ELF byte order ${order} at offset 0x5 is neither little-endian (1) nor big-endian (2): the file is damaged`, 5);
  if (reader.u8(6) !== 1) throw new FirmwareError(`ELF version ${reader.u8(6)} at offset 0x6 is not 1: the file is damaged`, 6);
}

function readMachine(machine: number): 'arm' | 'avr' {
  if (machine === EM_ARM) return 'arm';
  if (machine === EM_AVR || machine === EM_AVR_OLD) return 'avr';
  throw new FirmwareError(`ELF file is for ${MACHINE_NAMES[machine] ?? `machine ${machine}`}: only Arm (Cortex-M) and AVR run here`, 18);
}

function withoutSections(header: ElfHeader): ElfHeader {
  return { ...header, sectionHeaders: { offset: 0, count: 0, entryBytes: SECTION_HEADER_BYTES, namesIndex: 0 } };
}

/** Counts that do not fit 16 bits are kept in section header 0 (gABI, "Section Header"). */
function withExtendedCounts(reader: Reader, header: ElfHeader): ElfHeader {
  const { offset, count, namesIndex, entryBytes } = header.sectionHeaders;
  const programCount = header.programHeaders.count;
  if (count !== 0 && programCount !== PN_XNUM && namesIndex !== SHN_XINDEX) return header;
  reader.need(offset, SECTION_HEADER_BYTES, 'section header 0');
  return {
    ...header,
    programHeaders: { ...header.programHeaders, count: programCount === PN_XNUM ? reader.u32(offset + 28) : programCount },
    sectionHeaders: {
      offset, entryBytes,
      count: count === 0 ? reader.u32(offset + 20) : count,
      namesIndex: namesIndex === SHN_XINDEX ? reader.u32(offset + 24) : namesIndex,
    },
  };
}

function readSections(reader: Reader, header: ElfHeader): Section[] {
  const { offset, count, entryBytes, namesIndex } = header.sectionHeaders;
  if (count === 0) return [];
  refuseTable(reader, 'section', offset, count, entryBytes, SECTION_HEADER_BYTES);
  const raw = Array.from({ length: count }, (_, i) => readSection(reader, offset + i * entryBytes, i));
  const names = namesIndex < count ? raw[namesIndex].bytes() : new Uint8Array();
  return raw.map(({ nameOffset, ...section }) => ({ ...section, name: nameAt(names, nameOffset, MAX_SECTION_NAME) }));
}

function refuseTable(reader: Reader, what: string, offset: number, count: number, entryBytes: number, leastBytes: number): void {
  if (entryBytes < leastBytes) throw new FirmwareError(`ELF ${what} headers of ${entryBytes} bytes are too small (${leastBytes} needed): the file is damaged`);
  reader.need(offset, count * entryBytes, `the table of ${count} ${what} headers`);
}

function readSection(reader: Reader, header: number, index: number): Omit<Section, 'name'> & { readonly nameOffset: number } {
  const type = reader.u32(header + 4);
  const offset = reader.u32(header + 16);
  const size = reader.u32(header + 20);
  const hasBytes = type !== SHT.NOBITS && type !== SHT.NULL;
  if (hasBytes) reader.need(offset, size, `section ${index}`);
  return {
    nameOffset: reader.u32(header),
    type, offset, size,
    flags: reader.u32(header + 8),
    address: reader.u32(header + 12),
    link: reader.u32(header + 24),
    info: reader.u32(header + 28),
    bytes: () => (hasBytes ? reader.slice(offset, size) : new Uint8Array()),
  };
}

function nameAt(names: Uint8Array, offset: number, limit: number): string {
  const start = Math.min(offset, names.length);
  let end = start;
  while (end < names.length && end - start < limit && names[end] !== 0) end++;
  return decodeText(names, start, end);
}

function readSegments(reader: Reader, header: ElfHeader, sections: readonly Section[]): Segment[] {
  const { offset, count, entryBytes } = header.programHeaders;
  if (count > MAX_PROGRAM_HEADERS) throw new FirmwareError(`ELF file has ${count} program headers, no linker makes more than ${MAX_PROGRAM_HEADERS}: the file is damaged`, 44);
  if (count > 0) refuseTable(reader, 'program', offset, count, entryBytes, PROGRAM_HEADER_BYTES);
  const contents = sections.filter((s) => (s.flags & SHF.ALLOC) !== 0 && s.type !== SHT.NOBITS && s.size > 0).sort((a, b) => a.offset - b.offset);
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const segment = readSegment(reader, header, offset + i * entryBytes, i, contents);
    if (segment !== undefined) segments.push(segment);
  }
  if (segments.length === 0) throw new FirmwareError('ELF file has nothing to load (no PT_LOAD segment with bytes): link it with the board\'s linker script');
  segments.sort((a, b) => a.address - b.address);
  refuseOverlap(segments);
  return segments;
}

function readSegment(reader: Reader, header: ElfHeader, entry: number, index: number, contents: readonly Section[]): Segment | undefined {
  const fileBytes = reader.u32(entry + 16);
  // Bytes past p_filesz (p_memsz) are zeroed by the firmware's own start-up code, not by a flash programmer.
  if (reader.u32(entry) !== PT_LOAD || fileBytes === 0) return undefined;
  const offset = reader.u32(entry + 4);
  const address = reader.u32(entry + 12);
  reader.need(offset, fileBytes, `program segment ${index}`);
  if (address + fileBytes > ADDRESS_SPACE) {
    throw new FirmwareError(`program segment ${index} (${at(entry)}) runs past the end of the 32-bit address space: ${fileBytes} bytes at ${hex(address)}; check the linker script`, entry);
  }
  const headers = leadingHeaderBytes(offset, fileBytes, contents);
  if (headers === fileBytes) return undefined;
  return {
    address: address + headers,
    bytes: reader.slice(offset + headers, fileBytes - headers),
    space: header.architecture === 'avr' ? avrSpaceOf(address) : 'memory',
  };
}

/**
 * A linker that aligns segments to pages may place the file's own headers at the start of the first one. Flash programmers
 * write sections, so those bytes never reach a chip: they are left out here too, when sections say where contents begin.
 */
function leadingHeaderBytes(offset: number, fileBytes: number, contents: readonly Section[]): number {
  if (offset >= HEADER_BYTES || contents.length === 0) return 0;
  const first = contents.find((s) => s.offset + s.size > offset);
  if (first === undefined || first.offset < offset) return 0;
  return Math.min(first.offset - offset, fileBytes);
}

function refuseOverlap(segments: readonly Segment[]): void {
  for (let i = 1; i < segments.length; i++) {
    const before = segments[i - 1];
    if (before.address + before.bytes.length > segments[i].address) {
      throw new FirmwareError(`two program segments overlap in memory at ${hex(segments[i].address)}: check the load addresses (LMA, "AT>") in the linker script`);
    }
  }
}
