/**
 * The symbol table of an ELF file: names for people, mapping symbols for the disassembler.
 * Sources: gABI "Symbol Table"; AAELF32 section 5.5 (Thumb bit, mapping symbols `$a`, `$t`, `$d`).
 */
import { decodeText } from './reader.js';
import { FirmwareError, type CodeRange, type FirmwareSymbol, type Section } from './types.js';

const SHT_SYMTAB = 2;
const SYMBOL_BYTES = 16;
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;
const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4, GNU_IFUNC: 10, ARM_TFUNC: 13 } as const;
const STB_LOCAL = 0;
const MAPPING_KINDS: Readonly<Record<string, CodeRange['kind']>> = { $t: 'thumb', $a: 'arm', $d: 'data' };

interface MappingMark {
  readonly section: number;
  readonly address: number;
  readonly kind: CodeRange['kind'];
}

/** @throws FirmwareError when the table is damaged or its names overlap so that they outgrow the file */
export function readSymbols(sections: readonly Section[], architecture: 'arm' | 'avr'): { symbols: FirmwareSymbol[]; codeRanges: CodeRange[] } {
  const table = sections.find((s) => s.type === SHT_SYMTAB);
  if (table === undefined) return { symbols: [], codeRanges: [] };
  const strings = sections[table.link];
  if (strings === undefined) throw new FirmwareError(`symbol table names section ${table.link} as its strings, but there are ${sections.length} sections: the file is damaged`, table.offset);
  const names = new NameTable(strings.bytes(), strings.offset);
  const entries = table.bytes();
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const symbols: FirmwareSymbol[] = [];
  const marks: MappingMark[] = [];
  for (let offset = SYMBOL_BYTES; offset + SYMBOL_BYTES <= entries.length; offset += SYMBOL_BYTES) {
    readSymbol(view, offset, names, architecture, symbols, marks);
  }
  symbols.sort((a, b) => a.address - b.address);
  return { symbols, codeRanges: rangesOf(marks, sections) };
}

function readSymbol(view: DataView, offset: number, names: NameTable, architecture: 'arm' | 'avr', symbols: FirmwareSymbol[], marks: MappingMark[]): void {
  const section = view.getUint16(offset + 14, true);
  const info = view.getUint8(offset + 12);
  const type = info & 0xf;
  if (section === SHN_UNDEF || type === STT.SECTION || type === STT.FILE) return;
  const name = names.at(view.getUint32(offset, true));
  if (name === '') return;
  const value = view.getUint32(offset + 4, true);
  const mapping = type === STT.NOTYPE && name.charCodeAt(0) === 0x24 && (name.length === 2 || name[2] === '.') ? MAPPING_KINDS[name.slice(0, 2)] : undefined;
  if (mapping !== undefined && architecture === 'arm') {
    if (section < SHN_LORESERVE) marks.push({ section, address: value, kind: mapping });
    return;
  }
  const isFunction = type === STT.FUNC || type === STT.GNU_IFUNC || type === STT.ARM_TFUNC;
  const isThumb = architecture === 'arm' && isFunction && ((value & 1) !== 0 || type === STT.ARM_TFUNC);
  symbols.push({
    name,
    address: isThumb ? (value & ~1) >>> 0 : value,
    size: view.getUint32(offset + 8, true),
    kind: isFunction ? 'function' : type === STT.OBJECT ? 'object' : 'other',
    isThumb,
    isGlobal: info >> 4 !== STB_LOCAL,
  });
}

function rangesOf(marks: MappingMark[], sections: readonly Section[]): CodeRange[] {
  marks.sort((a, b) => a.section - b.section || a.address - b.address);
  const ranges: CodeRange[] = [];
  for (let i = 0; i < marks.length; i++) {
    const { section, address, kind } = marks[i];
    const home = sections[section];
    if (home === undefined) continue;
    const next = marks[i + 1];
    const end = next !== undefined && next.section === section ? next.address : home.address + home.size;
    const previous = ranges[ranges.length - 1];
    if (end <= address) continue;
    if (previous !== undefined && previous.end === address && previous.kind === kind) ranges[ranges.length - 1] = { ...previous, end };
    else ranges.push({ start: address, end, kind });
  }
  return ranges.sort((a, b) => a.start - b.start);
}

/** A string table that decodes each name once and no more text than names could share by honest tail merging. */
class NameTable {
  private readonly decoded = new Map<number, string>();
  private budget: number;

  constructor(private readonly bytes: Uint8Array, private readonly fileOffset: number) {
    this.budget = 4 * bytes.length + 4096;
  }

  at(offset: number): string {
    if (offset === 0 || offset >= this.bytes.length) return '';
    const known = this.decoded.get(offset);
    if (known !== undefined) return known;
    let end = this.bytes.indexOf(0, offset);
    if (end < 0) end = this.bytes.length;
    this.budget -= end - offset;
    if (this.budget < 0) throw new FirmwareError('symbol names overlap one another in the string table, which no linker does: the file is damaged', this.fileOffset);
    const name = decodeText(this.bytes, offset, end);
    this.decoded.set(offset, name);
    return name;
  }
}
