/** LEDs between nets: each is lit while all its ends are at the levels that let current flow. */
import type { Snapshot, Stateful } from '../../bus/types.js';
import { LitTime } from '../../wires/lit-time.js';
import type { Net } from '../../wires/net.js';
import type { PartContext } from '../part.js';

/** One end of an LED, and the state at which current flows there. Nothing flows where the net is not connected. */
export interface LampEnd { readonly net: Net | undefined; readonly state: '0' | '1' }

export const stateOf = (active: 'low' | 'high'): '0' | '1' => (active === 'high' ? '1' : '0');

export class Lamps implements Stateful {
  private readonly litTime: LitTime;

  constructor({ scheduler }: PartContext, private readonly lamps: readonly (readonly LampEnd[])[]) {
    this.litTime = new LitTime(scheduler, lamps.length);
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
    this.lamps.forEach((ends, index) => { this.litTime.lit[index] = ends.every(({ net, state }) => net?.state === state) ? 1 : 0; });
  }
}
