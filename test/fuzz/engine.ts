/** What the fuzzer tests: anything that runs a case. */
import type { CaseResult, TestCase } from './case.js';

export interface EngineUnderTest {
  readonly name: string;
  /**
   * Runs one case: sets up the state of `test`, with CCR.UNALIGN_TRP and CCR.DIV_0_TRP clear, ASPEN set, FPDSCR 0, the
   * FPU enabled and no interrupt pending; executes until the PC leaves the sequence or an exception is raised, which
   * ends the case instead of being entered; reports the state as `CaseResult` says. Gives up with 'limit' after
   * `MOST_INSTRUCTIONS` instructions. The result is not changed by later calls.
   */
  run(test: TestCase): CaseResult | Promise<CaseResult>;
}

/** More than any sequence without a loop executes. */
export const MOST_INSTRUCTIONS = 256;
