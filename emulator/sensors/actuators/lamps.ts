/**
 * LEDs between nets: each is lit while all its ends are at the levels that let current flow. What flows follows from a resistor that no
 * board file names: 10 mA, about what 220 ohms let a red one take at 5 V less its 2 V, is an estimate.
 */
import type { Snapshot, Stateful } from '../../bus/types.js';
import { LitTime } from '../../wires/lit-time.js';
import type { Net } from '../../wires/net.js';
import type { PartContext } from '../part.js';

/** One end of an LED, and the state at which current flows there. Nothing flows where the net is not connected. */
export interface LampEnd { readonly net: Net | undefined; readonly state: '0' | '1' }

const LIT_MICROAMPS = 10_000;

export const stateOf = (active: 'low' | 'high'): '0' | '1' => (active === 'high' ? '1' : '0');

export class Lamps implements Stateful {
  private readonly litTime: LitTime;

  constructor(private readonly context: PartContext, private readonly lamps: readonly (readonly LampEnd[])[]) {
    this.litTime = new LitTime(context.scheduler, lamps.length);
    const nets = new Set(lamps.flat().flatMap(({ net }) => net ?? []));
    // Every edge counts: brightness is made of them.
    for (const net of nets) net.onState(() => this.look());
    this.look();
  }

  /** Of each lamp the share of the last 20 ms. */
  brightness(): number[] {
    return this.litTime.shares();
  }

  reset(): void {
    this.litTime.reset();
    this.look();
  }

  snapshot(): Snapshot {
    return this.litTime.snapshot();
  }

  restore(from: Snapshot): void {
    this.litTime.restore(from);
  }

  private look(): void {
    this.litTime.count();
    let count = 0;
    this.lamps.forEach((ends, index) => {
      const isLit = ends.every(({ net, state }) => net?.state === state);
      this.litTime.lit[index] = isLit ? 1 : 0;
      if (isLit) count++;
    });
    this.context.draws(count === 0 ? 'dark' : `${count} lit`, count * LIT_MICROAMPS);
  }
}
