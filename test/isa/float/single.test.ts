/** Single precision as the Armv7-M ARM (DDI 0403E), A2.5, describes it: what cannot be read off IEEE 754 alone. */
import { describe, expect, it } from 'vitest';
import { AHP, DN, DZC, FZ, IDC, IOC, IXC, OFC, Rounding, UFC } from '../../../emulator/isa/float/fpscr.js';
import { makeConversions } from '../../../emulator/isa/float/convert.js';
import { makeSingle } from '../../../emulator/isa/float/single.js';

const ONE = 0x3f80_0000;
const MINUS_ONE = 0xbf80_0000;
const INFINITY = 0x7f80_0000;
const LARGEST = 0x7f7f_ffff;
const SMALLEST_NORMAL = 0x0080_0000;
const LARGEST_DENORMAL = 0x007f_ffff;
const QUIET_NAN = 0xffc0_1234;
const SIGNALLING_NAN = 0x7f80_5678;
const DEFAULT_NAN = 0x7fc0_0000;

const FPSCR = 0;
const RP = Rounding.RP << 22;
const RM = Rounding.RM << 22;
const RZ = Rounding.RZ << 22;
const MODES = [0, RP, RM, RZ];

function unit(fpscr = 0) {
  const words = new Int32Array(34);
  words[FPSCR] = fpscr;
  const single = makeSingle(words, FPSCR);
  const run = (result: number) => ({ result: result >>> 0, flags: words[FPSCR] & 0x9f });
  return { ...single, ...makeConversions(words, FPSCR, 2, single), run };
}

describe('FPProcessNaNs', () => {
  it('prefers a signalling NaN, makes it quiet, keeps sign and payload, and is invalid', () => {
    const { add, run } = unit();
    expect(run(add(QUIET_NAN, SIGNALLING_NAN))).toEqual({ result: 0x7fc0_5678, flags: IOC });
  });

  it('gives the first of two quiet NaNs without a flag', () => {
    const { mul, run } = unit();
    expect(run(mul(QUIET_NAN, DEFAULT_NAN | 1))).toEqual({ result: QUIET_NAN, flags: 0 });
  });

  it('does not negate the NaN that is subtracted', () => {
    const { sub, run } = unit();
    expect(run(sub(ONE, QUIET_NAN))).toEqual({ result: QUIET_NAN, flags: 0 });
  });

  it('gives the default NaN under FPSCR.DN', () => {
    const { div, run } = unit(DN);
    expect(run(div(QUIET_NAN, ONE))).toEqual({ result: DEFAULT_NAN, flags: 0 });
  });

  it('lets the addend of a fused multiply-add come first', () => {
    const { mulAdd, run } = unit();
    expect(run(mulAdd(QUIET_NAN, DEFAULT_NAN | 1, ONE))).toEqual({ result: QUIET_NAN, flags: 0 });
  });

  it('calls infinity times zero invalid even when a quiet NaN is added', () => {
    const { mulAdd, run } = unit();
    expect(run(mulAdd(QUIET_NAN, INFINITY, 0))).toEqual({ result: DEFAULT_NAN, flags: IOC });
  });
});

describe('FPRound', () => {
  it('detects tininess before rounding: a result rounded up to the smallest normal number has underflowed', () => {
    const { mul, run } = unit();
    // (1 - 2^-24) * 2^-126 is a tie between the largest denormal and 2^-126, whose last bit is even.
    expect(run(mul(0x3f7f_ffff, 0x0080_0000))).toEqual({ result: SMALLEST_NORMAL, flags: UFC | IXC });
  });

  it('raises no underflow for a denormal result that is exact', () => {
    const { mul, run } = unit();
    expect(run(mul(SMALLEST_NORMAL, 0x3f00_0000))).toEqual({ result: 0x0040_0000, flags: 0 });
  });

  it.each([
    ['to nearest', 0, INFINITY, INFINITY],
    ['up', RP, INFINITY, LARGEST],
    ['down', RM, LARGEST, INFINITY],
    ['to zero', RZ, LARGEST, LARGEST],
  ])('overflows, rounding %s', (_, mode, positive, negative) => {
    const { mul, run } = unit(mode);
    expect(run(mul(LARGEST, LARGEST))).toEqual({ result: positive, flags: OFC | IXC });
    expect(run(mul(LARGEST, LARGEST | 0x8000_0000))).toEqual({ result: (negative | 0x8000_0000) >>> 0, flags: OFC | IXC });
  });

  it.each([
    ['to nearest', 0, 0x4b80_0000, 0x4b80_0002],
    ['up', RP, 0x4b80_0001, 0x4b80_0002],
    ['down', RM, 0x4b80_0000, 0x4b80_0001],
    ['to zero', RZ, 0x4b80_0000, 0x4b80_0001],
  ])('rounds 2^24 + 1 and 2^24 + 3 (ties) %s', (_, mode, plusOne, plusThree) => {
    const { add, run } = unit(mode);
    expect(run(add(0x4b80_0000, ONE))).toEqual({ result: plusOne, flags: IXC });
    expect(run(add(0x4b80_0000, 0x4040_0000))).toEqual({ result: plusThree, flags: IXC });
  });

  it('makes x - x negative zero only when rounding down', () => {
    const zeros = MODES.map((mode) => unit(mode)).map(({ add, run }) => run(add(ONE, MINUS_ONE)).result);
    expect(zeros).toEqual([0, 0, 0x8000_0000, 0]);
  });

  it('rounds a fused multiply-add once, where rounding twice in double precision would fail', () => {
    const { mulAdd, run } = unit();
    // (1 + 2^-12)^2 * 2^0 = 1 + 2^-11 + 2^-24, a tie; adding -2^-100 decides it downwards.
    expect(run(mulAdd(0x8d80_0000, 0x3f80_0800, 0x3f80_0800))).toEqual({ result: 0x3f80_1000, flags: IXC });
    expect(run(mulAdd(0x0d80_0000, 0x3f80_0800, 0x3f80_0800)).result).toBe(0x3f80_1001);
  });
});

