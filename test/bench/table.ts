/** The figures as text: one line per program, and what the machine was. */
import type { ByRival, Figures } from './figures.js';

const NAME_WIDTH = 21;
const WIDTHS = [8, 9, 9, 9, 9, 9, 9, 9, 9, 9];
const HEADINGS = ['instr.', 'ours', 'QEMU', '-icount', 'native', '/QEMU', '/-icount', '/native', 'wall', 'CPU'];
const UNITS = ['M', 'MIPS', 'MIPS', 'MIPS', 'MIPS', '', '', '', 's', 's'];

const line = (name: string, cells: readonly string[]): string =>
  (name.padEnd(NAME_WIDTH) + cells.map((cell, i) => cell.padStart(WIDTHS[i])).join('')).trimEnd();

const whole = (value: number | undefined): string => value?.toFixed(0) ?? '-';
const ratio = (value: number | undefined): string => value?.toFixed(value < 0.1 ? 3 : 2) ?? '-';

export const headings = (): string => `${line('program', HEADINGS)}\n${line('', UNITS)}`;

/** @param instructions as our machine counts them */
export function programLine(name: string, instructions: number, { mips, ratio: ratios, wall, cpu }: Figures): string {
  return line(name, [
    (instructions / 1e6).toFixed(0), whole(mips.thumbelina), whole(mips.qemu), whole(mips.qemuIcount), whole(mips.native),
    ratio(ratios.qemu), ratio(ratios.qemuIcount), ratio(ratios.native), wall.thumbelina.toFixed(2), cpu.thumbelina.toFixed(2),
  ]);
}

export const meanLine = (name: string, { qemu, qemuIcount, native }: Partial<ByRival>): string =>
  line(name, ['', '', '', '', '', ratio(qemu), ratio(qemuIcount), ratio(native)]);
