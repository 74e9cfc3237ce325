/**
 * Worldsemi WS2812B and its relatives: a chain of lamps with three or four colours, each with its own controller, on one wire.
 * Every bit is a pulse whose length says 0 or 1; each lamp keeps the first bits it gets and passes on the others; a low level for
 * the latch time shows them. Source: WS2812B datasheets V1 (T0H 0.4 us, T1H 0.8 us, both +-150 ns, latch 50 us) and V5 (T0H 0.22 to
 * 0.38 us, T1H 0.58 to 1 us, latch 280 us), from memory. A pulse counts as 1 from 0.5 us on, between the two versions' limits.
 * Currents from memory (V5): 0.6 mA a lamp, and 12 mA a colour at full brightness; colours together are rounded to a 255th of the most.
 * Not modelled: the PWM of the lamps (their colour is shown, not its flicker), the delay of 0.3 us at each lamp.
 */
import { z } from 'zod';
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { RootTicks } from '../../time/types.js';
import { Pin } from '../../wires/net.js';
import { graded } from '../charge.js';
import { definePart, type Part, type PartContext } from '../part.js';
import { numberFrom, numbersFrom } from '../saved.js';
import type { Colour } from '../shown.js';

const MICROAMPS = { lamp: 600, colour: 12_000 } as const;
const ONE_FROM_US = 0.5;
/** Both versions latch after it, and newer ones show nothing sooner. */
const LATCH_US = { ws2812: 50, ws2812b: 280 } as const;
const ORDERS = ['grb', 'rgb', 'brg', 'bgr', 'rbg', 'gbr', 'grbw', 'rgbw'] as const;

interface ChainOptions { readonly count: number; readonly order: (typeof ORDERS)[number]; readonly variant: keyof typeof LATCH_US }

class Ws2812Chain implements Stateful {
  /** [lamp][byte as sent]. */
  private readonly received: Uint8Array;
  private readonly shown: Uint8Array;
  private bits = 0;
  private rose: RootTicks = -1;
  private fell: RootTicks = -1;
  private isPassing = false;
  private readonly output: Pin | undefined;
  private readonly bytesPerLamp: number;
  private readonly latchTicks: RootTicks;
  private readonly oneTicks: number;
  private readonly event = timedEvent(() => this.listen());

  constructor(private readonly context: PartContext, private readonly options: ChainOptions) {
    const { count, order, variant } = options;
    const { rootHz } = context.scheduler;
    this.bytesPerLamp = order.length;
    this.received = new Uint8Array(count * order.length);
    this.shown = new Uint8Array(count * order.length);
    this.latchTicks = Math.round((LATCH_US[variant] * rootHz) / 1_000_000);
    this.oneTicks = (ONE_FROM_US * rootHz) / 1_000_000;
    const dout = context.pin('dout');
    this.output = dout && new Pin(`${context.name} dout`, dout);
    context.pin('din')!.onEdge((level, at) => {
      if (level) this.rise(at);
      else this.fall(at);
    });
  }

  /** Red, green, blue from 0 to 1; white adds to all. */
  get colours(): Colour[] {
    const { order, count } = this.options;
    const value = (lamp: number, colour: string): number => {
      const place = order.indexOf(colour);
      return place < 0 ? 0 : this.shown[lamp * this.bytesPerLamp + place] / 255;
    };
    return Array.from({ length: count }, (_, lamp): Colour => {
      const white = value(lamp, 'w');
      return [Math.min(1, value(lamp, 'r') + white), Math.min(1, value(lamp, 'g') + white), Math.min(1, value(lamp, 'b') + white)];
    });
  }

  private rise(at: RootTicks): void {
    if (this.fell >= 0 && at - this.fell >= this.latchTicks) this.latch();
    this.rose = at;
    this.isPassing = this.bits >= 8 * this.received.length;
    if (this.isPassing) this.output?.drive(true);
  }

  private fall(at: RootTicks): void {
    if (this.isPassing) this.output?.drive(false);
    if (this.rose < 0) return;
    if (!this.isPassing) {
      if (at - this.rose >= this.oneTicks) this.received[this.bits >> 3] |= 0x80 >> (this.bits & 7);
      this.bits++;
    }
    this.rose = -1;
    const isFirst = this.fell < 0;
    this.fell = at;
    if (isFirst) this.context.scheduler.schedule(this.event, at + this.latchTicks);
  }

  /** One event while bits come, not one for each. */
  private listen(): void {
    const { scheduler } = this.context;
    // A level that is high now can begin to be low now at the earliest.
    const end = (this.rose >= 0 ? scheduler.now() : this.fell) + this.latchTicks;
    if (end > scheduler.now()) return scheduler.schedule(this.event, end);
    this.latch();
  }

  /** Lamps that got no bits keep their colour. */
  private latch(): void {
    const whole = Math.floor(this.bits / (8 * this.bytesPerLamp)) * this.bytesPerLamp;
    this.shown.set(this.received.subarray(0, whole));
    this.begin();
    if (whole === 0) return;
    this.tellCurrent();
    this.context.changed?.();
  }

  private tellCurrent(): void {
    const sum = this.shown.reduce((all, value) => all + value, 0);
    const colours = graded((sum / 255) * MICROAMPS.colour, this.shown.length * MICROAMPS.colour);
    this.context.draws(sum === 0 ? 'dark' : 'lit', this.options.count * MICROAMPS.lamp + colours);
  }

  private begin(): void {
    this.context.scheduler.cancel(this.event);
    this.received.fill(0);
    this.bits = 0;
    this.rose = -1;
    this.fell = -1;
  }

  reset(): void {
    this.begin();
    this.shown.fill(0);
    this.tellCurrent();
    this.isPassing = false;
    this.output?.drive(false);
  }

  snapshot(): Snapshot {
    const { received, shown, bits, rose, fell, isPassing } = this;
    return { received: [...received], shown: [...shown], bits, rose, fell, isPassing, event: saveEvent(this.event) };
  }

  restore(from: Snapshot): void {
    this.received.set(numbersFrom(from, 'received', this.received.length));
    this.shown.set(numbersFrom(from, 'shown', this.shown.length));
    this.bits = Math.max(0, Math.min(8 * this.received.length, Math.floor(numberFrom(from, 'bits'))));
    this.rose = numberFrom(from, 'rose');
    this.fell = numberFrom(from, 'fell');
    this.isPassing = from['isPassing'] === true;
    restoreEvent(this.context.scheduler, this.event, from['event']);
  }
}

export const WS2812B_PART = definePart({
  what: 'NeoPixel chain',
  bus: 'pins', pins: ['din', 'dout'], neededPins: { pins: ['din'] }, inputs: [],
  options: z.strictObject({
    /** Lamps in the chain. */
    count: z.int().min(1).max(4096).default(8),
    /** The order in which a lamp's colours are sent. */
    order: z.enum(ORDERS).default('grb'),
    /** Which latch time: 50 us or 280 us. */
    variant: z.enum(['ws2812', 'ws2812b']).default('ws2812b'),
  }),
  create: (context, options): Part => {
    const chain = new Ws2812Chain(context, options);
    return { shows: () => ({ kind: 'colours', colours: chain.colours }), reset: () => chain.reset(), snapshot: () => chain.snapshot(), restore: (from) => chain.restore(from) };
  },
});
