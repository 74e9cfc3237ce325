/** Emits the handlers of the AVR: `pc` counts words. */
import type { AvrBuilder, AvrFlag } from './avr-builder.js';
import type { Value } from './builder.js';
import type { Instruction } from './instruction.js';
import { asValue, JavaScriptEmitter, type HelperTraits } from './javascript.js';

/** Indices of the core's state words that the emitted text uses. */
export interface AvrStateWords {
  readonly R0: number; readonly PC: number; readonly SP: number; readonly RAMPZ: number; readonly EIND: number; readonly CYCLES: number;
  readonly C: number; readonly Z: number; readonly N: number; readonly V: number; readonly S: number; readonly H: number; readonly T: number; readonly I: number;
}

export class AvrJavaScript extends JavaScriptEmitter<Instruction<AvrBuilder>> implements AvrBuilder {
  protected readonly length: number;

  constructor(row: Instruction<AvrBuilder>, private readonly words: AvrStateWords, helpers: HelperTraits) {
    super(row, words.PC, helpers);
    this.length = row.bits / 16;
  }

  protected operate(operands: Record<string, Value>, choices: Record<string, number>): void {
    this.row.operation(this, operands, choices);
  }

  private set(word: number, value: Value): void {
    this.line(`${this.stateWord(word)} = ${this.code(value)};`);
  }

  reg(n: Value): Value { return this.let(this.stateWord(this.words.R0, n)); }
  setReg(n: Value, value: Value): void { this.line(`${this.stateWord(this.words.R0, n)} = ${this.code(value)};`); }
  sp(): Value { return this.let(this.stateWord(this.words.SP)); }
  setSp(value: Value): void { this.set(this.words.SP, value); }
  rampz(): Value { return this.let(this.stateWord(this.words.RAMPZ)); }
  setRampz(value: Value): void { this.set(this.words.RAMPZ, value); }
  eind(): Value { return this.let(this.stateWord(this.words.EIND)); }

  flag(name: AvrFlag): Value {
    const word = this.stateWord(this.words[name]);
    if (name === 'C' || name === 'T' || name === 'I') return this.let(word);
    const test = name === 'Z' ? `${word} === 0` : `(${word} & ${name === 'H' ? 0x10 : 0x80}) !== 0`;
    return asValue({ code: test, isBoolean: true, isLow: false });
  }
  zWord(): Value { return this.let(this.stateWord(this.words.Z)); }
  setC(bit: Value): void { this.set(this.words.C, bit); }
  setZ(word: Value): void { this.set(this.words.Z, word); }
  setN(word: Value): void { this.set(this.words.N, word); }
  setV(word: Value): void { this.set(this.words.V, word); }
  setS(word: Value): void { this.set(this.words.S, word); }
  setH(word: Value): void { this.set(this.words.H, word); }
  setT(bit: Value): void { this.set(this.words.T, bit); }
  clearI(): void { this.set(this.words.I, 0); }
  sreg(): Value { return this.let('readSREG()'); }
  setSreg(value: Value): void { this.line(`writeSREG(${this.code(value)});`); }

  load(address: Value): Value { return this.let(`load(${this.code(address)}, pc)`); }
  store(address: Value, value: Value): void { this.line(`store(${this.code(address)}, ${this.code(value)}, pc);`); }
  loadIO(address: Value): Value { return this.let(`loadIO(${this.code(address)}, pc)`); }
  storeIO(address: Value, value: Value): void { this.line(`storeIO(${this.code(address)}, ${this.code(value)}, pc);`); }
  storeIOBits(address: Value, mask: Value, level: 0 | 1): void { this.line(`storeIOBits(${this.code(address)}, ${this.code(mask)}, ${level}, pc);`); }
  loadProgram(address: Value): Value { return this.let(`loadProgram(${this.code(address)}, pc)`); }

  nextPC(): Value { return this.let(`(pc + ${this.length}) & pcMask`); }
  branch(target: Value, extraCycles: Value = 0): void {
    if (extraCycles !== 0) this.line(`${this.stateWord(this.words.CYCLES)} += ${this.code(extraCycles)};`);
    this.leave(`return ${this.code(target)};`);
  }
  branchIndirect(target: Value): void { this.leave(`return ${this.code(target)} & pcMask;`); }
}
