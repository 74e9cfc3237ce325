/**
 * Nordic TWI: two-wire master, byte by byte.
 * Sources: nRF51 Reference Manual v3.0, TWI; nRF52840 Product Specification v1.1, TWI (legacy, without EasyDMA). Decided here,
 * since they say nothing: BB belongs to data bytes only; a suspension begins after the byte and its acknowledge bit; a byte that
 * is not acknowledged gives ERROR without TXDSENT. Not modelled: the anomalies of nRF51's revisions.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { PSEL, TWI_FREQUENCY } from './fields.js';
import { ENABLED, POWER } from './serial-registers.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { TWI_ERROR, TwiMaster, twiRegisters } from './twi-master.js';

export const TWI = registerMap({
  TASKS_STARTRX:    { at: 0x000, kind: 'task' },
  TASKS_STARTTX:    { at: 0x008, kind: 'task' },
  TASKS_STOP:       { at: 0x014, kind: 'task' },
  TASKS_SUSPEND:    { at: 0x01c, kind: 'task' },
  TASKS_RESUME:     { at: 0x020, kind: 'task' },
  EVENTS_STOPPED:   { at: 0x104, kind: 'event' },
  EVENTS_RXDREADY:  { at: 0x108, kind: 'event' },
  EVENTS_TXDSENT:   { at: 0x11c, kind: 'event' },
  EVENTS_ERROR:     { at: 0x124, kind: 'event' },
  EVENTS_BB:        { at: 0x138, kind: 'event' },
  EVENTS_SUSPENDED: { at: 0x148, kind: 'event' },
  SHORTS:     { at: 0x200, fields: { BB_SUSPEND: bit(0), BB_STOP: bit(1) } },
  INTENSET:   { at: 0x304, kind: 'w1s', fields: { STOPPED: bit(1), RXDREADY: bit(2), TXDSENT: bit(7), ERROR: bit(9), BB: bit(14), SUSPENDED: bit(18) } },
  INTENCLR:   { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ERRORSRC:   { at: 0x4c4, kind: 'w1c', fields: { OVERRUN: bit(0), ANACK: bit(1), DNACK: bit(2) } },
  ENABLE:     { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 5 }) } },
  'PSEL.SCL': { at: 0x508, ...PSEL },
  'PSEL.SDA': { at: 0x50c, ...PSEL },
  RXD:        { at: 0x518, kind: 'ro', fields: { RXD: bits(0, 7) } },
  TXD:        { at: 0x51c, fields: { TXD: bits(0, 7) } },
  FREQUENCY:  { at: 0x524, reset: 0x0400_0000, fields: TWI_FREQUENCY },
  ADDRESS:    { at: 0x588, fields: { ADDRESS: bits(0, 6) } },
  POWER,
});

type TwiSpec = typeof TWI.spec;

const SHORTS: readonly Shortcut<TwiSpec>[] = [
  { bit: 0, event: 'EVENTS_BB', task: 'TASKS_SUSPEND' },
  { bit: 1, event: 'EVENTS_BB', task: 'TASKS_STOP' },
];

export class Twi extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TwiSpec>;
  private readonly stored;
  private readonly master: TwiMaster;
  /** TXD holds a byte that is not sent yet. */
  private isTxdFull = false;
  /** RXD holds a byte that nobody has read. */
  private isRxdFull = false;

  constructor(private readonly context: BlockContext) {
    super();
    const apply = (): void => this.apply();
    this.events = new TaskEvents(TWI, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.master.start('rx'),
        TASKS_STARTTX: () => this.master.start('tx'),
        TASKS_STOP: () => this.master.stop(),
        TASKS_SUSPEND: () => this.master.suspend(),
        TASKS_RESUME: () => this.master.resume(),
      },
      shorts: SHORTS,
      onRead: { RXD: (_index, stored) => { this.isRxdFull = false; return stored; } },
      onWrite: { ENABLE: apply, 'PSEL.SCL': apply, 'PSEL.SDA': apply, FREQUENCY: apply, TXD: () => this.load(), POWER: (value) => { if (value === 0) this.powerDown(); } },
      onPeek: { RXD: (_index, stored) => stored },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), ERRORSRC: registers.storage('ERRORSRC'), RXD: registers.storage('RXD'), TXD: registers.storage('TXD') };
    this.master = new TwiMaster(context, twiRegisters(registers), {
      wrote: (acknowledged, isAddress) => this.wrote(acknowledged, isAddress),
      received: (byte) => this.received(byte),
      isOver: () => true,
      move: (isReading) => this.move(isReading),
      emit: (event) => this.events.emit(event),
    });
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.TWI; }

  override reset(): void {
    this.events.reset();
    this.apply();
  }

  override snapshot(): Snapshot {
    return { registers: this.events.snapshot(), master: this.master.snapshot(), full: [this.isTxdFull, this.isRxdFull].map(Number) };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.master.restore(partFrom(from, 'master', name), this.isEnabled);
    [this.isTxdFull, this.isRxdFull] = numbersFrom(from, 'full', name, 2).map(Boolean);
  }

  private apply(): void {
    if (!this.isEnabled) this.isTxdFull = this.isRxdFull = false;
    this.master.apply(this.isEnabled);
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  private load(): void {
    if (!this.isEnabled) return;
    this.isTxdFull = true;
    this.master.byteIsThere();
  }

  private wrote(acknowledged: boolean, isAddress: boolean): void {
    if (!acknowledged) this.isTxdFull = false;
    else if (!isAddress) this.events.emit('EVENTS_TXDSENT');
  }

  /** OVERRUN: a byte came before the one in RXD was read. */
  private received(byte: number): void {
    if (this.isRxdFull) {
      this.stored.ERRORSRC[0] |= TWI_ERROR.OVERRUN;
      this.events.emit('EVENTS_ERROR');
    }
    this.stored.RXD[0] = byte;
    this.isRxdFull = true;
    this.events.emit('EVENTS_RXDREADY');
  }

  /** BB, byte boundary, comes before each byte: shortcuts act while that byte is on its way. */
  private move(isReading: boolean): void {
    if (isReading) {
      this.master.commit();
      this.events.emit('EVENTS_BB');
      this.master.ask(false);
    } else if (this.isTxdFull) {
      this.master.commit();
      this.isTxdFull = false;
      this.events.emit('EVENTS_BB');
      this.master.send(this.stored.TXD[0]);
    }
  }
}

export const TWI_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Twi(context),
});
