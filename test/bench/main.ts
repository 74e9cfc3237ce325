/**
 * Measures the interpreter's speed beside QEMU's, for example `npm run bench -- --rounds 5 --json figures.json`.
 *
 * Both run the same ELF file, in turns. A program's time is its process's wall time less that of a program that ends at
 * once, measured in the same round. QEMU counts no instructions here: its MIPS are our count over its time. The ratio
 * is taken round by round. Exit status: 0, or 1 when the two disagree about what a program prints.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { build } from './build.js';
import { count, runNode, runQemu, runThumbelina, timed } from './engines.js';
import { geometricMean, median, medianOfRatios } from './statistics.js';

/** Iterations for some 10^8 instructions or more: seconds of ours, and well above QEMU's start. */
const PROGRAMS = [
  { name: 'coremark-like', source: 'coremark-like.c', iterations: 3000 },
  { name: 'int8-convolution', source: 'int8-convolution.c', iterations: 1200 },
  { name: 'float-fft', source: 'float-fft.c', iterations: 10_000 },
  { name: 'integer', source: 'integer.c', iterations: 12 },
  { name: 'kernel', source: 'kernel.c', iterations: 150_000 },
] as const;

interface Figures {
  readonly program: string;
  readonly instructions: number;
  readonly thumbelinaMips: number;
  readonly qemuMips: number;
  /** Median over the rounds of our speed over QEMU's. */
  readonly ratio: number;
}
interface ColdStart { readonly thumbelinaToFirstByteMs: number; readonly nodeMs: number }

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return value;
}

async function measure({ name, source, iterations }: (typeof PROGRAMS)[number], nothing: string, rounds: number): Promise<Figures> {
  const elf = build(source, iterations);
  const { instructions, output } = await count(elf);
  const qemuOutput = (await runQemu(elf)).output;
  if (output !== qemuOutput) throw new Error(`${name}: prints\n${output}and in QEMU\n${qemuOutput}`);
  const pairs: [ours: number, theirs: number][] = [];
  for (let round = 0; round < rounds; round++) {
    const idle = [await runThumbelina(nothing), await runQemu(nothing)] as const;
    const busy = [await runThumbelina(elf), await runQemu(elf)] as const;
    const seconds = busy.map((run, i) => run.seconds - idle[i].seconds);
    if (seconds.some((s) => s <= 0)) throw new Error(`${name}: shorter than the start of its process; the machine is too busy to measure`);
    pairs.push([instructions / seconds[0] / 1e6, instructions / seconds[1] / 1e6]);
  }
  return {
    program: name, instructions, ratio: medianOfRatios(pairs),
    thumbelinaMips: median(pairs.map(([ours]) => ours)), qemuMips: median(pairs.map(([, theirs]) => theirs)),
  };
}

async function measureColdStart(rounds: number): Promise<ColdStart> {
  const hello = build('programs/hello.c', 1);
  await runThumbelina(hello); // the files are in the system's cache from here on
  const [firstByte, node]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    firstByte.push((await runThumbelina(hello)).secondsToOutput * 1000);
    node.push((await runNode()).seconds * 1000);
  }
  return { thumbelinaToFirstByteMs: median(firstByte), nodeMs: median(node) };
}

function row(...[name, ...figures]: [string, ...string[]]): void {
  console.log(name.padEnd(18) + figures.map((figure) => figure.padStart(16)).join(''));
}

function print({ program, instructions, thumbelinaMips, qemuMips, ratio }: Figures): void {
  row(program, (instructions / 1e6).toFixed(1), thumbelinaMips.toFixed(0), qemuMips.toFixed(0), ratio.toFixed(3));
}

const command = new Command('bench')
  .option('--rounds <n>', 'how often everything is measured', wholeNumber, 5)
  .option('--only <program>', `one of ${PROGRAMS.map(({ name }) => name).join(', ')}`)
  .option('--json <file>', 'write the figures there too')
  .parse();
const { rounds, only, json } = command.opts<{ rounds: number; only?: string; json?: string }>();
const chosen = PROGRAMS.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) command.error(`there is no program ${only}`);

const qemu = (await timed('qemu-system-arm', ['--version'])).output.split('\n')[0];
const machine = { cpu: cpus()[0].model, cores: cpus().length, loadAtStart: loadavg()[0], node: process.version, qemu };
console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadAtStart.toFixed(1)}; Node ${machine.node}; ${qemu}; medians of ${rounds} rounds`);
row('program', 'instructions M', 'Thumbelina MIPS', 'QEMU MIPS', 'ratio');
const nothing = build('nothing.c', 1);
const programs: Figures[] = [];
for (const program of chosen) {
  const figures = await measure(program, nothing, rounds);
  programs.push(figures);
  print(figures);
}
const geometricMeanRatio = geometricMean(programs.map(({ ratio }) => ratio));
row('geometric mean', '', '', '', geometricMeanRatio.toFixed(3));
const coldStart = await measureColdStart(rounds);
console.log(`cold start: first serial byte of hello after ${coldStart.thumbelinaToFirstByteMs.toFixed(0)} ms; node -e 0 takes ${coldStart.nodeMs.toFixed(0)} ms`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, rounds, programs, geometricMeanRatio, coldStart }, null, 2)}\n`);
