/** An oracle that is a program of ours around somebody else's library: built when needed, spoken to over pipes. */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { parse } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const BUILD_FOLDER = fileURLToPath(new URL('build', import.meta.url));

/** Compiles a source of this folder, C or C++, when the program is missing or older. @returns its path @throws Error when that fails */
export function buildOracle(file: string, libraries: readonly string[], debianPackages: string): string {
  const source = fileURLToPath(new URL(file, import.meta.url));
  const { name, ext } = parse(source);
  const program = `${BUILD_FOLDER}/${name}`;
  if (existsSync(program) && statSync(program).mtimeMs >= statSync(source).mtimeMs) return program;
  mkdirSync(BUILD_FOLDER, { recursive: true });
  // Test files run side by side: each compiles for itself, and the rename lets one win.
  const own = `${program}.${process.pid}`;
  try {
    const compiler = ext === '.cc' ? 'c++' : 'cc';
    execFileSync(compiler, ['-O2', '-Wall', '-Wextra', '-o', own, source, ...libraries.map((library) => `-l${library}`)], { stdio: ['ignore', 'inherit', 'pipe'] });
  } catch (error) {
    const detail = String((error as { stderr?: Buffer }).stderr ?? error).trim().split('\n')[0];
    throw new Error(`cannot build the ${name} oracle (install a compiler and ${debianPackages}): ${detail}`, { cause: error });
  }
  renameSync(own, program);
  return program;
}

export class OracleProcess {
  private process: ChildProcessByStdio<Writable, Readable, null>;
  private received: Buffer[] = [];
  private receivedBytes = 0;
  private wake: (() => void) | undefined;
  private ended: string | undefined;

  /** @param name for messages */
  constructor(private readonly name: string, private readonly program: () => string, private readonly args: readonly string[]) {
    this.process = this.start();
  }

  write(bytes: Uint8Array): void {
    this.process.stdin.write(bytes);
  }

  close(): void {
    this.process.stdin.end();
  }

  restart(): void {
    this.process.kill();
    this.process = this.start();
  }

  private start(): ChildProcessByStdio<Writable, Readable, null> {
    this.received = [];
    this.receivedBytes = 0;
    this.ended = undefined;
    const process = spawn(this.program(), this.args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = (reason: string): void => {
      if (process !== this.process) return;
      this.ended ??= reason;
      this.wake?.();
    };
    process.stdout.on('data', (chunk: Buffer) => {
      if (process !== this.process) return;
      this.received.push(chunk);
      this.receivedBytes += chunk.length;
      this.wake?.();
    });
    process.stdin.on('error', () => end('closed its input'));
    process.on('error', (error) => end(error.message));
    process.on('close', (code, signal) => end(`ended with ${signal ?? `status ${code}`}`));
    return process;
  }

  /** The next words that it has written. @throws Error when it ends before */
  async words(count: number): Promise<Uint32Array> {
    const bytes = count * 4;
    while (this.receivedBytes < bytes) {
      if (this.ended !== undefined) throw new Error(`the ${this.name} ${this.ended}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    const all = this.received.length === 1 ? this.received[0] : Buffer.concat(this.received);
    this.received = all.length > bytes ? [all.subarray(bytes)] : [];
    this.receivedBytes -= bytes;
    const words = new Uint32Array(count);
    new Uint8Array(words.buffer).set(all.subarray(0, bytes));
    return words;
  }
}
