/**
 * Moves, loads and stores of floating-point registers. Source: Armv7-M ARM (DDI 0403E), A7.7.235 to A7.7.237,
 * A7.7.239 to A7.7.247, A7.7.253 to A7.7.254 and A7.7.258 to A7.7.260. Timing classes: Cortex-M4 TRM (DDI 0439),
 * table 7-1; `transfers` counts single registers, of which a double is two.
 */
import { instruction, type Fields, type Instruction } from '../../../isa/instruction.js';
import type { Builder, Value } from '../../../isa/builder.js';
import { coreRegister, ofOne, Sd, Sm, Sn, text, twoDoubles, twoSingles } from './floating-point-operands.js';

const isStackOrPC = (n: number): boolean => n === 13 || n === 15;
const lowHalf = (b: Builder, n: Value): Value => b.shl(n, 1);
const highHalf = (b: Builder, n: Value): Value => b.add(b.shl(n, 1), 1);

/** VFPExpandImm(imm8, 32): sign, an exponent from -3 to 4, and four fraction bits. */
const expandImm32 = ({ i }: Fields): number =>
  (((i & 0x80) << 24) | ((i & 0x40) !== 0 ? 0x3e00_0000 : 0x4000_0000) | ((i & 0x3f) << 19)) | 0;
/** The high word of VFPExpandImm(imm8, 64), whose low word is 0. */
const expandImm64 = ({ i }: Fields): number =>
  (((i & 0x80) << 24) | ((i & 0x40) !== 0 ? 0x3fc0_0000 : 0x4000_0000) | ((i & 0x3f) << 16)) | 0;
const immediateText = ({ i }: Fields): string => {
  const exponent = ((i >> 4) & 7) ^ 4;
  const magnitude = (16 + (i & 15)) / 16 * 2 ** (exponent - 3);
  const shown = (i & 0x80) !== 0 ? -magnitude : magnitude;
  return `#${Number.isInteger(shown) ? shown.toFixed(1) : shown}`;
};

const MOVES: readonly Instruction[] = [
  instruction('VMOV.F32 (immediate) T1', {
    encoding: '1110 1110 1D11 iiii dddd 1010 (0)0(0)0 iiii', feature: 'fpv4-sp', timing: 'vmov',
    operands: { d: Sd, imm: expandImm32 }, syntax: (f, address) => text('VMOV.F32 {Sd}, ')(f, address) + immediateText(f),
    operation: (b, { d, imm }) => {
      b.do('ExecuteFPCheck');
      b.setSreg(d, imm);
    },
  }),
  instruction('VMOV.F64 (immediate) T1', {
    encoding: '1110 1110 1011 iiii dddd 1011 (0)0(0)0 iiii', feature: 'fpv5-dp', timing: 'vmov64',
    operands: { d: 'd', imm: expandImm64 }, syntax: (f, address) => text('VMOV.F64 {Dd}, ')(f, address) + immediateText(f),
    operation: (b, { d, imm }) => {
      b.do('ExecuteFPCheck');
      b.setSreg(lowHalf(b, d), 0);
      b.setSreg(highHalf(b, d), imm);
    },
  }),
  instruction('VMOV.F32 (register) T2', {
    encoding: '1110 1110 1D11 0000 dddd 1010 01M0 mmmm', feature: 'fpv4-sp', timing: 'vmov',
    operands: twoSingles, syntax: text('VMOV.F32 {Sd}, {Sm}'),
    operation: ofOne((_, m) => m),
  }),
  instruction('VMOV.F64 (register) T2', {
    encoding: '1110 1110 1011 0000 dddd 1011 0100 mmmm', feature: 'fpv5-dp', timing: 'vmov64',
    operands: twoDoubles, syntax: text('VMOV.F64 {Dd}, {Dm}'),
    operation: (b, { d, m }) => {
      b.do('ExecuteFPCheck');
      b.do('FPMove64', d, m);
    },
  }),
  instruction('VMOV (Arm core register to scalar) T1', {
    encoding: '1110 1110 00x0 dddd tttt 1011 0001 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmovscalar',
    operands: { t: 't', s: (f) => (f.d << 1) | f.x }, unpredictable: (f) => isStackOrPC(f.t),
    syntax: (f) => `VMOV.32 D${f.d}[${f.x}], ${coreRegister(f.t)}`,
    operation: (b, { t, s }) => {
      b.do('ExecuteFPCheck');
      b.setSreg(s, b.regOrPC(t));
    },
  }),
  instruction('VMOV (scalar to Arm core register) T1', {
    encoding: '1110 1110 00x1 nnnn tttt 1011 0001 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmovscalar',
    operands: { t: 't', s: (f) => (f.n << 1) | f.x }, when: (f) => f.t !== 15, unpredictable: (f) => f.t === 13,
    syntax: (f) => `VMOV.32 ${coreRegister(f.t)}, D${f.n}[${f.x}]`,
    operation: (b, { t, s }) => {
      b.do('ExecuteFPCheck');
      b.setReg(t, b.sreg(s));
    },
  }),
  instruction('VMOV (Arm core register to single) T1', {
    encoding: '1110 1110 0000 nnnn tttt 1010 N(0)(0)1 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmovcore',
    operands: { t: 't', n: Sn }, unpredictable: (f) => isStackOrPC(f.t), syntax: text('VMOV {Sn}, {Rt}'),
    operation: (b, { t, n }) => {
      b.do('ExecuteFPCheck');
      b.setSreg(n, b.regOrPC(t));
    },
  }),
  instruction('VMOV (single to Arm core register) T1', {
    encoding: '1110 1110 0001 nnnn tttt 1010 N(0)(0)1 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmovcore',
    operands: { t: 't', n: Sn }, when: (f) => f.t !== 15, unpredictable: (f) => f.t === 13, syntax: text('VMOV {Rt}, {Sn}'),
    operation: (b, { t, n }) => {
      b.do('ExecuteFPCheck');
      b.setReg(t, b.sreg(n));
    },
  }),
];

