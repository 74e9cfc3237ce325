/**
 * The receiving end of a PDM wire: gives the clock, and one sample per channel after every `decimation` clocks, made of the
 * bits by a filter. While nobody watches the wires and only microphones are on the data net, it takes their bits of a whole
 * sample at once; they are the same bits, and so are the samples.
 */
import type { Snapshot, Stateful } from '../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../time/event-queue.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import { bitTime, ticksToBit } from './bit-time.js';
import type { BitTime } from './bit-time.js';
import type { Pin } from './net.js';
import { BitHistory, type PdmFilter } from './pdm-filter.js';
import { FLOATING, PdmMicrophone, type ClockTicks } from './pdm.js';
import { areWhole } from './saved.js';

export interface PdmFormat {
  /** Period of the clock. */
  readonly period: BitTime;
  /** Clocks per sample: 1 to 1024. */
  readonly decimation: number;
  /** The channels that somebody wants. */
  readonly edges: 'falling' | 'rising' | 'both';
}

/** @param onFalling, onRising the filter's outputs for the channels that are sampled on those edges; 0 for one nobody wants */
export type PdmListener = (onFalling: number, onRising: number) => void;

const FALLING = 0, RISING = 1;
type Edge = typeof FALLING | typeof RISING;
const EDGES = [FALLING, RISING] as const;
const MOST_DECIMATION = 1024;
/** Samples of so many bits leave a history of equal bytes as it is. */
const WHOLE_BYTES = 8;
const UNUSED: PdmFormat = { period: bitTime(16), decimation: 64, edges: 'both' };

export class PdmReceiver implements Stateful {
  onSample: PdmListener | undefined;
  readonly #scheduler: Scheduler;
  readonly #filterFor: (decimation: number) => PdmFilter;
  readonly #event = timedEvent(() => this.#step());
  readonly #channels = [new BitHistory(), new BitHistory()] as const;
  #format: PdmFormat = UNUSED;
  #clock: Pin | undefined;
  #data: Pin | undefined;
  #isRunning = false;
  #isFolded = false;
  /** Half periods are counted from here: clock n rises at half 2 n and falls at half 2 n + 1. */
  #start: RootTicks = 0;
  /** The next half whose edge is to come: in a folded sample, the end of the sample. */
  #half = 0;
  /** In a folded sample: how many bits of each channel have been taken, and the bits. */
  readonly #taken: [number, number] = [0, 0];
  readonly #bits = [new Uint8Array(MOST_DECIMATION), new Uint8Array(MOST_DECIMATION)] as const;
  /** How many of them float. */
  readonly #floating: [number, number] = [0, 0];
  /** Clocks of folded samples in a row in which all microphones were at rest. */
  #restful = 0;
  /** The filters' latest outputs. */
  readonly #outputs: [number, number] = [0, 0];
  /** At the start of a folded sample: the level of the data net, which floats while no microphone drives it. */
  #held = false;
  /** Those sampled on each edge. */
  #microphones: readonly [readonly PdmMicrophone[], readonly PdmMicrophone[]] = [[], []];
  /** Microphones give a bit half a period before it is sampled. */
  readonly #ticks = [this.#ticksOf(0), this.#ticksOf(1)] as const;

