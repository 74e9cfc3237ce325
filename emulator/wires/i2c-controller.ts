/**
 * The controlling end of an I2C bus: START, bytes, STOP, each with its duration. Drives true levels when somebody
 * watches or when another controller is on the bus; otherwise talks to the bus byte by byte at the same ticks. It
 * decides at the start of each operation, so that a watcher who comes in the middle of a byte sees the next one.
 *
 * A bit begins as SCL falls. SDA changes a quarter later, SCL rises at the half, and stays high for another half from
 * when it really rose: a target that holds it low shifts all that follows.
 * Source: NXP UM10204 Rev. 7, 3.1.4 to 3.1.9.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import { bitTime, ticksToBit } from './bit-time.js';
import type { BitTime } from './bit-time.js';
import { I2cBus } from './i2c-bus.js';
import type { Pin } from './net.js';
import { areWhole } from './saved.js';

/** How operations end. Each may begin the next one at once. */
export interface I2cControllerEvents {
  started?(): void;
  /** @param acknowledged the ninth bit was low */
  wrote?(acknowledged: boolean): void;
  received?(byte: number): void;
  stopped?(): void;
  /** Another controller won: the pins are released and the bus is not ours. */
  arbitrationLost?(): void;
}

type Operation = 'start' | 'restart' | 'write' | 'read' | 'stop';
type Act = 'sda low' | 'sda high' | 'scl high' | 'scl low' | 'sda bit' | 'end' | 'bus start' | 'bus byte' | 'bus stop';
/** What happens how many quarter bits after the operation began. */
type Script = readonly (readonly [quarters: number, act: Act])[];

const BIT = (k: number): Script => [[4 * k + 1, 'sda bit'], [4 * k + 2, 'scl high'], [4 * k + 4, 'scl low']];
const BYTE: Script = [...Array.from({ length: 9 }, (_, k) => BIT(k)).flat(), [36, 'end']];
const IN_LEVELS: Readonly<Record<Operation, Script>> = {
  start: [[2, 'sda low'], [4, 'scl low'], [4, 'end']],
  restart: [[1, 'sda high'], [2, 'scl high'], [4, 'sda low'], [6, 'scl low'], [6, 'end']],
  write: BYTE,
  read: BYTE,
  stop: [[1, 'sda low'], [2, 'scl high'], [4, 'sda high'], [6, 'end']],
};
const FOLDED: Readonly<Record<Operation, Script>> = {
  start: [[2, 'bus start'], [4, 'end']],
  restart: [[4, 'bus start'], [6, 'end']],
  write: [[32, 'bus byte'], [36, 'end']],
  read: [[36, 'end']],
  stop: [[4, 'bus stop'], [6, 'end']],
};
/** SCL rises first in this quarter of an operation that begins with SCL low, and for the ninth bit in that one. */
const FIRST_RISE = 2;
const NINTH_RISE = 34;

export class I2cController implements Stateful {
  readonly #scheduler: Scheduler;
  readonly #events: I2cControllerEvents;
  readonly #event: TimedEvent = { due: 0, priority: 0, slot: -1, age: 0, fire: () => this.#step() };
  #bitTime: BitTime = bitTime(160);
  #sda: Pin | undefined;
  #scl: Pin | undefined;
  #unfollow: (() => void) | undefined;
  #operation: Operation | undefined;
  #isFolded = false;
  /** Tick from which the operation's quarters count. */
  #origin: RootTicks = 0;
  /** Its next step. */
  #position = 0;
  #isWaitingForScl = false;
  /** The bits to send, the ninth included: data, then ones where targets answer. */
  #output = 0;
  #input = 0;
  #bit = 0;
  #ownsBus = false;
  /** Quarter in which a target keeps SCL from rising until it lets go. */
  #heldAt: number | undefined;
  /** Where an operation begun in an event starts, even when the event came late. */
  #seam: RootTicks | undefined;

  constructor(scheduler: Scheduler, events: I2cControllerEvents) {
    this.#scheduler = scheduler;
    this.#events = events;
  }

  /** Duration of one SCL period, from the next operation on. */
  configure(time: BitTime): void {
    this.#bitTime = time;
  }

