/** What the embedder of the emulator provides to semihosting. */
import type { OpenMode } from './operations.js';

/** An operation on a file failed; `errno` is what the firmware sees through SYS_ERRNO. */
export class HostFileError extends Error {
  constructor(readonly errno: number, message: string) {
    super(message);
    this.name = 'HostFileError';
  }
}

export interface ConsoleInput {
  /** What SYS_ISTTY says of it. */
  readonly interactive: boolean;
  /** At most `maximum` bytes; empty at the end of input, undefined when more may come but nothing is there yet. */
  read(maximum: number): Uint8Array | undefined;
}

export interface ConsoleOutput {
  readonly interactive: boolean;
  /** @param bytes the receiver may keep them */
  write(bytes: Uint8Array): void;
}

/** A file the firmware has open. Positions are kept by the caller. Every method may throw HostFileError. */
export interface OpenHostFile {
  /** Fewer than `maximum` bytes only at the end of the file. */
  read(position: number, maximum: number): Uint8Array;
  /** @returns bytes written */
  write(position: number, bytes: Uint8Array): number;
  /** Bytes in the file now. */
  length(): number;
  close(): void;
}

/** Files the firmware may reach. Names are the firmware's, unchecked. Every method may throw HostFileError. */
export interface HostFiles {
  open(name: string, mode: OpenMode): OpenHostFile;
  remove(name: string): void;
  rename(from: string, to: string): void;
}

export interface SemihostingHost {
  readonly stdin: ConsoleInput;
  readonly stdout: ConsoleOutput;
  readonly stderr: ConsoleOutput;
  /** Undefined when the firmware gets no files: SYS_OPEN, SYS_REMOVE and SYS_RENAME then fail with EACCES. */
  readonly files: HostFiles | undefined;
  /** For SYS_GET_CMDLINE. */
  readonly commandLine: string;
  /** SYS_TIME at virtual time 0, in seconds since 1970-01-01 00:00 UTC. */
  readonly epoch: number;
  /** @param key identity for "once" */
  warn(key: string, text: string): void;
}
