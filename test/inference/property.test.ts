/**
 * Random networks of one operator (cases.py: shapes, strides, paddings, dilations, broadcasting, quantisation parameters up to the
 * extremes), run by the runtime with sanitizers and by Arm NN's reference backend.
 *
 * Arm NN 20.08 computes quantised operators in float32 and rounds once, halves away from zero; TFLite's reference kernels round in
 * fixed point, some twice. Results may therefore differ by one step of the output where `steps` is 1; where it is 0, nothing is
 * rounded, or both round alike. Float32 results are compared within 1e-4 of their size: the order of additions differs.
 * Cases that Arm NN does not take (no bias, int64 biases, kept dimensions in other places) are left out and counted.
 * Not asked, since Arm NN 20.08 has no such operator: ARG_MAX, SVDF, LSTM, GATHER, CAST, EXPAND_DIMS, PADV2, LOG_SOFTMAX.
 */
import { describe, expect, it } from 'vitest';
import { runCases, type RanCase } from './cases.js';

const CASES = 40;
const FLOAT_TOLERANCE = 1e-4;

type Element = 'int8' | 'int16' | 'int32' | 'float32';
const ELEMENTS = {
  int8: (bytes: Buffer) => new Int8Array(copied(bytes)),
  int16: (bytes: Buffer) => new Int16Array(copied(bytes)),
  int32: (bytes: Buffer) => new Int32Array(copied(bytes)),
  float32: (bytes: Buffer) => new Float32Array(copied(bytes)),
};

/** Bytes at an address that any element may have. */
function copied(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** How far two outputs are apart: steps of integers, or multiples of the tolerance of floats. */
function distance(ours: Buffer, theirs: Buffer, element: Element): number {
  if (ours.length !== theirs.length) return Infinity;
  const [left, right] = [ELEMENTS[element](ours), ELEMENTS[element](theirs)];
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    const apart = Math.abs(left[i] - right[i]);
    const allowed = element === 'float32' ? FLOAT_TOLERANCE * Math.max(0.1, Math.abs(right[i])) : 1;
    most = Math.max(most, Object.is(left[i], right[i]) ? 0 : apart / allowed);
  }
  return most;
}

/** The cases that both ran; refusals of ours are failures. */
function compared(cases: RanCase[], operator: string): { seed: number; ours: Buffer[]; armnn: Buffer[] }[] {
  return cases.flatMap(({ seed, ours, armnn }) => {
    if ('refusal' in ours) throw new Error(`${operator} ${seed}: refused (${ours.refusal})`);
    return 'refusal' in armnn ? [] : [{ seed, ours: ours.outputs, armnn: armnn.outputs }];
  });
}

