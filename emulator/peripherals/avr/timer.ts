/**
 * What AVR's timers have in common: clock select and external clock pins, interrupt flags, output pins, power reduction.
 * Source: ATmega328P data sheet DS40002061B, chapters 15 to 18; ATmega2560 data sheet DS40002211A, chapters 16, 17, 20.
 */
import type { Line, Snapshot } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock } from '../../time/types.js';
import { numberFrom, numbersFrom, partFrom, RegisterPeripheral, type BlockContext } from '../block.js';
import { AVR_PADS, type AvrPads, type Pad, type PadOverride } from './pads.js';
import { AVR_PRESCALERS, type Prescaler } from './prescaler.js';
import { AVR_SIGNALS, type AvrSignals, type Trigger } from './signals.js';
import { AVR_SYSTEM, type AvrSystem } from './system.js';
import { ICF, OCFA, TOV, Waveform, type Mode } from './waveform.js';

/** Dividers by clock select; 0 stops, the others count edges of the timer's pin. */
export const FALLING_EDGES = -1;
export const RISING_EDGES = -2;

export interface FlagSource { readonly bit: number; readonly line: string; readonly trigger?: Trigger | undefined }

export interface TimerPlan {
  readonly max: number;
  /** Interrupts with their bits in TIFRn and TIMSKn. */
  readonly flags: readonly FlagSource[];
  readonly outputs: readonly (string | undefined)[];
  /** Pad of the external clock. */
  readonly clockPin: string | undefined;
  /** Its bit in a power reduction register. */
  readonly power: string;
  readonly prescaler: Prescaler;
}

/** An edge of an external clock takes so many cycles of the I/O clock to count: two synchroniser stages and the edge detector. */
export const SYNCHRONISER_CYCLES = 3;
/** Edges that may be on their way: each level lasts more than a cycle (17.3). */
const MOST_EDGES = 4;

export abstract class AvrTimer extends RegisterPeripheral {
  protected readonly waveform: Waveform;
  protected readonly pads: AvrPads;
  protected readonly signals: AvrSignals;
  protected readonly system: AvrSystem;
  protected readonly io: Clock;
  /** TIMSKn. */
  protected abstract readonly enabled: Uint32Array;
  private readonly prescaler: Prescaler;
  private readonly lines: readonly Line[];
  /** Outputs that a pad shows: connected, with DDR saying output. */
  private readonly driven = new Uint8Array(3);
  private overrides: readonly (PadOverride | undefined)[] | undefined;
  private outputs: readonly (Pad | undefined)[] = [];
  private divider = 0;
  /** Bits of TIFRn that start a conversion. */
  private hooked = 0;
  private isPowered = true;
  private readonly next = timedEvent(() => this.happen());
  /** Edges of the external clock that have been counted. */
  private edges = 0;
  private endClockPin: (() => void) | undefined;
  private readonly edgeArrives = timedEvent(() => this.countEdge());
  /** When the edges on their way will count, in ticks of the I/O clock. */
  private arriving: number[] = [];

  constructor(protected readonly context: BlockContext, private readonly plan: TimerPlan) {
    super();
    this.pads = context.shared(AVR_PADS);
    this.signals = context.shared(AVR_SIGNALS);
    this.system = context.shared(AVR_SYSTEM);
    this.io = context.clock('io');
    this.prescaler = plan.prescaler;
    this.waveform = new Waveform(plan.max, plan.outputs.length, { flagged: (bits) => this.flagged(bits), output: (channel, level) => this.show(channel, level) });
    this.lines = plan.flags.map(({ bit, line }) => context.irq(line, () => this.clearFlags(bit)));
    this.prescaler.join({
      beforeReset: () => this.catchUp(),
      afterReset: () => this.sourceChanged(),
    });
    this.signals.onWant(() => this.hook());
    this.system.onClocks(() => this.clocksChanged());
  }

  /** Everything up to now. */
  protected catchUp(): void {
    if (this.divider !== 0 && this.isPowered) this.waveform.advanceTo(this.count());
  }

  /** After every change: what is due next, and the interrupt lines. */
  protected update(): void {
    this.raise();
    this.reschedule();
  }

  protected setMode(mode: Mode): void {
    this.waveform.setMode(mode);
  }

  /** @param divider of the prescaler, 0 to stop, or edges of the pin */
  protected setClock(divider: number): void {
    if (divider === this.divider) return;
    this.divider = divider;
    this.followClockPin();
    this.waveform.rebase(this.count());
  }

  /** @param com effective compare output mode: 0 where it is disconnected */
  protected setOutput(channel: number, com: number): void {
    this.waveform.com[channel] = com;
    this.connect(channel);
  }

  protected readFlags(): number {
    this.catchUp();
    return this.waveform.flags;
  }

  protected clearFlags(bits: number): void {
    this.catchUp();
    this.waveform.flags &= ~bits;
    this.update();
  }

  protected setFlag(bit: number): void {
    if ((this.waveform.flags & bit) !== 0) return;
    this.waveform.flags |= bit;
    this.flagged(bit);
  }

  override reset(): void {
    this.context.scheduler.cancel(this.next);
    this.context.scheduler.cancel(this.edgeArrives);
    this.registers.reset();
    this.divider = 0;
    this.edges = 0;
    this.arriving = [];
    this.followClockPin();
    this.findPads();
    this.waveform.reset(0);
    this.hook();
    for (let channel = 0; channel < this.driven.length; channel++) this.connect(channel);
    this.raise();
  }

