/** Networks of one operator, as small as a hand can compute them, and their results as numbers. */
import { runModel, refusal, writeModel, type NetworkDescription, type TensorDescription } from './host.js';

export type Type = 'INT8' | 'UINT8' | 'INT16' | 'INT32' | 'INT64' | 'FLOAT32' | 'BOOL';

export interface Tensor {
  type: Type;
  shape: number[];
  scale?: number | number[];
  zero_point?: number | number[];
  axis?: number;
  is_variable?: boolean;
  /** Constant values, or what is fed: all rows, one after another. */
  values?: number[];
  isFed?: boolean;
}

type Quantisation = Pick<Tensor, 'scale' | 'zero_point' | 'axis'>;

/** An input of the network; as many rows as values fill. */
export const fed = (type: Type, shape: number[], values: number[], quantisation: Quantisation = {}): Tensor => ({ type, shape, values, isFed: true, ...quantisation });
export const constant = (type: Type, shape: number[], values: number[], quantisation: Quantisation = {}): Tensor => ({ type, shape, values, ...quantisation });
export const output = (type: Type, shape: number[], quantisation: Quantisation = {}): Tensor => ({ type, shape, ...quantisation });
export const variable = (type: Type, shape: number[], quantisation: Quantisation = {}): Tensor => ({ type, shape, is_variable: true, ...quantisation });

export interface OneOperator {
  name: string;
  /** null: left out. */
  inputs: (Tensor | null)[];
  outputs: Tensor[];
  options?: Record<string, unknown>;
}

function describeNetwork({ name, inputs, outputs, options }: OneOperator): NetworkDescription {
  const present = inputs.filter((tensor) => tensor !== null);
  const tensors = [...present, ...outputs].map(({ isFed, values, ...tensor }, i) => ({
    name: `tensor ${i}`, ...tensor, ...(values !== undefined && isFed !== true ? { values } : {}),
  }));
  return {
    tensors: tensors as TensorDescription[],
    operators: [{ name, inputs: inputs.map((tensor) => (tensor === null ? -1 : present.indexOf(tensor))), outputs: outputs.map((_, i) => present.length + i), ...(options && { options }) }],
    inputs: present.flatMap((tensor, i) => (tensor.isFed ? [i] : [])),
    outputs: outputs.map((_, i) => present.length + i),
  };
}

/** The values of each output, all rows one after another. @throws Error when the network is refused */
export function results(operator: OneOperator): number[][] {
  const rows = operator.inputs.filter((tensor) => tensor?.isFed).map((tensor) => encode(tensor as Tensor));
  const { outputs } = runModel(writeModel(describeNetwork(operator)), rows, { program: 'run-model-checked' });
  return outputs.map((bytes, i) => decode(operator.outputs[i].type, bytes));
}

/** Those of the first output. */
export const result = (operator: OneOperator): number[] => results(operator)[0];

/** What the runtime says of the network instead of opening it. */
export const refusalOf = (operator: OneOperator): string => refusal(writeModel(describeNetwork(operator)));

const ARRAYS = { INT8: Int8Array, UINT8: Uint8Array, BOOL: Uint8Array, INT16: Int16Array, INT32: Int32Array, FLOAT32: Float32Array };

function encode({ type, values = [] }: Tensor): Uint8Array {
  const array = type === 'INT64' ? BigInt64Array.from(values.map(BigInt)) : ARRAYS[type].from(values);
  return new Uint8Array(array.buffer);
}

export function decode(type: Type, bytes: Uint8Array): number[] {
  const { buffer } = Uint8Array.from(bytes);
  return type === 'INT64' ? Array.from(new BigInt64Array(buffer), Number) : Array.from(new ARRAYS[type](buffer));
}
