/**
 * Loads and stores: single, dual, multiple, unprivileged, exclusive.
 * Source: Armv7-M ARM (DDI 0403E), A5.2.4-A5.2.5, A5.3.5-A5.3.10 and A7.7. Memory is accessed before any register changes,
 * so that a faulting instruction can be run again.
 */
import type { AccessSize, Builder, Value } from '../../../isa/builder.js';
import { instruction, type ChoiceDecode, type Fields, type Instruction } from '../../../isa/instruction.js';
import { bitCount, hex, isSPorPC, LR, PC, reg, registerList, SP, target } from './common.js';

interface Transfer { readonly name: string; readonly isLoad: boolean; readonly size: AccessSize; readonly isSigned: boolean }

const transfer = (name: string, size: AccessSize, isSigned = false): Transfer => ({ name, isLoad: name.startsWith('L'), size, isSigned });
const STR = transfer('STR', 4);
const STRH = transfer('STRH', 2);
const STRB = transfer('STRB', 1);
const LDR = transfer('LDR', 4);
const LDRH = transfer('LDRH', 2);
const LDRB = transfer('LDRB', 1);
const LDRSH = transfer('LDRSH', 2, true);
const LDRSB = transfer('LDRSB', 1, true);
const STORES = [STR, STRH, STRB];
const LOADS = [LDR, LDRH, LDRB, LDRSH, LDRSB];

const timingOf = (t: Transfer): string => (t.isLoad ? 'load' : 'store');

function loadValue(b: Builder, { size, isSigned }: Transfer, address: Value): Value {
  return isSigned && size !== 4 ? b.loadSigned(size, address) : b.load(size, address);
}

/** Moves between Rt and memory; a load into the PC branches with interworking. */
function move(b: Builder, t: Transfer, Rt: Value, address: Value, toPC = 0, writeBack?: () => void): void {
  if (!t.isLoad) {
    b.store(t.size, address, b.reg(Rt));
    writeBack?.();
    return;
  }
  const value = loadValue(b, t, address);
  writeBack?.();
  if (toPC) b.branchExchange(value);
  else b.setReg(Rt, value);
}

const bracket = (base: string, offset: number): string => (offset === 0 ? `[${base}]` : `[${base}, #${hex(offset)}]`);

// -- 16-bit -------------------------------------------------------------------------------------------------------------------

const register16 = (t: Transfer, opcode: string): Instruction =>
  instruction(`${t.name} (register) T1`, {
    encoding: `0101 ${opcode} mmm nnn ttt`,
    feature: 'v6m', timing: timingOf(t), operands: { Rt: 't', Rn: 'n', Rm: 'm' },
    syntax: (f) => `${t.name.toLowerCase()} ${reg(f.t)}, [${reg(f.n)}, ${reg(f.m)}]`,
    operation: (b, { Rt, Rn, Rm }) => move(b, t, Rt, b.add(b.reg(Rn), b.reg(Rm))),
  });

const immediate16 = (t: Transfer, opcode: string): Instruction =>
  instruction(`${t.name} (immediate) T1`, {
    encoding: `${opcode} iiiii nnn ttt`,
    feature: 'v6m', timing: timingOf(t), operands: { Rt: 't', Rn: 'n', imm32: (f) => f.i * t.size },
    syntax: (f) => `${t.name.toLowerCase()} ${reg(f.t)}, ${bracket(reg(f.n), f.i * t.size)}`,
    operation: (b, { Rt, Rn, imm32 }) => move(b, t, Rt, b.add(b.reg(Rn), imm32)),
  });

const stackRelative16 = (t: Transfer, opcode: string): Instruction =>
  instruction(`${t.name} (immediate) T2`, {
    encoding: `${opcode} ttt iiiiiiii`,
    feature: 'v6m', timing: timingOf(t), operands: { Rt: 't', imm32: (f) => f.i * 4 },
    syntax: (f) => `${t.name.toLowerCase()} ${reg(f.t)}, ${bracket('sp', f.i * 4)}`,
    operation: (b, { Rt, imm32 }) => move(b, t, Rt, b.add(b.reg(SP), imm32)),
  });

const literal = (at: number, offset: number): number => (((at + 4) & ~3) + offset) | 0;
const listBits = { transfers: (f: Fields): number => bitCount(f.r) };

