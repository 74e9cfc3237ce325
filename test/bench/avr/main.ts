/**
 * `npm run bench -- avr`: each program on our command, on simavr (native C) and on avr8js in Node, first alone, then with Arduino's
 * timer 0 counting milliseconds. All must print the same.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { benchCommand, parseArguments } from '../arguments.js';
import { runCommand, timed, type Engine, type Report, type Run } from '../engines.js';
import { net } from '../figures.js';
import { iterationsOf } from '../programs.js';
import { avrCompilerVersion, buildAvrImage, buildRivals, type AvrImage } from './build.js';
import { AVR_RUNNERS, avrFiguresOf, isUsable, meanOf, type AvrFigures, type AvrRound, type AvrRunner, type ByRival } from './figures.js';
import { AVR_NOTHING, AVR_PROGRAMS, SETTINGS, type AvrProgram, type Setting } from './programs.js';

const BOARD = ['--board', 'arduino-mega', '--until', 'end\\n'];
const CHIP = ['atmega2560', '16000000'];
/** Rounds thrown away because the machine was busy elsewhere, before giving up. */
const MOST_UNUSABLE = 5;

interface AvrResult extends AvrFigures {
  readonly program: string;
  readonly setting: Setting;
  readonly iterations: number;
  readonly bytes: number;
  readonly output: string;
  readonly instructions: number;
  readonly cycles: number;
  readonly exceptions: Readonly<Record<string, number>>;
  readonly translation?: unknown;
}

type Runners = Readonly<Record<AvrRunner, (image: AvrImage) => Promise<Run & { readonly report?: Report }>>>;

async function makeRunners(engine: Engine | undefined): Promise<Runners> {
  const { simavr, avr8js } = await buildRivals();
  return {
    thumbelina: ({ elf }) => runCommand(elf, BOARD, engine),
    simavr: ({ elf }) => timed(simavr, [...CHIP, elf]),
    avr8js: ({ binary }) => timed(process.execPath, [avr8js, binary]),
  };
}

function refuseDifference(name: string, outputs: ReadonlyMap<AvrRunner, string>): void {
  const [first, ...others] = [...outputs];
  for (const [runner, output] of others) {
    if (output !== first[1]) throw new Error(`${name}: ${first[0]} prints\n${first[1]}and ${runner} prints\n${output}`);
  }
}

/** @throws Error when outputs differ, or the machine is too busy to measure */
async function measure(name: string, image: AvrImage, nothing: AvrImage, rounds: number, runners: Runners): Promise<{ rounds: AvrRound[]; report: Report; output: string }> {
  const usable: AvrRound[] = [];
  const outputs = new Map<AvrRunner, string>();
  let report: Report | undefined;
  for (let round = 0; usable.length < rounds; round++) {
    if (round - usable.length > MOST_UNUSABLE) throw new Error(`${name}: shorter than the start of its process; the machine is too busy to measure`);
    const costs: Partial<Record<AvrRunner, AvrRound[AvrRunner]>> = {};
    for (const runner of round % 2 === 0 ? AVR_RUNNERS : [...AVR_RUNNERS].reverse()) {
      const busy = await runners[runner](image);
      costs[runner] = net(busy, await runners[runner](nothing));
      outputs.set(runner, busy.output);
      report = busy.report ?? report;
      refuseDifference(name, outputs);
    }
    if (isUsable(costs as AvrRound)) usable.push(costs as AvrRound);
  }
  return { rounds: usable, report: report!, output: outputs.get('thumbelina')! };
}

async function measureProgram(program: AvrProgram, setting: Setting, nothing: AvrImage, rounds: number, quick: boolean, runners: Runners): Promise<AvrResult> {
  const iterations = iterationsOf(program, quick);
  const image = await buildAvrImage(program, iterations, setting);
  const { rounds: measured, report: { instructions, cycles, exceptions, translation }, output } = await measure(program.name, image, nothing, rounds, runners);
  return {
    program: program.name, setting, iterations, bytes: image.bytes, output, instructions, cycles, exceptions, ...avrFiguresOf(measured),
    ...(translation === undefined ? {} : { translation }),
  };
}

// -- The table.

const WIDTHS = [18, 7, 7, 7, 7, 7, 9, 9, 9, 9];
const line = (...cells: readonly string[]): string => cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join('').trimEnd();
const HEADINGS = `${line('', 'cycles', 'real', 'ours', 'simavr', 'avr8js', '/simavr', '/avr8js', '/simavr', '/avr8js')}\n${line('', 'M', 'times', 's', 's', 's', '', '', 'by CPU', 'by CPU')}`;
const CORE_HZ = 16e6;

const ratios = ({ simavr, avr8js }: ByRival): string[] => [simavr.toFixed(2), avr8js.toFixed(2)];
const resultLine = ({ program, cycles, wall, ratio, ratioByCpu }: AvrResult): string => line(
  program, (cycles / 1e6).toFixed(0), (cycles / CORE_HZ / wall.thumbelina).toFixed(0),
  ...AVR_RUNNERS.map((runner) => wall[runner].toFixed(2)), ...ratios(ratio), ...ratios(ratioByCpu),
);

/** @param args of the command line behind `avr` */
export async function benchAvr(args: readonly string[]): Promise<void> {
  const command = benchCommand({ description: 'measures our speed on an ATmega2560 beside simavr and avr8js', programs: AVR_PROGRAMS });
  const { rounds, only, json, engine, quick } = parseArguments(args, command);
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version, compiler: await avrCompilerVersion(), loadAtStart: loadavg()[0] };
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadAtStart.toFixed(1)}; Node ${machine.node}; ${machine.compiler}`);
  console.log(`engine: ${engine ?? "the command's own choice"}; medians of ${rounds} rounds${quick ? ', a tenth of the work' : ''}`);
  const runners = await makeRunners(engine);
  await runners.thumbelina(await buildAvrImage(AVR_NOTHING, 1, 'alone')); // in a checkout the command is made from its sources first
  const programs: AvrResult[] = [];
  const means: Partial<Record<Setting, { readonly ratio: ByRival; readonly ratioByCpu: ByRival }>> = {};
  for (const setting of SETTINGS) {
    console.log(`\n${setting === 'alone' ? 'without interrupts' : "with Arduino's timer 0 and millis()"}\n${HEADINGS}`);
    const nothing = await buildAvrImage(AVR_NOTHING, 1, setting);
    const results: AvrResult[] = [];
    for (const program of AVR_PROGRAMS.filter(({ name }) => only === undefined || only.includes(name))) {
      results.push(await measureProgram(program, setting, nothing, rounds, quick, runners));
      console.log(resultLine(results.at(-1)!));
    }
    const mean = { ratio: meanOf(results.map(({ ratio }) => ratio)), ratioByCpu: meanOf(results.map(({ ratioByCpu }) => ratioByCpu)) };
    console.log(line('geometric mean', '', '', '', '', '', ...ratios(mean.ratio), ...ratios(mean.ratioByCpu)));
    programs.push(...results);
    means[setting] = mean;
  }
  const result = { machine: { ...machine, loadAtEnd: loadavg()[0] }, engine: engine ?? 'default', quick, rounds, means, programs };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}
