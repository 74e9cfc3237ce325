/**
 * What distinguishes one Cortex-M from another: identification values and implementation options, as data.
 * Sources: Armv6-M ARM (DDI 0419E), Armv7-M ARM (DDI 0403E), TRMs of Cortex-M0 (DDI 0432C), M0+ (DDI 0484C),
 * M3 (DDI 0337I), M4 (100166), M7 (DDI 0489F). Latencies: the same TRMs and Arm's Cortex-M3 white paper (12 in, 6
 * between, 12 out; the branch that returns is charged by its own row, 2 of the 12).
 */

/** Architecture profiles. */
export type Architecture = 'v6-M' | 'v7-M' | 'v8-M.base' | 'v8-M.main';

/** Names of instruction features, as the rows' `feature` key gives them. */
export type Feature = 'v6m' | 'v7m' | 'dsp' | 'fpv4-sp' | 'fpv5-sp' | 'fpv5-dp';

export type FpuKind = 'none' | 'sp' | 'dp';

export type CoreName = 'cortex-m0' | 'cortex-m0plus' | 'cortex-m3' | 'cortex-m4' | 'cortex-m4f' | 'cortex-m7';

/** Cycles that exceptions cost with zero-wait-state memory. */
export interface ExceptionLatency {
  readonly entry: number;
  /** In addition to `entry` when S0-S15 and FPSCR are stacked at once, and the cost of a lazy save. */
  readonly fpStacking: number;
  readonly tailChain: number;
  /** Unstacking, in addition to the branch that loads EXC_RETURN. */
  readonly exit: number;
  /** In addition to `exit` when S0-S15 and FPSCR are unstacked. */
  readonly fpUnstacking: number;
}

/** SYST_CALIB and the reference clock. */
export interface SysTickOptions {
  readonly present: boolean;
  /** False reads as SYST_CALIB.NOREF: CSR.CLKSOURCE is then fixed to the processor clock. */
  readonly referenceClock: boolean;
  /** SYST_CALIB.TENMS, 0 when unknown. */
  readonly tenms: number;
  /** SYST_CALIB.SKEW: TENMS is not exactly 10 ms. */
  readonly skew: boolean;
}

/** Cache identification registers of cores that have them. Values are the registers' words. */
export interface CacheOptions {
  readonly CLIDR: number;
  readonly CTR: number;
  /** CCSIDR of the level 1 data or unified cache, and of the instruction cache. */
  readonly dataCCSIDR: number;
  readonly instructionCCSIDR: number;
}

/** What a chip vendor may choose. Chip descriptions override these. */
export interface ImplementationOptions {
  /** External interrupts, 1..240 (1..32 on Armv6-M). */
  readonly irqCount: number;
  /** Implemented bits of each priority, from bit 7 down: 2 on Armv6-M, 3..8 on Armv7-M. */
  readonly priorityBits: number;
  readonly mpuRegions: 0 | 8 | 16;
  readonly bitBand: boolean;
  /** Writable bits of VTOR; 0 where there is none. */
  readonly vtorMask: number;
  /** VTOR out of reset. */
  readonly vtorReset: number;
  readonly fpu: FpuKind;
  /** Thread mode can be unprivileged (an option of Cortex-M0+, absent from Cortex-M0). */
  readonly unprivileged: boolean;
  /** Wake-up interrupt controller: deep sleep can end by an interrupt without clocks. */
  readonly wic: boolean;
  readonly systick: SysTickOptions;
  /** DWT, FPB: number of comparators. FPB's are code comparators; two literal comparators are added on full units. */
  readonly dwtComparators: number;
  readonly fpbCodeComparators: number;
  readonly fpbLiteralComparators: number;
  readonly itm: boolean;
  readonly tpiu: boolean;
  /** CYCCNT runs on while the processor sleeps. Most chips gate its clock. */
  readonly cyccntInSleep: boolean;
  readonly caches: CacheOptions | undefined;
}

