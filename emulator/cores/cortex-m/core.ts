/**
 * A Cortex-M: instruction interpreter, memory port and system (exceptions, NVIC, SysTick, MPU, debug) put together.
 * It runs for a number of cycles and stops exactly there, or where something outside must happen.
 */
import type { Bus } from '../../bus/bus.js';
import type { Snapshot, Stateful, Warnings } from '../../bus/types.js';
import type { Clock, Scheduler } from '../../time/types.js';
import { ExceptionMemory } from './exception-memory.js';
import { CFSR, Exception, GuestFault, Restart } from './fault.js';
import { makeFloatHelpers } from './float-helpers.js';
import { makeIntegerHelpers } from './integer-helpers.js';
import { Interpreter, undefinedInstruction, type Helper } from './interpreter.js';
import { CoreMemory, PAGE_BYTES } from './memory.js';
import { CORTEX_M_ROWS } from './rows/index.js';
import { STATE_BYTES, Word } from './state.js';
import {
  CortexMSystem, hasMainExtension, isPpb, MIXED_RIGHTS, PPB_BASE, PPB_SIZE,
  type CoreConfig, type ItmOutput, type ResetKind, type ResetRequest,
} from './system/index.js';
import { TIMING, type CoreTiming } from './timing.js';
import { Watchpoints, type Watchpoint, type WatchHit } from '../watchpoints.js';

/** What a semihosting call did: a result for R0, or a reason to stop. */
export type SemihostingAnswer = { readonly result: number } | { readonly exit: number } | { readonly wait: true };

export interface CortexMEnvironment {
  readonly config: CoreConfig;
  readonly bus: Bus;
  readonly scheduler: Scheduler;
  readonly processorClock: Clock;
  readonly referenceClock?: Clock | undefined;
  readonly warnings: Warnings;
  /** Answers `BKPT 0xAB`; without it that is a breakpoint instruction like any other. */
  readonly semihosting?: ((operation: number, parameter: number) => SemihostingAnswer) | undefined;
  readonly onItmOutput?: ItmOutput | undefined;
  /** Room for translated code's page maps in the machine's memory, as byte offsets; without it everything is interpreted. `hot`: see `TranslationEnvironment`. */
  readonly translation?: { readonly wasmMemory: WebAssembly.Memory; readonly readMap: number; readonly writeMap: number; readonly callCache: number; readonly hot?: number | undefined } | undefined;
  /** The core is about to access a device at or past the cycle at which something is due, in the middle of an instruction. */
  onLate?(): void;
  /** An exception was entered. */
  onException?(exception: number): void;
  /** A fault was taken: its exception number (HardFault when escalated) and what happened. */
  onFault?(fault: GuestFault, pc: number): void;
}

/** Why `run` came back early. */
export type CoreStop =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'breakpoint'; readonly address: number }
  | { readonly kind: 'reset'; readonly request: ResetRequest };

const SEMIHOSTING_IMM = 0xab;
/** Longest time in one call of the interpreter: V8 replaces a loop by its optimised form only when it is entered anew. */
const QUANTUM_CYCLES = 1_000_000;

export class CortexM implements Stateful {
  readonly config: CoreConfig;
  readonly words: Int32Array;
  readonly memory: CoreMemory;
  readonly system: CortexMSystem;
  readonly interpreter: Interpreter;
  readonly timing: CoreTiming;
  /** What the latest `run` met. */
  stop: CoreStop | undefined;
  /** The first watched access of the latest run. */
  watchHit: WatchHit | undefined;
  private readonly watchpoints = new Watchpoints();
  private budget = 0;
  private isInterrupted = false;
  private privilege = 0;
  /** How often what may be accessed has changed. */
  private protectionChanges = 0;
  private readonly interpreterHelpers: Record<string, Helper>;

  constructor(private readonly environment: CortexMEnvironment) {
    const { config, bus, warnings } = environment;
    this.config = config;
    this.words = new Int32Array(bus.buffer, 0, STATE_BYTES / 4);
    this.timing = TIMING[config.name];
    this.system = new CortexMSystem({
      config, words: this.words, scheduler: environment.scheduler, processorClock: environment.processorClock,
      referenceClock: environment.referenceClock, warnings,
      bus: new ExceptionMemory(bus, () => this.memory),
      onResetRequest: (request) => this.stopWith({ kind: 'reset', request }),
      onItmOutput: environment.onItmOutput,
      onEntry: (exception) => environment.onException?.(exception),
      onFault: (fault, pc) => environment.onFault?.(fault, pc),
    });
    bus.addDevice({ name: 'ppb', base: PPB_BASE, bytes: PPB_SIZE, device: this.system });
    const { mpu } = this.system;
    this.memory = new CoreMemory(this.words, bus, {
      check: (address, kind, privileged) => this.checkAccess(address, kind, privileged),
      isUniform: (page) => mpu.pageAttributes(page, PAGE_BYTES) !== MIXED_RIGHTS,
      isOpen: () => !mpu.isEnabled,
      ignoresDataBusFaults: () => this.system.exceptions.ignoresDataBusFaults,
    }, { bitBand: config.bitBand, unalignedSupport: config.unalignedSupport, translatedMaps: mapsOf(environment) });
    this.interpreter = new Interpreter({
      words: this.words, memory: this.memory, rows: CORTEX_M_ROWS, features: config.features, timing: this.timing, helpers: (this.interpreterHelpers = this.helpers()),
      exceptionReturn: (value) => this.exceptionReturn(value),
      unallocated: (opcode, bits) => this.unallocated(opcode, bits),
      stopAt: (address) => this.stopWith({ kind: 'breakpoint', address: address >>> 0 }),
    });
    this.memory.onWatched = (hit) => this.noteWatched(hit);
    this.memory.onLate = () => environment.onLate?.();
    this.startTranslating();
    mpu.onChange = () => this.protectionChanged();
    bus.onMemoryChanged = (address, bytes) => this.memory.codeWrittenByOthers(address, bytes);
  }

