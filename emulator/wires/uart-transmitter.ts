/**
 * The sending end of a UART wire: drives its pin, or, when nobody watches the bits and all receivers on the net have
 * its format, hands them the frame. Receivers get the same words at the same ticks both ways.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import type { Pin, Shortcut } from './net.js';
import { UartReceiver } from './uart-receiver.js';
import {
  bitsBeforeStop, edgeOfBit, endOfFrame, levelAt, levelOfBit, loadFormat, loadFrame, makeFrame, saveFormat, saveFrame,
} from './uart-frame.js';
import type { UartFormat, UartFrame } from './uart-frame.js';

export class UartTransmitter implements Stateful, Shortcut {
  /** Called at the end of the last stop bit; a word sent from here follows without a gap. */
  onSent: (() => void) | undefined;
  readonly #scheduler: Scheduler;
  readonly #event: TimedEvent = { due: 0, priority: 0, slot: -1, age: 0, fire: () => this.#step() };
  #format: UartFormat;
  #pin: Pin | undefined;
  #frame: UartFrame | undefined;
  #isFolded = false;
  #isBreaking = false;
  /** Where a frame sent from `onSent` starts, even when the event came late. */
  #seam: RootTicks | undefined;

  constructor(scheduler: Scheduler, format: UartFormat) {
    this.#scheduler = scheduler;
    this.#format = format;
  }

  get isSending(): boolean {
    return this.#frame !== undefined;
  }

  /** For frames sent from now on. */
  configure(format: UartFormat): void {
    this.#format = format;
  }

  /** Takes a pin and idles it high, or gives it up. Frames are timed also without a pin; one that gets a pin shows its rest there. */
  attach(pin: Pin | undefined): void {
    if (pin === this.#pin) return;
    if (this.#isFolded) this.unfold();
    this.#pin?.release();
    this.#pin = pin;
    if (pin === undefined) return;
    pin.drive(this.#lineLevel());
    this.#scheduleNextEdge();
  }

  /** For a restore: the pin that the saved transmitter had, as the net's own snapshot left it. Follow with `restore`. */
  adopt(pin: Pin | undefined): void {
    this.#pin = pin;
    this.#isFolded = false;
  }

  /** @param word `dataBits` bits; higher ones are dropped @throws Error while a frame is being sent */
  send(word: number): void {
    if (this.#frame !== undefined) throw new Error('a UART transmitter was given a word while it was sending one');
    this.#frame = makeFrame(this.#format, word, this.#seam ?? this.#scheduler.now());
    const receivers = this.#pin?.net.linksOf(UartReceiver) ?? [];
    for (const receiver of receivers) receiver.announce(this.#format);
    if (this.#mayFold(receivers)) this.#fold(receivers, this.#frame);
    else this.#driveOn();
  }

  /** Ends the frame at once, idle high: what disabling a transmitter does. */
  abort(): void {
    if (this.#isFolded) this.unfold();
    this.#scheduler.cancel(this.#event);
    this.#frame = undefined;
    this.#pin?.drive(this.#lineLevel());
  }

  /** Holds the line low until told otherwise, over whatever is being sent. */
  setBreak(on: boolean): void {
    if (this.#isFolded) this.unfold();
    this.#isBreaking = on;
    this.#pin?.drive(this.#lineLevel());
  }

  levelAt(now: RootTicks): boolean {
    return this.#frame === undefined || levelAt(this.#frame, now);
  }

  unfold(): void {
    if (!this.#isFolded) return;
    this.#isFolded = false;
    for (const receiver of this.#pin!.net.linksOf(UartReceiver)) receiver.unfold();
    this.#pin!.drive(this.#lineLevel());
    this.#pin!.endShortcut();
    this.#scheduleNextEdge();
  }

  reset(): void {
    this.#isBreaking = false;
    this.#seam = undefined;
    this.abort();
  }

  snapshot(): Snapshot {
    return {
      format: saveFormat(this.#format), frame: saveFrame(this.#frame), event: saveEvent(this.#event),
      isFolded: this.#isFolded, isBreaking: this.#isBreaking,
    };
  }

  /** After the nets. The pin stays the one that is attached. */
  restore(from: Snapshot): void {
    this.#format = loadFormat(from['format']);
    this.#frame = loadFrame(from['frame']);
    restoreEvent(this.#scheduler, this.#event, from['event']);
    this.#isFolded = from['isFolded'] === true && this.#pin !== undefined;
    this.#isBreaking = from['isBreaking'] === true;
    if (this.#isFolded) this.#pin!.beginShortcut(this);
  }

  #mayFold(receivers: readonly UartReceiver[]): boolean {
    if (this.#pin === undefined) return false;
    return !this.#isBreaking && this.#pin.net.canShortcut(this.#pin) && receivers.every((receiver) => receiver.canExpect(this.#format));
  }

  #fold(receivers: readonly UartReceiver[], frame: UartFrame): void {
    this.#isFolded = true;
    this.#pin!.beginShortcut(this);
    for (const receiver of receivers) receiver.expect(frame);
    this.#scheduleAt(endOfFrame(frame));
  }

  #step(): void {
    const frame = this.#frame!;
    const due = this.#scheduler.now();
    if (due < endOfFrame(frame)) {
      this.#driveOn();
      return;
    }
    if (this.#isFolded) {
      this.#isFolded = false;
      this.#pin!.endShortcut();
    }
    this.#frame = undefined;
    this.#seam = endOfFrame(frame);
    this.onSent?.();
    this.#seam = undefined;
  }

  #driveOn(): void {
    this.#pin?.drive(this.#lineLevel());
    this.#scheduleNextEdge();
  }

  #lineLevel(): boolean {
    return !this.#isBreaking && this.levelAt(this.#scheduler.now());
  }

  /** The next bit whose level differs, or the end. Without a pin nobody sees the bits. */
  #scheduleNextEdge(): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    const now = this.#scheduler.now();
    const stop = bitsBeforeStop(frame.format);
    for (let k = 1; this.#pin !== undefined && k <= stop; k++) {
      const edge = edgeOfBit(frame, k);
      if (edge > now && levelOfBit(frame, k) !== levelOfBit(frame, k - 1)) {
        this.#scheduler.schedule(this.#event, edge);
        return;
      }
    }
    this.#scheduleAt(endOfFrame(frame));
  }

  #scheduleAt(due: RootTicks): void {
    this.#scheduler.schedule(this.#event, Math.max(due, this.#scheduler.now()));
  }
}
