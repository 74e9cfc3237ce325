/**
 * The DSP extension of Armv7E-M: halfword multiplies, dual multiplies, parallel and saturating arithmetic, packing.
 * Source: Armv7-M ARM (DDI 0403E), A5.3.13-A5.3.17, A5.3.3 (SSAT16, USAT16), A5.3.11 (PKH) and A7.7.
 */
import type { Builder, Value } from '../../../isa/builder.js';
import { instruction, type Fields, type Instruction } from '../../../isa/instruction.js';
import { isSPorPC, PC, reg, SP, shiftAmount, shiftC, shiftKind, shiftSuffix } from './common.js';

const badDNM = (f: Fields): boolean => isSPorPC(f.d) || isSPorPC(f.n) || isSPorPC(f.m);
const dnm = (name: string) => (f: Fields): string => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}`;

/** A halfword, sign-extended: 0 the bottom one, 1 the top one. */
const half = (b: Builder, x: Value, top: number): Value => (top ? b.shrS(x, 16) : b.signExtend16(x));

/** x + y with Q set on signed overflow; the result wraps. */
function addSettingQ(b: Builder, x: Value, y: Value): Value {
  const result = b.add(x, y);
  b.setQ(b.shrU(b.and(b.xor(x, result), b.xor(y, result)), 31));
  return result;
}

/** SignedSat(x + y, 32) or SignedSat(x - y, 32), setting Q. */
function saturating(b: Builder, x: Value, y: Value, subtract: boolean): Value {
  const result = subtract ? b.sub(x, y) : b.add(x, y);
  const opposite = subtract ? b.xor(x, y) : b.xor(y, result);
  const overflow = b.shrU(b.and(b.xor(x, result), opposite), 31);
  b.setQ(overflow);
  return b.select(overflow, b.xor(b.shrS(result, 31), 0x8000_0000 | 0), result);
}

/** Adds a sign-extended 32-bit value to the 64-bit RdHi:RdLo. */
function accumulateLong(b: Builder, RdLo: Value, RdHi: Value, value: Value, high: Value): void {
  const low = b.add(b.reg(RdLo), value);
  const carry = b.ltU(low, value);
  const top = b.add(b.add(b.reg(RdHi), high), carry);
  b.setReg(RdLo, low);
  b.setReg(RdHi, top);
}

// -- Halfword multiplies (A5.3.16) -----------------------------------------------------------------------------------------

const HALVES = { N: { from: 'N', values: [0, 1] }, M: { from: 'M', values: [0, 1] } };
const xy = (f: Fields): string => `${f.N ? 't' : 'b'}${f.M ? 't' : 'b'}`;
const y = (f: Fields): string => (f.M ? 't' : 'b');
const accumulating = (f: Fields): boolean => f.a !== PC;
const badAccumulate = (f: Fields): boolean => badDNM(f) || f.a === SP;
const withRa = (mnemonic: string, f: Fields): string =>
  `${mnemonic} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}, ${reg(f.a)}`;

/** SMULW: the top 32 bits of a 32 x 16 product. */
const productW = (b: Builder, n: Value, m16: Value): Value =>
  b.or(b.shl(b.mulHighS(n, m16), 16), b.shrU(b.mul(n, m16), 16));

const HALFWORD_MULTIPLY: Instruction[] = [
  instruction('SMLABB, SMLABT, SMLATB, SMLATT T1', {
    encoding: '11111011 0001 nnnn aaaa dddd 00NM mmmm',
    feature: 'dsp', timing: 'mla', when: accumulating, unpredictable: badAccumulate,
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' }, choices: HALVES,
    syntax: (f) => withRa(`smla${xy(f)}`, f),
    operation: (b, { Rd, Rn, Rm, Ra }, { N, M }) =>
      b.setReg(Rd, addSettingQ(b, b.mul(half(b, b.reg(Rn), N), half(b, b.reg(Rm), M)), b.reg(Ra))),
  }),
  instruction('SMULBB, SMULBT, SMULTB, SMULTT T1', {
    encoding: '11111011 0001 nnnn 1111 dddd 00NM mmmm',
    feature: 'dsp', timing: 'mul', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: HALVES,
    syntax: (f) => dnm(`smul${xy(f)}`)(f),
    operation: (b, { Rd, Rn, Rm }, { N, M }) => b.setReg(Rd, b.mul(half(b, b.reg(Rn), N), half(b, b.reg(Rm), M))),
  }),
  instruction('SMLAWB, SMLAWT T1', {
    encoding: '11111011 0011 nnnn aaaa dddd 000M mmmm',
    feature: 'dsp', timing: 'mla', when: accumulating, unpredictable: badAccumulate,
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' }, choices: { M: HALVES.M },
    syntax: (f) => withRa(`smlaw${y(f)}`, f),
    operation: (b, { Rd, Rn, Rm, Ra }, { M }) =>
      b.setReg(Rd, addSettingQ(b, productW(b, b.reg(Rn), half(b, b.reg(Rm), M)), b.reg(Ra))),
  }),
  instruction('SMULWB, SMULWT T1', {
    encoding: '11111011 0011 nnnn 1111 dddd 000M mmmm',
    feature: 'dsp', timing: 'mul', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: { M: HALVES.M },
    syntax: (f) => dnm(`smulw${y(f)}`)(f),
    operation: (b, { Rd, Rn, Rm }, { M }) => b.setReg(Rd, productW(b, b.reg(Rn), half(b, b.reg(Rm), M))),
  }),
];

// -- Dual multiplies: SMLAD, SMLSD, SMUAD, SMUSD and their exchanged forms -----------------------------------------------------

const EXCHANGE = { M: { from: 'M', values: [0, 1] } };
const x = (f: Fields): string => (f.M ? 'x' : '');

function dualProducts(b: Builder, Rn: Value, Rm: Value, exchange: number): [Value, Value] {
  const n = b.reg(Rn);
  const m = exchange ? b.ror(b.reg(Rm), 16) : b.reg(Rm);
  return [b.mul(half(b, n, 0), half(b, m, 0)), b.mul(half(b, n, 1), half(b, m, 1))];
}

function dual(kind: 'A' | 'S'): Instruction[] {
  const op1 = kind === 'A' ? '0010' : '0100';
  const sign = kind === 'A' ? 'a' : 's';
  return [
    instruction(`SML${kind}D T1`, {
      encoding: `11111011 ${op1} nnnn aaaa dddd 000M mmmm`,
      feature: 'dsp', timing: 'mla', when: accumulating, unpredictable: badAccumulate,
      operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' }, choices: EXCHANGE,
      syntax: (f) => withRa(`sml${sign}d${x(f)}`, f),
      // The sum of three terms may leave 32 bits twice; the manual tests the exact sum.
      operation: (b, { Rd, Rn, Rm, Ra }, { M }) => {
        const [p, q] = dualProducts(b, Rn, Rm, M);
        b.setReg(Rd, b.call(kind === 'A' ? 'SumOfThreeSettingQ' : 'DifferenceAndSumSettingQ', p, q, b.reg(Ra)));
      },
    }),
    instruction(`SMU${kind}D T1`, {
      encoding: `11111011 ${op1} nnnn 1111 dddd 000M mmmm`,
      feature: 'dsp', timing: 'mul', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: EXCHANGE,
      syntax: (f) => dnm(`smu${sign}d${x(f)}`)(f),
      operation: (b, { Rd, Rn, Rm }, { M }) => {
        const [p, q] = dualProducts(b, Rn, Rm, M);
        b.setReg(Rd, kind === 'A' ? addSettingQ(b, p, q) : b.sub(p, q)); // a difference of products cannot overflow
      },
    }),
  ];
}

// -- Most significant word multiplies ------------------------------------------------------------------------------------------

const ROUND = { R: { from: 'R', values: [0, 1] } };
const r = (f: Fields): string => (f.R ? 'r' : '');

/** The high word of accumulator:0 + n x m, or - n x m, with optional rounding of the low word. */
function mostSignificantWord(b: Builder, n: Value, m: Value, accumulator: Value, subtract: boolean, round: number): Value {
  const low = b.mul(n, m);
  const high = b.mulHighS(n, m);
  const borrow = subtract ? b.ne(low, 0) : 0; // of 0 - low
  const word = subtract ? b.sub(b.sub(accumulator, high), borrow) : b.add(accumulator, high);
  if (!round) return word;
  return b.add(word, b.shrU(subtract ? b.sub(0, low) : low, 31));
}

const MOST_SIGNIFICANT_WORD: Instruction[] = [
  instruction('SMMLA T1', {
    encoding: '11111011 0101 nnnn aaaa dddd 000R mmmm',
    feature: 'dsp', timing: 'mla', when: accumulating, unpredictable: badAccumulate,
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' }, choices: ROUND,
    syntax: (f) => withRa(`smmla${r(f)}`, f),
    operation: (b, { Rd, Rn, Rm, Ra }, { R }) => b.setReg(Rd, mostSignificantWord(b, b.reg(Rn), b.reg(Rm), b.reg(Ra), false, R)),
  }),
  instruction('SMMUL T1', {
    encoding: '11111011 0101 nnnn 1111 dddd 000R mmmm',
    feature: 'dsp', timing: 'mul', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: ROUND,
    syntax: (f) => dnm(`smmul${r(f)}`)(f),
    operation: (b, { Rd, Rn, Rm }, { R }) => b.setReg(Rd, mostSignificantWord(b, b.reg(Rn), b.reg(Rm), 0, false, R)),
  }),
  instruction('SMMLS T1', {
    encoding: '11111011 0110 nnnn aaaa dddd 000R mmmm',
    feature: 'dsp', timing: 'mla', unpredictable: (f) => badDNM(f) || isSPorPC(f.a),
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' }, choices: ROUND,
    syntax: (f) => withRa(`smmls${r(f)}`, f),
    operation: (b, { Rd, Rn, Rm, Ra }, { R }) => b.setReg(Rd, mostSignificantWord(b, b.reg(Rn), b.reg(Rm), b.reg(Ra), true, R)),
  }),
];

const USAD: Instruction[] = [
  instruction('USAD8 T1', {
    encoding: '11111011 0111 nnnn 1111 dddd 0000 mmmm',
    feature: 'dsp', timing: 'simd', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, syntax: dnm('usad8'),
    operation: (b, { Rd, Rn, Rm }) => b.setReg(Rd, b.call('SumOfAbsoluteDifferences8', b.reg(Rn), b.reg(Rm))),
  }),
  instruction('USADA8 T1', {
    encoding: '11111011 0111 nnnn aaaa dddd 0000 mmmm',
    feature: 'dsp', timing: 'simd', when: accumulating, unpredictable: badAccumulate,
    operands: { Rd: 'd', Rn: 'n', Rm: 'm', Ra: 'a' },
    syntax: (f) => withRa('usada8', f),
    operation: (b, { Rd, Rn, Rm, Ra }) => b.setReg(Rd, b.add(b.call('SumOfAbsoluteDifferences8', b.reg(Rn), b.reg(Rm)), b.reg(Ra))),
  }),
];

// -- Long multiplies with halfwords (A5.3.17) --------------------------------------------------------------------------------------

const badLong = (f: Fields): boolean =>
  isSPorPC(f.l) || isSPorPC(f.h) || isSPorPC(f.n) || isSPorPC(f.m) || f.l === f.h;
const longSyntax = (mnemonic: string, f: Fields): string =>
  `${mnemonic} ${reg(f.l)}, ${reg(f.h)}, ${reg(f.n)}, ${reg(f.m)}`;
const LONG = { RdLo: 'l', RdHi: 'h', Rn: 'n', Rm: 'm' };

const LONG_MULTIPLY: Instruction[] = [
  instruction('SMLALBB, SMLALBT, SMLALTB, SMLALTT T1', {
    encoding: '11111011 1100 nnnn llll hhhh 10NM mmmm',
    feature: 'dsp', timing: 'mlal', unpredictable: badLong, operands: LONG, choices: HALVES,
    syntax: (f) => longSyntax(`smlal${xy(f)}`, f),
    operation: (b, { RdLo, RdHi, Rn, Rm }, { N, M }) => {
      const product = b.mul(half(b, b.reg(Rn), N), half(b, b.reg(Rm), M));
      accumulateLong(b, RdLo, RdHi, product, b.shrS(product, 31));
    },
  }),
  ...(['A', 'S'] as const).map((kind) =>
    instruction(`SML${kind}LD T1`, {
      encoding: `11111011 ${kind === 'A' ? '1100' : '1101'} nnnn llll hhhh 110M mmmm`,
      feature: 'dsp', timing: 'mlal', unpredictable: badLong, operands: LONG, choices: EXCHANGE,
      syntax: (f) => longSyntax(`sml${kind.toLowerCase()}ld${x(f)}`, f),
      operation: (b, { RdLo, RdHi, Rn, Rm }, { M }) => {
        const [p, q] = dualProducts(b, Rn, Rm, M);
        // Two full products need 33 bits: their sum is 0x8000_0000 when all four halfwords are -0x8000.
        const total = kind === 'A' ? b.add(p, q) : b.sub(p, q);
        const high = kind === 'A' ? b.shrS(b.and(total, b.or(p, q)), 31) : b.shrS(total, 31);
        accumulateLong(b, RdLo, RdHi, total, high);
      },
    })),
  instruction('UMAAL T1', {
    encoding: '11111011 1110 nnnn llll hhhh 0110 mmmm',
    feature: 'dsp', timing: 'mlal', unpredictable: badLong, operands: LONG,
    syntax: (f) => longSyntax('umaal', f),
    operation: (b, { RdLo, RdHi, Rn, Rm }) => {
      const [n, m] = [b.reg(Rn), b.reg(Rm)];
      const low = b.mul(n, m);
      const first = b.add(low, b.reg(RdLo));
      const second = b.add(first, b.reg(RdHi));
      const high = b.add(b.mulHighU(n, m), b.add(b.ltU(first, low), b.ltU(second, first)));
      b.setReg(RdLo, second);
      b.setReg(RdHi, high);
    },
  }),
];

// -- Saturating arithmetic and SEL (A5.3.15) -------------------------------------------------------------------------------------------

const SATURATING: Instruction[] = (['QADD', 'QDADD', 'QSUB', 'QDSUB'] as const).map((name, index) =>
  instruction(`${name} T1`, {
    encoding: `11111010 1000 nnnn 1111 dddd 10${index.toString(2).padStart(2, '0')} mmmm`,
    feature: 'dsp', timing: 'simd', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.m)}, ${reg(f.n)}`,
    operation: (b, { Rd, Rn, Rm }) => {
      const n = b.reg(Rn);
      const operand = index & 1 ? saturating(b, n, n, false) : n;
      b.setReg(Rd, saturating(b, b.reg(Rm), operand, index >= 2));
    },
  }));

