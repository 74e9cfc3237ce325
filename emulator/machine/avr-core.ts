/**
 * An AVR in the machine: its configuration out of the chip file, its memories, fuses and boot section, and the blocks that act on the
 * core itself. Addresses are those of AVR's ELF files: flash from 0, data space from 0x800000.
 */
import type { Chip, IrqNumber } from '../boards/index.js';
import type { BusDevice, ResetKind, Snapshot } from '../bus/types.js';
import type { AvrConfig } from '../cores/avr/config.js';
import { ALL_VECTORS, Avr } from '../cores/avr/core.js';
import { STATE_BYTES, Word } from '../cores/avr/state.js';
import type { CoreView, FirmwareImage, Segment, StopReason, TranslationFigures, Watchpoint } from '../machine-api.js';
import type { SharedKind } from '../peripherals/block.js';
import { AVR_CPU, AVR_MEMORY, bootStart, Fuses, type AvrCpu } from '../peripherals/index.js';
import { avrView } from './avr-observer.js';
import { Breakpoints } from './breakpoints.js';
import { chipMemories } from './chip-memories.js';
import type { CoreKind, CoreServices, DeviceSpace, MachineCore } from './core.js';
import { refuseUnmapped } from './image-fit.js';
import { MachineError } from './machine-error.js';
import type { PlacedMemory } from './memory-layout.js';

/** Room for numbers of functions: two bytes for each word of the largest program memory. */
const FUNCTION_ROOM = 256 << 10;

export const AVR_KIND: CoreKind = { stateBytes: STATE_BYTES, roomBytes: [FUNCTION_ROOM], create: (services) => new AvrCore(services) };

const ERASED = 0xff;

type AvrDescription = Extract<Chip['core'], { readonly name: 'avr' }>;

export class AvrCore implements MachineCore {
  readonly avr: Avr;
  readonly view: CoreView;
  readonly words: Int32Array;
  readonly cyclesWord = Word.CYCLES;
  readonly referenceClock = undefined;
  readonly deviceSpace: DeviceSpace;
  private readonly description: AvrDescription;
  private readonly flash: PlacedMemory;
  private readonly fuses: Fuses;
  private readonly breakpoints: Breakpoints;
  private cpu: AvrCpu | undefined;
  /** In bytes: IVSEL. */
  private vectors = 0;

  constructor(private readonly services: CoreServices) {
    const { board: { chip }, bus, memories, warnings, exceptions, rooms, wasmMemory, options } = services;
    this.description = chip.core as AvrDescription;
    const config = configOf(chip, this.description);
    this.flash = memoryAt(memories, chip, AVR_MEMORY.flash);
    this.fuses = new Fuses(chipMemories(bus, memories));
    const ramOffset = memoryAt(memories, chip, AVR_MEMORY.data + config.ramStart).offset;
    this.avr = new Avr({
      config, buffer: bus.buffer, flashOffset: this.flash.offset, ramOffset, warnings,
      translation: rooms.length > 0 ? { wasmMemory, functions: rooms[0], hot: options.hot } : undefined,
      surroundings: {
        onLate: services.onLate,
        onSleep: () => this.cpu?.onSleep() === true,
        onWatchdogReset: () => this.cpu?.onWatchdogReset(),
        onStoreProgram: (address, data) => this.cpu?.onSpm(address, data),
        onLoadProgram: (address) => this.cpu?.load(address),
        onInterruptTaken: (vector) => {
          exceptions[vector] = (exceptions[vector] ?? 0) + 1;
          services.onInterruptTaken(vector);
        },
        resetWords: () => this.resetAddress() >> 1,
        vectorsWords: () => this.vectors >> 1,
      },
    });
    const { avr } = this;
    this.words = avr.words;
    this.view = avrView(avr, bus, chip);
    this.breakpoints = new Breakpoints(avr.interpreter, () => avr.shorten(0));
    bus.addDevice({ name: 'io', base: AVR_MEMORY.data, bytes: config.ramStart, device: ioWindow(avr), widths: [1] });
    bus.onMemoryChanged = (address, bytes) => { if (address < this.flash.bytes) avr.programChanged(address, bytes); };
    this.deviceSpace = {
      add: (name, device) => avr.dataSpace.add(name, device),
      connect: (shared) => this.connect(shared),
    };
  }

