/**
 * What TWI and TWIM have in common: a two-wire master that starts, stops and is suspended by tasks, between two bytes.
 * Sources: nRF51 Reference Manual v3.0, TWI; nRF52840 Product Specification v1.1, TWI and TWIM. What moves the bytes, TXD and RXD or
 * EasyDMA, is the block's (`TwiBytes`).
 */
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { I2cController } from '../../wires/i2c-controller.js';
import { numberFrom, numbersFrom, partFrom, type BlockContext } from '../block.js';
import { bitTimeOfFrequency, nanoseconds } from './serial-registers.js';
import { TwiPins } from './twi-pins.js';

/** What the block does about the bytes of a transfer. */
export interface TwiBytes {
  /** A transfer in that direction begins; its start condition follows, or a repeated one. */
  begin?(isReading: boolean): void;
  /** The start condition is on its way. */
  begun?(isReading: boolean): void;
  /** A byte to the other end, or its address, is out. */
  wrote(acknowledged: boolean, isAddress: boolean): void;
  received(byte: number): void;
  /** All of this transfer is done: another may begin. */
  isOver(): boolean;
  /** Sends or asks for the next byte, by `commit` and then `send` or `ask`, if there is one to move. */
  move(isReading: boolean): void;
  /** The bus is free again, or the block is disabled. */
  ended?(): void;
  emit(event: 'EVENTS_STOPPED' | 'EVENTS_ERROR' | 'EVENTS_SUSPENDED'): void;
}

/** Storage of the registers that both blocks have. */
export interface TwiRegisters {
  readonly ADDRESS: Uint32Array;
  readonly ERRORSRC: Uint32Array;
  readonly FREQUENCY: Uint32Array;
  readonly SCL: Uint32Array;
  readonly SDA: Uint32Array;
}

/** @param registers those of TWI or TWIM */
export function twiRegisters(registers: { storage(name: 'ADDRESS' | 'ERRORSRC' | 'FREQUENCY' | 'PSEL.SCL' | 'PSEL.SDA'): Uint32Array }): TwiRegisters {
  return {
    ADDRESS: registers.storage('ADDRESS'), ERRORSRC: registers.storage('ERRORSRC'), FREQUENCY: registers.storage('FREQUENCY'),
    SCL: registers.storage('PSEL.SCL'), SDA: registers.storage('PSEL.SDA'),
  };
}

export const TWI_ERROR = { OVERRUN: 1, ANACK: 2, DNACK: 4 } as const;
/** From a START task to the start condition. */
const START_NS = 1500;

/** `ending`: STOP while idle. `between`: the bus is ours, SCL is low, no byte is on its way. */
const PHASES = ['idle', 'starting', 'ending', 'address', 'tx', 'rx', 'between', 'stopping'] as const;
type Phase = (typeof PHASES)[number];
const NEXT = ['none', 'tx', 'rx'] as const;

export class TwiMaster {
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

  constructor(private readonly context: BlockContext, private readonly stored: TwiRegisters, private readonly bytes: TwiBytes) {
    this.pins = new TwiPins(context);
    this.controller = new I2cController(context.scheduler, {
      started: () => this.controller.write((this.stored.ADDRESS[0] << 1) | Number(this.isReading)),
      wrote: (acknowledged) => this.wrote(acknowledged),
      received: (byte) => { this.bytes.received(byte); this.proceed(); },
      stopped: () => this.stopped(),
      arbitrationLost: () => this.lost(),
    });
  }

  // -- Pins and rate.

