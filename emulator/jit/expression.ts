/**
 * Values of one instruction as trees, written where they are used. Trees are pure: they read locals and state that do not
 * change before the instruction's end. A tree with several uses is kept in a temporary at its first.
 */
import type { Value } from '../isa/builder.js';
import { type Bytes, F32, F64, I32, I64, Op } from './encoder.js';

/** A local of the region's function; an i32 where no type stands. */
export interface LocalValue { readonly local: number; readonly type?: number }

export class Expression {
  uses = 0;
  /** Where its value is kept once it has been computed, or -1. */
  temporary = -1;

  constructor(readonly opcodes: readonly number[], readonly args: readonly Value[], readonly offset = -1, readonly type: number = I32) {
    for (const arg of args) use(arg);
  }
}

export const asValue = (node: Expression | LocalValue): Value => node as unknown as Value;
export const localValue = (local: number, type: number = I32): Value => asValue({ local, type });
/** WebAssembly's type of a value. */
export const typeOf = (value: Value): number => (typeof value === 'number' ? I32 : (value as unknown as Expression | LocalValue).type ?? I32);
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

/** Temporaries of one type: their locals, and how many of them the current instruction uses. */
interface Pool { readonly locals: number[]; used: number }

export class ExpressionWriter {
  private readonly pools: Readonly<Record<number, Pool>> = Object.fromEntries([I32, I64, F32, F64].map((type) => [type, { locals: [], used: 0 }]));
  private readonly allPools = Object.values(this.pools);
  private kept: Expression[] = [];
  /** Where the latest `local.set` of a temporary ends, and its local. */
  private setEnd = -1;
  private setLocal = -1;

  constructor(readonly out: Bytes, private readonly newLocal: (type: number) => number) {}

  begin(): void {
    for (const pool of this.allPools) pool.used = 0;
    if (this.kept.length > 0) this.kept = [];
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
    const used = this.allPools.map((pool) => pool.used);
    this.inArm(write);
    this.allPools.forEach((pool, i) => { pool.used = used[i]; });
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
    node.temporary = this.newTemporary(node.type);
    this.kept.push(node);
    out.byte(Op.local_tee);
    out.unsigned(node.temporary);
  }

  /** Takes the value on the stack into a temporary. */
  keep(type: number = I32): Value {
    const local = this.newTemporary(type);
    this.out.byte(Op.local_set);
    this.out.unsigned(local);
    this.setEnd = this.out.length;
    this.setLocal = local;
    return localValue(local, type);
  }

  private newTemporary(type: number): number {
    const pool = this.pools[type];
    if (pool.used === pool.locals.length) pool.locals.push(this.newLocal(type));
    return pool.locals[pool.used++];
  }

  /** A value just set is taken along instead of read again. */
  private getLocal(local: number): void {
    const { out } = this;
    if (local === this.setLocal && out.length === this.setEnd) {
      out.rewind(local < 0x80 ? 2 : local < 0x4000 ? 3 : 4);
      out.byte(Op.local_tee);
      this.setEnd = -1; // a second reading right behind it is one
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
