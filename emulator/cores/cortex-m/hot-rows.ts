/**
 * The rows that the interpreter's loop executes in line; all others are called as functions. V8 does not optimise
 * functions of more than 60 KB of bytecode and takes long over large ones, so only what pays stands here: 99 % of what the
 * test firmware executes (compiled with -O0, -O2 and -Os), and the inner loops of int8 and float kernels.
 */
import type { Variant } from '../../isa/javascript.js';

/** All variants of these. */
const ROWS: ReadonlySet<string> = new Set([
  'CMP (immediate) T1', 'CMP (register) T1', 'MUL T1', 'ADD (register) T2', 'CMP (register) T2', 'MOV (register) T1', 'ADR T1',
  'ADD (SP plus immediate) T1', 'ADD (SP plus immediate) T2', 'SUB (SP minus immediate) T1', 'SXTH T1', 'SXTB T1', 'UXTH T1', 'UXTB T1',
  'TST (immediate) T1', 'CMN (immediate) T2', 'ADC (immediate) T3', 'SBC (immediate) T3', 'SUB (immediate) T3', 'CMP (immediate) T2',
  'RSB (immediate) T3', 'SSAT T1', 'SBFX T1', 'UBFX T1', 'SXTH T2', 'UXTH T2', 'SXTB T2', 'UXTB T2', 'CLZ T1', 'MUL T2', 'MLA T1', 'MLS T1',
  'SMULL T1', 'UMULL T1', 'SMLAL T1', 'UMLAL T1', 'LDR (literal) T1', 'STR (register) T1', 'STRH (register) T1', 'STRB (register) T1',
  'LDRSB (register) T1', 'LDR (register) T1', 'LDRH (register) T1', 'LDRB (register) T1', 'LDRSH (register) T1', 'STR (immediate) T1',
  'LDR (immediate) T1', 'STRB (immediate) T1', 'LDRB (immediate) T1', 'STRH (immediate) T1', 'LDRH (immediate) T1', 'STR (immediate) T2',
  'LDR (immediate) T2', 'PUSH T1', 'POP T1', 'POP T1, PC', 'STR (immediate) T3', 'STR (register) T2', 'STRH (register) T2', 'STRB (immediate) T3',
  'STRB (register) T2', 'LDR (register) T2', 'LDRH (register) T2', 'LDRB (immediate) T3', 'LDRB (register) T2', 'LDRSH (immediate) T3',
  'LDRSH (immediate) T4', 'LDRSH (register) T2', 'LDRSB (immediate) T3', 'LDRSB (immediate) T4', 'LDRSB (register) T2', 'PLD (immediate) T1',
  'STRD (immediate) T1', 'LDRD (immediate) T1', 'B T2', 'B T4', 'BL T1', 'BX T1', 'CBZ T1', 'CBNZ T1', 'TBB T1', 'TBH T1', 'NOP T1',
  'SMLABB, SMLABT, SMLATB, SMLATT T1', 'SMULBB, SMULBT, SMULTB, SMULTT T1', 'SMLAD T1', 'SMMUL T1', 'SEL T1', 'UADD8 T1', 'SXTB16 T1', 'VADD.F32 T1',
  'VFMA.F32 T1', 'VMLA.F32 T1', 'VMUL.F32 T1', 'VNEG.F32 T1', 'VSUB.F32 T1', 'VCVT.F32.S32 T1', 'VMOV.F32 (register) T2',
  'VMOV (Arm core register to single) T1', 'VMOV (single to Arm core register) T1', 'VMOV (double to two Arm core registers) T1', 'VMRS T1',
  'VLDR (single) T1', 'VLDR (single, literal) T1', 'VSTR (single) T1', 'VSTR (double) T1',
]);

