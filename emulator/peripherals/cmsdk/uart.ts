/**
 * CMSDK APB UART: one byte of buffer in each direction, 8 data bits, no parity, one stop bit.
 * Source: Cortex-M System Design Kit TRM (DDI 0479D), APB UART. A frame is 10 bits of BAUDDIV ticks of PCLK; with
 * CTRL.HSTM the transmitter takes one tick per bit. Not modelled: framing errors, which the block does not report either.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Clock, TimedEvent } from '../../time/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext, type SerialDevice, type SerialPort } from '../block.js';
import { bit, bits, RegisterBlock, registerMap } from '../registers/index.js';
import { identification } from './identification.js';

export const UART = registerMap({
  DATA:      { at: 0x000, fields: { DATA: bits(0, 7) } },
  STATE:     { at: 0x004, fields: { TXFULL: bit(0, { kind: 'ro' }), RXFULL: bit(1, { kind: 'ro' }), TXOVERRUN: bit(2, { kind: 'w1c' }), RXOVERRUN: bit(3, { kind: 'w1c' }) } },
  CTRL:      { at: 0x008, fields: { TXEN: bit(0), RXEN: bit(1), TXINTEN: bit(2), RXINTEN: bit(3), TXOVINTEN: bit(4), RXOVINTEN: bit(5), HSTM: bit(6) } },
  INTSTATUS: { at: 0x00c, kind: 'w1c', fields: { TX: bit(0), RX: bit(1), TXOVERRUN: bit(2), RXOVERRUN: bit(3) } },
  BAUDDIV:   { at: 0x010, fields: { BAUDDIV: bits(0, 19) } },
  ...identification(0x21),
});

/** Start bit, eight data bits, stop bit. */
const BITS_PER_FRAME = 10;
/** DDI 0479D: "the minimum number ... is 16". */
const SMALLEST_BAUDDIV = 16;
const OVERRUNS = 0b1100;
const STATE = { TXFULL: 1, RXFULL: 2, TXOVERRUN: 4, RXOVERRUN: 8 } as const;
const CTRL = { TXEN: 1, RXEN: 2, TXINTEN: 4, RXINTEN: 8, TXOVINTEN: 16, RXOVINTEN: 32, HSTM: 64 } as const;
const INTSTATUS = { TX: 1, RX: 2 } as const;
/** Host bytes that may wait; a real terminal's paste is far below, an endless stream must not fill the memory. */
const LONGEST_QUEUE = 1 << 20;
/** Consumed bytes that stay at the queue's front before it is moved up. */
const LARGEST_WASTE = 4096;
const NOTHING = -1;

/**
 * What becomes of a byte written while the buffer is full: `lose` it, as silicon does, or `queue` it, for boards whose
 * firmware is written against QEMU, where the line takes no time and no firmware needs to look at STATE.TXFULL.
 */
export type Overrun = 'lose' | 'queue';

export class Uart extends RegisterPeripheral implements SerialDevice {
  protected readonly registers;
  readonly serial: SerialPort;
  private readonly lines: { readonly tx: Line; readonly rx: Line; readonly txOverrun: Line; readonly rxOverrun: Line; readonly overflow: Line; readonly combined: Line };
  private readonly clock: Clock;
  private readonly stored;
  private readonly sent: TimedEvent;
  private readonly received: TimedEvent;
  /** DATA reads this; writes go to the transmit buffer, which is the register's own storage. */
  private receiveBuffer = 0;
  /** What the transmitter shifts out, NOTHING when idle. */
  private shifting = NOTHING;
  /** PCLK ticks at which the frame on the wire ends: the next one begins exactly there, however late the event fired. */
  private shiftingEnds = 0;
  /** What the host has written and the receiver has not taken in, and how much of it is consumed. */
  private queue: number[] = [];
  private queueStart = 0;
  /** With `overrun: queue`: bytes written while the buffer was full, in order. */
  private overrunning: number[] = [];

