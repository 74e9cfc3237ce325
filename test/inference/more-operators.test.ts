/**
 * Operators of the inference runtime that compute, beyond the common int8 ones (vectors.test.ts): int16, float32, hybrid, curves, states.
 * Expected values: by hand, from the definitions; scales are such that integers come out exactly. Bit for bit against TensorFlow Lite:
 * seanet.test.ts and more-vectors.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { constant, fed, output, result, variable, type Tensor } from './one-operator.js';

const one = { scale: 1, zero_point: 0 };
const list = (...values: number[]): Tensor => constant('INT32', [values.length], values);
const expectNear = (given: number[], expected: number[], tolerance: number): void => {
  expect(given).toHaveLength(expected.length);
  given.forEach((value, i) => expect(Math.abs(value - expected[i]), `at ${i}: ${value}, not ${expected[i]}`).toBeLessThanOrEqual(tolerance));
};

describe('activations', () => {
  it('LEAKY_RELU of int8 rounds the product with alpha, ties away from zero', () => {
    const inputs = [fed('INT8', [5], [5, 0, -7, -8, -10], one)];
    expect(result({ name: 'LEAKY_RELU', inputs, outputs: [output('INT8', [5], one)], options: { alpha: 0.25 } })).toEqual([5, 0, -2, -2, -3]);   // -1.75, -2, -2.5
  });

  it('LEAKY_RELU of int16 rescales both sides', () => {
    const inputs = [fed('INT16', [3], [1000, -1000, 32767], { scale: 0.5, zero_point: 0 })];
    expect(result({ name: 'LEAKY_RELU', inputs, outputs: [output('INT16', [3], { scale: 0.25, zero_point: 0 })], options: { alpha: 0.125 } })).toEqual([2000, -250, 32767]);
  });

  it('LEAKY_RELU takes a negative alpha', () => {
    expect(result({ name: 'LEAKY_RELU', inputs: [fed('FLOAT32', [2], [-4, 4])], outputs: [output('FLOAT32', [2])], options: { alpha: -0.5 } })).toEqual([2, 4]);
    expect(result({ name: 'LEAKY_RELU', inputs: [fed('INT8', [2], [-4, 4], one)], outputs: [output('INT8', [2], one)], options: { alpha: -0.5 } })).toEqual([2, 4]);
  });

  it('HARD_SWISH of float32 is x min(6, max(0, x + 3)) / 6', () => {
    expect(result({ name: 'HARD_SWISH', inputs: [fed('FLOAT32', [5], [-4, -1.5, 0, 3, 8])], outputs: [output('FLOAT32', [5])] })).toEqual([-0, -0.375, 0, 3, 8]);
  });

  it('HARD_SWISH of int8 is within half a step of that', () => {
    const sixteenth = { scale: 1 / 16, zero_point: -20 };
    const inputs = [fed('INT8', [5], [-84, -44, -20, -4, 44], sixteenth)];                             // -4, -1.5, 0, 1, 4
    expectNear(result({ name: 'HARD_SWISH', inputs, outputs: [output('INT8', [5], sixteenth)] }), [-20, -26, -20, -20 + 16 * 4 / 6, 44], 0.5);
  });

  it('LOG_SOFTMAX of float32 is x - log(sum(exp(x)))', () => {
    const inputs = [fed('FLOAT32', [2, 2], [0, Math.log(3), 1000, 1000])];
    expectNear(result({ name: 'LOG_SOFTMAX', inputs, outputs: [output('FLOAT32', [2, 2])], options: {} }), [Math.log(0.25), Math.log(0.75), Math.log(0.5), Math.log(0.5)], 2e-7);
  });

  it.each<[string, number[], number[]]>([
    ['LOGISTIC', [0, 1, -1, -20, 20], [0.5, 0.731058579, 0.268941421, Math.exp(-20), 1]],
    ['TANH', [0, 0.25, -1, 3, 20], [0, 0.244918662, -0.761594156, 0.995054754, 1]],
    ['RELU', [-1, 0, 0.5, 7, 1], [0, 0, 0.5, 7, 1]],
    ['RELU6', [-1, 0, 0.5, 7, 1], [0, 0, 0.5, 6, 1]],
    ['SOFTMAX', [0, 0, Math.log(2), 0, -1000], [0.2, 0.2, 0.4, 0.2, 0]],
  ])('%s of float32', (name, values, expected) => {
    expectNear(result({ name, inputs: [fed('FLOAT32', [1, 5], values)], outputs: [output('FLOAT32', [1, 5])], ...(name === 'SOFTMAX' ? { options: { beta: 1 } } : {}) }), expected, 1e-7);
  });

  it.each<[string, number[], number[]]>([
    ['LOGISTIC', [0, 1, -1, 7.5], [0.5, 0.731058579, 0.268941421, 0.999447]],
    ['TANH', [0, 0.25, -1, 7.5], [0, 0.244918662, -0.761594156, 0.9999994]],
  ])('%s of int16 is within two steps of 2^-15', (name, values, expected) => {
    const inputs = [fed('INT16', [1, 4], values.map((value) => value * 4096), { scale: 1 / 4096, zero_point: 0 })];
    expectNear(result({ name, inputs, outputs: [output('INT16', [1, 4], { scale: 1 / 32768, zero_point: 0 })] }), expected.map((value) => Math.min(value * 32768, 32767)), 2);
  });

  it('LOGISTIC of int16 takes a scale that is no power of two', () => {
    const inputs = [fed('INT16', [1, 2], [1000, -1000], { scale: 0.001, zero_point: 0 })];
    expectNear(result({ name: 'LOGISTIC', inputs, outputs: [output('INT16', [1, 2], { scale: 1 / 32768, zero_point: 0 })] }), [0.731058579 * 32768, 0.268941421 * 32768], 3);
  });

  it('SOFTMAX of int16 is within four steps of 2^-15', () => {
    const inputs = [fed('INT16', [1, 4], [0, 1000, 2000, -32768], { scale: 0.001, zero_point: 0 })], total = 1 + Math.exp(1) + Math.exp(2);
    expectNear(result({ name: 'SOFTMAX', inputs, outputs: [output('INT16', [1, 4], { scale: 1 / 32768, zero_point: 0 })], options: { beta: 1 } }),
      [1, Math.exp(1), Math.exp(2), 0].map((value) => value / total * 32768), 4);
  });

  it('RELU of int16 rescales', () => {
    const inputs = [fed('INT16', [3], [-5, 0, 7], { scale: 1, zero_point: 0 })];
    expect(result({ name: 'RELU', inputs, outputs: [output('INT16', [3], { scale: 0.5, zero_point: 0 })] })).toEqual([0, 0, 14]);
  });
});

describe('ADD, SUB, MUL', () => {
  const half = { scale: 0.5, zero_point: 0 }, quarter = { scale: 0.25, zero_point: 0 };
  const ofInt16 = (name: string): number[] =>
    result({ name, inputs: [fed('INT16', [3], [10, -10, 30000], half), constant('INT16', [1], [4], quarter)], outputs: [output('INT16', [3], quarter)], options: {} });

  it('ADD of int16 brings both to the output\'s scale and saturates', () => expect(ofInt16('ADD')).toEqual([24, -16, 32767]));
  it('SUB of int16', () => expect(ofInt16('SUB')).toEqual([16, -24, 32767]));
  it('MUL of int16', () => expect(ofInt16('MUL')).toEqual([20, -20, 32767]));

  it.each([
    ['ADD', [1.5, -3.5]],
    ['SUB', [0.5, -4.5]],
    ['MUL', [0.5, -2]],
  ])('%s of float32', (name, expected) => {
    expect(result({ name, inputs: [fed('FLOAT32', [2], [1, -4]), constant('FLOAT32', [], [0.5])], outputs: [output('FLOAT32', [2])], options: {} })).toEqual(expected);
  });

  it('ADD of float32 with RELU6', () => {
    const inputs = [fed('FLOAT32', [3], [-4, 2, 9]), constant('FLOAT32', [3], [1, 1, 1])];
    expect(result({ name: 'ADD', inputs, outputs: [output('FLOAT32', [3])], options: { fused_activation_function: 'RELU6' } })).toEqual([0, 3, 6]);
  });

  it.each([
    ['ADD', [-2147483648, 5]],
    ['SUB', [2147483646, 1]],
    ['MUL', [2147483647, 6]],
  ])('%s of int32 wraps', (name, expected) => {
    expect(result({ name, inputs: [fed('INT32', [2], [2147483647, 3]), constant('INT32', [2], [1, 2])], outputs: [output('INT32', [2])], options: {} })).toEqual(expected);
  });
});

describe('convolutions', () => {
  const valid = { padding: 'VALID', stride_w: 1, stride_h: 1 };
  /** 1 2 3 / 4 5 6 / 7 8 9 */
  const square = (type: 'INT16' | 'FLOAT32'): Tensor => fed(type, [1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9], type === 'FLOAT32' ? {} : one);

  it('CONV_2D of float32: sums of products, bias, activation', () => {
    const inputs = [square('FLOAT32'), constant('FLOAT32', [2, 2, 2, 1], [1, 0, 0, 1, -1, 0.5, 0, 0]), constant('FLOAT32', [2], [0.5, 0])];
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('FLOAT32', [1, 2, 2, 2])], options: { ...valid, fused_activation_function: 'RELU' } }))
      .toEqual([6.5, 0, 8.5, 0, 12.5, 0, 14.5, 0]);                                                     // 1 + 5, 2 + 6, 4 + 8, 5 + 9; -1 + 1, -2 + 1.5, ...
  });

  it('CONV_2D with SAME padding, a stride and a dilation of 2', () => {
    const inputs = [square('FLOAT32'), constant('FLOAT32', [1, 2, 2, 1], [1, 10, 100, 1000]), constant('FLOAT32', [1], [0])];
    // Window 3, output 2: one row and column of zeros on each side; taps at -1 and 1, or 1 and 3.
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('FLOAT32', [1, 2, 2, 1])], options: { padding: 'SAME', stride_w: 2, stride_h: 2, dilation_w_factor: 2, dilation_h_factor: 2 } }))
      .toEqual([5000, 500, 50, 5]);
  });

  it.each<['INT32' | 'INT64']>([['INT32'], ['INT64']])('CONV_2D of int16 with a bias of %s', (bias) => {
    const inputs = [square('INT16'), constant('INT8', [1, 2, 2, 1], [1, 2, 3, 4], { scale: [0.5], zero_point: [0], axis: 0 }), constant(bias, [1], [6])];
    // (1 + 4 + 12 + 20 + 6) / 2 = 21.5, and 5 more for each step to the right (10 / 2), 15 for each down.
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('INT16', [1, 2, 2, 1], one)], options: valid })).toEqual([22, 27, 37, 42]);
  });

  it('CONV_2D of int16 sums beyond 32 bits with a bias of int64', () => {
    const inputs = [fed('INT16', [1, 1, 1, 1], [1], one), constant('INT8', [1, 1, 1, 1], [1], one), constant('INT64', [1], [2 ** 40])];
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('INT16', [1, 1, 1, 1], { scale: 2 ** 30, zero_point: 0 })], options: valid })).toEqual([1024]);
  });

  it('CONV_2D of groups', () => {
    const inputs = [fed('FLOAT32', [1, 1, 1, 4], [1, 2, 3, 4]), constant('FLOAT32', [2, 1, 1, 2], [1, 10, 1, 10]), constant('FLOAT32', [2], [0, 0])];
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('FLOAT32', [1, 1, 1, 2])], options: valid })).toEqual([21, 43]);
  });

  it('hybrid CONV_2D quantises its input symmetrically where the filter has one scale', () => {
    const inputs = [fed('FLOAT32', [1, 1, 1, 2], [127, -63.5]), constant('INT8', [1, 1, 1, 2], [2, 3], { scale: 0.5, zero_point: 0 }), constant('FLOAT32', [1], [10])];
    // Range 127, scale 1: 127 and, halves away from zero, -64. (254 - 192) / 2 + 10
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('FLOAT32', [1, 1, 1, 1])], options: valid })).toEqual([41]);
  });

  it('hybrid CONV_2D quantises its input asymmetrically where each channel has a scale', () => {
    const inputs = [fed('FLOAT32', [1, 1, 1, 2], [255, 100.25]), constant('INT8', [2, 1, 1, 2], [1, 1, 0, 2], { scale: [0.5, 2], zero_point: [0, 0], axis: 0 }), constant('FLOAT32', [2], [0, 1])];
    // 0 to 255, scale 1, zero point -128: 255 and 100. 355 / 2; 200 * 2 + 1
    expect(result({ name: 'CONV_2D', inputs, outputs: [output('FLOAT32', [1, 1, 1, 2])], options: valid })).toEqual([177.5, 401]);
  });

  const doubled = { ...valid, depth_multiplier: 2 };
  it('DEPTHWISE_CONV_2D of float32 with two outputs per channel', () => {
    const inputs = [fed('FLOAT32', [1, 1, 2, 2], [1, 2, 3, 4]), constant('FLOAT32', [1, 1, 2, 4], [1, 0, 1, 0, 0, 1, 0.5, 1]), constant('FLOAT32', [4], [0, 0, 0, 1])];
    expect(result({ name: 'DEPTHWISE_CONV_2D', inputs, outputs: [output('FLOAT32', [1, 1, 1, 4])], options: doubled })).toEqual([1, 3, 4, 5]);
  });

  it('DEPTHWISE_CONV_2D of int16', () => {
    const inputs = [fed('INT16', [1, 1, 2, 2], [100, 200, 300, 400], one), constant('INT8', [1, 1, 2, 4], [1, 0, 2, 0, 0, 1, 1, 1], { scale: [1, 1, 0.5, 0.5], zero_point: [0, 0, 0, 0], axis: 3 }), constant('INT64', [4], [0, 0, 0, 2])];
    expect(result({ name: 'DEPTHWISE_CONV_2D', inputs, outputs: [output('INT16', [1, 1, 1, 4], one)], options: doubled })).toEqual([100, 300, 400, 201]);
  });

  it('FULLY_CONNECTED of float32', () => {
    const inputs = [fed('FLOAT32', [2, 2], [1, 2, 3, 4]), constant('FLOAT32', [2, 2], [1, 0.5, -1, 1]), constant('FLOAT32', [2], [0, 10])];
    expect(result({ name: 'FULLY_CONNECTED', inputs, outputs: [output('FLOAT32', [2, 2])], options: {} })).toEqual([2, 11, 5, 11]);
  });

  it('FULLY_CONNECTED of int16', () => {
    const inputs = [fed('INT16', [1, 2], [1000, -2000], one), constant('INT8', [2, 2], [2, 1, 100, -100], { scale: 0.5, zero_point: 0 }), constant('INT64', [2], [3, 0])];
    expect(result({ name: 'FULLY_CONNECTED', inputs, outputs: [output('INT16', [1, 2], one)], options: {} })).toEqual([2, 32767]);   // 1.5; 150000
  });
});

