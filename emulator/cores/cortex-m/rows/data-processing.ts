/**
 * Data processing, moves, shifts, bit fields and extensions.
 * Source: Armv7-M ARM (DDI 0403E), A5.2.1-A5.2.4, A5.3.1-A5.3.3, A5.3.11-A5.3.15 and A7.7. DSP extension rows stand in dsp.ts.
 */
import type { Builder, Value } from '../../../isa/builder.js';
import { instruction, type Fields, type Instruction } from '../../../isa/instruction.js';
import {
  addWithCarry, difference, hex, ImmFlags, immFlags, isSPorPC, isUnpredictableImm, PC, reg, S_BIT, SETFLAGS_OUTSIDE_IT,
  setFlagsOfSum, Shift, shiftAmount, shiftByRegisterC, shiftC, shiftKind, shiftSuffix, sOutsideIT, SP, sum, target,
  thumbExpandImm, type Shifted, type Sum,
} from './common.js';

// -- 16-bit ----------------------------------------------------------------------------------------------------------

function setLogical(b: Builder, S: number, Rd: Value, { result, carry }: Shifted): void {
  const carryOut = S ? carry?.() : undefined;
  b.setReg(Rd, result);
  if (!S) return;
  b.setNZ(result);
  if (carryOut !== undefined) b.setC(carryOut);
}

function setSum(b: Builder, S: number, Rd: Value, s: Sum): void {
  if (S) setFlagsOfSum(b, s);
  b.setReg(Rd, s.result);
}

/** LSL, LSR, ASR (immediate) T1 and MOV (register) T2, which is LSL #0. */
const shiftImmediate16 = (name: string, type: number): Instruction =>
  instruction(`${name} (immediate) T1`, {
    encoding: `000 ${type.toString(2).padStart(2, '0')} iiiii mmm ddd`,
    feature: 'v6m',
    timing: 'alu',
    operands: { Rd: 'd', Rm: 'm', n: (f) => shiftAmount(type, f.i) },
    choices: { ...SETFLAGS_OUTSIDE_IT, kind: { from: (f) => shiftKind(type, f.i), values: type === 0 ? [Shift.none, Shift.LSL] : [type + 1] } },
    // MOVS Rd, Rm inside an IT block is UNPREDICTABLE (A7.7.76, encoding T2)
    unpredictable: (f) => type === 0 && f.i === 0 && f.InITBlock === 1,
    syntax: (f) => (type === 0 && f.i === 0
      ? `movs ${reg(f.d)}, ${reg(f.m)}`
      : `${name.toLowerCase()}${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}, #${shiftAmount(type, f.i)}`),
    operation: (b, { Rd, Rm, n }, { S, kind }) => setLogical(b, S, Rd, shiftC(b, kind, b.reg(Rm), n)),
  });

const addSub16 = (name: 'ADD' | 'SUB', op: typeof sum): Instruction[] => {
  const bit = name === 'ADD' ? '0' : '1';
  const lower = name.toLowerCase();
  return [
    instruction(`${name} (register) T1`, {
      encoding: `000110 ${bit} mmm nnn ddd`,
      feature: 'v6m', timing: 'alu', operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
      syntax: (f) => `${lower}${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}`,
      operation: (b, { Rd, Rn, Rm }, { S }) => setSum(b, S, Rd, op(b, b.reg(Rn), b.reg(Rm))),
    }),
    instruction(`${name} (immediate) T1`, {
      encoding: `000111 ${bit} iii nnn ddd`,
      feature: 'v6m', timing: 'alu', operands: { Rd: 'd', Rn: 'n', imm32: 'i' }, choices: SETFLAGS_OUTSIDE_IT,
      syntax: (f) => `${lower}${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.n)}, #${f.i}`,
      operation: (b, { Rd, Rn, imm32 }, { S }) => setSum(b, S, Rd, op(b, b.reg(Rn), imm32)),
    }),
    instruction(`${name} (immediate) T2`, {
      encoding: `0011 ${bit} ddd iiiiiiii`,
      feature: 'v6m', timing: 'alu', operands: { Rdn: 'd', imm32: 'i' }, choices: SETFLAGS_OUTSIDE_IT,
      syntax: (f) => `${lower}${sOutsideIT(f)} ${reg(f.d)}, #${hex(f.i)}`,
      operation: (b, { Rdn, imm32 }, { S }) => setSum(b, S, Rdn, op(b, b.reg(Rdn), imm32)),
    }),
  ];
};

