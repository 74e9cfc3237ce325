/**
 * The rest of the System Control Space: ICTR and ACTLR, the software trigger, floating-point context registers, cache
 * maintenance, Cortex-M7's TCM and cache control, and CoreSight identification.
 * Source: Armv7-M ARM (DDI 0403E), B3.2.24 to B3.2.26, B3.2.19, B2.2.7; Cortex-M7 TRM (DDI 0489F), 4.2 and 4.3.
 * Caches have no contents here: maintenance is accepted and changes nothing that a program can see.
 */
import { RegisterBlock, bit, bits, registerMap } from '../../../peripherals/registers/index.js';
import type { RegisterSpec } from '../../../peripherals/registers/index.js';
import type { Warnings } from '../../../bus/types.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import { identification } from './coresight.js';

const only = <const R extends RegisterSpec>(present: boolean, spec: R) => (present ? spec : { at: spec.at, kind: 'reserved' as const });

/** Offsets from 0xE000E000. */
export function auxiliaryMap(config: CoreConfig) {
  const { mask, reset } = config.actlr;
  const fields: Record<string, { lo: number; hi: number }> = {};
  for (let n = 0; n < 32; n++) if ((mask >>> n) & 1) fields[`bit${n}`] = bit(n);
  return registerMap({
    ICTR: only(hasMainExtension(config), { at: 0x4, kind: 'ro', reset: Math.ceil(config.irqCount / 32) - 1, fields: { INTLINESNUM: bits(0, 3) } }),
    ACTLR: mask === 0 ? { at: 0x8, kind: 'reserved' } : { at: 0x8, reset, fields },
  });
}

export interface ScsControlActions {
  /** STIR. */
  trigger(INTID: number): void;
  /** FPCCR changed. */
  fpChanged(): void;
}

/** Offsets from 0xE000EF00. */
export function scsControlMap(config: CoreConfig) {
  const main = hasMainExtension(config);
  const fpu = config.fpu !== 'none';
  const m7 = config.name === 'cortex-m7';
  const cacheOperation = (at: number) => only(m7, { at, kind: 'wo' });
  return registerMap({
    STIR: only(main, { at: 0x00, kind: 'wo', fields: { INTID: bits(0, 8) } }),
    FPCCR: only(fpu, {
      at: 0x34, reset: 0xc000_0000,
      fields: {
        ASPEN: bit(31), LSPEN: bit(30), MONRDY: bit(8), BFRDY: bit(6), MMRDY: bit(5), HFRDY: bit(4), THREAD: bit(3), USER: bit(1), LSPACT: bit(0),
      },
    }),
    FPCAR: only(fpu, { at: 0x38, fields: { ADDRESS: bits(3, 31) } }),
    FPDSCR: only(fpu, { at: 0x3c, fields: { AHP: bit(26), DN: bit(25), FZ: bit(24), RMode: bits(22, 23) } }),
    MVFR0: only(fpu, { at: 0x40, kind: 'ro', reset: config.mvfr[0] }),
    MVFR1: only(fpu, { at: 0x44, kind: 'ro', reset: config.mvfr[1] }),
    MVFR2: only(fpu, { at: 0x48, kind: 'ro', reset: config.mvfr[2] }),
    ICIALLU: cacheOperation(0x50), ICIMVAU: cacheOperation(0x58), DCIMVAC: cacheOperation(0x5c), DCISW: cacheOperation(0x60),
    DCCMVAU: cacheOperation(0x64), DCCMVAC: cacheOperation(0x68), DCCSW: cacheOperation(0x6c), DCCIMVAC: cacheOperation(0x70),
    DCCISW: cacheOperation(0x74), BPIALL: cacheOperation(0x78),
    ITCMCR: only(m7, { at: 0x90, fields: { SZ: bits(3, 6, { kind: 'ro' }), RETEN: bit(2), RMW: bit(1), EN: bit(0) } }),
    DTCMCR: only(m7, { at: 0x94, fields: { SZ: bits(3, 6, { kind: 'ro' }), RETEN: bit(2), RMW: bit(1), EN: bit(0) } }),
    AHBPCR: only(m7, { at: 0x98, fields: { SZ: bits(1, 3, { kind: 'ro' }), EN: bit(0) } }),
    CACR: only(m7, { at: 0x9c, fields: { FORCEWT: bit(2), ECCDIS: bit(1), SIWT: bit(0) } }),
    AHBSCR: only(m7, { at: 0xa0, reset: 0x800, fields: { INITCOUNT: bits(11, 15), TPRI: bits(2, 10), CTL: bits(0, 1) } }),
    ABFSR: only(m7, { at: 0xa8, fields: { AXIMTYPE: bits(8, 9), EPPB: bit(4), AXIM: bit(3), AHBP: bit(2), DTCM: bit(1), ITCM: bit(0) } }),
    IEBR0: only(m7, { at: 0xb0 }),
    IEBR1: only(m7, { at: 0xb4 }),
    DEBR0: only(m7, { at: 0xb8 }),
    DEBR1: only(m7, { at: 0xbc }),
    ...identification(0xd0, scsPart(config)),
  });
}

/** Part number of the SCS in its peripheral identification. */
function scsPart(config: CoreConfig): number {
  if (!hasMainExtension(config)) return 0x008;
  return config.name === 'cortex-m3' || config.name === 'cortex-m4' ? 0x000 : 0x00c;
}

export function auxiliaryBlock(config: CoreConfig, warnings?: Warnings) {
  return new RegisterBlock(auxiliaryMap(config), { instance: 'SCS', base: 0xe000_e000, size: 0x10, ...(warnings && { warnings }) });
}

export function scsControlBlock(config: CoreConfig, actions: ScsControlActions, warnings?: Warnings) {
  return new RegisterBlock(scsControlMap(config), {
    instance: 'SCS', base: 0xe000_ef00, size: 0x100, ...(warnings && { warnings }),
    onWrite: { STIR: (value) => actions.trigger(value & 0x1ff), FPCCR: () => actions.fpChanged() },
  });
}