const SEL = instruction('SEL T1', {
  encoding: '11111010 1010 nnnn 1111 dddd 1000 mmmm',
  feature: 'dsp', timing: 'simd', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, syntax: dnm('sel'),
  operation: (b, { Rd, Rn, Rm }) => {
    // One GE bit becomes one byte of ones: bit i of GE to bit 8i, times 0xff.
    const ge = b.ge();
    const spread = b.and(b.or(ge, b.or(b.shl(ge, 7), b.or(b.shl(ge, 14), b.shl(ge, 21)))), 0x0101_0101);
    const mask = b.mul(spread, 0xff);
    b.setReg(Rd, b.or(b.and(b.reg(Rn), mask), b.and(b.reg(Rm), b.not(mask))));
  },
});

// -- Parallel addition and subtraction (A5.3.14) -----------------------------------------------------------------------------------------

type Lane = (b: Builder, n: Value) => Value;
type Prefix = 'S' | 'Q' | 'SH' | 'U' | 'UQ' | 'UH';
const PREFIXES: Record<Prefix, string> = { S: '0000', Q: '0001', SH: '0010', U: '0100', UQ: '0101', UH: '0110' };
const OPERATIONS = { ADD8: '000', ADD16: '001', ASX: '010', SUB8: '100', SUB16: '101', SAX: '110' } as const;
type OperationName = keyof typeof OPERATIONS;

