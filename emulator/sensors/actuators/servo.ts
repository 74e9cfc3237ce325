/**
 * A hobby servo: the width of a pulse, repeated about every 20 ms, says where its arm goes; it goes there at its own speed.
 * Figures: the Arduino Servo library's 544 to 2400 us for 0 to 180 degrees; 0.12 s for 60 degrees at 4.8 V as small servos'
 * sheets (SG90) give it. Currents of an SG90 without load, from memory: 10 mA at rest, 150 mA while it turns. Not modelled: dead band, load, what it does between pulses that stop (here it goes where it was sent).
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { RootTicks } from '../../time/types.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom } from '../saved.js';

/** Shorter and longer pulses are no commands. */
const SHORTEST_US = 300;
const LONGEST_US = 3000;
const MICROAMPS = { resting: 10_000, turning: 150_000 } as const;

interface ServoOptions { readonly min: number; readonly max: number; readonly range: number; readonly speed: number }

class Servo implements Stateful {
  /** Where it was at `since`, and where it goes. */
  private from: number;
  private target: number;
  private since: RootTicks = 0;
  /** Of the pulse that is high now; -1 for none. */
  private rose: RootTicks = -1;
  private readonly arrival = timedEvent(() => this.context.draws('resting', MICROAMPS.resting));

  constructor(private readonly context: PartContext, private readonly options: ServoOptions) {
    this.from = this.target = options.range / 2;
    context.pin('signal')!.onEdge((level, at) => this.edge(level, at));
  }

  get degrees(): number {
    const { scheduler } = this.context;
    const most = (this.options.speed * (scheduler.now() - this.since)) / scheduler.rootHz;
    const way = this.target - this.from;
    return this.from + Math.max(-most, Math.min(most, way));
  }

  private edge(level: boolean, at: RootTicks): void {
    if (level) {
      this.rose = at;
      return;
    }
    if (this.rose < 0) return;
    const microseconds = ((at - this.rose) * 1_000_000) / this.context.scheduler.rootHz;
    this.rose = -1;
    if (microseconds < SHORTEST_US || microseconds > LONGEST_US) return;
    const { min, max, range } = this.options;
    const target = Math.max(0, Math.min(range, ((microseconds - min) / (max - min)) * range));
    if (target === this.target) return;
    this.from = this.degrees;
    this.since = at;
    this.target = target;
    this.turn();
    this.context.changed?.();
  }

  private turn(): void {
    const { scheduler } = this.context;
    const ticks = Math.ceil((Math.abs(this.target - this.from) * scheduler.rootHz) / this.options.speed);
    this.context.draws('turning', MICROAMPS.turning);
    scheduler.schedule(this.arrival, scheduler.now() + ticks);
  }

  /** Its arm stays where it is. */
  reset(): void {
    this.from = this.target = this.degrees;
    this.since = this.context.scheduler.now();
    this.rose = -1;
    this.context.scheduler.cancel(this.arrival);
    this.context.draws('resting', MICROAMPS.resting);
  }

  snapshot(): Snapshot {
    const { from, target, since, rose } = this;
    return { from, target, since, rose, arrival: saveEvent(this.arrival) };
  }

  restore(saved: Snapshot): void {
    this.from = numberFrom(saved, 'from');
    this.target = numberFrom(saved, 'target');
    this.since = numberFrom(saved, 'since');
    this.rose = numberFrom(saved, 'rose');
    restoreEvent(this.context.scheduler, this.arrival, saved['arrival']);
  }
}

export const SERVO_PART = definePart({
  what: 'hobby servo: pulse width to angle',
  bus: 'pins', pins: ['signal'], neededPins: { pins: ['signal'] }, inputs: [],
  options: z.strictObject({
    /** Microseconds of the pulses for 0 degrees and for the whole range. */
    min: z.number().min(SHORTEST_US).max(LONGEST_US).default(544),
    max: z.number().min(SHORTEST_US).max(LONGEST_US).default(2400),
    /** Degrees. */
    range: z.number().min(1).max(360).default(180),
    /** Degrees per second. */
    speed: z.number().min(1).max(100_000).default(500),
  }).refine(({ min, max }) => min < max, 'min must be below max'),
  create: (context, options): Part => {
    const servo = new Servo(context, options);
    return { shows: () => ({ kind: 'angle', degrees: servo.degrees }), reset: () => servo.reset(), snapshot: () => servo.snapshot(), restore: (from) => servo.restore(from) };
  },
});