const logical16 = (name: string, opcode: string, op: (b: Builder, n: Value, m: Value) => Value): Instruction =>
  instruction(`${name} (register) T1`, {
    encoding: `010000 ${opcode} mmm ddd`,
    feature: 'v6m', timing: 'alu', operands: { Rdn: 'd', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `${name.toLowerCase()}${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}`,
    operation: (b, { Rdn, Rm }, { S }) => setLogical(b, S, Rdn, { result: op(b, b.reg(Rdn), b.reg(Rm)), carry: undefined }),
  });

const shiftRegister16 = (name: string, opcode: string, kind: number): Instruction =>
  instruction(`${name} (register) T1`, {
    encoding: `010000 ${opcode} mmm ddd`,
    feature: 'v6m', timing: 'alu', operands: { Rdn: 'd', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `${name.toLowerCase()}${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}`,
    operation: (b, { Rdn, Rm }, { S }) => setLogical(b, S, Rdn, shiftByRegisterC(b, kind, b.reg(Rdn), b.reg(Rm))),
  });

const compare16 = (name: string, opcode: string, op: (b: Builder, n: Value, m: Value) => void): Instruction =>
  instruction(`${name} (register) T1`, {
    encoding: `010000 ${opcode} mmm nnn`,
    feature: 'v6m', timing: 'alu', operands: { Rn: 'n', Rm: 'm' },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.n)}, ${reg(f.m)}`,
    operation: (b, { Rn, Rm }) => op(b, b.reg(Rn), b.reg(Rm)),
  });

const wide = (f: Fields): number => (f.D << 3) | f.d;

const DATA_PROCESSING_16: Instruction[] = [
  shiftImmediate16('LSL', 0),
  shiftImmediate16('LSR', 1),
  shiftImmediate16('ASR', 2),
  ...addSub16('ADD', sum),
  ...addSub16('SUB', difference),
  instruction('MOV (immediate) T1', {
    encoding: '00100 ddd iiiiiiii',
    feature: 'v6m', timing: 'alu', operands: { Rd: 'd', imm32: 'i' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `mov${sOutsideIT(f)} ${reg(f.d)}, #${hex(f.i)}`,
    operation: (b, { Rd, imm32 }, { S }) => setLogical(b, S, Rd, { result: imm32, carry: undefined }),
  }),
  instruction('CMP (immediate) T1', {
    encoding: '00101 nnn iiiiiiii',
    feature: 'v6m', timing: 'alu', operands: { Rn: 'n', imm32: 'i' },
    syntax: (f) => `cmp ${reg(f.n)}, #${hex(f.i)}`,
    operation: (b, { Rn, imm32 }) => setFlagsOfSum(b, difference(b, b.reg(Rn), imm32)),
  }),
  logical16('AND', '0000', (b, n, m) => b.and(n, m)),
  logical16('EOR', '0001', (b, n, m) => b.xor(n, m)),
  shiftRegister16('LSL', '0010', Shift.LSL),
  shiftRegister16('LSR', '0011', Shift.LSR),
  shiftRegister16('ASR', '0100', Shift.ASR),
  instruction('ADC (register) T1', {
    encoding: '010000 0101 mmm ddd',
    feature: 'v6m', timing: 'alu', operands: { Rdn: 'd', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `adc${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}`,
    operation: (b, { Rdn, Rm }, { S }) => setSum(b, S, Rdn, addWithCarry(b, b.reg(Rdn), b.reg(Rm), b.flag('C'))),
  }),
  instruction('SBC (register) T1', {
    encoding: '010000 0110 mmm ddd',
    feature: 'v6m', timing: 'alu', operands: { Rdn: 'd', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `sbc${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}`,
    operation: (b, { Rdn, Rm }, { S }) => setSum(b, S, Rdn, addWithCarry(b, b.reg(Rdn), b.not(b.reg(Rm)), b.flag('C'))),
  }),
  shiftRegister16('ROR', '0111', Shift.ROR),
  compare16('TST', '1000', (b, n, m) => b.setNZ(b.and(n, m))),
  instruction('RSB (immediate) T1', {
    encoding: '010000 1001 nnn ddd',
    feature: 'v6m', timing: 'alu', operands: { Rd: 'd', Rn: 'n' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `rsb${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.n)}, #0`,
    operation: (b, { Rd, Rn }, { S }) => setSum(b, S, Rd, difference(b, 0, b.reg(Rn))),
  }),
  compare16('CMP', '1010', (b, n, m) => setFlagsOfSum(b, difference(b, n, m))),
  compare16('CMN', '1011', (b, n, m) => setFlagsOfSum(b, sum(b, n, m))),
  logical16('ORR', '1100', (b, n, m) => b.or(n, m)),
  instruction('MUL T1', {
    encoding: '010000 1101 nnn ddd',
    feature: 'v6m', timing: 'mul', operands: { Rdm: 'd', Rn: 'n' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `mul${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.d)}`,
    operation: (b, { Rdm, Rn }, { S }) => setLogical(b, S, Rdm, { result: b.mul(b.reg(Rn), b.reg(Rdm)), carry: undefined }),
  }),
  logical16('BIC', '1110', (b, n, m) => b.and(n, b.not(m))),
  instruction('MVN (register) T1', {
    encoding: '010000 1111 mmm ddd',
    feature: 'v6m', timing: 'alu', operands: { Rd: 'd', Rm: 'm' }, choices: SETFLAGS_OUTSIDE_IT,
    syntax: (f) => `mvn${sOutsideIT(f)} ${reg(f.d)}, ${reg(f.m)}`,
    operation: (b, { Rd, Rm }, { S }) => setLogical(b, S, Rd, { result: b.not(b.reg(Rm)), carry: undefined }),
  }),

  // Special data instructions (A5.2.3)
  instruction('ADD (register) T2', {
    encoding: '01000100 D mmmm ddd',
    feature: 'v6m', timing: 'alu', when: (f) => wide(f) !== PC,
    operands: { Rdn: wide, Rm: 'm' },
    syntax: (f) => `add ${reg(wide(f))}, ${reg(f.m)}`,
    operation: (b, { Rdn, Rm }) => b.setReg(Rdn, b.add(b.reg(Rdn), b.regOrPC(Rm))),
  }),
  instruction('ADD (register) T2, PC', {
    encoding: '01000100 1 mmmm 111',
    feature: 'v6m', timing: 'branch', operands: { Rm: 'm' }, unpredictable: (f) => f.m === PC,
    syntax: (f) => `add pc, ${reg(f.m)}`,
    operation: (b, { Rm }) => b.branch(b.add(b.pc(), b.regOrPC(Rm))),
  }),
  instruction('CMP (register) T2', {
    encoding: '01000101 D mmmm ddd',
    feature: 'v6m', timing: 'alu', operands: { Rn: wide, Rm: 'm' },
    unpredictable: (f) => (wide(f) < 8 && f.m < 8) || wide(f) === PC || f.m === PC,
    syntax: (f) => `cmp ${reg(wide(f))}, ${reg(f.m)}`,
    operation: (b, { Rn, Rm }) => setFlagsOfSum(b, difference(b, b.reg(Rn), b.regOrPC(Rm))),
  }),
  instruction('MOV (register) T1', {
    encoding: '01000110 D mmmm ddd',
    feature: 'v6m', timing: 'alu', when: (f) => wide(f) !== PC, operands: { Rd: wide, Rm: 'm' },
    syntax: (f) => `mov ${reg(wide(f))}, ${reg(f.m)}`,
    operation: (b, { Rd, Rm }) => b.setReg(Rd, b.regOrPC(Rm)),
  }),
  instruction('MOV (register) T1, PC', {
    encoding: '01000110 1 mmmm 111',
    feature: 'v6m', timing: 'branch', operands: { Rm: 'm' },
    syntax: (f) => `mov pc, ${reg(f.m)}`,
    operation: (b, { Rm }) => b.branch(b.regOrPC(Rm)),
  }),

  instruction('ADR T1', {
    encoding: '10100 ddd iiiiiiii',
    feature: 'v6m', timing: 'alu', operands: { Rd: 'd', address: (f, at) => ((at + 4) & ~3) + f.i * 4 },
    syntax: (f, at) => `adr ${reg(f.d)}, ${target(((at + 4) & ~3) + f.i * 4)}`,
    operation: (b, { Rd, address }) => b.setReg(Rd, address),
  }),
  instruction('ADD (SP plus immediate) T1', {
    encoding: '10101 ddd iiiiiiii',
    feature: 'v6m', timing: 'alu', operands: { Rd: 'd', imm32: (f) => f.i * 4 },
    syntax: (f) => `add ${reg(f.d)}, sp, #${hex(f.i * 4)}`,
    operation: (b, { Rd, imm32 }) => b.setReg(Rd, b.add(b.reg(SP), imm32)),
  }),
  instruction('ADD (SP plus immediate) T2', {
    encoding: '10110000 0 iiiiiii',
    feature: 'v6m', timing: 'alu', operands: { imm32: (f) => f.i * 4 },
    syntax: (f) => `add sp, #${hex(f.i * 4)}`,
    operation: (b, { imm32 }) => b.setReg(SP, b.add(b.reg(SP), imm32)),
  }),
  instruction('SUB (SP minus immediate) T1', {
    encoding: '10110000 1 iiiiiii',
    feature: 'v6m', timing: 'alu', operands: { imm32: (f) => f.i * 4 },
    syntax: (f) => `sub sp, #${hex(f.i * 4)}`,
    operation: (b, { imm32 }) => b.setReg(SP, b.sub(b.reg(SP), imm32)),
  }),
  ...(
    [
      ['SXTH', '10110010 00', (b: Builder, m: Value) => b.signExtend16(m)],
      ['SXTB', '10110010 01', (b: Builder, m: Value) => b.signExtend8(m)],
      ['UXTH', '10110010 10', (b: Builder, m: Value) => b.and(m, 0xffff)],
      ['UXTB', '10110010 11', (b: Builder, m: Value) => b.and(m, 0xff)],
      ['REV', '10111010 00', reverseBytes],
      ['REV16', '10111010 01', reverseBytesInHalfwords],
      ['REVSH', '10111010 11', (b: Builder, m: Value) => b.signExtend16(reverseBytesInHalfwords(b, m))],
    ] as const
  ).map(([name, opcode, op]) =>
    instruction(`${name} T1`, {
      encoding: `${opcode} mmm ddd`,
      feature: 'v6m', timing: 'alu', operands: { Rd: 'd', Rm: 'm' },
      syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.m)}`,
      operation: (b, { Rd, Rm }) => b.setReg(Rd, op(b, b.reg(Rm))),
    })),
];

function reverseBytes(b: Builder, x: Value): Value {
  const halves = b.ror(x, 16);
  return reverseBytesInHalfwords(b, halves);
}
function reverseBytesInHalfwords(b: Builder, x: Value): Value {
  return b.or(b.and(b.shrU(x, 8), 0x00ff_00ff), b.and(b.shl(x, 8), 0xff00_ff00 | 0));
}

// -- 32-bit: data processing with a modified immediate (A5.3.1) or a shifted register (A5.3.11) -------------------------

const imm12 = (f: Fields): number => f.i;
const IMM_FLAGS = { flags: { from: (f: Fields) => immFlags(f.S, imm12(f)), values: [0, 1, 2, 3] } };
const SHIFT_KIND = { kind: { from: (f: Fields) => shiftKind(f.t, f.j), values: [0, 1, 2, 3, 4, 5] } };
const shiftN = (f: Fields): number => shiftAmount(f.t, f.j);
const s = (f: Fields): string => (f.S ? 's' : '');

function setImmFlags(b: Builder, flags: number, result: Value): void {
  if (flags === ImmFlags.none) return;
  b.setNZ(result);
  if (flags === ImmFlags.clearC) b.setC(0);
  if (flags === ImmFlags.setC) b.setC(1);
}

/** `.w` tells a 32-bit encoding from a 16-bit one of the same mnemonic; where objdump sees none, neither do we. */
const wideSuffix = (mnemonic: string): string => (['ORN', 'TEQ', 'RSB'].includes(mnemonic) ? '' : '.w');

interface Logical32 { name: string; opcode: string; op: (b: Builder, n: Value, m: Value) => Value; test?: string; move?: string }

/** AND, BIC, ORR, ORN, EOR with their twins: a discarded result (TST, TEQ) and a missing first operand (MOV, MVN). */
const LOGICAL_32: Logical32[] = [
  { name: 'AND', opcode: '0000', op: (b, n, m) => b.and(n, m), test: 'TST' },
  { name: 'BIC', opcode: '0001', op: (b, n, m) => b.and(n, b.not(m)) },
  { name: 'ORR', opcode: '0010', op: (b, n, m) => b.or(n, m), move: 'MOV' },
  { name: 'ORN', opcode: '0011', op: (b, n, m) => b.or(n, b.not(m)), move: 'MVN' },
  { name: 'EOR', opcode: '0100', op: (b, n, m) => b.xor(n, m), test: 'TEQ' },
];

function logical32({ name, opcode, op, test, move }: Logical32): Instruction[] {
  const lower = name.toLowerCase();
  const w = wideSuffix(name);
  const isTest = (f: Fields): boolean => test !== undefined && f.d === PC && f.S === 1;
  const isMove = (f: Fields): boolean => move !== undefined && f.n === PC;
  const badRn = (n: number): boolean => isSPorPC(n);
  const rows = [
    instruction(`${name} (immediate) T1`, {
      encoding: `11110 i 0 ${opcode} S nnnn 0 iii dddd iiiiiiii`,
      feature: 'v7m', timing: 'alu', when: (f) => !isTest(f) && !isMove(f),
      unpredictable: (f) => isSPorPC(f.d) || badRn(f.n) || isUnpredictableImm(imm12(f)),
      operands: { Rd: 'd', Rn: 'n', imm32: (f) => thumbExpandImm(imm12(f)) }, choices: IMM_FLAGS,
      syntax: (f) => `${lower}${s(f)}${w} ${reg(f.d)}, ${reg(f.n)}, #${hex(thumbExpandImm(imm12(f)) >>> 0)}`,
      operation: (b, { Rd, Rn, imm32 }, { flags }) => {
        const result = op(b, b.reg(Rn), imm32);
        b.setReg(Rd, result);
        setImmFlags(b, flags, result);
      },
    }),
    instruction(`${name} (register) T2`, {
      encoding: `11101 01 ${opcode} S nnnn (0) jjj dddd jj tt mmmm`,
      feature: 'v7m', timing: 'alu', when: (f) => !isTest(f) && !isMove(f),
      unpredictable: (f) => isSPorPC(f.d) || badRn(f.n) || isSPorPC(f.m),
      operands: { Rd: 'd', Rn: 'n', Rm: 'm', n: shiftN }, choices: { ...S_BIT, ...SHIFT_KIND },
      syntax: (f) => `${lower}${s(f)}${w} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}${shiftSuffix(f.t, f.j)}`,
      operation: (b, { Rd, Rn, Rm, n }, { S, kind }) => {
        const shifted = shiftC(b, kind, b.reg(Rm), n);
        setLogical(b, S, Rd, { result: op(b, b.reg(Rn), shifted.result), carry: shifted.carry });
      },
    }),
  ];
  if (test) {
    rows.push(
      instruction(`${test} (immediate) T1`, {
        encoding: `11110 i 0 ${opcode} 1 nnnn 0 iii 1111 iiiiiiii`,
        feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.n) || isUnpredictableImm(imm12(f)),
        operands: { Rn: 'n', imm32: (f) => thumbExpandImm(imm12(f)) },
        choices: { flags: { from: (f) => immFlags(1, imm12(f)), values: [1, 2, 3] } },
        syntax: (f) => `${test.toLowerCase()}${wideSuffix(test)} ${reg(f.n)}, #${hex(thumbExpandImm(imm12(f)) >>> 0)}`,
        operation: (b, { Rn, imm32 }, { flags }) => setImmFlags(b, flags, op(b, b.reg(Rn), imm32)),
      }),
      instruction(`${test} (register) T2`, {
        encoding: `11101 01 ${opcode} 1 nnnn (0) jjj 1111 jj tt mmmm`,
        feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.n) || isSPorPC(f.m),
        operands: { Rn: 'n', Rm: 'm', n: shiftN }, choices: SHIFT_KIND,
        syntax: (f) => `${test.toLowerCase()}${wideSuffix(test)} ${reg(f.n)}, ${reg(f.m)}${shiftSuffix(f.t, f.j)}`,
        operation: (b, { Rn, Rm, n }, { kind }) => {
          const shifted = shiftC(b, kind, b.reg(Rm), n);
          const carry = shifted.carry?.();
          b.setNZ(op(b, b.reg(Rn), shifted.result));
          if (carry !== undefined) b.setC(carry);
        },
      }),
    );
  }
  if (move) {
    const invert = move === 'MVN';
    const result = (b: Builder, x: Value): Value => (invert ? b.not(x) : x);
    rows.push(
      instruction(`${move} (immediate) T2`, {
        encoding: `11110 i 0 ${opcode} S 1111 0 iii dddd iiiiiiii`,
        feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d) || isUnpredictableImm(imm12(f)),
        operands: { Rd: 'd', imm32: (f) => (invert ? ~thumbExpandImm(imm12(f)) : thumbExpandImm(imm12(f))) }, choices: IMM_FLAGS,
        syntax: (f) => `${move.toLowerCase()}${s(f)}.w ${reg(f.d)}, #${hex(thumbExpandImm(imm12(f)) >>> 0)}`,
        operation: (b, { Rd, imm32 }, { flags }) => {
          b.setReg(Rd, imm32);
          setImmFlags(b, flags, imm32);
        },
      }),
      // With a shift this is LSL, LSR, ASR, ROR (immediate) T2 and RRX; without, MOV (register) T3.
      instruction(`${move} (register) ${invert ? 'T2' : 'T3'}`, {
        encoding: `11101 01 ${opcode} S 1111 (0) jjj dddd jj tt mmmm`,
        feature: 'v7m', timing: 'alu',
        unpredictable: (f) => (!invert && shiftKind(f.t, f.j) === Shift.none
          ? movRegisterUnpredictable(f) : isSPorPC(f.d) || isSPorPC(f.m)),
        operands: { Rd: 'd', Rm: 'm', n: shiftN }, choices: { ...S_BIT, ...SHIFT_KIND },
        syntax: (f) => movSyntax(move.toLowerCase(), f),
        operation: (b, { Rd, Rm, n }, { S, kind }) => {
          const shifted = shiftC(b, kind, b.reg(Rm), n);
          setLogical(b, S, Rd, { result: result(b, shifted.result), carry: shifted.carry });
        },
      }),
    );
  }
  return rows;
}

