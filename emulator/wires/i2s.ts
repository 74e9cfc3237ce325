/**
 * I2S transmitters such as microphones: on every frame of the word select one sample in their channel's slot, the most
 * significant bit first and one clock after the word select changed (I2S bus specification, Philips, 1996). Clock and word
 * select are somebody else's.
 *
 * `rising` and `falling` are all it does at an edge of the clock. Its own wires call them while clock edges happen; a receiver
 * that nobody watches calls them itself, once for each edge that it leaves out, and so gets the same bits.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { ClockSense, type ClockSenseOptions } from './clock-sense.js';
import { Pin } from './net.js';
import type { Net } from './net.js';
import { areWhole } from './saved.js';

export interface I2sSource {
  /** The sample of the slot that begins then: signed, of as many bits as the transmitter has. Asked for times that never go back. */
  sample(at: RootTicks): number;
}

/** Data floats while it sleeps; while it wakes up it sends zeros. */
export interface I2sTransmitterOptions extends ClockSenseOptions {
  readonly sck: Net;
  readonly ws: Net;
  readonly sd: Net;
  /** Bits that it drives in a slot; then it lets go until the next. At most 32. */
  readonly bits: number;
  /** The word select's level in its slot: low is left. Asked at the start of each slot. */
  slotLevel(): boolean;
  /**
   * The clock edge after which its bit appears: the falling one before it is sampled, as the specification has it, or the rising
   * one itself. Then a receiver that samples on that edge gets each bit a clock late.
   */
  readonly changesOn: 'falling' | 'rising';
  readonly supply?: { readonly net: Net; readonly activeHigh: boolean };
}

/** In place of a bit: it drives nothing. */
export const OPEN = 2;

export class I2sTransmitter implements Stateful {
  readonly sck: Net;
  readonly ws: Net;
  /** Called before it changes by something else than its clock. */
  onBeforeChange: (() => void) | undefined;
  /** What it drives: 0, 1 or `OPEN`. */
  output: 0 | 1 | typeof OPEN = OPEN;
  readonly #source: I2sSource;
  readonly #options: I2sTransmitterOptions;
  readonly #pin: Pin;
  readonly #sense: ClockSense;
  #isOn: boolean;
  #lastWs = 0;
  /** The sample being sent, and its bits that are left; one more while the clock before the first has not come. */
  #sample = 0;
  #left = 0;

  constructor(time: Scheduler, source: I2sSource, options: I2sTransmitterOptions) {
    this.#source = source;
    this.#options = options;
    this.sck = options.sck;
    this.ws = options.ws;
    this.#sense = new ClockSense(time, options, () => this.#forget());
    this.#pin = new Pin('I2S data', options.sd);
    this.#isOn = this.#hasSupply;
    options.sd.join(this);
    options.sck.join(this.#sense);
    options.sck.follow((level, at) => this.#onClock(level, at));
    options.supply?.net.follow(() => this.#onSupply());
  }

  /** Its clock rises. */
  rising(ws: boolean, at: RootTicks): void {
    if (!this.#isOn || !this.#sense.clock(at)) return;
    if (this.#options.changesOn === 'rising') this.#shift();
    const level = ws ? 1 : 0;
    if (level === this.#lastWs) return;
    this.#lastWs = level;
    this.#left = 0;
    if (ws !== this.#options.slotLevel()) return;
    this.#sample = this.#sense.isSilent(at) ? 0 : this.#source.sample(at);
    this.#left = this.#options.bits;
  }

  /** Its clock falls. */
  falling(): void {
    if (this.#isOn && this.#sense.isAwake && this.#options.changesOn === 'falling') this.#shift();
  }

  /** Drives what it has, after edges that nobody saw. @param held the level that the net has kept if nobody drives it */
  show(held: boolean): void {
    this.#pin.drive(this.output === OPEN ? held : this.output === 1);
    if (this.output === OPEN) this.#pin.release();
  }

  reset(): void {
    this.#sense.sleep();
    this.#forget();
  }

  snapshot(): Snapshot {
    return { state: [this.#lastWs, this.#sample, this.#left, this.output], isOn: this.#isOn, sense: this.#sense.snapshot() };
  }

  /** After the nets. */
  restore(from: Snapshot): void {
    const { state, sense } = from;
    if (!areWhole(state, 4) || ![0, 1, OPEN].includes(state[3]) || state[2] < 0 || state[2] > this.#options.bits || typeof sense !== 'object' || sense === null) {
      throw new Error('the snapshot is not of an I2S transmitter');
    }
    [this.#lastWs, this.#sample, this.#left] = state;
    this.output = state[3] as 0 | 1 | typeof OPEN;
    this.#isOn = from['isOn'] === true;
    this.#sense.restore(sense as Snapshot);
  }

  get #hasSupply(): boolean {
    const { supply } = this.#options;
    return supply === undefined || supply.net.level === supply.activeHigh;
  }

  #onSupply(): void {
    const isOn = this.#hasSupply;
    if (isOn === this.#isOn) return;
    this.onBeforeChange?.();
    this.#isOn = isOn;
    this.reset();
  }

  #onClock(level: boolean, at: RootTicks): void {
    const before = this.output;
    if (level) this.rising(this.ws.level, at);
    else this.falling();
    if (this.output === before) return;
    if (this.output === OPEN) this.#pin.release();
    else this.#pin.drive(this.output === 1);
  }

  #forget(): void {
    this.#left = 0;
    this.output = OPEN;
    this.#pin.release();
  }

  #shift(): void {
    if (this.#left === 0) {
      this.output = OPEN;
      return;
    }
    this.#left--;
    this.output = ((this.#sample >> this.#left) & 1) as 0 | 1;
  }
}