const LOAD_STORE_16: Instruction[] = [
  instruction('LDR (literal) T1', {
    encoding: '01001 ttt iiiiiiii',
    feature: 'v6m', timing: 'loadLiteral', operands: { Rt: 't', address: (f, at) => literal(at, f.i * 4) },
    syntax: (f, at) => `ldr ${reg(f.t)}, ${target(literal(at, f.i * 4))}`,
    operation: (b, { Rt, address }) => b.setReg(Rt, b.load(4, address)),
  }),
  ...[STR, STRH, STRB, LDRSB, LDR, LDRH, LDRB, LDRSH].map((t, i) => register16(t, i.toString(2).padStart(3, '0'))),
  immediate16(STR, '01100'), immediate16(LDR, '01101'), immediate16(STRB, '01110'), immediate16(LDRB, '01111'),
  immediate16(STRH, '10000'), immediate16(LDRH, '10001'),
  stackRelative16(STR, '10010'), stackRelative16(LDR, '10011'),
  instruction('PUSH T1', {
    encoding: '1011010 M rrrrrrrr',
    feature: 'v6m', timing: 'push', transfers: (f) => bitCount(f.r) + f.M, unpredictable: (f) => f.M === 0 && f.r === 0,
    operands: { list: (f) => (f.M << LR) | f.r, bytes: (f) => 4 * (bitCount(f.r) + f.M) },
    syntax: (f) => `push ${registerList((f.M << LR) | f.r)}`,
    operation: (b, { list, bytes }) => {
      const address = b.sub(b.reg(SP), bytes);
      b.storeMultiple(list, address);
      b.setReg(SP, address);
    },
  }),
  instruction('POP T1', {
    encoding: '1011110 0 rrrrrrrr',
    feature: 'v6m', timing: 'pop', ...listBits, unpredictable: (f) => f.r === 0,
    operands: { list: 'r', bytes: (f) => 4 * bitCount(f.r) },
    syntax: (f) => `pop ${registerList(f.r)}`,
    operation: (b, { list, bytes }) => {
      b.loadMultiple(list, b.reg(SP));
      b.setReg(SP, b.add(b.reg(SP), bytes));
    },
  }),
  instruction('POP T1, PC', {
    encoding: '1011110 1 rrrrrrrr',
    feature: 'v6m', timing: 'popPC', transfers: (f) => bitCount(f.r) + 1,
    operands: { list: (f) => (1 << PC) | f.r, bytes: (f) => 4 * (bitCount(f.r) + 1) },
    syntax: (f) => `pop ${registerList((1 << PC) | f.r)}`,
    operation: (b, { list, bytes }) => {
      const returnAddress = b.loadMultiple(list, b.reg(SP));
      b.setReg(SP, b.add(b.reg(SP), bytes));
      b.branchExchange(returnAddress);
    },
  }),
  instruction('STM T1', {
    encoding: '11000 nnn rrrrrrrr',
    feature: 'v6m', timing: 'stm', ...listBits,
    // The base may be stored only as the lowest register of the list (A7.7.159)
    unpredictable: (f) => f.r === 0 || ((f.r >> f.n) & 1 && f.r & ((1 << f.n) - 1)) !== 0,
    operands: { Rn: 'n', list: 'r', bytes: (f) => 4 * bitCount(f.r) },
    syntax: (f) => `stmia ${reg(f.n)}!, ${registerList(f.r)}`,
    operation: (b, { Rn, list, bytes }) => {
      const address = b.reg(Rn);
      b.storeMultiple(list, address);
      b.setReg(Rn, b.add(address, bytes));
    },
  }),
  instruction('LDM T1', {
    encoding: '11001 nnn rrrrrrrr',
    feature: 'v6m', timing: 'ldm', ...listBits, unpredictable: (f) => f.r === 0,
    operands: { Rn: 'n', list: 'r', bytes: (f) => 4 * bitCount(f.r) },
    choices: { wback: { from: (f) => 1 - ((f.r >> f.n) & 1), values: [0, 1] } },
    syntax: (f) => `ldmia ${reg(f.n)}${(f.r >> f.n) & 1 ? '' : '!'}, ${registerList(f.r)}`,
    operation: (b, { Rn, list, bytes }, { wback }) => {
      const address = b.reg(Rn);
      b.loadMultiple(list, address);
      if (wback) b.setReg(Rn, b.add(address, bytes));
    },
  }),
];

