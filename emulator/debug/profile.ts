/**
 * Where a firmware spends its cycles: samples at even distances in virtual time, each put down to a call stack.
 *
 * Unwinding takes some hundred times longer than a sample may, so stacks are remembered by where the core stands (PC, SP, and
 * LR, R7 and R11 where a caller was found by them) and by the return addresses on the stack, which are compared each time.
 * Callers are found on Arm cores only: on others a stack is the innermost function.
 */
import { Word } from '../cores/cortex-m/state.js';
import type { CoreView, FirmwareImage } from '../machine-api.js';
import { debugInfoOf, type DebugInfo, type Frame } from './dwarf/index.js';

/** Cycles between samples: a prime, so that loops do not run in step with it. */
export const DEFAULT_SPACING = 997;

export interface ProfiledFunction {
  readonly name: string;
  /** Source file, where debug information tells. */
  readonly file?: string;
  /** Cycles in the function itself, and with what it called. */
  readonly selfCycles: number;
  readonly totalCycles: number;
}

export interface ProfileSummary {
  readonly spacing: number;
  readonly samples: number;
  /** By falling own cycles. */
  readonly functions: readonly ProfiledFunction[];
}

/** A call stack with how often it was met; the innermost function last. */
interface Stack {
  readonly names: readonly string[];
  samples: number;
}

/** A stack as it was unwound once, and what must be the same for it to be the same. */
interface Remembered {
  readonly sp: number;
  /** Pairs of number and value. */
  readonly registers: readonly number[];
  /** Pairs of address and word. */
  readonly words: readonly number[];
  readonly stack: Stack;
}

const UNKNOWN = '(unknown)';
const ASLEEP = '(asleep)';
const MOST_REMEMBERED_PER_ADDRESS = 16;
const MOST_TOLD = 5;
/** Registers besides SP that callers are found by: LR, and those that compilers use as frame pointers. */
const WAYS_OUT = [7, 11, Word.LR];

export class Profile {
  private samples = 0;
  private readonly stacks = new Map<string, Stack>();
  private readonly remembered = new Map<number, Remembered[]>();
  private readonly files = new Map<string, string>();
  private readonly debug: DebugInfo;

  /** @param spacing cycles that a sample stands for */
  constructor(private readonly core: CoreView, image: FirmwareImage, private readonly spacing: number) {
    this.debug = debugInfoOf(image);
  }

  /** To be called while the core stands still. @param isAsleep the cycles passed in sleep */
  record(samples: number, isAsleep: boolean): void {
    this.samples += samples;
    const here = this.here();
    (isAsleep ? this.stackOf([...here.names, ASLEEP]) : here).samples += samples;
  }

  // -- Call stacks.

  private here(): Stack {
    const { pc } = this.core.registers;
    if (this.core.callStacks === undefined) return this.stackOf([this.nameOf({ function: this.debug.functionAt(pc), line: this.debug.lineOf(pc) })]);
    let known = this.remembered.get(pc);
    if (!known) this.remembered.set(pc, (known = []));
    for (const one of known) if (this.isSame(one)) return one.stack;
    const made = this.unwind();
    if (known.length >= MOST_REMEMBERED_PER_ADDRESS) known.shift();
    known.push(made);
    return made.stack;
  }

  private isSame({ sp, registers, words: expected }: Remembered): boolean {
    const { core, core: { words } } = this;
    if (words[Word.SP] !== sp) return false;
    for (let i = 0; i < registers.length; i += 2) if (words[registers[i]] !== registers[i + 1]) return false;
    for (let i = 0; i < expected.length; i += 2) if (core.peek(expected[i], 4) !== expected[i + 1]) return false;
    return true;
  }

  private unwind(): Remembered {
    const { words } = this.core;
    const read: number[] = [];
    const r = Array.from(words.subarray(0, 16), (value) => value >>> 0);
    const frames = this.framesFrom(r, read);
    const matters = (way: number): boolean => !areSame(frames, this.framesFrom(r.map((value, n) => (n === way ? 0 : value)), []));
    return {
      sp: words[Word.SP], registers: WAYS_OUT.filter(matters).flatMap((way) => [way, words[way]]), words: returnAddresses(frames, read),
      stack: this.stackOf(frames.map((frame) => this.nameOf(frame)).reverse()),
    };
  }

  private framesFrom(r: readonly number[], read: number[]): Frame[] {
    return this.debug.unwind({ r, otherStackPointer: this.core.words[Word.OTHER_SP] >>> 0 }, (address) => {
      const word = this.core.peek(address, 4);
      if (word !== undefined) read.push(address, word);
      return word;
    }, false);
  }

  /** `;` and line ends stand between names and lines of folded stacks. */
  private nameOf({ function: found, line }: Pick<Frame, 'function' | 'line'>): string {
    const name = found?.name.replace(/[;\s]/g, '_') ?? UNKNOWN;
    if (found && line && !this.files.has(name)) this.files.set(name, this.debug.lineOf(found.address)?.file ?? line.file);
    return name;
  }

  private stackOf(names: readonly string[]): Stack {
    const key = names.join(';');
    let stack = this.stacks.get(key);
    if (!stack) this.stacks.set(key, (stack = { names, samples: 0 }));
    return stack;
  }

  // -- What was found.

  /** One line for each call stack, outermost function first, with its cycles: `main;run;crc 123628`. */
  folded(): string {
    const lines = [...this.stacks].filter(([, { samples }]) => samples > 0).map(([key, { samples }]) => `${key} ${samples * this.spacing}\n`);
    return lines.sort().join('');
  }

  summary(): ProfileSummary {
    const { spacing, samples } = this;
    const counts = new Map<string, { self: number; total: number }>();
    for (const { names, samples: times } of this.stacks.values()) {
      if (times === 0) continue;
      for (const name of new Set(names)) {
        const count = counts.get(name) ?? { self: 0, total: 0 };
        counts.set(name, { self: count.self + (name === names.at(-1) ? times : 0), total: count.total + times });
      }
    }
    const functions = [...counts].map(([name, { self, total }]): ProfiledFunction => {
      const file = this.files.get(name);
      return { name, ...(file === undefined ? {} : { file }), selfCycles: self * spacing, totalCycles: total * spacing };
    });
    return { spacing, samples, functions: functions.sort((a, b) => b.selfCycles - a.selfCycles || b.totalCycles - a.totalCycles || (a.name < b.name ? -1 : 1)) };
  }

  /** Functions with most cycles of their own, in one line: `crc 61.2 %, memcpy 20.0 %`. */
  topFunctions(): string {
    const { samples, functions, spacing } = this.summary();
    if (samples === 0) return `no sample in less than ${spacing} cycles`;
    const top = functions.slice(0, MOST_TOLD).filter(({ selfCycles }) => selfCycles > 0);
    return top.map(({ name, selfCycles }) => `${name} ${((100 * selfCycles) / (samples * spacing)).toFixed(1)} %`).join(', ');
  }
}

const areSame = (a: readonly Frame[], b: readonly Frame[]): boolean => a.length === b.length && a.every(({ pc }, i) => pc === b[i].pc);

/** Of the words read, those that led from frame to frame: return addresses and EXC_RETURN. */
function returnAddresses(frames: readonly Frame[], read: readonly number[]): number[] {
  const pcs = new Set(frames.map(({ pc }) => pc));
  const found: number[] = [];
  for (let i = 0; i < read.length; i += 2) {
    const word = read[i + 1];
    if (pcs.has((word & ~1) >>> 0) || word >>> 8 === 0xff_ffff) found.push(read[i], word);
  }
  return found;
}
