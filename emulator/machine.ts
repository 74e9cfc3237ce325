/**
 * A board description made into a running machine: memories, core, devices, clocks and events, and the loop that runs
 * them. A run is a function of firmware, board, input and seed alone.
 */
import { Bus } from './bus/bus.js';
import { decodeSnapshot, encodeSnapshot } from './bus/snapshot.js';
import type { Peripheral, ResetKind, Snapshot, Stateful } from './bus/types.js';
import type { Board, Chip, PeripheralDescription } from './boards/index.js';
import { CortexM, type SemihostingAnswer } from './cores/cortex-m/core.js';
import { Exception, type GuestFault } from './cores/cortex-m/fault.js';
import { Word } from './cores/cortex-m/state.js';
import type { BoardSummary, CoreView, FirmwareImage, Machine, MachineOptions, MemoryUse, PartView, RadioView, Residency, ResetRecord, Serial, StopReason, TranslationFigures, Watchpoint } from './machine-api.js';
import { BoardPins } from './machine/board-pins.js';
import { chipMemories } from './machine/chip-memories.js';
import { bootPlan, type BootPlan } from './machine/boot.js';
import { CoreHold } from './machine/core-hold.js';
import { coreConfigOf } from './machine/core-options.js';
import { InterruptWiring } from './machine/interrupt-wiring.js';
import { MachineError } from './machine/machine-error.js';
import { fillMemories, layOutMemories, mapMemories, type PlacedMemory } from './machine/memory-layout.js';
import { Observer } from './machine/observer.js';
import { Overlay, Window } from './machine/overlay.js';
import { BoardParts } from './machine/parts.js';
import { pinSerials, type PinSerial } from './machine/pin-serial.js';
import { restoreMemories, saveMemories } from './machine/memory-image.js';
import { ReservedRange } from './machine/reserved-range.js';
import { Sampler, type SampleListener } from './machine/sampler.js';
import { WarningLog } from './machine/warning-log.js';
import { BLOCKS, hasEther, hasQuadSpi, hasSerial, hasWindow, type BlockContext, type ChipMemories, type OverlaidDevice, type SharedKind } from './peripherals/index.js';
import { QUAD_FLASHES, type Inputs } from './sensors/index.js';
import { freeRam } from './semihosting/heap.js';
import type { SemihostingState } from './semihosting/semihosting.js';
import { ClockTree, type TreeClock } from './time/clock-tree.js';
import { EventQueue } from './time/event-queue.js';

/** CPACR.CP10 and CP11: full access. */
const FULL_FPU_ACCESS = 0xf << 20;
/** V8 replaces a running loop by its optimised version only between calls; and a `stop` from outside is seen then. */
const LARGEST_RUN_CYCLES = 1_000_000;
/** What a stop for an event counts as, for callers who bound a run's effort: about what the core does in the host's time for it. */
const EFFORT_OF_SLICE_SECONDS = 2e-5;
/** A firmware that resets itself for ever must not fill the host's memory. */
const MOST_RESETS_KEPT = 1000;

export class EmulatedMachine implements Machine {
  readonly board: BoardSummary;
  readonly rootHz: number;
  readonly warnings: WarningLog;
  readonly serials: readonly Serial[];
  readonly itm = { onText: (listener: (text: string) => void): void => { this.itmListeners.push(listener); } };
  readonly core: CoreView;
  readonly exceptions: number[] = [];
  readonly resets: ResetRecord[] = [];
  readonly pins: BoardPins;
  readonly parts: readonly PartView[];
  private readonly boardParts: BoardParts;
  /** Devices by their name in the chip file. */
  readonly devices = new Map<string, Peripheral>();
  readonly bus: Bus;
  readonly cortex: CortexM;
  readonly clocks: ClockTree;
  readonly events: EventQueue;

