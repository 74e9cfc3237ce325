/** The real command with the real machine against QEMU 7.2: every semihosting call, line by line. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const command = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const probe = (name: string): string => fileURLToPath(new URL(`../semihosting/probe/${name}`, import.meta.url));

/** Ours where it differs from QEMU's on purpose: docs/semihosting.md says why. Column errno is what the last failure left. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'ISTTY stdout': '0x00000001', 'ISTTY stdin': '0x00000001',      // the console is a terminal, always
  'READ bad address': '0x00000002', 'READ stdin 100': '0x00000061', // nothing is read to nowhere, so more is left
  'FLEN append': '0x0000000e',                                    // mode a appends
  'OPEN directory r': '0xffffffff', 'HEAPINFO bad': '0xffffffff', 'ELAPSED bad': '0xffffffff',
};

const run = (folder: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const args = [command, 'run', probe('probe.elf'), '--board', 'mps2-an385', `--semihosting=${folder}`, '--arguments', 'probe.elf one', '--quiet'];
    const child = execFile(process.execPath, args, (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
    child.stdin!.end('abcdef');
  });

/** `name result errno number` as [name, result]; other lines as they are. */
const results = (text: string): [string, string][] =>
  text.split('\n').filter((line) => line !== 'hello' && line !== 'oops').map((line) => {
    const match = /^(.*) (0x[0-9a-f]{8}) errno 0x[0-9a-f]{8}$/.exec(line);
    return match === null ? [line, ''] : [match[1], match[2]];
  });

it('answers every semihosting call as QEMU 7.2 does, but for the documented differences', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-probe-'));
  try {
    const { code, stdout, stderr } = await run(folder);
    const expected = results(readFileSync(probe('qemu-7.2.txt'), 'utf8')).map(([name, result]) => [name, DIFFERENCES[name] ?? result]);
    expect(results(stdout)).toEqual(expected);
    expect(code).toBe(7);
    expect(stderr).toContain('oops');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