/** Lane `index` of `width` bits, extended by the prefix's signedness. */
const lane = (isSigned: boolean, width: 8 | 16, index: number): Lane => (b, value) => {
  const shift = index * width;
  if (isSigned) return b.shrS(b.shl(value, 32 - width - shift), 32 - width);
  return b.and(b.shrU(value, shift), width === 8 ? 0xff : 0xffff);
};

/** What each lane does: which lane of Rm, and add or subtract. ASX and SAX exchange the halfwords of Rm. */
function lanePlan(operation: OperationName): { width: 8 | 16; lanes: { from: number; subtract: boolean }[] } {
  const width = operation.endsWith('8') ? 8 : 16;
  const count = 32 / width;
  const plan = { ASX: [{ from: 1, subtract: true }, { from: 0, subtract: false }], SAX: [{ from: 1, subtract: false }, { from: 0, subtract: true }] };
  if (operation === 'ASX' || operation === 'SAX') return { width, lanes: plan[operation] };
  const subtract = operation.startsWith('SUB');
  return { width, lanes: Array.from({ length: count }, (_, from) => ({ from, subtract })) };
}

function saturateLane(b: Builder, value: Value, isSigned: boolean, width: 8 | 16): Value {
  const max = isSigned ? 2 ** (width - 1) - 1 : 2 ** width - 1;
  const min = isSigned ? -(2 ** (width - 1)) : 0;
  return b.select(b.ltS(value, min), min, b.select(b.ltS(max, value), max, value));
}

