/**
 * Oscillators and the clocks made of them. A clock's tick n is computed from n: since its last change it has made
 * floor((phase + elapsed * num) / den) ticks, with whole numbers throughout.
 */
import type { Snapshot, SnapshotValue, Stateful } from '../bus/types.js';
import { gcd, lcm, mulAddDiv, mulAddMod, times } from './exact.js';
import type { Clock, RootTicks, TimeSource } from './types.js';

/** 2^40 root ticks per second leave 2^53 / 2^40 s = 2 h 16 min of exact time. */
const MAX_ROOT_HZ = 2 ** 40;

/** A multiple of the root clock's rate, in lowest terms; 0/1 when stopped. */
interface Rate { readonly num: number; readonly den: number }
const STOPPED: Rate = { num: 0, den: 1 };

export interface ClockTreeOptions {
  /** Name and frequency in Hz of every oscillator: whole numbers. */
  readonly oscillators: Readonly<Record<string, number>>;
  /** Frequencies in Hz, PLL outputs say, whose edges must fall on whole root ticks too. */
  readonly exact?: readonly number[];
}

export class ClockTree implements Stateful {
  /** Root ticks per second: the least common multiple of all oscillators. */
  readonly rootHz: number;
  readonly #time: TimeSource;
  readonly #clocks = new Map<string, TreeClock>();

  /** @throws RangeError for frequencies that are not whole, or have no common multiple up to 2^40 Hz */
  constructor(time: TimeSource, { oscillators, exact = [] }: ClockTreeOptions) {
    this.#time = time;
    this.rootHz = commonMultiple([...Object.values(oscillators), ...exact]);
    for (const [name, hz] of Object.entries(oscillators)) this.#add(name, { parent: undefined, rate: { num: 1, den: this.rootHz / hz } });
  }

  /** @throws RangeError when there is no such clock */
  clock(name: string): TreeClock {
    const clock = this.#clocks.get(name);
    if (clock === undefined) throw new RangeError(`no clock "${name}"; there are ${[...this.#clocks.keys()].join(', ')}`);
    return clock;
  }

