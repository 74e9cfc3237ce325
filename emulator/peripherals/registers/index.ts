export { bit, bits, choice } from './spec.js';
export type { ChoiceName, Field, FieldKind, FieldName, FieldOptions, MapSpec, RegisterKind, RegisterName, RegisterSpec } from './spec.js';
export { RegisterMap, RegisterMapError, registerMap } from './map.js';
export type { Slot } from './map.js';
export { RegisterBlock } from './block.js';
export type { BlockOptions, BlockPolicy, ReadHandler, WriteHandler } from './block.js';
export { describeRegisters } from './describe.js';
export type { FieldRow, RegisterRow } from './describe.js';
