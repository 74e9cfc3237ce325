/** Word arithmetic against BigInt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulHighS, mulHighU, reverseBits } from '../../emulator/isa/arithmetic.js';

/** Edges are as likely as the rest. */
const word = fc.oneof(fc.constantFrom(0, 1, -1, 2, 0xffff, 0x1_0000, 0x1_0001, 0x7fff_ffff, -0x8000_0000, -0x7fff_ffff), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }));
const high = (product: bigint): number => Number(BigInt.asIntN(32, product >> 32n));

describe('the high word of a product', () => {
  it('unsigned', () => fc.assert(fc.property(word, word, (x, y) => {
    expect(mulHighU(x, y)).toBe(high(BigInt(x >>> 0) * BigInt(y >>> 0)));
  }), { numRuns: 5000 }));
  it('signed', () => fc.assert(fc.property(word, word, (x, y) => {
    expect(mulHighS(x, y)).toBe(high(BigInt(x) * BigInt(y)));
  }), { numRuns: 5000 }));
});

describe('reversed bits', () => {
  it('are the binary digits read backwards', () => fc.assert(fc.property(word, (x) => {
    const digits = (x >>> 0).toString(2).padStart(32, '0');
    expect(reverseBits(x) >>> 0).toBe(parseInt([...digits].reverse().join(''), 2));
  })));
});
