/**
 * Interpreter and translator side by side on whole programs: at every deadline registers, flags, time, instructions and
 * memory are the same, and so is the end. A deadline may fall anywhere, also into the middle of translated code.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseBoard, type Board } from '../../emulator/boards/index.js';
import { Word } from '../../emulator/cores/cortex-m/state.js';
import { loadFirmware } from '../../emulator/loader/index.js';
import type { MachineOptions, StopReason } from '../../emulator/machine-api.js';
import { EmulatedMachine } from '../../emulator/machine.js';
import { Semihosting } from '../../emulator/semihosting/semihosting.js';
import { buildFirmware, firmware } from '../support/firmware.js';
import { programs, type FirmwareProgram } from './programs.js';

/** Root ticks from deadline to deadline, the most cycles to run at that spacing, how often all memory is compared, and the programs. */
const SPACINGS = [
  { spacing: 997, cycles: 200_000, memoryEvery: 61, names: [
    'm0/kernel', 'm0/exceptions/systick', 'm3/kernel', 'm3/timers', 'm3/exceptions/priority', 'm3/exceptions/stacking', 'm3/exceptions/mpu', 'm4/hello-uart-irq',
    'm4/exceptions/fp-context', 'm7/dsp', 'm7/fpu',
  ] },
  { spacing: 10_007, cycles: 800_000, memoryEvery: 37, names: [
    'm0/exceptions/hard-fault', 'm0/integer', 'm3/exceptions/svc', 'm3/exceptions/usage-fault', 'm3/exceptions/bus-fault', 'm3/exceptions/escalation',
    'm3/exceptions/privilege', 'm3/exceptions/vector-table', 'm3/exceptions/exclusive', 'm3/exceptions/nvic', 'm3/exceptions/reset', 'm3/exceptions/lockup',
    'm3/exceptions/bit-band', 'm3/exceptions/by-the-manual', 'm4/benchmark', 'm4/scanf', 'm7/fpu-double', 'm7/exceptions/mpu',
  ] },
  { spacing: 250_000, cycles: 5_000_000, memoryEvery: 5, names: ['m0/benchmark', 'm3/exceptions/sleep', 'm3/integer-O0', 'm4/kernel', 'm4/dsp', 'm4/fpu', 'm4/libm', 'm7/float64', 'm7/exceptions/sleep'] },
] as const;

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function boardOf({ machine }: FirmwareProgram): Board {
  const path = machine === 'microbit' ? folder('boards/cortex-m0.yaml') : folder(`../../boards/${machine}.yaml`);
  return parseBoard(readFileSync(path, 'utf8'), path, (chip) => {
    const fileName = path.replace(/[^/]*$/, `chips/${chip}.yaml`);
    return { text: readFileSync(fileName, 'utf8'), fileName };
  });
}

/** One machine with its program; every serial byte and all semihosting text is kept. */
class Runner {
  readonly machine: EmulatedMachine;
  text = '';
  private input: Uint8Array = new Uint8Array(0);
  private isRead = false;
  private sent = 0;

  constructor(board: Board, engine: NonNullable<MachineOptions['engine']>) {
    const write = (bytes: Uint8Array): void => { this.text += new TextDecoder('latin1').decode(bytes); };
    const output = { interactive: false, write };
    const stdin = { interactive: false, read: () => this.readOnce() };
    const host = { stdin, stdout: output, stderr: output, files: undefined, commandLine: '', epoch: 0, warn: () => {} };
    this.machine = new EmulatedMachine(board, { seed: 1, stopOnFault: false, semihosting: new Semihosting(host), engine });
    for (const serial of this.machine.serials) serial.onByte((byte) => { this.text += String.fromCharCode(byte); });
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
  state(): unknown {
    const { machine } = this;
    const words = machine.cortex.words.slice(0, Word.S0 + 32);
    words[Word.LIMIT] = 0; // which belongs to the run
    return { words, cycles: machine.cycles, instructions: machine.instructions, now: machine.now() };
  }

  /** All memories, without the core's state before them and the translator's maps behind them. */
  memories(bytes: number): Buffer {
    return Buffer.from(this.machine.bus.buffer, 4096, bytes - 4096);
  }

  report(): unknown {
    const { text, machine } = this;
    return { text, exceptions: machine.exceptions, resets: machine.resets, warnings: machine.warnings.keys(), fault: machine.core.faultStatus() };
  }
}

function bytesOf(machine: EmulatedMachine): number {
  return Math.max(...machine.bus.map.map((region) => (region.kind === 'memory' ? region.offset + region.bytes : 0)));
}

interface Pair { readonly interpreter: Runner; readonly translator: Runner }
const PAIRS = new Map<string, Pair>();

/** Machines are dear, and switching one on again with another program must work, too. */
function pairFor(program: FirmwareProgram): Pair {
  let pair = PAIRS.get(program.machine);
  if (!pair) {
    const board = boardOf(program);
    PAIRS.set(program.machine, (pair = { interpreter: new Runner(board, 'interpreter'), translator: new Runner(board, 'translator') }));
  }
  pair.interpreter.load(program);
  pair.translator.load(program);
  return pair;
}

/** @returns instructions that translated code has executed */
function lockstep({ interpreter, translator }: Pair, { spacing, cycles, memoryEvery }: (typeof SPACINGS)[number]): number {
  const before = translator.machine.cortex.interpreter.translatedInstructions;
  const bytes = bytesOf(interpreter.machine);
  for (let deadline = 1, until = spacing; ; deadline++, until += spacing) {
    const expected = interpreter.run(until);
    expect(translator.run(until)).toEqual(expected);
    const where = `at ${until}`;
    const [state, expectedState] = [translator.state(), interpreter.state()];
    // Deep comparison by vitest is slow; it is for the message.
    if (!isSame(state, expectedState)) expect(state, where).toEqual(expectedState);
    const isLast = expected.kind !== 'deadline' || interpreter.machine.cycles >= cycles;
    if (isLast || deadline % memoryEvery === 0) expect(translator.memories(bytes).equals(interpreter.memories(bytes)), `memory ${where}`).toBe(true);
    if (isLast) break;
  }
  expect(translator.report()).toEqual(interpreter.report());
  expect(interpreter.machine.cortex.interpreter.translatedInstructions).toBe(0);
  return translator.machine.cortex.interpreter.translatedInstructions - before;
}

function isSame(a: unknown, b: unknown): boolean {
  const text = (state: unknown): string => { const { words, ...rest } = state as { words: Int32Array }; return words.join() + JSON.stringify(rest); };
  return text(a) === text(b);
}

beforeAll(buildFirmware, 300_000);

describe.each(SPACINGS)('every $spacing ticks', (spacing) => {
  it.each(spacing.names)('%s', (name) => {
    const program = programs.find((candidate) => candidate.name === name)!;
    const translated = lockstep(pairFor(program), spacing);
    if (name.endsWith('integer') || name.endsWith('benchmark')) expect(translated).toBeGreaterThan(30_000); // others may have nothing that is hot
  }, 60_000);
});
