/**
 * PrimeCell synchronous serial port PL022: SPI, TI and Microwire frames of 4 to 16 bits, FIFOs of eight frames.
 * Source: ARM PrimeCell Synchronous Serial Port (PL022) TRM (DDI 0194G). Not modelled: slave mode, DMA requests, the
 * differences of the three frame formats on the wire, the integration test registers.
 * With nothing attached a transfer receives zeros, as on QEMU's mps2 machines.
 */
import { z } from 'zod';
import type { Line, Snapshot } from '../../bus/types.js';
import type { Clock, TimedEvent } from '../../time/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext, type SpiDevice, type SpiPort } from '../block.js';
import { bit, bits, choice, RegisterBlock, registerMap } from '../registers/index.js';

const INTERRUPTS = { ROR: bit(0), RT: bit(1), RX: bit(2), TX: bit(3) } as const;

export const PL022 = registerMap({
  SSPCR0:   { at: 0x000, fields: { DSS: bits(0, 3), FRF: choice(4, 5, { SPI: 0, TI: 1, Microwire: 2 }), SPO: bit(6), SPH: bit(7), SCR: bits(8, 15) } },
  SSPCR1:   { at: 0x004, fields: { LBM: bit(0), SSE: bit(1), MS: bit(2), SOD: bit(3) } },
  SSPDR:    { at: 0x008, fields: { DATA: bits(0, 15) } },
  SSPSR:    { at: 0x00c, kind: 'ro', reset: 0x3, fields: { TFE: bit(0), TNF: bit(1), RNE: bit(2), RFF: bit(3), BSY: bit(4) } },
  SSPCPSR:  { at: 0x010, fields: { CPSDVSR: bits(0, 7) } },
  SSPIMSC:  { at: 0x014, fields: INTERRUPTS },
  SSPRIS:   { at: 0x018, kind: 'ro', reset: 0x8, fields: INTERRUPTS },
  SSPMIS:   { at: 0x01c, kind: 'ro', fields: INTERRUPTS },
  SSPICR:   { at: 0x020, kind: 'wo', fields: { ROR: bit(0), RT: bit(1) } },
  SSPDMACR: { at: 0x024, fields: { RXDMAE: bit(0, { unmodelled: true }), TXDMAE: bit(1, { unmodelled: true }) } },
  SSPTCR:   { at: 0x080, unmodelled: true },
  SSPITIP:  { at: 0x084, unmodelled: true },
  SSPITOP:  { at: 0x088, unmodelled: true },
  SSPTDR:   { at: 0x08c, unmodelled: true },
  SSPPeriphID0: { at: 0xfe0, kind: 'ro', reset: 0x22 },
  SSPPeriphID1: { at: 0xfe4, kind: 'ro', reset: 0x10 },
  SSPPeriphID2: { at: 0xfe8, kind: 'ro', reset: 0x04 },
  SSPPeriphID3: { at: 0xfec, kind: 'ro' },
  SSPPCellID0:  { at: 0xff0, kind: 'ro', reset: 0x0d },
  SSPPCellID1:  { at: 0xff4, kind: 'ro', reset: 0xf0 },
  SSPPCellID2:  { at: 0xff8, kind: 'ro', reset: 0x05 },
  SSPPCellID3:  { at: 0xffc, kind: 'ro', reset: 0xb1 },
});

const FIFO_DEPTH = 8;
/** Half a FIFO: TX asks to be filled at or below, RX to be emptied at or above. */
const FIFO_HALF = 4;
/** DDI 0194G 2.3.9: the receive timeout, in bit periods without a read. */
const TIMEOUT_BITS = 32;
const NOTHING = -1;
const ROR = 1, RT = 2, RX = 4, TX = 8;

export class Pl022 extends RegisterPeripheral implements SpiDevice {
  protected readonly registers;
  readonly spi: SpiPort = { transfer: undefined };
  private readonly lines: { readonly tx: Line; readonly rx: Line; readonly rxTimeout: Line; readonly rxOverrun: Line; readonly combined: Line };
  private readonly clock: Clock;
  private readonly frameEnd: TimedEvent;
  private readonly timeout: TimedEvent;
  private transmit: number[] = [];
  private received: number[] = [];
  /** The frame on the wire, NOTHING between frames. */
  private shifting = NOTHING;
  /** SSPCLK ticks at which that frame ends: the next one begins exactly there, however late the event fired. */
  private shiftingEnds = 0;
  /** RORRIS and RTRIS, which stay until cleared. */
  private latched = 0;

  constructor(private readonly context: BlockContext) {
    super();
    const irq = (name: string): Line => context.irq(name);
    this.lines = { tx: irq('tx'), rx: irq('rx'), rxTimeout: irq('rxTimeout'), rxOverrun: irq('rxOverrun'), combined: irq('combined') };
    this.clock = context.clock('sspclk');
    this.frameEnd = timedEvent(() => this.endFrame());
    this.timeout = timedEvent(() => this.latch(RT));
    const status = (): number => this.status;
    const raw = (): number => this.rawInterrupts;
    const masked = (): number => this.rawInterrupts & this.registers.get('SSPIMSC');
    this.registers = new RegisterBlock(PL022, {
      instance: context.name, base: context.base, size: context.size, warnings: context.warnings,
      onRead: { SSPDR: () => this.takeReceived(), SSPSR: status, SSPRIS: raw, SSPMIS: masked },
      onPeek: { SSPDR: () => this.received[0] ?? 0, SSPSR: status, SSPRIS: raw, SSPMIS: masked },
      onWrite: {
        SSPCR1: () => this.applyControl(),
        SSPDR: (value) => this.putTransmit(value),
        SSPIMSC: () => this.update(),
        SSPICR: (_new, _index, _old, written) => {
          this.latched &= ~written;
          this.update();
        },
      },
    });
  }

