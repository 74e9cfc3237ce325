/**
 * UF2, the 512-byte-block format of USB bootloaders.
 * Source: microsoft/uf2 specification (README): block layout, flags, family ids, MD5 regions, extension tags.
 */
import { md5 } from './md5.js';
import { decodeText } from './reader.js';
import { SegmentBuilder } from './segments.js';
import { ADDRESS_SPACE, FirmwareError, at, hex, type Architecture, type FirmwareImage, type LoadOptions, type Segment } from './types.js';
import { UF2_FAMILIES, foreignInstructionSet, uf2FamilyName } from './uf2-families.js';

export const UF2_MAGIC = 0x0a324655;   // "UF2\n"
const MAGIC_SECOND = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const BLOCK_BYTES = 512;
const DATA_OFFSET = 32;
const DATA_BYTES = 476;
const MD5_BYTES = 24;
const FLAG = { notMainFlash: 0x1, fileContainer: 0x1000, familyId: 0x2000, md5: 0x4000, extensionTags: 0x8000 } as const;
const TAG = { version: 0x9fc7bc, device: 0x650d9d, pageSize: 0x0be9f7, sha2: 0xb46db0, deviceType: 0xc8a729 } as const;

/**
 * Erratum RP2350-E10: tools put one block of another family at this address in front, to keep the boot ROM awake.
 * It is no part of the firmware.
 */
const RP2350_E10_ADDRESS = 0x10ff_ff00;

export interface Uf2Info {
  /** Undefined when the blocks carry none. */
  readonly familyId: number | undefined;
  readonly familyName: string | undefined;
  /** From extension tags. */
  readonly version?: string;
  readonly device?: string;
  readonly pageBytes?: number;
  /** 32- or 64-bit number, as hex digits. */
  readonly deviceType?: string;
  /** Hex digits. The format does not say over which bytes it is computed, so it is shown and not compared. */
  readonly sha2?: string;
}

interface Block {
  readonly offset: number;
  readonly flags: number;
  readonly address: number;
  readonly payloadBytes: number;
  readonly number: number;
  readonly total: number;
  /** `noFamily` for blocks without one. */
  readonly family: number;
}

const noFamily = -1;

/** @throws FirmwareError for damaged, missing or contradictory blocks, and for several families with none chosen */
export function loadUf2(bytes: Uint8Array, options: LoadOptions): FirmwareImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all = readBlocks(bytes, view);
  const family = chooseFamily(all, options.uf2Family);
  refuseForeign(family);
  const blocks = all.filter((b) => b.family === family);
  refuseGaps(all, blocks);
  const flashed = blocks.filter((b) => (b.flags & (FLAG.notMainFlash | FLAG.fileContainer)) === 0 && b.payloadBytes > 0);
  if (flashed.length === 0) throw new FirmwareError(nothingToFlash(blocks));
  const builder = new SegmentBuilder(flashed.reduce((sum, b) => sum + b.payloadBytes, 0));
  for (const b of flashed) builder.add(b.address, bytes.subarray(b.offset + DATA_OFFSET, b.offset + DATA_OFFSET + b.payloadBytes));
  const segments = builder.build();
  const warnings: string[] = [];
  checkMd5Regions(bytes, view, flashed, segments, warnings);
  return {
    format: 'uf2', architecture: architectureOf(family, options), segments, entry: undefined, symbols: [], codeRanges: [], sections: [], warnings,
    uf2: { familyId: family === noFamily ? undefined : family, familyName: uf2FamilyName(family), ...readTags(bytes, view, blocks) },
  };
}

function readBlocks(bytes: Uint8Array, view: DataView): Block[] {
  const rest = bytes.length % BLOCK_BYTES;
  if (rest !== 0) throw new FirmwareError(`UF2 file ends inside a block: ${bytes.length} bytes is not a multiple of 512; copy the file again`, bytes.length - rest);
  return Array.from({ length: bytes.length / BLOCK_BYTES }, (_, i) => readBlock(view, i * BLOCK_BYTES));
}

