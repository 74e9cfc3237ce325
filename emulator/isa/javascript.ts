/**
 * The backends that emit JavaScript: one function per variant of each row, for the interpreter.
 *
 * A handler is called as `(o, i, pc)`: operands of the decoded slot are `o[i]..o[i+3]`, `pc` is the address of the
 * instruction; it returns the address of the next one. Names free in the text (`W`, `ld32`, `branchExchange`, ...) are
 * bound by the module that the generator wraps around (see scripts/generate.ts).
 */
import type { CommonBuilder, Value } from './builder.js';
import { choicesOfVariant, variantCount } from './decoder.js';
import type { AnyInstruction } from './instruction.js';

/** What the emitter knows of helpers beyond their names. */
export interface HelperTraits {
  /** They work on registers only: they neither fault nor need the address of the instruction or the cycle counter. */
  readonly pure: ReadonlySet<string>;
  /** They are called only while a state word is not 0. */
  readonly guards: Readonly<Record<string, number>>;
}

export interface Term {
  readonly code: string;
  /** A JavaScript boolean, not yet 0 or 1. */
  readonly isBoolean: boolean;
  /** Registers 0..7 only: R13 needs no thought. */
  readonly isLow: boolean;
}

export const asValue = (term: Term): Value => term as unknown as Value;
export const asTerm = (value: Value): Term => value as unknown as Term;

/** What builders of JavaScript have in common: names for values, arithmetic, conditions, calls of helpers. */
export abstract class JavaScriptEmitter<Row extends AnyInstruction> implements CommonBuilder {
  private readonly lines: string[] = [];
  private temporaries = 0;
  private indent = '  ';
  private returned = false;

  /** @param pcWord index of the state word in which helpers find the address of the instruction */
  constructor(protected readonly row: Row, private readonly pcWord: number, private readonly helpers: HelperTraits) {}

  /** Runs the row's meaning against this builder. */
  protected abstract operate(operands: Record<string, Value>, choices: Record<string, number>): void;
  /** What is added to the address of an instruction to get the next one's. */
  protected abstract readonly length: number;

  /** The text of one variant: operands, operation, and the fall-through to the next instruction. */
  emit(choices: Record<string, number>): string {
    const { row } = this;
    const operands: Record<string, Value> = {};
    Object.entries(row.operands ?? {}).forEach(([name, decode], index) => {
      const isLow = typeof decode === 'string' && row.fieldBits[decode]?.length === 3;
      operands[name] = this.operand(name, index, isLow);
    });
    this.operate(operands, choices);
    if (!this.returned) this.line(`return (pc + ${this.length}) | 0;`);
    return this.lines.join('\n');
  }

  /** Operand `index` of the decoded slot, read once. */
  private operand(name: string, index: number, isLow: boolean): Value {
    return asValue({ code: this.declare(name, `o[i${index ? ` + ${index}` : ''}]`), isBoolean: false, isLow });
  }

