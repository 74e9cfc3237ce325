/**
 * AVR timer 2: an 8-bit timer with a prescaler of its own, which a 32.768 kHz crystal or an external clock may drive while
 * everything else sleeps.
 * Source: ATmega328P data sheet DS40002061B, chapter 18. Asynchronous operation (18.9): a write to TCNT2, OCR2x or TCCR2x
 * waits in a temporary register, with its update busy bit set, and is taken over at the second rising edge of TOSC1 after
 * it; a second write meanwhile takes the first one's place (the data sheet forbids it). Interrupts come with the timer's
 * clock, not three processor cycles later.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { defineBlock, numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { bit } from '../registers/index.js';
import { AVR_PADS, PAD_NAME } from './pads.js';
import { AVR_PRESCALERS, Prescaler } from './prescaler.js';
import { PLACES, placeRegisters, type Places, type Template } from './registers.js';
import { Timer8, TIMER8 } from './timer8.js';

export const TIMER8_ASYNC = {
  ...TIMER8,
  ASSR: { fields: {
    TCRnBUB: bit(0, { kind: 'ro' }), TCRnAUB: bit(1, { kind: 'ro' }), OCRnBUB: bit(2, { kind: 'ro' }), OCRnAUB: bit(3, { kind: 'ro' }), TCNnUB: bit(4, { kind: 'ro' }),
    ASn: bit(5), EXCLK: bit(6),
  } },
} as const satisfies Template;

/** Table 18-9. */
const DIVIDERS: readonly number[] = [0, 1, 8, 32, 64, 128, 256, 1024];
const ASSR = { TCRnBUB: 1, TCRnAUB: 2, OCRnBUB: 4, OCRnAUB: 8, TCNnUB: 0x10, ASn: 0x20, EXCLK: 0x40 } as const;
const BUSY = 0x1f;
/** Rising edges of TOSC1 until a write is taken over. */
const UPDATE_EDGES = 2;

/** TOSC1 driven from outside: a clock whose future nobody knows. */
class PinClock implements Clock {
  readonly hz = 0;
  edges = 0;
  ticks(): number { return this.edges; }
  rootTickOf(n: number): number { return n <= this.edges ? 0 : Infinity; }
}

/** Timer 2's counting half, with writes that may be late. */
class AsyncTimer extends Timer8 {
  /** Register, value: what to do with a write; undefined when it is to be done at once. */
  delay: ((busy: number, value: number) => boolean) | undefined;

  applyWrite(busy: number, value: number): void {
    switch (busy) {
      case ASSR.TCNnUB: super.writeCount(value); break;
      case ASSR.OCRnAUB: super.writeCompare(0, value); break;
      case ASSR.OCRnBUB: super.writeCompare(1, value); break;
      case ASSR.TCRnAUB: super.writeModeA(value); break;
      default: super.writeModeB(value);
    }
  }

  /** An edge of a clock that cannot be planned. */
  clockEdge(): void {
    this.catchUp();
    this.update();
  }

  protected override writeCount(value: number): void {
    if (!this.isDelayed(ASSR.TCNnUB, value)) super.writeCount(value);
  }

  protected override writeCompare(channel: number, value: number): void {
    if (!this.isDelayed(channel === 0 ? ASSR.OCRnAUB : ASSR.OCRnBUB, value)) super.writeCompare(channel, value);
  }

  protected override writeModeA(value: number): void {
    if (!this.isDelayed(ASSR.TCRnAUB, value)) super.writeModeA(value);
    else this.stored.TCCRnA[0] = this.lastModeA;
    this.lastModeA = this.stored.TCCRnA[0];
  }

  protected override writeModeB(value: number): void {
    if (!this.isDelayed(ASSR.TCRnBUB, value)) super.writeModeB(value);
    else this.stored.TCCRnB[0] = this.lastModeB;
    this.lastModeB = this.stored.TCCRnB[0];
  }

  /** What counts while a write waits. */
  private lastModeA = 0;
  private lastModeB = 0;

  override reset(): void {
    this.lastModeA = this.lastModeB = 0;
    super.reset();
  }

  override restore(from: Snapshot): void {
    super.restore(from);
    this.lastModeA = this.stored.TCCRnA[0];
    this.lastModeB = this.stored.TCCRnB[0];
  }

  noteModes(): void {
    this.lastModeA = this.stored.TCCRnA[0];
    this.lastModeB = this.stored.TCCRnB[0];
  }

  private isDelayed(busy: number, value: number): boolean {
    return this.delay?.(busy, value) === true;
  }
}

export interface Timer8AsyncOptions {
  readonly n: number;
  readonly pins: { readonly OCA?: string | undefined; readonly OCB?: string | undefined; readonly TOSC1?: string | undefined };
  readonly power: string;
  readonly registers: Places;
}

