/**
 * The exception model as the interpreter and the NVIC see it: requests, priorities, sleep, and the instructions that
 * belong to it. Source: Armv7-M ARM (DDI 0403E), B1.5; Armv6-M ARM (DDI 0419E), B1.5. Not modelled: halting debug (the
 * emulator's debugger stops the machine from outside).
 */
import type { Snapshot, Stateful } from '../../../bus/types.js';
import { CFSR, Exception, GuestFault } from '../fault.js';
import { Word } from '../state.js';
import { EXCEPTION_COUNT } from './exception-state.js';
import { ExceptionFlow } from './exception-flow.js';
import type { FlowEnvironment } from './exception-flow.js';
import { asGuestFault } from './frame.js';
import { SpecialRegisters } from './special-registers.js';
import { CCR, DEMCR, HFSR, SCR } from './system-registers.js';

/** The immediate of BKPT that stands for a semihosting call. Semihosting for AArch32 and AArch64, 2.0. */
const SEMIHOSTING_IMM = 0xab;

/** `wfi` also stands for SLEEPONEXIT. */
export type Sleep = 'awake' | 'wfi' | 'wfe';

export interface ExceptionEnvironment extends FlowEnvironment {
  /** Processor cycles since reset, sleep included. */
  now(): number;
  /** The execution priority became negative or not: the MPU may be off below 0 (HFNMIENA). */
  onNegativePriority?(isNegative: boolean): void;
  /** The core fell asleep or woke up. */
  onSleep?(sleep: Sleep, isDeep: boolean): void;
}

export class ExceptionModel extends ExceptionFlow implements Stateful {
  /** True while an exception can be taken or the T bit is clear: call `takePending` before the next instruction. */
  attention = false;
  private readonly special: SpecialRegisters;
  private sleep: Sleep = 'awake';
  private sleepBegan = 0;
  private slept = 0;
  private negative = false;

  constructor(private readonly environment: ExceptionEnvironment) {
    super(environment);
    this.special = new SpecialRegisters(this);
  }

  // -- What the interpreter asks.

  get isSleeping(): boolean {
    return this.sleep !== 'awake';
  }

  /** Asleep with SCR.SLEEPDEEP set. */
  get isDeeplyAsleep(): boolean {
    return this.isSleeping && (this.registers.SCR & SCR.SLEEPDEEP) !== 0;
  }

  /** Data bus faults are to be ignored: CCR.BFHFNMIGN at priority -1 or above. B1.5.14. */
  get ignoresDataBusFaults(): boolean {
    return this.executionPriority < 0 && (this.registers.CCR & CCR.BFHFNMIGN) !== 0;
  }

  /** Cycles asleep since power-on, up to now. */
  sleptCycles(): number {
    return this.slept + (this.isSleeping ? Math.max(0, this.environment.now() - this.sleepBegan) : 0);
  }

  // -- Requests.

  /** Sets an exception's pending state. Numbers that this core lacks are ignored. */
  pend(exception: number): void {
    if (!this.state.implemented.has(exception)) return;
    const isNew = !this.state.pending.has(exception);
    this.state.pending.set(exception, true);
    if (isNew && (this.registers.SCR & SCR.SEVONPEND) !== 0) this.words[Word.EVENT] = 1;
    if (this.state.goesBefore(exception, this.candidate)) this.candidate = exception;
    this.attend();
  }

  unpend(exception: number): void {
    this.state.pending.set(exception, false);
    this.refresh();
  }

  /** NVIC_ICPR: an interrupt whose line is high and which is not active stays pending. B3.4.1. */
  clearPendingIrq(irq: number): void {
    const exception = Exception.firstIrq + irq;
    if (this.state.level.has(exception) && !this.state.active.has(exception)) return;
    this.unpend(exception);
  }

  /** A level on an interrupt line. A rising edge pends; a line still high at the return from its handler pends again. */
  setIrqLevel(irq: number, level: boolean): void {
    const exception = Exception.firstIrq + irq;
    if (!this.state.implemented.has(exception) || this.state.level.has(exception) === level) return;
    this.state.level.set(exception, level);
    if (level) this.pend(exception);
  }

  /** A pulse of at least one clock on an interrupt line. */
  pulseIrq(irq: number): void {
    this.pend(Exception.firstIrq + irq);
  }

