/** A Cortex-M in the machine: its boot, faults and lockup, semihosting and ITM, in the terms that any core has there. */
import type { IrqNumber } from '../boards/index.js';
import type { ResetKind, Snapshot } from '../bus/types.js';
import { CortexM, type SemihostingAnswer } from '../cores/cortex-m/core.js';
import { Exception, type GuestFault } from '../cores/cortex-m/fault.js';
import { STATE_BYTES, Word } from '../cores/cortex-m/state.js';
import type { CoreView, FirmwareImage, Segment, StopReason, TranslationFigures, Watchpoint } from '../machine-api.js';
import type { TreeClock } from '../time/clock-tree.js';
import { bootPlan, type BootPlan } from './boot.js';
import { Breakpoints } from './breakpoints.js';
import type { CoreKind, CoreServices, MachineCore } from './core.js';
import { coreConfigOf } from './core-options.js';
import { bootCortexM } from './cortex-m-boot.js';
import { viewOf } from './cortex-m-observer.js';
import { semihostingGuest } from './cortex-m-semihosting.js';
import { refuseUnmapped } from './image-fit.js';
import { MachineError } from './machine-error.js';

/** Page maps of translated code for reads and writes, 4 bytes for each 4 KB of the address space, and its cache of functions by address. */
const ROOM_BYTES = [4 << 20, 4 << 20, 1 << 16];

export const CORTEX_M_KIND: CoreKind = { stateBytes: STATE_BYTES, roomBytes: ROOM_BYTES, create: (services) => new CortexMCore(services) };

interface NotedFault { readonly fault: GuestFault; readonly pc: number }

export class CortexMCore implements MachineCore {
  readonly cortex: CortexM;
  readonly view: CoreView;
  readonly words: Int32Array;
  readonly cyclesWord = Word.CYCLES;
  /** SysTick's. */
  readonly referenceClock: TreeClock | undefined;
  private readonly breakpoints: Breakpoints;
  private plan: BootPlan | undefined;
  private image: FirmwareImage | undefined;
  private fault: StopReason | undefined;
  private lastFault: NotedFault | undefined;
  /** The last fault that was taken as HardFault, and how many HardFaults had been taken with it. */
  private hardFault: (NotedFault & { readonly count: number | undefined }) | undefined;

  constructor(private readonly services: CoreServices) {
    const { board: { chip }, bus, memories, options, scheduler, clocks, processorClock, warnings, exceptions, rooms, wasmMemory } = services;
    const [readMap, writeMap, callCache] = rooms;
    const reference = 'systickReference' in chip.core ? chip.core.systickReference : undefined;
    this.referenceClock = reference === undefined ? undefined : clocks.clock(reference);
    const { semihosting } = options;
    const guest = semihosting && semihostingGuest(bus, memories, scheduler, () => this.image);
    this.cortex = new CortexM({
      config: coreConfigOf(chip), bus, scheduler, processorClock, warnings, referenceClock: this.referenceClock,
      semihosting: semihosting && ((operation, parameter): SemihostingAnswer => semihosting.call(operation, parameter, guest!)),
      translation: rooms.length > 0 ? { wasmMemory, readMap, writeMap, callCache, hot: options.hot } : undefined,
      onItmOutput: (port, value, bytes) => this.itmOutput(port, value, bytes),
      onFault: (fault, pc) => this.noteFault(fault, pc),
      onLate: services.onLate,
      onException: (exception) => { exceptions[exception] = (exceptions[exception] ?? 0) + 1; },
    });
    const { cortex } = this;
    this.words = cortex.words;
    this.view = viewOf(cortex, bus);
    this.breakpoints = new Breakpoints(cortex.interpreter, () => cortex.shorten(0));
  }

  // -- Running.

  get instructions(): number { return this.cortex.interpreter.instructions; }
  get translation(): TranslationFigures | undefined { return this.cortex.interpreter.translationFigures; }
  get instructionAddress(): number { return this.words[Word.PC]; }

  get isAsleep(): boolean {
    const { exceptions } = this.cortex.system;
    return exceptions.isSleeping && !exceptions.attention;
  }

  run(cycles: number): void { this.cortex.run(cycles); }
  shorten(cycles: number): void { this.cortex.shorten(cycles); }
  interrupt(): void { this.cortex.interrupt(); }

