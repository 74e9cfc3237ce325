/**
 * A USB host at full speed with one port: frames, enumeration, and a terminal on the first serial port (CDC-ACM) that a device
 * has. Sources: USB 2.0, chapters 5, 7.1.7, 8, 9; CDC 1.2; PSTN 1.2. Other functions are enumerated and named, not used. Bytes
 * from the terminal wait until the device takes them. A NAKed endpoint is asked again when the device has something new, and
 * at every frame: between those a real host's questions would get the same answer.
 */
import type { Snapshot, SnapshotValue, Stateful, Warnings } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { clearHalt, DEVICE_ADDRESS, Enumeration, remoteWakeUp } from './usb-enumeration.js';
import { ControlTransfer, Pipe } from './usb-pipes.js';
import {
  bytesFrom, flagFrom, FRAME_NUMBERS, FRAMES_PER_SECOND, FULL_SPEED_HZ, REFUSED_BYTES, SOF_BYTES, TRANSACTION_BYTES, wholeFrom,
  type DataPacket, type SetupRequest, type UsbDevice, type UsbHostPort,
} from './usb.js';

/** Milliseconds. Connect debounce and idle before suspend: 7.1.7.3, 7.1.7.6; reset by a root port, recovery: 7.1.7.5; resume: 7.1.7.7. */
const MS = { idle: 3, debounce: 97, reset: 50, recovery: 10, addressRecovery: 2, resume: 20 } as const;
const MOST_ATTEMPTS = 3;
const LONGEST_QUEUE = 16 * 1024 * 1024;
const LARGEST_WASTE = 65536;
const MOST_ERRANDS = 64;
const PIPES = ['notification', 'bulkIn', 'bulkOut'] as const;
type PipeName = (typeof PIPES)[number];

/**
 * `idle`: attached, silent, not yet suspended; `debounce`: being looked at; then `reset`, `recovery`, `active`; `quiet`: a bus that
 * is about to be suspended; `failed`: no further attempts.
 */
const PHASES = ['detached', 'idle', 'debounce', 'reset', 'recovery', 'active', 'quiet', 'suspended', 'resuming', 'failed'] as const;
export type UsbPhase = (typeof PHASES)[number];

/** A transaction whose packets are on the wire. */
interface Transaction {
  readonly on: 'control' | PipeName;
  /** What an IN token was answered with, or what SETUP and OUT carry. */
  readonly packet: DataPacket;
  readonly token: 'setup' | 'in' | 'out';
}

/** What the host knows of its device. */
export interface UsbDeviceView {
  readonly vendor: number;
  readonly product: number;
  readonly manufacturerName: string;
  readonly productName: string;
  readonly serialNumber: string;
  readonly hasSerialPort: boolean;
}

export class UsbHost implements UsbHostPort, Stateful {
  /** A byte that the device has sent to the terminal. */
  onByte: ((byte: number) => void) | undefined;
  /** Whether VBUS is supplied has changed: a cable with a host at its end was plugged or unplugged. */
  onSupply: ((isPresent: boolean) => void) | undefined;
  private device: UsbDevice | undefined;
  private plugged = true;
  private isPulledUp = false;
  private phase: UsbPhase = 'detached';
  private attempts = 0;
  private address = 0;
  private enumeration = new Enumeration();
  private control: ControlTransfer | undefined;
  private errands: SetupRequest[] = [];
  private isEnding = false;
  private readonly pipes = new Map<PipeName, Pipe>();
  private lastPipe = 0;
  private queue: number[] = [];
  private queueStart = 0;
  /** The latest OUT packet was full: an empty one ends the transfer (5.8.3), as Windows' driver sends it. */
  private owesEmptyPacket = false;
  private onWire: Transaction | undefined;
  private busyUntil: RootTicks = 0;
  private frameOrigin: RootTicks = 0;
  private frame = 0;
  private readonly phaseEvent = timedEvent(() => this.phaseEnds());
  private readonly frameEvent = timedEvent(() => this.beginFrame());
  private readonly busEvent = timedEvent(() => this.goOn());

  constructor(private readonly scheduler: Scheduler, private readonly warnings: Warnings, private readonly name: string) {}

  connect(device: UsbDevice): void { this.device = device; }

