/** Semihosting's surroundings on the command line. */
import { SandboxedFolder } from '../host/node/sandboxed-folder.js';
import type { ConsoleInput, ConsoleOutput, SemihostingHost } from '../semihosting/host.js';
import { fileError } from './errors.js';

/** Standard input as semihosting reads it. */
export class StandardInputQueue implements ConsoleInput {
  /** Fixed, for the same reason as `FirmwareStream.interactive`. */
  readonly interactive = true;
  hasEnded: () => boolean = () => true;
  private waiting: Uint8Array = new Uint8Array(0);

  add(bytes: Uint8Array): void {
    this.waiting = Buffer.concat([this.waiting, bytes]);
  }

  read(maximum: number): Uint8Array | undefined {
    if (this.waiting.length === 0 && !this.hasEnded()) return undefined;
    const bytes = this.waiting.subarray(0, maximum);
    this.waiting = this.waiting.subarray(bytes.length);
    return bytes;
  }
}

export interface Surroundings extends Omit<SemihostingHost, 'files' | 'stdin' | 'stdout' | 'stderr'> {
  /** Undefined for no files. */
  readonly folder: string | undefined;
  readonly stdin: ConsoleInput;
  readonly stdout: ConsoleOutput;
  readonly stderr: ConsoleOutput;
}

/** @throws UserError when the folder cannot be used */
export function semihostingHost({ folder, ...rest }: Surroundings): SemihostingHost {
  return { ...rest, files: folder === undefined ? undefined : openFolder(folder, rest.warn) };
}

function openFolder(folder: string, warn: SemihostingHost['warn']): SandboxedFolder {
  try {
    return new SandboxedFolder(folder, warn);
  } catch (error) {
    throw fileError(folder, error);
  }
}
