/**
 * Nordic SPI: master, byte by byte, with double-buffered TXD and RXD.
 * Sources: nRF51 Reference Manual v3.0, SPI; nRF52840 Product Specification v1.1, SPI (legacy, without EasyDMA).
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { SpiController, type SpiPins } from '../../wires/spi-controller.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { PSEL, SPI_FREQUENCY } from './fields.js';
import { bitTimeOfFrequency, ENABLED, nanoseconds, POWER, SPI_CONFIG } from './serial-registers.js';
import { samePins, SpiPads, spiFormat } from './spi-pins.js';
import { TaskEvents } from './task-events.js';

export const SPI = registerMap({
  EVENTS_READY: { at: 0x108, kind: 'event' },
  INTENSET:    { at: 0x304, kind: 'w1s', fields: { READY: bit(2) } },
  INTENCLR:    { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  ENABLE:      { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 1 }) } },
  'PSEL.SCK':  { at: 0x508, ...PSEL },
  'PSEL.MOSI': { at: 0x50c, ...PSEL },
  'PSEL.MISO': { at: 0x510, ...PSEL },
  RXD:         { at: 0x518, kind: 'ro', fields: { RXD: bits(0, 7) } },
  TXD:         { at: 0x51c, fields: { TXD: bits(0, 7) } },
  FREQUENCY:   { at: 0x524, reset: 0x0400_0000, fields: SPI_FREQUENCY },
  CONFIG:      { at: 0x554, ...SPI_CONFIG },
  POWER,
});

type SpiSpec = typeof SPI.spec;

/** RXD and RXD-1. */
const RXD_BYTES = 2;
/** From writing TXD to the start of transmission, while idle. */
const START_NS = 1000;

export class Spi extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<SpiSpec>;
  private readonly stored;
  private readonly pads: SpiPads;
  private pins: SpiPins = {};
  private readonly controller: SpiController;
  private readonly latency = timedEvent(() => this.begin());
  private isTxdFull = false;
  /** In the shift register, while that waits to begin. */
  private first = 0;
  /** Bytes nobody has read, the first of them in RXD. */
  private unread: number[] = [];

  constructor(private readonly context: BlockContext) {
    super();
    const apply = (): void => this.apply();
    this.events = new TaskEvents(SPI, context, {
      isEnabled: () => this.isEnabled,
      tasks: {},
      onRead: { RXD: (_index, stored) => this.readRxd(stored) },
      onPeek: { RXD: (_index, stored) => stored },
      onWrite: {
        ENABLE: apply, 'PSEL.SCK': apply, 'PSEL.MOSI': apply, 'PSEL.MISO': apply, FREQUENCY: apply, CONFIG: apply,
        TXD: () => this.load(), POWER: (value) => { if (value === 0) this.powerDown(); },
      },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), RXD: registers.storage('RXD'), TXD: registers.storage('TXD') };
    this.pads = new SpiPads(context);
    this.controller = new SpiController(context.scheduler);
    this.controller.onReceived = (byte) => this.received(byte);
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.SPI; }

  override reset(): void {
    this.events.reset();
    this.apply();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), controller: this.controller.snapshot(), isTxdFull: [Number(this.isTxdFull)], first: this.first, unread: this.unread.slice(),
      latency: saveEvent(this.latency),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.pads.forget();
    this.pins = this.isEnabled ? this.takePads() : {};
    this.controller.adopt(this.pins);
    this.controller.restore(partFrom(from, 'controller', name));
    this.isTxdFull = numbersFrom(from, 'isTxdFull', name, 1)[0] === 1;
    this.first = numberFrom(from, 'first', name);
    this.unread = numbersFrom(from, 'unread', name, RXD_BYTES).slice();
    restoreEvent(scheduler, this.latency, from['latency']);
  }

  private takePads(): SpiPins {
    const { registers } = this;
    return this.pads.take({ sck: registers.get('PSEL.SCK'), mosi: registers.get('PSEL.MOSI'), miso: registers.get('PSEL.MISO') });
  }

  private apply(): void {
    const { context: { scheduler, warnings, name }, registers } = this;
    if (!this.isEnabled) {
      scheduler.cancel(this.latency);
      this.isTxdFull = false;
      this.unread = [];
      this.controller.reset();
      this.controller.attach(this.pins = {});
      this.pads.release();
      return;
    }
    const pins = this.takePads();
    this.controller.configure(spiFormat(registers.get('CONFIG'), bitTimeOfFrequency(registers.get('FREQUENCY'), scheduler.rootHz, warnings, name)));
    if (!samePins(pins, this.pins)) this.controller.attach(this.pins = pins);
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  /**
   * A byte for TXD: while idle it moves to the shift register at once, so a second one may follow immediately. Another one
   * written before it has moved there takes its place.
   */
  private load(): void {
    if (!this.isEnabled) return;
    if (this.controller.isActive || this.latency.slot >= 0) {
      this.isTxdFull = true;
      return;
    }
    this.first = this.stored.TXD[0];
    const { scheduler } = this.context;
    scheduler.schedule(this.latency, scheduler.now() + nanoseconds(START_NS, scheduler.rootHz));
  }

  private begin(): void {
    this.controller.transfer(this.first);
  }

  private shift(): void {
    if (!this.isTxdFull || this.controller.isActive) return;
    this.isTxdFull = false;
    this.controller.transfer(this.stored.TXD[0]);
  }

  /** READY when the byte is in RXD; a second one waits behind it, a third is lost. */
  private received(byte: number): void {
    this.shift();
    if (this.unread.length === RXD_BYTES) return;
    this.unread.push(byte);
    if (this.unread.length === 1) this.present();
  }

  private present(): void {
    this.stored.RXD[0] = this.unread[0];
    this.events.emit('EVENTS_READY');
  }

  private readRxd(stored: number): number {
    if (this.unread.length > 0) {
      this.unread.shift();
      if (this.unread.length > 0) this.present();
    }
    return stored;
  }
}

export const SPI_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({}),
  create: (context) => new Spi(context),
});
