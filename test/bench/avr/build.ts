/** Compiles the programs for the ATmega2560, and what runs them on simavr and avr8js. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { BUILD, INCLUDES, missingFrom, SOURCES, succeed } from '../build.js';
import type { AvrProgram, Setting } from './programs.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CROSS = 'avr-gcc';
/** No program needs `double`, which has 32 bits there; the rest as for the other boards. */
const FLAGS = ['-mmcu=atmega2560', '-O2', '-std=gnu11', '-Wall', '-Werror', '-ffp-contract=off', '-fno-math-errno', '-ffunction-sections', '-fdata-sections', '-Wl,--gc-sections'];

export interface AvrImage {
  readonly elf: string;
  /** Program memory alone. */
  readonly binary: string;
  /** of code and constants */
  readonly bytes: number;
}

/** @throws Error when the compiler is missing or refuses, or the image lacks what the program is about */
export async function buildAvrImage({ name, source, contains }: AvrProgram, iterations: number, setting: Setting): Promise<AvrImage> {
  mkdirSync(BUILD, { recursive: true });
  const elf = join(BUILD, `avr-${name}-${iterations}-${setting}.elf`);
  const binary = elf.replace('.elf', '.bin');
  const support = [join(HERE, 'support.c'), ...(setting === 'millis' ? [join(HERE, 'ticks.c')] : [])];
  await succeed(CROSS, [...FLAGS, ...INCLUDES, `-DITERATIONS=${iterations}`, join(SOURCES, source), ...support, '-o', elf], `build ${name}`);
  const missing = missingFrom(await succeed('avr-objdump', ['-d', elf], `list ${name}`), contains);
  if (missing !== undefined) throw new Error(`${name}: no line of ${missing.in} in its disassembly matches ${missing.line}`);
  await succeed('avr-objcopy', ['-O', 'binary', '-R', '.eeprom', elf, binary], `copy ${name}`);
  const [, sizes] = (await succeed('avr-size', [elf], `measure ${name}`)).split('\n');
  return { elf, binary, bytes: Number(sizes.trim().split(/\s+/)[0]) };
}

/** @returns the paths of both */
export async function buildRivals(): Promise<{ simavr: string; avr8js: string }> {
  mkdirSync(BUILD, { recursive: true });
  const simavr = join(BUILD, 'simavr-run');
  const avr8js = join(BUILD, 'avr8js-run.cjs');
  await succeed('gcc', ['-O2', '-Wall', '-Wextra', join(HERE, 'simavr-run.c'), '-o', simavr, '-lsimavr', '-lelf'], 'build the runner for simavr');
  await bundle({ entryPoints: [join(HERE, 'avr8js-run.ts')], bundle: true, platform: 'node', format: 'cjs', outfile: avr8js, logLevel: 'error' });
  return { simavr, avr8js };
}

export const avrCompilerVersion = async (): Promise<string> => (await succeed(CROSS, ['--version'], 'tell its version')).split('\n')[0];
