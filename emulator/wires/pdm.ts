/**
 * Microphones with a PDM output: on every clock one bit, whose density over time is the sound pressure.
 * A receiver that nobody watches asks for the sound itself; the bits are made when somebody needs them.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, TimeSource } from '../time/types.js';
import { Pin } from './net.js';
import type { Net } from './net.js';

/** Sound as a function of virtual time. */
export interface PdmSource {
  /** From -1 to 1, full scale of the microphone. Asked for times that never go back. */
  amplitude(at: RootTicks): number;
}

export interface PdmMicrophoneOptions {
  readonly clock: Net;
  readonly data: Net;
  /** The clock edge on which its bit is to be sampled. It drives data for the half period before, and then lets go. */
  readonly sampledOn: 'falling' | 'rising';
  /** Supply or enable: data floats while it is not at that level. */
  readonly enable?: { readonly net: Net; readonly activeHigh: boolean };
}

export class PdmMicrophone implements Stateful {
  readonly sampledOn: 'falling' | 'rising';
  readonly clock: Net;
  readonly #source: PdmSource;
  readonly #time: TimeSource;
  readonly #options: PdmMicrophoneOptions;
  readonly #pin: Pin;
  readonly #modulator = new SigmaDelta();

  constructor(time: TimeSource, source: PdmSource, options: PdmMicrophoneOptions) {
    this.#time = time;
    this.#source = source;
    this.#options = options;
    this.sampledOn = options.sampledOn;
    this.clock = options.clock;
    this.#pin = new Pin('microphone data', options.data);
    options.data.join(this);
    options.clock.follow((level) => this.#onClock(level));
    options.enable?.net.follow(() => { if (!this.isEnabled) this.#pin.release(); });
  }

  get isEnabled(): boolean {
    const { enable } = this.#options;
    return enable === undefined || enable.net.level === enable.activeHigh;
  }

  /** Sound at that time, within full scale; silence while disabled. */
  amplitude(at: RootTicks): number {
    return this.isEnabled ? clip(this.#source.amplitude(at), 1) : 0;
  }

  reset(): void {
    this.#modulator.load([0, 0]);
    this.#pin.release();
  }

  snapshot(): Snapshot {
    return { modulator: this.#modulator.save() };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const { modulator } = from;
    if (!Array.isArray(modulator) || modulator.length !== 2 || !modulator.every((n) => Number.isFinite(n))) {
      throw new Error('the snapshot is not of a PDM microphone');
    }
    this.#modulator.load(modulator as number[]);
  }

  #onClock(level: boolean): void {
    if (!this.isEnabled) return;
    if (level === (this.sampledOn === 'falling')) this.#pin.drive(this.#modulator.next(this.amplitude(this.#time.now())));
    else this.#pin.release();
  }
}

/**
 * Second-order modulator with both gains 1/2 (Boser and Wooley, JSSC 23-6, 1988): stable for inputs up to about 0.9 of
 * full scale, so that is where it saturates, like a microphone at its overload point.
 */
class SigmaDelta {
  #first = 0;
  #second = 0;

  next(input: number): boolean {
    const bit = this.#second >= 0;
    const feedback = bit ? 1 : -1;
    this.#second = clip(this.#second + (this.#first - feedback) / 2, 8);
    this.#first = clip(this.#first + (clip(input, 0.9) - feedback) / 2, 8);
    return bit;
  }

  save(): number[] {
    return [this.#first, this.#second];
  }

  load([first, second]: readonly number[]): void {
    this.#first = first;
    this.#second = second;
  }
}

function clip(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}
