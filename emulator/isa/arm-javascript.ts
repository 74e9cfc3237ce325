/** Emits the handlers of the Arm M profile. */
import type { AccessSize, Builder, FlagName, Value } from './builder.js';
import type { Instruction } from './instruction.js';
import { asTerm, asValue, JavaScriptEmitter, type HelperTraits } from './javascript.js';

/** Indices of the core's state words that the emitted text uses. */
export interface StateWords {
  readonly R0: number; readonly PC: number; readonly N: number; readonly Z: number; readonly C: number; readonly V: number;
  readonly Q: number; readonly GE: number; readonly ITSTATE: number; readonly CYCLES: number; readonly LIMIT: number; readonly S0: number;
}

export class ArmJavaScript extends JavaScriptEmitter<Instruction> implements Builder {
  protected readonly length: number;

  constructor(row: Instruction, private readonly words: StateWords, helpers: HelperTraits) {
    super(row, words.PC, helpers);
    this.length = row.bits / 8;
  }

  protected operate(operands: Record<string, Value>, choices: Record<string, number>): void {
    this.row.operation(this, operands, choices);
  }

  reg(n: Value): Value { return this.let(this.stateWord(this.words.R0, n)); }
  regOrPC(n: Value): Value {
    if (typeof n === 'number') return n === 15 ? this.pc() : this.reg(n);
    return this.let(`${this.code(n)} === 15 ? (pc + 4) | 0 : ${this.stateWord(this.words.R0, n)}`);
  }
  setReg(n: Value, value: Value): void {
    const text = this.code(value);
    if (typeof n === 'number') this.line(`${this.stateWord(this.words.R0, n)} = ${n === 13 ? `${text} & -4` : text};`);
    else if (asTerm(n).isLow) this.line(`${this.stateWord(this.words.R0, n)} = ${text};`);
    else this.line(`${this.stateWord(this.words.R0, n)} = ${text} & (${this.code(n)} === 13 ? -4 : -1);`);
  }
  pc(): Value { return this.let('(pc + 4) | 0'); }

  flag(name: FlagName): Value {
    if (name === 'N') return this.let(`${this.stateWord(this.words.N)} < 0`, true);
    if (name === 'Z') return this.let(`${this.stateWord(this.words.Z)} === 0`, true);
    return this.let(this.stateWord(this.words[name]));
  }
  setNZ(result: Value): void { this.line(`${this.stateWord(this.words.N)} = ${this.stateWord(this.words.Z)} = ${this.code(result)};`); }
  setC(carry: Value): void { this.line(`${this.stateWord(this.words.C)} = ${this.code(carry)};`); }
  setV(overflow: Value): void { this.line(`${this.stateWord(this.words.V)} = ${this.code(overflow)};`); }
  setQ(condition: Value): void { this.line(`if (${this.truth(condition)}) ${this.stateWord(this.words.Q)} = 1;`); }
  ge(): Value { return this.let(this.stateWord(this.words.GE)); }
  setGE(bits: Value): void { this.line(`${this.stateWord(this.words.GE)} = ${this.code(bits)} & 15;`); }


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
    this.line(`${this.stateWord(this.words.CYCLES)} += refill;`);
    this.leave(`return ${this.code(target)} & -2;`);
  }
  branchExchange(target: Value): void { this.leave(`return branchExchange(${this.code(target)}, pc);`); }
  branchLinkExchange(target: Value): void { this.leave(`return branchLinkExchange(${this.code(target)});`); }
  startIT(itstate: Value): void {
    this.line(`${this.stateWord(this.words.ITSTATE)} = ${this.code(itstate)};`);
    this.leave(`return runIT((pc + ${this.row.bits / 8}) | 0);`);
  }
  condition(code: number): Value {
    const { N, Z, C, V } = this.words;
    const zero = `W[${Z}] === 0`;
    const less = `(W[${N}] < 0) !== (W[${V}] !== 0)`;
    const tests = [zero, `W[${C}] !== 0`, `W[${N}] < 0`, `W[${V}] !== 0`, `W[${C}] !== 0 && W[${Z}] !== 0`, `!(${less})`, `W[${Z}] !== 0 && !(${less})`, 'true'];
    const test = tests[code >> 1];
    return asValue({ code: code & 1 && code < 14 ? `!(${test})` : test, isBoolean: true, isLow: false });
  }

  sreg(n: Value): Value { return this.let(this.stateWord(this.words.S0, n)); }
  setSreg(n: Value, value: Value): void { this.line(`${this.stateWord(this.words.S0, n)} = ${this.code(value)};`); }
}
