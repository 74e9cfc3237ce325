/**
 * Everything of a Cortex-M that is not an instruction, put together: exception model, NVIC, SCB, SysTick, MPU,
 * floating-point control, debug and trace blocks, behind one device at 0xE0000000.
 */
import type { AccessBytes, Line, Peripheral, Snapshot, Warnings } from '../../../bus/types.js';
import type { Clock, Scheduler } from '../../../time/types.js';
import { Exception, type GuestFault } from '../fault.js';
import { Word } from '../state.js';
import type { CoreConfig } from './config.js';
import { hasMainExtension } from './config.js';
import { CheckedMemory } from './checked-memory.js';
import type { WordBus } from './checked-memory.js';
import { DebugRegisters } from './debug.js';
import { Dwt } from './dwt.js';
import { ExceptionModel } from './exceptions.js';
import type { Sleep } from './exceptions.js';
import { Fpb } from './fpb.js';
import { Itm } from './itm.js';
import type { ItmOutput } from './itm.js';
import { Mpu } from './mpu.js';
import { NvicRegisters } from './nvic-registers.js';
import { PrivatePeripheralBus } from './ppb.js';
import type { PpbBlock } from './ppb.js';
import { romTableBlock } from './rom-table.js';
import { SystemControlBlock } from './scb.js';
import type { ResetRequest } from './scb.js';
import { auxiliaryBlock, scsControlBlock } from './scs-control.js';
import { SysTick } from './systick.js';
import { CCR, systemRegisters } from './system-registers.js';
import type { SystemRegisters } from './system-registers.js';
import { tpiuBlock } from './tpiu.js';

export interface CortexMSystemEnvironment {
  readonly config: CoreConfig;
  /** The core's words; see `Word`. */
  readonly words: Int32Array;
  /** The bus below the MPU, this system's own device included. */
  readonly bus: WordBus;
  readonly scheduler: Scheduler;
  readonly processorClock: Clock;
  /** SysTick's external clock, when `config.systick.referenceClock` is set. */
  readonly referenceClock?: Clock | undefined;
  readonly warnings?: Warnings | undefined;
  /** AIRCR asked for a reset. It is called in the middle of the store; reset after the instruction. */
  onResetRequest?(request: ResetRequest): void;
  readonly onItmOutput?: ItmOutput | undefined;
  onSleep?(sleep: Sleep, isDeep: boolean): void;
  /** An exception was entered. */
  onEntry?(exception: number): void;
  /** A synchronous fault was taken at this address. */
  onFault?(fault: GuestFault, pc: number): void;
}

/** Power-on resets everything; a system reset leaves the debug and trace blocks. */
export type ResetKind = 'power-on' | 'system';

export class CortexMSystem implements Peripheral {
  readonly exceptions: ExceptionModel;
  readonly mpu: Mpu;
  readonly systick: SysTick;
  readonly nvic: NvicRegisters;
  readonly scb: SystemControlBlock;
  readonly debug: DebugRegisters;
  readonly dwt: Dwt;
  readonly itm: Itm;
  readonly fpb: Fpb;
  readonly registers: SystemRegisters;
  /** The device at PPB_BASE, PPB_SIZE bytes. */
  readonly ppb: PrivatePeripheralBus;
  private readonly auxiliary: ReturnType<typeof auxiliaryBlock>;
  private readonly control: ReturnType<typeof scsControlBlock>;
  private readonly tpiu: ReturnType<typeof tpiuBlock>;
  private readonly romTable: ReturnType<typeof romTableBlock>;

  constructor(environment: CortexMSystemEnvironment) {
    const { config, words, scheduler, processorClock, warnings } = environment;
    const isPrivileged = () => words[Word.UNPRIVILEGED] === 0;
    const isTraceEnabled = () => this.debug.isTraceEnabled;
    this.mpu = new Mpu(config, warnings);
    this.auxiliary = auxiliaryBlock(config, warnings);
    this.scb = new SystemControlBlock(config, (request) => environment.onResetRequest?.(request), warnings);
    this.debug = new DebugRegisters(config, warnings);
    this.control = scsControlBlock(config, { trigger: (INTID) => this.nvic.trigger(INTID), fpChanged: () => this.exceptions.fp.refresh() }, warnings);
    this.registers = this.bindRegisters();
    this.exceptions = new ExceptionModel({
      config, words, registers: this.registers, memory: new CheckedMemory(environment.bus, this.mpu),
      now: () => processorClock.ticks(),
      onNegativePriority: (negative) => this.mpu.setNegativePriority(negative),
      onSleep: (sleep, isDeep) => environment.onSleep?.(sleep, isDeep),
      onEntry: (exception) => environment.onEntry?.(exception),
      onFault: (fault, pc) => environment.onFault?.(fault, pc),
    });
    this.scb.model = this.exceptions;
    this.debug.model = this.exceptions;
    this.nvic = new NvicRegisters(config, this.exceptions, warnings);
    this.systick = new SysTick({
      options: config.systick, scheduler, processorClock, referenceClock: environment.referenceClock, warnings,
      pend: () => this.exceptions.pend(Exception.SysTick),
    });
    this.dwt = new Dwt(config, {
      cycles: () => processorClock.ticks(), sleptCycles: () => this.exceptions.sleptCycles(),
      exceptionCycles: () => this.exceptions.exceptionCycles, pc: () => words[Word.PC] >>> 0, isTraceEnabled,
    }, warnings);
    this.debug.onTraceEnable = () => this.dwt.applyEnables();
    this.itm = new Itm({ onOutput: environment.onItmOutput, warnings, isTraceEnabled, isPrivileged });
    this.fpb = new Fpb(config, warnings);
    this.tpiu = tpiuBlock(config, warnings);
    this.romTable = romTableBlock(config, warnings);
    this.ppb = new PrivatePeripheralBus(this.blocks(config), {
      isPrivileged, mayUserSetPending: () => (this.registers.CCR & CCR.USERSETMPEND) !== 0, warnings,
    });
  }

