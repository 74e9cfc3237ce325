/**
 * Trace Port Interface Unit: settings of the trace pins and of SWO, stored for firmware that reads them back.
 * Source: Cortex-M3 TRM (DDI 0337I), table 11-2; DDI 0403E, C1.10. Nothing leaves through the port; ITM output has its
 * own callback.
 */
import { RegisterBlock, bit, bits, choice, registerMap } from '../../../peripherals/registers/index.js';
import type { Warnings } from '../../../bus/types.js';
import type { CoreConfig } from './config.js';
import { identification } from './coresight.js';

/** Offsets from 0xE0040000. */
function tpiuMap(config: CoreConfig) {
  return registerMap({
    SSPSR: { at: 0x000, kind: 'ro', reset: 0xb },
    CSPSR: { at: 0x004, reset: 1 },
    ACPR: { at: 0x010, fields: { SWOSCALER: bits(0, 15) } },
    SPPR: { at: 0x0f0, reset: 1, fields: { TXMODE: choice(0, 1, { parallel: 0, manchester: 1, nrz: 2 }) } },
    FFSR: { at: 0x300, kind: 'ro', reset: 8, fields: { FtNonStop: bit(3), TCPresent: bit(2), FtStopped: bit(1), FlInProg: bit(0) } },
    FFCR: { at: 0x304, reset: 0x102, fields: { TrigIn: bit(8, { kind: 'ro' }), EnFCont: bit(1) } },
    FSCR: { at: 0x308, kind: 'ro' },
    TRIGGER: { at: 0xee8, kind: 'ro' },
    FIFO0: { at: 0xeec, kind: 'ro' },
    ITATBCTR2: { at: 0xef0, kind: 'ro' },
    ITATBCTR0: { at: 0xef8, kind: 'ro' },
    FIFO1: { at: 0xefc, kind: 'ro' },
    ITCTRL: { at: 0xf00, fields: { Mode: bits(0, 1, { unmodelled: true }) } },
    CLAIMSET: { at: 0xfa0, kind: 'ro', reset: 0xf },
    CLAIMCLR: { at: 0xfa4, kind: 'ro' },
    DEVID: { at: 0xfc8, kind: 'ro', reset: 0xca1 },
    DEVTYPE: { at: 0xfcc, kind: 'ro', reset: 0x11 },
    ...identification(0xfd0, tpiuPart(config), 0x9),
  });
}

function tpiuPart(config: CoreConfig): number {
  if (config.name === 'cortex-m7') return 0x9a9;
  return config.name === 'cortex-m3' ? 0x923 : 0x9a1;
}

export function tpiuBlock(config: CoreConfig, warnings?: Warnings) {
  return new RegisterBlock(tpiuMap(config), { instance: 'TPIU', base: 0xe004_0000, size: 0x1000, ...(warnings && { warnings }) });
}
