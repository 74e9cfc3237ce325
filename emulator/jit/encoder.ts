/**
 * WebAssembly binary format, as much of it as translated code needs.
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Value types. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
/** Block type of a block without results. */
export const EMPTY = 0x40;

/** Opcodes by their names in the specification. */
export const Op = {
  unreachable: 0x00, nop: 0x01, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, br_table: 0x0e, return: 0x0f,
  call: 0x10, call_indirect: 0x11, drop: 0x1a, select: 0x1b,
  local_get: 0x20, local_set: 0x21, local_tee: 0x22,
  i32_load: 0x28, i64_load: 0x29, f32_load: 0x2a, f64_load: 0x2b, i32_load8_s: 0x2c, i32_load8_u: 0x2d, i32_load16_s: 0x2e, i32_load16_u: 0x2f,
  i32_store: 0x36, i64_store: 0x37, f32_store: 0x38, f64_store: 0x39, i32_store8: 0x3a, i32_store16: 0x3b,
  i32_const: 0x41, i64_const: 0x42, f32_const: 0x43, f64_const: 0x44,
  i32_eqz: 0x45, i32_eq: 0x46, i32_ne: 0x47, i32_lt_s: 0x48, i32_lt_u: 0x49, i32_gt_s: 0x4a, i32_gt_u: 0x4b, i32_le_s: 0x4c, i32_le_u: 0x4d,
  i32_ge_s: 0x4e, i32_ge_u: 0x4f, i64_ne: 0x52, i64_le_s: 0x57,
  f32_eq: 0x5b, f32_ne: 0x5c, f32_lt: 0x5d, f32_gt: 0x5e, f32_le: 0x5f, f32_ge: 0x60, f64_eq: 0x61, f64_ne: 0x62, f64_lt: 0x63, f64_gt: 0x64, f64_le: 0x65, f64_ge: 0x66,
  i32_clz: 0x67, i32_add: 0x6a, i32_sub: 0x6b, i32_mul: 0x6c, i32_div_s: 0x6d, i32_div_u: 0x6e, i32_and: 0x71, i32_or: 0x72, i32_xor: 0x73,
  i32_shl: 0x74, i32_shr_s: 0x75, i32_shr_u: 0x76, i32_rotr: 0x78,
  i64_add: 0x7c, i64_sub: 0x7d, i64_mul: 0x7e, i64_or: 0x84, i64_xor: 0x85, i64_shl: 0x86, i64_shr_u: 0x88,
  f32_abs: 0x8b, f32_neg: 0x8c, f32_ceil: 0x8d, f32_floor: 0x8e, f32_trunc: 0x8f, f32_nearest: 0x90, f32_sqrt: 0x91, f32_add: 0x92, f32_sub: 0x93, f32_mul: 0x94, f32_div: 0x95, f32_min: 0x96, f32_max: 0x97, f32_copysign: 0x98,
  f64_abs: 0x99, f64_neg: 0x9a, f64_ceil: 0x9b, f64_floor: 0x9c, f64_trunc: 0x9d, f64_nearest: 0x9e, f64_sqrt: 0x9f, f64_add: 0xa0, f64_sub: 0xa1, f64_mul: 0xa2,
  f64_div: 0xa3, f64_min: 0xa4, f64_max: 0xa5, f64_copysign: 0xa6,
  i32_wrap_i64: 0xa7, i64_extend_i32_s: 0xac, i64_extend_i32_u: 0xad,
  f32_convert_i32_s: 0xb2, f32_convert_i32_u: 0xb3, f32_demote_f64: 0xb6, f64_convert_i32_s: 0xb7, f64_convert_i32_u: 0xb8, f64_promote_f32: 0xbb,
  i32_reinterpret_f32: 0xbc, i64_reinterpret_f64: 0xbd, f32_reinterpret_i32: 0xbe, f64_reinterpret_i64: 0xbf,
  i32_extend8_s: 0xc0, i32_extend16_s: 0xc1,
  /** Before the saturating conversions, which are numbered 0 to 3: f32 signed, f32 unsigned, f64 signed, f64 unsigned. */
  trunc_sat_prefix: 0xfc,
} as const;

