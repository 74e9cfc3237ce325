/**
 * Measures our speed beside QEMU's and the host's, for example `npm run bench -- --rounds 5 --json figures.json`;
 * `npm run bench -- avr` beside simavr's and avr8js's (avr/main.ts).
 * Exit status: 0, or 1 when two of them disagree about what a program prints, or something cannot be measured.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { parseArguments } from './arguments.js';
import { benchAvr } from './avr/main.js';
import { buildHello, buildImage, buildNative, compilerVersions, NOTHING } from './build.js';
import { qemuVersion, runNode, runThumbelina, type Engine } from './engines.js';
import { figuresOf } from './figures.js';
import { measure, type Built } from './measure.js';
import { iterationsOf, PROGRAMS, type Program, type TargetName } from './programs.js';
import { resultOf, type ColdStart, type Machine, type ProgramResult } from './result.js';
import { median } from './statistics.js';
import { headings, meanLine, programLine } from './table.js';

async function buildNothing(target: TargetName): Promise<Built> {
  const program = NOTHING[target];
  return { name: program.name, target, elf: (await buildImage(program, 1)).elf, native: await buildNative(program, 1) };
}

async function measureProgram(program: Program, nothing: Built, rounds: number, quick: boolean, engine?: Engine): Promise<ProgramResult> {
  const iterations = iterationsOf(program, quick);
  const { elf, bytes, functions } = await buildImage(program, iterations);
  const native = program.native ? { native: await buildNative(program, iterations) } : {};
  const { rounds: measured, report, output } = await measure({ name: program.name, target: program.target, elf, ...native }, nothing, rounds, engine);
  const { instructions, cycles, exceptions, translation } = report;
  return {
    program: program.name, core: program.target, iterations, image: { bytes, functions }, output,
    instructions, cycles, exceptions, ...figuresOf(instructions, measured), ...(translation === undefined ? {} : { translation }),
  };
}

async function measureColdStart(rounds: number, engine?: Engine): Promise<ColdStart> {
  const hello = await buildHello();
  await runThumbelina('m4', hello, engine); // the files are in the system's cache from here on
  const [firstByte, node]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    firstByte.push((await runThumbelina('m4', hello, engine)).toOutput * 1000);
    node.push((await runNode()).wall * 1000);
  }
  return { thumbelinaToFirstByteMs: median(firstByte), nodeMs: median(node) };
}

async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0].model, cores: cpus().length, kernel: release(), node: process.version, v8: process.versions.v8,
    qemu: await qemuVersion(), ...await compilerVersions(), loadAtStart: loadavg()[0],
  };
}

// What is being measured runs in a process group of its own and ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

async function benchArm(args: readonly string[]): Promise<void> {
  const { rounds, only, json, engine, quick } = parseArguments(args);
  const machine = await describeMachine();
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.loadAtStart.toFixed(1)}; Node ${machine.node}; ${machine.qemu}`);
  console.log(`${machine.crossCompiler}; on the host ${machine.hostCompiler}; engine: ${engine ?? "the command's own choice"}; medians of ${rounds} rounds${quick ? ', a tenth of the work' : ''}\n`);
  const nothing = { m4: await buildNothing('m4'), m0: await buildNothing('m0') };
  console.log(headings());
  const programs: ProgramResult[] = [];
  for (const program of PROGRAMS.filter(({ name }) => only === undefined || only.includes(name))) {
    const result = await measureProgram(program, nothing[program.target], rounds, quick, engine);
    programs.push(result);
    console.log(programLine(result.program, result.instructions, result));
  }
  const result = resultOf({ machine: { ...machine, loadAtEnd: loadavg()[0] }, engine, quick, rounds, programs, coldStart: await measureColdStart(Math.max(rounds, 5), engine) });
  console.log(meanLine('geometric mean', result.geomean));
  console.log(meanLine('the same by CPU time', result.geomeanByCpu));
  console.log(`\ncold start: first serial byte of hello after ${result.coldStart.thumbelinaToFirstByteMs.toFixed(0)} ms; node -e 0 takes ${result.coldStart.nodeMs.toFixed(0)} ms`);
  for (const { program, image, translation } of programs.filter((one) => one.program === 'boot')) {
    console.log(`${program}: ${image.functions} functions, ${(image.bytes / 1024).toFixed(0)} KB; translation ${translation === undefined ? 'not reported' : JSON.stringify(translation)}`);
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

const [first, ...others] = process.argv.slice(2);
try {
  if (first === 'avr') await benchAvr(others);
  else await benchArm(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
