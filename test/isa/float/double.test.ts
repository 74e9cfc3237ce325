/** Double precision in the register file: D<n> is S<2n> (low half), S<2n+1>; and where the host's doubles need help. */
import { describe, expect, it } from 'vitest';
import { DN, FZ, IDC, IOC, IXC, OFC, Rounding, UFC } from '../../../emulator/isa/float/fpscr.js';
import { makeDouble } from '../../../emulator/isa/float/double.js';

const FPSCR = 0;
const S0 = 2;

const asBits = new BigUint64Array(1);
const asNumber = new Float64Array(asBits.buffer);
const bitsOf = (x: number): bigint => {
  asNumber[0] = x;
  return asBits[0];
};

/** D0, D1, D2 as bits or numbers. */
function unit(fpscr: number, ...operands: (number | bigint)[]) {
  const words = new Int32Array(S0 + 32);
  words[FPSCR] = fpscr;
  operands.forEach((operand, i) => {
    const bits = typeof operand === 'bigint' ? operand : bitsOf(operand);
    words[S0 + 2 * i] = Number(bits & 0xffff_ffffn);
    words[S0 + 2 * i + 1] = Number(bits >> 32n);
  });
  const result = () => (BigInt(words[S0 + 1] >>> 0) << 32n) | BigInt(words[S0] >>> 0);
  return { ...makeDouble(words, FPSCR, S0), outcome: () => ({ result: result(), flags: words[FPSCR] & 0x9f }) };
}

type Operation = 'add' | 'sub' | 'mul' | 'div' | 'fma' | 'fms' | 'fnma' | 'fnms' | 'mla' | 'mls' | 'nmla' | 'nmls' | 'negMul';

/** D0 = operation(D0; D1, D2). */
function compute(operation: Operation, fpscr: number, d0: number | bigint, d1: number | bigint, d2: number | bigint) {
  const u = unit(fpscr, d0, d1, d2);
  u[operation](0, 1, 2);
  return u.outcome();
}

const TINY = 2 ** -1022;
const QUIET_NAN = 0xfff8_0000_dead_beefn;
const SIGNALLING_NAN = 0x7ff0_0000_0000_0001n;

describe('the inexact flag', () => {
  it.each([
    ['add', 1, 2, bitsOf(3), 0],
    ['add', 1, 2 ** -53, bitsOf(1), IXC],
    ['sub', 1, 2 ** -80, bitsOf(1), IXC],
    ['mul', 3, 5, bitsOf(15), 0],
    ['mul', 1 + 2 ** -30, 1 + 2 ** -30, bitsOf(1 + 2 ** -29), IXC],
    ['div', 1, 4, bitsOf(0.25), 0],
    ['div', 1, 3, bitsOf(1 / 3), IXC],
  ] as const)('%s of %f and %f', (operation, x, y, result, flags) =>
    expect(compute(operation, 0, 0, x, y)).toEqual({ result, flags }));

  it('is exact for the root of 2^-1074, a denormal', () => {
    const u = unit(0, 0, 5e-324);
    u.sqrt(0, 1);
    expect(u.outcome()).toEqual({ result: bitsOf(2 ** -537), flags: 0 });
  });
});

describe('the borders of the format', () => {
  it('underflows when the product is tiny before rounding, though it rounds to a normal number', () =>
    expect(compute('mul', 0, 0, 1 - 2 ** -53, TINY)).toEqual({ result: bitsOf(TINY), flags: UFC | IXC }));
  it('flushes that product to zero under FZ, without inexact', () =>
    expect(compute('mul', FZ, 0, 1 - 2 ** -53, TINY)).toEqual({ result: 0n, flags: UFC }));
  it('takes denormals as zeros under FZ', () =>
    expect(compute('add', FZ, 0, 5e-324, -0)).toEqual({ result: 0n, flags: IDC }));
  it('overflows to the largest number when rounding to zero', () =>
    expect(compute('add', Rounding.RZ << 22, 0, Number.MAX_VALUE, Number.MAX_VALUE)).toEqual({ result: bitsOf(Number.MAX_VALUE), flags: OFC | IXC }));
  it('multiplies into the denormals with one rounding', () =>
    expect(compute('mul', 0, 0, 1.5 * 2 ** -537, 2 ** -537)).toEqual({ result: 2n, flags: UFC | IXC }));
});

describe('NaNs', () => {
  it('keep sign and payload through a negated product, whose sign then turns', () =>
    expect(compute('negMul', 0, 0, QUIET_NAN, 1)).toEqual({ result: QUIET_NAN ^ (1n << 63n), flags: 0 }));
  it('become quiet and invalid when they were signalling', () =>
    expect(compute('sub', 0, 0, 1, SIGNALLING_NAN)).toEqual({ result: SIGNALLING_NAN | (1n << 51n), flags: IOC }));
  it('become the default NaN under DN', () =>
    expect(compute('mul', DN, 0, QUIET_NAN, 1)).toEqual({ result: 0x7ff8_0000_0000_0000n, flags: 0 }));
});

describe('multiply and accumulate', () => {
  // The exact square of 1 + 2^-30 is 1 + 2^-29 + 2^-60; a rounded product loses the last term.
  const x = 1 + 2 ** -30;
  const rounded = 1 + 2 ** -29;
  it.each([
    ['fma', -rounded, 2 ** -60, 0],
    ['fms', rounded, -(2 ** -60), 0],
    ['fnma', -rounded, -(2 ** -60), 0],
    ['fnms', rounded, 2 ** -60, 0],
    ['mla', -rounded, 0, IXC],
    ['mls', rounded, 0, IXC],
    ['nmla', -rounded, 0, IXC],
    ['nmls', rounded, 0, IXC],
  ] as const)('%s rounds once or twice as its name says', (operation, addend, result, flags) =>
    expect(compute(operation, 0, addend, x, x)).toEqual({ result: bitsOf(result), flags }));
});