  /** @param filterFor gives the same filter whenever it is asked for that decimation */
  constructor(scheduler: Scheduler, filterFor: (decimation: number) => PdmFilter) {
    this.#scheduler = scheduler;
    this.#filterFor = filterFor;
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

  /** What `onSample` gives for ones only. */
  get fullScale(): number {
    return this.#filterFor(this.#format.decimation).fullScale;
  }

  /** @throws RangeError for a decimation out of range */
  start(format: PdmFormat): void {
    if (!isDecimation(format.decimation)) {
      throw new RangeError(`a decimation by ${format.decimation}: give 1 to ${MOST_DECIMATION}`);
    }
    this.stop();
    this.#format = format;
    this.#isRunning = true;
    this.#start = this.#scheduler.now();
    this.#half = 0;
    this.#restful = 0;
    const filter = this.#filterFor(format.decimation);
    for (const channel of this.#channels) channel.begin(filter);
    this.#findMicrophones();
    this.#beginSample();
  }

  stop(): void {
    if (this.#isFolded) {
      for (const edge of EDGES) this.#catchUp(edge);
      // The clock goes low now.
      if (this.#taken[RISING] < this.#taken[FALLING]) this.#take(RISING, this.#taken[FALLING], { at: () => this.#scheduler.now() });
      this.#settle(Math.min(...this.#taken));
      this.#unfold();
    }
    this.#scheduler.cancel(this.#event);
    this.#isRunning = false;
    this.#clock?.drive(false);
  }

  reset(): void {
    this.stop();
  }

  snapshot(): Snapshot {
    const { period, decimation, edges } = this.#format;
    return {
      format: [period.num, period.den, decimation], edges, state: [this.#start, this.#half, ...this.#taken], held: this.#held,
      bits: this.#bits.map((bits, edge) => [...bits.subarray(0, this.#taken[edge])]), channels: this.#isRunning ? this.#channels.map((channel) => channel.save()) : null,
      isRunning: this.#isRunning, isFolded: this.#isFolded, event: saveEvent(this.#event),
    };
  }

  /** After the nets. The pins stay those that are attached. */
  restore(from: Snapshot): void {
    const { format, edges, state, channels, bits } = from;
    if (!areWhole(format, 3) || !areWhole(state, 4) || !isEdges(edges) || !(channels === null || isPair(channels)) || !isPair(bits) || !isDecimation(format[2])
      || ![state[2], state[3]].every((taken, edge) => taken >= 0 && taken <= format[2] && areWhole(bits[edge], taken))) throw notOurs();
    this.#hearOfChanges(false);
    this.#format = { period: bitTime(format[0], format[1]), decimation: format[2], edges };
    [this.#start, this.#half, this.#taken[FALLING], this.#taken[RISING]] = state;
    this.#isRunning = from['isRunning'] === true;
    this.#isFolded = from['isFolded'] === true;
    this.#held = from['held'] === true;
    this.#restful = 0;
    for (const edge of EDGES) {
      this.#bits[edge].set(bits[edge] as number[]);
      if (!this.#isRunning) continue;
      this.#channels[edge].begin(this.#filterFor(format[2]));
      if (!this.#channels[edge].load(channels?.[edge])) throw notOurs();
    }
    this.#findMicrophones();
    if (this.#isFolded) this.#hearOfChanges(true);
    restoreEvent(this.#scheduler, this.#event, from['event']);
  }

  /** Decides at the start of each sample whether its clocks are driven. */
  #beginSample(): void {
    if (this.#mayFold()) this.#fold();
    else {
      this.#unfold();
      this.#drive();
    }
    this.#schedule();
  }

  #mayFold(): boolean {
    if (this.#clock?.net.isWatched === true || this.#data?.net.isWatched === true) return false;
    if (this.#data === undefined) return true;
    const [left, right] = this.#microphones;
    return left.length <= 1 && right.length <= 1 && left.length + right.length > 0;
  }

  #fold(): void {
    if (!this.#isFolded) {
      this.#isFolded = true;
      this.#held = this.#data?.level ?? false;
      this.#hearOfChanges(true);
    }
    this.#taken.fill(0);
    this.#half += 2 * this.#format.decimation;
  }

  /** From here on the wires are driven, and are as they would be if they had always been. */
  #unfold(): void {
    if (!this.#isFolded) return;
    this.#isFolded = false;
    this.#restful = 0;
    this.#hearOfChanges(false);
    (this.#microphones[FALLING][0] ?? this.#microphones[RISING][0])?.leave(this.#held);
  }

  #hearOfChanges(hears: boolean): void {
    for (const edge of EDGES) {
      for (const microphone of this.#microphones[edge]) microphone.onBeforeChange = hears ? () => this.#catchUp(edge) : undefined;
    }
  }

  #step(): void {
    if (this.#isFolded) {
      this.#takeAll();
      this.#deliver();
    } else this.#sampleAndDrive();
  }

  /** Samples just before the edge that it drives. Even halves begin a period, with the clock's rising edge. */
  #sampleAndDrive(): void {
    const edge = (this.#half & 1) === 0 ? RISING : FALLING;
    this.#channels[edge].add(this.#data?.level === true ? 1 : 0);
    if (this.#half % (2 * this.#format.decimation) === 0) {
      this.#compute();
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
    const [onFalling, onRising] = this.#outputs;
    this.#beginSample();
    this.onSample?.(onFalling, onRising);
  }

  /** What nobody wants is 0, and so is what comes from no pin. */
  #compute(): void {
    const { edges } = this.#format;
    const isConnected = this.#data !== undefined;
    this.#outputs[FALLING] = isConnected && edges !== 'rising' ? this.#channels[FALLING].output() : 0;
    this.#outputs[RISING] = isConnected && edges !== 'falling' ? this.#channels[RISING].output() : 0;
  }

  // -- Folded samples.

  /** The bits that a microphone would have given by now. */
  #catchUp(edge: Edge): void {
    const ticks = this.#ticks[edge];
    const now = this.#scheduler.now();
    let end = this.#taken[edge];
    while (end < this.#format.decimation && ticks.at(end) <= now) end++;
    this.#take(edge, end);
  }

  #take(edge: Edge, end: number, ticks = this.#ticks[edge]): void {
    const from = this.#taken[edge];
    const microphone = this.#microphones[edge].at(0);
    if (microphone === undefined) this.#bits[edge].fill(FLOATING, from, end);
    const floating = microphone?.take(this.#bits[edge], from, end, ticks) ?? end - from;
    this.#floating[edge] = from === 0 ? floating : this.#floating[edge] + floating;
    this.#taken[edge] = end;
  }

  #takeAll(): void {
    const { decimation, edges } = this.#format;
    for (const edge of EDGES) this.#take(edge, decimation);
    this.#restful = decimation % WHOLE_BYTES === 0 && EDGES.every((edge) => this.#isRestful(edge)) ? this.#restful + decimation : 0;
    // All that the filters know is 1, 0, 1, 0 ...: this sample makes no difference, not even to the net.
    if (this.#restful > this.#channels[FALLING].bitsLong + decimation) return;
    this.#settle(decimation);
    if (edges !== 'rising') this.#channels[FALLING].addAll(this.#bits[FALLING], decimation);
    if (edges !== 'falling') this.#channels[RISING].addAll(this.#bits[RISING], decimation);
    this.#compute();
  }

  #isRestful(edge: Edge): boolean {
    const microphone = this.#microphones[edge].at(0);
    return microphone === undefined || microphone.restfulClocks >= this.#format.decimation;
  }

  /** A net that nobody drives keeps its level: with one microphone, both channels hear it. */
  #settle(count: number): void {
    const [falling, rising] = this.#bits;
    if (this.#floating[FALLING] === 0 && (this.#floating[RISING] === 0 || this.#isLeftAlone)) {
      this.#held = (this.#isLeftAlone ? falling : rising)[count - 1] === 1;
      return;
    }
    let level = this.#held ? 1 : 0;
    for (let i = 0; i < count; i++) {
      if (falling[i] === FLOATING) falling[i] = level;
      level = falling[i];
      if (rising[i] === FLOATING) rising[i] = level;
      level = rising[i];
    }
    this.#held = level === 1;
  }

  /** Whether only the microphone of the falling edge is there, and nobody wants what the other edge makes of it. */
  get #isLeftAlone(): boolean {
    return this.#format.edges === 'falling' && this.#microphones[RISING].length === 0;
  }

  #ticksOf(half: 0 | 1): ClockTicks {
    return { at: (n) => this.#start + ticksToBit(this.#format.period, this.#half + 2 * (n - this.#format.decimation) + half, 2) };
  }

  #findMicrophones(): void {
    const found = this.#data?.net.linksOf(PdmMicrophone).filter((microphone) => microphone.clock === this.#clock?.net) ?? [];
    this.#microphones = [found.filter(({ sampledOn }) => sampledOn === 'falling'), found.filter(({ sampledOn }) => sampledOn === 'rising')];
  }

  #schedule(): void {
    const due = this.#start + ticksToBit(this.#format.period, this.#half, 2);
    this.#scheduler.schedule(this.#event, Math.max(due, this.#scheduler.now()));
  }
}

function isDecimation(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_DECIMATION;
}

function isEdges(value: unknown): value is PdmFormat['edges'] {
  return value === 'falling' || value === 'rising' || value === 'both';
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}

function notOurs(): Error {
  return new Error('the snapshot is not of a PDM receiver');
}
