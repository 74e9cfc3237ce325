/** Every encoding, by the groups of the manual's summary. */
import { ARITHMETIC_ROWS } from './arithmetic.js';
import { BIT_ROWS } from './bits.js';
import type { AvrRow } from './common.js';
import { FLOW_ROWS } from './flow.js';
import { TRANSFER_ROWS } from './transfer.js';

export type { AvrRow } from './common.js';
export const AVR_ROWS: readonly AvrRow[] = [...ARITHMETIC_ROWS, ...FLOW_ROWS, ...TRANSFER_ROWS, ...BIT_ROWS];