  /** Takes its two pins, or gives them up. */
  attach(sda: Pin | undefined, scl: Pin | undefined): void {
    if (sda === this.#sda && scl === this.#scl) return;
    this.abort();
    this.#count(-1);
    this.#unfollow?.();
    this.#sda = sda;
    this.#scl = scl;
    this.#follow();
  }

  /** Before a restore: like `attach`, but drives nothing, since the nets are back already. */
  adopt(sda: Pin | undefined, scl: Pin | undefined): void {
    this.#count(-1);
    this.#unfollow?.();
    this.#sda = sda;
    this.#scl = scl;
    this.#follow();
  }

  /** An operation is under way. */
  get isActive(): boolean {
    return this.#operation !== undefined;
  }

  /** Between our START and STOP. */
  get ownsBus(): boolean {
    return this.#ownsBus;
  }

  /** Somebody is between START and STOP, or holds a line low. */
  get isBusBusy(): boolean {
    return (this.#bus()?.isBusy ?? false) || (this.#sda !== undefined && !this.#sda.level) || (this.#scl !== undefined && !this.#scl.level);
  }

  /** START, or a repeated one while the bus is ours. */
  start(): void {
    this.#begin(this.#ownsBus ? 'restart' : 'start');
  }

  write(byte: number): void {
    this.#output = ((byte & 0xff) << 1) | 1;
    this.#begin('write');
  }

  /** @param acknowledge whether another byte shall follow */
  read(acknowledge: boolean): void {
    this.#output = 0x1fe | (acknowledge ? 0 : 1);
    this.#begin('read');
  }

  stop(): void {
    this.#begin('stop');
  }

  /** While a byte is read: it shall be the last one after all. Without effect once its ninth bit began. */
  refuseMore(): void {
    if (this.#operation === 'read') this.#output |= 1;
  }

  /** Drops everything at once and releases the pins: what disabling a controller does. Targets get no STOP. */
  abort(): void {
    this.#scheduler.cancel(this.#event);
    this.#operation = undefined;
    this.#isWaitingForScl = false;
    this.#ownsBus = false;
    this.#forgetHold();
    this.#scl?.openDrain(true);
    this.#sda?.openDrain(true);
  }

  reset(): void {
    this.#seam = undefined;
    this.abort();
  }

  snapshot(): Snapshot {
    return {
      bitTime: [this.#bitTime.num, this.#bitTime.den], operation: this.#operation ?? null, isFolded: this.#isFolded,
      numbers: [this.#origin, this.#position, this.#output, this.#input, this.#bit],
      isWaitingForScl: this.#isWaitingForScl, ownsBus: this.#ownsBus, heldAt: this.#heldAt ?? null, event: saveEvent(this.#event),
    };
  }

  /** After the nets and the bus. The pins stay those that are attached. */
  restore(from: Snapshot): void {
    const { bitTime: time, operation, numbers } = from;
    if (!areWhole(time, 2) || !areWhole(numbers, 5) || (operation !== null && !Object.hasOwn(FOLDED, operation as string))) {
      throw new Error('the snapshot is not of an I2C controller');
    }
    this.#bitTime = bitTime(time[0], time[1]);
    this.#operation = operation === null ? undefined : operation as Operation;
    [this.#origin, this.#position, this.#output, this.#input, this.#bit] = numbers;
    this.#isFolded = from['isFolded'] === true;
    this.#isWaitingForScl = from['isWaitingForScl'] === true;
    this.#ownsBus = from['ownsBus'] === true;
    this.#forgetHold();
    if (typeof from['heldAt'] === 'number') this.#holdFolded(from['heldAt']);
    restoreEvent(this.#scheduler, this.#event, from['event']);
  }

  #begin(operation: Operation): void {
    if (this.#operation !== undefined) {
      throw new Error(`an I2C controller was told to ${operation} while it was at ${this.#operation}`);
    }
    this.#operation = operation;
    this.#origin = this.#seam ?? this.#scheduler.now();
    this.#position = 0;
    this.#input = 0;
    this.#bit = 0;
    const fold = this.#mayFold();
    if (fold !== this.#isFolded && operation !== 'start') this.#cross(fold);
    this.#isFolded = fold;
    if (fold && operation !== 'start') this.#waitFolded(FIRST_RISE);
    this.#scheduleStep();
  }

  /** Without pins, or without a bus on them, there are no levels to drive that anybody could answer. */
  #mayFold(): boolean {
    if (this.#sda === undefined || this.#scl === undefined) return true;
    const bus = this.#bus();
    return (bus === undefined || bus.controllers === 1) && !this.#sda.net.isWatched && !this.#scl.net.isWatched;
  }

  /** Within a transaction: brings the pins to where they should be at the start of an operation. */
  #cross(fold: boolean): void {
    const slave = this.#bus()?.slave;
    const change = () => {
      this.#scl?.openDrain(fold);
      if (fold) this.#sda?.openDrain(true);
    };
    if (slave === undefined) {
      change();
      return;
    }
    if (fold) slave.leave();
    slave.silently(change);
    if (!fold) slave.enterByte();
  }

  #step(): void {
    const script = this.#script();
    const [quarters, act] = script[this.#position++];
    switch (act) {
      case 'sda low': this.#sda?.openDrain(false); break;
      case 'sda high': this.#sda?.openDrain(true); break;
      case 'sda bit': this.#sda?.openDrain(((this.#output >> (8 - this.#bit)) & 1) === 1); break;
      case 'scl low': this.#scl?.openDrain(false); break;
      case 'scl high': this.#raiseScl(); return;
      case 'bus start': this.#bus()?.startCondition(); break;
      case 'bus stop': this.#bus()?.stopCondition(); break;
      case 'bus byte': this.#foldedByte(); break;
      case 'end': this.#end(this.#tickOf(quarters)); return;
    }
    this.#scheduleStep();
  }

  #raiseScl(): void {
    this.#scl?.openDrain(true);
    if (this.#scl?.level === false) this.#isWaitingForScl = true;
    else this.#sclRose();
  }

  /** Somebody held SCL low and lets go: the high half counts from here. */
  #onScl(level: boolean): void {
    if (!level || !this.#isWaitingForScl) return;
    this.#isWaitingForScl = false;
    const [quarters] = this.#script()[this.#position - 1];
    this.#origin += Math.max(0, this.#scheduler.now() - this.#tickOf(quarters));
    this.#sclRose();
  }

  /** SCL is high, and SDA is valid. */
  #sclRose(): void {
    if (this.#operation === 'write' || this.#operation === 'read') {
      const sampled = this.#sda?.level !== false ? 1 : 0;
      const sent = (this.#output >> (8 - this.#bit)) & 1;
      const isOurs = (this.#operation === 'write') === (this.#bit < 8);
      if (isOurs && sent === 1 && sampled === 0) {
        this.#lose();
        return;
      }
      this.#input = (this.#input << 1) | sampled;
      this.#bit++;
    }
    this.#scheduleStep();
  }

  #lose(): void {
    this.abort();
    this.#events.arbitrationLost?.();
  }

  /** Eight bits are out: the targets answer, and may hold SCL before the ninth. */
  #foldedByte(): void {
    const acknowledged = this.#bus()?.byteIn((this.#output >> 1) & 0xff) ?? false;
    this.#input = (this.#output & 0x1fe) | (acknowledged ? 0 : 1);
    this.#waitFolded(NINTH_RISE);
  }

  #waitFolded(quarters: number): void {
    if (this.#bus()?.isHeld === true) {
      this.#holdFolded(quarters);
      return;
    }
    const heldUntil = this.#bus()?.heldUntil ?? 0;
    this.#origin += Math.max(0, heldUntil - this.#tickOf(quarters));
  }

  #holdFolded(quarters: number): void {
    this.#heldAt = quarters;
    this.#bus()?.whenLetGo(() => {
      this.#heldAt = undefined;
      this.#origin += Math.max(0, this.#scheduler.now() - this.#tickOf(quarters));
      this.#scheduleStep();
    });
  }

  #forgetHold(): void {
    if (this.#heldAt === undefined) return;
    this.#heldAt = undefined;
    this.#bus()?.whenLetGo(undefined);
  }

  #end(at: RootTicks): void {
    const operation = this.#operation!;
    if (this.#isFolded) this.#endFolded(operation);
    this.#operation = undefined;
    this.#ownsBus = operation !== 'stop';
    this.#seam = at;
    switch (operation) {
      case 'start': case 'restart': this.#events.started?.(); break;
      case 'write': this.#events.wrote?.((this.#input & 1) === 0); break;
      case 'read': this.#events.received?.(this.#input >> 1); break;
      case 'stop': this.#events.stopped?.(); break;
    }
    this.#seam = undefined;
  }

  #endFolded(operation: Operation): void {
    const bus = this.#bus();
    if (operation === 'read') {
      // Who does not send leaves SDA to the pull-up.
      this.#input = ((bus?.isReading === true ? bus.output : 0xff) << 1) | (this.#output & 1);
    }
    if (operation === 'read' || operation === 'write') bus?.afterAcknowledge((this.#input & 1) === 0);
  }

  #script(): Script {
    return (this.#isFolded ? FOLDED : IN_LEVELS)[this.#operation!];
  }

  #tickOf(quarters: number): RootTicks {
    return this.#origin + ticksToBit(this.#bitTime, quarters, 4);
  }

  #scheduleStep(): void {
    if (this.#heldAt !== undefined) return;
    const [quarters] = this.#script()[this.#position];
    this.#scheduler.schedule(this.#event, Math.max(this.#tickOf(quarters), this.#scheduler.now()));
  }

  #bus(): I2cBus | undefined {
    return this.#sda === undefined || this.#scl === undefined ? undefined : I2cBus.on(this.#sda.net, this.#scl.net);
  }

  #follow(): void {
    this.#unfollow = this.#scl?.net.follow((level) => this.#onScl(level));
    this.#count(1);
  }

  #count(change: 1 | -1): void {
    const bus = this.#bus();
    if (bus !== undefined) bus.controllers += change;
  }
}
