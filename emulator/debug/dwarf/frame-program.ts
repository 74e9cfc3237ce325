/** Call-frame instructions, executed up to one address. Source: DWARF 5, 6.4.2 and 7.24. */
import type { Cursor} from './cursor.js';
import { DwarfDamage } from './cursor.js';

/** How to find a register's value in the caller, in terms of the canonical frame address (CFA). */
export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same' }
  /** Saved at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** Is CFA + offset. */
  | { readonly kind: 'valueOffset'; readonly offset: number }
  /** Is in another register. */
  | { readonly kind: 'register'; readonly register: number }
  /** Saved at the address that an expression computes, or (`isValue`) equal to it. */
  | { readonly kind: 'expression'; readonly start: number; readonly end: number; readonly isValue: boolean };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  | { readonly kind: 'expression'; readonly start: number; readonly end: number };

export interface FrameRow {
  readonly cfa: CfaRule | undefined;
  /** By DWARF register number; a register without a rule has no entry. */
  readonly registers: ReadonlyMap<number, RegisterRule>;
}

export interface FrameFactors {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
}

/** remember_state nests a few deep at most; each level copies the rules. */
const MOST_REMEMBERED = 32;
/** Core registers, FP registers and a few pseudo registers: more rules than this are damage. */
const MOST_REGISTERS = 512;

/** A function's description has tens of instructions; thousands only in damaged files. */
const MOST_INSTRUCTIONS = 20_000;

const CFA = {
  nop: 0x00, setLoc: 0x01, advanceLoc1: 0x02, advanceLoc2: 0x03, advanceLoc4: 0x04, offsetExtended: 0x05, restoreExtended: 0x06, undefined: 0x07,
  sameValue: 0x08, register: 0x09, rememberState: 0x0a, restoreState: 0x0b, defCfa: 0x0c, defCfaRegister: 0x0d, defCfaOffset: 0x0e,
  defCfaExpression: 0x0f, expression: 0x10, offsetExtendedSf: 0x11, defCfaSf: 0x12, defCfaOffsetSf: 0x13, valOffset: 0x14, valOffsetSf: 0x15,
  valExpression: 0x16, gnuArgsSize: 0x2e, gnuNegativeOffsetExtended: 0x2f, armNegateRaState: 0x2d,
} as const;

export class FrameProgram {
  private cfa: CfaRule | undefined;
  private registers = new Map<number, RegisterRule>();
  private initial: ReadonlyMap<number, RegisterRule> = new Map();
  private readonly remembered: { cfa: CfaRule | undefined; registers: ReadonlyMap<number, RegisterRule> }[] = [];
  private location: number;

  constructor(private readonly factors: FrameFactors, start: number, private readonly target: number) {
    this.location = start;
  }

  /** Executes the common entry's instructions, to which `restore` later returns. @throws DwarfDamage */
  runInitial(cursor: Cursor): void {
    this.run(cursor);
    this.initial = new Map(this.registers);
  }

  /** Executes instructions up to the row that holds the target address. @throws DwarfDamage */
  run(cursor: Cursor): void {
    for (let steps = 0; !cursor.isAtEnd && this.location <= this.target; steps++) {
      if (steps === MOST_INSTRUCTIONS) throw new DwarfDamage('too many call-frame instructions');
      const opcode = cursor.u8();
      const operand = opcode & 0x3f;
      switch (opcode >> 6) {
        case 1: this.advance(operand * this.factors.codeAlignment); break;
        case 2: this.set(operand, { kind: 'offset', offset: cursor.uleb() * this.factors.dataAlignment }); break;
        case 3: this.restore(operand); break;
        default: this.extended(opcode, cursor);
      }
    }
  }

  get row(): FrameRow {
    return { cfa: this.cfa, registers: this.registers };
  }

