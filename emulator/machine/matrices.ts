/**
 * LED matrices with the eye's persistence: how bright each LED has been of late. While nobody watches, a matrix costs
 * nothing and tells which LEDs are lit at this moment; a watched one follows its pins.
 */
import type { Board, MatrixDescription } from '../boards/index.js';
import type { RootTicks, Scheduler } from '../time/types.js';
import type { Net } from '../wires/net.js';

/** What the eye takes for one picture: 20 ms, in steps of 1 ms. */
const STEPS = 20;
const STEPS_PER_SECOND = 1000;

export interface MatrixView {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** From now on brightness is the share of time; until the returned function is called. */
  watch(): () => void;
  /** [line][LED], 0 dark to 1 always lit: over the last 20 ms while watched, else at this moment. No LED: 0. */
  brightness(): number[][];
}

export function matricesOf(board: Board, net: (name: string) => Net | undefined, scheduler: Scheduler): MatrixView[] {
  return board.matrices.map((description) => new Matrix(description, net, scheduler));
}

class Matrix implements MatrixView {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  private readonly rows: readonly Net[];
  private readonly columns: readonly Net[];
  private readonly leds: readonly { readonly row: Net; readonly column: Net }[];
  private readonly lit: Uint8Array;
  /** Ticks in which each LED was lit, [step modulo STEPS + 1][LED]. */
  private readonly time: Float64Array;
  private watchers = 0;
  private ends: readonly (() => void)[] = [];
  /** Up to when `time` counts, and from when. */
  private counted: RootTicks = 0;
  private began: RootTicks = 0;
  private readonly stepTicks: number;

  constructor(private readonly description: MatrixDescription, net: (name: string) => Net | undefined, private readonly scheduler: Scheduler) {
    const { name, picture, rows, columns } = description;
    this.name = name;
    this.width = picture[0].length;
    this.height = picture.length;
    this.rows = rows.pins.map((pin) => net(pin)!);
    this.columns = columns.pins.map((pin) => net(pin)!);
    this.leds = picture.flat().flatMap((led) => (led === undefined ? [] : [{ row: this.rows[led.row], column: this.columns[led.column] }]));
    this.lit = new Uint8Array(this.leds.length);
    this.time = new Float64Array((STEPS + 1) * this.leds.length);
    this.stepTicks = Math.max(1, Math.floor(scheduler.rootHz / STEPS_PER_SECOND));
  }

  watch(): () => void {
    if (this.watchers++ === 0) this.begin();
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      if (--this.watchers > 0) return;
      for (const end of this.ends) end();
      this.ends = [];
    };
  }

  brightness(): number[][] {
    const shares = this.shares();
    let next = 0;
    return this.description.picture.map((line) => line.map((led) => (led === undefined ? 0 : shares[next++])));
  }

  private begin(): void {
    const change = (): void => this.change();
    this.ends = [...this.rows, ...this.columns].map((net) => net.onState(change));
    this.restart();
  }

  private restart(): void {
    this.time.fill(0);
    this.counted = this.began = this.scheduler.now();
    this.look();
  }

  private change(): void {
    this.count();
    this.look();
  }

  private look(): void {
    const rowState = this.description.rows.active === 'high' ? '1' : '0';
    const columnState = this.description.columns.active === 'high' ? '1' : '0';
    this.leds.forEach(({ row, column }, index) => { this.lit[index] = row.state === rowState && column.state === columnState ? 1 : 0; });
  }

  /** Adds the time since the last change to the steps it falls in. */
  private count(): void {
    const now = this.scheduler.now();
    if (now < this.counted) return this.restart();
    const { stepTicks, leds, lit, time } = this;
    // What is longer ago than a picture does not matter.
    const from = Math.max(this.counted, (Math.floor(now / stepTicks) - STEPS) * stepTicks);
    for (let at = from; at < now;) {
      const step = Math.floor(at / stepTicks);
      const end = Math.min(now, (step + 1) * stepTicks);
      const place = (step % (STEPS + 1)) * leds.length;
      if (at % stepTicks === 0) time.fill(0, place, place + leds.length);
      for (let index = 0; index < leds.length; index++) if (lit[index] === 1) time[place + index] += end - at;
      at = end;
    }
    this.counted = now;
  }

  private shares(): number[] {
    if (this.watchers === 0) {
      this.look();
      return [...this.lit];
    }
    this.change();
    const { stepTicks, leds, time, counted, began } = this;
    const current = Math.floor(counted / stepTicks);
    // The picture is what whole steps show: a watcher that has only begun sees what is lit.
    const steps = Math.min(STEPS, current - Math.ceil(began / stepTicks));
    if (steps <= 0) return [...this.lit];
    return leds.map((_, index) => {
      let sum = 0;
      for (let back = 1; back <= steps; back++) sum += time[((current - back) % (STEPS + 1)) * leds.length + index];
      return sum / (steps * stepTicks);
    });
  }
}
