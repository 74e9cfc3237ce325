/**
 * Arrays of NumPy (.npy), versions 1 to 3, little-endian numbers in C order.
 * Source: NumPy reference, "numpy.lib.format", format versions 1.0 to 3.0.
 */
import { ModelError } from '../model-error.js';

export interface NumberArray {
  readonly shape: readonly number[];
  /** As NumPy writes it without byte order: `i1`, `f4`, ... */
  readonly kind: string;
  readonly values: Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_MULTIPLE = 64;

const READERS: Readonly<Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>> = {
  b1: [1, (view, at) => view.getUint8(at)], i1: [1, (view, at) => view.getInt8(at)], u1: [1, (view, at) => view.getUint8(at)],
  i2: [2, (view, at) => view.getInt16(at, true)], u2: [2, (view, at) => view.getUint16(at, true)],
  i4: [4, (view, at) => view.getInt32(at, true)], u4: [4, (view, at) => view.getUint32(at, true)],
  i8: [8, (view, at) => Number(view.getBigInt64(at, true))], u8: [8, (view, at) => Number(view.getBigUint64(at, true))],
  f4: [4, (view, at) => view.getFloat32(at, true)], f8: [8, (view, at) => view.getFloat64(at, true)],
};

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** @throws ModelError for what is damaged or of another layout */
export function readNpy(bytes: Uint8Array): NumberArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes[6] === 1;
  const start = isShort ? 10 : 12;
  if (!isNpy(bytes) || bytes.length < start) throw new ModelError('no .npy file: save it with numpy.save');
  const headerBytes = isShort ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + headerBytes > bytes.length) throw new ModelError('the .npy file ends within its header: copy it again');
  const header = String.fromCharCode(...bytes.subarray(start, start + Math.min(headerBytes, 4096)));
  const kind = /'descr'\s*:\s*'[<|]?([a-z]\d+)'/.exec(header)?.[1] ?? '';
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1].split(',').map((size) => size.trim()).filter((size) => size !== '').map(Number);
  if (!Object.hasOwn(READERS, kind) || shape === undefined) throw new ModelError(`the .npy file has no little-endian numbers (${header.slice(0, 80).trim()}): save it as int8, uint8, int16, int32, int64, float32 or float64`);
  if (/'fortran_order'\s*:\s*True/.test(header)) throw new ModelError('the .npy file is in Fortran order: save numpy.ascontiguousarray of it');
  const [width, read] = READERS[kind];
  const count = shape.reduce((a, b) => a * b, 1);
  const data = start + headerBytes;
  if (data + count * width !== bytes.length) throw new ModelError(`the .npy file has ${bytes.length - data} bytes of data instead of ${count * width}: copy it again`);
  return { shape, kind, values: Float64Array.from({ length: count }, (_, i) => read(view, data + i * width)) };
}

/** @param kind as NumPy writes it, byte order included: `|i1`, `<f4` */
export function writeNpy(shape: readonly number[], kind: string, data: Uint8Array): Uint8Array {
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const start = 10;
  const headerBytes = Math.ceil((start + text.length + 1) / HEADER_MULTIPLE) * HEADER_MULTIPLE - start;
  const out = new Uint8Array(start + headerBytes + data.length);
  out.set([...MAGIC, 1, 0, headerBytes & 0xff, headerBytes >> 8]);
  out.set(new TextEncoder().encode(`${text.padEnd(headerBytes - 1)}\n`), start);
  out.set(data, start + headerBytes);
  return out;
}