export class Timer8Async extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly timer: AsyncTimer;
  private readonly prescaler: Prescaler;
  private readonly io: Clock;
  private readonly crystal: Clock;
  private readonly pinClock = new PinClock();
  private endPin: (() => void) | undefined;
  /** Values that wait, by the bit number of their busy flag, and the edge of TOSC1 at which they count. */
  private readonly waiting = new Array<number>(5).fill(0);
  private readonly due = new Array<number>(5).fill(0);
  private readonly takeOver = timedEvent(() => this.applyDue());

  constructor(private readonly context: BlockContext, private readonly options: Timer8AsyncOptions) {
    super();
    const { n, pins, power, registers: places } = options;
    this.io = context.clock('io');
    this.crystal = context.clock('tosc1');
    this.prescaler = new Prescaler(this.io);
    context.shared(AVR_PRESCALERS).asynchronous = this.prescaler;
    const { ASSR: assr, ...own } = places;
    if (assr === undefined) throw new RangeError('register ASSR has no address; give it one under "registers"');
    this.timer = new AsyncTimer(context, { n, pins: { OCA: pins.OCA, OCB: pins.OCB }, power, registers: own }, this.prescaler, DIVIDERS);
    this.timer.delay = (busy, value) => this.delayed(busy, value);
    const inner = this.timer;
    // One map for the debugger and for accesses; everything but ASSR passes to the counting half.
    const { block, stored } = placeRegisters(context, TIMER8_ASYNC, { instance: String(n), places }, {
      onWrite: { ASSR: (value, _index, old) => this.writeStatus(value, old) },
    });
    this.stored = stored;
    const isOwn = (offset: number): boolean => offset === assr;
    this.registers = {
      read: (offset: number, bytes: 1 | 2 | 4) => (isOwn(offset) ? block : inner).read(offset, bytes),
      write: (offset: number, value: number, bytes: 1 | 2 | 4) => (isOwn(offset) ? block : inner).write(offset, value, bytes),
      peek: (offset: number, bytes: 1 | 2 | 4) => (isOwn(offset) ? block : inner).peek(offset, bytes),
      poke: (offset: number, value: number, bytes: 1 | 2 | 4) => (isOwn(offset) ? block : inner).poke(offset, value, bytes),
      declares: (offset: number) => block.declares(offset),
      reset: () => block.reset(), snapshot: () => block.snapshot(), restore: (from: Snapshot) => block.restore(from),
    };
  }

  override reset(): void {
    this.context.scheduler.cancel(this.takeOver);
    this.registers.reset();
    this.pinClock.edges = 0;
    this.selectClock();
    this.prescaler.reset();
    this.timer.reset();
  }

  override snapshot(): Snapshot {
    return {
      registers: this.registers.snapshot(), timer: this.timer.snapshot(), prescaler: this.prescaler.snapshot(), edges: this.pinClock.edges,
      waiting: this.waiting.slice(), due: this.due.slice(), takeOver: saveEvent(this.takeOver),
    };
  }

  override restore(from: Snapshot): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.pinClock.edges = numberFrom(from, 'edges', name);
    this.selectClock();
    this.timer.restore(partFrom(from, 'timer', name));
    this.prescaler.restore(partFrom(from, 'prescaler', name));
    numbersFrom(from, 'waiting', name, 5).forEach((value, i) => { this.waiting[i] = value; });
    numbersFrom(from, 'due', name, 5).forEach((value, i) => { this.due[i] = value; });
    restoreEvent(scheduler, this.takeOver, from['takeOver']);
  }

  private get isAsynchronous(): boolean { return (this.stored.ASSR[0] & ASSR.ASn) !== 0; }

  /** TOSC1, whichever drives it. */
  private get source(): Clock { return (this.stored.ASSR[0] & ASSR.EXCLK) !== 0 ? this.pinClock : this.crystal; }

  private writeStatus(value: number, old: number): void {
    if (((value ^ old) & (ASSR.ASn | ASSR.EXCLK)) === 0) return;
    this.stored.ASSR[0] = value & ~BUSY;
    this.context.scheduler.cancel(this.takeOver);
    this.selectClock();
  }

  private selectClock(): void {
    this.prescaler.useClock(this.isAsynchronous ? this.source : this.io);
    this.endPin?.();
    this.endPin = undefined;
    if (!this.isAsynchronous || this.source !== this.pinClock) return;
    const net = this.context.shared(AVR_PADS).find(this.options.pins.TOSC1)?.net;
    this.endPin = net?.follow((level) => { if (level) this.pinEdge(); });
  }

  private pinEdge(): void {
    this.pinClock.edges++;
    this.applyDue();
    this.timer.clockEdge();
  }

  private delayed(busy: number, value: number): boolean {
    if (!this.isAsynchronous) return false;
    const index = 31 - Math.clz32(busy);
    this.waiting[index] = value;
    this.due[index] = this.source.ticks() + UPDATE_EDGES;
    this.stored.ASSR[0] |= busy;
    this.awaitDue();
    return true;
  }

  private applyDue(): void {
    const now = this.source.ticks();
    for (let index = 4; index >= 0; index--) {
      const busy = 1 << index;
      if ((this.stored.ASSR[0] & busy) === 0 || this.due[index] > now) continue;
      this.stored.ASSR[0] &= ~busy;
      this.timer.applyWrite(busy, this.waiting[index]);
      this.timer.noteModes();
    }
    this.awaitDue();
  }

  private awaitDue(): void {
    const { scheduler } = this.context;
    let first = Infinity;
    for (let index = 0; index < 5; index++) if (((this.stored.ASSR[0] >> index) & 1) === 1) first = Math.min(first, this.due[index]);
    const due = first === Infinity ? Infinity : this.source.rootTickOf(first);
    if (due === Infinity) scheduler.cancel(this.takeOver);
    else scheduler.schedule(this.takeOver, Math.max(due, scheduler.now()));
  }
}

export const TIMER8_ASYNC_BLOCK = defineBlock({
  irqs: ['compa', 'compb', 'ovf'],
  clocks: ['io', 'tosc1'],
  options: z.strictObject({
    n: z.int().min(0).max(5).default(2),
    pins: z.strictObject({ OCA: PAD_NAME.optional(), OCB: PAD_NAME.optional(), TOSC1: PAD_NAME.optional() }).default({}),
    power: z.string().default('PRTIM2'),
    registers: PLACES,
  }),
  create: (context, options) => new Timer8Async(context, options),
});