  private readonly memories: readonly PlacedMemory[];
  private readonly processorClock: TreeClock;
  private readonly itmListeners: ((text: string) => void)[] = [];
  private readonly interrupts = new InterruptWiring(() => this.cortex.system.exceptions);
  private readonly pinSerials: readonly PinSerial[];
  private readonly observer: Observer;
  private sampler: Sampler | undefined;
  private image: FirmwareImage | undefined;
  private plan: BootPlan | undefined;
  /** Root tick and processor tick at which `words[CYCLES]` was 0. */
  private rootAtStart = 0;
  private ticksAtStart = 0;
  private isRunning = false;
  private isStopped = false;
  private resetRequest: { readonly cause: string; readonly kind: ResetKind } | undefined;
  private readonly hold = new CoreHold(() => this.cortex.interrupt());
  private readonly sharedThings = new Map<SharedKind<object>, object>();
  private fault: StopReason | undefined;
  private lastFault: { readonly fault: GuestFault; readonly pc: number } | undefined;
  /** The last fault that was taken as HardFault, and how many HardFaults had been taken with it. */
  private hardFault: { readonly fault: GuestFault; readonly pc: number; readonly count: number | undefined } | undefined;

  constructor(private readonly description: Board, private readonly options: MachineOptions) {
    const { chip } = description;
    this.board = { name: description.name, chip: chip.name };
    const isTranslating = options.engine !== 'interpreter';
    const layout = layOutMemories(chip, isTranslating);
    this.memories = layout.memories;
    const memory = new WebAssembly.Memory({ initial: layout.wasmPages, maximum: layout.wasmPages });
    this.bus = new Bus(memory.buffer);
    this.warnings = new WarningLog(() => (this.isRunning ? this.cortex.words[Word.PC] : undefined));
    // Clocks are made before the queue, at tick 0.
    const time = { now: () => (this.events as EventQueue | undefined)?.now() ?? 0 };
    this.clocks = new ClockTree(time, { oscillators: description.oscillators });
    this.rootHz = this.clocks.rootHz;
    this.events = new EventQueue({ now: () => this.present() }, this.rootHz);
    deriveClocks(this.clocks, chip);
    mapMemories(this.bus, this.memories);
    const config = coreConfigOf(chip);
    this.processorClock = this.clocks.clock(chip.core.clock);
    const reference = chip.core.name !== 'avr' ? chip.core.systickReference : undefined;
    this.cortex = new CortexM({
      config, bus: this.bus, scheduler: this.events, processorClock: this.processorClock, warnings: this.warnings,
      referenceClock: reference === undefined ? undefined : this.clocks.clock(reference),
      semihosting: options.semihosting && ((operation, parameter) => this.semihost(operation, parameter)),
      translation: isTranslating ? { wasmMemory: memory, readMap: layout.readMap, writeMap: layout.writeMap, callCache: layout.callCache, hot: options.hot } : undefined,
      onItmOutput: (port, value, bytes) => this.itmOutput(port, value, bytes),
      onFault: (fault, pc) => this.noteFault(fault, pc),
      onException: (exception) => { this.exceptions[exception] = (this.exceptions[exception] ?? 0) + 1; },
    });
    this.events.onEarlier = (due) => { if (this.isRunning) this.cortex.shorten(this.cyclesUntil(due)); };
    this.followClocks(reference);
    this.pins = new BoardPins(description, this.events, this.warnings);
    this.boardParts = new BoardParts(description, { scheduler: this.events, warnings: this.warnings, net: (name) => this.pins.net(name), seed: (name) => hashOf(name, options.seed), file: options.files });
    this.parts = this.boardParts.views;
    this.placeDevices(chip);
    this.pins.attach(this.devices);
    this.pinSerials = pinSerials(description.consoles, this.pins, this.events, this.warnings);
    this.serials = this.listSerials();
    this.observer = new Observer(this.cortex, this.bus);
    this.core = this.observer.view;
    this.powerOn();
  }

  // -- Assembly.

