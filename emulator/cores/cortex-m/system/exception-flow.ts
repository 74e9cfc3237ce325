/**
 * The flow of exceptions: faults and their escalation, entry, return, lockup. `ExceptionModel` adds what starts it.
 * Source: Armv7-M ARM (DDI 0403E), B1.5; Armv6-M ARM (DDI 0419E), B1.5. Functions carry the pseudocode's names.
 *
 * Entry happens in one step between two instructions, so late arrival shows only among exceptions that are pending
 * by then, and a fault while stacking is one of them. Not modelled: ICI continuation (an interrupted LDM or STM
 * starts again).
 */
import { CFSR, Exception, GuestFault } from '../fault.js';
import { Word } from '../state.js';
import type { CoreConfig } from './config.js';
import { hasDsp, hasMainExtension } from './config.js';
import type { CoreMemory } from './core-memory.js';
import { ExceptionState, LOWEST_PRIORITY } from './exception-state.js';
import { FpContext } from './fp-context.js';
import type { FpExceptions } from './fp-context.js';
import { BASIC_FRAME, FP_STATE, PoppedFrame, REALIGNED, asGuestFault, loadBasicFrame, pushFpState, pushFrame, storeBasicFrame } from './frame.js';
import { writeXPSR } from './program-status.js';
import { CCR, CONTROL, DFSR, FPCCR, HFSR, SCR } from './system-registers.js';
import type { SystemRegisters } from './system-registers.js';

/** EXC_RETURN bits. B1.5.8, table B1-8. */
enum EXC_RETURN { process = 1 << 2, thread = 1 << 3, basicFrame = 1 << 4 }
/** The PC of a core that is locked up. B1.5.15. */
export const LOCKUP_PC = 0xffff_fffe | 0;

/** What the flow works on. */
export interface FlowEnvironment {
  readonly config: CoreConfig;
  /** The core's state; see `Word`. */
  readonly words: Int32Array;
  readonly memory: CoreMemory;
  readonly registers: SystemRegisters;
  /** The handler of an exception is about to run. */
  onEntry?(exception: number): void;
  /** A synchronous fault was taken. */
  onFault?(fault: GuestFault, pc: number): void;
}

/** Where the context of a fault was stacked. */
export interface FaultFrame {
  readonly address: number;
  readonly excReturn: number;
}

export abstract class ExceptionFlow implements FpExceptions {
  readonly state: ExceptionState;
  readonly fp: FpContext;
  /** Cached `ExecutionPriority()`, which `refresh` renews. */
  executionPriority = LOWEST_PRIORITY;
  /** The highest pending and enabled exception, or 0. */
  candidate = 0;
  /** Cycles charged for entries, returns and tail-chains since power-on: DWT_EXCCNT counts them. */
  exceptionCycles = 0;
  /** Of the latest HardFault, MemManage, BusFault or UsageFault that was entered. */
  faultFrame: FaultFrame | undefined;
  /** Told where execution goes on after an exception's entry or return: places worth translating. */
  onTarget: ((address: number) => void) | undefined;
  readonly config: CoreConfig;
  readonly words: Int32Array;
  readonly registers: SystemRegisters;
  protected readonly memory: CoreMemory;
  protected readonly main: boolean;
  protected lockedUp = false;
  private readonly frame = new PoppedFrame();
  private readonly hasFpu: boolean;
  /** Bits that are ones in every EXC_RETURN. */
  private readonly fixedBits: number;
  private readonly psrFeatures: { readonly main: boolean; readonly dsp: boolean };

  constructor(private readonly flow: FlowEnvironment) {
    this.config = flow.config;
    this.words = flow.words;
    this.registers = flow.registers;
    this.memory = flow.memory;
    this.main = hasMainExtension(this.config);
    this.hasFpu = this.config.fpu !== 'none';
    this.fixedBits = this.hasFpu ? 0xffff_ffe0 | 0 : 0xffff_fff0 | 0;
    this.psrFeatures = { main: this.main, dsp: hasDsp(this.config) };
    this.state = new ExceptionState(this.config);
    this.fp = new FpContext(this.words, this.config, this.registers, this.memory, this);
  }

  abstract refresh(): void;
  protected abstract refreshActivated(exception: number): void;
  abstract pend(exception: number): void;
  abstract wfi(): void;

