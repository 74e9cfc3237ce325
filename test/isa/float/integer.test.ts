import { describe, expect, it } from 'vitest';
import { Rounding } from '../../../emulator/isa/float/fpscr.js';
import { overflowsToInfinity, roundToIntegral } from '../../../emulator/isa/float/integer.js';

const { RN, RP, RM, RZ, RA } = Rounding;

describe('roundToIntegral', () => {
  it.each([
    //                  value        RN  RP  RM  RZ  RA
    ['a tie to even',    2.5,        [2,  3,  2,  2,  3]],
    ['a negative tie',  -2.5,        [-2, -2, -3, -2, -3]],
    ['an odd tie',       3.5,        [4,  4,  3,  3,  4]],
    ['just below half',  0.49999999999999994, [0, 1, 0, 0, 0]],
    ['hardly negative', -5e-324,     [0,  0, -1,  0,  0]],
    ['an integer',       2 ** 53 + 2, Array(5).fill(2 ** 53 + 2)],
  ] as [string, number, number[]][])('%s', (_, value, expected) =>
    expect([RN, RP, RM, RZ, RA].map((mode) => roundToIntegral(value, mode) + 0)).toEqual(expected));
});

it('overflows to infinity only where rounding goes that way', () => {
  const of = (negative: boolean) => [RN, RP, RM, RZ].map((mode) => overflowsToInfinity(mode, negative));
  expect(of(false)).toEqual([true, true, false, false]);
  expect(of(true)).toEqual([true, false, true, false]);
});
