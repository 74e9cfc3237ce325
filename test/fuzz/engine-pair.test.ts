/** Interpreter and translator on structured random programs: a small run of `npm run fuzz -- --engine both`. */
import { describe, expect, it } from 'vitest';
import { CORES } from './case.js';
import { describePairSummary, EnginePair } from './engine-pair.js';
import { rowsOf } from './engines.js';

const SEED = 20_260_102;
const INSTRUCTIONS = 60_000;

describe('interpreter and translator agree on structured programs', () => {
  it.each(CORES)('as %s, at random limits, faults and ends', (core) => {
    const lines: string[] = [];
    const summary = new EnginePair({ core, rows: rowsOf(core), seed: SEED, instructions: INSTRUCTIONS, report: (line) => lines.push(line) }).run();
    const text = [...lines, ...describePairSummary(summary)].join('\n');
    expect(summary.mismatches, text).toBe(0);
    expect(summary.instructions, text).toBeGreaterThanOrEqual(INSTRUCTIONS);
    expect(summary.translated / summary.instructions, text).toBeGreaterThan(0.25);
    expect(summary.comparisons, text).toBeGreaterThan(1000);
    expect(summary.ends.size, text).toBeGreaterThan(3);
  });

  it('comes to the same counts from the same seed', () => {
    const [first, second] = [0, 1].map(() => new EnginePair({ core: 'cortex-m4', rows: rowsOf('cortex-m4'), seed: 3, instructions: 5000, report: () => {} }).run());
    expect(second).toEqual(first);
  });
});
