/**
 * Nordic TWIM: two-wire master with EasyDMA.
 * Source: nRF52840 Product Specification v1.1, TWIM. Decided here, since it says nothing: a START task while suspended runs after
 * RESUME; a start or stop that a shortcut has asked for during a byte that is not acknowledged still happens; STOP while idle
 * gives STOPPED after the same latency. Not modelled: arbitration (TWIM is meant to be the only master): losing it counts as an error.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL, TWIM_FREQUENCY } from './fields.js';
import { AMOUNT, DmaChannel, ENABLED, MAXCNT, POWER } from './serial-registers.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { TwiMaster, twiRegisters } from './twi-master.js';

const INTERRUPTS = { STOPPED: bit(1), ERROR: bit(9), SUSPENDED: bit(18), RXSTARTED: bit(19), TXSTARTED: bit(20), LASTRX: bit(23), LASTTX: bit(24) } as const;

export const TWIM = registerMap({
  TASKS_STARTRX:    { at: 0x000, kind: 'task' },
  TASKS_STARTTX:    { at: 0x008, kind: 'task' },
  TASKS_STOP:       { at: 0x014, kind: 'task' },
  TASKS_SUSPEND:    { at: 0x01c, kind: 'task' },
  TASKS_RESUME:     { at: 0x020, kind: 'task' },
  EVENTS_STOPPED:   { at: 0x104, kind: 'event' },
  EVENTS_ERROR:     { at: 0x124, kind: 'event' },
  EVENTS_SUSPENDED: { at: 0x148, kind: 'event' },
  EVENTS_RXSTARTED: { at: 0x14c, kind: 'event' },
  EVENTS_TXSTARTED: { at: 0x150, kind: 'event' },
  EVENTS_LASTRX:    { at: 0x15c, kind: 'event' },
  EVENTS_LASTTX:    { at: 0x160, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { LASTTX_STARTRX: bit(7), LASTTX_SUSPEND: bit(8), LASTTX_STOP: bit(9), LASTRX_STARTTX: bit(10), LASTRX_SUSPEND: bit(11), LASTRX_STOP: bit(12) } },
  INTEN:        { at: 0x300, fields: INTERRUPTS },
  INTENSET:     { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ERRORSRC:     { at: 0x4c4, kind: 'w1c', fields: { OVERRUN: bit(0), ANACK: bit(1), DNACK: bit(2) } },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 6 }) } },
  'PSEL.SCL':   { at: 0x508, ...PSEL },
  'PSEL.SDA':   { at: 0x50c, ...PSEL },
  FREQUENCY:    { at: 0x524, reset: 0x0400_0000, fields: TWIM_FREQUENCY },
  'RXD.PTR':    { at: 0x534 },
  'RXD.MAXCNT': { at: 0x538, ...MAXCNT },
  'RXD.AMOUNT': { at: 0x53c, ...AMOUNT },
  'RXD.LIST':   { at: 0x540, fields: { LIST: choice(0, 2, { Disabled: 0, ArrayList: 1 }) } },
  'TXD.PTR':    { at: 0x544 },
  'TXD.MAXCNT': { at: 0x548, ...MAXCNT },
  'TXD.AMOUNT': { at: 0x54c, ...AMOUNT },
  'TXD.LIST':   { at: 0x550, fields: { LIST: choice(0, 2, { Disabled: 0, ArrayList: 1 }) } },
  ADDRESS:      { at: 0x588, fields: { ADDRESS: bits(0, 6) } },
  POWER,
});

type TwimSpec = typeof TWIM.spec;

const SHORTS: readonly Shortcut<TwimSpec>[] = [
  { bit: 7, event: 'EVENTS_LASTTX', task: 'TASKS_STARTRX' },
  { bit: 8, event: 'EVENTS_LASTTX', task: 'TASKS_SUSPEND' },
  { bit: 9, event: 'EVENTS_LASTTX', task: 'TASKS_STOP' },
  { bit: 10, event: 'EVENTS_LASTRX', task: 'TASKS_STARTTX' },
  { bit: 11, event: 'EVENTS_LASTRX', task: 'TASKS_SUSPEND' },
  { bit: 12, event: 'EVENTS_LASTRX', task: 'TASKS_STOP' },
];

export class Twim extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TwimSpec>;
  private readonly ENABLE: Uint32Array;
  private readonly master: TwiMaster;
  private readonly tx: DmaChannel;
  private readonly rx: DmaChannel;
  private isReading = false;

  constructor(private readonly context: BlockContext) {
    super();
    const apply = (): void => this.master.apply(this.isEnabled);
    this.events = new TaskEvents(TWIM, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.master.start('rx'),
        TASKS_STARTTX: () => this.master.start('tx'),
        TASKS_STOP: () => this.master.stop(),
        TASKS_SUSPEND: () => this.master.suspend(),
        TASKS_RESUME: () => this.master.resume(),
      },
      shorts: SHORTS,
      onWrite: { ENABLE: apply, 'PSEL.SCL': apply, 'PSEL.SDA': apply, FREQUENCY: apply, POWER: (value) => { if (value === 0) this.powerDown(); } },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.ENABLE = registers.storage('ENABLE');
    const dma = new EasyDma(context);
    const channel = (name: 'TXD' | 'RXD'): DmaChannel => new DmaChannel({
      PTR: registers.storage(`${name}.PTR`), MAXCNT: registers.storage(`${name}.MAXCNT`), AMOUNT: registers.storage(`${name}.AMOUNT`), LIST: registers.storage(`${name}.LIST`),
    }, dma);
    this.tx = channel('TXD');
    this.rx = channel('RXD');
    this.master = new TwiMaster(context, twiRegisters(registers), {
      begin: (isReading) => this.latch(isReading),
      begun: (isReading) => this.events.emit(isReading ? 'EVENTS_RXSTARTED' : 'EVENTS_TXSTARTED'),
      wrote: () => undefined,
      received: (byte) => { this.rx.put(byte); this.rx.report(); },
      isOver: () => this.channel.left === 0,
      move: (isReading) => { if (this.channel.left > 0) this.move(isReading); },
      ended: () => this.clearChannels(),
      emit: (event) => this.events.emit(event),
    });
  }

  override get isEnabled(): boolean { return this.ENABLE[0] === ENABLED.TWIM; }

  override reset(): void {
    this.events.reset();
    this.master.apply(this.isEnabled);
    this.clearChannels();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), master: this.master.snapshot(),
      tx: this.tx.snapshot(), rx: this.rx.snapshot(), isReading: Number(this.isReading),
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.master.restore(partFrom(from, 'master', name), this.isEnabled);
    this.tx.restore(partFrom(from, 'tx', name), name);
    this.rx.restore(partFrom(from, 'rx', name), name);
    this.isReading = numberFrom(from, 'isReading', name) !== 0;
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  private get channel(): DmaChannel {
    return this.isReading ? this.rx : this.tx;
  }

  private latch(isReading: boolean): void {
    this.isReading = isReading;
    this.channel.latch();
    this.channel.report();
  }

  private clearChannels(): void {
    this.tx.clear();
    this.rx.clear();
  }

  /** LASTTX comes as the last byte begins: shortcuts act while that byte is on its way. */
  private move(isReading: boolean): void {
    this.master.commit();
    if (isReading) {
      const isLast = this.rx.left === 1;
      if (isLast) this.events.emit('EVENTS_LASTRX');
      this.master.ask(isLast);
      return;
    }
    const byte = this.tx.take();
    this.tx.report();
    if (this.tx.left === 0) this.events.emit('EVENTS_LASTTX');
    this.master.send(byte);
  }
}

export const TWIM_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Twim(context),
});
