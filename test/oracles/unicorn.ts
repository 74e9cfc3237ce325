/**
 * Unicorn as an oracle for sequences of instructions: builds the server of unicorn.c and speaks its protocol.
 * One process per core. Needs a C compiler and libunicorn 2 with headers (Debian: libunicorn-dev).
 */
import { RAM_WORDS, STOP_REASONS, type CaseResult, type CoreName, type CoreState, type TestCase } from '../fuzz/case.js';
import { buildOracle, OracleProcess } from './oracle-process.js';

const STATE_WORDS = 16 + 7 + 32;
const CASE_HEAD_WORDS = 3;
const RESULT_HEAD_WORDS = 2;
const RESULT_TAIL_WORDS = 4;
const RESULT_WORDS = RESULT_HEAD_WORDS + STATE_WORDS + RESULT_TAIL_WORDS;
const LARGEST_BATCH = 256;
/**
 * Unicorn 2.0.1 keeps more with every case and, after half a million or more, has crashed while it links translated
 * blocks: a fresh process takes over long before.
 */
const MOST_CASES_OF_A_PROCESS = 100_000;

/** A result, and what the oracle saw on the way. */
export interface OracleResult extends CaseResult {
  /** Instructions executed; those whose condition failed in an IT block are not counted. */
  readonly instructions: number;
  /** Their byte offsets in the sequence, each once, ascending. */
  readonly executedOffsets: readonly number[];
}

/** @returns the path of the program @throws Error when it cannot be built */
export const buildUnicorn = (): string => buildOracle('unicorn.c', ['unicorn'], 'libunicorn-dev');

export class UnicornOracle {
  private readonly process: OracleProcess;
  private casesOfProcess = 0;

  constructor(readonly core: CoreName) {
    this.process = new OracleProcess(`Unicorn oracle for ${core}`, buildUnicorn, [core]);
  }

  /** Runs the cases in order; the calls of one oracle must not overlap. @throws Error when the process dies twice on the same */
  async run(cases: readonly TestCase[]): Promise<OracleResult[]> {
    const results: OracleResult[] = [];
    for (let first = 0; first < cases.length; first += LARGEST_BATCH) {
      const batch = cases.slice(first, first + LARGEST_BATCH);
      results.push(...(await this.runBatch(batch).catch(() => {
        this.restart();
        return this.runBatch(batch);
      })));
    }
    return results;
  }

  private async runBatch(batch: readonly TestCase[]): Promise<OracleResult[]> {
    if (this.casesOfProcess > MOST_CASES_OF_A_PROCESS) this.restart();
    this.casesOfProcess += batch.length;
    this.process.write(encodeBatch(batch));
    const results: OracleResult[] = [];
    for (const test of batch) results.push(await this.receive(test));
    return results;
  }

  close(): void {
    this.process.close();
  }

  private restart(): void {
    this.casesOfProcess = 0;
    this.process.restart();
  }

  private async receive(test: TestCase): Promise<OracleResult> {
    const head = await this.process.words(RESULT_WORDS);
    const changes = await this.process.words(2 * head[RESULT_WORDS - 1]);
    const ram = test.ram.slice();
    for (let i = 0; i < changes.length; i += 2) ram[changes[i]] = changes[i + 1]!;
    const tail = RESULT_HEAD_WORDS + STATE_WORDS;
    const reason = STOP_REASONS[head[0]];
    if (reason === undefined) throw new Error(`the Unicorn oracle gave the unknown reason ${head[0]}`);
    return {
      reason,
      faultAddress: head[1],
      state: decodeState(head.subarray(RESULT_HEAD_WORDS, tail)),
      ram,
      executedOffsets: offsetsOf(head[tail], head[tail + 1]),
      instructions: head[tail + 2],
    };
  }
}

function encodeBatch(cases: readonly TestCase[]): Uint8Array {
  let size = 1;
  for (const test of cases) size += CASE_HEAD_WORDS + STATE_WORDS + Math.ceil(test.code.length / 4) + RAM_WORDS;
  const words = new Uint32Array(size);
  const bytes = new Uint8Array(words.buffer);
  words[0] = cases.length;
  let at = 1;
  for (const test of cases) {
    const codeWords = Math.ceil(test.code.length / 4);
    words.set([test.codeAddress, codeWords, test.sequenceBytes], at);
    encodeState(test.state, words, at + CASE_HEAD_WORDS);
    at += CASE_HEAD_WORDS + STATE_WORDS;
    bytes.set(test.code, at * 4);
    words.set(test.ram, at + codeWords);
    at += codeWords + RAM_WORDS;
  }
  return bytes;
}

function encodeState(state: CoreState, words: Uint32Array, at: number): void {
  const { apsr, primask, basepri, faultmask, control, otherSp, fpscr } = state;
  words.set(state.r, at);
  words.set([apsr, primask, basepri, faultmask, control, otherSp, fpscr], at + 16);
  words.set(state.s, at + 23);
}

function decodeState(words: Uint32Array): CoreState {
  const [apsr, primask, basepri, faultmask, control, otherSp, fpscr] = words.subarray(16, 23) as unknown as [number, number, number, number, number, number, number];
  return { r: words.slice(0, 16), apsr, primask, basepri, faultmask, control, otherSp, fpscr, s: words.slice(23, 55) };
}

function offsetsOf(low: number, high: number): number[] {
  const offsets: number[] = [];
  for (let halfword = 0; halfword < 64; halfword++) {
    const word = halfword < 32 ? low : high;
    if ((word >>> (halfword & 31)) & 1) offsets.push(halfword * 2);
  }
  return offsets;
}