  override reset(): void {
    this.registers.reset();
    this.context.scheduler.cancel(this.frameEnd);
    this.context.scheduler.cancel(this.timeout);
    this.transmit = [];
    this.received = [];
    this.shifting = NOTHING;
    this.latched = 0;
    this.update();
  }

  override snapshot(): Snapshot {
    const { shifting, shiftingEnds, latched } = this;
    return {
      registers: this.registers.snapshot(), transmit: [...this.transmit], received: [...this.received], shifting, shiftingEnds, latched,
      frameEnd: saveEvent(this.frameEnd), timeout: saveEvent(this.timeout),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.transmit = [...numbersFrom(from, 'transmit', name, FIFO_DEPTH)];
    this.received = [...numbersFrom(from, 'received', name, FIFO_DEPTH)];
    this.shifting = numberFrom(from, 'shifting', name);
    this.shiftingEnds = numberFrom(from, 'shiftingEnds', name);
    this.latched = numberFrom(from, 'latched', name);
    restoreEvent(scheduler, this.frameEnd, from['frameEnd']);
    restoreEvent(scheduler, this.timeout, from['timeout']);
    this.update();
  }

  private get status(): number {
    return Number(this.transmit.length === 0)
      | (Number(this.transmit.length < FIFO_DEPTH) << 1)
      | (Number(this.received.length > 0) << 2)
      | (Number(this.received.length === FIFO_DEPTH) << 3)
      | (Number(this.shifting !== NOTHING || this.transmit.length > 0) << 4);
  }

  private get rawInterrupts(): number {
    return this.latched
      | (this.received.length >= FIFO_HALF ? RX : 0)
      | (this.transmit.length <= FIFO_HALF ? TX : 0);
  }

  private get frameBits(): number {
    return this.registers.field('SSPCR0', 'DSS') + 1;
  }

  /** SSPCLK ticks per bit: CPSDVSR * (1 + SCR). */
  private get bitTicks(): number {
    const divisor = this.registers.get('SSPCPSR') & 0xfe;
    if (divisor < 2) {
      this.context.warnings.warn(`${this.context.name}.CPSDVSR`, `${this.context.name}: SSPCPSR is below 2, which stops the bit clock on silicon; bits take 2 * (1 + SCR) ticks instead`);
    }
    return Math.max(2, divisor) * (1 + this.registers.field('SSPCR0', 'SCR'));
  }

  private takeReceived(): number {
    const frame = this.received.shift() ?? 0;
    this.latched &= this.received.length === 0 ? ~RT : ~0;
    this.restartTimeout();
    this.update();
    return frame;
  }

  /** A frame that finds the FIFO full is ignored. */
  private putTransmit(value: number): void {
    if (this.transmit.length < FIFO_DEPTH) this.transmit.push(value & (2 ** this.frameBits - 1));
    this.beginFrame(this.clock.ticks());
    this.update();
  }

  private applyControl(): void {
    if (this.registers.field('SSPCR1', 'MS') === 1 && this.registers.field('SSPCR1', 'SSE') === 1) {
      this.context.warnings.warn(`${this.context.name}.MS`, `${this.context.name}: SSPCR1.MS selects slave mode, which is not modelled; no frame will move`);
    }
    this.beginFrame(this.clock.ticks());
    this.update();
  }

  private beginFrame(tick: number): void {
    const canSend = this.registers.field('SSPCR1', 'SSE') === 1 && this.registers.field('SSPCR1', 'MS') === 0;
    if (!canSend || this.shifting !== NOTHING || this.transmit.length === 0) return;
    this.shifting = this.transmit.shift() as number;
    this.shiftingEnds = tick + this.frameBits * this.bitTicks;
    this.at(this.frameEnd, this.shiftingEnds);
  }

  private endFrame(): void {
    const sent = this.shifting;
    const answer = this.registers.field('SSPCR1', 'LBM') === 1 ? sent : (this.spi.transfer?.(sent, this.frameBits) ?? 0);
    this.shifting = NOTHING;
    if (this.received.length < FIFO_DEPTH) this.received.push(answer & (2 ** this.frameBits - 1));
    else this.latched |= ROR;
    this.restartTimeout();
    this.beginFrame(this.shiftingEnds);
    this.update();
  }

  private restartTimeout(): void {
    if (this.received.length > 0) this.at(this.timeout, this.clock.ticks() + TIMEOUT_BITS * this.bitTicks);
    else this.context.scheduler.cancel(this.timeout);
  }

  private latch(interrupt: number): void {
    this.latched |= interrupt;
    this.update();
  }

  private at(event: TimedEvent, tick: number): void {
    this.context.scheduler.schedule(event, Math.max(this.clock.rootTickOf(tick), this.context.scheduler.now()));
  }

  private update(): void {
    const requests = this.rawInterrupts & this.registers.get('SSPIMSC');
    this.lines.rxOverrun.set((requests & ROR) !== 0);
    this.lines.rxTimeout.set((requests & RT) !== 0);
    this.lines.rx.set((requests & RX) !== 0);
    this.lines.tx.set((requests & TX) !== 0);
    this.lines.combined.set(requests !== 0);
  }
}

export const PL022_BLOCK = defineBlock({
  irqs: ['tx', 'rx', 'rxTimeout', 'rxOverrun', 'combined'],
  clocks: ['sspclk'],
  options: z.strictObject({}),
  create: (context) => new Pl022(context),
});
