/** Runs one program to its end and takes the time: our command, and QEMU. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
const LONGEST_MS = 300_000;

export interface Run {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** To the first byte on standard output. */
  readonly secondsToOutput: number;
  readonly output: string;
}

/** @throws Error when the command fails or takes too long */
export async function timed(command: string, args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: LONGEST_MS });
  let output = '';
  let first = Infinity;
  child.stdout.on('data', (chunk: Buffer) => {
    first = Math.min(first, performance.now());
    output += chunk.toString('latin1');
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = (performance.now() - began) / 1000;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit status ${status}`);
  return { seconds, secondsToOutput: (first - began) / 1000, output };
}

export const runThumbelina = (elf: string, ...more: string[]): Promise<Run> =>
  timed(process.execPath, [COMMAND, 'run', elf, '--board', 'mps2-an386', '--semihosting', '--quiet', ...more]);

export const runQemu = (elf: string): Promise<Run> =>
  timed('qemu-system-arm', ['-M', 'mps2-an386', '-nographic', '-monitor', 'none', '-semihosting-config', 'enable=on,target=native', '-kernel', elf]);

export const runNode = (): Promise<Run> => timed(process.execPath, ['-e', '0']);

/** Instructions a program executes on our machine, and what it prints. */
export async function count(elf: string): Promise<{ instructions: number; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-bench-'));
  try {
    const report = join(folder, 'report.json');
    const { output } = await runThumbelina(elf, '--report', report);
    const { instructions } = JSON.parse(readFileSync(report, 'utf8')) as { instructions: number };
    return { instructions, output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
