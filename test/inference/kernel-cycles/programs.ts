/** Builds this folder's two programs and runs them on the emulator: what the kernels compute, and in how many cycles. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collect } from '../../oracles/qemu.js';

const HERE = import.meta.dirname;
const THUMBELINA = fileURLToPath(new URL('../../../bin/thumbelina.js', import.meta.url));
const LIMIT_MS = 120_000;

/** The cores with DSP instructions, and a board that has each. */
export const CORES = { m4: 'mps2-an386', m7: 'mps2-an500' } as const;
export type CoreName = keyof typeof CORES;
export const CORE_NAMES = Object.keys(CORES) as CoreName[];

let isBuilt = false;

/** Builds whatever is out of date. @throws Error when the compiler is missing or refuses */
export function buildPrograms(): void {
  if (isBuilt) return;
  mkdirSync(join(HERE, 'build'), { recursive: true });
  const made = spawnSync('flock', [join(HERE, 'build', '.lock'), 'make', '-s', '-C', HERE], { encoding: 'utf8' });
  if (made.error) throw new Error(`kernel cycles: cannot run make (${made.error.message}); run scripts/setup.sh`);
  if (made.status !== 0) throw new Error(`kernel cycles: make failed\n${made.stderr || made.stdout}`);
  isBuilt = true;
}

/** The lines that a program prints by its UART. @throws Error when it does not end with status 0 within a minute of its own time */
async function printed(program: 'cycles' | 'cases', core: CoreName): Promise<string[]> {
  buildPrograms();
  const elf = join(HERE, 'build', core, `${program}.elf`);
  const run = await collect(process.execPath, [THUMBELINA, 'run', elf, '--board', CORES[core], '--semihosting', '--timeout', '60s'], '', LIMIT_MS);
  if (run.exitCode !== 0) throw new Error(`${program} on ${core}: exit status ${run.exitCode}\n${run.stdout}${run.stderr}`);
  return run.stdout.trim().split('\n');
}

/** One layer on one core. */
export interface LayerCycles {
  readonly kernel: string;
  /** `16x16x32->32,3x3/1`: input, output channels, filter, stride */
  readonly shape: string;
  /** Products, padding included; for pooling positions of windows, for additions elements. */
  readonly macs: number;
  readonly cycles: number;
  /** of the portable kernel */
  readonly portableCycles: number;
  /** bytes in which the two differ */
  readonly differing: number;
}

export async function measuredCycles(core: CoreName): Promise<LayerCycles[]> {
  return (await printed('cycles', core)).map((line) => {
    const [kernel, shape, ...figures] = line.split(' ');
    const [macs, cycles, portableCycles, differing] = figures.map(Number);
    return { kernel, shape, macs, cycles, portableCycles, differing };
  });
}

/** What random layers gave: a line for each layer that differs, and one per kernel with the number of cases and of those that differ. */
export const randomCases = (core: CoreName): Promise<string[]> => printed('cases', core);
