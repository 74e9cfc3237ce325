/**
 * Nordic SPIS: SPI slave with EasyDMA, and a semaphore that gives its buffers to the CPU or to it.
 * Sources: nRF52840 Product Specification v1.1, SPIS; nRF51 Reference Manual v3.0, SPIS (counts of eight bits, no array lists).
 * Register names are nRF52's: PSELSCK of nRF51 is PSEL.SCK here, RXDPTR is RXD.PTR, MAXRX is RXD.MAXCNT, AMOUNTRX is RXD.AMOUNT.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { Net } from '../../wires/net.js';
import { SpiBus, type SpiDevice } from '../../wires/spi-bus.js';
import { defineBlock, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { EasyDma } from './easy-dma.js';
import { PADS, PadSet } from './pads.js';
import { PSEL } from './fields.js';
import { AMOUNT, DmaChannel, ENABLED, MAXCNT, POWER, SPI_CONFIG } from './serial-registers.js';
import { spiMode } from './spi-pins.js';
import { TaskEvents, type Shortcut } from './task-events.js';

export const SPIS = registerMap({
  TASKS_ACQUIRE:   { at: 0x024, kind: 'task' },
  TASKS_RELEASE:   { at: 0x028, kind: 'task' },
  EVENTS_END:      { at: 0x104, kind: 'event' },
  EVENTS_ENDRX:    { at: 0x110, kind: 'event' },
  EVENTS_ACQUIRED: { at: 0x128, kind: 'event' },
  SHORTS:       { at: 0x200, fields: { END_ACQUIRE: bit(2) } },
  INTENSET:     { at: 0x304, kind: 'w1s', fields: { END: bit(1), ENDRX: bit(4), ACQUIRED: bit(10) } },
  INTENCLR:     { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  SEMSTAT:      { at: 0x400, kind: 'ro', reset: 1, fields: { SEMSTAT: choice(0, 1, { Free: 0, CPU: 1, SPIS: 2, CPUPending: 3 }) } },
  STATUS:       { at: 0x440, kind: 'w1c', fields: { OVERREAD: bit(0), OVERFLOW: bit(1) } },
  ENABLE:       { at: 0x500, fields: { ENABLE: choice(0, 3, { Disabled: 0, Enabled: 2 }) } },
  'PSEL.SCK':   { at: 0x508, ...PSEL },
  'PSEL.MISO':  { at: 0x50c, ...PSEL },
  'PSEL.MOSI':  { at: 0x510, ...PSEL },
  'PSEL.CSN':   { at: 0x514, ...PSEL },
  'RXD.PTR':    { at: 0x534 },
  'RXD.MAXCNT': { at: 0x538, ...MAXCNT },
  'RXD.AMOUNT': { at: 0x53c, ...AMOUNT },
  'RXD.LIST':   { at: 0x540, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  'TXD.PTR':    { at: 0x544 },
  'TXD.MAXCNT': { at: 0x548, ...MAXCNT },
  'TXD.AMOUNT': { at: 0x54c, ...AMOUNT },
  'TXD.LIST':   { at: 0x550, fields: { LIST: choice(0, 1, { Disabled: 0, ArrayList: 1 }) } },
  CONFIG:       { at: 0x554, ...SPI_CONFIG },
  DEF:          { at: 0x55c, fields: { DEF: bits(0, 7) } },
  ORC:          { at: 0x5c0, fields: { ORC: bits(0, 7) } },
  POWER,
});

/** The nRF51's, which counts up to 255 bytes. */
export const SPIS_NRF51 = registerMap({
  ...SPIS.spec,
  'RXD.MAXCNT': { at: 0x538, fields: { MAXRX: bits(0, 7) } },
  'RXD.AMOUNT': { at: 0x53c, kind: 'ro', fields: { AMOUNTRX: bits(0, 7) } },
  'TXD.MAXCNT': { at: 0x548, fields: { MAXTX: bits(0, 7) } },
  'TXD.AMOUNT': { at: 0x54c, kind: 'ro', fields: { AMOUNTTX: bits(0, 7) } },
});

type SpisSpec = typeof SPIS.spec;