/** MOV (register) T3 (A7.7.76): MOVS with SP or PC, MOV between SP and SP, and anything with PC. */
function movRegisterUnpredictable(f: Fields): boolean {
  const [d, m] = [f.d, f.m];
  if (f.S) return isSPorPC(d) || isSPorPC(m);
  return d === PC || m === PC || (d === SP && m === SP);
}

function movSyntax(lower: string, f: Fields): string {
  const kind = shiftKind(f.t, f.j);
  const [d, m] = [reg(f.d), reg(f.m)];
  if (lower === 'mvn' || kind === Shift.none) return `${lower}${s(f)}.w ${d}, ${m}${shiftSuffix(f.t, f.j)}`;
  if (kind === Shift.RRX) return `rrx${s(f)} ${d}, ${m}`;
  return `${['lsl', 'lsr', 'asr', 'ror'][f.t]}${s(f)}.w ${d}, ${m}, #${shiftN(f)}`;
}

interface Arithmetic32 { name: string; opcode: string; op: (b: Builder, n: Value, m: Value) => Sum; compare?: string; sp?: boolean }

const ARITHMETIC_32: Arithmetic32[] = [
  { name: 'ADD', opcode: '1000', op: sum, compare: 'CMN', sp: true },
  { name: 'ADC', opcode: '1010', op: (b, n, m) => addWithCarry(b, n, m, b.flag('C')) },
  { name: 'SBC', opcode: '1011', op: (b, n, m) => addWithCarry(b, n, b.not(m), b.flag('C')) },
  { name: 'SUB', opcode: '1101', op: difference, compare: 'CMP', sp: true },
  { name: 'RSB', opcode: '1110', op: (b, n, m) => difference(b, m, n) },
];

