/** Bytes to standard output, standard error or a file, exactly as given. */
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 16;

/** Takes bytes one by one or many at a time. */
export interface ByteSink {
  writeByte(byte: number): void;
  write(bytes: Uint8Array): void;
}

/**
 * Collects bytes and writes them synchronously, so that nothing is lost when the process ends and the memory used does
 * not grow with the output. `flush` is to be called at each slice of the run. Never throws: a failed write is kept in
 * `failure` and everything after it dropped, since the machine calls from the middle of an instruction.
 */
export class RawOutput implements ByteSink {
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private used = 0;
  /** Why nothing is written any more; code EPIPE when the reader has gone. */
  failure: NodeJS.ErrnoException | undefined;

  /** @param target for messages */
  constructor(private readonly fd: number, readonly target: string, private readonly isOwned = false) {}

  /** @throws Error (code ENOENT, EACCES, ...) when it cannot be created */
  static toFile(path: string): RawOutput {
    return new RawOutput(openSync(path, 'w'), path, true);
  }

  writeByte(byte: number): void {
    if (this.used === BUFFER_BYTES) this.flush();
    this.buffer[this.used++] = byte;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - this.used) this.flush();
    if (bytes.length > BUFFER_BYTES) return this.writeNow(bytes);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  writeText(text: string): void {
    this.write(Buffer.from(text, 'utf8'));
  }

  flush(): void {
    const bytes = this.buffer.subarray(0, this.used);
    this.used = 0;
    this.writeNow(bytes);
  }

  /** Standard streams stay open: the command may still have something to say. */
  close(): void {
    this.flush();
    if (this.isOwned) closeSync(this.fd);
  }

  private writeNow(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length && this.failure === undefined) {
      try {
        done += writeSync(this.fd, bytes, done, bytes.length - done);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        // A non-blocking pipe or terminal is full: its reader needs a moment.
        if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        else this.failure = error as NodeJS.ErrnoException;
      }
    }
  }
}