  get isPlugged(): boolean { return this.plugged; }
  get state(): UsbPhase { return this.phase; }
  /** Enumerated, configured, and its terminal open where it has one. */
  get isConfigured(): boolean { return this.phase === 'active' && this.enumeration.isDone; }
  get pending(): number { return this.queue.length - this.queueStart; }

  get view(): UsbDeviceView | undefined {
    const { device, texts, serial } = this.enumeration;
    if (!device) return undefined;
    return {
      vendor: device.vendor, product: device.product, manufacturerName: texts[0], productName: texts[1], serialNumber: texts[2],
      hasSerialPort: serial !== undefined,
    };
  }

  // -- What people do.

  plug(): void {
    if (this.plugged) return;
    this.plugged = true;
    this.onSupply?.(true);
    this.look();
  }

  unplug(): void {
    if (!this.plugged) return;
    this.plugged = false;
    this.detach();
    this.onSupply?.(false);
  }

  /** Stops frames once all requests are answered; the device notices after 3 ms. Only a configured device is suspended. */
  suspend(): void {
    if (!this.isConfigured || this.isEnding) return;
    this.isEnding = true;
    if (this.enumeration.canWakeUp) this.errand(remoteWakeUp(true));
    this.pump();
  }

  resume(): void {
    if (this.phase !== 'suspended') return;
    this.device?.resume();
    this.enter('resuming', MS.resume);
  }

  /** @throws RangeError when too many bytes wait */
  write(bytes: Uint8Array): void {
    if (this.pending + bytes.length > LONGEST_QUEUE) throw new RangeError(`${this.name}: more than ${LONGEST_QUEUE} bytes wait for the firmware; send slower`);
    for (const byte of bytes) this.queue.push(byte);
    this.pump();
  }

  /** Gives the terminal what the device holds ready, at once: for a machine that stops for good. */
  flush(): void {
    if (this.onWire?.on === 'bulkIn') this.finish();
    const pipe = this.pipes.get('bulkIn');
    if (!pipe || !this.device || this.phase !== 'active') return;
    const answer = this.device.in(this.address, pipe.number);
    if (typeof answer !== 'string') this.takeBulk(pipe, answer);
  }

  // -- What the device does.

  attach(isPulledUp: boolean): void {
    if (isPulledUp === this.isPulledUp) return;
    this.isPulledUp = isPulledUp;
    this.look();
  }

  ready(): void {
    for (const pipe of this.pipes.values()) pipe.isWaiting = false;
    if (this.control) this.control.isWaiting = false;
    this.pump();
  }

  wakeUp(): void {
    if (this.phase === 'suspended') this.enter('resuming', MS.resume);
  }

  // -- Phases.

  private look(): void {
    if (!this.plugged || !this.isPulledUp) this.detach();
    else if (this.phase === 'detached') {
      this.attempts = 0;
      this.enter('idle', MS.idle);
    }
  }

  private detach(): void {
    this.stopFrames();
    this.scheduler.cancel(this.phaseEvent);
    this.phase = 'detached';
    this.forget();
  }

  /** Nothing is known of the device but what lies in the terminal's queue. */
  private forget(): void {
    this.address = 0;
    this.enumeration = new Enumeration();
    this.control = undefined;
    this.errands = [];
    this.isEnding = false;
    this.pipes.clear();
    this.owesEmptyPacket = false;
  }

  private enter(phase: UsbPhase, milliseconds = 0): void {
    this.phase = phase;
    if (milliseconds > 0) this.scheduler.schedule(this.phaseEvent, this.scheduler.now() + this.ticksOf(milliseconds));
  }

  private phaseEnds(): void {
    switch (this.phase) {
      case 'idle': this.enter('debounce', MS.debounce); this.device?.suspend(); return;
      case 'debounce': this.resetPort(); return;
      case 'reset': this.enter('recovery', MS.recovery); this.beginFrames(); return;
      case 'recovery': this.enter('active'); this.pump(); return;
      case 'quiet': this.enter('suspended'); this.device?.suspend(); return;
      case 'resuming': this.resumeFrames(); return;
      default:
    }
  }

  private resetPort(): void {
    this.stopFrames();
    this.address = 0;
    this.control = undefined;
    this.enter('reset', MS.reset);
    this.device?.busReset();
  }