  private placeDevices(chip: Chip): void {
    const memories = chipMemories(this.bus, this.memories);
    for (const description of chip.peripherals) {
      const device = BLOCKS[description.block].create(this.contextFor(description, memories), description.options);
      this.devices.set(description.name, device);
    }
    for (const sharers of byPlace(chip.peripherals)) {
      const { at, from, bytes } = sharers[0];
      const devices = sharers.map(({ name }) => this.devices.get(name)!);
      const device = devices.length === 1 ? devices[0] : new Overlay(devices.filter(isOverlaid));
      this.bus.addDevice({ name: sharers.map(({ name }) => name).join('/'), base: at + from, bytes, device: from === 0 ? device : new Window(device, from) });
    }
    const { qspi } = this.description;
    for (const [name, device] of this.devices) {
      if (hasWindow(device)) this.bus.addDevice({ name: `${name}.window`, ...device.window });
      if (hasQuadSpi(device) && qspi) device.attachFlash(QUAD_FLASHES[qspi.part](this.events));
    }
    for (const { name, at, bytes, quiet } of chip.reserved) this.bus.addDevice({ name, base: at, bytes, device: new ReservedRange(name, at, quiet ? undefined : this.warnings) });
  }

  private contextFor({ name, at, bytes, from, irqs, clocks }: PeripheralDescription, memories: ChipMemories): BlockContext {
    return {
      name, base: at, size: from + bytes, memories, core: this.hold,
      irq: (line) => this.interrupts.source(irqs[line]),
      clock: (input) => this.clocks.clock(clocks[input]),
      steeredClock: (input) => this.clocks.clock(clocks[input]),
      net: (index) => this.pins.netOf(name, index),
      shared: (kind) => this.sharedOf(kind),
      seed: hashOf(name, this.options.seed),
      ambientCelsius: () => this.inputs.value('temperature', this.events.now()),
      scheduler: this.events, warnings: this.warnings,
      requestReset: (reason, kind = 'system') => this.requestReset(reason, kind),
    };
  }

  private sharedOf<T extends object>(kind: SharedKind<T>): T {
    let made = this.sharedThings.get(kind);
    if (made === undefined) this.sharedThings.set(kind, (made = kind.make({ scheduler: this.events, warnings: this.warnings })));
    return made as T;
  }

  private followClocks(reference: string | undefined): void {
    const { systick } = this.cortex.system;
    this.processorClock.onChange(() => {
      this.anchorAgain();
      systick.clockChanged();
    });
    if (reference !== undefined) this.clocks.clock(reference).onChange(() => systick.clockChanged());
  }

  private listSerials(): Serial[] {
    const wanted = this.description.consoles.map((console) => ('uart' in console ? console.uart : console.name));
    const names = [...new Set([...wanted, ...this.devices.keys()])];
    return names.flatMap((name) => {
      const device = this.devices.get(name);
      const serial = this.pinSerials.find((port) => port.name === name) ?? (device && hasSerial(device) ? device.serial : undefined);
      if (!serial) return [];
      const listeners: ((byte: number) => void)[] = [];
      serial.onByte = (byte) => { for (const listener of listeners) listener(byte); };
      return [{ name, onByte: (listener) => { listeners.push(listener); }, write: (bytes) => serial.write(bytes) } satisfies Serial];
    });
  }

  get inputs(): Inputs {
    return this.boardParts.inputs;
  }

  get radio(): RadioView | undefined {
    for (const device of this.devices.values()) if (hasEther(device)) return device.ether;
    return undefined;
  }

  // -- Time.

  now(): number {
    return this.events.now();
  }

  /** Where the core stands. */
  private present(): number {
    if (!this.isRunning) return this.rootAtStart;
    const cycles = this.cortex.words[Word.CYCLES];
    return cycles === 0 ? this.rootAtStart : Math.max(this.rootAtStart, this.processorClock.rootTickOf(this.ticksAtStart + cycles));
  }

  get cycles(): number {
    return this.processorClock.ticks();
  }

  get residency(): Readonly<Residency> {
    return this.hold.residency;
  }

  get translation(): TranslationFigures | undefined {
    return this.cortex.interpreter.translationFigures;
  }
  get instructions(): number {
    return this.cortex.interpreter.instructions;
  }

  /** Cycles from the start of this run until the core has reached a root tick. */
  private cyclesUntil(root: number): number {
    const ticks = this.processorClock.ticksAt(root);
    const reached = this.processorClock.rootTickOf(ticks) >= root;
    return Math.min(ticks + (reached ? 0 : 1) - this.ticksAtStart, 0x7fff_ffff);
  }

