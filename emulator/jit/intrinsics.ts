/** Helpers of rows that are cheaper in line. They give up to the interpreter where the helper would fault. */
import type { Value } from '../isa/builder.js';
import { EMPTY, Op } from './encoder.js';
import type { TranslationLayout } from './layout.js';
import type { WasmBuilder } from './wasm-builder.js';

/** Helpers without an effect that a program can see. */
export const NOTHING_TO_DO: ReadonlySet<string> = new Set(['DSB', 'DMB', 'ISB']);

/** FPSCR.IXC, RMode and FZ: the cumulative flag already set, round to nearest, denormals kept. Armv7-M ARM A2.5.3. */
const INEXACT = 1 << 4;
const FP_MODE = (3 << 22) | (1 << 24) | INEXACT;
const SINGLE_EXPONENT = 0x7f80_0000;
const SMALLEST_NORMAL = 0x0080_0000;

type Intrinsic = (b: WasmBuilder, layout: TranslationLayout, args: readonly Value[]) => Value;

/** Cycles of a divide beyond its class, in 32nds per bit of the quotient; see `makeIntegerHelpers`. */
const DIVIDE_CYCLES = 10;

function chargeDivide(b: WasmBuilder, quotientBits: Value): void {
  b.addCycles(b.shrU(b.add(b.mul(quotientBits, DIVIDE_CYCLES), 31), 5));
}

const divide = (isSigned: boolean): Intrinsic => (b, _, [n, m]) => {
  const traps = isSigned ? b.or(b.eq(m, 0), b.and(b.eq(n, 0x8000_0000 | 0), b.eq(m, -1))) : b.eq(m, 0);
  b.giveUpIf(traps);
  const quotient = b.emit([n, m], [isSigned ? Op.i32_div_s : Op.i32_div_u]);
  const sign = isSigned ? b.shrS(quotient, 31) : 0;
  const magnitude = isSigned ? b.sub(b.xor(quotient, sign), sign) : quotient;
  chargeDivide(b, b.sub(32, b.clz(magnitude)));
  return quotient;
};

/** The sum of two or three words as 64 bits, with Q set when it does not fit 32. */
const sumSettingQ = (second: number): Intrinsic => (b, _layout, [p, q, addend]) => {
  b.push(p); b.out.byte(Op.i64_extend_i32_s);
  b.push(q); b.out.byte(Op.i64_extend_i32_s);
  b.out.byte(second);
  b.push(addend); b.out.bytes([Op.i64_extend_i32_s, Op.i64_add, Op.i32_wrap_i64]);
  const result = b.emit([], []);
  // exact again, compared with its low word sign-extended
  b.push(p); b.out.byte(Op.i64_extend_i32_s);
  b.push(q); b.out.byte(Op.i64_extend_i32_s);
  b.out.byte(second);
  b.push(addend); b.out.bytes([Op.i64_extend_i32_s, Op.i64_add]);
  b.push(result); b.out.bytes([Op.i64_extend_i32_s, Op.i64_ne]);
  b.setQ(b.emit([], []));
  return result;
};

/** An infinity or a NaN: flags to raise, and NaNs that WebAssembly leaves open. */
const isNotFinite = (b: WasmBuilder, result: Value): Value => b.eq(b.and(result, SINGLE_EXPONENT), SINGLE_EXPONENT);
/** Zero, tiny, perhaps tiny before rounding, or not finite. */
const isNotNormal = (b: WasmBuilder, result: Value): Value =>
  b.geU(b.sub(b.and(result, 0x7fff_ffff), SMALLEST_NORMAL + 1), SINGLE_EXPONENT - SMALLEST_NORMAL - 1);

/** Single-precision arithmetic as the host's, where that raises no flag but the inexact one; else by the helper. */
const single = (helper: string, opcode: number, isSpecial: (b: WasmBuilder, result: Value) => Value): Intrinsic => (b, { FPSCR }, args) => {
  for (const arg of args) {
    b.pushAgain(arg);
    b.out.byte(Op.f32_reinterpret_i32);
  }
  b.out.bytes([opcode, Op.i32_reinterpret_f32]);
  const result = b.emit([], []);
  b.push(b.or(isSpecial(b, result), b.ne(b.and(b.state(FPSCR), FP_MODE), INEXACT)));
  b.out.byte(Op.if); b.out.byte(EMPTY);
  b.inArm(() => b.callInto(result, helper, args));
  b.out.byte(Op.end);
  return result;
};

export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  SumOfThreeSettingQ: sumSettingQ(Op.i64_add),
  DifferenceAndSumSettingQ: sumSettingQ(Op.i64_sub),
  UDIV: divide(false),
  SDIV: divide(true),
  FPAdd32: single('FPAdd32', Op.f32_add, isNotFinite),
  FPSub32: single('FPSub32', Op.f32_sub, isNotFinite),
  FPMul32: single('FPMul32', Op.f32_mul, isNotNormal),
  FPDiv32: single('FPDiv32', Op.f32_div, isNotNormal),
  FPSqrt32: single('FPSqrt32', Op.f32_sqrt, isNotNormal),
  FPSCRToAPSR: (b, { FPSCR }) => {
    const fpscr = b.state(FPSCR);
    b.setFlags(b.and(fpscr, 0x8000_0000 | 0), b.xor(b.and(b.shrU(fpscr, 30), 1), 1), b.and(b.shrU(fpscr, 29), 1), b.and(b.shrU(fpscr, 28), 1));
    return 0;
  },
  VLDM: (b, _, [address, first, count]) => {
    b.moveSingles(true, address, first as number, count as number);
    return 0;
  },
  VSTM: (b, _, [address, first, count]) => {
    b.moveSingles(false, address, first as number, count as number);
    return 0;
  },
};
