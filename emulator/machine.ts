/**
 * A board description made into a running machine: memories, core, devices, clocks and events, and the loop that runs
 * them. A run is a function of firmware, board, input and seed alone.
 */
import { Bus } from './bus/bus.js';
import { decodeSnapshot, encodeSnapshot } from './bus/snapshot.js';
import type { Line, Snapshot } from './bus/types.js';
import type { Board, Chip } from './boards/index.js';
import { CortexM, type SemihostingAnswer } from './cores/cortex-m/core.js';
import { disassembleRow } from './isa/decoder.js';
import { conditionSuffix } from './cores/cortex-m/rows/branch.js';
import { Exception, type GuestFault } from './cores/cortex-m/fault.js';
import { Word } from './cores/cortex-m/state.js';
import type {
  BoardSummary, CoreView, Disassembled, FaultStatus, FirmwareImage, Machine, MachineOptions, MemoryUse, Serial, StopReason,
} from './machine-api.js';
import { bootPlan, type BootPlan } from './machine/boot.js';
import { coreConfigOf } from './machine/core-options.js';
import { MachineError } from './machine/machine-error.js';
import { fillMemories, layOutMemories, mapMemories, type PlacedMemory } from './machine/memory-layout.js';
import { ReservedRange } from './machine/reserved-range.js';
import { WarningLog } from './machine/warning-log.js';
import { BLOCKS, hasSerial, type BlockContext } from './peripherals/index.js';
import type { Peripheral } from './bus/types.js';
import { freeRam } from './semihosting/heap.js';
import type { SemihostingState } from './semihosting/semihosting.js';
import { ClockTree, type TreeClock } from './time/clock-tree.js';
import { EventQueue } from './time/event-queue.js';
import { OrLine } from './wires/line.js';

/** CPACR.CP10 and CP11: full access. */
const FULL_FPU_ACCESS = 0xf << 20;
/** V8 replaces a running loop by its optimised version only between calls; and a `stop` from outside is seen then. */
const LARGEST_RUN_CYCLES = 1_000_000;

export class EmulatedMachine implements Machine {
  readonly board: BoardSummary;
  readonly rootHz: number;
  readonly warnings: WarningLog;
  readonly serials: readonly Serial[];
  readonly itm = { onText: (listener: (text: string) => void): void => { this.itmListeners.push(listener); } };
  readonly core: CoreView;
  readonly exceptions: number[] = [];
  /** Devices by their name in the chip file. */
  readonly devices = new Map<string, Peripheral>();
  readonly bus: Bus;
  readonly cortex: CortexM;
  readonly clocks: ClockTree;
  readonly events: EventQueue;

  private readonly memories: readonly PlacedMemory[];
  private readonly processorClock: TreeClock;
  private readonly itmListeners: ((text: string) => void)[] = [];
  private readonly breakpoints = new Set<number>();
  private readonly irqLines = new Map<number | 'nmi', OrLine>();
  private image: FirmwareImage | undefined;
  private plan: BootPlan | undefined;
  /** Root tick and processor tick at which `words[CYCLES]` was 0. */
  private rootAtStart = 0;
  private ticksAtStart = 0;
  private isRunning = false;
  private isStopped = false;
  private resetRequest: string | undefined;
  private fault: StopReason | undefined;
  private breakpointHit: number | undefined;
  private breakpointPassed: number | undefined;
  private instructionListener: ((address: number) => void) | undefined;