describe('TRANSPOSE_CONV', () => {
  const shape = (width: number): Tensor => list(1, 1, width, 1);
  const stride = (stride_w: number, padding = 'VALID'): Record<string, unknown> => ({ padding, stride_w, stride_h: 1 });

  it('spreads each value over the filter and adds where they overlap', () => {
    const inputs = [shape(4), constant('FLOAT32', [1, 1, 3, 1], [1, 10, 100]), fed('FLOAT32', [1, 1, 2, 1], [2, 3])];
    expect(result({ name: 'TRANSPOSE_CONV', inputs, outputs: [output('FLOAT32', [1, 1, 4, 1])], options: stride(1) })).toEqual([2, 23, 230, 300]);
  });

  it('leaves the edges out with SAME padding', () => {
    const inputs = [shape(4), constant('FLOAT32', [1, 1, 4, 1], [1, 10, 100, 1000]), fed('FLOAT32', [1, 1, 2, 1], [2, 3])];
    // From -1: 2 20 200 2000, from 1: 3 30 300 3000.
    expect(result({ name: 'TRANSPOSE_CONV', inputs, outputs: [output('FLOAT32', [1, 1, 4, 1])], options: stride(2, 'SAME') })).toEqual([20, 203, 2030, 300]);
  });

  it('of int8 takes zero points, channels\' scales and a bias', () => {
    const inputs = [list(1, 1, 3, 2), constant('INT8', [2, 1, 2, 1], [1, 2, 3, 4], { scale: [1, 0.5], zero_point: [0, 0], axis: 0 }),
      fed('INT8', [1, 1, 2, 1], [11, 12], { scale: 1, zero_point: 10 }), constant('INT32', [2], [0, 8])];
    // 1 and 2 spread: channel 0: 1, 2 + 2, 4; channel 1: (3 + 8) / 2, (4 + 6 + 8) / 2, (8 + 8) / 2; plus the zero point.
    expect(result({ name: 'TRANSPOSE_CONV', inputs, outputs: [output('INT8', [1, 1, 3, 2], { scale: 1, zero_point: -5 })], options: stride(1) })).toEqual([-4, 1, -1, 4, -1, 3]);
  });

  it.each<['INT16' | 'INT32' | 'INT64']>([['INT16'], ['INT32'], ['INT64']])('of int16 takes a bias of %s', (bias) => {
    const inputs = [shape(4), constant('INT8', [1, 1, 2, 1], [1, -2], one), fed('INT16', [1, 1, 2, 1], [1000, 20000], one), constant(bias, [1], [7])];
    expect(result({ name: 'TRANSPOSE_CONV', inputs, outputs: [output('INT16', [1, 1, 4, 1], one)], options: stride(2) })).toEqual([1007, -1993, 20007, -32768]);
  });
});

