/**
 * The translator as engine under test: what is met is translated at once, up to where the interpreter ended, and must come to the
 * same to the cycle, also when it has to stop on the way.
 */
import { Word } from '../../../emulator/cores/avr/state.js';
import { Random } from '../../support/random.js';
import { takeChanges, type AvrCase, type AvrCore, type AvrImage, type AvrResult } from './case.js';
import { AvrCoreEngine } from './core-engine.js';

/** Regions of random code lead everywhere: small ones are made quicker. */
const TRANSLATION = { hot: 1, most: 40 };
/** More than any case takes. */
const MOST_CYCLES = 1000;

export class AvrTranslatorEngine extends AvrCoreEngine {
  override readonly name = 'translator';
  /** Instructions executed by translated code so far, and by both. */
  translated = 0;
  executed = 0;
  private readonly interpreter: AvrCoreEngine;
  private readonly random = new Random(1);

  constructor(core: AvrCore) {
    super(core, TRANSLATION);
    this.interpreter = new AvrCoreEngine(core);
  }

  override load(image: AvrImage, isCompared: Uint8Array): void {
    super.load(image, isCompared);
    this.interpreter.load(image, isCompared);
  }

  protected override runOne(test: AvrCase): AvrResult {
    const [expected] = this.interpreter.run([test]);
    const byLimit = this.runBy(test, expected, [this.random.below(expected.cycles + 1), expected.cycles]);
    if (expected.state.pc === test.state.pc) return byLimit;
    const { interpreter } = this.core;
    interpreter.setBreakpoint(2 * expected.state.pc);
    const toTheEnd = this.runBy(test, expected, [MOST_CYCLES]);
    interpreter.clearBreakpoint(2 * expected.state.pc);
    // a loop has come there sooner
    return toTheEnd.steps === expected.steps && differs(byLimit, toTheEnd) ? toTheEnd : byLimit;
  }

  private runBy(test: AvrCase, { steps }: AvrResult, limits: readonly number[]): AvrResult {
    this.begin(test);
    const { words, interpreter } = this.core;
    const before = interpreter.instructions;
    const translatedBefore = interpreter.translatedInstructions;
    interpreter.noteInterrupt(words[Word.PC]);
    this.core.stop = undefined;
    for (const limit of limits) this.runTo(limit);
    const executed = interpreter.instructions - before;
    this.executed += executed;
    this.translated += interpreter.translatedInstructions - translatedBefore;
    return { state: this.state(), cycles: words[Word.CYCLES], steps: executed === steps ? steps : -executed, changes: takeChanges(this.data, this.pristine) };
  }

  private runTo(limit: number): void {
    const { words, interpreter } = this.core;
    while (words[Word.CYCLES] < limit && this.core.stop === undefined) {
      words[Word.LIMIT] = limit;
      interpreter.run();
    }
  }
}

const differs = (one: AvrResult, other: AvrResult): boolean => JSON.stringify(plain(one)) !== JSON.stringify(plain(other));
const plain = ({ state, ...rest }: AvrResult): unknown => ({ ...rest, state: { ...state, r: [...state.r] } });
