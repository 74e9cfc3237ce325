/** Source lines of code addresses, from `.debug_line`. Source: DWARF 5, 6.2 (and the same chapter of DWARF 2 to 4). */
import type { CodeMap } from './code-map.js';
import { Cursor, DwarfDamage, toleratesDamage } from './cursor.js';
import { LineHeader, type NameSections } from './line-header.js';

export interface SourceLine {
  /** As the compiler wrote it: absolute, or relative to where it ran. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

const LNS = { copy: 1, advancePc: 2, advanceLine: 3, setFile: 4, setColumn: 5, negateStatement: 6, setBasicBlock: 7, constAddPc: 8, fixedAdvancePc: 9 } as const;
const LNE = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

/** One stretch of code whose rows, `first` to before `last`, have rising addresses. */
interface Sequence {
  readonly start: number;
  readonly end: number;
  readonly first: number;
  readonly last: number;
  readonly header: LineHeader;
}

/** Sequences of removed code may overlap live ones; no more than this many are looked through. */
const MOST_OVERLAPS = 16;

export class LineTable {
  // Rows of every sequence, one entry per row in each array.
  private addresses = new Uint32Array(1024);
  private lines = new Uint32Array(1024);
  private files = new Uint32Array(1024);
  private count = 0;
  private sequences: Sequence[] = [];

  constructor(sections: NameSections, code: CodeMap) {
    for (const cursor = new Cursor(sections.line); !cursor.isAtEnd;) {
      if (!toleratesDamage(() => this.readUnit(cursor, sections))) break;
    }
    this.sequences = this.sequences.filter((s) => code.isLive(s.start, s.end)).sort((a, b) => a.start - b.start);
  }

  /** The line whose code contains `address`; undefined when no line does. */
  lineOf(address: number): SourceLine | undefined {
    const sequence = this.sequenceAt(address);
    if (sequence === undefined) return undefined;
    let low = sequence.first;
    let high = sequence.last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.addresses[middle] <= address) low = middle;
      else high = middle;
    }
    const line = this.lines[low];
    const file = sequence.header.path(this.files[low]);
    return line === 0 || file === undefined ? undefined : { file, line };
  }

  private sequenceAt(address: number): Sequence | undefined {
    let low = 0;
    let high = this.sequences.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sequences[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= Math.max(0, low - MOST_OVERLAPS); i--) if (this.sequences[i].end > address) return this.sequences[i];
    return undefined;
  }

  /** Reads one unit and leaves the cursor behind it; a damaged unit is left out. @throws DwarfDamage when its length is unknown */
  private readUnit(cursor: Cursor, sections: NameSections): void {
    const { length, offsetBytes } = cursor.initialLength();
    if (length > cursor.remaining) throw new DwarfDamage('a unit longer than its section');
    const unit = new Cursor(cursor.bytes, cursor.offset, cursor.offset + length);
    cursor.skip(length);
    const [rows, sequences] = [this.count, this.sequences.length];
    const isSound = toleratesDamage(() => new LineProgram(new LineHeader(unit, offsetBytes, sections), unit, this.collector).run());
    if (!isSound && this.sequences.length === sequences) this.count = rows;
  }

  private readonly collector: RowCollector = {
    row: (address, file, line) => this.addRow(address, file, line),
    position: () => this.count,
    forget: (first) => { this.count = first; },
    sequence: (first, end, header) => { this.sequences.push({ start: this.addresses[first], end, first, last: this.count, header }); },
  };

  private addRow(address: number, file: number, line: number): void {
    if (this.count === this.addresses.length) this.grow();
    this.addresses[this.count] = address;
    this.files[this.count] = file;
    this.lines[this.count++] = line;
  }

  private grow(): void {
    const doubled = (old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(2 * old.length);
      grown.set(old);
      return grown;
    };
    this.addresses = doubled(this.addresses);
    this.lines = doubled(this.lines);
    this.files = doubled(this.files);
  }
}

interface RowCollector {
  row(address: number, file: number, line: number): void;
  position(): number;
  forget(first: number): void;
  sequence(first: number, end: number, header: LineHeader): void;
}

/** The state machine that line programs drive (6.2.2), reduced to address, file and line. */
class LineProgram {
  private address = 0;
  private operation = 0;
  private file = 1;
  private line = 1;
  private first: number;
  private isRising = true;

  constructor(private readonly header: LineHeader, private readonly cursor: Cursor, private readonly rows: RowCollector) {
    this.first = rows.position();
  }

  run(): void {
    while (!this.cursor.isAtEnd) {
      const opcode = this.cursor.u8();
      if (opcode >= this.header.opcodeBase) this.special(opcode - this.header.opcodeBase);
      else if (opcode === 0) this.extended();
      else this.standard(opcode);
    }
    // A sequence that is never ended has no known extent.
    this.rows.forget(this.first);
  }

  private special(adjusted: number): void {
    this.advance(Math.floor(adjusted / this.header.lineRange));
    this.line = (this.line + this.header.lineBase + (adjusted % this.header.lineRange)) >>> 0;
    this.emit();
  }

  private standard(opcode: number): void {
    switch (opcode) {
      case LNS.copy: this.emit(); return;
      case LNS.advancePc: this.advance(this.cursor.uleb()); return;
      case LNS.advanceLine: this.line = (this.line + this.cursor.sleb()) >>> 0; return;
      case LNS.setFile: this.file = this.cursor.uleb(); return;
      case LNS.constAddPc: this.advance(Math.floor((255 - this.header.opcodeBase) / this.header.lineRange)); return;
      case LNS.fixedAdvancePc: this.address = (this.address + this.cursor.u16()) >>> 0; this.operation = 0; return;
      default: for (let n = this.header.operandCounts[opcode]; n > 0; n--) this.cursor.uleb();
    }
  }

  private extended(): void {
    const length = this.cursor.uleb();
    if (length === 0) return;
    if (length > this.cursor.remaining) throw new DwarfDamage('an instruction longer than its program');
    const next = this.cursor.offset + length;
    switch (this.cursor.u8()) {
      case LNE.endSequence: this.endSequence(); break;
      case LNE.setAddress: this.address = this.cursor.unsigned(length - 1) >>> 0; this.operation = 0; break;
      case LNE.defineFile: this.header.addFile(this.cursor); break;
    }
    this.cursor.offset = next;
  }

  private advance(operations: number): void {
    const total = this.operation + operations;
    this.address = (this.address + this.header.minimumInstructionLength * Math.floor(total / this.header.maximumOperations)) >>> 0;
    this.operation = total % this.header.maximumOperations;
  }

  private lastAddress = 0;

  private emit(): void {
    if (this.rows.position() > this.first && this.address < this.lastAddress) this.isRising = false;
    this.lastAddress = this.address;
    this.rows.row(this.address, this.file, this.line);
  }

  private endSequence(): void {
    const hasRows = this.rows.position() > this.first;
    if (hasRows && this.isRising && this.address >= this.lastAddress) this.rows.sequence(this.first, this.address, this.header);
    else this.rows.forget(this.first);
    this.first = this.rows.position();
    [this.address, this.operation, this.file, this.line, this.isRising] = [0, 0, 1, 1, true];
  }
}
