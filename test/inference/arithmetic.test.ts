/**
 * The arithmetic under the integer kernels, against its definition in whole numbers without bounds (gemmlowp's fixedpoint.h, TensorFlow
 * Lite's common.h) and, for the curves, against real numbers.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Random } from '../support/random.js';

const RUNTIME = fileURLToPath(new URL('../../firmware-samples/inference/', import.meta.url));
const SOURCE = fileURLToPath(new URL('arithmetic.c', import.meta.url));
const CASES = 20_000;
const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thumbelina-arithmetic-'));
  const src = join(RUNTIME, 'src');
  const sources = ['quantisation.c', 'flatbuffer.c', 'inference.c', 'graph.c', 'planner.c'].map((name) => join(src, name));
  const kernels = ['common.c', 'fully-connected.c', 'int8-fully-connected.c', 'int16-fully-connected.c', 'float-fully-connected.c'].map((name) => join(src, 'kernels', name));
  execFileSync('cc', ['-std=c11', '-O2', '-fsanitize=undefined', '-fno-sanitize-recover=all', `-I${join(RUNTIME, 'include')}`, `-I${src}`,
    '-ffunction-sections', '-Wl,--gc-sections', SOURCE, ...sources, ...kernels, '-o', join(folder, 'arithmetic')], { stdio: ['ignore', 'inherit', 'inherit'] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function results(calls: readonly (readonly (string | number)[])[]): string[] {
  const input = calls.map((words) => `${words.join(' ')}\n`).join('');
  return execFileSync(join(folder, 'arithmetic'), { input, encoding: 'utf8', maxBuffer: 1 << 26 }).trim().split('\n');
}

/** Words of all sizes, and the ends of the range. */
function int32(random: Random): number {
  const ends = [INT32.minimum, INT32.minimum + 1, -1, 0, 1, INT32.maximum - 1, INT32.maximum, 1 << 30, -(1 << 30)];
  return random.word() % 8 === 0 ? ends[random.word() % ends.length] : (random.word() | 0) >> (random.word() % 31);
}

const floorDivide = (a: bigint, b: bigint): bigint => (a - ((a % b) + b) % b) / b;

/** gemmlowp: adds 2^30 away from zero (less one below it), divides by 2^31 towards zero; -2^31 squared saturates. */
function multiplyHigh(a: bigint, b: bigint): bigint {
  const product = a * b;
  const result = (product + (product >= 0n ? 1n << 30n : 1n - (1n << 30n))) / (1n << 31n);
  return result > BigInt(INT32.maximum) ? BigInt(INT32.maximum) : result;
}

/** To the nearest, ties away from zero. */
function divideByPowerOfTwo(value: bigint, exponent: bigint): bigint {
  const size = value < 0n ? -value : value;
  const rounded = exponent === 0n ? size : (size + (1n << (exponent - 1n))) >> exponent;
  return value < 0n ? -rounded : rounded;
}

function compare(name: string, count: number, make: (random: Random) => (string | number)[], definition: (...words: number[]) => string): void {
  const random = new Random(count);
  const calls = Array.from({ length: CASES }, () => make(random));
  const given = results(calls.map((words) => [name, ...words]));
  expect(calls.map((words, i) => `${words.join(' ')} = ${given[i]}`)).toEqual(calls.map((words) => `${words.join(' ')} = ${definition(...words.map(Number))}`));
}

