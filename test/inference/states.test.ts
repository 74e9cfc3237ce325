/** Operators of the inference runtime that remember: LSTM and variables. (SVDF: more-operators.test.ts.) */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inFolder, runModel } from './host.js';
import { constant, decode, fed, output, refusalOf, result, variable, type OneOperator, type Tensor } from './one-operator.js';

describe('UNIDIRECTIONAL_SEQUENCE_LSTM', () => {
  const GATES = ['input', 'forget', 'cell', 'output'] as const;
  type Gate = (typeof GATES)[number];
  /** Two inputs, one cell. */
  const INPUT_WEIGHTS: Record<Gate, number[]> = { input: [0.5, -0.25], forget: [0.75, 0.5], cell: [1, -0.5], output: [-0.25, 1] };
  const RECURRENT_WEIGHTS: Record<Gate, number> = { input: 0.5, forget: -0.75, cell: 0.25, output: 1 };
  const BIASES: Record<Gate, number> = { input: 0.25, forget: 0.5, cell: 0, output: -0.5 };
  const STEPS = [[1, 0.5], [-0.5, 1], [0.25, -1], [1, 1]];

  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  /** The definition: gates of the input and the last output; the cell forgets and takes in; the output is what its gate lets through. */
  function lstm(steps: number[][], clip = Infinity): number[] {
    let hidden = 0, cell = 0;
    return steps.map((x) => {
      const gate = (name: Gate): number => BIASES[name] + INPUT_WEIGHTS[name][0] * x[0] + INPUT_WEIGHTS[name][1] * x[1] + RECURRENT_WEIGHTS[name] * hidden;
      cell = sigmoid(gate('forget')) * cell + sigmoid(gate('input')) * Math.tanh(gate('cell'));
      cell = Math.min(Math.max(cell, -clip), clip);
      const through = sigmoid(gate('output'));
      return (hidden = through * Math.tanh(cell));
    });
  }

  const options = { fused_activation_function: 'TANH', cell_clip: 10, proj_clip: 0, time_major: false };
  interface Types { of: 'FLOAT32' | 'INT8'; weights?: object; biases?: (values: number) => number; hidden?: object; cell?: Tensor }

  function network(input: Tensor, outputShape: number[], types: Types, batches = 1): OneOperator {
    const isFloat = types.of === 'FLOAT32';
    const weights = (values: number[]): Tensor => constant(types.of, [1, values.length], isFloat ? values : values.map((value) => value * 100), isFloat ? {} : { scale: 0.01, zero_point: 0 });
    const bias = (value: number): Tensor => (isFloat ? constant('FLOAT32', [1], [value]) : constant('INT32', [1], [value * 6400], { scale: 0.01 / 64, zero_point: 0 }));
    const quantised = isFloat ? {} : { scale: 1 / 128, zero_point: 0 };
    const inputs = [
      input, ...GATES.map((gate) => weights(INPUT_WEIGHTS[gate])), ...GATES.map((gate) => weights([RECURRENT_WEIGHTS[gate]])), null, null, null,
      ...GATES.map((gate) => bias(BIASES[gate])), null, null, variable(types.of, [batches, 1], quantised),
      isFloat ? variable('FLOAT32', [batches, 1]) : variable('INT16', [batches, 1], { scale: 2 ** -11, zero_point: 0 }), null, null, null, null,
    ];
    return { name: 'UNIDIRECTIONAL_SEQUENCE_LSTM', inputs, outputs: [output(types.of, outputShape, quantised)], options };
  }

  const floats = (shape: number[], steps: number[][]): Tensor => fed('FLOAT32', shape, steps.flat());
  const quantised = (shape: number[], steps: number[][]): Tensor => fed('INT8', shape, steps.flat().map((value) => value * 64 + 10), { scale: 1 / 64, zero_point: 10 });
  const farthest = (given: number[], expected: number[]): number => Math.max(...given.map((value, i) => Math.abs(value - expected[i])));

  it('of float32 is what the definition says', () => {
    expect(farthest(result(network(floats([1, 4, 2], STEPS), [1, 4, 1], { of: 'FLOAT32' })), lstm(STEPS))).toBeLessThan(2e-7);
  });

  it('keeps its state from one run to the next', () => {
    expect(farthest(result(network(floats([1, 2, 2], STEPS), [1, 2, 1], { of: 'FLOAT32' })), lstm(STEPS))).toBeLessThan(2e-7);
  });

  it('clips the cell', () => {
    const operator = network(floats([1, 4, 2], STEPS), [1, 4, 1], { of: 'FLOAT32' });
    expect(farthest(result({ ...operator, options: { ...options, cell_clip: 0.25 } }), lstm(STEPS, 0.25))).toBeLessThan(2e-7);
  });

  it('has a state for each batch', () => {
    const others = STEPS.map(([a, b]) => [b, a]);
    const given = result(network(floats([2, 4, 2], [...STEPS, ...others]), [2, 4, 1], { of: 'FLOAT32' }, 2));
    expect(farthest(given, [...lstm(STEPS), ...lstm(others)])).toBeLessThan(2e-7);
  });

  it('takes time before batches when time_major says so', () => {
    const others = STEPS.map(([a, b]) => [b, a]);
    const operator = network(floats([4, 2, 2], STEPS.flatMap((step, i) => [step, others[i]])), [4, 2, 1], { of: 'FLOAT32' }, 2);
    const [first, second] = [lstm(STEPS), lstm(others)];
    expect(farthest(result({ ...operator, options: { ...options, time_major: true } }), first.flatMap((value, i) => [value, second[i]]))).toBeLessThan(2e-7);
  });

  it('of int8 is within one step of the definition', () => {
    const given = result(network(quantised([1, 4, 2], STEPS), [1, 4, 1], { of: 'INT8' }));
    expect(farthest(given.map((value) => value / 128), lstm(STEPS))).toBeLessThanOrEqual(1 / 128);
  });

  it.each<[string, number]>([['peepholes', 9], ['projection', 16], ['layer normalisation', 20]])('refuses %s, naming the input', (_, index) => {
    const operator = network(floats([1, 4, 2], STEPS), [1, 4, 1], { of: 'FLOAT32' });
    operator.inputs[index] = constant('FLOAT32', [1], [1]);
    expect(refusalOf(operator)).toContain(`UNSUPPORTED_OPTION at operator 0, detail ${index}`);
  });

  it('refuses a cell whose scale is no power of two', () => {
    const operator = network(quantised([1, 4, 2], STEPS), [1, 4, 1], { of: 'INT8' });
    operator.inputs[19] = variable('INT16', [1, 1], { scale: 0.0003, zero_point: 0 });
    expect(refusalOf(operator)).toContain('BAD_SHAPE at operator 0');
  });
});

describe('variables', () => {
  const SCRIPT = fileURLToPath(new URL('call-once-model.py', import.meta.url));
  const sums = (first: string[], added: number[]): number[] => inFolder((folder) => {
    execFileSync('python3', [SCRIPT, join(folder, 'sum.tflite'), ...first], { stdio: ['ignore', 'inherit', 'inherit'] });
    const rows = Int8Array.from(added, (value) => value + 3);
    return decode('INT8', runModel(readFileSync(join(folder, 'sum.tflite')), [new Uint8Array(rows.buffer)], { program: 'run-model-checked' }).outputs[0]).map((value) => value - 3);
  });

  it('start at the zero point and keep what is assigned', () => expect(sums([], [1, 2, 10])).toEqual([1, 3, 13]));
  it('start with what CALL_ONCE assigns, once', () => expect(sums(['8'], [1, 2, 10])).toEqual([6, 8, 18]));   // 8 - 3
});
