/** Bytes from a named pipe or file, as they come, while a machine runs. */
import { createReadStream, type ReadStream } from 'node:fs';
import type { FirmwareInput } from './standard-input.js';

const NOTHING = new Uint8Array(0);
/** A writer that is ahead waits, once so much is unread. */
const MOST_UNREAD = 1 << 20;

export class LivePipe implements FirmwareInput {
  readonly isLive = true;
  readonly initial = NOTHING;
  hasEnded = false;
  private readonly stream: ReadStream;
  private chunks: Uint8Array[] = [];
  private unread = 0;
  private wake: (() => void) | undefined;

  /** @param onError called with the first error, in one line */
  constructor(path: string, onError: (text: string) => void) {
    this.stream = createReadStream(path);
    this.stream.on('data', (chunk) => this.receive(chunk as Buffer));
    this.stream.on('end', () => this.end());
    this.stream.on('error', (error) => {
      onError(`${path}: ${error.message}`);
      this.end();
    });
  }

  /** @param most bytes; the rest stays */
  take(most = Infinity): Uint8Array {
    if (this.unread === 0 || most <= 0) return NOTHING;
    const all = Buffer.concat(this.chunks);
    const taken = all.subarray(0, Math.min(most, all.length));
    this.chunks = taken.length === all.length ? [] : [all.subarray(taken.length)];
    this.unread = all.length - taken.length;
    if (this.unread < MOST_UNREAD) this.stream.resume();
    return taken;
  }

  arrival(): Promise<void> {
    if (this.hasEnded || this.unread > 0) return Promise.resolve();
    return new Promise((resolve) => { this.wake = resolve; });
  }

  close(): void {
    this.stream.destroy();
    this.wake?.();
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.unread += chunk.length;
    if (this.unread >= MOST_UNREAD) this.stream.pause();
    this.wake?.();
  }

  private end(): void {
    this.hasEnded = true;
    this.wake?.();
  }
}
