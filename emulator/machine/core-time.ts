/** Where the core stands in time: what its clock and the cycles of its current run say, between and within runs. */
import type { TreeClock } from '../time/clock-tree.js';
import type { RootTicks, TimeSource } from '../time/types.js';
import type { MachineCore } from './core.js';

const MOST_CYCLES = 0x7fff_ffff;

export class CoreTime {
  /** Root tick and processor tick at which the core's count of cycles was 0. */
  root: RootTicks = 0;
  ticks = 0;
  isRunning = false;

  constructor(private readonly core: MachineCore, private readonly clock: TreeClock) {}

  now(): RootTicks {
    if (!this.isRunning) return this.root;
    const cycles = this.core.words[this.core.cyclesWord];
    return cycles === 0 ? this.root : Math.max(this.root, this.clock.rootTickOf(this.ticks + cycles));
  }

  /** Cycles from the start of this run until the core has reached a root tick. */
  cyclesUntil(root: RootTicks): number {
    const ticks = this.clock.ticksAt(root);
    const reached = this.clock.rootTickOf(ticks) >= root;
    return Math.min(ticks + (reached ? 0 : 1) - this.ticks, MOST_CYCLES);
  }

  /** @param cycles from 1 @param time the queue's, which reads this one */
  run(cycles: number, time: TimeSource): void {
    const { core } = this;
    this.isRunning = true;
    try {
      core.run(cycles);
    } finally {
      const end = time.now();
      this.ticks += core.words[core.cyclesWord];
      this.root = end;
      this.isRunning = false;
      core.words[core.cyclesWord] = 0;
    }
  }

  /** The core stood still until then. */
  skipTo(root: RootTicks): void {
    this.root = Math.max(this.root, root);
    this.ticks = this.clock.ticksAt(this.root);
  }

  /** The processor clock has changed in the middle of a run: the cycles so far stay, the rest count at the new rate. */
  anchorAgain(): void {
    if (!this.isRunning) return;
    const cycles = this.core.words[this.core.cyclesWord];
    this.ticks = this.clock.ticks() - cycles;
    this.core.shorten(cycles);
  }

  /** Time begins at tick 0. */
  restart(): void {
    this.root = 0;
    this.ticks = this.clock.ticks();
  }
}
