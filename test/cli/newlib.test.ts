/** Programs as a newcomer builds them: newlib's own start-up code and linker script, no vector table, nothing said about memory. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildArmProgram } from '../support/arm-toolchain.js';

const command = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));

const BOARDS = [
  ['mps2-an382', 'cortex-m0', []],
  ['mps2-an383', 'cortex-m0plus', []],
  ['mps2-an385', 'cortex-m3', []],
  ['mps2-an386', 'cortex-m4', ['-mfloat-abi=hard', '-mfpu=fpv4-sp-d16']],
  ['mps2-an500', 'cortex-m7', ['-mfloat-abi=hard', '-mfpu=fpv5-d16']],
] as const;

interface Result { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function run(source: string, [board, cpu, flags]: readonly [string, string, readonly string[]], options: readonly string[] = ['--semihosting']): Promise<Result> {
  const program = buildArmProgram(source, { cpu, flags: ['-O1', ...flags], link: ['--specs=rdimon.specs', '-lm'] });
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-newlib-'));
  const file = join(folder, 'program.elf');
  writeFileSync(file, program.bytes);
  return new Promise<Result>((resolve) => {
    const args = [command, 'run', file, '--board', board, ...options, '--stdin', 'none', '--timeout', '5s', '--quiet'];
    const child = execFile(process.execPath, args, (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
  }).finally(() => {
    rmSync(folder, { recursive: true, force: true });
    program.dispose();
  });
}

describe.each(BOARDS)('newlib without a linker script on %s', (...board) => {
  // The image is at 0x8000, in a RAM of 4 MiB: about 63 blocks of 64 KiB fit, and the 64th must not be taken from elsewhere.
  it('gives malloc the RAM behind the program, and NULL when it is full', async () => {
    const { code, stdout } = await run(`
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      int main(void) {
        int blocks = 0;
        for (void *p; blocks < 1000 && (p = malloc(1 << 16)); blocks++) memset(p, 0xa5, 1 << 16);
        printf("%s\\n", blocks >= 60 && blocks < 64 ? "as expected" : "wrong");
        return 3;
      }`, board);
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'as expected\n' });
  });

  // Address 0 holds no vector table, so HardFault's vector is 0 and the core locks up there: not what the user looks for.
  it.each([
    ['semihosting is off',    'int main(void) { return 0; }',                                       [],                'BKPT 0xab, a semihosting call, while semihosting is off'],
    ['a pointer is wild',     'int main(void) { return *(volatile int *)0x50000000; }',             ['--semihosting'], 'nothing is mapped at 0x50000000'],
    ['an instruction is bad', 'int main(void) { __asm volatile ("udf #0"); return 0; }',            ['--semihosting'], 'permanently undefined instruction'],
  ])('says what came before the lockup: %s', async (_, source, options, reason) => {
    const { code, stderr } = await run(source, board, options);
    expect(code).toBe(44);
    expect(stderr).toContain(`while handling HardFault: ${reason}\n  at 0x00008`);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^thumbelina: lockup .* while handling HardFault: ${reason}`));
  });
});
