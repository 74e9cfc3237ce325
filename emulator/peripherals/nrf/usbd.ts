/**
 * Nordic USBD: a USB device at full speed, with the virtual host of `wires/usb-host.ts` at the other end of its cable.
 * Source: nRF52840 Product Specification v1.1, USBD; nRF52833 Product Specification v1.5, the same.
 * Estimates: time from ENABLE to READY, EasyDMA's rate. Registers are confirmed by nrf52840.svd, the order of events by TinyUSB's
 * driver (dcd_nrf5x.c). Not modelled: ISOOUTCRC, since no packet is ever damaged; that LOWPOWER
 * keeps the bus away; undocumented registers beyond what nrfx does with them.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { UsbHost } from '../../wires/usb-host.js';
import type { DataPacket, Handshake, UsbDevice } from '../../wires/usb.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SerialPort } from '../block.js';
import { EasyDma } from './easy-dma.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { USB_SUPPLY, type UsbSupply } from './usb-supply.js';
import { LocalBuffer } from './usbd-endpoints.js';
import { ENDPOINTS, USBD } from './usbd-registers.js';

export { USBD } from './usbd-registers.js';
type UsbdSpec = typeof USBD.spec;

const SHORTS: readonly Shortcut<UsbdSpec>[] = [
  { bit: 0, event: 'EVENTS_EP0DATADONE', task: 'TASKS_STARTEPIN' },
  { bit: 1, event: 'EVENTS_EP0DATADONE', task: 'TASKS_STARTEPOUT' },
  { bit: 2, event: 'EVENTS_EP0DATADONE', task: 'TASKS_EP0STATUS' },
  { bit: 3, event: 'EVENTS_ENDEPOUT', task: 'TASKS_EP0STATUS' },
  { bit: 4, event: 'EVENTS_ENDEPOUT', task: 'TASKS_EP0RCVOUT' },
];

const CAUSE = { SUSPEND: 1 << 8, RESUME: 1 << 9, USBWUALLOWED: 1 << 10, READY: 1 << 11 } as const;
const ISO = ENDPOINTS;
const PACKET_BYTES = 64;
/** ISOSPLIT: the isochronous buffer of 1024 bytes for one direction, or half for each. */
const ISO_BYTES = 1023;
const ISO_HALF_BYTES = 512;
const HALF_IN = 0x80;
const SET_ADDRESS = 5;
/** Microseconds from ENABLE to READY: an estimate. */
const READY_MICROSECONDS = 100;
/** 5 ms of an idle bus: the earliest remote wake-up (USB 2.0, 7.1.7.7); SUSPEND comes after 3 of them. */
const WAKE_MICROSECONDS = 2000;
const WAKE_LEAST_MICROSECONDS = 10;
/** EasyDMA moves a word in a cycle of PCLK16M, after some for the arbitration: an estimate. */
const DMA_HZ = 16_000_000;
const DMA_START_CYCLES = 8;
const RESUME_STATE = 1;
const K_STATE = 4;
const NO_TRANSFER = -1;
/** Transfers by bit of EPSTATUS: 0 to 8 IN, 16 to 24 OUT. */
const OUT = 16;
/** What nrfx writes to TESTADDRESS and TESTDATA to disarm an IN endpoint. */
const DISARM = { endpoint0: 0x7b4, bit0: 1 << 2, endpoint1: 0x7b6, bit: 1 << 1 } as const;

