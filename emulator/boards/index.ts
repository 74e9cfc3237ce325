export { parseBoard, parseChip } from './load.js';
export type { Board, Chip, ChipPin, ClockDescription, Console, CoreDescription, IrqNumber, MemoryDescription, PeripheralDescription, SourceText } from './load.js';
export { BoardError, type Problem } from './problems.js';
export type { MatrixDescription, MatrixLed } from './matrices.js';
export type { PartDescription, SwitchedPin } from './parts.js';