  constructor(private readonly context: BlockContext, private readonly overrun: Overrun = 'lose') {
    super();
    const irq = (name: string): Line => context.irq(name);
    this.lines = { tx: irq('tx'), rx: irq('rx'), txOverrun: irq('txOverrun'), rxOverrun: irq('rxOverrun'), overflow: irq('overflow'), combined: irq('combined') };
    this.clock = context.clock('pclk');
    this.sent = timedEvent(() => this.endFrame());
    this.received = timedEvent(() => this.takeFromHost());
    this.serial = this.makeSerial();
    this.registers = new RegisterBlock(UART, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { DATA: () => this.readData(), INTSTATUS: () => this.interruptStatus },
      onPeek: { DATA: () => this.receiveBuffer, INTSTATUS: () => this.interruptStatus },
      onWrite: {
        DATA: (_new, _index, old, written) => this.writeData(written, old),
        STATE: () => this.update(),
        CTRL: () => this.applyControl(),
        INTSTATUS: (_new, _index, _old, written) => this.clearInterrupts(written),
        BAUDDIV: () => this.applyControl(),
      },
    });
    const { registers } = this;
    this.stored = { DATA: registers.storage('DATA'), STATE: registers.storage('STATE'), CTRL: registers.storage('CTRL'), INTSTATUS: registers.storage('INTSTATUS') };
  }

  /** A frame that arrives on the RXD wire whether the firmware is ready or not. */
  receive(byte: number): void {
    if ((this.stored.CTRL[0] & CTRL.RXEN) === 0) return;
    if ((this.stored.STATE[0] & STATE.RXFULL) !== 0) this.stored.STATE[0] |= STATE.RXOVERRUN;
    this.receiveBuffer = byte & 0xff;
    this.stored.STATE[0] |= STATE.RXFULL;
    if ((this.stored.CTRL[0] & CTRL.RXINTEN) !== 0) this.stored.INTSTATUS[0] |= INTSTATUS.RX;
    this.update();
  }

  override reset(): void {
    if (this.overrun === 'queue') this.flush(); // where the line takes no time, a reset cuts nothing short
    this.registers.reset();
    this.overrunning = [];
    this.context.scheduler.cancel(this.sent);
    this.context.scheduler.cancel(this.received);
    this.shifting = NOTHING;
    this.receiveBuffer = 0;
    this.update();
  }

  override snapshot(): Snapshot {
    const { shifting, shiftingEnds, receiveBuffer } = this;
    return {
      registers: this.registers.snapshot(), overrunning: this.overrunning.slice(), shifting, shiftingEnds, receiveBuffer,
      queue: this.queue.slice(this.queueStart), sent: saveEvent(this.sent), received: saveEvent(this.received),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.shifting = numberFrom(from, 'shifting', name);
    this.shiftingEnds = numberFrom(from, 'shiftingEnds', name);
    this.receiveBuffer = numberFrom(from, 'receiveBuffer', name);
    this.queue = numbersFrom(from, 'queue', name, LONGEST_QUEUE).map((byte) => byte & 0xff);
    this.queueStart = 0;
    this.overrunning = numbersFrom(from, 'overrunning', name, LONGEST_QUEUE).map((byte) => byte & 0xff);
    restoreEvent(scheduler, this.sent, from['sent']);
    restoreEvent(scheduler, this.received, from['received']);
    this.update();
  }

  private get interruptStatus(): number {
    return this.stored.INTSTATUS[0] | this.overrunRequests;
  }

  /** The overrun interrupts follow STATE, masked by CTRL. */
  private get overrunRequests(): number {
    return this.stored.STATE[0] & (this.stored.CTRL[0] >>> 2) & OVERRUNS; // TXOVINTEN and RXOVINTEN lie two bits higher
  }

  private readData(): number {
    const byte = this.receiveBuffer;
    this.stored.STATE[0] &= ~STATE.RXFULL;
    this.expectFromHost();
    this.update();
    return byte;
  }

  private writeData(byte: number, old: number): void {
    if ((this.stored.STATE[0] & STATE.TXFULL) !== 0) {
      this.stored.DATA[0] = old;
      this.overrunWith(byte);
    } else {
      this.stored.DATA[0] = byte;
      this.stored.STATE[0] |= STATE.TXFULL;
      this.beginFrame(this.clock.ticks());
    }
    this.update();
  }

  private overrunWith(byte: number): void {
    const { name, warnings } = this.context;
    const isSending = (this.stored.CTRL[0] & CTRL.TXEN) !== 0; // a disabled transmitter fills up on QEMU too
    if (this.overrun === 'queue' && isSending && this.overrunning.length < LONGEST_QUEUE) {
      this.overrunning.push(byte);
      warnings.warn(`${name}.TXOVERRUN`, `${name}: DATA written while STATE.TXFULL is set; the byte waits for the line, as QEMU would send it (on silicon it would be lost)`);
      return;
    }
    this.stored.STATE[0] |= STATE.TXOVERRUN;
    warnings.warn(`${name}.TXOVERRUN`, `${name}: DATA written while STATE.TXFULL is set; the byte is lost, as on silicon (QEMU would send it)`);
  }

  private applyControl(): void {
    this.beginFrame(this.clock.ticks());
    this.expectFromHost();
    this.update();
  }

  private clearInterrupts(written: number): void {
    this.stored.STATE[0] &= ~(written & OVERRUNS);
    this.update();
  }

  private beginFrame(tick: number): void {
    const canSend = this.shifting === NOTHING && (this.stored.STATE[0] & STATE.TXFULL) !== 0 && (this.stored.CTRL[0] & CTRL.TXEN) !== 0;
    if (!canSend) return;
    this.shifting = this.stored.DATA[0];
    const next = this.overrunning.shift();
    if (next === undefined) this.stored.STATE[0] &= ~STATE.TXFULL;
    else this.stored.DATA[0] = next;
    if ((this.stored.CTRL[0] & CTRL.TXINTEN) !== 0) this.stored.INTSTATUS[0] |= INTSTATUS.TX;
    this.shiftingEnds = tick + ((this.stored.CTRL[0] & CTRL.HSTM) !== 0 ? BITS_PER_FRAME : this.frameTicks);
    this.at(this.sent, this.shiftingEnds);
  }

  private endFrame(): void {
    const byte = this.shifting;
    this.shifting = NOTHING;
    this.beginFrame(this.shiftingEnds);
    this.update();
    this.serial.onByte?.(byte);
  }

  /** The next host byte's frame begins once the firmware has made room for it. */
  private expectFromHost(): void {
    const canReceive = (this.stored.CTRL[0] & CTRL.RXEN) !== 0 && (this.stored.STATE[0] & STATE.RXFULL) === 0;
    if (canReceive && this.serial.pending > 0 && this.received.slot < 0) this.at(this.received, this.clock.ticks() + this.frameTicks);
  }

  private takeFromHost(): void {
    if ((this.stored.CTRL[0] & CTRL.RXEN) === 0 || (this.stored.STATE[0] & STATE.RXFULL) !== 0) return;
    const byte = this.queue[this.queueStart++];
    if (this.queueStart === this.queue.length || this.queueStart === LARGEST_WASTE) {
      this.queue.splice(0, this.queueStart);
      this.queueStart = 0;
    }
    this.receive(byte);
  }

  private get frameTicks(): number {
    const divider = this.registers.get('BAUDDIV');
    if (divider >= SMALLEST_BAUDDIV) return BITS_PER_FRAME * divider;
    this.context.warnings.warn(`${this.context.name}.BAUDDIV`, `${this.context.name}: BAUDDIV is ${divider}, below its minimum of ${SMALLEST_BAUDDIV}; frames take ${SMALLEST_BAUDDIV} ticks per bit, on silicon they would be garbled`);
    return BITS_PER_FRAME * SMALLEST_BAUDDIV;
  }

  private at(event: TimedEvent, tick: number): void {
    this.context.scheduler.schedule(event, Math.max(this.clock.rootTickOf(tick), this.context.scheduler.now()));
  }

  private update(): void {
    const status = this.interruptStatus;
    const { lines } = this;
    lines.tx.set((status & 0b0001) !== 0);
    lines.rx.set((status & 0b0010) !== 0);
    lines.txOverrun.set((status & 0b0100) !== 0);
    lines.rxOverrun.set((status & 0b1000) !== 0);
    lines.overflow.set((status & OVERRUNS) !== 0);
    lines.combined.set(status !== 0);
  }

  private makeSerial(): SerialPort {
    const uart = this;
    return {
      onByte: undefined,
      get pending() { return uart.queue.length - uart.queueStart; },
      write(bytes) {
        if (this.pending + bytes.length > LONGEST_QUEUE) throw new RangeError(`${uart.context.name}: more than ${LONGEST_QUEUE} bytes wait for the firmware; send slower`);
        for (const byte of bytes) uart.queue.push(byte);
        uart.expectFromHost();
      },
      flush() { uart.flush(); },
    };
  }

  private flush(): void {
    while (this.shifting !== NOTHING) {
      this.context.scheduler.cancel(this.sent);
      this.endFrame();
    }
  }
}

export const UART_BLOCK = defineBlock({
  irqs: ['tx', 'rx', 'txOverrun', 'rxOverrun', 'overflow', 'combined'],
  clocks: ['pclk'],
  options: z.strictObject({ overrun: z.enum(['lose', 'queue']).default('lose') }),
  create: (context, { overrun }) => new Uart(context, overrun),
});
