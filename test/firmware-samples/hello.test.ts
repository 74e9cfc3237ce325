/** The committed ELFs of the hello sample: they are what the sources give, and they print what they should. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { collect, runQemu } from '../oracles/qemu.js';

const SAMPLE = fileURLToPath(new URL('../../firmware-samples/hello/', import.meta.url));
const THUMBELINA = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const BOARDS = ['mps2-an385', 'mps2-an386', 'mps2-an500'] as const;
const COMMITTED_WITH = '12.2.1';

const elfOf = (board: string): string => join(SAMPLE, `hello.${board}.elf`);
const expected = readFileSync(join(SAMPLE, 'expected.txt'), 'latin1');

/** Rebuilds into a folder of its own; undefined where the compiler is another version, whose bytes may differ. */
function rebuild(board: string): Buffer | undefined {
  const version = spawnSync('arm-none-eabi-gcc', ['-dumpfullversion'], { encoding: 'utf8' }).stdout?.trim();
  if (version !== COMMITTED_WITH) return undefined;
  const out = mkdtempSync(join(tmpdir(), 'thumbelina-hello-'));
  try {
    const made = spawnSync('make', ['-s', '-C', SAMPLE, `OUT=${out}`, join(out, `hello.${board}.elf`)], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`hello does not build: ${made.stderr}`);
    return readFileSync(join(out, `hello.${board}.elf`));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

describe.each(BOARDS)('hello on %s', (board) => {
  it('is what its sources give', () => {
    const committed = readFileSync(elfOf(board));
    expect(committed.equals(rebuild(board) ?? committed)).toBe(true);
  }, 30_000);

  it('prints its line on QEMU', async () => {
    expect(await runQemu({ machine: board, elf: elfOf(board), timeoutMs: 20_000 })).toMatchObject({ stdout: expected, exitCode: 0 });
  }, 30_000);

  it('prints its line on the emulator', async () => {
    const run = await collect(process.execPath, [THUMBELINA, 'run', elfOf(board), '--board', board, '--semihosting', '--timeout', '10s'], '', 30_000);
    expect(run).toMatchObject({ stdout: expected, exitCode: 0 });
  }, 60_000);
});
