/** What is read of .tflite files, against what was written; and that files from strangers are refused in one line. */
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../emulator/models/model.js';
import { ModelError } from '../../emulator/models/model-error.js';
import { operatorName } from '../../emulator/models/operators.js';
import { DATA, FULLY_CONNECTED, hasData, tflite } from '../support/models.js';

describe('a model file', () => {
  const model = readModel(tflite(FULLY_CONNECTED));

  it('names its operators, with their tensors', () => {
    expect(model.operators.map(({ name, inputs, outputs }) => [name, inputs.map((tensor) => tensor?.name), outputs.map((tensor) => tensor?.name)])).toEqual([['FULLY_CONNECTED', ['x', 'w', 'b'], ['y']]]);
  });

  it('has inputs and outputs with type, shape and quantisation', () => {
    expect([model.inputs[0], model.outputs[0]]).toMatchObject([
      { name: 'x', type: 'int8', shape: [1, 4], elements: 4, bytes: 4, quantisation: { scale: 1, zeroPoint: 0 } },
      { name: 'y', type: 'int8', shape: [1, 2], elements: 2, bytes: 2 },
    ]);
  });

  it('has eight bytes of weights and eight of biases', () => expect(model.weightBytes).toBe(16));

  it('keeps a quantisation by channel apart from one of the whole tensor', () => {
    const { tensors } = readModel(tflite(`${FULLY_CONNECTED}\nm.constant('c', 'INT8', (2, 1), [1, 2], scale=[0.5, 0.25], axis=0)`));
    expect(tensors.find(({ name }) => name === 'c')!.quantisation).toBeUndefined();
  });

  it('knows an optional tensor that is left out', () => {
    const { operators } = readModel(tflite(FULLY_CONNECTED.replace('[x, w, b]', '[x, w, -1]')));
    expect(operators[0].inputs[2]).toBeUndefined();
  });
});

// The schema's numbers, BuiltinOperator.
it.each([
  [0, 'ADD'], [3, 'CONV_2D'], [9, 'FULLY_CONNECTED'], [25, 'SOFTMAX'], [27, 'SVDF'], [44, 'UNIDIRECTIONAL_SEQUENCE_LSTM'], [67, 'TRANSPOSE_CONV'],
  [97, 'RESIZE_NEAREST_NEIGHBOR'], [117, 'HARD_SWISH'], [126, 'BATCH_MATMUL'], [144, 'ASSIGN_VARIABLE'], [150, 'GELU'], [163, 'STABLEHLO_ADD'], [209, 'STABLEHLO_CASE'], [210, 'operator 210'],
])('operator %i is %s', (code, name) => expect(operatorName(code)).toBe(name));

