/** The header of one unit in `.debug_line`, with its directory and file tables. Source: DWARF 5, 6.2.4; DWARF 2 to 4, the same section. */
import { decodeText } from '../../loader/reader.js';
import type { Cursor} from './cursor.js';
import { DwarfDamage } from './cursor.js';

/** Longest path shown. */
const MAX_PATH = 4096;

const CONTENT = { path: 1, directory: 2 } as const;
const FORM = {
  data2: 0x05, data4: 0x06, data8: 0x07, string: 0x08, block: 0x09, block1: 0x0a, data1: 0x0b, sdata: 0x0d, strp: 0x0e, udata: 0x0f,
  strx: 0x1a, data16: 0x1e, lineStrp: 0x1f, strx1: 0x25, strx2: 0x26, strx3: 0x27, strx4: 0x28,
} as const;

/** The sections that names live in. */
export interface NameSections {
  readonly line: Uint8Array;
  readonly lineStrings: Uint8Array;
  readonly strings: Uint8Array;
}

/** A string that is decoded only when somebody asks: many files may share one. */
interface Name {
  readonly section: keyof NameSections;
  readonly offset: number;
}

interface FileEntry {
  readonly name: Name | undefined;
  readonly directory: number;
}

export class LineHeader {
  readonly minimumInstructionLength: number;
  readonly maximumOperations: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operandCounts: readonly number[];
  private readonly directories: readonly (Name | undefined)[];
  private readonly files: FileEntry[];
  private readonly version: number;

  /** @param cursor behind the unit's length; left at its line program. @throws DwarfDamage */
  constructor(cursor: Cursor, offsetBytes: 4 | 8, private readonly sections: NameSections) {
    this.version = cursor.u16();
    if (this.version < 2 || this.version > 5) throw new DwarfDamage(`line table version ${this.version}`);
    if (this.version === 5) cursor.skip(2);   // address size, segment selector size
    const headerBytes = cursor.unsigned(offsetBytes);
    const program = cursor.offset + headerBytes;
    if (program > cursor.end) throw new DwarfDamage('a header longer than its unit');
    this.minimumInstructionLength = cursor.u8();
    this.maximumOperations = this.version >= 4 ? Math.max(1, cursor.u8()) : 1;
    cursor.skip(1);   // default_is_stmt
    this.lineBase = cursor.i8();
    this.lineRange = cursor.u8();
    this.opcodeBase = cursor.u8();
    if (this.lineRange === 0 || this.opcodeBase === 0) throw new DwarfDamage('a line range or opcode base of 0');
    this.operandCounts = [0, ...Array.from({ length: this.opcodeBase - 1 }, () => cursor.u8())];
    if (this.version === 5) {
      this.directories = readEntries(cursor, offsetBytes).map((entry) => entry.name);
      this.files = readEntries(cursor, offsetBytes);
    } else {
      this.directories = readOldDirectories(cursor);
      this.files = readOldFiles(cursor);
    }
    cursor.offset = program;
  }

  /** DW_LNE_define_file. */
  addFile(cursor: Cursor): void {
    this.files.push(readOldFile(cursor));
  }

  /** The path of a file register value, as far as the line table knows it: relative paths of DWARF 2 to 4 stay relative. */
  path(file: number): string | undefined {
    const entry = this.files[this.version === 5 ? file : file - 1];
    if (entry?.name === undefined) return undefined;
    const name = this.decode(entry.name);
    if (isAbsolute(name)) return name;
    const directory = this.directoryPath(entry.directory);
    return directory === '' ? name : `${directory}/${name}`;
  }

  /** Directory 0 is where the compiler ran: named in version 5, left to `.debug_info` before. */
  private directoryPath(index: number): string {
    const name = this.version === 5 ? this.directories[index] : this.directories[index - 1];
    if (name === undefined) return '';
    const path = this.decode(name);
    const home = this.version === 5 && index !== 0 ? this.directories[0] : undefined;
    return isAbsolute(path) || home === undefined ? path : `${this.decode(home)}/${path}`;
  }

  private decode(name: Name): string {
    const bytes = this.sections[name.section];
    const start = Math.min(name.offset, bytes.length);
    const zero = bytes.indexOf(0, start);
    return decodeText(bytes, start, Math.min(zero < 0 ? bytes.length : zero, start + MAX_PATH));
  }
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\') || /^[A-Za-z]:/.test(path);
}

function readOldDirectories(cursor: Cursor): Name[] {
  const names: Name[] = [];
  while (cursor.bytes[cursor.offset] !== 0 || cursor.isAtEnd) names.push({ section: 'line', offset: cursor.string() });
  cursor.skip(1);
  return names;
}

function readOldFiles(cursor: Cursor): FileEntry[] {
  const files: FileEntry[] = [];
  while (cursor.bytes[cursor.offset] !== 0 || cursor.isAtEnd) files.push(readOldFile(cursor));
  cursor.skip(1);
  return files;
}

function readOldFile(cursor: Cursor): FileEntry {
  const name: Name = { section: 'line', offset: cursor.string() };
  const directory = cursor.uleb();
  cursor.uleb();   // time
  cursor.uleb();   // length
  return { name, directory };
}

/** A version 5 table: a description of the columns, then the rows. */
function readEntries(cursor: Cursor, offsetBytes: 4 | 8): FileEntry[] {
  const columns = Array.from({ length: cursor.u8() }, () => ({ content: cursor.uleb(), form: cursor.uleb() }));
  const count = cursor.uleb();
  // Every row takes at least a byte, so a larger count is damage and not a reason to allocate.
  if (count > cursor.remaining || (columns.length === 0 && count > 0)) throw new DwarfDamage('more table rows than bytes');
  const entries: FileEntry[] = [];
  for (let i = 0; i < count; i++) {
    let name: Name | undefined;
    let directory = 0;
    for (const { content, form } of columns) {
      const value = readForm(cursor, form, offsetBytes);
      if (content === CONTENT.path && typeof value === 'object') name = value;
      if (content === CONTENT.directory && typeof value === 'number') directory = value;
    }
    entries.push({ name, directory });
  }
  return entries;
}

function readForm(cursor: Cursor, form: number, offsetBytes: 4 | 8): Name | number | undefined {
  switch (form) {
    case FORM.string: return { section: 'line', offset: cursor.string() };
    case FORM.lineStrp: return { section: 'lineStrings', offset: cursor.unsigned(offsetBytes) };
    case FORM.strp: return { section: 'strings', offset: cursor.unsigned(offsetBytes) };
    case FORM.udata: return cursor.uleb();
    case FORM.sdata: return cursor.sleb();
    case FORM.data1: return cursor.u8();
    case FORM.data2: return cursor.u16();
    case FORM.data4: return cursor.u32();
    case FORM.data8: cursor.skip(8); return undefined;
    case FORM.data16: cursor.skip(16); return undefined;
    case FORM.block: cursor.skip(cursor.uleb()); return undefined;
    case FORM.block1: cursor.skip(cursor.u8()); return undefined;
    // Indices into a table that belongs to split DWARF: the name stays unknown.
    case FORM.strx: cursor.uleb(); return undefined;
    case FORM.strx1: cursor.skip(1); return undefined;
    case FORM.strx2: cursor.skip(2); return undefined;
    case FORM.strx3: cursor.skip(3); return undefined;
    case FORM.strx4: cursor.skip(4); return undefined;
    default: throw new DwarfDamage(`form 0x${form.toString(16)} in a line table`);
  }
}
