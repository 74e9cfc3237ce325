/**
 * Cycles per timing class and core, at zero wait states. A taken branch adds the core's pipeline refill.
 * Sources: Cortex-M0 TRM (DDI 0432C) 3.3, Cortex-M0+ TRM (DDI 0484C) 3.3, Cortex-M3 TRM (DDI 0337I) 3.3,
 * Cortex-M4 TRM (100166) 3.3 and 7.2.3, Cortex-M7 TRM (DDI 0489) (no table is published for the M7: it is charged as an
 * M4 with a branch predictor and a one-cycle load).
 * N is the number of transferred registers.
 */
import type { TimingClass } from '../../isa/instruction.js';

export interface CoreTiming {
  /** Cycles that a taken branch costs beyond its class. M3/M4 TRM: 1 to 3; 2 is charged. */
  readonly refill: number;
  /** Cycles of a class; N registers are transferred. */
  readonly cost: Readonly<Record<TimingClass, number | ((N: number) => number)>>;
}

const perRegister = (base: number) => (N: number): number => base + N;

const ARMV6M = {
  alu: 1, mul: 1, load: 2, loadLiteral: 2, store: 2, ldm: perRegister(1), stm: perRegister(1), push: perRegister(1), pop: perRegister(1),
  popPC: perRegister(2), branchConditional: 1, branch: 1, branchLink: 2, branchExchange: 1, nop: 1, wfi: 2, svc: 1, cps: 1,
};
const ARMV7M = {
  alu: 1, mul: 1, mla: 1, mull: 1, mlal: 1, div: 2, saturate: 1, simd: 1,
  load: 2, loadLiteral: 2, store: 1, ldm: perRegister(1), stm: perRegister(1), push: perRegister(1), pop: perRegister(1), popPC: perRegister(1),
  ldrd: perRegister(1), strd: perRegister(1), ldrex: 2, strex: 2,
  branchConditional: 1, branch: 1, branchLink: 1, branchExchange: 1, branchCompare: 1, tableBranch: 2,
  it: 1, nop: 1, wfi: 1, svc: 1, cps: 1, barrier: 1, mrs: 1, msr: 1,
};
/** Single precision and moves: M4 TRM, 7.2.3. The FPv5 additions (VSEL, VMAXNM, VRINT) are charged as their neighbours. */
const FP_SINGLE = {
  vabs: 1, vneg: 1, vadd: 1, vsub: 1, vmul: 1, vmla: 3, vfma: 3, vdiv: 14, vsqrt: 14, vcvt: 1, vcmp: 1, vsel: 1, vmaxnm: 1, vrint: 1,
  vmov: 1, vmov2: 2, vmovcore: 1, vmovscalar: 1, vmrs: 1, vmsr: 1,
  vldr32: 2, vldr64: 3, vstr32: 2, vstr64: 3, vldm: perRegister(1), vstm: perRegister(1),
};
/** Double precision of the M7, for which Arm publishes no table: the single figure, doubled where it iterates over bits. */
const FP_DOUBLE = {
  vabs64: 1, vneg64: 1, vadd64: 1, vsub64: 1, vmul64: 2, vmla64: 6, vfma64: 6, vdiv64: 28, vsqrt64: 28, vcvt64: 1, vcmp64: 1, vsel64: 1,
  vmaxnm64: 1, vrint64: 1, vmov64: 1,
};

const M4: CoreTiming = { refill: 2, cost: { ...ARMV7M, ...FP_SINGLE } };

export const TIMING: Readonly<Record<string, CoreTiming>> = {
  'cortex-m0': { refill: 2, cost: { ...ARMV6M, barrier: 4, mrs: 4, msr: 4 } },
  'cortex-m0plus': { refill: 1, cost: { ...ARMV6M, barrier: 3, mrs: 3, msr: 3 } },
  'cortex-m3': { refill: 2, cost: { ...ARMV7M, mla: 2, mull: 4, mlal: 5 } },
  'cortex-m4': M4,
  'cortex-m4f': M4,
  'cortex-m7': { refill: 1, cost: { ...ARMV7M, ...FP_SINGLE, ...FP_DOUBLE, load: 1, loadLiteral: 1 } },
};

/** Cycles of one execution that the decoder can know. @throws Error for a class without a cost: a gap in the table */
export function cyclesOf(timing: CoreTiming, timingClass: TimingClass, transfers: number): number {
  const cost = timing.cost[timingClass];
  if (cost === undefined) throw new Error(`no cycles for timing class ${timingClass}`);
  return typeof cost === 'number' ? cost : cost(transfers);
}
