/** What the chip's 32.768 kHz clock depends on beside its CLOCK registers: the watchdog's demand, and System OFF. */
import type { Snapshot } from '../../bus/types.js';
import type { Clock, RootTicks, Scheduler } from '../../time/types.js';
import { numberFrom, type SharedKind } from '../block.js';

export class LowFrequency {
  private forced = false;
  private off = false;
  /** CLOCK's: opens or closes the clock's gate. */
  onChange: (() => void) | undefined;

  /** A running watchdog keeps the clock going, on the RC oscillator when firmware has started none (WDT, "32.768 kHz clock"). */
  get isForced(): boolean { return this.forced; }
  /** In System OFF no clock runs. */
  get isOff(): boolean { return this.off; }

  force(isForced: boolean): void {
    this.forced = isForced;
    this.onChange?.();
  }

  switchOff(isOff: boolean): void {
    this.off = isOff;
    this.onChange?.();
  }

  /** Who forces it and who switched it off reset themselves. */
  reset(): void { /* nothing of its own */ }

  snapshot(): Snapshot {
    return { forced: this.forced ? 1 : 0, off: this.off ? 1 : 0 };
  }

  /** Tells nobody: the clock tree and CLOCK restore their own. */
  restore(from: Snapshot): void {
    this.forced = numberFrom(from, 'forced', 'low-frequency clock') !== 0;
    this.off = numberFrom(from, 'off', 'low-frequency clock') !== 0;
  }
}

export const LOW_FREQUENCY: SharedKind<LowFrequency> = { make: () => new LowFrequency() };

/** Root ticks of a time in microseconds, rounded up. */
export function rootTicksOf(scheduler: Scheduler, microseconds: number): RootTicks {
  return Math.ceil((scheduler.rootHz * microseconds) / 1_000_000);
}

/** Whether a clock is in the second half of its period, its output low after the falling edge. */
export function isPastFallingEdge(clock: Clock, scheduler: Scheduler): boolean {
  const ticks = clock.ticks();
  const [rise, next] = [clock.rootTickOf(ticks), clock.rootTickOf(ticks + 1)];
  return Number.isFinite(next) && 2 * (scheduler.now() - rise) >= next - rise;
}