  private startTranslating(): void {
    const { translation } = this.environment;
    if (!translation) return;
    this.interpreter.translateWith({
      words: this.words, memory: this.memory, timing: this.timing, helpers: this.interpreterHelpers,
      plainHelpers: new Set([...Object.keys(makeFloatHelpers(this.words, NO_MEMORY)), 'ReverseBits', 'SumOfAbsoluteDifferences8', 'SetExclusiveMonitors', 'ClearExclusiveLocal']),
      ...translation,
    });
    this.system.exceptions.onTarget = (address) => this.interpreter.noteResumed(address);
  }

  // -- Running.

  /**
   * Runs for `cycles` cycles: `words[CYCLES]` counts from 0. Comes back early, with `stop` set or the core asleep or
   * locked up, when it cannot go on alone; late by the rest of an instruction or an exception entry.
   */
  run(cycles: number): void {
    const { words, interpreter } = this;
    const { exceptions } = this.system;
    words[Word.CYCLES] = 0;
    this.budget = cycles;
    this.stop = undefined;
    this.watchHit = undefined;
    this.isInterrupted = false;
    while (words[Word.CYCLES] < this.budget) {
      if (words[Word.T] === 0) exceptions.refresh();
      if (exceptions.attention && exceptions.takePending()) continue; // its vector may have cleared T
      if (exceptions.isLockedUp || exceptions.isSleeping || this.stop !== undefined || this.isInterrupted) break;
      if (words[Word.UNPRIVILEGED] !== this.privilege) this.privilegeChanged();
      words[Word.LIMIT] = Math.min(this.budget, words[Word.CYCLES] + QUANTUM_CYCLES);
      try {
        interpreter.run();
      } catch (error) {
        if (error instanceof GuestFault) exceptions.takeFault(error, words[Word.PC]);
        else if (!(error instanceof Restart)) throw error;
      }
    }
  }

  /** Ends the current run after the instruction under way. */
  interrupt(): void {
    this.isInterrupted = true;
    this.shorten(0);
  }

  /** Ends the current run at that many cycles since it began, if that is earlier: a new event is due then. */
  shorten(cycles: number): void {
    if (cycles < this.budget) this.budget = cycles;
    if (cycles < this.words[Word.LIMIT]) this.words[Word.LIMIT] = cycles;
  }

  private stopWith(stop: CoreStop): void {
    this.stop = stop;
    this.shorten(0);
  }

  // -- Watchpoints.

  /** @throws RangeError when it is no part of the address space */
  setWatchpoint(watchpoint: Watchpoint): void {
    this.watchpoints.add(watchpoint);
    this.watchpointsChanged();
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    this.watchpoints.remove(watchpoint);
    this.watchpointsChanged();
  }

  private watchpointsChanged(): void {
    this.memory.watch(this.watchpoints);
    this.interpreter.forgetWindows();
  }

  private noteWatched(hit: WatchHit): void {
    this.watchHit ??= hit;
    this.interrupt();
  }

  // -- What instructions ask for.

  private helpers(): Record<string, Helper> {
    const { words } = this;
    const { exceptions } = this.system;
    const { load32Checked, store32Checked } = this.memory.accessors();
    return {
      ...makeIntegerHelpers(words, { divideExtraCycles: 10 }),
      ...(makeFloatHelpers(words, {
        load32: (address) => load32Checked(address, words[Word.PC]),
        store32: (address, value) => store32Checked(address, value, words[Word.PC]),
      }) as unknown as Record<string, Helper>),
      SVC: (imm) => exceptions.svc(imm),
      BKPT: (imm) => this.bkpt(imm),
      WFI: () => exceptions.wfi(),
      WFE: () => exceptions.wfe(),
      SEV: () => exceptions.sev(),
      CPS: (disable, I, F) => exceptions.cps(disable === 0, I !== 0, F !== 0),
      MRS: (SYSm) => exceptions.mrs(SYSm),
      MSR: (SYSm, mask, value) => {
        exceptions.msr(SYSm, mask, value);
        if (words[Word.UNPRIVILEGED] !== this.privilege) words[Word.LIMIT] = words[Word.CYCLES];
      },
      ExecuteFPCheck: () => exceptions.executeFPCheck(),
      LoadUnprivileged: (bytes, address) => this.memory.load(address, bytes as 1 | 2 | 4, false) | 0,
      StoreUnprivileged: (bytes, address, value) => this.memory.store(address, value, bytes as 1 | 2 | 4, false),
    };
  }

