/**
 * Runs one program to its end, and takes wall and CPU time: our command, QEMU in two ways, the host.
 * QEMU is started as its System Emulation manual says (sections "Arm MPS2 and MPS3 boards", "BBC micro:bit", "Semihosting").
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TargetName } from './programs.js';

const COMMAND = fileURLToPath(new URL('../../bin/thumbelina.js', import.meta.url));
/** The micro:bit's memories and clock, without its peripherals: what both emulators have of it. */
const CORTEX_M0_BOARD = fileURLToPath(new URL('../firmware/boards/cortex-m0.yaml', import.meta.url));
const LONGEST_MS = 600_000;

export type Engine = 'interpreter' | 'translator';

export interface Run {
  /** from the start of the process to its end, in seconds */
  readonly wall: number;
  /** user time of all its threads, in seconds */
  readonly cpu: number;
  /** from the start of the process to its first byte on standard output, in seconds */
  readonly toOutput: number;
  readonly output: string;
}

/** What our command tells about a run: the same every time. */
export interface Report {
  readonly instructions: number;
  readonly cycles: number;
  readonly exceptions: Readonly<Record<string, number>>;
  /** counts and times of translation, where the command reports them */
  readonly translation?: unknown;
}

/** bash's `time` waits for the command and adds its threads up; Node cannot tell a child's CPU time. */
const TIMED = ['-c', 'TIMEFORMAT="%3U"; { time "$@" 2>&4; } 2>&3', 'bash'];

/** @throws Error when the command fails or takes too long */
export async function timed(command: string, args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn('bash', [...TIMED, command, ...args], { stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'pipe'], detached: true });
  let [output, times, complaint, first] = ['', '', '', Infinity];
  child.stdio[1]?.on('data', (chunk: Buffer) => {
    first = Math.min(first, performance.now());
    output += chunk.toString('latin1');
  });
  child.stdio[3]?.on('data', (chunk: Buffer) => { times += chunk.toString('latin1'); });
  child.stdio[4]?.on('data', (chunk: Buffer) => { complaint += chunk.toString('latin1'); });
  const stop = (): void => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); };
  const limit = setTimeout(stop, LONGEST_MS);
  process.once('exit', stop);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const wall = (performance.now() - began) / 1000;
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit status ${status ?? `none, stopped after ${wall.toFixed(0)} s`}\n${complaint}`);
    return { wall, cpu: Number(times), toOutput: (first - began) / 1000, output };
  } finally {
    clearTimeout(limit);
    process.off('exit', stop);
  }
}

const BOARDS: Record<TargetName, string> = { m4: 'mps2-an386', m0: CORTEX_M0_BOARD };

/** @param engine the command's own choice when undefined */
export function runThumbelina(target: TargetName, elf: string, engine?: Engine): Promise<Run & { readonly report: Report }> {
  return runCommand(elf, ['--board', BOARDS[target], '--semihosting'], engine);
}

/** @param options of our command, beside those that a measurement needs */
export async function runCommand(elf: string, options: readonly string[], engine?: Engine): Promise<Run & { readonly report: Report }> {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-bench-'));
  const file = join(folder, 'report.json');
  const choice = engine === undefined ? [] : ['--engine', engine];
  try {
    const run = await timed(process.execPath, [COMMAND, 'run', elf, ...options, '--quiet', '--report', file, ...choice]);
    return { ...run, report: JSON.parse(readFileSync(file, 'utf8')) as Report };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The MPS2 board speaks through its UART, the micro:bit by semihosting. */
const QEMU: Record<TargetName, readonly string[]> = {
  m4: ['-M', 'mps2-an386', '-serial', 'stdio', '-semihosting-config', 'enable=on,target=native'],
  m0: ['-M', 'microbit', '-serial', 'null', '-chardev', 'stdio,id=console,signal=off', '-semihosting-config', 'enable=on,target=native,chardev=console'],
};

/** @param more such as `-icount shift=0`: one nanosecond of virtual time per instruction */
export const runQemu = (target: TargetName, elf: string, ...more: string[]): Promise<Run> =>
  timed('qemu-system-arm', [...QEMU[target], '-display', 'none', '-monitor', 'none', '-no-user-config', ...more, '-kernel', elf]);

export const runNative = (file: string): Promise<Run> => timed(file, []);

export const runNode = (): Promise<Run> => timed(process.execPath, ['-e', '0']);

export const qemuVersion = async (): Promise<string> => (await timed('qemu-system-arm', ['--version'])).output.split('\n')[0];
