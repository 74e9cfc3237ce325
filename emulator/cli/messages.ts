/** Lines for the user, on standard error. */
import { writeSync } from 'node:fs';
import { oneLine } from './errors.js';

/** Writes as it is; a closed standard error is nobody's loss. */
export function writeError(text: string): void {
  try {
    writeSync(2, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'EAGAIN' && code !== 'EBADF') throw error;
  }
}

/** One line with the program's name in front. */
export function tell(text: string): void {
  writeError(`thumbelina: ${oneLine(text)}\n`);
}
