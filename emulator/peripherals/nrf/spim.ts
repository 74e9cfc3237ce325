/**
 * Nordic SPIM: SPI master with EasyDMA. One instance of a chip (`isFast`) has 16 and 32 Mbit/s, a chip select and D/CX.
 * Source: nRF52840 Product Specification v1.1, SPIM. IFTIMING.RXDELAY is kept without effect: both ends sample in the middle of a
 * bit here. Decided here, since it says nothing: END follows when CSN is inactive again; a channel without bytes ends at its start.
 * Not modelled: STALLSTAT, since RAM never stalls EasyDMA here.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Pin } from '../../wires/net.js';
import { bitTimeOf, type BitTime } from '../../wires/bit-time.js';
import { SpiController, type SpiPins } from '../../wires/spi-controller.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PSEL, SPIM_FREQUENCY } from './fields.js';
import { AMOUNT, bitTimeOfFrequency, DmaChannel, ENABLED, MAXCNT, nanoseconds, POWER, SPI_CONFIG } from './serial-registers.js';
import { samePins, SpiPads, spiFormat } from './spi-pins.js';
import { TaskEvents, type Shortcut } from './task-events.js';

const STALL = { NOSTALL: 0, STALL: 1 } as const;

export const SPIM = registerMap({
  /** A work-around of nRF52840 erratum 195 writes it. */
  ERRATUM_195:    { at: 0x004, kind: 'reserved' },
  TASKS_START:    { at: 0x010, kind: 'task' },
  TASKS_STOP:     { at: 0x014, kind: 'task' },
  TASKS_SUSPEND:  { at: 0x01c, kind: 'task' },
  TASKS_RESUME:   { at: 0x020, kind: 'task' },
  EVENTS_STOPPED: { at: 0x104, kind: 'event' },
  EVENTS_ENDRX:   { at: 0x110, kind: 'event' },
  EVENTS_END:     { at: 0x118, kind: 'event' },
  EVENTS_ENDTX:   { at: 0x120, kind: 'event' },
  EVENTS_STARTED: { at: 0x14c, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { END_START: bit(17) } },
  INTENSET:     { at: 0x304, kind: 'w1s', fields: { STOPPED: bit(1), ENDRX: bit(4), END: bit(6), ENDTX: bit(8), STARTED: bit(19) } },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  STALLSTAT:    { at: 0x400, fields: { TX: choice(0, 0, STALL), RX: choice(1, 1, STALL) } },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 7 }) } },
  'PSEL.SCK':   { at: 0x508, ...PSEL },
  'PSEL.MOSI':  { at: 0x50c, ...PSEL },
  'PSEL.MISO':  { at: 0x510, ...PSEL },
  'PSEL.CSN':   { at: 0x514, ...PSEL },
  FREQUENCY:    { at: 0x524, reset: 0x0400_0000, fields: SPIM_FREQUENCY },
  'RXD.PTR':    { at: 0x534 },
  'RXD.MAXCNT': { at: 0x538, ...MAXCNT },
  'RXD.AMOUNT': { at: 0x53c, ...AMOUNT },
  'RXD.LIST':   { at: 0x540, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  'TXD.PTR':    { at: 0x544 },
  'TXD.MAXCNT': { at: 0x548, ...MAXCNT },
  'TXD.AMOUNT': { at: 0x54c, ...AMOUNT },
  'TXD.LIST':   { at: 0x550, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  CONFIG:       { at: 0x554, ...SPI_CONFIG },
  'IFTIMING.RXDELAY': { at: 0x560, reset: 2, fields: { RXDELAY: bits(0, 2) } },
  'IFTIMING.CSNDUR':  { at: 0x564, reset: 2, fields: { CSNDUR: bits(0, 7) } },
  CSNPOL:       { at: 0x568, fields: { CSNPOL: choice(0, 0, { LOW: 0, HIGH: 1 }) } },
  PSELDCX:      { at: 0x56c, ...PSEL },
  DCXCNT:       { at: 0x570, fields: { DCXCNT: bits(0, 3) } },
  ORC:          { at: 0x5c0, fields: { ORC: bits(0, 7) } },
  POWER,
});

type SpimSpec = typeof SPIM.spec;

const SHORTS: readonly Shortcut<SpimSpec>[] = [{ bit: 17, event: 'EVENTS_END', task: 'TASKS_START' }];
/** The two values of FREQUENCY that are not what the accumulator gives. */
const FAST_RATES: Readonly<Record<number, number>> = { 0x0a00_0000: 16_000_000, 0x1400_0000: 32_000_000 };
/** The DCXCNT that makes every byte a command byte. */
const ALL_COMMAND = 0xf;
/** CSNDUR counts cycles of 64 MHz. */
const CSNDUR_NS = 1000 / 64;
/** From START to the first bit, without chip select. */
const START_NS = 1000;

