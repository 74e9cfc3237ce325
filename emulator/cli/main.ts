/** The command's start: what `bin/thumbelina.js` calls, as the bundle `dist/cli.js`. */
import { runProgram } from './program.js';
import { realToolkit } from './real-toolkit.js';

/** Ends the process. @param argv without node and script */
export async function main(argv: readonly string[]): Promise<never> {
  // All output has been written synchronously; an open standard input must not keep the process alive.
  process.exit(await runProgram(argv, realToolkit()));
}
