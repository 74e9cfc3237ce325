/**
 * The CoreSight software lock: LAR opens it with a key, LSR tells. It stops writes of software to the other registers.
 * Source: DDI 0403E, C1.7.4 (ITM); Cortex-M7 TRM (DDI 0489F), DWT and FPB.
 */
const KEY = 0xc5ac_ce55;
/** LSR.SLI: a lock exists; LSR.SLK: it is closed. */
const SLI = 1;
const SLK = 2;

export const LAR_OFFSET = 0xfb0;

export class SoftwareLock {
  private open: boolean;

  /** @param present units without a lock are always open */
  constructor(private readonly present: boolean) {
    this.open = !present;
  }

  get isOpen(): boolean {
    return this.open;
  }

  set isOpen(open: boolean) {
    this.open = open || !this.present;
  }

  writeLAR(value: number): void {
    this.isOpen = value >>> 0 === KEY;
  }

  readLSR(): number {
    if (!this.present) return 0;
    return this.open ? SLI : SLI | SLK;
  }

  reset(): void {
    this.isOpen = false;
  }
}
