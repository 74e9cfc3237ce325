/**
 * Double-precision arithmetic on the register file: functions take register numbers, destination first.
 * Source: Armv7-M ARM (DDI 0403E), A2.5 and A7.7.
 *
 * The host's doubles give the rounded-to-nearest result; whether it is inexact is asked only while FPSCR.IXC is clear,
 * of differences and of Dekker's exact product. What lies near a border of the format goes to `exact-double.ts`.
 */
import { FZ, IXC, RMODE } from './fpscr.js';
import { makeExactDouble } from './exact-double.js';

const SIGN = 0x8000_0000 | 0;
const SMALLEST_NORMAL = 2 ** -1022;
/** Factors below LARGE and above SMALL: their product, its error and any sum with them are normal numbers or zero. */
const LARGE = 2 ** 450;
const SMALL = 2 ** -450;
const SPLITTER = 2 ** 27 + 1;

const isNormalOrZero = (value: number): boolean => value >= SMALLEST_NORMAL || value <= -SMALLEST_NORMAL || value === 0;
const isModest = (magnitude: number): boolean => magnitude < LARGE && magnitude > SMALL;

export type Double = ReturnType<typeof makeDouble>;

/**
 * @param words the core's registers
 * @param fpscr index of FPSCR in `words`
 * @param s0 index of S0, 8-byte aligned in the buffer; D<n> is S<2n> (low half), S<2n+1>
 */
