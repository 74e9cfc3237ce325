/**
 * Nordic UART: byte by byte through TXD and RXD, with a six-byte receive FIFO.
 * Source: nRF52840 Product Specification v1.1, UART; nRF51 Reference Manual v3.0, UART (one stop bit; registers PSELRTS,
 * PSELTXD, PSELCTS, PSELRXD go by the later names PSEL.RTS, ...; POWER at 0xffc). On overrun the newest byte in the FIFO is
 * lost to the one that arrives (the FIFO holds six bytes before one is overwritten;
 * which one is not said: BabbleSim's hardware models drop the oldest).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterMap } from '../registers/index.js';
import { PSEL, UART_BAUDRATE } from './fields.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { CONFIG_FIELDS, ERROR, ERRORSRC_FIELDS, ODD_PARITY_FIELD, UartLine } from './uart-line.js';

const INTERRUPTS = { CTS: bit(0), NCTS: bit(1), RXDRDY: bit(2), TXDRDY: bit(7), ERROR: bit(9), RXTO: bit(17) } as const;

export const UART = registerMap({
  TASKS_STARTRX:   { at: 0x000, kind: 'task' },
  TASKS_STOPRX:    { at: 0x004, kind: 'task' },
  TASKS_STARTTX:   { at: 0x008, kind: 'task' },
  TASKS_STOPTX:    { at: 0x00c, kind: 'task' },
  TASKS_SUSPEND:   { at: 0x01c, kind: 'task' },
  EVENTS_CTS:      { at: 0x100, kind: 'event' },
  EVENTS_NCTS:     { at: 0x104, kind: 'event' },
  EVENTS_RXDRDY:   { at: 0x108, kind: 'event' },
  EVENTS_TXDRDY:   { at: 0x11c, kind: 'event' },
  EVENTS_ERROR:    { at: 0x124, kind: 'event' },
  EVENTS_RXTO:     { at: 0x144, kind: 'event' },
  SHORTS:          { at: 0x200, fields: { CTS_STARTRX: bit(3), NCTS_STOPRX: bit(4) } },
  INTENSET:        { at: 0x304, kind: 'w1s', fields: INTERRUPTS },
  INTENCLR:        { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ERRORSRC:        { at: 0x480, kind: 'w1c', fields: ERRORSRC_FIELDS },
  ENABLE:          { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 4 }) } },
  'PSEL.RTS':      { at: 0x508, ...PSEL },
  'PSEL.TXD':      { at: 0x50c, ...PSEL },
  'PSEL.CTS':      { at: 0x510, ...PSEL },
  'PSEL.RXD':      { at: 0x514, ...PSEL },
  RXD:             { at: 0x518, kind: 'ro', fields: { RXD: bits(0, 7) } },
  TXD:             { at: 0x51c, kind: 'wo', fields: { TXD: bits(0, 7) } },
  BAUDRATE:        { at: 0x524, reset: 0x0400_0000, fields: UART_BAUDRATE },
  CONFIG:          { at: 0x56c, fields: CONFIG_FIELDS },
});

type UartSpec = typeof UART.spec;

/** The nRF51's: one stop bit, and a switch for the block's power. */
export const UART_NRF51 = registerMap({
  ...UART.spec,
  ENABLE: { at: 0x500, fields: { ENABLE: choice(0, 2, { Disabled: 0, Enabled: 4 }) } },
  CONFIG: { at: 0x56c, fields: { HWFC: CONFIG_FIELDS.HWFC, PARITY: CONFIG_FIELDS.PARITY } },
  POWER:  { at: 0xffc, reset: 1, fields: { POWER: bit(0) } },
});

/** The nRF52833's. */
export const UART_WITH_ODD_PARITY = registerMap({ ...UART.spec, CONFIG: { at: 0x56c, fields: { ...CONFIG_FIELDS, ...ODD_PARITY_FIELD } } });