  /** The processor clock has changed in the middle of a run: the cycles so far stay, the rest count at the new rate. */
  private anchorAgain(): void {
    if (!this.isRunning) return;
    this.ticksAtStart = this.processorClock.ticks() - this.cortex.words[Word.CYCLES];
    this.cortex.shorten(this.cortex.words[Word.CYCLES]);
  }

  // -- Loading and reset.

  load(image: FirmwareImage): void {
    if (image.architecture === 'avr') throw new MachineError(`this is AVR firmware, and ${this.board.name} has an Arm core: choose an AVR board`);
    for (const { address, bytes } of image.segments) {
      const missing = this.firstUnmapped(address, bytes.length);
      if (missing !== undefined) {
        throw new MachineError(`the segment at 0x${address.toString(16)} (${bytes.length} bytes) leaves the board's memory at 0x${missing.toString(16)}: link it for ${this.board.chip}`);
      }
    }
    const plan = bootPlan(image, this.memories, this.cortex.config.vtorReset);
    if (!plan) {
      const remedy = image.format === 'bin' ? '; is the address the one it was linked for? A raw binary without a vector table cannot be started: use its ELF file' : '';
      throw new MachineError(`no vector table at 0x${this.cortex.config.vtorReset.toString(16)} or at the start of the image, and no entry point inside it: nothing to start${remedy}`);
    }
    this.image = image;
    this.plan = plan;
    this.powerOn();
  }

  private firstUnmapped(address: number, bytes: number): number | undefined {
    let at = address;
    while (at < address + bytes) {
      const memory = this.memories.find(({ base, bytes: size }) => at >= base && at < base + size);
      if (!memory) return at;
      at = memory.base + memory.bytes;
    }
    return undefined;
  }

  private powerOn(): void {
    fillMemories(this.bus, this.memories);
    for (const { address, bytes } of this.image?.segments ?? []) this.bus.load(address, bytes);
    this.rootAtStart = 0;
    this.events.clear();
    this.clocks.reset();
    this.ticksAtStart = this.processorClock.ticks();
    this.sampler?.restart();
    this.exceptions.length = 0;
    this.resets.length = 0;
    this.lastFault = undefined;
    this.hardFault = undefined;
    this.resetRequest = undefined;
    this.cortex.interpreter.instructions = 0;
    this.cortex.interpreter.invalidateAll();
    this.resetParts('power-on');
    for (const serial of this.pinSerials) serial.reset();
    this.options.semihosting?.reset();
  }

  /** A reset by the firmware or a watchdog: memories and time go on. */
  private resetParts(kind: ResetKind): void {
    this.boardParts.reset(kind);
    for (const device of this.devices.values()) device.reset(kind);
    for (const thing of this.sharedThings.values()) if (isStateful(thing)) thing.reset(kind);
    this.hold.reset(kind);
    this.cortex.reset(kind === 'power-on' ? 'power-on' : 'system');
    this.boot();
  }

  private boot(): void {
    const { plan, cortex } = this;
    if (!plan) return;
    const { words } = cortex;
    if (plan.kind === 'vectors') {
      if (plan.address === cortex.config.vtorReset) return;
      words[Word.SP] = (this.bus.peek(plan.address, 4) ?? 0) & ~3;
      const reset = this.bus.peek(plan.address + 4, 4) ?? 0;
      words[Word.PC] = reset & ~1;
      words[Word.T] = reset & 1;
      if (cortex.config.vtorMask !== 0) cortex.system.registers.VTOR = plan.address;
      this.leaveAsBootloader(plan.address);
    } else {
      words[Word.SP] = plan.stackPointer;
      words[Word.PC] = plan.address;
      words[Word.T] = 1;
      // Without start-up code of its own nobody else would let the program use the FPU.
      cortex.system.registers.CPACR = FULL_FPU_ACCESS;
      cortex.system.exceptions.fp.refresh();
    }
    cortex.system.exceptions.leaveLockup();
  }

  private leaveAsBootloader(application: number): void {
    const { bootloader } = this.description;
    if (bootloader?.application !== application) return;
    for (const { at, value } of bootloader.writes) this.bus.write(at, value, 4);
  }

  reset(): void {
    this.requestReset('reset pin', 'pin');
  }

  private requestReset(cause: string, kind: ResetKind): void {
    this.resetRequest = { cause, kind };
    this.cortex.interrupt();
  }