/** ADD and SUB from SP may write SP; every other use of SP or PC is UNPREDICTABLE. */
const arithmeticUnpredictable = (sp: boolean) => (f: Fields): boolean => {
  const [d, n] = [f.d, f.n];
  if (sp && n === SP) return d === PC;
  return isSPorPC(d) || isSPorPC(n);
};
/** ADD/SUB (SP, register) T3: a write to SP allows LSL #0..3 only (A7.7.6, A7.7.176). */
const shiftTooBigForSP = (f: Fields): boolean => f.d === SP && !(f.t === 0 && f.j <= 3);

function arithmetic32({ name, opcode, op, compare, sp = false }: Arithmetic32): Instruction[] {
  const lower = name.toLowerCase();
  const w = wideSuffix(name);
  const isCompare = (f: Fields): boolean => compare !== undefined && f.d === PC && f.S === 1;
  const bad = arithmeticUnpredictable(sp);
  const rows = [
    instruction(`${name} (immediate) T3`, {
      encoding: `11110 i 0 ${opcode} S nnnn 0 iii dddd iiiiiiii`,
      feature: 'v7m', timing: 'alu', when: (f) => !isCompare(f), unpredictable: (f) => bad(f) || isUnpredictableImm(imm12(f)),
      operands: { Rd: 'd', Rn: 'n', imm32: (f) => thumbExpandImm(imm12(f)) }, choices: S_BIT,
      syntax: (f) => `${lower}${s(f)}${w} ${reg(f.d)}, ${reg(f.n)}, #${hex(thumbExpandImm(imm12(f)) >>> 0)}`,
      operation: (b, { Rd, Rn, imm32 }, { S }) => setSum(b, S, Rd, op(b, b.reg(Rn), imm32)),
    }),
    instruction(`${name} (register) T3`, {
      encoding: `11101 01 ${opcode} S nnnn (0) jjj dddd jj tt mmmm`,
      feature: 'v7m', timing: 'alu', when: (f) => !isCompare(f),
      unpredictable: (f) => bad(f) || isSPorPC(f.m) || shiftTooBigForSP(f),
      operands: { Rd: 'd', Rn: 'n', Rm: 'm', n: shiftN }, choices: { ...S_BIT, ...SHIFT_KIND },
      syntax: (f) => `${lower}${s(f)}${w} ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}${shiftSuffix(f.t, f.j)}`,
      operation: (b, { Rd, Rn, Rm, n }, { S, kind }) =>
        setSum(b, S, Rd, op(b, b.reg(Rn), shiftC(b, kind, b.reg(Rm), n).result)),
    }),
  ];
  if (compare) {
    const compareLower = compare.toLowerCase();
    rows.push(
      instruction(`${compare} (immediate) T2`, {
        encoding: `11110 i 0 ${opcode} 1 nnnn 0 iii 1111 iiiiiiii`,
        feature: 'v7m', timing: 'alu', unpredictable: (f) => f.n === PC || isUnpredictableImm(imm12(f)),
        operands: { Rn: 'n', imm32: (f) => thumbExpandImm(imm12(f)) },
        syntax: (f) => `${compareLower}.w ${reg(f.n)}, #${hex(thumbExpandImm(imm12(f)) >>> 0)}`,
        operation: (b, { Rn, imm32 }) => setFlagsOfSum(b, op(b, b.reg(Rn), imm32)),
      }),
      instruction(`${compare} (register) T3`, {
        encoding: `11101 01 ${opcode} 1 nnnn (0) jjj 1111 jj tt mmmm`,
        feature: 'v7m', timing: 'alu', unpredictable: (f) => f.n === PC || isSPorPC(f.m),
        operands: { Rn: 'n', Rm: 'm', n: shiftN }, choices: SHIFT_KIND,
        syntax: (f) => `${compareLower}.w ${reg(f.n)}, ${reg(f.m)}${shiftSuffix(f.t, f.j)}`,
        operation: (b, { Rn, Rm, n }, { kind }) => setFlagsOfSum(b, op(b, b.reg(Rn), shiftC(b, kind, b.reg(Rm), n).result)),
      }),
    );
  }
  return rows;
}

