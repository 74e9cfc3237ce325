/**
 * The machine as its embedders see it: the command, the page's worker, the debugger and the tests. `machine.ts`
 * implements it. Everything here observes or steers from outside; nothing here changes a cycle unless it says so.
 */
import type { FirmwareImage } from './loader/index.js';
import type { Control, Inputs, Shown, StateUse } from './sensors/index.js';
import type { AirPacket } from './wires/ether.js';
import type { Net } from './wires/net.js';
import type { Semihosting } from './semihosting/semihosting.js';

export type { CodeRange, FirmwareImage, FirmwareSymbol, Segment } from './loader/index.js';

/** What a board file says, as far as a report names it. */
export interface BoardSummary {
  readonly name: string;
  readonly chip: string;
  /** What the chip draws, state by state; undefined where nobody has said. */
  readonly energy?: ChipEnergy | undefined;
}

/** What a chip draws, by state of its core (`running`, `sleeping`, `off`), at the supply's voltage. */
export interface ChipEnergy {
  readonly millivolts: number;
  readonly states: Readonly<Record<string, {
    readonly microamps: number;
    /** What is added with each megahertz of the core's clock. */
    readonly microampsPerMegahertz: number;
    readonly source: string;
    readonly confidence: string;
  }>>;
}

/** Why `run` came back. Addresses are those of instructions, without the Thumb bit. */
export type StopReason =
  /** `until` was reached. */
  | { readonly kind: 'deadline' }
  /** SYS_EXIT or SYS_EXIT_EXTENDED; unsigned 32-bit status. */
  | { readonly kind: 'exit'; readonly code: number }
  /** A fault at a priority at which none can be taken (Armv7-M ARM, B1.5.15); the core does nothing more. */
  | {
      readonly kind: 'lockup'; readonly address: number; readonly reason: string;
      /** The fault whose HardFault was being handled: mostly the one to look for, since a missing handler locks up at once. */
      readonly handling?: { readonly address: number; readonly reason: string };
    }
  /** A fault exception was entered and the embedder asked to stop there; the handler has not run yet. */
  | { readonly kind: 'fault'; readonly exception: number; readonly address: number; readonly reason: string }
  /** About to execute the instruction at a breakpoint. */
  | { readonly kind: 'breakpoint'; readonly address: number }
  /**
   * The instruction at `pc` has read or written watched data, and has completed; `address` is the first watched byte that it
   * touched, `value` what the whole access read or wrote. For an exception's frame, `pc` is the interrupted instruction.
   */
  | { readonly kind: 'watchpoint'; readonly address: number; readonly pc: number; readonly access: 'read' | 'write'; readonly value: number }
  /** Asleep with no event pending: only input from outside can change anything. Time stays where the core fell asleep. */
  | { readonly kind: 'idle' }
  /** Semihosting waits for console input; the next `run` makes the same call again. */
  | { readonly kind: 'waiting' }
  /** `stop` was called. */
  | { readonly kind: 'stopped' };

/** Data to stop at: memory or device registers, by their addresses. `access`: read or write. */
export interface Watchpoint {
  readonly address: number;
  readonly bytes: number;
  readonly kind: 'read' | 'write' | 'access';
}

/** One asynchronous byte stream between the board and its surroundings, such as the console UART. */
export interface Serial {
  readonly name: string;
  /** A byte the firmware has sent. */
  onByte(listener: (byte: number) => void): void;
  /** Bytes for the firmware: queued without limit, each arriving as soon as line speed and receiver allow. */
  write(bytes: Uint8Array): void;
  /** Somebody opens the port. On a board whose USB bridge then resets the chip, as Arduino's do, that happens; else nothing. */
  open(): void;
}

export interface Disassembled {
  readonly text: string;
  /** Encoding in memory order: 2 or 4 bytes. */
  readonly bytes: Uint8Array;
}

/** Fault status and address registers, whole words as the firmware would read them. Absent on Armv6-M. */
export interface FaultStatus {
  readonly CFSR: number;
  readonly HFSR: number;
  readonly DFSR: number;
  readonly MMFAR: number;
  readonly BFAR: number;
}

export interface RegistersView {
  /** Address of the next instruction, in bytes. */
  readonly pc: number;
  /** What `read` gives, in order; PC and flags are not among them. */
  readonly names: readonly string[];
  /** How many hexadecimal digits each has. */
  readonly digits: readonly number[];
  /** Hot: called per instruction while a trace is written. */
  read(into: Int32Array): void;
  /** Flags by their letters, dots where they are clear. */
  flags(): string;
}