function readBlock(view: DataView, offset: number): Block {
  const word = (index: number): number => view.getUint32(offset + 4 * index, true);
  if (word(0) !== UF2_MAGIC || word(1) !== MAGIC_SECOND || word(127) !== MAGIC_END) {
    throw new FirmwareError(`UF2 block at ${at(offset)} lacks its magic numbers: the file is damaged; copy it again`, offset);
  }
  const block: Block = {
    offset, flags: word(2), address: word(3), payloadBytes: word(4), number: word(5), total: word(6),
    family: (word(2) & FLAG.familyId) !== 0 && (word(2) & FLAG.fileContainer) === 0 ? word(7) : noFamily,
  };
  const room = (block.flags & FLAG.md5) !== 0 ? DATA_BYTES - MD5_BYTES : DATA_BYTES;
  if (block.payloadBytes > room) throw new FirmwareError(`UF2 block at ${at(offset)} claims ${block.payloadBytes} data bytes, only ${room} fit: the file is damaged`, offset);
  if (block.address + block.payloadBytes > ADDRESS_SPACE) throw new FirmwareError(`UF2 block at ${at(offset)} runs past the end of the 32-bit address space`, offset);
  if (block.number >= block.total) throw new FirmwareError(`UF2 block at ${at(offset)} calls itself number ${block.number} of ${block.total}: the file is damaged`, offset);
  return block;
}

function chooseFamily(blocks: readonly Block[], wanted: number | string | undefined): number {
  const families = [...new Set(blocks.filter((b) => !isE10Block(b)).map((b) => b.family))].slice(0, 64);
  if (families.length === 0) families.push(blocks[0].family);
  const id = typeof wanted === 'string' ? familyNamed(wanted) : wanted === undefined ? undefined : wanted >>> 0;
  if (id === undefined) {
    if (families.length === 1) return families[0];
    throw new FirmwareError(`UF2 file holds firmware for several families: ${families.map(familyLabel).join(', ')}; choose one`);
  }
  if (!families.includes(id)) throw new FirmwareError(`UF2 file is for ${families.map(familyLabel).join(', ')}, not for ${familyLabel(id)}: choose another family or file`);
  return id;
}

function isE10Block(block: Block): boolean {
  return block.family === UF2_FAMILIES['RP2XXX_ABSOLUTE'] && block.address === RP2350_E10_ADDRESS;
}

function familyNamed(name: string): number {
  const found = Object.keys(UF2_FAMILIES).find((known) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined) throw new FirmwareError(`no UF2 family is called ${JSON.stringify(name.slice(0, 40))}: give its number, or one of ${Object.keys(UF2_FAMILIES).join(', ')}`);
  return UF2_FAMILIES[found];
}

function familyLabel(id: number): string {
  if (id === noFamily) return 'no named family';
  const name = uf2FamilyName(id);
  return name === undefined ? `family ${hex(id)}` : `${name} (${hex(id)})`;
}

function refuseForeign(family: number): void {
  const foreign = foreignInstructionSet(family);
  if (foreign !== undefined) throw new FirmwareError(`UF2 file is for ${familyLabel(family)}, which runs ${foreign} code: only Arm (Cortex-M) and AVR run here`);
}

/** Numbers may count the blocks of one family (files put one after the other) or of the whole file. */
function refuseGaps(all: readonly Block[], ours: readonly Block[]): void {
  if (missingNumber(all) === undefined) return;
  const missing = missingNumber(ours);
  if (missing !== undefined) throw new FirmwareError(missing);
}

/** What is wrong with the numbering, or undefined when every number from 0 to total - 1 is there. Repeated blocks are allowed. */
function missingNumber(blocks: readonly Block[]): string | undefined {
  const total = blocks[0].total;
  const odd = blocks.find((b) => b.total !== total);
  if (odd !== undefined) return `UF2 block at ${at(odd.offset)} belongs to a file of ${odd.total} blocks, the first block to one of ${total}: two files were mixed; copy the right one again`;
  const present = new Uint8Array(blocks.length);
  for (const b of blocks) if (b.number < present.length) present[b.number] = 1;
  const first = present.indexOf(0);
  const missing = first < 0 ? blocks.length : first;
  return missing < total ? `UF2 file lacks block ${missing} of ${total}: it was cut short; copy it again` : undefined;
}

