/**
 * Nordic UARTE: UART with EasyDMA.
 * Source: nRF52840 Product Specification v1.1, UARTE; nRF52833 Product Specification v1.3, UARTE (CONFIG.PARITYTYPE).
 * PTR and MAXCNT are double-buffered: taken at STARTRX and STARTTX. A receive buffer of no bytes never ends by itself.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL, UARTE_BAUDRATE } from './fields.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { CONFIG_FIELDS, ERROR, ERRORSRC_FIELDS, ODD_PARITY_FIELD, UartLine } from './uart-line.js';
import { UartReception, uartSettings } from './uart-reception.js';

const INTERRUPTS = {
  CTS: bit(0), NCTS: bit(1), RXDRDY: bit(2), ENDRX: bit(4), TXDRDY: bit(7), ENDTX: bit(8), ERROR: bit(9), RXTO: bit(17),
  RXSTARTED: bit(19), TXSTARTED: bit(20), TXSTOPPED: bit(22),
} as const;

export const UARTE = registerMap({
  TASKS_STARTRX:    { at: 0x000, kind: 'task' },
  TASKS_STOPRX:     { at: 0x004, kind: 'task' },
  TASKS_STARTTX:    { at: 0x008, kind: 'task' },
  TASKS_STOPTX:     { at: 0x00c, kind: 'task' },
  TASKS_FLUSHRX:    { at: 0x02c, kind: 'task' },
  EVENTS_CTS:       { at: 0x100, kind: 'event' },
  EVENTS_NCTS:      { at: 0x104, kind: 'event' },
  EVENTS_RXDRDY:    { at: 0x108, kind: 'event' },
  EVENTS_ENDRX:     { at: 0x110, kind: 'event' },
  EVENTS_TXDRDY:    { at: 0x11c, kind: 'event' },
  EVENTS_ENDTX:     { at: 0x120, kind: 'event' },
  EVENTS_ERROR:     { at: 0x124, kind: 'event' },
  EVENTS_RXTO:      { at: 0x144, kind: 'event' },
  EVENTS_RXSTARTED: { at: 0x14c, kind: 'event' },
  EVENTS_TXSTARTED: { at: 0x150, kind: 'event' },
  EVENTS_TXSTOPPED: { at: 0x158, kind: 'event' },
  SHORTS:           { at: 0x200, fields: { ENDRX_STARTRX: bit(5), ENDRX_STOPRX: bit(6) } },
  INTEN:            { at: 0x300, fields: INTERRUPTS },
  INTENSET:         { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:         { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ERRORSRC:         { at: 0x480, kind: 'w1c', fields: ERRORSRC_FIELDS },
  ENABLE:           { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 8 }) } },
  'PSEL.RTS':       { at: 0x508, ...PSEL },
  'PSEL.TXD':       { at: 0x50c, ...PSEL },
  'PSEL.CTS':       { at: 0x510, ...PSEL },
  'PSEL.RXD':       { at: 0x514, ...PSEL },
  BAUDRATE:         { at: 0x524, reset: 0x0400_0000, fields: UARTE_BAUDRATE },
  'RXD.PTR':        { at: 0x534 },
  'RXD.MAXCNT':     { at: 0x538, fields: { MAXCNT: bits(0, 15) } },
  'RXD.AMOUNT':     { at: 0x53c, kind: 'ro', fields: { AMOUNT: bits(0, 15) } },
  'TXD.PTR':        { at: 0x544 },
  'TXD.MAXCNT':     { at: 0x548, fields: { MAXCNT: bits(0, 15) } },
  'TXD.AMOUNT':     { at: 0x54c, kind: 'ro', fields: { AMOUNT: bits(0, 15) } },
  CONFIG:           { at: 0x56c, fields: CONFIG_FIELDS },
});

type UarteSpec = typeof UARTE.spec;

/** The nRF52833's: parity may be odd. */
export const UARTE_WITH_ODD_PARITY = registerMap({ ...UARTE.spec, CONFIG: { at: 0x56c, fields: { ...CONFIG_FIELDS, ...ODD_PARITY_FIELD } } });

const SHORTS: readonly Shortcut<UarteSpec>[] = [
  { bit: 5, event: 'EVENTS_ENDRX', task: 'TASKS_STARTRX' },
  { bit: 6, event: 'EVENTS_ENDRX', task: 'TASKS_STOPRX' },
];

const ENABLED = 8;

/** A transfer between the line and RAM. */
interface Transfer { isOpen: boolean; pointer: number; count: number; done: number }