  /** A fault at priority -1 or above: only reset or an NMI helps. */
  get isLockedUp(): boolean {
    return this.lockedUp;
  }

  CurrentModeIsPrivileged(): boolean {
    return this.words[Word.UNPRIVILEGED] === 0;
  }

  protected canTake(executionPriority: number): boolean {
    return this.candidate !== 0 && this.state.groupPriority(this.candidate) < executionPriority;
  }

  /** Makes the interpreter leave its loop after the current instruction. */
  protected stopRun(): void {
    const { words } = this;
    if (words[Word.LIMIT] > words[Word.CYCLES]) words[Word.LIMIT] = words[Word.CYCLES];
  }

  // -- Faults. B1.5.14.

  /**
   * A synchronous fault of the instruction at `pc`.
   * @param pc becomes the return address; `Word.ITSTATE` must be that of the instruction
   */
  takeFault(fault: GuestFault, pc: number): void {
    this.recordFault(fault.exception, fault.status, fault.address);
    this.words[Word.PC] = pc;
    if (this.raise(fault.exception)) this.ExceptionEntry();
    this.flow.onFault?.(fault, pc);
  }

  /** Sets CFSR bits and, when there is an address, MMFAR or BFAR. B3.2.15 to B3.2.18. */
  recordFault(exception: number, status: number, address: number | undefined): void {
    if (!this.main) return;
    const { registers } = this;
    registers.CFSR |= status;
    if (exception === Exception.DebugMonitor) registers.DFSR |= DFSR.BKPT;
    if (address === undefined) return;
    if (exception === Exception.MemManage) {
      registers.MMFAR = address;
      registers.CFSR |= CFSR.MMARVALID;
    } else if (exception === Exception.BusFault) {
      registers.BFAR = address;
      registers.CFSR |= CFSR.BFARVALID;
    }
  }

  /** Makes a synchronous exception pending, as HardFault when its own handler cannot run. @returns false after a lockup */
  private raise(exception: number): boolean {
    const { state } = this;
    let target = exception;
    if (target !== Exception.HardFault) {
      const ready = state.enabled.has(target) && state.groupPriority(target) < this.executionPriority;
      if (!ready) target = Exception.HardFault;
    }
    if (target === Exception.HardFault && this.executionPriority <= state.groupPriority(Exception.HardFault)) {
      this.enterLockup();
      return false;
    }
    if (target !== exception && this.main) this.registers.HFSR |= exception === Exception.DebugMonitor ? HFSR.DEBUGEVT : HFSR.FORCED;
    state.pending.set(target, true);
    this.refresh();
    return true;
  }

  enterLockup(): void {
    this.lockedUp = true;
    this.words[Word.PC] = LOCKUP_PC;
    this.words[Word.ITSTATE] = 0;
    this.refresh();
    this.stopRun();
  }

  // -- Entry. B1.5.6.

  protected ExceptionEntry(): void {
    const extended = this.hasFpu && (this.words[Word.CONTROL] & CONTROL.FPCA) !== 0;
    if (!extended && this.candidate > Exception.UsageFault && !this.lockedUp && this.enterPlainly(this.candidate)) return;
    const excReturn = this.excReturnValue(extended);
    const derived = this.PushStack(extended);
    this.charge(this.config.latency.entry);
    if (derived !== undefined && !this.derive(derived)) return;
    this.ExceptionTaken(excReturn);
  }

  /**
   * Entry to the handler of an interrupt as it nearly always is, in one go: a basic frame, and all that is read and written
   * plain memory. @returns false, and nothing has happened, when something is to be looked at more closely
   */
  private enterPlainly(exception: number): boolean {
    const { words, memory, registers, state } = this;
    const isUnprivileged = words[Word.UNPRIVILEGED] !== 0;
    const realigned = (registers.CCR & CCR.STKALIGN) === 0 ? 0 : words[Word.SP] & 4;
    const frame = words[Word.SP] - BASIC_FRAME - realigned;
    const at = memory.wordsAt(frame, BASIC_FRAME, 'write', !isUnprivileged);
    const vectorAt = memory.wordsAt((registers.VTOR + 4 * exception) | 0, 4, 'read', true);
    if (at < 0 || vectorAt < 0) return false;
    const { view } = memory;
    const excReturn = this.excReturnValue(false);
    storeBasicFrame(words, view, at, realigned);
    words[Word.SP] = frame;
    this.charge(this.config.latency.entry);
    const vector = view[vectorAt];
    state.pending.set(exception, false);
    state.active.set(exception, true);
    words[Word.IPSR] = exception;
    this.setControl(words[Word.CONTROL] & CONTROL.nPRIV);
    if (isUnprivileged) this.fp.refresh(); // else nothing that it looks at has changed
    this.begin(exception, vector, excReturn);
    return true;
  }