export class Usbd extends RegisterPeripheral implements UsbDevice {
  protected readonly registers;
  readonly serial: SerialPort;
  /** The cable and the host at its other end. */
  readonly usb: UsbHost;
  private readonly events: TaskEvents<UsbdSpec>;
  private readonly dma: EasyDma;
  private readonly supply: UsbSupply;
  private readonly ins = Array.from({ length: ENDPOINTS + 1 }, (_, n) => new LocalBuffer(n === ISO ? ISO_BYTES : PACKET_BYTES));
  private readonly outs = Array.from({ length: ENDPOINTS + 1 }, (_, n) => new LocalBuffer(n === ISO ? ISO_BYTES : PACKET_BYTES));
  /** The isochronous packet of this frame: firmware gets it at the next SOF. */
  private readonly isoArriving = new LocalBuffer(ISO_BYTES);
  private isReady = false;
  private isSuspended = false;
  private suspendedAt = 0;
  /** Endpoint 0: firmware lets the status stage happen; firmware refuses the request; hardware answers SET_ADDRESS with this. */
  private hasStatus = false;
  private isStalled0 = false;
  private newAddress = 0;
  private isAddressing = false;
  /** The transfer that EasyDMA makes, as in EPSTATUS, and those that wait for it. */
  private moving = NO_TRANSFER;
  private movingPtr = 0;
  private movingCount = 0;
  private waiting = 0;
  private readonly dmaEnd = timedEvent(() => this.endTransfer());
  private readonly powerUp = timedEvent(() => this.becomeReady());
  private readonly wakeAllowed = timedEvent(() => this.cause(CAUSE.USBWUALLOWED));

  constructor(private readonly context: BlockContext) {
    super();
    this.dma = new EasyDma(context);
    this.supply = context.shared(USB_SUPPLY);
    this.usb = new UsbHost(context.scheduler, context.warnings, context.name);
    this.usb.connect(this);
    this.usb.onSupply = (isPresent) => this.supply.set(isPresent);
    this.supply.set(this.usb.isPlugged);
    this.supply.onChange(() => this.power());
    this.events = new TaskEvents<UsbdSpec>(USBD, context, {
      isEnabled: () => this.isReady,
      tasks: {
        TASKS_STARTEPIN: (n) => this.startTransfer(n),
        TASKS_STARTISOIN: () => this.startTransfer(ISO),
        TASKS_STARTEPOUT: (n) => this.startTransfer(OUT + n),
        TASKS_STARTISOOUT: () => this.startTransfer(OUT + ISO),
        TASKS_EP0RCVOUT: () => this.accept(0),
        TASKS_EP0STATUS: () => { this.hasStatus = true; this.usb.ready(); },
        TASKS_EP0STALL: () => { this.isStalled0 = true; this.usb.ready(); },
        TASKS_DPDMDRIVE: () => this.drive(),
      },
      shorts: SHORTS,
      onRead: { DTOGGLE: (_index, stored) => this.toggle(stored), TESTDATA: () => 0 },
      onPeek: { DTOGGLE: (_index, stored) => this.toggle(stored) },
      onWrite: {
        SIZE_EPOUT: (_value, n) => { if (n > 0) this.accept(n); },
        ENABLE: () => this.power(),
        USBPULLUP: () => this.pullUp(),
        DTOGGLE: (value) => this.setToggle(value),
        EPINEN: () => this.usb.ready(),
        EPOUTEN: () => this.usb.ready(),
        EPSTALL: (_value, _index, _old, written) => this.stall(written),
        LOWPOWER: (value) => this.setLowPower(value),
        TESTDATA: (_value, _index, _old, written) => this.disarm(written),
      },
    });
    this.registers = this.events.registers;
    this.serial = this.makeSerial();
    this.reset();
  }

  override reset(): void {
    const { scheduler } = this.context;
    this.usb.reset();
    this.events.reset();
    for (const event of [this.dmaEnd, this.powerUp, this.wakeAllowed]) scheduler.cancel(event);
    this.isReady = false;
    this.forget();
  }

  // -- Power and the pull-up.

  private is(register: 'ENABLE' | 'USBPULLUP' | 'LOWPOWER'): boolean { return this.registers.storage(register)[0] !== 0; }

  private ticksOf(microseconds: number): number { return Math.ceil((microseconds * this.context.scheduler.rootHz) / 1e6); }

  /** ENABLE or VBUS has changed. */
  private power(): void {
    const { scheduler } = this.context;
    if (this.is('ENABLE') && this.supply.isPresent) {
      if (!this.isReady && this.powerUp.slot < 0) scheduler.schedule(this.powerUp, scheduler.now() + this.ticksOf(READY_MICROSECONDS));
      return;
    }
    scheduler.cancel(this.powerUp);
    scheduler.cancel(this.dmaEnd);
    scheduler.cancel(this.wakeAllowed);
    this.isReady = false;
    this.forget();
    this.pullUp();
  }

