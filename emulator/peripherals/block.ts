/** What a block of a chip is made from, and what it offers to the machine that places it. */
import type { z } from 'zod';
import type { AccessBytes, BusDevice, Line, Peripheral, ResetKind, Snapshot, SnapshotValue, Stateful, Warnings } from '../bus/types.js';
import type { Clock, RootTicks, Scheduler } from '../time/types.js';
import type { Ether } from '../wires/ether.js';
import type { Net, Pull } from '../wires/net.js';
import type { QuadSpiFlash } from '../wires/quad-spi.js';

/** A memory of the chip as a bus master beside the core sees it. */
export interface ChipMemory {
  readonly name: string;
  readonly kind: 'ram' | 'rom' | 'flash';
  readonly base: number;
  readonly bytes: number;
  /** Its contents. Whoever changes them calls `changed`. */
  readonly data: Uint8Array;
  /** Bytes from `offset` on were written by somebody other than the core: decoded and translated code is forgotten. */
  changed(offset: number, bytes: number): void;
  /** What the core's stores do to a memory that is not RAM; without a listener they are bus errors. */
  onStore: ((offset: number, value: number, bytes: AccessBytes) => void) | undefined;
}

/** The chip's memories, for DMA and flash controllers. */
export interface ChipMemories {
  /** The memory in which all of `bytes` bytes from `address` on lie. */
  find(address: number, bytes: number): ChipMemory | undefined;
}

/** A clock whose source, divider or gate a block steers. */
export interface SteeredClock extends Clock {
  readonly isRunning: boolean;
  start(): void;
  stop(): void;
  setRatio(multiplier: number, divider: number): void;
  /** Another source: one that `steeredClock` gave. */
  setParent(source: SteeredClock): void;
  restartTick(): void;
  onChange(listener: () => void): () => void;
}

/** What a block does to the core as a whole. */
export interface CoreControl {
  readonly isSleeping: boolean;
  /** After the current instruction the core stands still until that root tick; time and devices go on. */
  stall(until: RootTicks): void;
  /** After the current instruction the core stands still until a reset. */
  powerOff(): void;
  /** Told when the core falls asleep (WFI, WFE, sleep on exit) and when it goes on. */
  onSleep(listener: (isAsleep: boolean) => void): void;
}

/** What the machine gives a block when it builds a chip from its description. */
export interface BlockContext {
  /** The instance's name in the chip file: `uart0`. */
  readonly name: string;
  /** Address of its first byte, for messages. */
  readonly base: number;
  /** Bytes of address space it answers in. */
  readonly size: number;
  /**
   * The wire of one of the block's interrupt outputs; goes nowhere when the chip leaves it open.
   * @param onTaken called when the core has taken that interrupt, on cores that tell (AVR): where hardware clears the flag then
   */
  irq(line: string, onTaken?: () => void): Line;
  clock(input: string): Clock;
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  /** A watchdog or a reset controller asks for a reset of the chip; it happens after the current instruction. */
  requestReset(reason: string, kind?: ResetKind): void;
  /** A clock of the chip that this block steers, by the name its chip file gives it among the block's clocks. */
  steeredClock(input: string): SteeredClock;
  /** The net of the block's pin `index`; undefined where the chip's `ports` give it none. */
  net(index: number): Net | undefined;
  readonly memories: ChipMemories;
  readonly core: CoreControl;
  /** What the blocks of one chip have in common: made by the first block that asks, the same for all others. */
  shared<T extends object>(kind: SharedKind<T>): T;
  /** Degrees Celsius around the chip at this moment; absent where there is no world around it. */
  ambientCelsius?(): number;
  /** For what differs from chip to chip of one type, and for noise. Unsigned 32-bit, the run's seed mixed with the block's name. */
  readonly seed: number;
}

/** Something that the blocks of a chip share: a fabric of events, its pads. Compared by identity. */
export interface SharedKind<T extends object> {
  make(services: { readonly scheduler: Scheduler; readonly warnings: Warnings }): T;
}

/** A block that has its addresses in common with others, of which firmware enables one at a time. */
export interface OverlaidDevice {
  /** Whether its registers answer at this offset. */
  declares(offset: number): boolean;
  /** Whether firmware has chosen it; one that is always there says true. */
  readonly isEnabled: boolean;
}

/** A kind of block: how chip files name its lines, clocks and options, and how to make one. */
export interface BlockFactory {
  /** Interrupt outputs, by the names a chip file wires them with. */
  readonly irqs: readonly string[];
  /** Clock inputs; every one must be wired. */
  readonly clocks: readonly string[];
  /** Further keys of a chip file's line for this block. Strict: unknown keys are refused. */
  readonly options: z.ZodObject;
  create(context: BlockContext, options: Readonly<Record<string, unknown>>): Peripheral;
}

/** Ties the options' schema to the type that `create` receives. */
export function defineBlock<O extends z.ZodObject>(block: {
  readonly irqs?: readonly string[];
  readonly clocks?: readonly string[];
  readonly options: O;
  create(context: BlockContext, options: z.output<O>): Peripheral;
}): BlockFactory {
  return {
    irqs: block.irqs ?? [],
    clocks: block.clocks ?? [],
    options: block.options,
    create: (context, options) => block.create(context, options as z.output<O>),
  };
}

