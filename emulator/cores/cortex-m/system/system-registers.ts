/**
 * The System Control Space values that exception handling reads and writes. Their bus side is in `scb.ts`,
 * `fpu-registers.ts` and `debug.ts`. Source: Armv7-M ARM (DDI 0403E), B3.2.2 and C1.6.
 */
/** B3.2.7. */
export enum SCR { SLEEPONEXIT = 1 << 1, SLEEPDEEP = 1 << 2, SEVONPEND = 1 << 4 }
/** B3.2.8; DC, IC and BP where there are caches. */
export enum CCR {
  NONBASETHRDENA = 1 << 0, USERSETMPEND = 1 << 1, UNALIGN_TRP = 1 << 3, DIV_0_TRP = 1 << 4, BFHFNMIGN = 1 << 8, STKALIGN = 1 << 9,
  DC = 1 << 16, IC = 1 << 17, BP = 1 << 18,
}
/** B3.2.16. */
export enum HFSR { VECTTBL = 1 << 1, FORCED = 1 << 30, DEBUGEVT = 1 << 31 }
/** C1.6.1. */
export enum DFSR { HALTED = 1 << 0, BKPT = 1 << 1, DWTTRAP = 1 << 2, VCATCH = 1 << 3, EXTERNAL = 1 << 4 }
/** C1.6.5. */
export enum DEMCR { VC_CORERESET = 1 << 0, MON_EN = 1 << 16, MON_PEND = 1 << 17, MON_STEP = 1 << 18, MON_REQ = 1 << 19, TRCENA = 1 << 24 }
/** B3.2.21. */
export enum FPCCR {
  LSPACT = 1 << 0, USER = 1 << 1, THREAD = 1 << 3, HFRDY = 1 << 4, MMRDY = 1 << 5, BFRDY = 1 << 6, MONRDY = 1 << 8, LSPEN = 1 << 30, ASPEN = 1 << 31,
}
/** B1.4.4. */
export enum CONTROL { nPRIV = 1 << 0, SPSEL = 1 << 1, FPCA = 1 << 2 }

/** The registers that exception handling shares with the bus. */
export const SYSTEM_REGISTERS = [
  'ACTLR', 'VTOR', 'SCR', 'CCR', 'CFSR', 'HFSR', 'DFSR', 'MMFAR', 'BFAR', 'CPACR', 'FPCCR', 'FPCAR', 'FPDSCR', 'DEMCR',
] as const;

/** Each as an int32; the storage is that of the register blocks, so there is one copy of the truth. */
export type SystemRegisters = { [R in (typeof SYSTEM_REGISTERS)[number]]: number };

/** Binds names to storage. @param storageOf the one-element storage of a register */
export function systemRegisters(storageOf: (name: (typeof SYSTEM_REGISTERS)[number]) => Uint32Array): SystemRegisters {
  const registers = {} as SystemRegisters;
  for (const name of SYSTEM_REGISTERS) {
    const storage = storageOf(name);
    Object.defineProperty(registers, name, {
      enumerable: true,
      get: () => storage[0] | 0,
      set: (value: number) => { storage[0] = value; },
    });
  }
  return registers;
}