export function makeDouble(words: Int32Array, fpscr: number, s0: number) {
  const registers = new Float64Array(words.buffer, words.byteOffset + s0 * 4, 16);
  const exact = makeExactDouble(words, fpscr);
  const scratch = new Int32Array(2);
  const scratchDouble = new Float64Array(scratch.buffer);

  const low = (n: number): number => words[s0 + 2 * n];
  const high = (n: number): number => words[s0 + 2 * n + 1];

  /** Copies the exact path's result to a register. */
  function settle(d: number): void {
    words[s0 + 2 * d] = exact.result[1];
    words[s0 + 2 * d + 1] = exact.result[0];
  }

  const isNearest = (control: number): boolean => (control & RMODE) === 0;

  /** Does FZ leave these two operands and the sum of them alone? */
  const isUntouchedByFZ = (control: number, x: number, y: number, sum: number): boolean =>
    (control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y) && isNormalOrZero(sum));

  /** The difference from the larger operand is exact, so both hold only when the sum is. */
  function noteSum(control: number, x: number, y: number, sum: number): void {
    if ((control & IXC) === 0 && (sum - x !== y || sum - y !== x)) words[fpscr] = control | IXC;
  }

  function add(d: number, n: number, m: number): void {
    const control = words[fpscr];
    const x = registers[n];
    const y = registers[m];
    const sum = x + y;
    if (isNearest(control) && sum - sum === 0 && isUntouchedByFZ(control, x, y, sum)) {
      noteSum(control, x, y, sum);
      registers[d] = sum;
      return;
    }
    exact.add(high(n), low(n), high(m), low(m));
    settle(d);
  }

  function sub(d: number, n: number, m: number): void {
    const control = words[fpscr];
    const x = registers[n];
    const y = -registers[m];
    const sum = x + y;
    if (isNearest(control) && sum - sum === 0 && isUntouchedByFZ(control, x, y, sum)) {
      noteSum(control, x, y, sum);
      registers[d] = sum;
      return;
    }
    exact.sub(high(n), low(n), high(m), low(m));
    settle(d);
  }

  /**
   * May the host's product stand? Notes IXC if so. Only modest factors are asked about exactness; a zero factor must
   * be a true zero, not a denormal that FZ flushes.
   */
  function vouchesForProduct(control: number, x: number, y: number, product: number): boolean {
    if (!isNearest(control)) return false;
    if (x === 0 || y === 0) return product === 0 && ((control & FZ) === 0 || (isNormalOrZero(x) && isNormalOrZero(y)));
    const magnitude = Math.abs(product);
    if (!(magnitude > SMALLEST_NORMAL && magnitude < Infinity)) return false;
    if ((control & FZ) !== 0 && !(isNormalOrZero(x) && isNormalOrZero(y))) return false;
    if ((control & IXC) !== 0) return true;
    if (!isModest(Math.abs(x)) || !isModest(Math.abs(y))) return false;
    if (productError(x, y, product) !== 0) words[fpscr] = control | IXC;
    return true;
  }

  function mul(d: number, n: number, m: number): void {
    const x = registers[n];
    const y = registers[m];
    const product = x * y;
    if (vouchesForProduct(words[fpscr], x, y, product)) {
      registers[d] = product;
      return;
    }
    exact.mul(high(n), low(n), high(m), low(m));
    settle(d);
  }

  /** VNMUL: the product with its sign turned, NaN or not. */
  function negMul(d: number, n: number, m: number): void {
    mul(d, n, m);
    neg(d, d);
  }

  function div(d: number, n: number, m: number): void {
    const control = words[fpscr];
    const x = registers[n];
    const y = registers[m];
    const quotient = x / y;
    const magnitude = Math.abs(quotient);
    if (isNearest(control) && magnitude > SMALLEST_NORMAL && magnitude < Infinity && isUntouchedByFZ(control, x, y, 0)) {
      const isKnown = (control & IXC) !== 0;
      if (isKnown || (isModest(magnitude) && isModest(Math.abs(y)))) {
        if (!isKnown && !isExactProduct(quotient, y, x)) words[fpscr] = control | IXC;
        registers[d] = quotient;
        return;
      }
    }
    exact.div(high(n), low(n), high(m), low(m));
    settle(d);
  }

  function sqrt(d: number, m: number): void {
    const control = words[fpscr];
    const x = registers[m];
    if (isNearest(control) && isModest(x)) {
      const root = Math.sqrt(x);
      if ((control & IXC) === 0 && !isExactProduct(root, root, x)) words[fpscr] = control | IXC;
      registers[d] = root;
      return;
    }
    exact.sqrt(high(m), low(m));
    settle(d);
  }

  /** VFMA, VFMS, VFNMA, VFNMS: D<d> = FPMulAdd(±D<d>, ±D<n>, D<m>); signs are 0 or the sign bit. */
  function fused(d: number, n: number, m: number, signOfAddend: number, signOfProduct: number): void {
    const control = words[fpscr];
    const z = signOfAddend !== 0 ? -registers[d] : registers[d];
    const x = signOfProduct !== 0 ? -registers[n] : registers[n];
    const y = registers[m];
    if (isNearest(control) && isModest(Math.abs(x)) && isModest(Math.abs(y)) && (z === 0 || isModest(Math.abs(z)))) {
      const sum = fusedNearest(z, x, y, control);
      registers[d] = sum;
      return;
    }
    exact.mulAdd(high(d) ^ signOfAddend, low(d), high(n) ^ signOfProduct, low(n), high(m), low(m));
    settle(d);
  }

  /** Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd" (2008). */
  function fusedNearest(z: number, x: number, y: number, control: number): number {
    const product = x * y;
    const productLow = productError(x, y, product);
    const middle = z + productLow;
    const middleLow = sumError(z, productLow, middle);
    const top = product + middle;
    const topLow = sumError(product, middle, top);
    const rest = toOdd(topLow + middleLow, sumError(topLow, middleLow, topLow + middleLow));
    const sum = top + rest;
    // A sum of exactly +0 needs no care: x - x is +0 to nearest, and a non-zero product makes no -0.
    if ((control & IXC) === 0 && (rest !== 0) && (sum - top !== rest || sum - rest !== top)) words[fpscr] = control | IXC;
    return sum;
  }

  function toOdd(value: number, error: number): number {
    if (error === 0) return value;
    scratchDouble[0] = value;
    if ((scratch[0] & 1) === 0) {
      if (error > 0 === value > 0) scratch[0] |= 1;
      else {
        if (scratch[0] === 0) scratch[1] -= 1;
        scratch[0] -= 1;
      }
    }
    return scratchDouble[0];
  }

  /** VMLA, VMLS, VNMLA, VNMLS: D<d> = FPAdd(±D<d>, ±FPMul(D<n>, D<m>)), rounded twice; signs are 0 or the sign bit. */
  function chained(d: number, n: number, m: number, signOfAddend: number, signOfProduct: number): void {
    exactOrHostProduct(n, m);
    const productHigh = scratch[1] ^ signOfProduct;
    const productLow = scratch[0];
    scratch[1] = productHigh;
    const control = words[fpscr];
    const y = scratchDouble[0];
    const x = signOfAddend !== 0 ? -registers[d] : registers[d];
    const sum = x + y;
    if (isNearest(control) && sum - sum === 0 && isUntouchedByFZ(control, x, y, sum)) {
      noteSum(control, x, y, sum);
      registers[d] = sum;
      return;
    }
    exact.add(high(d) ^ signOfAddend, low(d), productHigh, productLow);
    settle(d);
  }

  /** Leaves FPMul(D<n>, D<m>) in the scratch words. */
  function exactOrHostProduct(n: number, m: number): void {
    const x = registers[n];
    const y = registers[m];
    const product = x * y;
    if (vouchesForProduct(words[fpscr], x, y, product)) {
      scratchDouble[0] = product;
      return;
    }
    exact.mul(high(n), low(n), high(m), low(m));
    scratch[0] = exact.result[1];
    scratch[1] = exact.result[0];
  }

  function neg(d: number, m: number): void {
    const h = high(m) ^ SIGN;
    words[s0 + 2 * d] = low(m);
    words[s0 + 2 * d + 1] = h;
  }

  function abs(d: number, m: number): void {
    words[s0 + 2 * d] = low(m);
    words[s0 + 2 * d + 1] = high(m) & 0x7fff_ffff;
  }

  function move(d: number, m: number): void {
    words[s0 + 2 * d] = low(m);
    words[s0 + 2 * d + 1] = high(m);
  }

  return {
    add, sub, mul, negMul, div, sqrt, neg, abs, move,
    fma: (d: number, n: number, m: number) => fused(d, n, m, 0, 0),
    fms: (d: number, n: number, m: number) => fused(d, n, m, 0, SIGN),
    fnma: (d: number, n: number, m: number) => fused(d, n, m, SIGN, SIGN),
    fnms: (d: number, n: number, m: number) => fused(d, n, m, SIGN, 0),
    mla: (d: number, n: number, m: number) => chained(d, n, m, 0, 0),
    mls: (d: number, n: number, m: number) => chained(d, n, m, 0, SIGN),
    nmla: (d: number, n: number, m: number) => chained(d, n, m, SIGN, SIGN),
    nmls: (d: number, n: number, m: number) => chained(d, n, m, SIGN, 0),
  };
}

/** x * y - product, exactly, for modest factors (Dekker's product with Veltkamp's splitting, 1971). */
function productError(x: number, y: number, product: number): number {
  const xScaled = SPLITTER * x;
  const yScaled = SPLITTER * y;
  const xHigh = xScaled - (xScaled - x);
  const yHigh = yScaled - (yScaled - y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xLow * yLow - (((product - xHigh * yHigh) - xLow * yHigh) - xHigh * yLow);
}

const isExactProduct = (x: number, y: number, expected: number): boolean => {
  const product = x * y;
  return product === expected && productError(x, y, product) === 0;
};

/** What x + y leaves out when rounded to `sum` (TwoSum, Knuth, TAOCP 4.2.2). */
function sumError(x: number, y: number, sum: number): number {
  const roundedY = sum - x;
  return (x - (sum - roundedY)) + (y - roundedY);
}