/** The host's end of a serial line. Bytes from the host wait until the firmware has read the one before: none is lost. */
export interface SerialPort {
  /** Called for each byte the firmware sent, when its stop bit ends. */
  onByte: ((byte: number) => void) | undefined;
  write(bytes: Uint8Array): void;
  /** Host bytes that the firmware has not received yet. */
  readonly pending: number;
  /** Gives `onByte` what the transmitter still holds, at once: for a machine that stops for good. */
  flush(): void;
}

export interface SerialDevice { readonly serial: SerialPort }

/** Pins as a block has them: bit positions from 0. */
export interface PinPort {
  readonly pinCount: number;
  /** What the outside drives the pin to; undefined when nothing does. */
  setInput(index: number, level: boolean | undefined): void;
  /** What the block drives the pin to; undefined when it lets go. */
  output(index: number): boolean | undefined;
  /** What pulls the pin weakly, on the chip or right beside it. */
  pull(index: number): Pull;
  /** Called after a pin's `output` changed. */
  onOutput: ((index: number, level: boolean | undefined) => void) | undefined;
}

export interface PinDevice { readonly pins: PinPort }

/** A SPI controller's end of the bus: one call per frame. */
export interface SpiPort {
  /** Sends a frame of `bits` bits and gives what came back; undefined when nothing is attached, which reads as zeros. */
  transfer: ((value: number, bits: number) => number) | undefined;
}

export interface SpiDevice { readonly spi: SpiPort }

/** Stereo samples, left channel in bits 31:16, right in 15:0, each a signed 16-bit number. */
export interface AudioPort {
  /** One sample period's input; undefined when nothing is attached, which records silence. */
  source: (() => number) | undefined;
  onSample: ((sample: number) => void) | undefined;
}

export interface AudioDevice { readonly audio: AudioPort }

/** A USB socket with a virtual host behind it. The cable is in from the start. */
export interface UsbPort {
  readonly isPlugged: boolean;
  /** Enumerated and configured; a serial port's terminal is open. */
  readonly isConfigured: boolean;
  /** The cable, with VBUS. */
  plug(): void;
  unplug(): void;
  /** Suspends a configured device: frames stop. */
  suspend(): void;
  resume(): void;
}

export interface UsbPortDevice { readonly usb: UsbPort }

export function hasUsb(device: object): device is UsbPortDevice { return 'usb' in device; }

/** A block that answers at a second range of addresses. */
export interface WindowedDevice { readonly window: { readonly base: number; readonly bytes: number; readonly device: BusDevice } }

/** A quad SPI controller. */
export interface QuadSpiDevice {
  /** Puts a part on its bus. */
  attachFlash(flash: QuadSpiFlash): void;
}

export function hasWindow(device: object): device is WindowedDevice { return 'window' in device; }
export function hasQuadSpi(device: object): device is QuadSpiDevice { return 'attachFlash' in device; }

/** A radio; all of a chip are on the same air. */
export interface RadioDevice { readonly ether: Ether }

export function hasEther(device: object): device is RadioDevice { return 'ether' in device; }
export function hasSerial(device: object): device is SerialDevice { return 'serial' in device; }
export function hasPins(device: object): device is PinDevice { return 'pins' in device; }
export function hasSpi(device: object): device is SpiDevice { return 'spi' in device; }
export function hasAudio(device: object): device is AudioDevice { return 'audio' in device; }

/** A peripheral whose bus side is a block of registers. */
export abstract class RegisterPeripheral implements Peripheral, OverlaidDevice {
  protected abstract readonly registers: BusDevice & Stateful & { declares(offset: number): boolean };

  /** Blocks that share their addresses with others override this. */
  get isEnabled(): boolean { return true; }
  declares(offset: number): boolean { return this.registers.declares(offset); }

  get readsFrom(): BusDevice { return this.read === RegisterPeripheral.prototype.read ? this.registers : this; }
  get writesTo(): BusDevice { return this.write === RegisterPeripheral.prototype.write ? this.registers : this; }
  read(offset: number, bytes: AccessBytes): number { return this.registers.read(offset, bytes); }
  write(offset: number, value: number, bytes: AccessBytes): void { this.registers.write(offset, value, bytes); }
  peek(offset: number, bytes: AccessBytes): number { return this.registers.peek(offset, bytes); }
  poke(offset: number, value: number, bytes: AccessBytes): void { this.registers.poke(offset, value, bytes); }

  abstract reset(kind?: ResetKind): void;
  abstract snapshot(): Snapshot;
  abstract restore(from: Snapshot): void;
}

/** A finite number out of a snapshot. @throws Error naming the part when there is none */
export function numberFrom(snapshot: Snapshot, key: string, part: string): number {
  const value = snapshot[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${part}: the snapshot has no number "${key}"; restore one taken from the same model`);
  return value;
}

/** A list of numbers out of a snapshot, at most `longest` of them. @throws Error naming the part */
export function numbersFrom(snapshot: Snapshot, key: string, part: string, longest: number): number[] {
  const value = snapshot[key];
  if (!Array.isArray(value) || value.length > longest || !value.every((item) => typeof item === 'number' && Number.isFinite(item))) {
    throw new Error(`${part}: the snapshot has no list "${key}" of at most ${longest} numbers; restore one taken from the same model`);
  }
  return value as number[];
}

/** A part's own snapshot inside another's. @throws Error naming the part */
export function partFrom(snapshot: Snapshot, key: string, part: string): Snapshot {
  const value: SnapshotValue | undefined = snapshot[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new Error(`${part}: the snapshot has no part "${key}"; restore one taken from the same model`);
  }
  return value as Snapshot;
}
