/**
 * Floating-point arithmetic of FPv4-SP and FPv5. Source: Armv7-M ARM (DDI 0403E), A7.7.225 to A7.7.262, in its order.
 * Timing classes: Cortex-M4 TRM (DDI 0439), table 7-1; those ending in 64 are double precision, which only the
 * Cortex-M7 has.
 */
import type { Builder, Value } from '../../../isa/builder.js';
import { instruction, type Instruction } from '../../../isa/instruction.js';
import { accumulating, ofDoubles, ofOne, ofTwo, SIGN, Sd, text, threeDoubles, threeSingles, twoDoubles, twoSingles } from './floating-point-operands.js';

const negate = (b: Builder, x: Value): Value => b.xor(x, SIGN);
const multiply = (b: Builder, n: Value, m: Value): Value => b.call('FPMul32', n, m);

const ARITHMETIC_SINGLE: readonly Instruction[] = [
  instruction('VABS.F32 T1', {
    encoding: '1110 1110 1D11 0000 dddd 1010 11M0 mmmm', feature: 'fpv4-sp', timing: 'vabs',
    operands: twoSingles, syntax: text('VABS.F32 {Sd}, {Sm}'),
    operation: ofOne((b, m) => b.and(m, 0x7fff_ffff)),
  }),
  instruction('VADD.F32 T1', {
    encoding: '1110 1110 0D11 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vadd',
    operands: threeSingles, syntax: text('VADD.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => b.call('FPAdd32', n, m)),
  }),
  instruction('VDIV.F32 T1', {
    encoding: '1110 1110 1D00 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vdiv',
    operands: threeSingles, syntax: text('VDIV.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => b.call('FPDiv32', n, m)),
  }),
  instruction('VFMA.F32 T1', {
    encoding: '1110 1110 1D10 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vfma',
    operands: threeSingles, syntax: text('VFMA.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPMulAdd32', d, n, m)),
  }),
  instruction('VFMS.F32 T1', {
    encoding: '1110 1110 1D10 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vfma',
    operands: threeSingles, syntax: text('VFMS.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPMulAdd32', d, negate(b, n), m)),
  }),
  instruction('VFNMA.F32 T1', {
    encoding: '1110 1110 1D01 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vfma',
    operands: threeSingles, syntax: text('VFNMA.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPMulAdd32', negate(b, d), negate(b, n), m)),
  }),
  instruction('VFNMS.F32 T1', {
    encoding: '1110 1110 1D01 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vfma',
    operands: threeSingles, syntax: text('VFNMS.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPMulAdd32', negate(b, d), n, m)),
  }),
  instruction('VMAXNM.F32 T1', {
    encoding: '1111 1110 1D00 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv5-sp', timing: 'vmaxnm',
    operands: threeSingles, syntax: text('VMAXNM.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => b.call('FPMaxNum32', n, m)),
  }),
  instruction('VMINNM.F32 T1', {
    encoding: '1111 1110 1D00 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv5-sp', timing: 'vmaxnm',
    operands: threeSingles, syntax: text('VMINNM.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => b.call('FPMinNum32', n, m)),
  }),
  instruction('VMLA.F32 T1', {
    encoding: '1110 1110 0D00 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vmla',
    operands: threeSingles, syntax: text('VMLA.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPAdd32', d, multiply(b, n, m))),
  }),
  instruction('VMLS.F32 T1', {
    encoding: '1110 1110 0D00 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vmla',
    operands: threeSingles, syntax: text('VMLS.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPAdd32', d, negate(b, multiply(b, n, m)))),
  }),
  instruction('VMUL.F32 T1', {
    encoding: '1110 1110 0D10 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vmul',
    operands: threeSingles, syntax: text('VMUL.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo(multiply),
  }),
  instruction('VNEG.F32 T1', {
    encoding: '1110 1110 1D11 0001 dddd 1010 01M0 mmmm', feature: 'fpv4-sp', timing: 'vneg',
    operands: twoSingles, syntax: text('VNEG.F32 {Sd}, {Sm}'),
    operation: ofOne(negate),
  }),
  instruction('VNMLA.F32 T1', {
    encoding: '1110 1110 0D01 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vmla',
    operands: threeSingles, syntax: text('VNMLA.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPAdd32', negate(b, d), negate(b, multiply(b, n, m)))),
  }),
  instruction('VNMLS.F32 T1', {
    encoding: '1110 1110 0D01 nnnn dddd 1010 N0M0 mmmm', feature: 'fpv4-sp', timing: 'vmla',
    operands: threeSingles, syntax: text('VNMLS.F32 {Sd}, {Sn}, {Sm}'),
    operation: accumulating((b, d, n, m) => b.call('FPAdd32', negate(b, d), multiply(b, n, m))),
  }),
  instruction('VNMUL.F32 T2', {
    encoding: '1110 1110 0D10 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vmul',
    operands: threeSingles, syntax: text('VNMUL.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => negate(b, multiply(b, n, m))),
  }),
  instruction('VSQRT.F32 T1', {
    encoding: '1110 1110 1D11 0001 dddd 1010 11M0 mmmm', feature: 'fpv4-sp', timing: 'vsqrt',
    operands: twoSingles, syntax: text('VSQRT.F32 {Sd}, {Sm}'),
    operation: ofOne((b, m) => b.call('FPSqrt32', m)),
  }),
  instruction('VSUB.F32 T1', {
    encoding: '1110 1110 0D11 nnnn dddd 1010 N1M0 mmmm', feature: 'fpv4-sp', timing: 'vsub',
    operands: threeSingles, syntax: text('VSUB.F32 {Sd}, {Sn}, {Sm}'),
    operation: ofTwo((b, n, m) => b.call('FPSub32', n, m)),
  }),
];