  /** The first instruction of the handler is next. */
  private begin(exception: number, vector: number, lr: number): void {
    const { words } = this;
    this.flow.onEntry?.(exception);
    words[Word.LR] = lr;
    words[Word.PC] = vector & ~1;
    words[Word.T] = vector & 1;
    words[Word.ITSTATE] = 0;
    words[Word.EXCLUSIVE] = 0;
    words[Word.EVENT] = 1;
    this.onTarget?.(vector & ~1);
    this.refreshActivated(exception);
  }

  /** Stacks the context. @returns the fault met on the way, with the status bits of stacking */
  private PushStack(extended: boolean): GuestFault | undefined {
    const { words, registers } = this;
    const privileged = this.CurrentModeIsPrivileged();
    const fault = pushFrame(words, this.memory, extended, registers.CCR, privileged);
    if (fault !== undefined) return stackingFault(fault);
    if (!extended) return undefined;
    if ((registers.FPCCR & FPCCR.LSPEN) !== 0) {
      this.fp.UpdateFPCCR(words[Word.SP]);
      return undefined;
    }
    const nocp = this.fp.vfpFault();
    if (nocp !== undefined) return nocp;
    this.charge(this.config.latency.fpStacking);
    const fpFault = pushFpState(words, this.memory, words[Word.SP] + FP_STATE, privileged);
    return fpFault === undefined ? undefined : stackingFault(fpFault);
  }

  private excReturnValue(extended: boolean): number {
    const { words } = this;
    const base = extended ? 0xffff_ffe1 : 0xffff_fff1;
    if (words[Word.IPSR] !== 0) return base | 0;
    return base | EXC_RETURN.thread | ((words[Word.CONTROL] & CONTROL.SPSEL) !== 0 ? EXC_RETURN.process : 0);
  }

  /**
   * A fault of exception entry itself becomes pending beside the exception being entered, and the higher one goes
   * first. When it would need HardFault while HardFault or NMI is being entered, the core locks up. B1.5.11, B1.5.15.
   * @returns false after a lockup
   */
  private derive(fault: GuestFault): boolean {
    const { state } = this;
    const entering = this.candidate;
    this.recordFault(fault.exception, fault.status, undefined);
    const ready = state.enabled.has(fault.exception) && state.groupPriority(fault.exception) < this.executionPriority;
    if (!ready && isTerminal(entering)) {
      this.activate(entering);
      this.enterLockup();
      return false;
    }
    return this.raise(fault.exception);
  }

  /** Enters the handler of the highest pending exception, with the frame already stacked. @param lr the value for LR */
  private ExceptionTaken(lr: number): void {
    const { words } = this;
    const exception = this.candidate;
    let vector: number;
    try {
      vector = this.memory.loadVector(((this.registers.VTOR >>> 0) + 4 * exception) >>> 0);
    } catch (error) {
      asGuestFault(error);
      this.vectorFault(exception, lr);
      return;
    }
    this.lockedUp = false;
    this.activate(exception);
    if (exception >= Exception.HardFault && exception <= Exception.UsageFault) {
      this.faultFrame = { address: words[(lr & EXC_RETURN.process) !== 0 ? Word.OTHER_SP : Word.SP] >>> 0, excReturn: lr >>> 0 };
    }
    this.begin(exception, vector, lr);
  }

  /** From here on the processor is in Handler mode, privileged, on the main stack. */
  private activate(exception: number): void {
    const { words, state } = this;
    state.pending.set(exception, false);
    state.active.set(exception, true);
    words[Word.IPSR] = exception;
    this.setControl(words[Word.CONTROL] & CONTROL.nPRIV);
    this.fp.refresh();
  }

