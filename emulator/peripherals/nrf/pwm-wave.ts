/**
 * PWM's wave counter and its four outputs. While nobody watches an output's net, its levels are computed for whoever asks and
 * cost no events; when somebody does, every edge is driven. An output whose periods have been alike for a while tells its net that it carries
 * a clock, so that a part that runs on it needs no edges either.
 * Source: nRF52840 Product Specification v1.1, PWM, "Wave counter".
 */
import type { Snapshot, SnapshotValue } from '../../bus/types.js';
import { restoreEvent, saveEvent, timedEvent } from '../../time/event-queue.js';
import type { Clock, Scheduler } from '../../time/types.js';
import { loadClock, saveClock, steadyClock, type SteadyClock } from '../../wires/clock.js';
import type { Shortcut } from '../../wires/net.js';
import { numberFrom, numbersFrom } from '../block.js';
import type { PadSet } from './pads.js';

export const OUTPUTS = 4;
export type Output = 'OUT0' | 'OUT1' | 'OUT2' | 'OUT3';
const NAMES: readonly Output[] = ['OUT0', 'OUT1', 'OUT2', 'OUT3'];

/** Bit 15 of a value from RAM: the first edge in the period falls. */
const FALLING_FIRST = 0x8000;
const COMPARE = 0x7fff;
/** So many equal periods make a clock: data on one wire, as NeoPixels take it, are none. */
const STEADY_PERIODS = 16;

export class PwmWave {
  /** Ticks of 16 MHz of one step of the counter. */
  private step = 1;
  private top = 1;
  private isUpAndDown = false;
  /** As read from RAM, with polarity. */
  readonly values = new Uint16Array(OUTPUTS);
  /** Tick of 16 MHz at which the period began. */
  private begin = 0;
  private isOn = false;
  private readonly folded: (Shortcut | undefined)[] = new Array<Shortcut | undefined>(OUTPUTS).fill(undefined);
  /** Of each output: the value of the latest period, how many had it, and the clock that it told of. */
  private readonly latest = new Int32Array(OUTPUTS).fill(-1);
  private readonly alike = new Uint8Array(OUTPUTS);
  private readonly carried: (SteadyClock | undefined)[] = new Array<SteadyClock | undefined>(OUTPUTS).fill(undefined);
  private readonly edge = timedEvent(() => this.driveEdges());

  constructor(private readonly scheduler: Scheduler, private readonly clock: Clock, private readonly pads: PadSet<Output>) {}

  get isGenerating(): boolean { return this.isOn; }

  /** Ticks of 16 MHz: COUNTERTOP ticks of the prescaled clock, twice that up and down. */
  get periodTicks(): number { return this.step * this.top * (this.isUpAndDown ? 2 : 1); }

  /** Tick of 16 MHz at which the period ends. */
  get end(): number { return this.begin + this.periodTicks; }

  configure(step: number, top: number, isUpAndDown: boolean): void {
    if (step !== this.step || top !== this.top || isUpAndDown !== this.isUpAndDown) this.latest.fill(-1);
    this.step = step;
    this.top = top;
    this.isUpAndDown = isUpAndDown;
  }

  /** A period begins at this tick of 16 MHz. */
  beginPeriod(tick: number): void {
    this.begin = tick;
    this.isOn = true;
    for (let n = 0; n < OUTPUTS; n++) {
      this.present(n);
      this.tellClock(n);
    }
    this.plan();
  }

  stop(): void {
    this.isOn = false;
    this.scheduler.cancel(this.edge);
    for (let n = 0; n < OUTPUTS; n++) {
      this.unfold(n);
      this.carry(n, undefined);
    }
    this.latest.fill(-1);
    this.pads.releaseAll();
  }

  /** The output is connected to this pad, or to none. */
  connect(n: number, psel: number): void {
    const name = NAMES[n];
    const before = this.pads.pin(name);
    this.unfold(n);
    const pin = this.pads.hold(name, psel, true);
    if (pin !== before) this.latest[n] = -1;
    if (pin === before || !this.isOn) return;
    this.present(n);
    this.plan();
  }

  snapshot(): Snapshot {
    const { step, top, isUpAndDown, begin, isOn, values, edge } = this;
    return { step, top, isUpAndDown: isUpAndDown ? 1 : 0, begin, isOn: isOn ? 1 : 0, values: [...values], folded: this.folded.map((one) => (one ? 1 : 0)), latest: [...this.latest], alike: [...this.alike], carried: this.carried.map(saveClock), edge: saveEvent(edge) };
  }