  private becomeReady(): void {
    this.isReady = true;
    this.cause(CAUSE.READY);
    this.pullUp();
  }

  private pullUp(): void {
    this.usb.attach(this.isReady && this.is('USBPULLUP'));
  }

  /** All that a bus reset forgets, and a controller without power. */
  private forget(): void {
    for (const buffer of [...this.ins, ...this.outs, this.isoArriving]) buffer.clear();
    for (const name of ['HALTED_EPIN', 'HALTED_EPOUT'] as const) this.registers.storage(name).fill(0);
    this.registers.storage('USBADDR')[0] = 0;
    this.hasStatus = this.isStalled0 = this.isAddressing = this.isSuspended = false;
    this.newAddress = 0;
    this.suspendedAt = 0;
    if (!this.isReady) {
      this.moving = NO_TRANSFER;
      this.movingPtr = this.movingCount = this.waiting = 0;
    }
  }

  private cause(bits: number): void {
    this.registers.storage('EVENTCAUSE')[0] |= bits;
    this.events.emit('EVENTS_USBEVENT');
  }

  // -- EasyDMA.

  private startTransfer(which: number): void {
    if (this.moving !== NO_TRANSFER) {
      this.context.warnings.warn(`${this.context.name}.EasyDMA`, `${this.context.name}: a STARTEP task while EasyDMA moves another endpoint's data; it waits its turn here, on silicon the result is undefined: wait for the ENDEP event first`);
      this.waiting = (this.waiting | (1 << which)) >>> 0;
      return;
    }
    const { scheduler } = this.context;
    this.moving = which;
    this.movingPtr = this.dmaRegister(which, 'PTR')[this.slot(which)];
    this.movingCount = Math.min(this.dmaRegister(which, 'MAXCNT')[this.slot(which)], this.room(which));
    this.registers.storage('EPSTATUS')[0] |= 1 << which;
    scheduler.schedule(this.dmaEnd, scheduler.now() + Math.ceil(((DMA_START_CYCLES + Math.ceil(this.movingCount / 4)) * scheduler.rootHz) / DMA_HZ));
    this.events.emit('EVENTS_STARTED');
  }

  /** Most bytes that a transfer moves. */
  private room(which: number): number {
    const number = which % OUT;
    const half = this.registers.storage('ISOSPLIT')[0] === HALF_IN ? ISO_HALF_BYTES : ISO_BYTES;
    const largest = number === ISO ? half : PACKET_BYTES;
    return which < OUT ? largest : Math.min(largest, this.outs[number].length);
  }

  private slot(which: number): number { return which % OUT === ISO ? 0 : which % OUT; }

  private dmaRegister(which: number, register: 'PTR' | 'MAXCNT' | 'AMOUNT'): Uint32Array {
    const of = `${which % OUT === ISO ? 'ISO' : 'EP'}${which < OUT ? 'IN' : 'OUT'}` as const;
    return this.registers.storage(`${of}_${register}`);
  }

  private endTransfer(): void {
    const which = this.moving;
    this.moving = NO_TRANSFER;
    if (which === NO_TRANSFER) return;
    this.dmaRegister(which, 'AMOUNT')[this.slot(which)] = this.movingCount;
    if (which < OUT) this.loadIn(which);
    else this.unloadOut(which - OUT);
    if (this.moving === NO_TRANSFER && this.waiting !== 0) {
      const next = 31 - Math.clz32(this.waiting & -this.waiting);
      this.waiting = (this.waiting & ~(1 << next)) >>> 0;
      this.startTransfer(next);
    }
  }

  private loadIn(n: number): void {
    const bytes = new Uint8Array(this.movingCount);
    if (bytes.length > 0) this.dma.read(this.movingPtr, bytes);
    this.ins[n].fill(bytes);
    if (n === ISO) this.events.emit('EVENTS_ENDISOIN');
    else this.events.emit('EVENTS_ENDEPIN', n);
    this.usb.ready();
  }