describe('pools and MEAN', () => {
  const two = { padding: 'SAME', stride_w: 2, stride_h: 2, filter_width: 2, filter_height: 2 };

  it.each<['AVERAGE_POOL_2D' | 'MAX_POOL_2D', 'INT16' | 'FLOAT32', number[]]>([
    ['AVERAGE_POOL_2D', 'FLOAT32', [3, 4.5, 7.5, 9]],
    ['MAX_POOL_2D', 'FLOAT32', [5, 6, 8, 9]],
    ['AVERAGE_POOL_2D', 'INT16', [3, 5, 8, 9]],
    ['MAX_POOL_2D', 'INT16', [5, 6, 8, 9]],
  ])('%s of %s counts only what is inside', (name, type, expected) => {
    const quantisation = type === 'INT16' ? one : {};
    const inputs = [fed(type, [1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9], quantisation)];
    expect(result({ name, inputs, outputs: [output(type, [1, 2, 2, 1], quantisation)], options: two })).toEqual(expected);
  });

  it('AVERAGE_POOL_2D of int16 rounds halves away from zero', () => {
    const inputs = [fed('INT16', [1, 2, 2, 1], [-1, -2, -2, -1], one)];
    expect(result({ name: 'AVERAGE_POOL_2D', inputs, outputs: [output('INT16', [1, 1, 1, 1], one)], options: two })).toEqual([-2]);
  });

  it('MEAN of float32 over rows', () => {
    expect(result({ name: 'MEAN', inputs: [fed('FLOAT32', [2, 2], [1, 2, 4, 8]), list(0)], outputs: [output('FLOAT32', [2])], options: {} })).toEqual([2.5, 5]);
  });

  it('MEAN of int16 over columns', () => {
    expect(result({ name: 'MEAN', inputs: [fed('INT16', [2, 2], [30000, 32000, -7, -9], one), list(1)], outputs: [output('INT16', [2, 1], one)], options: { keep_dims: true } })).toEqual([31000, -8]);
  });
});