// -- 32-bit: plain binary immediates (A5.3.3) ---------------------------------------------------------------------------

const PLAIN_IMMEDIATE: Instruction[] = [
  ...(['ADD', 'SUB'] as const).map((name) =>
    instruction(`${name} (immediate) T4`, {
      encoding: `11110 i 1 ${name === 'ADD' ? '0000' : '0101'} 0 nnnn 0 iii dddd iiiiiiii`,
      feature: 'v7m', timing: 'alu', when: (f) => f.n !== PC,
      unpredictable: (f) => (f.n === SP ? f.d === PC : isSPorPC(f.d)),
      operands: { Rd: 'd', Rn: 'n', imm32: imm12 },
      syntax: (f) => `${name.toLowerCase()}w ${reg(f.d)}, ${reg(f.n)}, #${hex(imm12(f))}`,
      operation: (b, { Rd, Rn, imm32 }) => b.setReg(Rd, name === 'ADD' ? b.add(b.reg(Rn), imm32) : b.sub(b.reg(Rn), imm32)),
    })),
  ...([['ADR T3', '0000', 1], ['ADR T2', '0101', -1]] as const).map(([name, opcode, sign]) =>
    instruction(name, {
      encoding: `11110 i 1 ${opcode} 0 1111 0 iii dddd iiiiiiii`,
      feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d),
      operands: { Rd: 'd', address: (f, at) => ((at + 4) & ~3) + sign * imm12(f) },
      syntax: (f, at) => `adr.w ${reg(f.d)}, ${target(((at + 4) & ~3) + sign * imm12(f))}`,
      operation: (b, { Rd, address }) => b.setReg(Rd, address),
    })),
  instruction('MOV (immediate) T3', {
    encoding: '11110 j 1 0010 0 iiii 0 jjj dddd jjjjjjjj',
    feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d),
    operands: { Rd: 'd', imm32: (f) => (f.i << 12) | f.j },
    syntax: (f) => `movw ${reg(f.d)}, #${hex((f.i << 12) | f.j)}`,
    operation: (b, { Rd, imm32 }) => b.setReg(Rd, imm32),
  }),
  instruction('MOVT T1', {
    encoding: '11110 j 1 0110 0 iiii 0 jjj dddd jjjjjjjj',
    feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d),
    operands: { Rd: 'd', top: (f) => ((f.i << 12) | f.j) << 16 },
    syntax: (f) => `movt ${reg(f.d)}, #${hex((f.i << 12) | f.j)}`,
    operation: (b, { Rd, top }) => b.setReg(Rd, b.or(b.and(b.reg(Rd), 0xffff), top)),
  }),
  ...(['SSAT', 'USAT'] as const).map((name) => saturate(name)),
  ...(['SBFX', 'UBFX'] as const).map((name) =>
    instruction(`${name} T1`, {
      encoding: `11110 (0) 11 ${name === 'SBFX' ? '0100' : '1100'} nnnn 0 iii dddd ii (0) wwwww`,
      feature: 'v7m', timing: 'alu',
      unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.n) || f.i + f.w > 31,
      operands: { Rd: 'd', Rn: 'n', left: (f) => 31 - f.w - f.i, right: (f) => 31 - f.w },
      syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.n)}, #${f.i}, #${f.w + 1}`,
      operation: (b, { Rd, Rn, left, right }) => {
        const top = b.shl(b.reg(Rn), left);
        b.setReg(Rd, name === 'SBFX' ? b.shrS(top, right) : b.shrU(top, right));
      },
    })),
  instruction('BFI T1', {
    encoding: '11110 (0) 11 0110 nnnn 0 iii dddd ii (0) wwwww',
    feature: 'v7m', timing: 'alu', when: (f) => f.n !== PC,
    unpredictable: (f) => isSPorPC(f.d) || f.n === SP || f.w < f.i,
    operands: { Rd: 'd', Rn: 'n', lsb: 'i', mask: bitFieldMask },
    syntax: (f) => `bfi ${reg(f.d)}, ${reg(f.n)}, #${f.i}, #${f.w - f.i + 1}`,
    operation: (b, { Rd, Rn, lsb, mask }) =>
      b.setReg(Rd, b.or(b.and(b.reg(Rd), b.not(mask)), b.and(b.shl(b.reg(Rn), lsb), mask))),
  }),
  instruction('BFC T1', {
    encoding: '11110 (0) 11 0110 1111 0 iii dddd ii (0) wwwww',
    feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d) || f.w < f.i,
    operands: { Rd: 'd', mask: bitFieldMask },
    syntax: (f) => `bfc ${reg(f.d)}, #${f.i}, #${f.w - f.i + 1}`,
    operation: (b, { Rd, mask }) => b.setReg(Rd, b.and(b.reg(Rd), b.not(mask))),
  }),
];

