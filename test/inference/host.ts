/** The inference runtime compiled for this machine, and networks for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('../../firmware-samples/inference/host/', import.meta.url));
const WRITE_MODEL = fileURLToPath(new URL('write-model.py', import.meta.url));

export type HostProgram = 'run-model' | 'run-model-checked' | 'mutate-model';

export interface TensorDescription {
  name: string;
  type: 'INT8' | 'INT16' | 'INT32' | 'FLOAT32';
  shape: number[];
  scale?: number | number[];
  zero_point?: number;
  axis?: number;
  is_variable?: boolean;
  values?: number[];
}

export interface NetworkDescription {
  tensors: TensorDescription[];
  operators: { name: string; inputs: number[]; outputs: number[]; options?: Record<string, unknown> }[];
  inputs: number[];
  outputs: number[];
}

/** Builds what is not up to date. @returns the program's path */
export function hostProgram(program: HostProgram): string {
  execFileSync('make', ['-s', '-C', HOST, `build/${program}`], { stdio: ['ignore', 'inherit', 'inherit'] });
  return join(HOST, 'build', program);
}

/** A folder for `use` only. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-inference-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function writeModel(network: NetworkDescription): Buffer {
  return inFolder((folder) => {
    const path = join(folder, 'model.tflite');
    execFileSync('python3', [WRITE_MODEL, path], { input: JSON.stringify(network), stdio: ['pipe', 'inherit', 'inherit'] });
    return readFileSync(path);
  });
}

export interface HostRun {
  /** All rows of each output. */
  outputs: Buffer[];
  arenaBytes: number;
  /** Standard output. */
  report: string;
}

/** Runs a model on the rows of its inputs. @throws Error when it is refused */
export function runModel(model: Uint8Array, inputs: readonly Uint8Array[], { program = 'run-model', args = [] }: { program?: HostProgram; args?: readonly string[] } = {}): HostRun {
  return inFolder((folder) => {
    const path = (name: string): string => join(folder, name);
    writeFileSync(path('model.tflite'), model);
    inputs.forEach((bytes, i) => writeFileSync(path(`in${i}.bin`), bytes));
    const run = spawnSync(hostProgram(program), [path('model.tflite'), '--out', path('out'), ...args, ...inputs.map((_, i) => path(`in${i}.bin`))], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr.trim());
    const count = run.stdout.split('\n').filter((line) => line.startsWith('output ')).length;
    const outputs = inputs.length === 0 ? [] : Array.from({ length: count }, (_, i) => readFileSync(path(`out${i}.bin`)));
    return { outputs, arenaBytes: Number(/^arena (\d+)$/m.exec(run.stdout)?.[1]), report: run.stdout };
  });
}

/** What inference_open() says of a model that it refuses, or 'opened'. */
export function refusal(model: Uint8Array, args: readonly string[] = []): string {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'model.tflite'), model);
    const run = spawnSync(hostProgram('run-model-checked'), [join(folder, 'model.tflite'), ...args], { encoding: 'utf8' });
    return run.status === 0 ? 'opened' : run.stderr.trim();
  });
}
