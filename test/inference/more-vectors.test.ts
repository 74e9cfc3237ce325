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

const TEST_IMAGES = join(MODELS, '..', 'images', 'testdata');

/** TensorFlow Lite refuses this network, so there are no vectors for it. */
describe.runIf(existsSync(TEST_IMAGES))('person_detect', () => {
  it.each([
    ['tflm_person.bmp', [-113, 113]],   // as TensorFlow Lite Micro gives: its issue 395
    ['tflm_no_person.bmp', [57, -57]],  // the image is another since then; person_detection_test.cc asks for the first to be greater
  ])('gives the scores of no person and person for %s', (image, expected) => {
    const { outputs } = runModel(readFileSync(join(MODELS, 'tflite_micro', 'person_detect.tflite')), [pixelsOf(readFileSync(join(TEST_IMAGES, image)))]);
    expect(decode('INT8', outputs[0])).toEqual(expected);
  });
});

/** Of a BMP with 96 rows of 96 bytes, which are stored from the bottom up. The bytes are the network's int8 inputs as they are. */
function pixelsOf(bmp: Buffer): Uint8Array {
  const start = bmp.readUInt32LE(10), side = 96;
  return Buffer.concat(Array.from({ length: side }, (_, row) => bmp.subarray(start + (side - 1 - row) * side, start + (side - row) * side)));
}
