/** Everything a handle of SYS_OPEN can stand for. */
import type { ConsoleInput, ConsoleOutput, OpenHostFile } from './host.js';
import { HostFileError } from './host.js';
import { Errno, FEATURES } from './operations.js';

/** What a snapshot keeps of an open handle. */
export interface GuestFileState {
  readonly kind: 'stdin' | 'stdout' | 'stderr' | 'features' | 'file';
  readonly position: number;
  readonly name?: string;
  readonly mode?: number;
}

/** Methods throw HostFileError. */
export interface GuestFile {
  /** Undefined when input may still come. */
  read(maximum: number): Uint8Array | undefined;
  write(bytes: Uint8Array): number;
  seek(position: number): void;
  length(): number;
  isTerminal(): boolean;
  close(): void;
  state(): GuestFileState;
}

const refuse = (errno: number, what: string): never => {
  throw new HostFileError(errno, what);
};

/** `:tt` opened for reading. */
export class StandardInput implements GuestFile {
  constructor(private readonly input: ConsoleInput) {}
  read(maximum: number): Uint8Array | undefined { return this.input.read(maximum); }
  write(): number { return refuse(Errno.EBADF, 'standard input is not writable'); }
  seek(): void { refuse(Errno.ESPIPE, 'the console has no position'); }
  length(): number { return 0; }
  isTerminal(): boolean { return this.input.interactive; }
  close(): void {}
  state(): GuestFileState { return { kind: 'stdin', position: 0 }; }
}

/** `:tt` opened for writing (stdout) or appending (stderr). */
export class StandardOutput implements GuestFile {
  constructor(private readonly output: ConsoleOutput, private readonly kind: 'stdout' | 'stderr') {}
  read(): Uint8Array { return refuse(Errno.EBADF, 'standard output is not readable'); }
  write(bytes: Uint8Array): number {
    this.output.write(bytes);
    return bytes.length;
  }
  seek(): void { refuse(Errno.ESPIPE, 'the console has no position'); }
  length(): number { return 0; }
  isTerminal(): boolean { return this.output.interactive; }
  close(): void {}
  state(): GuestFileState { return { kind: this.kind, position: 0 }; }
}

/** `:semihosting-features`. */
export class FeatureFile implements GuestFile {
  constructor(private position = 0) {}
  read(maximum: number): Uint8Array {
    const bytes = FEATURES.slice(this.position, this.position + maximum);
    this.position += bytes.length;
    return bytes;
  }
  write(): number { return refuse(Errno.EBADF, 'the feature file is read-only'); }
  seek(position: number): void {
    if (position > FEATURES.length) refuse(Errno.EINVAL, 'past the end of the feature file');
    this.position = position;
  }
  length(): number { return FEATURES.length; }
  isTerminal(): boolean { return false; }
  close(): void {}
  state(): GuestFileState { return { kind: 'features', position: this.position }; }
}

/** A file of the host, inside whatever the host allows. */
export class HostBackedFile implements GuestFile {
  constructor(
    private readonly file: OpenHostFile,
    private readonly name: string,
    private readonly mode: number,
    private readonly isAppending: boolean,
    private position = 0,
  ) {}
  read(maximum: number): Uint8Array {
    const bytes = this.file.read(this.position, maximum);
    this.position += bytes.length;
    return bytes;
  }
  write(bytes: Uint8Array): number {
    if (this.isAppending) this.position = this.file.length();
    const written = this.file.write(this.position, bytes);
    this.position += written;
    return written;
  }
  seek(position: number): void { this.position = position; }
  length(): number { return this.file.length(); }
  isTerminal(): boolean { return false; }
  close(): void { this.file.close(); }
  state(): GuestFileState { return { kind: 'file', position: this.position, name: this.name, mode: this.mode }; }
}