/** Ones from lsb (field i) to msb (field w). */
function bitFieldMask(f: Fields): number {
  const width = f.w - f.i + 1;
  if (width <= 0) return 0;
  return (width === 32 ? -1 : (1 << width) - 1) << f.i;
}

/** SSAT and USAT: shift, then saturate to a width; Q is sticky. ASR #0 is SSAT16/USAT16 (in dsp.ts). */
function saturate(name: 'SSAT' | 'USAT'): Instruction {
  const isSigned = name === 'SSAT';
  return instruction(`${name} T1`, {
    encoding: `11110 (0) 11 ${isSigned ? '00' : '10'} s 0 nnnn 0 iii dddd ii (0) wwwww`,
    feature: 'v7m', timing: 'saturate', when: (f) => !(f.s === 1 && f.i === 0),
    unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.n),
    operands: { Rd: 'd', Rn: 'n', n: 'i', max: (f) => 2 ** f.w - 1 },
    choices: { kind: { from: (f) => (f.s ? Shift.ASR : f.i === 0 ? Shift.none : Shift.LSL), values: [Shift.none, Shift.LSL, Shift.ASR] } },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, #${f.w + (isSigned ? 1 : 0)}, ${reg(f.n)}${f.s || f.i ? shiftSuffix(f.s ? 2 : 0, f.i) : ''}`,
    operation: (b, { Rd, Rn, n, max }, { kind }) => {
      const value = shiftC(b, kind, b.reg(Rn), n).result;
      const min = isSigned ? b.not(max) : 0;
      const low = b.ltS(value, min);
      const high = b.ltS(max, value);
      b.setReg(Rd, b.select(high, max, b.select(low, min, value)));
      b.setQ(b.or(low, high));
    },
  });
}