  private bkpt(imm: number): void {
    const { semihosting } = this.environment;
    if (imm !== SEMIHOSTING_IMM || !semihosting) this.system.exceptions.bkpt(imm);
    const answer = semihosting(this.words[Word.R0], this.words[Word.R0 + 1]);
    if ('result' in answer) this.words[Word.R0] = answer.result;
    else if ('exit' in answer) this.stopWith({ kind: 'exit', code: answer.exit });
    else {
      this.stopWith({ kind: 'waiting' });
      throw new Restart();
    }
  }

  private exceptionReturn(value: number): number {
    const { words } = this;
    const { exceptions } = this.system;
    const limit = words[Word.LIMIT];
    const changes = this.protectionChanges;
    exceptions.exceptionReturn(value);
    // What has to be looked at anew ends the run; else it goes on as if nothing had happened.
    const goesOn = !exceptions.attention && words[Word.ITSTATE] === 0 && words[Word.UNPRIVILEGED] === this.privilege
      && changes === this.protectionChanges && !exceptions.isSleeping && !exceptions.isLockedUp && !this.isInterrupted && this.stop === undefined;
    words[Word.LIMIT] = goesOn ? Math.min(limit, this.budget) : words[Word.CYCLES];
    return words[Word.PC];
  }

  /**
   * Coprocessor space without a row is a missing coprocessor; the rest is undefined, op1 = 11xxxx (erased flash,
   * 0xffffffff) too: that is no coprocessor instruction before Armv8.1-M. B1.5.7, A5.3.18.
   */
  private unallocated(opcode: number, bits: 16 | 32): never {
    const isCoprocessor = bits === 32 && ((opcode >>> 24) & 0xec) === 0xec && ((opcode >>> 24) & 3) !== 3;
    if (!isCoprocessor || !hasMainExtension(this.config)) throw undefinedInstruction();
    const coprocessor = (opcode >>> 8) & 15;
    const isFpu = coprocessor === 10 || coprocessor === 11;
    if (isFpu && this.config.fpu !== 'none') {
      this.words[Word.PC] = this.words[Word.PC] | 0;
      this.system.exceptions.fp.CheckVFPEnabled();
      throw undefinedInstruction();
    }
    throw new GuestFault(Exception.UsageFault, CFSR.NOCP, undefined, `coprocessor ${coprocessor} is not there`);
  }

  // -- Protection.

  private checkAccess(address: number, kind: 'read' | 'write' | 'execute', privileged: boolean): void {
    if (privileged && kind !== 'execute' && !this.system.mpu.isEnabled) return; // the default memory map forbids no data
    const fault = this.system.mpu.check(address, kind, privileged);
    if (fault) throw fault;
    const onBehalfOfUser = !privileged && this.words[Word.UNPRIVILEGED] === 0;
    if (onBehalfOfUser && isPpb(address)) {
      throw new GuestFault(Exception.BusFault, CFSR.PRECISERR, address >>> 0, 'unprivileged access to the Private Peripheral Bus');
    }
  }

  private privilegeChanged(): void {
    this.privilege = this.words[Word.UNPRIVILEGED];
    if (this.system.mpu.isEnabled) this.protectionChanged();
  }

  private protectionChanged(): void {
    this.protectionChanges++;
    this.memory.flush();
    this.interpreter.flushPermissions();
    this.words[Word.LIMIT] = this.words[Word.CYCLES];
  }

  // -- Stateful.

  reset(kind: ResetKind = 'power-on'): void {
    this.system.reset(kind);
    this.interpreter.forgetStop();
    this.protectionChanged();
  }

  /** Between runs only: CYCLES and LIMIT belong to a run and are left out. */
  snapshot(): Snapshot {
    this.words[Word.CYCLES] = this.words[Word.LIMIT] = 0;
    return {
      core: this.config.name,
      words: new Uint8Array(this.words.buffer, 0, STATE_BYTES).slice(),
      instructions: this.interpreter.instructions,
      system: this.system.snapshot(),
    };
  }

  restore(from: Snapshot): void {
    const { words, instructions, system } = from;
    if (from['core'] !== this.config.name || !(words instanceof Uint8Array) || words.length !== STATE_BYTES || typeof instructions !== 'number') {
      throw new Error(`the snapshot is not one of a ${this.config.name}`);
    }
    new Uint8Array(this.words.buffer, 0, STATE_BYTES).set(words);
    this.interpreter.instructions = instructions;
    this.system.restore(system as Snapshot);
    this.interpreter.forgetStop();
    this.protectionChanged();
  }
}

const NO_MEMORY = { load32: (): number => 0, store32: (): void => {} };
const PAGES = 1 << 20;

function mapsOf({ bus, translation }: CortexMEnvironment): { read: Int32Array; write: Int32Array } | undefined {
  return translation && { read: new Int32Array(bus.buffer, translation.readMap, PAGES), write: new Int32Array(bus.buffer, translation.writeMap, PAGES) };
}
