export { parseBoard, parseChip, withPart } from './load.js';
export type { Board, Chip, ChipPin, ClockDescription, Console, CoreDescription, IrqNumber, MemoryDescription, PeripheralDescription, SourceText } from './load.js';
export { BoardError, type Problem } from './problems.js';
export type { MatrixDescription, MatrixLed } from './matrices.js';
export type { PartDescription, SwitchedPin } from './parts.js';
export { listParts, type PartListing, type PartOptionListing } from './part-list.js';
export { parsePart } from './part-text.js';
export type { PartEntry } from './schema.js';
