/**
 * One firmware program on interpreter and translator side by side. At each deadline registers, flags, time, instructions,
 * and every byte of memory must be the same; in the end also what was printed, and the snapshots with all devices.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBoard, type Board } from '../../emulator/boards/index.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import type { MachineOptions, StopReason } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { EARLY, translatedBy } from '../support/early-translation.js';
import { firmware } from '../support/firmware.js';
import { Random } from '../support/random.js';
import type { FirmwareProgram } from './programs.js';

/** How far apart deadlines are. */
export interface Spacing {
  readonly name: string;
  /** Root ticks to each next deadline, from a fresh start. */
  readonly distances: () => () => number;
  /** Deadlines in the short form of the comparison. */
  readonly deadlines: number;
}

const every = (ticks: number, deadlines: number): Spacing => ({ name: `every ${ticks} ticks`, distances: () => () => ticks, deadlines });

/** Mostly short distances, some of a single tick, and a few long ones, so that much is translated in between. */
function irregular(seed: number): () => number {
  const random = new Random(seed);
  return () => {
    const kind = random.below(10);
    if (kind < 3) return random.between(1, 40);
    return kind < 8 ? random.between(41, 6000) : random.between(6001, 120_000);
  };
}

export const SPACINGS: readonly Spacing[] = [
  every(997, 250),
  every(10_007, 120),
  every(250_000, 20),
  { name: 'at irregular distances', distances: () => irregular(20_260), deadlines: 150 },
];

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export function boardOf({ machine }: Pick<FirmwareProgram, 'machine'>): Board {
  const path = machine === 'microbit' ? folder('boards/cortex-m0.yaml') : folder(`../../boards/${machine}.yaml`);
  return parseBoard(readFileSync(path, 'utf8'), path, (chip) => {
    const fileName = path.replace(/[^/]*$/, `chips/${chip}.yaml`);
    return { text: readFileSync(fileName, 'utf8'), fileName };
  });
}

/** The core's state lies before the memories, the translator's maps behind them. */
const STATE_PAGE = 4096;
/** What belongs to the run and to an engine, not to the guest. */
const OWN_WORDS = [Word.LIMIT, Word.TRANSLATED];

/** One machine with its program; every serial byte and all semihosting text is kept. */
export class Runner {
  readonly machine: EmulatedMachine;
  text = '';
  private input: Uint8Array = new Uint8Array(0);
  private isRead = false;
  private sent = 0;
  private readonly memory: Buffer;

  constructor(board: Board, engine: NonNullable<MachineOptions['engine']>) {
    const write = (bytes: Uint8Array): void => { this.text += new TextDecoder('latin1').decode(bytes); };
    const output = { interactive: false, write };
    const stdin = { interactive: false, read: () => this.readOnce() };
    const host = { stdin, stdout: output, stderr: output, files: undefined, commandLine: '', epoch: 0, warn: () => {} };
    this.machine = new EmulatedMachine(board, { seed: 1, stopOnFault: false, semihosting: new Semihosting(host), engine, hot: EARLY });
    for (const serial of this.machine.serials) serial.onByte((byte) => { this.text += String.fromCharCode(byte); });
    const { buffer, map } = this.machine.bus;
    const end = Math.max(...map.map((region) => (region.kind === 'memory' ? region.offset + region.bytes : 0)));
    this.memory = Buffer.from(buffer, STATE_PAGE, end - STATE_PAGE);
  }

  /** Switches on anew, with another program. */
  load(program: FirmwareProgram): void {
    this.text = '';
    this.input = new TextEncoder().encode(program.stdin);
    this.isRead = program.output === 'uart';
    this.sent = 0;
    this.machine.load(loadFirmware(new Uint8Array(readFileSync(firmware(program.name))), { name: program.name }));
  }

  private readOnce(): Uint8Array {
    const input = this.isRead ? new Uint8Array(0) : this.input;
    this.isRead = true;
    return input;
  }