  /** A name for the value of an expression, evaluated here. */
  private declare(name: string, expression: string): string {
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  protected line(text: string): void {
    this.lines.push(this.indent + text);
  }

  protected code(value: Value): string {
    if (typeof value === 'number') return `${value | 0}`;
    const { code, isBoolean } = asTerm(value);
    return isBoolean ? `(${code} ? 1 : 0)` : code;
  }

  protected truth(value: Value): string {
    if (typeof value === 'number') return value ? 'true' : 'false';
    const { code, isBoolean } = asTerm(value);
    return isBoolean ? code : `${code} !== 0`;
  }

  protected let(expression: string, isBoolean = false): Value {
    return asValue({ code: this.declare(`t${this.temporaries++}`, expression), isBoolean, isLow: false });
  }

  protected binary(x: Value, y: Value, fold: (a: number, b: number) => number, emit: (a: string, b: string) => string): Value {
    if (typeof x === 'number' && typeof y === 'number') return fold(x | 0, y | 0) | 0;
    return this.let(emit(this.code(x), this.code(y)));
  }
  protected compare(x: Value, y: Value, fold: (a: number, b: number) => boolean, emit: (a: string, b: string) => string): Value {
    if (typeof x === 'number' && typeof y === 'number') return fold(x | 0, y | 0) ? 1 : 0;
    return this.let(emit(this.code(x), this.code(y)), true);
  }

  protected stateWord(index: number, n?: Value): string {
    if (n === undefined) return `W[${index}]`;
    if (typeof n === 'number') return `W[${index + n}]`;
    return index === 0 ? `W[${this.code(n)}]` : `W[${index} + ${this.code(n)}]`;
  }

  add(x: Value, y: Value): Value { return this.binary(x, y, (a, b) => a + b, (a, b) => `(${a} + ${b}) | 0`); }
  sub(x: Value, y: Value): Value { return this.binary(x, y, (a, b) => a - b, (a, b) => `(${a} - ${b}) | 0`); }
  mul(x: Value, y: Value): Value { return this.binary(x, y, Math.imul, (a, b) => `Math.imul(${a}, ${b})`); }
  and(x: Value, y: Value): Value { return this.binary(x, y, (a, b) => a & b, (a, b) => `${a} & ${b}`); }
  or(x: Value, y: Value): Value { return this.binary(x, y, (a, b) => a | b, (a, b) => `${a} | ${b}`); }
  xor(x: Value, y: Value): Value { return this.binary(x, y, (a, b) => a ^ b, (a, b) => `${a} ^ ${b}`); }
  not(x: Value): Value { return typeof x === 'number' ? ~x : this.let(`~${this.code(x)}`); }
  shl(x: Value, n: Value): Value { return this.binary(x, n, (a, b) => a << b, (a, b) => `${a} << ${b}`); }
  shrU(x: Value, n: Value): Value { return this.binary(x, n, (a, b) => a >>> b, (a, b) => (Number(b) >= 1 ? `${a} >>> ${b}` : `(${a} >>> ${b}) | 0`)); }
  shrS(x: Value, n: Value): Value { return this.binary(x, n, (a, b) => a >> b, (a, b) => `${a} >> ${b}`); }
  ror(x: Value, n: Value): Value {
    return this.binary(x, n, (a, b) => (a >>> (b & 31)) | (a << (-b & 31)), (a, b) => `(${a} >>> (${b} & 31)) | (${a} << (-${b} & 31))`);
  }
  clz(x: Value): Value { return this.binary(x, 0, (a) => Math.clz32(a), (a) => `Math.clz32(${a})`); }
  signExtend8(x: Value): Value { return this.shrS(this.shl(x, 24), 24); }
  signExtend16(x: Value): Value { return this.shrS(this.shl(x, 16), 16); }
  mulHighS(x: Value, y: Value): Value { return this.let(`mulHighS(${this.code(x)}, ${this.code(y)})`); }
  mulHighU(x: Value, y: Value): Value { return this.let(`mulHighU(${this.code(x)}, ${this.code(y)})`); }

  eq(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a === b, (a, b) => `${a} === ${b}`); }
  ne(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a !== b, (a, b) => `${a} !== ${b}`); }
  ltS(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a < b, (a, b) => `${a} < ${b}`); }
  leS(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a <= b, (a, b) => `${a} <= ${b}`); }
  ltU(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a >>> 0 < b >>> 0, (a, b) => `(${a} >>> 0) < (${b} >>> 0)`); }
  geU(x: Value, y: Value): Value { return this.compare(x, y, (a, b) => a >>> 0 >= b >>> 0, (a, b) => `(${a} >>> 0) >= (${b} >>> 0)`); }
  select(condition: Value, whenTrue: Value, whenFalse: Value): Value {
    if (typeof condition === 'number') return condition ? whenTrue : whenFalse;
    return this.let(`${this.truth(condition)} ? ${this.code(whenTrue)} : ${this.code(whenFalse)}`);
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.line(`if (${this.truth(condition)}) {`);
    this.block(then);
    if (otherwise) {
      this.line('} else {');
      this.block(otherwise);
    }
    this.line('}');
  }
  /** A branch inside a block leaves the other path open. */
  private block(body: () => void): void {
    this.indent += '  ';
    body();
    this.returned = false;
    this.indent = this.indent.slice(2);
  }

  protected leave(statement: string): void {
    this.line(statement);
    this.returned = true;
  }

  call(helper: string, ...args: Value[]): Value {
    this.exposePC(helper);
    return this.let(`${helper}(${args.map((a) => this.code(a)).join(', ')})`);
  }
  do(helper: string, ...args: Value[]): void {
    const guard = this.helpers.guards[helper];
    const call = (): void => {
      this.exposePC(helper);
      this.line(`${helper}(${args.map((a) => this.code(a)).join(', ')});`);
    };
    if (guard === undefined) call();
    else this.if(asValue({ code: `${this.stateWord(guard)} !== 0`, isBoolean: true, isLow: false }), call);
  }
  /** Helpers that may fault, warn or take an exception see the instruction's address in the PC word. */
  private exposePC(helper: string): void {
    if (!this.helpers.pure.has(helper)) this.line(`${this.stateWord(this.pcWord)} = pc;`);
  }
}

/** A row with its choices made: what one function or case is generated from. */
export interface Variant<Row extends AnyInstruction = AnyInstruction> {
  readonly row: Row;
  readonly choices: Record<string, number>;
  /** `S=1 kind=0` */
  readonly choiceText: string;
  /** Counted over all rows, from 1. */
  readonly number: number;
}

export function* variantsOf<Row extends AnyInstruction>(rows: readonly Row[]): Generator<Variant<Row>> {
  let number = 1;
  for (const row of rows) {
    for (let index = 0; index < variantCount(row); index++) {
      const choices = choicesOfVariant(row, index);
      const choiceText = Object.entries(choices).map(([key, value]) => `${key}=${value}`).join(' ');
      yield { row, choices, choiceText, number: number++ };
    }
  }
}

export const labelOf = ({ row, choiceText }: Variant): string => (choiceText ? `${row.name}, ${choiceText}` : row.name);

/**
 * Text of the handler functions of all variants, and their names in variant order.
 * @param builderOf makes the builder of one variant of a row
 */
export function emitHandlers<Row extends AnyInstruction>(rows: readonly Row[], builderOf: (row: Row) => JavaScriptEmitter<Row>): { text: string; names: string[] } {
  const functions: string[] = [];
  const names: string[] = [];
  for (const variant of variantsOf(rows)) {
    const { row, choices, number } = variant;
    const body = builderOf(row).emit(choices);
    functions.push(`function v${number}(o: Int32Array, i: number, pc: number): number { // ${labelOf(variant)}\n${body}\n}`);
    names.push(`v${number}`);
  }
  return { text: functions.join('\n'), names };
}
