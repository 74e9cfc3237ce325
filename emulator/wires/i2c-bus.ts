/**
 * An I2C bus: two nets and the targets on them, seen byte by byte. Controllers that nobody watches talk to this class
 * directly; true levels reach it through the bit-level slave in `i2c-slave.ts`.
 * Source: NXP UM10204, I2C-bus specification, Rev. 7, chapter 3.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { I2cSlave } from './i2c-slave.js';
import { Pin } from './net.js';
import type { Net } from './net.js';

/** A part on the bus. Called at the falling SCL edge after the byte's last bit, or before its first one. */
export interface I2cTarget {
  /** Its address was called, after a START or a repeated one. @returns whether it acknowledges */
  start(read: boolean): boolean;
  /** A byte for it. @returns whether it acknowledges */
  write(byte: number): boolean;
  /** The byte it sends next. */
  read(): number;
  /** STOP, once for each transaction in which it was addressed. */
  stop(): void;
  /** Root ticks for which it holds SCL low after the call above; default 0. Infinity: until it calls `I2cBus.letGo`. */
  hold?(): RootTicks;
  /** The controller wants no more of what it sends. */
  refused?(): void;
  /** A repeated START ends the transfer in which it was addressed. */
  restarted?(): void;
}

export interface I2cTargetOptions {
  /** 7-bit, or 10-bit with `tenBit`. */
  readonly address: number;
  readonly tenBit?: boolean;
  /** Listens to address 0 with the write bit as well. */
  readonly generalCall?: boolean;
}

export interface I2cBusOptions {
  /** Resistors to the supply on both nets; default true. Without, and without pulls in the chip, the bus stays low. */
  readonly pullUps?: boolean;
  /** Without pins of its own, pulls included: targets on it lend theirs. */
  readonly isBare?: boolean;
}

interface Entry extends I2cTargetOptions {
  readonly target: I2cTarget;
  readonly position: number;
  /** Whether it answers at a 7-bit address, where that changes. */
  readonly answers?: (address: number) => boolean;
}

type Phase = 'idle' | 'address' | 'second address byte' | 'write' | 'read' | 'ignored';
const PHASES: readonly string[] = ['idle', 'address', 'second address byte', 'write', 'read', 'ignored'];

/** First address byte of a 10-bit address: 11110xx and the direction. */
const TEN_BIT_PREFIX = 0b11110;

export class I2cBus implements Stateful {
  readonly sda: Net;
  readonly scl: Net;
  /** Controllers that are attached: with more than one, arbitration needs true levels. */
  controllers = 0;
  readonly #scheduler: Scheduler;
  readonly #slave: I2cSlave;
  readonly #entries: Entry[] = [];
  #phase: Phase = 'idle';
  /** Addressed and acknowledged since the last START. */
  #selected: readonly Entry[] = [];
  /** Addressed since the last STOP: those that hear of the next one. */
  #involved: readonly Entry[] = [];
  /** Fully addressed by ten bits since the last STOP: a repeated START need not send the second byte. */
  #tenBit: readonly Entry[] = [];
  #prefix = 0;
  #output = 0xff;
  #heldUntil: RootTicks = 0;
  /** A target holds SCL low, and nobody knows for how long. */
  #isHeld = false;
  #waiting: (() => void) | undefined;
  /** Made without pins: by whoever needed a bus where the board has none. */
  readonly isBare: boolean;

  constructor(scheduler: Scheduler, sda: Net, scl: Net, { pullUps = true, isBare = false }: I2cBusOptions = {}) {
    this.#scheduler = scheduler;
    this.sda = sda;
    this.scl = scl;
    this.isBare = isBare;
    const [sdaPin, sclPin] = isBare ? [] : [new Pin('I2C targets SDA', sda), new Pin('I2C targets SCL', scl)];
    if (pullUps) for (const pin of [sdaPin, sclPin]) pin?.pull('up');
    this.#slave = new I2cSlave(scheduler, this, sdaPin, sclPin);
    sda.join(this);
  }

  /** The bus on two nets, if there is one. */
  static on(sda: Net, scl: Net): I2cBus | undefined {
    return sda.linksOf(I2cBus).find((bus) => bus.scl === scl);
  }

  /** @throws RangeError for addresses out of range or already taken */
  attach(target: I2cTarget, options: I2cTargetOptions): void {
    const { address, tenBit = false } = options;
    const last = tenBit ? 0x3ff : 0x7f;
    if (!Number.isInteger(address) || address < 0 || address > last) {
      throw new RangeError(`I2C address ${address} is not within 0 to 0x${last.toString(16)}`);
    }
    if (this.#entries.some((entry) => entry.address === address && (entry.tenBit ?? false) === tenBit)) {
      throw new RangeError(`I2C address 0x${address.toString(16)} is taken on this bus`);
    }
    this.#entries.push({ ...options, target, position: this.#entries.length });
  }

  /**
   * A target whose 7-bit addresses change, a chip's own one say.
   * @param answers asked at every first byte of a transaction
   */
  attachListener(target: I2cTarget, answers: (address: number) => boolean): void {
    this.#entries.push({ address: NaN, answers, target, position: this.#entries.length });
  }

  /** The pins by which targets answer on a bus without its own: those of the last who lent some. */
  lend(sda: Pin, scl: Pin): void {
    if (this.isBare) this.#slave.usePins(sda, scl);
  }

  takeBack(sda: Pin, scl: Pin): void {
    if (this.isBare) this.#slave.dropPins(sda, scl);
  }