  // -- Running.

  run(until: number, effort = Infinity): StopReason {
    this.isStopped = false;
    this.bus.isPristine = false;
    const { residency } = this.hold;
    const began = residency.running;
    const effortOfSlice = this.rootHz * EFFORT_OF_SLICE_SECONDS;
    for (let slices = 0; this.rootAtStart < until; slices++) {
      const left = effort - (residency.running - began) - slices * effortOfSlice;
      if (left <= 0) break;
      const reason = this.slice(until, Math.ceil(left));
      if (reason) return reason;
    }
    return { kind: 'deadline' };
  }

  stop(): void {
    this.isStopped = true;
    this.cortex.interrupt();
  }

  /** Runs to the next event at the latest, and no more than `effort` root ticks, then fires what is due. @returns a reason to come back to the caller */
  private slice(until: number, effort: number): StopReason | undefined {
    const { cortex, events, sampler } = this;
    const { exceptions } = cortex.system;
    if (this.resetRequest !== undefined) this.resetChip(this.resetRequest);
    if (exceptions.isLockedUp && !exceptions.attention) return this.lockup();
    const { hold } = this;
    const isStalled = hold.stalledUntil > this.rootAtStart;
    const isSleeping = exceptions.isSleeping && !exceptions.attention;
    const isAsleep = isStalled || isSleeping || hold.isOff;
    // Who hears of it may interrupt, and so wake the core.
    if (hold.setSleeping(isSleeping)) return undefined;
    const began = this.rootAtStart;
    const state = hold.stateNow(isStalled);
    let target = Math.min(until, events.nextDue());
    if (isAsleep) {
      if (isStalled) target = Math.min(target, hold.stalledUntil);
      else if (events.length === 0) return { kind: 'idle' };
      this.rootAtStart = Math.max(this.rootAtStart, target);
      this.ticksAtStart = this.processorClock.ticksAt(this.rootAtStart);
    } else this.runCore(Math.min(target, this.rootAtStart + effort, sampler?.due() ?? Infinity));
    hold.account(this.rootAtStart - began, state);
    sampler?.take(isAsleep);
    events.runDue(this.rootAtStart);
    return this.stopReason();
  }

  private runCore(target: number): void {
    const { cortex } = this;
    const cycles = Math.min(this.cyclesUntil(target), LARGEST_RUN_CYCLES);
    if (cycles > 0) {
      this.observer.placeBreakpoints();
      this.isRunning = true;
      try {
        cortex.run(cycles);
      } finally {
        const now = this.now();
        this.ticksAtStart += cortex.words[Word.CYCLES];
        this.rootAtStart = now;
        this.isRunning = false;
        cortex.words[Word.CYCLES] = 0;
      }
    } else this.rootAtStart = Math.max(this.rootAtStart, target);
  }

  private stopReason(): StopReason | undefined {
    const { cortex } = this;
    const { stop, watchHit } = cortex;
    cortex.stop = cortex.watchHit = undefined;
    if (stop?.kind === 'reset') this.resetRequest ??= { cause: stop.request, kind: 'system' };
    if (this.resetRequest !== undefined) this.resetChip(this.resetRequest);
    if (this.fault) {
      const { fault } = this;
      this.fault = undefined;
      return fault;
    }
    if (stop?.kind === 'waiting') return stop;
    if (stop?.kind === 'exit') {
      this.flushSerials();
      return stop;
    }
    if (stop?.kind === 'breakpoint') return stop;
    if (watchHit) return { kind: 'watchpoint', ...watchHit };
    return this.isStopped ? { kind: 'stopped' } : undefined;
  }

  private resetChip({ cause, kind }: { readonly cause: string; readonly kind: ResetKind }): void {
    this.resetRequest = undefined;
    if (this.resets.length < MOST_RESETS_KEPT) this.resets.push({ cause, at: this.rootAtStart });
    this.resetParts(kind);
  }

  /** What a transmitter had begun to send before everything ended still arrives. */
  private flushSerials(): void {
    for (const device of this.devices.values()) if (hasSerial(device)) device.serial.flush();
  }

