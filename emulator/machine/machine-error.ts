/** A firmware or board that cannot be run: one line, what and what to do. */
export class MachineError extends Error {}
