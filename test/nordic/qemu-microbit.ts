/**
 * QEMU's micro:bit as an oracle that somebody types at.
 * Source of behaviour: QEMU 7.2 as packaged by Debian 12, System Emulation manual, section "BBC micro:bit".
 */
import { keysOf } from './micropython.js';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

const DEADLINE_MS = 20_000;

export class QemuMicrobit {
  /** All that came from the console. */
  output = '';
  private readonly process: ChildProcessWithoutNullStreams;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  /** @param firmware path of an Intel HEX file */
  constructor(firmware: string) {
    this.process = spawn('qemu-system-arm', [
      '-machine', 'microbit', '-device', `loader,file=${firmware}`, '-display', 'none', '-monitor', 'none', '-no-user-config', '-serial', 'stdio',
    ]);
    this.process.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.output += text;
      this.wake();
    });
    this.process.on('error', (error) => {
      this.failure = new Error(`qemu-system-arm cannot run (${error.message}): run scripts/setup.sh`);
      this.wake();
    });
    this.process.stdin.on('error', () => undefined);
  }

  /**
   * Types, each key after the echo of the one before: its UART takes one byte, and its guest may be slow.
   * @throws Error when a key has no answer
   */
  async type(keys: string): Promise<void> {
    for (const key of keysOf(keys)) {
      const before = this.output.length;
      this.process.stdin.write(key, 'latin1');
      await this.until(() => this.output.length > before, `an answer to ${JSON.stringify(key)}`);
    }
  }

  /** @throws Error with what it said instead */
  await(text: string, from: number): Promise<void> {
    return this.until(() => this.output.includes(text, from), JSON.stringify(text));
  }

  end(): void {
    this.process.kill('SIGKILL');
  }

  private async until(isDone: () => boolean, wanted: string): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!isDone()) {
      if (this.failure) throw this.failure;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`QEMU's micro:bit gave no ${wanted}, but ${JSON.stringify(this.output.slice(-200))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => { clearTimeout(timer); resolve(); };
      });
    }
  }
}