/** Double-precision arithmetic of three registers: the same encodings with sz = 1. */
function triple(mnemonic: string, encoding: string, timing: string, helper: string): Instruction {
  return instruction(`${mnemonic}.F64 T1`, {
    encoding, feature: 'fpv5-dp', timing,
    operands: threeDoubles, syntax: text(`${mnemonic}.F64 {Dd}, {Dn}, {Dm}`),
    operation: ofDoubles(helper),
  });
}

function pair(mnemonic: string, encoding: string, timing: string, helper: string): Instruction {
  return instruction(`${mnemonic}.F64 T1`, {
    encoding, feature: 'fpv5-dp', timing,
    operands: twoDoubles, syntax: text(`${mnemonic}.F64 {Dd}, {Dm}`),
    operation: (b, { d, m }) => {
      b.do('ExecuteFPCheck');
      b.do(helper, d, m);
    },
  });
}

const ARITHMETIC_DOUBLE: readonly Instruction[] = [
  pair('VABS',     '1110 1110 1011 0000 dddd 1011 1100 mmmm', 'vabs64',   'FPAbs64'),
  triple('VADD',   '1110 1110 0011 nnnn dddd 1011 0000 mmmm', 'vadd64',   'FPAdd64'),
  triple('VDIV',   '1110 1110 1000 nnnn dddd 1011 0000 mmmm', 'vdiv64',   'FPDiv64'),
  triple('VFMA',   '1110 1110 1010 nnnn dddd 1011 0000 mmmm', 'vfma64',   'VFMA64'),
  triple('VFMS',   '1110 1110 1010 nnnn dddd 1011 0100 mmmm', 'vfma64',   'VFMS64'),
  triple('VFNMA',  '1110 1110 1001 nnnn dddd 1011 0100 mmmm', 'vfma64',   'VFNMA64'),
  triple('VFNMS',  '1110 1110 1001 nnnn dddd 1011 0000 mmmm', 'vfma64',   'VFNMS64'),
  triple('VMAXNM', '1111 1110 1000 nnnn dddd 1011 0000 mmmm', 'vmaxnm64', 'FPMaxNum64'),
  triple('VMINNM', '1111 1110 1000 nnnn dddd 1011 0100 mmmm', 'vmaxnm64', 'FPMinNum64'),
  triple('VMLA',   '1110 1110 0000 nnnn dddd 1011 0000 mmmm', 'vmla64',   'VMLA64'),
  triple('VMLS',   '1110 1110 0000 nnnn dddd 1011 0100 mmmm', 'vmla64',   'VMLS64'),
  triple('VMUL',   '1110 1110 0010 nnnn dddd 1011 0000 mmmm', 'vmul64',   'FPMul64'),
  pair('VNEG',     '1110 1110 1011 0001 dddd 1011 0100 mmmm', 'vneg64',   'FPNeg64'),
  triple('VNMLA',  '1110 1110 0001 nnnn dddd 1011 0100 mmmm', 'vmla64',   'VNMLA64'),
  triple('VNMLS',  '1110 1110 0001 nnnn dddd 1011 0000 mmmm', 'vmla64',   'VNMLS64'),
  triple('VNMUL',  '1110 1110 0010 nnnn dddd 1011 0100 mmmm', 'vmul64',   'VNMUL64'),
  pair('VSQRT',    '1110 1110 1011 0001 dddd 1011 1100 mmmm', 'vsqrt64',  'FPSqrt64'),
  triple('VSUB',   '1110 1110 0011 nnnn dddd 1011 0100 mmmm', 'vsub64',   'FPSub64'),
];

