/**
 * The controlling end of an SPI bus. Bit k of a word begins k bit times after the word; both ends sample in its middle,
 * in every mode: with CPHA = 0 the middle is SCK's leading edge, with CPHA = 1 the trailing one.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import { bitTime, bitsAfter, ticksToBit } from './bit-time.js';
import type { BitTime } from './bit-time.js';
import type { Pin } from './net.js';
import { ClockSense } from './clock-sense.js';
import { areWhole } from './saved.js';
import { SpiBus } from './spi-bus.js';
import type { SpiMode, SpiMover, SpiSlave } from './spi-bus.js';

export interface SpiFormat {
  /** CPOL in bit 1, CPHA in bit 0. */
  readonly mode: SpiMode;
  readonly lsbFirst: boolean;
  /** 4 to 16. */
  readonly wordBits: number;
  readonly bitTime: BitTime;
}

/** Pins that are not wired are left out: nothing is sent, or ones are read. */
export interface SpiPins { readonly sck?: Pin; readonly mosi?: Pin; readonly miso?: Pin }

export class SpiController implements Stateful, SpiMover {
  /** A word is complete: its last bit has ended. A word sent from here follows without a gap. */
  onReceived: ((word: number) => void) | undefined;
  readonly #scheduler: Scheduler;
  readonly #event: TimedEvent = { due: 0, priority: 0, slot: -1, age: 0, fire: () => this.#step() };
  #format: SpiFormat = { mode: 0, lsbFirst: false, wordBits: 8, bitTime: bitTime(16) };
  #pins: SpiPins = {};
  #isActive = false;
  #isFolded = false;
  #start: RootTicks = 0;
  #output = 0;
  #input = 0;
  /** The next half bit's position: 2 k begins bit k, 2 k + 1 is its middle. */
  #half = 0;
  /** Bits of the word that a short-cut has moved so far. */
  #moved = 0;
  #seam: RootTicks | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** From the next word on; SCK takes its idle level at once. @throws RangeError for a word size out of range */
  configure(format: SpiFormat): void {
    if (!Number.isInteger(format.wordBits) || format.wordBits < 4 || format.wordBits > 16) {
      throw new RangeError(`an SPI word of ${format.wordBits} bits: give 4 to 16`);
    }
    this.#format = format;
    if (!this.#isActive) this.#idle();
  }

  /** Takes its pins, or gives them up. */
  attach(pins: SpiPins): void {
    this.abort();
    this.#setFolded(false);
    this.#pins.sck?.release();
    this.#pins.mosi?.release();
    this.#pins = pins;
    this.#pins.mosi?.drive(false);
    this.#idle();
  }

  /** Before a restore: like `attach`, but drives nothing, since the nets are back already. */
  adopt(pins: SpiPins): void {
    this.#scheduler.cancel(this.#event);
    this.#isActive = false;
    this.#setFolded(false);
    this.#pins = pins;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  /** @throws Error while a word is on its way */
  transfer(word: number): void {
    if (this.#isActive) throw new Error('an SPI controller was given a word while it was sending one');
    this.#isActive = true;
    this.#start = this.#seam ?? this.#scheduler.now();
    this.#output = word & ((1 << this.#format.wordBits) - 1);
    this.#input = 0;
    this.#moved = 0;
    const fold = this.#mayFold();
    // After whole words the devices' MISO still shows an earlier bit.
    if (this.#isFolded && !fold) for (const slave of this.#selected()) slave.drive();
    this.#setFolded(fold);
    this.#half = fold ? this.#nextComplete() : 0;
    this.#scheduleHalf();
  }

  catchUp(): void {
    if (!this.#isActive) return;
    const halves = bitsAfter(this.#format.bitTime, 2 * (this.#scheduler.now() - this.#start));
    this.#exchange(Math.min(this.#format.wordBits, (halves + 1) >> 1));
  }

  replan(): void {
    if (!this.#isActive) return;
    this.#half = this.#nextComplete();
    this.#scheduleHalf();
  }

  /** Drops the word at once, SCK idle. */
  abort(): void {
    this.#scheduler.cancel(this.#event);
    this.#isActive = false;
    this.#idle();
  }

  reset(): void {
    this.#seam = undefined;
    this.abort();
  }

  snapshot(): Snapshot {
    const { mode, lsbFirst, wordBits, bitTime: time } = this.#format;
    return {
      format: [mode, Number(lsbFirst), wordBits, time.num, time.den], state: [this.#start, this.#output, this.#input, this.#half, this.#moved],
      isActive: this.#isActive, isFolded: this.#isFolded, event: saveEvent(this.#event),
    };
  }

  /** After the nets. The pins stay those that are attached. */
  restore(from: Snapshot): void {
    const { format, state } = from;
    if (!areWhole(format, 5) || !areWhole(state, 5) || format[2] < 4 || format[2] > 16) {
      throw new Error('the snapshot is not of an SPI controller');
    }
    this.#format = { mode: (format[0] & 3) as SpiMode, lsbFirst: format[1] === 1, wordBits: format[2], bitTime: bitTime(format[3], format[4]) };
    [this.#start, this.#output, this.#input, this.#half, this.#moved] = state;
    this.#isActive = from['isActive'] === true;
    this.#setFolded(from['isFolded'] === true);
    restoreEvent(this.#scheduler, this.#event, from['event']);
  }

  /** A device of another mode gets what its edges give it, so those are driven. */
  #mayFold(): boolean {
    const { sck, mosi, miso } = this.#pins;
    if (sck === undefined) return true;
    if (sck.net.isWatched || mosi?.net.isWatched === true || miso?.net.isWatched === true) return false;
    // What has its clock from here is no SPI device, and needs the edges: a PDM microphone, say.
    if (sck.net.linksOf(ClockSense).length > 0) return false;
    return SpiBus.on(sck.net).every((bus) => !bus.isWatched && bus.nets.mosi === mosi?.net && (bus.nets.miso === undefined || bus.nets.miso === miso?.net)
      && bus.selected().every((slave) => slave.takes(this.#format.mode)));
  }

  #step(): void {
    const { wordBits, mode } = this.#format;
    const half = this.#half++;
    if (half === 2 * wordBits) {
      this.#end(this.#tickOf(half));
      return;
    }
    if (this.#isFolded) {
      this.#exchange((half + 1) >> 1);
      this.#half = this.#nextComplete();
    } else if ((half & 1) === 0) this.#beginBit(half >> 1, mode);
    else this.#middleOfBit(half >> 1, mode);
    this.#scheduleHalf();
  }

  /** With CPHA = 0, SCK's trailing edge of the bit before. With CPHA = 1, the leading edge of this one. */
  #beginBit(k: number, mode: SpiMode): void {
    const idle = (mode & 2) !== 0;
    if ((mode & 1) === 0 && k > 0) this.#pins.sck?.drive(idle);
    this.#pins.mosi?.drive(this.#bitOf(k));
    if ((mode & 1) === 1) this.#pins.sck?.drive(!idle);
  }

  #middleOfBit(k: number, mode: SpiMode): void {
    const idle = (mode & 2) !== 0;
    this.#store(k, this.#pins.miso?.level ?? true);
    this.#pins.sck?.drive((mode & 1) === 0 ? !idle : idle);
  }

  /** The half bit in which the next device has its word, or the last of ours; or our end. */
  #nextComplete(): number {
    const { wordBits } = this.#format;
    if (this.#moved === wordBits) return 2 * wordBits;
    let bits = wordBits - this.#moved;
    for (const slave of this.#selected()) bits = Math.min(bits, slave.bitsLeft);
    return 2 * (this.#moved + bits) - 1;
  }

  /** Moves the bits before `end`. */
  #exchange(end: number): void {
    const slaves = this.#selected();
    const undriven = this.#pins.miso?.level ?? true;
    for (; this.#moved < end; this.#moved++) {
      const k = this.#moved;
      let isDriven = false;
      let bit = true;
      for (const slave of slaves) {
        if (!slave.isHeard) continue;
        isDriven = true;
        bit &&= slave.nextBit;
      }
      this.#store(k, this.#pins.miso === undefined || (isDriven ? bit : undriven));
      for (const slave of slaves) slave.sample(this.#bitOf(k));
    }
  }

  #setFolded(fold: boolean): void {
    this.#isFolded = fold;
    const { sck } = this.#pins;
    if (sck === undefined) return;
    for (const bus of SpiBus.on(sck.net)) bus.mover = fold ? this : undefined;
  }

  #end(at: RootTicks): void {
    if (!this.#isFolded) this.#idle();
    this.#isActive = false;
    this.#seam = at;
    this.onReceived?.(this.#input);
    this.#seam = undefined;
  }

  #idle(): void {
    const sck = this.#pins.sck;
    if (sck === undefined) return;
    sck.drive((this.#format.mode & 2) !== 0);
  }

  #selected(): readonly SpiSlave[] {
    const { sck } = this.#pins;
    return sck === undefined ? [] : SpiBus.on(sck.net).flatMap((bus) => bus.selected());
  }

  #bitOf(k: number): boolean {
    const position = this.#format.lsbFirst ? k : this.#format.wordBits - 1 - k;
    return ((this.#output >> position) & 1) === 1;
  }

  #store(k: number, bit: boolean): void {
    const position = this.#format.lsbFirst ? k : this.#format.wordBits - 1 - k;
    if (bit) this.#input |= 1 << position;
  }

  #scheduleHalf(): void {
    this.#scheduler.schedule(this.#event, Math.max(this.#tickOf(this.#half), this.#scheduler.now()));
  }

  #tickOf(half: number): RootTicks {
    return this.#start + ticksToBit(this.#format.bitTime, half, 2);
  }
}
