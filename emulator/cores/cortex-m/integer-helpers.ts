/**
 * Helpers of the integer instructions: what is too long or too rare to be written against the builder.
 * Source: Armv7-M ARM (DDI 0403E), A7.7.
 */
import { reverseBits } from '../../isa/arithmetic.js';
import { CFSR, Exception, GuestFault } from './fault.js';
import type { Helper } from './interpreter.js';
import { Word } from './state.js';

export interface IntegerHelperOptions {
  /** Most cycles of a divide beyond its timing class; M3/M4 TRM: 2 to 12 cycles in all. */
  readonly divideExtraCycles: number;
}

/** @param words the core's state */
export function makeIntegerHelpers(words: Int32Array, { divideExtraCycles }: IntegerHelperOptions): Record<string, Helper> {
  /** The 32-bit result of an exact sum; Q when it does not fit. */
  const settingQ = (exact: number): number => {
    const result = exact | 0;
    if (result !== exact) words[Word.Q] = 1;
    return result;
  };

  /** Early termination: the TRMs give the bounds; between them the cost follows the length of the quotient. */
  const chargeDivide = (quotient: number): void => {
    words[Word.CYCLES] += Math.ceil(((32 - Math.clz32(quotient)) * divideExtraCycles) / 32);
  };

  const divideByZero = (): number => {
    if (words[Word.DIV_0_TRP] !== 0) throw new GuestFault(Exception.UsageFault, CFSR.DIVBYZERO, undefined, 'division by zero');
    return 0;
  };

  return {
    ReverseBits: reverseBits,
    // Both sums are exact in a double.
    SumOfThreeSettingQ: (p, q, addend) => settingQ(p + q + addend),
    DifferenceAndSumSettingQ: (p, q, addend) => settingQ(p - q + addend),
    SumOfAbsoluteDifferences8: (n, m) => {
      let total = 0;
      for (let shift = 0; shift < 32; shift += 8) total += Math.abs(((n >>> shift) & 0xff) - ((m >>> shift) & 0xff));
      return total;
    },
    SDIV: (n, m) => {
      if (m === 0) return divideByZero();
      const quotient = (n / m) | 0;
      chargeDivide(Math.abs(quotient));
      return quotient;
    },
    UDIV: (n, m) => {
      if (m === 0) return divideByZero();
      const quotient = ((n >>> 0) / (m >>> 0)) >>> 0;
      chargeDivide(quotient);
      return quotient | 0;
    },
    UDF: () => {
      throw new GuestFault(Exception.UsageFault, CFSR.UNDEFINSTR, undefined, 'permanently undefined instruction');
    },
    DSB: () => {},
    DMB: () => {},
    ISB: () => {},
    SetExclusiveMonitors: (address) => {
      words[Word.EXCLUSIVE] = 1;
      words[Word.EXCLUSIVE_ADDRESS] = address!;
    },
    ExclusiveMonitorsPass: (address, bytes) => {
      if (address & (bytes - 1)) throw new GuestFault(Exception.UsageFault, CFSR.UNALIGNED, undefined, 'unaligned exclusive access');
      const pass = words[Word.EXCLUSIVE] !== 0 && words[Word.EXCLUSIVE_ADDRESS] === address;
      words[Word.EXCLUSIVE] = 0;
      return pass ? 1 : 0;
    },
    ClearExclusiveLocal: () => {
      words[Word.EXCLUSIVE] = 0;
    },
  };
}
