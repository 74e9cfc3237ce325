/** The targets' side of an I2C bus in true levels: turns edges of SDA and SCL into bytes, and drives SDA and SCL back. */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { Scheduler, TimedEvent } from '../time/types.js';
import type { I2cBus } from './i2c-bus.js';
import type { Pin } from './net.js';

export class I2cSlave implements Stateful {
  readonly #scheduler: Scheduler;
  readonly #bus: I2cBus;
  #sda: Pin | undefined;
  #scl: Pin | undefined;
  readonly #letGo: TimedEvent = { due: 0, priority: 0, slot: -1, age: 0, fire: () => this.#scl?.openDrain(true) };
  /** Rising edges since the byte began: 0 to 9. */
  #bits = 0;
  #shift = 0;
  /** Whether this byte goes from the targets to the controller. */
  #isSending = false;
  /** The ninth bit, as the targets gave it or the controller. */
  #acknowledged = false;
  /** While a controller's short-cut stands for the bits, edges that it leaves behind mean nothing. */
  #isMuted = false;

  constructor(scheduler: Scheduler, bus: I2cBus, sda: Pin | undefined, scl: Pin | undefined) {
    this.#scheduler = scheduler;
    this.#bus = bus;
    this.#sda = sda;
    this.#scl = scl;
    bus.sda.follow((level) => this.#onSda(level));
    bus.scl.follow((level) => this.#onScl(level));
  }

  usePins(sda: Pin, scl: Pin): void {
    this.#sda = sda;
    this.#scl = scl;
  }

  dropPins(sda: Pin, scl: Pin): void {
    if (this.#sda !== sda || this.#scl !== scl) return;
    this.leave();
    this.#sda = undefined;
    this.#scl = undefined;
  }

  /** The target that held SCL for an unknown time lets it rise. */
  letGo(): void {
    if (this.#isSending && this.#bits === 0) this.silently(() => this.#driveBit());
    this.#scl?.openDrain(true);
  }

  /** Runs `change`, in which a controller brings its pins to where its short-cut had left the bus. */
  silently(change: () => void): void {
    this.#isMuted = true;
    change();
    this.#isMuted = false;
  }

  /** A controller goes on in true levels at the start of a byte, or with a STOP or repeated START. */
  enterByte(): void {
    this.#beginByte();
    this.silently(() => this.#holdScl());
  }

  /** A controller goes on by short-cut. */
  leave(): void {
    this.silently(() => {
      this.#scheduler.cancel(this.#letGo);
      this.#sda?.openDrain(true);
      this.#scl?.openDrain(true);
    });
  }

  reset(): void {
    this.#bits = 0;
    this.#isSending = false;
    this.leave();
  }

  snapshot(): Snapshot {
    return { bits: this.#bits, shift: this.#shift, isSending: this.#isSending, acknowledged: this.#acknowledged, letGo: saveEvent(this.#letGo) };
  }

  restore(from: Snapshot): void {
    if (!Number.isInteger(from['bits']) || !Number.isInteger(from['shift'])) throw new Error('the snapshot is not of an I2C bus');
    this.#bits = from['bits'] as number;
    this.#shift = from['shift'] as number;
    this.#isSending = from['isSending'] === true;
    this.#acknowledged = from['acknowledged'] === true;
    restoreEvent(this.#scheduler, this.#letGo, from['letGo']);
  }

  /** SDA moves while SCL is high only in START and STOP. */
  #onSda(level: boolean): void {
    if (this.#isMuted || !this.#bus.scl.level) return;
    this.#bits = 0;
    this.#shift = 0;
    this.#isSending = false;
    this.#sda?.openDrain(true);
    if (level) this.#bus.stopCondition();
    else this.#bus.startCondition();
  }

  #onScl(level: boolean): void {
    if (this.#isMuted || !this.#bus.isBusy) return;
    if (level) this.#sample();
    else this.#shiftOut();
  }

  #sample(): void {
    const bit = this.#bus.sda.level;
    if (this.#bits < 8) this.#shift = (this.#shift << 1) | Number(bit);
    else if (this.#isSending) this.#acknowledged = !bit;
    this.#bits++;
  }

  #shiftOut(): void {
    if (this.#bits === 8) this.#ninthBit();
    else if (this.#bits === 9) {
      this.#bus.afterAcknowledge(this.#acknowledged);
      this.#beginByte();
      this.#holdScl();
    } else if (this.#isSending) this.#driveBit();
  }

  #ninthBit(): void {
    if (this.#isSending) {
      this.#sda?.openDrain(true);
      return;
    }
    this.#acknowledged = this.#bus.byteIn(this.#shift & 0xff);
    this.#sda?.openDrain(!this.#acknowledged);
    this.#holdScl();
  }

  #beginByte(): void {
    this.#bits = 0;
    this.#shift = 0;
    this.#isSending = this.#bus.isReading;
    if (this.#isSending) this.#driveBit();
    else this.#sda?.openDrain(true);
  }

  #driveBit(): void {
    this.#sda?.openDrain(((this.#bus.output >> (7 - this.#bits)) & 1) === 1);
  }

  #holdScl(): void {
    if (this.#bus.isHeld) {
      this.#scheduler.cancel(this.#letGo);
      this.#scl?.openDrain(false);
      return;
    }
    if (this.#bus.heldUntil <= this.#scheduler.now()) return;
    this.#scl?.openDrain(false);
    this.#scheduler.schedule(this.#letGo, this.#bus.heldUntil);
  }
}
