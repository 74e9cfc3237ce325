/** Arithmetic and logic. Source: AVR Instruction Set Manual DS40002198B, table "Arithmetic and Logic Instructions" and the sections by name. */
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import { HEX2, hex2, pair, row, setLogicFlags, setPair, UPPER, type AvrRow } from './common.js';

/** Rd + Rr + C: bit 4 of the sum with its operands is what was carried out of bit 3. */
function addTo(b: AvrBuilder, d: Value, x: Value, y: Value, carryIn: Value): void {
  const sum = b.add(b.add(x, y), carryIn);
  const result = b.and(sum, 0xff);
  const V = b.and(b.xor(x, sum), b.xor(y, sum));
  b.setReg(d, result);
  b.setC(b.shrU(sum, 8));
  b.setZ(result);
  b.setN(result);
  b.setV(V);
  b.setS(b.xor(result, V));
  b.setH(b.xor(b.xor(x, y), sum));
}

/** Rd - Rr - C. `keepsZ`: with a borrow from before, Z is kept when the result is zero. @returns the result */
function subtract(b: AvrBuilder, x: Value, y: Value, borrow: Value, keepsZ: boolean): Value {
  const difference = b.sub(b.sub(x, y), borrow);
  const result = b.and(difference, 0xff);
  const V = b.and(b.xor(x, y), b.xor(x, difference));
  const Z = keepsZ ? b.or(b.zWord(), result) : result;
  b.setC(b.shrU(difference, 31));
  b.setZ(Z);
  b.setN(result);
  b.setV(V);
  b.setS(b.xor(result, V));
  b.setH(b.xor(b.xor(x, y), difference));
  return result;
}

function logic(b: AvrBuilder, d: Value, result: Value): void {
  b.setReg(d, result);
  setLogicFlags(b, result);
}

/** Flags of a word: N and V of its upper byte. @param wide with the carry in bit 16 */
function setWordFlags(b: AvrBuilder, result: Value, V: Value, C: Value): void {
  const high = b.shrU(result, 8);
  b.setC(C);
  b.setZ(result);
  b.setN(high);
  b.setV(V);
  b.setS(b.xor(high, V));
}

/** R1:R0 and the flags of a product. @param C bit 15 of the product before a shift */
function setProduct(b: AvrBuilder, product: Value, isFractional: boolean): void {
  const result = b.and(isFractional ? b.shl(product, 1) : product, 0xffff);
  setPair(b, 0, result);
  b.setC(b.and(b.shrU(product, 15), 1));
  b.setZ(result);
}

const two = (mnemonic: string) => (f: Readonly<Record<string, number>>): string => `${mnemonic} r${f.d}, r${f.r}`;
const immediate = (mnemonic: string) => (f: Readonly<Record<string, number>>): string => `${mnemonic} r${16 + f.d}, ${HEX2(f.K)}`;
const one = (mnemonic: string) => (f: Readonly<Record<string, number>>): string => `${mnemonic} r${f.d}`;
const short = (mnemonic: string) => (f: Readonly<Record<string, number>>): string => `${mnemonic} r${16 + f.d}, r${16 + f.r}`;
const TWO = { d: 'd', r: 'r' };
const IMMEDIATE = { ...UPPER, K: 'K' };
const SHORT = { ...UPPER, r: (f: Readonly<Record<string, number>>): number => 16 + f.r };

