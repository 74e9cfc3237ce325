/**
 * A console on two pins of the board: a UART of the host's at the other end of the firmware's wires, as the USB bridge of
 * a development board is. It needs no configuration: it hears whatever format the firmware's transmitter has, and sends in
 * the one that the firmware's receiver listens for.
 */
import type { ChipPin, Console } from '../boards/index.js';
import type { Snapshot, SnapshotValue, Stateful, Warnings } from '../bus/types.js';
import { numberFrom, partFrom, type SerialPort } from '../peripherals/index.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { Scheduler } from '../time/types.js';
import { Pin, type Net } from '../wires/net.js';
import { sameFormat, uart8N1, type UartFormat } from '../wires/uart-frame.js';
import { ReceiverWatch, UartReceiver } from '../wires/uart-receiver.js';
import { UartTransmitter } from '../wires/uart-transmitter.js';

/** For firmware that toggles its pins itself, until it is known better. */
const DEFAULT_BAUD = 115_200;
/** Start-up code opens a port at one rate and soon changes it: so long must a format last before the host trusts it. */
const SETTLING_SECONDS = 0.02;

/** Pins by what the firmware does with them: `tx` is the one it sends on, `cts` the one on which it asks whether it may. */
export interface PinSerialNets {
  readonly tx: Net;
  readonly rx?: Net | undefined;
  readonly rts?: Net | undefined;
  readonly cts?: Net | undefined;
}

/** The consoles of a board that hang on pins. A console that is a block's own port is none of these. */
export function pinSerials(consoles: readonly Console[], pins: { netOf(block: string, index: number): Net | undefined }, scheduler: Scheduler, warnings: Warnings): PinSerial[] {
  const netOf = (pin: ChipPin | undefined): Net | undefined => pin && pins.netOf(pin.of, pin.index);
  return consoles.flatMap((console) => ('uart' in console ? [] : [
    new PinSerial(console.name, { tx: netOf(console.tx)!, rx: netOf(console.rx), rts: netOf(console.rts), cts: netOf(console.cts) }, scheduler, warnings),
  ]));
}

export class PinSerial implements SerialPort, Stateful {
  onByte: ((byte: number) => void) | undefined;
  private readonly transmitter: UartTransmitter;
  private readonly receiver: UartReceiver;
  private readonly cts: Pin | undefined;
  /** The host's transmitter drives it from its first byte on; until then it rests high by a resistor, since boards have other uses for such pins. */
  private readonly output: Pin | undefined;
  private drives = false;
  /** Host bytes; those before `sent` have gone. */
  private queue: Uint8Array = new Uint8Array(0);
  private sent = 0;
  private hasHeard = false;
  /** The format that the host sends in, and the one that has to last before that changes. */
  private settled: UartFormat | undefined;
  private settling: UartFormat | undefined;
  private readonly hasSettled = timedEvent(() => {
    this.settled = this.settling;
    this.sendNext();
  });

  constructor(readonly name: string, private readonly nets: PinSerialNets, private readonly scheduler: Scheduler, private readonly warnings: Warnings) {
    const format = uart8N1(DEFAULT_BAUD, scheduler.rootHz);
    this.receiver = new UartReceiver(scheduler, format, { followsFormat: true });
    this.receiver.attach(new Pin(`${name} host rx`, nets.tx));
    // A pin that firmware holds low while it starts is a break: no byte, and no mistake.
    this.receiver.onFrame = ({ word, framingError, isBreak }) => { if (!isBreak) this.heard(word, framingError); };
    this.transmitter = new UartTransmitter(scheduler, format);
    this.transmitter.onSent = () => this.sendNext();
    if (nets.rx) {
      this.output = new Pin(`${name} host tx`, nets.rx);
      this.output.pull('up');
      nets.rx.join(new ReceiverWatch(() => this.receiverChanged()));
    }
    nets.rts?.follow(() => this.sendNext());
    this.cts = nets.cts && new Pin(`${name} host rts`, nets.cts);
    this.cts?.drive(false);
  }

  get pending(): number {
    return this.queue.length - this.sent;
  }

  write(bytes: Uint8Array): void {
    if (!this.nets.rx) {
      this.warnings.warn(`${this.name} rx`, `console ${this.name}: the board names no rx pin, so input reaches nobody`);
      return;
    }
    const rest = this.queue.subarray(this.sent);
    const joined = new Uint8Array(rest.length + bytes.length);
    joined.set(rest);
    joined.set(bytes, rest.length);
    this.queue = joined;
    this.sent = 0;
    this.sendNext();
  }

