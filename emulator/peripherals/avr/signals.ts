/**
 * Signals between blocks of one AVR chip that no pad carries: what starts a conversion, the analog comparator's output,
 * and the ADC's multiplexer where the comparator borrows it.
 */
import type { RootTicks } from '../../time/types.js';
import type { Net } from '../../wires/net.js';
import type { SharedKind } from '../block.js';

/** What may start a conversion, by the names of ADCSRB.ADTS in the data sheet's table. */
export type Trigger = 'comparator' | 'INT0' | 'TIMER0_COMPA' | 'TIMER0_OVF' | 'TIMER1_COMPB' | 'TIMER1_OVF' | 'TIMER1_CAPT';

export class AvrSignals {
  /** Volts at the input that the ADC's multiplexer has selected, and its net if it is a pin's. */
  muxVolts: ((at?: RootTicks) => number) | undefined;
  muxNet: (() => Net | undefined) | undefined;
  /** Whether the comparator may have the multiplexer: ACME is set and the ADC is off. */
  borrowsMux: () => boolean = () => false;
  private wanted: Trigger | undefined;
  private started: (() => void) | undefined;
  private readonly wantListeners: (() => void)[] = [];
  private readonly muxListeners: (() => void)[] = [];
  private readonly outputListeners: ((level: boolean, toCapture: boolean) => void)[] = [];

  isWanted(trigger: Trigger | undefined): boolean {
    return trigger !== undefined && this.wanted === trigger;
  }

  /** For the ADC: the one that starts a conversion, so that its source schedules it; undefined for none. */
  want(trigger: Trigger | undefined): void {
    if (trigger === this.wanted) return;
    this.wanted = trigger;
    for (const listener of this.wantListeners) listener();
  }

  onWant(listener: () => void): void { this.wantListeners.push(listener); }

  /** For the ADC. */
  onTrigger(listener: () => void): void { this.started = listener; }

  /** The trigger's flag was set. */
  trigger(source: Trigger): void {
    if (this.wanted === source) this.started?.();
  }

  /** For the comparator: the multiplexer, or who has it, has changed. */
  onMux(listener: () => void): void { this.muxListeners.push(listener); }
  muxChanged(): void { for (const listener of this.muxListeners) listener(); }

  /** For timer 1: the comparator's output, and whether ACIC leads it to the input capture unit. */
  onComparator(listener: (level: boolean, toCapture: boolean) => void): void { this.outputListeners.push(listener); }
  comparatorChanged(level: boolean, toCapture: boolean): void {
    for (const listener of this.outputListeners) listener(level, toCapture);
  }
}

export const AVR_SIGNALS: SharedKind<AvrSignals> = { make: () => new AvrSignals() };