// -- 32-bit: shifts by register, extensions, CLZ, RBIT, REV (A5.3.12-A5.3.15) ----------------------------------------------

const REGISTER_32: Instruction[] = [
  ...(['LSL', 'LSR', 'ASR', 'ROR'] as const).map((name, index) =>
    instruction(`${name} (register) T2`, {
      encoding: `11111010 0 ${index.toString(2).padStart(2, '0')} S nnnn 1111 dddd 0000 mmmm`,
      feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.n) || isSPorPC(f.m),
      operands: { Rd: 'd', Rn: 'n', Rm: 'm' }, choices: S_BIT,
      syntax: (f) => `${name.toLowerCase()}${s(f)}.w ${reg(f.d)}, ${reg(f.n)}, ${reg(f.m)}`,
      operation: (b, { Rd, Rn, Rm }, { S }) => setLogical(b, S, Rd, shiftByRegisterC(b, index + 1, b.reg(Rn), b.reg(Rm))),
    })),
  ...(
    [
      ['SXTH', '000', (b: Builder, x: Value) => b.signExtend16(x)],
      ['UXTH', '001', (b: Builder, x: Value) => b.and(x, 0xffff)],
      ['SXTB', '100', (b: Builder, x: Value) => b.signExtend8(x)],
      ['UXTB', '101', (b: Builder, x: Value) => b.and(x, 0xff)],
    ] as const
  ).map(([name, opcode, op]) =>
    instruction(`${name} T2`, {
      encoding: `11111010 0 ${opcode} 1111 1111 dddd 1(0)rr mmmm`,
      feature: 'v7m', timing: 'alu', unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.m),
      operands: { Rd: 'd', Rm: 'm', rotation: (f) => f.r * 8 },
      syntax: (f) => `${name.toLowerCase()}.w ${reg(f.d)}, ${reg(f.m)}${f.r ? `, ror #${f.r * 8}` : ''}`,
      operation: (b, { Rd, Rm, rotation }) => b.setReg(Rd, op(b, b.ror(b.reg(Rm), rotation))),
    })),
  ...(
    [
      ['REV T2', '001', '1000', reverseBytes],
      ['REV16 T2', '001', '1001', reverseBytesInHalfwords],
      ['RBIT T1', '001', '1010', (b: Builder, x: Value) => b.call('ReverseBits', x)],
      ['REVSH T2', '001', '1011', (b: Builder, x: Value) => b.signExtend16(reverseBytesInHalfwords(b, x))],
      ['CLZ T1', '011', '1000', (b: Builder, x: Value) => b.clz(x)],
    ] as const
  ).map(([name, op1, op2, op]) =>
    instruction(name, {
      encoding: `11111010 1 ${op1} nnnn 1111 dddd ${op2} mmmm`,
      feature: 'v7m', timing: 'alu',
      // The manual wants Rm in both fields (A7.7.24 and others)
      unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.m) || f.n !== f.m,
      operands: { Rd: 'd', Rm: 'm' },
      syntax: (f) => `${name.split(' ')[0].toLowerCase()}${name.endsWith('T2') ? '.w' : ''} ${reg(f.d)}, ${reg(f.m)}`,
      operation: (b, { Rd, Rm }) => b.setReg(Rd, op(b, b.reg(Rm))),
    })),
];

export const DATA_PROCESSING: readonly Instruction[] = [
  ...DATA_PROCESSING_16,
  ...LOGICAL_32.flatMap(logical32),
  ...ARITHMETIC_32.flatMap(arithmetic32),
  ...PLAIN_IMMEDIATE,
  ...REGISTER_32,
];
