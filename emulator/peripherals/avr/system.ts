/** What the system block tells the others: which clocks run, what PRR has switched off, the pull-ups' common switch. */
import type { SharedKind } from '../block.js';

export type AvrClock = 'cpu' | 'flash' | 'io' | 'adc' | 'asy';

export class AvrSystem {
  /** MCUCR.PUD. */
  pullUpsDisabled = false;
  /** In ADC noise reduction the CPU falls asleep: a conversion starts by itself. */
  private readonly unpowered = new Set<string>();
  private readonly stopped = new Set<AvrClock>();
  private readonly listeners: (() => void)[] = [];

  /** @param bit of PRR by its name: PRTIM0 */
  isPowered(bit: string): boolean { return !this.unpowered.has(bit); }
  clockRuns(clock: AvrClock): boolean { return !this.stopped.has(clock); }
  /** Told after a change of any of these. */
  onClocks(listener: () => void): void { this.listeners.push(listener); }

  /** For the system block. */
  setPower(bit: string, isPowered: boolean): void {
    if (isPowered) this.unpowered.delete(bit);
    else this.unpowered.add(bit);
  }

  setClock(clock: AvrClock, runs: boolean): void {
    if (runs) this.stopped.delete(clock);
    else this.stopped.add(clock);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }
}

export const AVR_SYSTEM: SharedKind<AvrSystem> = { make: () => new AvrSystem() };