  /** A frame that has not ended on the wire when everything stops is lost, as on a board that loses power. */
  flush(): void {}

  /** The host's side stays as it is while a chip resets itself; at power-on everything begins anew. */
  reset(): void {
    this.transmitter.reset();
    this.leaveLine();
    this.receiver.reset();
    this.queue = new Uint8Array(0);
    this.sent = 0;
    this.hasHeard = false;
    this.settled = this.settling = undefined;
    this.scheduler.cancel(this.hasSettled);
  }

  snapshot(): Snapshot {
    return {
      transmitter: this.transmitter.snapshot(), drives: this.drives ? 1 : 0, receiver: this.receiver.snapshot(),
      queue: this.queue.slice(this.sent), hasHeard: this.hasHeard ? 1 : 0,
      settled: saveFormat(this.settled), settling: saveFormat(this.settling), hasSettled: saveEvent(this.hasSettled),
    };
  }

  restore(from: Snapshot): void {
    const { queue } = from;
    if (!(queue instanceof Uint8Array)) throw new Error(`console ${this.name}: the snapshot has no bytes "queue"; restore one taken on the same board`);
    this.drives = numberFrom(from, 'drives', this.name) !== 0;
    this.transmitter.adopt(this.drives ? this.output : undefined);
    this.transmitter.restore(partFrom(from, 'transmitter', this.name));
    this.receiver.restore(partFrom(from, 'receiver', this.name));
    this.queue = queue.slice();
    this.sent = 0;
    this.hasHeard = numberFrom(from, 'hasHeard', this.name) !== 0;
    this.settled = restoreFormat(from['settled']);
    this.settling = restoreFormat(from['settling']);
    restoreEvent(this.scheduler, this.hasSettled, from['hasSettled']);
  }

  private heard(word: number, isBad: boolean): void {
    if (isBad) {
      this.warnings.warn(`${this.name} framing`, `console ${this.name}: a frame without a stop bit on ${this.nets.tx.name}; is something else than a UART driving the pin?`);
      return;
    }
    this.hasHeard = true;
    this.onByte?.(word & 0xff);
    this.sendNext();
  }

  private sendNext(): void {
    if (this.pending === 0 || this.transmitter.isSending || this.nets.rts?.level === true) return;
    const format = this.formatToSend();
    if (format === undefined || !this.isSettled(format)) return;
    this.transmitter.configure(format);
    this.takeLine();
    this.transmitter.send(this.queue[this.sent++]);
    if (this.pending === 0) this.queue = new Uint8Array(this.sent = 0);
  }

  private takeLine(): void {
    if (this.drives) return;
    this.drives = true;
    this.transmitter.attach(this.output);
  }

  private leaveLine(): void {
    this.drives = false;
    this.transmitter.attach(undefined);
    this.output?.pull('up');
  }

  /** The format's time begins when the firmware chooses it, whether the host has anything to say or not. */
  private receiverChanged(): void {
    const format = this.formatToSend();
    if (format !== undefined) this.isSettled(format);
    this.sendNext();
  }

  private isSettled(format: UartFormat): boolean {
    if (this.settled !== undefined && sameFormat(format, this.settled)) return true;
    if (this.settling === undefined || this.hasSettled.slot < 0 || !sameFormat(format, this.settling)) {
      this.settling = format;
      this.scheduler.schedule(this.hasSettled, this.scheduler.now() + Math.ceil(this.scheduler.rootHz * SETTLING_SECONDS));
    }
    return false;
  }

  /** That of the firmware's receiver. Without one, firmware that has sent reads its pin itself; else it is not there yet. */
  private formatToSend(): UartFormat | undefined {
    const receivers = this.nets.rx!.linksOf(UartReceiver);
    if (receivers.length === 0) return this.hasHeard ? this.receiver.format : undefined;
    return receivers.find(({ isEnabled }) => isEnabled)?.format;
  }
}

const saveFormat = (format: UartFormat | undefined): SnapshotValue => (format === undefined ? null : { ...format, bitTime: { ...format.bitTime } });

function restoreFormat(saved: SnapshotValue | undefined): UartFormat | undefined {
  return saved === null || typeof saved !== 'object' ? undefined : (saved as unknown as UartFormat);
}