// -- 32-bit single (A5.3.7-A5.3.10) ----------------------------------------------------------------------------------------------

const SIZE_BITS: Record<AccessSize, string> = { 1: '00', 2: '01', 4: '10' };
const head = (t: Transfer, form: '0' | '1'): string => `1111100 ${t.isSigned ? '1' : '0'} ${form} ${SIZE_BITS[t.size]} ${t.isLoad ? '1' : '0'}`;
/** Byte and halfword loads into R15 are memory hints. */
const isHint = (t: Transfer, f: Fields): boolean => t.isLoad && t.size !== 4 && f.t === PC;
const TO_PC: Record<string, ChoiceDecode> = { toPC: { from: (f) => (f.t === PC ? 1 : 0), values: [0, 1] } };
const toPC = (t: Transfer): Record<string, ChoiceDecode> => (t.isLoad && t.size === 4 ? TO_PC : {});
const badRt = (t: Transfer, f: Fields): boolean => (t.size === 4 && t.isLoad ? false : t.size === 4 ? f.t === PC : isSPorPC(f.t));
const signedImm8 = (f: Fields): number => (f.U ? f.i : -f.i);
/** No indexing and no write-back is another instruction; 1110 is the unprivileged form. */
const isIndexed = (f: Fields): boolean => !(f.P === 0 && f.W === 0) && !(f.P === 1 && f.U === 1 && f.W === 0);

function indexedSyntax(t: Transfer, f: Fields): string {
  const [rt, rn, offset] = [reg(f.t), reg(f.n), `#${f.U ? '' : '-'}${hex(f.i)}`];
  const operands = f.P ? `[${rn}, ${offset}]${f.W ? '!' : ''}` : `[${rn}], ${offset}`;
  return `${t.name.toLowerCase()} ${rt}, ${operands}`;
}

function single32(t: Transfer): Instruction[] {
  const lower = t.name.toLowerCase();
  const rows = [
    instruction(`${t.name} (immediate) T3`, {
      encoding: `${head(t, '1')} nnnn tttt iiiiiiiiiiii`,
      feature: 'v7m', timing: timingOf(t), when: (f) => f.n !== PC && !isHint(t, f), unpredictable: (f) => badRt(t, f),
      operands: { Rt: 't', Rn: 'n', imm32: 'i' }, choices: toPC(t),
      syntax: (f) => `${lower}.w ${reg(f.t)}, ${bracket(reg(f.n), f.i)}`,
      operation: (b, { Rt, Rn, imm32 }, { toPC }) => move(b, t, Rt, b.add(b.reg(Rn), imm32), toPC),
    }),
    instruction(`${t.name} (immediate) T4`, {
      encoding: `${head(t, '0')} nnnn tttt 1PUW iiiiiiii`,
      feature: 'v7m', timing: timingOf(t),
      when: (f) => f.n !== PC && isIndexed(f) && !(isHint(t, f) && f.P === 1 && f.U === 0 && f.W === 0),
      unpredictable: (f) => badRt(t, f) || (f.W === 1 && f.n === f.t) || (t.size !== 4 && f.t === PC),
      operands: { Rt: 't', Rn: 'n', offset: signedImm8 },
      choices: { P: { from: 'P', values: [0, 1] }, W: { from: 'W', values: [0, 1] }, ...toPC(t) },
      syntax: (f) => indexedSyntax(t, f),
      operation: (b, { Rt, Rn, offset }, { P, W, toPC }) => {
        const base = b.reg(Rn);
        const moved = b.add(base, offset);
        move(b, t, Rt, P ? moved : base, toPC, W ? () => b.setReg(Rn, moved) : undefined);
      },
    }),
    instruction(`${t.name} (register) T2`, {
      encoding: `${head(t, '0')} nnnn tttt 000000 ii mmmm`,
      feature: 'v7m', timing: timingOf(t), when: (f) => f.n !== PC && !isHint(t, f),
      unpredictable: (f) => badRt(t, f) || isSPorPC(f.m),
      operands: { Rt: 't', Rn: 'n', Rm: 'm', shift: 'i' }, choices: toPC(t),
      syntax: (f) => `${lower}.w ${reg(f.t)}, [${reg(f.n)}, ${reg(f.m)}${f.i ? `, lsl #${f.i}` : ''}]`,
      operation: (b, { Rt, Rn, Rm, shift }, { toPC }) => move(b, t, Rt, b.add(b.reg(Rn), b.shl(b.reg(Rm), shift)), toPC),
    }),
    instruction(`${t.name}T T1`, {
      encoding: `${head(t, '0')} nnnn tttt 1110 iiiiiiii`,
      feature: 'v7m', timing: timingOf(t), when: (f) => f.n !== PC, unpredictable: (f) => isSPorPC(f.t),
      operands: { Rt: 't', Rn: 'n', imm32: 'i' },
      syntax: (f) => `${lower}t ${reg(f.t)}, ${bracket(reg(f.n), f.i)}`,
      operation: (b, { Rt, Rn, imm32 }) => {
        const address = b.add(b.reg(Rn), imm32);
        if (!t.isLoad) return b.do('StoreUnprivileged', t.size, address, b.reg(Rt));
        const value = b.call('LoadUnprivileged', t.size, address);
        const extended = !t.isSigned ? value : t.size === 1 ? b.signExtend8(value) : b.signExtend16(value);
        b.setReg(Rt, extended);
      },
    }),
  ];
  if (!t.isLoad) return rows;
  rows.push(
    instruction(`${t.name} (literal) ${t === LDR ? 'T2' : 'T1'}`, {
      encoding: `1111100 ${t.isSigned ? '1' : '0'} U ${SIZE_BITS[t.size]} 1 1111 tttt iiiiiiiiiiii`,
      feature: 'v7m', timing: 'loadLiteral', when: (f) => !isHint(t, f), unpredictable: (f) => t.size !== 4 && f.t === SP,
      operands: { Rt: 't', address: (f, at) => literal(at, signedImm8(f)) }, choices: toPC(t),
      syntax: (f, at) => `${lower}.w ${reg(f.t)}, ${target(literal(at, signedImm8(f)))}`,
      operation: (b, { Rt, address }, { toPC }) => move(b, t, Rt, address, toPC),
    }),
  );
  return rows;
}