  /** @param psels values of PSEL.OUT */
  restore(from: Snapshot, psels: Uint32Array, part: string): void {
    this.step = Math.max(1, numberFrom(from, 'step', part));
    this.top = Math.max(1, numberFrom(from, 'top', part));
    this.isUpAndDown = numberFrom(from, 'isUpAndDown', part) !== 0;
    this.begin = numberFrom(from, 'begin', part);
    this.isOn = numberFrom(from, 'isOn', part) !== 0;
    this.values.set(numbersFrom(from, 'values', part, OUTPUTS));
    restoreEvent(this.scheduler, this.edge, from['edge']);
    const folded = numbersFrom(from, 'folded', part, OUTPUTS);
    this.folded.fill(undefined);
    this.latest.set(numbersFrom(from, 'latest', part, OUTPUTS));
    this.alike.set(numbersFrom(from, 'alike', part, OUTPUTS));
    const carried = from['carried'];
    if (!Array.isArray(carried) || carried.length !== OUTPUTS) throw new Error(`the snapshot has no clocks of ${part}`);
    this.carried.fill(undefined);
    this.pads.forget();
    if (!this.isOn) return;
    for (let n = 0; n < OUTPUTS; n++) {
      const pin = this.pads.hold(NAMES[n], psels[n], true);
      if (pin) this.carry(n, loadClock(carried[n] as SnapshotValue));
      if (!pin || folded[n] !== 1) continue;
      this.present(n);
      if (!this.folded[n]) this.plan();
    }
  }

  // -- Outputs.

  /** Steps of the counter since the period began. A look past its end, before its event has come, sees the same wave again. */
  private position(): number {
    return Math.floor(((this.clock.ticks() - this.begin) % this.periodTicks) / this.step);
  }

  private level(n: number): boolean {
    const compare = this.values[n] & COMPARE;
    const position = this.position();
    const isBetween = position >= compare && (!this.isUpAndDown || position < 2 * this.top - compare);
    return isBetween === ((this.values[n] & FALLING_FIRST) === 0);
  }

  /** Drives the level of now, or stands for it while nobody watches. */
  private present(n: number): void {
    const pin = this.pads.pin(NAMES[n]);
    if (!pin || this.folded[n]) return;
    if (!pin.net.canShortcut(pin)) {
      pin.drive(this.level(n));
      return;
    }
    const shortcut: Shortcut = { levelAt: () => this.level(n), unfold: () => this.unfold(n) };
    this.folded[n] = shortcut;
    pin.beginShortcut(shortcut);
  }

  private unfold(n: number): void {
    if (!this.folded[n]) return;
    this.folded[n] = undefined;
    const pin = this.pads.pin(NAMES[n]);
    pin?.drive(this.level(n));
    pin?.endShortcut();
    if (this.isOn) this.plan();
  }

  /** At the beginning of a period. */
  private tellClock(n: number): void {
    const value = this.values[n];
    if (value !== this.latest[n]) {
      this.latest[n] = value;
      this.alike[n] = 0;
      this.carry(n, undefined);
    } else if (this.alike[n] < STEADY_PERIODS && ++this.alike[n] === STEADY_PERIODS) this.carry(n, this.clockOf(n));
  }

  /** Undefined where a period has no edges. */
  private clockOf(n: number): SteadyClock | undefined {
    const { scheduler, clock, step, top, isUpAndDown, begin, periodTicks } = this;
    const compare = this.values[n] & COMPARE;
    if (compare === 0 || compare >= top) return undefined;
    const isHighFirst = (this.values[n] & FALLING_FIRST) !== 0;
    const rise = !isHighFirst ? compare : isUpAndDown ? 2 * top - compare : 0;
    return steadyClock(clock.rootTickOf(begin + rise * step), scheduler.rootHz * periodTicks, clock.hz);
  }

  private carry(n: number, steady: SteadyClock | undefined): void {
    if (this.carried[n] === steady) return;
    this.carried[n] = steady;
    this.pads.pin(NAMES[n])?.carryClock(steady);
  }

  private driveEdges(): void {
    for (let n = 0; n < OUTPUTS; n++) if (!this.folded[n]) this.pads.pin(NAMES[n])?.drive(this.level(n));
    this.plan();
  }

  /** The next edge of this period that is driven. */
  private plan(): void {
    const position = this.position();
    let nearest = Infinity;
    for (let n = 0; n < OUTPUTS; n++) {
      if (this.folded[n] || !this.pads.pin(NAMES[n])) continue;
      const compare = this.values[n] & COMPARE;
      if (compare >= this.top) continue;
      const second = 2 * this.top - compare;
      if (compare > position) nearest = Math.min(nearest, compare);
      else if (this.isUpAndDown && second > position && second < 2 * this.top) nearest = Math.min(nearest, second);
    }
    if (nearest === Infinity) this.scheduler.cancel(this.edge);
    else this.scheduler.schedule(this.edge, Math.max(this.scheduler.now(), this.clock.rootTickOf(this.begin + nearest * this.step)));
  }
}