  private extended(opcode: number, cursor: Cursor): void {
    const { codeAlignment, dataAlignment } = this.factors;
    switch (opcode) {
      case CFA.nop: case CFA.armNegateRaState: return;
      case CFA.setLoc: this.advance(cursor.u32() - this.location); return;
      case CFA.advanceLoc1: this.advance(cursor.u8() * codeAlignment); return;
      case CFA.advanceLoc2: this.advance(cursor.u16() * codeAlignment); return;
      case CFA.advanceLoc4: this.advance(cursor.u32() * codeAlignment); return;
      case CFA.offsetExtended: this.set(cursor.uleb(), { kind: 'offset', offset: cursor.uleb() * dataAlignment }); return;
      case CFA.offsetExtendedSf: this.set(cursor.uleb(), { kind: 'offset', offset: cursor.sleb() * dataAlignment }); return;
      case CFA.gnuNegativeOffsetExtended: this.set(cursor.uleb(), { kind: 'offset', offset: -cursor.uleb() * dataAlignment }); return;
      case CFA.valOffset: this.set(cursor.uleb(), { kind: 'valueOffset', offset: cursor.uleb() * dataAlignment }); return;
      case CFA.valOffsetSf: this.set(cursor.uleb(), { kind: 'valueOffset', offset: cursor.sleb() * dataAlignment }); return;
      case CFA.restoreExtended: this.restore(cursor.uleb()); return;
      case CFA.undefined: this.set(cursor.uleb(), { kind: 'undefined' }); return;
      case CFA.sameValue: this.set(cursor.uleb(), { kind: 'same' }); return;
      case CFA.register: this.set(cursor.uleb(), { kind: 'register', register: cursor.uleb() }); return;
      case CFA.expression: this.set(cursor.uleb(), { kind: 'expression', ...block(cursor), isValue: false }); return;
      case CFA.valExpression: this.set(cursor.uleb(), { kind: 'expression', ...block(cursor), isValue: true }); return;
      case CFA.rememberState: this.remember(); return;
      case CFA.restoreState: this.recall(); return;
      case CFA.defCfa: this.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.uleb() }; return;
      case CFA.defCfaSf: this.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.sleb() * dataAlignment }; return;
      case CFA.defCfaRegister: this.cfa = { kind: 'register', register: cursor.uleb(), offset: this.cfaOffset() }; return;
      case CFA.defCfaOffset: this.cfa = { kind: 'register', register: this.cfaRegister(), offset: cursor.uleb() }; return;
      case CFA.defCfaOffsetSf: this.cfa = { kind: 'register', register: this.cfaRegister(), offset: cursor.sleb() * dataAlignment }; return;
      case CFA.defCfaExpression: this.cfa = { kind: 'expression', ...block(cursor) }; return;
      case CFA.gnuArgsSize: cursor.uleb(); return;
      default: throw new DwarfDamage(`call-frame instruction 0x${opcode.toString(16)}`);
    }
  }

  private advance(bytes: number): void {
    this.location += bytes;
  }

  private set(register: number, rule: RegisterRule): void {
    if (this.registers.size >= MOST_REGISTERS && !this.registers.has(register)) throw new DwarfDamage('more register rules than registers');
    this.registers.set(register, rule);
  }

  private restore(register: number): void {
    const rule = this.initial.get(register);
    if (rule === undefined) this.registers.delete(register);
    else this.registers.set(register, rule);
  }

  private remember(): void {
    if (this.remembered.length === MOST_REMEMBERED) throw new DwarfDamage('too many remembered states');
    this.remembered.push({ cfa: this.cfa, registers: new Map(this.registers) });
  }

  private recall(): void {
    const state = this.remembered.pop();
    if (state === undefined) throw new DwarfDamage('restore_state without remember_state');
    this.cfa = state.cfa;
    this.registers = new Map(state.registers);
  }

  private cfaOffset(): number {
    return this.cfa?.kind === 'register' ? this.cfa.offset : 0;
  }

  private cfaRegister(): number {
    if (this.cfa?.kind !== 'register') throw new DwarfDamage('a CFA offset without a CFA register');
    return this.cfa.register;
  }
}

function block(cursor: Cursor): { start: number; end: number } {
  const length = cursor.uleb();
  const start = cursor.offset;
  cursor.skip(length);
  return { start, end: start + length };
}
