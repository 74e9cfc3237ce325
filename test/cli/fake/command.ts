/** Starts the command over fake machines as a child process, bundled once per test file. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface StartOptions {
  readonly stdin?: string | Uint8Array;
  /** Sent once the firmware has written something. */
  readonly signal?: NodeJS.Signals;
  /** Closes the reading end of standard output at once. */
  readonly closeStdout?: boolean;
  /** Leaves standard input open and empty. */
  readonly keepStdinOpen?: boolean;
}

export class CommandUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), 'thumbelina-cli-'));
  private readonly script = join(this.folder, 'command.mjs');

  async build(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL('thumbelina.ts', import.meta.url))],
      outfile: this.script, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', external: ['@wasm-audio-decoders/flac', 'ogg-opus-decoder'],
      banner: { js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);" },
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A firmware for the fake machine. @returns its path */
  firmware(script: readonly object[], name = 'firmware.json'): string {
    writeFileSync(this.path(name), JSON.stringify(script));
    return this.path(name);
  }

  start(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const child = spawn(process.execPath, [this.script, ...args], { cwd: this.folder });
      const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
      child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
      child.stdin.on('error', () => undefined);
      if (options.closeStdout) child.stdout.destroy();
      if (!options.keepStdinOpen) child.stdin.end(options.stdin ?? '');
      let sent = began;
      child.stdout.once('data', () => {
        sent = performance.now();
        if (options.signal !== undefined) child.kill(options.signal);
      });
      child.on('error', reject);
      child.on('close', (code) => {
        child.stdin.destroy();
        const text = (name: 'stdout' | 'stderr'): string => Buffer.concat(chunks[name]).toString('latin1');
        resolve({ code, stdout: text('stdout'), stderr: text('stderr'), milliseconds: performance.now() - sent });
      });
    });
  }
}
