/** Options and help of the command. */
import { Command, CommanderError, Option } from 'commander';
import { DEFAULT_SPACING } from '../debug/profile.js';
import { boardsText } from './boards-command.js';
import { partsText } from './parts-command.js';
import { disasmCommand } from './disasm-command.js';
import { UserError } from './errors.js';
import { EXIT_CODE_HELP, ExitCode } from './exit-codes.js';
import { tell, writeError } from './messages.js';
import { RawOutput } from '../host/node/raw-output.js';
import { runCommand } from './run-command.js';
import type { RunOptions } from './run-options.js';
import type { ModelOptions } from './model-options.js';
import type { TrackInput } from '../index.js';
import { parseCamera, parseInput, parseLive, parsePlaced, type LiveChoice } from './stimulus-options.js';
import { parseSerial, type SerialChoice } from './serial-option.js';
import type { WatchedText } from './text-watch.js';
import type { Toolkit } from './toolkit.js';
import type { Duration } from './values.js';
import { parseAddress, parseDuration, parseEpoch, parseHistory, parseRuns, parseSeed, parseSpacing, parseSpeed, parseText } from './values.js';

/** Options whose value is optional: it must be attached with `=`, or a file name after them would be swallowed. */
const OPTIONAL_VALUE = ['--trace', '--semihosting', '--itm'];
/** 2024-01-01 00:00 UTC: some date, always the same. */
const DEFAULT_EPOCH = 1_704_067_200;

/**
 * Runs one command line.
 * @param argv without node and script
 * @returns exit code
 */
export async function runProgram(argv: readonly string[], toolkit: Toolkit): Promise<number> {
  let exitCode: number = ExitCode.success;
  const program = describeProgram(toolkit, (code) => { exitCode = code; });
  try {
    await program.parseAsync(attachEmptyValues(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.success : ExitCode.badInput;
  if (error instanceof UserError) {
    tell(error.message);
    return error.exitCode;
  }
  tell(`internal error: ${error instanceof Error ? error.message : String(error)}: please report it with the lines below`);
  if (error instanceof Error && error.stack !== undefined) writeError(`${error.stack}\n`);
  return ExitCode.internalError;
}

function attachEmptyValues(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => ((end < 0 || i < end) && OPTIONAL_VALUE.includes(word) ? `${word}=` : word));
}

function describeProgram(toolkit: Toolkit, done: (exitCode: number) => void): Command {
  const program = new Command('thumbelina')
    .description('Runs microcontroller firmware, unmodified, with exact virtual time.')
    .version(toolkit.version)
    .exitOverride()
    .configureOutput({
      writeOut: writeStandardOutput,
      writeErr: writeError,
      outputError: (text, write) => write(text.replace(/^error: /, 'thumbelina: ').replace(/\n(?!$)/g, ' ')),
    });
  describeRun(program.command('run'), toolkit, done);
  describeModel(program.command('model'), toolkit, done);
  program.command('boards')
    .description('list the boards')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => writeStandardOutput(boardsText(toolkit.listBoards(), json ?? false)));
  program.command('parts')
    .description('list the parts that --part attaches: buses, pins, addresses, what they measure, options')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => writeStandardOutput(partsText(toolkit.listParts(), json ?? false)));
  program.command('disasm')
    .description('list a firmware as assembly, with symbols; data is shown as data where the file says so')
    .argument('<firmware>', 'ELF, Intel HEX, UF2 or raw binary')
    .option('--core <name>', `instruction set: ${toolkit.cores.join(', ')}`, 'cortex-m4')
    .option('--address <address>', 'where a raw binary goes', parseAddress)
    .action((path: string, options: { core: string; address?: number }) => done(disasmCommand(toolkit, path, options)));
  return program;
}

function writeStandardOutput(text: string): void {
  const output = new RawOutput(1, 'standard output');
  output.writeText(text);
  output.flush();
}

/** As the option parser hands them over. */
interface ParsedRunOptions extends Omit<RunOptions, 'watched' | 'stdin' | 'parts' | 'serial' | 'stimuli' | 'stopOnFault' | 'leds' | 'energy' | 'quiet' | 'imperfections' | 'commandLine'> {
  readonly until?: WatchedText;
  readonly failOn?: readonly WatchedText[];
  readonly part?: readonly string[];
  readonly serial?: readonly SerialChoice[];
  readonly mic?: readonly TrackInput[];
  readonly camera?: readonly TrackInput[];
  readonly recording?: readonly TrackInput[];
  readonly input?: readonly TrackInput[];
  readonly stimulus?: readonly string[];
  readonly loop?: boolean;
  readonly live?: LiveChoice;
  readonly stdin?: RunOptions['stdin'];
  readonly stopOnFault?: boolean;
  readonly leds?: boolean;
  readonly energy?: boolean;
  readonly imperfections?: boolean;
  readonly quiet?: boolean;
  readonly arguments?: string;
}

