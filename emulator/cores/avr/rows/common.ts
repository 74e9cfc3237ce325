/** What rows of several groups have in common. */
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import { instruction, type ChoiceDecode, type Fields, type Instruction, type InstructionSpec, type OperandDecode } from '../../../isa/instruction.js';
import type { AvrFeature } from '../features.js';

export type AvrRow = Instruction<AvrBuilder>;
type AvrSpec = Omit<InstructionSpec<AvrBuilder>, 'feature'> & { readonly feature?: AvrFeature };

/** A row of every core here unless it says otherwise. */
export const row = (name: string, spec: AvrSpec): AvrRow => instruction<AvrBuilder>(name, { feature: 'avre', ...spec });

export const X = 26;
export const Y = 28;
export const Z = 30;

/** Sign-extends the low `bits` bits. */
const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

// -- Operands. Fields carry the manual's letters; encodings of the upper registers leave their first bit out.

export const UPPER: Readonly<Record<string, OperandDecode>> = { d: (f) => 16 + f.d };
/** The bit of a mask, for instructions that name one of a byte's bits. */
export const BIT = (f: Fields): number => 1 << f.b;
/** Address of an I/O register in the data space. */
export const IO_ADDRESS = (f: Fields): number => 0x20 + f.A;
/** Where a relative branch goes, before it is reduced to the size of the memory. */
export const relative = (bits: number): OperandDecode => (f: Fields, address: number): number => address + 1 + signed(f.k, bits);

/** A field of the decode context: words of the instruction that follows, which a skip leaves out. */
export const NEXT_WORDS = 'NextWords';
export const SKIP: Readonly<Record<string, OperandDecode>> = {
  target: (f, address) => address + 1 + f[NEXT_WORDS],
  [NEXT_WORDS]: NEXT_WORDS,
};

// -- Meaning.

/** A pair of registers, the lower one named, as the 16-bit number that it makes. */
export const pair = (b: AvrBuilder, low: Value): Value => b.or(b.reg(low), b.shl(b.reg(b.add(low, 1)), 8));
/** @param value its low 16 bits are taken */
export function setPair(b: AvrBuilder, low: Value, value: Value): void {
  b.setReg(low, b.and(value, 0xff));
  b.setReg(b.add(low, 1), b.and(b.shrU(value, 8), 0xff));
}

/** N, Z, V, S after a logical operation. */
export function setLogicFlags(b: AvrBuilder, result: Value): void {
  b.setZ(result);
  b.setN(result);
  b.setV(0);
  b.setS(result);
}

/** The operand `NextWords` tells how long the instruction is that is skipped: as many cycles are added. */
export function skipIf(b: AvrBuilder, condition: Value, { target, [NEXT_WORDS]: words }: Readonly<Record<string, Value>>): void {
  b.if(condition, () => b.branch(target, words));
}

/** Pushes a return address: the low byte lies highest. Subroutine calls, DS40002198B 5.x CALL. */
export function pushPC(b: AvrBuilder, bytes: number, address: Value): void {
  const sp = b.sp();
  for (let i = 0; i < bytes; i++) b.store(b.and(b.sub(sp, i), 0xffff), b.and(b.shrU(address, 8 * i), 0xff));
  b.setSp(b.and(b.sub(sp, bytes), 0xffff));
}

export function popPC(b: AvrBuilder, bytes: number): Value {
  const sp = b.sp();
  let address: Value = 0;
  for (let i = 1; i <= bytes; i++) address = b.or(b.shl(address, 8), b.load(b.and(b.add(sp, i), 0xffff)));
  b.setSp(b.and(b.add(sp, bytes), 0xffff));
  return address;
}

/** The same instruction for both widths of the PC. */
export function forBothPCs(name: string, spec: (pcBytes: number) => AvrSpec): AvrRow[] {
  return [row(`${name} (16-bit PC)`, { feature: 'pc16', ...spec(2) }), row(`${name} (22-bit PC)`, { feature: 'pc22', ...spec(3) })];
}

// -- Text, as avr-objdump writes it.

export const hex2 = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;
/** Bytes that are loaded or combined, and data addresses: with capitals there. */
export const HEX2 = (n: number): string => `0x${n.toString(16).toUpperCase().padStart(2, '0')}`;
export const HEX4 = (n: number): string => `0x${n.toString(16).toUpperCase().padStart(4, '0')}`;
/** `.+4`: bytes from the instruction that follows. */
export const distance = (k: number, bits: number): string => `.${signed(k, bits) < 0 ? '' : '+'}${2 * signed(k, bits)}`;
export const choice = (from: string, count: number): ChoiceDecode => ({ from, values: Array.from({ length: count }, (_, i) => i) });
