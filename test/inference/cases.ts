/** Files of random cases (cases.py), and the programs that run them: the runtime with sanitizers, and Arm NN. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildArmnn } from '../oracles/armnn.js';
import { hostProgram, inFolder } from './host.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const RUNTIME = here('../../firmware-samples/inference');

/** What one program says of one case: the bytes of each output, or why it does not take it. */
export type Outcome = { outputs: Buffer[] } | { refusal: string };

export interface RanCase {
  /** Where cases.py makes it again. */
  seed: number;
  ours: Outcome;
  armnn: Outcome;
}

/** Makes `count` cases of an operator and runs them with both programs. @throws Error when a program ends, which a sanitizer makes it do */
export function runCases(operator: string, firstSeed: number, count: number): RanCase[] {
  return inFolder((folder) => {
    const [cases, results] = [join(folder, 'cases'), join(folder, 'results')];
    execFileSync('python3', [here('cases.py'), operator, String(firstSeed), String(count), cases], { stdio: ['ignore', 'inherit', 'inherit'] });
    const [ours, armnn] = [runCasesProgram(), buildArmnn()].map((program) => {
      const run = spawnSync(program, [cases, results], { encoding: 'utf8' });
      if (run.status !== 0) throw new Error(`${program} on ${operator}, seeds from ${firstSeed}: ${run.stderr}`);
      return outcomes(readFileSync(results));
    });
    return ours.map((outcome, i) => ({ seed: firstSeed + i, ours: outcome, armnn: armnn[i] }));
  });
}

/** run-cases.c on the runtime's objects with sanitizers, which the host build makes. */
function runCasesProgram(): string {
  const objects = join(hostProgram('run-model-checked'), '..', 'checked');
  const list = [objects, join(objects, 'kernels')].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const parts = list.filter((path) => path.endsWith('.o') && !/-model\.o$/.test(path));
  const program = join(objects, '..', 'run-cases');
  const newest = Math.max(...[...parts, here('run-cases.c')].map((path) => statSync(path).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs >= newest) return program;
  const own = `${program}.${process.pid}`;
  execFileSync('gcc', ['-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-fsanitize=address,undefined', '-fno-sanitize-recover=all',
    `-I${RUNTIME}/include`, here('run-cases.c'), ...parts, '-o', own], { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(own, program);
  return program;
}

function outcomes(file: Buffer): Outcome[] {
  let at = 0;
  const word = (): number => file.readUInt32LE((at += 4) - 4);
  const bytes = (): Buffer => {
    const length = word();
    return file.subarray(at, (at += length));
  };
  const all: Outcome[] = [];
  while (at < file.length) {
    all.push(word() === 1 ? { refusal: bytes().toString() } : { outputs: Array.from({ length: word() }, bytes) });
  }
  return all;
}
