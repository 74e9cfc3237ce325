/** Call-frame information from `.debug_frame`: where a caller's registers are, for each code address. Source: DWARF 5, 6.4.1. */
import type { CodeMap } from './code-map.js';
import { Cursor, DwarfDamage, toleratesDamage } from './cursor.js';
import { FrameProgram, type FrameFactors, type FrameRow } from './frame-program.js';

/** Common information entry: what the descriptions of many functions share. */
interface CommonEntry extends FrameFactors {
  readonly returnRegister: number;
  readonly instructions: number;
  readonly end: number;
}

/** Frame description entry: one function. Offsets are into the section. */
interface Description {
  readonly start: number;
  readonly end: number;
  readonly common: CommonEntry;
  readonly instructions: number;
  readonly instructionsEnd: number;
}

export interface CallFrame {
  readonly row: FrameRow;
  /** The register that holds the return address. */
  readonly returnRegister: number;
}

export class CallFrames {
  private readonly descriptions: readonly Description[];

  constructor(readonly section: Uint8Array, code: CodeMap) {
    this.descriptions = readDescriptions(section).filter((d) => code.isLive(d.start, d.end)).sort((a, b) => a.start - b.start);
  }

  /** The rules that hold just before the instruction at `address`; undefined when nothing sound covers it. */
  frameAt(address: number): CallFrame | undefined {
    const description = this.descriptionAt(address);
    if (description === undefined) return undefined;
    const { common } = description;
    const program = new FrameProgram(common, description.start, address);
    const isSound = toleratesDamage(() => {
      program.runInitial(new Cursor(this.section, common.instructions, common.end));
      program.run(new Cursor(this.section, description.instructions, description.instructionsEnd));
    });
    return isSound ? { row: program.row, returnRegister: common.returnRegister } : undefined;
  }

  private descriptionAt(address: number): Description | undefined {
    let low = 0;
    let high = this.descriptions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.descriptions[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.descriptions[low - 1];
    return found !== undefined && address < found.end ? found : undefined;
  }
}

function readDescriptions(section: Uint8Array): Description[] {
  const descriptions: Description[] = [];
  const commons = new Map<number, CommonEntry | undefined>();
  const commonAt = (offset: number): CommonEntry | undefined => {
    if (!commons.has(offset)) commons.set(offset, readCommon(section, offset));
    return commons.get(offset);
  };
  const cursor = new Cursor(section);
  toleratesDamage(() => {
    while (!cursor.isAtEnd) {
      const { length, offsetBytes } = cursor.initialLength();
      const entry = new Cursor(section, cursor.offset, cursor.offset + length);
      cursor.skip(length);
      toleratesDamage(() => readDescription(entry, offsetBytes, commonAt, descriptions));
    }
  });
  return descriptions;
}

function readDescription(entry: Cursor, offsetBytes: 4 | 8, commonAt: (offset: number) => CommonEntry | undefined, descriptions: Description[]): void {
  const pointer = readIdentity(entry, offsetBytes);
  if (pointer === undefined) return;
  const common = commonAt(pointer);
  if (common === undefined) return;
  const start = entry.u32();
  const bytes = entry.u32();
  descriptions.push({ start, end: start + bytes, common, instructions: entry.offset, instructionsEnd: entry.end });
}

/** The offset of an entry's common entry; undefined when the entry is a common one itself. */
function readIdentity(entry: Cursor, offsetBytes: 4 | 8): number | undefined {
  if (offsetBytes === 4) {
    const id = entry.u32();
    return id === 0xffff_ffff ? undefined : id;
  }
  const low = entry.u32();
  const high = entry.u32();
  return low === 0xffff_ffff && high === 0xffff_ffff ? undefined : high * 0x1_0000_0000 + low;
}

/** Undefined for versions and augmentations whose layout is not known, and for damage. */
function readCommon(section: Uint8Array, offset: number): CommonEntry | undefined {
  let common: CommonEntry | undefined;
  toleratesDamage(() => {
    if (offset >= section.length) throw new DwarfDamage('an entry outside its section');
    const head = new Cursor(section, offset);
    const { length, offsetBytes } = head.initialLength();
    if (length > head.remaining) throw new DwarfDamage('an entry longer than its section');
    const cursor = new Cursor(section, head.offset, head.offset + length);
    if (readIdentity(cursor, offsetBytes) !== undefined) return;
    const version = cursor.u8();
    const augmentation = cursor.string();
    const isPlain = section[augmentation] === 0 || isArmccAugmentation(section, augmentation);
    if (![1, 3, 4].includes(version) || !isPlain) return;
    if (version === 4 && (cursor.u8() !== 4 || cursor.u8() !== 0)) return;   // address size, segment selector size
    const factors = { codeAlignment: cursor.uleb(), dataAlignment: cursor.sleb() };
    const returnRegister = version === 1 ? cursor.u8() : cursor.uleb();
    common = { ...factors, returnRegister, instructions: cursor.offset, end: cursor.end };
  });
  return common;
}

/** Arm Compiler marks corrected entries with "armcc+"; their layout is the plain one. */
function isArmccAugmentation(section: Uint8Array, offset: number): boolean {
  return [...'armcc'].every((c, i) => section[offset + i] === c.charCodeAt(0));
}
