/** A synchronous fault of the guest: thrown by memory accesses and helpers, caught by the core's run loop. */
export const Exception = {
  Reset: 1, NMI: 2, HardFault: 3, MemManage: 4, BusFault: 5, UsageFault: 6,
  SVCall: 11, DebugMonitor: 12, PendSV: 14, SysTick: 15, firstIrq: 16,
} as const;

/** Bits of CFSR. Source: Armv7-M ARM (DDI 0403E), B3.2.15. */
export enum CFSR {
  IACCVIOL = 1 << 0, DACCVIOL = 1 << 1, MUNSTKERR = 1 << 3, MSTKERR = 1 << 4, MLSPERR = 1 << 5, MMARVALID = 1 << 7,
  IBUSERR = 1 << 8, PRECISERR = 1 << 9, IMPRECISERR = 1 << 10, UNSTKERR = 1 << 11, STKERR = 1 << 12, LSPERR = 1 << 13, BFARVALID = 1 << 15,
  UNDEFINSTR = 1 << 16, INVSTATE = 1 << 17, INVPC = 1 << 18, NOCP = 1 << 19, UNALIGNED = 1 << 24, DIVBYZERO = 1 << 25,
}

export class GuestFault {
  /**
   * @param exception the configurable fault it belongs to (escalated to HardFault by the exception model when disabled)
   * @param status the CFSR bits to set, without the VALID bits
   * @param address for MMFAR or BFAR (their VALID bit is then set); undefined when the fault has no address
   */
  constructor(readonly exception: number, readonly status: number, readonly address: number | undefined, readonly reason: string) {}
}

/** The instruction under way is given up without an effect and will be executed again: it waits for the outside. */
export class Restart {}
