/**
 * The receiving end of a UART wire. Finds the start bit's edge and samples the middle of every bit, whoever drives the
 * pin: a transmitter, or firmware that toggles it.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import type { Pin } from './net.js';
import {
  bitsBeforeStop, levelOfBit, loadFormat, loadFrame, middleOfBit, middleOfStop, parityBit, sameFormat, saveFormat, saveFrame, wordOf,
} from './uart-frame.js';
import type { UartFormat, UartFrame } from './uart-frame.js';

export interface ReceivedFrame {
  readonly word: number;
  readonly parityError: boolean;
  /** The stop bit was low. */
  readonly framingError: boolean;
  /** A framing error with nothing but low bits. */
  readonly isBreak: boolean;
}

export interface ReceiverOptions {
  /** Takes the format of whatever transmitter is on the wire: a console that nobody has to configure. */
  readonly followsFormat?: boolean;
}

/** A link that wants to know when a receiver on its net begins to listen, or listens for another format. */
export class ReceiverWatch {
  constructor(readonly onReceiver: () => void) {}
}

type Phase = 'idle' | 'expecting' | 'sampling' | 'waiting for high';

export class UartReceiver implements Stateful {
  /** Called in the middle of the first stop bit, as silicon does. */
  onFrame: ((frame: ReceivedFrame) => void) | undefined;
  readonly #scheduler: Scheduler;
  readonly #followsFormat: boolean;
  // After the edges of the same tick, so that a sample sees the level that begins there.
  readonly #event: TimedEvent = { due: 0, priority: 1, slot: -1, age: 0, fire: () => this.#fire() };
  #format: UartFormat;
  #pin: Pin | undefined;
  #detach: (() => void)[] = [];
  #phase: Phase = 'idle';
  /** The frame being received; its levels are those sampled so far, or all of them while expecting. */
  #start: RootTicks = 0;
  #levels = 0;
  #nextBit = 0;
  #expected: UartFrame | undefined;
  #isEnabled = true;

  constructor(scheduler: Scheduler, format: UartFormat, { followsFormat = false }: ReceiverOptions = {}) {
    this.#scheduler = scheduler;
    this.#format = format;
    this.#followsFormat = followsFormat;
  }

  get isReceiving(): boolean {
    return this.#phase === 'expecting' || this.#phase === 'sampling';
  }