  /** Whether a target holds SCL low until it lets go. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /**
   * For a target whose `hold` was Infinity: SCL may rise.
   * @param output the byte that it sends after all, where it did not know in `read`
   */
  letGo(output?: number): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (output !== undefined && this.#phase === 'read') this.#output = output & 0xff;
    this.#slave.letGo();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** For the controller's short-cut: called at `letGo`. */
  whenLetGo(then: (() => void) | undefined): void {
    this.#waiting = then;
  }

  /** Whether targets send the next byte. */
  get isReading(): boolean {
    return this.#phase === 'read';
  }

  /** Between START and STOP. */
  get isBusy(): boolean {
    return this.#phase !== 'idle';
  }

  /** The byte that targets send now. */
  get output(): number {
    return this.#output;
  }

  /** Until when targets hold SCL low. */
  get heldUntil(): RootTicks {
    return this.#heldUntil;
  }

  get slave(): I2cSlave {
    return this.#slave;
  }

  startCondition(): void {
    const before = this.#selected;
    this.#phase = 'address';
    this.#selected = [];
    for (const { target } of before) target.restarted?.();
  }

  /** Eight bits have arrived. @returns whether anybody acknowledges */
  byteIn(byte: number): boolean {
    switch (this.#phase) {
      case 'address': return this.#address(byte);
      case 'second address byte': return this.#secondAddress(byte);
      case 'write': return this.#write(byte);
      default: return false;
    }
  }

  /** The ninth bit is over. While reading, `acknowledged` asks for another byte. */
  afterAcknowledge(acknowledged: boolean): void {
    if (this.#phase !== 'read') return;
    if (!acknowledged) {
      this.#phase = 'ignored';
      for (const { target } of this.#selected) target.refused?.();
      return;
    }
    this.#output = 0xff;
    for (const { target } of this.#selected) {
      this.#output &= target.read();
      this.#hold(target);
    }
  }

  stopCondition(): void {
    const involved = this.#involved;
    this.#forget();
    for (const { target } of involved) target.stop();
  }

  reset(): void {
    this.#forget();
    this.#slave.reset();
  }

  snapshot(): Snapshot {
    const positions = (entries: readonly Entry[]) => entries.map((entry) => entry.position);
    return {
      phase: this.#phase, selected: positions(this.#selected), involved: positions(this.#involved), tenBit: positions(this.#tenBit),
      prefix: this.#prefix, output: this.#output, heldUntil: this.#heldUntil, isHeld: this.#isHeld, slave: this.#slave.snapshot(),
    };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const entries = (saved: unknown) => {
      // Targets of a bare bus come back one after the other, each with the bus as it was.
      if (this.isBare && Array.isArray(saved)) return saved.flatMap((position) => this.#entries[position as number] ?? []);
      if (!Array.isArray(saved) || !saved.every((position) => this.#entries[position as number] !== undefined)) {
        throw new Error('the snapshot is of an I2C bus with other targets');
      }
      return saved.map((position) => this.#entries[position as number]);
    };
    const { phase, prefix, output, heldUntil } = from;
    if (!PHASES.includes(phase as string) || ![prefix, output, heldUntil].every((n) => Number.isSafeInteger(n))) {
      throw new Error('the snapshot is not of an I2C bus');
    }
    this.#phase = phase as Phase;
    this.#selected = entries(from['selected']);
    this.#involved = entries(from['involved']);
    this.#tenBit = entries(from['tenBit']);
    this.#prefix = prefix as number;
    this.#output = output as number;
    this.#heldUntil = heldUntil as number;
    this.#isHeld = from['isHeld'] === true;
    this.#slave.restore(from['slave'] as Snapshot);
  }

  #address(byte: number): boolean {
    const read = (byte & 1) === 1;
    if (byte >> 3 === TEN_BIT_PREFIX) return this.#firstOfTenBits((byte >> 1) & 3, read);
    const called = this.#entries.filter((entry) => entry.tenBit !== true
      && (entry.answers?.(byte >> 1) === true || entry.address === byte >> 1 || (byte === 0 && entry.generalCall === true)));
    return this.#select(called, read);
  }

  #firstOfTenBits(prefix: number, read: boolean): boolean {
    if (read) return this.#select(this.#tenBit.filter((entry) => entry.address >> 8 === prefix), true);
    this.#prefix = prefix;
    const possible = this.#entries.some((entry) => entry.tenBit === true && entry.address >> 8 === prefix);
    this.#phase = possible ? 'second address byte' : 'ignored';
    return possible;
  }

  #secondAddress(byte: number): boolean {
    this.#tenBit = this.#entries.filter((entry) => entry.tenBit === true && entry.address === ((this.#prefix << 8) | byte));
    return this.#select(this.#tenBit, false);
  }

  #select(called: readonly Entry[], read: boolean): boolean {
    this.#selected = called.filter(({ target }) => {
      const acknowledges = target.start(read);
      this.#hold(target);
      return acknowledges;
    });
    this.#involved = [...this.#involved, ...this.#selected.filter((entry) => !this.#involved.includes(entry))];
    this.#phase = this.#selected.length === 0 ? 'ignored' : read ? 'read' : 'write';
    return this.#selected.length > 0;
  }

  #write(byte: number): boolean {
    let acknowledged = false;
    for (const { target } of this.#selected) {
      if (target.write(byte)) acknowledged = true;
      this.#hold(target);
    }
    return acknowledged;
  }

  #hold(target: I2cTarget): void {
    const ticks = target.hold?.() ?? 0;
    if (ticks === Infinity) this.#isHeld = true;
    else if (ticks > 0) this.#heldUntil = Math.max(this.#heldUntil, this.#scheduler.now() + ticks);
  }

  #forget(): void {
    this.#phase = 'idle';
    this.#selected = [];
    this.#involved = [];
    this.#tenBit = [];
    this.#heldUntil = 0;
    this.#isHeld = false;
  }
}
