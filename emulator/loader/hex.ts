/**
 * Intel HEX, including the micro:bit Universal Hex.
 * Sources: Intel "Hexadecimal Object File Format Specification", revision A (1988); micro:bit Universal Hex specification 0.4.0.
 */
import { SegmentBuilder } from './segments.js';
import { ADDRESS_SPACE, FirmwareError, at, type FirmwareImage, type LoadOptions } from './types.js';
import { UniversalBlocks } from './universal-hex.js';

const RECORD = {
  data: 0x00, endOfFile: 0x01, extendedSegmentAddress: 0x02, startSegmentAddress: 0x03, extendedLinearAddress: 0x04, startLinearAddress: 0x05,
  blockStart: 0x0a, blockEnd: 0x0b, paddedData: 0x0c, customData: 0x0d, otherData: 0x0e,
} as const;
/** Data bytes that a record of this type must have; types not listed take any number. */
const LENGTHS: Readonly<Record<number, number>> = {
  [RECORD.extendedSegmentAddress]: 2, [RECORD.startSegmentAddress]: 4, [RECORD.extendedLinearAddress]: 2, [RECORD.startLinearAddress]: 4,
};
const COLON = 0x3a;
const HEADER_BYTES = 4;   // count, address (2), type
const MAX_RECORD_BYTES = HEADER_BYTES + 255 + 1;

interface HexRecord {
  readonly line: number;
  readonly offset: number;
  readonly address: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** Value of each ASCII hex digit, -1 for other characters. A table, since files have millions of digits. */
const DIGITS = Int8Array.from({ length: 256 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()));

function digit(code: number | undefined): number {
  return code === undefined ? -1 : DIGITS[code];
}

/** Value of the two hex digits at `offset`; negative when they are not. */
function pair(bytes: Uint8Array, offset: number): number {
  const low = digit(bytes[offset + 1]);
  return low < 0 ? -1 : digit(bytes[offset]) * 16 + low;
}

/** True when the file's first line that is not blank is a whole record: nothing else looks like that. */
export function looksLikeHex(bytes: Uint8Array): boolean {
  const scanner = new Scanner(bytes.subarray(0, 4096));
  try {
    return scanner.next() !== undefined;
  } catch (error) {
    if (error instanceof FirmwareError) return false;
    throw error;
  }
}

/** True when the first character that is not blank is a colon with hex digits behind it: Intel HEX, if perhaps a damaged one. */
export function startsLikeHex(bytes: Uint8Array): boolean {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (start < bytes.length && start < 4096 && [0x20, 0x09, 0x0d, 0x0a].includes(bytes[start])) start++;
  return bytes[start] === COLON && pair(bytes, start + 1) >= 0;
}

/** @throws FirmwareError with line and offset of the first bad record */
export function loadHex(bytes: Uint8Array, options: LoadOptions): FirmwareImage {
  return new HexFile(bytes, options).load();
}

class HexFile {
  private readonly scanner: Scanner;
  private readonly segments: SegmentBuilder;
  private readonly blocks: UniversalBlocks;
  private readonly warnings: string[] = [];
  private base = 0;
  private isSegmented = false;
  private entry: number | undefined;
  private isEnded = false;

  constructor(bytes: Uint8Array, private readonly options: LoadOptions) {
    this.scanner = new Scanner(bytes);
    this.segments = new SegmentBuilder(bytes.length >> 1);
    this.blocks = new UniversalBlocks(boardsIn(bytes), options.boardTarget);
  }

  load(): FirmwareImage {
    while (!this.isEnded) {
      const record = this.scanner.next();
      if (record === undefined) break;
      this.take(record);
    }
    if (!this.isEnded) this.warnings.push('the end-of-file record (:00000001FF) is missing: the file may have been cut off');
    else if (!this.scanner.isAtEnd()) this.warnings.push(`text after the end-of-file record (line ${this.scanner.line}) is ignored`);
    if (this.segments.isEmpty) throw new FirmwareError('HEX file holds no data records: convert the firmware again');
    const architecture = this.options.architecture ?? (this.blocks.isUniversal ? 'arm' : 'unknown');
    return {
      format: 'hex', architecture, segments: this.segments.build(), symbols: [], codeRanges: [], sections: [], warnings: this.warnings,
      entry: this.entry !== undefined && architecture === 'arm' ? (this.entry & ~1) >>> 0 : this.entry,
      ...(this.blocks.chosen !== undefined ? { universalHexBoard: this.blocks.chosen } : {}),
    };
  }

  private take(record: HexRecord): void {
    const { type, data } = record;
    const length = LENGTHS[type];
    if (length !== undefined && data.length !== length) throw bad(record, `a record of type ${type} has ${data.length} data bytes instead of ${length}`);
    switch (type) {
      case RECORD.data: return this.takeData(record);
      case RECORD.customData: return this.takeCustomData(record);
      case RECORD.endOfFile: this.isEnded = true; return;
      case RECORD.extendedSegmentAddress: this.base = word(data) << 4; this.isSegmented = true; return;
      case RECORD.extendedLinearAddress: this.base = word(data) * 0x1_0000; this.isSegmented = false; return;
      case RECORD.startSegmentAddress: this.entry = (word(data) << 4) + word(data.subarray(2)); return;
      case RECORD.startLinearAddress: this.entry = word(data) * 0x1_0000 + word(data.subarray(2)); return;
      case RECORD.blockStart:
        if (data.length < 2) throw bad(record, 'a block start record without a board id');
        this.blocks.start(word(data));
        return;
      case RECORD.blockEnd: this.blocks.end(); return;
      case RECORD.paddedData: case RECORD.otherData: return;
      default: throw bad(record, `unknown record type 0x${type.toString(16).padStart(2, '0')}`);
    }
  }