function parallel(prefix: Prefix, operation: OperationName): Instruction {
  const isSigned = !prefix.startsWith('U');
  const { width, lanes } = lanePlan(operation);
  const name = prefix + operation;
  const [op1, kind] = [OPERATIONS[operation], prefix.replace(/^[SU](?=.)/, '')];
  return instruction(`${name} T1`, {
    encoding: `11111010 1 ${op1} nnnn 1111 dddd ${PREFIXES[prefix]} mmmm`,
    feature: 'dsp', timing: 'simd', unpredictable: badDNM, operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, syntax: dnm(name),
    operation: (b, { Rd, Rn, Rm }) => {
      const [n, m] = [b.reg(Rn), b.reg(Rm)];
      let result: Value = 0;
      let ge: Value = 0;
      lanes.forEach(({ from, subtract }, index) => {
        const [a, c] = [lane(isSigned, width, index)(b, n), lane(isSigned, width, from)(b, m)];
        const exact = subtract ? b.sub(a, c) : b.add(a, c);
        const value = kind === 'Q' ? saturateLane(b, exact, isSigned, width) : kind === 'H' ? b.shrS(exact, 1) : exact;
        result = b.or(result, b.shl(b.and(value, 2 ** width - 1), index * width));
        if (kind !== 'S' && kind !== 'U') return;
        // GE: a sum or difference that is not negative, or an unsigned sum with a carry out of the lane
        const set = isSigned || subtract ? b.leS(0, exact) : b.leS(2 ** width, exact);
        const bits = width === 8 ? 1 : 3;
        ge = b.or(ge, b.mul(set, bits << ((index * width) / 8)));
      });
      b.setReg(Rd, result);
      if (kind === 'S' || kind === 'U') b.setGE(ge);
    },
  });
}

