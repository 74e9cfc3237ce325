/**
 * Standard input for the firmware. A file or pipe is read to its end before the machine starts, so that its bytes are
 * there from virtual time 0 and the run does not depend on when the host delivers them. A terminal is live.
 */
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface FirmwareInput {
  readonly isLive: boolean;
  /** Everything of a file or pipe; nothing of a terminal. */
  readonly initial: Uint8Array;
  /** Bytes typed since the last call. */
  take(): Uint8Array;
  readonly hasEnded: boolean;
  /** Resolves when there is something to take, or at the end. */
  arrival(): Promise<void>;
  close(): void;
}

const NOTHING = new Uint8Array(0);

export const NO_INPUT: FirmwareInput = {
  isLive: false, initial: NOTHING, hasEnded: true, take: () => NOTHING, arrival: () => Promise.resolve(), close: () => undefined,
};

/** @param onSlow called once when a pipe has not ended after a second */
export async function standardInput(onSlow: () => void): Promise<FirmwareInput> {
  if (process.stdin.isTTY) return new TerminalInput(process.stdin);
  if (!isOpen()) return NO_INPUT;
  const timer = setTimeout(onSlow, 1000);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return { ...NO_INPUT, initial: Buffer.concat(chunks) };
  } finally {
    clearTimeout(timer);
  }
}

/** Services and some test runners start programs with descriptor 0 closed. */
function isOpen(): boolean {
  try {
    fstatSync(0);
    return true;
  } catch {
    return false;
  }
}

/** Line-buffered by the terminal, stamped with the virtual time at which the run loop takes it. */
class TerminalInput implements FirmwareInput {
  readonly isLive = true;
  readonly initial = NOTHING;
  hasEnded = false;
  private chunks: Uint8Array[] = [];
  private wake: (() => void) | undefined;

  constructor(private readonly stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.wake?.();
    });
    stream.on('end', () => {
      this.hasEnded = true;
      this.wake?.();
    });
  }

  take(): Uint8Array {
    if (this.chunks.length === 0) return NOTHING;
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    return bytes;
  }

  arrival(): Promise<void> {
    if (this.hasEnded || this.chunks.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  close(): void {
    this.stream.pause();
    this.stream.removeAllListeners();
    this.wake?.();
  }
}
