/** Operators of the inference runtime that move, choose or count values and leave them as they are. Expected values: by hand. */
import { describe, expect, it } from 'vitest';
import { constant, fed, output, refusalOf, result, results, type OneOperator, type Type } from './one-operator.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const list = (...values: number[]): ReturnType<typeof constant> => constant('INT32', [values.length], values);
const scalar = (value: number): ReturnType<typeof constant> => constant('INT32', [], [value]);
/** 0 1 2 3 / 4 5 6 7 / 8 9 10 11 */
const grid = (type: Type = 'INT8'): ReturnType<typeof fed> => fed(type, [3, 4], upTo(12));

describe('SPLIT and SPLIT_V', () => {
  it('SPLIT gives equal parts of every row', () => {
    expect(results({ name: 'SPLIT', inputs: [scalar(1), grid()], outputs: [output('INT8', [3, 2]), output('INT8', [3, 2])], options: { num_splits: 2 } }))
      .toEqual([[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]);
  });

  it('SPLIT counts a negative axis from the end', () => {
    expect(results({ name: 'SPLIT', inputs: [scalar(-2), grid()], outputs: [output('INT8', [1, 4]), output('INT8', [1, 4]), output('INT8', [1, 4])], options: { num_splits: 3 } }))
      .toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]);
  });

  it('SPLIT_V gives parts of given sizes, -1 being what is left', () => {
    expect(results({ name: 'SPLIT_V', inputs: [grid('FLOAT32'), list(1, -1), scalar(1)], outputs: [output('FLOAT32', [3, 1]), output('FLOAT32', [3, 3])], options: { num_splits: 2 } }))
      .toEqual([[0, 4, 8], [1, 2, 3, 5, 6, 7, 9, 10, 11]]);
  });
});

describe('STRIDED_SLICE', () => {
  const slice = (begin: number[], end: number[], strides: number[], shape: number[], options: Record<string, unknown> = {}): OneOperator =>
    ({ name: 'STRIDED_SLICE', inputs: [grid(), list(...begin), list(...end), list(...strides)], outputs: [output('INT8', shape)], options });

  it.each<[string, OneOperator, number[]]>([
    ['takes every second column of two rows', slice([1, 0], [3, 4], [1, 2], [2, 2]), [4, 6, 8, 10]],
    ['walks backwards', slice([2, 3], [0, -5], [-1, -1], [2, 4]), [11, 10, 9, 8, 7, 6, 5, 4]],
    ['walks backwards by two', slice([2, 3], [-4, -5], [-2, -2], [2, 2]), [11, 9, 3, 1]],
    ['takes whole axes by begin_mask and end_mask', slice([9, 9], [9, 9], [-1, 1], [3, 4], { begin_mask: 3, end_mask: 3 }), [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]],
    ['counts negative indices from the end', slice([-2, -3], [-1, -1], [1, 1], [1, 2]), [5, 6]],
    ['cuts indices off at the edge', slice([1, 2], [99, 99], [1, 1], [2, 2]), [6, 7, 10, 11]],
    ['drops an axis by shrink_axis_mask', slice([-1, 1], [0, 3], [1, 1], [2], { shrink_axis_mask: 1 }), [9, 10]],
    ['adds an axis by new_axis_mask', slice([0, 1], [0, 3], [1, 1], [1, 2, 4], { new_axis_mask: 1 }), [4, 5, 6, 7, 8, 9, 10, 11]],
    ['leaves what is not named whole', slice([2], [3], [1], [1, 4]), [8, 9, 10, 11]],
    ['counts end from begin when it is an offset', slice([1, 1], [2, 2], [1, 1], [2, 2], { offset: true }), [5, 6, 9, 10]],
  ])('%s', (_, operator, expected) => {
    expect(result(operator)).toEqual(expected);
  });

  it('lets ellipsis_mask stand for all axes that are left', () => {
    const inputs = [fed('INT16', [2, 2, 2], upTo(8)), list(0, 1), list(0, 2), list(1, 1)];
    expect(result({ name: 'STRIDED_SLICE', inputs, outputs: [output('INT16', [2, 2])], options: { ellipsis_mask: 1, shrink_axis_mask: 2 } })).toEqual([1, 3, 5, 7]);
  });

  it.each<[string, OneOperator]>([
    ['a stride of 0', slice([0, 0], [3, 4], [0, 1], [3, 4])],
    ['an output of another shape', slice([0, 0], [3, 4], [1, 2], [3, 4])],
    ['a shrunk index outside', slice([3, 0], [4, 4], [1, 1], [4], { shrink_axis_mask: 1 })],
    ['more entries than axes', slice([0, 0, 0], [3, 4, 1], [1, 1, 1], [3, 4])],
  ])('refuses %s', (_, operator) => {
    expect(refusalOf(operator)).toContain('BAD_SHAPE at operator 0');
  });
});