/** PLD, PLI and the unallocated hints: byte and halfword loads into R15 touch nothing here. */
const hints = (name: string, prefix: string): Instruction[] =>
  ([
    ['(immediate) T1', '1', 'nnnn 1111 iiiiiiiiiiii', (f: Fields) => f.n !== PC],
    ['(immediate) T2', '0', 'nnnn 1111 1100 iiiiiiii', (f: Fields) => f.n !== PC],
    ['(register) T1', '0', 'nnnn 1111 000000 ii mmmm', (f: Fields) => f.n !== PC],
    ['(literal) T1', 'U', '1111 1111 iiiiiiiiiiii', () => true],
  ] as const).map(([form, u, rest, when]) =>
    instruction(`${name} ${form}`, {
      encoding: `${prefix.replace('u', u)} ${rest}`,
      feature: 'v7m', timing: 'nop', when, unpredictable: (f) => f.m !== undefined && isSPorPC(f.m),
      syntax: (f) => `${name.split(' ')[0].toLowerCase()} [${reg(f.n ?? PC)}${f.m === undefined ? `, #${hex(f.i ?? 0)}` : `, ${reg(f.m)}`}]`,
      operation: () => {},
    }));

// -- Dual (A5.3.6) and multiple (A5.3.5) --------------------------------------------------------------------------------------------

const dualOffset = (f: Fields): number => (f.U ? 4 : -4) * f.i;
const badDual = (f: Fields): boolean =>
  isSPorPC(f.t) || isSPorPC(f.u) || f.n === PC || (f.W === 1 && (f.n === f.t || f.n === f.u));
function dualSyntax(mnemonic: string, f: Fields): string {
  const [rn, offset] = [reg(f.n), `#${f.U ? '' : '-'}${hex(f.i * 4)}`];
  const address = f.P ? `[${rn}, ${offset}]${f.W ? '!' : ''}` : `[${rn}], ${offset}`;
  return `${mnemonic} ${reg(f.t)}, ${reg(f.u)}, ${address}`;
}
const INDEXING: Record<string, ChoiceDecode> = { P: { from: 'P', values: [0, 1] }, W: { from: 'W', values: [0, 1] } };
const DUAL_OPERANDS = { Rt: 't', Rt2: 'u', Rn: 'n', offset: dualOffset };

