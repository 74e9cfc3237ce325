/**
 * Pending, active, enabled and priority state of exceptions 1..255, and the two questions asked of it.
 * Source: Armv7-M ARM (DDI 0403E), B1.5.2 to B1.5.4; Armv6-M ARM (DDI 0419E), B1.5.2 to B1.5.4.
 */
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import { Exception } from '../fault.js';

/** Exceptions are numbered below this. */
export const EXCEPTION_COUNT = 256;

/** Lower than the priority of any exception: Thread mode with nothing active and nothing masked. */
export const LOWEST_PRIORITY = 256;

/** A set of exception numbers. Word k holds exceptions 32k..32k+31. */
export class ExceptionSet {
  readonly words = new Int32Array(EXCEPTION_COUNT / 32);
  /** Bit k is set when word k holds a member: sets are nearly always empty, or nearly so, and looked at several times in each exception. */
  filled = 0;

  has(exception: number): boolean {
    return ((this.words[exception >>> 5] >>> (exception & 31)) & 1) !== 0;
  }

  set(exception: number, member: boolean): void {
    const { words } = this;
    const k = exception >>> 5;
    const bit = 1 << (exception & 31);
    const word = member ? words[k] | bit : words[k] & ~bit;
    words[k] = word;
    this.filled = word !== 0 ? this.filled | (1 << k) : this.filled & ~(1 << k);
  }

  clear(): void {
    this.words.fill(0);
    this.filled = 0;
  }

  copyFrom(other: ExceptionSet): void {
    this.words.set(other.words);
    this.filled = other.filled;
  }

  count(): number {
    let count = 0;
    for (let rest = this.filled; rest !== 0; rest &= rest - 1) {
      for (let word = this.words[lowestBit(rest)]; word !== 0; word &= word - 1) count++;
    }
    return count;
  }

  /** The bits of interrupts 32n..32n+31, as an NVIC register shows them. */
  irqWord(n: number): number {
    const low = this.words[n] ?? 0;
    const high = this.words[n + 1] ?? 0;
    return ((low >>> 16) | (high << 16)) >>> 0;
  }

  toBytes(): Uint8Array {
    return new Uint8Array(this.words.buffer.slice(0));
  }

  fromBytes(bytes: Uint8Array): void {
    this.words.set(new Int32Array(bytes.slice().buffer));
    this.filled = this.words.reduce((filled, word, k) => (word !== 0 ? filled | (1 << k) : filled), 0);
  }
}

/** The number of the lowest bit that is set. */
const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);

/** Exceptions that exist without a main extension. */
const ARMV6M_SYSTEM_EXCEPTIONS: readonly number[] = [Exception.NMI, Exception.HardFault, Exception.SVCall, Exception.PendSV, Exception.SysTick];
const ARMV7M_SYSTEM_EXCEPTIONS: readonly number[] = [
  ...ARMV6M_SYSTEM_EXCEPTIONS, Exception.MemManage, Exception.BusFault, Exception.UsageFault, Exception.DebugMonitor,
];
/** Their enables are bits of SHCSR and DEMCR, clear out of reset. */
const ENABLED_BY_REGISTER: readonly number[] = [Exception.MemManage, Exception.BusFault, Exception.UsageFault, Exception.DebugMonitor];

export class ExceptionState {
  readonly pending = new ExceptionSet();
  readonly active = new ExceptionSet();
  readonly enabled = new ExceptionSet();
  /** Interrupt lines that are high. */
  readonly level = new ExceptionSet();
  /** Exceptions of this core. */
  readonly implemented = new ExceptionSet();
  /** -3..-1 for the fixed ones, otherwise 0..255 with unimplemented low bits zero. */
  readonly priority = new Int16Array(EXCEPTION_COUNT);
  /** Implemented bits of a priority byte. */
  readonly priorityMask: number;
  /** Bits of a priority that do not take part in preemption; 0 on Armv6-M. */
  private subpriorityMask = 0;
  private prigroup = 0;
  private readonly main: boolean;