/** `E` is a fixed bit of each row: VCMPE makes quiet NaNs invalid too. */
function comparison(quietIsInvalid: 0 | 1): readonly Instruction[] {
  const mnemonic = quietIsInvalid ? 'VCMPE' : 'VCMP';
  return [
    instruction(`${mnemonic}.F32 T1`, {
      encoding: `1110 1110 1D11 0100 dddd 1010 ${quietIsInvalid}1M0 mmmm`, feature: 'fpv4-sp', timing: 'vcmp',
      operands: twoSingles, syntax: text(`${mnemonic}.F32 {Sd}, {Sm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FPCompare32', b.sreg(d), b.sreg(m), quietIsInvalid);
      },
    }),
    instruction(`${mnemonic}.F32 T2`, {
      encoding: `1110 1110 1D11 0101 dddd 1010 ${quietIsInvalid}1(0)0 (0)(0)(0)(0)`, feature: 'fpv4-sp', timing: 'vcmp',
      operands: { d: Sd }, syntax: text(`${mnemonic}.F32 {Sd}, #0.0`),
      operation: (b, { d }) => {
        b.do('ExecuteFPCheck');
        b.do('FPCompare32', b.sreg(d), 0, quietIsInvalid);
      },
    }),
    instruction(`${mnemonic}.F64 T1`, {
      encoding: `1110 1110 1011 0100 dddd 1011 ${quietIsInvalid}100 mmmm`, feature: 'fpv5-dp', timing: 'vcmp64',
      operands: twoDoubles, syntax: text(`${mnemonic}.F64 {Dd}, {Dm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FPCompare64', d, m, quietIsInvalid);
      },
    }),
    instruction(`${mnemonic}.F64 T2`, {
      encoding: `1110 1110 1011 0101 dddd 1011 ${quietIsInvalid}1(0)0 (0)(0)(0)(0)`, feature: 'fpv5-dp', timing: 'vcmp64',
      operands: { d: 'd' }, syntax: text(`${mnemonic}.F64 {Dd}, #0.0`),
      operation: (b, { d }) => {
        b.do('ExecuteFPCheck');
        b.do('FPCompareZero64', d, quietIsInvalid);
      },
    }),
  ];
}

/** VSEL's two bits name the condition that a branch writes as EQ, VS, GE, GT. */
const SELECTIONS = [['EQ', 0b0000], ['VS', 0b0110], ['GE', 0b1010], ['GT', 0b1100]] as const;

function selection(bits: string, name: string, condition: number): readonly Instruction[] {
  return [
    instruction(`VSEL${name}.F32 T1`, {
      encoding: `1111 1110 0D${bits} nnnn dddd 1010 N0M0 mmmm`, feature: 'fpv5-sp', timing: 'vsel',
      operands: threeSingles, syntax: text(`VSEL${name}.F32 {Sd}, {Sn}, {Sm}`),
      operation: ofTwo((b, n, m) => b.select(b.condition(condition), n, m)),
    }),
    instruction(`VSEL${name}.F64 T1`, {
      encoding: `1111 1110 00${bits} nnnn dddd 1011 0000 mmmm`, feature: 'fpv5-dp', timing: 'vsel64',
      operands: threeDoubles, syntax: text(`VSEL${name}.F64 {Dd}, {Dn}, {Dm}`),
      operation: (b, { d, n, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FPMove64', d, b.select(b.condition(condition), n, m));
      },
    }),
  ];
}

export const FP_ARITHMETIC: readonly Instruction[] = [
  ...ARITHMETIC_SINGLE,
  ...ARITHMETIC_DOUBLE,
  ...comparison(0),
  ...comparison(1),
  ...SELECTIONS.flatMap(([name, condition], bits) => selection(bits.toString(2).padStart(2, '0'), name, condition)),
];