const DUAL: Instruction[] = [
  instruction('STRD (immediate) T1', {
    encoding: '1110100 P U 1 W 0 nnnn tttt uuuu iiiiiiii',
    feature: 'v7m', timing: 'strd', transfers: () => 2, when: (f) => f.P === 1 || f.W === 1, unpredictable: badDual,
    operands: DUAL_OPERANDS, choices: INDEXING, syntax: (f) => dualSyntax('strd', f),
    operation: (b, { Rt, Rt2, Rn, offset }, { P, W }) => {
      const base = b.reg(Rn);
      const moved = b.add(base, offset);
      const address = P ? moved : base;
      b.store(4, address, b.reg(Rt), 'checked');
      b.store(4, b.add(address, 4), b.reg(Rt2), 'checked');
      if (W) b.setReg(Rn, moved);
    },
  }),
  instruction('LDRD (immediate) T1', {
    encoding: '1110100 P U 1 W 1 nnnn tttt uuuu iiiiiiii',
    feature: 'v7m', timing: 'ldrd', transfers: () => 2,
    when: (f) => (f.P === 1 || f.W === 1) && f.n !== PC, unpredictable: (f) => badDual(f) || f.t === f.u,
    operands: DUAL_OPERANDS, choices: INDEXING, syntax: (f) => dualSyntax('ldrd', f),
    operation: (b, { Rt, Rt2, Rn, offset }, { P, W }) => {
      const base = b.reg(Rn);
      const moved = b.add(base, offset);
      const address = P ? moved : base;
      const first = b.load(4, address, 'checked');
      const second = b.load(4, b.add(address, 4), 'checked');
      if (W) b.setReg(Rn, moved);
      b.setReg(Rt, first);
      b.setReg(Rt2, second);
    },
  }),
  instruction('LDRD (literal) T1', {
    encoding: '1110100 P U 1 W 1 1111 tttt uuuu iiiiiiii',
    feature: 'v7m', timing: 'ldrd', transfers: () => 2, when: (f) => f.P === 1 || f.W === 1,
    unpredictable: (f) => isSPorPC(f.t) || isSPorPC(f.u) || f.t === f.u || f.W === 1,
    operands: { Rt: 't', Rt2: 'u', address: (f, at) => literal(at, dualOffset(f)) },
    syntax: (f, at) => `ldrd ${reg(f.t)}, ${reg(f.u)}, ${target(literal(at, dualOffset(f)))}`,
    operation: (b, { Rt, Rt2, address }) => {
      const first = b.load(4, address, 'checked');
      const second = b.load(4, b.add(address, 4), 'checked');
      b.setReg(Rt, first);
      b.setReg(Rt2, second);
    },
  }),
];

const list32 = (f: Fields): number => f.r;
const count32 = (f: Fields): number => bitCount(list32(f));
const WRITE_BACK: Record<string, ChoiceDecode> = { W: { from: 'W', values: [0, 1] } };
const inList = (f: Fields, n: number): boolean => ((list32(f) >> n) & 1) === 1;
const badStoreList = (f: Fields): boolean => f.n === PC || count32(f) < 2 || (f.W === 1 && inList(f, f.n));
const badLoadList = (f: Fields): boolean => badStoreList(f) || (inList(f, PC) && inList(f, LR));
const multipleSyntax = (mnemonic: string, f: Fields): string =>
  `${mnemonic} ${reg(f.n)}${f.W ? '!' : ''}, ${registerList(list32(f))}`;

function multiple32(name: 'LDM' | 'LDMDB' | 'STM' | 'STMDB'): Instruction {
  const isLoad = name.startsWith('L');
  const before = name.endsWith('DB');
  const lower = `${name.slice(0, 3).toLowerCase()}${before ? 'db' : 'ia'}.w`;
  const alias = (f: Fields): string =>
    (f.n === SP && f.W === 1 && isLoad !== before ? `${isLoad ? 'pop' : 'push'}.w ${registerList(list32(f))}` : multipleSyntax(lower, f));
  return instruction(`${name} T${isLoad || !before ? (before ? 1 : 2) : 1}`, {
    // LDM: bit 13 is should-be-zero; STM: bits 15 and 13. They are part of the list field, so that the list reads itself.
    encoding: `1110100 ${before ? '10' : '01'} 0 W ${isLoad ? '1' : '0'} nnnn rrrrrrrrrrrrrrrr`,
    feature: 'v7m', timing: isLoad ? 'ldm' : 'stm', transfers: count32,
    when: (f) => !inList(f, SP) && (isLoad || !inList(f, PC)),
    unpredictable: isLoad ? badLoadList : badStoreList,
    operands: { Rn: 'n', list: list32, bytes: (f) => 4 * count32(f) },
    choices: { ...WRITE_BACK, ...(isLoad ? { toPC: { from: (f: Fields) => (inList(f, PC) ? 1 : 0), values: [0, 1] } } : {}) },
    syntax: alias,
    operation: (b, { Rn, list, bytes }, { W, toPC }) => {
      const base = b.reg(Rn);
      const moved = before ? b.sub(base, bytes) : b.add(base, bytes);
      const address = before ? moved : base;
      if (!isLoad) {
        b.storeMultiple(list, address);
        if (W) b.setReg(Rn, moved);
        return;
      }
      const loadedPC = b.loadMultiple(list, address);
      if (W) b.setReg(Rn, moved);
      if (toPC) b.branchExchange(loadedPC);
    },
  });
}

