/** Errors the user can do something about: one line, exit code 2 unless said otherwise. */
import { ExitCode } from './exit-codes.js';

export class UserError extends Error {
  /** @param message what, where, remedy; no newline */
  constructor(message: string, readonly exitCode: number = ExitCode.badInput) {
    super(message);
    this.name = 'UserError';
  }
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file: check the path',
  EACCES: 'permission denied: check who may use it',
  EPERM: 'permission denied: check who may use it',
  EISDIR: 'is a folder: name a file',
  ENOTDIR: 'part of the path is not a folder: check the path',
  ENOSPC: 'no space left on the device: free some, or choose another place',
  EROFS: 'lies on a read-only file system: choose another place',
  ERR_FS_FILE_TOO_LARGE: 'too large to be a firmware: name the right file',
};

/** `thumbelina: FILE: what: remedy` for an error of the file system. */
export function fileError(path: string, error: unknown, exitCode: number = ExitCode.badInput): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new UserError(`${path}: ${FILE_PROBLEMS[code ?? ''] ?? oneLine(message)}`, exitCode);
}

/** Keeps a message of whatever origin on one line. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, '; ').trim();
}

const PROGRAMMING_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** A module refused what the user gave it. Errors that only a mistake of ours can cause are thrown on as they are. */
export function refusal(prefix: string, error: unknown): UserError {
  if (!(error instanceof Error) || error instanceof UserError || PROGRAMMING_ERRORS.some((kind) => error instanceof kind)) throw error;
  return new UserError(`${prefix}${oneLine(error.message)}`);
}