  get format(): UartFormat {
    return this.#format;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  /** Ends the reception of a frame that has begun in another format. */
  configure(format: UartFormat): void {
    if (sameFormat(format, this.#format)) return;
    this.#abandon();
    this.#format = format;
    this.#pin?.net.unfold();
    this.#tell();
  }

  /** Listens on a pin, or on none. */
  attach(pin: Pin | undefined): void {
    if (pin === this.#pin) return;
    this.#abandon();
    for (const detach of this.#detach) detach();
    this.#pin = pin;
    this.#detach = pin === undefined ? [] : [pin.net.join(this), pin.net.follow((level, at) => this.#edge(level, at))];
    this.#tell();
  }

  /** A disabled receiver hears nothing. */
  enable(on: boolean): void {
    if (on === this.#isEnabled) return;
    this.#isEnabled = on;
    this.#abandon();
    this.#pin?.net.unfold();
    this.#tell();
  }

  /** From a transmitter on the net: the format of what comes next. */
  announce(format: UartFormat): void {
    if (this.#followsFormat && this.#phase === 'idle') this.#format = format;
  }

  /** Whether a frame of that format may be handed over instead of being sampled. */
  canExpect(format: UartFormat): boolean {
    return !this.#isEnabled || (this.#phase === 'idle' && sameFormat(format, this.#format));
  }

  /** From a transmitter on the net: this frame is on its way. */
  expect(frame: UartFrame): void {
    if (!this.#isEnabled) return;
    this.#phase = 'expecting';
    this.#expected = frame;
    this.#start = frame.start;
    this.#scheduleAt(middleOfStop(this.#format, frame.start));
  }

  /** From a transmitter on the net: true levels follow. Samples already past are those of the frame. */
  unfold(): void {
    if (this.#phase !== 'expecting') return;
    this.#phase = 'sampling';
    this.#levels = 0;
    this.#nextBit = 0;
    while (this.#nextBit < bitsBeforeStop(this.#format) && this.#sampleTick() < this.#scheduler.now()) {
      this.#store(levelOfBit(this.#expected!, this.#nextBit));
    }
    this.#expected = undefined;
    this.#scheduleAt(this.#sampleTick());
  }

  reset(): void {
    this.#abandon();
  }

  snapshot(): Snapshot {
    return {
      format: saveFormat(this.#format), phase: this.#phase, start: this.#start, levels: this.#levels, nextBit: this.#nextBit,
      expected: saveFrame(this.#expected), isEnabled: this.#isEnabled, event: saveEvent(this.#event),
    };
  }

  restore(from: Snapshot): void {
    const { phase, start, levels, nextBit } = from;
    if (!['idle', 'expecting', 'sampling', 'waiting for high'].includes(phase as string)
      || ![start, levels, nextBit].every((n) => Number.isSafeInteger(n))) throw new Error('the snapshot is not of a UART receiver');
    this.#format = loadFormat(from['format']);
    this.#phase = phase as Phase;
    this.#start = start as number;
    this.#levels = levels as number;
    this.#nextBit = nextBit as number;
    this.#expected = loadFrame(from['expected']);
    this.#isEnabled = from['isEnabled'] === true;
    restoreEvent(this.#scheduler, this.#event, from['event']);
  }

  #edge(level: boolean, at: RootTicks): void {
    if (!this.#isEnabled) return;
    if (this.#phase === 'waiting for high' && level) this.#phase = 'idle';
    else if (this.#phase === 'idle' && !level) this.#begin(at);
  }

  #begin(at: RootTicks): void {
    this.#phase = 'sampling';
    this.#start = at;
    this.#levels = 0;
    this.#nextBit = 0;
    this.#scheduleAt(this.#sampleTick());
  }

  #fire(): void {
    if (this.#phase === 'expecting') {
      const { levels } = this.#expected!;
      this.#expected = undefined;
      this.#phase = 'idle';
      this.#deliver(levels, false);
      return;
    }
    const level = this.#pin!.level;
    if (this.#nextBit === 0 && level) {
      this.#phase = 'idle'; // A glitch: the start bit did not last to its middle.
    } else if (this.#nextBit < bitsBeforeStop(this.#format)) {
      this.#store(level);
      this.#scheduleAt(this.#sampleTick());
    } else {
      this.#phase = level ? 'idle' : 'waiting for high';
      this.#deliver(this.#levels, !level);
    }
  }

  #store(level: boolean): void {
    if (level) this.#levels |= 1 << this.#nextBit;
    this.#nextBit++;
  }

  #sampleTick(): RootTicks {
    return this.#nextBit < bitsBeforeStop(this.#format)
      ? middleOfBit(this.#format, this.#start, this.#nextBit)
      : middleOfStop(this.#format, this.#start);
  }

  #deliver(levels: number, framingError: boolean): void {
    const format = this.#format;
    const word = wordOf(format, levels);
    const parity = (levels >>> (1 + format.dataBits)) & 1;
    const parityError = format.parity !== 'none' && parity !== parityBit(format, word);
    this.onFrame?.({ word, parityError, framingError, isBreak: framingError && levels === 0 });
  }

  #tell(): void {
    if (!this.#isEnabled || this.#pin === undefined) return;
    for (const watch of this.#pin.net.linksOf(ReceiverWatch)) watch.onReceiver();
  }

  #abandon(): void {
    this.#scheduler.cancel(this.#event);
    this.#phase = 'idle';
    this.#expected = undefined;
  }

  #scheduleAt(due: RootTicks): void {
    this.#scheduler.schedule(this.#event, Math.max(due, this.#scheduler.now()));
  }
}
