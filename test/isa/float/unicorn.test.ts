/**
 * Every arithmetic row against Unicorn, in all modes, on operands near the borders of the formats. The long run of the
 * same comparison is `npx tsx test/isa/float/oracle/main.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FloatOracle, evaluate, mismatches } from './oracle/compare.js';
import { arithmeticCases, vectors } from './oracle/cases.js';
import { FloatMachine, rowOf } from './oracle/machine.js';

const SETS_PER_OPCODE = 3000;
const SEED = 20260;

describe('floating-point arithmetic equals Unicorn', () => {
  const cases = arithmeticCases();
  const sets = cases.map((c, i) => vectors(c.kind, SETS_PER_OPCODE, SEED + i));
  let theirs: Int32Array[];
  let oracle: FloatOracle;

  beforeAll(() => {
    oracle = new FloatOracle();
    theirs = oracle.run(cases, sets);
  }, 120_000);
  afterAll(() => oracle?.close());

  it.each(cases.map((c, i) => [rowOf(c.opcode).name, (c.opcode >>> 0).toString(16), i] as const))('%s, opcode %s', (_, __, i) => {
    const ours = evaluate(new FloatMachine(), cases[i], sets[i]);
    const found = mismatches(cases[i], sets[i], ours, theirs[i], 3);
    expect(found.map(({ text }) => text), `seed ${SEED + i}`).toEqual([]);
  });
});
