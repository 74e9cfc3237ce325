/**
 * The backend that emits JavaScript: one function per variant of each row, for the interpreter.
 *
 * A handler is called as `(o, i, pc)`: operands of the decoded slot are `o[i]..o[i+3]`, `pc` is the address of the
 * instruction; it returns the address of the next one. Names free in the text (`W`, `ld32`, `branchExchange`, ...) are
 * bound by the module that the generator wraps around (see scripts/generate.ts).
 */
import type { AccessSize, Builder, FlagName, Value } from './builder.js';
import { choicesOfVariant, variantCount } from './decoder.js';
import type { Instruction } from './instruction.js';

/** What the emitter knows of helpers beyond their names. */
export interface HelperTraits {
  /** They work on registers only: they neither fault nor need the address of the instruction or the cycle counter. */
  readonly pure: ReadonlySet<string>;
  /** They are called only while a state word is not 0. */
  readonly guards: Readonly<Record<string, number>>;
}

/** Indices of the core's state words that the emitted text uses. */
export interface StateWords {
  readonly R0: number; readonly PC: number; readonly N: number; readonly Z: number; readonly C: number; readonly V: number;
  readonly Q: number; readonly GE: number; readonly ITSTATE: number; readonly CYCLES: number; readonly LIMIT: number; readonly S0: number;
}

interface Term {
  readonly code: string;
  /** A JavaScript boolean, not yet 0 or 1. */
  readonly isBoolean: boolean;
  /** Registers 0..7 only: R13 needs no thought. */
  readonly isLow: boolean;
}

const asValue = (term: Term): Value => term as unknown as Value;
const asTerm = (value: Value): Term => value as unknown as Term;

export class JavaScriptBuilder implements Builder {
  private readonly lines: string[] = [];
  private temporaries = 0;
  private indent = '  ';
  private returned = false;

  constructor(private readonly row: Instruction, private readonly words: StateWords, private readonly helpers: HelperTraits) {}