  private connect(shared: <T extends object>(kind: SharedKind<T>) => T): void {
    const { avr, flash, description } = this;
    this.cpu = shared(AVR_CPU);
    this.cpu.core = {
      flash: { bytes: flash.bytes, ...description.flash },
      get instructionAddress() { return avr.words[Word.PC] << 1; },
      addCycles: (cycles) => avr.stall(cycles),
      setVectors: (address) => { this.vectors = address; },
      wakeBy: (kinds) => this.wakeBy(kinds),
      hookProgramReads: (isHooked) => avr.hookProgram(isHooked),
    };
  }

  /** @param kinds of blocks; undefined: all */
  private wakeBy(kinds: readonly string[] | undefined): void {
    if (kinds === undefined) return this.avr.wakeBy(ALL_VECTORS, ALL_VECTORS);
    let [low, high] = [0, 0];
    for (const { block, irqs } of this.services.board.chip.peripherals) {
      if (!kinds.includes(block)) continue;
      for (const irq of Object.values(irqs)) {
        if (irq === 'nmi') continue;
        if (irq < 32) low |= 1 << irq;
        else high |= 1 << (irq - 32);
      }
    }
    this.avr.wakeBy(low, high);
  }

  // -- Running.

  get instructions(): number { return this.avr.interpreter.instructions; }
  get translation(): TranslationFigures | undefined { return this.avr.interpreter.translationFigures; }
  get instructionAddress(): number { return this.words[Word.PC] << 1; }
  get isAsleep(): boolean { return this.avr.isAsleep; }

  run(cycles: number): void { this.avr.run(cycles); }
  shorten(cycles: number): void { this.avr.shorten(cycles); }
  interrupt(): void { this.avr.interrupt(); }

  deadEnd(): StopReason | undefined { return undefined; }
  takeReset(): string | undefined { return undefined; }

  takeStop(): StopReason | undefined {
    const { avr } = this;
    const { stop, watchHit } = avr;
    avr.stop = avr.watchHit = undefined;
    if (stop) return stop;
    return watchHit && { kind: 'watchpoint', ...watchHit, address: AVR_MEMORY.data + watchHit.address };
  }

  setInterrupt(irq: IrqNumber, level: boolean): void {
    if (irq !== 'nmi') this.avr.setInterrupt(irq, level);
  }

  clockChanged(): void {}

  // -- Loading and reset.

  accept(image: FirmwareImage): readonly Segment[] {
    const { board, memories } = this.services;
    const { chip } = board;
    if (image.architecture === 'arm') throw new MachineError(`this is Arm firmware, and ${board.name} has an AVR core: choose a board with an Arm core`);
    if (image.avr) refuseOtherAvr(image.avr, this.description, chip.name, board.name);
    refuseUnmapped(image, memories, board);
    const segments = image.segments.filter(({ address }) => address < AVR_MEMORY.signature);
    if (!segments.some(({ address }) => address < this.flash.bytes)) throw new MachineError('the image has nothing in flash: nothing to start');
    return segments;
  }

  /** As programmed at the factory, by the board's maker. */
  fillMemories(): void {
    const { bus, board } = this.services;
    const factory = this.description.fuses;
    const { low = factory.low, high = factory.high, extended = factory.extended, lock = factory.lock } = board.fuses ?? {};
    bus.load(AVR_MEMORY.fuses, Uint8Array.of(low, high, extended));
    bus.load(AVR_MEMORY.lock, Uint8Array.of(lock));
    bus.load(AVR_MEMORY.signature, Uint8Array.from(this.description.signature));
  }

  powerOn(): void {
    this.avr.interpreter.instructions = 0;
    this.forgetCode();
  }

  reset(kind: ResetKind): void { this.avr.reset(kind); }

  /**
   * BOOTRST: the boot section, from its first word that is not erased: the core would run there through those before. Where nothing
   * is in it the core would come around to address 0; it begins there at once, as after a bootloader.
   */
  private resetAddress(): number {
    if (this.cpu === undefined || !this.fuses.startsInBootSection) return 0;
    const boot = bootStart(this.cpu, this.fuses);
    const section = new Uint8Array(this.services.bus.buffer, this.flash.offset + boot, this.flash.bytes - boot);
    const first = section.findIndex((byte) => byte !== ERASED);
    return first < 0 ? 0 : boot + (first & ~1);
  }

  // -- Observers.

