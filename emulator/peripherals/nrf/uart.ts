/**
 * Nordic UART: byte by byte through TXD and RXD, with a six-byte receive FIFO.
 * Source: nRF52840 Product Specification v1.1, UART; nRF51 Reference Manual v3.0, UART (one stop bit; registers PSELRTS,
 * PSELTXD, PSELCTS, PSELRXD go by the later names PSEL.RTS, ...; POWER at 0xffc). On overrun the newest byte in the FIFO is
 * lost to the one that arrives (the FIFO holds six bytes before one is overwritten;
 * which one is not said: BabbleSim's hardware models drop the oldest).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap, type RegisterMap } from '../registers/index.js';
import { PSEL, UART_BAUDRATE } from './fields.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { CONFIG_FIELDS, ERROR, ERRORSRC_FIELDS, ODD_PARITY_FIELD, UartLine } from './uart-line.js';
import { UartReception, uartSettings } from './uart-reception.js';

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

export class Uart extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<UartSpec>;
  private readonly line: UartLine;
  private readonly stored;
  private readonly reception: UartReception;
  private isTransmitting = false;
  /** Written to TXD and not begun; -1 for none. */
  private waiting = -1;
  private lastRead = 0;
  private wasEnabled = false;

  constructor(private readonly context: BlockContext, { family, hasOddParity }: { family: 'nrf51' | 'nrf52'; hasOddParity: boolean }) {
    super();
    const reconnect = (): void => { if (this.isEnabled) this.line.connect(); };
    const map = family === 'nrf51' ? UART_NRF51 as unknown as RegisterMap<UartSpec> : hasOddParity ? UART_WITH_ODD_PARITY as unknown as RegisterMap<UartSpec> : UART;
    const power = { POWER: (on: number): void => { if (on === 0) this.reset(); } };
    this.events = new TaskEvents(map, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.reception.start(),
        TASKS_STOPRX: () => this.reception.stop(),
        TASKS_STARTTX: () => this.startTransmission(),
        TASKS_STOPTX: () => this.stopTransmission(),
        TASKS_SUSPEND: () => this.suspend(),
      },
      shorts: SHORTS,
      onRead: { RXD: () => this.take() },
      onPeek: { RXD: () => this.reception.first ?? this.lastRead },
      onWrite: {
        ENABLE: () => this.applyEnable(), TXD: (byte) => this.put(byte), BAUDRATE: reconnect, CONFIG: reconnect,
        'PSEL.RTS': reconnect, 'PSEL.TXD': reconnect, 'PSEL.CTS': reconnect, 'PSEL.RXD': reconnect,
        ...(family === 'nrf51' ? power : {}),
      },
    });
    const registers = this.registers = this.events.registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), ERRORSRC: registers.storage('ERRORSRC') };
    this.line = new UartLine(context, uartSettings(registers), {
      received: (byte, errors) => this.received(byte, errors),
      sent: () => this.sent(),
      cts: (isActive) => this.ctsChanged(isActive),
    });
    this.reception = new UartReception(context, this.line, () => this.events.emit('EVENTS_RXTO'));
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED; }

  override reset(): void {
    this.events.reset();
    this.disable();
    this.lastRead = 0;
    this.wasEnabled = false;
  }

  override snapshot(): Snapshot {
    const { waiting, lastRead } = this;
    return {
      registers: this.events.snapshot(), line: this.line.snapshot(), reception: this.reception.snapshot(), isTransmitting: this.isTransmitting ? 1 : 0,
      waiting, lastRead, wasEnabled: this.wasEnabled ? 1 : 0,
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.line.restore(partFrom(from, 'line', name));
    this.reception.restore(partFrom(from, 'reception', name));
    this.isTransmitting = numberFrom(from, 'isTransmitting', name) !== 0;
    this.waiting = numberFrom(from, 'waiting', name);
    this.lastRead = numberFrom(from, 'lastRead', name);
    this.wasEnabled = numberFrom(from, 'wasEnabled', name) !== 0;
  }

  private applyEnable(): void {
    if (this.isEnabled === this.wasEnabled) return;
    this.wasEnabled = this.isEnabled;
    if (this.isEnabled) this.line.connect();
    else this.disable();
  }

  private disable(): void {
    this.line.disconnect();
    this.reception.reset();
    this.isTransmitting = false;
    this.waiting = -1;
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
    this.reception.stop();
  }

  private ctsChanged(isActive: boolean): void {
    this.events.emit(isActive ? 'EVENTS_CTS' : 'EVENTS_NCTS');
    if (isActive) this.sendNext();
  }

  // -- Reception.

  private received(byte: number, errors: number): void {
    const found = errors | (this.reception.push(byte) ? 0 : ERROR.OVERRUN);
    if (found !== 0) {
      this.stored.ERRORSRC[0] |= found;
      this.events.emit('EVENTS_ERROR');
    }
    if (this.reception.length === 1) this.events.emit('EVENTS_RXDRDY');
  }

  private take(): number {
    const byte = this.reception.take();
    if (byte === undefined) return this.lastRead;
    this.lastRead = byte;
    if (this.reception.length > 0) this.events.emit('EVENTS_RXDRDY');
    return byte;
  }
}

export const UART_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']), hasOddParity: z.boolean().default(false) }),
  create: (context, options) => new Uart(context, options),
});
