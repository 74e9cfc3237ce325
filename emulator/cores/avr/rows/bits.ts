/** Bits, and control of the core. Source: AVR Instruction Set Manual DS40002198B, tables "Bit and Bit-Test Instructions" and "MCU Control Instructions". */
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import { BIT, choice, hex2, IO_ADDRESS, row, type AvrRow } from './common.js';

/** LSR, ROR, ASR: the bit that falls out goes to C; V = N xor C, so S is C again. @param top bit 7 of the result, in its place */
function shiftRight(b: AvrBuilder, d: Value, before: Value, top: Value): void {
  const result = b.or(b.shrU(before, 1), top);
  const out = b.and(before, 1);
  const outInBit7 = b.shl(out, 7);
  b.setReg(d, result);
  b.setC(out);
  b.setZ(result);
  b.setN(result);
  b.setV(b.xor(result, outInBit7));
  b.setS(outInBit7);
}

/** Bits that stand for a set flag; see the builder. */
const SET = { Z: 0, NVS: 0x80, H: 0x10 } as const;

function setFlag(b: AvrBuilder, s: number, isSet: boolean): void {
  switch (s) {
    case 0: return b.setC(isSet ? 1 : 0);
    case 1: return b.setZ(isSet ? SET.Z : 1);
    case 2: return b.setN(isSet ? SET.NVS : 0);
    case 3: return b.setV(isSet ? SET.NVS : 0);
    case 4: return b.setS(isSet ? SET.NVS : 0);
    case 5: return b.setH(isSet ? SET.H : 0);
    case 6: return b.setT(isSet ? 1 : 0);
    default: return isSet ? b.do('EnableInterrupts') : b.clearI();
  }
}

const SET_FLAG = ['sec', 'sez', 'sen', 'sev', 'ses', 'seh', 'set', 'sei'];
const CLEAR_FLAG = ['clc', 'clz', 'cln', 'clv', 'cls', 'clh', 'clt', 'cli'];

export const BIT_ROWS: readonly AvrRow[] = [
  row('LSR', {
    encoding: '1001 010d dddd 0110', operands: { d: 'd' }, syntax: (f) => `lsr r${f.d}`, timing: 'alu',
    operation: (b, { d }) => shiftRight(b, d, b.reg(d), 0),
  }),
  row('ROR', {
    encoding: '1001 010d dddd 0111', operands: { d: 'd' }, syntax: (f) => `ror r${f.d}`, timing: 'alu',
    operation: (b, { d }) => shiftRight(b, d, b.reg(d), b.shl(b.flag('C'), 7)),
  }),
  row('ASR', {
    encoding: '1001 010d dddd 0101', operands: { d: 'd' }, syntax: (f) => `asr r${f.d}`, timing: 'alu',
    operation: (b, { d }) => {
      const before = b.reg(d);
      shiftRight(b, d, before, b.and(before, 0x80));
    },
  }),
  row('SWAP', {
    encoding: '1001 010d dddd 0010', operands: { d: 'd' }, syntax: (f) => `swap r${f.d}`, timing: 'alu',
    operation: (b, { d }) => {
      const before = b.reg(d);
      b.setReg(d, b.or(b.shrU(before, 4), b.and(b.shl(before, 4), 0xf0)));
    },
  }),
  row('SBI', {
    encoding: '1001 1010 AAAA Abbb', operands: { A: IO_ADDRESS, mask: BIT }, syntax: (f) => `sbi ${hex2(f.A)}, ${f.b}`, timing: 'bitIO',
    operation: (b, { A, mask }) => b.storeIOBits(A, mask, 1),
  }),
  row('CBI', {
    encoding: '1001 1000 AAAA Abbb', operands: { A: IO_ADDRESS, mask: BIT }, syntax: (f) => `cbi ${hex2(f.A)}, ${f.b}`, timing: 'bitIO',
    operation: (b, { A, mask }) => b.storeIOBits(A, mask, 0),
  }),
  row('BST', {
    encoding: '1111 101d dddd 0bbb', operands: { d: 'd', b: 'b' }, syntax: (f) => `bst r${f.d}, ${f.b}`, timing: 'alu',
    operation: (b, { d, b: bit }) => b.setT(b.and(b.shrU(b.reg(d), bit), 1)),
  }),
  row('BLD', {
    encoding: '1111 100d dddd 0bbb', operands: { d: 'd', b: 'b' }, syntax: (f) => `bld r${f.d}, ${f.b}`, timing: 'alu',
    operation: (b, { d, b: bit }) => b.setReg(d, b.or(b.and(b.reg(d), b.not(b.shl(1, bit))), b.shl(b.flag('T'), bit))),
  }),
  row('BSET', {
    encoding: '1001 0100 0sss 1000', choices: { s: choice('s', 8) }, syntax: (f) => SET_FLAG[f.s], timing: 'alu',
    operation: (b, _, { s }) => setFlag(b, s, true),
  }),
  row('BCLR', {
    encoding: '1001 0100 1sss 1000', choices: { s: choice('s', 8) }, syntax: (f) => CLEAR_FLAG[f.s], timing: 'alu',
    operation: (b, _, { s }) => setFlag(b, s, false),
  }),
  row('BREAK', { encoding: '1001 0101 1001 1000', syntax: 'break', timing: 'control', operation: (b) => b.do('BREAK') }),
  row('NOP', { encoding: '0000 0000 0000 0000', syntax: 'nop', timing: 'control', operation: () => {} }),
  row('SLEEP', { encoding: '1001 0101 1000 1000', syntax: 'sleep', timing: 'control', operation: (b) => b.do('SLEEP') }),
  row('WDR', { encoding: '1001 0101 1010 1000', syntax: 'wdr', timing: 'control', operation: (b) => b.do('WDR') }),
];
