/**
 * The manual's shared pseudocode, written against the builder.
 * Source: Armv7-M ARM (DDI 0403E), A2.2.1 (shifts, AddWithCarry), A5.3.2 (ThumbExpandImm), A7.4.2 (DecodeImmShift).
 */
import type { Builder, Value } from '../../../isa/builder.js';
import type { ChoiceDecode, Fields, OperandDecode } from '../../../isa/instruction.js';

/** Sign-extends the low `bits` bits. */
export const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

export const SP = 13;
export const LR = 14;
export const PC = 15;

/** Rd, Rt and the like of 32-bit encodings: SP and PC are UNPREDICTABLE. */
export const isSPorPC = (n: number): boolean => n === SP || n === PC;

/** 16-bit data processing sets the flags outside IT blocks only (A7.3.2). */
export const SETFLAGS_OUTSIDE_IT: Record<string, ChoiceDecode> = {
  S: { from: (f) => 1 - f.InITBlock, values: [0, 1] },
};
export const S_BIT: Record<string, ChoiceDecode> = { S: { from: 'S', values: [0, 1] } };

export interface Sum {
  readonly result: Value;
  readonly carry: () => Value;
  readonly overflow: () => Value;
}

/** x + y. */
export function sum(b: Builder, x: Value, y: Value): Sum {
  const result = b.add(x, y);
  return { result, carry: () => b.ltU(result, x), overflow: () => signedOverflow(b, x, y, result) };
}

/** x - y, that is AddWithCarry(x, NOT(y), 1). */
export function difference(b: Builder, x: Value, y: Value): Sum {
  const result = b.sub(x, y);
  return {
    result,
    carry: () => b.geU(x, y),
    overflow: () => b.shrU(b.and(b.xor(x, y), b.xor(x, result)), 31),
  };
}

/** AddWithCarry(x, y, carry_in) with a carry that is not constant. */
export function addWithCarry(b: Builder, x: Value, y: Value, carryIn: Value): Sum {
  const result = b.add(b.add(x, y), carryIn);
  return {
    result,
    carry: () => b.shrU(b.or(b.and(x, y), b.and(b.or(x, y), b.not(result))), 31),
    overflow: () => signedOverflow(b, x, y, result),
  };
}

const signedOverflow = (b: Builder, x: Value, y: Value, result: Value): Value =>
  b.shrU(b.and(b.xor(x, result), b.xor(y, result)), 31);

export function setFlagsOfSum(b: Builder, s: Sum): void {
  const carry = s.carry();
  const overflow = s.overflow();
  b.setNZ(s.result);
  b.setC(carry);
  b.setV(overflow);
}

/** Shift kinds as static choices. An LSL by 0 is `none`; LSR and ASR take 1..32, ROR 1..31. */
export const Shift = { none: 0, LSL: 1, LSR: 2, ASR: 3, ROR: 4, RRX: 5 } as const;

/** DecodeImmShift(): kind and amount from the 2-bit type and 5-bit immediate. */
export function shiftKind(type: number, imm5: number): number {
  if (type === 0) return imm5 === 0 ? Shift.none : Shift.LSL;
  if (type === 3) return imm5 === 0 ? Shift.RRX : Shift.ROR;
  return type === 1 ? Shift.LSR : Shift.ASR;
}
export const shiftAmount = (type: number, imm5: number): number => ((type === 1 || type === 2) && imm5 === 0 ? 32 : imm5);

export interface Shifted {
  readonly result: Value;
  /** Undefined when the shift leaves the carry as it is. */
  readonly carry: (() => Value) | undefined;
}

/** Shift_C() by a constant kind; `n` is 1..32 (31 for LSL and ROR). */
export function shiftC(b: Builder, kind: number, x: Value, n: Value): Shifted {
  const lastOut = (): Value => b.and(b.shrU(x, b.sub(n, 1)), 1);
  switch (kind) {
    case Shift.LSL:
      return { result: b.shl(x, n), carry: () => b.and(b.shrU(x, b.sub(32, n)), 1) };
    case Shift.LSR: // in two steps, so that 32 empties the word
      return { result: b.shrU(b.shrU(x, 1), b.sub(n, 1)), carry: lastOut };
    case Shift.ASR:
      return { result: b.shrS(b.shrS(x, 1), b.sub(n, 1)), carry: lastOut };
    case Shift.ROR: {
      const result = b.ror(x, n);
      return { result, carry: () => b.shrU(result, 31) };
    }
    case Shift.RRX:
      return { result: b.or(b.shl(b.flag('C'), 31), b.shrU(x, 1)), carry: () => b.and(x, 1) };
    default:
      return { result: x, carry: undefined };
  }
}