function describeRun(command: Command, toolkit: Toolkit, done: (exitCode: number) => void): void {
  const watched = (purpose: WatchedText['purpose']) => (text: string): WatchedText => ({ purpose, text, bytes: parseText(text) });
  command
    .description('run a firmware; its serial port is standard output and input')
    .argument('<firmware>', 'ELF, Intel HEX, UF2 or raw binary')
    .option('-b, --board <name>', 'board to run it on: a name from `thumbelina boards`, or a .yaml file')
    .option('--address <address>', 'where a raw binary goes', parseAddress)
    .option('--part <part>', 'a part on pins of the board: mpu6050,sda=A4,scl=A5,int=D2 (see `thumbelina parts`); may be given several times', (text, before: readonly string[] | undefined) => [...(before ?? []), text])
    .option('--until <text>', 'stop with success when the firmware prints this text (\\n, \\r, \\t, \\\\, \\xHH as in C)', watched('until'))
    .option('--fail-on <text>', 'stop with failure when it prints this text; may be given several times', (text, before: readonly WatchedText[] | undefined) => [...(before ?? []), watched('fail-on')(text)])
    .option('--timeout <time>', 'stop after this much virtual time since reset, such as 10s, 1.5ms, 2min (default: none)', parseDuration)
    .option('--report <file>', 'write what happened as JSON; the same for every run with the same inputs')
    .option('--trace [=file]', 'write every instruction and what it changed, to standard error or a file')
    .option('--history <count>', 'remember so many instructions for the fault report', parseHistory)
    .option('--profile <file>', 'write cycles by function as JSON, or by call stack (folded stacks) when the name ends in .folded or .txt')
    .option('--profile-spacing <cycles>', `processor cycles between the profile's samples (default: ${DEFAULT_SPACING})`, parseSpacing)
    .option('--stop-on-fault', 'stop when a fault exception is entered, not only at a lockup')
    .option('--semihosting [=folder]', "serve the firmware's BKPT 0xAB calls; files only inside the folder")
    .option('--arguments <text>', 'command line for semihosting (default: the name of the firmware file)')
    .addOption(new Option('--epoch <time>', "semihosting's date at reset: seconds since 1970 or a date").argParser(parseEpoch).default(DEFAULT_EPOCH, '2024-01-01T00:00:00Z'))
    .addOption(new Option('--stdin <reader>', 'who reads standard input (default: both the serial port and, when it is on, semihosting)').choices(['both', 'serial', 'semihosting', 'none']))
    .option('--serial <port>', "serial port on standard output and input (default: the board's first); or who is at its other end: [name=]tcp:[host:]port, [name=]pty; may be given several times", parseSerial)
    .option('--speed <factor>', 'let virtual time pass no faster than this many times real time; 1 for live peers (default: as fast as it goes)', parseSpeed)
    .option('--mic <sound>', 'what the microphone hears: a sound file or formula, and when: yes.wav@2s, a.wav+b.wav,loop, sine(440Hz,0.5)@1s,gain=-6dB; several are heard together', parsePlaced('sound'))
    .option('--camera <picture>', 'what the camera sees: a PNG, JPEG, GIF, Y4M, PPM or BMP file or a folder of them (each=1s), and when: cat.png@2s, film.gif@0s,loop,fit=contain, room.png,darkness=80%,blur=2; the latest is seen', parseCamera)
    .option('--recording <file>', 'a recording of what sensors measure (CSV, JSON, RESD, SDS): walk.csv@2s,loop; may be given several times', parsePlaced(undefined))
    .option('--input <quantity=value>', 'what a sensor measures: temperature=31.5, temperature=20..30@0s-60s, acceleration.x=sine(1Hz,2); may be given several times', parseInput)
    .option('--stimulus <file>', 'stimuli described in a JSON or YAML file (docs/stimuli.md); may be given several times', (file: string, before: readonly string[] | undefined) => [...(before ?? []), file])
    .option('--loop', 'every --mic, --camera, --recording and --input begins again at its end')
    .option('--live <pipe>', 'sound that the microphone hears as it comes through a pipe, while the machine runs: path,rate=16000 (16 bits, signed, low byte first)', parseLive)
    .option('--record-stimuli <file>', 'write what was heard and measured, for --stimulus to repeat it')
    .option('--itm [=file]', 'write ITM text (SWO) to standard output or a file')
    .option('--seed <number>', 'for everything random in the simulation', parseSeed, 0)
    .option('--imperfections', "give the board's parts noise, offsets, drift and clocks of their own, as their datasheets' typical figures allow; drawn from the seed")
    .addOption(new Option('--engine <name>', 'how guest code is executed; the results are the same').choices(['translator', 'interpreter']).default('translator'))
    .option('--snapshot-at <time>', 'write a snapshot at this virtual time and go on', parseDuration)
    .option('--snapshot <file>', 'where --snapshot-at writes')
    .option('--resume <file>', 'go on from a snapshot of the same firmware and board')
    .option('--energy', 'at the end, tell what the core and the parts drew from the supply')
    .option('--leds', 'at the end, show the LEDs and LED matrices as they look, also in the report')
    .option('-q, --quiet', 'no progress, no closing line unless something failed')
    .addHelpText('after', `\nExit codes:\n${EXIT_CODE_HELP.map(([code, meaning]) => `  ${code.padEnd(10)}${meaning}`).join('\n')}`)
    .action(async (path: string, parsed: ParsedRunOptions) => done(await runCommand(toolkit, path, runOptions(parsed))));
}

