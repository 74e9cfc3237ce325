/** What is measured on an ATmega2560: the programs that fit into 8 KB of SRAM, and what their code must contain. */
import type { Program } from '../programs.js';

export type AvrProgram = Pick<Program, 'name' | 'source' | 'iterations' | 'contains'>;

const CALLS = (name: string): AvrProgram['contains'] => [{ in: /./, line: new RegExp(`\\bcall\\b.*<${name}>`) }];
const SWITCH: AvrProgram['contains'] = [{ in: /^interpret/, line: /<__tablejump2__>/ }];

/** For about 400 million cycles each, 25 seconds of an Arduino Mega: four of simavr. */
export const AVR_PROGRAMS: readonly AvrProgram[] = [
  { name: 'int8-convolution', source: 'int8-convolution.c', iterations: 200, contains: [{ in: /^convolution$|^main$/, line: /\bmuls\b/ }] },
  { name: 'float-fft', source: 'float-fft.c', iterations: 250, contains: CALLS('__mulsf3') },
  { name: 'float-matrix', source: 'float-matrix.c', iterations: 90, contains: CALLS('__divsf3') },
  { name: 'crc-sha256', source: 'crc-sha256.c', iterations: 130, contains: [] },
  { name: 'quicksort', source: 'quicksort.c', iterations: 400, contains: [{ in: /^sort_by/, line: /\beicall\b/ }] },
  { name: 'bytecode', source: 'bytecode.c', iterations: 500, contains: SWITCH },
  { name: 'coremark-like', source: 'coremark-like.c', iterations: 420, contains: [] },
];

/** What every run takes before and after its work. */
export const AVR_NOTHING: AvrProgram = { name: 'nothing', source: 'nothing.c', iterations: 1, contains: [] };

/** Without interrupts, and with Arduino's timer 0, whose interrupt counts milliseconds. */
export const SETTINGS = ['alone', 'millis'] as const;
export type Setting = (typeof SETTINGS)[number];
