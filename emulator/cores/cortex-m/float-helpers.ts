/**
 * The helpers that floating-point rows name in `b.call` and `b.do`, over the core's state words. `ExecuteFPCheck` is
 * the core's own, since it may fault and save state.
 */
import { FPSCR_WRITABLE } from '../../isa/float/fpscr.js';
import { makeConversions } from '../../isa/float/convert.js';
import { makeDouble } from '../../isa/float/double.js';
import { makeSingle } from '../../isa/float/single.js';
import { Word } from './state.js';
import { writeNZ } from './system/program-status.js';

/** Word accesses that throw a GuestFault; misaligned addresses fault too. */
export interface FloatMemory {
  load32(address: number): number;
  store32(address: number, value: number): void;
}

export type FloatHelpers = ReturnType<typeof makeFloatHelpers>;

/**
 * @param words the core's state (`Word`), at an 8-byte aligned offset of its buffer
 * @param memory accesses of VLDM and VSTM
 */
export function makeFloatHelpers(words: Int32Array, memory: FloatMemory) {
  const single = makeSingle(words, Word.FPSCR);
  const double = makeDouble(words, Word.FPSCR, Word.S0);
  const convert = makeConversions(words, Word.FPSCR, Word.S0, single);
  const loaded = new Int32Array(32);

  /** `count` singles from S<first>; no register changes when an access faults, so the instruction can be run again. */
  function VLDM(address: number, first: number, count: number): void {
    for (let i = 0; i < count; i++) loaded[i] = memory.load32((address + 4 * i) | 0);
    for (let i = 0; i < count; i++) words[Word.S0 + first + i] = loaded[i];
  }

  function VSTM(address: number, first: number, count: number): void {
    for (let i = 0; i < count; i++) memory.store32((address + 4 * i) | 0, words[Word.S0 + first + i]);
  }

  function FPSCRToAPSR(): void {
    const fpscr = words[Word.FPSCR];
    writeNZ(words, fpscr);
    words[Word.C] = (fpscr >>> 29) & 1;
    words[Word.V] = (fpscr >>> 28) & 1;
  }

  return {
    FPAdd32: single.add,
    FPSub32: single.sub,
    FPMul32: single.mul,
    FPDiv32: single.div,
    FPSqrt32: single.sqrt,
    /** (addend, op1, op2), as in the manual. */
    FPMulAdd32: single.mulAdd,
    FPMaxNum32: (n: number, m: number): number => convert.extremeNum32(n, m, 0),
    FPMinNum32: (n: number, m: number): number => convert.extremeNum32(n, m, 1),
    FPCompare32: convert.compare32,

    FPAbs64: double.abs,
    FPNeg64: double.neg,
    FPMove64: double.move,
    FPAdd64: double.add,
    FPSub64: double.sub,
    FPMul64: double.mul,
    FPDiv64: double.div,
    FPSqrt64: double.sqrt,
    VFMA64: double.fma,
    VFMS64: double.fms,
    VFNMA64: double.fnma,
    VFNMS64: double.fnms,
    VMLA64: double.mla,
    VMLS64: double.mls,
    VNMLA64: double.nmla,
    VNMLS64: double.nmls,
    VNMUL64: double.negMul,
    FPMaxNum64: (d: number, n: number, m: number): void => convert.extremeNum64(d, n, m, 0),
    FPMinNum64: (d: number, n: number, m: number): void => convert.extremeNum64(d, n, m, 1),
    FPCompare64: convert.compare64,
    FPCompareZero64: convert.compareZero64,

    FPToFixed32: convert.toFixed32,
    FPToFixed64: convert.toFixed64,
    FPToFixedInDouble: convert.toFixedInDouble,
    FixedToFP32: convert.fixedTo32,
    FixedToFP64: convert.fixedTo64,
    FPRoundInt32: convert.roundInt32,
    FPRoundInt64: convert.roundInt64,
    FPSingleToDouble: convert.singleToDouble,
    FPDoubleToSingle: convert.doubleToSingle,
    FPHalfToSingle: convert.halfToSingle,
    FPHalfToDouble: convert.halfToDouble,
    FPSingleToHalf: convert.singleToHalf,
    FPDoubleToHalf: convert.doubleToHalf,

    ReadFPSCR: (): number => words[Word.FPSCR],
    WriteFPSCR: (value: number): void => { words[Word.FPSCR] = value & FPSCR_WRITABLE; },
    FPSCRToAPSR,
    VLDM,
    VSTM,
  };
}
