/**
 * A board description made into a running machine: memories, core, devices, clocks and events, and the loop that runs
 * them. A run is a function of firmware, board, input and seed alone.
 */
import { Bus } from './bus/bus.js';
import { decodeSnapshot, encodeSnapshot } from './bus/snapshot.js';
import type { Peripheral, ResetKind, Snapshot } from './bus/types.js';
import type { Board, Chip } from './boards/index.js';
import type { Avr } from './cores/avr/core.js';
import type { CortexM } from './cores/cortex-m/core.js';
import type { BoardSummary, CoreView, FirmwareImage, Machine, MachineOptions, MemoryUse, PartView, RadioView, Residency, ResetRecord, Segment, Serial, StopReason, TranslationFigures, Watchpoint } from './machine-api.js';
import { AvrCore } from './machine/avr-core.js';
import { BoardPins } from './machine/board-pins.js';
import { chipMemories } from './machine/chip-memories.js';
import type { MachineCore } from './machine/core.js';
import { CoreHold } from './machine/core-hold.js';
import { coreKindOf } from './machine/core-kinds.js';
import { CoreTime } from './machine/core-time.js';
import { CortexMCore } from './machine/cortex-m-core.js';
import { ChipDevices, hashOf } from './machine/devices.js';
import { InterruptWiring } from './machine/interrupt-wiring.js';
import { MachineError } from './machine/machine-error.js';
import { fillMemories, layOutMemories, mapMemories, type PlacedMemory } from './machine/memory-layout.js';
import { BoardParts } from './machine/parts.js';
import { pinSerials, type PinSerial } from './machine/pin-serial.js';
import { restoreMemories, saveMemories } from './machine/memory-image.js';
import { Sampler, type SampleListener } from './machine/sampler.js';
import { listSerials } from './machine/serials.js';
import { WarningLog } from './machine/warning-log.js';
import { hasEther, hasSerial } from './peripherals/index.js';
import type { Inputs } from './sensors/index.js';
import type { SemihostingState } from './semihosting/semihosting.js';
import { ClockTree, type TreeClock } from './time/clock-tree.js';
import { EventQueue } from './time/event-queue.js';

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
  readonly bus: Bus;
  readonly clocks: ClockTree;
  readonly events: EventQueue;

  private readonly cpu: MachineCore;
  private readonly time: CoreTime;
  private readonly chipDevices: ChipDevices;
  private readonly memories: readonly PlacedMemory[];
  private readonly processorClock: TreeClock;
  private readonly itmListeners: ((text: string) => void)[] = [];
  private readonly interrupts = new InterruptWiring((irq, level) => this.cpu.setInterrupt(irq, level));
  private readonly pinSerials: readonly PinSerial[];
  private sampler: Sampler | undefined;
  /** What was loaded. */
  private segments: readonly Segment[] = [];
  private isStopped = false;
  private resetRequest: { readonly cause: string; readonly kind: ResetKind } | undefined;
  private readonly hold = new CoreHold(() => this.cpu.interrupt());

  constructor(private readonly description: Board, private readonly options: MachineOptions) {
    const { chip } = description;
    this.board = { name: description.name, chip: chip.name, energy: chip.energy };
    const kind = coreKindOf(chip);
    const layout = layOutMemories(chip, kind.stateBytes, options.engine !== 'interpreter' ? kind.roomBytes : []);
    this.memories = layout.memories;
    const wasmMemory = new WebAssembly.Memory({ initial: layout.wasmPages, maximum: layout.wasmPages });
    this.bus = new Bus(wasmMemory.buffer);
    this.warnings = new WarningLog(() => (this.time.isRunning ? this.cpu.instructionAddress : undefined));
    // Clocks are made before the queue, at tick 0.
    const time = { now: () => (this.events as EventQueue | undefined)?.now() ?? 0 };
    this.clocks = new ClockTree(time, { oscillators: description.oscillators });
    this.rootHz = this.clocks.rootHz;
    this.events = new EventQueue({ now: () => (this.time as CoreTime | undefined)?.now() ?? 0 }, this.rootHz);
    deriveClocks(this.clocks, chip);
    mapMemories(this.bus, this.memories);
    this.processorClock = this.clocks.clock(chip.core.clock);
    this.cpu = kind.create({
      board: description, options, bus: this.bus, memories: this.memories, wasmMemory, rooms: layout.rooms,
      scheduler: this.events, clocks: this.clocks, processorClock: this.processorClock, warnings: this.warnings,
      exceptions: this.exceptions,
      onInterruptTaken: (irq) => this.interrupts.taken(irq),
      onText: (text) => { for (const listener of this.itmListeners) listener(text); },
      onLate: () => { this.events.runDue(this.time.now()); },
    });
    this.core = this.cpu.view;
    this.time = new CoreTime(this.cpu, this.processorClock);
    this.events.onEarlier = (due) => { if (this.time.isRunning) this.cpu.shorten(this.time.cyclesUntil(due)); };
    this.followClocks();
    this.pins = new BoardPins(description, this.events, this.warnings);
    this.boardParts = new BoardParts(description, { scheduler: this.events, warnings: this.warnings, net: (name) => this.pins.net(name), seed: (name) => hashOf(name, options.seed), imperfections: options.imperfections ?? false, file: options.files });
    this.parts = this.boardParts.views;
    this.chipDevices = this.makeDevices();
    this.pins.attach(this.devices);
    this.pinSerials = pinSerials(description.consoles, this.pins, this.events, this.warnings);
    this.serials = listSerials(description, this.pinSerials, this.devices, () => this.reset());
    this.powerOn();
  }

  // -- Assembly.

  private makeDevices(): ChipDevices {
    return new ChipDevices({
      board: this.description, seed: this.options.seed, bus: this.bus, space: this.cpu.deviceSpace, clocks: this.clocks,
      scheduler: this.events, warnings: this.warnings, memories: chipMemories(this.bus, this.memories),
      hold: this.hold, interrupts: this.interrupts,
      net: (block, index) => this.pins.netOf(block, index),
      ambientCelsius: () => this.inputs.value('temperature', this.events.now()),
      requestReset: (reason, kind) => this.requestReset(reason, kind),
    });
  }

  private followClocks(): void {
    this.processorClock.onChange(() => {
      this.time.anchorAgain();
      this.cpu.clockChanged();
    });
    this.cpu.referenceClock?.onChange(() => this.cpu.clockChanged());
  }

  /** Devices by their name in the chip file. */
  get devices(): ReadonlyMap<string, Peripheral> {
    return this.chipDevices.byName;
  }

  /** The core itself, for those who know that the board has a Cortex-M. @throws Error when it has another */
  get cortex(): CortexM {
    if (!(this.cpu instanceof CortexMCore)) throw new Error(`${this.board.chip} has no Cortex-M`);
    return this.cpu.cortex;
  }

  /** The same where the board has an AVR; undefined when it has another. */
  get avr(): Avr | undefined {
    return this.cpu instanceof AvrCore ? this.cpu.avr : undefined;
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

  get cycles(): number {
    return this.processorClock.ticks();
  }

  get residency(): Readonly<Residency> {
    return this.hold.residency;
  }

  get translation(): TranslationFigures | undefined {
    return this.cpu.translation;
  }

  get instructions(): number {
    return this.cpu.instructions;
  }

  // -- Loading and reset.

  load(image: FirmwareImage): void {
    this.segments = this.cpu.accept(image);
    this.powerOn();
  }

  private powerOn(): void {
    fillMemories(this.bus, this.memories);
    this.cpu.fillMemories?.();
    for (const { address, bytes } of this.segments) this.bus.load(address, bytes);
    this.time.root = 0;
    this.events.clear();
    this.clocks.reset();
    this.time.restart();
    this.sampler?.restart();
    this.exceptions.length = 0;
    this.resets.length = 0;
    this.resetRequest = undefined;
    this.cpu.powerOn();
    this.resetParts('power-on');
    for (const serial of this.pinSerials) serial.reset();
    this.options.semihosting?.reset();
  }

  /** A reset by the firmware or a watchdog: memories and time go on. */
  private resetParts(kind: ResetKind): void {
    this.boardParts.reset(kind);
    this.hold.reset(kind);
    this.chipDevices.reset(kind); // which may hold the core
    this.cpu.reset(kind);
  }

  reset(): void {
    this.requestReset('reset pin', 'pin');
  }

  private requestReset(cause: string, kind: ResetKind): void {
    this.resetRequest = { cause, kind };
    this.cpu.interrupt();
  }

  // -- Running.

  run(until: number, effort = Infinity): StopReason {
    this.isStopped = false;
    this.bus.isPristine = false;
    const { residency } = this.hold;
    const began = residency.running;
    const effortOfSlice = this.rootHz * EFFORT_OF_SLICE_SECONDS;
    for (let slices = 0; this.time.root < until; slices++) {
      const left = effort - (residency.running - began) - slices * effortOfSlice;
      if (left <= 0) break;
      const reason = this.slice(until, Math.ceil(left));
      if (reason) return reason;
    }
    return { kind: 'deadline' };
  }

  stop(): void {
    this.isStopped = true;
    this.cpu.interrupt();
  }

  /** Runs to the next event at the latest, and no more than `effort` root ticks, then fires what is due. @returns a reason to come back to the caller */
  private slice(until: number, effort: number): StopReason | undefined {
    const { cpu, time, events, sampler, hold } = this;
    if (this.resetRequest !== undefined) this.resetChip(this.resetRequest);
    const deadEnd = cpu.deadEnd();
    if (deadEnd !== undefined) {
      this.flushSerials();
      return deadEnd;
    }
    const isStalled = hold.stalledUntil > time.root;
    const isSleeping = cpu.isAsleep;
    const isAsleep = isStalled || isSleeping || hold.isOff;
    // Who hears of it may interrupt, and so wake the core.
    if (hold.setSleeping(isSleeping)) return undefined;
    const began = time.root;
    const state = hold.stateNow(isStalled);
    let target = Math.min(until, events.nextDue());
    if (isAsleep) {
      if (isStalled) target = Math.min(target, hold.stalledUntil);
      else if (events.length === 0) return { kind: 'idle' };
      time.skipTo(target);
    } else this.runCore(Math.min(target, time.root + effort, sampler?.due() ?? Infinity));
    hold.account(time.root - began, state);
    sampler?.take(isAsleep);
    events.runDue(time.root);
    return this.stopReason();
  }

  private runCore(target: number): void {
    const { cpu, time } = this;
    const cycles = Math.min(time.cyclesUntil(target), LARGEST_RUN_CYCLES);
    if (cycles > 0) {
      cpu.placeBreakpoints();
      time.run(cycles, this.events);
    } else time.root = Math.max(time.root, target);
  }

  private stopReason(): StopReason | undefined {
    const { cpu } = this;
    const asked = cpu.takeReset();
    if (asked !== undefined) this.resetRequest ??= { cause: asked, kind: 'system' };
    if (this.resetRequest !== undefined) this.resetChip(this.resetRequest);
    const stop = cpu.takeStop();
    if (stop?.kind === 'exit') this.flushSerials();
    return stop ?? (this.isStopped ? { kind: 'stopped' } : undefined);
  }

  private resetChip({ cause, kind }: { readonly cause: string; readonly kind: ResetKind }): void {
    this.resetRequest = undefined;
    if (this.resets.length < MOST_RESETS_KEPT) this.resets.push({ cause, at: this.time.root });
    this.resetParts(kind);
  }

  /** What a transmitter had begun to send before everything ended still arrives. */
  private flushSerials(): void {
    for (const device of this.devices.values()) if (hasSerial(device)) device.serial.flush();
  }

  // -- Observers.

  setBreakpoint(address: number): void {
    this.cpu.setBreakpoint(address);
  }

  clearBreakpoint(address: number): void {
    this.cpu.clearBreakpoint(address);
  }

  setWatchpoint(watchpoint: Watchpoint): void {
    this.cpu.setWatchpoint(watchpoint);
  }

  clearWatchpoint(watchpoint: Watchpoint): void {
    this.cpu.clearWatchpoint(watchpoint);
  }

  sample(spacing: number, listener: SampleListener | undefined): void {
    this.sampler = listener && new Sampler(this.processorClock, spacing, listener);
  }

  memoryUse(): readonly MemoryUse[] {
    return this.memories.filter(({ isMirror }) => !isMirror).map(({ name, base, bytes }) => ({
      name, base, bytes,
      loadedBytes: this.segments.reduce((sum, segment) => sum + overlap(base, bytes, segment.address, segment.bytes.length), 0),
    }));
  }

  // -- Snapshots.

  snapshot(): Uint8Array {
    const { options } = this;
    return encodeSnapshot({
      board: this.board.name, chip: this.board.chip, rootAtStart: this.time.root, ticksAtStart: this.time.ticks,
      exceptions: Array.from(this.exceptions, (count) => count ?? 0),
      resets: this.resets.map(({ cause, at }) => ({ cause, at })),
      warnings: this.warnings.keys(),
      resetRequest: this.resetRequest === undefined ? null : { ...this.resetRequest },
      hold: this.hold.snapshot(),
      clocks: this.clocks.snapshot(),
      shared: this.chipDevices.snapshotShared(),
      events: this.events.snapshot(),
      core: this.cpu.snapshot(),
      devices: this.chipDevices.snapshot(),
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
    this.time.root = from.rootAtStart;
    this.time.ticks = from.ticksAtStart;
    this.exceptions.splice(0, Infinity, ...from.exceptions);
    this.resets.splice(0, Infinity, ...from.resets);
    this.warnings.restoreKeys(from.warnings);
    this.resetRequest = from.resetRequest ?? undefined;
    this.hold.restore(from.hold);
    this.clocks.restore(from.clocks);
    this.events.restore(from.events);
    this.cpu.forgetCode();
    this.pins.restore(from.pins);
    this.boardParts.restore(from.parts);
    this.chipDevices.restore(from.devices);
    this.pinSerials.forEach((serial, index) => serial.restore(from.pinSerials[index]));
    this.chipDevices.restoreShared(from.shared);
    this.cpu.restore(from.core);
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

function deriveClocks(clocks: ClockTree, chip: Chip): void {
  for (const { name, from, multiply, divide } of chip.clocksInOrder) clocks.derive(name, clocks.clock(from), multiply, divide);
}

const overlap = (base: number, bytes: number, otherBase: number, otherBytes: number): number =>
  Math.max(0, Math.min(base + bytes, otherBase + otherBytes) - Math.max(base, otherBase));
