/**
 * Expressions of WebAssembly's other types. Rows know words only; here words that hold singles become f32 values without
 * a detour through integer registers, and what was made of f32 values becomes a word again only where somebody wants one.
 */
import type { Value } from '../isa/builder.js';
import { Bytes, F32, F64, Op } from './encoder.js';
import { argumentsOf, asValue, Expression, typeOf } from './expression.js';

const SIGN = 0x8000_0000 | 0;

/** An operation whose opcodes follow its arguments. */
export const typed = (type: number, opcodes: readonly number[], ...args: Value[]): Value => asValue(new Expression(opcodes, args, -1, type));
export const f32 = (opcode: number, ...args: Value[]): Value => typed(F32, [opcode], ...args);
export const f64 = (opcode: number, ...args: Value[]): Value => typed(F64, [opcode], ...args);
/** A comparison or conversion that gives a word. */
export const word = (opcode: number, ...args: Value[]): Value => asValue(new Expression([opcode], args));

export const f32Constant = (value: number): Value => typed(F32, [Op.f32_const, ...new Uint8Array(Float32Array.of(value).buffer)]);
export const f64Constant = (value: number): Value => typed(F64, [Op.f64_const, ...new Uint8Array(Float64Array.of(value).buffer)]);

const LOADS: Readonly<Record<number, { readonly opcode: number; readonly alignment: number }>> = {
  [F32]: { opcode: Op.f32_load, alignment: 2 },
  [F64]: { opcode: Op.f64_load, alignment: 3 },
};

/** Number `n` of an array of f32 or f64 in the state. */
export function loadOf(type: number, base: number, n: Value): Value {
  const { opcode, alignment } = LOADS[type];
  const code = new Bytes();
  if (typeof n === 'number') code.bytes([Op.i32_const, 0]);
  else code.bytes([Op.i32_const, alignment, Op.i32_shl]);
  code.bytes([opcode, alignment]);
  code.unsigned(base + (typeof n === 'number' ? n << alignment : 0));
  return typed(type, [...code.written()], ...(typeof n === 'number' ? [] : [n]));
}

/** A word's bits as a single, as an f32. */
export function asFloat32(value: Value): Value {
  if (typeof value === 'number') return typed(F32, [Op.f32_const, ...new Uint8Array(Int32Array.of(value).buffer)]);
  if (typeOf(value) === F32) return value;
  const [float] = argumentsOf(value, Op.i32_reinterpret_f32) ?? [];
  if (float !== undefined) return float;
  const node = value as unknown;
  if (node instanceof Expression && node.offset >= 0) return loadOf(F32, node.offset, 0);
  const [negated, sign] = argumentsOf(value, Op.i32_xor) ?? [];
  if (negated !== undefined && sign === SIGN) return f32(Op.f32_neg, asFloat32(negated));
  const [signed, magnitude] = argumentsOf(value, Op.i32_and) ?? [];
  if (signed !== undefined && magnitude === 0x7fff_ffff) return f32(Op.f32_abs, asFloat32(signed));
  const selected = argumentsOf(value, Op.select);
  if (selected) return f32(Op.select, asFloat32(selected[0]), asFloat32(selected[1]), selected[2]);
  return f32(Op.f32_reinterpret_i32, value);
}

/** The reverse of `asFloat32`. */
export function fromFloat32(value: Value): Value {
  const [bits] = argumentsOf(value, Op.f32_reinterpret_i32) ?? [];
  return bits ?? word(Op.i32_reinterpret_f32, value);
}
