/**
 * DWARF expressions as call-frame information uses them: registers, constants, arithmetic, memory. Values are 32-bit.
 * Source: DWARF 5, 2.5 and 7.7.1.
 */
import { Cursor, DwarfDamage, toleratesDamage } from './cursor.js';

/** A loop in an expression ends here. */
const MOST_STEPS = 1000;
const MOST_STACK = 64;

const OP = {
  addr: 0x03, deref: 0x06, const1u: 0x08, const1s: 0x09, const2u: 0x0a, const2s: 0x0b, const4u: 0x0c, const4s: 0x0d, constu: 0x10, consts: 0x11,
  dup: 0x12, drop: 0x13, over: 0x14, pick: 0x15, swap: 0x16, rot: 0x17, abs: 0x19, and: 0x1a, div: 0x1b, minus: 0x1c, mod: 0x1d, mul: 0x1e,
  neg: 0x1f, not: 0x20, or: 0x21, plus: 0x22, plusUconst: 0x23, shl: 0x24, shr: 0x25, shra: 0x26, xor: 0x27, bra: 0x28, eq: 0x29, ge: 0x2a,
  gt: 0x2b, le: 0x2c, lt: 0x2d, ne: 0x2e, skip: 0x2f, lit0: 0x30, lit31: 0x4f, breg0: 0x70, breg31: 0x8f, bregx: 0x92, derefSize: 0x94, nop: 0x96,
} as const;

/** Operations that replace the two topmost values; `a` was below `b`. */
const BINARY: Readonly<Record<number, (a: number, b: number) => number>> = {
  [OP.and]: (a, b) => a & b, [OP.or]: (a, b) => a | b, [OP.xor]: (a, b) => a ^ b, [OP.plus]: (a, b) => a + b, [OP.minus]: (a, b) => a - b,
  [OP.mul]: Math.imul, [OP.div]: (a, b) => (b === 0 ? fail('division by zero') : (a | 0) / (b | 0)), [OP.mod]: (a, b) => (b === 0 ? fail('division by zero') : (a >>> 0) % (b >>> 0)),
  [OP.shl]: (a, b) => (b >>> 0 > 31 ? 0 : a << b), [OP.shr]: (a, b) => (b >>> 0 > 31 ? 0 : a >>> b), [OP.shra]: (a, b) => a >> Math.min(31, b >>> 0),
  [OP.eq]: (a, b) => Number(a === b), [OP.ne]: (a, b) => Number(a !== b), [OP.lt]: (a, b) => Number(a < b), [OP.le]: (a, b) => Number(a <= b),
  [OP.gt]: (a, b) => Number(a > b), [OP.ge]: (a, b) => Number(a >= b),
};
const UNARY: Readonly<Record<number, (a: number) => number>> = { [OP.abs]: Math.abs, [OP.neg]: (a) => -a, [OP.not]: (a) => ~a };

export interface ExpressionContext {
  /** DWARF register number; undefined when its value is not known. */
  register(index: number): number | undefined;
  word(address: number): number | undefined;
}

/** The value left on top of the stack, unsigned; undefined when the expression is damaged or needs something unknown. */
export function evaluate(bytes: Uint8Array, start: number, end: number, context: ExpressionContext, initial: readonly number[] = []): number | undefined {
  const machine = new StackMachine(new Cursor(bytes, start, end), start, context, [...initial]);
  let result: number | undefined;
  return toleratesDamage(() => { result = machine.run(); }) ? result : undefined;
}

function fail(what: string): never {
  throw new DwarfDamage(what);
}

class StackMachine {
  constructor(private readonly cursor: Cursor, private readonly start: number, private readonly context: ExpressionContext, private readonly stack: number[]) {}

  run(): number {
    for (let steps = 0; !this.cursor.isAtEnd; steps++) {
      if (steps === MOST_STEPS) fail('an expression without an end');
      this.step(this.cursor.u8());
    }
    return this.pop() >>> 0;
  }

  private step(opcode: number): void {
    const binary = BINARY[opcode];
    const unary = UNARY[opcode];
    if (opcode >= OP.lit0 && opcode <= OP.lit31) this.push(opcode - OP.lit0);
    else if (opcode >= OP.breg0 && opcode <= OP.breg31) this.push(this.register(opcode - OP.breg0) + this.cursor.sleb());
    else if (binary !== undefined) {
      const b = this.pop();
      this.push(binary(this.pop(), b));
    } else if (unary !== undefined) this.push(unary(this.pop()));
    else this.special(opcode);
  }

  private special(opcode: number): void {
    const { cursor } = this;
    switch (opcode) {
      case OP.addr: case OP.const4u: case OP.const4s: this.push(cursor.u32()); return;
      case OP.const1u: this.push(cursor.u8()); return;
      case OP.const1s: this.push(cursor.i8()); return;
      case OP.const2u: this.push(cursor.u16()); return;
      case OP.const2s: this.push((cursor.u16() << 16) >> 16); return;
      case OP.constu: this.push(cursor.uleb()); return;
      case OP.consts: this.push(cursor.sleb()); return;
      case OP.plusUconst: this.push(this.pop() + cursor.uleb()); return;
      case OP.bregx: this.push(this.register(cursor.uleb()) + cursor.sleb()); return;
      case OP.deref: this.push(this.load(4)); return;
      case OP.derefSize: this.push(this.load(cursor.u8())); return;
      case OP.dup: this.push(this.peek(0)); return;
      case OP.drop: this.pop(); return;
      case OP.over: this.push(this.peek(1)); return;
      case OP.pick: this.push(this.peek(cursor.u8())); return;
      case OP.swap: this.rotate(2); return;
      case OP.rot: this.rotate(3); return;
      case OP.skip: this.jump((cursor.u16() << 16) >> 16); return;
      case OP.bra: {
        const distance = (cursor.u16() << 16) >> 16;
        if (this.pop() !== 0) this.jump(distance);
        return;
      }
      case OP.nop: return;
      default: fail(`operation 0x${opcode.toString(16)} in a frame expression`);
    }
  }

  private register(index: number): number {
    return this.context.register(index) ?? fail('an unknown register');
  }

  private load(bytes: number): number {
    if (bytes < 1 || bytes > 4) fail('a load of more than a word');
    const address = this.pop() >>> 0;
    const word = this.context.word((address & ~3) >>> 0);
    if (word === undefined || (address & 3) + bytes > 4) fail('memory that cannot be read');
    return bytes === 4 ? word : (word >>> (8 * (address & 3))) & ((1 << (8 * bytes)) - 1);
  }

  private jump(distance: number): void {
    const target = this.cursor.offset + distance;
    if (target < this.start || target > this.cursor.end) fail('a branch out of the expression');
    this.cursor.offset = target;
  }

  private push(value: number): void {
    if (this.stack.length === MOST_STACK) fail('a stack overflow');
    this.stack.push(value | 0);
  }

  private pop(): number {
    return this.stack.pop() ?? fail('a stack underflow');
  }

  private peek(depth: number): number {
    return this.stack[this.stack.length - 1 - depth] ?? fail('a stack underflow');
  }

  /** The top value moves below the next `count - 1`. */
  private rotate(count: number): void {
    const top = this.pop();
    if (this.stack.length < count - 1) fail('a stack underflow');
    this.stack.splice(this.stack.length - (count - 1), 0, top);
  }
}