  setEnabled(exception: number, enabled: boolean): void {
    if (!this.state.implemented.has(exception)) return;
    this.state.enabled.set(exception, enabled);
    this.refresh();
  }

  /** Renews all that is derived; call after any change of pending, enabled, active or priority state or of the masks. */
  refresh(): void {
    const { state, words } = this;
    this.executionPriority = state.ExecutionPriority(words[Word.PRIMASK], words[Word.FAULTMASK], words[Word.BASEPRI]);
    this.candidate = state.highestPending();
    this.attend();
  }

  /** An exception has become active that preempts what ran before, and is not pending any more. */
  protected refreshActivated(exception: number): void {
    this.executionPriority = Math.min(this.executionPriority, this.state.groupPriority(exception));
    this.candidate = this.state.highestPending();
    this.attend();
  }

  /** What follows from priority and candidate. */
  private attend(): void {
    const { words } = this;
    const isTakeable = this.canTake(this.executionPriority);
    this.attention = isTakeable || (words[Word.T] === 0 && !this.lockedUp);
    words[Word.ATTENTION] = this.attention ? 1 : 0;
    if (this.attention) this.stopRun();
    if (this.executionPriority < 0 !== this.negative) this.tellNegativePriority();
    if (this.sleep !== 'awake') this.wakeIfDue(isTakeable);
  }

  private tellNegativePriority(): void {
    this.negative = this.executionPriority < 0;
    this.environment.onNegativePriority?.(this.negative);
  }

  // -- Between instructions.

  /**
   * Takes the pending exception that preempts, or the fault of a cleared T bit.
   * @returns whether the flow of execution changed
   */
  takePending(): boolean {
    if (!this.attention) return false;
    if (this.canTake(this.executionPriority)) {
      this.ExceptionEntry();
      return true;
    }
    if (this.words[Word.T] === 0 && !this.lockedUp) {
      this.takeFault(new GuestFault(Exception.UsageFault, CFSR.INVSTATE, undefined, 'execution with EPSR.T clear'), this.words[Word.PC]);
      return true;
    }
    return false;
  }

  // -- Instructions.

  /** SVC: pending until the instruction is over. @throws GuestFault when its priority does not preempt */
  svc(imm: number): void {
    if (this.state.groupPriority(Exception.SVCall) >= this.executionPriority) {
      throw new GuestFault(Exception.SVCall, 0, undefined, `SVC ${imm} where SVCall cannot preempt`);
    }
    this.pend(Exception.SVCall);
  }

  /** BKPT without a halting debugger. C1.5.1. @throws GuestFault always */
  bkpt(imm: number): never {
    const what = imm === SEMIHOSTING_IMM ? 'BKPT 0xab, a semihosting call, while semihosting is off' : `BKPT 0x${imm.toString(16)} without a debugger`;
    throw new GuestFault(Exception.DebugMonitor, 0, undefined, what);
  }

  /** Sleeps unless a wake-up event is there already. B1.5.19. */
  wfi(): void {
    this.sleepAs('wfi');
  }

  /** Consumes the event, or sleeps until there is one. B1.5.18. */
  wfe(): void {
    if (this.words[Word.EVENT] !== 0) this.words[Word.EVENT] = 0;
    else this.sleepAs('wfe');
  }

  /** SEV, or the RXEV input. */
  sev(): void {
    this.words[Word.EVENT] = 1;
    this.refresh();
  }

  executeFPCheck(): void {
    this.fp.ExecuteFPCheck();
  }

  /** @returns the register named by SYSm; 0 for one that the running code may not see */
  mrs(sysm: number): number {
    return this.special.MRS(sysm);
  }

  /** @param mask bits 11:10 of the encoding: bit 1 writes NZCVQ, bit 0 writes GE */
  msr(sysm: number, mask: number, value: number): void {
    this.special.MSR(sysm, mask, value);
  }

  /** CPSIE (`enable`) or CPSID of PRIMASK, FAULTMASK or both. */
  cps(enable: boolean, primask: boolean, faultmask: boolean): void {
    this.special.CPS(enable, primask, faultmask);
  }

  // -- Sleep.

  private sleepAs(sleep: 'wfi' | 'wfe'): void {
    this.sleep = sleep;
    this.sleepBegan = this.environment.now();
    this.environment.onSleep?.(sleep, this.isDeeplyAsleep);
    this.stopRun();
    this.refresh();
  }