/** Two core registers to or from S<m>, S<m+1>; `u` is Rt2. */
function twoRegisters(name: string, encoding: string, first: (f: Fields) => number, isToCore: boolean, floats: string): Instruction {
  const core = '{Rt}, {Rt2}';
  return instruction(name, {
    encoding, feature: 'fpv4-sp', timing: 'vmov2',
    operands: { t: 't', u: 'u', s: first }, syntax: text(`VMOV ${isToCore ? `${core}, ${floats}` : `${floats}, ${core}`}`),
    ...(isToCore ? { when: (f: Fields) => f.t !== 15 && f.u !== 15 } : {}),
    unpredictable: (f) => isStackOrPC(f.t) || isStackOrPC(f.u) || first(f) === 31 || (isToCore && f.t === f.u),
    operation: (b, { t, u, s }) => {
      b.do('ExecuteFPCheck');
      if (isToCore) {
        b.setReg(t, b.sreg(s));
        b.setReg(u, b.sreg(b.and(b.add(s, 1), 31)));
      } else {
        b.setSreg(s, b.regOrPC(t));
        b.setSreg(b.and(b.add(s, 1), 31), b.regOrPC(u));
      }
    },
  });
}

const doubleAsSingles = (f: Fields): number => f.m << 1;

const SYSTEM_REGISTERS: readonly Instruction[] = [
  instruction('VMRS T1', {
    encoding: '1110 1110 1111 0001 tttt 1010 (0)(0)(0)1 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmrs',
    operands: { t: 't' }, when: (f) => f.t !== 15, unpredictable: (f) => f.t === 13, syntax: text('VMRS {Rt}, FPSCR'),
    operation: (b, { t }) => {
      b.do('ExecuteFPCheck');
      b.setReg(t, b.call('ReadFPSCR'));
    },
  }),
  instruction('VMRS (APSR_nzcv) T1', {
    encoding: '1110 1110 1111 0001 1111 1010 (0)(0)(0)1 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmrs',
    syntax: 'VMRS APSR_nzcv, FPSCR',
    operation: (b) => {
      b.do('ExecuteFPCheck');
      b.do('FPSCRToAPSR');
    },
  }),
  instruction('VMSR T1', {
    encoding: '1110 1110 1110 0001 tttt 1010 (0)(0)(0)1 (0)(0)(0)(0)', feature: 'fpv4-sp', timing: 'vmsr',
    operands: { t: 't' }, unpredictable: (f) => isStackOrPC(f.t), syntax: text('VMSR FPSCR, {Rt}'),
    operation: (b, { t }) => {
      b.do('ExecuteFPCheck');
      b.do('WriteFPSCR', b.regOrPC(t));
    },
  }),
];

