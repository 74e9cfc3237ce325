/** What the process's exit code means. A firmware's own status from SYS_EXIT or SYS_EXIT_EXTENDED comes first. */
export const ExitCode = {
  success: 0,
  badInput: 2,
  timeout: 42,
  failText: 43,
  fault: 44,
  textMissing: 45,
  internalError: 70,
  outputError: 74,
  interrupted: 130,
  outputClosed: 141,
  terminated: 143,
} as const;

/** For `--help` and docs/command-line.md. */
export const EXIT_CODE_HELP: readonly (readonly [string, string])[] = [
  ['0..255', "the firmware's own status, when it ends through semihosting (low 8 bits)"],
  ['0', '--until text seen; or, without --until, the firmware sleeps with nothing left to wake it'],
  ['2', 'bad input or usage: a file, a board, an option'],
  ['42', '--timeout reached'],
  ['43', '--fail-on text seen'],
  ['44', 'lockup, or a fault with --stop-on-fault'],
  ['45', 'the firmware ended with status 0, or sleeps for ever, without the --until text'],
  ['70', 'internal error of Thumbelina'],
  ['74', 'output or report could not be written'],
  ['130, 143', 'stopped by Ctrl-C (SIGINT) or SIGTERM'],
  ['141', 'the reader of standard output has gone'],
];
