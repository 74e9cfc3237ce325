/** Writes small ELF32 little-endian files, right or wrong on purpose, for loader tests and as seeds for fuzzing. */
export interface ElfSegmentPlan { readonly address: number; readonly bytes: Uint8Array; readonly virtualAddress?: number; readonly memoryBytes?: number; readonly type?: number }
export interface ElfSymbolPlan { readonly name: string; readonly value: number; readonly size?: number; readonly type?: number; readonly binding?: number; readonly section?: number }
export interface ElfSectionPlan { readonly name: string; readonly type?: number; readonly flags?: number; readonly address?: number; readonly bytes?: Uint8Array; readonly noBitsSize?: number }
export interface ElfPlan {
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: number;
  readonly flags?: number;
  readonly segments?: readonly ElfSegmentPlan[];
  /** Numbered from 1 in the file; symbol and string tables follow them. */
  readonly sections?: readonly ElfSectionPlan[];
  readonly symbols?: readonly ElfSymbolPlan[];
}

const HEADER = 52;
const PROGRAM_HEADER = 32;
const SECTION_HEADER = 40;

class Strings {
  private text = '\0';
  add(name: string): number {
    const offset = this.text.length;
    this.text += `${name}\0`;
    return offset;
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.text, (c) => c.charCodeAt(0));
  }
}

export function writeElf(plan: ElfPlan): Uint8Array {
  const segments = plan.segments ?? [];
  const chunks: { offset: number; bytes: Uint8Array }[] = [];
  let position = HEADER + PROGRAM_HEADER * segments.length;
  const append = (bytes: Uint8Array): number => {
    position = (position + 3) & ~3;
    chunks.push({ offset: position, bytes });
    position += bytes.length;
    return position - bytes.length;
  };
  const segmentOffsets = segments.map((s) => append(s.bytes));

  const names = new Strings();
  const rows: number[][] = [new Array<number>(10).fill(0)];
  for (const s of plan.sections ?? []) {
    const bytes = s.bytes ?? new Uint8Array();
    rows.push([names.add(s.name), s.type ?? 1, s.flags ?? 2, s.address ?? 0, append(bytes), s.noBitsSize ?? bytes.length, 0, 0, 4, 0]);
  }
  if (plan.symbols !== undefined) addSymbols(plan.symbols, names, rows, append);
  const namesName = names.add('.shstrtab');
  const namesBytes = names.bytes();
  rows.push([namesName, 3, 0, 0, append(namesBytes), namesBytes.length, 0, 0, 1, 0]);
  const sectionTable = append(words(rows.flat()));

  const file = new Uint8Array(position);
  for (const { offset, bytes } of chunks) file.set(bytes, offset);
  writeHeader(file, plan, segments.length, sectionTable, rows.length);
  segments.forEach((s, i) => {
    const row = [s.type ?? 1, segmentOffsets[i], s.virtualAddress ?? s.address, s.address, s.bytes.length, s.memoryBytes ?? s.bytes.length, 5, 4];
    file.set(words(row), HEADER + i * PROGRAM_HEADER);
  });
  return file;
}

function addSymbols(symbols: readonly ElfSymbolPlan[], names: Strings, rows: number[][], append: (bytes: Uint8Array) => number): void {
  const strings = new Strings();
  const table = new Uint8Array(16 * (symbols.length + 1));
  const view = new DataView(table.buffer);
  symbols.forEach((s, i) => {
    const offset = 16 * (i + 1);
    view.setUint32(offset, strings.add(s.name), true);
    view.setUint32(offset + 4, s.value, true);
    view.setUint32(offset + 8, s.size ?? 0, true);
    view.setUint8(offset + 12, ((s.binding ?? 1) << 4) | (s.type ?? 0));
    view.setUint16(offset + 14, s.section ?? 1, true);
  });
  const text = strings.bytes();
  rows.push([names.add('.symtab'), 2, 0, 0, append(table), table.length, rows.length + 1, 1, 4, 16]);
  rows.push([names.add('.strtab'), 3, 0, 0, append(text), text.length, 0, 0, 1, 0]);
}

function writeHeader(file: Uint8Array, plan: ElfPlan, programHeaders: number, sectionTable: number, sectionCount: number): void {
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, plan.type ?? 2, true);
  view.setUint16(18, plan.machine ?? 40, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, plan.entry ?? 0, true);
  view.setUint32(28, programHeaders === 0 ? 0 : HEADER, true);
  view.setUint32(32, sectionTable, true);
  view.setUint32(36, plan.flags ?? 0x0500_0000, true);
  [HEADER, PROGRAM_HEADER, programHeaders, SECTION_HEADER, sectionCount, sectionCount - 1].forEach((value, i) => view.setUint16(40 + 2 * i, value, true));
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
}
