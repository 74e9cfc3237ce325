/** The committed ELFs of the hello sample: they are what the sources give, and they print what they should. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collect, runQemu } from '../oracles/qemu.js';
import { rebuilt } from '../support/samples.js';

const SAMPLE = fileURLToPath(new URL('../../firmware-samples/hello/', import.meta.url));
const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const BOARDS = ['mps2-an385', 'mps2-an386', 'mps2-an500'] as const;

const elfOf = (board: string): string => join(SAMPLE, `hello.${board}.elf`);
const expected = readFileSync(join(SAMPLE, 'expected.txt'), 'latin1');

describe.each(BOARDS)('hello on %s', (board) => {
  it('is what its sources give', () => {
    expect(rebuilt('hello', `hello.${board}.elf`)).toBe(true);
  }, 30_000);

  it('prints its line on QEMU', async () => {
    expect(await runQemu({ machine: board, elf: elfOf(board), timeoutMs: 20_000 })).toMatchObject({ stdout: expected, exitCode: 0 });
  }, 30_000);

  it('prints its line on the emulator', async () => {
    const run = await collect(process.execPath, [THUMBELINA, 'run', elfOf(board), '--board', board, '--semihosting', '--timeout', '10s'], '', 30_000);
    expect(run).toMatchObject({ stdout: expected, exitCode: 0 });
  }, 60_000);
});