describe.each<[operator: string, element: Element, steps: number, taken: number]>([
  // operator, its output's elements, steps that may differ, cases that Arm NN takes at least
  ['CONV_2D', 'int8', 1, 30],
  ['CONV_2D_FLOAT32', 'float32', 1, 30],
  ['DEPTHWISE_CONV_2D', 'int8', 1, 30],
  ['DEPTHWISE_CONV_2D_FLOAT32', 'float32', 1, 30],
  ['FULLY_CONNECTED', 'int8', 1, 20],
  ['FULLY_CONNECTED_FLOAT32', 'float32', 1, 20],
  ['AVERAGE_POOL_2D', 'int8', 1, CASES],
  ['AVERAGE_POOL_2D_INT16', 'int16', 1, CASES],
  ['AVERAGE_POOL_2D_FLOAT32', 'float32', 1, CASES],
  ['MAX_POOL_2D', 'int8', 0, CASES],
  ['MAX_POOL_2D_INT16', 'int16', 0, CASES],
  ['MAX_POOL_2D_FLOAT32', 'float32', 0, CASES],
  ['ADD', 'int8', 1, CASES],
  ['ADD_FLOAT32', 'float32', 1, CASES],
  ['ADD_INT16', 'int16', 1, 20],
  ['ADD_INT32', 'int32', 0, CASES],
  ['SUB', 'int8', 1, CASES],
  ['SUB_FLOAT32', 'float32', 1, CASES],
  ['SUB_INT16', 'int16', 1, 20],
  ['SUB_INT32', 'int32', 0, CASES],
  ['MUL', 'int8', 1, CASES],
  ['MUL_FLOAT32', 'float32', 1, CASES],
  ['MUL_INT16', 'int16', 1, 20],
  ['MUL_INT32', 'int32', 0, CASES],
  ['MAXIMUM', 'int8', 0, CASES],
  ['MAXIMUM_FLOAT32', 'float32', 0, CASES],
  ['MINIMUM', 'int8', 0, CASES],
  ['MINIMUM_FLOAT32', 'float32', 0, CASES],
  ['LOGISTIC', 'int8', 1, CASES],
  ['LOGISTIC_FLOAT32', 'float32', 1, CASES],
  ['LOGISTIC_INT16', 'int16', 2, CASES],              // TFLite interpolates in a table of 256 steps
  ['TANH', 'int8', 1, CASES],
  ['TANH_FLOAT32', 'float32', 1, CASES],
  ['TANH_INT16', 'int16', 3, CASES],
  ['SOFTMAX', 'int8', 1, CASES],
  ['SOFTMAX_FLOAT32', 'float32', 1, CASES],
  ['RELU', 'int8', 1, CASES],
  ['RELU_FLOAT32', 'float32', 0, CASES],
  ['RELU6', 'int8', 0, CASES],
  ['RELU6_FLOAT32', 'float32', 0, CASES],
  ['HARD_SWISH_FLOAT32', 'float32', 1, CASES],
  ['LEAKY_RELU', 'int8', 1, CASES],
  ['LEAKY_RELU_FLOAT32', 'float32', 1, CASES],
  ['LEAKY_RELU_INT16', 'int16', 1, CASES],
  ['QUANTIZE', 'int8', 1, CASES],
  ['QUANTIZE_FLOAT32_INT16', 'int16', 1, CASES],
  ['QUANTIZE_INT8_INT8', 'int8', 1, CASES],
  ['QUANTIZE_INT16_INT8', 'int8', 1, CASES],
  ['QUANTIZE_INT8_INT16', 'int16', 1, CASES],
  ['QUANTIZE_INT16_INT16', 'int16', 1, CASES],
  ['DEQUANTIZE', 'float32', 1, CASES],
  ['DEQUANTIZE_INT16', 'float32', 1, CASES],
  ['MEAN', 'int8', 1, 15],
  ['MEAN_FLOAT32', 'float32', 1, 10],
  ['MEAN_INT16', 'int16', 1, 15],
  ['RESHAPE', 'int8', 0, CASES],
  ['SQUEEZE', 'int8', 0, 20],
  ['PAD_FLOAT32', 'float32', 0, CASES],               // int8: Arm NN 20.08 pads with the number 0, not the zero point
  ['PAD_INT16', 'int16', 0, CASES],
  ['CONCATENATION', 'int8', 0, CASES],
  ['CONCATENATION_INT16', 'int16', 0, CASES],
  ['CONCATENATION_FLOAT32', 'float32', 0, CASES],
  ['SPLIT', 'int8', 0, 10],
  ['SPLIT_V', 'int8', 0, 10],
  ['STRIDED_SLICE', 'int8', 0, CASES],
  ['SLICE', 'int8', 0, 10],
  ['TRANSPOSE', 'int8', 0, CASES],
  ['UNPACK', 'int8', 0, 10],
  ['SPACE_TO_BATCH_ND', 'int8', 0, CASES],
  ['BATCH_TO_SPACE_ND', 'int8', 0, CASES],
])('%s', (operator, element, steps, taken) => {
  const seedOfFirst = 1000;

  it(`is Arm NN's to within ${steps} steps`, () => {
    const cases = compared(runCases(operator, seedOfFirst, CASES), operator);
    const wrong = cases.filter(({ ours, armnn }) => ours.length !== armnn.length || ours.some((output, i) => distance(output, armnn[i], element) > steps));

    expect({ wrong: wrong.map(({ seed }) => `cases.py ${operator} ${seed} 1 FILE`), enough: cases.length >= taken }).toEqual({ wrong: [], enough: true });
  });
});
