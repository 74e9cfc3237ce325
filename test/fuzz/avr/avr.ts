/**
 * The differential fuzzer of the AVR's instruction set: random instructions run by an engine, by simavr and by avr8js, and results
 * compared: registers, SREG, SP, PC, data memory, cycles. Every case is a function of core, seed and case number.
 */
import { AVR_ROWS, type AvrRow } from '../../../emulator/cores/avr/rows/index.js';
import { textOf } from '../../../emulator/isa/decoder.js';
import { fieldsOf } from '../../../emulator/isa/instruction.js';
import { Avr8jsOracle } from '../../oracles/avr8js.js';
import { SimavrOracle } from '../../oracles/simavr.js';
import type { AvrCase, AvrCore, AvrEngine, AvrImage, AvrResult } from './case.js';
import { imageNumberOf, makeCase, makeImage, rowsOf } from './image.js';
import { comparedFlags, Judgement, judgementOf, ORACLE_RULES, type OracleRule } from './rules.js';

export interface AvrFuzzOptions {
  readonly core: AvrCore;
  readonly engine: AvrEngine;
  readonly seed: number;
  /** Ends after at least this many instructions against each oracle. */
  readonly instructions: number;
  /** The rows of which images are made; all without. */
  readonly chosen?: readonly AvrRow[];
  /** Runs only this case. */
  readonly onlyCase?: number;
  /** Receives lines as they come. */
  readonly report: (line: string) => void;
}

export interface AvrFuzzSummary {
  /** Compared with each oracle. */
  readonly instructions: Readonly<Record<OracleRule['oracle'], number>>;
  readonly mismatches: number;
  readonly cases: number;
  /** Times each row was executed where an oracle could see it. */
  readonly executed: ReadonlyMap<AvrRow, number>;
}

const BATCH = 1000;
/** After so many, more of the same help nobody. */
const MOST_MISMATCHES = 20;

interface Judge { readonly name: OracleRule['oracle']; readonly oracle: AvrEngine; readonly close: () => void }

function judgesOf(core: AvrCore): Judge[] {
  const simavr = new SimavrOracle(core);
  return [{ name: 'simavr', oracle: simavr, close: () => simavr.close() }, { name: 'avr8js', oracle: new Avr8jsOracle(core), close: () => {} }];
}

export async function fuzzAvr(options: AvrFuzzOptions): Promise<AvrFuzzSummary> {
  const judges = judgesOf(options.core);
  const executed = new Map<AvrRow, number>();
  const instructions = { simavr: 0, avr8js: 0 };
  let [mismatches, cases] = [0, 0];
  try {
    for (const judge of judges) {
      const run = new JudgedRun(options, judge, executed);
      await run.all();
      instructions[judge.name] = run.instructions;
      mismatches += run.mismatches;
      cases += run.cases;
    }
  } finally {
    for (const { close } of judges) close();
  }
  return { instructions, mismatches, cases, executed };
}

/** One oracle's part: it ends cases before what the oracle gets wrong. */
class JudgedRun {
  instructions = 0;
  mismatches = 0;
  cases = 0;
  private image: AvrImage | undefined;
  private isCompared = new Uint8Array();
  private readonly flags: number;

  constructor(private readonly options: AvrFuzzOptions, private readonly judge: Judge, private readonly executed: Map<AvrRow, number>) {
    this.flags = comparedFlags(judge.name);
  }

  async all(): Promise<void> {
    const { onlyCase, instructions } = this.options;
    if (onlyCase !== undefined) return this.batch(onlyCase, 1);
    while (this.instructions < instructions && this.mismatches < MOST_MISMATCHES) await this.batch(this.cases, BATCH);
  }

  private async batch(first: number, count: number): Promise<void> {
    const { options: { seed, engine }, judge: { oracle } } = this;
    const image = await this.imageFor(first);
    const cases = Array.from({ length: count }, (_, i) => makeCase(image, seed, first + i));
    const [expected, got] = [await oracle.run(cases), await engine.run(cases)];
    for (let i = 0; i < count; i++) {
      this.cases++;
      if (expected[i].isVoid === true) continue;
      this.instructions += expected[i].steps;
      const found = difference(got[i], expected[i], this.flags);
      if (found === undefined) this.count(image, cases[i]);
      else if (this.mismatches++ < MOST_MISMATCHES) await this.describe(image, first + i, cases[i], found);
    }
  }

