/** A Cortex-M system without an interpreter: registers, a sparse memory with addresses that fail, and hand-moved time. */
import { BusError } from '../../../../emulator/bus/types.js';
import { STATE_BYTES, Word } from '../../../../emulator/cores/cortex-m/state.js';
import { CortexMSystem, PPB_BASE, PPB_SIZE, configureCore } from '../../../../emulator/cores/cortex-m/system/index.js';
import type { CoreName, ImplementationOptions, ResetRequest, Sleep } from '../../../../emulator/cores/cortex-m/system/index.js';
import { ClockTree } from '../../../../emulator/time/clock-tree.js';
import { ManualTime } from '../../../support/manual-time.js';

/** Handler of exception n. */
export const handlerOf = (exception: number): number => 0x1000 + 0x10 * exception;
export const MAIN_STACK = 0x2000_8000;
export const PROCESS_STACK = 0x2000_4000;
export const START = 0x400;

export class LoneSystem {
  readonly words = new Int32Array(STATE_BYTES / 4);
  readonly memory = new Map<number, number>();
  readonly failing = new Set<number>();
  readonly resets: ResetRequest[] = [];
  readonly sleeps: Sleep[] = [];
  readonly output: (readonly [port: number, value: number, bytes: number])[] = [];
  readonly warned: string[] = [];
  readonly time = new ManualTime(1_000_000);
  readonly clocks: ClockTree;
  readonly system: CortexMSystem;

  constructor(core: CoreName, options: Partial<ImplementationOptions> = {}) {
    this.clocks = new ClockTree(this.time, { oscillators: { HCLK: 1_000_000, REF: 100_000 } });
    for (let exception = 1; exception < 256; exception++) this.memory.set(4 * exception, handlerOf(exception) | 1);
    this.memory.set(0, MAIN_STACK);
    this.memory.set(4, START | 1);
    this.system = new CortexMSystem({
      config: configureCore(core, options),
      words: this.words,
      bus: { read32: (address) => this.read32(address), write32: (address, value) => this.write32(address, value) },
      scheduler: this.time.queue,
      processorClock: this.clocks.clock('HCLK'),
      referenceClock: this.clocks.clock('REF'),
      warnings: { warn: (key) => this.warned.push(key) },
      onResetRequest: (request) => this.resets.push(request),
      onItmOutput: (port, value, bytes) => this.output.push([port, value, bytes]),
      onSleep: (sleep) => this.sleeps.push(sleep),
    });
    this.system.reset();
    this.words[Word.LIMIT] = 1_000_000;
  }

  get exceptions() {
    return this.system.exceptions;
  }

  get pc(): number {
    return this.words[Word.PC] >>> 0;
  }

  get sp(): number {
    return this.words[Word.SP] >>> 0;
  }

  get lr(): number {
    return this.words[Word.LR] >>> 0;
  }

  get ipsr(): number {
    return this.words[Word.IPSR];
  }

  read32(address: number): number {
    if (this.failing.has(address)) throw new BusError(address, 'nothing there');
    if (address >= PPB_BASE && address < PPB_BASE + PPB_SIZE) return this.system.read(address - PPB_BASE, 4);
    return this.memory.get(address) ?? 0;
  }

  write32(address: number, value: number): void {
    if (this.failing.has(address)) throw new BusError(address, 'nothing there');
    if (address >= PPB_BASE && address < PPB_BASE + PPB_SIZE) this.system.write(address - PPB_BASE, value, 4);
    else this.memory.set(address, value >>> 0);
  }

  /** A register of the PPB by address, as firmware reads it. */
  read(address: number, bytes: 1 | 2 | 4 = 4): number {
    return this.system.read(address - PPB_BASE, bytes);
  }

  write(address: number, value: number, bytes: 1 | 2 | 4 = 4): void {
    this.system.write(address - PPB_BASE, value, bytes);
  }

  peek(address: number): number {
    return this.system.peek(address - PPB_BASE, 4);
  }

  /** Enables and pends an interrupt, and lets the core take what it can. */
  interrupt(irq: number): boolean {
    this.exceptions.setEnabled(16 + irq, true);
    this.exceptions.pulseIrq(irq);
    return this.exceptions.takePending();
  }

  /** Thread mode on the process stack, as an operating system's threads run. */
  useProcessStack({ unprivileged = false } = {}): void {
    this.exceptions.msr(9, 2, PROCESS_STACK);
    this.exceptions.msr(20, 2, unprivileged ? 3 : 2);
  }

  /** Runs an exception's handler to its end: BX LR. */
  returnFromHandler(): void {
    this.exceptions.exceptionReturn(this.words[Word.LR]);
  }
}

/** Addresses of registers. Source: DDI 0403E, B3.2 to B3.5, C1. */
export const REG = {
  ICTR: 0xe000_e004, ACTLR: 0xe000_e008, SYST_CSR: 0xe000_e010, SYST_RVR: 0xe000_e014, SYST_CVR: 0xe000_e018, SYST_CALIB: 0xe000_e01c,
  NVIC_ISER: 0xe000_e100, NVIC_ICER: 0xe000_e180, NVIC_ISPR: 0xe000_e200, NVIC_ICPR: 0xe000_e280, NVIC_IABR: 0xe000_e300, NVIC_IPR: 0xe000_e400,
  CPUID: 0xe000_ed00, ICSR: 0xe000_ed04, VTOR: 0xe000_ed08, AIRCR: 0xe000_ed0c, SCR: 0xe000_ed10, CCR: 0xe000_ed14,
  SHPR1: 0xe000_ed18, SHPR2: 0xe000_ed1c, SHPR3: 0xe000_ed20, SHCSR: 0xe000_ed24, CFSR: 0xe000_ed28, HFSR: 0xe000_ed2c, DFSR: 0xe000_ed30,
  MMFAR: 0xe000_ed34, BFAR: 0xe000_ed38, ID_ISAR1: 0xe000_ed64, CLIDR: 0xe000_ed78, CCSIDR: 0xe000_ed80, CSSELR: 0xe000_ed84, CPACR: 0xe000_ed88,
  MPU_TYPE: 0xe000_ed90, MPU_CTRL: 0xe000_ed94, MPU_RNR: 0xe000_ed98, MPU_RBAR: 0xe000_ed9c, MPU_RASR: 0xe000_eda0, MPU_RBAR_A1: 0xe000_eda4, MPU_RASR_A1: 0xe000_eda8,
  DHCSR: 0xe000_edf0, DEMCR: 0xe000_edfc, STIR: 0xe000_ef00, FPCCR: 0xe000_ef34, FPCAR: 0xe000_ef38, FPDSCR: 0xe000_ef3c, MVFR0: 0xe000_ef40,
  DWT_CTRL: 0xe000_1000, DWT_CYCCNT: 0xe000_1004, DWT_EXCCNT: 0xe000_100c, DWT_SLEEPCNT: 0xe000_1010, DWT_LAR: 0xe000_1fb0,
  ITM_STIM: 0xe000_0000, ITM_TER: 0xe000_0e00, ITM_TPR: 0xe000_0e40, ITM_TCR: 0xe000_0e80, ITM_LAR: 0xe000_0fb0, ITM_LSR: 0xe000_0fb4,
  FP_CTRL: 0xe000_2000, FP_REMAP: 0xe000_2004, FP_COMP: 0xe000_2008,
} as const;