export interface CoreView {
  /** As in chip files, e.g. `cortex-m4`. */
  readonly name: string;
  /** Registers, as the core's kind lays them out: `Word` in cores/cortex-m/state.ts or cores/avr/state.ts. */
  readonly words: Int32Array;
  /** The same whatever the core's kind. */
  readonly registers: RegistersView;
  /** Whose rules its call stacks follow; undefined where only the innermost function can be told. */
  readonly callStacks?: 'arm' | undefined;
  /** What a debugger sees at an address, without side effects; undefined where nothing is. */
  peek(address: number, bytes: 1 | 2 | 4): number | undefined;
  /** What a debugger writes, read-only memories included, while the machine stands still. @returns false where nothing is */
  poke?(address: number, value: number, bytes: 1 | 2 | 4): boolean;
  faultStatus(): FaultStatus | undefined;
  /**
   * Where the core put the frame of the latest HardFault, MemManage, BusFault or UsageFault it entered, and the
   * EXC_RETURN value it put into LR; undefined when there was none. The handler may have changed SP and LR since.
   */
  readonly faultFrame?: { readonly address: number; readonly excReturn: number } | undefined;
  /**
   * Calls `listener` before every instruction with its address; undefined stops that. Slows the machine down, changes
   * no cycle.
   */
  onInstruction?(listener: ((address: number) => void) | undefined): void;
  disassemble(address: number): Disassembled;
  /** What an entry of `Machine.exceptions` is called, on cores whose chip file tells; else as Armv7-M numbers them. */
  exceptionName?(exception: number): string;
}

/** How much of one memory a run needs. */
export interface MemoryUse {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  /** Bytes of the image that lie in it. */
  readonly loadedBytes: number;
  /** One past the highest byte and the lowest byte ever written by the firmware, where the machine keeps track. */
  readonly written?: { readonly lowest: number; readonly end: number };
}

/** A reset after power-on. */
export interface ResetRecord {
  /** `SYSRESETREQ`, `VECTRESET`, or what the device that asked calls it. */
  readonly cause: string;
  /** Root tick. */
  readonly at: number;
}

/** LEDs between rows and columns, as the picture they make. */
export interface LedMatrix {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** @returns a function that ends it */
  watch(): () => void;
  /** [line][LED], 0 dark to 1 always lit: over the last 20 ms of virtual time while watched, else at this moment. */
  brightness(): number[][];
}

/** The board's pins, by what is printed next to them or by the chip's names. */
export interface PinsView {
  /** The wire at a pin: read its level or volts, subscribe to edges, put a `Pin` of your own on it. */
  net(name: string): Net | undefined;
  readonly leds: readonly { readonly name: string; readonly isLit: boolean }[];
  /** Set `isPressed` to press and release. */
  readonly buttons: readonly { readonly name: string; isPressed: boolean }[];
  /** Displays made of LEDs; `watch` one before its brightness means the share of time. */
  readonly matrices: readonly LedMatrix[];
}

/** A part as people meet it. Everything is plain data. */
export interface PartView {
  /** Unique on the board. */
  readonly name: string;
  /** Its model, as `thumbelina parts` lists it. */
  readonly part: string;
  readonly bus: string;
  /** All its connected pins, by its own names, to the board's. */
  readonly pins: Readonly<Record<string, string>>;
  readonly addresses: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  /** What it stores, such as a memory card's image; undefined for parts that store nothing. */
  contents(): Uint8Array | undefined;
  /** What is seen or heard of it at this moment; undefined for parts that only measure. */
  shows(): Shown | undefined;
  /** What can be pressed or turned: `controls.pressed.set(true)`. */
  readonly controls: Readonly<Record<string, Control>>;
  /** Hears whenever what it shows has changed, where that happens at moments: not of brightness. @returns a function that ends it */
  onChange(listener: (shown: Shown, at: number) => void): () => void;
  /** What it takes from its supply now; undefined where the model does not know. */
  readonly draws: { readonly state: string; readonly microamps: number } | undefined;
  /** What it took in each of its states since power-on; empty where the model does not know. */
  uses(): readonly StateUse[];
}

/** What was translated since the machine was made. */
export interface TranslationFigures {
  readonly modules: number;
  /** Functions in them. */
  readonly regions: number;
  readonly instructions: number;
  /** Of WebAssembly. */
  readonly bytes: number;
}

/** Root ticks since power-on in each state of the core. */
export interface Residency {
  running: number;
  /** After WFI, WFE or on leaving the last exception, until something wakes it. */
  sleeping: number;
  /** Held by a device: while flash is erased or programmed. */
  stalled: number;
  /** Nothing but a reset wakes it. */
  off: number;
}

