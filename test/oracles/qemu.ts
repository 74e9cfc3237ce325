/**
 * qemu-system-arm as an oracle: one ELF, one run, bounded in time and output.
 * Source of behaviour: QEMU 7.2 as packaged by Debian 12, started as in its System Emulation manual, sections
 * "Arm MPS2 and MPS3 boards", "BBC micro:bit" and "Semihosting".
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type QemuMachine = 'mps2-an385' | 'mps2-an386' | 'mps2-an500' | 'microbit';

export interface QemuOptions {
  readonly machine: QemuMachine;
  /** path of an ELF file */
  readonly elf: string;
  /** bytes for the console: the UART, or semihosting when `console` says so */
  readonly stdin?: string;
  /** false leaves BKPT 0xAB to the guest; then only `timeoutMs` ends the run. Default true. */
  readonly semihosting?: boolean;
  /**
   * What is attached to stdin and stdout. `uart`: the first UART, with SYS_WRITE0 and SYS_WRITEC apart in
   * `semihostingOut`. `semihosting`: semihosting alone. `both`: both outputs in order, input to the UART.
   * SYS_WRITE to ":tt" goes to stdout in every case, as QEMU has it. Default `uart`.
   */
  readonly console?: 'uart' | 'semihosting' | 'both';
  /** `vectors` resets through the vector table at 0; `entry` starts at the ELF's entry point. Default `vectors`. */
  readonly start?: 'vectors' | 'entry';
  /** wall-clock limit */
  readonly timeoutMs: number;
  /** virtual nanoseconds per instruction as a power of two, 0 to 10; without it QEMU follows the host's clock */
  readonly icount?: number;
}

export interface QemuResult {
  readonly stdout: string;
  readonly semihostingOut: string;
  readonly stderr: string;
  /** the guest's exit status; null when a signal or the limit ended QEMU */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
}

const OUTPUT_LIMIT_BYTES = 4 << 20;

/** @throws Error when qemu-system-arm is missing or writes more than 4 MiB */
export async function runQemu(options: QemuOptions): Promise<QemuResult> {
  const folder = await mkdtemp(join(tmpdir(), 'thumbelina-qemu-'));
  try {
    const semihostingFile = join(folder, 'semihosting');
    const run = await collect('qemu-system-arm', qemuArguments(options, semihostingFile), options.stdin ?? '', options.timeoutMs);
    const semihostingOut = await readFile(semihostingFile, 'latin1').catch(() => '');
    return { ...run, semihostingOut };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function qemuArguments(options: QemuOptions, semihostingFile: string): string[] {
  const console = options.console ?? 'uart';
  return [
    '-machine', options.machine,
    ...(options.start === 'entry' ? ['-device', `loader,file=${options.elf},cpu-num=0`] : ['-kernel', options.elf]),
    '-display', 'none', '-monitor', 'none', '-no-user-config',
    ...chardevs(console, semihostingFile),
    ...(options.semihosting === false ? [] : ['-semihosting-config', 'enable=on,target=native,chardev=semihosting']),
    ...(options.icount === undefined ? [] : ['-icount', `shift=${options.icount},sleep=off`]),
  ];
}

function chardevs(console: 'uart' | 'semihosting' | 'both', semihostingFile: string): string[] {
  switch (console) {
    case 'uart': return ['-serial', 'stdio', '-chardev', `file,id=semihosting,path=${semihostingFile}`];
    case 'semihosting': return ['-serial', 'null', '-chardev', 'stdio,id=semihosting,signal=off'];
    case 'both': return ['-chardev', 'stdio,id=semihosting,mux=on,signal=off', '-serial', 'chardev:semihosting'];
  }
}

/**
 * Runs a program that checks itself, again when QEMU ended it otherwise than the program does: under load QEMU 7.2 has been
 * seen to disturb an interrupt-driven program, which says nothing about us.
 * @throws Error with what was printed when it ends wrongly three times
 */
export async function runQemuToExit(options: QemuOptions, exitCode: number): Promise<QemuResult> {
  for (let attempt = 1; ; attempt++) {
    const run = await runQemu(options);
    if (run.exitCode === exitCode) return run;
    if (attempt < 3) continue;
    const how = run.timedOut ? `did not end within ${options.timeoutMs} ms` : `ended with ${run.exitCode} instead of ${exitCode}`;
    throw new Error(`${options.elf} on QEMU ${how}; it printed: ${run.stdout.slice(-500)} ${run.stderr.slice(-500)}`);
  }
}

/** Runs a command to its end or its limit and collects what it writes. Bytes are kept as Latin-1. */
export function collect(
  command: string, parameters: readonly string[], stdin: string, timeoutMs: number,
): Promise<Omit<QemuResult, 'semihostingOut'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    let overflowed = false;
    const timer = setTimeout(() => { timedOut = true; child.kill('SIGKILL'); }, timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('latin1').on('data', (text: string) => {
        output[stream] += text;
        if (output[stream].length > OUTPUT_LIMIT_BYTES) { overflowed = true; child.kill('SIGKILL'); }
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === 'ENOENT' ? new Error(`${command} is missing: run scripts/setup.sh`) : error);
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      if (overflowed) reject(new Error(`${command} ${parameters.join(' ')}: wrote more than ${OUTPUT_LIMIT_BYTES} bytes`));
      else resolve({ ...output, exitCode, timedOut });
    });
    // A guest may end before it has read all of its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin, 'latin1');
  });
}