  /** Once the local buffer is empty the endpoint takes OUT traffic again; endpoint 0 waits for EP0RCVOUT. */
  private unloadOut(n: number): void {
    const buffer = this.outs[n];
    if (this.movingCount > 0) this.dma.write(this.movingPtr, buffer.bytes.subarray(0, this.movingCount));
    buffer.isFull = false;
    if (n > 0 && n < ISO) buffer.accepts = true;
    if (n === ISO) this.events.emit('EVENTS_ENDISOOUT');
    else this.events.emit('EVENTS_ENDEPOUT', n);
    this.usb.ready();
  }

  // -- What firmware does to endpoints.

  private accept(n: number): void {
    this.outs[n].isFull = false;
    this.outs[n].accepts = true;
    this.usb.ready();
  }

  private bufferOf(endpoint: number): LocalBuffer {
    return ((endpoint & 0x80) !== 0 ? this.ins : this.outs)[endpoint & 7];
  }

  /** DTOGGLE: with VALUE as the selected endpoint has it. */
  private toggle(stored: number): number {
    return (stored & 0x87) | (this.bufferOf(stored).toggle === 0 ? 0x100 : 0x200);
  }

  private setToggle(value: number): void {
    const chosen = (value >> 8) & 3;
    if (chosen === 1 || chosen === 2) this.bufferOf(value).toggle = (chosen - 1) as 0 | 1;
  }

  private stall(value: number): void {
    const isHalted = (value & 0x100) !== 0;
    this.bufferOf(value).isHalted = isHalted;
    this.registers.storage((value & 0x80) !== 0 ? 'HALTED_EPIN' : 'HALTED_EPOUT')[value & 7] = isHalted ? 1 : 0;
    this.usb.ready();
  }

  private disarm(written: number): void {
    const address = this.registers.storage('TESTADDRESS')[0];
    const n = (address - DISARM.endpoint1) / 2 + 1;
    if (address === DISARM.endpoint0 && (written & DISARM.bit0) !== 0) this.ins[0].isFull = false;
    else if (Number.isInteger(n) && n >= 1 && n < ENDPOINTS && (written & DISARM.bit) !== 0) this.ins[n].isFull = false;
  }

  private setLowPower(value: number): void {
    const { scheduler } = this.context;
    scheduler.cancel(this.wakeAllowed);
    if (value !== 0 || !this.isSuspended) return;
    scheduler.schedule(this.wakeAllowed, Math.max(scheduler.now() + this.ticksOf(WAKE_LEAST_MICROSECONDS), this.suspendedAt + this.ticksOf(WAKE_MICROSECONDS)));
  }

  /** Remote wake-up; its length is the hardware's business. Other states of a bus that is not suspended disturb nobody here. */
  private drive(): void {
    const state = this.registers.storage('DPDMVALUE')[0];
    if (!this.isSuspended || (state !== RESUME_STATE && state !== K_STATE)) return;
    this.isSuspended = false;
    this.usb.wakeUp();
  }

  // -- What the host does: UsbDevice.

  busReset(): void {
    const wasSuspended = this.isSuspended;
    this.context.scheduler.cancel(this.wakeAllowed);
    this.forget();
    this.registers.storage('EPINEN')[0] = 1;
    this.registers.storage('EPOUTEN')[0] = 1;
    if (wasSuspended) this.cause(CAUSE.RESUME);
    this.events.emit('EVENTS_USBRESET');
  }

  startOfFrame(number: number): void {
    this.isSuspended = false;
    this.registers.storage('FRAMECNTR')[0] = number;
    this.turnIsochronous();
    this.events.emit('EVENTS_SOF');
  }

  /** What has arrived in the frame before is firmware's now. */
  private turnIsochronous(): void {
    const { isoArriving } = this;
    const buffer = this.outs[ISO];
    if (isoArriving.isFull) buffer.fill(isoArriving.bytes);
    else buffer.length = 0;
    this.registers.storage('SIZE_ISOOUT')[0] = buffer.length === 0 ? 0x1_0000 : buffer.length;
    isoArriving.isFull = false;
  }

  suspend(): void {
    this.isSuspended = true;
    this.suspendedAt = this.context.scheduler.now();
    this.cause(CAUSE.SUSPEND);
  }

  resume(): void {
    this.isSuspended = false;
    this.context.scheduler.cancel(this.wakeAllowed);
    this.cause(CAUSE.RESUME);
  }

