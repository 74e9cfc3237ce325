/** How a run ended: one word for the report, one exit code, one line for the user. */
import { exceptionName } from '../debug/fault-report.js';
import { hex32 } from '../debug/symbols.js';
import type { RawOutput } from '../host/node/raw-output.js';
import { fileError } from './errors.js';
import { ExitCode } from './exit-codes.js';
import type { LoopEnd } from './run-loop.js';
import type { FoundText } from './text-watch.js';

export interface Verdict {
  readonly kind: string;
  readonly exitCode: number;
  readonly message: string;
}

/** @param when `after 1.5 s, 96000000 cycles`, here and below */
export function foundVerdict({ purpose, text, stream }: FoundText, when: string): Verdict {
  const message = `${JSON.stringify(text)} came on ${stream} ${when}`;
  return { kind: purpose, exitCode: purpose === 'until' ? ExitCode.success : ExitCode.failText, message };
}

/** @param expectsText whether there was an --until text, which did not come */
export function endVerdict(end: LoopEnd, when: string, expectsText: boolean): Verdict {
  switch (end.kind) {
    case 'exit': {
      const code = end.code & 0xff;
      if (code === 0 && expectsText) return { kind: 'exit', exitCode: ExitCode.textMissing, message: `the firmware exited with 0 ${when}, without the --until text` };
      return { kind: 'exit', exitCode: code, message: `the firmware exited with ${end.code >>> 0} ${when}` };
    }
    case 'idle':
      return {
        kind: 'idle',
        exitCode: expectsText ? ExitCode.textMissing : ExitCode.success,
        message: `the firmware sleeps with nothing left to wake it ${when}${expectsText ? ', without the --until text' : ''}`,
      };
    case 'timeout':
      return { kind: 'timeout', exitCode: ExitCode.timeout, message: `--timeout reached ${when}` };
    case 'lockup':
      return { kind: 'lockup', exitCode: ExitCode.fault, message: `lockup ${when}: ${lockupReasons(end)}` };
    case 'fault':
      return { kind: 'fault', exitCode: ExitCode.fault, message: `${exceptionName(end.exception)} ${when}: ${end.reason}${remedyFor(end.reason)}` };
    case 'interrupted':
      return { kind: 'interrupted', exitCode: end.signal === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted, message: `stopped by ${end.signal} ${when}` };
    case 'breakpoint':
      return { kind: 'breakpoint', exitCode: ExitCode.success, message: `breakpoint at ${hex32(end.address)} ${when}` };
    case 'watchpoint':
      return { kind: 'watchpoint', exitCode: ExitCode.success, message: `${end.access} of ${hex32(end.address)} by ${hex32(end.pc)} ${when}` };
    case 'stopped':
      throw new Error('the machine stopped although nobody asked for it');
  }
}

const remedyFor = (reason: string): string => (reason.includes('semihosting is off') ? ': add --semihosting' : '');

/** The fault inside the handler and, unless it is the same again, the one that was being handled. */
function lockupReasons({ reason, handling }: Extract<LoopEnd, { kind: 'lockup' }>): string {
  if (handling === undefined || handling.reason === reason) return `${reason}${remedyFor(reason)}`;
  return `${reason}, while handling HardFault: ${handling.reason}${remedyFor(handling.reason)}`;
}

/** A stream could not be written any more. */
export function outputVerdict({ target, failure }: RawOutput): Verdict {
  if (failure!.code === 'EPIPE') return { kind: 'output-closed', exitCode: ExitCode.outputClosed, message: `nobody reads ${target} any more` };
  return { kind: 'output-error', exitCode: ExitCode.outputError, message: fileError(target, failure).message };
}