  constructor(private readonly description: Board, private readonly options: MachineOptions) {
    const { chip } = description;
    this.board = { name: description.name, chip: chip.name };
    const layout = layOutMemories(chip);
    this.memories = layout.memories;
    const memory = new WebAssembly.Memory({ initial: layout.wasmPages, maximum: layout.wasmPages });
    this.bus = new Bus(memory.buffer);
    this.warnings = new WarningLog(() => (this.isRunning ? this.cortex.words[Word.PC] : undefined));
    const time = { now: () => this.now() };
    this.clocks = new ClockTree(time, { oscillators: description.oscillators });
    this.rootHz = this.clocks.rootHz;
    this.events = new EventQueue(time, this.rootHz);
    deriveClocks(this.clocks, chip);
    mapMemories(this.bus, this.memories);
    const config = coreConfigOf(chip);
    this.processorClock = this.clocks.clock(chip.core.clock);
    const reference = chip.core.name !== 'avr' ? chip.core.systickReference : undefined;
    this.cortex = new CortexM({
      config, bus: this.bus, scheduler: this.events, processorClock: this.processorClock, warnings: this.warnings,
      referenceClock: reference === undefined ? undefined : this.clocks.clock(reference),
      semihosting: options.semihosting && ((operation, parameter) => this.semihost(operation, parameter)),
      onItmOutput: (port, value, bytes) => this.itmOutput(port, value, bytes),
      onFault: (fault, pc) => this.noteFault(fault, pc),
      onException: (exception) => { this.exceptions[exception] = (this.exceptions[exception] ?? 0) + 1; },
    });
    this.events.onEarlier = (due) => { if (this.isRunning) this.cortex.shorten(this.cyclesUntil(due)); };
    this.processorClock.onChange(() => this.anchorAgain());
    this.placeDevices(chip);
    this.serials = this.listSerials();
    this.core = this.view();
    this.powerOn();
  }

  // -- Assembly.

  private placeDevices(chip: Chip): void {
    for (const description of chip.peripherals) {
      const context: BlockContext = {
        name: description.name, base: description.at, size: description.bytes,
        irq: (line) => this.irqInput(description.irqs[line]),
        clock: (input) => this.clocks.clock(description.clocks[input]),
        scheduler: this.events, warnings: this.warnings,
        requestReset: (reason) => this.requestReset(reason),
      };
      const device = BLOCKS[description.block].create(context, description.options);
      this.devices.set(description.name, device);
      this.bus.addDevice({ name: description.name, base: description.at, bytes: description.bytes, device });
    }
    for (const { name, at, bytes } of chip.reserved) this.bus.addDevice({ name, base: at, bytes, device: new ReservedRange(name, at, this.warnings) });
  }

  /** A source on an interrupt of the core; several share it by OR. */
  private irqInput(irq: number | 'nmi' | undefined): Line {
    if (irq === undefined) return { level: false, set: () => {} };
    let line = this.irqLines.get(irq);
    if (!line) this.irqLines.set(irq, (line = new OrLine(this.irqOutput(irq))));
    return line.input();
  }

  private irqOutput(irq: number | 'nmi'): Line {
    let level = false;
    const tell = (value: boolean): void => {
      const { exceptions } = this.cortex.system;
      if (irq !== 'nmi') exceptions.setIrqLevel(irq, value);
      else if (value) exceptions.pend(Exception.NMI);
    };
    return {
      get level() { return level; },
      set: (value) => {
        if (value === level) return;
        level = value;
        tell(value);
      },
    };
  }

  private listSerials(): Serial[] {
    const wanted = this.description.consoles.flatMap((console) => ('uart' in console ? [console.uart] : []));
    const names = [...new Set([...wanted, ...this.devices.keys()])];
    return names.flatMap((name) => {
      const device = this.devices.get(name);
      if (!device || !hasSerial(device)) return [];
      const { serial } = device;
      const listeners: ((byte: number) => void)[] = [];
      serial.onByte = (byte) => { for (const listener of listeners) listener(byte); };
      return [{ name, onByte: (listener) => { listeners.push(listener); }, write: (bytes) => serial.write(bytes) } satisfies Serial];
    });
  }

  // -- Time.

  now(): number {
    if (!this.isRunning) return this.rootAtStart;
    const cycles = this.cortex.words[Word.CYCLES];
    return cycles === 0 ? this.rootAtStart : Math.max(this.rootAtStart, this.processorClock.rootTickOf(this.ticksAtStart + cycles));
  }

  get cycles(): number {
    return this.processorClock.ticks();
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
    if (!plan) throw new MachineError(`no vector table at 0x${this.cortex.config.vtorReset.toString(16)} or at the start of the image, and no entry point inside it: nothing to start`);
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
    this.events.clear();
    this.clocks.reset();
    this.rootAtStart = 0;
    this.ticksAtStart = this.processorClock.ticks();
    this.exceptions.length = 0;
    this.cortex.interpreter.instructions = 0;
    this.cortex.interpreter.invalidateAll();
    this.resetParts('power-on');
    this.options.semihosting?.reset();
  }

