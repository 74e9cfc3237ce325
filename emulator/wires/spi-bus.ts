/**
 * An SPI bus: SCK, MOSI (controller out), MISO (controller in), and devices each with a chip select. Devices shift bits
 * on edges of SCK, whoever drives them; a controller that nobody watches shifts whole words through them instead.
 */
import type { Snapshot, SnapshotValue, Stateful } from '../bus/types.js';
import { Pin } from './net.js';
import type { Net } from './net.js';

export type SpiMode = 0 | 1 | 2 | 3;

/**
 * A part on the bus. What it sends cannot depend on what arrives at the same time: the first word is known at the
 * select, each next one when the word before it is complete.
 */
export interface SpiDevice {
  /** Chip select became active. @returns the word that it shifts out first */
  select(): number;
  /** A word is complete. @returns the word that it shifts out next */
  transfer(received: number): number;
  /** Chip select became inactive; bits of an incomplete word are lost. */
  deselect(): void;
}

export interface SpiDeviceOptions {
  readonly cs: Net;
  readonly csActiveHigh?: boolean;
  /** Modes in which it works: 0 and 3 both sample on rising edges, 1 and 2 on falling ones. Default 0 and 3. */
  readonly modes?: readonly SpiMode[];
  /** 1 to 32; default 8. */
  readonly wordBits?: number;
  readonly lsbFirst?: boolean;
  /** Whether it has supply: without, it takes no notice of its chip select. Default always. */
  readonly isPowered?: () => boolean;
  /** What it drives MISO with; default a pin of its own. */
  readonly miso?: Pin;
}

export interface SpiNets {
  readonly sck: Net;
  readonly mosi: Net;
  /** Undefined where no device's output is connected. */
  readonly miso: Net | undefined;
}

/** Whether a mode (CPOL in bit 1, CPHA in bit 0) samples on rising edges of SCK. */
export function samplesOnRise(mode: SpiMode): boolean {
  return mode === 0 || mode === 3;
}

export class SpiBus implements Stateful {
  readonly nets: SpiNets;
  /** For a controller that moves bits without levels. */
  mover: SpiMover | undefined;
  readonly #slaves: SpiSlave[] = [];
  readonly #leave: () => void;

  constructor(nets: SpiNets) {
    this.nets = nets;
    this.#leave = nets.sck.join(this);
  }

  /** The buses on a clock net. */
  static on(sck: Net): readonly SpiBus[] {
    return sck.linksOf(SpiBus);
  }

  /** @throws RangeError for modes that sample on different edges, or a word size out of range */
  attach(device: SpiDevice, options: SpiDeviceOptions): SpiSlave {
    const slave = new SpiSlave(device, options, this);
    this.#slaves.push(slave);
    return slave;
  }

  /** For devices that come and go: the bus with all that is on it is no more. */
  leave(): void {
    this.mover?.catchUp();
    this.reset();
    this.forsake();
    this.mover?.replan();
    this.mover = undefined;
  }

