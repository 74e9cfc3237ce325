/** Compiles the benchmark's programs for QEMU's Cortex-M4F board, with the start-up code of the test firmware. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRMWARE = fileURLToPath(new URL('../firmware/', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url));
const BUILD = join(FIRMWARE, 'build', 'bench');

const CPU = ['-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16'];
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Werror', '-ffunction-sections', '-fdata-sections', '-ffp-contract=off', '-fno-math-errno', '-I', 'lib'];
const LINK = ['-nostartfiles', '-L', 'lib', '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', '-T', 'mps2.ld'];
const LIBRARY = ['startup', 'syscalls', 'trace', 'console-uart'].map((name) => `lib/${name}.c`);

/** @returns the path of the ELF file. @throws Error when the compiler is missing or refuses */
export function build(source: string, iterations: number): string {
  mkdirSync(BUILD, { recursive: true });
  const name = source.replace(/^.*\//, '').replace(/\.c$/, '');
  const elf = join(BUILD, `${name}-${iterations}.elf`);
  const file = source.includes('/') ? source : join(PROGRAMS, source);
  const args = [...CPU, ...FLAGS, `-DITERATIONS=${iterations}`, file, ...LIBRARY, ...LINK, '-lm', '-o', elf];
  const { status, error, stderr } = spawnSync('arm-none-eabi-gcc', args, { cwd: FIRMWARE, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`arm-none-eabi-gcc cannot build ${source}: ${error?.message ?? stderr}`);
  return elf;
}