// -- Exclusive (A5.3.6) -----------------------------------------------------------------------------------------------------------------

function loadExclusive(name: string, size: AccessSize, encoding: string, scale: number): Instruction {
  return instruction(`${name} T1`, {
    encoding, feature: 'v7m', timing: 'ldrex', unpredictable: (f) => isSPorPC(f.t) || f.n === PC,
    operands: { Rt: 't', Rn: 'n', imm32: (f) => (f.i ?? 0) * scale },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.t)}, ${bracket(reg(f.n), (f.i ?? 0) * scale)}`,
    operation: (b, { Rt, Rn, imm32 }) => {
      const address = b.add(b.reg(Rn), imm32);
      const value = b.load(size, address, 'checked');
      b.do('SetExclusiveMonitors', address);
      b.setReg(Rt, value);
    },
  });
}

function storeExclusive(name: string, size: AccessSize, encoding: string, scale: number): Instruction {
  return instruction(`${name} T1`, {
    encoding, feature: 'v7m', timing: 'strex',
    unpredictable: (f) => isSPorPC(f.d) || isSPorPC(f.t) || f.n === PC || f.d === f.n || f.d === f.t,
    operands: { Rd: 'd', Rt: 't', Rn: 'n', imm32: (f) => (f.i ?? 0) * scale },
    syntax: (f) => `${name.toLowerCase()} ${reg(f.d)}, ${reg(f.t)}, ${bracket(reg(f.n), (f.i ?? 0) * scale)}`,
    operation: (b, { Rd, Rt, Rn, imm32 }) => {
      const address = b.add(b.reg(Rn), imm32);
      const pass = b.call('ExclusiveMonitorsPass', address, size);
      b.if(pass, () => b.store(size, address, b.reg(Rt), 'checked'));
      b.setReg(Rd, b.xor(pass, 1));
    },
  });
}

const EXCLUSIVE: Instruction[] = [
  storeExclusive('STREX', 4, '11101000 0100 nnnn tttt dddd iiiiiiii', 4),
  loadExclusive('LDREX', 4, '11101000 0101 nnnn tttt (1)(1)(1)(1) iiiiiiii', 4),
  storeExclusive('STREXB', 1, '11101000 1100 nnnn tttt (1)(1)(1)(1) 0100 dddd', 1),
  storeExclusive('STREXH', 2, '11101000 1100 nnnn tttt (1)(1)(1)(1) 0101 dddd', 1),
  loadExclusive('LDREXB', 1, '11101000 1101 nnnn tttt (1)(1)(1)(1) 0100 (1)(1)(1)(1)', 1),
  loadExclusive('LDREXH', 2, '11101000 1101 nnnn tttt (1)(1)(1)(1) 0101 (1)(1)(1)(1)', 1),
];

export const LOAD_STORE: readonly Instruction[] = [
  ...LOAD_STORE_16,
  ...STORES.flatMap(single32),
  ...LOADS.flatMap(single32),
  ...hints('PLD', '11111000 u 00 1'),
  ...hints('PLI', '11111001 u 00 1'),
  ...hints('PLD (halfword, unallocated hint)', '11111000 u 01 1'),
  ...hints('PLI (halfword, unallocated hint)', '11111001 u 01 1'),
  ...DUAL,
  ...(['LDM', 'LDMDB', 'STM', 'STMDB'] as const).map(multiple32),
  ...EXCLUSIVE,
];
