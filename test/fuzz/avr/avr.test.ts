/**
 * The rows of both AVR cores against simavr and avr8js, with a fixed seed: small runs of what `npm run fuzz -- --core avr` does at
 * length. The fuzzer itself is tested with engines that are wrong on purpose.
 */
import { describe, expect, it } from 'vitest';
import { describeAvrSummary, fuzzAvr } from './avr.js';
import { AVR_CORES, type AvrCase, type AvrResult } from './case.js';
import { AvrCoreEngine } from './core-engine.js';
import { rowsOf } from './image.js';
import { isOutOfScope } from './rules.js';
import { AvrTranslatorEngine } from './translator-engine.js';

const SEED = 20_260_101;
const INSTRUCTIONS = 100_000;
/** For each oracle: every case makes a module of its own. */
const TRANSLATED_INSTRUCTIONS = 15_000;

describe('the interpreter', () => {
  it.each(AVR_CORES)('agrees with simavr and avr8js as %s, on every row that can be compared', { timeout: 120_000 }, async (core) => {
    const lines: string[] = [];
    const summary = await fuzzAvr({ core, engine: new AvrCoreEngine(core), seed: SEED, instructions: INSTRUCTIONS, report: (line) => lines.push(line) });
    const text = [...lines, ...describeAvrSummary(summary, core)].join('\n');
    expect(summary.mismatches, text).toBe(0);
    expect(summary.instructions.simavr).toBeGreaterThanOrEqual(INSTRUCTIONS);
    expect(summary.instructions.avr8js).toBeGreaterThanOrEqual(INSTRUCTIONS);
    expect(rowsOf(core).filter((row) => !isOutOfScope(row) && !summary.executed.has(row)), text).toEqual([]);
  });
});

describe('the translator', () => {
  it.each(AVR_CORES)('agrees with simavr and avr8js as %s, and with the interpreter when it stops on the way', { timeout: 300_000 }, async (core) => {
    const lines: string[] = [];
    const engine = new AvrTranslatorEngine(core);
    const summary = await fuzzAvr({ core, engine, seed: SEED, instructions: TRANSLATED_INSTRUCTIONS, report: (line) => lines.push(line) });
    expect(summary.mismatches, [...lines, ...describeAvrSummary(summary, core)].join('\n')).toBe(0);
    expect(summary.instructions.simavr + summary.instructions.avr8js).toBeGreaterThanOrEqual(2 * TRANSLATED_INSTRUCTIONS);
    expect(engine.translated / engine.executed).toBeGreaterThan(0.3);
  });
});

/** Right, but for what `spoil` does to the result. */
class Spoiled extends AvrCoreEngine {
  constructor(private readonly spoil: (test: AvrCase, result: AvrResult) => AvrResult) {
    super('avr-pc16');
  }
  override run(cases: readonly AvrCase[]): AvrResult[] {
    return super.run(cases).map((result, i) => this.spoil(cases[i], result));
  }
}

async function fuzzSpoiled(row: string, spoil: (test: AvrCase, result: AvrResult) => AvrResult): Promise<{ mismatches: number; text: string }> {
  const lines: string[] = [];
  const chosen = rowsOf('avr-pc16').filter(({ name }) => name === row);
  const { mismatches } = await fuzzAvr({ core: 'avr-pc16', chosen, engine: new Spoiled(spoil), seed: SEED, instructions: 500, report: (line) => lines.push(line) });
  return { mismatches, text: lines.join('\n') };
}

describe('the AVR fuzzer', () => {
  it('finds one wrong flag and names the instruction and the options that repeat it', { timeout: 60_000 }, async () => {
    const { mismatches, text } = await fuzzSpoiled('AND', (_, result) => ({ ...result, state: { ...result.state, sreg: result.state.sreg ^ 0x10 } }));
    expect(mismatches).toBeGreaterThan(0);
    expect(text).toMatch(new RegExp(`mismatch with simavr: seed ${SEED}, case \\d+, avr-pc16 \\(again: --core avr-pc16 --seed ${SEED} --case \\d+\\)`));
    expect(text).toMatch(/0 instructions before and r\d+, r\d+/);
  });

  it('finds one wrong cycle', { timeout: 60_000 }, async () => {
    const { text } = await fuzzSpoiled('RJMP', (_, result) => ({ ...result, cycles: result.cycles + 1 }));
    expect(text).toMatch(/differs: cycles: ours 0x3, oracle 0x2/);
  });

  it('finds a byte of memory that was not written', { timeout: 60_000 }, async () => {
    const { text } = await fuzzSpoiled('PUSH', (_, result) => ({ ...result, changes: result.changes.slice(1) }));
    expect(text).toMatch(/differs: memory: ours\s*, oracle [0-9a-f]+:[0-9a-f]+/);
  });
});