const PARALLEL = (Object.keys(PREFIXES) as Prefix[]).flatMap((prefix) =>
  (Object.keys(OPERATIONS) as OperationName[]).map((operation) => parallel(prefix, operation)));

// -- Extensions with addition and pairs (A5.3.13), packing (A5.3.11), 16-bit saturation (A5.3.3) ----------------------------------------------

/** Two bytes, at bits 7:0 and 23:16, each extended to a halfword. */
function extendPair(b: Builder, x: Value, isSigned: boolean): [Value, Value] {
  if (isSigned) return [b.signExtend8(x), b.signExtend8(b.shrU(x, 16))];
  return [b.and(x, 0xff), b.and(b.shrU(x, 16), 0xff)];
}
const pack = (b: Builder, low: Value, high: Value): Value => b.or(b.and(low, 0xffff), b.shl(high, 16));

type Extend = readonly [name: string, opcode: string, op: (b: Builder, x: Value, n: Value | undefined) => Value];
const plus = (b: Builder, n: Value | undefined, v: Value): Value => (n === undefined ? v : b.add(n, v));
const extendPairAdd = (isSigned: boolean) => (b: Builder, x: Value, n: Value | undefined): Value => {
  const [low, high] = extendPair(b, x, isSigned);
  return n === undefined ? pack(b, low, high) : pack(b, b.add(n, low), b.add(b.shrU(n, 16), high));
};
const EXTENDS: readonly Extend[] = [
  ['SXTAH', '000', (b, v, n) => plus(b, n, b.signExtend16(v))],
  ['UXTAH', '001', (b, v, n) => plus(b, n, b.and(v, 0xffff))],
  ['SXTAB16', '010', extendPairAdd(true)],
  ['UXTAB16', '011', extendPairAdd(false)],
  ['SXTAB', '100', (b, v, n) => plus(b, n, b.signExtend8(v))],
  ['UXTAB', '101', (b, v, n) => plus(b, n, b.and(v, 0xff))],
];
const rotated = (f: Fields): string => (f.r ? `, ror #${f.r * 8}` : '');