/** Shift_C() by the low byte of a register: 0..255. */
export function shiftByRegisterC(b: Builder, kind: number, x: Value, amount: Value): Shifted {
  const n = b.and(amount, 0xff);
  const unlessZero = (carry: Value): Value => b.select(n, carry, b.flag('C'));
  const below32 = b.ltU(n, 32);
  switch (kind) {
    case Shift.LSL:
      return {
        result: b.select(below32, b.shl(x, n), 0),
        carry: () => unlessZero(b.select(b.leS(n, 32), b.and(b.shrU(x, b.sub(32, n)), 1), 0)),
      };
    case Shift.LSR:
      return {
        result: b.select(below32, b.shrU(x, n), 0),
        carry: () => unlessZero(b.select(b.leS(n, 32), b.and(b.shrU(x, b.sub(n, 1)), 1), 0)),
      };
    case Shift.ASR:
      return {
        result: b.shrS(x, b.select(below32, n, 31)),
        carry: () => unlessZero(b.and(b.shrU(x, b.select(below32, b.sub(n, 1), 31)), 1)),
      };
    default: {
      const result = b.ror(x, n);
      return { result, carry: () => unlessZero(b.shrU(result, 31)) };
    }
  }
}

/** ThumbExpandImm(): the 12-bit modified immediate. */
export function thumbExpandImm(imm12: number): number {
  const byte = imm12 & 0xff;
  switch (imm12 >>> 8) {
    case 0: return byte;
    case 1: return byte * 0x0001_0001 | 0;
    case 2: return (byte * 0x0100_0100) | 0;
    case 3: return Math.imul(byte, 0x0101_0101);
    default: {
      const rotation = imm12 >>> 7;
      const unrotated = 0x80 | (imm12 & 0x7f);
      return (unrotated >>> rotation) | (unrotated << (32 - rotation));
    }
  }
}
/** ThumbExpandImm with a zero byte in a replicated pattern is UNPREDICTABLE. */
export const isUnpredictableImm = (imm12: number): boolean => imm12 >>> 8 >= 1 && imm12 >>> 8 <= 3 && (imm12 & 0xff) === 0;

/** What a flag-setting logical operation with a modified immediate does to C: 0 no flags at all, 1 C kept, 2 C = 0, 3 C = 1. */
export const ImmFlags = { none: 0, keepC: 1, clearC: 2, setC: 3 } as const;
export function immFlags(S: number, imm12: number): number {
  if (S === 0) return ImmFlags.none;
  if (imm12 >>> 10 === 0) return ImmFlags.keepC;
  return thumbExpandImm(imm12) < 0 ? ImmFlags.setC : ImmFlags.clearC;
}

export const operand = (name: string): OperandDecode => name;
export const reg = (n: number): string => (n === 13 ? 'sp' : n === 14 ? 'lr' : n === 15 ? 'pc' : `r${n}`);
export const hex = (n: number): string => (Math.abs(n) < 10 ? `${n}` : n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`);
export const target = (address: number): string => `0x${(address >>> 0).toString(16)}`;

/** `{r0-r3, lr}` */
export function registerList(list: number): string {
  const parts: string[] = [];
  for (let n = 0; n < 16; n++) {
    if (!(list & (1 << n))) continue;
    let last = n;
    while (n < 13 && last < 12 && list & (1 << (last + 1))) last++;
    parts.push(last > n + 1 ? `${reg(n)}-${reg(last)}` : last === n + 1 ? `${reg(n)}, ${reg(last)}` : reg(n));
    n = last;
  }
  return `{${parts.join(', ')}}`;
}

export const bitCount = (list: number): number => {
  let count = 0;
  for (let rest = list >>> 0; rest; rest &= rest - 1) count++;
  return count;
};

/** `, lsl #3` for a shifted operand; empty when there is no shift. */
export function shiftSuffix(type: number, imm5: number): string {
  const kind = shiftKind(type, imm5);
  if (kind === Shift.none) return '';
  if (kind === Shift.RRX) return ', rrx';
  return `, ${['lsl', 'lsr', 'asr', 'ror'][type]} #${shiftAmount(type, imm5)}`;
}

/** Mnemonic suffix of a 16-bit flag setter: `s` outside IT blocks. */
export const sOutsideIT = (f: Fields): string => (f.InITBlock ? '' : 's');
