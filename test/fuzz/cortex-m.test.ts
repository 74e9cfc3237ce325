/**
 * The rows of every core against Unicorn, with a fixed seed: small runs of what `npm run fuzz` does at length. The
 * fuzzer itself is tested with engines that are wrong on purpose.
 */
import { describe, expect, it } from 'vitest';
import { CORES, type CaseResult, type TestCase } from './case.js';
import { describeSummary, fuzz, type FuzzSummary } from './cortex-m.js';
import type { EngineUnderTest } from './engine.js';
import { ENGINES, openEngine, rowsOf } from './engines.js';

const SEED = 20_260_101;
const INSTRUCTIONS = { interpreter: 60_000, translator: 10_000, rows: 15_000 };

describe.each(ENGINES)('engine %s', (name) => {
  it.each(CORES)('agrees with Unicorn as %s, on every row that can be compared', { timeout: 60_000 }, async (core) => {
    const lines: string[] = [];
    const rows = rowsOf(core);
    const summary = await fuzz({ core, rows, engine: openEngine(name, core), seed: SEED, instructions: INSTRUCTIONS[name], report: (line) => lines.push(line) });
    const text = [...lines, ...describeSummary(summary, core, rows)].join('\n');
    expect(summary.mismatches, text).toBe(0);
    expect(summary.instructions, text).toBeGreaterThanOrEqual(INSTRUCTIONS[name]);
    expect(text).not.toContain('row never executed');
  });
});

/** Right, but for what `spoil` does to the result. */
function spoiled(core: 'cortex-m4', spoil: (test: TestCase, result: CaseResult) => void): EngineUnderTest {
  const right = openEngine('rows', core);
  return {
    name: 'spoiled',
    run: async (test) => {
      const result = await right.run(test);
      spoil(test, result);
      return result;
    },
  };
}

async function fuzzSpoiled(row: string, spoil: (test: TestCase, result: CaseResult) => void): Promise<{ summary: FuzzSummary; text: string }> {
  const lines: string[] = [];
  const rows = rowsOf('cortex-m4');
  const chosen = rows.filter(({ name }) => name === row);
  expect(chosen).toHaveLength(1);
  const engine = spoiled('cortex-m4', spoil);
  const summary = await fuzz({ core: 'cortex-m4', rows, chosen, engine, seed: SEED, instructions: 500, report: (line) => lines.push(line) });
  return { summary, text: lines.join('\n') };
}

describe('the fuzzer', () => {
  it('finds one wrong flag, shrinks to the instruction, and says how to repeat it', async () => {
    const { summary, text } = await fuzzSpoiled('ADC (register) T1', (_, { state }) => {
      if (state.apsr & 0x1000_0000) state.apsr = (state.apsr ^ 0x2000_0000) >>> 0;
    });
    expect(summary.mismatches).toBeGreaterThan(0);
    expect(text).toMatch(new RegExp(`seed ${SEED}, case \\d+, cortex-m4`));
    expect(text).toContain('--core cortex-m4 --seed');
    expect(text).toMatch(/differs: apsr: ours 0x[0-9a-f]{8}, oracle 0x[0-9a-f]{8}/);
  });

  it('finds one wrong word of memory', async () => {
    const { summary, text } = await fuzzSpoiled('STR (immediate) T1', (test, { ram }) => {
      const changed = ram.findIndex((word, i) => word !== test.ram[i]);
      if (changed >= 0) ram[changed] ^= 1;
    });
    expect(summary.mismatches).toBeGreaterThan(0);
    expect(text).toMatch(/differs: \[0x20000[0-9a-f]{3}\]: ours/);
  });

  it('counts an engine that throws as a mismatch', async () => {
    const { summary, text } = await fuzzSpoiled('NOP T1', () => { throw new Error('broken'); });
    expect(summary.mismatches).toBeGreaterThan(0);
    expect(text).toContain('our engine threw: Error: broken');
  });

  it('gives the same cases for the same seed', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const seen: number[] = [];
      const rows = rowsOf('cortex-m0');
      const right = openEngine('rows', 'cortex-m0');
      const engine: EngineUnderTest = { name: 'recorder', run: (test) => (seen.push(...test.code, ...test.state.r), right.run(test)) };
      await fuzz({ core: 'cortex-m0', rows, engine, seed: 3, instructions: 100, report: () => {} });
      runs.push(seen.join());
    }
    expect(runs[0]).toBe(runs[1]);
  });

  it('ends its report with the counts', () => {
    const summary: FuzzSummary = { instructions: 12, mismatches: 1, cases: 3, executed: new Map(), excused: new Map() };
    expect(describeSummary(summary, 'cortex-m0', []).at(-1)).toBe('instructions: 12, mismatches: 1');
  });
});
