/** Files as inputs: what a tensor gets from arrays, texts, pictures and recordings. */
import { describe, expect, it } from 'vitest';
import { readInput } from '../../emulator/models/inputs/read.js';
import { readNpy, writeNpy } from '../../emulator/models/inputs/npy.js';
import { randomInput } from '../../emulator/models/inputs/random.js';
import { bytesOfReal, realValues, storedValues, type Tensor } from '../../emulator/models/tensor.js';
import { png as pngFile } from '../support/picture-writer.js';
import { writeWav } from '../support/wav-writer.js';

function tensor(type: string, shape: readonly number[], scale?: number, zeroPoint = 0): Tensor {
  const elements = shape.reduce((a, b) => a * b, 1);
  const size = { int8: 1, uint8: 1, bool: 1, int16: 2, int32: 4, float32: 4, int64: 8 }[type] ?? 0;
  return { name: 'x', type, shape, elements, bytes: elements * size, quantisation: scale === undefined ? undefined : { scale, zeroPoint }, constantBytes: 0, isVariable: false };
}
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
/** As numpy.save writes it (NumPy reference, numpy.lib.format, version 1.0); compared with NumPy 1.24's own files once. */
function npy(descr: string, shape: string, data: ArrayBufferView, order = 'False'): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117) + '\n';
  return Uint8Array.from([0x93, ...text('NUMPY'), 1, 0, header.length, 0, ...text(header), ...new Uint8Array(data.buffer)]);
}
const stored = async (of: Tensor, bytes: Uint8Array, name: string, options = {}): Promise<number[][]> => (await readInput(of, bytes, name, options)).map((row) => [...storedValues(of, row)]);

describe('real values and stored ones', () => {
  // 0.25 q: 0.3 / 0.25 = 1.2, 0.375 / 0.25 = 1.5, -0.375 / 0.25 = -1.5; 100 is past the range.
  it('are divided by the scale, rounded half away from zero, moved by the zero point, and cut', () => {
    expect([...storedValues(tensor('int8', [5]), bytesOfReal(tensor('int8', [5], 0.25, 3), [0.3, 0.375, -0.375, 100, -100]))]).toEqual([4, 5, 1, 127, -128]);
  });

  it('come back as scale times the distance from the zero point', () => {
    expect([...realValues(tensor('uint8', [2], 0.5, 128), Uint8Array.of(128, 0))]).toEqual([0, -64]);
  });
});

describe('raw bytes', () => {
  it('are taken as they are, one input after the other', async () => {
    expect(await stored(tensor('int16', [2]), Uint8Array.of(1, 0, 2, 0, 255, 255, 0, 1), 'x.bin')).toEqual([[1, 2], [-1, 256]]);
  });

  it('must be as many as the tensor has, or a multiple', async () => {
    await expect(readInput(tensor('int16', [1, 2]), Uint8Array.of(1, 2, 3), 'x.bin')).rejects.toThrow('1.5 values (3 bytes) for input "x", which has 2 (int16 [1, 2], 4 bytes): give as many, or a multiple for several runs');
  });
});

describe('texts of numbers', () => {
  it('are real values between commas, spaces and ends of lines', async () => {
    expect(await stored(tensor('int8', [3], 0.5), text('1, 2.5\n-1e1\n'), 'x.csv')).toEqual([[2, 5, -20]]);
  });

  it('are stored integers when that is said', async () => {
    expect(await stored(tensor('int8', [3], 0.5), text('1;2;-3'), 'x.csv', { areStored: true })).toEqual([[1, 2, -3]]);
  });

  it('have no heading', async () => {
    await expect(readInput(tensor('int8', [1]), text('time,x\n1,2'), 'x.csv')).rejects.toThrow('"time" is no number');
  });
});