function nothingToFlash(blocks: readonly Block[]): string {
  return blocks.some((b) => (b.flags & FLAG.fileContainer) !== 0)
    ? 'UF2 file is a container of files for a file system, it holds no firmware for the main flash: choose the firmware file itself'
    : 'UF2 file holds nothing for the main flash: every block is marked as a comment';
}

function architectureOf(family: number, options: LoadOptions): Architecture {
  if (options.architecture !== undefined) return options.architecture;
  const name = uf2FamilyName(family);
  if (name === undefined) return 'unknown';
  return name === 'ATMEGA32' ? 'avr' : 'arm';
}

/** Compares each distinct region once; hashes no more than a few times the firmware, however many regions overlap. */
function checkMd5Regions(bytes: Uint8Array, view: DataView, blocks: readonly Block[], segments: readonly Segment[], warnings: string[]): void {
  const seen = new Set<string>();
  let budget = 2 * segments.reduce((sum, s) => sum + s.bytes.length, 0);
  for (const block of blocks) {
    if ((block.flags & FLAG.md5) === 0) continue;
    const field = block.offset + DATA_OFFSET + DATA_BYTES - MD5_BYTES;
    const start = view.getUint32(field, true);
    const length = view.getUint32(field + 4, true);
    const expected = digits(bytes.subarray(field + 8, field + 24));
    const key = `${start} ${length} ${expected}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const region = regionIn(segments, start, length);
    if (region === undefined || length > budget) {
      if (warnings.length === 0) warnings.push(`the MD5 sum over ${length} bytes at ${hex(start)} was not compared: the file does not hold that whole region`);
      continue;
    }
    budget -= length;
    if (digits(md5(region)) !== expected) {
      throw new FirmwareError(`the ${length} bytes at ${hex(start)} do not have the MD5 sum that the UF2 block at ${at(block.offset)} gives: the file is damaged; copy it again`, block.offset);
    }
  }
}

function regionIn(segments: readonly Segment[], start: number, length: number): Uint8Array | undefined {
  let low = 0;
  let high = segments.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (segments[middle].address <= start) low = middle;
    else high = middle;
  }
  const home = segments[low];
  const inside = start - home.address;
  return inside >= 0 && inside + length <= home.bytes.length ? home.bytes.subarray(inside, inside + length) : undefined;
}

function digits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Tags usually repeat in every block: the first block that has some speaks for all. */
function readTags(bytes: Uint8Array, view: DataView, blocks: readonly Block[]): Partial<Uf2Info> {
  const block = blocks.find((b) => (b.flags & FLAG.extensionTags) !== 0);
  if (block === undefined) return {};
  const info: { -readonly [K in keyof Uf2Info]?: Uf2Info[K] } = {};
  const end = block.offset + DATA_OFFSET + ((block.flags & FLAG.md5) !== 0 ? DATA_BYTES - MD5_BYTES : DATA_BYTES);
  let offset = block.offset + DATA_OFFSET + align4(block.payloadBytes);
  while (offset + 4 <= end) {
    const head = view.getUint32(offset, true);
    const size = head & 0xff;
    if (size < 4 || head === 0xffff_ffff) break;
    if (offset + size > end) throw new FirmwareError(`UF2 extension tag at ${at(offset)} is longer than its block: the file is damaged`, offset);
    takeTag(info, head >>> 8, bytes.subarray(offset + 4, offset + size));
    offset += align4(size);
  }
  return info;
}

function takeTag(info: { -readonly [K in keyof Uf2Info]?: Uf2Info[K] }, type: number, value: Uint8Array): void {
  if (type === TAG.version) info.version = decodeText(value, 0, value.length);
  else if (type === TAG.device) info.device = decodeText(value, 0, value.length);
  else if (type === TAG.deviceType) info.deviceType = digits(value.slice().reverse());
  else if (type === TAG.sha2) info.sha2 = digits(value);
  else if (type === TAG.pageSize && value.length >= 4) info.pageBytes = (value[0] | (value[1] << 8) | (value[2] << 16) | (value[3] << 24)) >>> 0;
}

function align4(length: number): number {
  return (length + 3) & ~3;
}