export const ARITHMETIC_ROWS: readonly AvrRow[] = [
  row('ADD', {
    encoding: '0000 11rd dddd rrrr', operands: TWO, syntax: two('add'), timing: 'alu',
    operation: (b, { d, r }) => addTo(b, d, b.reg(d), b.reg(r), 0),
  }),
  row('ADC', {
    encoding: '0001 11rd dddd rrrr', operands: TWO, syntax: two('adc'), timing: 'alu',
    operation: (b, { d, r }) => addTo(b, d, b.reg(d), b.reg(r), b.flag('C')),
  }),
  row('ADIW', {
    encoding: '1001 0110 KKdd KKKK', operands: { d: (f) => 24 + 2 * f.d, K: 'K' }, syntax: (f) => `adiw r${24 + 2 * f.d}, ${hex2(f.K)}`, timing: 'word',
    operation: (b, { d, K }) => {
      const before = pair(b, d);
      const sum = b.add(before, K);
      const result = b.and(sum, 0xffff);
      setPair(b, d, result);
      setWordFlags(b, result, b.shrU(b.and(result, b.not(before)), 8), b.shrU(sum, 16));
    },
  }),
  row('SUB', {
    encoding: '0001 10rd dddd rrrr', operands: TWO, syntax: two('sub'), timing: 'alu',
    operation: (b, { d, r }) => b.setReg(d, subtract(b, b.reg(d), b.reg(r), 0, false)),
  }),
  row('SUBI', {
    encoding: '0101 KKKK dddd KKKK', operands: IMMEDIATE, syntax: immediate('subi'), timing: 'alu',
    operation: (b, { d, K }) => b.setReg(d, subtract(b, b.reg(d), K, 0, false)),
  }),
  row('SBC', {
    encoding: '0000 10rd dddd rrrr', operands: TWO, syntax: two('sbc'), timing: 'alu',
    operation: (b, { d, r }) => b.setReg(d, subtract(b, b.reg(d), b.reg(r), b.flag('C'), true)),
  }),
  row('SBCI', {
    encoding: '0100 KKKK dddd KKKK', operands: IMMEDIATE, syntax: immediate('sbci'), timing: 'alu',
    operation: (b, { d, K }) => b.setReg(d, subtract(b, b.reg(d), K, b.flag('C'), true)),
  }),
  row('SBIW', {
    encoding: '1001 0111 KKdd KKKK', operands: { d: (f) => 24 + 2 * f.d, K: 'K' }, syntax: (f) => `sbiw r${24 + 2 * f.d}, ${hex2(f.K)}`, timing: 'word',
    operation: (b, { d, K }) => {
      const before = pair(b, d);
      const difference = b.sub(before, K);
      const result = b.and(difference, 0xffff);
      setPair(b, d, result);
      setWordFlags(b, result, b.shrU(b.and(before, b.not(result)), 8), b.shrU(difference, 31));
    },
  }),
  row('AND', {
    encoding: '0010 00rd dddd rrrr', operands: TWO, syntax: two('and'), timing: 'alu',
    operation: (b, { d, r }) => logic(b, d, b.and(b.reg(d), b.reg(r))),
  }),
  row('ANDI', {
    encoding: '0111 KKKK dddd KKKK', operands: IMMEDIATE, syntax: immediate('andi'), timing: 'alu',
    operation: (b, { d, K }) => logic(b, d, b.and(b.reg(d), K)),
  }),
  row('OR', {
    encoding: '0010 10rd dddd rrrr', operands: TWO, syntax: two('or'), timing: 'alu',
    operation: (b, { d, r }) => logic(b, d, b.or(b.reg(d), b.reg(r))),
  }),
  row('ORI', {
    encoding: '0110 KKKK dddd KKKK', operands: IMMEDIATE, syntax: immediate('ori'), timing: 'alu',
    operation: (b, { d, K }) => logic(b, d, b.or(b.reg(d), K)),
  }),
  row('EOR', {
    encoding: '0010 01rd dddd rrrr', operands: TWO, syntax: two('eor'), timing: 'alu',
    operation: (b, { d, r }) => logic(b, d, b.xor(b.reg(d), b.reg(r))),
  }),
  row('COM', {
    encoding: '1001 010d dddd 0000', operands: { d: 'd' }, syntax: one('com'), timing: 'alu',
    operation: (b, { d }) => {
      logic(b, d, b.xor(b.reg(d), 0xff));
      b.setC(1);
    },
  }),
  row('NEG', {
    encoding: '1001 010d dddd 0001', operands: { d: 'd' }, syntax: one('neg'), timing: 'alu',
    operation: (b, { d }) => b.setReg(d, subtract(b, 0, b.reg(d), 0, false)),
  }),
  row('INC', {
    encoding: '1001 010d dddd 0011', operands: { d: 'd' }, syntax: one('inc'), timing: 'alu',
    operation: (b, { d }) => {
      const before = b.reg(d);
      const result = b.and(b.add(before, 1), 0xff);
      const V = b.and(result, b.not(before));
      b.setReg(d, result);
      b.setZ(result);
      b.setN(result);
      b.setV(V);
      b.setS(b.xor(result, V));
    },
  }),
  row('DEC', {
    encoding: '1001 010d dddd 1010', operands: { d: 'd' }, syntax: one('dec'), timing: 'alu',
    operation: (b, { d }) => {
      const before = b.reg(d);
      const result = b.and(b.sub(before, 1), 0xff);
      const V = b.and(before, b.not(result));
      b.setReg(d, result);
      b.setZ(result);
      b.setN(result);
      b.setV(V);
      b.setS(b.xor(result, V));
    },
  }),
  row('MUL', {
    encoding: '1001 11rd dddd rrrr', operands: TWO, syntax: two('mul'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.reg(d), b.reg(r)), false),
  }),
  row('MULS', {
    encoding: '0000 0010 dddd rrrr', operands: SHORT, syntax: short('muls'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.signExtend8(b.reg(d)), b.signExtend8(b.reg(r))), false),
  }),
  row('MULSU', {
    encoding: '0000 0011 0ddd 0rrr', operands: SHORT, syntax: short('mulsu'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.signExtend8(b.reg(d)), b.reg(r)), false),
  }),
  row('FMUL', {
    encoding: '0000 0011 0ddd 1rrr', operands: SHORT, syntax: short('fmul'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.reg(d), b.reg(r)), true),
  }),
  row('FMULS', {
    encoding: '0000 0011 1ddd 0rrr', operands: SHORT, syntax: short('fmuls'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.signExtend8(b.reg(d)), b.signExtend8(b.reg(r))), true),
  }),
  row('FMULSU', {
    encoding: '0000 0011 1ddd 1rrr', operands: SHORT, syntax: short('fmulsu'), timing: 'mul',
    operation: (b, { d, r }) => setProduct(b, b.mul(b.signExtend8(b.reg(d)), b.reg(r)), true),
  }),
  row('DES', {
    encoding: '1001 0100 KKKK 1011', feature: 'xmega', syntax: (f) => `des ${f.K}`, timing: 'alu',
    operation: () => {},
  }),
  // The comparisons stand among the branches in the manual's table, but are subtractions without a result.
  row('CP', {
    encoding: '0001 01rd dddd rrrr', operands: TWO, syntax: two('cp'), timing: 'alu',
    operation: (b, { d, r }) => void subtract(b, b.reg(d), b.reg(r), 0, false),
  }),
  row('CPC', {
    encoding: '0000 01rd dddd rrrr', operands: TWO, syntax: two('cpc'), timing: 'alu',
    operation: (b, { d, r }) => void subtract(b, b.reg(d), b.reg(r), b.flag('C'), true),
  }),
  row('CPI', {
    encoding: '0011 KKKK dddd KKKK', operands: IMMEDIATE, syntax: immediate('cpi'), timing: 'alu',
    operation: (b, { d, K }) => void subtract(b, b.reg(d), K, 0, false),
  }),
];