  private resumeFrames(): void {
    this.enter('active');
    if (this.enumeration.canWakeUp) this.errand(remoteWakeUp(false));
    this.beginFrames();
  }

  private fail(what: string): void {
    this.control = undefined;
    if (++this.attempts < MOST_ATTEMPTS) {
      this.forget();
      this.resetPort();
      return;
    }
    this.stopFrames();
    this.forget();
    this.phase = 'failed';
    this.warnings.warn(`${this.name}.host`, `${this.name}: the USB host gives up after ${MOST_ATTEMPTS} attempts: the device does not answer ${what} as USB 2.0, chapter 9 asks; look at its descriptors and at its handling of endpoint 0`);
  }

  // -- Frames.

  private ticksOf(milliseconds: number): number { return Math.round((milliseconds * this.scheduler.rootHz) / 1000); }
  private ticksOfBytes(bytes: number): number { return Math.ceil((bytes * 8 * this.scheduler.rootHz) / FULL_SPEED_HZ); }
  private frameStart(n: number): RootTicks { return this.frameOrigin + Math.round((n * this.scheduler.rootHz) / FRAMES_PER_SECOND); }

  private beginFrames(): void {
    this.frameOrigin = this.scheduler.now();
    this.frame = 0;
    this.beginFrame();
  }

  private stopFrames(): void {
    this.scheduler.cancel(this.frameEvent);
    this.scheduler.cancel(this.busEvent);
    this.onWire = undefined;
  }

  private beginFrame(): void {
    const start = this.frameStart(this.frame);
    this.device?.startOfFrame(this.frame % FRAME_NUMBERS);
    if (!this.hasFrames) return; // firmware's answer to SOF was to leave the bus
    this.frame++;
    this.scheduler.schedule(this.frameEvent, this.frameStart(this.frame));
    this.busyUntil = start + this.ticksOfBytes(SOF_BYTES);
    for (const pipe of this.pipes.values()) pipe.isWaiting = false;
    const notification = this.pipes.get('notification');
    if (notification && notification.framesToPoll > 0) notification.framesToPoll--;
    if (this.control?.age() === true) this.controlEnds(undefined, false);
    this.pump();
  }

  private get hasFrames(): boolean { return this.phase === 'recovery' || this.phase === 'active'; }

  // -- Transactions.

  /** Something may have to be transferred: where the bus is free, the next transaction begins. */
  private pump(): void {
    if (this.phase !== 'active' || this.onWire || this.busEvent.slot >= 0) return;
    this.scheduler.schedule(this.busEvent, Math.max(this.busyUntil, this.scheduler.now()));
  }

  private goOn(): void {
    if (this.onWire) this.finish();
    while (this.phase === 'active' && !this.onWire && this.begin());
    if (this.onWire) this.scheduler.schedule(this.busEvent, this.busyUntil);
  }

  /** @returns whether another transaction may begin right away */
  private begin(): boolean {
    if (this.busyUntil < this.scheduler.now()) this.busyUntil = this.scheduler.now();
    this.chooseControl();
    if (this.phase !== 'active') return false;
    if (this.control && !this.control.isWaiting) return this.beginControl(this.control);
    for (let n = 1; n <= PIPES.length; n++) {
      const turn = (this.lastPipe + n) % PIPES.length;
      const pipe = this.pipes.get(PIPES[turn]);
      if (!pipe?.canGo || !this.isDue(PIPES[turn], pipe)) continue;
      this.lastPipe = turn;
      return PIPES[turn] === 'bulkOut' ? this.beginBulkOut(pipe) : this.beginIn(PIPES[turn], pipe);
    }
    return false;
  }

  private isDue(name: PipeName, pipe: Pipe): boolean {
    if (name === 'bulkOut') return this.pending > 0 || this.owesEmptyPacket;
    return name === 'bulkIn' || pipe.framesToPoll === 0;
  }

  private fits(bytes: number): boolean {
    return this.busyUntil + this.ticksOfBytes(bytes) <= this.frameStart(this.frame);
  }

  private put(transaction: Transaction): boolean {
    this.onWire = transaction;
    this.busyUntil += this.ticksOfBytes(TRANSACTION_BYTES + transaction.packet.bytes.length);
    return false;
  }

