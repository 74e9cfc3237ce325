/**
 * HC-SR04: distance by ultrasound. A pulse on TRIG of at least 10 us makes it send eight periods of 40 kHz; ECHO is then high for
 * as long as the sound is on its way, or for 38 ms where nothing comes back.
 * Source: the maker's user guide (ElecFreaks), from memory: 10 us, 2 cm to 4 m, cycle of 60 ms. The 460 us before ECHO rises and the
 * 38 ms are what builders have measured. Currents: 15 mA while it measures (user guide), 2 mA otherwise (from memory). Sound in air: 331.3 m/s * sqrt(1 + t / 273.15) at the world's temperature.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { RootTicks } from '../../time/types.js';
import { Pin } from '../../wires/net.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom } from '../saved.js';

const MICROAMPS = { quiet: 2000, measuring: 15_000 } as const;
const TRIGGER_US = 10;
const BURST_US = 460;
const NOTHING_US = 38_000;
const NEAREST_M = 0.02;
const FARTHEST_M = 4;

class HcSr04 implements Stateful {
  private readonly echo: Pin;
  private rose: RootTicks = -1;
  private phase: 'ready' | 'burst' | 'echo' = 'ready';
  private readonly event = timedEvent(() => this.next());

  constructor(private readonly context: PartContext) {
    this.echo = new Pin(`${context.name} echo`, context.pin('echo')!);
    context.pin('trig')!.onEdge((level, at) => this.trigger(level, at));
  }

  private trigger(level: boolean, at: RootTicks): void {
    if (level) {
      this.rose = at;
      return;
    }
    const isLong = this.rose >= 0 && at - this.rose >= this.ticks(TRIGGER_US);
    this.rose = -1;
    if (!isLong || this.phase !== 'ready') return;
    this.phase = 'burst';
    this.context.draws('measuring', MICROAMPS.measuring);
    this.context.scheduler.schedule(this.event, at + this.ticks(BURST_US));
  }

  private next(): void {
    const { scheduler } = this.context;
    if (this.phase === 'burst') {
      this.phase = 'echo';
      this.echo.drive(true);
      scheduler.schedule(this.event, scheduler.now() + this.ticks(this.echoUs()));
    } else {
      this.phase = 'ready';
      this.context.draws('quiet', MICROAMPS.quiet);
      this.echo.drive(false);
    }
  }

  private echoUs(): number {
    const { world, scheduler } = this.context;
    const now = scheduler.now();
    const metres = world.value('distance', now);
    if (metres > FARTHEST_M) return NOTHING_US;
    const metresPerSecond = 331.3 * Math.sqrt(1 + Math.max(-273, world.value('temperature', now)) / 273.15);
    return (2 * Math.max(NEAREST_M, metres) * 1_000_000) / metresPerSecond;
  }

  private ticks(microseconds: number): RootTicks {
    return Math.round((microseconds * this.context.scheduler.rootHz) / 1_000_000);
  }

  reset(): void {
    this.context.scheduler.cancel(this.event);
    this.rose = -1;
    this.phase = 'ready';
    this.context.draws('quiet', MICROAMPS.quiet);
    this.echo.drive(false);
  }

  snapshot(): Snapshot {
    return { rose: this.rose, phase: this.phase, event: saveEvent(this.event) };
  }

  restore(from: Snapshot): void {
    const { phase } = from;
    if (phase !== 'ready' && phase !== 'burst' && phase !== 'echo') throw new Error('the snapshot is not of an HC-SR04');
    this.phase = phase;
    this.rose = numberFrom(from, 'rose');
    restoreEvent(this.context.scheduler, this.event, from['event']);
  }
}

export const HC_SR04_PART = definePart({
  what: 'distance by ultrasound',
  bus: 'pins', pins: ['trig', 'echo'], neededPins: { pins: ['trig', 'echo'] }, inputs: ['distance', 'temperature'],
  options: z.strictObject({}),
  create: (context): Part => {
    const sensor = new HcSr04(context);
    return { reset: () => sensor.reset(), snapshot: () => sensor.snapshot(), restore: (from) => sensor.restore(from) };
  },
});