describe('SVDF', () => {
  // Each row: the memory moves on, the newest is 1 x0 + 2 x1; the output is 1 * before + 10 * newest + bias.
  const rows = [3, 1, /**/ 1, 0, /**/ 0, -2], newest = [5, 1, -4];
  const expected = newest.map((value, i) => (i > 0 ? newest[i - 1] : 0) + 10 * value + 7);
  const options = { rank: 1, fused_activation_function: 'NONE' };

  it('remembers over rows in float32', () => {
    const inputs = [fed('FLOAT32', [1, 2], rows), constant('FLOAT32', [1, 2], [1, 2]), constant('FLOAT32', [1, 2], [1, 10]), constant('FLOAT32', [1], [7]), variable('FLOAT32', [1, 2])];
    expect(result({ name: 'SVDF', inputs, outputs: [output('FLOAT32', [1, 1])], options })).toEqual(expected);
  });

  it.each<['INT8' | 'INT16', number]>([['INT16', 0], ['INT8', -50]])('remembers over rows in int8 with a memory of %s', (memory, zero_point) => {
    const inputs = [fed('INT8', [1, 2], rows.map((value) => value + 4), { scale: 1, zero_point: 4 }), constant('INT8', [1, 2], [1, 2], one), constant(memory, [1, 2], [1, 10], one),
      constant('INT32', [1], [7], one), variable(memory, [1, 2], { scale: 1, zero_point })];
    expect(result({ name: 'SVDF', inputs, outputs: [output('INT8', [1, 1], { scale: 1, zero_point: 3 })], options })).toEqual(expected.map((value) => value + 3));
  });

  it('sums the filters of a unit up to its rank', () => {
    const inputs = [fed('FLOAT32', [1, 1], [2]), constant('FLOAT32', [4, 1], [1, 2, 3, 4]), constant('FLOAT32', [4, 1], [1, 10, 100, 1000]), null, variable('FLOAT32', [1, 4])];
    expect(result({ name: 'SVDF', inputs, outputs: [output('FLOAT32', [1, 2])], options: { ...options, rank: 2 } })).toEqual([42, 8600]);
  });
});