/** As the option parser hands them over. */
interface ParsedModelOptions extends Omit<ModelOptions, 'inputs' | 'json' | 'areStored'> {
  readonly input?: readonly string[];
  readonly json?: boolean;
  readonly stored?: boolean;
}

function describeModel(command: Command, toolkit: Toolkit, done: (exitCode: number) => void): void {
  command
    .description('run a TensorFlow Lite model on a board and say what each layer costs')
    .argument('<model>', '.tflite file')
    .option('-b, --board <name>', 'board to run it on: a name from `thumbelina boards`, or a .yaml file')
    .option('--input <file>', 'what the model is given: [name=]file with a picture, a WAV recording, .npy, .csv or raw bytes; several inputs in the order of the model, or by name (default: random values)', (text, before: readonly string[] | undefined) => [...(before ?? []), text])
    .option('--stored', "numbers of .csv files are the tensor's own integers, not real values")
    .option('--labels <file>', 'names of the outputs, one a line')
    .option('--output <file>', 'write the outputs as .npy, or as raw bytes when the name ends in .bin; of all runs')
    .option('--runs <count>', 'how often to run it, keeping its state (default: once for each input of the files)', parseRuns)
    .option('--json', 'the report as JSON')
    .option('--timeout <time>', 'virtual time that one run may take (default: 2min)', parseDuration)
    .option('--seed <number>', 'for random inputs', parseSeed, 0)
    .addOption(new Option('--engine <name>', 'how guest code is executed; the results are the same').choices(['translator', 'interpreter']).default('translator'))
    .action(async (path: string, parsed: ParsedModelOptions) => {
      const { input, json, stored, ...rest } = parsed;
      // Loaded by those who use it: the others start sooner.
      const { modelCommand } = await import('./model-command.js');
      done(await modelCommand(toolkit, path, { ...rest, inputs: input ?? [], json: json ?? false, areStored: stored ?? false }));
    });
}

/** @throws UserError when options contradict each other */
function runOptions(parsed: ParsedRunOptions): RunOptions {
  const { until, failOn, part, mic, camera, recording, input, stimulus, loop, live, stdin, serial, stopOnFault, leds, energy, quiet, imperfections, arguments: commandLine, ...rest } = parsed;
  requireTogether(parsed.snapshotAt, '--snapshot-at TIME', parsed.snapshot, '--snapshot FILE');
  if (parsed.profileSpacing !== undefined && parsed.profile === undefined) throw new UserError('--profile-spacing without a profile: add --profile FILE');
  if (stdin === 'semihosting' && parsed.semihosting === undefined) throw new UserError('--stdin semihosting without semihosting: add --semihosting');
  return {
    ...rest,
    // What comes as it is spoken is heard as it is spoken.
    speed: parsed.speed ?? (live === undefined ? undefined : 1),
    watched: [...(until === undefined ? [] : [until]), ...(failOn ?? [])],
    stdin: stdin ?? (parsed.semihosting === undefined ? 'serial' : 'both'),
    stopOnFault: stopOnFault ?? false,
    leds: leds ?? false,
    energy: energy ?? false,
    imperfections: imperfections ?? false,
    quiet: quiet ?? false,
    commandLine,
    stimuli: { tracks: [...(mic ?? []), ...(camera ?? []), ...(recording ?? []), ...(input ?? [])], files: stimulus ?? [], live, isLooped: loop ?? false, seed: parsed.seed },
    serial: serial ?? [],
    parts: part ?? [],
  };
}

function requireTogether(a: Duration | undefined, nameOfA: string, b: string | undefined, nameOfB: string): void {
  if ((a === undefined) === (b === undefined)) return;
  throw new UserError(a === undefined ? `${nameOfB} says where but not when: add ${nameOfA}` : `${nameOfA} says when but not where: add ${nameOfB}`);
}
