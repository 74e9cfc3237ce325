/**
 * Multiply-accumulates of an operator: a weight times a value, added to a sum. Padding counts as if it were there, biases and
 * activations do not count, and what only moves, adds or compares has none. So published figures are counted.
 */
import type { Tensor } from './tensor.js';

type Tensors = readonly (Tensor | undefined)[];

/** [index of the input] with that many dimensions; else nothing can be said. */
function dimensions(tensors: Tensors, index: number, rank: number): readonly number[] | undefined {
  const shape = tensors[index]?.shape;
  return shape?.length === rank ? shape : undefined;
}

const last = (shape: readonly number[] | undefined): number => shape?.[shape.length - 1] ?? 0;

const FORMULAE: Readonly<Record<string, (inputs: Tensors, outputs: Tensors) => number>> = {
  /** Filter [output channels][height][width][input channels of its group]. */
  CONV_2D: (inputs, [output]) => {
    const filter = dimensions(inputs, 1, 4);
    return filter === undefined ? 0 : (output?.elements ?? 0) * filter[1] * filter[2] * filter[3];
  },
  /** Filter [1][height][width][output channels]. */
  DEPTHWISE_CONV_2D: (inputs, [output]) => {
    const filter = dimensions(inputs, 1, 4);
    return filter === undefined ? 0 : (output?.elements ?? 0) * filter[1] * filter[2];
  },
  /** Each value of the input meets each weight once. Inputs: shape of the output, filter [output channels][height][width][input channels], values. */
  TRANSPOSE_CONV: (inputs) => {
    const filter = dimensions(inputs, 1, 4);
    return filter === undefined ? 0 : (inputs[2]?.elements ?? 0) * filter[0] * filter[1] * filter[2];
  },
  /** Weights [outputs][inputs]. */
  FULLY_CONNECTED: (inputs, [output]) => (output?.elements ?? 0) * last(dimensions(inputs, 1, 2)),
  /** The inner dimension is the last one of the left matrix, unless an option transposes it. */
  BATCH_MATMUL: ([left], [output]) => (output?.elements ?? 0) * last(left?.shape),
  /** Feature weights [filters][inputs], time weights [filters][memory]. */
  SVDF: ([input, features, time]) => (input?.shape[0] ?? 0) * ((features?.elements ?? 0) + (time?.elements ?? 0)),
  /** Four gates (three where the input gate is coupled), each with weights for the input and for the state; once a step. */
  UNIDIRECTIONAL_SEQUENCE_LSTM: (inputs) => {
    const [input, ...weights] = inputs.slice(0, 9);
    const projection = inputs[16];
    const steps = (input?.elements ?? 0) / Math.max(1, last(input?.shape));
    return steps * [...weights, projection].reduce((sum, tensor) => sum + (tensor?.elements ?? 0), 0);
  },
};

/** @param name as in the schema */
export function macsOf(name: string, inputs: Tensors, outputs: Tensors): number {
  return Object.hasOwn(FORMULAE, name) ? FORMULAE[name](inputs, outputs) : 0;
}
