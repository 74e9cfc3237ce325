/**
 * Branches, IT and table branches.
 * Source: Armv7-M ARM (DDI 0403E), A5.2.6, A5.3.4, A5.3.6 and A7.7. Conditional branches: A7.3.
 */
import type { Fields, Instruction } from '../../../isa/instruction.js';
import { instruction } from '../../../isa/instruction.js';
import { isSPorPC, LR, PC, reg, signed, SP, target } from './common.js';

export const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al'] as const;

/** ITAdvance(), A7.3.3: ITSTATE for the next instruction. */
export const advanceIT = (itstate: number): number => ((itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f));
/** Suffix of an instruction at that ITSTATE; undefined outside an IT block. */
export const conditionSuffix = (itstate: number): string | undefined => (itstate === 0 ? undefined : CONDITIONS[itstate >> 4] ?? 'al');

const COND = { cond: { from: 'c', values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] } };

/** I1 and I2 of the long branches are NOT(J EOR S). */
const longOffset = (f: Fields): number =>
  signed((f.S << 24) | ((1 ^ f.J ^ f.S) << 23) | ((1 ^ f.K ^ f.S) << 22) | (f.i << 1), 25);
const conditionalOffset = (f: Fields): number =>
  signed((f.S << 20) | (f.K << 19) | (f.J << 18) | (f.i << 1), 21);
const short = (bits: number) => (f: Fields): number => signed(f.i << 1, bits + 1);
const to = (offset: (f: Fields) => number) => (f: Fields, at: number): number => (at + 4 + offset(f)) | 0;
const inIT = (f: Fields): boolean => f.InITBlock === 1;

export const BRANCH: readonly Instruction[] = [
  instruction('B T1', {
    encoding: '1101 cccc iiiiiiii',
    feature: 'v6m', timing: 'branchConditional', when: (f) => f.c < 14, unpredictable: inIT,
    operands: { target: to(short(8)) }, choices: COND,
    syntax: (f, at) => `b${CONDITIONS[f.c]}.n ${target(to(short(8))(f, at))}`,
    operation: (b, o, { cond }) => b.if(b.condition(cond), () => b.branch(o.target)),
  }),
  instruction('B T2', {
    encoding: '11100 iiiiiiiiiii',
    feature: 'v6m', timing: 'branch', operands: { target: to(short(11)) },
    syntax: (f, at) => `b.n ${target(to(short(11))(f, at))}`,
    operation: (b, o) => b.branch(o.target),
  }),
  instruction('B T3', {
    encoding: '11110 S cccc iiiiii 10 J 0 K iiiiiiiiiii',
    feature: 'v7m', timing: 'branchConditional', when: (f) => f.c < 14, unpredictable: inIT,
    operands: { target: to(conditionalOffset) }, choices: COND,
    syntax: (f, at) => `b${CONDITIONS[f.c]}.w ${target(to(conditionalOffset)(f, at))}`,
    operation: (b, o, { cond }) => b.if(b.condition(cond), () => b.branch(o.target)),
  }),
  instruction('B T4', {
    encoding: '11110 S iiiiiiiiii 10 J 1 K iiiiiiiiiii',
    feature: 'v7m', timing: 'branch', operands: { target: to(longOffset) },
    syntax: (f, at) => `b.w ${target(to(longOffset)(f, at))}`,
    operation: (b, o) => b.branch(o.target),
  }),
  instruction('BL T1', {
    encoding: '11110 S iiiiiiiiii 11 J 1 K iiiiiiiiiii',
    feature: 'v6m', timing: 'branchLink', operands: { target: to(longOffset), link: (_, at) => (at + 4) | 1 },
    syntax: (f, at) => `bl ${target(to(longOffset)(f, at))}`,
    operation: (b, o) => {
      b.setReg(LR, o.link);
      b.branch(o.target);
    },
  }),
  instruction('BX T1', {
    encoding: '010001 110 mmmm (0)(0)(0)',
    feature: 'v6m', timing: 'branchExchange', operands: { Rm: 'm' },
    syntax: (f) => `bx ${reg(f.m)}`,
    operation: (b, { Rm }) => b.branchExchange(b.regOrPC(Rm)),
  }),
  instruction('BLX (register) T1', {
    encoding: '010001 111 mmmm (0)(0)(0)',
    feature: 'v6m', timing: 'branchExchange', unpredictable: (f) => f.m === PC,
    operands: { Rm: 'm', link: (_, at) => (at + 2) | 1 },
    syntax: (f) => `blx ${reg(f.m)}`,
    // BLXWritePC: never an exception return
    operation: (b, { Rm, link }) => {
      const destination = b.reg(Rm);
      b.setReg(LR, link);
      b.branchLinkExchange(destination);
    },
  }),
  ...(['CBZ', 'CBNZ'] as const).map((name) =>
    instruction(`${name} T1`, {
      encoding: `1011 ${name === 'CBZ' ? '0' : '1'} 0 i 1 iiiii nnn`,
      feature: 'v7m', timing: 'branchCompare', unpredictable: inIT,
      operands: { Rn: 'n', target: (f, at) => at + 4 + f.i * 2 },
      syntax: (f, at) => `${name.toLowerCase()} ${reg(f.n)}, ${target(at + 4 + f.i * 2)}`,
      operation: (b, o) => {
        const n = b.reg(o.Rn);
        b.if(name === 'CBZ' ? b.eq(n, 0) : b.ne(n, 0), () => b.branch(o.target));
      },
    })),
  instruction('IT T1', {
    encoding: '10111111 cccc mmmm',
    feature: 'v7m', timing: 'it', when: (f) => f.m !== 0,
    unpredictable: (f) => f.c === 15 || (f.c === 14 && (f.m & (f.m - 1)) !== 0) || inIT(f),
    operands: { ITSTATE: (f) => (f.c << 4) | f.m },
    syntax: itSyntax,
    operation: (b, { ITSTATE }) => b.startIT(ITSTATE),
  }),
  ...([['TBB', 0], ['TBH', 1]] as const).map(([name, h]) =>
    instruction(`${name} T1`, {
      encoding: `11101000 1101 nnnn (1)(1)(1)(1) (0)(0)(0)(0) 000 ${h} mmmm`,
      feature: 'v7m', timing: 'tableBranch', unpredictable: (f) => f.n === SP || isSPorPC(f.m),
      operands: { Rn: 'n', Rm: 'm' },
      syntax: (f) => `${name.toLowerCase()} [${reg(f.n)}, ${reg(f.m)}${h ? ', lsl #1' : ''}]`,
      operation: (b, { Rn, Rm }) => {
        const index = b.shl(b.reg(Rm), h);
        const halfwords = b.load(h ? 2 : 1, b.add(b.regOrPC(Rn), index));
        b.branch(b.add(b.pc(), b.shl(halfwords, 1)));
      },
    })),
];

function itSyntax(f: Fields): string {
  const [cond, mask] = [f.c, f.m];
  let letters = '';
  for (let bit = 3; (mask & ((1 << bit) - 1)) !== 0; bit--) letters += ((mask >> bit) & 1) === (cond & 1) ? 't' : 'e';
  return `it${letters} ${CONDITIONS[cond] ?? 'al'}`;
}