  /** The text of one variant: operands, operation, and the fall-through to the next instruction. */
  emit(choices: Record<string, number>): string {
    const { row } = this;
    const operands: Record<string, Value> = {};
    Object.entries(row.operands ?? {}).forEach(([name, decode], index) => {
      const isLow = typeof decode === 'string' && row.fieldBits[decode].length === 3;
      operands[name] = this.operand(name, index, isLow);
    });
    row.operation(this, operands, choices);
    if (!this.returned) this.fallThrough(row.bits / 8);
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

  private fallThrough(bytes: number): void {
    this.line(`return (pc + ${bytes}) | 0;`);
  }

  private line(text: string): void {
    this.lines.push(this.indent + text);
  }

  private code(value: Value): string {
    if (typeof value === 'number') return `${value | 0}`;
    const { code, isBoolean } = asTerm(value);
    return isBoolean ? `(${code} ? 1 : 0)` : code;
  }

  private truth(value: Value): string {
    if (typeof value === 'number') return value ? 'true' : 'false';
    const { code, isBoolean } = asTerm(value);
    return isBoolean ? code : `${code} !== 0`;
  }

  private let(expression: string, isBoolean = false): Value {
    return asValue({ code: this.declare(`t${this.temporaries++}`, expression), isBoolean, isLow: false });
  }

  private binary(x: Value, y: Value, fold: (a: number, b: number) => number, emit: (a: string, b: string) => string): Value {
    if (typeof x === 'number' && typeof y === 'number') return fold(x | 0, y | 0) | 0;
    return this.let(emit(this.code(x), this.code(y)));
  }
  private compare(x: Value, y: Value, fold: (a: number, b: number) => boolean, emit: (a: string, b: string) => string): Value {
    if (typeof x === 'number' && typeof y === 'number') return fold(x | 0, y | 0) ? 1 : 0;
    return this.let(emit(this.code(x), this.code(y)), true);
  }

  private word(index: number, n?: Value): string {
    if (n === undefined) return `W[${index}]`;
    if (typeof n === 'number') return `W[${index + n}]`;
    return index === 0 ? `W[${this.code(n)}]` : `W[${index} + ${this.code(n)}]`;
  }

  reg(n: Value): Value { return this.let(this.word(this.words.R0, n)); }
  regOrPC(n: Value): Value {
    if (typeof n === 'number') return n === 15 ? this.pc() : this.reg(n);
    return this.let(`${this.code(n)} === 15 ? (pc + 4) | 0 : ${this.word(this.words.R0, n)}`);
  }
  setReg(n: Value, value: Value): void {
    const text = this.code(value);
    if (typeof n === 'number') this.line(`${this.word(this.words.R0, n)} = ${n === 13 ? `${text} & -4` : text};`);
    else if (asTerm(n).isLow) this.line(`${this.word(this.words.R0, n)} = ${text};`);
    else this.line(`${this.word(this.words.R0, n)} = ${text} & (${this.code(n)} === 13 ? -4 : -1);`);
  }
  pc(): Value { return this.let('(pc + 4) | 0'); }

  flag(name: FlagName): Value {
    if (name === 'N') return this.let(`${this.word(this.words.N)} < 0`, true);
    if (name === 'Z') return this.let(`${this.word(this.words.Z)} === 0`, true);
    return this.let(this.word(this.words[name]));
  }
  setNZ(result: Value): void { this.line(`${this.word(this.words.N)} = ${this.word(this.words.Z)} = ${this.code(result)};`); }
  setC(carry: Value): void { this.line(`${this.word(this.words.C)} = ${this.code(carry)};`); }
  setV(overflow: Value): void { this.line(`${this.word(this.words.V)} = ${this.code(overflow)};`); }
  setQ(condition: Value): void { this.line(`if (${this.truth(condition)}) ${this.word(this.words.Q)} = 1;`); }
  ge(): Value { return this.let(this.word(this.words.GE)); }
  setGE(bits: Value): void { this.line(`${this.word(this.words.GE)} = ${this.code(bits)} & 15;`); }

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

  load(size: AccessSize, address: Value, alignment?: 'checked'): Value {
    return this.let(`load${size * 8}${alignment && size > 1 ? 'Checked' : ''}(${this.code(address)}, pc)`);
  }
  loadSigned(size: 1 | 2, address: Value): Value {
    return size === 1 ? this.signExtend8(this.load(1, address)) : this.signExtend16(this.load(2, address));
  }
  store(size: AccessSize, address: Value, value: Value, alignment?: 'checked'): void {
    this.line(`store${size * 8}${alignment && size > 1 ? 'Checked' : ''}(${this.code(address)}, ${this.code(value)}, pc);`);
  }
  loadMultiple(list: Value, address: Value): Value { return this.let(`loadMultiple(${this.code(list)}, ${this.code(address)}, pc)`); }
  storeMultiple(list: Value, address: Value): void { this.line(`storeMultiple(${this.code(list)}, ${this.code(address)}, pc);`); }

  branch(target: Value): void {
    this.line(`${this.word(this.words.CYCLES)} += refill;`);
    this.leave(`return ${this.code(target)} & -2;`);
  }
  branchExchange(target: Value): void { this.leave(`return branchExchange(${this.code(target)}, pc);`); }
  branchLinkExchange(target: Value): void { this.leave(`return branchLinkExchange(${this.code(target)});`); }
  startIT(itstate: Value): void {
    this.line(`${this.word(this.words.ITSTATE)} = ${this.code(itstate)};`);
    this.leave(`return runIT((pc + ${this.row.bits / 8}) | 0);`);
  }
  private leave(statement: string): void {
    this.line(statement);
    this.returned = true;
  }

  condition(code: number): Value {
    const { N, Z, C, V } = this.words;
    const zero = `W[${Z}] === 0`;
    const less = `(W[${N}] < 0) !== (W[${V}] !== 0)`;
    const tests = [zero, `W[${C}] !== 0`, `W[${N}] < 0`, `W[${V}] !== 0`, `W[${C}] !== 0 && W[${Z}] !== 0`, `!(${less})`, `W[${Z}] !== 0 && !(${less})`, 'true'];
    const test = tests[code >> 1];
    return asValue({ code: code & 1 && code < 14 ? `!(${test})` : test, isBoolean: true, isLow: false });
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
    else this.if(asValue({ code: `${this.word(guard)} !== 0`, isBoolean: true, isLow: false }), call);
  }
  /** Helpers that may fault, warn or take an exception see the instruction's address in the PC word. */
  private exposePC(helper: string): void {
    if (!this.helpers.pure.has(helper)) this.line(`${this.word(this.words.PC)} = pc;`);
  }

  sreg(n: Value): Value { return this.let(this.word(this.words.S0, n)); }
  setSreg(n: Value, value: Value): void { this.line(`${this.word(this.words.S0, n)} = ${this.code(value)};`); }
}

/** A row with its choices made: what one function or case is generated from. */
export interface Variant {
  readonly row: Instruction;
  readonly choices: Record<string, number>;
  /** `S=1 kind=0` */
  readonly choiceText: string;
  /** Counted over all rows, from 1. */
  readonly number: number;
}

export function* variantsOf(rows: readonly Instruction[]): Generator<Variant> {
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

/** Text of the handler functions of all variants, and their names in variant order. */
export function emitHandlers(rows: readonly Instruction[], words: StateWords, helpers: HelperTraits): { text: string; names: string[] } {
  const functions: string[] = [];
  const names: string[] = [];
  for (const variant of variantsOf(rows)) {
    const { row, choices, number } = variant;
    const body = new JavaScriptBuilder(row, words, helpers).emit(choices);
    functions.push(`function v${number}(o: Int32Array, i: number, pc: number): number { // ${labelOf(variant)}\n${body}\n}`);
    names.push(`v${number}`);
  }
  return { text: functions.join('\n'), names };
}