  private beginControl(transfer: ControlTransfer): boolean {
    const { token } = transfer;
    const packet: DataPacket = token === 'setup' ? { toggle: 0, bytes: transfer.setup } : transfer.packet;
    if (!this.fits(TRANSACTION_BYTES + (token === 'in' ? this.enumeration.maxPacket0 : packet.bytes.length))) return false;
    if (token !== 'in') return this.put({ on: 'control', token, packet });
    const answer = this.device?.in(transfer.address, 0) ?? 'none';
    if (typeof answer !== 'string') return this.put({ on: 'control', token, packet: answer });
    this.busyUntil += this.ticksOfBytes(REFUSED_BYTES);
    this.controlRefused(transfer, answer);
    return true;
  }

  private beginBulkOut(pipe: Pipe): boolean {
    const bytes = Uint8Array.from(this.queue.slice(this.queueStart, this.queueStart + pipe.endpoint.maxPacket));
    if (!this.fits(TRANSACTION_BYTES + bytes.length)) return false;
    return this.put({ on: 'bulkOut', token: 'out', packet: { toggle: pipe.toggle, bytes } });
  }

  private beginIn(on: PipeName, pipe: Pipe): boolean {
    if (!this.fits(TRANSACTION_BYTES + pipe.endpoint.maxPacket)) return false;
    const answer = this.device?.in(this.address, pipe.number) ?? 'none';
    if (typeof answer !== 'string') return this.put({ on, token: 'in', packet: answer });
    this.busyUntil += this.ticksOfBytes(REFUSED_BYTES);
    if (on === 'notification') pipe.framesToPoll = pipe.endpoint.interval;
    this.refused(pipe, answer);
    return true;
  }

  /** The packets are through. */
  private finish(): void {
    const transaction = this.onWire;
    this.onWire = undefined;
    if (!transaction) return;
    const { on, token, packet } = transaction;
    if (on === 'control') this.finishControl(token, packet);
    else {
      const pipe = this.pipes.get(on);
      if (!pipe) return;
      if (on === 'bulkIn') this.takeBulk(pipe, packet);
      else if (on === 'notification') this.takeNotification(pipe, packet);
      else this.finishBulkOut(pipe, packet);
    }
  }

  private takeNotification(pipe: Pipe, { toggle }: DataPacket): void {
    this.device?.taken(pipe.number);
    if (toggle === pipe.toggle) pipe.succeed(); // SERIAL_STATE (PSTN 1.2, 6.5.4): a terminal has no use for it
    pipe.framesToPoll = pipe.endpoint.interval;
  }

  private takeBulk(pipe: Pipe, { toggle, bytes }: DataPacket): void {
    this.device?.taken(pipe.number);
    if (toggle !== pipe.toggle) return; // one sent again: acknowledged and dropped (8.6.4)
    pipe.succeed();
    for (const byte of bytes) this.onByte?.(byte);
  }

  private finishBulkOut(pipe: Pipe, packet: DataPacket): void {
    const answer = this.device?.out(this.address, pipe.number, packet) ?? 'none';
    if (answer !== 'ack') {
      this.refused(pipe, answer);
      return;
    }
    pipe.succeed();
    this.queueStart += packet.bytes.length;
    this.owesEmptyPacket = this.pending === 0 && packet.bytes.length === pipe.endpoint.maxPacket;
    if (this.queueStart === this.queue.length) {
      this.queue = [];
      this.queueStart = 0;
    } else if (this.queueStart >= LARGEST_WASTE) {
      this.queue.splice(0, this.queueStart);
      this.queueStart = 0;
    }
  }

  private refused(pipe: Pipe, answer: 'nak' | 'stall' | 'none'): void {
    pipe.isWaiting = true;
    if (answer === 'none') pipe.errors++;
    if (answer === 'stall') {
      pipe.halt();
      if (!pipe.isGivenUp) this.errand(clearHalt(pipe.endpoint.address));
    }
    if (pipe.isGivenUp) {
      this.warnings.warn(`${this.name}.endpoint`, `${this.name}: the USB host uses endpoint 0x${pipe.endpoint.address.toString(16).padStart(2, '0')} no longer: ${answer === 'stall' ? 'it stalls again and again' : 'it does not answer; is it enabled?'}`);
    }
  }