const EXTEND: Instruction[] = EXTENDS.flatMap(([name, opcode, op]) => {
  const rows = [
    instruction(`${name} T1`, {
      encoding: `11111010 0 ${opcode} nnnn 1111 dddd 1(0)rr mmmm`,
      feature: 'dsp', timing: 'simd', when: (f) => f.n !== PC,
      unpredictable: (f) => isSPorPC(f.d) || f.n === SP || isSPorPC(f.m),
      operands: { Rd: 'd', Rn: 'n', Rm: 'm', rotation: (f) => f.r * 8 },
      syntax: (f) => dnm(name)(f) + rotated(f),
      operation: (b, { Rd, Rn, Rm, rotation }) => b.setReg(Rd, op(b, b.ror(b.reg(Rm), rotation), b.reg(Rn))),
    }),
  ];
  if (!name.endsWith('16')) return rows; // the plain byte and halfword forms belong to every Armv7-M
  const plain = name.replace('TAB', 'TB');
  rows.push(
    instruction(`${plain} T1`, {
      encoding: `11111010 0 ${opcode} 1111 1111 dddd 1(0)rr mmmm`,
      feature: 'dsp', timing: 'simd', unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.m),
      operands: { Rd: 'd', Rm: 'm', rotation: (f) => f.r * 8 },
      syntax: (f) => `${plain.toLowerCase()} ${reg(f.d)}, ${reg(f.m)}${rotated(f)}`,
      operation: (b, { Rd, Rm, rotation }) => b.setReg(Rd, op(b, b.ror(b.reg(Rm), rotation), undefined)),
    }),
  );
  return rows;
});

const PKH = instruction('PKHBT, PKHTB T1', {
  encoding: '11101 01 0110 0 nnnn (0) jjj dddd jj T 0 mmmm',
  feature: 'dsp', timing: 'simd', unpredictable: badDNM,
  operands: { Rd: 'd', Rn: 'n', Rm: 'm', n: (f) => shiftAmount(f.T << 1, f.j) },
  choices: { kind: { from: (f) => shiftKind(f.T << 1, f.j), values: [0, 1, 3] }, tb: { from: 'T', values: [0, 1] } },
  syntax: (f) => `${dnm(f.T ? 'pkhtb' : 'pkhbt')(f)}${shiftSuffix(f.T << 1, f.j)}`,
  operation: (b, { Rd, Rn, Rm, n }, { kind, tb }) => {
    const shifted = shiftC(b, kind, b.reg(Rm), n).result;
    const [low, high] = tb ? [shifted, b.reg(Rn)] : [b.reg(Rn), shifted];
    b.setReg(Rd, b.or(b.and(low, 0xffff), b.and(high, 0xffff_0000 | 0)));
  },
});

const SATURATE16 = (['SSAT16', 'USAT16'] as const).map((name) => {
  const isSigned = name === 'SSAT16';
  return instruction(`${name} T1`, {
    encoding: `11110 (0) 11 ${isSigned ? '00' : '10'} 1 0 nnnn 0 000 dddd 00 (0)(0) wwww`,
    feature: 'dsp', timing: 'saturate', unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.n),
    operands: { Rd: 'd', Rn: 'n', max: (f) => 2 ** f.w - 1 },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, #${f.w + (isSigned ? 1 : 0)}, ${reg(f.n)}`,
    operation: (b, { Rd, Rn, max }) => {
      const n = b.reg(Rn);
      const min = isSigned ? b.not(max) : 0;
      const clamp = (v: Value): Value => {
        const [low, high] = [b.ltS(v, min), b.ltS(max, v)];
        b.setQ(b.or(low, high));
        return b.select(high, max, b.select(low, min, v));
      };
      b.setReg(Rd, pack(b, clamp(half(b, n, 0)), clamp(half(b, n, 1))));
    },
  });
});

export const DSP: readonly Instruction[] = [
  ...HALFWORD_MULTIPLY,
  ...dual('A'),
  ...dual('S'),
  ...MOST_SIGNIFICANT_WORD,
  ...USAD,
  ...LONG_MULTIPLY,
  ...SATURATING,
  SEL,
  ...PARALLEL,
  ...EXTEND,
  PKH,
  ...SATURATE16,
];