const SHORTS: readonly Shortcut<UartSpec>[] = [
  { bit: 3, event: 'EVENTS_CTS', task: 'TASKS_STARTRX' },
  { bit: 4, event: 'EVENTS_NCTS', task: 'TASKS_STOPRX' },
];

const ENABLED = 4;
const FIFO_BYTES = 6;
/** RTS goes inactive when the FIFO has room for this many bytes and no more. */
const SPACE_TO_KEEP = 4;

type Reception = 'off' | 'on' | 'stopping';
const RECEPTIONS: readonly Reception[] = ['off', 'on', 'stopping'];

export class Uart extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<UartSpec>;
  private readonly line: UartLine;
  private readonly stored;
  private reception: Reception = 'off';
  private isTransmitting = false;
  /** Written to TXD and not begun; -1 for none. */
  private waiting = -1;
  /** Received; the first is the one in RXD. */
  private fifo: number[] = [];
  private lastRead = 0;
  private wasEnabled = false;
  private readonly timeout = timedEvent(() => this.endReception());

  constructor(private readonly context: BlockContext, { family, hasOddParity }: { family: 'nrf51' | 'nrf52'; hasOddParity: boolean }) {
    super();
    const reconnect = (): void => { if (this.isEnabled) this.line.connect(); };
    const map = family === 'nrf51' ? UART_NRF51 as unknown as RegisterMap<UartSpec> : hasOddParity ? UART_WITH_ODD_PARITY as unknown as RegisterMap<UartSpec> : UART;
    const power = { POWER: (on: number): void => { if (on === 0) this.reset(); } };
    this.events = new TaskEvents(map, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.startReception(),
        TASKS_STOPRX: () => this.stopReception(),
        TASKS_STARTTX: () => this.startTransmission(),
        TASKS_STOPTX: () => this.stopTransmission(),
        TASKS_SUSPEND: () => this.suspend(),
      },
      shorts: SHORTS,
      onRead: { RXD: () => this.take() },
      onPeek: { RXD: () => this.fifo[0] ?? this.lastRead },
      onWrite: {
        ENABLE: () => this.applyEnable(), TXD: (byte) => this.put(byte), BAUDRATE: reconnect, CONFIG: reconnect,
        'PSEL.RTS': reconnect, 'PSEL.TXD': reconnect, 'PSEL.CTS': reconnect, 'PSEL.RXD': reconnect,
        ...(family === 'nrf51' ? power : {}),
      },
    });
    const registers = this.registers = this.events.registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), ERRORSRC: registers.storage('ERRORSRC') };
    const settings = {
      rts: registers.storage('PSEL.RTS'), txd: registers.storage('PSEL.TXD'), cts: registers.storage('PSEL.CTS'), rxd: registers.storage('PSEL.RXD'),
      baudrate: registers.storage('BAUDRATE'), config: registers.storage('CONFIG'),
    };
    this.line = new UartLine(context, () => ({
      rts: settings.rts[0], txd: settings.txd[0], cts: settings.cts[0], rxd: settings.rxd[0], baudrate: settings.baudrate[0], config: settings.config[0],
    }), {
      received: (byte, errors) => this.received(byte, errors),
      sent: () => this.sent(),
      cts: (isActive) => this.ctsChanged(isActive),
    });
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED; }

  override reset(): void {
    this.events.reset();
    this.disable();
    this.lastRead = 0;
    this.wasEnabled = false;
  }

  override snapshot(): Snapshot {
    const { waiting, fifo, lastRead } = this;
    return {
      registers: this.events.snapshot(), line: this.line.snapshot(), reception: RECEPTIONS.indexOf(this.reception), isTransmitting: this.isTransmitting ? 1 : 0,
      waiting, fifo: fifo.slice(), lastRead, wasEnabled: this.wasEnabled ? 1 : 0, timeout: saveEvent(this.timeout),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.line.restore(partFrom(from, 'line', name));
    this.reception = RECEPTIONS[numberFrom(from, 'reception', name)] ?? 'off';
    this.isTransmitting = numberFrom(from, 'isTransmitting', name) !== 0;
    this.waiting = numberFrom(from, 'waiting', name);
    this.fifo = numbersFrom(from, 'fifo', name, FIFO_BYTES);
    this.lastRead = numberFrom(from, 'lastRead', name);
    this.wasEnabled = numberFrom(from, 'wasEnabled', name) !== 0;
    restoreEvent(scheduler, this.timeout, from['timeout']);
  }

  private applyEnable(): void {
    if (this.isEnabled === this.wasEnabled) return;
    this.wasEnabled = this.isEnabled;
    if (this.isEnabled) this.line.connect();
    else this.disable();
  }

  private disable(): void {
    this.context.scheduler.cancel(this.timeout);
    this.line.disconnect();
    this.reception = 'off';
    this.isTransmitting = false;
    this.waiting = -1;
    this.fifo = [];
  }

  // -- Transmission.

  private startTransmission(): void {
    this.isTransmitting = true;
    this.sendNext();
  }

  /** At once: the frame on the wire ends too. */
  private stopTransmission(): void {
    this.isTransmitting = false;
    this.waiting = -1;
    this.line.abortSending();
  }

  private put(byte: number): void {
    if (!this.isEnabled) return;
    if (this.waiting >= 0) this.context.warnings.warn(`${this.context.name}.TXD`, `${this.context.name}: TXD was written before EVENTS_TXDRDY; the byte before it is lost`);
    this.waiting = byte;
    this.sendNext();
  }

  private sendNext(): void {
    if (!this.isTransmitting || this.waiting < 0 || this.line.isSending || !this.line.maySend) return;
    const byte = this.waiting;
    this.waiting = -1;
    this.line.send(byte);
  }

  private sent(): void {
    this.events.emit('EVENTS_TXDRDY');
    this.sendNext();
  }

  /** The byte on the wire is sent to its end; the receiver behaves as after STOPRX. */
  private suspend(): void {
    this.isTransmitting = false;
    this.stopReception();
  }

  private ctsChanged(isActive: boolean): void {
    this.events.emit(isActive ? 'EVENTS_CTS' : 'EVENTS_NCTS');
    if (isActive) this.sendNext();
  }

  // -- Reception.

  private startReception(): void {
    this.context.scheduler.cancel(this.timeout);
    this.reception = 'on';
    this.line.listen(true);
    this.updateReady();
  }

  private stopReception(): void {
    if (this.reception !== 'on') return;
    const { scheduler } = this.context;
    this.reception = 'stopping';
    this.updateReady();
    scheduler.schedule(this.timeout, scheduler.now() + this.line.ticksAfterStop);
  }

  private endReception(): void {
    this.reception = 'off';
    this.line.listen(false);
    this.events.emit('EVENTS_RXTO');
  }

  private received(byte: number, errors: number): void {
    const isFull = this.fifo.length === FIFO_BYTES;
    if (isFull) this.fifo[FIFO_BYTES - 1] = byte;
    else this.fifo.push(byte);
    const found = errors | (isFull ? ERROR.OVERRUN : 0);
    this.updateReady();
    if (found !== 0) {
      this.stored.ERRORSRC[0] |= found;
      this.events.emit('EVENTS_ERROR');
    }
    if (this.fifo.length === 1) this.events.emit('EVENTS_RXDRDY');
  }

  private take(): number {
    const byte = this.fifo.shift();
    if (byte === undefined) return this.lastRead;
    this.lastRead = byte;
    this.updateReady();
    if (this.fifo.length > 0) this.events.emit('EVENTS_RXDRDY');
    return byte;
  }

  private updateReady(): void {
    this.line.setReady(this.reception === 'on' && FIFO_BYTES - this.fifo.length > SPACE_TO_KEEP);
  }
}

export const UART_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']), hasOddParity: z.boolean().default(false) }),
  create: (context, options) => new Uart(context, options),
});