describe('multiply-accumulates', () => {
  const macs = (python: string): number => readModel(tflite(python)).macs;

  it.each([
    ['of a fully connected layer: outputs times inputs', 8, FULLY_CONNECTED],
    ['of a convolution: 5 x 6 places, 4 filters of 3 x 2 x 2', 5 * 6 * 4 * 3 * 2 * 2, `
x = m.tensor('x', 'INT8', (1, 5, 6, 2), scale=1.0)
w = m.constant('w', 'INT8', (4, 3, 2, 2), [0] * 48, scale=1.0)
y = m.tensor('y', 'INT8', (1, 5, 6, 4), scale=1.0)
m.operator('CONV_2D', [x, w, -1], [y], padding='SAME', stride_w=1, stride_h=1)
m.inputs, m.outputs = [x], [y]`],
    ['of a depthwise convolution: 4 x 4 places, 6 channels, 3 x 3 each', 4 * 4 * 6 * 9, `
x = m.tensor('x', 'INT8', (1, 4, 4, 3), scale=1.0)
w = m.constant('w', 'INT8', (1, 3, 3, 6), [0] * 54, scale=1.0)
y = m.tensor('y', 'INT8', (1, 4, 4, 6), scale=1.0)
m.operator('DEPTHWISE_CONV_2D', [x, w, -1], [y], padding='SAME', stride_w=1, stride_h=1, depth_multiplier=2)
m.inputs, m.outputs = [x], [y]`],
    ['of a transposed convolution: 2 x 2 values of 3 channels, each met by 5 filters of 3 x 3', 2 * 2 * 3 * 5 * 9, `
x = m.tensor('x', 'INT8', (1, 2, 2, 3), scale=1.0)
s = m.constant('s', 'INT32', (4,), [1, 4, 4, 5])
w = m.constant('w', 'INT8', (5, 3, 3, 3), [0] * 135, scale=1.0)
y = m.tensor('y', 'INT8', (1, 4, 4, 5), scale=1.0)
m.operator('TRANSPOSE_CONV', [s, w, x], [y], padding='SAME', stride_w=2, stride_h=2)
m.inputs, m.outputs = [x], [y]`],
    ['of an SVDF: 6 filters with 4 inputs and 3 steps of memory', 6 * 4 + 6 * 3, `
x = m.tensor('x', 'INT8', (1, 4), scale=1.0)
f = m.constant('f', 'INT8', (6, 4), [0] * 24, scale=1.0)
t = m.constant('t', 'INT16', (6, 3), [0] * 18, scale=1.0)
s = m.tensor('s', 'INT16', (1, 18), scale=1.0, is_variable=True)
y = m.tensor('y', 'INT8', (1, 6), scale=1.0)
m.operator('SVDF', [x, f, t, -1, s], [y], rank=1)
m.inputs, m.outputs = [x], [y]`],
    ['of an addition: none', 0, `
x = m.tensor('x', 'INT8', (1, 4), scale=1.0)
y = m.tensor('y', 'INT8', (1, 4), scale=1.0)
m.operator('ADD', [x, x], [y])
m.inputs, m.outputs = [x], [y]`],
  ])('%s', (_, expected, python) => expect(macs(python)).toBe(expected));
});

/** MACs that MLPerf Tiny v1.0 and the models' authors publish (to three digits). */
const PUBLISHED: readonly (readonly [name: string, macs: number])[] = hasData
  ? [['kws_ref_model', 2.66e6], ['vww_96_int8', 7.49e6], ['pretrainedResnet_quant', 12.5e6], ['ad01_int8', 0.264e6]]
  : [];
describe.each(PUBLISHED)('%s', (name, expected) => {
  it(`has ${expected} multiply-accumulates, to three digits`, () => {
    expect(Number(readModel(readFileSync(`${DATA}/models/mlperf_tiny/${name}.tflite`)).macs.toPrecision(3))).toBe(expected);
  });
});

describe('a file that is no model, or a damaged one, is refused in one line', () => {
  const bytes = tflite(FULLY_CONNECTED);
  /** True when the file was refused as it should be, or read. Whatever else is thrown fails the test. */
  const isHandled = (file: Uint8Array): boolean => {
    try {
      readModel(file);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      expect(error.message).not.toContain('\n');
    }
    return true;
  };

  it.each([['an empty one', new Uint8Array(0)], ['text', new TextEncoder().encode('this is no model at all')]])('%s', (_, file) => {
    expect(() => readModel(file)).toThrow(/^no TensorFlow Lite model: it does not begin with a flatbuffer's identifier "TFL3"/);
  });

  it('one that is cut off, wherever', () => {
    const lengths = Array.from(bytes.keys());
    expect(lengths.every((length) => isHandled(bytes.subarray(0, length)))).toBe(true);
  });

  it('one with changed bytes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const file = bytes.slice();
      for (const [at, value] of changes) file[at] = value;
      return isHandled(file);
    }), { numRuns: 3000 });
  });

  it('another version of the schema', () => {
    const file = bytes.slice();
    // The version is the only word 3 among the fields of the root table.
    const at = new DataView(file.buffer).getUint32(0, true);
    const word = Array.from({ length: 16 }, (_, i) => at + 4 * i).find((place) => new DataView(file.buffer).getUint32(place, true) === 3)!;
    file[word] = 9;
    expect(() => readModel(file)).toThrow('schema version 9: only version 3 is known');
  });
});

/** All that are at hand; in a fresh clone the list is empty, and so is the expectation. */
it('published models are read without a complaint', () => {
  const folder = `${DATA}/models`;
  const files = hasData ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tflite') && !file.includes('tflm_seanet_ops')) : [];
  expect(files.map((file) => readModel(readFileSync(`${folder}/${file}`)).operators.length).filter((count) => count === 0)).toEqual([]);
});