/** A growing byte string. */
export class Bytes {
  private buffer = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.buffer.length) this.grow(1);
    this.buffer[this.length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.grow(values.length);
    this.buffer.set(values, this.length);
    this.length += values.length;
  }

  /** LEB128, unsigned. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** LEB128, signed 32-bit. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** LEB128, signed, of a whole number that a double holds exactly. */
  signed64(value: number): void {
    let rest = value;
    for (;;) {
      const low = ((rest % 128) + 128) % 128;
      rest = Math.floor(rest / 128);
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** LEB128, unsigned, in five bytes whatever the value: for what is put right later. @returns where it stands */
  reserved(value: number): number {
    const at = this.length;
    for (let i = 0; i < 4; i++) this.byte(((value >>> (7 * i)) & 0x7f) | 0x80);
    this.byte((value >>> 28) & 0x7f);
    return at;
  }

  /** Puts a value into reserved bytes. */
  fill(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.buffer[at + i] = ((value >>> (7 * i)) & 0x7f) | 0x80;
    this.buffer[at + 4] = (value >>> 28) & 0x7f;
  }

  name(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  /** A vector of bytes: length first. */
  sized(content: Bytes): void {
    this.unsigned(content.length);
    this.bytes(content.written());
  }

  /** Takes the last bytes back. */
  rewind(count: number): void { this.length -= count; }

  written(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private grow(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + more));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

export interface FunctionType { readonly parameters: readonly number[]; readonly results: readonly number[] }
export interface ImportedFunction { readonly name: string; readonly type: FunctionType }
export interface ModuleFunction { /** Name of the export; none when absent. */ readonly exported?: string | undefined; readonly type: FunctionType; /** Runs of locals. */ readonly locals: readonly { readonly count: number; readonly type: number }[]; readonly code: Bytes }

export interface ModuleSpec {
  /** Functions of the import module `e`; memory `e.m` is always imported. */
  readonly imports: readonly ImportedFunction[];
  /** Imports the table `e.t`: only where it is called through, since engines keep a copy of the table with each such instance. */
  readonly importsTable: boolean;
  readonly functions: readonly ModuleFunction[];
  /** Types that `call_indirect` names, by index from 0. */
  readonly types: readonly FunctionType[];
}

const Section = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const FUNCTION_FORM = 0x60;
const ImportKind = { function: 0, table: 1, memory: 2 } as const;
const FUNCREF = 0x70;

/** A module whose function indices count imports first. */
export function encodeModule({ imports, importsTable, functions, types }: ModuleSpec): Uint8Array {
  const table: FunctionType[] = [...types];
  const indexOf = (type: FunctionType): number => {
    const found = table.findIndex((other) => other === type || String(other.parameters) === String(type.parameters) && String(other.results) === String(type.results));
    return found >= 0 ? found : table.push(type) - 1;
  };
  const importTypes = imports.map(({ type }) => indexOf(type));
  const functionTypes = functions.map(({ type }) => indexOf(type));
  const out = new Bytes();
  out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  section(out, Section.type, table, (to, { parameters, results }) => {
    to.byte(FUNCTION_FORM);
    to.unsigned(parameters.length);
    to.bytes(parameters);
    to.unsigned(results.length);
    to.bytes(results);
  });
  const importWriters: ((to: Bytes) => void)[] = imports.map(({ name }, i) => (to) => {
    to.name('e');
    to.name(name);
    to.byte(ImportKind.function);
    to.unsigned(importTypes[i]);
  });
  importWriters.push((to) => { to.name('e'); to.name('m'); to.byte(ImportKind.memory); to.byte(0); to.unsigned(1); });
  if (importsTable) importWriters.push((to) => { to.name('e'); to.name('t'); to.byte(ImportKind.table); to.byte(FUNCREF); to.byte(0); to.unsigned(1); });
  section(out, Section.import, importWriters, (to, write) => write(to));
  section(out, Section.function, functionTypes, (to, type) => to.unsigned(type));
  const exports = functions.flatMap(({ exported }, i) => (exported === undefined ? [] : [{ exported, index: imports.length + i }]));
  section(out, Section.export, exports, (to, { exported, index }) => {
    to.name(exported);
    to.byte(0);
    to.unsigned(index);
  });
  section(out, Section.code, functions, (to, { locals, code }) => {
    const head = new Bytes();
    head.unsigned(locals.length);
    for (const { count, type } of locals) {
      head.unsigned(count);
      head.byte(type);
    }
    to.unsigned(head.length + code.length + 1);
    to.bytes(head.written());
    to.bytes(code.written());
    to.byte(Op.end);
  });
  return out.written().slice();
}

function section<T>(out: Bytes, id: number, items: readonly T[], write: (to: Bytes, item: T, index: number) => void): void {
  const content = new Bytes();
  content.unsigned(items.length);
  items.forEach((item, i) => write(content, item, i));
  out.byte(id);
  out.sized(content);
}