  /** A byte of input arrives at each deadline. */
  run(until: number): StopReason {
    if (this.sent < this.input.length && this.machine.serials.length > 0) this.machine.serials[0].write(this.input.subarray(this.sent, ++this.sent));
    return this.machine.run(until);
  }

  /** What a program can know, and time. */
  state(): string {
    const { machine } = this;
    const words = machine.cortex.words.slice(0, Word.S0 + 32);
    for (const own of OWN_WORDS) words[own] = 0;
    return `words ${words.join(' ')}; ${machine.cycles} cycles, ${machine.instructions} instructions, tick ${machine.now()}`;
  }

  /** @returns the first place where memory differs, as an offset into all memories */
  firstDifference(other: Runner): number | undefined {
    if (this.memory.equals(other.memory)) return undefined;
    return this.memory.findIndex((byte, i) => byte !== other.memory[i]);
  }

  report(): string {
    const { text, machine } = this;
    const { exceptions, resets } = machine;
    return JSON.stringify({ text, exceptions, resets, warnings: machine.warnings.keys(), fault: machine.core.faultStatus() });
  }
}

export interface LockStep {
  readonly deadlines: number;
  readonly instructions: number;
  /** Of those, by translated code. */
  readonly translated: number;
  /** Where the engines went apart, in words; undefined when they did not. */
  readonly difference: string | undefined;
}

/** Machines are dear, and switching one on again with another program must work, too. */
export class LockSteps {
  private readonly pairs = new Map<string, { readonly interpreter: Runner; readonly translator: Runner }>();

  /** @param most deadlines; to the program's end otherwise */
  run(program: FirmwareProgram, spacing: Spacing, most = Infinity): LockStep {
    const { interpreter, translator } = this.pairFor(program);
    const before = translatedBy(translator.machine);
    const distance = spacing.distances();
    let until = 0;
    let deadlines = 0;
    let difference: string | undefined;
    do {
      until += distance();
      deadlines++;
      const [expected, got] = [interpreter.run(until), translator.run(until)];
      difference = differenceOf(interpreter, translator, expected, got);
      if (difference !== undefined) difference = `deadline ${deadlines} at tick ${until}: ${difference}`;
      if (expected.kind !== 'deadline') break;
    } while (difference === undefined && deadlines < most);
    difference ??= differenceAtEnd(interpreter, translator);
    const { instructions } = interpreter.machine;
    return { deadlines, instructions, translated: translatedBy(translator.machine) - before, difference };
  }

  private pairFor(program: FirmwareProgram): { readonly interpreter: Runner; readonly translator: Runner } {
    let pair = this.pairs.get(program.machine);
    if (!pair) {
      const board = boardOf(program);
      this.pairs.set(program.machine, (pair = { interpreter: new Runner(board, 'interpreter'), translator: new Runner(board, 'translator') }));
    }
    pair.interpreter.load(program);
    pair.translator.load(program);
    return pair;
  }
}

function differenceOf(interpreter: Runner, translator: Runner, expected: StopReason, got: StopReason): string | undefined {
  if (JSON.stringify(got) !== JSON.stringify(expected)) return `translator ends with ${JSON.stringify(got)}, interpreter with ${JSON.stringify(expected)}`;
  const [state, expectedState] = [translator.state(), interpreter.state()];
  if (state !== expectedState) return `translator ${state}\ninterpreter ${expectedState}`;
  const place = translator.firstDifference(interpreter);
  return place === undefined ? undefined : `memory differs, first at byte ${place} of all memories`;
}

function differenceAtEnd(interpreter: Runner, translator: Runner): string | undefined {
  const [report, expected] = [translator.report(), interpreter.report()];
  if (report !== expected) return `translator reports ${report}\ninterpreter ${expected}`;
  if (translatedBy(interpreter.machine) !== 0) return 'the interpreter has run translated code';
  const snapshots = [translator, interpreter].map(({ machine }) => Buffer.from(machine.snapshot()));
  return snapshots[0].equals(snapshots[1]) ? undefined : 'snapshots differ';
}
