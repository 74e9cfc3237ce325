/** All rows of Armv6-M, Armv7-M, Armv7E-M and their floating point, in manual order. */
import type { Instruction } from '../../../isa/instruction.js';
import { BRANCH } from './branch.js';
import { DATA_PROCESSING } from './data-processing.js';
import { DSP } from './dsp.js';
import { FLOATING_POINT } from './floating-point.js';
import { LOAD_STORE } from './load-store.js';
import { MULTIPLY } from './multiply.js';
import { SYSTEM } from './system.js';

export const CORTEX_M_ROWS: readonly Instruction[] = [
  ...DATA_PROCESSING, ...MULTIPLY, ...LOAD_STORE, ...BRANCH, ...SYSTEM, ...DSP, ...FLOATING_POINT,
];
