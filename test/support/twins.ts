/** A small machine on each engine, side by side: at every deadline everything must be the same. */
import { expect } from 'vitest';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import type { StopReason } from '../../emulator/machine-api.js';
import { EARLY, translatedBy } from './early-translation.js';
import { SmallMachine, type SmallMachineOptions } from './machine.js';
import { Random } from './random.js';

const OWN_WORDS = [Word.LIMIT, Word.TRANSLATED];
const STATE_PAGE = 4096;

function stateOf({ machine }: SmallMachine): string {
  const words = machine.cortex.words.slice(0, Word.S0 + 32);
  for (const own of OWN_WORDS) words[own] = 0;
  return `${words.join()} cycles ${machine.cycles} instructions ${machine.instructions} tick ${machine.now()}`;
}

function memoryOf({ machine: { bus } }: SmallMachine): Buffer {
  const end = Math.max(...bus.map.map((region) => (region.kind === 'memory' ? region.offset + region.bytes : 0)));
  return Buffer.from(bus.buffer, STATE_PAGE, end - STATE_PAGE);
}

/** A machine whose code is translated early. */
export function early(options: SmallMachineOptions): SmallMachine {
  return new SmallMachine({ hot: EARLY, ...options });
}

export function expectSame(machine: SmallMachine, expected: SmallMachine): void {
  expect(stateOf(machine)).toBe(stateOf(expected));
  expect(memoryOf(machine).equals(memoryOf(expected)), 'memory').toBe(true);
  expect([machine.printed, machine.text, machine.warnings, machine.machine.exceptions, machine.machine.core.faultStatus()])
    .toEqual([expected.printed, expected.text, expected.warnings, expected.machine.exceptions, expected.machine.core.faultStatus()]);
}

export interface Ended {
  /** The machine with the translator; the other one is the same. */
  readonly machine: SmallMachine;
  readonly end: StopReason;
  readonly translated: number;
}

/** Distances between deadlines: regular, short ones of a prime, long ones, and random ones from a tick on. */
const SPACINGS: readonly ((random: Random) => number)[] = [() => 131, () => 2503, () => 40_009, (random) => (random.chance(50) ? random.between(1, 30) : random.between(30, 3000))];

/** Runs the program anew at each spacing, to its end or for `cycles`. @returns how the last one went */
export function twins(options: SmallMachineOptions, cycles = 400_000): Ended {
  let ended: Ended | undefined;
  for (const spacing of SPACINGS) {
    const random = new Random(11);
    const [interpreter, translator] = (['interpreter', 'translator'] as const).map((engine) => early({ ...options, engine }));
    let end: StopReason = { kind: 'deadline' };
    for (let until = spacing(random); end.kind === 'deadline' && until < cycles; until += spacing(random)) {
      end = interpreter.run(until);
      expect(translator.run(until)).toEqual(end);
      expectSame(translator, interpreter);
    }
    ended = { machine: translator, end, translated: translatedBy(translator.machine) };
  }
  return ended!;
}

export const register = ({ machine }: SmallMachine, n: number): number => machine.core.words[n] >>> 0;
