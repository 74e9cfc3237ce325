/**
 * The differential fuzzer of the Cortex-M instruction set: random sequences of the rows, run by an engine and by
 * Unicorn, results compared. Every case is a function of seed and case number.
 */
import type { Instruction } from '../../emulator/isa/instruction.js';
import { UnicornOracle, type OracleResult } from '../oracles/unicorn.js';
import { Random } from '../support/random.js';
import type { CaseResult, CoreName } from './case.js';
import type { EngineUnderTest } from './engine.js';
import { generateCase, type GeneratedCase } from './generate.js';
import { judge, type Verdict } from './judge.js';
import { describeMismatch } from './report.js';
import { exclusionOf, type SequenceSource } from './sequence.js';
import { shrink } from './shrink.js';

export interface FuzzOptions {
  readonly core: CoreName;
  /** The rows of the core. */
  readonly rows: readonly Instruction[];
  /** The rows to test, all of them if absent; the others still appear around them in IT blocks. */
  readonly chosen?: readonly Instruction[];
  readonly engine: EngineUnderTest;
  readonly seed: number;
  /** Ends after at least this many instructions. */
  readonly instructions: number;
  /** Runs only this case. */
  readonly onlyCase?: number;
  /** Receives lines as they come. */
  readonly report: (line: string) => void;
}

export interface FuzzSummary {
  /** Executed by the oracle in the cases that were compared. */
  readonly instructions: number;
  readonly mismatches: number;
  readonly cases: number;
  /** Times each row was executed. */
  readonly executed: ReadonlyMap<Instruction, number>;
  /** Cases by the reason for which a difference was accepted or the case was set aside. */
  readonly excused: ReadonlyMap<string, number>;
}

const BATCH = 128;
/** After so many, more of the same help nobody. */
const MOST_MISMATCHES = 100;
const MOST_REPORTS = 10;
const MOST_SHRUNK = 20;

export async function fuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const oracle = new UnicornOracle(options.core);
  try {
    return await new FuzzRun(options, oracle).all();
  } finally {
    oracle.close();
  }
}

class FuzzRun {
  private readonly executed = new Map<Instruction, number>();
  private readonly excused = new Map<string, number>();
  private readonly reported = new Set<string>();
  private instructions = 0;
  private mismatches = 0;
  private shrunk = 0;
  private cases = 0;

  constructor(private readonly options: FuzzOptions, private readonly oracle: UnicornOracle) {}

  async all(): Promise<FuzzSummary> {
    const { instructions, onlyCase } = this.options;
    if (onlyCase !== undefined) await this.batch(onlyCase, 1);
    else if (this.options.rows.length > 0) {
      let idle = 0;
      for (let first = 0; this.instructions < instructions && this.mismatches < MOST_MISMATCHES && idle < 20; first += BATCH) {
        const before = this.instructions;
        await this.batch(first, BATCH);
        idle = this.instructions === before ? idle + 1 : 0;
      }
    }
    return { instructions: this.instructions, mismatches: this.mismatches, cases: this.cases, executed: this.executed, excused: this.excused };
  }

  private generate(index: number): GeneratedCase {
    const { core, rows, chosen = rows, seed } = this.options;
    const source: SequenceSource = { random: new Random(seed ^ Math.imul(index + 1, 0x9e37_79b1)), core, rows, chosen };
    return generateCase(source, index);
  }

  private async batch(first: number, count: number): Promise<void> {
    const generated: GeneratedCase[] = [];
    for (let i = 0; i < count; i++) generated.push(this.generate(first + i));
    const answers = this.oracle.run(generated.map(({ test }) => test));
    const results: (CaseResult | Error)[] = [];
    for (const { test } of generated) results.push(await this.runOurs(test));
    const theirs = await answers;
    for (let i = 0; i < count; i++) await this.settle(first + i, generated[i], results[i], theirs[i]);
  }

  private async runOurs(test: GeneratedCase['test']): Promise<CaseResult | Error> {
    try {
      return await this.options.engine.run(test);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private async settle(index: number, generated: GeneratedCase, ours: CaseResult | Error, theirs: OracleResult): Promise<void> {
    const { differences, excused } = await judge(generated, ours, theirs, this.oracle);
    this.cases++;
    if (excused !== undefined) this.excused.set(excused, (this.excused.get(excused) ?? 0) + 1);
    if (differences.length > 0) await this.mismatch(index, generated);
    if (theirs.reason === 'limit') return;
    this.instructions += theirs.instructions;
    const offsets = new Set(theirs.executedOffsets);
    for (const { row, offset } of generated.items) {
      if (row !== undefined && offsets.has(offset)) this.executed.set(row, (this.executed.get(row) ?? 0) + 1);
    }
  }

  private async mismatch(index: number, generated: GeneratedCase): Promise<void> {
    this.mismatches++;
    if (this.reported.size >= MOST_REPORTS || this.shrunk >= MOST_SHRUNK) return;
    this.shrunk++;
    const again = async (candidate: GeneratedCase): Promise<{ ours: CaseResult | Error; theirs: OracleResult; verdict: Verdict }> => {
      const theirs = (await this.oracle.run([candidate.test]))[0];
      const ours = await this.runOurs(candidate.test);
      return { ours, theirs, verdict: await judge(candidate, ours, theirs, this.oracle) };
    };
    const smallest = await shrink(generated, async (candidate) => (await again(candidate)).verdict.differences.length > 0);
    const rows = smallest.items.map(({ row }) => row?.name ?? '').filter((name) => name !== '').join(' ; ');
    if (this.reported.has(rows)) return;
    this.reported.add(rows);
    const { ours, theirs, verdict } = await again(smallest);
    const { core, seed, engine, report } = this.options;
    const lines = describeMismatch({ core, seed, index, engine: engine.name, smallest, ours, theirs, differences: verdict.differences });
    for (const line of lines) report(line);
  }
}

/** What a run covered, in lines for a person; the last line is the result in a fixed form. */
export function describeSummary(summary: FuzzSummary, core: CoreName, chosen: readonly Instruction[]): string[] {
  const lines: string[] = [];
  const never = chosen.filter((row) => !summary.executed.has(row));
  const notCompared = never.flatMap((row) => {
    const reason = row.mask === (row.bits === 16 ? 0xffff : 0xffff_ffff)
      ? exclusionOf({ opcode: row.value, size: row.bits, core, remainingInIT: 0 }) : undefined;
    return reason === undefined ? [] : [{ row, reason }];
  });
  if (summary.mismatches >= MOST_MISMATCHES) lines.push(`stopped after ${summary.mismatches} mismatches`);
  const missed = summary.cases === 1 ? [] : never.filter((row) => !notCompared.some((entry) => entry.row === row));
  lines.push(`rows executed: ${chosen.length - never.length} of ${chosen.length}, in ${summary.cases} sequences`);
  for (const { row, reason } of notCompared) lines.push(`row not compared: ${row.name} (${reason})`);
  for (const row of missed) lines.push(`row never executed: ${row.name}`);
  for (const [reason, count] of summary.excused) lines.push(`sequences excused: ${count} (${reason})`);
  lines.push(`instructions: ${summary.instructions}, mismatches: ${summary.mismatches}`);
  return lines;
}
