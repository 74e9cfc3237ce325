/**
 * Microphones with a PDM output: on every clock one bit, whose density over time is the sound pressure. The bits are those of
 * a fourth-order modulator, whoever asks for them: a clock on the wire asks for one at a time, a receiver that nobody
 * watches for those of a whole sample, and both get the same.
 *
 * The sound itself is asked for once in 16 clocks, and between these points is the cubic through four of them. What a bit
 * says of the sound is therefore two such intervals, 32 clocks, old.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { ClockSense, type ClockSenseOptions } from './clock-sense.js';
import { Pin } from './net.js';
import type { Net } from './net.js';
import { SigmaDelta } from './sigma-delta.js';

/** Sound as a function of virtual time. */
export interface PdmSource {
  /** From -1 to 1, full scale of the microphone: all bits low or high. Asked for times that never go back. */
  amplitude(at: RootTicks): number;
}

/** Data floats while it sleeps. */
export interface PdmMicrophoneOptions extends ClockSenseOptions {
  readonly clock: Net;
  readonly data: Net;
  /** The clock edge on which its bit is to be sampled. It drives data for the half period before, and then lets go. */
  readonly sampledOn: 'falling' | 'rising';
  /** Supply or enable: data floats while it is not at that level. */
  readonly enable?: { readonly net: Net; readonly activeHigh: boolean };
}

/** When a microphone has to give its nth bit. */
export interface ClockTicks {
  at(n: number): RootTicks;
}

/** In place of a bit: nobody drives the data net. */
export const FLOATING = 2;

/** Clocks from one look at the sound to the next. */
const CLOCKS_PER_POINT = 16;

export class PdmMicrophone implements Stateful {
  readonly sampledOn: 'falling' | 'rising';
  readonly clock: Net;
  /** Called before it changes how it answers the clock, for who has not asked for all bits up to now. */
  onBeforeChange: (() => void) | undefined;
  readonly #source: PdmSource;
  readonly #time: Scheduler;
  readonly #options: PdmMicrophoneOptions;
  readonly #pin: Pin;
  readonly #modulator = new SigmaDelta();
  readonly #bit = new Uint8Array(1);
  readonly #sense: ClockSense;
  /** The latest looks at the sound, the oldest first, and clocks since the last. */
  readonly #points = new Float64Array(4);
  #phase = 0;
  /** Whether this interval is silence from rest. */
  #rests = false;
  #restful = 0;
  #isOn: boolean;

  constructor(time: Scheduler, source: PdmSource, options: PdmMicrophoneOptions) {
    this.#time = time;
    this.#source = source;
    this.#options = options;
    this.sampledOn = options.sampledOn;
    this.clock = options.clock;
    this.#sense = new ClockSense(time, options, () => this.#forget());
    this.#pin = new Pin('microphone data', options.data);
    this.#isOn = this.#hasSupply;
    options.data.join(this);
    options.clock.join(this.#sense);
    options.clock.follow((level) => this.#onClock(level));
    options.enable?.net.follow(() => this.#onSupply());
  }

  /**
   * Takes clocks all at once, the data net left alone: its bits to `bits` from `from` up to `to`, `FLOATING` in clocks that it
   * does not answer. @returns how many of these there are
   */
  take(bits: Uint8Array, from: number, to: number, ticks: ClockTicks): number {
    let at = from;
    if (!this.#isOn) at = to;
    while (at < to && !this.#sense.clock(ticks.at(at))) at++;
    bits.fill(FLOATING, from, at);
    const floating = at - from;
    while (at < to) {
      if (this.#phase === 0) this.#look(ticks.at(at));
      const end = Math.min(to, at + CLOCKS_PER_POINT - this.#phase);
      if (this.#rests && end - at === CLOCKS_PER_POINT) this.#modulator.fillAtRest(bits, at, end);
      else this.#modulator.fill(bits, at, end);
      this.#restful = this.#rests ? this.#restful + end - at : 0;
      this.#phase = (this.#phase + end - at) % CLOCKS_PER_POINT;
      at = end;
    }
    if (this.#isOn && to > from) this.#sense.passed(ticks.at(to - 1));
    return floating;
  }

  /** For how many clocks, all taken at once, it has given 1, 0, 1, 0 ... */
  get restfulClocks(): number {
    return this.#restful;
  }

  /** Leaves the data net as bits that were taken without it would have. */
  leave(level: boolean): void {
    this.#pin.drive(level);
    this.#pin.release();
  }

  reset(): void {
    this.#sense.sleep();
    this.#forget();
    this.#pin.release();
  }

  snapshot(): Snapshot {
    return {
      modulator: this.#modulator.save(), points: [...this.#points],
      phase: this.#phase, isOn: this.#isOn, sense: this.#sense.snapshot(),
    };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const { modulator, points, phase, sense } = from;
    if (!areNumbers(points, 4) || !Number.isInteger(phase) || (phase as number) < 0 || (phase as number) >= CLOCKS_PER_POINT || typeof sense !== 'object' || sense === null || !this.#modulator.load(modulator)) {
      throw new Error('the snapshot is not of a PDM microphone');
    }
    this.#points.set(points);
    this.#phase = phase as number;
    this.#rests = false;
    this.#restful = 0;
    this.#isOn = from['isOn'] === true;
    this.#sense.restore(sense as Snapshot);
  }

  get #hasSupply(): boolean {
    const { enable } = this.#options;
    return enable === undefined || enable.net.level === enable.activeHigh;
  }

  #onSupply(): void {
    const isOn = this.#hasSupply;
    if (isOn === this.#isOn) return;
    this.onBeforeChange?.();
    this.#isOn = isOn;
    this.#sense.sleep();
    this.#forget();
    this.#pin.release();
  }

  #forget(): void {
    this.#modulator.reset();
    this.#points.fill(0);
    this.#phase = 0;
    this.#rests = false;
    this.#restful = 0;
  }

  #onClock(level: boolean): void {
    if (!this.#isOn) return;
    if (level !== (this.sampledOn === 'falling')) {
      this.#pin.release();
      return;
    }
    const at = this.#time.now();
    if (!this.#sense.clock(at)) return;
    if (this.#phase === 0) this.#look(at);
    this.#restful = 0;
    this.#modulator.fill(this.#bit, 0, 1);
    this.#phase = (this.#phase + 1) % CLOCKS_PER_POINT;
    this.#pin.drive(this.#bit[0] === 1);
  }

  #look(at: RootTicks): void {
    const points = this.#points;
    points.copyWithin(0, 1);
    points[3] = this.#sense.isSilent(at) ? 0 : clipped(this.#source.amplitude(at));
    this.#modulator.follow(points[0], points[1], points[2], points[3], CLOCKS_PER_POINT);
    this.#rests = points[0] === 0 && points[1] === 0 && points[2] === 0 && points[3] === 0 && this.#modulator.isAtRest;
  }
}

/** Beyond full scale there are no more bits to set. */
function clipped(value: number): number {
  return value > 1 ? 1 : value < -1 ? -1 : value;
}

function areNumbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isFinite(n));
}