  /**
   * WFI ends for an exception that would preempt with PRIMASK clear; WFE for one that preempts and for an event.
   * B1.5.18, B1.5.19.
   */
  private wakeIfDue(isTakeable: boolean): void {
    const { words } = this;
    if (this.sleep === 'wfe' && words[Word.EVENT] !== 0) {
      words[Word.EVENT] = 0;
      this.wake();
    } else if (isTakeable || (this.sleep === 'wfi' && this.preemptsWithoutPRIMASK())) this.wake();
  }

  private preemptsWithoutPRIMASK(): boolean {
    const { words } = this;
    return this.canTake(this.state.ExecutionPriority(0, words[Word.FAULTMASK], words[Word.BASEPRI]));
  }

  private wake(): void {
    if (!this.isSleeping) return;
    this.slept = this.sleptCycles();
    this.sleep = 'awake';
    this.environment.onSleep?.('awake', false);
  }

  // -- Stateful.

  /** TakeReset (B1.5.5): registers, then SP and PC from the vector table. Registers of the SCS are reset by their blocks. */
  reset(): void {
    const { words, registers } = this;
    const cycles = words[Word.CYCLES];
    const limit = words[Word.LIMIT];
    words.fill(0, 0, Word.S0 + 32);
    words[Word.CYCLES] = cycles;
    words[Word.LIMIT] = limit;
    words[Word.LR] = -1;
    words[Word.N] = words[Word.Z] = 1; // equal unless both flags are set, see writeNZ
    words[Word.UNALIGN_TRP] = (registers.CCR & CCR.UNALIGN_TRP) !== 0 || !this.config.unalignedSupport ? 1 : 0;
    this.wake();
    this.lockedUp = false;
    this.state.reset();
    this.loadResetVector();
    this.fp.refresh();
    this.refresh();
  }

  /** A loader has put a start address in place of the vectors that reset did not find. */
  leaveLockup(): void {
    if (!this.lockedUp) return;
    this.lockedUp = false;
    if (this.main) this.registers.HFSR &= ~HFSR.VECTTBL;
    this.refresh();
  }

  private loadResetVector(): void {
    const { words, registers } = this;
    try {
      words[Word.SP] = this.memory.loadVector(registers.VTOR >>> 0) & ~3;
      const vector = this.memory.loadVector(((registers.VTOR >>> 0) + 4) >>> 0);
      words[Word.PC] = vector & ~1;
      words[Word.T] = vector & 1;
    } catch (error) {
      asGuestFault(error);
      if (this.main) registers.HFSR |= HFSR.VECTTBL;
      this.enterLockup();
    }
  }

  snapshot(): Snapshot {
    const { state } = this;
    return {
      pending: state.pending.toBytes(), active: state.active.toBytes(), enabled: state.enabled.toBytes(), level: state.level.toBytes(),
      priority: Array.from(state.priority), PRIGROUP: state.PRIGROUP, exceptionCycles: this.exceptionCycles,
      sleep: this.sleep, sleepBegan: this.sleepBegan, slept: this.slept, lockedUp: this.lockedUp,
    };
  }

  /** The core's words must have been restored before. */
  restore(from: Snapshot): void {
    const { state } = this;
    const { priority, PRIGROUP, sleep } = from;
    if (!Array.isArray(priority) || priority.length !== EXCEPTION_COUNT || typeof PRIGROUP !== 'number' || typeof sleep !== 'string') {
      throw new Error('the snapshot is not one of a Cortex-M exception model');
    }
    for (const set of ['pending', 'active', 'enabled', 'level'] as const) state[set].fromBytes(from[set] as Uint8Array);
    state.priority.set(priority as number[]);
    state.PRIGROUP = PRIGROUP;
    this.exceptionCycles = from['exceptionCycles'] as number;
    this.sleep = sleep as Sleep;
    this.sleepBegan = from['sleepBegan'] as number;
    this.slept = from['slept'] as number;
    this.lockedUp = from['lockedUp'] as boolean;
    this.fp.refresh();
    this.refresh();
  }

  /** DEMCR.MON_EN as the enable of the DebugMonitor exception. */
  syncDebugMonitor(): void {
    this.setEnabled(Exception.DebugMonitor, (this.registers.DEMCR & DEMCR.MON_EN) !== 0);
  }
}
