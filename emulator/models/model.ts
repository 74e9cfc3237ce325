/**
 * What a .tflite file says about its network. Only the first subgraph is read: it is the one that runs.
 * Source: TensorFlow Lite schema (schema.fbs, version 3d), tables Model, SubGraph, Operator, OperatorCode, Tensor, QuantizationParameters,
 * Buffer. Options of operators are not read: no figure here depends on them.
 */
import { Table } from './flatbuffer.js';
import { macsOf } from './macs.js';
import { ModelError } from './model-error.js';
import { CUSTOM, operatorName, PLACEHOLDER_FOR_GREATER_OP_CODES } from './operators.js';
import { typeOf, type Quantisation, type Tensor } from './tensor.js';

export interface Operator {
  readonly code: number;
  /** As in the schema; a custom operator's own name in brackets. */
  readonly name: string;
  /** Undefined where an optional tensor is left out. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly (Tensor | undefined)[];
  /** Multiply-accumulates of one run (`macs.ts`). */
  readonly macs: number;
}

export interface Model {
  /** The file, as it goes into flash. */
  readonly bytes: Uint8Array;
  readonly tensors: readonly Tensor[];
  readonly operators: readonly Operator[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Bytes of constants that operators use, each counted once. */
  readonly weightBytes: number;
  readonly macs: number;
}

const VERSION = 3;
/** Far more than any microcontroller has memory for. */
const MOST_TENSORS = 65_536;
const MOST_OPERATORS = 65_536;
const MOST_DIMENSIONS = 8;
/** Elements a tensor may claim to have: products stay exact. */
const MOST_ELEMENTS = 2 ** 40;

/** @throws ModelError with one line for what is no model, or a damaged one */
export function readModel(bytes: Uint8Array): Model {
  const root = Table.root(bytes, 'TFL3');
  const version = root.uint32(0);
  if (version !== VERSION) throw new ModelError(`schema version ${version}: only version ${VERSION} is known; convert the model with a current converter`);
  const subgraph = root.tables(2)[0];
  if (subgraph === undefined) throw new ModelError('the model has no subgraph: there is nothing to run');
  const buffers = root.tables(4);
  const tensorTables = limited(subgraph.tables(0), MOST_TENSORS, 'tensors');
  const bufferOf = tensorTables.map((table) => table.uint32(2));
  const tensors = tensorTables.map((table, index) => readTensor(table, index, buffers));
  const codes = root.tables(1).map(readCode);
  const operators = limited(subgraph.tables(3), MOST_OPERATORS, 'operators').map((table, index) => readOperator(table, index, codes, tensors));
  const named = (field: number, what: string): readonly Tensor[] => subgraph.int32s(field).map((index) => tensorAt(tensors, index, what));
  const used = new Set(operators.flatMap(({ inputs }) => inputs));
  const constants = new Map<number, number>();
  tensors.forEach((tensor, i) => { if (used.has(tensor) && tensor.constantBytes > 0) constants.set(bufferOf[i], tensor.constantBytes); });
  return {
    bytes, tensors, operators,
    inputs: named(1, "the model's inputs"), outputs: named(2, "the model's outputs"),
    weightBytes: sum([...constants.values()]), macs: sum(operators.map(({ macs }) => macs)),
  };
}

function readTensor(table: Table, index: number, buffers: readonly Table[]): Tensor {
  const { name: type, bits } = typeOf(table.int8(1));
  const shape = table.int32s(0);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.length > MOST_DIMENSIONS || shape.some((size) => size < 0) || !(elements <= MOST_ELEMENTS)) {
    throw new ModelError(`tensor ${index} has shape [${shape.slice(0, 10).join(', ')}]: sizes must be known, and at most ${MOST_DIMENSIONS} of them`);
  }
  const buffer = table.uint32(2);
  if (buffer !== 0 && buffer >= buffers.length) throw new ModelError(`tensor ${index} names buffer ${buffer} of ${buffers.length}: the file is damaged; copy it again`);
  return {
    name: table.string(3) || `tensor ${index}`, type, shape, elements, bytes: Math.ceil((elements * bits) / 8),
    quantisation: readQuantisation(table.table(4)), constantBytes: buffer === 0 ? 0 : constantBytes(buffers[buffer]), isVariable: table.boolean(5),
  };
}

function readQuantisation(table: Table | undefined): Quantisation | undefined {
  const scales = table?.float32s(2) ?? [];
  if (table === undefined || scales.length !== 1 || !(scales[0] > 0) || !Number.isFinite(scales[0])) return undefined;
  return { scale: scales[0], zeroPoint: table.int64s(3)[0] ?? 0 };
}

/** Larger models keep constants behind the flatbuffer, at an offset from the file's start. */
function constantBytes(buffer: Table): number {
  const inside = buffer.bytes(0).length;
  if (inside > 0) return inside;
  const [offset, size] = [buffer.uint64(1), buffer.uint64(2)];
  return offset > 1n ? Number(size) : 0;
}

function readCode(table: Table): { readonly code: number; readonly name: string } {
  const old = table.int8(0);
  const code = old === PLACEHOLDER_FOR_GREATER_OP_CODES ? table.int32(3) : Math.max(old, table.int32(3));
  return { code, name: code === CUSTOM ? `CUSTOM (${table.string(1) || 'without a name'})` : operatorName(code) };
}

function readOperator(table: Table, index: number, codes: readonly { readonly code: number; readonly name: string }[], tensors: readonly Tensor[]): Operator {
  const opcode = table.uint32(0);
  if (opcode >= codes.length) throw new ModelError(`operator ${index} has code number ${opcode} of ${codes.length}: the file is damaged; copy it again`);
  const { code, name } = codes[opcode];
  const listed = (field: number): readonly (Tensor | undefined)[] => table.int32s(field).map((at) => (at === -1 ? undefined : tensorAt(tensors, at, `operator ${index} (${name})`)));
  const [inputs, outputs] = [listed(1), listed(2)];
  return { code, name, inputs, outputs, macs: macsOf(name, inputs, outputs) };
}

function tensorAt(tensors: readonly Tensor[], index: number, who: string): Tensor {
  if (index < 0 || index >= tensors.length) throw new ModelError(`${who}: there is no tensor ${index} among ${tensors.length}; the file is damaged; copy it again`);
  return tensors[index];
}

function limited(tables: readonly Table[], most: number, what: string): readonly Table[] {
  if (tables.length > most) throw new ModelError(`${tables.length} ${what}: more than ${most} are not taken`);
  return tables;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
