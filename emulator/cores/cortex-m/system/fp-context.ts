/**
 * Access to the floating-point unit and the lazy saving of its state.
 * Source: DDI 0403E, B1.5.7 and the pseudocode CheckVFPEnabled, ExecuteFPCheck, PreserveFPState, UpdateFPCCR.
 */
import { CFSR, Exception, GuestFault } from '../fault.js';
import { Word } from '../state.js';
import type { CoreConfig } from './config.js';
import type { CoreMemory } from './core-memory.js';
import type { ExceptionState } from './exception-state.js';
import { FP_STATE, pushFpState } from './frame.js';
import { CONTROL, DEMCR, FPCCR, HFSR } from './system-registers.js';
import type { SystemRegisters } from './system-registers.js';

/** FPSCR bits that a new context takes from FPDSCR: AHP, DN, FZ, RMode. */
const FPDSCR_BITS = 0x07c0_0000;

/** What FpContext needs of the exception model. */
export interface FpExceptions {
  readonly state: ExceptionState;
  readonly executionPriority: number;
  recordFault(exception: number, status: number, address: number | undefined): void;
  pend(exception: number): void;
  enterLockup(): void;
}

export class FpContext {
  private readonly isPresent: boolean;

  constructor(
    private readonly words: Int32Array,
    private readonly config: CoreConfig,
    private readonly registers: SystemRegisters,
    private readonly memory: CoreMemory,
    private readonly exceptions: FpExceptions,
  ) {
    this.isPresent = config.fpu !== 'none';
  }

  /** Keeps `Word.FP_CHECK` right; call after any change of CPACR, FPCCR, CONTROL or privilege. */
  refresh(): void {
    const { words, registers } = this;
    const newContext = (registers.FPCCR & FPCCR.ASPEN) !== 0 && (words[Word.CONTROL] & CONTROL.FPCA) === 0;
    words[Word.FP_CHECK] = !this.isEnabled() || newContext || (registers.FPCCR & FPCCR.LSPACT) !== 0 ? 1 : 0;
  }

  /** CPACR.CP10: 0 no access, 1 privileged only, 3 full; 2 is UNPREDICTABLE and gives none. */
  private isEnabled(): boolean {
    if (!this.isPresent) return false;
    const cp10 = (this.registers.CPACR >>> 20) & 3;
    return cp10 === 3 || (cp10 === 1 && this.words[Word.UNPRIVILEGED] === 0);
  }

  /** @throws GuestFault NOCP when the running code may not use the unit */
  CheckVFPEnabled(): void {
    if (!this.isEnabled()) throw noCoprocessor();
  }

  /** The fault that CheckVFPEnabled would raise. */
  vfpFault(): GuestFault | undefined {
    return this.isEnabled() ? undefined : noCoprocessor();
  }

  /** Before a floating-point instruction. @throws GuestFault NOCP, or the fault of the lazy save */
  ExecuteFPCheck(): void {
    const { words, registers } = this;
    this.CheckVFPEnabled();
    if ((registers.FPCCR & FPCCR.LSPACT) !== 0) this.PreserveFPState();
    if ((registers.FPCCR & FPCCR.ASPEN) !== 0 && (words[Word.CONTROL] & CONTROL.FPCA) === 0) {
      words[Word.FPSCR] = (words[Word.FPSCR] & ~FPDSCR_BITS) | (registers.FPDSCR & FPDSCR_BITS);
      words[Word.CONTROL] = words[Word.CONTROL] | CONTROL.FPCA;
    }
    this.refresh();
  }

  /** Writes the state reserved at FPCAR with the rights of the code that owned it. @throws GuestFault when its fault preempts */
  private PreserveFPState(): void {
    const { words, registers } = this;
    const fault = pushFpState(words, this.memory, registers.FPCAR & ~7, (registers.FPCCR & FPCCR.USER) === 0);
    words[Word.CYCLES] = words[Word.CYCLES] + this.config.latency.fpStacking;
    if (fault !== undefined) this.TakePreserveFPException(fault);
    registers.FPCCR &= ~FPCCR.LSPACT;
  }

  /**
   * Whether a handler is ready was decided when the frame was made. A fault that preempts leaves LSPACT set, so that
   * the restarted instruction saves again; another one stays pending and the save counts as done.
   */
  private TakePreserveFPException(fault: GuestFault): void {
    const { registers, exceptions } = this;
    const isMemManage = fault.exception === Exception.MemManage;
    exceptions.recordFault(fault.exception, isMemManage ? CFSR.MLSPERR : CFSR.LSPERR, undefined);
    const ready = (registers.FPCCR & (isMemManage ? FPCCR.MMRDY : FPCCR.BFRDY)) !== 0;
    const exception = ready ? fault.exception : Exception.HardFault;
    if (!ready && (registers.FPCCR & FPCCR.HFRDY) === 0) {
      exceptions.enterLockup();
      return;
    }
    if (exceptions.state.groupPriority(exception) < exceptions.executionPriority) {
      if (!ready) registers.HFSR |= HFSR.FORCED;
      throw new GuestFault(exception, 0, undefined, `lazy floating-point save: ${fault.reason}`);
    }
    exceptions.pend(exception);
  }

  /** Reserves room in a frame and notes what the save will need. */
  UpdateFPCCR(frame: number): void {
    const { words, registers, exceptions } = this;
    registers.FPCAR = (frame + FP_STATE) & ~7;
    let fpccr = registers.FPCCR & (FPCCR.ASPEN | FPCCR.LSPEN);
    fpccr |= FPCCR.LSPACT;
    if (words[Word.UNPRIVILEGED] !== 0) fpccr |= FPCCR.USER;
    if (words[Word.IPSR] === 0) fpccr |= FPCCR.THREAD;
    if (exceptions.executionPriority > -1) fpccr |= FPCCR.HFRDY;
    if (this.isReady(Exception.BusFault)) fpccr |= FPCCR.BFRDY;
    if (this.isReady(Exception.MemManage)) fpccr |= FPCCR.MMRDY;
    if ((registers.DEMCR & DEMCR.MON_EN) !== 0 && this.isReady(Exception.DebugMonitor)) fpccr |= FPCCR.MONRDY;
    registers.FPCCR = fpccr;
  }

  private isReady(exception: number): boolean {
    const { state, executionPriority } = this.exceptions;
    return state.enabled.has(exception) && executionPriority > state.groupPriority(exception);
  }
}

function noCoprocessor(): GuestFault {
  return new GuestFault(Exception.UsageFault, CFSR.NOCP, undefined, 'floating-point instruction while CPACR gives no access to CP10');
}
