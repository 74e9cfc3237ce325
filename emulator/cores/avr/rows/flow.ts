/** Change of flow. Source: AVR Instruction Set Manual DS40002198B, table "Change of Flow Instructions" and the sections by name. */
import { SREG_FLAGS } from '../../../isa/avr-builder.js';
import { BIT, choice, distance, forBothPCs, hex2, IO_ADDRESS, pair, popPC, pushPC, relative, row, SKIP, skipIf, Z, type AvrRow } from './common.js';

/** Mnemonics of BRBS and BRBC, by the flag's number. */
const BRANCH_IF_SET = ['brcs', 'breq', 'brmi', 'brvs', 'brlt', 'brhs', 'brts', 'brie'];
const BRANCH_IF_CLEAR = ['brcc', 'brne', 'brpl', 'brvc', 'brge', 'brhc', 'brtc', 'brid'];

const absolute = (f: Readonly<Record<string, number>>): string => `0x${(2 * f.k).toString(16)}`;

export const FLOW_ROWS: readonly AvrRow[] = [
  row('RJMP', {
    encoding: '1100 kkkk kkkk kkkk', operands: { target: relative(12) }, syntax: (f) => `rjmp ${distance(f.k, 12)}`, timing: 'rjmp',
    operation: (b, { target }) => b.branch(target),
  }),
  row('IJMP', {
    encoding: '1001 0100 0000 1001', syntax: 'ijmp', timing: 'ijmp',
    operation: (b) => b.branchIndirect(pair(b, Z)),
  }),
  row('EIJMP', {
    encoding: '1001 0100 0001 1001', feature: 'pc22', syntax: 'eijmp', timing: 'ijmp',
    operation: (b) => b.branchIndirect(b.or(pair(b, Z), b.shl(b.eind(), 16))),
  }),
  row('JMP', {
    encoding: '1001 010k kkkk 110k kkkk kkkk kkkk kkkk', operands: { target: 'k' }, syntax: (f) => `jmp ${absolute(f)}`, timing: 'jmp',
    operation: (b, { target }) => b.branch(target),
  }),
  ...forBothPCs('RCALL', (pcBytes) => ({
    encoding: '1101 kkkk kkkk kkkk', operands: { target: relative(12) }, syntax: (f) => `rcall ${distance(f.k, 12)}`, timing: 'rcall',
    operation: (b, { target }) => {
      pushPC(b, pcBytes, b.nextPC());
      b.branch(target);
    },
  })),
  ...forBothPCs('ICALL', (pcBytes) => ({
    encoding: '1001 0101 0000 1001', syntax: 'icall', timing: 'icall',
    operation: (b) => {
      const target = pair(b, Z);
      pushPC(b, pcBytes, b.nextPC());
      b.branchIndirect(target);
    },
  })),
  row('EICALL', {
    encoding: '1001 0101 0001 1001', feature: 'pc22', syntax: 'eicall', timing: 'icall',
    operation: (b) => {
      const target = b.or(pair(b, Z), b.shl(b.eind(), 16));
      pushPC(b, 3, b.nextPC());
      b.branchIndirect(target);
    },
  }),
  ...forBothPCs('CALL', (pcBytes) => ({
    encoding: '1001 010k kkkk 111k kkkk kkkk kkkk kkkk', operands: { target: 'k' }, syntax: (f) => `call ${absolute(f)}`, timing: 'call',
    operation: (b, { target }) => {
      pushPC(b, pcBytes, b.nextPC());
      b.branch(target);
    },
  })),
  ...forBothPCs('RET', (pcBytes) => ({
    encoding: '1001 0101 0000 1000', syntax: 'ret', timing: 'ret',
    operation: (b) => b.branchIndirect(popPC(b, pcBytes)),
  })),
  ...forBothPCs('RETI', (pcBytes) => ({
    encoding: '1001 0101 0001 1000', syntax: 'reti', timing: 'ret',
    operation: (b) => {
      const target = popPC(b, pcBytes);
      b.do('EnableInterrupts');
      b.branchIndirect(target);
    },
  })),
  row('CPSE', {
    encoding: '0001 00rd dddd rrrr', operands: { d: 'd', r: 'r', ...SKIP }, syntax: (f) => `cpse r${f.d}, r${f.r}`, timing: 'skip',
    operation: (b, { d, r, ...skip }) => skipIf(b, b.eq(b.reg(d), b.reg(r)), skip),
  }),
  row('SBRC', {
    encoding: '1111 110r rrrr 0bbb', operands: { r: 'r', mask: BIT, ...SKIP }, syntax: (f) => `sbrc r${f.r}, ${f.b}`, timing: 'skip',
    operation: (b, { r, mask, ...skip }) => skipIf(b, b.eq(b.and(b.reg(r), mask), 0), skip),
  }),
  row('SBRS', {
    encoding: '1111 111r rrrr 0bbb', operands: { r: 'r', mask: BIT, ...SKIP }, syntax: (f) => `sbrs r${f.r}, ${f.b}`, timing: 'skip',
    operation: (b, { r, mask, ...skip }) => skipIf(b, b.ne(b.and(b.reg(r), mask), 0), skip),
  }),
  row('SBIC', {
    encoding: '1001 1001 AAAA Abbb', operands: { A: IO_ADDRESS, mask: BIT, ...SKIP }, syntax: (f) => `sbic ${hex2(f.A)}, ${f.b}`, timing: 'skip',
    operation: (b, { A, mask, ...skip }) => skipIf(b, b.eq(b.and(b.loadIO(A), mask), 0), skip),
  }),
  row('SBIS', {
    encoding: '1001 1011 AAAA Abbb', operands: { A: IO_ADDRESS, mask: BIT, ...SKIP }, syntax: (f) => `sbis ${hex2(f.A)}, ${f.b}`, timing: 'skip',
    operation: (b, { A, mask, ...skip }) => skipIf(b, b.ne(b.and(b.loadIO(A), mask), 0), skip),
  }),
  row('BRBS', {
    encoding: '1111 00kk kkkk ksss', operands: { target: relative(7) }, choices: { s: choice('s', 8) }, timing: 'branch',
    syntax: (f) => `${BRANCH_IF_SET[f.s]} ${distance(f.k, 7)}`,
    operation: (b, { target }, { s }) => b.if(b.flag(SREG_FLAGS[s]), () => b.branch(target, 1)),
  }),
  row('BRBC', {
    encoding: '1111 01kk kkkk ksss', operands: { target: relative(7) }, choices: { s: choice('s', 8) }, timing: 'branch',
    syntax: (f) => `${BRANCH_IF_CLEAR[f.s]} ${distance(f.k, 7)}`,
    operation: (b, { target }, { s }) => b.if(b.eq(b.flag(SREG_FLAGS[s]), 0), () => b.branch(target, 1)),
  }),
];
