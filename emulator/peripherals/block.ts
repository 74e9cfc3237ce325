/** What a block of a chip is made from, and what it offers to the machine that places it. */
import type { z } from 'zod';
import type { AccessBytes, BusDevice, Line, Peripheral, Snapshot, SnapshotValue, Stateful, Warnings } from '../bus/types.js';
import type { Clock, Scheduler } from '../time/types.js';
import type { Pull } from '../wires/net.js';

/** What the machine gives a block when it builds a chip from its description. */
export interface BlockContext {
  /** The instance's name in the chip file: `uart0`. */
  readonly name: string;
  /** Address of its first byte, for messages. */
  readonly base: number;
  /** Bytes of address space it answers in. */
  readonly size: number;
  /** The wire of one of the block's interrupt outputs; goes nowhere when the chip leaves it open. */
  irq(line: string): Line;
  clock(input: string): Clock;
  readonly scheduler: Scheduler;
  readonly warnings: Warnings;
  /** A watchdog or a reset controller asks for a reset of the chip; it happens after the current instruction. */
  requestReset(reason: string): void;
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

export function hasSerial(device: object): device is SerialDevice { return 'serial' in device; }
export function hasPins(device: object): device is PinDevice { return 'pins' in device; }
export function hasSpi(device: object): device is SpiDevice { return 'spi' in device; }
export function hasAudio(device: object): device is AudioDevice { return 'audio' in device; }

/** A peripheral whose bus side is a block of registers. */
export abstract class RegisterPeripheral implements Peripheral {
  protected abstract readonly registers: BusDevice & Stateful;

  get readsFrom(): BusDevice { return this.read === RegisterPeripheral.prototype.read ? this.registers : this; }
  get writesTo(): BusDevice { return this.write === RegisterPeripheral.prototype.write ? this.registers : this; }
  read(offset: number, bytes: AccessBytes): number { return this.registers.read(offset, bytes); }
  write(offset: number, value: number, bytes: AccessBytes): void { this.registers.write(offset, value, bytes); }
  peek(offset: number, bytes: AccessBytes): number { return this.registers.peek(offset, bytes); }
  poke(offset: number, value: number, bytes: AccessBytes): void { this.registers.poke(offset, value, bytes); }

  abstract reset(): void;
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