  /** A reset by the firmware or a watchdog: memories and time go on. */
  private resetParts(kind: 'power-on' | 'system'): void {
    for (const device of this.devices.values()) device.reset();
    this.cortex.reset(kind);
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

  private requestReset(reason: string): void {
    this.resetRequest = reason;
    this.cortex.interrupt();
  }

  // -- Running.

  run(until: number): StopReason {
    this.isStopped = false;
    while (this.rootAtStart < until) {
      const reason = this.slice(until);
      if (reason) return reason;
    }
    return { kind: 'deadline' };
  }

  stop(): void {
    this.isStopped = true;
    this.cortex.interrupt();
  }

  /** Runs to the next event at the latest, then fires what is due. @returns a reason to come back to the caller */
  private slice(until: number): StopReason | undefined {
    const { cortex, events } = this;
    const { exceptions } = cortex.system;
    if (exceptions.isLockedUp && !exceptions.attention) return this.lockup();
    const target = Math.min(until, events.nextDue());
    if (exceptions.isSleeping && !exceptions.attention) {
      if (events.length === 0) return { kind: 'idle' };
      this.rootAtStart = Math.max(this.rootAtStart, target);
      this.ticksAtStart = this.processorClock.ticksAt(this.rootAtStart);
    } else this.runCore(target);
    events.runDue(this.rootAtStart);
    return this.stopReason();
  }

  private runCore(target: number): void {
    const { cortex } = this;
    const cycles = Math.min(this.cyclesUntil(target), LARGEST_RUN_CYCLES);
    if (cycles > 0) {
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
    const { stop } = cortex;
    cortex.stop = undefined;
    if (stop?.kind === 'reset' || this.resetRequest !== undefined) this.resetChip();
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
    if (this.breakpointHit !== undefined) {
      const address = this.breakpointHit;
      this.breakpointHit = undefined;
      return { kind: 'breakpoint', address };
    }
    return this.isStopped ? { kind: 'stopped' } : undefined;
  }

  private resetChip(): void {
    this.resetRequest = undefined;
    this.resetParts('system');
  }

  /** What a transmitter had begun to send before everything ended still arrives. */
  private flushSerials(): void {
    for (const device of this.devices.values()) if (hasSerial(device)) device.serial.flush();
  }

  private lockup(): StopReason {
    this.flushSerials();
    return { kind: 'lockup', address: this.lastFault?.pc ?? 0, reason: this.lastFault?.fault.reason ?? 'no vector table' };
  }

  // -- What the core tells.

  private lastFault: { readonly fault: GuestFault; readonly pc: number } | undefined;

  private noteFault(fault: GuestFault, pc: number): void {
    this.lastFault = { fault, pc };
    if (!this.options.stopOnFault) return;
    this.fault = { kind: 'fault', exception: fault.exception, address: pc, reason: fault.reason };
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
      ),
    });
  }

  // -- Observers.

  private view(): CoreView {
    const { cortex, bus } = this;
    return {
      name: cortex.config.name,
      words: cortex.words,
      peek: (address, bytes) => bus.peek(address, bytes),
      faultStatus: () => this.faultStatus(),
      get faultFrame() { return cortex.system.exceptions.faultFrame; },
      onInstruction: (listener) => {
        this.instructionListener = listener;
        this.observeInstructions();
      },
      disassemble: (address) => this.disassemble(address),
    };
  }

  private faultStatus(): FaultStatus | undefined {
    const { config, system } = this.cortex;
    if (config.architecture === 'v6-M') return undefined;
    const { CFSR, HFSR, DFSR, MMFAR, BFAR } = system.registers;
    return { CFSR, HFSR, DFSR, MMFAR, BFAR };
  }

  private disassemble(address: number): Disassembled {
    const half = (at: number): number => this.bus.peek(at, 2) ?? 0;
    const first = half(address);
    const isWide = first >>> 11 >= 0b11101;
    const opcode = isWide ? ((first << 16) | half(address + 2)) >>> 0 : first;
    const row = this.cortex.interpreter.find(opcode, isWide ? 32 : 16);
    const bytes = Uint8Array.from({ length: isWide ? 4 : 2 }, (_, i) => this.bus.peek(address + i, 1) ?? 0);
    const { words } = this.cortex;
    const condition = address >>> 0 === words[Word.PC] >>> 0 ? conditionSuffix(words[Word.ITSTATE]) : undefined;
    return { text: row ? disassembleRow(row, opcode, address, condition) : `.${isWide ? 'inst.w' : 'inst.n'} 0x${opcode.toString(16)}`, bytes };
  }

  setBreakpoint(address: number): void {
    this.breakpoints.add(address & ~1);
    this.observeInstructions();
  }

  clearBreakpoint(address: number): void {
    this.breakpoints.delete(address & ~1);
    this.observeInstructions();
  }

  /** The slow loop runs only while somebody looks at every instruction. */
  private observeInstructions(): void {
    const { interpreter } = this.cortex;
    const isWanted = this.instructionListener !== undefined || this.breakpoints.size > 0;
    interpreter.onInstruction = isWanted ? (address) => this.beforeInstruction(address) : undefined;
  }

  /** @returns true to go no further: a breakpoint, unless the run began at it */
  private beforeInstruction(address: number): boolean {
    if (this.breakpoints.has(address >>> 0) && this.breakpointPassed !== address) {
      this.breakpointHit = address >>> 0;
      this.breakpointPassed = address;
      this.cortex.interrupt();
      return true;
    }
    this.breakpointPassed = undefined;
    this.cortex.words[Word.PC] = address; // in an IT block the interpreter keeps it to itself
    this.instructionListener?.(address >>> 0);
    return false;
  }

  memoryUse(): readonly MemoryUse[] {
    return this.memories.filter(({ isMirror }) => !isMirror).map(({ name, base, bytes }) => ({
      name, base, bytes,
      loadedBytes: (this.image?.segments ?? []).reduce((sum, segment) => sum + overlap(base, bytes, segment.address, segment.bytes.length), 0),
    }));
  }

  // -- Snapshots.

  snapshot(): Uint8Array {
    const devices: Record<string, Snapshot> = {};
    for (const [name, device] of this.devices) devices[name] = device.snapshot();
    const memories: Record<string, Uint8Array> = {};
    for (const { name, offset, bytes, isMirror } of this.memories) if (!isMirror) memories[name] = new Uint8Array(this.bus.buffer, offset, bytes);
    const semihosting = this.options.semihosting?.snapshot() as Snapshot | undefined;
    return encodeSnapshot({
      board: this.board.name, chip: this.board.chip, rootAtStart: this.rootAtStart, ticksAtStart: this.ticksAtStart,
      exceptions: Array.from(this.exceptions, (count) => count ?? 0), warnings: this.warnings.keys(),
      clocks: this.clocks.snapshot(), events: this.events.snapshot(), core: this.cortex.snapshot(), devices, memories,
      semihosting: semihosting ?? null,
    });
  }

  restore(bytes: Uint8Array): void {
    const from = decodeSnapshot(bytes);
    if (from['board'] !== this.board.name || from['chip'] !== this.board.chip) throw new MachineError(`the snapshot was taken on ${String(from['board'])}, not on ${this.board.name}`);
    this.rootAtStart = from['rootAtStart'] as number;
    this.ticksAtStart = from['ticksAtStart'] as number;
    const memories = from['memories'] as Record<string, Uint8Array>;
    for (const { name, offset, bytes: size, isMirror } of this.memories) {
      if (isMirror) continue;
      if (!(memories[name] instanceof Uint8Array) || memories[name].length !== size) throw new MachineError(`the snapshot has no memory ${name} of ${size} bytes`);
      new Uint8Array(this.bus.buffer, offset, size).set(memories[name]);
    }
    this.exceptions.splice(0, Infinity, ...(from['exceptions'] as number[]));
    this.warnings.restoreKeys(from['warnings'] as string[]);
    this.clocks.restore(from['clocks'] as Snapshot);
    this.events.restore(from['events'] as Snapshot);
    const devices = from['devices'] as Record<string, Snapshot>;
    this.cortex.interpreter.invalidateAll();
    for (const [name, device] of this.devices) device.restore(devices[name]);
    this.cortex.restore(from['core'] as Snapshot);
    const semihosting = from['semihosting'] as SemihostingState | null | undefined;
    if (semihosting && this.options.semihosting) this.options.semihosting.restore(semihosting);
  }
}

function deriveClocks(clocks: ClockTree, chip: Chip): void {
  for (const { name, from, multiply, divide } of chip.clocksInOrder) clocks.derive(name, clocks.clock(from), multiply, divide);
}

const overlap = (base: number, bytes: number, otherBase: number, otherBytes: number): number =>
  Math.max(0, Math.min(base + bytes, otherBase + otherBytes) - Math.max(base, otherBase));
