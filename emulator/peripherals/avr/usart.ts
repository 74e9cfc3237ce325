/**
 * AVR USART: asynchronous at normal and double speed, and master SPI mode.
 * Source: ATmega328P data sheet DS40002061B, chapters 20 USART and 21 USART in SPI mode (the ATmega2560's 22 and 23).
 * A frame begins with the write of UDRn, not at the next tick of the baud rate generator, of whose phase the data sheet says
 * nothing. Frames are sampled in the middle of bits. Synchronous mode (UMSEL = 1) sends and receives with its bit times, but
 * moves no XCK and does not follow one. Sleep that stops the I/O clock, and PRR, let a frame on the wire end.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Clock } from '../../time/types.js';
import { bitTime, type BitTime } from '../../wires/bit-time.js';
import type { SpiMode } from '../../wires/spi-bus.js';
import { SpiController } from '../../wires/spi-controller.js';
import type { UartFormat } from '../../wires/uart-frame.js';
import { UartReceiver, type ReceivedFrame } from '../../wires/uart-receiver.js';
import { UartTransmitter } from '../../wires/uart-transmitter.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit, bits } from '../registers/index.js';
import { AVR_PADS, HeldPad, PAD_NAME } from './pads.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { AVR_SYSTEM } from './system.js';

export const USART = {
  UCSRnA: { fields: {
    MPCM: bit(0), U2X: bit(1), UPE: bit(2, { kind: 'ro' }), DOR: bit(3, { kind: 'ro' }), FE: bit(4, { kind: 'ro' }),
    UDRE: bit(5, { kind: 'ro' }), TXC: bit(6, { kind: 'w1c' }), RXC: bit(7, { kind: 'ro' }),
  }, reset: 0x20 },
  UCSRnB: { fields: {
    TXB8: bit(0), RXB8: bit(1, { kind: 'ro' }), UCSZ2: bit(2), TXEN: bit(3), RXEN: bit(4), UDRIE: bit(5), TXCIE: bit(6), RXCIE: bit(7),
  } },
  /** In master SPI mode UCSZ1 is UDORD and UCSZ0 is UCPHA. */
  UCSRnC: { fields: { UCPOL: bit(0), UCSZ: bits(1, 2), USBS: bit(3), UPM: bits(4, 5), UMSEL: bits(6, 7) }, reset: 0x06 },
  UBRRnL: {},
  UBRRnH: { fields: { UBRR: bits(0, 3) } },
  UDRn:   {},
} as const satisfies Template;

const A = { MPCM: 1, U2X: 2, UPE: 4, DOR: 8, FE: 0x10, UDRE: 0x20, TXC: 0x40, RXC: 0x80 } as const;
const B = { TXB8: 1, RXB8: 2, UCSZ2: 4, TXEN: 8, RXEN: 0x10, UDRIE: 0x20, TXCIE: 0x40, RXCIE: 0x80 } as const;
const C = { UCPOL: 1, UCPHA: 2, UDORD: 4 } as const;
const SYNCHRONOUS = 1;
const MASTER_SPI = 3;
/** UPM: 1 is reserved. */
const PARITIES = ['none', 'none', 'even', 'odd'] as const;
/** Two characters wait to be read; a third one in the shift register. */
const FIFO_FRAMES = 2;
const NOTHING = -1;
/** A received frame: its word, with FE, DOR and UPE above. */
const ERRORS_SHIFT = 9;

export interface UsartOptions {
  readonly n: number;
  readonly pins: { readonly RXD?: string | undefined; readonly TXD?: string | undefined; readonly XCK?: string | undefined };
  readonly registers: Places;
}