  private isAddressed(address: number): boolean {
    return this.isReady && address === this.registers.storage('USBADDR')[0];
  }

  private enables(register: 'EPINEN' | 'EPOUTEN', n: number): boolean {
    return n <= ISO && ((this.registers.storage(register)[0] >>> n) & 1) !== 0;
  }

  setup(address: number, request: Uint8Array): boolean {
    if (!this.isAddressed(address)) return false;
    const names = ['BMREQUESTTYPE', 'BREQUEST', 'WVALUEL', 'WVALUEH', 'WINDEXL', 'WINDEXH', 'WLENGTHL', 'WLENGTHH'] as const;
    names.forEach((name, n) => { this.registers.storage(name)[0] = request[n]; });
    for (const buffer of [this.ins[0], this.outs[0]]) {
      buffer.clear();
      buffer.toggle = 1;
    }
    this.hasStatus = this.isStalled0 = false;
    this.isAddressing = request[0] === 0 && request[1] === SET_ADDRESS; // The controller takes the address by itself.
    this.newAddress = request[2] & 0x7f;
    this.events.emit('EVENTS_EP0SETUP');
    return true;
  }

  in(address: number, endpoint: number): DataPacket | Exclude<Handshake, 'ack'> {
    if (!this.isAddressed(address) || !this.enables('EPINEN', endpoint)) return 'none';
    if (endpoint === 0) return this.in0();
    if (endpoint === ISO) return this.isochronousIn();
    const { isHalted, isFull, toggle, bytes } = this.ins[endpoint];
    if (isHalted) return 'stall';
    return isFull ? { toggle, bytes: bytes.slice() } : 'nak';
  }

  private get isDataToHost(): boolean { return this.registers.storage('BMREQUESTTYPE')[0] >= 0x80; }
  private get hasDataStage(): boolean { return (this.registers.storage('WLENGTHL')[0] | this.registers.storage('WLENGTHH')[0]) !== 0; }

  private in0(): DataPacket | 'nak' | 'stall' {
    if (this.isAddressing) return { toggle: 1, bytes: new Uint8Array() };
    if (this.isStalled0 || this.ins[0].isHalted) return 'stall';
    if (!this.isDataToHost || !this.hasDataStage) return this.hasStatus ? { toggle: 1, bytes: new Uint8Array() } : 'nak';
    const { isFull, toggle, bytes } = this.ins[0];
    return isFull ? { toggle, bytes: bytes.slice() } : 'nak';
  }

  /** There are no handshakes: what was sent is gone. */
  private isochronousIn(): DataPacket | 'none' {
    const buffer = this.ins[ISO];
    const isEmptyAnswered = this.registers.storage('ISOINCONFIG')[0] !== 0;
    if (!buffer.isFull) return isEmptyAnswered ? { toggle: 0, bytes: new Uint8Array() } : 'none';
    buffer.isFull = false;
    return { toggle: 0, bytes: buffer.bytes.slice() };
  }

  taken(endpoint: number): void {
    if (endpoint === 0) {
      this.taken0();
      return;
    }
    if (endpoint >= ISO || !this.ins[endpoint].isFull) return;
    this.ins[endpoint].isFull = false;
    this.ins[endpoint].flip();
    this.dataEvent(endpoint);
  }

  private taken0(): void {
    if (this.isAddressing) {
      this.registers.storage('USBADDR')[0] = this.newAddress;
      this.isAddressing = false;
    } else if (this.isDataToHost && this.ins[0].isFull) {
      this.ins[0].isFull = false;
      this.ins[0].flip();
      this.events.emit('EVENTS_EP0DATADONE');
    } else this.hasStatus = false;
  }

  out(address: number, endpoint: number, packet: DataPacket): Handshake {
    if (!this.isAddressed(address) || !this.enables('EPOUTEN', endpoint)) return 'none';
    if (endpoint === ISO) {
      this.isoArriving.fill(packet.bytes);
      return 'none';
    }
    const buffer = this.outs[endpoint];
    if (buffer.isHalted || (endpoint === 0 && this.isStalled0)) return 'stall';
    if (endpoint === 0 && this.isDataToHost) return this.statusOut();
    if (buffer.toggle !== packet.toggle) return 'ack'; // the host missed the handshake and sent it again (USB 2.0, 8.6.4)
    if (!buffer.accepts || buffer.isFull) return 'nak';
    buffer.fill(packet.bytes);
    buffer.accepts = false;
    buffer.flip();
    this.registers.storage('SIZE_EPOUT')[endpoint] = buffer.length;
    if (endpoint === 0) this.events.emit('EVENTS_EP0DATADONE');
    else this.dataEvent(OUT + endpoint);
    return 'ack';
  }

