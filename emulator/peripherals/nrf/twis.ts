/**
 * Nordic TWIS: two-wire slave with EasyDMA.
 * Source: nRF52840 Product Specification v1.1, TWIS. Stretching begins before the acknowledge bit of the byte after which it is
 * due. Decided here, since it says nothing: STOP while idle gives STOPPED at once; AMOUNT is told at a stop and at a restart.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { I2cBus, I2cTarget } from '../../wires/i2c-bus.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL } from './fields.js';
import { AMOUNT, DmaChannel, ENABLED, MAXCNT, POWER } from './serial-registers.js';
import { TaskEvents, type Shortcut } from './task-events.js';
import { TwiPins } from './twi-pins.js';

const INTERRUPTS = { STOPPED: bit(1), ERROR: bit(9), RXSTARTED: bit(19), TXSTARTED: bit(20), WRITE: bit(25), READ: bit(26) } as const;

export const TWIS = registerMap({
  TASKS_STOP:       { at: 0x014, kind: 'task' },
  TASKS_SUSPEND:    { at: 0x01c, kind: 'task' },
  TASKS_RESUME:     { at: 0x020, kind: 'task' },
  TASKS_PREPARERX:  { at: 0x030, kind: 'task' },
  TASKS_PREPARETX:  { at: 0x034, kind: 'task' },
  EVENTS_STOPPED:   { at: 0x104, kind: 'event' },
  EVENTS_ERROR:     { at: 0x124, kind: 'event' },
  EVENTS_RXSTARTED: { at: 0x14c, kind: 'event' },
  EVENTS_TXSTARTED: { at: 0x150, kind: 'event' },
  EVENTS_WRITE:     { at: 0x164, kind: 'event' },
  EVENTS_READ:      { at: 0x168, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { WRITE_SUSPEND: bit(13), READ_SUSPEND: bit(14) } },
  INTEN:        { at: 0x300, fields: INTERRUPTS },
  INTENSET:     { at: 0x304, kind: 'setBits', of: 'INTEN' },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTEN' },
  ERRORSRC:     { at: 0x4d0, kind: 'w1c', fields: { OVERFLOW: bit(0), DNACK: bit(2), OVERREAD: bit(3) } },
  MATCH:        { at: 0x4d4, kind: 'ro', fields: { MATCH: bit(0) } },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 9 }) } },
  'PSEL.SCL':   { at: 0x508, ...PSEL },
  'PSEL.SDA':   { at: 0x50c, ...PSEL },
  'RXD.PTR':    { at: 0x534 },
  'RXD.MAXCNT': { at: 0x538, ...MAXCNT },
  'RXD.AMOUNT': { at: 0x53c, ...AMOUNT },
  'RXD.LIST':   { at: 0x540, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  'TXD.PTR':    { at: 0x544 },
  'TXD.MAXCNT': { at: 0x548, ...MAXCNT },
  'TXD.AMOUNT': { at: 0x54c, ...AMOUNT },
  'TXD.LIST':   { at: 0x550, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  ADDRESS:      { at: 0x588, count: 2, fields: { ADDRESS: bits(0, 6) } },
  CONFIG:       { at: 0x594, reset: 1, fields: { ADDRESS0: bit(0), ADDRESS1: bit(1) } },
  ORC:          { at: 0x5c0, fields: { ORC: bits(0, 7) } },
  POWER,
});

type TwisSpec = typeof TWIS.spec;

const SHORTS: readonly Shortcut<TwisSpec>[] = [
  { bit: 13, event: 'EVENTS_WRITE', task: 'TASKS_SUSPEND' },
  { bit: 14, event: 'EVENTS_READ', task: 'TASKS_SUSPEND' },
];
const ERROR = { OVERFLOW: 1, DNACK: 4, OVERREAD: 8 } as const;

/** `waiting`: addressed, but not prepared: SCL is held low. */
const PHASES = ['idle', 'waiting', 'tx', 'rx'] as const;

