/**
 * Compiles the benchmark's programs: for the boards, with the start-up code of the test firmware and a 1 kHz SysTick, and
 * for the host. What the large image is made of is kept in the build folder until its text or flags change.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootSource } from './boot-source.js';
import type { Program, TargetName } from './programs.js';

const FIRMWARE = fileURLToPath(new URL('../firmware/', import.meta.url));
export const SOURCES = fileURLToPath(new URL('programs/', import.meta.url));
export const BUILD = join(FIRMWARE, 'build', 'bench');

const CROSS = 'arm-none-eabi-gcc';
const HOST = 'gcc';

/** CORE_HZ: MPS2 AN386 runs at 25 MHz (DAI 0386B), the nRF51822 at 16 MHz. */
const TARGETS: Record<TargetName, { readonly cpu: readonly string[]; readonly hz: number; readonly link: string; readonly console: string }> = {
  m4: { cpu: ['-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'], hz: 25_000_000, link: 'mps2.ld', console: 'console-uart' },
  m0: { cpu: ['-mcpu=cortex-m0', '-mfloat-abi=soft'], hz: 16_000_000, link: 'microbit.ld', console: 'console-semihosting' },
};
export const INCLUDES = ['-I', join(FIRMWARE, 'lib'), '-I', SOURCES];
/** The same floating-point results on every machine: no fused operations but where the program asks. */
const COMMON = ['-std=gnu11', '-Wall', '-Werror', '-ffp-contract=off', '-fno-math-errno', ...INCLUDES];
const SECTIONS = ['-mthumb', '-ffunction-sections', '-fdata-sections'];
const LINK = ['-nostartfiles', '-L', join(FIRMWARE, 'lib'), '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'];

/** @returns what the command prints. @throws Error when it is missing or refuses */
export async function succeed(command: string, args: readonly string[], what: string): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString('latin1'); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString('latin1'); });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => { reject(new Error(`${command} cannot ${what}: ${error.message}`)); });
    child.on('close', resolve);
  });
  if (status !== 0) throw new Error(`${command} cannot ${what}: ${stderr}`);
  return stdout;
}

function libraryOf(target: TargetName): string[] {
  const names = ['startup', 'syscalls', 'trace', TARGETS[target].console];
  return [...names.map((name) => join(FIRMWARE, 'lib', `${name}.c`)), join(SOURCES, 'ticks.c')];
}

async function compile(what: string, target: TargetName, optimise: string, iterations: number, sources: readonly string[]): Promise<string> {
  mkdirSync(BUILD, { recursive: true });
  const { cpu, hz, link } = TARGETS[target];
  const elf = join(BUILD, `${what}-${iterations}.elf`);
  const defines = [`-DITERATIONS=${iterations}`, `-DCORE_HZ=${hz}`];
  await succeed(CROSS, [...cpu, ...SECTIONS, ...COMMON, optimise, ...defines, ...sources, ...libraryOf(target), ...LINK, '-T', link, '-lm', '-o', elf], `build ${what}`);
  return elf;
}

/** Compiles the generated modules once, as many at a time as there are cores. @returns header folder, main and objects */
async function bootParts(): Promise<{ folder: string; parts: string[] }> {
  const files = bootSource();
  const flags = [...TARGETS.m4.cpu, ...SECTIONS, ...COMMON, '-O2'];
  const key = createHash('sha256').update(JSON.stringify([files, await succeed(CROSS, ['--version'], 'tell its version')])).digest('hex').slice(0, 12);
  const folder = join(BUILD, `boot-${key}`);
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const modules = files.map(({ name }) => name).filter((name) => /-\d+\.c$/.test(name));
  const queue = modules.filter((name) => !existsSync(join(folder, `${name}.o`)));
  if (queue.length > 0) console.error(`bench: compiling the ${queue.length} modules of the large image, once`);
  const worker = async (): Promise<void> => {
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const object = join(folder, `${name}.o`);
      await succeed(CROSS, [...flags, '-c', join(folder, name), '-o', `${object}.part`], `build ${name}`);
      renameSync(`${object}.part`, object);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return { folder, parts: [join(folder, 'boot-main.c'), ...modules.map((name) => join(folder, `${name}.o`))] };
}

export interface Image {
  readonly elf: string;
  /** of code and constants */
  readonly bytes: number;
  /** in the symbol table; the C library's are among them */
  readonly functions: number;
}

/** @returns the first of the wanted lines that a listing by objdump lacks */
export function missingFrom(listing: string, wanted: Program['contains']): Program['contains'][number] | undefined {
  const left = new Set(wanted);
  let name = '';
  for (const line of listing.split('\n')) {
    const heading = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (heading) name = heading[1];
    else for (const one of left) if (one.in.test(name) && one.line.test(line)) left.delete(one);
  }
  return [...left][0];
}

/** @throws Error when the compiler is missing or refuses, or the image lacks what the program is about */
export async function buildImage(program: Program, iterations: number): Promise<Image> {
  const sources = program.source === 'boot' ? (await bootParts()).parts : [join(SOURCES, program.source)];
  const elf = await compile(program.name, program.target, program.optimise, iterations, sources);
  const missing = missingFrom(await succeed('arm-none-eabi-objdump', ['-d', elf], `list ${program.name}`), program.contains);
  if (missing !== undefined) throw new Error(`${program.name}: no line of ${missing.in} in its disassembly matches ${missing.line}`);
  const symbols = await succeed('arm-none-eabi-nm', ['--defined-only', elf], `list ${program.name}`);
  const [, sizes] = (await succeed('arm-none-eabi-size', [elf], `measure ${program.name}`)).split('\n');
  return { elf, bytes: Number(sizes.trim().split(/\s+/)[0]), functions: symbols.match(/^\S+ [tTW] [^$]/gm)?.length ?? 0 };
}

/** @returns the path of the program for this machine, compiled at -O2 */
export async function buildNative(program: Program, iterations: number): Promise<string> {
  mkdirSync(BUILD, { recursive: true });
  const file = join(BUILD, `${program.name}-${iterations}.native`);
  await succeed(HOST, [...COMMON, '-O2', `-DITERATIONS=${iterations}`, join(SOURCES, program.source), '-o', file], `build ${program.name} for this machine`);
  return file;
}

/** A program that ends at once, for what every run takes before and after its work. */
export const NOTHING: Record<TargetName, Program> = {
  m4: { name: 'nothing', source: 'nothing.c', target: 'm4', optimise: '-O2', iterations: 1, native: true, contains: [] },
  m0: { name: 'm0-nothing', source: 'nothing.c', target: 'm0', optimise: '-Os', iterations: 1, native: true, contains: [] },
};

/** The firmware whose first byte tells the cold start. */
export const buildHello = (): Promise<string> => compile('hello', 'm4', '-O2', 1, [join(FIRMWARE, 'programs', 'hello.c')]);

export async function compilerVersions(): Promise<{ crossCompiler: string; hostCompiler: string }> {
  const first = async (command: string): Promise<string> => (await succeed(command, ['--version'], 'tell its version')).split('\n')[0];
  return { crossCompiler: await first(CROSS), hostCompiler: await first(HOST) };
}
