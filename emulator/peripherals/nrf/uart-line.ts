/**
 * What Nordic's UART and UARTE have in common: pads, bit rate, format, hardware flow control.
 * Source: nRF52840 Product Specification v1.1, UART and UARTE; nRF51 Reference Manual v3.0, UART; nRF52833 Product
 * Specification v1.3, UARTE (odd parity). Bit rate: the actual rates that the specification lists for its BAUDRATE values
 * are 16 MHz / floor(2^32 / BAUDRATE), all of them. The values are confirmed by the SVD files.
 */
import type { Snapshot } from '../../bus/types.js';
import { bitTime, ticksToBit } from '../../wires/bit-time.js';
import type { Pin } from '../../wires/net.js';
import { bitsBeforeStop, type UartFormat } from '../../wires/uart-frame.js';
import { UartReceiver, type ReceivedFrame } from '../../wires/uart-receiver.js';
import { UartTransmitter } from '../../wires/uart-transmitter.js';
import { numberFrom, partFrom, type BlockContext } from '../block.js';
import { bit, choice } from '../registers/index.js';
import { PADS, PadSet } from './pads.js';

export const ERRORSRC_FIELDS = { OVERRUN: bit(0), PARITY: bit(1), FRAMING: bit(2), BREAK: bit(3) } as const;
export const ERROR = { OVERRUN: 1, PARITY: 2, FRAMING: 4, BREAK: 8 } as const;
export const CONFIG_FIELDS = { HWFC: bit(0), PARITY: choice(1, 3, { Excluded: 0, Included: 7 }), STOP: choice(4, 4, { One: 0, Two: 1 }) } as const;
export const ODD_PARITY_FIELD = { PARITYTYPE: choice(8, 8, { Even: 0, Odd: 1 }) } as const;

const CONFIG = { HWFC: 1, PARITY: 0xe, STOP: 1 << 4, ODD: 1 << 8 } as const;
const SOURCE_HZ = 16_000_000;
/** 1 MBaud, the highest rate specified; silicon's behaviour above is not. */
const LEAST_CYCLES = 16;
/** About one bit a second: slower is a setting that nobody means. */
const MOST_CYCLES = 2 ** 24;
/** A stopped receiver goes on for the time of so many bytes before it times out. */
const BYTES_AFTER_STOP = 4;

type Signal = 'rts' | 'txd' | 'cts' | 'rxd';

/** What registers say about the line. */
export interface LineSettings {
  readonly rts: number;
  readonly txd: number;
  readonly cts: number;
  readonly rxd: number;
  readonly baudrate: number;
  readonly config: number;
}

export interface LineListeners {
  /** In the middle of a frame's first stop bit; `errors` are bits of ERRORSRC. */
  received(byte: number, errors: number): void;
  /** At the end of a frame's last stop bit. */
  sent(): void;
  /** CTS was activated (low) or deactivated. */
  cts(isActive: boolean): void;
}

export class UartLine {
  private readonly transmitter: UartTransmitter;
  private readonly receiver: UartReceiver;
  private readonly pads: PadSet<Signal>;
  private format: UartFormat;
  private ctsPin: Pin | undefined;
  private endCts: (() => void) | undefined;
  private hasFlowControl = false;
  private isReady = false;
  private isConnected = false;

  constructor(private readonly context: BlockContext, private readonly settings: () => LineSettings, private readonly listeners: LineListeners) {
    const { scheduler } = context;
    this.format = this.formatOf(settings());
    this.pads = new PadSet(context.shared(PADS));
    this.transmitter = new UartTransmitter(scheduler, this.format);
    this.receiver = new UartReceiver(scheduler, this.format);
    this.receiver.enable(false);
    this.transmitter.onSent = () => listeners.sent();
    this.receiver.onFrame = (frame) => listeners.received(frame.word, errorsOf(frame));
  }

  get isSending(): boolean {
    return this.transmitter.isSending;
  }

  /** Whether the other side, if it is asked, takes another byte. */
  get maySend(): boolean {
    return !this.hasFlowControl || this.ctsPin === undefined || !this.ctsPin.level;
  }

  /** Root ticks for which a stopped receiver goes on. */
  get ticksAfterStop(): number {
    return ticksToBit(this.format.bitTime, BYTES_AFTER_STOP * (bitsBeforeStop(this.format) + this.format.stopBits));
  }