  private async imageFor(index: number): Promise<AvrImage> {
    const { core, seed, engine, chosen } = this.options;
    const number = imageNumberOf(index);
    if (this.image?.number === number) return this.image;
    const image = makeImage(core, seed, number, chosen ?? rowsOf(core));
    const isCompared = Uint8Array.from(image.rowAt, (row, pc) => (row < 0 ? Judgement.before : judgementOf(this.judge.name, AVR_ROWS[row], image.program[(pc + 1) % image.program.length])));
    this.isCompared = isCompared;
    await engine.load(image, isCompared);
    await this.judge.oracle.load(image, isCompared);
    return (this.image = image);
  }

  /** Which row a case began with is known without looking on: there are enough cases. */
  private count(image: AvrImage, { state }: AvrCase): void {
    const row = AVR_ROWS[image.rowAt[state.pc]];
    if (row && this.isCompared[state.pc] !== Judgement.before) this.executed.set(row, (this.executed.get(row) ?? 0) + 1);
  }

  /** Looks for the first instruction after which the engines differ. */
  private async describe(image: AvrImage, index: number, test: AvrCase, found: string): Promise<void> {
    const { options: { core, seed, engine, report }, judge } = this;
    report(`mismatch with ${judge.name}: seed ${seed}, case ${index}, ${core} (again: --core ${core} --seed ${seed} --case ${index})`);
    let pc = test.state.pc;
    let before = test.state;
    for (let steps = 1; steps <= test.steps; steps++) {
      const shorter = [{ ...test, steps }];
      const [[expected], [got]] = [await judge.oracle.run(shorter), await engine.run(shorter)];
      const here = difference(got, expected, this.flags);
      if (here !== undefined) {
        report(`  ${steps - 1} instructions before ${textAt(image, pc)}`);
        report(`  before: ${Array.from(before.r, (r, n) => `r${n}=${r.toString(16)}`).join(' ')} sp=${before.sp.toString(16)} sreg=${before.sreg.toString(16)}`);
        report(`  differs: ${here}`);
        return;
      }
      ({ pc } = got.state);
      before = got.state;
    }
    report(`  differs only as a whole: ${found}`);
  }
}

function textAt({ program, rowAt }: AvrImage, pc: number): string {
  const row = AVR_ROWS[rowAt[pc]];
  if (!row) return `0x${program[pc].toString(16)}`;
  const opcode = row.bits === 16 ? program[pc] : ((program[pc] << 16) | program[(pc + 1) % program.length]) >>> 0;
  return `${textOf(row, fieldsOf(row, opcode), pc)} at word 0x${pc.toString(16)}, then 0x${program[(pc + row.bits / 16) % program.length].toString(16)}`;
}

/** @param flags of SREG that are compared @returns where ours is not as the oracle's, or undefined */
export function difference(ours: AvrResult, oracles: AvrResult, flags: number): string | undefined {
  const found: string[] = [];
  const compare = (name: string, a: number, b: number): void => {
    if (a !== b) found.push(`${name}: ours 0x${a.toString(16)}, oracle 0x${b.toString(16)}`);
  };
  compare('sreg', ours.state.sreg & flags, oracles.state.sreg & flags);
  for (const name of ['pc', 'sp', 'rampz', 'eind'] as const) compare(name, ours.state[name], oracles.state[name]);
  for (let n = 0; n < 32; n++) compare(`r${n}`, ours.state.r[n], oracles.state.r[n]);
  compare('cycles', ours.cycles, oracles.cycles);
  compare('steps', ours.steps, oracles.steps);
  if (ours.changes.length > 0 || oracles.changes.length > 0) {
    const [a, b] = [ours, oracles].map(({ changes }) => changes.map(([address, value]) => `${address.toString(16)}:${value.toString(16)}`).join(' '));
    if (a !== b) found.push(`memory: ours ${a}, oracle ${b}`);
  }
  return found.length > 0 ? found.join('; ') : undefined;
}

/** What a run covered, in lines for a person; the last line is the result in a fixed form. */
export function describeAvrSummary({ instructions, mismatches, cases, executed }: AvrFuzzSummary, core: AvrCore, rows: readonly AvrRow[] = rowsOf(core)): string[] {
  return [
    ...ORACLE_RULES.filter((rule) => rows.some(({ name }) => rule.rows.includes(name))).map(({ oracle, rows: names, reason }) => `${oracle} is wrong: ${names.join(', ')}: ${reason}`),
    ...rows.filter((row) => !executed.has(row)).map(({ name }) => `row never begun with: ${name}`),
    `${core}: cases: ${cases}, against simavr: ${instructions.simavr}, against avr8js: ${instructions.avr8js}`,
    `instructions: ${instructions.simavr + instructions.avr8js}, mismatches: ${mismatches}`,
  ];
}
