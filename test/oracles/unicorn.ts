/**
 * Unicorn as an oracle for sequences of instructions: builds the server of unicorn.c and speaks its protocol.
 * One process per core. Needs a C compiler and libunicorn 2 with headers (Debian: libunicorn-dev).
 */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RAM_WORDS, STOP_REASONS, type CaseResult, type CoreName, type CoreState, type TestCase } from '../fuzz/case.js';

const SOURCE = fileURLToPath(new URL('unicorn.c', import.meta.url));
const BUILD_FOLDER = fileURLToPath(new URL('build', import.meta.url));

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

/** Compiles unicorn.c when the program is missing or older. @returns its path @throws Error when that fails */
export function buildUnicorn(): string {
  const program = `${BUILD_FOLDER}/unicorn`;
  if (existsSync(program) && statSync(program).mtimeMs >= statSync(SOURCE).mtimeMs) return program;
  mkdirSync(BUILD_FOLDER, { recursive: true });
  // Test files run side by side: each compiles for itself, and the rename lets one win.
  const own = `${program}.${process.pid}`;
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', own, SOURCE, '-lunicorn'], { stdio: ['ignore', 'inherit', 'pipe'] });
  } catch (error) {
    const detail = String((error as { stderr?: Buffer }).stderr ?? error).trim().split('\n')[0];
    throw new Error(`cannot build the Unicorn oracle (install a C compiler and libunicorn-dev): ${detail}`, { cause: error });
  }
  renameSync(own, program);
  return program;
}

export class UnicornOracle {
  private process: ChildProcessByStdio<Writable, Readable, null>;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private wake: (() => void) | undefined;
  private ended: string | undefined;

  private casesOfProcess = 0;

  constructor(readonly core: CoreName) {
    this.process = this.start();
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
    this.process.stdin.write(encodeBatch(batch));
    const results: OracleResult[] = [];
    for (const test of batch) results.push(await this.receive(test));
    return results;
  }

  close(): void {
    this.process.stdin.end();
  }

  private restart(): void {
    this.process.kill();
    this.process = this.start();
  }

  private start(): ChildProcessByStdio<Writable, Readable, null> {
    this.received = [];
    this.receivedBytes = 0;
    this.ended = undefined;
    this.casesOfProcess = 0;
    const process = spawn(buildUnicorn(), [this.core], { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = (reason: string): void => {
      if (process !== this.process) return;
      this.ended ??= reason;
      this.wake?.();
    };
    process.stdout.on('data', (chunk: Buffer) => {
      if (process !== this.process) return;
      this.received.push(chunk);
      this.receivedBytes += chunk.length;
      this.wake?.();
    });
    process.stdin.on('error', () => end('closed its input'));
    process.on('error', (error) => end(error.message));
    process.on('close', (code, signal) => end(`ended with ${signal ?? `status ${code}`}`));
    return process;
  }

  private async receive(test: TestCase): Promise<OracleResult> {
    const head = await this.words(RESULT_WORDS);
    const changes = await this.words(2 * head[RESULT_WORDS - 1]);
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

  private async words(count: number): Promise<Uint32Array> {
    const bytes = count * 4;
    while (this.receivedBytes < bytes) {
      if (this.ended !== undefined) throw new Error(`the Unicorn oracle for ${this.core} ${this.ended}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    const all = this.received.length === 1 ? this.received[0] : Buffer.concat(this.received);
    this.received = all.length > bytes ? [all.subarray(bytes)] : [];
    this.receivedBytes -= bytes;
    const words = new Uint32Array(count);
    new Uint8Array(words.buffer).set(all.subarray(0, bytes));
    return words;
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
