/**
 * AVR SPI: master and slave.
 * Source: ATmega328P data sheet DS40002061B, chapter 19. The clock of a master begins with the write of SPDR, not with the
 * next tick of its divider, of whose phase the data sheet says nothing.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Clock } from '../../time/types.js';
import { bitTime, type BitTime } from '../../wires/bit-time.js';
import { Net, Pin } from '../../wires/net.js';
import { SpiBus, type SpiDevice, type SpiMode, type SpiSlave } from '../../wires/spi-bus.js';
import { SpiController, type SpiPins } from '../../wires/spi-controller.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_PADS, HeldPad, PAD_NAME } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { AVR_SYSTEM } from './system.js';

export const SPI = {
  SPCR: { fields: { SPR: bits(0, 1), CPHA: bit(2), CPOL: bit(3), MSTR: bit(4), DORD: bit(5), SPE: bit(6), SPIE: bit(7) } },
  SPSR: { fields: { SPI2X: bit(0), WCOL: bit(6, { kind: 'ro' }), SPIF: bit(7, { kind: 'ro' }) } },
  SPDR: {},
} as const satisfies Template;

const C = { MSTR: 0x10, DORD: 0x20, SPE: 0x40, SPIE: 0x80 } as const;
const S = { SPI2X: 1, WCOL: 0x40, SPIF: 0x80 } as const;
/** Table 19-5, without SPI2X, which halves them. */
const DIVIDERS: readonly number[] = [4, 16, 64, 128];

export interface SpiOptions {
  readonly pins: { readonly SS: string; readonly MOSI: string; readonly MISO: string; readonly SCK: string };
  readonly registers: Places;
}

export class Spi extends RegisterPeripheral implements SpiDevice {
  protected readonly registers;
  private readonly stored;
  private readonly clock: Clock;
  private readonly line: Line;
  private readonly pads: { readonly ss: HeldPad; readonly mosi: HeldPad; readonly miso: HeldPad; readonly sck: HeldPad };
  private readonly controller: SpiController;
  private readonly nowhere: Pin;
  private slave: SpiSlave | undefined;
  private bus: SpiBus | undefined;
  /** What the slave was made for: mode, order, whether MISO is an output. */
  private wiring = -1;
  /** What a read of SPDR gives, and the shift register of a slave. */
  private received = 0;
  private shifting = 0;
  /** SPSR was read with a flag set: the next access to SPDR clears it. */
  private sawFlags = 0;
  private isFollowing = false;
  /** What the controller has. */
  private attached: SpiPins = {};

  constructor(private readonly context: BlockContext, options: SpiOptions) {
    super();
    const pads = context.shared(AVR_PADS);
    const { SS, MOSI, MISO, SCK } = options.pins;
    this.pads = { ss: new HeldPad(pads, SS), mosi: new HeldPad(pads, MOSI), miso: new HeldPad(pads, MISO), sck: new HeldPad(pads, SCK) };
    this.clock = context.clock('io');
    this.line = context.irq('spi', () => this.clearFlags(S.SPIF));
    this.nowhere = new Pin('SPI MISO without output', new Net('SPI MISO without output', context.scheduler));
    this.controller = new SpiController(context.scheduler);
    this.controller.onReceived = (byte) => this.complete(byte);
    const configure = (): void => this.configure();
    const { block, stored } = placeRegisters(context, SPI, { instance: '', places: options.registers }, {
      onRead: { SPSR: (_index, value) => this.readStatus(value), SPDR: () => this.readData() },
      onPeek: { SPDR: () => this.received },
      onWrite: { SPCR: configure, SPSR: configure, SPDR: (value) => this.writeData(value) },
    });
    this.registers = block;
    this.stored = stored;
    context.shared(AVR_SYSTEM).onClocks(configure);
  }

  override reset(): void {
    this.registers.reset();
    this.received = this.shifting = this.sawFlags = 0;
    this.controller.reset();
    this.follow();
    this.configure();
  }