/** U adds or subtracts imm8 words. */
const offset = (f: Fields): number => (f.U !== 0 ? f.i << 2 : -(f.i << 2));
const offsetText = (f: Fields): string => (f.i === 0 && f.U !== 0 ? '' : `, #${f.U !== 0 ? '' : '-'}${f.i << 2}`);
const isLiteral = (f: Fields): boolean => f.n === 15;
/** The literal row fixes n to 15 and so has no field for it. */
const alignedPC = (b: Builder): Value => b.and(b.pc(), ~3);

function loadSingle(b: Builder, d: Value, address: Value): void {
  b.setSreg(d, b.load(4, address, 'checked'));
}

function loadDouble(b: Builder, d: Value, address: Value): void {
  const low = b.load(4, address, 'checked');
  const high = b.load(4, b.add(address, 4), 'checked');
  b.setSreg(lowHalf(b, d), low);
  b.setSreg(highHalf(b, d), high);
}

function storeSingle(b: Builder, d: Value, address: Value): void {
  b.store(4, address, b.sreg(d), 'checked');
}

function storeDouble(b: Builder, d: Value, address: Value): void {
  b.store(4, address, b.sreg(lowHalf(b, d)), 'checked');
  b.store(4, b.add(address, 4), b.sreg(highHalf(b, d)), 'checked');
}

interface Width { readonly name: string; readonly register: string; readonly D: string; readonly x: string; readonly d: 'd' | typeof Sd; readonly bits: 32 | 64 }
const SINGLE: Width = { name: 'single', register: '{Sd}', D: 'D', x: '1010', d: Sd, bits: 32 };
const DOUBLE: Width = { name: 'double', register: '{Dd}', D: '0', x: '1011', d: 'd', bits: 64 };

