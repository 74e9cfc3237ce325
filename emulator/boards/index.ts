export { parseBoard, parseChip } from './load.js';
export type { Board, Chip, ChipPin, Console, IrqNumber, PeripheralDescription, SourceText } from './load.js';
export { BoardError, type Problem } from './problems.js';
