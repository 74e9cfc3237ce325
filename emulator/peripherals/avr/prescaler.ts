/**
 * The ten-bit prescalers: a counter of clock ticks since its last reset, which timers divide by taking one of its bits.
 * Source: ATmega328P data sheet DS40002061B, chapter 17 Timer/Counter0 and Timer/Counter1 Prescalers (one for all
 * synchronous timers), 18.10 (timer 2's own), 17.4.1 GTCCR.
 */
import { z } from 'zod';
import type { Snapshot } from '../../bus/types.js';
import type { Clock, RootTicks } from '../../time/types.js';
import { defineBlock, numberFrom, partFrom, RegisterPeripheral, type BlockContext, type SharedKind } from '../block.js';
import { bit } from '../registers/index.js';
import { PLACES, placeRegisters, type Places } from './registers.js';

/** A timer on a prescaler. */
export interface PrescalerUser {
  /** The prescaler is about to be reset, held or let go: counts up to now are to be taken. */
  beforeReset(): void;
  afterReset(): void;
}

export class Prescaler {
  private origin = 0;
  private isHeld = false;
  private readonly users: PrescalerUser[] = [];

  constructor(private clock: Clock) {}

  join(user: PrescalerUser): void { this.users.push(user); }

  /** Another source: timer 2's asynchronous clock. It goes on from zero. */
  useClock(clock: Clock): void {
    this.change(() => { this.clock = clock; });
  }

  /** Edges of its output for a divider, since the prescaler's reset. */
  counts(divider: number): number {
    if (divider === 1) return this.clock.ticks();
    return this.isHeld ? 0 : Math.floor((this.clock.ticks() - this.origin) / divider);
  }

  /** Infinity for one that the prescaler does not reach while it is held or its clock stands still. */
  rootTickOf(count: number, divider: number): RootTicks {
    if (divider === 1) return this.clock.rootTickOf(count);
    return this.isHeld ? Infinity : this.clock.rootTickOf(this.origin + count * divider);
  }

  restart(): void {
    this.change(() => undefined);
  }

  hold(isHeld: boolean): void {
    if (isHeld !== this.isHeld) this.change(() => { this.isHeld = isHeld; });
  }

  /** At the chip's reset, with users that reset themselves. */
  reset(): void {
    this.isHeld = false;
    this.origin = this.clock.ticks();
  }

  snapshot(): Snapshot {
    return { origin: this.origin, isHeld: Number(this.isHeld) };
  }

  restore(from: Snapshot): void {
    this.origin = numberFrom(from, 'origin', 'prescaler');
    this.isHeld = numberFrom(from, 'isHeld', 'prescaler') !== 0;
  }

  private change(act: () => void): void {
    for (const user of this.users) user.beforeReset();
    act();
    this.origin = this.clock.ticks();
    for (const user of this.users) user.afterReset();
  }
}

/** The chip's prescalers: one that all synchronous timers share, made by the first who asks; timer 2's own if there is one. */
export class Prescalers {
  asynchronous: Prescaler | undefined;
  private shared: Prescaler | undefined;

  synchronous(clock: Clock): Prescaler {
    return (this.shared ??= new Prescaler(clock));
  }
}

export const AVR_PRESCALERS: SharedKind<Prescalers> = { make: () => new Prescalers() };

export const PRESCALER = { GTCCR: { fields: { PSRSYNC: bit(0), PSRASY: bit(1), TSM: bit(7) } } } as const;

const GTCCR = { PSRSYNC: 1, PSRASY: 2, TSM: 0x80 } as const;

export class GeneralControl extends RegisterPeripheral {
  protected readonly registers;
  private readonly stored;
  private readonly prescalers: Prescalers;
  private readonly synchronous: Prescaler;

  constructor(private readonly context: BlockContext, { registers: places }: { registers: Places }) {
    super();
    this.prescalers = context.shared(AVR_PRESCALERS);
    this.synchronous = this.prescalers.synchronous(context.clock('io'));
    const { block, stored } = placeRegisters(context, PRESCALER, { instance: '', places }, { onWrite: { GTCCR: (value) => this.write8(value) } });
    this.registers = block;
    this.stored = stored;
  }

  override reset(): void {
    this.registers.reset();
    this.synchronous.reset();
  }

  override snapshot(): Snapshot {
    return { registers: this.registers.snapshot(), synchronous: this.synchronous.snapshot() };
  }

  override restore(from: Snapshot): void {
    this.registers.restore(partFrom(from, 'registers', this.context.name));
    this.synchronous.restore(partFrom(from, 'synchronous', this.context.name));
  }

  /** Without TSM the reset bits clear themselves at once; with it they stay, and the prescalers stand still. */
  private write8(value: number): void {
    const isHeld = (value & GTCCR.TSM) !== 0;
    this.apply(this.synchronous, (value & GTCCR.PSRSYNC) !== 0, isHeld);
    if (this.prescalers.asynchronous) this.apply(this.prescalers.asynchronous, (value & GTCCR.PSRASY) !== 0, isHeld);
    if (!isHeld) this.stored.GTCCR[0] = 0;
  }

  private apply(prescaler: Prescaler, isReset: boolean, isHeld: boolean): void {
    prescaler.hold(isReset && isHeld);
    if (isReset && !isHeld) prescaler.restart();
  }
}

export const PRESCALER_BLOCK = defineBlock({
  clocks: ['io'],
  options: z.strictObject({ registers: PLACES }),
  create: (context, options) => new GeneralControl(context, options),
});