function loadsAndStores(w: Width): readonly Instruction[] {
  const load = w.bits === 32 ? loadSingle : loadDouble;
  const store = w.bits === 32 ? storeSingle : storeDouble;
  return [
    instruction(`VLDR (${w.name}) T1`, {
      encoding: `1110 1101 U${w.D}01 nnnn dddd ${w.x} iiii iiii`, feature: 'fpv4-sp', timing: `vldr${w.bits}`,
      operands: { d: w.d, n: 'n', offset }, when: (f) => !isLiteral(f),
      syntax: (f, address) => `${text(`VLDR ${w.register}, [{Rn}`)(f, address)}${offsetText(f)}]`,
      operation: (b, { d, n, offset }) => {
        b.do('ExecuteFPCheck');
        load(b, d, b.add(b.reg(n), offset));
      },
    }),
    instruction(`VLDR (${w.name}, literal) T1`, {
      encoding: `1110 1101 U${w.D}01 1111 dddd ${w.x} iiii iiii`, feature: 'fpv4-sp', timing: `vldr${w.bits}`,
      operands: { d: w.d, offset },
      syntax: (f, address) => `${text(`VLDR ${w.register}, [PC`)(f, address)}, #${offset(f)}]`,
      operation: (b, { d, offset }) => {
        b.do('ExecuteFPCheck');
        load(b, d, b.add(alignedPC(b), offset));
      },
    }),
    instruction(`VSTR (${w.name}) T1`, {
      encoding: `1110 1101 U${w.D}00 nnnn dddd ${w.x} iiii iiii`, feature: 'fpv4-sp', timing: `vstr${w.bits}`,
      operands: { d: w.d, n: 'n', offset }, when: (f) => !isLiteral(f),
      syntax: (f, address) => `${text(`VSTR ${w.register}, [{Rn}`)(f, address)}${offsetText(f)}]`,
      operation: (b, { d, n, offset }) => {
        b.do('ExecuteFPCheck');
        store(b, d, b.add(b.reg(n), offset));
      },
    }),
  ];
}

// -- Several registers.

const registersOf = (w: Width, f: Fields): number => (w.bits === 32 ? f.i : f.i >> 1);
const firstOf = (w: Width, f: Fields): number => (w.bits === 32 ? Sd(f) : f.d);
/** Clipped to the register file, where the manual says UNPREDICTABLE. */
const transferred = (w: Width, f: Fields): number =>
  w.bits === 32 ? Math.min(f.i, 32 - Sd(f)) : 2 * Math.min(f.i >> 1, 16 - f.d);

function listText(w: Width, f: Fields): string {
  const letter = w.bits === 32 ? 'S' : 'D';
  const first = firstOf(w, f);
  const last = first + registersOf(w, f) - 1;
  return last > first ? `{${letter}${first}-${letter}${last}}` : `{${letter}${first}}`;
}

/** An odd imm8 with doubles is the deprecated FLDMX or FSTMX, which skips one more word. */
function multipleText(w: Width, f: Fields, isLoad: boolean, order: 'IA' | 'DB', writesBack: boolean): string {
  const isX = w.bits === 64 && (f.i & 1) !== 0;
  if (f.n === 13 && writesBack && !isX && order === (isLoad ? 'IA' : 'DB')) return `${isLoad ? 'VPOP' : 'VPUSH'} ${listText(w, f)}`;
  const mnemonic = isX ? `F${isLoad ? 'LDM' : 'STM'}${order}X` : `V${isLoad ? 'LDM' : 'STM'}${order}`;
  return `${mnemonic} ${coreRegister(f.n)}${writesBack ? '!' : ''}, ${listText(w, f)}`;
}

/** The order and writeback of one encoding of VLDM or VSTM: IA, IA with writeback, DB with writeback. */
const FORMS = [
  { P: 0, U: 1, W: 0, order: 'IA' }, { P: 0, U: 1, W: 1, order: 'IA' }, { P: 1, U: 0, W: 1, order: 'DB' },
] as const;

function multiple(w: Width, isLoad: boolean, { P, U, W, order }: (typeof FORMS)[number]): Instruction {
  const L = isLoad ? 1 : 0;
  return instruction(`V${isLoad ? 'LDM' : 'STM'}${order}${W ? '!' : ''} (${w.name}) T1`, {
    encoding: `1110 110${P} ${U}${w.D}${W}${L} nnnn dddd ${w.x} iiii iiii`, feature: 'fpv4-sp', timing: isLoad ? 'vldm' : 'vstm',
    operands: {
      n: 'n', bytes: (f) => f.i << 2, count: (f) => transferred(w, f),
      first: (f) => (w.bits === 32 ? Sd(f) : f.d << 1),
    },
    when: (f) => !isLiteral(f) || W === 0,
    unpredictable: (f) => isLiteral(f) || registersOf(w, f) === 0 || transferred(w, f) * 4 < (f.i & (w.bits === 32 ? ~0 : ~1)) * 4,
    transfers: (f) => transferred(w, f),
    syntax: (f) => multipleText(w, f, isLoad, order, W === 1),
    operation: (b, { n, bytes, count, first }) => {
      b.do('ExecuteFPCheck');
      const base = b.regOrPC(n);
      const start = order === 'IA' ? base : b.sub(base, bytes);
      b.do(isLoad ? 'VLDM' : 'VSTM', start, first, count);
      if (W === 1) b.setReg(n, order === 'IA' ? b.add(base, bytes) : start);
    },
  });
}

export const FP_TRANSFERS: readonly Instruction[] = [
  ...MOVES,
  twoRegisters('VMOV (two Arm core registers to two singles) T1', '1110 1100 0100 uuuu tttt 1010 00M1 mmmm', Sm, false, '{Sm}, {Sm1}'),
  twoRegisters('VMOV (two singles to two Arm core registers) T1', '1110 1100 0101 uuuu tttt 1010 00M1 mmmm', Sm, true, '{Sm}, {Sm1}'),
  twoRegisters('VMOV (two Arm core registers to double) T1', '1110 1100 0100 uuuu tttt 1011 0001 mmmm', doubleAsSingles, false, '{Dm}'),
  twoRegisters('VMOV (double to two Arm core registers) T1', '1110 1100 0101 uuuu tttt 1011 0001 mmmm', doubleAsSingles, true, '{Dm}'),
  ...SYSTEM_REGISTERS,
  ...[SINGLE, DOUBLE].flatMap(loadsAndStores),
  ...[SINGLE, DOUBLE].flatMap((w) => [true, false].flatMap((isLoad) => FORMS.map((form) => multiple(w, isLoad, form)))),
];
