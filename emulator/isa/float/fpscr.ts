/**
 * Bits of the floating-point status and control register. Source: Armv7-M ARM (DDI 0403E), A2.5.3 and B3.2.21.
 */

/** Cumulative exceptions: invalid operation, division by zero, overflow, underflow, inexact, input denormal. */
export const IOC = 1 << 0;
export const DZC = 1 << 1;
export const OFC = 1 << 2;
export const UFC = 1 << 3;
export const IXC = 1 << 4;
export const IDC = 1 << 7;

/** Rounding mode field, bits 23:22; its values stand in `Rounding`. */
export const RMODE = 3 << 22;
export const RMODE_SHIFT = 22;
export const FZ = 1 << 24;
export const DN = 1 << 25;
export const AHP = 1 << 26;

/** Every bit that VMSR can write: N, Z, C, V, AHP, DN, FZ, RMode and the cumulative exceptions. */
export const FPSCR_WRITABLE = 0xf7c0_009f | 0;

/** Values of FPSCR.RMode, and ties-to-away, which only VCVTA and VRINTA use. */
export const Rounding = { RN: 0, RP: 1, RM: 2, RZ: 3, RA: 4 } as const;

/** NZCV of a comparison in bits 31:28 of FPSCR. Source: FPCompare, A2.5. */
export const Relation = { equal: 0x6000_0000, less: 0x8000_0000 | 0, greater: 0x2000_0000, unordered: 0x3000_0000 } as const;
