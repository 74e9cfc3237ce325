export { Semihosting, type SemihostingOutcome, type SemihostingState } from './semihosting.js';
export type { SemihostingGuest } from './guest.js';
export { HostFileError, type ConsoleInput, type ConsoleOutput, type HostFiles, type OpenHostFile, type SemihostingHost } from './host.js';
export { Errno, Operation, type OpenMode } from './operations.js';
export { freeRam, type MemoryRange } from './heap.js';