export class Uarte extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<UarteSpec>;
  private readonly line: UartLine;
  private readonly dma: EasyDma;
  private readonly stored;
  private readonly reception: UartReception;
  private rx: Transfer = closed();
  private tx: Transfer = closed();
  /** STOPTX waits for the end of the byte on the wire. */
  private isStoppingTx = false;
  private wasEnabled = false;

  constructor(private readonly context: BlockContext, hasOddParity: boolean) {
    super();
    this.dma = new EasyDma(context);
    const reconnect = (): void => { if (this.isEnabled) this.line.connect(); };
    this.events = new TaskEvents(hasOddParity ? UARTE_WITH_ODD_PARITY : UARTE, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.startReception(),
        TASKS_STOPRX: () => this.reception.stop(),
        TASKS_STARTTX: () => this.startTransmission(),
        TASKS_STOPTX: () => this.stopTransmission(),
        TASKS_FLUSHRX: () => this.flush(),
      },
      shorts: SHORTS,
      onWrite: {
        ENABLE: () => this.applyEnable(), BAUDRATE: reconnect, CONFIG: reconnect,
        'PSEL.RTS': reconnect, 'PSEL.TXD': reconnect, 'PSEL.CTS': reconnect, 'PSEL.RXD': reconnect,
      },
    });
    const registers = this.registers = this.events.registers;
    this.stored = {
      ENABLE: registers.storage('ENABLE'), ERRORSRC: registers.storage('ERRORSRC'),
      rx: { PTR: registers.storage('RXD.PTR'), MAXCNT: registers.storage('RXD.MAXCNT'), AMOUNT: registers.storage('RXD.AMOUNT') },
      tx: { PTR: registers.storage('TXD.PTR'), MAXCNT: registers.storage('TXD.MAXCNT'), AMOUNT: registers.storage('TXD.AMOUNT') },
    };
    this.line = new UartLine(context, uartSettings(registers), {
      received: (byte, errors) => this.received(byte, errors),
      sent: () => this.sent(),
      cts: (isActive) => this.ctsChanged(isActive),
    });
    this.reception = new UartReception(context, this.line, () => this.endReception());
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED; }

  override reset(): void {
    this.events.reset();
    this.disable();
    this.wasEnabled = false;
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), line: this.line.snapshot(), reception: this.reception.snapshot(),
      rx: saveTransfer(this.rx), tx: saveTransfer(this.tx), isStoppingTx: this.isStoppingTx ? 1 : 0, wasEnabled: this.wasEnabled ? 1 : 0,
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.line.restore(partFrom(from, 'line', name));
    this.reception.restore(partFrom(from, 'reception', name));
    this.rx = loadTransfer(partFrom(from, 'rx', name), name);
    this.tx = loadTransfer(partFrom(from, 'tx', name), name);
    this.isStoppingTx = numberFrom(from, 'isStoppingTx', name) !== 0;
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
    this.rx = closed();
    this.tx = closed();
    this.isStoppingTx = false;
  }

  private fail(errors: number): void {
    if (errors === 0) return;
    this.stored.ERRORSRC[0] |= errors;
    this.events.emit('EVENTS_ERROR');
  }

  // -- Transmission.

  private startTransmission(): void {
    const { PTR, MAXCNT } = this.stored.tx;
    this.tx = { isOpen: true, pointer: PTR[0], count: MAXCNT[0], done: 0 };
    this.isStoppingTx = false;
    this.events.emit('EVENTS_TXSTARTED');
    this.sendNext();
  }

  private stopTransmission(): void {
    if (this.line.isSending) this.isStoppingTx = true;
    else this.endStopping();
  }

  private endStopping(): void {
    this.isStoppingTx = false;
    if (this.tx.isOpen) this.endTransmission();
    this.events.emit('EVENTS_TXSTOPPED');
  }

  private endTransmission(): void {
    this.tx.isOpen = false;
    this.stored.tx.AMOUNT[0] = this.tx.done;
    this.events.emit('EVENTS_ENDTX');
  }

  private sendNext(): void {
    const { tx, line } = this;
    if (!tx.isOpen || line.isSending) return;
    if (tx.done >= tx.count) this.endTransmission();
    else if (line.maySend) {
      const address = (tx.pointer + tx.done) >>> 0;
      tx.done++;
      line.send(this.dma.readByte(address));
    }
  }

  private sent(): void {
    this.events.emit('EVENTS_TXDRDY');
    if (this.isStoppingTx) this.endStopping();
    else this.sendNext();
  }

  private ctsChanged(isActive: boolean): void {
    this.events.emit(isActive ? 'EVENTS_CTS' : 'EVENTS_NCTS');
    if (isActive) this.sendNext();
  }

  // -- Reception.

  private openBuffer(): void {
    const { PTR, MAXCNT } = this.stored.rx;
    this.rx = { isOpen: true, pointer: PTR[0], count: MAXCNT[0], done: 0 };
  }

  private startReception(): void {
    this.openBuffer();
    this.reception.start();
    this.events.emit('EVENTS_RXSTARTED');
    this.drain();
  }

  /** ENDRX comes before RXTO, also when the buffer is not full. */
  private endReception(): void {
    if (this.rx.isOpen) this.endBuffer();
    this.events.emit('EVENTS_RXTO');
  }

  private endBuffer(): void {
    this.rx.isOpen = false;
    this.stored.rx.AMOUNT[0] = this.rx.done;
    this.events.emit('EVENTS_ENDRX');
  }

  /** What the FIFO has still goes to RAM, and ENDRX comes even if that was nothing. */
  private flush(): void {
    if (!this.reception.isOff) return;
    this.openBuffer();
    this.drain();
    if (this.rx.isOpen) this.endBuffer();
  }

  private received(byte: number, errors: number): void {
    this.fail(errors | (this.reception.push(byte) ? 0 : ERROR.OVERRUN));
    this.events.emit('EVENTS_RXDRDY');
    this.drain();
  }

  /** From the FIFO to RAM, as far as the buffer goes. */
  private drain(): void {
    const { rx } = this;
    while (rx.isOpen && this.reception.length > 0 && rx.done < rx.count) {
      this.dma.writeByte((rx.pointer + rx.done) >>> 0, this.reception.take()!);
      rx.done++;
      if (rx.done === rx.count) this.endBuffer();
    }
  }
}

const closed = (): Transfer => ({ isOpen: false, pointer: 0, count: 0, done: 0 });

function saveTransfer({ isOpen, pointer, count, done }: Transfer): Snapshot {
  return { isOpen: isOpen ? 1 : 0, pointer, count, done };
}

function loadTransfer(from: Snapshot, name: string): Transfer {
  return { isOpen: numberFrom(from, 'isOpen', name) !== 0, pointer: numberFrom(from, 'pointer', name), count: numberFrom(from, 'count', name), done: numberFrom(from, 'done', name) };
}

export const UARTE_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ hasOddParity: z.boolean().default(false) }),
  create: (context, { hasOddParity }) => new Uarte(context, hasOddParity),
});