export interface CoreConfig extends ImplementationOptions {
  readonly name: CoreName;
  readonly architecture: Architecture;
  readonly features: readonly Feature[];
  readonly CPUID: number;
  /** ID_PFR0 (0xE000ED40) up to ID_ISAR5 (0xE000ED74), as the words lie in memory. Empty on Armv6-M. */
  readonly idRegisters: readonly number[];
  /** MVFR0..MVFR2; zeros without a floating-point unit. */
  readonly mvfr: readonly [number, number, number];
  /** Unaligned LDR, STR, LDRH, STRH are carried out unless CCR.UNALIGN_TRP is set. */
  readonly unalignedSupport: boolean;
  /** Implemented bits of ACTLR (0xE000E008), and its reset value. */
  readonly actlr: { readonly mask: number; readonly reset: number };
  /** CCR after reset and its writable bits. Source: B3.2.8. */
  readonly ccr: { readonly mask: number; readonly reset: number };
  readonly latency: ExceptionLatency;
}

/** The profile has the Main Extension's exceptions, priorities and registers (all of Armv7-M). */
export function hasMainExtension(config: CoreConfig): boolean {
  return config.architecture === 'v7-M' || config.architecture === 'v8-M.main';
}

export function hasDsp(config: CoreConfig): boolean {
  return config.features.includes('dsp');
}

const noSysTickCalibration: SysTickOptions = { present: true, referenceClock: false, tenms: 0, skew: false };

const v6m = {
  architecture: 'v6-M', features: ['v6m'], idRegisters: [], mvfr: [0, 0, 0], unalignedSupport: false,
  // CCR is read-only: STKALIGN and UNALIGN_TRP read as one (DDI 0419E, B3.2.8).
  ccr: { mask: 0, reset: 0x208 }, actlr: { mask: 0, reset: 0 },
  irqCount: 32, priorityBits: 2, mpuRegions: 0, bitBand: false, vtorMask: 0, vtorReset: 0, fpu: 'none',
  unprivileged: false, wic: true, systick: noSysTickCalibration, dwtComparators: 2, fpbCodeComparators: 4, fpbLiteralComparators: 0, itm: false,
  tpiu: false, cyccntInSleep: false, caches: undefined,
} as const;

const v7m = {
  architecture: 'v7-M', unalignedSupport: true, mvfr: [0, 0, 0],
  ccr: { mask: 0x31b, reset: 0x200 },
  irqCount: 240, priorityBits: 8, mpuRegions: 8, bitBand: true, vtorMask: 0xffff_ff80, vtorReset: 0, fpu: 'none',
  unprivileged: true, wic: true, systick: noSysTickCalibration, dwtComparators: 4, fpbCodeComparators: 6, fpbLiteralComparators: 2, itm: true,
  tpiu: true, cyccntInSleep: false, caches: undefined,
} as const;

/** ID_PFR0, ID_PFR1, ID_DFR0, ID_AFR0, ID_MMFR0..3, ID_ISAR0..5. Cortex-M3 TRM, table 4-1. */
const M3_ID = [
  0x0000_0030, 0x0000_0200, 0x0010_0000, 0, 0x0010_0030, 0, 0x0100_0000, 0,
  0x0110_0110, 0x0211_1000, 0x2111_2231, 0x0111_1110, 0x0131_0132, 0,
] as const;
/** Cortex-M4 TRM, table 4-1: the DSP extension shows in ID_ISAR1 to ID_ISAR3. */
const M4_ID = [
  0x0000_0030, 0x0000_0200, 0x0010_0000, 0, 0x0010_0030, 0, 0x0100_0000, 0,
  0x0114_1110, 0x0211_2000, 0x2123_2231, 0x0111_1131, 0x0131_0132, 0,
] as const;
/** Cortex-M7 TRM, table 4-1. */
const M7_ID = [
  0x0000_0030, 0x0000_0200, 0x0010_0000, 0, 0x0010_0030, 0, 0x0100_0000, 0,
  0x0110_1110, 0x0211_2000, 0x2023_2231, 0x0111_1131, 0x0131_0132, 0,
] as const;

const ARMV7M_LATENCY: ExceptionLatency = { entry: 12, fpStacking: 17, tailChain: 6, exit: 10, fpUnstacking: 17 };

const cortexM4 = {
  ...v7m, features: ['v6m', 'v7m', 'dsp'], CPUID: 0x410f_c241, idRegisters: M4_ID,
  // ACTLR: DISMCYCINT, DISDEFWBUF, DISFOLD, DISFPCA, DISOOFP.
  actlr: { mask: 0x307, reset: 0 }, latency: ARMV7M_LATENCY,
} as const;

