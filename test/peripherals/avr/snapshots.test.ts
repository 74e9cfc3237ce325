/** A guest and a world that do anything at all to all devices of a chip: a chip restored from a snapshot goes on like the first. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Pin } from '../../../emulator/wires/net.js';
import { ATMEGA328P, AvrBench } from './avr-bench.js';

const NAMES = Object.keys(ATMEGA328P);
const REGISTERS = Object.values(ATMEGA328P).flatMap(({ registers }) => Object.keys(registers));
const PADS = ['PB0', 'PB2', 'PB3', 'PB5', 'PC0', 'PC4', 'PC5', 'PD0', 'PD2', 'PD4', 'PD6'];

type Act =
  | { readonly kind: 'write'; readonly register: string; readonly value: number }
  | { readonly kind: 'read'; readonly register: string }
  | { readonly kind: 'pin'; readonly pad: string; readonly level: boolean | undefined };
interface Step { readonly act: Act; readonly cycles: number }

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), register: fc.constantFrom(...REGISTERS), value: fc.integer({ min: 0, max: 255 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), register: fc.constantFrom(...REGISTERS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pin' as const), pad: fc.constantFrom(...PADS), level: fc.constantFrom(true, false, undefined) }) },
);
const steps = fc.array(fc.record({ act: acts, cycles: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3000 })) }), { minLength: 20, maxLength: 80, size: 'max' });

class World {
  readonly on = new AvrBench(NAMES);
  private readonly pins = new Map<string, Pin>(PADS.map((pad) => [pad, this.on.outside(pad)]));

  run(list: readonly Step[]): unknown[] {
    return list.map(({ act, cycles }) => {
      let seen: number | undefined;
      if (act.kind === 'read') seen = this.on.read(act.register);
      else if (act.kind === 'write') this.on.write(act.register, act.value);
      else if (act.level === undefined) this.pins.get(act.pad)!.release();
      else this.pins.get(act.pad)!.drive(act.level);
      this.on.tick(cycles);
      const raised = [...this.on.levels].filter(([, level]) => level).map(([line]) => line).sort();
      return [seen, raised, PADS.map((pad) => this.on.net(pad).state).join('')];
    });
  }
}

it('goes on from a snapshot of the whole chip as if nothing had happened', () => {
  fc.assert(fc.property(steps, steps, (before, after) => {
    const first = new World();
    first.run(before);
    const second = new World();
    second.on.restore(first.on.snapshot());
    expect(second.run(after)).toEqual(first.run(after));
  }), { seed: 0x61767273, numRuns: 150 });
});