  private lockup(): StopReason {
    this.flushSerials();
    const { lastFault, hardFault } = this;
    const isHandlingIt = hardFault?.count === this.exceptions[Exception.HardFault] && this.cortex.words[Word.IPSR] === Exception.HardFault;
    return {
      kind: 'lockup', address: lastFault?.pc ?? 0, reason: lastFault?.fault.reason ?? 'no vector table',
      ...(hardFault && isHandlingIt ? { handling: { address: hardFault.pc, reason: hardFault.fault.reason } } : {}),
    };
  }

  // -- What the core tells.

  private noteFault(fault: GuestFault, pc: number): void {
    this.lastFault = { fault, pc };
    const { words, system } = this.cortex;
    if (words[Word.IPSR] === Exception.HardFault && !system.exceptions.isLockedUp) this.hardFault = { fault, pc, count: this.exceptions[Exception.HardFault] };
    if (!this.options.stopOnFault) return;
    this.fault = { kind: 'fault', exception: this.cortex.words[Word.IPSR], address: pc, reason: fault.reason };
    this.cortex.interrupt();
  }

  private itmOutput(port: number, value: number, bytes: number): void {
    if (port !== 0) return; // port 0 is the text channel
    let text = '';
    for (let i = 0; i < bytes; i++) text += String.fromCharCode((value >>> (8 * i)) & 0xff);
    for (const listener of this.itmListeners) listener(text);
  }

  private semihost(operation: number, parameter: number): SemihostingAnswer {
    const memoryAt = (address: number): PlacedMemory | undefined => this.memories.find(({ base, bytes }) => address >= base && address < base + bytes);
    return this.options.semihosting!.call(operation, parameter, {
      rootHz: this.rootHz,
      now: () => this.now(),
      read8: (address) => (memoryAt(address) ? this.bus.peek(address, 1) : undefined),
      write8: (address, value) => memoryAt(address)?.kind === 'ram' && this.bus.poke(address, value, 1),
      heap: () => freeRam(
        this.memories.filter(({ kind, isMirror }) => kind === 'ram' && !isMirror),
        (this.image?.segments ?? []).map(({ address, bytes }) => ({ base: address, bytes: bytes.length })),
        this.image?.symbols.find(({ name }) => name === 'end')?.address,
      ),
    });
  }

  // -- Observers.

  setBreakpoint(address: number): void {
    this.observer.setBreakpoint(address);
  }

  clearBreakpoint(address: number): void {
    this.observer.clearBreakpoint(address);
  }

  setWatchpoint(watchpoint: Watchpoint): void {
    this.cortex.setWatchpoint(watchpoint);
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    this.cortex.clearWatchpoint(watchpoint);
  }

  sample(spacing: number, listener: SampleListener | undefined): void {
    this.sampler = listener && new Sampler(this.processorClock, spacing, listener);
  }

  memoryUse(): readonly MemoryUse[] {
    return this.memories.filter(({ isMirror }) => !isMirror).map(({ name, base, bytes }) => ({
      name, base, bytes,
      loadedBytes: (this.image?.segments ?? []).reduce((sum, segment) => sum + overlap(base, bytes, segment.address, segment.bytes.length), 0),
    }));
  }

  // -- Snapshots.

  snapshot(): Uint8Array {
    const { options } = this;
    return encodeSnapshot({
      board: this.board.name, chip: this.board.chip, rootAtStart: this.rootAtStart, ticksAtStart: this.ticksAtStart,
      exceptions: Array.from(this.exceptions, (count) => count ?? 0),
      resets: this.resets.map(({ cause, at }) => ({ cause, at })),
      warnings: this.warnings.keys(),
      resetRequest: this.resetRequest === undefined ? null : { ...this.resetRequest },
      hold: this.hold.snapshot(),
      clocks: this.clocks.snapshot(),
      shared: [...this.sharedThings.values()].map((thing) => (isStateful(thing) ? thing.snapshot() : null)),
      events: this.events.snapshot(),
      core: this.cortex.snapshot(),
      devices: Object.fromEntries([...this.devices].map(([name, device]) => [name, device.snapshot()])),
      pins: this.pins.snapshot(),
      pinSerials: this.pinSerials.map((serial) => serial.snapshot()),
      parts: this.boardParts.snapshot(),
      memories: saveMemories(this.bus.buffer, this.memories),
      semihosting: options.semihosting ? (options.semihosting.snapshot() as unknown as Snapshot) : null,
    });
  }