  setBreakpoint(address: number): void { this.breakpoints.set(address); }
  clearBreakpoint(address: number): void { this.breakpoints.clear(address); }
  placeBreakpoints(): void { this.breakpoints.place(); }
  setWatchpoint(watchpoint: Watchpoint): void { this.avr.setWatchpoint(inDataSpace(watchpoint)); }
  clearWatchpoint(watchpoint: Watchpoint): void { this.avr.clearWatchpoint(inDataSpace(watchpoint)); }

  // -- Snapshots.

  snapshot(): Snapshot { return this.avr.snapshot(); }
  forgetCode(): void { this.avr.interpreter.invalidateAll(); }
  restore(from: Snapshot): void { this.avr.restore(from); }
}

const KIB64 = 0x1_0000;

/** The core's configuration, from what the chip file says. */
export function configOf(chip: Chip, { pcBits, vectors, vectorBytes }: AvrDescription): AvrConfig {
  const flashBytes = memoryOf(chip, (at) => at === AVR_MEMORY.flash, 'flash at 0').bytes;
  const ram = memoryOf(chip, (at) => at > AVR_MEMORY.data && at < AVR_MEMORY.eeprom, 'SRAM from 0x800000 on');
  const ramStart = ram.at - AVR_MEMORY.data;
  const isLarge = flashBytes > KIB64;
  return {
    name: chip.name, features: ['avre', ...(isLarge ? ['elpm' as const] : []), pcBits === 22 ? 'pc22' : 'pc16'],
    flashBytes, ramStart, ramEnd: ramStart + ram.bytes, pcBytes: pcBits === 22 ? 3 : 2, vectorWords: vectorBytes === 4 ? 2 : 1, vectors,
    rampzMask: isLarge ? flashBytes / KIB64 - 1 : 0, eindMask: pcBits === 22 ? flashBytes / (2 * KIB64) - 1 : 0,
    writeOneRegisters: writeOneRegistersOf(chip),
  };
}

/** In reach of SBI: inputs, of which a written one toggles the output, and flags, which it clears. */
const WRITE_ONE = /^(PIN[A-L]|TIFR\d|PCIFR|EIFR)$/;
const END_OF_SBI = 0x40;

function writeOneRegistersOf({ peripherals }: Chip): readonly number[] {
  return peripherals.flatMap(({ options }) => Object.entries((options['registers'] ?? {}) as Record<string, number>)
    .filter(([name, address]) => WRITE_ONE.test(name) && address < END_OF_SBI)
    .map(([, address]) => address));
}

function memoryOf({ memories, fileName }: Chip, fits: (at: number) => boolean, what: string): Chip['memories'][number] {
  const memory = memories.find(({ at }) => fits(at));
  if (!memory) throw new Error(`${fileName}: an AVR chip needs ${what} among its memories`);
  return memory;
}

function memoryAt(memories: readonly PlacedMemory[], { fileName }: Chip, address: number): PlacedMemory {
  const memory = memories.find(({ base }) => base === address);
  if (!memory) throw new Error(`${fileName}: an AVR chip needs a memory at 0x${address.toString(16)}`);
  return memory;
}

/** @throws MachineError naming what it was built for */
function refuseOtherAvr({ architecture, device }: NonNullable<FirmwareImage['avr']>, core: AvrDescription, chip: string, board: string): void {
  if (architecture !== Number(core.architecture.slice('avr'.length))) {
    throw new MachineError(`the firmware was built for ${device ?? `the architecture avr${architecture}`}, and ${board} has an ${chip} (${core.architecture}): build it with -mmcu=${chip}`);
  }
  if (device !== undefined && device !== chip && !core.alsoRuns.includes(device)) {
    throw new MachineError(`the firmware was built for ${device}, and ${board} has an ${chip}: build it with -mmcu=${chip}`);
  }
}

const inDataSpace = (watchpoint: Watchpoint): Watchpoint => {
  const address = watchpoint.address - AVR_MEMORY.data;
  if (address < 0) throw new RangeError(`a watchpoint at 0x${watchpoint.address.toString(16)}: data begins at 0x${AVR_MEMORY.data.toString(16)}`);
  return { ...watchpoint, address };
};

/** The registers below SRAM for a debugger. */
function ioWindow({ dataSpace }: Avr): BusDevice {
  return {
    read: (offset) => dataSpace.read(offset),
    write: (offset, value) => dataSpace.write(offset, value),
    peek: (offset) => dataSpace.peek(offset) ?? 0,
    poke: (offset, value) => { dataSpace.poke(offset, value); },
  };
}
