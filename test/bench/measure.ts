/**
 * Measures one program, round by round: in each, every runner runs a program that ends at once and then the program, and
 * what the first takes is subtracted. All must print the same.
 */
import { runNative, runQemu, runThumbelina, type Engine, type Report, type Run } from './engines.js';
import { isUsable, net, RUNNERS, type Cost, type Round, type Runner } from './figures.js';
import type { TargetName } from './programs.js';

/** What is run: the same work compiled for the board and, perhaps, for the host. */
export interface Built {
  readonly name: string;
  readonly target: TargetName;
  readonly elf: string;
  readonly native?: string;
}

export interface Measured {
  readonly rounds: readonly Round[];
  readonly report: Report;
  readonly output: string;
}

/** The host takes a few milliseconds for what takes others a second: several runs in a row make them measurable. */
const NATIVE_REPEATS = 5;
/** Rounds thrown away because the machine was busy elsewhere, before giving up. */
const MOST_UNUSABLE = 5;

async function repeated(times: number, run: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let i = 0; i < times; i++) runs.push(await run());
  const mean = (of: (run: Run) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / times;
  return { ...runs[0], wall: mean(({ wall }) => wall), cpu: mean(({ cpu }) => cpu) };
}

function run(runner: Runner, { target, elf, native }: Built, engine: Engine | undefined): Promise<Run & { report?: Report }> | undefined {
  switch (runner) {
    case 'thumbelina': return runThumbelina(target, elf, engine);
    case 'qemu': return runQemu(target, elf);
    case 'qemuIcount': return runQemu(target, elf, '-icount', 'shift=0');
    case 'native': return native === undefined ? undefined : repeated(NATIVE_REPEATS, () => runNative(native));
  }
}

/** @throws Error when outputs differ, or the machine is too busy to measure */
export async function measure(program: Built, nothing: Built, rounds: number, engine?: Engine): Promise<Measured> {
  const usable: Round[] = [];
  const outputs = new Map<Runner, string>();
  let report: Report | undefined;
  for (let round = 0; usable.length < rounds; round++) {
    if (round - usable.length > MOST_UNUSABLE) throw new Error(`${program.name}: shorter than the start of its process; the machine is too busy to measure`);
    const costs: Partial<Record<Runner, Cost>> = {};
    for (const runner of round % 2 === 0 ? RUNNERS : [...RUNNERS].reverse()) {
      const busy = await run(runner, program, engine);
      const idle = await run(runner, nothing, engine);
      if (busy === undefined || idle === undefined) continue;
      costs[runner] = net(busy, idle);
      outputs.set(runner, busy.output);
      report = busy.report ?? report;
      refuseDifference(program.name, outputs);
    }
    if (isUsable(costs as Round)) usable.push(costs as Round);
  }
  if (report === undefined) throw new Error(`${program.name}: no report`);
  return { rounds: usable, report, output: outputs.get('thumbelina') ?? '' };
}

/** @throws Error naming the two that print different things */
export function refuseDifference(name: string, outputs: ReadonlyMap<Runner, string>): void {
  const [first, ...others] = [...outputs].sort(([a], [b]) => RUNNERS.indexOf(a) - RUNNERS.indexOf(b));
  for (const [runner, output] of others) {
    if (output !== first[1]) throw new Error(`${name}: ${first[0]} prints\n${first[1]}and ${runner} prints\n${output}`);
  }
}
