/**
 * Multiply and divide.
 * Source: Armv7-M ARM (DDI 0403E), A5.3.16 (multiply), A5.3.17 (long multiply, divide). Halfword and dual forms stand in dsp.ts.
 */
import { instruction, type Instruction } from '../../../isa/instruction.js';
import { isSPorPC, PC, reg } from './common.js';

const badDNM = (f: Readonly<Record<string, number>>): boolean => isSPorPC(f.d) || isSPorPC(f.n) || isSPorPC(f.m);
const badLong = (f: Readonly<Record<string, number>>): boolean =>
  isSPorPC(f.l) || isSPorPC(f.h) || isSPorPC(f.n) || isSPorPC(f.m) || f.l === f.h;

const long = (name: string, opcode: string, isSigned: boolean, accumulate: boolean): Instruction =>
  instruction(`${name} T1`, {
    encoding: `11111011 1 ${opcode} nnnn llll hhhh 0000 mmmm`,
    feature: 'v7m', timing: accumulate ? 'mlal' : 'mull', unpredictable: badLong,
    operands: { RdLo: 'l', RdHi: 'h', Rn: 'n', Rm: 'm' },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.l)}, ${reg(f.h)}, ${reg(f.n)}, ${reg(f.m)}`,
    operation: (b, { RdLo, RdHi, Rn, Rm }) => {
      const [n, m] = [b.reg(Rn), b.reg(Rm)];
      const low = b.mul(n, m);
      const high = isSigned ? b.mulHighS(n, m) : b.mulHighU(n, m);
      if (!accumulate) {
        b.setReg(RdLo, low);
        b.setReg(RdHi, high);
        return;
      }
      const lowSum = b.add(low, b.reg(RdLo));
      const highSum = b.add(b.add(high, b.reg(RdHi)), b.ltU(lowSum, low));
      b.setReg(RdLo, lowSum);
      b.setReg(RdHi, highSum);
    },
  });

const divide = (name: 'SDIV' | 'UDIV', opcode: string): Instruction =>
  instruction(`${name} T1`, {
    encoding: `11111011 1 ${opcode} nnnn (1)(1)(1)(1) dddd 1111 mmmm`,
    feature: 'v7m', timing: 'div', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}`,
    operation: (b, { Rd, Rn, Rm }) => b.setReg(Rd, b.call(name, b.reg(Rn), b.reg(Rm))),
  });

export const MULTIPLY: readonly Instruction[] = [
  instruction('MUL T2', {
    encoding: '11111011 0000 nnnn 1111 dddd 0000 mmmm',
    feature: 'v7m', timing: 'mul', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' },
    syntax: (f) => `mul.w ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}`,
    operation: (b, { Rd, Rn, Rm }) => b.setReg(Rd, b.mul(b.reg(Rn), b.reg(Rm))),
  }),
  instruction('MLA T1', {
    encoding: '11111011 0000 nnnn aaaa dddd 0000 mmmm',
    feature: 'v7m', timing: 'mla', when: (f) => f.a !== PC, unpredictable: (f) => badDNM(f) || f.a === 13,
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' },
    syntax: (f) => `mla ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}, ${reg(f.a)}`,
    operation: (b, { Rd, Rn, Rm, Ra }) => b.setReg(Rd, b.add(b.mul(b.reg(Rn), b.reg(Rm)), b.reg(Ra))),
  }),
  instruction('MLS T1', {
    encoding: '11111011 0000 nnnn aaaa dddd 0001 mmmm',
    feature: 'v7m', timing: 'mla', unpredictable: (f) => badDNM(f) || isSPorPC(f.a),
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' },
    syntax: (f) => `mls ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}, ${reg(f.a)}`,
    operation: (b, { Rd, Rn, Rm, Ra }) => b.setReg(Rd, b.sub(b.reg(Ra), b.mul(b.reg(Rn), b.reg(Rm)))),
  }),
  long('SMULL', '000', true, false),
  long('UMULL', '010', false, false),
  long('SMLAL', '100', true, true),
  long('UMLAL', '110', false, true),
  divide('SDIV', '001'),
  divide('UDIV', '011'),
];
