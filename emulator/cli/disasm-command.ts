/** `thumbelina disasm`. */
import { listImage } from '../debug/disassembly.js';
import { RawOutput } from '../host/node/raw-output.js';
import { UserError } from './errors.js';
import { ExitCode } from './exit-codes.js';
import { readImage } from './firmware-file.js';
import { nearest } from './nearest.js';
import type { Toolkit } from './toolkit.js';

export interface DisasmOptions {
  readonly core: string;
  readonly address?: number;
}

/** @returns exit code */
export function disasmCommand(toolkit: Toolkit, path: string, options: DisasmOptions): number {
  if (!toolkit.cores.includes(options.core)) {
    const suggestion = nearest(options.core, toolkit.cores);
    throw new UserError(`unknown core '${options.core}'${suggestion === undefined ? '' : `: did you mean ${suggestion}?`} Cores: ${toolkit.cores.join(', ')}`);
  }
  const { image } = readImage(toolkit, path, options.address);
  const output = new RawOutput(1, 'standard output');
  listImage(image, toolkit.disassembler(options.core), (line) => output.writeText(`${line}\n`));
  output.flush();
  return output.failure === undefined ? ExitCode.success : output.failure.code === 'EPIPE' ? ExitCode.outputClosed : ExitCode.outputError;
}