describe('SLICE', () => {
  it('takes a box, to the end where the size is -1', () => {
    expect(result({ name: 'SLICE', inputs: [grid('INT32'), list(1, 2), list(-1, 1)], outputs: [output('INT32', [2, 1])] })).toEqual([6, 10]);
  });

  it('refuses a box that leaves the input', () => {
    expect(refusalOf({ name: 'SLICE', inputs: [grid(), list(1, 2), list(2, 3)], outputs: [output('INT8', [2, 3])] })).toContain('BAD_SHAPE');
  });
});

describe('TRANSPOSE', () => {
  it('puts input axis p[i] at i', () => {
    const inputs = [fed('INT8', [2, 3, 2], upTo(12)), list(2, 0, 1)];
    expect(result({ name: 'TRANSPOSE', inputs, outputs: [output('INT8', [2, 2, 3])] })).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  });

  it('refuses an axis that comes twice', () => {
    expect(refusalOf({ name: 'TRANSPOSE', inputs: [fed('INT8', [2, 2], upTo(4)), list(0, 0)], outputs: [output('INT8', [2, 2])] })).toContain('BAD_SHAPE');
  });
});

describe('GATHER', () => {
  it('takes slices by index along an axis', () => {
    expect(result({ name: 'GATHER', inputs: [grid(), list(2, 0, 0)], outputs: [output('INT8', [3, 3])], options: { axis: 1 } })).toEqual([2, 0, 0, 6, 4, 4, 10, 8, 8]);
  });

  it('has indices of their own for each batch', () => {
    const inputs = [fed('FLOAT32', [2, 3], upTo(6)), constant('INT32', [2, 2], [2, 1, 0, 0])];
    expect(result({ name: 'GATHER', inputs, outputs: [output('FLOAT32', [2, 2])], options: { axis: 1, batch_dims: 1 } })).toEqual([2, 1, 3, 3]);
  });

  it('takes the nearest slice for an index outside, which may come while it runs', () => {
    expect(result({ name: 'GATHER', inputs: [grid(), fed('INT32', [2], [-7, 99])], outputs: [output('INT8', [2, 4])], options: { axis: 0 } })).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
  });
});

describe('PACK and UNPACK', () => {
  const a = fed('INT16', [2, 2], [1, 2, 3, 4]), b = constant('INT16', [2, 2], [5, 6, 7, 8]);

  it.each([
    [0, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]],
    [1, [2, 2, 2], [1, 2, 5, 6, 3, 4, 7, 8]],
    [-1, [2, 2, 2], [1, 5, 2, 6, 3, 7, 4, 8]],
  ])('PACK joins along new axis %i', (axis, shape, expected) => {
    expect(result({ name: 'PACK', inputs: [a, b], outputs: [output('INT16', shape)], options: { values_count: 2, axis } })).toEqual(expected);
  });

  it('UNPACK takes columns apart', () => {
    const outputs = [output('INT8', [3]), output('INT8', [3]), output('INT8', [3]), output('INT8', [3])];
    expect(results({ name: 'UNPACK', inputs: [grid()], outputs, options: { num: 4, axis: 1 } })).toEqual([[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]);
  });
});

describe('shapes', () => {
  it('EXPAND_DIMS changes no value', () => {
    expect(result({ name: 'EXPAND_DIMS', inputs: [grid(), scalar(0)], outputs: [output('INT8', [1, 3, 4])] })).toEqual(upTo(12));
  });

  it('SQUEEZE changes no value', () => {
    expect(result({ name: 'SQUEEZE', inputs: [fed('FLOAT32', [1, 3, 1], [1.5, 2.5, 3.5])], outputs: [output('FLOAT32', [3])], options: {} })).toEqual([1.5, 2.5, 3.5]);
  });

  it.each(['INT32', 'INT64'] as const)('SHAPE gives the extents as %s', (type) => {
    expect(result({ name: 'SHAPE', inputs: [fed('INT8', [2, 1, 3], upTo(6))], outputs: [output(type, [3])], options: { out_type: type } })).toEqual([2, 1, 3]);
  });
});

describe('ARG_MAX and ARG_MIN', () => {
  const values = [3, -1, 9, 9, /**/ -5, -5, 0, -6, /**/ 7, 2, 7, 1];

  it.each<[string, number, Type, number[], number[]]>([
    ['ARG_MAX', 1, 'INT32', [3], [2, 2, 0]],
    ['ARG_MAX', 0, 'INT64', [4], [2, 2, 0, 0]],
    ['ARG_MIN', -1, 'INT32', [3], [1, 3, 3]],
  ])('%s along axis %i finds the first', (name, axis, type, shape, expected) => {
    expect(result({ name, inputs: [fed('INT8', [3, 4], values), scalar(axis)], outputs: [output(type, shape)], options: { output_type: type } })).toEqual(expected);
  });
});