  override snapshot(): Snapshot {
    const { ss, mosi, miso, sck } = this.pads;
    return {
      registers: this.registers.snapshot(), controller: this.controller.snapshot(), bus: this.bus?.snapshot() ?? null,
      received: this.received, shifting: this.shifting, sawFlags: this.sawFlags, ss: ss.save(), mosi: mosi.save(), miso: miso.save(), sck: sck.save(),
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.received = numberFrom(from, 'received', name);
    this.shifting = numberFrom(from, 'shifting', name);
    this.sawFlags = numberFrom(from, 'sawFlags', name);
    for (const key of ['ss', 'mosi', 'miso', 'sck'] as const) this.pads[key].load(from, key);
    this.follow();
    this.bus?.forsake();
    this.bus = this.slave = undefined;
    this.wiring = -1;
    this.attached = this.isMaster ? this.pins() : {};
    this.controller.adopt(this.attached);
    this.controller.restore(partFrom(from, 'controller', name));
    if (this.isOn && !this.isMaster) {
      this.becomeSlave();
      if (from['bus'] !== null) (this.bus as SpiBus | undefined)?.restore(partFrom(from, 'bus', name));
    }
    this.update();
  }

  // -- Settings.

  private get isOn(): boolean { return (this.stored.SPCR[0] & C.SPE) !== 0; }
  private get isMaster(): boolean { return this.isOn && (this.stored.SPCR[0] & C.MSTR) !== 0; }
  private get mode(): SpiMode { return ((this.stored.SPCR[0] >> 2) & 3) as SpiMode; }
  private get isLsbFirst(): boolean { return (this.stored.SPCR[0] & C.DORD) !== 0; }

  private bitTime(): BitTime {
    const divider = DIVIDERS[this.stored.SPCR[0] & 3] / ((this.stored.SPSR[0] & S.SPI2X) !== 0 ? 2 : 1);
    return bitTime(divider * this.context.scheduler.rootHz, Math.max(1, Math.round(this.clock.hz)));
  }

  private configure(): void {
    if (this.isMaster) {
      this.leaveSlave();
      if (this.clock.hz > 0) this.controller.configure({ mode: this.mode, lsbFirst: this.isLsbFirst, wordBits: 8, bitTime: this.bitTime() });
      this.becomeMaster();
      this.checkSelect();
    } else {
      this.controller.reset();
      this.controller.attach({});
      if (this.isOn) this.becomeSlave();
      else {
        this.leaveSlave();
        for (const pad of Object.values(this.pads)) pad.release();
      }
    }
    this.update();
  }

  /** Pads and their directions exist when all blocks are made. */
  private follow(): void {
    if (this.isFollowing) return;
    this.isFollowing = true;
    const { ss, mosi, miso, sck } = this.pads;
    const directionChanged = (): void => { if (this.isOn && !this.controller.isActive) this.configure(); };
    for (const pad of [ss, mosi, miso, sck]) pad.pad?.onDirection(directionChanged);
    ss.pad?.net.followLevel(() => this.checkSelect());
  }

  private static drive(held: HeldPad): void {
    if (held.pad?.isOutput === true) held.hold();
    else held.release();
  }

  private static listen(held: HeldPad): void {
    held.hold()?.release();
  }

  /** MISO is an input; MOSI and SCK are driven where DDR says output (table 19-1). */
  private becomeMaster(): void {
    const { ss, mosi, miso, sck } = this.pads;
    ss.release();
    Spi.drive(mosi);
    Spi.drive(sck);
    Spi.listen(miso);
    const pins = this.pins();
    const before = this.attached;
    if (before.sck !== pins.sck || before.mosi !== pins.mosi || before.miso !== pins.miso) this.controller.attach(pins);
    this.attached = pins;
  }

  private pins(): SpiPins {
    const { mosi, miso, sck } = this.pads;
    return { ...(sck.pin && { sck: sck.pin }), ...(mosi.pin && { mosi: mosi.pin }), ...(miso.pin && { miso: miso.pin }) };
  }

  private becomeSlave(): void {
    this.attached = {};
    const { ss, mosi, miso, sck } = this.pads;
    const isOutput = miso.pad?.isOutput === true;
    const wiring = (this.stored.SPCR[0] & 0x2c) | Number(isOutput);
    if (wiring === this.wiring) return;
    this.leaveSlave();
    this.wiring = wiring;
    for (const pad of [ss, mosi, sck]) Spi.listen(pad);
    Spi.drive(miso);
    const [select, data, clock, out] = [ss.pad?.net, mosi.pad?.net, sck.pad?.net, miso.pad?.net];
    if (!select || !data || !clock || !out) return;
    miso.pin?.release();
    this.bus = new SpiBus({ sck: clock, mosi: data, miso: out });
    this.slave = this.bus.attach(this, { cs: select, modes: [this.mode], lsbFirst: this.isLsbFirst, miso: miso.pin ?? this.nowhere });
  }

  private leaveSlave(): void {
    this.bus?.leave();
    this.bus = this.slave = undefined;
    this.wiring = -1;
  }

  /** A master whose SS is an input and low is a master no more (19.3.2). */
  private checkSelect(): void {
    const { ss } = this.pads;
    if (!this.isMaster || ss.pad === undefined || ss.pad.isOutput || ss.pad.pin.net.level) return;
    if (ss.pad.net.state === 'z') return;
    this.stored.SPCR[0] &= ~C.MSTR;
    this.stored.SPSR[0] |= S.SPIF;
    this.configure();
  }

  // -- Data.

  private writeData(value: number): void {
    this.clearSeen();
    if (!this.isOn) return;
    if (this.isMaster) {
      if (this.controller.isActive) this.stored.SPSR[0] |= S.WCOL;
      else this.controller.transfer(value);
    } else if (this.slave !== undefined && !this.slave.reload(value)) this.stored.SPSR[0] |= S.WCOL;
    else this.shifting = value;
  }

  private readData(): number {
    this.clearSeen();
    return this.received;
  }

  private complete(byte: number): void {
    this.received = byte;
    this.stored.SPSR[0] |= S.SPIF;
    this.update();
  }

  private readStatus(value: number): number {
    this.sawFlags = value & (S.SPIF | S.WCOL);
    return value;
  }

  private clearSeen(): void {
    if (this.sawFlags !== 0) this.clearFlags(this.sawFlags);
    this.sawFlags = 0;
  }

  private clearFlags(flags: number): void {
    this.stored.SPSR[0] &= ~flags;
    this.update();
  }

  private update(): void {
    this.line.set((this.stored.SPCR[0] & C.SPIE) !== 0 && (this.stored.SPSR[0] & S.SPIF) !== 0);
  }

  // -- As a slave on the bus: what has come in goes out next, unless firmware writes SPDR.

  select(): number { return this.shifting; }

  transfer(byte: number): number {
    this.shifting = byte;
    this.complete(byte);
    return byte;
  }

  deselect(): void {
    // The receive logic starts anew at the next select, which the bus does.
  }
}

export const SPI_BLOCK = defineBlock({
  irqs: ['spi'],
  clocks: ['io'],
  options: z.strictObject({ pins: z.strictObject({ SS: PAD_NAME, MOSI: PAD_NAME, MISO: PAD_NAME, SCK: PAD_NAME }), registers: PLACES }),
  create: (context, options) => new Spi(context, options),
});
