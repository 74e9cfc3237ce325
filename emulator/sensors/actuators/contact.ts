/**
 * A mechanical contact. When it moves it opens and closes a few times within some milliseconds before it rests (J. Ganssle, "A
 * Guide to Debouncing", 2004: most switches bounce for less than 10 ms, on average 1.6 ms). Times come from the part's seed.
 */
import type { Snapshot, Stateful } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { RootTicks } from '../../time/types.js';
import { Noise } from '../../wires/noise.js';
import { numberFrom } from '../saved.js';
import type { PartContext } from '../part.js';

/** Besides the first one: each opens and closes again. */
const MOST_BOUNCES = 6;

export class Contact implements Stateful {
  private readonly noise: Noise;
  /** Where the person holds it, and what is in contact at the moment. */
  private position = false;
  private touching = false;
  /** Ticks at which it changes on its way, the earliest first. */
  private edges: RootTicks[] = [];
  private readonly event = timedEvent(() => this.bounce());

  /** @param onChange told of what touches; @param bounceMs within which it comes to rest, 0 for a contact that does not bounce */
  constructor(private readonly context: PartContext, private readonly bounceMs: number, private readonly onChange: (isClosed: boolean) => void) {
    this.noise = new Noise(context.seed);
  }

  get isClosed(): boolean {
    return this.position;
  }

  /** As the person leaves it. */
  move(isClosed: boolean): void {
    if (isClosed === this.position) return;
    this.position = isClosed;
    this.edges = this.bounceTimes();
    this.touch(isClosed);
    this.plan();
    this.context.changed?.();
  }

  /** People hold it where it is, with and without supply. */
  reset(): void {
    this.context.scheduler.cancel(this.event);
    this.edges = [];
    this.touch(this.position);
  }

  snapshot(): Snapshot {
    const { position, touching, edges, noise } = this;
    return { position, touching, edges: [...edges], noise: noise.state, event: saveEvent(this.event) };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const { position, touching, edges } = from;
    if (!Array.isArray(edges) || edges.length > 2 * MOST_BOUNCES || !edges.every((at) => Number.isSafeInteger(at))) throw new Error('the snapshot is not of a contact');
    this.position = position === true;
    this.touching = touching === true;
    this.edges = edges as number[];
    this.noise.state = numberFrom(from, 'noise');
    restoreEvent(this.context.scheduler, this.event, from['event']);
  }

  /** An even number of ticks: it ends as it began, in contact or not. */
  private bounceTimes(): RootTicks[] {
    const { rootHz } = this.context.scheduler;
    const within = Math.floor((this.bounceMs * rootHz) / 1000);
    if (within < 1) return [];
    const now = this.context.scheduler.now();
    const bounces = 1 + (this.noise.word() % MOST_BOUNCES);
    return Array.from({ length: 2 * bounces }, () => now + 1 + (this.noise.word() % within)).sort((a, b) => a - b);
  }

  private bounce(): void {
    this.edges.shift();
    this.touch(!this.touching);
    this.plan();
  }

  private plan(): void {
    const { scheduler } = this.context;
    if (this.edges.length === 0) scheduler.cancel(this.event);
    else scheduler.schedule(this.event, this.edges[0]);
  }

  private touch(isClosed: boolean): void {
    if (isClosed === this.touching) return;
    this.touching = isClosed;
    this.onChange(isClosed);
  }
}

/** How long a contact bounces at most, in milliseconds: an option of parts that have one. */
export const LONGEST_BOUNCE_MS = 50;
export const USUAL_BOUNCE_MS = 1.6;