describe('flush to zero', () => {
  it('takes a denormal operand as a zero of its sign', () => {
    const { add, run } = unit(FZ);
    expect(run(add(0x8000_0001, 0x8000_0000))).toEqual({ result: 0x8000_0000, flags: IDC });
  });

  it('turns a denormal result into zero with underflow and without inexact', () => {
    const { mul, run } = unit(FZ);
    expect(run(mul(SMALLEST_NORMAL, 0xbf00_0000))).toEqual({ result: 0x8000_0000, flags: UFC });
  });

  it('turns into zero even what rounding would make normal, since tininess comes before rounding', () => {
    const { mul, run } = unit(FZ);
    expect(run(mul(0x3f7f_ffff, SMALLEST_NORMAL))).toEqual({ result: 0, flags: UFC });
  });

  it('does not apply to half precision', () => {
    const { halfToSingle, singleToHalf, run } = unit(FZ);
    expect(run(halfToSingle(1))).toEqual({ result: 0x3380_0000, flags: 0 });
    expect(run(singleToHalf(0x3380_0000))).toEqual({ result: 1, flags: 0 });
  });

  it('leaves denormals alone when FZ is clear', () => {
    const { add, run } = unit();
    expect(run(add(LARGEST_DENORMAL, 1))).toEqual({ result: SMALLEST_NORMAL, flags: 0 });
  });
});

describe('division and square root', () => {
  it('divides a number by zero: infinity and DZC; zero by zero: invalid', () => {
    const { div, run } = unit();
    expect(run(div(MINUS_ONE, 0))).toEqual({ result: 0xff80_0000, flags: DZC });
    expect(run(div(0, 0))).toEqual({ result: DEFAULT_NAN, flags: DZC | IOC });
  });

  it('keeps the sign of a zero under the root and refuses other negative numbers', () => {
    const { sqrt, run } = unit();
    expect(run(sqrt(0x8000_0000))).toEqual({ result: 0x8000_0000, flags: 0 });
    expect(run(sqrt(MINUS_ONE))).toEqual({ result: DEFAULT_NAN, flags: IOC });
  });
});

describe('conversions', () => {
  it('saturates an integer with IOC and without IXC', () => {
    const { toFixed32, run } = unit();
    expect(run(toFixed32(0x4f00_0000, 32, 0, 0, Rounding.RZ))).toEqual({ result: 0x7fff_ffff, flags: IOC });
    expect(run(toFixed32(0xbf00_0000, 32, 0, 1, Rounding.RZ))).toEqual({ result: 0, flags: IOC | IXC });
  });

  it('makes a NaN the integer 0', () => {
    const { toFixed32, run } = unit();
    expect(run(toFixed32(QUIET_NAN, 32, 0, 0, Rounding.RZ))).toEqual({ result: 0, flags: IOC });
  });

  it('has neither infinity nor NaN in alternative half precision', () => {
    const { singleToHalf, halfToSingle, run } = unit(AHP);
    expect(run(singleToHalf(INFINITY))).toEqual({ result: 0x7fff, flags: IOC });
    expect(run(singleToHalf(QUIET_NAN))).toEqual({ result: 0x8000, flags: IOC });
    expect(run(halfToSingle(0x7fff))).toEqual({ result: 0x47ff_e000, flags: IOC });
  });
});