  override snapshot(): Snapshot {
    const { divider, edges, arriving, isPowered } = this;
    return {
      registers: this.registers.snapshot(), waveform: this.waveform.snapshot(), divider, edges, arriving: arriving.slice(), isPowered: Number(isPowered),
      next: saveEvent(this.next), edgeArrives: saveEvent(this.edgeArrives),
    };
  }

  protected restoreWith(from: Snapshot, modeOf: () => Mode): void {
    const { name, scheduler } = this.context;
    this.registers.restore(partFrom(from, 'registers', name));
    this.waveform.restore(partFrom(from, 'waveform', name), modeOf());
    this.divider = numberFrom(from, 'divider', name);
    this.edges = numberFrom(from, 'edges', name);
    this.arriving = numbersFrom(from, 'arriving', name, MOST_EDGES).slice();
    this.isPowered = numberFrom(from, 'isPowered', name) !== 0;
    this.followClockPin();
    this.hooked = this.hookedBits();
    for (let channel = 0; channel < this.driven.length; channel++) this.driven[channel] = this.isDriven(channel);
    restoreEvent(scheduler, this.next, from['next']);
    restoreEvent(scheduler, this.edgeArrives, from['edgeArrives']);
    this.raise();
  }

  // -- Time.

  private count(): number {
    return this.divider > 0 ? this.prescaler.counts(this.divider) : this.divider === 0 ? 0 : this.edges;
  }

  private happen(): void {
    this.catchUp();
    this.update();
  }

  private reschedule(): void {
    const { scheduler } = this.context;
    const wanted = this.enabled[0] | this.hooked;
    const count = this.divider > 0 && this.isPowered ? this.waveform.nextNoticed(wanted, this.driven) : Infinity;
    const due = count === Infinity ? Infinity : this.prescaler.rootTickOf(count, this.divider);
    if (due === Infinity) scheduler.cancel(this.next);
    else scheduler.schedule(this.next, Math.max(due, scheduler.now()));
  }

  private sourceChanged(): void {
    this.waveform.rebase(this.count());
    this.update();
  }

  private clocksChanged(): void {
    this.catchUp();
    const isPowered = this.system.isPowered(this.plan.power);
    if (isPowered !== this.isPowered) {
      this.isPowered = isPowered;
      this.waveform.rebase(this.count());
    }
    this.update();
  }

  // -- The external clock.

  private followClockPin(): void {
    this.endClockPin?.();
    this.endClockPin = undefined;
    if (this.divider >= 0) return;
    const rising = this.divider === RISING_EDGES;
    this.endClockPin = this.pads.find(this.plan.clockPin)?.net.follow((level) => { if (level === rising) this.edge(); });
  }

  private edge(): void {
    if (!this.isPowered || this.arriving.length === MOST_EDGES) return;
    this.arriving.push(this.io.ticks() + SYNCHRONISER_CYCLES);
    if (this.arriving.length === 1) this.awaitEdge();
  }

  private awaitEdge(): void {
    const due = this.io.rootTickOf(this.arriving[0]);
    if (due !== Infinity) this.context.scheduler.schedule(this.edgeArrives, Math.max(due, this.context.scheduler.now()));
  }

  private countEdge(): void {
    this.arriving.shift();
    if (this.divider < 0) {
      this.edges++;
      this.happen();
    }
    if (this.arriving.length > 0) this.awaitEdge();
  }

  // -- Flags.

  private flagged(bits: number): void {
    for (const { bit, trigger } of this.plan.flags) {
      if ((bits & bit) !== 0 && trigger !== undefined && (this.hooked & bit) !== 0) this.signals.trigger(trigger);
    }
  }

  private raise(): void {
    const { lines, plan: { flags } } = this;
    const pending = this.waveform.flags & this.enabled[0];
    for (let i = 0; i < lines.length; i++) lines[i].set((pending & flags[i].bit) !== 0);
  }

  private hookedBits(): number {
    let hooked = 0;
    for (const { bit, trigger } of this.plan.flags) if (this.signals.isWanted(trigger)) hooked |= bit;
    return hooked;
  }

  private hook(): void {
    const hooked = this.hookedBits();
    if (hooked === this.hooked) return;
    this.catchUp();
    this.hooked = hooked;
    this.update();
  }

  // -- Outputs.

  /** Once: pads are there when all blocks are made. */
  private findPads(): void {
    if (this.overrides !== undefined) return;
    this.outputs = this.plan.outputs.map((name) => this.pads.find(name));
    this.overrides = this.outputs.map((pad, channel) => {
      pad?.onDirection(() => {
        this.catchUp();
        this.driven[channel] = this.isDriven(channel);
        this.update();
      });
      return pad?.override();
    });
  }

  private isDriven(channel: number): 0 | 1 {
    return this.waveform.com[channel] !== 0 && this.outputs[channel]?.isOutput === true ? 1 : 0;
  }

  private connect(channel: number): void {
    this.driven[channel] = this.isDriven(channel);
    this.overrides?.[channel]?.set(this.waveform.com[channel] === 0 ? undefined : this.waveform.level(channel));
  }

  private show(channel: number, level: boolean): void {
    if (this.waveform.com[channel] !== 0) this.overrides?.[channel]?.set(level);
  }
}

/** Where a chip file's line places the flags of channels A to C, overflow, and capture. */
export const FLAG_BITS = { TOV, OCFA, OCFB: OCFA << 1, OCFC: OCFA << 2, ICF } as const;

/** Timer 2's own prescaler, or the one that the others share. */
export function synchronousPrescaler(context: BlockContext): Prescaler {
  return context.shared(AVR_PRESCALERS).synchronous(context.clock('io'));
}