export interface Machine {
  readonly board: BoardSummary;
  /** Root ticks per second. */
  readonly rootHz: number;
  /** Root ticks since reset. */
  now(): number;
  /** Core cycles and instructions since reset. */
  readonly cycles: number;
  readonly instructions: number;
  /** Entries taken so far, by exception number. */
  readonly exceptions: readonly number[];
  readonly residency: Readonly<Residency>;
  /** Undefined without a translator. */
  readonly translation?: TranslationFigures | undefined;
  /** Resets since power-on, oldest first; the first thousand. */
  readonly resets: readonly ResetRecord[];
  readonly pins: PinsView;
  /** Sensors, displays, motors and the rest on the board's pins, in the order of the board file and then of `MachineOptions.parts`. */
  readonly parts: readonly PartView[];
  /** What the world does to the board's parts: set quantities, as functions of virtual time. */
  readonly inputs: Inputs;
  /** Undefined on a board without a radio. */
  readonly radio?: RadioView | undefined;
  /** @throws Error (FirmwareError, MachineError) with one clear line when the board cannot take the image */
  load(image: FirmwareImage): void;
  /**
   * Runs until that root tick at the latest; returns at once when it is not in the future.
   * @param effort returns `deadline` sooner, once so many root ticks were spent running, not asleep; each stop for an event
   * counts as some more. For callers who must come back soon however long the firmware sleeps.
   */
  run(until: number, effort?: number): StopReason;
  /** Makes `run` return before the next instruction. For listeners. */
  stop(): void;
  /** Pulls the reset pin: memories and time go on. It happens before the next instruction of this or the next `run`. */
  reset(): void;
  /** Everything that makes the rest of the run, semihosting's open handles included. */
  snapshot(): Uint8Array;
  /** @throws Error when the bytes are not a snapshot of this board and firmware */
  restore(bytes: Uint8Array): void;
  readonly serials: readonly Serial[];
  readonly itm: { onText(listener: (text: string) => void): void };
  readonly warnings: { onWarning(listener: (text: string) => void): void };
  readonly core: CoreView;
  memoryUse(): readonly MemoryUse[];
  /**
   * Calls `listener` whenever the core has counted another `spacing` cycles (multiples since reset), at the end of the instruction
   * under way, before anything else happens: `core` tells where it stands. After sleep it is called once for all that passed.
   * Undefined stops that. Changes nothing that the firmware, a report or a snapshot shows. For profiles.
   * @throws RangeError when the spacing is no whole number from 1
   */
  sample?(spacing: number, listener: ((samples: number, isAsleep: boolean) => void) | undefined): void;
  /** `run` stops before the instruction there, each time it is reached; a run that begins where the last one stopped goes on. */
  setBreakpoint(address: number): void;
  clearBreakpoint(address: number): void;
  /**
   * `run` stops after an instruction that touches the data. Seen are the core's loads and stores, through bit-band aliases
   * too, and the frames and vectors of exceptions; not instruction fetches, nor what devices, semihosting or a debugger
   * do, nor accesses through another address of the same memory.
   * @throws RangeError when it is no part of the address space
   */
  setWatchpoint(watchpoint: Watchpoint): void;
  /** Takes back one that was set with the same values. */
  clearWatchpoint(watchpoint: Watchpoint): void;
}

/** The air around the board. To connect boards, give each one's packets to the others, with ticks that are still to come there. */
export interface RadioView {
  /** Every packet that a radio of this board has sent, when it ends. */
  onTransmission(listener: (packet: AirPacket) => void): void;
  /** A packet from outside, at its ticks. @throws RangeError when it begins in the past or makes no sense */
  inject(packet: AirPacket): void;
}

export interface MachineOptions {
  /** For everything random in the simulation: sensor noise, initial RAM, TRNG. Unsigned 32-bit. */
  readonly seed: number;
  /**
   * Parts have noise, offsets, drift and clocks of their own within their datasheets' typical figures, drawn from the seed; default
   * no. A board file says it for a single part.
   */
  readonly imperfections?: boolean | undefined;
  /** Without one, `BKPT 0xAB` is a breakpoint instruction like any other. */
  readonly semihosting?: Semihosting;
  /**
   * How guest code is executed; default `translator`: hot code as WebAssembly. `interpreter` gives the same results to the
   * cycle, later.
   */
  readonly engine?: 'interpreter' | 'translator';
  /** For tests: how often a place is passed before it is translated, whatever that costs. By default it depends on its size. */
  readonly hot?: number | undefined;
  /** Gives the bytes of a file that a part's options name, such as a memory card's image. @throws Error with one clear line */
  readonly files?: (name: string) => Uint8Array;
  /** `run` returns `fault` when HardFault, MemManage, BusFault or UsageFault is entered. */
  readonly stopOnFault?: boolean;
}