/** Every core at its default options: the largest configuration of its TRM. */
export const CORES: Readonly<Record<CoreName, CoreConfig>> = {
  'cortex-m0': {
    ...v6m, name: 'cortex-m0', CPUID: 0x410c_c200,
    latency: { entry: 16, fpStacking: 0, tailChain: 6, exit: 13, fpUnstacking: 0 },
  },
  'cortex-m0plus': {
    ...v6m, name: 'cortex-m0plus', CPUID: 0x410c_c601, mpuRegions: 8, unprivileged: true, vtorMask: 0xffff_ff00,
    latency: { entry: 15, fpStacking: 0, tailChain: 6, exit: 11, fpUnstacking: 0 },
  },
  'cortex-m3': {
    ...v7m, name: 'cortex-m3', features: ['v6m', 'v7m'], CPUID: 0x412f_c231, idRegisters: M3_ID,
    vtorMask: 0x3fff_ff80, actlr: { mask: 0x7, reset: 0 }, latency: ARMV7M_LATENCY,
  },
  'cortex-m4': { ...cortexM4, name: 'cortex-m4', actlr: { mask: 0x7, reset: 0 } },
  'cortex-m4f': {
    ...cortexM4, name: 'cortex-m4f', features: ['v6m', 'v7m', 'dsp', 'fpv4-sp'], fpu: 'sp',
    mvfr: [0x1011_0021, 0x1100_0011, 0],
  },
  'cortex-m7': {
    ...v7m, name: 'cortex-m7', features: ['v6m', 'v7m', 'dsp', 'fpv4-sp', 'fpv5-sp', 'fpv5-dp'], fpu: 'dp',
    CPUID: 0x411f_c272, idRegisters: M7_ID, mvfr: [0x1011_0221, 0x1200_0011, 0x40], mpuRegions: 16, bitBand: false,
    // ACTLR: TRM 4.2 (DISFOLD, FPEXCODIS, DISRAMODE, DISITMATBFLUSH, DISBTACREAD, DISBTACALLOC, ...).
    actlr: { mask: 0x1fff_fc04, reset: 0 },
    // CCR also has DC, IC and BP; BP and STKALIGN read as one.
    ccr: { mask: 0x3011b, reset: 0x4_0200 },
    fpbCodeComparators: 8, fpbLiteralComparators: 0, latency: ARMV7M_LATENCY,
    // 32 KB each: instruction 2 ways, data 4 ways, lines of 32 bytes.
    caches: { CLIDR: 0x0900_0003, CTR: 0x8303_c003, dataCCSIDR: 0xf01f_e019, instructionCCSIDR: 0xf03f_e009 },
  },
};

/**
 * A core with the options of a chip.
 * @throws RangeError naming the option when a value is outside what the core can be built with
 */
export function configureCore(name: CoreName, options: Partial<ImplementationOptions> = {}): CoreConfig {
  const config: CoreConfig = { ...CORES[name], ...options };
  const main = hasMainExtension(config);
  requireRange(name, 'irqCount', config.irqCount, 1, main ? 240 : 32);
  requireRange(name, 'priorityBits', config.priorityBits, main ? 3 : 2, main ? 8 : 2);
  if (config.mpuRegions === 16 && name !== 'cortex-m7') throw new RangeError(`${name}: mpuRegions is 16, use 0 or 8`);
  if (name === 'cortex-m0' && config.mpuRegions !== 0) throw new RangeError('cortex-m0: has no MPU, set mpuRegions to 0');
  requireRange(name, 'systick.tenms', config.systick.tenms, 0, 0xff_ffff);
  if (config.fpu === CORES[name].fpu) return config;
  return withFpu(config);
}

function requireRange(core: string, option: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${core}: ${option} is ${value}, use a whole number from ${low} to ${high}`);
  }
}

/** Cortex-M7 may be built with a single-precision unit or none: features and MVFRs follow. */
function withFpu(config: CoreConfig): CoreConfig {
  if (config.name !== 'cortex-m7') throw new RangeError(`${config.name}: fpu is fixed to ${CORES[config.name].fpu} (choose cortex-m4 or cortex-m4f)`);
  const features: readonly Feature[] = config.fpu === 'sp' ? ['v6m', 'v7m', 'dsp', 'fpv4-sp', 'fpv5-sp'] : ['v6m', 'v7m', 'dsp'];
  return { ...config, features, mvfr: config.fpu === 'sp' ? [0x1011_0021, 0x1100_0011, 0x40] : [0, 0, 0] };
}
