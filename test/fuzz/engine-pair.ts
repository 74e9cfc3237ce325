/**
 * Interpreter and translator on the same structured programs: they stop at the same random limits, and there, at every
 * fault and at every end, registers, flags, cycles, instruction counts, memory and the fault itself must be the same.
 */
import type { Instruction } from '../../emulator/isa/instruction.js';
import { GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { Random } from '../support/random.js';
import { CODE_BASE, RAM_WORDS, type CoreName, type CoreState } from './case.js';
import { CODE_OFFSET, FencedEngine, Stop } from './core-engine.js';
import { disassemble } from './report.js';
import { calmRows, CODE_AT, freshState, PROGRAM_BYTES, structuredProgram, type StructuredProgram } from './structured.js';

export interface PairOptions {
  readonly core: CoreName;
  readonly rows: readonly Instruction[];
  readonly seed: number;
  /** Ends after at least this many instructions. */
  readonly instructions: number;
  readonly onlyCase?: number;
  /** Receives lines as they come. */
  readonly report: (line: string) => void;
}

export interface PairSummary {
  readonly instructions: number;
  /** Of those, by translated code. */
  readonly translated: number;
  readonly mismatches: number;
  readonly cases: number;
  /** Moments at which everything was compared. */
  readonly comparisons: number;
  /** Comparisons at faults and other ends, by what ended. */
  readonly ends: ReadonlyMap<string, number>;
}

const MOST_MISMATCHES = 20;
/** Cycles of one program, and how often it is set going again after a fault or an end. */
const MOST_CYCLES = 2000;
const MOST_EPISODES = 24;
/** State words that are the engine's own. */
const OWN_WORDS = new Set<number>([Word.LIMIT, Word.TRANSLATED]);
const STATE_WORDS = Word.S0 + 32;

class Side extends FencedEngine {
  constructor(core: CoreName, private readonly isTranslator: boolean) {
    super(core, isTranslator);
  }

  get words(): Int32Array { return this.core.words; }
  get instructions(): number { return this.core.interpreter.instructions; }
  get translated(): number { return this.core.interpreter.translatedInstructions; }
  get memory(): Uint32Array { return this.ram; }

  /** @param translatedAt offsets to translate at once */
  begin(program: StructuredProgram, translatedAt: readonly number[]): void {
    this.bytes.set(program.code, CODE_OFFSET + CODE_AT - CODE_BASE);
    this.isInside = (address) => address >= CODE_AT && address < CODE_AT + program.sequenceBytes;
    this.ram.set(program.ram);
    this.core.interpreter.invalidateAll();
    this.core.interpreter.instructions = 0;
    this.words[Word.CYCLES] = 0;
    if (this.isTranslator) for (const offset of translatedAt) this.core.interpreter.markForTranslation(CODE_AT + offset);
  }

  enter(state: CoreState, offset: number): void {
    this.setState({ state, codeAddress: CODE_AT + offset });
  }

  /** After a fault: goes on at another instruction, with all else as it is. */
  goOnAt(offset: number): void {
    this.words[Word.PC] = CODE_AT + offset;
    this.words[Word.ITSTATE] = 0;
    this.words[Word.T] = 1;
  }

  /** @returns what ended the run before the limit, in words */
  runTo(limit: number): string | undefined {
    const { words } = this;
    try {
      while (words[Word.CYCLES] < limit) {
        if (words[Word.T] === 0) return 'invalid state';
        words[Word.LIMIT] = limit;
        this.core.interpreter.run();
      }
      return undefined;
    } catch (error) {
      if (error instanceof Stop) return error.reason;
      if (error instanceof GuestFault) return `${error.reason}, exception ${error.exception}, status ${error.status.toString(16)}, address ${error.address?.toString(16) ?? 'none'}`;
      throw error;
    }
  }

  offsetOfPc(): number | undefined {
    const pc = this.words[Word.PC] >>> 0;
    return this.isInside(pc) ? pc - CODE_AT : undefined;
  }
}

/** @returns where and how two engines differ, or undefined */
function difference(interpreter: Side, translator: Side): string | undefined {
  for (let n = 0; n < STATE_WORDS; n++) {
    if (interpreter.words[n] !== translator.words[n] && !OWN_WORDS.has(n)) return `state word ${n}: translator ${hex(translator.words[n])}, interpreter ${hex(interpreter.words[n])}`;
  }
  if (interpreter.instructions !== translator.instructions) return `instructions: translator ${translator.instructions}, interpreter ${interpreter.instructions}`;
  for (let i = 0; i < RAM_WORDS; i++) {
    if (interpreter.memory[i] !== translator.memory[i]) return `RAM word ${i}: translator ${hex(translator.memory[i])}, interpreter ${hex(interpreter.memory[i])}`;
  }
  return undefined;
}

const hex = (word: number): string => `0x${(word >>> 0).toString(16)}`;

export class EnginePair {
  private readonly interpreter: Side;
  private readonly translator: Side;
  private readonly calm: readonly Instruction[];
  private comparisons = 0;
  private readonly ends = new Map<string, number>();

  constructor(private readonly options: PairOptions) {
    this.interpreter = new Side(options.core, false);
    this.translator = new Side(options.core, true);
    this.calm = calmRows(options.rows);
  }

  run(): PairSummary {
    const { instructions: wanted, onlyCase, report, seed } = this.options;
    let [instructions, mismatches, cases] = [0, 0, 0];
    for (let index = onlyCase ?? 0; instructions < wanted && mismatches < MOST_MISMATCHES; index++) {
      const random = new Random(seed ^ Math.imul(index + 1, 0x9e37_79b1));
      const program = structuredProgram({ random, core: this.options.core, rows: this.options.rows, calm: this.calm });
      const found = this.compare(program, random);
      cases++;
      instructions += this.interpreter.instructions;
      if (found !== undefined) {
        mismatches++;
        this.describe(index, program, found).forEach(report);
      }
      if (onlyCase !== undefined) break;
    }
    return { instructions, translated: this.translator.translated, mismatches, cases, comparisons: this.comparisons, ends: this.ends };
  }

  private compare(program: StructuredProgram, random: Random): string | undefined {
    const { interpreter, translator } = this;
    const marked = [...program.entries, ...Array.from({ length: 3 }, () => random.pick(program.items).offset)];
    for (const side of [interpreter, translator]) {
      side.begin(program, marked);
      side.enter(program.state, 0);
    }
    let limit = 0;
    for (let episode = 0; limit < MOST_CYCLES && episode < MOST_EPISODES;) {
      limit = interpreter.words[Word.CYCLES] + (random.chance(60) ? random.between(1, 60) : random.between(1, 1500));
      const [expected, got] = [interpreter.runTo(limit), translator.runTo(limit)];
      this.comparisons++;
      if (got !== expected) return `limit ${limit}: translator ends with ${got}, interpreter with ${expected}`;
      const found = difference(interpreter, translator);
      if (found !== undefined) return `limit ${limit}, ${expected ?? 'at the limit'}: ${found}`;
      if (expected === undefined) continue;
      episode++;
      const kind = expected.replace(/,.*| (at|of) 0x.*/, '');
      this.ends.set(kind, (this.ends.get(kind) ?? 0) + 1);
      this.again(program, random);
    }
    return undefined;
  }

  /** Past the instruction that faulted, or anew at another block with other registers. */
  private again(program: StructuredProgram, random: Random): void {
    const at = this.interpreter.offsetOfPc();
    const next = at === undefined ? undefined : program.items.find(({ offset }) => offset > at)?.offset;
    const goesOn = next !== undefined && random.chance(65);
    const [state, entry] = [freshState(random, this.options.core), random.pick(program.entries)];
    for (const side of [this.interpreter, this.translator]) {
      if (goesOn) side.goOnAt(next);
      else side.enter(state, Math.min(entry, program.items.at(-1)!.offset));
    }
  }

  private describe(index: number, program: StructuredProgram, found: string): string[] {
    const { core, seed } = this.options;
    return [
      `mismatch: seed ${seed}, case ${index}, ${core} (again: --engine both --core ${core} --seed ${seed} --case ${index})`,
      ...program.items.map((item) => `  ${disassemble(item, CODE_AT)}`),
      `  literals: ${Array.from(new Uint32Array(program.code.buffer, (program.sequenceBytes + 3) & ~3, Math.min(24, (PROGRAM_BYTES - program.sequenceBytes - 3) >> 2)), hex).join(' ')}`,
      `  differs: ${found}`,
    ];
  }
}

/** What a run covered, in lines for a person; the last line is the result in a fixed form. */
export function describePairSummary({ instructions, translated, mismatches, cases, comparisons, ends }: PairSummary): string[] {
  return [
    `programs: ${cases}, comparisons: ${comparisons}`,
    ...[...ends].sort((a, b) => b[1] - a[1]).map(([end, count]) => `ended ${count} times: ${end}`),
    `by translated code: ${(100 * translated / Math.max(1, instructions)).toFixed(1)} %`,
    `instructions: ${instructions}, mismatches: ${mismatches}`,
  ];
}
