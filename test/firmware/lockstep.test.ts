/**
 * Interpreter and translator side by side on every program of this folder, under deadlines of several spacings: at each
 * one everything is the same. A deadline may fall anywhere, also into the middle of translated code.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFirmware } from '../support/firmware.js';
import { LockSteps, SPACINGS, type Spacing } from './lockstep.js';
import { programs } from './programs.js';

/** Instructions from which on most of a program is hot; shorter ones run much of their code once. */
const LONG = 400_000;

const lockSteps = new LockSteps();
let [instructions, translated] = [0, 0];

beforeAll(buildFirmware, 300_000);

/** Of each program a fine spacing and a coarse one, in turn; `npm run lockstep` takes them all, and runs to the end. */
function spacingsOf(index: number): readonly Spacing[] {
  const [every997, every10007, every250000, irregular] = SPACINGS;
  return [index % 2 === 0 ? every997 : irregular, (index >> 1) % 2 === 0 ? every10007 : every250000];
}

describe('each program is the same in both engines', () => {
  it.each(programs.map((program, index) => [program.name, program, spacingsOf(index)] as const))('%s', (_, program, spacings) => {
    for (const spacing of spacings) {
      const result = lockSteps.run(program, spacing, spacing.deadlines);
      expect(result.difference, spacing.name).toBeUndefined();
      if (result.instructions > LONG) expect(result.translated / result.instructions, spacing.name).toBeGreaterThan(0.2);
      instructions += result.instructions;
      translated += result.translated;
    }
  }, 60_000);
});

afterAll(() => expect(translated / instructions).toBeGreaterThan(0.8));
