import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Countdown } from '../../emulator/peripherals/countdown.js';
import { ClockTree } from '../../emulator/time/clock-tree.js';
import { EventQueue } from '../../emulator/time/event-queue.js';

/** The same counter in the plainest way: one step per tick. */
class Stepped {
  value = 0;
  running = false;
  reload = 0;
  divide = 1;
  oneShot = false;
  arrivals = 0;
  private phase = 0;

  set(value: number): void {
    this.value = value;
    this.phase = 0;
  }

  setDivide(divide: number): void {
    if (divide !== this.divide) this.phase = 0;
    this.divide = divide;
  }

  run(running: boolean): void {
    if (running && !this.running) this.phase = 0;
    this.running = running;
  }

  tick(): void {
    if (!this.running || ++this.phase < this.divide) return;
    this.phase = 0;
    const before = this.value;
    this.value = before > 0 ? before - 1 : this.oneShot ? 0 : this.reload;
    if (before === 1) this.arrivals++;
  }
}

type Action =
  | { readonly set: number } | { readonly reload: number } | { readonly divide: number } | { readonly oneShot: boolean }
  | { readonly run: boolean } | { readonly pass: number };

const small = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 }));
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ set: small }), fc.record({ reload: small }), fc.record({ divide: fc.constantFrom(1, 4, 16) }), fc.record({ oneShot: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ run: fc.boolean() }) }, { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 150 }) }) },
);

it('computes what a counter that steps every tick would show, and arrives at zero as often', () => {
  fc.assert(fc.property(fc.array(action, { minLength: 10, maxLength: 60 }), (actions) => {
    let now = 0;
    const queue = new EventQueue({ now: () => now }, 1000);
    const clock = new ClockTree(queue, { oscillators: { clk: 1000 } }).clock('clk');
    let arrivals = 0;
    const computed = new Countdown(clock, queue, () => {
      arrivals++;
      computed.watchIf(true);
    });
    const stepped = new Stepped();
    computed.watchIf(true);
    for (const act of actions) {
      if ('set' in act) { computed.set(act.set); stepped.set(act.set); }
      if ('reload' in act) { computed.configure({ reload: act.reload }); stepped.reload = act.reload; }
      if ('divide' in act) { computed.configure({ divide: act.divide }); stepped.setDivide(act.divide); }
      if ('oneShot' in act) { computed.configure({ oneShot: act.oneShot }); stepped.oneShot = act.oneShot; }
      if ('run' in act) { computed.run(act.run); stepped.run(act.run); }
      for (let i = 0; 'pass' in act && i < act.pass; i++) {
        queue.runDue(++now);
        stepped.tick();
      }
      expect([computed.value, arrivals]).toEqual([stepped.value, stepped.arrivals]);
    }
  }), { seed: 0x636f756e, numRuns: 2000 });
});
