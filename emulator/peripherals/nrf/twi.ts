/**
 * Nordic TWI: two-wire master, byte by byte.
 * Sources: nRF51 Reference Manual v3.0, TWI; nRF52840 Product Specification v1.1, TWI (legacy, without EasyDMA). Decided here,
 * since they say nothing: BB belongs to data bytes only; a suspension begins after the byte and its acknowledge bit; a byte that
 * is not acknowledged gives ERROR without TXDSENT. Not modelled: the anomalies of nRF51's revisions.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { I2cController } from '../../wires/i2c-controller.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { PSEL, TWI_FREQUENCY } from './fields.js';
import { bitTimeOfFrequency, ENABLED, nanoseconds, POWER } from './serial-registers.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { TwiPins } from './twi-pins.js';

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
const ERROR = { OVERRUN: 1, ANACK: 2, DNACK: 4 } as const;
const START_NS = 1500;

/** `ending`: STOP while idle. `between`: the bus is ours, SCL is low, no byte is on its way. */
const PHASES = ['idle', 'starting', 'ending', 'address', 'tx', 'rx', 'between', 'stopping'] as const;
type Phase = (typeof PHASES)[number];
const NEXT = ['none', 'tx', 'rx'] as const;

export class Twi extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TwiSpec>;
  private readonly stored;
  private readonly pins: TwiPins;
  private readonly controller: I2cController;
  private readonly latency = timedEvent(() => this.afterLatency());
  private phase: Phase = 'idle';
  private next: (typeof NEXT)[number] = 'none';
  private isReading = false;
  private isSuspended = false;
  private wantsSuspend = false;
  private wantsStop = false;
  private hasFailed = false;
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
        TASKS_STARTRX: () => this.start('rx'),
        TASKS_STARTTX: () => this.start('tx'),
        TASKS_STOP: () => this.stop(),
        TASKS_SUSPEND: () => this.suspend(),
        TASKS_RESUME: () => this.resume(),
      },
      shorts: SHORTS,
      onRead: { RXD: (_index, stored) => { this.isRxdFull = false; return stored; } },
      onWrite: { ENABLE: apply, 'PSEL.SCL': apply, 'PSEL.SDA': apply, FREQUENCY: apply, TXD: () => this.load(), POWER: (value) => { if (value === 0) this.powerDown(); } },
      onPeek: { RXD: (_index, stored) => stored },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = {
      ENABLE: registers.storage('ENABLE'), FREQUENCY: registers.storage('FREQUENCY'), ERRORSRC: registers.storage('ERRORSRC'),
      ADDRESS: registers.storage('ADDRESS'), RXD: registers.storage('RXD'), TXD: registers.storage('TXD'),
    };
    this.pins = new TwiPins(context);
    this.controller = new I2cController(context.scheduler, {
      started: () => this.controller.write((this.stored.ADDRESS[0] << 1) | Number(this.isReading)),
      wrote: (acknowledged) => this.wrote(acknowledged),
      received: (byte) => this.received(byte),
      stopped: () => this.stopped(),
      arbitrationLost: () => this.lost(),
    });
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.TWI; }

  override reset(): void {
    this.events.reset();
    this.apply();
  }

  override snapshot(): Snapshot {
    const { phase, next, isReading, isSuspended, wantsSuspend, wantsStop, hasFailed, isTxdFull, isRxdFull } = this;
    return {
      registers: this.events.snapshot(), bus: this.pins.saveBus(), controller: this.controller.snapshot(),
      phase: PHASES.indexOf(phase), next: NEXT.indexOf(next),
      flags: [isReading, isSuspended, wantsSuspend, wantsStop, hasFailed, isTxdFull, isRxdFull].map(Number), latency: saveEvent(this.latency),
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
    this.phase = PHASES[numberFrom(from, 'phase', name)] ?? 'idle';
    this.next = NEXT[numberFrom(from, 'next', name)] ?? 'none';
    [this.isReading, this.isSuspended, this.wantsSuspend, this.wantsStop, this.hasFailed, this.isTxdFull, this.isRxdFull]
      = numbersFrom(from, 'flags', name, 7).map(Boolean);
    restoreEvent(scheduler, this.latency, from['latency']);
  }

  // -- Pins and rate.

  private takePins(): void {
    this.pins.take(this.registers.get('PSEL.SCL'), this.registers.get('PSEL.SDA'));
  }

  private apply(): void {
    if (!this.isEnabled) {
      this.goIdle();
      this.isTxdFull = false;
      this.isRxdFull = false;
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

  // -- Tasks, and TXD.

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

  private load(): void {
    if (!this.isEnabled) return;
    this.isTxdFull = true;
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

  private begin(): void {
    this.isReading = this.next === 'rx';
    this.next = 'none';
    this.hasFailed = false;
    this.phase = 'address';
    this.controller.start();
  }

  private wrote(acknowledged: boolean): void {
    const isAddress = this.phase === 'address';
    if (!acknowledged) {
      this.isTxdFull = false;
      this.fail(isAddress ? ERROR.ANACK : ERROR.DNACK);
    }     else if (!isAddress) this.events.emit('EVENTS_TXDSENT');
    this.proceed();
  }

  /** OVERRUN: a byte came before the one in RXD was read. */
  private received(byte: number): void {
    if (this.isRxdFull) {
      this.stored.ERRORSRC[0] |= ERROR.OVERRUN;
      this.events.emit('EVENTS_ERROR');
    }
    this.stored.RXD[0] = byte;
    this.isRxdFull = true;
    this.events.emit('EVENTS_RXDREADY');
    this.proceed();
  }

  private fail(source: number): void {
    this.stored.ERRORSRC[0] |= source;
    this.hasFailed = true;
    this.events.emit('EVENTS_ERROR');
  }

  /** Between two bytes, or again when a task or a byte came while nothing went on. */
  private proceed(): void {
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
    } else if (this.next !== 'none') this.begin();
    else if (!this.hasFailed) this.moveByte();
  }

  /** BB, byte boundary, comes before each byte: shortcuts act while that byte is on its way. */
  private moveByte(): void {
    if (this.isReading) {
      this.phase = 'rx';
      this.events.emit('EVENTS_BB');
      this.controller.read(!this.wantsStop);
    } else if (this.isTxdFull) {
      this.phase = 'tx';
      this.isTxdFull = false;
      this.events.emit('EVENTS_BB');
      this.controller.write(this.stored.TXD[0]);
    }
  }

  private stopped(): void {
    const { next } = this;
    this.goIdle();
    if (next !== 'none') this.start(next);
    this.events.emit('EVENTS_STOPPED');
  }

  private lost(): void {
    const source = this.phase === 'address' ? ERROR.ANACK : ERROR.DNACK;
    this.goIdle();
    this.fail(source);
  }
}

export const TWI_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Twi(context),
});