  // -- Control transfers.

  private errand(request: SetupRequest): void {
    if (this.errands.length < MOST_ERRANDS) this.errands.push(request);
  }

  /** The next request: enumeration's, then errands, then the end before a suspend. */
  private chooseControl(): void {
    if (this.control) return;
    const { address } = this;
    const maxPacket = this.enumeration.maxPacket0;
    const question = this.enumeration.next();
    if (question) {
      this.control = ControlTransfer.of(question.setup, question.data, { address, maxPacket });
      return;
    }
    if (this.errands.length > 0) this.control = ControlTransfer.of(this.errands[0], new Uint8Array(), { address, maxPacket });
    else if (this.isEnding) this.endFrames();
  }

  private endFrames(): void {
    this.isEnding = false;
    this.stopFrames();
    this.enter('quiet', MS.idle);
  }

  private finishControl(token: 'setup' | 'in' | 'out', packet: DataPacket): void {
    const { control: transfer, device } = this;
    if (!transfer || !device) return;
    if (token === 'in') {
      device.taken(0);
      if (transfer.take(packet)) this.controlEnds(transfer.answer, true);
      return;
    }
    const answer = token === 'setup' ? (device.setup(transfer.address, packet.bytes) ? 'ack' : 'none') : device.out(transfer.address, 0, packet);
    if (this.control !== transfer) return; // the device has left the bus meanwhile
    if (answer !== 'ack') this.controlRefused(transfer, answer);
    else if (transfer.acknowledged()) this.controlEnds(transfer.answer, true);
  }

  private controlRefused(transfer: ControlTransfer, answer: 'nak' | 'stall' | 'none'): void {
    transfer.isWaiting = true;
    if (answer === 'stall') this.controlEnds(undefined, true);
    else if (answer === 'none' && transfer.failed()) this.controlEnds(undefined, false);
  }

  /** @param answer undefined where the device refused or was silent, which a stall is not (`isAlive`) */
  private controlEnds(answer: Uint8Array | undefined, isAlive: boolean): void {
    this.control = undefined;
    if (this.enumeration.isDone) {
      this.errandEnds();
      return;
    }
    const { name = '' } = this.enumeration.next() ?? {};
    const what = isAlive ? this.enumeration.answer(answer) : 'failed';
    if (what === 'failed') this.fail(name);
    else if (what === 'reset') this.resetPort();
    else if (what === 'address') {
      this.address = DEVICE_ADDRESS;
      this.enter('recovery', MS.addressRecovery);
    } else if (this.enumeration.next() === undefined) this.open();
  }

  private errandEnds(): void {
    const done = this.errands.shift();
    if (done?.bmRequestType !== 0x02) return;
    for (const pipe of this.pipes.values()) if (pipe.endpoint.address === done.wIndex) pipe.clearHalt();
  }

  /** The device is configured: its pipes are opened, what nobody uses is named. */
  private open(): void {
    const { serial, others } = this.enumeration;
    if (serial) {
      this.pipes.set('bulkIn', new Pipe(serial.bulkIn));
      this.pipes.set('bulkOut', new Pipe(serial.bulkOut));
      if (serial.notification) this.pipes.set('notification', new Pipe(serial.notification));
    }
    if (others.length > 0) {
      this.warnings.warn(`${this.name}.classes`, `${this.name}: the USB device also is ${others.join(', ')}: enumerated, but the emulated host has no driver for it`);
    }
  }

  // -- State.

  /** The chip was reset, and with it the pull-up; the cable stays, and so does what the terminal's user has typed. */
  reset(): void {
    this.isPulledUp = false;
    this.detach();
    this.lastPipe = 0;
    this.busyUntil = 0;
  }

