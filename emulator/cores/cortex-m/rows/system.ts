/**
 * System instructions: exceptions on purpose, hints, barriers, special registers.
 * Source: Armv7-M ARM (DDI 0403E), A5.2.5, A5.3.4 and B5.2.
 */
import { instruction, type Fields, type Instruction } from '../../../isa/instruction.js';
import { hex, isSPorPC, reg } from './common.js';

const hint16 = (name: string, op: string, timing: string): Instruction =>
  instruction(`${name} T1`, {
    encoding: `10111111 ${op} 0000`,
    feature: 'v6m', timing, syntax: name.toLowerCase(),
    operation: (b) => (name === 'NOP' || name === 'YIELD' ? undefined : b.do(name)),
  });

const hint32 = (name: string, op: string, timing: string): Instruction =>
  instruction(`${name} T2`, {
    encoding: `11110 0111 010 (1)(1)(1)(1) 10 (0) 0 (0) 000 ${op}`,
    feature: 'v7m', timing, syntax: name === 'DBG' ? (f) => `dbg #${f.o}` : `${name.toLowerCase()}.w`,
    operation: (b) => (['NOP', 'YIELD', 'DBG'].includes(name) ? undefined : b.do(name)),
  });

const barrier = (name: string, op: string, feature: string): Instruction =>
  instruction(`${name} T1`, {
    encoding: `11110 0111 011 (1)(1)(1)(1) 10 (0) 0 (1)(1)(1)(1) ${op} oooo`,
    feature, timing: 'barrier', syntax: (f) => `${name.toLowerCase()}${f.o === 15 ? ' sy' : ` #${f.o}`}`,
    operation: (b) => b.do(name),
  });

/** Names of SYSm (B5.1.1). */
export const SPECIAL_REGISTERS: Readonly<Record<number, string>> = {
  0: 'apsr', 1: 'iapsr', 2: 'eapsr', 3: 'xpsr', 5: 'ipsr', 6: 'epsr', 7: 'iepsr', 8: 'msp', 9: 'psp',
  16: 'primask', 17: 'basepri', 18: 'basepri_max', 19: 'faultmask', 20: 'control',
};
const special = (f: Fields): string => SPECIAL_REGISTERS[f.s] ?? `#${f.s}`;
const isUnknownSpecial = (f: Fields): boolean => !(f.s in SPECIAL_REGISTERS);

export const SYSTEM: readonly Instruction[] = [
  instruction('SVC T1', {
    encoding: '11011111 iiiiiiii',
    feature: 'v6m', timing: 'svc', operands: { imm32: 'i' }, syntax: (f) => `svc ${f.i}`,
    operation: (b, { imm32 }) => b.do('SVC', imm32),
  }),
  instruction('UDF T1', {
    encoding: '11011110 iiiiiiii',
    feature: 'v6m', timing: 'nop', operands: { imm32: 'i' }, syntax: (f) => `udf #${f.i}`,
    operation: (b, { imm32 }) => b.do('UDF', imm32),
  }),
  instruction('UDF T2', {
    encoding: '11110 1111111 iiii 1010 iiiiiiiiiiii',
    feature: 'v6m', timing: 'nop', operands: { imm32: 'i' }, syntax: (f) => `udf.w #${hex(f.i)}`,
    operation: (b, { imm32 }) => b.do('UDF', imm32),
  }),
  instruction('BKPT T1', {
    encoding: '10111110 iiiiiiii',
    feature: 'v6m', timing: 'nop', isUnconditional: true, operands: { imm32: 'i' }, syntax: (f) => `bkpt 0x${f.i.toString(16).padStart(4, '0')}`,
    operation: (b, { imm32 }) => b.do('BKPT', imm32),
  }),
  hint16('NOP', '0000', 'nop'),
  hint16('YIELD', '0001', 'nop'),
  hint16('WFE', '0010', 'wfi'),
  hint16('WFI', '0011', 'wfi'),
  hint16('SEV', '0100', 'nop'),
  instruction('Unallocated hint T1', {
    encoding: '10111111 hhhh 0000',
    feature: 'v6m', timing: 'nop', when: (f) => f.h > 4, syntax: (f) => `nop {${f.h}}`,
    operation: () => {},
  }),
  hint32('NOP', '0000 0000', 'nop'),
  hint32('YIELD', '0000 0001', 'nop'),
  hint32('WFE', '0000 0010', 'wfi'),
  hint32('WFI', '0000 0011', 'wfi'),
  hint32('SEV', '0000 0100', 'nop'),
  hint32('DBG', '1111 oooo', 'nop'),
  instruction('Unallocated hint T2', {
    encoding: '11110 0111 010 (1)(1)(1)(1) 10 (0) 0 (0) 000 hhhhhhhh',
    feature: 'v7m', timing: 'nop', when: (f) => f.h > 4 && f.h < 0xf0, syntax: (f) => `nop.w {${f.h}}`,
    operation: () => {},
  }),
  instruction('CPS T1', {
    encoding: '10110110 011 m (0)(0) I F',
    feature: 'v6m', timing: 'cps', unpredictable: (f) => (f.I === 0 && f.F === 0) || f.InITBlock === 1,
    operands: { disable: 'm', I: 'I', F: 'F' },
    syntax: (f) => `cps${f.m ? 'id' : 'ie'} ${f.I ? 'i' : ''}${f.F ? 'f' : ''}`,
    operation: (b, { disable, I, F }) => b.do('CPS', disable, I, F),
  }),
  instruction('CLREX T1', {
    encoding: '11110 0111 011 (1)(1)(1)(1) 10 (0) 0 (1)(1)(1)(1) 0010 (1)(1)(1)(1)',
    feature: 'v7m', timing: 'nop', syntax: 'clrex',
    operation: (b) => b.do('ClearExclusiveLocal'),
  }),
  barrier('DSB', '0100', 'v6m'),
  barrier('DMB', '0101', 'v6m'),
  barrier('ISB', '0110', 'v6m'),
  instruction('MSR T1', {
    encoding: '11110 0111 00 (0) nnnn 10 (0) 0 mm (0)(0) ssssssss',
    feature: 'v6m', timing: 'msr',
    unpredictable: (f) => isSPorPC(f.n) || isUnknownSpecial(f) || f.m === 0 || (f.s > 3 && f.m !== 2),
    operands: { Rn: 'n', mask: 'm', SYSm: 's' },
    syntax: (f) => `msr ${special(f)}${f.s < 4 ? ['', '_g', '_nzcvq', '_nzcvqg'][f.m] : ''}, ${reg(f.n)}`,
    operation: (b, { Rn, mask, SYSm }) => b.do('MSR', SYSm, mask, b.reg(Rn)),
  }),
  instruction('MRS T1', {
    encoding: '11110 0111 11 (0) (1)(1)(1)(1) 10 (0) 0 dddd ssssssss',
    feature: 'v6m', timing: 'mrs', unpredictable: (f) => isSPorPC(f.d) || isUnknownSpecial(f),
    operands: { Rd: 'd', SYSm: 's' },
    syntax: (f) => `mrs ${reg(f.d)}, ${special(f)}`,
    operation: (b, { Rd, SYSm }) => b.setReg(Rd, b.call('MRS', SYSm)),
  }),
];