  /** Names in the order of their declaration. */
  names(): readonly string[] {
    return [...this.#clocks.keys()];
  }

  /** A clock of `multiplier / divider` times its parent's frequency. */
  derive(name: string, parent: TreeClock, multiplier = 1, divider = 1): TreeClock {
    return this.#add(name, { parent, rate: ratio(multiplier, divider) });
  }

  /** As declared: ratios, sources and gates; all ticks count from now. */
  reset(): void {
    for (const clock of this.#clocks.values()) clock.resetState();
    this.#refresh(true);
    for (const clock of this.#clocks.values()) clock.notify();
  }

  snapshot(): Snapshot {
    const clocks: Record<string, SnapshotValue> = {};
    for (const [name, clock] of this.#clocks) clocks[name] = clock.save();
    return { rootHz: this.rootHz, clocks };
  }

  /** Tells nobody: devices restore their own events. */
  restore(from: Snapshot): void {
    const clocks = from['clocks'] as Record<string, SnapshotValue> | null | undefined;
    const fits = from['rootHz'] === this.rootHz && typeof clocks === 'object' && clocks !== null
      && Object.keys(clocks).length === this.#clocks.size && [...this.#clocks].every(([name, clock]) => clock.accepts(clocks[name]))
      && hasNoLoop(clocks);
    if (!fits) throw new Error('the snapshot is of another clock tree; restore one taken from the same board');
    for (const [name, clock] of this.#clocks) clock.load(clocks[name] as readonly SnapshotValue[]);
  }

  #add(name: string, declared: Declaration): TreeClock {
    if (this.#clocks.has(name)) throw new RangeError(`clock "${name}" is declared twice`);
    const clock = new TreeClock(name, this.#time, this.rootHz, declared, {
      find: (other) => this.#clocks.get(other), changed: () => this.#changed(),
    });
    this.#clocks.set(name, clock);
    clock.refresh(true);
    return clock;
  }

  /** First every clock gets its new rate, then the subscribers of those that changed hear of it, in declaration order. */
  #changed(): void {
    for (const clock of this.#refresh(false)) clock.notify();
  }

  #refresh(restart: boolean): TreeClock[] {
    return [...this.#clocks.values()].filter((clock) => clock.refresh(restart));
  }
}

interface Declaration { readonly parent: TreeClock | undefined; readonly rate: Rate }
interface TreeLink { find(name: string): TreeClock | undefined; changed(): void }

/** One clock of a tree: an oscillator, or a ratio of another clock. */
export class TreeClock implements Clock {
  readonly name: string;
  readonly #time: TimeSource;
  readonly #rootHz: number;
  readonly #declared: Declaration;
  readonly #tree: TreeLink;
  readonly #listeners = new Set<() => void>();
  #parent: TreeClock | undefined;
  #ratio: Rate;
  #running = true;
  // Since `origin` this clock has made floor((phase + elapsed * num) / den) ticks on top of `base`; phase < den.
  #rate: Rate = STOPPED;
  #origin: RootTicks = 0;
  #base = 0;
  #phase = 0;
  #num = 0;
  #den = 1;

  constructor(name: string, time: TimeSource, rootHz: number, declared: Declaration, tree: TreeLink) {
    this.name = name;
    this.#time = time;
    this.#rootHz = rootHz;
    this.#declared = declared;
    this.#tree = tree;
    this.#parent = declared.parent;
    this.#ratio = declared.rate;
    this.#origin = time.now();
  }

  /** Frequency now, 0 while stopped or fed by a stopped clock. */
  get hz(): number {
    return (this.#rootHz / this.#rate.den) * this.#rate.num;
  }

  /** Frequency now as a multiple of the root clock's, in lowest terms; 0/1 while stopped. */
  get rate(): { readonly num: number; readonly den: number } {
    return this.#rate;
  }

  /** Its own gate, whatever its source does. */
  get isRunning(): boolean {
    return this.#running;
  }

  get parent(): TreeClock | undefined {
    return this.#parent;
  }

  ticks(): number {
    return this.ticksAt(this.#time.now());
  }

  /** Whole ticks at a root tick; those of its last change at one before that. */
  ticksAt(root: RootTicks): number {
    return this.#base + mulAddDiv(Math.max(root - this.#origin, 0), this.#num, this.#phase, this.#den);
  }

  /** Infinity for a tick that a stopped clock does not reach; the tick of its last change for one already past then. */
  rootTickOf(n: number): RootTicks {
    if (n <= this.#base) return this.#origin;
    if (this.#num === 0) return Infinity;
    // The smallest t with phase + t num >= (n - base) den, so t = ceil(((n - base) den - phase) / num).
    return this.#origin + mulAddDiv(n - this.#base - 1, this.#den, this.#den - this.#phase + this.#num - 1, this.#num);
  }

  /** @returns a function that ends the subscription. Listeners are called after every clock has its new rate. */
  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Divider or PLL factor. The fraction of a tick that has passed is kept. */
  setRatio(multiplier: number, divider: number): void {
    if (this.#parent === undefined) throw new RangeError(`clock "${this.name}" is an oscillator; its frequency is fixed`);
    this.#ratio = ratio(multiplier, divider);
    this.#tree.changed();
  }

  /** Clock switch. */
  setParent(parent: TreeClock): void {
    if (this.#parent === undefined) throw new RangeError(`clock "${this.name}" is an oscillator; it has no source`);
    for (let above: TreeClock | undefined = parent; above !== undefined; above = above.#parent) {
      if (above === this) throw new RangeError(`clock "${this.name}" cannot be its own source`);
    }
    this.#parent = parent;
    this.#tree.changed();
  }

  /** Gate closed, or oscillator off: ticks and phase stand still. */
  stop(): void {
    this.#gate(false);
  }

  start(): void {
    this.#gate(true);
  }

  /** Starts a whole tick now: what a prescaler's reset does. */
  restartTick(): void {
    const now = this.#time.now();
    this.#base = this.ticksAt(now);
    this.#origin = now;
    this.#phase = 0;
    this.notify();
  }

  /** For the tree: everything as declared. */
  resetState(): void {
    this.#parent = this.#declared.parent;
    this.#ratio = this.#declared.rate;
    this.#running = true;
  }

  /** For the tree: takes the rate that follows from the sources. @returns whether it changed */
  refresh(restart: boolean): boolean {
    const rate = this.#effectiveRate();
    if (!restart && rate.num === this.#rate.num && rate.den === this.#rate.den) return false;
    if (restart) this.#begin(rate, 0, 0, 1);
    else this.#continue(rate);
    return true;
  }

  /** For the tree. */
  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  save(): SnapshotValue {
    return [this.#parent?.name ?? null, this.#ratio.num, this.#ratio.den, this.#running,
      this.#rate.num, this.#rate.den, this.#origin, this.#base, this.#phase, this.#num, this.#den];
  }

  accepts(saved: SnapshotValue | undefined): boolean {
    if (!Array.isArray(saved) || saved.length !== 11 || typeof saved[3] !== 'boolean') return false;
    const [, num, den, , ...state] = saved as readonly number[];
    const numbers = [num, den, ...state];
    const isOscillator = this.#declared.parent === undefined;
    const knownParent = isOscillator ? saved[0] === null : typeof saved[0] === 'string' && this.#tree.find(saved[0]) !== undefined;
    return knownParent && numbers.every((n) => Number.isSafeInteger(n) && n >= 0)
      && saved[2] > 0 && saved[5] > 0 && saved[10] > 0 && saved[8] < saved[10];
  }

  load(saved: readonly SnapshotValue[]): void {
    const [parent, num, den, running, ...state] = saved as [string | null, number, number, boolean, ...number[]];
    this.#parent = parent === null ? undefined : this.#tree.find(parent);
    this.#ratio = { num, den };
    this.#running = running;
    this.#rate = { num: state[0], den: state[1] };
    [this.#origin, this.#base, this.#phase, this.#num, this.#den] = state.slice(2);
  }

  #gate(running: boolean): void {
    if (this.#running === running) return;
    this.#running = running;
    this.#tree.changed();
  }

  #effectiveRate(): Rate {
    if (!this.#running) return STOPPED;
    if (this.#parent === undefined) return this.#ratio;
    const above = this.#parent.#effectiveRate();
    return above.num === 0 ? STOPPED : product(above, this.#ratio);
  }

  /** Closes the stretch at the old rate, and carries the fraction of a tick over to the new one. */
  #continue(rate: Rate): void {
    const elapsed = Math.max(this.#time.now() - this.#origin, 0);
    const phase = mulAddMod(elapsed, this.#num, this.#phase, this.#den);
    this.#begin(rate, this.ticksAt(this.#time.now()), phase, this.#den);
  }

  #begin(rate: Rate, base: number, phase: number, phaseDen: number): void {
    this.#origin = this.#time.now();
    this.#base = base;
    this.#rate = rate;
    const common = gcd(phase, phaseDen);
    this.#setPhase(rate, phase / common, phaseDen / common);
  }

  /** Brings phase and rate to one denominator. Past 2^53 the phase is rounded down, by less than one part of `den`. */
  #setPhase(rate: Rate, phase: number, phaseDen: number): void {
    const factor = phaseDen / gcd(phaseDen, rate.den);
    const den = rate.den * factor;
    if (Number.isSafeInteger(den) && Number.isSafeInteger(rate.num * factor)) {
      this.#den = den;
      this.#num = rate.num * factor;
      this.#phase = phase * (den / phaseDen);
    } else {
      this.#den = rate.den;
      this.#num = rate.num;
      this.#phase = mulAddDiv(phase, rate.den, 0, phaseDen);
    }
  }
}

/** Whether every clock of a snapshot leads to an oscillator. */
function hasNoLoop(clocks: Record<string, SnapshotValue>): boolean {
  const names = Object.keys(clocks);
  return names.every((name) => {
    let at: SnapshotValue = name;
    for (let steps = 0; steps < names.length && at !== null; steps++) at = (clocks[at as string] as SnapshotValue[])[0];
    return at === null;
  });
}

function ratio(multiplier: number, divider: number): Rate {
  for (const factor of [multiplier, divider]) {
    if (!Number.isSafeInteger(factor) || factor < 1) {
      throw new RangeError(`a clock ratio of ${multiplier}/${divider} is not one of whole numbers from 1`);
    }
  }
  const common = gcd(multiplier, divider);
  return { num: multiplier / common, den: divider / common };
}

function product(a: Rate, b: Rate): Rate {
  const first = gcd(a.num, b.den);
  const second = gcd(b.num, a.den);
  return { num: times(a.num / first, b.num / second), den: times(a.den / second, b.den / first) };
}

function commonMultiple(frequencies: readonly number[]): number {
  let multiple = 1;
  for (const hz of frequencies) {
    if (!Number.isSafeInteger(hz) || hz < 1) throw new RangeError(`an oscillator of ${hz} Hz: give a whole number from 1`);
    multiple = multiple / gcd(multiple, hz) > MAX_ROOT_HZ / hz ? Infinity : lcm(multiple, hz);
    if (multiple > MAX_ROOT_HZ) {
      throw new RangeError(`the oscillators ${frequencies.join(', ')} Hz have no common multiple up to 2^40 Hz; round one to a frequency that shares more factors`);
    }
  }
  return multiple;
}
