/**
 * LED matrices with the eye's persistence: how bright each LED has been of late. While nobody watches, a matrix costs
 * nothing and tells which LEDs are lit at this moment; a watched one follows its pins.
 */
import type { Board, MatrixDescription } from '../boards/index.js';
import type { Scheduler } from '../time/types.js';
import { LitTime } from '../wires/lit-time.js';
import type { Net } from '../wires/net.js';

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
  private readonly litTime: LitTime;
  private watchers = 0;
  private ends: readonly (() => void)[] = [];

  constructor(private readonly description: MatrixDescription, net: (name: string) => Net | undefined, scheduler: Scheduler) {
    const { name, picture, rows, columns } = description;
    this.name = name;
    this.width = picture[0].length;
    this.height = picture.length;
    this.rows = rows.pins.map((pin) => net(pin)!);
    this.columns = columns.pins.map((pin) => net(pin)!);
    this.leds = picture.flat().flatMap((led) => (led === undefined ? [] : [{ row: this.rows[led.row], column: this.columns[led.column] }]));
    this.litTime = new LitTime(scheduler, this.leds.length);
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
    this.litTime.restart();
    this.look();
  }

  private change(): void {
    this.litTime.count();
    this.look();
  }

  private look(): void {
    const rowState = this.description.rows.active === 'high' ? '1' : '0';
    const columnState = this.description.columns.active === 'high' ? '1' : '0';
    this.leds.forEach(({ row, column }, index) => { this.litTime.lit[index] = row.state === rowState && column.state === columnState ? 1 : 0; });
  }

  private shares(): number[] {
    if (this.watchers > 0) {
      this.change();
      return this.litTime.shares();
    }
    this.look();
    return [...this.litTime.lit];
  }
}