const SHORTS: readonly Shortcut<SpisSpec>[] = [{ bit: 2, event: 'EVENTS_END', task: 'TASKS_ACQUIRE' }];
const SEMAPHORE = { Free: 0, CPU: 1, SPIS: 2, CPUPending: 3 } as const;
const STATUS = { OVERREAD: 1, OVERFLOW: 2 } as const;

export class Spis extends RegisterPeripheral implements SpiDevice {
  protected readonly registers;
  private readonly events: TaskEvents<SpisSpec>;
  private readonly stored;
  private readonly pads: PadSet<'SCK' | 'MISO' | 'MOSI' | 'CSN'>;
  private bus: SpiBus | undefined;
  /** What the bus was made for: pads and CONFIG. */
  private wiring = '';
  private readonly tx: DmaChannel;
  private readonly rx: DmaChannel;
  /** Bytes that the master has clocked since CSN became active. */
  private clocked = 0;
  /** This transaction has the buffers. */
  private isGranted = false;

  constructor(private readonly context: BlockContext, isNrf51: boolean) {
    super();
    const apply = (): void => this.apply();
    const countOf = (name: 'RXD.MAXCNT' | 'TXD.MAXCNT') => (value: number): void => { if (isNrf51) this.registers.set(name, value & 0xff); };
    const listOf = (name: 'RXD.LIST' | 'TXD.LIST') => (): void => { if (isNrf51) this.registers.set(name, 0); };
    this.events = new TaskEvents(isNrf51 ? SPIS_NRF51 as unknown as typeof SPIS : SPIS, context, {
      isEnabled: () => this.isEnabled,
      tasks: { TASKS_ACQUIRE: () => this.acquire(), TASKS_RELEASE: () => this.release() },
      shorts: SHORTS,
      onWrite: {
        ENABLE: apply, 'PSEL.SCK': apply, 'PSEL.MISO': apply, 'PSEL.MOSI': apply, 'PSEL.CSN': apply, CONFIG: apply,
        'RXD.MAXCNT': countOf('RXD.MAXCNT'), 'TXD.MAXCNT': countOf('TXD.MAXCNT'), 'RXD.LIST': listOf('RXD.LIST'), 'TXD.LIST': listOf('TXD.LIST'),
        POWER: (value) => { if (value === 0) this.powerDown(); },
      },
    });
    const { registers } = this.events;
    this.registers = registers;
    this.stored = {
      ENABLE: registers.storage('ENABLE'), SEMSTAT: registers.storage('SEMSTAT'), STATUS: registers.storage('STATUS'),
      DEF: registers.storage('DEF'), ORC: registers.storage('ORC'), AMOUNT: registers.storage('TXD.AMOUNT'),
    };
    const dma = new EasyDma(context);
    const channel = (name: 'TXD' | 'RXD'): DmaChannel => new DmaChannel({
      PTR: registers.storage(`${name}.PTR`), MAXCNT: registers.storage(`${name}.MAXCNT`), AMOUNT: registers.storage(`${name}.AMOUNT`), LIST: registers.storage(`${name}.LIST`),
    }, dma);
    this.tx = channel('TXD');
    this.rx = channel('RXD');
    this.pads = new PadSet(context.shared(PADS));
  }

  override get isEnabled(): boolean { return this.stored.ENABLE[0] === ENABLED.SPIS; }

  override reset(): void {
    this.events.reset();
    this.apply();
    this.tx.clear();
    this.rx.clear();
    this.clocked = 0;
  }