  private takeData(record: HexRecord): void {
    if (this.blocks.isForUs) this.place(record);
  }

  private takeCustomData(record: HexRecord): void {
    if (!this.blocks.isInBlock) throw bad(record, 'board-specific data (type 0x0d) outside a Universal Hex block');
    if (this.blocks.isForUs) this.place(record);
  }

  private place(record: HexRecord): void {
    const { address, data } = record;
    // After type 02 the 16-bit offset wraps inside its 64 KiB segment; after type 04 it carries on (Intel, data record).
    const beforeWrap = this.isSegmented ? Math.min(data.length, 0x1_0000 - address) : data.length;
    if (this.base + address + beforeWrap > ADDRESS_SPACE) throw bad(record, 'data run past the end of the 32-bit address space');
    this.segments.add(this.base + address, data.subarray(0, beforeWrap));
    this.segments.add(this.base, data.subarray(beforeWrap));
  }
}

/**
 * Every board id announced by a block start record before the end-of-file record, in order of first appearance; empty for
 * plain Intel HEX. A quick look at types only: the records are checked when they are loaded.
 */
function boardsIn(bytes: Uint8Array): number[] {
  const boards = new Set<number>();
  for (let colon = bytes.indexOf(COLON); colon >= 0 && boards.size < 64; colon = bytes.indexOf(COLON, colon + 1)) {
    const type = pair(bytes, colon + 7);
    if (type === RECORD.endOfFile) break;
    const [high, low] = [pair(bytes, colon + 9), pair(bytes, colon + 11)];
    if (type === RECORD.blockStart && high >= 0 && low >= 0) boards.add(high * 256 + low);
  }
  return [...boards];
}

function word(data: Uint8Array): number {
  return (data[0] << 8) | data[1];
}

function bad(record: { readonly line: number; readonly offset: number }, what: string): FirmwareError {
  return new FirmwareError(`HEX line ${record.line} (${at(record.offset)}): ${what}; convert or copy the file again`, record.offset);
}

/** Walks the records of a file. Lines may end in LF, CR or both; blanks around them and a byte order mark are skipped. */
class Scanner {
  line = 1;
  private position = 0;
  // Reused for each record: its data is only valid until the next call.
  private readonly decoded = new Uint8Array(MAX_RECORD_BYTES);

  constructor(private readonly bytes: Uint8Array) {
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.position = 3;
  }

  /** True when nothing but blanks, or the zero or 0x1A padding of old tools, is left. */
  isAtEnd(): boolean {
    this.skipBlanks();
    return this.position >= this.bytes.length || this.bytes[this.position] === 0x1a || this.bytes[this.position] === 0;
  }

  /** The next record, checksum verified; undefined at the end of the file. */
  next(): HexRecord | undefined {
    this.skipBlanks();
    if (this.position >= this.bytes.length) return undefined;
    const place = { line: this.line, offset: this.position };
    if (this.bytes[this.position] !== COLON) throw bad(place, 'does not start with a colon');
    this.position++;
    const count = this.readBytes(place, 0, HEADER_BYTES);
    const length = this.decoded[0];
    const total = HEADER_BYTES + length + 1;
    if (count < HEADER_BYTES || this.readBytes(place, HEADER_BYTES, total) < total) throw bad(place, this.shortage(count, length));
    this.refuseRest(place);
    this.refuseChecksum(place, total);
    return {
      ...place,
      address: (this.decoded[1] << 8) | this.decoded[2],
      type: this.decoded[3],
      data: this.decoded.subarray(HEADER_BYTES, HEADER_BYTES + length),
    };
  }

  private skipBlanks(): void {
    for (; this.position < this.bytes.length; this.position++) {
      const code = this.bytes[this.position];
      if (code === 0x0a || (code === 0x0d && this.bytes[this.position + 1] !== 0x0a)) this.line++;
      else if (code !== 0x0d && code !== 0x20 && code !== 0x09) return;
    }
  }

  /** Decodes hex pairs into `decoded` from index `from`, up to index `to`; returns the index reached. */
  private readBytes(place: { line: number; offset: number }, from: number, to: number): number {
    let index = from;
    for (; index < to; index++) {
      const high = digit(this.bytes[this.position]);
      if (high < 0) break;
      const low = digit(this.bytes[this.position + 1]);
      if (low < 0) throw bad(place, 'an odd number of hex digits');
      this.decoded[index] = (high << 4) | low;
      this.position += 2;
    }
    return index;
  }

  private shortage(count: number, length: number): string {
    const reached = this.position >= this.bytes.length ? 'the file ends' : 'the record ends';
    return count < HEADER_BYTES ? `${reached} inside the record header` : `${reached} before its ${length} data bytes and checksum`;
  }

  private refuseRest(place: { line: number; offset: number }): void {
    const code = this.bytes[this.position];
    if (code !== undefined && code !== 0x0a && code !== 0x0d && code !== 0x20 && code !== 0x09) throw bad(place, 'text after the checksum');
  }

  private refuseChecksum(place: { line: number; offset: number }, total: number): void {
    let sum = 0;
    for (let i = 0; i < total - 1; i++) sum += this.decoded[i];
    const expected = -sum & 0xff;
    const found = this.decoded[total - 1];
    if (expected !== found) throw bad(place, `checksum is 0x${found.toString(16).padStart(2, '0')}, the record adds up to 0x${expected.toString(16).padStart(2, '0')}`);
  }
}