export class Usart extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly clock: Clock;
  private readonly lines: { readonly rx: Line; readonly udre: Line; readonly tx: Line };
  private readonly rxd: HeldPad;
  private readonly txd: HeldPad;
  private readonly xck: HeldPad;
  private readonly transmitter: UartTransmitter;
  private readonly receiver: UartReceiver;
  private readonly spi: SpiController;
  private time: BitTime;
  /** The transmit buffer. */
  private buffered = NOTHING;
  /** Received frames: those that wait in the FIFO, then one in the shift register. */
  private received: number[] = [];
  /** A frame was lost before the next one. */
  private hasLost = false;
  private followsDirection = false;

  constructor(private readonly context: BlockContext, private readonly options: UsartOptions) {
    super();
    const { scheduler } = context;
    this.clock = context.clock('io');
    const pads = context.shared(AVR_PADS);
    [this.rxd, this.txd, this.xck] = [options.pins.RXD, options.pins.TXD, options.pins.XCK].map((name) => new HeldPad(pads, name));
    this.lines = { rx: context.irq('rx'), udre: context.irq('udre'), tx: context.irq('tx', () => this.clearTxc()) };
    const configure = (): void => this.configure();
    const { block, stored } = placeRegisters(context, USART, { instance: String(options.n), places: options.registers }, {
      onRead: { UCSRnA: (_index, value) => this.status(value), UCSRnB: (_index, value) => this.control(value), UDRn: () => this.readData() },
      onPeek: { UCSRnA: (_index, value) => this.status(value), UCSRnB: (_index, value) => this.control(value), UDRn: () => (this.received[0] ?? 0) & 0xff },
      onWrite: {
        UCSRnA: (value, _index, old) => { if (((value ^ old) & A.U2X) !== 0) this.configure(); this.update(); },
        UCSRnB: (value, _index, old) => this.writeControl(value, old),
        UCSRnC: configure, UBRRnL: configure,
        UDRn: (_value, _index, _old, written) => this.writeData(written),
      },
    });
    this.registers = block;
    this.stored = stored;
    this.time = bitTime(Math.round(16 * scheduler.rootHz), Math.max(1, Math.round(this.clock.hz)));
    this.transmitter = new UartTransmitter(scheduler, this.format());
    this.transmitter.onSent = () => this.sent();
    this.receiver = new UartReceiver(scheduler, this.format());
    this.receiver.enable(false);
    this.receiver.onFrame = (frame) => this.receive(frame);
    this.spi = new SpiController(scheduler);
    this.spi.onReceived = (byte) => this.exchanged(byte);
    context.shared(AVR_SYSTEM).onClocks(configure);
  }

  override reset(): void {
    this.registers.reset();
    this.buffered = NOTHING;
    this.received = [];
    this.hasLost = false;
    this.transmitter.reset();
    this.receiver.reset();
    this.spi.reset();
    this.connect();
    this.followDirection();
    this.configure();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), transmitter: this.transmitter.snapshot(), receiver: this.receiver.snapshot(), spi: this.spi.snapshot(),
      buffered: this.buffered, received: this.received.slice(), hasLost: Number(this.hasLost),
      rxd: this.rxd.save(), txd: this.txd.save(), xck: this.xck.save(),
    };
  }

  override restore(from: Snapshot): void {
    const { name } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.buffered = numberFrom(from, 'buffered', name);
    this.received = numbersFrom(from, 'received', name, FIFO_FRAMES + 1).slice();
    this.hasLost = numberFrom(from, 'hasLost', name) !== 0;
    this.rxd.load(from, 'rxd');
    this.txd.load(from, 'txd');
    this.xck.load(from, 'xck');
    this.time = this.bitTimeNow() ?? this.time;
    const isSpi = this.mode === MASTER_SPI;
    this.receiver.attach(isSpi ? undefined : this.rxd.pin);
    this.transmitter.adopt(isSpi ? undefined : this.txd.pin);
    this.spi.adopt(isSpi ? this.spiPins() : {});
    this.transmitter.restore(partFrom(from, 'transmitter', name));
    this.receiver.restore(partFrom(from, 'receiver', name));
    this.spi.restore(partFrom(from, 'spi', name));
    this.update();
  }

  // -- Settings.

  private get mode(): number { return this.stored.UCSRnC[0] >> 6; }

  /** Bits of a baud rate: 16, 8 or 2 ticks of a generator that counts UBRR + 1 cycles (table 20-1). */
  private bitTimeNow(): BitTime | undefined {
    const { stored, clock, context: { scheduler } } = this;
    const ubrr = (stored.UBRRnH[0] << 8) | stored.UBRRnL[0];
    const ticks = this.mode !== 0 ? 2 : (stored.UCSRnA[0] & A.U2X) !== 0 ? 8 : 16;
    const hz = Math.round(clock.hz);
    return hz === 0 ? undefined : bitTime(ticks * (ubrr + 1) * scheduler.rootHz, hz);
  }

  private format(): UartFormat {
    const c = this.stored.UCSRnC[0];
    const size = (this.stored.UCSRnB[0] & B.UCSZ2) | ((c >> 1) & 3);
    const dataBits = (size === 7 ? 9 : size > 3 ? 8 : 5 + size) as UartFormat['dataBits'];
    return { bitTime: this.time, dataBits, parity: PARITIES[(c >> 4) & 3], stopBits: (c & 8) !== 0 ? 2 : 1 };
  }

  private configure(): void {
    if (this.mode === SYNCHRONOUS) this.context.warnings.warn(`${this.context.name} UMSEL`, `${this.context.name}: synchronous mode moves no clock on XCK, and follows none`);
    this.time = this.bitTimeNow() ?? this.time;
    if (this.mode === MASTER_SPI) {
      const c = this.stored.UCSRnC[0];
      const mode = (((c & C.UCPOL) << 1) | ((c & C.UCPHA) >> 1)) as SpiMode;
      this.spi.configure({ mode, lsbFirst: (c & C.UDORD) !== 0, wordBits: 8, bitTime: this.time });
    } else {
      const format = this.format();
      this.transmitter.configure(format);
      this.receiver.configure(format);
    }
    this.connect();
    this.update();
  }

  private writeControl(value: number, old: number): void {
    if ((value & B.RXEN) === 0) {
      this.received = [];
      this.hasLost = false;
    }
    if (((value ^ old) & (B.UCSZ2 | B.RXEN | B.TXEN)) !== 0) this.configure();
    this.update();
  }

  /** Pins as the enable bits say; a transmitter that is switched off keeps its pin until all is sent (20.6.5). */
  private connect(): void {
    const control = this.stored.UCSRnB[0];
    const isSpi = this.mode === MASTER_SPI;
    const sends = (control & B.TXEN) !== 0 || this.transmitter.isSending || this.buffered !== NOTHING;
    const receives = (control & B.RXEN) !== 0;
    if (isSpi || !sends) this.transmitter.attach(undefined);
    if (isSpi || !receives) this.receiver.attach(undefined);
    if (!isSpi) this.spi.attach({});
    if (receives) this.rxd.hold()?.release();
    else this.rxd.release();
    if (sends) this.txd.hold();
    else this.txd.release();
    if (isSpi && this.xck.pad?.isOutput === true) this.xck.hold();
    else this.xck.release();
    if (isSpi) this.spi.attach(this.spiPins());
    else {
      if (sends) this.transmitter.attach(this.txd.pin);
      if (receives) this.receiver.attach(this.rxd.pin);
    }
    this.receiver.enable(receives && !isSpi);
  }

  private spiPins() {
    const [sck, mosi, miso] = [this.xck.pin, this.txd.pin, this.rxd.pin];
    return { ...(sck && { sck }), ...(mosi && { mosi }), ...(miso && { miso }) };
  }

  /** XCK is driven where its DDR bit says output. */
  private followDirection(): void {
    if (this.followsDirection) return;
    this.followsDirection = true;
    this.xck.pad?.onDirection(() => { if (this.mode === MASTER_SPI && !this.spi.isActive) this.connect(); });
  }

  // -- Transmission.

  private writeData(byte: number): void {
    if ((this.stored.UCSRnB[0] & B.TXEN) === 0 || this.buffered !== NOTHING) return;
    this.buffered = byte | ((this.stored.UCSRnB[0] & B.TXB8) << 8);
    this.shift();
    this.update();
  }

  private shift(): void {
    if (this.buffered === NOTHING || this.transmitter.isSending || this.spi.isActive) return;
    const word = this.buffered;
    this.buffered = NOTHING;
    if (this.mode === MASTER_SPI) this.spi.transfer(word & 0xff);
    else this.transmitter.send(word);
  }

  private sent(): void {
    if (this.buffered === NOTHING) {
      this.stored.UCSRnA[0] |= A.TXC;
      if ((this.stored.UCSRnB[0] & B.TXEN) === 0) this.connect();
    }
    this.shift();
    this.update();
  }

  private exchanged(byte: number): void {
    if ((this.stored.UCSRnB[0] & B.RXEN) !== 0) this.put(byte, 0);
    this.sent();
  }

  private clearTxc(): void {
    this.stored.UCSRnA[0] &= ~A.TXC;
    this.update();
  }

  // -- Reception.

  private receive({ word, framingError, parityError }: ReceivedFrame): void {
    const isNineBits = this.receiver.format.dataBits === 9;
    const isAddress = isNineBits ? word > 0xff : !framingError;
    if ((this.stored.UCSRnA[0] & A.MPCM) !== 0 && !isAddress) return;
    this.put(word, (framingError ? A.FE : 0) | (parityError ? A.UPE : 0));
  }

  /** With the FIFO full a frame waits in the shift register, until the next start bit overwrites it (20.7.4). */
  private put(word: number, errors: number): void {
    if (this.received.length > FIFO_FRAMES) {
      this.received.pop();
      this.hasLost = true;
    }
    this.received.push(word | ((errors | (this.hasLost ? A.DOR : 0)) << ERRORS_SHIFT));
    this.hasLost = false;
    this.update();
  }

  private readData(): number {
    const { received } = this;
    if (received.length === 0) return 0;
    const word = received[0];
    received.shift();
    if (received.length === FIFO_FRAMES && this.receiver.isReceiving) {
      received.pop();
      this.hasLost = true;
    }
    this.update();
    return word & 0xff;
  }

  // -- Status.

  private status(value: number): number {
    const first = this.received[0];
    return (value & (A.MPCM | A.U2X | A.TXC)) | (this.buffered === NOTHING ? A.UDRE : 0)
      | (first === undefined ? 0 : A.RXC | ((first >> ERRORS_SHIFT) & (A.FE | A.DOR | A.UPE)));
  }

  private control(value: number): number {
    return (value & ~B.RXB8) | (((this.received[0] ?? 0) >> 8) & 1 ? B.RXB8 : 0);
  }

  private update(): void {
    const control = this.stored.UCSRnB[0];
    this.lines.rx.set((control & B.RXCIE) !== 0 && this.received.length > 0);
    this.lines.udre.set((control & B.UDRIE) !== 0 && this.buffered === NOTHING);
    this.lines.tx.set((control & B.TXCIE) !== 0 && (this.stored.UCSRnA[0] & A.TXC) !== 0);
  }
}

export const USART_BLOCK = defineBlock({
  irqs: ['rx', 'udre', 'tx'],
  clocks: ['io'],
  options: z.strictObject({
    n: z.int().min(0).max(3),
    pins: z.strictObject({ RXD: PAD_NAME.optional(), TXD: PAD_NAME.optional(), XCK: PAD_NAME.optional() }).default({}),
    registers: PLACES,
  }),
  create: (context, options) => new Usart(context, options),
});
