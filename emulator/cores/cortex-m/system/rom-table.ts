/** The CoreSight ROM table at 0xE00FF000: where the debug blocks lie. Source: DDI 0403E, D1; TRMs. */
import { RegisterBlock, registerMap } from '../../../peripherals/registers/index.js';
import type { Warnings } from '../../../bus/types.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import { identification } from './coresight.js';

const TABLE = 0xe00f_f000;
const PRESENT = 3;
const ABSENT = 2;

function entry(base: number, present: boolean): number {
  return ((base - TABLE) | (present ? PRESENT : ABSENT)) >>> 0;
}

/** SCS, DWT, FPB (BPU), then on Armv7-M ITM, TPIU and ETM, then the end mark. */
function entries(config: CoreConfig): readonly number[] {
  const common = [entry(0xe000_e000, true), entry(0xe000_1000, config.dwtComparators > 0), entry(0xe000_2000, config.fpbCodeComparators > 0)];
  if (!hasMainExtension(config)) return [...common, 0, 0, 0, 0];
  return [...common, entry(0xe000_0000, config.itm), entry(0xe004_0000, config.tpiu), entry(0xe004_1000, false), 0];
}

export function romTableBlock(config: CoreConfig, warnings?: Warnings) {
  const map = registerMap({
    ENTRY: { at: 0x000, kind: 'ro', count: 7, reset: entries(config) },
    /** System memory can be reached through the same port. */
    MEMTYPE: { at: 0xfcc, kind: 'ro', reset: 1 },
    ...identification(0xfd0, undefined, 0x1),
  });
  return new RegisterBlock(map, { instance: 'ROM table', base: TABLE, size: 0x1000, ...(warnings && { warnings }) });
}
