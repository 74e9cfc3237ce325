/**
 * A part's clock input: the rate that it runs at. A steady clock on the net says so itself; edges that somebody drives are
 * measured, from rise to rise; a module with an oscillator of its own has its rate without either.
 */
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import { gcd } from '../../time/exact.js';
import type { RootTicks, Scheduler } from '../../time/types.js';
import type { Net } from '../../wires/net.js';

/** A clock's period in root ticks. */
export interface Period { readonly num: number; readonly den: number }

/** A clock whose edges stay away for so many periods has stopped. */
const SILENT_PERIODS = 8;

export class ClockInput implements Stateful {
  private measured = 0;
  private lastRise: RootTicks = -1;
  private readonly silence = timedEvent(() => this.checkSilence());

  /**
   * @param fixedHz of the module's own oscillator, where `net` is undefined
   * @param onChange told when `period` is another
   */
  constructor(private readonly scheduler: Scheduler, private readonly net: Net | undefined, private readonly fixedHz: number | undefined, private readonly onChange: () => void) {
    net?.onClock(() => onChange());
    net?.follow((level, at) => { if (level) this.rose(at); });
  }

  /** Undefined while there is no clock. */
  get period(): Period | undefined {
    if (this.net === undefined) return this.fixedHz === undefined ? undefined : ratio(this.scheduler.rootHz, this.fixedHz);
    const { clock } = this.net;
    if (clock !== undefined) return { num: clock.num, den: clock.den };
    return this.measured > 0 ? { num: this.measured, den: 1 } : undefined;
  }

  reset(): void {
    this.measured = 0;
    this.lastRise = -1;
    this.scheduler.cancel(this.silence);
  }

  snapshot(): Snapshot {
    return { measured: this.measured, lastRise: this.lastRise, silence: saveEvent(this.silence) };
  }

  restore(from: Snapshot): void {
    const { measured, lastRise } = from;
    if (!Number.isSafeInteger(measured) || !Number.isSafeInteger(lastRise)) throw new Error('the snapshot is not of a clock input');
    this.measured = measured as number;
    this.lastRise = lastRise as number;
    restoreEvent(this.scheduler, this.silence, from['silence']);
  }

  private rose(at: RootTicks): void {
    const period = at - this.lastRise;
    const isFirst = this.lastRise < 0;
    this.lastRise = at;
    if (isFirst || period === 0 || this.net?.clock !== undefined) return;
    // Edges fall on whole ticks: a tick more or less is the same clock.
    if (Math.abs(period - this.measured) <= 1) return;
    this.measured = period;
    this.watchForSilence();
    this.onChange();
  }

  private watchForSilence(): void {
    this.scheduler.schedule(this.silence, Math.max(this.scheduler.now(), this.lastRise + SILENT_PERIODS * this.measured));
  }

  private checkSilence(): void {
    if (this.scheduler.now() - this.lastRise < SILENT_PERIODS * this.measured) {
      this.watchForSilence();
      return;
    }
    this.measured = 0;
    this.lastRise = -1;
    this.onChange();
  }
}

function ratio(num: number, den: number): Period {
  const common = gcd(num, den);
  return { num: num / common, den: den / common };
}
