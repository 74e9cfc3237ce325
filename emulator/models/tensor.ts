/** Tensors: their types, and how stored integers and real values become each other. */
import { ModelError } from './model-error.js';

/** Source: TensorFlow Lite schema, enum TensorType. Bits of an element; 0 where elements have no fixed size. */
const TYPES: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  0: ['float32', 32], 1: ['float16', 16], 2: ['int32', 32], 3: ['uint8', 8], 4: ['int64', 64], 5: ['string', 0], 6: ['bool', 8],
  7: ['int16', 16], 8: ['complex64', 64], 9: ['int8', 8], 10: ['float64', 64], 11: ['complex128', 128], 12: ['uint64', 64],
  13: ['resource', 0], 14: ['variant', 0], 15: ['uint32', 32], 16: ['uint16', 16], 17: ['int4', 4], 18: ['bfloat16', 16],
  19: ['int2', 2], 20: ['uint4', 4], 21: ['float8_e4m3fn', 8], 22: ['float8_e5m2', 8],
};

/** real value = scale (stored value - zero point). */
export interface Quantisation {
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface Tensor {
  readonly name: string;
  /** As the schema calls it, in small letters. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Of all elements; 0 for types without a fixed size. */
  readonly bytes: number;
  /** Of the whole tensor; undefined where it is not quantised, or channel by channel. */
  readonly quantisation: Quantisation | undefined;
  /** Bytes in the file: its weights or other constants. */
  readonly constantBytes: number;
  readonly isVariable: boolean;
}

export function typeOf(code: number): { readonly name: string; readonly bits: number } {
  const [name, bits] = TYPES[code] ?? [`type ${code}`, 0];
  return { name, bits };
}

interface Access { readonly bytes: number; readonly read: (view: DataView, at: number) => number; readonly write: (view: DataView, at: number, value: number) => void }

const integer = (least: number, most: number, value: number): number => Math.min(most, Math.max(least, roundHalfAway(value)));

/** How elements lie in memory, little-endian; integers are rounded half away from zero and cut at their range. */
const ACCESS: Readonly<Record<string, Access>> = {
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true), write: (view, at, value) => view.setFloat32(at, value, true) },
  int8:    { bytes: 1, read: (view, at) => view.getInt8(at), write: (view, at, value) => view.setInt8(at, integer(-128, 127, value)) },
  uint8:   { bytes: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, integer(0, 255, value)) },
  bool:    { bytes: 1, read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1) },
  int16:   { bytes: 2, read: (view, at) => view.getInt16(at, true), write: (view, at, value) => view.setInt16(at, integer(-32_768, 32_767, value), true) },
  int32:   { bytes: 4, read: (view, at) => view.getInt32(at, true), write: (view, at, value) => view.setInt32(at, integer(-0x8000_0000, 0x7fff_ffff, value), true) },
  int64:   { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)), write: (view, at, value) => view.setBigInt64(at, BigInt(roundHalfAway(value)), true) },
};

function roundHalfAway(value: number): number {
  return Number.isNaN(value) ? 0 : Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

/** @throws ModelError for a type whose elements cannot be given or shown */
function accessOf({ type, name }: Pick<Tensor, 'type' | 'name'>): Access {
  const access = Object.hasOwn(ACCESS, type) ? ACCESS[type] : undefined;
  if (access === undefined) throw new ModelError(`tensor "${name}" is of type ${type}: inputs and outputs may be ${Object.keys(ACCESS).join(', ')}`);
  return access;
}

/** Checks that a tensor's values can be given and shown. @throws ModelError */
export function checkAccessible(tensor: Tensor): void {
  accessOf(tensor);
}

/** The elements as they are stored. */
export function storedValues(tensor: Tensor, bytes: Uint8Array): Float64Array {
  const access = accessOf(tensor);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: Math.floor(bytes.length / access.bytes) }, (_, i) => access.read(view, i * access.bytes));
}

/** What the elements stand for. */
export function realValues(tensor: Tensor, bytes: Uint8Array): Float64Array {
  const { quantisation } = tensor;
  const stored = storedValues(tensor, bytes);
  return quantisation === undefined ? stored : stored.map((value) => quantisation.scale * (value - quantisation.zeroPoint));
}

/** Bytes of elements given as they are stored. */
export function bytesOfStored(tensor: Tensor, values: ArrayLike<number>): Uint8Array {
  const access = accessOf(tensor);
  const bytes = new Uint8Array(values.length * access.bytes);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) access.write(view, i * access.bytes, values[i]);
  return bytes;
}

/** Bytes of elements given as real values: divided by the scale, rounded half away from zero, cut at the type's range. */
export function bytesOfReal(tensor: Tensor, values: ArrayLike<number>): Uint8Array {
  const { quantisation } = tensor;
  if (quantisation === undefined) return bytesOfStored(tensor, values);
  return bytesOfStored(tensor, Float64Array.from(values, (value) => roundHalfAway(value / quantisation.scale) + quantisation.zeroPoint));
}

/** Smallest and largest stored value of integer types. */
export function storedRange(type: string): readonly [least: number, most: number] | undefined {
  const ranges: Readonly<Record<string, readonly [number, number]>> = { int8: [-128, 127], uint8: [0, 255], int16: [-32_768, 32_767], bool: [0, 1] };
  return Object.hasOwn(ranges, type) ? ranges[type] : undefined;
}
