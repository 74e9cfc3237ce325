/**
 * Nordic TWIM: two-wire master with EasyDMA.
 * Source: nRF52840 Product Specification v1.1, TWIM. Decided here, since it says nothing: a START task while suspended runs after
 * RESUME; a start or stop that a shortcut has asked for during a byte that is not acknowledged still happens; STOP while idle
 * gives STOPPED after the same latency. Not modelled: arbitration (TWIM is meant to be the only master): losing it counts as an error.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { I2cController } from '../../wires/i2c-controller.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL, TWIM_FREQUENCY } from './fields.js';
import { AMOUNT, bitTimeOfFrequency, DmaChannel, ENABLED, MAXCNT, nanoseconds, POWER } from './serial-registers.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { TwiPins } from './twi-pins.js';

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
const ERROR = { ANACK: 2, DNACK: 4 } as const;
/** From a START task to the start condition. */
const START_NS = 1500;

/** `ending`: STOP while idle. `between`: the bus is ours, SCL is low, no byte is on its way. */
const PHASES = ['idle', 'starting', 'ending', 'address', 'tx', 'rx', 'between', 'stopping'] as const;
type Phase = (typeof PHASES)[number];
const NEXT = ['none', 'tx', 'rx'] as const;

export class Twim extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TwimSpec>;
  private readonly stored;
  private readonly pins: TwiPins;
  private readonly controller: I2cController;
  private readonly tx: DmaChannel;
  private readonly rx: DmaChannel;
  private readonly latency = timedEvent(() => this.afterLatency());
  private phase: Phase = 'idle';
  private next: (typeof NEXT)[number] = 'none';
  private isReading = false;
  private isSuspended = false;
  private wantsSuspend = false;
  private wantsStop = false;
  private hasFailed = false;

  constructor(private readonly context: BlockContext) {
    super();
    const { scheduler } = context;
    const apply = (): void => this.apply();
    this.events = new TaskEvents(TWIM, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STARTRX: () => this.start('rx'),
        TASKS_STARTTX: () => this.start('tx'),
        TASKS_STOP: () => this.stop(),
        TASKS_SUSPEND: () => this.suspend(),
        TASKS_RESUME: () => this.resume(),
      },
      shorts: SHORTS,
      onWrite: { ENABLE: apply, 'PSEL.SCL': apply, 'PSEL.SDA': apply, FREQUENCY: apply, POWER: (value) => { if (value === 0) this.powerDown(); } },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), FREQUENCY: registers.storage('FREQUENCY'), ERRORSRC: registers.storage('ERRORSRC'), ADDRESS: registers.storage('ADDRESS') };
    const dma = new EasyDma(context);
    const channel = (name: 'TXD' | 'RXD'): DmaChannel => new DmaChannel({
      PTR: registers.storage(`${name}.PTR`), MAXCNT: registers.storage(`${name}.MAXCNT`), AMOUNT: registers.storage(`${name}.AMOUNT`), LIST: registers.storage(`${name}.LIST`),
    }, dma);
    this.tx = channel('TXD');
    this.rx = channel('RXD');
    this.pins = new TwiPins(context);
    this.controller = new I2cController(scheduler, {
      started: () => this.controller.write((this.stored.ADDRESS[0] << 1) | Number(this.isReading)),
      wrote: (acknowledged) => this.wrote(acknowledged),
      received: (byte) => this.received(byte),
      stopped: () => this.stopped(),
      arbitrationLost: () => this.lost(),
    });
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.TWIM; }

  override reset(): void {
    this.events.reset();
    this.apply();
    this.tx.clear();
    this.rx.clear();
  }

  override snapshot(): Snapshot {
    const { phase, next, isReading, isSuspended, wantsSuspend, wantsStop, hasFailed } = this;
    return {
      registers: this.events.snapshot(), bus: this.pins.saveBus(), controller: this.controller.snapshot(),
      tx: this.tx.snapshot(), rx: this.rx.snapshot(), phase: PHASES.indexOf(phase), next: NEXT.indexOf(next),
      flags: [isReading, isSuspended, wantsSuspend, wantsStop, hasFailed].map(Number), latency: saveEvent(this.latency),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.pins.forget();
    if (this.isEnabled) this.takePins();
    this.controller.adopt(this.pins.sda, this.pins.scl);
    this.pins.restoreBus(from['bus']);
    this.controller.restore(partFrom(from, 'controller', name));
    this.tx.restore(partFrom(from, 'tx', name), name);
    this.rx.restore(partFrom(from, 'rx', name), name);
    this.phase = PHASES[numberFrom(from, 'phase', name)] ?? 'idle';
    this.next = NEXT[numberFrom(from, 'next', name)] ?? 'none';
    [this.isReading, this.isSuspended, this.wantsSuspend, this.wantsStop, this.hasFailed] = numbersFrom(from, 'flags', name, 5).map(Boolean);
    restoreEvent(scheduler, this.latency, from['latency']);
  }

  // -- Pins and rate.

  private takePins(): void {
    this.pins.take(this.registers.get('PSEL.SCL'), this.registers.get('PSEL.SDA'));
  }

  private apply(): void {
    if (!this.isEnabled) {
      this.goIdle();
      this.controller.reset();
      this.controller.attach(undefined, undefined);
      this.pins.release();
      return;
    }
    this.takePins();
    this.controller.attach(this.pins.sda, this.pins.scl);
    const { scheduler, warnings, name } = this.context;
    this.controller.configure(bitTimeOfFrequency(this.stored.FREQUENCY[0], scheduler.rootHz, warnings, name));
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  private goIdle(): void {
    this.context.scheduler.cancel(this.latency);
    this.phase = 'idle';
    this.next = 'none';
    this.isSuspended = false;
    this.wantsSuspend = false;
    this.wantsStop = false;
    this.hasFailed = false;
  }

  // -- Tasks.

  private start(direction: 'tx' | 'rx'): void {
    this.next = direction;
    if (this.phase === 'idle') this.wait('starting');
    else if (this.phase === 'between' && !this.isSuspended) this.begin();
  }

  private stop(): void {
    if (this.phase === 'idle') this.wait('ending');
    else this.wantsStop = true;
    if (this.phase === 'rx') this.controller.refuseMore();
    if (this.phase === 'between') this.proceed();
  }

  private suspend(): void {
    if (this.phase === 'idle' || this.isSuspended) return;
    this.wantsSuspend = true;
    if (this.phase === 'between') this.proceed();
  }

  private resume(): void {
    this.wantsSuspend = false;
    if (!this.isSuspended) return;
    this.isSuspended = false;
    if (this.phase === 'between') this.proceed();
  }

  // -- The bus.

  private wait(phase: 'starting' | 'ending'): void {
    const { scheduler } = this.context;
    this.phase = phase;
    scheduler.schedule(this.latency, scheduler.now() + nanoseconds(START_NS, scheduler.rootHz));
  }

  private afterLatency(): void {
    if (this.phase === 'starting') this.begin();
    else this.stopped();
  }

  /** START, or a repeated one. */
  private begin(): void {
    this.isReading = this.next === 'rx';
    this.next = 'none';
    this.hasFailed = false;
    const channel = this.isReading ? this.rx : this.tx;
    channel.latch();
    channel.report();
    this.phase = 'address';
    this.controller.start();
    this.events.emit(this.isReading ? 'EVENTS_RXSTARTED' : 'EVENTS_TXSTARTED');
  }

  private wrote(acknowledged: boolean): void {
    if (!acknowledged) this.fail(this.phase === 'address' ? ERROR.ANACK : ERROR.DNACK);
    this.proceed();
  }

  private received(byte: number): void {
    this.rx.put(byte);
    this.rx.report();
    this.proceed();
  }

  private fail(source: number): void {
    this.stored.ERRORSRC[0] |= source;
    this.hasFailed = true;
    this.events.emit('EVENTS_ERROR');
  }

  /** Between two bytes, or again when a task came while nothing went on. */
  private proceed(): void {
    const channel = this.isReading ? this.rx : this.tx;
    const isOver = this.hasFailed || channel.left === 0;
    this.phase = 'between';
    if (this.isSuspended) return;
    if (this.wantsStop) {
      this.wantsStop = false;
      this.phase = 'stopping';
      this.controller.stop();
    } else if (this.wantsSuspend) {
      this.wantsSuspend = false;
      this.isSuspended = true;
      this.events.emit('EVENTS_SUSPENDED');
    } else if (isOver && this.next !== 'none') this.begin();
    else if (!isOver) this.moveByte();
  }

  /** LASTTX comes as the last byte begins: shortcuts act while that byte is on its way. */
  private moveByte(): void {
    if (this.isReading) {
      this.phase = 'rx';
      const isLast = this.rx.left === 1;
      if (isLast) this.events.emit('EVENTS_LASTRX');
      this.controller.read(!isLast && !this.wantsStop);
      return;
    }
    this.phase = 'tx';
    const byte = this.tx.take();
    this.tx.report();
    if (this.tx.left === 0) this.events.emit('EVENTS_LASTTX');
    this.controller.write(byte);
  }

  private stopped(): void {
    const { next } = this;
    this.goIdle();
    this.tx.clear();
    this.rx.clear();
    if (next !== 'none') this.start(next);
    this.events.emit('EVENTS_STOPPED');
  }

  private lost(): void {
    const source = this.phase === 'address' ? ERROR.ANACK : ERROR.DNACK;
    this.goIdle();
    this.fail(source);
  }
}

export const TWIM_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Twim(context),
});
