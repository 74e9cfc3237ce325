/**
 * Reads flatbuffers from strangers: every offset is checked against the file before it is followed, and lists are views, so that
 * a file cannot cost more than its own length. Fields are named by their number in the schema; absent ones have a default.
 * Source: FlatBuffers documentation, "FlatBuffer internals" (tables, vtables, vectors, strings; all little-endian).
 */
import { ModelError } from './model-error.js';

/** A place in the file where a table begins. */
export class Table {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  private constructor(private readonly view: DataView, private readonly position: number) {
    this.vtable = position - bounded(view, position, 4, 'a table').getInt32(position, true);
    this.vtableBytes = bounded(view, this.vtable, 4, 'a vtable').getUint16(this.vtable, true);
    bounded(view, this.vtable, this.vtableBytes, 'a vtable');
  }

  /** @throws ModelError when these are not a flatbuffer of that kind */
  static root(bytes: Uint8Array, identifier: string): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = bytes.length < 8 ? '' : String.fromCharCode(...bytes.subarray(4, 8));
    if (found !== identifier) throw new ModelError(`no TensorFlow Lite model: it does not begin with a flatbuffer's identifier "${identifier}"; convert it to .tflite`);
    return new Table(view, view.getUint32(0, true));
  }

  int8(field: number, otherwise = 0): number { return this.scalar(field, 1, (at) => this.view.getInt8(at), otherwise); }
  uint32(field: number, otherwise = 0): number { return this.scalar(field, 4, (at) => this.view.getUint32(at, true), otherwise); }
  int32(field: number, otherwise = 0): number { return this.scalar(field, 4, (at) => this.view.getInt32(at, true), otherwise); }
  uint64(field: number): bigint { return this.scalar(field, 8, (at) => this.view.getBigUint64(at, true), 0n); }
  boolean(field: number): boolean { return this.int8(field) !== 0; }

  table(field: number): Table | undefined {
    const at = this.target(field);
    return at === undefined ? undefined : new Table(this.view, at);
  }

  tables(field: number): readonly Table[] {
    const vector = this.vector(field, 4);
    return Array.from({ length: vector.length }, (_, i) => {
      const at = vector.start + 4 * i;
      return new Table(this.view, at + this.view.getUint32(at, true));
    });
  }

  int32s(field: number): readonly number[] { return this.list(field, 4, (at) => this.view.getInt32(at, true)); }
  float32s(field: number): readonly number[] { return this.list(field, 4, (at) => this.view.getFloat32(at, true)); }
  /** As numbers: zero points are small. */
  int64s(field: number): readonly number[] { return this.list(field, 8, (at) => Number(this.view.getBigInt64(at, true))); }

  /** A view, not a copy. */
  bytes(field: number): Uint8Array {
    const { start, length } = this.vector(field, 1);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, length);
  }

  /** Printable ASCII of it, cut at 200 characters. */
  string(field: number): string {
    return Array.from(this.bytes(field).subarray(0, 200), (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('');
  }

  private list<T>(field: number, width: number, read: (at: number) => T): readonly T[] {
    const { start, length } = this.vector(field, width);
    return Array.from({ length }, (_, i) => read(start + width * i));
  }

  private vector(field: number, width: number): { readonly start: number; readonly length: number } {
    const at = this.target(field);
    if (at === undefined) return { start: 0, length: 0 };
    const length = bounded(this.view, at, 4, 'a vector').getUint32(at, true);
    bounded(this.view, at + 4, length * width, 'a vector');
    return { start: at + 4, length };
  }

  private target(field: number): number | undefined {
    const at = this.place(field, 4);
    return at === undefined ? undefined : at + this.view.getUint32(at, true);
  }

  private scalar<T>(field: number, width: number, read: (at: number) => T, otherwise: T): T {
    const at = this.place(field, width);
    return at === undefined ? otherwise : read(at);
  }

  /** Where a field lies; undefined where the table has none. */
  private place(field: number, width: number): number | undefined {
    const entry = 4 + 2 * field;
    if (entry + 2 > this.vtableBytes) return undefined;
    const offset = this.view.getUint16(this.vtable + entry, true);
    if (offset === 0) return undefined;
    bounded(this.view, this.position + offset, width, 'a field');
    return this.position + offset;
  }
}

function bounded(view: DataView, at: number, bytes: number, what: string): DataView {
  if (at < 0 || at + bytes > view.byteLength) throw new ModelError(`damaged or cut off: ${what} at offset ${at} leaves the file of ${view.byteLength} bytes; copy it again`);
  return view;
}
