/**
 * WebAssembly binary format, as much of it as translated code needs.
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Value types. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
/** Block type of a block without results. */
export const EMPTY = 0x40;

/** Opcodes by their names in the specification. */
export const Op = {
  unreachable: 0x00, nop: 0x01, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, br_table: 0x0e, return: 0x0f,
  call: 0x10, call_indirect: 0x11, drop: 0x1a, select: 0x1b,
  local_get: 0x20, local_set: 0x21, local_tee: 0x22,
  i32_load: 0x28, i64_load: 0x29, f32_load: 0x2a, i32_load8_s: 0x2c, i32_load8_u: 0x2d, i32_load16_s: 0x2e, i32_load16_u: 0x2f,
  i32_store: 0x36, i64_store: 0x37, f32_store: 0x38, i32_store8: 0x3a, i32_store16: 0x3b,
  i32_const: 0x41, i64_const: 0x42,
  i32_eqz: 0x45, i32_eq: 0x46, i32_ne: 0x47, i32_lt_s: 0x48, i32_lt_u: 0x49, i32_gt_s: 0x4a, i32_gt_u: 0x4b, i32_le_s: 0x4c, i32_le_u: 0x4d,
  i32_ge_s: 0x4e, i32_ge_u: 0x4f, i64_ne: 0x52,
  i32_clz: 0x67, i32_add: 0x6a, i32_sub: 0x6b, i32_mul: 0x6c, i32_div_s: 0x6d, i32_div_u: 0x6e, i32_and: 0x71, i32_or: 0x72, i32_xor: 0x73,
  i32_shl: 0x74, i32_shr_s: 0x75, i32_shr_u: 0x76, i32_rotr: 0x78,
  i64_add: 0x7c, i64_sub: 0x7d, i64_mul: 0x7e, i64_shr_u: 0x88,
  f32_sqrt: 0x91, f32_add: 0x92, f32_sub: 0x93, f32_mul: 0x94, f32_div: 0x95,
  i32_wrap_i64: 0xa7, i64_extend_i32_s: 0xac, i64_extend_i32_u: 0xad, i32_reinterpret_f32: 0xbc, f32_reinterpret_i32: 0xbe,
  i32_extend8_s: 0xc0, i32_extend16_s: 0xc1,
} as const;

/** A growing byte string. */
export class Bytes {
  private buffer = new Uint8Array(1024);
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
export interface ModuleFunction { readonly exported: string; readonly type: FunctionType; /** Runs of locals. */ readonly locals: readonly { readonly count: number; readonly type: number }[]; readonly code: Bytes }

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
    const found = table.findIndex((other) => String(other.parameters) === String(type.parameters) && String(other.results) === String(type.results));
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
  section(out, Section.export, functions, (to, { exported }, i) => {
    to.name(exported);
    to.byte(0);
    to.unsigned(imports.length + i);
  });
  section(out, Section.code, functions, (to, { locals, code }) => {
    const body = new Bytes();
    body.unsigned(locals.length);
    for (const { count, type } of locals) {
      body.unsigned(count);
      body.byte(type);
    }
    body.bytes(code.written());
    body.byte(Op.end);
    to.sized(body);
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