  override snapshot(): Snapshot {
    return {
      registers: this.events.snapshot(), bus: this.bus ? this.bus.snapshot() : null, tx: this.tx.snapshot(), rx: this.rx.snapshot(),
      numbers: [this.clocked, Number(this.isGranted)],
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.events.restore(partFrom(from, 'registers', name));
    this.bus?.forsake();
    this.bus = undefined;
    this.wiring = '';
    this.pads.forget();
    if (this.isEnabled) this.join();
    if (this.bus && from['bus'] !== null) (this.bus as SpiBus).restore(partFrom(from, 'bus', name));
    this.tx.restore(partFrom(from, 'tx', name), name);
    this.rx.restore(partFrom(from, 'rx', name), name);
    const [clocked, granted] = numbersFrom(from, 'numbers', name, 2);
    this.clocked = clocked;
    this.isGranted = granted === 1;
  }

  // -- Pads.

  private apply(): void {
    if (this.isEnabled) {
      this.join();
      return;
    }
    this.bus?.leave();
    this.bus = undefined;
    this.wiring = '';
    this.isGranted = false;
    this.pads.releaseAll();
  }

  /** A bus of its own on the nets of its pads; made anew when a pad or the mode changes. */
  private join(): void {
    const { registers, context: { scheduler } } = this;
    const names = ['PSEL.SCK', 'PSEL.MISO', 'PSEL.MOSI', 'PSEL.CSN', 'CONFIG'] as const;
    const wiring = names.map((name) => registers.get(name)).join();
    if (wiring === this.wiring) return;
    this.wiring = wiring;
    this.bus?.leave();
    this.bus = undefined;
    const sck = this.pads.hold('SCK', registers.get('PSEL.SCK'), false);
    const mosi = this.pads.hold('MOSI', registers.get('PSEL.MOSI'), false);
    const csn = this.pads.hold('CSN', registers.get('PSEL.CSN'), false);
    const miso = this.pads.hold('MISO', registers.get('PSEL.MISO'), true);
    if (!sck || !csn) return;
    const open = (signal: string): Net => new Net(`${this.context.name} ${signal}, not connected`, scheduler);
    this.bus = new SpiBus({ sck: sck.net, mosi: mosi?.net ?? open('MOSI'), miso: miso?.net ?? open('MISO') });
    const config = registers.get('CONFIG');
    this.bus.attach(this, { cs: csn.net, modes: [spiMode(config)], lsbFirst: (config & 1) !== 0, ...(miso && { miso }) });
  }

  private powerDown(): void {
    this.reset();
    this.registers.set('POWER', 0);
  }

  // -- The semaphore.

  private acquire(): void {
    const { SEMSTAT } = this.stored;
    if (SEMSTAT[0] === SEMAPHORE.SPIS) SEMSTAT[0] = SEMAPHORE.CPUPending;
    else if (SEMSTAT[0] !== SEMAPHORE.CPUPending) {
      SEMSTAT[0] = SEMAPHORE.CPU;
      this.events.emit('EVENTS_ACQUIRED');
    }
  }

  private release(): void {
    const { SEMSTAT } = this.stored;
    if (SEMSTAT[0] === SEMAPHORE.CPU) SEMSTAT[0] = SEMAPHORE.Free;
  }

  // -- As a device on the bus.

  /** Without the semaphore a transaction is not taken: DEF goes out, and what comes in is lost. */
  select(): number {
    const { SEMSTAT, DEF } = this.stored;
    this.clocked = 0;
    this.isGranted = SEMSTAT[0] === SEMAPHORE.Free;
    if (!this.isGranted) return DEF[0];
    SEMSTAT[0] = SEMAPHORE.SPIS;
    this.tx.latch();
    this.rx.latch();
    return this.nextByte();
  }

  transfer(received: number): number {
    if (!this.isGranted) return this.stored.DEF[0];
    this.clocked++;
    if (this.clocked > this.tx.length) this.stored.STATUS[0] |= STATUS.OVERREAD;
    if (this.rx.left === 0) this.stored.STATUS[0] |= STATUS.OVERFLOW;
    else {
      this.rx.put(received);
      if (this.rx.left === 0) this.events.emit('EVENTS_ENDRX');
    }
    return this.nextByte();
  }

  deselect(): void {
    if (!this.isGranted) return;
    const { SEMSTAT, AMOUNT } = this.stored;
    this.isGranted = false;
    this.rx.report();
    AMOUNT[0] = Math.min(this.clocked, this.tx.length);
    const isPending = SEMSTAT[0] === SEMAPHORE.CPUPending;
    SEMSTAT[0] = isPending ? SEMAPHORE.CPU : SEMAPHORE.Free;
    this.events.emit('EVENTS_END');
    if (isPending) this.events.emit('EVENTS_ACQUIRED');
  }

  private nextByte(): number {
    return this.tx.left > 0 ? this.tx.take() : this.stored.ORC[0];
  }
}

export const SPIS_BLOCK = defineBlock({
  irqs: ['irq'],
  options: z.strictObject({ family: z.enum(['nrf51', 'nrf52']).default('nrf52') }),
  create: (context, { family }) => new Spis(context, family === 'nrf51'),
});
