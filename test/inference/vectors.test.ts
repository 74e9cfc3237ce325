/**
 * The int8 operators of the inference runtime: whole networks bit for bit against the outputs of TensorFlow Lite's reference kernels where
 * the shared data are (THUMBELINA_DATA, else ../shared/data), and in every clone each operator of two small networks against real numbers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runModel, writeModel, type NetworkDescription } from './host.js';
import { curveLike, keywordLike } from './networks.js';
import { realResult } from './real-operators.js';

const MODELS = join(process.env['THUMBELINA_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)), 'models');
/** Networks that need int8 operators only. */
const INT8_NETWORKS = [
  'ad01_int8', 'hello_world_int8', 'kws_ref_model', 'magic_wand_digits', 'micro_speech_quantized', 'pretrainedResnet_quant', 'str_ww_ref_model',
  'tinymaix_cifar10_q', 'tinymaix_mnist_arduino_q', 'tinymaix_mnist_dw_q', 'tinymaix_mnist_rect_q', 'tinymaix_mnist_resnet_q',
  'tinymaix_mnist_valid_q', 'tinymaix_vww96_q', 'vww_96_int8',
];

interface Vectors { model: string; inputs: unknown[]; outputs: unknown[] }

describe.each(existsSync(join(MODELS, 'vectors')) ? INT8_NETWORKS : [])('%s', (name) => {
  it('gives the reference kernels\' bytes', () => {
    const at = (file: string): Buffer => readFileSync(join(MODELS, 'vectors', name, file));
    const { model, inputs, outputs } = JSON.parse(at('meta.json').toString()) as Vectors;
    const run = runModel(readFileSync(join(MODELS, model)), inputs.map((_, i) => at(`in${i}.bin`)));
    expect(run.outputs.map((bytes) => bytes.toString('hex'))).toEqual(outputs.map((_, i) => at(`out${i}.bin`).toString('hex')));
  });
});

/** The network with the tensor of every operator as an output, so that each can be looked at by itself. */
function opened(network: NetworkDescription): NetworkDescription {
  return { ...network, outputs: network.operators.map(({ outputs }) => outputs[0]) };
}

const ROWS = 20;
const NETWORKS = { 'a keyword spotter': opened(keywordLike()), 'curves and products': opened(curveLike()) };

describe.each(Object.entries(NETWORKS))('each operator of %s', (_, network) => {
  const input = network.tensors[network.inputs[0]];
  const size = input.shape.reduce((product, extent) => product * extent, 1);
  const bytes = Buffer.from(Array.from({ length: size * ROWS }, (_, i) => (i * 37 + ((i * i) >> 3)) & 0xff));
  const { outputs } = runModel(writeModel(network), [bytes]);
  const computed = new Map([[network.inputs[0], bytes], ...network.outputs.map((tensor, i) => [tensor, outputs[i]] as const)]);

  it.each(network.operators.map((operator) => [operator.name, operator] as const))('%s is within one step of the real number', (_, operator) => {
    const { scale, zero_point } = network.tensors[operator.outputs[0]] as { scale: number; zero_point: number };
    let farthest = 0;
    for (let row = 0; row < ROWS; row++) {
      const real = realResult(network, operator, (tensor) => rowOf(computed.get(tensor), row));
      const given = rowOf(computed.get(operator.outputs[0]), row) ?? new Int8Array();
      expect(given).toHaveLength(real.length);
      real.forEach((value, i) => {
        const step = Math.min(Math.max(value / scale + zero_point, -128), 127);
        farthest = Math.max(farthest, Math.abs(given[i] - step));
      });
    }
    expect(farthest).toBeLessThanOrEqual(1);
  });
});

function rowOf(bytes: Buffer | undefined, row: number): Int8Array | undefined {
  const size = (bytes?.length ?? 0) / ROWS;
  return bytes && new Int8Array(bytes.buffer, bytes.byteOffset + row * size, size);
}