  /** After ENABLE, PSEL or FREQUENCY has changed. */
  apply(isEnabled: boolean): void {
    if (!isEnabled) {
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

  snapshot(): Snapshot {
    const { phase, next, isReading, isSuspended, wantsSuspend, wantsStop, hasFailed } = this;
    return {
      bus: this.pins.saveBus(), controller: this.controller.snapshot(), phase: PHASES.indexOf(phase), next: NEXT.indexOf(next),
      flags: [isReading, isSuspended, wantsSuspend, wantsStop, hasFailed].map(Number), latency: saveEvent(this.latency),
    };
  }

  /** After the registers. */
  restore(from: Snapshot, isEnabled: boolean): void {
    const { name, scheduler } = this.context;
    this.pins.forget();
    if (isEnabled) this.takePins();
    this.controller.adopt(this.pins.sda, this.pins.scl);
    this.pins.restoreBus(from['bus']);
    this.controller.restore(partFrom(from, 'controller', name));
    this.phase = PHASES[numberFrom(from, 'phase', name)] ?? 'idle';
    this.next = NEXT[numberFrom(from, 'next', name)] ?? 'none';
    [this.isReading, this.isSuspended, this.wantsSuspend, this.wantsStop, this.hasFailed] = numbersFrom(from, 'flags', name, 5).map(Boolean);
    restoreEvent(scheduler, this.latency, from['latency']);
  }

  // -- Tasks.

  start(direction: 'tx' | 'rx'): void {
    this.next = direction;
    if (this.phase === 'idle') this.wait('starting');
    else if (this.phase === 'between' && !this.isSuspended) this.begin();
  }

  stop(): void {
    if (this.phase === 'idle') this.wait('ending');
    else this.wantsStop = true;
    if (this.phase === 'rx') this.controller.refuseMore();
    this.byteIsThere();
  }

  suspend(): void {
    if (this.phase === 'idle' || this.isSuspended) return;
    this.wantsSuspend = true;
    this.byteIsThere();
  }

  resume(): void {
    this.wantsSuspend = false;
    if (!this.isSuspended) return;
    this.isSuspended = false;
    this.byteIsThere();
  }

  // -- For `TwiBytes`.

  /** A byte is as good as on its way: what its events' shortcuts ask for happens after it. */
  commit(): void {
    this.phase = this.isReading ? 'rx' : 'tx';
  }

  send(byte: number): void {
    this.controller.write(byte);
  }

  /** @param isLast the byte is not acknowledged, so that the other end lets go of the bus */
  ask(isLast: boolean): void {
    this.controller.read(!isLast && !this.wantsStop);
  }

  /** A byte may be moved now, if that is what the transfer waits for. */
  byteIsThere(): void {
    if (this.phase === 'between') this.proceed();
  }

  // -- The bus.

  private takePins(): void {
    this.pins.take(this.stored.SCL[0], this.stored.SDA[0]);
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
    this.bytes.begin?.(this.isReading);
    this.phase = 'address';
    this.controller.start();
    this.bytes.begun?.(this.isReading);
  }

  private wrote(acknowledged: boolean): void {
    const isAddress = this.phase === 'address';
    this.bytes.wrote(acknowledged, isAddress);
    if (!acknowledged) this.fail(isAddress ? TWI_ERROR.ANACK : TWI_ERROR.DNACK);
    this.proceed();
  }

  private fail(source: number): void {
    this.stored.ERRORSRC[0] |= source;
    this.hasFailed = true;
    this.bytes.emit('EVENTS_ERROR');
  }

  /** Between two bytes, or again when a task or a byte came while nothing went on. */
  private proceed(): void {
    this.phase = 'between';
    if (this.isSuspended) return;
    const isOver = this.hasFailed || this.bytes.isOver();
    if (this.wantsStop) {
      this.wantsStop = false;
      this.phase = 'stopping';
      this.controller.stop();
    } else if (this.wantsSuspend) {
      this.wantsSuspend = false;
      this.isSuspended = true;
      this.bytes.emit('EVENTS_SUSPENDED');
    } else if (isOver && this.next !== 'none') this.begin();
    else if (!this.hasFailed) this.bytes.move(this.isReading);
  }

  private stopped(): void {
    const { next } = this;
    this.goIdle();
    this.bytes.ended?.();
    if (next !== 'none') this.start(next);
    this.bytes.emit('EVENTS_STOPPED');
  }

  private lost(): void {
    const source = this.phase === 'address' ? TWI_ERROR.ANACK : TWI_ERROR.DNACK;
    this.goIdle();
    this.fail(source);
  }
}
