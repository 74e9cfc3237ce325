/**
 * A piezo disc: it sounds as its pin goes up and down. What is heard is the frequency of the latest whole period; silence is
 * 50 ms without a rising edge, since people hear nothing below 20 Hz. What a disc takes while it sounds, 1 mA, is an estimate.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { RootTicks } from '../../time/types.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom } from '../saved.js';

const SOUNDING_MICROAMPS = 1000;
const LOWEST_HZ = 20;
/** A smaller change of pitch is none to tell of: timers do not hit a note exactly each time. */
const SAME_PITCH = 0.01;

class Buzzer implements Stateful {
  /** Of the latest rising edge; -1 while it is silent. */
  private rose: RootTicks = -1;
  private period: RootTicks = 0;
  /** What listeners were told; 0 for silence. */
  private toldHz = 0;
  private readonly silence = timedEvent(() => this.listen());

  constructor(private readonly context: PartContext) {
    context.pin('signal')!.onEdge((level, at) => { if (level) this.rise(at); });
  }

  get hz(): number | undefined {
    return this.rose < 0 || this.period === 0 ? undefined : this.context.scheduler.rootHz / this.period;
  }

  private get longestPeriod(): RootTicks {
    return Math.floor(this.context.scheduler.rootHz / LOWEST_HZ);
  }

  private rise(at: RootTicks): void {
    if (this.rose < 0) this.context.scheduler.schedule(this.silence, at + this.longestPeriod);
    else this.period = at - this.rose;
    this.rose = at;
    this.tell();
  }

  /** One event while it sounds, not one for each edge. */
  private listen(): void {
    const { scheduler } = this.context;
    const end = this.rose + this.longestPeriod;
    if (end > scheduler.now()) return scheduler.schedule(this.silence, end);
    this.rose = -1;
    this.period = 0;
    this.tell();
  }

  private tell(): void {
    const hz = this.hz ?? 0;
    this.context.draws(hz > 0 ? 'sounding' : 'silent', hz > 0 ? SOUNDING_MICROAMPS : 0);
    if (Math.abs(hz - this.toldHz) <= SAME_PITCH * this.toldHz) return;
    this.toldHz = hz;
    this.context.changed?.();
  }

  reset(): void {
    this.context.scheduler.cancel(this.silence);
    this.rose = -1;
    this.period = 0;
    this.tell();
  }

  snapshot(): Snapshot {
    const { rose, period, toldHz } = this;
    return { rose, period, toldHz, silence: saveEvent(this.silence) };
  }

  restore(from: Snapshot): void {
    this.rose = numberFrom(from, 'rose');
    this.period = numberFrom(from, 'period');
    this.toldHz = numberFrom(from, 'toldHz');
    restoreEvent(this.context.scheduler, this.silence, from['silence']);
  }
}

export const BUZZER_PART = definePart({
  what: 'piezo buzzer: the frequency of a square wave',
  bus: 'pins', pins: ['signal'], neededPins: { pins: ['signal'] }, inputs: [],
  options: z.strictObject({}),
  create: (context): Part => {
    const buzzer = new Buzzer(context);
    return { shows: () => ({ kind: 'tone', hz: buzzer.hz }), reset: () => buzzer.reset(), snapshot: () => buzzer.snapshot(), restore: (from) => buzzer.restore(from) };
  },
});