/** `leading`: CSN is active, SCK not yet. `trailing`: SCK is over, CSN still active. `ending`: STOP while idle. */
const PHASES = ['idle', 'starting', 'leading', 'byte', 'suspended', 'trailing', 'ending'] as const;
type Phase = (typeof PHASES)[number];

export class Spim extends RegisterPeripheral {
  protected readonly registers;
  private readonly events: TaskEvents<SpimSpec>;
  private readonly stored;
  private readonly pads: SpiPads;
  private pins: SpiPins = {};
  private csn: Pin | undefined;
  private dcx: Pin | undefined;
  private readonly controller: SpiController;
  private readonly tx: DmaChannel;
  private readonly rx: DmaChannel;
  private readonly pause = timedEvent(() => this.afterPause());
  private phase: Phase = 'idle';
  private position = 0;
  private wantsStop = false;
  private wantsSuspend = false;
  private hasEndedTx = true;
  private hasEndedRx = true;

  constructor(private readonly context: BlockContext, private readonly isFast: boolean) {
    super();
    const apply = (): void => this.apply();
    this.events = new TaskEvents(SPIM, context, {
      isEnabled: () => this.isEnabled,
      tasks: {
        TASKS_START: () => { if (this.phase === 'idle') this.wait('starting', Math.max(START_NS, this.csnTime())); },
        TASKS_STOP: () => this.stop(),
        TASKS_SUSPEND: () => { if (this.phase !== 'idle' && this.phase !== 'suspended') this.wantsSuspend = true; },
        TASKS_RESUME: () => this.resume(),
      },
      shorts: SHORTS,
      onWrite: {
        ENABLE: apply, 'PSEL.SCK': apply, 'PSEL.MOSI': apply, 'PSEL.MISO': apply, 'PSEL.CSN': apply, PSELDCX: apply, CSNPOL: apply,
        FREQUENCY: apply, CONFIG: apply, POWER: (value) => { if (value === 0) this.powerDown(); },
      },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = { ENABLE: registers.storage('ENABLE'), ORC: registers.storage('ORC') };
    const dma = new EasyDma(context);
    const channel = (name: 'TXD' | 'RXD'): DmaChannel => new DmaChannel({
      PTR: registers.storage(`${name}.PTR`), MAXCNT: registers.storage(`${name}.MAXCNT`), AMOUNT: registers.storage(`${name}.AMOUNT`), LIST: registers.storage(`${name}.LIST`),
    }, dma);
    this.tx = channel('TXD');
    this.rx = channel('RXD');
    this.pads = new SpiPads(context);
    this.controller = new SpiController(context.scheduler);
    this.controller.onReceived = (byte) => this.received(byte);
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.SPIM; }

  override reset(): void {
    this.events.reset();
    this.apply();
    this.tx.clear();
    this.rx.clear();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), controller: this.controller.snapshot(), tx: this.tx.snapshot(), rx: this.rx.snapshot(),
      phase: PHASES.indexOf(this.phase), position: this.position,
      flags: [this.wantsStop, this.wantsSuspend, this.hasEndedTx, this.hasEndedRx].map(Number), pause: saveEvent(this.pause),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.pads.forget();
    this.pins = this.isEnabled ? this.takePads() : {};
    this.controller.adopt(this.pins);
    this.controller.restore(partFrom(from, 'controller', name));
    this.tx.restore(partFrom(from, 'tx', name), name);
    this.rx.restore(partFrom(from, 'rx', name), name);
    this.phase = PHASES[numberFrom(from, 'phase', name)] ?? 'idle';
    this.position = numberFrom(from, 'position', name);
    [this.wantsStop, this.wantsSuspend, this.hasEndedTx, this.hasEndedRx] = numbersFrom(from, 'flags', name, 4).map(Boolean);
    restoreEvent(scheduler, this.pause, from['pause']);
  }

  // -- Pads and format.

  private takePads(): SpiPins {
    const { registers, pads } = this;
    this.csn = this.isFast ? pads.takeOutput('CSN', registers.get('PSEL.CSN')) : undefined;
    this.dcx = this.isFast ? pads.takeOutput('DCX', registers.get('PSELDCX')) : undefined;
    return pads.take({ sck: registers.get('PSEL.SCK'), mosi: registers.get('PSEL.MOSI'), miso: registers.get('PSEL.MISO') });
  }

  private apply(): void {
    if (!this.isEnabled) {
      this.goIdle();
      this.controller.reset();
      this.controller.attach(this.pins = {});
      this.pads.release();
      this.csn = undefined;
      this.dcx = undefined;
      return;
    }
    const pins = this.takePads();
    if (this.phase === 'idle') this.select(false);
    this.controller.configure(spiFormat(this.registers.get('CONFIG'), this.bitTime()));
    if (!samePins(pins, this.pins)) this.controller.attach(this.pins = pins);
  }

  private bitTime(): BitTime {
    const { scheduler, warnings, name } = this.context;
    const frequency = this.registers.get('FREQUENCY');
    const fast = this.isFast ? FAST_RATES[frequency] : undefined;
    return fast === undefined ? bitTimeOfFrequency(frequency, scheduler.rootHz, warnings, name) : bitTimeOf(fast, scheduler.rootHz);
  }

  private select(isActive: boolean): void {
    this.csn?.drive(isActive === this.registers.is('CSNPOL', 'CSNPOL', 'HIGH'));
  }

  /** Nanoseconds that CSN's edges keep from those of SCK, and from each other. */
  private csnTime(): number {
    return this.csn ? this.registers.get('IFTIMING.CSNDUR') * CSNDUR_NS : 0;
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  private goIdle(): void {
    this.context.scheduler.cancel(this.pause);
    this.phase = 'idle';
    this.wantsStop = false;
    this.wantsSuspend = false;
  }

  // -- Tasks.

  private stop(): void {
    if (this.phase === 'idle') this.wait('ending', START_NS);
    else this.wantsStop = true;
    if (this.phase === 'suspended') this.trail();
  }

  private resume(): void {
    this.wantsSuspend = false;
    if (this.phase === 'suspended') this.proceed();
  }

  // -- The transfer.

  private wait(phase: Phase, ns: number): void {
    const { scheduler } = this.context;
    this.phase = phase;
    scheduler.schedule(this.pause, scheduler.now() + nanoseconds(ns, scheduler.rootHz));
  }

  private afterPause(): void {
    switch (this.phase) {
      case 'starting': this.begin(); break;
      case 'leading': this.proceed(); break;
      case 'trailing': this.finish(); break;
      default: this.finish();
    }
  }

  private begin(): void {
    this.tx.latch();
    this.rx.latch();
    this.position = 0;
    this.hasEndedTx = false;
    this.hasEndedRx = false;
    this.phase = 'leading';
    this.select(true);
    this.events.emit('EVENTS_STARTED');
    this.endChannels();
    if (this.csn) this.wait('leading', this.csnTime());
    else this.proceed();
  }

  /** Between two bytes. */
  private proceed(): void {
    if (this.wantsStop || this.position === Math.max(this.tx.length, this.rx.length)) this.trail();
    else if (this.wantsSuspend) {
      this.wantsSuspend = false;
      this.phase = 'suspended';
    } else this.sendByte();
  }

  private sendByte(): void {
    this.phase = 'byte';
    if (this.dcx) {
      const commands = this.registers.get('DCXCNT');
      this.dcx.drive(commands !== ALL_COMMAND && this.position >= commands);
    }
    this.controller.transfer(this.tx.left > 0 ? this.tx.take() : this.stored.ORC[0]);
  }

  private received(byte: number): void {
    this.position++;
    if (this.rx.left > 0) this.rx.put(byte);
    this.endChannels();
    this.proceed();
  }

  private endChannels(isForced = false): void {
    if (!this.hasEndedRx && (isForced || this.rx.left === 0)) {
      this.hasEndedRx = true;
      this.rx.report();
      this.events.emit('EVENTS_ENDRX');
    }
    if (!this.hasEndedTx && (isForced || this.tx.left === 0)) {
      this.hasEndedTx = true;
      this.tx.report();
      this.events.emit('EVENTS_ENDTX');
    }
  }

  private trail(): void {
    if (this.csn) this.wait('trailing', this.csnTime());
    else this.finish();
  }

  /** A transfer that is stopped gives ENDRX and ENDTX all the same. */
  private finish(): void {
    const wasStopped = this.wantsStop || this.phase === 'ending';
    this.select(false);
    this.goIdle();
    this.endChannels(true);
    this.events.emit(wasStopped ? 'EVENTS_STOPPED' : 'EVENTS_END');
  }
}

export const SPIM_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ isFast: z.boolean().default(false) }),
  create: (context, { isFast }) => new Spim(context, isFast),
});