  /** Before a restore: the same, but drives nothing, since the nets are back already. */
  forsake(): void {
    for (const slave of this.#slaves) slave.detach();
    this.#slaves.length = 0;
    this.#leave();
  }

  /** For controllers: those whose chip select is active. */
  selected(): readonly SpiSlave[] {
    return this.#slaves.filter((slave) => slave.isSelected);
  }

  /** Whether anybody needs the bits of a transfer. */
  get isWatched(): boolean {
    const { sck, mosi, miso } = this.nets;
    return sck.isWatched || mosi.isWatched || miso?.isWatched === true;
  }

  reset(): void {
    for (const slave of this.#slaves) slave.reset();
  }

  snapshot(): Snapshot {
    return { slaves: this.#slaves.map((slave) => slave.save()) };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const { slaves } = from;
    if (!Array.isArray(slaves) || slaves.length !== this.#slaves.length) {
      throw new Error('the snapshot is of an SPI bus with other devices');
    }
    this.#slaves.forEach((slave, i) => slave.load(slaves[i] as SnapshotValue));
  }
}

/** A controller's short-cut, which must know of chip selects that change in the middle of a word. */
export interface SpiMover {
  /** Before the change: moves the bits up to now. */
  catchUp(): void;
  /** After it: somebody else's word may be the next to be complete. */
  replan(): void;
}

/** One device's shift register. */
export class SpiSlave {
  readonly #device: SpiDevice;
  readonly #bus: SpiBus;
  readonly #activeLevel: boolean;
  readonly #wordBits: number;
  readonly #lsbFirst: boolean;
  readonly #samplesOnRise: boolean;
  /** Undefined where its output is left open. */
  readonly #miso: Pin | undefined;
  readonly #cs: Net;
  readonly #isPowered: () => boolean;
  readonly #unfollow: readonly (() => void)[];
  #isSelected = false;
  #output = 0;
  #input = 0;
  #bits = 0;

  constructor(device: SpiDevice, { cs, csActiveHigh = false, modes = [0, 3], wordBits = 8, lsbFirst = false, isPowered = () => true, miso }: SpiDeviceOptions, bus: SpiBus) {
    if (modes.length === 0 || modes.some((mode) => samplesOnRise(mode) !== samplesOnRise(modes[0]))) {
      throw new RangeError(`SPI modes ${modes.join(', ')}: give 0, 3 or both, or 1, 2 or both`);
    }
    if (!Number.isInteger(wordBits) || wordBits < 1 || wordBits > 32) {
      throw new RangeError(`an SPI word of ${wordBits} bits: give 1 to 32`);
    }
    this.#device = device;
    this.#bus = bus;
    this.#activeLevel = csActiveHigh;
    this.#wordBits = wordBits;
    this.#lsbFirst = lsbFirst;
    this.#samplesOnRise = samplesOnRise(modes[0]);
    this.#cs = cs;
    this.#isPowered = isPowered;
    this.#miso = miso ?? (bus.nets.miso && new Pin('SPI device MISO', bus.nets.miso));
    this.#unfollow = [bus.nets.sck.follow((level) => this.#onClock(level)), cs.follow((level) => this.#onSelect(level))];
  }

  /** Hears of nothing from now on. */
  detach(): void {
    for (const end of this.#unfollow) end();
  }

  get isSelected(): boolean {
    return this.#isSelected;
  }

  /** Whether a controller in that mode is understood. */
  takes(mode: SpiMode): boolean {
    return samplesOnRise(mode) === this.#samplesOnRise;
  }

  /** Until its word is complete. */
  get bitsLeft(): number {
    return this.#wordBits - this.#bits;
  }

  /** Whether its output reaches the controller. */
  get isHeard(): boolean {
    return this.#miso !== undefined;
  }

  get nextBit(): boolean {
    const position = this.#lsbFirst ? this.#bits : this.#wordBits - 1 - this.#bits;
    return ((this.#output >>> position) & 1) === 1;
  }

  /** A sampling edge: takes a bit from the controller. */
  sample(bit: boolean): void {
    const position = this.#lsbFirst ? this.#bits : this.#wordBits - 1 - this.#bits;
    if (bit) this.#input |= 1 << position;
    if (++this.#bits < this.#wordBits) return;
    const received = this.#input >>> 0;
    this.#bits = 0;
    this.#input = 0;
    this.#output = this.#device.transfer(received);
  }

  /** For a device that makes up its mind later than `transfer`. @returns false where the word has begun, which then stays */
  reload(word: number): boolean {
    this.#bus.mover?.catchUp();
    if (this.#isSelected && this.#bits > 0) return false;
    this.#output = word;
    this.drive();
    return true;
  }

  /** Puts the bit on MISO that whole-word transfers left due. */
  drive(): void {
    if (this.#isSelected) this.#miso?.drive(this.nextBit);
  }

  reset(): void {
    this.#isSelected = false;
    this.#bits = 0;
    this.#input = 0;
    this.#miso?.release();
  }

  save(): SnapshotValue {
    return [this.#isSelected, this.#output, this.#input, this.#bits];
  }

  load(saved: SnapshotValue): void {
    if (!Array.isArray(saved) || saved.length !== 4 || !saved.slice(1).every((n) => Number.isSafeInteger(n))) {
      throw new Error('the snapshot is of an SPI bus with other devices');
    }
    this.#isSelected = saved[0] === true;
    [this.#output, this.#input, this.#bits] = saved.slice(1) as number[];
  }

  /** Its supply has come or gone. */
  supplyChanged(): void {
    this.#onSelect(this.#cs.level);
  }

  #onSelect(level: boolean): void {
    const active = level === this.#activeLevel && this.#isPowered();
    if (active === this.#isSelected) return;
    this.#bus.mover?.catchUp();
    this.#isSelected = active;
    this.#bits = 0;
    this.#input = 0;
    if (active) {
      this.#output = this.#device.select();
      this.drive();
    } else {
      this.#miso?.release();
      this.#device.deselect();
    }
    this.#bus.mover?.replan();
  }

  #onClock(level: boolean): void {
    if (!this.#isSelected) return;
    if (level === this.#samplesOnRise) this.sample(this.#bus.nets.mosi.level);
    else this.drive();
  }
}
