/** Small networks of our own, written anew for each test run: what a clone without ../shared/data has. */
import { Random } from '../support/random.js';
import type { NetworkDescription, TensorDescription } from './host.js';

const int8 = (random: Random): number => (random.word() & 0xff) - 128;

function constants(random: Random, name: string, type: 'INT8' | 'INT32', shape: number[], scale: number | number[], axis = 0): TensorDescription {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = Array.from({ length: count }, () => (type === 'INT8' ? Math.max(int8(random), -127) : int8(random) * 20));
  return { name, type, shape, scale, zero_point: 0, axis, values };
}

const activation = (name: string, shape: number[], scale: number, zero_point: number): TensorDescription => ({ name, type: 'INT8', shape, scale, zero_point });

/** Convolution, depthwise, two branches added, average pool, fully connected, softmax: what a keyword spotter is made of. */
export function keywordLike(seed = 1): NetworkDescription {
  const random = new Random(seed);
  return {
    tensors: [
      activation('input', [1, 9, 7, 1], 0.5, 3),
      constants(random, 'conv', 'INT8', [4, 3, 3, 1], [0.01, 0.02, 0.015, 0.005]),
      constants(random, 'conv bias', 'INT32', [4], [0.005, 0.01, 0.0075, 0.0025]),
      activation('features', [1, 5, 4, 4], 0.05, -128),
      constants(random, 'depthwise', 'INT8', [1, 3, 3, 4], [0.01, 0.02, 0.01, 0.03], 3),
      constants(random, 'depthwise bias', 'INT32', [4], [0.0005, 0.001, 0.0005, 0.0015]),
      activation('filtered', [1, 5, 4, 4], 0.06, -5),
      activation('sum', [1, 5, 4, 4], 0.08, -20),
      activation('pooled', [1, 1, 1, 4], 0.08, -20),
      constants(random, 'dense', 'INT8', [3, 4], 0.03),
      constants(random, 'dense bias', 'INT32', [3], 0.0024),
      activation('logits', [1, 3], 0.1, 10),
      activation('scores', [1, 3], 1 / 256, -128),
    ],
    operators: [
      { name: 'CONV_2D', inputs: [0, 1, 2], outputs: [3], options: { padding: 'SAME', stride_w: 2, stride_h: 2, fused_activation_function: 'RELU' } },
      { name: 'DEPTHWISE_CONV_2D', inputs: [3, 4, 5], outputs: [6], options: { padding: 'SAME', stride_w: 1, stride_h: 1, depth_multiplier: 1 } },
      { name: 'ADD', inputs: [3, 6], outputs: [7], options: {} },
      { name: 'AVERAGE_POOL_2D', inputs: [7], outputs: [8], options: { padding: 'VALID', stride_w: 1, stride_h: 1, filter_width: 4, filter_height: 5 } },
      { name: 'FULLY_CONNECTED', inputs: [8, 9, 10], outputs: [11], options: {} },
      { name: 'SOFTMAX', inputs: [11], outputs: [12], options: { beta: 1 } },
    ],
    inputs: [0],
    outputs: [12],
  };
}

/** Padding, mean, concatenation, curves, products: the operators that the other one lacks. */
export function curveLike(seed = 2): NetworkDescription {
  const random = new Random(seed);
  return {
    tensors: [
      activation('input', [1, 3, 4, 2], 0.04, -10),
      { name: 'paddings', type: 'INT32', shape: [4, 2], values: [0, 0, 1, 0, 0, 2, 0, 0] },
      activation('padded', [1, 4, 6, 2], 0.04, -10),
      activation('logistic', [1, 4, 6, 2], 1 / 256, -128),
      activation('tanh', [1, 4, 6, 2], 1 / 128, 0),
      activation('product', [1, 4, 6, 2], 1 / 128, 5),
      activation('largest', [1, 2, 3, 2], 1 / 128, 5),
      { name: 'axes', type: 'INT32', shape: [2], values: [1, 2] },
      activation('mean', [1, 2], 1 / 128, 0),
      constants(random, 'other', 'INT8', [1, 2], 1 / 128),
      activation('joined', [1, 4], 1 / 128, 0),
      activation('difference', [1, 4], 1 / 64, 7),
      constants(random, 'one', 'INT8', [1], 1 / 128),
      activation('relu', [1, 4], 1 / 100, -128),
    ],
    operators: [
      { name: 'PAD', inputs: [0, 1], outputs: [2] },
      { name: 'LOGISTIC', inputs: [2], outputs: [3] },
      { name: 'TANH', inputs: [2], outputs: [4] },
      { name: 'MUL', inputs: [3, 4], outputs: [5], options: {} },
      { name: 'MAX_POOL_2D', inputs: [5], outputs: [6], options: { padding: 'SAME', stride_w: 2, stride_h: 2, filter_width: 2, filter_height: 2 } },
      { name: 'MEAN', inputs: [6, 7], outputs: [8], options: { keep_dims: false } },
      { name: 'CONCATENATION', inputs: [8, 9], outputs: [10], options: { axis: 1 } },
      { name: 'SUB', inputs: [10, 12], outputs: [11], options: {} },
      { name: 'RELU', inputs: [11], outputs: [13] },
    ],
    inputs: [0],
    outputs: [13],
  };
}