describe('CAST', () => {
  it.each<[Type, Type, number[], number[]]>([
    ['FLOAT32', 'INT32', [1.9, -1.9, 3e9, -0.5], [1, -1, 2147483647, 0]],
    ['INT32', 'INT8', [1, 127, 128, -129], [1, 127, -128, 127]],
    ['INT8', 'FLOAT32', [-128, 0, 5, 127], [-128, 0, 5, 127]],
    ['FLOAT32', 'BOOL', [0, 0.25, -1, 2], [0, 1, 1, 1]],
    ['INT64', 'INT16', [1, 65537, -2, 0], [1, 1, -2, 0]],
    ['UINT8', 'INT64', [0, 200, 255, 7], [0, 200, 255, 7]],
  ])('%s to %s', (from, to, values, expected) => {
    expect(result({ name: 'CAST', inputs: [fed(from, [4], values)], outputs: [output(to, [4])], options: { in_data_type: from, out_data_type: to } })).toEqual(expected);
  });
});

describe('MAXIMUM and MINIMUM', () => {
  it('MAXIMUM compares each row with the same list', () => {
    expect(result({ name: 'MAXIMUM', inputs: [grid(), constant('INT8', [4], [6, -1, 9, 5])], outputs: [output('INT8', [3, 4])], options: {} })).toEqual([6, 1, 9, 5, 6, 5, 9, 7, 8, 9, 10, 11]);
  });

  it('MINIMUM compares with one number', () => {
    expect(result({ name: 'MINIMUM', inputs: [fed('FLOAT32', [3], [0.5, 1.5, -2]), constant('FLOAT32', [], [1])], outputs: [output('FLOAT32', [3])], options: {} })).toEqual([0.5, 1, -2]);
  });

  it('refuses tensors of different quantisation', () => {
    const inputs = [fed('INT8', [1], [1], { scale: 1 }), constant('INT8', [1], [1], { scale: 2 })];
    expect(refusalOf({ name: 'MAXIMUM', inputs, outputs: [output('INT8', [1], { scale: 1 })], options: {} })).toContain('BAD_SHAPE');
  });
});

describe('RESIZE_NEAREST_NEIGHBOR', () => {
  const columns = (count: number): ReturnType<typeof fed> => fed('INT8', [1, 1, count, 1], upTo(count));
  const resized = (from: number, to: number, options: Record<string, boolean>): number[] =>
    result({ name: 'RESIZE_NEAREST_NEIGHBOR', inputs: [columns(from), list(1, to)], outputs: [output('INT8', [1, 1, to, 1])], options });

  it('doubles rows and columns, whole pixels at a time', () => {
    const inputs = [fed('INT8', [1, 2, 2, 2], upTo(8)), list(4, 4)];
    const top = [0, 1, 0, 1, 2, 3, 2, 3], bottom = [4, 5, 4, 5, 6, 7, 6, 7];
    expect(result({ name: 'RESIZE_NEAREST_NEIGHBOR', inputs, outputs: [output('INT8', [1, 4, 4, 2])], options: {} })).toEqual([...top, ...top, ...bottom, ...bottom]);
  });

  it('takes floor(x * input / output)', () => expect(resized(5, 3, {})).toEqual([0, 1, 3]));                         // 0, 1.67, 3.33
  it('takes the nearest with corners aligned', () => expect(resized(2, 3, { align_corners: true })).toEqual([0, 1, 1]));   // 0, 0.5, 1
  it('counts from pixel centres', () => expect(resized(3, 2, { half_pixel_centers: true })).toEqual([0, 2]));        // 0.75, 2.25
});

describe('SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND', () => {
  const pairs = (...values: number[]): ReturnType<typeof constant> => constant('INT32', [values.length / 2, 2], values);

  it('SPACE_TO_BATCH_ND gives each place in a block a batch', () => {
    const inputs = [fed('INT8', [1, 4, 4, 1], upTo(16)), list(2, 2), pairs(0, 0, 0, 0)];
    expect(result({ name: 'SPACE_TO_BATCH_ND', inputs, outputs: [output('INT8', [4, 2, 2, 1])] })).toEqual([0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]);
  });

  it('SPACE_TO_BATCH_ND pads with the zero point', () => {
    const inputs = [fed('INT8', [1, 1, 3, 1], [1, 2, 3], { scale: 1, zero_point: -9 }), list(1, 2), pairs(0, 0, 1, 0)];
    expect(result({ name: 'SPACE_TO_BATCH_ND', inputs, outputs: [output('INT8', [2, 1, 2, 1], { scale: 1, zero_point: -9 })] })).toEqual([-9, 2, 1, 3]);
  });

  it('BATCH_TO_SPACE_ND puts them back and crops', () => {
    const inputs = [fed('INT8', [2, 1, 2, 1], [-9, 2, 1, 3]), list(1, 2), pairs(0, 0, 1, 0)];
    expect(result({ name: 'BATCH_TO_SPACE_ND', inputs, outputs: [output('INT8', [1, 1, 3, 1])] })).toEqual([1, 2, 3]);
  });
});