  /** One storage for the model and the bus. */
  private bindRegisters(): SystemRegisters {
    return systemRegisters((name) => {
      switch (name) {
        case 'ACTLR': return this.auxiliary.storage(name);
        case 'DEMCR': return this.debug.block.storage(name);
        case 'FPCCR': case 'FPCAR': case 'FPDSCR': return this.control.storage(name);
        default: return this.scb.block.storage(name);
      }
    });
  }

  /** On Armv6-M the DWT and breakpoint unit belong to the debugger, and software finds nothing there. */
  private blocks(config: CoreConfig): readonly PpbBlock[] {
    const scs: readonly PpbBlock[] = [
      { start: 0xe000, size: 0x10, device: this.auxiliary },
      { start: 0xe010, size: 0x10, device: this.systick },
      { start: 0xe100, size: 0xc00, device: this.nvic },
      { start: 0xed00, size: 0x90, device: this.scb },
      { start: 0xed90, size: 0x60, device: this.mpu },
      { start: 0xedf0, size: 0x10, device: this.debug },
      { start: 0xef00, size: 0x100, device: this.control },
      { start: 0xf_f000, size: 0x1000, device: this.romTable },
    ];
    if (!hasMainExtension(config)) return scs;
    const trace: PpbBlock[] = [{ start: 0x1000, size: 0x1000, device: this.dwt }, { start: 0x2000, size: 0x1000, device: this.fpb }];
    if (config.itm) trace.push({ start: 0x0000, size: 0x1000, device: this.itm });
    if (config.tpiu) trace.push({ start: 0x4_0000, size: 0x1000, device: this.tpiu });
    return [...scs, ...trace];
  }

  // -- Wires.

  /** An interrupt request. @throws RangeError for a number that this core lacks */
  irqLine(irq: number): Line {
    const { exceptions } = this;
    const exception = Exception.firstIrq + irq;
    if (irq < 0 || !exceptions.state.implemented.has(exception)) {
      throw new RangeError(`${exceptions.config.name} has ${exceptions.config.irqCount} interrupts, none with number ${irq}`);
    }
    return {
      get level() { return exceptions.state.level.has(exception); },
      set: (level) => exceptions.setIrqLevel(irq, level),
    };
  }

  // -- Bus.

  get readsFrom(): PrivatePeripheralBus {
    return this.ppb;
  }

  get writesTo(): PrivatePeripheralBus {
    return this.ppb;
  }

  read(offset: number, bytes: AccessBytes): number {
    return this.ppb.read(offset, bytes);
  }

  write(offset: number, value: number, bytes: AccessBytes): void {
    this.ppb.write(offset, value, bytes);
  }

  peek(offset: number, bytes: AccessBytes): number {
    return this.ppb.peek(offset, bytes);
  }

  poke(offset: number, value: number, bytes: AccessBytes): void {
    this.ppb.poke(offset, value, bytes);
  }

  // -- Stateful.

  /** Resets the blocks, then the processor, which loads SP and PC from the vector table. */
  reset(kind: ResetKind = 'power-on'): void {
    for (const part of [this.mpu, this.auxiliary, this.scb, this.control, this.systick, this.nvic]) part.reset();
    if (kind === 'power-on') for (const part of [this.debug, this.dwt, this.itm, this.fpb, this.tpiu, this.romTable]) part.reset();
    else this.debug.resetSystem();
    this.exceptions.reset();
  }

  snapshot(): Snapshot {
    const snapshot: Record<string, Snapshot> = {};
    for (const [name, part] of this.parts()) snapshot[name] = part.snapshot();
    return snapshot;
  }

  /** The core's words and the time must have been restored before. @throws Error naming the part that does not fit */
  restore(from: Snapshot): void {
    for (const [name, part] of this.parts()) {
      const state = from[name];
      if (typeof state !== 'object' || state === null) throw new Error(`the snapshot of the Cortex-M system lacks ${name}`);
      part.restore(state as Snapshot);
    }
  }

  /** Exceptions come last: what they derive depends on the registers. */
  private parts(): readonly (readonly [string, { snapshot(): Snapshot; restore(from: Snapshot): void }])[] {
    return [
      ['mpu', this.mpu], ['auxiliary', this.auxiliary], ['scb', this.scb], ['control', this.control], ['systick', this.systick], ['nvic', this.nvic],
      ['debug', this.debug], ['dwt', this.dwt], ['itm', this.itm], ['fpb', this.fpb], ['tpiu', this.tpiu], ['romTable', this.romTable],
      ['exceptions', this.exceptions],
    ];
  }
}
