/**
 * The receiving end of a PDM wire: gives the clock, and one PCM sample per channel after every `decimation` clocks.
 * From microphones it takes the sound itself, the value of an ideal filter, whether or not somebody watches the bits;
 * bits from anything else on the data net go through a third-order CIC filter.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler, TimedEvent } from '../time/types.js';
import { bitTime, ticksToBit } from './bit-time.js';
import type { BitTime } from './bit-time.js';
import type { Pin } from './net.js';
import { PdmMicrophone } from './pdm.js';
import { areWhole } from './saved.js';

export interface PdmFormat {
  /** Period of the clock. */
  readonly period: BitTime;
  /** Clocks per PCM sample: 8 to 256. */
  readonly decimation: number;
}

/** @param onFalling, onRising samples of the channels that are sampled on those edges: int16 */
export type PdmListener = (onFalling: number, onRising: number) => void;

const FULL_SCALE = 32767;

export class PdmReceiver implements Stateful {
  onSample: PdmListener | undefined;
  readonly #scheduler: Scheduler;
  readonly #event: TimedEvent = { due: 0, priority: 0, slot: -1, age: 0, fire: () => this.#step() };
  readonly #filters = [new Cic3(), new Cic3()] as const;
  #format: PdmFormat = { period: bitTime(16), decimation: 64 };
  #clock: Pin | undefined;
  #data: Pin | undefined;
  #isRunning = false;
  #isFolded = false;
  /** Half periods are counted from here. */
  #start: RootTicks = 0;
  #half = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Takes its pins, or gives them up. The clock idles low. */
  attach(clock: Pin | undefined, data: Pin | undefined): void {
    this.stop();
    this.#clock?.release();
    this.#clock = clock;
    this.#data = data;
    this.#clock?.drive(false);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** @throws RangeError for a decimation out of range */
  start(format: PdmFormat): void {
    if (!Number.isInteger(format.decimation) || format.decimation < 8 || format.decimation > 256) {
      throw new RangeError(`a decimation by ${format.decimation}: give 8 to 256`);
    }
    this.stop();
    this.#format = format;
    this.#isRunning = true;
    this.#start = this.#scheduler.now();
    this.#half = 0;
    for (const filter of this.#filters) filter.reset();
    this.#beginSample();
  }

  stop(): void {
    this.#scheduler.cancel(this.#event);
    this.#isRunning = false;
    this.#clock?.drive(false);
  }

  reset(): void {
    this.stop();
  }

  snapshot(): Snapshot {
    const { period, decimation } = this.#format;
    return {
      format: [period.num, period.den, decimation], state: [this.#start, this.#half], filters: this.#filters.map((filter) => filter.save()),
      isRunning: this.#isRunning, isFolded: this.#isFolded, event: saveEvent(this.#event),
    };
  }

  /** After the nets. The pins stay those that are attached. */
  restore(from: Snapshot): void {
    const { format, state, filters } = from;
    if (!areWhole(format, 3) || !areWhole(state, 2) || !Array.isArray(filters) || !filters.every((filter) => areWhole(filter, 6)) || filters.length !== 2) {
      throw new Error('the snapshot is not of a PDM receiver');
    }
    this.#format = { period: bitTime(format[0], format[1]), decimation: format[2] };
    [this.#start, this.#half] = state;
    this.#filters.forEach((filter, i) => filter.load(filters[i]));
    this.#isRunning = from['isRunning'] === true;
    this.#isFolded = from['isFolded'] === true;
    restoreEvent(this.#scheduler, this.#event, from['event']);
  }

  /** Decides at the start of each sample whether its clocks are driven. */
  #beginSample(): void {
    this.#isFolded = this.#mayFold();
    if (this.#isFolded) this.#half += 2 * this.#format.decimation;
    else this.#drive();
    this.#schedule();
  }

  #mayFold(): boolean {
    if (this.#clock?.net.isWatched === true || this.#data?.net.isWatched === true) return false;
    return this.#data === undefined || this.#microphones().length > 0;
  }

  #step(): void {
    if (this.#isFolded) this.#deliver();
    else this.#sampleAndDrive();
  }

  /** Samples just before the edge that it drives. Even halves begin a period, with the clock's rising edge. */
  #sampleAndDrive(): void {
    const rising = (this.#half & 1) === 0;
    this.#filters[rising ? 1 : 0].add(this.#data?.level ?? false);
    if (this.#half % (2 * this.#format.decimation) === 0) {
      this.#deliver();
    } else {
      this.#drive();
      this.#schedule();
    }
  }

  #drive(): void {
    this.#clock?.drive((this.#half & 1) === 0);
    this.#half++;
  }

  #deliver(): void {
    const { decimation } = this.#format;
    const filtered = this.#filters.map((filter) => filter.take(decimation));
    const microphones = this.#microphones();
    const pcm = (edge: 'falling' | 'rising', index: number) => {
      const microphone = microphones.find((each) => each.sampledOn === edge);
      if (microphone !== undefined) return Math.round(microphone.amplitude(this.#scheduler.now()) * FULL_SCALE);
      return microphones.length > 0 || this.#data === undefined ? 0 : filtered[index];
    };
    const [onFalling, onRising] = [pcm('falling', 0), pcm('rising', 1)];
    this.#beginSample();
    this.onSample?.(onFalling, onRising);
  }

  #microphones(): PdmMicrophone[] {
    return this.#data?.net.linksOf(PdmMicrophone).filter((microphone) => microphone.clock === this.#clock?.net) ?? [];
  }

  #schedule(): void {
    const due = this.#start + ticksToBit(this.#format.period, this.#half, 2);
    this.#scheduler.schedule(this.#event, Math.max(due, this.#scheduler.now()));
  }
}

/** Three integrators, decimation, three combs; arithmetic modulo 2^32, which the combs undo (Hogenauer, 1981). */
class Cic3 {
  readonly #state = new Int32Array(6);

  reset(): void {
    this.#state.fill(0);
  }

  add(bit: boolean): void {
    const s = this.#state;
    s[0] += bit ? 1 : -1;
    s[1] += s[0];
    s[2] += s[1];
  }

  /** The sample after `decimation` bits, as int16. */
  take(decimation: number): number {
    const s = this.#state;
    let value = s[2];
    for (let comb = 3; comb < 6; comb++) {
      const previous = s[comb];
      s[comb] = value;
      value = (value - previous) | 0;
    }
    return Math.max(-FULL_SCALE, Math.min(FULL_SCALE, Math.round((value / decimation ** 3) * FULL_SCALE)));
  }

  save(): number[] {
    return [...this.#state];
  }

  load(saved: readonly number[]): void {
    this.#state.set(saved);
  }
}