  deadEnd(): StopReason | undefined {
    const { exceptions } = this.cortex.system;
    if (!exceptions.isLockedUp || exceptions.attention) return undefined;
    const { lastFault, hardFault } = this;
    const isHandlingIt = hardFault?.count === this.services.exceptions[Exception.HardFault] && this.words[Word.IPSR] === Exception.HardFault;
    return {
      kind: 'lockup', address: lastFault?.pc ?? 0, reason: lastFault?.fault.reason ?? 'no vector table',
      ...(hardFault && isHandlingIt ? { handling: { address: hardFault.pc, reason: hardFault.fault.reason } } : {}),
    };
  }

  takeReset(): string | undefined {
    const { stop } = this.cortex;
    if (stop?.kind !== 'reset') return undefined;
    this.cortex.stop = undefined;
    return stop.request;
  }

  takeStop(): StopReason | undefined {
    const { cortex, fault } = this;
    const { stop, watchHit } = cortex;
    cortex.stop = cortex.watchHit = undefined;
    if (fault) {
      this.fault = undefined;
      return fault;
    }
    if (stop !== undefined && stop.kind !== 'reset') return stop;
    return watchHit && { kind: 'watchpoint', ...watchHit };
  }

  setInterrupt(irq: IrqNumber, level: boolean): void {
    const { exceptions } = this.cortex.system;
    if (irq !== 'nmi') exceptions.setIrqLevel(irq, level);
    else if (level) exceptions.pend(Exception.NMI);
  }

  clockChanged(): void { this.cortex.system.systick.clockChanged(); }

  // -- Loading and reset.

  accept(image: FirmwareImage): readonly Segment[] {
    const { board, memories } = this.services;
    if (image.architecture === 'avr') throw new MachineError(`this is AVR firmware, and ${board.name} has an Arm core: choose an AVR board`);
    refuseUnmapped(image, memories, board);
    const { vtorReset } = this.cortex.config;
    const plan = bootPlan(image, memories, vtorReset);
    if (!plan) {
      const remedy = image.format === 'bin' ? '; is the address the one it was linked for? A raw binary without a vector table cannot be started: use its ELF file' : '';
      throw new MachineError(`no vector table at 0x${vtorReset.toString(16)} or at the start of the image, and no entry point inside it: nothing to start${remedy}`);
    }
    this.image = image;
    this.plan = plan;
    return image.segments;
  }

  powerOn(): void {
    this.lastFault = this.hardFault = undefined;
    this.cortex.interpreter.instructions = 0;
    this.forgetCode();
  }

  reset(kind: ResetKind): void {
    this.cortex.reset(kind === 'power-on' ? 'power-on' : 'system');
    if (this.plan) bootCortexM(this.plan, this.cortex, this.services.bus, this.services.board.bootloader);
  }

  // -- What the core tells.

  private noteFault(fault: GuestFault, pc: number): void {
    this.lastFault = { fault, pc };
    const { words, system } = this.cortex;
    if (words[Word.IPSR] === Exception.HardFault && !system.exceptions.isLockedUp) this.hardFault = { fault, pc, count: this.services.exceptions[Exception.HardFault] };
    if (!this.services.options.stopOnFault) return;
    this.fault = { kind: 'fault', exception: words[Word.IPSR], address: pc, reason: fault.reason };
    this.cortex.interrupt();
  }

  private itmOutput(port: number, value: number, bytes: number): void {
    if (port !== 0) return; // port 0 is the text channel
    let text = '';
    for (let i = 0; i < bytes; i++) text += String.fromCharCode((value >>> (8 * i)) & 0xff);
    this.services.onText(text);
  }

  // -- Observers.

  setBreakpoint(address: number): void { this.breakpoints.set(address); }
  clearBreakpoint(address: number): void { this.breakpoints.clear(address); }
  placeBreakpoints(): void { this.breakpoints.place(); }
  setWatchpoint(watchpoint: Watchpoint): void { this.cortex.setWatchpoint(watchpoint); }
  clearWatchpoint(watchpoint: Watchpoint): void { this.cortex.clearWatchpoint(watchpoint); }

  // -- Snapshots.

  snapshot(): Snapshot { return this.cortex.snapshot(); }
  forgetCode(): void { this.cortex.interpreter.invalidateAll(); }

  restore(from: Snapshot): void { this.cortex.restore(from); }
}