export class Twis extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<TwisSpec>;
  private readonly stored;
  private readonly pins: TwiPins;
  private readonly tx: DmaChannel;
  private readonly rx: DmaChannel;
  /** Buses that ask this slave about addresses: those it has ever been on. */
  private readonly known = new Set<I2cBus>();
  /** As the bus sees it. */
  private readonly target: I2cTarget = {
    start: (read) => this.addressed(read),
    write: (byte) => this.receive(byte),
    read: () => this.send(),
    stop: () => this.stopped(),
    hold: () => (this.isInvolved && (this.isSuspended || this.phase === 'waiting') ? Infinity : 0),
  };
  private phase: (typeof PHASES)[number] = 'idle';
  private isReading = false;
  private isInvolved = false;
  private isSuspended = false;
  private isTxPrepared = false;
  private isRxPrepared = false;
  private matched = 0;

  constructor(private readonly context: BlockContext) {
    super();
    const apply = (): void => this.apply();
    this.events = new TaskEvents(TWIS, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_STOP: () => this.forceStop(),
        TASKS_SUSPEND: () => { this.isSuspended = true; },
        TASKS_RESUME: () => this.resume(),
        TASKS_PREPARERX: () => this.prepare(false),
        TASKS_PREPARETX: () => this.prepare(true),
      },
      shorts: SHORTS,
      onWrite: { ENABLE: apply, 'PSEL.SCL': apply, 'PSEL.SDA': apply, POWER: (value) => { if (value === 0) this.powerDown(); } },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = {
      ENABLE: registers.storage('ENABLE'), ERRORSRC: registers.storage('ERRORSRC'), MATCH: registers.storage('MATCH'),
      ADDRESS: registers.storage('ADDRESS'), CONFIG: registers.storage('CONFIG'), ORC: registers.storage('ORC'),
    };
    const dma = new EasyDma(context);
    const channel = (name: 'TXD' | 'RXD'): DmaChannel => new DmaChannel({
      PTR: registers.storage(`${name}.PTR`), MAXCNT: registers.storage(`${name}.MAXCNT`), AMOUNT: registers.storage(`${name}.AMOUNT`), LIST: registers.storage(`${name}.LIST`),
    }, dma);
    this.tx = channel('TXD');
    this.rx = channel('RXD');
    this.pins = new TwiPins(context);
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.TWIS; }

  override reset(): void {
    this.events.reset();
    this.apply();
  }

  override snapshot(): Snapshot {
    const { isReading, isInvolved, isSuspended, isTxPrepared, isRxPrepared } = this;
    return {
      registers: this.events.snapshot(), bus: this.pins.saveBus(), tx: this.tx.snapshot(), rx: this.rx.snapshot(), phase: PHASES.indexOf(this.phase),
      flags: [isReading, isInvolved, isSuspended, isTxPrepared, isRxPrepared].map(Number), matched: this.matched,
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.pins.forget();
    if (this.isEnabled) this.takePins();
    this.pins.restoreBus(from['bus']);
    this.tx.restore(partFrom(from, 'tx', name), name);
    this.rx.restore(partFrom(from, 'rx', name), name);
    this.phase = PHASES[numberFrom(from, 'phase', name)] ?? 'idle';
    [this.isReading, this.isInvolved, this.isSuspended, this.isTxPrepared, this.isRxPrepared] = numbersFrom(from, 'flags', name, 5).map(Boolean);
    this.matched = numberFrom(from, 'matched', name) & 1;
  }

  // -- Pins.

  private apply(): void {
    if (this.isEnabled) {
      this.takePins();
      return;
    }
    const { bus, sda, scl } = this.pins;
    this.goIdle();
    this.isInvolved = false;
    bus?.letGo();
    if (bus && sda && scl) bus.takeBack(sda, scl);
    this.pins.release();
  }

  private takePins(): void {
    const before = { bus: this.pins.bus, sda: this.pins.sda, scl: this.pins.scl };
    this.pins.take(this.registers.get('PSEL.SCL'), this.registers.get('PSEL.SDA'));
    const { bus, sda, scl } = this.pins;
    if (before.bus && before.bus !== bus && before.sda && before.scl) before.bus.takeBack(before.sda, before.scl);
    if (!bus || !sda || !scl) return;
    bus.lend(sda, scl);
    if (this.known.has(bus)) return;
    this.known.add(bus);
    bus.attachListener(this.target, (address) => this.pins.bus === bus && this.isEnabled && this.answers(address));
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  private goIdle(): void {
    this.endPhase();
    this.isSuspended = false;
    this.isTxPrepared = false;
    this.isRxPrepared = false;
  }

  // -- Tasks.

  private prepare(isTx: boolean): void {
    if (isTx) this.isTxPrepared = true;
    else this.isRxPrepared = true;
    if (this.phase !== 'waiting' || this.isReading !== isTx) return;
    this.enter();
    if (!this.isSuspended) this.pins.bus?.letGo();
  }

  private resume(): void {
    this.isSuspended = false;
    if (this.phase !== 'waiting') this.pins.bus?.letGo();
  }

  private forceStop(): void {
    this.goIdle();
    this.isInvolved = false;
    this.pins.bus?.letGo();
    this.events.emit('EVENTS_STOPPED');
  }

  // -- As a target on the bus.

  private addressed(read: boolean): boolean {
    this.endPhase();
    this.isInvolved = true;
    this.isReading = read;
    this.stored.MATCH[0] = this.matched;
    this.phase = 'waiting';
    this.events.emit(read ? 'EVENTS_READ' : 'EVENTS_WRITE');
    if (this.phase === 'waiting' && (read ? this.isTxPrepared : this.isRxPrepared)) this.enter();
    return true;
  }

  /** Bytes beyond the buffer are answered with NACK and lost, with an ERROR event. */
  private receive(byte: number): boolean {
    if (this.phase !== 'rx') return false;
    if (this.rx.left > 0) {
      this.rx.put(byte);
      return true;
    }
    this.fail(ERROR.OVERFLOW | ERROR.DNACK);
    return false;
  }

  private send(): number {
    if (this.phase !== 'tx') return 0xff;
    if (this.tx.left > 0) return this.tx.take();
    this.fail(ERROR.OVERREAD);
    return this.stored.ORC[0];
  }

  private stopped(): void {
    if (!this.isInvolved) return;
    this.isInvolved = false;
    this.goIdle();
    this.events.emit('EVENTS_STOPPED');
  }

  private answers(address: number): boolean {
    const { ADDRESS, CONFIG } = this.stored;
    const index = [0, 1].find((n) => ((CONFIG[0] >>> n) & 1) === 1 && ADDRESS[n] === address);
    if (index !== undefined) this.matched = index;
    return index !== undefined;
  }

  /** Prepared, and so no more: pointer and count are taken. */
  private enter(): void {
    if (this.isReading) {
      this.isTxPrepared = false;
      this.phase = 'tx';
      this.tx.latch();
      this.events.emit('EVENTS_TXSTARTED');
    } else {
      this.isRxPrepared = false;
      this.phase = 'rx';
      this.rx.latch();
      this.events.emit('EVENTS_RXSTARTED');
    }
  }

  private endPhase(): void {
    if (this.phase === 'tx') this.tx.report();
    else if (this.phase === 'rx') this.rx.report();
    this.phase = 'idle';
  }

  private fail(source: number): void {
    this.stored.ERRORSRC[0] |= source;
    this.events.emit('EVENTS_ERROR');
  }
}

export const TWIS_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Twis(context),
});