  snapshot(): Snapshot {
    const { plugged, isPulledUp, phase, attempts, address, enumeration, control, errands, isEnding, lastPipe, owesEmptyPacket, onWire, busyUntil, frameOrigin, frame } = this;
    const bit = (claim: boolean): number => (claim ? 1 : 0);
    return {
      plugged: bit(plugged), isPulledUp: bit(isPulledUp), phase: PHASES.indexOf(phase), attempts, address, enumeration: enumeration.snapshot(),
      control: control?.snapshot() ?? null, errands: errands.map((one) => ({ ...one })), isEnding: bit(isEnding),
      pipes: Object.fromEntries([...this.pipes].map(([name, pipe]) => [name, pipe.snapshot()])), lastPipe,
      queue: this.queue.slice(this.queueStart), owesEmptyPacket: bit(owesEmptyPacket),
      onWire: onWire ? { on: onWire.on, token: onWire.token, toggle: onWire.packet.toggle, bytes: [...onWire.packet.bytes] } : null,
      busyUntil, frameOrigin, frame,
      phaseEvent: saveEvent(this.phaseEvent), frameEvent: saveEvent(this.frameEvent), busEvent: saveEvent(this.busEvent),
    };
  }

  restore(from: Snapshot): void {
    const part = `${this.name}: USB host`;
    const whole = (key: string, most = Number.MAX_SAFE_INTEGER): number => wholeFrom(from, key, part, 0, most);
    this.plugged = flagFrom(from, 'plugged', part);
    this.isPulledUp = flagFrom(from, 'isPulledUp', part);
    this.phase = PHASES[whole('phase', PHASES.length - 1)];
    this.attempts = whole('attempts', MOST_ATTEMPTS);
    this.address = whole('address', 127);
    this.enumeration = new Enumeration();
    this.enumeration.restore(recordFrom(from['enumeration'], part));
    this.control = from['control'] === null ? undefined : ControlTransfer.restored(recordFrom(from['control'], part));
    this.errands = errandsFrom(from['errands'], part);
    this.isEnding = flagFrom(from, 'isEnding', part);
    this.lastPipe = whole('lastPipe', PIPES.length - 1);
    this.queue = [...bytesFrom(from, 'queue', part, LONGEST_QUEUE)];
    this.queueStart = 0;
    this.owesEmptyPacket = flagFrom(from, 'owesEmptyPacket', part);
    this.busyUntil = whole('busyUntil');
    this.frameOrigin = whole('frameOrigin');
    this.frame = whole('frame');
    this.restorePipes(recordFrom(from['pipes'], part));
    this.onWire = from['onWire'] === null ? undefined : transactionFrom(recordFrom(from['onWire'], part), part);
    restoreEvent(this.scheduler, this.phaseEvent, from['phaseEvent']);
    restoreEvent(this.scheduler, this.frameEvent, from['frameEvent']);
    restoreEvent(this.scheduler, this.busEvent, from['busEvent']);
  }

  private restorePipes(saved: Snapshot): void {
    this.pipes.clear();
    if (Object.keys(saved).length > 0) this.open();
    for (const [name, pipe] of this.pipes) pipe.restore(recordFrom(saved[name], this.name));
  }
}

function recordFrom(value: SnapshotValue | undefined, part: string): Snapshot {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new Error(`${part}: the snapshot lacks a part; restore one taken from the same model`);
  }
  return value as Snapshot;
}

function errandsFrom(value: SnapshotValue | undefined, part: string): SetupRequest[] {
  if (!Array.isArray(value) || value.length > MOST_ERRANDS) throw new Error(`${part}: the snapshot has no list "errands"; restore one taken from the same model`);
  return (value as SnapshotValue[]).map((one) => {
    const saved = recordFrom(one, part);
    const word = (key: string, most: number): number => wholeFrom(saved, key, part, 0, most);
    return { bmRequestType: word('bmRequestType', 0xff), bRequest: word('bRequest', 0xff), wValue: word('wValue', 0xffff), wIndex: word('wIndex', 0xffff), wLength: word('wLength', 0xffff) };
  });
}

function transactionFrom(saved: Snapshot, part: string): Transaction {
  const on = (['control', ...PIPES] as const).find((name) => name === saved['on']);
  const token = (['setup', 'in', 'out'] as const).find((name) => name === saved['token']);
  if (!on || !token) throw new Error(`${part}: the snapshot has no such transaction; restore one taken from the same model`);
  return { on, token, packet: { toggle: wholeFrom(saved, 'toggle', part, 0, 1) as 0 | 1, bytes: bytesFrom(saved, 'bytes', part, 1023) } };
}
