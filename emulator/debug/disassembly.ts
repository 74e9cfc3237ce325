/** A listing of an image: functions named, data shown as data. */
import type { CodeRange, Disassembled, FirmwareImage } from '../machine-api.js';
import { encoding } from './instruction-trace.js';
import { SymbolTable } from './symbols.js';

/** Bytes of the image at an address; undefined outside every segment. */
export type ReadByte = (address: number) => number | undefined;
/** Disassembles one instruction of an image. */
export type Disassembler = (address: number, read: ReadByte) => Disassembled;

/** Calls `emit` for each line, in address order. Without mapping symbols every segment is taken for code. */
export function listImage(image: FirmwareImage, disassemble: Disassembler, emit: (line: string) => void): void {
  const symbols = new SymbolTable(image.symbols, image.sections);
  const labels = labelsByAddress(image);
  const read = reader(image);
  for (const segment of image.segments) {
    const start = segment.address;
    const end = start + segment.bytes.length;
    emit('');
    emit(`segment ${hex8(start)}-${hex8(end - 1)}, ${segment.bytes.length} bytes`);
    let address = start;
    while (address < end) {
      for (const name of labels.get(address) ?? []) emit(`\n${hex8(address)} <${name}>:`);
      const data = isData(image.codeRanges, address);
      address = data ? emitData(address, dataEnd(image.codeRanges, labels, address, end), read, emit) : emitInstruction(address, read, disassemble, symbols, emit);
    }
  }
}

function labelsByAddress(image: FirmwareImage): Map<number, string[]> {
  const labels = new Map<number, string[]>();
  for (const { name, address, kind } of image.symbols) {
    if (kind === 'other') continue;
    const names = labels.get(address);
    if (names === undefined) labels.set(address, [name]);
    else names.push(name);
  }
  return labels;
}

function reader(image: FirmwareImage): ReadByte {
  let latest: FirmwareImage['segments'][number] | undefined = image.segments[0];
  return (address) => {
    if (latest === undefined || address < latest.address || address >= latest.address + latest.bytes.length) {
      latest = image.segments.find((segment) => address >= segment.address && address < segment.address + segment.bytes.length);
    }
    return latest?.bytes[address - latest.address];
  };
}

/** Index of the last range that starts at or before the address; -1 before all. */
function rangeAt(ranges: readonly CodeRange[], address: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle].start <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where the file marks code at all, everything it does not mark is data: vector tables, constants, initial values. */
function isData(ranges: readonly CodeRange[], address: number): boolean {
  if (ranges.length === 0) return (address & 1) !== 0;
  const range = ranges[rangeAt(ranges, address)];
  return range === undefined || address >= range.end || range.kind !== 'thumb';
}

function dataEnd(ranges: readonly CodeRange[], labels: ReadonlyMap<number, unknown>, address: number, limit: number): number {
  const next = ranges[rangeAt(ranges, address) + 1]?.start ?? limit;
  const end = Math.min(limit, next > address ? next : limit);
  for (let at = address + 1; at < Math.min(end, address + 16); at++) if (labels.has(at)) return at;
  return end;
}

/** One line: up to four aligned words, or the bytes up to the next word. @returns the address after it */
function emitData(address: number, end: number, read: ReadByte, emit: (line: string) => void): number {
  const areWords = (address & 3) === 0 && end - address >= 4;
  const size = areWords ? 4 : 1;
  const stop = areWords ? Math.min(address + ((end - address) & ~3), (address & ~15) + 16) : Math.min(end, (address & ~3) + 4);
  const values: string[] = [];
  for (let at = address; at < stop; at += size) {
    let digits = '';
    for (let i = size - 1; i >= 0; i--) digits += read(at + i)!.toString(16).padStart(2, '0');
    values.push(`0x${digits}`);
  }
  emit(`${hex8(address)}: ${(areWords ? '.word' : '.byte').padEnd(12)} ${values.join(', ')}${ascii(address, stop, read)}`);
  return stop;
}

function ascii(start: number, end: number, read: ReadByte): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const byte = read(at)!;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return `  ; ${text}`;
}

function emitInstruction(address: number, read: ReadByte, disassemble: Disassembler, symbols: SymbolTable, emit: (line: string) => void): number {
  const { text, bytes } = disassemble(address, read);
  emit(`${hex8(address)}: ${encoding(bytes).padEnd(12)} ${text}${branchTarget(text, symbols)}`);
  return address + Math.max(1, bytes.length);
}

/** A `0x...` operand that is the start or inside of a function is named. */
function branchTarget(text: string, symbols: SymbolTable): string {
  const target = /^(?:bl?(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?|cbn?z|r?jmp|r?call|br[a-z]{2})(?:\.[nw])? .*?0x([0-9a-f]+)$/i.exec(text)?.[1];
  const name = target === undefined ? undefined : symbols.describe(parseInt(target, 16));
  return name === undefined ? '' : ` <${name}>`;
}

const hex8 = (address: number): string => (address >>> 0).toString(16).padStart(8, '0');