  /** The block is enabled, or a register of its settings has changed meanwhile. */
  connect(): void {
    const settings = this.settings();
    this.isConnected = true;
    this.configure(settings);
    const { pads } = this;
    if (pads.pin('txd') !== this.selected(settings.txd)) this.transmitter.attach(undefined);
    this.transmitter.attach(pads.hold('txd', settings.txd, true));
    this.receiver.attach(pads.hold('rxd', settings.rxd, false));
    this.listenToCts(pads.hold('cts', settings.cts, false));
    if (this.hasFlowControl) pads.hold('rts', settings.rts, true)?.drive(!this.isReady);
    else pads.release('rts');
  }

  disconnect(): void {
    this.transmitter.reset();
    this.transmitter.attach(undefined);
    this.receiver.enable(false);
    this.receiver.attach(undefined);
    this.listenToCts(undefined);
    this.isReady = false;
    this.isConnected = false;
    this.pads.releaseAll();
  }

  send(byte: number): void {
    this.transmitter.send(byte);
  }

  /** Ends the frame on the wire. */
  abortSending(): void {
    this.transmitter.abort();
  }

  listen(on: boolean): void {
    this.receiver.enable(on);
  }

  /** RTS: whether the other side may send. Not driven without hardware flow control. */
  setReady(on: boolean): void {
    if (on === this.isReady) return;
    this.isReady = on;
    if (this.hasFlowControl) this.pads.pin('rts')?.drive(!on);
  }

  snapshot(): Snapshot {
    return {
      transmitter: this.transmitter.snapshot(), receiver: this.receiver.snapshot(),
      isConnected: this.isConnected ? 1 : 0, isReady: this.isReady ? 1 : 0,
    };
  }

  /** After the registers that `settings` reads. */
  restore(from: Snapshot): void {
    const { name } = this.context;
    const settings = this.settings();
    const transmitter = partFrom(from, 'transmitter', name);
    const receiver = partFrom(from, 'receiver', name);
    this.isConnected = numberFrom(from, 'isConnected', name) !== 0;
    this.isReady = numberFrom(from, 'isReady', name) !== 0;
    this.configure(settings);
    this.pads.forget();
    const adopt = (signal: Signal, drives: boolean): Pin | undefined => (this.isConnected ? this.pads.adopt(signal, settings[signal], drives) : undefined);
    this.receiver.attach(adopt('rxd', false));
    this.listenToCts(adopt('cts', false));
    if (this.hasFlowControl) adopt('rts', true);
    this.transmitter.adopt(adopt('txd', true));
    this.transmitter.restore(transmitter);
    this.receiver.restore(receiver);
  }

  private configure(settings: LineSettings): void {
    this.hasFlowControl = (settings.config & CONFIG.HWFC) !== 0;
    this.format = this.formatOf(settings);
    this.transmitter.configure(this.format);
    this.receiver.configure(this.format);
  }

  private selected(psel: number): Pin | undefined {
    return this.context.shared(PADS).selected(psel)?.pin;
  }

  private listenToCts(pin: Pin | undefined): void {
    if (pin === this.ctsPin) return;
    this.endCts?.();
    this.ctsPin = pin;
    this.endCts = pin?.net.follow((level) => this.listeners.cts(!level));
  }

  private formatOf({ baudrate, config }: LineSettings): UartFormat {
    const cycles = Math.floor(2 ** 32 / Math.max(1, baudrate));
    if (cycles < LEAST_CYCLES) this.context.warnings.warn(`${this.context.name}.BAUDRATE`, `${this.context.name}: BAUDRATE 0x${baudrate.toString(16)} is above 1 MBaud, the highest rate specified, which is taken instead`);
    const parity = (config & CONFIG.PARITY) !== CONFIG.PARITY ? 'none' : (config & CONFIG.ODD) !== 0 ? 'odd' : 'even';
    return { bitTime: bitTime(Math.min(Math.max(LEAST_CYCLES, cycles), MOST_CYCLES) * this.context.scheduler.rootHz, SOURCE_HZ), dataBits: 8, parity, stopBits: (config & CONFIG.STOP) !== 0 ? 2 : 1 };
  }
}

function errorsOf({ parityError, framingError, isBreak }: ReceivedFrame): number {
  return (parityError ? ERROR.PARITY : 0) | (framingError ? ERROR.FRAMING : 0) | (isBreak ? ERROR.BREAK : 0);
}
