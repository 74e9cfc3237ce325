/** Test firmware on demand: `make -C test/firmware`, once per process, never two at a time. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRMWARE = fileURLToPath(new URL('../firmware/', import.meta.url));
const BUILD = join(FIRMWARE, 'build');

let isBuilt = false;

/**
 * Builds whatever is out of date.
 * @throws Error when the compiler is missing or a program does not compile
 */
export function buildFirmware(): void {
  if (isBuilt) return;
  mkdirSync(BUILD, { recursive: true });
  run('flock', [join(BUILD, '.lock'), 'make', '-C', FIRMWARE]);
  isBuilt = true;
}

/**
 * Path of a built program.
 * @param name as `make list` prints it: `m4/kernel`, `m3/exceptions/svc`
 * @throws Error when there is no such program, or it cannot be built
 */
export function firmware(name: string): string {
  buildFirmware();
  const path = join(BUILD, `${name}.elf`);
  if (!existsSync(path)) throw new Error(`test firmware ${name}: no such program; \`make -C test/firmware list\` names them`);
  return path;
}

/** The names that the Makefile builds. */
export function listFirmware(): string[] {
  return run('make', ['-s', '-C', FIRMWARE, 'list']).trim().split('\n');
}

function run(command: string, parameters: readonly string[]): string {
  const made = spawnSync(command, parameters, { encoding: 'utf8', maxBuffer: 16 << 20 });
  if (made.error) throw new Error(`test firmware: cannot run ${command} (${made.error.message}); run scripts/setup.sh`);
  if (made.status !== 0) throw new Error(`test firmware: ${command} failed\n${made.stderr || made.stdout}`);
  return made.stdout;
}
