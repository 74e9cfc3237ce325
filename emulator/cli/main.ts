/** The command's start: what `bin/thumbelina.js` calls, as the bundle `dist/cli.cjs`. */
import { listParts, parseBoard, parsePart, withPart } from '../boards/index.js';
import { DISASSEMBLED_CORES, disassemblerOf } from '../debug/disassemblers.js';
import { loadFirmware } from '../loader/index.js';
import { EmulatedMachine } from '../machine.js';
import { packageToolkit } from './package-toolkit.js';
import { runProgram } from './program.js';

/** Ends the process. @param argv without node and script */
export async function main(argv: readonly string[]): Promise<never> {
  const toolkit = packageToolkit({
    readFirmware: loadFirmware,
    parseBoard,
    listParts,
    withPart: (board, text) => withPart(board, parsePart(text, `--part ${text}`), `--part ${text}`),
    createMachine: (board, options) => new EmulatedMachine(board, options),
    cores: DISASSEMBLED_CORES,
    disassembler: disassemblerOf,
  });
  // All output has been written synchronously; an open standard input must not keep the process alive.
  process.exit(await runProgram(argv, toolkit));
}
