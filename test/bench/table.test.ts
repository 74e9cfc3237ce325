import { expect, it } from 'vitest';
import { figuresOf } from './figures.js';
import { headings, meanLine, programLine } from './table.js';

const figures = figuresOf(400e6, [{ thumbelina: { wall: 0.5, cpu: 0.9 }, qemu: { wall: 1, cpu: 1 }, qemuIcount: { wall: 2, cpu: 2 }, native: { wall: 0.03, cpu: 0.03 } }]);
const onBoardOnly = figuresOf(400e6, [{ thumbelina: { wall: 0.5, cpu: 0.9 }, qemu: { wall: 1, cpu: 1 }, qemuIcount: { wall: 2, cpu: 2 } }]);

it('stands in columns', () =>
  expect([headings(), programLine('int8-convolution', 400e6, figures), programLine('kernel', 400e6, onBoardOnly), meanLine('geometric mean', { qemu: 2, qemuIcount: 4 })].join('\n')).toBe(`\
program                instr.     ours     QEMU  -icount   native    /QEMU /-icount  /native     wall      CPU
                            M     MIPS     MIPS     MIPS     MIPS                                   s        s
int8-convolution          400      800      400      200    13333     2.00     4.00    0.060     0.50     0.90
kernel                    400      800      400      200        -     2.00     4.00        -     0.50     0.90
geometric mean                                                        2.00     4.00        -`));
