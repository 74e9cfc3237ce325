/**
 * Special registers in line, where they are words of the state: all that MRS reads, and the process stack pointer that MSR
 * writes while another is in use. Source: Armv7-M ARM (DDI 0403E), B5.2.2 and B5.2.3.
 */
import type { Value } from '../isa/builder.js';
import type { Intrinsic } from './intrinsics.js';
import type { TranslationLayout } from './layout.js';
import type { WasmBuilder } from './wasm-builder.js';

const SP = 13;
/** SYSm of the stack pointers. */
const MSP = 8;
const PSP = 9;
/** CONTROL.SPSEL. */
const SPSEL = 2;

/** Does reading SYSm look at the flags, or at the stack pointer? */
export const readsAPSR = (SYSm: number): boolean => SYSm < 4;
export const readsSP = (SYSm: number): boolean => SYSm === MSP || SYSm === PSP;
/** Can MSR of SYSm be done in line? */
export const isWrittenInLine = (SYSm: number): boolean => SYSm === PSP;

function readPSR(b: WasmBuilder, { IPSR, GE }: TranslationLayout, SYSm: number): Value {
  const exception: Value = SYSm & 1 ? b.and(b.state(IPSR), 0x1ff) : 0;
  if (!readsAPSR(SYSm)) return exception;
  const [N, Z, C, V, Q] = (['N', 'Z', 'C', 'V', 'Q'] as const).map((name, i) => b.shl(b.and(b.flag(name), 1), 31 - i));
  return [N, Z, C, V, Q, b.shl(b.and(b.state(GE), 0xf), 16)].reduce((sum, part) => b.or(sum, part), exception);
}

/** Which of the stack pointers is in use. */
const isProcessStack = (b: WasmBuilder, layout: TranslationLayout): Value => b.and(b.state(layout.CONTROL), SPSEL);

/** A register that unprivileged code reads as zero. */
function readPrivileged(b: WasmBuilder, layout: TranslationLayout, SYSm: number): Value {
  const { OTHER_SP, PRIMASK, BASEPRI, FAULTMASK } = layout;
  switch (SYSm) {
    case MSP: return b.select(isProcessStack(b, layout), b.state(OTHER_SP), b.reg(SP));
    case PSP: return b.select(isProcessStack(b, layout), b.reg(SP), b.state(OTHER_SP));
    case 16: return b.state(PRIMASK);
    case 17: case 18: return b.state(BASEPRI);
    case 19: return b.state(FAULTMASK);
    default: return 0;
  }
}

const MRS: Intrinsic = (b, layout, [SYSm]) => {
  const number = SYSm as number;
  if (number < 8) return readPSR(b, layout, number);
  if (number === 20) return b.state(layout.CONTROL);
  const value = readPrivileged(b, layout, number);
  return value === 0 ? 0 : b.select(b.state(layout.UNPRIVILEGED), 0, value);
};

const MSR: Intrinsic = (b, layout, args) => {
  const [SYSm, , value] = args;
  if (!isWrittenInLine(SYSm as number)) b.callFor('MSR', args);
  else {
    b.giveUpIf(b.or(isProcessStack(b, layout), b.state(layout.UNPRIVILEGED)));
    b.writeState(layout.OTHER_SP, b.and(value, ~3));
  }
  return 0;
};

export const SYSTEM_INTRINSICS: Readonly<Record<string, Intrinsic>> = { MRS, MSR };