  constructor(config: CoreConfig) {
    this.main = hasMainExtension(config);
    this.priorityMask = (0xff00 >>> config.priorityBits) & 0xff;
    for (const exception of this.main ? ARMV7M_SYSTEM_EXCEPTIONS : ARMV6M_SYSTEM_EXCEPTIONS) this.implemented.set(exception, true);
    for (let irq = 0; irq < config.irqCount; irq++) this.implemented.set(Exception.firstIrq + irq, true);
    this.reset();
  }

  /** As TakeReset leaves it; interrupt lines keep the level that their devices drive. */
  reset(): void {
    this.pending.clear();
    this.active.clear();
    this.enabled.clear();
    this.priority.fill(0);
    this.priority[Exception.Reset] = -3;
    this.priority[Exception.NMI] = -2;
    this.priority[Exception.HardFault] = -1;
    for (let exception = 1; exception < Exception.firstIrq; exception++) {
      this.enabled.set(exception, this.implemented.has(exception) && !ENABLED_BY_REGISTER.includes(exception));
    }
    this.pending.copyFrom(this.level);
    this.PRIGROUP = 0;
  }

  /** AIRCR.PRIGROUP: bits PRIGROUP..0 of a priority are its subpriority. */
  get PRIGROUP(): number {
    return this.prigroup;
  }

  set PRIGROUP(value: number) {
    this.prigroup = value;
    this.subpriorityMask = this.main ? (2 << value) - 1 : 0;
  }

  /** Sets the priority byte of a configurable exception. */
  setPriority(exception: number, value: number): void {
    if (exception > Exception.HardFault && this.implemented.has(exception)) this.priority[exception] = value & this.priorityMask;
  }

  /** The part of a priority that decides preemption. */
  groupPriority(exception: number): number {
    const priority = this.priority[exception];
    return priority < 0 ? priority : priority & ~this.subpriorityMask;
  }

  /** Group priority of the active exceptions alone. Lower is more urgent. */
  activePriority(): number {
    const { active } = this;
    let highest = LOWEST_PRIORITY;
    for (let rest = active.filled; rest !== 0; rest &= rest - 1) {
      const k = lowestBit(rest);
      for (let word = active.words[k]; word !== 0; word &= word - 1) {
        const priority = this.groupPriority(32 * k + lowestBit(word));
        if (priority < highest) highest = priority;
      }
    }
    return highest;
  }

  /** What the mask registers raise the execution priority to. */
  boostedPriority(PRIMASK: number, FAULTMASK: number, BASEPRI: number): number {
    if (FAULTMASK !== 0) return -1;
    if (PRIMASK !== 0) return 0;
    return BASEPRI === 0 ? LOWEST_PRIORITY : BASEPRI & ~this.subpriorityMask;
  }

  ExecutionPriority(PRIMASK: number, FAULTMASK: number, BASEPRI: number): number {
    return Math.min(this.activePriority(), this.boostedPriority(PRIMASK, FAULTMASK, BASEPRI));
  }

  /** The pending and enabled exception of the highest priority, then of the lowest number; 0 when there is none. */
  highestPending(): number {
    const { priority, pending, enabled } = this;
    let best = 0;
    let bestPriority = LOWEST_PRIORITY;
    for (let rest = pending.filled & enabled.filled; rest !== 0; rest &= rest - 1) {
      const k = lowestBit(rest);
      for (let word = pending.words[k] & enabled.words[k]; word !== 0; word &= word - 1) {
        const exception = 32 * k + lowestBit(word);
        if (priority[exception] < bestPriority) {
          best = exception;
          bestPriority = priority[exception];
        }
      }
    }
    return best;
  }

  /** Whether an exception goes before the best of the others; 0 stands for none. */
  goesBefore(exception: number, best: number): boolean {
    if (!this.enabled.has(exception)) return false;
    const difference = this.priority[exception] - (best === 0 ? LOWEST_PRIORITY : this.priority[best]);
    return difference < 0 || (difference === 0 && exception < best);
  }
}
