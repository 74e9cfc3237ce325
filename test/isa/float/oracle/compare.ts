/** Runs vectors through the rows and through Unicorn and reports where they differ. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RMODE } from '../../../../emulator/isa/float/fpscr.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';
import type { FloatMachine} from './machine.js';
import { rowOf } from './machine.js';

const SOURCE = fileURLToPath(new URL('float-oracle.c', import.meta.url));
const SET_WORDS = 7;
const HEAD_WORDS = 3;
/** What the vectors look like: S0..S5 drawn as singles, doubles, half pairs or plain words. */
export type Kind = 'single' | 'double' | 'half' | 'word';

export interface Case {
  readonly opcode: number;
  readonly kind: Kind;
  /** Unicorn's core: Cortex-M4 or Cortex-M7. */
  readonly core: 4 | 7;
  /**
   * The oracle rounds by FPSCR.RMode where the manual does not: it is run to nearest and must agree with us in any mode.
   * Unicorn 2.0.1 (QEMU 5.0) does so in VCVT from fixed point, of which the README speaks.
   */
  readonly isAlwaysNearest: boolean;
}

export interface Mismatch { readonly name: string; readonly text: string }

export class FloatOracle {
  private readonly folder = mkdtempSync(join(tmpdir(), 'float-oracle-'));
  private readonly program = join(this.folder, 'float-oracle');

  /** @throws Error when the oracle cannot be built: a C compiler and libunicorn-dev are needed */
  constructor() {
    execFileSync('cc', ['-O2', '-Wall', '-o', this.program, SOURCE, '-lunicorn'], { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Each case's sets as [FPSCR, S0..S5]; gives each set's [S0..S5, FPSCR] in the same layout. */
  run(cases: readonly Case[], sets: readonly Int32Array[]): Int32Array[] {
    const words = sets.reduce((sum, set) => sum + set.length + HEAD_WORDS, 0);
    const input = new Int32Array(words);
    let at = 0;
    cases.forEach((c, i) => {
      input.set([c.core, c.opcode, sets[i].length / SET_WORDS], at);
      input.set(c.isAlwaysNearest ? withRMode(sets[i], 0, sets[i]) : sets[i], at + HEAD_WORDS);
      at += HEAD_WORDS + sets[i].length;
    });
    const done = spawnSync(this.program, { input: Buffer.from(input.buffer), maxBuffer: 1 << 30 });
    if (done.status !== 0) throw new Error(`float-oracle failed: ${done.stderr}`);
    const output = new Int32Array(done.stdout.buffer.slice(done.stdout.byteOffset, done.stdout.byteOffset + done.stdout.length));
    at = 0;
    return sets.map((set, i) => {
      const results = output.subarray(at, (at += set.length));
      return cases[i].isAlwaysNearest ? withRMode(results, SET_WORDS - 1, set) : results;
    });
  }
}

/** A copy whose FPSCR, at `index` of each set, is to nearest (operands) or has the RMode that the set asked for (results). */
function withRMode(sets: Int32Array, index: number, asked: Int32Array): Int32Array {
  const copy = sets.slice();
  for (let at = 0; at < copy.length; at += SET_WORDS) copy[at + index] = (copy[at + index] & ~RMODE) | (index === 0 ? 0 : asked[at] & RMODE);
  return copy;
}

/** Executes every set of a case on the rows. */
export function evaluate(machine: FloatMachine, { opcode }: Case, sets: Int32Array): Int32Array {
  const execute = machine.prepare(opcode);
  const results = new Int32Array(sets.length);
  const { words } = machine;
  for (let at = 0; at < sets.length; at += SET_WORDS) {
    machine.setFlags(sets[at]);
    words.set(sets.subarray(at + 1, at + SET_WORDS), Word.S0);
    execute();
    results.set(words.subarray(Word.S0, Word.S0 + 6), at);
    results[at + 6] = words[Word.FPSCR]!;
  }
  return results;
}

const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
const list = (words: Int32Array): string => Array.from(words, hex).join(' ');

export function mismatches(c: Case, sets: Int32Array, ours: Int32Array, oracle: Int32Array, most: number): Mismatch[] {
  const found: Mismatch[] = [];
  const name = rowOf(c.opcode).name;
  for (let at = 0; at < sets.length && found.length < most; at += SET_WORDS) {
    let same = true;
    for (let i = 0; i < SET_WORDS; i++) same &&= ours[at + i] === oracle[at + i];
    if (same) continue;
    found.push({ name, text: `FPSCR ${hex(sets[at])} S0..5 ${list(sets.subarray(at + 1, at + 7))}\n      ours ${list(ours.subarray(at, at + 7))}\n   oracle ${list(oracle.subarray(at, at + 7))}` });
  }
  return found;
}
