/** A change that the data sheet protects: its enable bit holds for four cycles, in which the change has to be written. */
import type { Clock } from '../../time/types.js';

const WINDOW_CYCLES = 4;
const CLOSED = -1000;

export class TimedChange {
  private opened = CLOSED;

  constructor(private readonly clock: Clock, private readonly cycles = WINDOW_CYCLES) {}

  get isOpen(): boolean {
    return this.clock.ticks() - this.opened <= this.cycles;
  }

  open(): void {
    this.opened = this.clock.ticks();
  }

  close(): void {
    this.opened = CLOSED;
  }

  save(): number {
    return this.opened;
  }

  load(opened: number): void {
    this.opened = opened;
  }
}
