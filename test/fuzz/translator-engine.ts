/**
 * The translator as engine under test: every place is translated when it is first met, and what it makes of a case must
 * be what the interpreter makes of it, to the cycle, also when it has to stop at a limit in the middle.
 */
import { GuestFault } from '../../emulator/cores/cortex-m/fault.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { Random } from '../support/random.js';
import type { CaseResult, CoreName, StopReason, TestCase } from './case.js';
import { FencedEngine, reasonOf, Stop } from './core-engine.js';
import { MOST_INSTRUCTIONS, type EngineUnderTest } from './engine.js';

/** More than any sequence without a loop takes. */
const MOST_CYCLES = 64 * MOST_INSTRUCTIONS;
/** Further runs of each case, each with a limit. */
const LIMITS = 2;
/** Words that are not the guest's. */
const OWN_WORDS = new Set<number>([Word.LIMIT, Word.TRANSLATED]);

interface Moment { readonly words: Int32Array; readonly instructions: number; readonly reason: StopReason | undefined }

/** A core that runs a whole case at once, and stops where the sequence ends because nothing can be fetched behind it. */
class LongRunner extends FencedEngine {
  readonly moments: Moment[] = [];
  private limits: readonly number[] = [];
  constructor(core: CoreName, private readonly isTranslator: boolean) {
    super(core, isTranslator);
  }

  get translated(): number {
    return this.core.interpreter.translatedInstructions;
  }

  /** @param chooseLimits for each further run, cycles at which to stop once, from the cycles that the first run took */
  runAll(test: TestCase, chooseLimits: (cycles: number) => readonly number[]): CaseResult[] {
    this.moments.length = 0;
    this.place(test);
    this.core.interpreter.invalidateAll();
    try {
      const first = this.once(test, []);
      return [first, ...chooseLimits(this.core.words[Word.CYCLES]).map((limit) => this.once(test, [limit]))];
    } finally {
      this.clear(test);
    }
  }

  private once(test: TestCase, limits: readonly number[]): CaseResult {
    this.limits = limits;
    this.rewind(test);
    const { reason, faultAddress } = this.execute(test);
    return this.result(reason, faultAddress);
  }

  protected override execute({ codeAddress, sequenceBytes }: TestCase): { reason: StopReason; faultAddress: number } {
    const { words, interpreter } = this.core;
    const end = codeAddress + sequenceBytes;
    this.isInside = (address) => address >= codeAddress && address < end;
    interpreter.instructions = 0;
    words[Word.CYCLES] = 0;
    if (this.isTranslator) for (let at = codeAddress; at < end; at += 2) interpreter.markForTranslation(at);
    const outcome = this.toTheEnd();
    const pc = words[Word.PC] >>> 0;
    const result = this.isInside(pc) || outcome.reason === 'invalid state' ? outcome : { reason: 'end' as const, faultAddress: 0 };
    this.note(result.reason);
    return result;
  }

  private toTheEnd(): { reason: StopReason; faultAddress: number } {
    const { words, interpreter } = this.core;
    try {
      for (const limit of [...this.limits, MOST_CYCLES]) {
        while (words[Word.CYCLES] < limit) {
          if (words[Word.T] === 0) return { reason: 'invalid state', faultAddress: 0 };
          words[Word.LIMIT] = limit;
          interpreter.run();
        }
        this.note(undefined);
      }
      return { reason: 'limit', faultAddress: 0 };
    } catch (error) {
      if (error instanceof Stop) return { reason: error.reason, faultAddress: 0 };
      if (!(error instanceof GuestFault)) throw error;
      // A fetch from where nothing can be executed: the PC has left the sequence.
      if (!this.isInside(words[Word.PC] >>> 0)) return { reason: 'end', faultAddress: 0 };
      return { reason: reasonOf(error), faultAddress: (error.address ?? 0) >>> 0 };
    }
  }

  private note(reason: StopReason | undefined): void {
    this.moments.push({ words: this.core.words.slice(), instructions: this.core.interpreter.instructions, reason });
  }
}

export class TranslatorEngine implements EngineUnderTest {
  readonly name = 'translator';
  private readonly translator: LongRunner;
  private readonly interpreter: LongRunner;
  private readonly random = new Random(1);

  constructor(core: CoreName) {
    this.translator = new LongRunner(core, true);
    this.interpreter = new LongRunner(core, false);
  }

  /** Instructions executed by translated code so far. */
  get translated(): number {
    return this.translator.translated;
  }

  /** @throws Error where the two engines differ */
  run(test: TestCase): CaseResult {
    let limits: readonly number[] = [];
    const expected = this.interpreter.runAll(test, (cycles) => (limits = this.chooseLimits(cycles)));
    const results = this.translator.runAll(test, () => limits);
    compare(this.translator.moments, this.interpreter.moments, limits);
    results.forEach(({ ram }, run) => ram.forEach((word, i) => {
      if (word !== expected[run].ram[i]) throw new Error(`RAM word ${i} of run ${run}: translator ${word}, interpreter ${expected[run].ram[i]}, with limits ${limits.join()}`);
    }));
    return results[0];
  }

  private chooseLimits(cycles: number): number[] {
    return cycles < 2 || cycles >= MOST_CYCLES ? [] : Array.from({ length: LIMITS }, () => this.random.between(1, cycles - 1));
  }
}

function compare(ours: readonly Moment[], theirs: readonly Moment[], limits: readonly number[]): void {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} moments by the translator, ${theirs.length} by the interpreter, with limits ${limits.join()}`);
  ours.forEach((moment, i) => {
    const expected = theirs[i];
    const where = `moment ${i} with limits ${limits.join()}`;
    if (moment.reason !== expected.reason) throw new Error(`${where} ends with: translator ${moment.reason}, interpreter ${expected.reason}`);
    if (moment.instructions !== expected.instructions) throw new Error(`${where} instructions: translator ${moment.instructions}, interpreter ${expected.instructions}`);
    expected.words.forEach((word, n) => {
      if (word !== moment.words[n] && !OWN_WORDS.has(n)) throw new Error(`${where} state word ${n}: translator ${moment.words[n]}, interpreter ${word}`);
    });
  });
}
