/**
 * Whole networks with the operators beyond the common int8 ones, against the outputs of TensorFlow Lite 2.21's reference kernels: LSTM, SVDF,
 * variables, splits, slices, resizing, int16 and float32. Integers bit for bit, float32 within 1e-5. They are in the shared data
 * (THUMBELINA_DATA, else ../shared/data).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runModel } from './host.js';
import { decode, type Type } from './one-operator.js';

const MODELS = join(process.env['THUMBELINA_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), 'models');
const NETWORKS = [
  'arm_image_recognition_cifar10', 'arm_yolo-fastest_192_face_v4', 'dtln_noise_suppression', 'hello_world_float', 'keyword_scrambled', 'kws_ref_model_float32',
  'mcunet_detection', 'mcunet_ptq_mnist_lenet-300-100', 'micro_wake_word_v2_hey_jarvis', 'micro_wake_word_v2_okay_nabu', 'micro_wake_word_v2_vad',
  'pretrainedResnet', 'simple_add_model', 'spells_model', 'spells_quantized_model', 'tinymaix_mnist_valid_f', 'trained_lstm', 'trained_lstm_int8', 'vww_96_float',
];
/** TensorFlow Lite refuses these, so there are no vectors; TensorFlow Lite Micro's own examples run them. */
const WITHOUT_VECTORS = ['tflite_micro/keyword_scrambled_8bit.tflite', 'tflite_micro/person_detect.tflite'];

interface Vectors { model: string; inputs: unknown[]; outputs: { dtype: string }[] }

describe.each(existsSync(join(MODELS, 'vectors')) ? NETWORKS : [])('%s', (name) => {
  const at = (file: string): Buffer => readFileSync(join(MODELS, 'vectors', name, file));
  const { model, inputs, outputs } = JSON.parse(at('meta.json').toString()) as Vectors;

  it('gives the reference kernels\' outputs', () => {
    const run = runModel(readFileSync(join(MODELS, model)), inputs.map((_, i) => at(`in${i}.bin`)));
    outputs.forEach(({ dtype }, i) => {
      const type = dtype.toUpperCase() as Type, expected = decode(type, at(`out${i}.bin`));
      expect(farthest(type, decode(type, run.outputs[i]), expected)).toBeLessThanOrEqual(type === 'FLOAT32' ? 1e-5 : 0);
    });
  });
});

/** The greatest difference: relative for float32. */
function farthest(type: Type, given: number[], expected: number[]): number {
  if (given.length !== expected.length) return Infinity;
  const distance = (value: number, i: number): number => Math.abs(value - expected[i]) / (type === 'FLOAT32' ? Math.abs(expected[i]) || 1 : 1);
  return given.reduce((most, value, i) => Math.max(most, distance(value, i)), 0);
}

describe.each(existsSync(MODELS) ? WITHOUT_VECTORS : [])('%s', (model) => {
  it('opens, and gives the same for the same input', () => {
    const run = (): string => runModel(readFileSync(join(MODELS, model)), [], { args: ['--seed', '1', '--rows', '3'] }).report;
    expect(run()).toBe(run());
  });
});