  restore(bytes: Uint8Array): void {
    const from = decodeSnapshot(bytes);
    if (from['board'] !== this.board.name || from['chip'] !== this.board.chip) {
      throw new MachineError(`the snapshot was taken on ${String(from['board'])}, not on ${this.board.name}`);
    }
    try {
      this.restoreParts(from as unknown as SavedMachine);
    } catch (error) {
      if (error instanceof TypeError) throw new MachineError(`the snapshot is not complete (${error.message}): take it again`);
      throw error;
    }
  }

  /** Time and clocks first, then devices, which put back their events and lines, then the core over what the lines did. */
  private restoreParts(from: SavedMachine): void {
    this.bus.isPristine = false;
    restoreMemories(this.bus.buffer, this.memories, from.memories);
    this.rootAtStart = from.rootAtStart;
    this.ticksAtStart = from.ticksAtStart;
    this.exceptions.splice(0, Infinity, ...from.exceptions);
    this.resets.splice(0, Infinity, ...from.resets);
    this.warnings.restoreKeys(from.warnings);
    this.resetRequest = from.resetRequest ?? undefined;
    this.hold.restore(from.hold);
    this.clocks.restore(from.clocks);
    this.events.restore(from.events);
    this.cortex.interpreter.invalidateAll();
    this.pins.restore(from.pins);
    this.boardParts.restore(from.parts);
    for (const [name, device] of this.devices) device.restore(from.devices[name]);
    this.pinSerials.forEach((serial, index) => serial.restore(from.pinSerials[index]));
    [...this.sharedThings.values()].forEach((thing, index) => {
      const saved = from.shared[index];
      if (isStateful(thing) && saved) thing.restore(saved);
    });
    this.cortex.restore(from.core);
    this.sampler?.restart();
    if (from.semihosting !== null) this.options.semihosting?.restore(from.semihosting);
  }
}

/** What `snapshot` writes; the types are checked where each part is restored. */
interface SavedMachine {
  readonly rootAtStart: number;
  readonly ticksAtStart: number;
  readonly exceptions: readonly number[];
  readonly resets: readonly ResetRecord[];
  readonly warnings: readonly string[];
  readonly resetRequest: { readonly cause: string; readonly kind: ResetKind } | null;
  readonly hold: Snapshot;
  readonly clocks: Snapshot;
  readonly shared: readonly (Snapshot | null)[];
  readonly events: Snapshot;
  readonly core: Snapshot;
  readonly devices: Readonly<Record<string, Snapshot>>;
  readonly pins: Snapshot;
  readonly pinSerials: readonly Snapshot[];
  readonly parts: Snapshot;
  readonly memories: Snapshot;
  readonly semihosting: SemihostingState | null;
}

/** Blocks by the addresses at which they answer. */
function byPlace(peripherals: readonly PeripheralDescription[]): PeripheralDescription[][] {
  const places = new Map<number, PeripheralDescription[]>();
  for (const description of peripherals) {
    const place = description.at + description.from;
    places.set(place, [...(places.get(place) ?? []), description]);
  }
  return [...places.values()];
}

function isOverlaid(device: Peripheral): device is Peripheral & OverlaidDevice {
  return 'declares' in device;
}

function isStateful(thing: object): thing is Stateful {
  return 'snapshot' in thing && 'restore' in thing;
}

/** FNV-1a over the name, begun from the seed. Source: the algorithm's public description (Fowler, Noll, Vo). */
function hashOf(name: string, seed: number): number {
  let hash = (0x811c_9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193) >>> 0;
  return hash;
}

function deriveClocks(clocks: ClockTree, chip: Chip): void {
  for (const { name, from, multiply, divide } of chip.clocksInOrder) clocks.derive(name, clocks.clock(from), multiply, divide);
}

const overlap = (base: number, bytes: number, otherBase: number, otherBytes: number): number =>
  Math.max(0, Math.min(base + bytes, otherBase + otherBytes) - Math.max(base, otherBase));
