/** Operators in real numbers, straight from their definitions: what quantised ones approximate. Activations NHWC with one batch. */
import type { NetworkDescription } from './host.js';

type Operator = NetworkDescription['operators'][number];
interface Real { shape: number[]; values: number[] }
interface Window { inputs: [Real, Real, Real]; options: Record<string, number | string> }

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const relu = (value: number): number => Math.max(value, 0);

/** @param row the quantised values of a tensor that is no constant */
export function realResult(network: NetworkDescription, operator: Operator, row: (tensor: number) => Int8Array | undefined): number[] {
  const inputs = operator.inputs.map((tensor) => dequantised(network, tensor, row(tensor)));
  const options = (operator.options ?? {}) as Record<string, number | string>;
  const output = network.tensors[operator.outputs[0]].shape;
  const function_ = OPERATORS[operator.name];
  const values = function_({ inputs: inputs as Window['inputs'], options }, output);
  return options['fused_activation_function'] === 'RELU' ? values.map(relu) : values;
}

function dequantised(network: NetworkDescription, tensor: number, values?: Int8Array): Real {
  const { shape, scale = 1, zero_point = 0, axis = 0, values: constant } = network.tensors[tensor];
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const scaleAt = (i: number): number => (Array.isArray(scale) ? scale[Math.floor(i / inner) % shape[axis]] : scale);
  return { shape, values: Array.from(constant ?? values ?? [], (value, i) => (value - zero_point) * scaleAt(i)) };
}

/** The positions [y, x] of the inputs under a window, and the index in the window of each; outside positions are left out. */
function under([, height, width]: number[], [, outHeight, outWidth]: number[], [filterHeight, filterWidth]: number[], { padding, stride_w, stride_h }: Record<string, number | string>, [y, x]: number[]): { pixel: number; tap: number }[] {
  const before = (extent: number, out: number, filter: number, stride: number): number => (padding === 'SAME' ? Math.floor(Math.max((out - 1) * stride + filter - extent, 0) / 2) : 0);
  const top = y * Number(stride_h) - before(height, outHeight, filterHeight, Number(stride_h));
  const left = x * Number(stride_w) - before(width, outWidth, filterWidth, Number(stride_w));
  const found = [];
  for (let j = 0; j < filterHeight; j++) {
    for (let i = 0; i < filterWidth; i++) {
      if (top + j >= 0 && top + j < height && left + i >= 0 && left + i < width) found.push({ pixel: (top + j) * width + left + i, tap: j * filterWidth + i });
    }
  }
  return found;
}

/** One value per output pixel and channel. */
function eachPixel([, height, width, channels]: number[], value: (at: number[], channel: number) => number): number[] {
  return Array.from({ length: height * width * channels }, (_, i) => value([Math.floor(i / channels / width), Math.floor(i / channels) % width], i % channels));
}

function convolution({ inputs: [input, filter, bias], options }: Window, output: number[]): number[] {
  const [, height, width, depth] = filter.shape;
  return eachPixel(output, (at, channel) => bias.values[channel] + sum(under(input.shape, output, [height, width], options, at).flatMap(({ pixel, tap }) =>
    Array.from({ length: depth }, (_, d) => input.values[pixel * depth + d] * filter.values[(channel * height * width + tap) * depth + d]))));
}

function depthwise({ inputs: [input, filter, bias], options }: Window, output: number[]): number[] {
  const [, height, width, channels] = filter.shape;
  return eachPixel(output, (at, channel) => bias.values[channel] + sum(under(input.shape, output, [height, width], options, at)
    .map(({ pixel, tap }) => input.values[pixel * channels + channel] * filter.values[tap * channels + channel])));
}

function pool({ inputs: [input], options }: Window, output: number[], reduce: (values: number[]) => number): number[] {
  const size = [Number(options['filter_height']), Number(options['filter_width'])];
  return eachPixel(output, (at, channel) => reduce(under(input.shape, output, size, options, at).map(({ pixel }) => input.values[pixel * output[3] + channel])));
}

function fullyConnected({ inputs: [input, filter, bias] }: Window): number[] {
  const [outputs, depth] = filter.shape;
  return Array.from({ length: outputs }, (_, o) => bias.values[o] + sum(input.values.map((value, d) => value * filter.values[o * depth + d])));
}

function softmax({ inputs: [{ values }] }: Window): number[] {
  const total = sum(values.map(Math.exp));
  return values.map((value) => Math.exp(value) / total);
}

function pad({ inputs: [input, { values }] }: Window, [, height, width, channels]: number[]): number[] {
  const [, rows, columns] = input.shape;
  const [top, left] = [values[2], values[4]];
  return eachPixel([1, height, width, channels], ([y, x], channel) =>
    (y < top || y >= top + rows || x < left || x >= left + columns ? 0 : input.values[((y - top) * columns + x - left) * channels + channel]));
}

/** Over height and width. */
function mean({ inputs: [{ shape: [, height, width, channels], values }] }: Window): number[] {
  return Array.from({ length: channels }, (_, channel) => sum(values.filter((_, i) => i % channels === channel)) / (height * width));
}

const pairs = (combine: (a: number, b: number) => number) => ({ inputs: [a, b] }: Window): number[] => a.values.map((value, i) => combine(value, b.values[i % b.values.length]));
const each = (curve: (value: number) => number) => ({ inputs: [input] }: Window): number[] => input.values.map(curve);

const OPERATORS: Record<string, (window: Window, output: number[]) => number[]> = {
  ADD: pairs((a, b) => a + b),
  AVERAGE_POOL_2D: (window, output) => pool(window, output, (values) => sum(values) / values.length),
  CONCATENATION: ({ inputs: [a, b] }) => [...a.values, ...b.values],
  CONV_2D: convolution,
  DEPTHWISE_CONV_2D: depthwise,
  FULLY_CONNECTED: fullyConnected,
  LOGISTIC: each((value) => 1 / (1 + Math.exp(-value))),
  MAX_POOL_2D: (window, output) => pool(window, output, (values) => Math.max(...values)),
  MEAN: mean,
  MUL: pairs((a, b) => a * b),
  PAD: pad,
  RELU: each(relu),
  SOFTMAX: softmax,
  SUB: pairs((a, b) => a - b),
  TANH: each(Math.tanh),
};
