/**
 * A core as the machine runs it, whatever its instruction set: what `machine.ts` asks of it and what it is given. One file
 * beside this one for each kind of core makes its own terms into these.
 */
import type { Board, IrqNumber } from '../boards/index.js';
import type { Bus } from '../bus/bus.js';
import type { BusDevice, ResetKind, Snapshot, Warnings } from '../bus/types.js';
import type { CoreView, FirmwareImage, MachineOptions, Segment, StopReason, TranslationFigures, Watchpoint } from '../machine-api.js';
import type { OverlaidDevice, SharedKind } from '../peripherals/block.js';
import type { ClockTree, TreeClock } from '../time/clock-tree.js';
import type { Scheduler } from '../time/types.js';
import type { PlacedMemory } from './memory-layout.js';

/** What the machine gives a core when it makes one. */
export interface CoreServices {
  readonly board: Board;
  readonly options: MachineOptions;
  readonly bus: Bus;
  readonly memories: readonly PlacedMemory[];
  readonly wasmMemory: WebAssembly.Memory;
  /** Byte offsets in it of the rooms that the core's kind asked for; empty without translation. */
  readonly rooms: readonly number[];
  readonly scheduler: Scheduler;
  readonly clocks: ClockTree;
  readonly processorClock: TreeClock;
  readonly warnings: Warnings;
  /** Entries taken so far, by exception number: the core counts here. */
  readonly exceptions: number[];
  /** The core has taken an interrupt, whose hardware flag goes with that. */
  onInterruptTaken(irq: number): void;
  onText(text: string): void;
  /** To be called before the access to a device at or past the cycle at which the run was to end: what is due by then comes first. */
  readonly onLate: () => void;
}

/** How the machine makes a core and room for it. */
export interface CoreKind {
  /** At the start of the machine's memory. */
  readonly stateBytes: number;
  /** Sizes of what translated code looks up, behind the chip's memories. */
  readonly roomBytes: readonly number[];
  create(services: CoreServices): MachineCore;
}

export interface MachineCore {
  readonly view: CoreView;
  /** The core's state, and which of its words counts the cycles since the current run began. */
  readonly words: Int32Array;
  readonly cyclesWord: number;
  readonly instructions: number;
  readonly translation: TranslationFigures | undefined;
  /** Of the instruction under way, for messages: as firmware files count addresses. */
  readonly instructionAddress: number;
  /** Asleep, with nothing pending that would wake it. */
  readonly isAsleep: boolean;
  /** A clock beside the processor's of whose changes `clockChanged` is to tell. */
  readonly referenceClock: TreeClock | undefined;
  /** Where its devices are put, when it has a space of its own for them; on the bus otherwise. */
  readonly deviceSpace?: DeviceSpace;

  /** Runs for `cycles` cycles, counted from 0: comes back early when it cannot go on alone, late by the rest of an instruction. */
  run(cycles: number): void;
  /** Ends the current run at that many cycles since it began, if that is earlier. */
  shorten(cycles: number): void;
  /** Ends the current run after the instruction under way. */
  interrupt(): void;
  /** Why nothing but a reset lets it go on; undefined while something else does. */
  deadEnd(): StopReason | undefined;
  /** What the firmware's own reset request is called, once after the run that met it. */
  takeReset(): string | undefined;
  /** Why the latest run came back early, once. */
  takeStop(): StopReason | undefined;

  setInterrupt(irq: IrqNumber, level: boolean): void;
  /** The processor clock has another rate. */
  clockChanged(): void;

  /** @returns what is to be loaded of it @throws MachineError with one clear line when it cannot run the image; nothing has changed then */
  accept(image: FirmwareImage): readonly Segment[];
  /** At power-on, before the image is loaded: memories whose contents the chip or board describe. */
  fillMemories?(): void;
  /** Counts and what was remembered of the last run begin anew; then `reset` follows. */
  powerOn(): void;
  /** After the devices: registers as after that reset, ready to begin with the accepted image. */
  reset(kind: ResetKind): void;

  setBreakpoint(address: number): void;
  clearBreakpoint(address: number): void;
  /** Before each run: breakpoints set or cleared since reach the core. */
  placeBreakpoints(): void;
  setWatchpoint(watchpoint: Watchpoint): void;
  clearWatchpoint(watchpoint: Watchpoint): void;

  snapshot(): Snapshot;
  /** Memories were replaced: what is known of the code in them is not so any more. */
  forgetCode(): void;
  restore(from: Snapshot): void;
}

/** An address space of devices beside the bus. */
export interface DeviceSpace {
  add(name: string, device: BusDevice & Partial<OverlaidDevice>): void;
  /** Once all are added: what blocks share with the core. */
  connect(shared: <T extends object>(kind: SharedKind<T>) => T): void;
}
