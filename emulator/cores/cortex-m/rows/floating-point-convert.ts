/**
 * Conversions and roundings of FPv4-SP and FPv5. Source: Armv7-M ARM (DDI 0403E), A7.7.228 to A7.7.233 and A7.7.255 to
 * A7.7.257. Timing class `vcvt`: Cortex-M4 TRM (DDI 0439), table 7-1; `vcvt64` and `vrint64` are Cortex-M7 only.
 */
import { BY_FPSCR } from '../../../isa/float/convert.js';
import { Rounding } from '../../../isa/float/fpscr.js';
import { instruction, type Fields, type Instruction } from '../../../isa/instruction.js';
import { ofOne, Sd, Sm, text, twoDoubles, twoSingles } from './floating-point-operands.js';

/** A single to or from a double: one S and one D register. */
const singleFromDouble = { d: Sd, m: 'm' } as const;
const doubleFromSingle = { d: 'd', m: Sm } as const;

/** VCVT, VCVTR and VCVTA, N, P, M to a 32-bit integer: one row per precision. */
function toInteger(mnemonic: string, encoding: string, isSigned: boolean, mode: number, feature: string): readonly Instruction[] {
  const type = isSigned ? 'S32' : 'U32';
  const unsigned = isSigned ? 0 : 1;
  return [
    instruction(`${mnemonic}.${type}.F32 T1`, {
      encoding: encoding.replace('101z', '1010'), feature, timing: 'vcvt',
      operands: twoSingles, syntax: text(`${mnemonic}.${type}.F32 {Sd}, {Sm}`),
      operation: ofOne((b, m) => b.call('FPToFixed32', m, 32, 0, unsigned, mode)),
    }),
    instruction(`${mnemonic}.${type}.F64 T1`, {
      encoding: encoding.replace('101z', '1011').replace('M', '0'), feature: 'fpv5-dp', timing: 'vcvt64',
      operands: singleFromDouble, syntax: text(`${mnemonic}.${type}.F64 {Sd}, {Dm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.setSreg(d, b.call('FPToFixed64', m, 32, 0, unsigned, mode));
      },
    }),
  ];
}

function fromInteger(isSigned: boolean): readonly Instruction[] {
  const type = isSigned ? 'S32' : 'U32';
  const unsigned = isSigned ? 0 : 1;
  return [
    instruction(`VCVT.F32.${type} T1`, {
      encoding: `1110 1110 1D11 1000 dddd 1010 ${1 - unsigned}1M0 mmmm`, feature: 'fpv4-sp', timing: 'vcvt',
      operands: twoSingles, syntax: text(`VCVT.F32.${type} {Sd}, {Sm}`),
      operation: ofOne((b, m) => b.call('FixedToFP32', m, 32, 0, unsigned, BY_FPSCR)),
    }),
    instruction(`VCVT.F64.${type} T1`, {
      encoding: `1110 1110 1011 1000 dddd 1011 ${1 - unsigned}1M0 mmmm`, feature: 'fpv5-dp', timing: 'vcvt64',
      operands: doubleFromSingle, syntax: text(`VCVT.F64.${type} {Dd}, {Sm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FixedToFP64', d, b.sreg(m), 32, 0, unsigned);
      },
    }),
  ];
}

/** Fixed point in place. imm4:i counts integer bits down from the size; more than that is UNPREDICTABLE. */
function fixedPoint(size: 16 | 32, isSigned: boolean): readonly Instruction[] {
  const type = `${isSigned ? 'S' : 'U'}${size}`;
  const unsigned = isSigned ? 0 : 1;
  const sx = size === 32 ? 1 : 0;
  const fractionBits = (f: Fields): number => size - ((f.j << 1) | f.i);
  const unpredictable = (f: Fields): boolean => fractionBits(f) < 0;
  const syntax = (types: string, register: string) => (f: Fields, address: number): string =>
    text(`VCVT.${types} {${register}}, {${register}}, `)(f, address) + `#${fractionBits(f)}`;
  const single = { feature: 'fpv4-sp', timing: 'vcvt', operands: { d: Sd, fractionBits }, unpredictable };
  const double = { feature: 'fpv5-dp', timing: 'vcvt64', operands: { d: 'd', fractionBits }, unpredictable };
  return [
    instruction(`VCVT.F32.${type} (fixed-point) T1`, {
      encoding: `1110 1110 1D11 101${unsigned} dddd 1010 ${sx}1i0 jjjj`, ...single, syntax: syntax(`F32.${type}`, 'Sd'),
      operation: (b, { d, fractionBits }) => {
        b.do('ExecuteFPCheck');
        b.setSreg(d, b.call('FixedToFP32', b.sreg(d), size, fractionBits, unsigned, Rounding.RN));
      },
    }),
    instruction(`VCVT.${type}.F32 (fixed-point) T1`, {
      encoding: `1110 1110 1D11 111${unsigned} dddd 1010 ${sx}1i0 jjjj`, ...single, syntax: syntax(`${type}.F32`, 'Sd'),
      operation: (b, { d, fractionBits }) => {
        b.do('ExecuteFPCheck');
        b.setSreg(d, b.call('FPToFixed32', b.sreg(d), size, fractionBits, unsigned, Rounding.RZ));
      },
    }),
    instruction(`VCVT.F64.${type} (fixed-point) T1`, {
      encoding: `1110 1110 1011 101${unsigned} dddd 1011 ${sx}1i0 jjjj`, ...double, syntax: syntax(`F64.${type}`, 'Dd'),
      operation: (b, { d, fractionBits }) => {
        b.do('ExecuteFPCheck');
        b.do('FixedToFP64', d, b.sreg(b.shl(d, 1)), size, fractionBits, unsigned);
      },
    }),
    instruction(`VCVT.${type}.F64 (fixed-point) T1`, {
      encoding: `1110 1110 1011 111${unsigned} dddd 1011 ${sx}1i0 jjjj`, ...double, syntax: syntax(`${type}.F64`, 'Dd'),
      operation: (b, { d, fractionBits }) => {
        b.do('ExecuteFPCheck');
        b.do('FPToFixedInDouble', d, size, fractionBits, unsigned);
      },
    }),
  ];
}

/** VCVTB and VCVTT: half precision in the bottom or top half of a single; the other half is kept. */
function halfPrecision(isTop: boolean): readonly Instruction[] {
  const mnemonic = isTop ? 'VCVTT' : 'VCVTB';
  const T = isTop ? 1 : 0;
  const lane = isTop ? 16 : 0;
  const kept = isTop ? 0x0000_ffff : 0xffff_0000 | 0;
  return [
    instruction(`${mnemonic}.F32.F16 T1`, {
      encoding: `1110 1110 1D11 0010 dddd 1010 ${T}1M0 mmmm`, feature: 'fpv4-sp', timing: 'vcvt',
      operands: twoSingles, syntax: text(`${mnemonic}.F32.F16 {Sd}, {Sm}`),
      operation: ofOne((b, m) => b.call('FPHalfToSingle', b.and(b.shrU(m, lane), 0xffff))),
    }),
    instruction(`${mnemonic}.F16.F32 T1`, {
      encoding: `1110 1110 1D11 0011 dddd 1010 ${T}1M0 mmmm`, feature: 'fpv4-sp', timing: 'vcvt',
      operands: twoSingles, syntax: text(`${mnemonic}.F16.F32 {Sd}, {Sm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        const half = b.call('FPSingleToHalf', b.sreg(m));
        b.setSreg(d, b.or(b.and(b.sreg(d), kept), b.shl(half, lane)));
      },
    }),
    instruction(`${mnemonic}.F64.F16 T1`, {
      encoding: `1110 1110 1011 0010 dddd 1011 ${T}1M0 mmmm`, feature: 'fpv5-dp', timing: 'vcvt64',
      operands: doubleFromSingle, syntax: text(`${mnemonic}.F64.F16 {Dd}, {Sm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FPHalfToDouble', d, b.and(b.shrU(b.sreg(m), lane), 0xffff));
      },
    }),
    instruction(`${mnemonic}.F16.F64 T1`, {
      encoding: `1110 1110 1D11 0011 dddd 1011 ${T}100 mmmm`, feature: 'fpv5-dp', timing: 'vcvt64',
      operands: singleFromDouble, syntax: text(`${mnemonic}.F16.F64 {Sd}, {Dm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        const half = b.call('FPDoubleToHalf', m);
        b.setSreg(d, b.or(b.and(b.sreg(d), kept), b.shl(half, lane)));
      },
    }),
  ];
}

const BETWEEN_PRECISIONS: readonly Instruction[] = [
  instruction('VCVT.F64.F32 T1', {
    encoding: '1110 1110 1011 0111 dddd 1010 11M0 mmmm', feature: 'fpv5-dp', timing: 'vcvt64',
    operands: doubleFromSingle, syntax: text('VCVT.F64.F32 {Dd}, {Sm}'),
    operation: (b, { d, m }) => {
      b.do('ExecuteFPCheck');
      b.do('FPSingleToDouble', d, b.sreg(m));
    },
  }),
  instruction('VCVT.F32.F64 T1', {
    encoding: '1110 1110 1D11 0111 dddd 1011 1100 mmmm', feature: 'fpv5-dp', timing: 'vcvt64',
    operands: singleFromDouble, syntax: text('VCVT.F32.F64 {Sd}, {Dm}'),
    operation: (b, { d, m }) => {
      b.do('ExecuteFPCheck');
      b.setSreg(d, b.call('FPDoubleToSingle', m));
    },
  }),
];

/** VRINT; `exact` asks for IXC when the value changes. */
function roundings(mnemonic: string, encoding: string, mode: number, exact: 0 | 1): readonly Instruction[] {
  return [
    instruction(`${mnemonic}.F32 T1`, {
      encoding: encoding.replace('101z', '1010'), feature: 'fpv5-sp', timing: 'vrint',
      operands: twoSingles, syntax: text(`${mnemonic}.F32 {Sd}, {Sm}`),
      operation: ofOne((b, m) => b.call('FPRoundInt32', m, mode, exact)),
    }),
    instruction(`${mnemonic}.F64 T1`, {
      encoding: encoding.replace('101z', '1011').replace('D', '0').replace('M', '0'), feature: 'fpv5-dp', timing: 'vrint64',
      operands: twoDoubles, syntax: text(`${mnemonic}.F64 {Dd}, {Dm}`),
      operation: (b, { d, m }) => {
        b.do('ExecuteFPCheck');
        b.do('FPRoundInt64', d, m, mode, exact);
      },
    }),
  ];
}

/** The RM field of VCVTA, N, P, M and VRINTA, N, P, M. */
const DIRECTED = [['A', '00', Rounding.RA], ['N', '01', Rounding.RN], ['P', '10', Rounding.RP], ['M', '11', Rounding.RM]] as const;

export const FP_CONVERSIONS: readonly Instruction[] = [
  ...DIRECTED.flatMap(([letter, RM, mode]) => [
    ...toInteger(`VCVT${letter}`, `1111 1110 1D11 11${RM} dddd 101z 01M0 mmmm`, false, mode, 'fpv5-sp'),
    ...toInteger(`VCVT${letter}`, `1111 1110 1D11 11${RM} dddd 101z 11M0 mmmm`, true, mode, 'fpv5-sp'),
    ...roundings(`VRINT${letter}`, `1111 1110 1D11 10${RM} dddd 101z 01M0 mmmm`, mode, 0),
  ]),
  ...toInteger('VCVTR', '1110 1110 1D11 1100 dddd 101z 01M0 mmmm', false, BY_FPSCR, 'fpv4-sp'),
  ...toInteger('VCVT', '1110 1110 1D11 1100 dddd 101z 11M0 mmmm', false, Rounding.RZ, 'fpv4-sp'),
  ...toInteger('VCVTR', '1110 1110 1D11 1101 dddd 101z 01M0 mmmm', true, BY_FPSCR, 'fpv4-sp'),
  ...toInteger('VCVT', '1110 1110 1D11 1101 dddd 101z 11M0 mmmm', true, Rounding.RZ, 'fpv4-sp'),
  ...fromInteger(false),
  ...fromInteger(true),
  ...[16, 32].flatMap((size) => [true, false].flatMap((isSigned) => fixedPoint(size as 16 | 32, isSigned))),
  ...BETWEEN_PRECISIONS,
  ...halfPrecision(false),
  ...halfPrecision(true),
  ...roundings('VRINTX', '1110 1110 1D11 0111 dddd 101z 01M0 mmmm', BY_FPSCR, 1),
  ...roundings('VRINTZ', '1110 1110 1D11 0110 dddd 101z 11M0 mmmm', Rounding.RZ, 0),
  ...roundings('VRINTR', '1110 1110 1D11 0110 dddd 101z 01M0 mmmm', BY_FPSCR, 0),
];