/** Some variants of these, by their choices. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  'LSL (immediate) T1': ['S=1 kind=1'],
  'LSR (immediate) T1': ['S=1 kind=2'],
  'ASR (immediate) T1': ['S=1 kind=3'],
  'ADD (register) T1': ['S=1'],
  'ADD (immediate) T1': ['S=1'],
  'ADD (immediate) T2': ['S=1'],
  'SUB (register) T1': ['S=1'],
  'SUB (immediate) T1': ['S=1'],
  'SUB (immediate) T2': ['S=1'],
  'MOV (immediate) T1': ['S=1'],
  'AND (register) T1': ['S=1'],
  'EOR (register) T1': ['S=1'],
  'LSL (register) T1': ['S=1'],
  'LSR (register) T1': ['S=1'],
  'ADC (register) T1': ['S=1'],
  'RSB (immediate) T1': ['S=1'],
  'ORR (register) T1': ['S=1'],
  'AND (immediate) T1': ['flags=0', 'flags=1', 'flags=3'],
  'AND (register) T2': ['S=0 kind=0', 'S=1 kind=2'],
  'BIC (immediate) T1': ['flags=0'],
  'BIC (register) T2': ['S=0 kind=0', 'S=0 kind=1'],
  'ORR (immediate) T1': ['flags=0'],
  'ORR (register) T2': ['S=0 kind=0', 'S=1 kind=0', 'S=0 kind=1', 'S=1 kind=1', 'S=0 kind=2'],
  'MOV (immediate) T2': ['flags=0'],
  'MOV (register) T3': ['S=0 kind=1', 'S=1 kind=1', 'S=0 kind=2', 'S=1 kind=2', 'S=0 kind=5'],
  'ORN (register) T2': ['S=0 kind=0'],
  'MVN (immediate) T2': ['flags=0'],
  'MVN (register) T2': ['S=1 kind=3'],
  'EOR (immediate) T1': ['flags=0'],
  'EOR (register) T2': ['S=0 kind=0', 'S=0 kind=1', 'S=0 kind=2'],
  'TEQ (immediate) T1': ['flags=1'],
  'TEQ (register) T2': ['kind=0'],
  'ADD (immediate) T3': ['S=0'],
  'ADD (register) T3': ['S=0 kind=0', 'S=1 kind=0', 'S=0 kind=1', 'S=0 kind=2'],
  'ADC (register) T3': ['S=0 kind=0', 'S=0 kind=1'],
  'SBC (register) T3': ['S=0 kind=0', 'S=1 kind=0', 'S=0 kind=1'],
  'SUB (register) T3': ['S=0 kind=0', 'S=1 kind=0', 'S=0 kind=1'],
  'RSB (register) T3': ['S=1 kind=2'],
  'LSL (register) T2': ['S=0'],
  'LSR (register) T2': ['S=0'],
  'ASR (register) T2': ['S=0'],
  'STR (immediate) T4': ['P=1 W=0', 'P=0 W=1', 'P=1 W=1'],
  'STRH (immediate) T4': ['P=1 W=0', 'P=0 W=1'],
  'STRB (immediate) T4': ['P=0 W=1', 'P=1 W=1'],
  'LDR (immediate) T3': ['toPC=0'],
  'LDR (immediate) T4': ['P=1 W=0 toPC=0', 'P=0 W=1 toPC=0', 'P=0 W=1 toPC=1'],
  'LDR (literal) T2': ['toPC=0'],
  'LDRH (immediate) T4': ['P=0 W=1'],
  'LDRB (immediate) T4': ['P=0 W=1', 'P=1 W=1'],
  'LDM T2': ['W=1 toPC=0', 'W=1 toPC=1'],
  'STMDB T1': ['W=1'],
  'B T1': ['cond=0', 'cond=1', 'cond=2', 'cond=3', 'cond=4', 'cond=5', 'cond=8', 'cond=9', 'cond=10', 'cond=11', 'cond=12', 'cond=13'],
  'B T3': ['cond=0', 'cond=1', 'cond=4', 'cond=8', 'cond=10', 'cond=12', 'cond=13'],
};

export const isHot = ({ row, choiceText }: Variant): boolean => ROWS.has(row.name) || (VARIANTS[row.name]?.includes(choiceText) ?? false);
