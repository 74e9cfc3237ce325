/**
 * Values of one instruction as trees, written where they are used. Trees are pure: they read locals and state that do not
 * change before the instruction's end. A tree with several uses is kept in a temporary at its first.
 */
import type { Value } from '../isa/builder.js';
import { type Bytes, Op } from './encoder.js';

/** A local of the region's function. */
export interface LocalValue { readonly local: number }

export class Expression {
  uses = 0;
  /** Where its value is kept once it has been computed, or -1. */
  temporary = -1;

  constructor(readonly opcodes: readonly number[], readonly args: readonly Value[], readonly offset = -1) {
    for (const arg of args) use(arg);
  }
}

export const asValue = (node: Expression | LocalValue): Value => node as unknown as Value;
export const localValue = (local: number): Value => asValue({ local });
export const isLocal = (value: Value, local: number): boolean => typeof value === 'object' && (value as unknown as LocalValue).local === local;

/** The tree's arguments when it consists of this opcode alone. */
export function argumentsOf(value: Value, opcode: number): readonly Value[] | undefined {
  const node = value as unknown;
  return node instanceof Expression && node.opcodes.length === 1 && node.opcodes[0] === opcode && node.offset < 0 ? node.args : undefined;
}

/** Somebody will push the value. */
export function use(value: Value): void {
  const node = value as unknown;
  if (node instanceof Expression) node.uses++;
}

export class ExpressionWriter {
  private temporaries = 0;
  /** Most temporaries that one instruction has needed. */
  mostTemporaries = 0;
  private kept: Expression[] = [];
  /** Where the latest `local.set` of a temporary ends, and its local. */
  private setEnd = -1;
  private setLocal = -1;

  constructor(readonly out: Bytes, private readonly firstTemporary: number) {}

  begin(): void {
    this.temporaries = 0;
    this.kept = [];
  }

  /** Writes an arm of a condition: what it computes may be missing after it. */
  inArm(write: () => void): void {
    const { kept } = this;
    this.kept = [];
    write();
    for (const node of this.kept) node.temporary = -1;
    this.kept = kept;
    this.setEnd = -1;
  }

  /** Writes other instructions in the middle of this one. */
  nested(write: () => void): void {
    const { temporaries } = this;
    this.inArm(write);
    this.temporaries = temporaries;
  }

  push(value: Value): void {
    if (typeof value === 'number') {
      this.out.byte(Op.i32_const);
      this.out.signed(value);
      return;
    }
    const node = value as unknown as Expression | LocalValue;
    if (!(node instanceof Expression)) this.getLocal(node.local);
    else if (node.temporary >= 0) this.getLocal(node.temporary);
    else this.write(node);
  }

  private write(node: Expression): void {
    const { out } = this;
    for (const arg of node.args) this.push(arg);
    if (node.offset >= 0) loadState(out, node.offset);
    for (const opcode of node.opcodes) out.byte(opcode);
    if (node.uses < 2) return;
    node.temporary = this.newTemporary();
    this.kept.push(node);
    out.byte(Op.local_tee);
    out.unsigned(node.temporary);
  }

  /** Takes the value on the stack into a temporary. */
  keep(): Value {
    const local = this.newTemporary();
    this.out.byte(Op.local_set);
    this.out.unsigned(local);
    this.setEnd = this.out.length;
    this.setLocal = local;
    return localValue(local);
  }

  private newTemporary(): number {
    const local = this.firstTemporary + this.temporaries++;
    if (this.temporaries > this.mostTemporaries) this.mostTemporaries = this.temporaries;
    return local;
  }

  /** A value just set is taken along instead of read again. */
  private getLocal(local: number): void {
    const { out } = this;
    if (local === this.setLocal && out.length === this.setEnd) {
      out.rewind(local < 0x80 ? 2 : 3);
      out.byte(Op.local_tee);
    } else out.byte(Op.local_get);
    out.unsigned(local);
  }
}

/** Pushes a word of the state. */
export function loadState(out: Bytes, offset: number): void {
  out.byte(Op.i32_const);
  out.signed(0);
  out.byte(Op.i32_load);
  out.unsigned(2);
  out.unsigned(offset);
}