  /** B1.5.6: a fault on the vector read is a HardFault, or a lockup when a HardFault or NMI was being entered. */
  private vectorFault(exception: number, lr: number): void {
    if (this.main) this.registers.HFSR |= HFSR.VECTTBL;
    if (isTerminal(exception)) {
      this.activate(exception);
      this.words[Word.LR] = lr;
      this.enterLockup();
      return;
    }
    this.state.pending.set(Exception.HardFault, true);
    this.refresh();
    this.ExceptionTaken(lr);
  }

  // -- Return. B1.5.8.

  /** A load of EXC_RETURN into the PC in Handler mode. @param excReturn the value, bits 31:28 ones */
  exceptionReturn(excReturn: number): void {
    const { words, state, registers } = this;
    const returning = words[Word.IPSR];
    const toThread = (excReturn & EXC_RETURN.thread) !== 0;
    const mismatch = toThread && state.active.count() !== 1 && (registers.CCR & CCR.NONBASETHRDENA) === 0;
    const isValid = this.isExcReturn(excReturn) && state.active.has(returning) && !mismatch;
    this.DeActivate(returning);
    if (!isValid) {
      this.returnFault(excReturn | 0xf000_0000, Exception.UsageFault, CFSR.INVPC);
      return;
    }
    if (this.canTake(this.executionPriority)) {
      this.charge(this.config.latency.tailChain);
      this.ExceptionTaken(excReturn | 0);
      return;
    }
    if (!this.returnPlainly(excReturn | 0)) this.PopStack(excReturn | 0);
  }

  /** PopStack as it nearly always is: a basic frame in plain memory. @returns false, and nothing has happened, when it is not */
  private returnPlainly(excReturn: number): boolean {
    const { words, memory, registers } = this;
    const toThread = (excReturn & EXC_RETURN.thread) !== 0;
    const stackPointer = (excReturn & EXC_RETURN.process) !== 0 ? Word.OTHER_SP : Word.SP;
    const isUnprivileged = toThread && (words[Word.CONTROL] & CONTROL.nPRIV) !== 0;
    if ((excReturn & EXC_RETURN.basicFrame) === 0) return false;
    const at = memory.wordsAt(words[stackPointer], BASIC_FRAME, 'read', !isUnprivileged);
    if (at < 0) return false;
    const { view } = memory;
    const xPSR = view[at + 7];
    if (((xPSR & 0x1ff) === 0) !== toThread) return false;
    loadBasicFrame(words, view, at);
    words[stackPointer] = (words[stackPointer] + BASIC_FRAME) | ((registers.CCR & CCR.STKALIGN) !== 0 && (xPSR & REALIGNED) !== 0 ? 4 : 0);
    writeXPSR(words, xPSR, this.psrFeatures);
    const hadContext = (words[Word.CONTROL] & CONTROL.FPCA) !== 0;
    this.setControl((words[Word.CONTROL] & CONTROL.nPRIV) | (stackPointer === Word.OTHER_SP ? CONTROL.SPSEL : 0));
    if (hadContext || words[Word.UNPRIVILEGED] !== 0) this.fp.refresh(); // else nothing that it looks at has changed
    this.charge(this.config.latency.exit);
    this.afterReturn(toThread);
    return true;
  }

  /** Values that are not in table B1-8 or B1-9 are UNPREDICTABLE or illegal: all fault. */
  private isExcReturn(value: number): boolean {
    const kind = value & 0xf;
    if (kind !== 0b0001 && kind !== 0b1001 && kind !== 0b1101) return false;
    return (value & this.fixedBits) === this.fixedBits;
  }

  private DeActivate(exception: number): void {
    const { words, state } = this;
    state.active.set(exception, false);
    if (this.main && exception !== Exception.NMI) words[Word.FAULTMASK] = 0;
    if (state.level.has(exception)) state.pending.set(exception, true);
    this.refresh();
  }

  /** A fault of the return itself is tail-chained: the frame stays where it is. */
  private returnFault(lr: number, exception: number, status: number): void {
    this.recordFault(exception, status, undefined);
    if (!this.raise(exception)) return;
    this.charge(this.config.latency.tailChain);
    this.ExceptionTaken(lr);
  }