describe('arrays of NumPy', () => {
  it.each([
    ['of the tensor\'s own type are stored values', tensor('int8', [1, 2], 0.5), npy('|i1', '(2, 2)', Int8Array.of(1, -2, 3, 4)), [[1, -2], [3, 4]]],
    ['of floating point are real values', tensor('int8', [2], 0.5), npy('<f8', '(2,)', Float64Array.of(1.5, -2)), [[3, -4]]],
    ['of integers are real values of a float input', tensor('float32', [2]), npy('<i4', '(2,)', Int32Array.of(3, -4)), [[3, -4]]],
    ['may have no dimensions', tensor('float32', []), npy('<f4', '()', Float32Array.of(2.5)), [[2.5]]],
  ] as const)('%s', async (_, of, array, expected) => expect(await stored(of, array, 'x.npy')).toEqual(expected));

  it.each([
    ['of another integer type', npy('<i8', '(2,)', BigInt64Array.of(1n, 2n)), 'the .npy file has numbers of type i8, input "x" is int8: save it as i1 or as real values in f4'],
    ['in Fortran order', npy('|i1', '(2, 3)', new Int8Array(6), 'True'), 'in Fortran order: save numpy.ascontiguousarray of it'],
    ['with high bytes first', npy('>f4', '(2,)', new Float32Array(2)), 'no little-endian numbers'],
  ])('%s are refused', async (_, array, message) => {
    await expect(readInput(tensor('int8', [2]), array, 'x.npy')).rejects.toThrow(message);
  });

  it('that end early are refused, wherever', () => {
    const bytes = npy('<f4', '(10,)', new Float32Array(10));
    expect(Array.from(bytes.keys()).every((length) => { try { readNpy(bytes.subarray(0, length)); return false; } catch (error) { return (error as Error).name === 'ModelError'; } })).toBe(true);
  });

  it('are written as NumPy writes them, the data at a multiple of 64', () => {
    const header = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117) + '\n';
    expect(writeNpy([2, 3], '|i1', Uint8Array.of(1, 2, 3, 4, 5, 255))).toEqual(Uint8Array.from([0x93, ...text('NUMPY'), 1, 0, 118, 0, ...text(header), 1, 2, 3, 4, 5, 255]));
  });
});

describe('pictures', () => {
  // Four pixels in a row: black, white, red, blue.
  const png = pngFile(4, 1, 8, 2, [[0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255]]);

  it('are levels from the least to the largest value of the type, channel by channel', async () => {
    expect(await stored(tensor('int8', [1, 1, 4, 3], 1 / 255, -128), png, 'x.png')).toEqual([[-128, -128, -128, 127, 127, 127, 127, -128, -128, -128, -128, 127]]);
  });

  // Grey: 0.299 of 255 red is 76.2, 0.114 of 255 blue is 29.1.
  it('are grey for one channel', async () => {
    expect(await stored(tensor('uint8', [1, 1, 4, 1]), png, 'x.png')).toEqual([[0, 255, 76, 29]]);
  });

  it('are from 0 to 1 for float32', async () => {
    expect((await stored(tensor('float32', [1, 4, 1]), png, 'x.png'))[0].slice(0, 2)).toEqual([0, 1]);
  });

  // Each new pixel covers two: (0 + 255) / 2 = 127.5 is 128; red: (255 + 0) / 2, green: 0, blue: (0 + 255) / 2.
  it('take the mean of what a smaller one covers', async () => {
    expect(await stored(tensor('uint8', [1, 1, 2, 3]), png, 'x.png')).toEqual([[128, 128, 128, 128, 0, 128]]);
  });

  it('repeat pixels where they are made larger', async () => {
    expect(await stored(tensor('uint8', [1, 2, 8, 1]), png, 'x.png')).toEqual([[0, 0, 255, 255, 76, 76, 29, 29, 0, 0, 255, 255, 76, 76, 29, 29]]);
  });

  it('do not fit features', async () => {
    await expect(readInput(tensor('int8', [1, 49, 10]), png, 'x.png')).rejects.toThrow('a picture does not fit an input of shape [1, 49, 10]: pictures need [1, height, width, 1 or 3]');
  });
});

describe('recordings', () => {
  const file = writeWav({ hz: 16_000, data: new Uint8Array(Int16Array.of(0, 16_384, -16_384).buffer) });

  it('are samples for a model that takes samples, with silence behind', async () => {
    expect(await stored(tensor('float32', [1, 5]), file, 'x.wav')).toEqual([[0, 0.5, -0.5, 0, 0]]);
  });

  it('are as they are stored for int16', async () => {
    expect(await stored(tensor('int16', [1, 3]), file, 'x.wav')).toEqual([[0, 16_384, -16_384]]);
  });

  it('do not fit features', async () => {
    await expect(readInput(tensor('int8', [1, 49, 10, 1]), file, 'x.wav')).rejects.toThrow('this model takes features, not samples');
  });
});

it('random inputs are the same for the same seed, and others for another', () => {
  const of = tensor('int8', [64]);
  const words = (seed: number): string => randomInput(of, seed).join();
  expect([words(1) === words(1), words(1) === words(2)]).toEqual([true, false]);
});