  private statusOut(): 'ack' | 'nak' {
    const isAccepted = this.hasStatus;
    this.hasStatus = false;
    return isAccepted ? 'ack' : 'nak';
  }

  private dataEvent(which: number): void {
    this.registers.storage('EPDATASTATUS')[0] |= 1 << which;
    this.events.emit('EVENTS_EPDATA');
  }

  private makeSerial(): SerialPort {
    const { usb } = this;
    return {
      get onByte() { return usb.onByte; },
      set onByte(listener) { usb.onByte = listener; },
      get pending() { return usb.pending; },
      write: (bytes) => usb.write(bytes),
      flush: () => usb.flush(),
    };
  }

  // -- State.

  override snapshot(): Snapshot {
    const { isReady, isSuspended, hasStatus, isStalled0, isAddressing, suspendedAt, newAddress, moving, movingPtr, movingCount, waiting } = this;
    return {
      registers: this.events.snapshot(), host: this.usb.snapshot(),
      ins: { ...this.ins.map((one) => one.snapshot()) }, outs: { ...this.outs.map((one) => one.snapshot()) }, isoArriving: this.isoArriving.snapshot(),
      flags: [isReady, isSuspended, hasStatus, isStalled0, isAddressing].reduce((sum, flag, n) => sum | (flag ? 1 << n : 0), 0),
      suspendedAt, newAddress, moving, movingPtr, movingCount, waiting,
      dmaEnd: saveEvent(this.dmaEnd), powerUp: saveEvent(this.powerUp), wakeAllowed: saveEvent(this.wakeAllowed),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.usb.restore(partFrom(from, 'host', name));
    this.ins.forEach((one, n) => one.restore(partFrom(partFrom(from, 'ins', name), String(n), name)));
    this.outs.forEach((one, n) => one.restore(partFrom(partFrom(from, 'outs', name), String(n), name)));
    this.isoArriving.restore(partFrom(from, 'isoArriving', name));
    const flags = numberFrom(from, 'flags', name);
    [this.isReady, this.isSuspended, this.hasStatus, this.isStalled0, this.isAddressing] = [0, 1, 2, 3, 4].map((n) => ((flags >> n) & 1) !== 0);
    this.suspendedAt = numberFrom(from, 'suspendedAt', name);
    this.newAddress = numberFrom(from, 'newAddress', name) & 0x7f;
    this.moving = transferFrom(numberFrom(from, 'moving', name), name);
    this.movingPtr = numberFrom(from, 'movingPtr', name) >>> 0;
    this.movingCount = Math.min(numberFrom(from, 'movingCount', name), ISO_BYTES);
    this.waiting = numberFrom(from, 'waiting', name) & 0x01ff_01ff;
    restoreEvent(scheduler, this.dmaEnd, from['dmaEnd']);
    restoreEvent(scheduler, this.powerUp, from['powerUp']);
    restoreEvent(scheduler, this.wakeAllowed, from['wakeAllowed']);
  }
}

function transferFrom(which: number, name: string): number {
  const number = which % OUT;
  if (which === NO_TRANSFER || (Number.isInteger(which) && which >= 0 && which < 2 * OUT && number <= ISO)) return which;
  throw new Error(`${name}: the snapshot has no EasyDMA transfer ${which}; restore one taken from the same model`);
}

export const USBD_BLOCK = defineBlock({
  irqs: ['irq'],
  /** Whether a host is at the other end of the cable when the run begins. */
  options: z.strictObject({ cable: z.enum(['plugged', 'unplugged']).default('plugged') }),
  create: (context, { cable }) => {
    const usbd = new Usbd(context);
    if (cable === 'unplugged') usbd.usb.unplug();
    return usbd;
  },
});
