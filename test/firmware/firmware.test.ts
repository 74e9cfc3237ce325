/** Whole programs on our emulator, compared with QEMU running the same ELF. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { collect, runQemuToExit } from '../oracles/qemu.js';
import { buildFirmware, firmware } from '../support/firmware.js';
import { programs, type FirmwareProgram } from './programs.js';

const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
/** A Cortex-M0 with the memories of QEMU's microbit: these programs touch nothing else of it. */
const CORTEX_M0_BOARD = fileURLToPath(new URL('boards/cortex-m0.yaml', import.meta.url));
const LIMIT_MS = 30_000;

interface Outcome { readonly text: string; readonly exitCode: number | null }

async function onQemu(program: FirmwareProgram): Promise<Outcome> {
  const run = await runQemuToExit({
    machine: program.machine, elf: firmware(program.name), stdin: program.stdin, start: program.start,
    console: program.output, timeoutMs: LIMIT_MS, icount: 5,
  }, program.exitCode);
  return { text: run.stdout, exitCode: run.exitCode };
}

async function onThumbelina(program: FirmwareProgram): Promise<Outcome> {
  const board = program.machine === 'microbit' ? CORTEX_M0_BOARD : program.machine;
  const parameters = [THUMBELINA, 'run', firmware(program.name), '--board', board, '--semihosting', '--timeout', '10s'];
  const run = await collect(process.execPath, parameters, program.stdin, LIMIT_MS);
  return { text: run.stdout, exitCode: run.exitCode };
}

const expectedOf = (program: FirmwareProgram): Outcome | undefined =>
  program.compare === 'qemu' ? undefined : { text: program.compare.expected, exitCode: program.exitCode };

beforeAll(buildFirmware, 300_000);

describe('a program prints and exits as on QEMU, or as the manual asks', () => {
  it.each(programs.map((program) => [program.name, program] as const))('%s', async (_, program) => {
    const expected = expectedOf(program) ?? await onQemu(program);
    expect(await onThumbelina(program)).toEqual(expected);
  }, 4 * LIMIT_MS);
});