describe('whole numbers', () => {
  it('multiply_high rounds half of the double product', () => {
    compare('multiply_high', 1, (random) => [int32(random), int32(random)], (a, b) => String(multiplyHigh(BigInt(a), BigInt(b))));
  });

  it('division by a power of two rounds ties away from zero', () => {
    compare('divide', 2, (random) => [int32(random), random.word() % 32], (a, e) => String(divideByPowerOfTwo(BigInt(a), BigInt(e))));
  });

  it('rescaling rounds twice', () => {
    compare('rescale', 3, (random) => [(random.word() | 0) >> 12, 2 ** 30 + (random.word() >>> 2), (random.word() % 38) - 31], (a, multiplier, shift) => {
      const left = BigInt.asIntN(32, BigInt(a) << BigInt(Math.max(shift, 0)));
      return String(divideByPowerOfTwo(multiplyHigh(left, BigInt(multiplier)), BigInt(Math.max(-shift, 0))));
    });
  });

  it('rescaling with one rounding rounds ties up', () => {
    compare('rescale_once', 4, (random) => [(random.word() | 0) >> 12, 2 ** 30 + (random.word() >>> 2), (random.word() % 38) - 31], (a, multiplier, shift) => {
      const divisor = 1n << BigInt(31 - shift);
      return String(BigInt.asIntN(32, floorDivide(BigInt(a) * BigInt(multiplier) * 2n + divisor, divisor * 2n)));
    });
  });

  it('a real multiplier becomes the nearest of 31 bits, 2^30 or more', () => {
    compare('multiplier', 5, (random) => [(1 + random.word() / 2 ** 32) * 2 ** ((random.word() % 60) - 31)], (real) => {
      const exponent = Math.floor(Math.log2(real)) + 1;
      const shift = 2 ** exponent <= real ? exponent + 1 : 2 ** (exponent - 1) > real ? exponent - 1 : exponent;
      const fixed = Math.round(real * 2 ** (31 - shift));
      return fixed === 2 ** 31 ? `${2 ** 30} ${shift + 1}` : `${fixed} ${shift}`;
    });
  });

  it.each([
    [0, '0 0'], [-1, '0 0'], ['nan', '0 0'], [2 ** -33, '0 0'], [2 ** -32, '1073741824 -31'],
    [1, '1073741824 1'], [0.5, '1073741824 0'], [1 - 2 ** -33, '1073741824 1'], ['inf', '2147483647 31'], [2 ** 40, '2147483647 31'],
  ])('the multiplier %s is %s', (real, expected) => {
    expect(results([['multiplier', real]])).toEqual([expected]);
  });
});

describe('fully connected layers', () => {
  const single = Math.fround;
  const rounded = (value: number): number => {
    const whole = Math.trunc(value);
    return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
  };
  const limited = (value: number): number => Math.min(Math.max(value, -1024), 1024) + 0;

  it('round as the double product does, to any result of int8', () => {
    const random = new Random(6);
    const scale = (): number => single((1 + (random.word() % 4096) / 4096) * 2 ** -(random.word() % 9));
    const calls = Array.from({ length: CASES }, () => [(random.word() | 0) >> (random.word() % 24), scale(), scale(), scale()]);
    const given = results(calls.map((words) => ['fully_connected', ...words])).map((word) => limited(Number(word)));
    expect(given).toEqual(calls.map(([sum, input, filter, output]) => limited(rounded(sum * (input * filter / output)))));
  });

  it('round ties away from zero', () => {
    const calls = [-5, -3, -1, 1, 3, 5].map((sum) => ['fully_connected', sum, 0.25, 0.5, 0.25]);
    expect(results(calls).map(Number)).toEqual([-3, -2, -1, 1, 2, 3]);
  });
});

describe('curves in fixed point', () => {
  /** The series around -1/8 ends with the fourth power: the first term left out, and some rounding. */
  const STEPS = (2 ** 31 * (1 / 8) ** 5) / 120 + 16;
  const arguments_ = (bits: number, most: number): number[] => {
    const random = new Random(bits);
    return Array.from({ length: CASES }, () => -(random.word() % most));
  };

  it.each([
    ['exp', 5, -1, (x: number) => Math.exp(x)],
    ['logistic', 4, 1, (x: number) => 1 / (1 + Math.exp(-x))],
    ['logistic', 4, -1, (x: number) => 1 / (1 + Math.exp(-x))],
    ['tanh', 4, 1, Math.tanh],
    ['tanh', 4, -1, Math.tanh],
  ] as const)('%s of Q%d, sign %d', (name, bits, sign, curve) => {
    const inputs = arguments_(bits, 2 ** 31).map((value) => -sign * value);
    const given = results(inputs.map((value) => [name, value, bits])).map(Number);
    const farthest = Math.max(...inputs.map((value, i) => Math.abs(given[i] - curve(value / 2 ** (31 - bits)) * 2 ** 31)));
    expect(farthest).toBeLessThan(STEPS);
  });
});