  private PopStack(excReturn: number): void {
    const { words, registers, frame } = this;
    const process = (excReturn & EXC_RETURN.process) !== 0;
    const toThread = (excReturn & EXC_RETURN.thread) !== 0;
    const extended = (excReturn & EXC_RETURN.basicFrame) === 0;
    const framePointer = process ? words[Word.OTHER_SP] : words[Word.SP];
    const isPreserved = extended && (registers.FPCCR & FPCCR.LSPACT) !== 0;
    const loadsFpState = extended && !isPreserved;
    const privileged = !toThread || (words[Word.CONTROL] & CONTROL.nPRIV) === 0;

    const nocp = loadsFpState ? this.vfpFaultAfterReturn(privileged) : undefined;
    const fault = nocp ?? frame.load(this.memory, framePointer, loadsFpState, privileged);
    if (fault !== undefined) {
      this.unstackingFault(excReturn, fault);
      return;
    }
    if (((frame.xPSR & 0x1ff) === 0) !== toThread) {
      this.returnFault(excReturn, Exception.UsageFault, CFSR.INVPC);
      return;
    }
    frame.toRegisters(words, loadsFpState);
    if (isPreserved) registers.FPCCR &= ~FPCCR.LSPACT;
    this.releaseFrame(process, frame.releasedSP(framePointer, extended, registers.CCR));
    writeXPSR(words, frame.xPSR, this.psrFeatures);
    this.setControl((words[Word.CONTROL] & CONTROL.nPRIV) | (process ? CONTROL.SPSEL : 0) | (extended ? CONTROL.FPCA : 0));
    this.fp.refresh();
    this.charge(this.config.latency.exit + (loadsFpState ? this.config.latency.fpUnstacking : 0));
    this.afterReturn(toThread);
  }

  /** CPACR is checked with the rights of the mode returned to. */
  private vfpFaultAfterReturn(privileged: boolean): GuestFault | undefined {
    const { words } = this;
    const unprivileged = words[Word.UNPRIVILEGED];
    words[Word.UNPRIVILEGED] = privileged ? 0 : 1;
    const fault = this.fp.vfpFault();
    words[Word.UNPRIVILEGED] = unprivileged;
    return fault;
  }

  private unstackingFault(excReturn: number, fault: GuestFault): void {
    if (fault.exception === Exception.UsageFault) this.returnFault(excReturn, Exception.UsageFault, fault.status);
    else if (fault.exception === Exception.MemManage) this.returnFault(excReturn, Exception.MemManage, CFSR.MUNSTKERR);
    else this.returnFault(excReturn, Exception.BusFault, CFSR.UNSTKERR);
  }

  private releaseFrame(process: boolean, stackPointer: number): void {
    this.words[process ? Word.OTHER_SP : Word.SP] = stackPointer;
  }

  private afterReturn(toThread: boolean): void {
    const { words } = this;
    words[Word.EXCLUSIVE] = 0;
    words[Word.EVENT] = 1;
    this.onTarget?.(words[Word.PC]);
    // Priorities are those that DeActivate has seen, and nothing preempts; only the T bit is another.
    if (words[Word.T] === 0 || words[Word.ATTENTION] !== 0) this.refresh();
    if (words[Word.PC] === LOCKUP_PC && this.executionPriority < 0) this.enterLockup();
    if (toThread && (this.registers.SCR & SCR.SLEEPONEXIT) !== 0 && this.state.active.count() === 0) this.wfi();
  }

  // -- CONTROL.

  /** Writes CONTROL and keeps the banked stack pointers and the privilege right. IPSR must be up to date. */
  setControl(value: number): void {
    const { words } = this;
    if (((words[Word.CONTROL] ^ value) & CONTROL.SPSEL) !== 0) {
      const current = words[Word.SP];
      words[Word.SP] = words[Word.OTHER_SP];
      words[Word.OTHER_SP] = current;
    }
    words[Word.CONTROL] = value;
    words[Word.UNPRIVILEGED] = words[Word.IPSR] === 0 && (value & CONTROL.nPRIV) !== 0 ? 1 : 0;
  }

  private charge(cycles: number): void {
    this.words[Word.CYCLES] = this.words[Word.CYCLES] + cycles;
    this.exceptionCycles += cycles;
  }
}

/** Exceptions whose own faults have no handler left. */
function isTerminal(exception: number): boolean {
  return exception === Exception.HardFault || exception === Exception.NMI;
}

function stackingFault(fault: GuestFault): GuestFault {
  const isMemManage = fault.exception === Exception.MemManage;
  return new GuestFault(isMemManage ? Exception.MemManage : Exception.BusFault, isMemManage ? CFSR.MSTKERR : CFSR.STKERR, undefined, fault.reason);
}
