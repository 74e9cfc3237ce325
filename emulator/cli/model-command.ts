/** `thumbelina model`: a .tflite file on a board, and what each of its layers costs. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RawOutput } from '../host/node/raw-output.js';
import {
  ModelError, npyKind, randomInput, readInput, readModel, runModelOn, runnerCore, writeNpy, type Model, type ModelReport, type Tensor,
} from '../models/index.js';
import { findBoard } from './boards-command.js';
import { fileError, refusal, UserError } from './errors.js';
import { ExitCode } from './exit-codes.js';
import { readImage, readInputFile } from './firmware-file.js';
import { writeError } from './messages.js';
import type { ModelOptions } from './model-options.js';
import { modelJson, modelText } from './model-report.js';
import type { LoadedBoard, Toolkit } from './toolkit.js';

/** No board's flash holds as much. */
const MOST_MODEL_BYTES = 1 << 28;
const MOST_LABELS = 100_000;

/** @returns exit code. @throws UserError */
export async function modelCommand(toolkit: Toolkit, path: string, options: ModelOptions): Promise<number> {
  const board = findBoard(toolkit, options.board);
  const model = await told(path, () => readModel(modelFile(path)));
  const inputs = await gatherInputs(model, options);
  const labels = options.labels === undefined ? undefined : readLabels(options.labels);
  const runs = options.runs ?? Math.max(1, ...inputs.map(({ rows }) => rows.length));
  const runner = runnerOf(toolkit, board);
  const progress = process.stderr.isTTY && !options.json;
  const report = await told(path, () => runModelOn((description, machineOptions) => toolkit.createMachine(description, machineOptions), board.description, runner, model, {
    inputs: (run) => inputs.map(({ rows }) => rows[run % rows.length]),
    runs, engine: options.engine,
    ...(options.timeout === undefined ? {} : { secondsOfRun: Number(options.timeout.numerator) / Number(options.timeout.denominator) }),
    ...(progress ? { onProgress: (seconds: number) => writeError(`\r${seconds.toFixed(2)} s of virtual time`) } : {}),
  }));
  if (progress) writeError('\r\x1b[K');
  if (options.output !== undefined) writeOutputs(options.output, model, report);
  const origins = inputs.map(({ origin }) => origin);
  return print(options.json ? modelJson(basename(path), model, report, origins, labels) : modelText(basename(path), model, report, origins, labels));
}

interface GivenInput {
  /** For one run after the other; repeated when there are more runs. */
  readonly rows: readonly Uint8Array[];
  /** In words, for the report. */
  readonly origin: string;
}

async function gatherInputs(model: Model, { inputs, areStored, seed }: ModelOptions): Promise<readonly GivenInput[]> {
  const files = new Map<number, string>();
  for (const text of inputs) {
    const { index, file } = inputNamed(model, text, files);
    if (files.has(index)) throw new UserError(`--input ${text}: "${model.inputs[index].name}" has a file already: give each input one`);
    files.set(index, file);
  }
  return Promise.all(model.inputs.map(async (tensor, index): Promise<GivenInput> => {
    const file = files.get(index);
    if (file === undefined) return { rows: [await told(tensor.name, () => randomInput(tensor, seed + index))], origin: `random values, seed ${seed + index}` };
    return { rows: await told(file, () => readInput(tensor, readInputFile(file), basename(file), { areStored })), origin: file };
  }));
}

/** `name=file` where the name is an input's or its number from 0; else the next input without a file. A file's own name may hold "=". */
function inputNamed(model: Model, text: string, taken: ReadonlyMap<number, string>): { readonly index: number; readonly file: string } {
  const at = text.indexOf('=');
  const wanted = at > 0 && !existsSync(text) ? text.slice(0, at) : undefined;
  const names = model.inputs.map(({ name }, i) => `${i}=${name}`).join(', ');
  if (wanted === undefined) {
    const free = model.inputs.findIndex((_, i) => !taken.has(i));
    if (free < 0) throw new UserError(`--input ${text}: the model has ${model.inputs.length} inputs (${names}), which have files already: leave one out`);
    return { index: free, file: text };
  }
  const byName = model.inputs.findIndex(({ name }) => name === wanted);
  const index = byName >= 0 ? byName : /^\d{1,4}$/.test(wanted) ? Number(wanted) : -1;
  if (index < 0 || index >= model.inputs.length) throw new UserError(`--input ${text}: the model has no input "${wanted}": it has ${names}`);
  return { index, file: text.slice(at + 1) };
}

function modelFile(path: string): Uint8Array {
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size > MOST_MODEL_BYTES) throw new ModelError(`${size} bytes are more than any board has flash for: choose a smaller model`);
  return readInputFile(path);
}

function runnerOf(toolkit: Toolkit, board: LoadedBoard): ReturnType<typeof readImage>['image'] {
  try {
    const path = join(toolkit.runners, `runner.${runnerCore(board.description)}.elf`);
    return readImage(toolkit, path, undefined).image;
  } catch (error) {
    throw refusal('', error);
  }
}

/** One name a line; empty lines count, so that names keep their numbers. */
function readLabels(path: string): readonly string[] {
  const lines = Buffer.from(readInputFile(path)).toString('utf8').replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines.length > MOST_LABELS) throw new UserError(`${path}: ${lines.length} names are too many: one a line, for each output`);
  return lines;
}

/** Several outputs go into files of their own, with their number before the ending. */
function writeOutputs(path: string, model: Model, { outputs }: ModelReport): void {
  model.outputs.forEach((tensor, index) => {
    const own = model.outputs.length === 1 ? path : path.replace(/(\.[^./\\]*)?$/, (ending) => `.${index}${ending}`);
    const bytes = Buffer.concat(outputs.map((ofRun) => ofRun[index]));
    try {
      writeFileSync(own, own.endsWith('.bin') ? bytes : asNpy(tensor, bytes, outputs.length));
    } catch (error) {
      throw fileError(own, error, ExitCode.outputError);
    }
  });
}

function asNpy(tensor: Tensor, bytes: Uint8Array, runs: number): Uint8Array {
  return writeNpy([runs, ...tensor.shape], npyKind(tensor), bytes);
}

/** What a model or its inputs are refused for is the user's to mend. */
async function told<T>(name: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof Error && (error.name === 'ModelError' || error.name === 'StimulusError') ? refusal(error.message.startsWith(`${basename(name)}:`) ? '' : `${name}: `, error) : error;
  }
}

function print(text: string): number {
  const output = new RawOutput(1, 'standard output');
  output.writeText(text);
  output.flush();
  return output.failure === undefined ? ExitCode.success : output.failure.code === 'EPIPE' ? ExitCode.outputClosed : ExitCode.outputError;
}
