/** The smallest core that can execute the floating-point rows: registers, a memory, and a builder that evaluates. */
import type { Builder, Value } from '../../../../emulator/isa/builder.js';
import { decodeOperand, fieldsOf, matches, type Instruction } from '../../../../emulator/isa/instruction.js';
import { makeFloatHelpers } from '../../../../emulator/cores/cortex-m/float-helpers.js';
import { FLOATING_POINT } from '../../../../emulator/cores/cortex-m/rows/floating-point.js';
import { Word } from '../../../../emulator/cores/cortex-m/state.js';

export const MEMORY_BYTES = 4096;

/** The rows of FLOATING_POINT that describe an opcode. */
export const rowsOf = (opcode: number): Instruction[] => FLOATING_POINT.filter((row) => matches(row, opcode));

/** The one row of an opcode. @throws Error when there is none or more than one */
export function rowOf(opcode: number): Instruction {
  const rows = rowsOf(opcode);
  if (rows.length !== 1) throw new Error(`${(opcode >>> 0).toString(16)}: rows ${rows.map((row) => row.name).join(', ') || '(none)'}`);
  return rows[0];
}

export class FloatMachine {
  readonly words = new Int32Array(256);
  readonly memory = new Int32Array(MEMORY_BYTES / 4);
  /** Told the name of each helper before it is called. */
  onHelper: ((name: string) => void) | undefined;
  private readonly helpers: Record<string, (...args: number[]) => number | void>;
  private readonly builder: Builder;
  private address = 0;

  constructor() {
    this.helpers = {
      ...makeFloatHelpers(this.words, { load32: (a) => this.load(a), store32: (a, v) => this.store(a, v) }),
      ExecuteFPCheck: () => {},
    };
    this.builder = this.makeBuilder();
  }

  s(n: number): number { return this.words[Word.S0 + n]; }
  setS(n: number, bits: number): void { this.words[Word.S0 + n] = bits; }

  /** FPSCR, and from it APSR's NZCV as VMRS APSR_nzcv makes them. */
  setFlags(fpscr: number): void {
    this.words[Word.FPSCR] = fpscr;
    this.helpers.FPSCRToAPSR();
  }

  /** A function that executes one opcode at `address`. */
  prepare(opcode: number, address = 0): () => void {
    const row = rowOf(opcode);
    const fields = fieldsOf(row, opcode);
    const operands = Object.fromEntries(Object.entries(row.operands ?? {}).map(([name, how]) => [name, decodeOperand(how, fields, address)]));
    return () => {
      this.address = address;
      row.operation(this.builder, operands, {});
    };
  }

  private slot(address: number): number {
    if ((address & 3) !== 0) throw new Error(`unaligned access at ${address}`);
    if (address < 0 || address >= MEMORY_BYTES) throw new Error(`no memory at ${address}`);
    return address >> 2;
  }
  private load(address: number): number { return this.memory[this.slot(address)]; }
  private store(address: number, value: number): void { this.memory[this.slot(address)] = value; }

  private call(helper: string, args: Value[]): number {
    const f = this.helpers[helper];
    if (!f) throw new Error(`no helper is called ${helper}`);
    this.onHelper?.(helper);
    return (f(...(args as number[])) as number) | 0;
  }

  private conditionHolds(code: number): boolean {
    const { words } = this;
    const N = words[Word.N] < 0;
    const Z = words[Word.Z] === 0;
    const V = words[Word.V] === 1;
    const holds: Record<number, boolean> = { 0: Z, 6: V, 10: N === V, 12: !Z && N === V };
    const result = holds[code];
    if (result === undefined) throw new Error(`condition ${code} does not occur in these rows`);
    return result;
  }

  private makeBuilder(): Builder {
    const n = (value: Value): number => value as number;
    const { words } = this;
    const used: Partial<Builder> = {
      reg: (r) => {
        if (n(r) === 15) throw new Error('reg(15)');
        return words[n(r)];
      },
      setReg: (r, value) => {
        if (n(r) > 14) throw new Error(`setReg(${n(r)})`);
        words[n(r)] = n(r) === 13 ? n(value) & ~3 : n(value);
      },
      pc: () => this.address + 4,
      add: (x, y) => (n(x) + n(y)) | 0,
      sub: (x, y) => (n(x) - n(y)) | 0,
      and: (x, y) => n(x) & n(y),
      or: (x, y) => n(x) | n(y),
      xor: (x, y) => n(x) ^ n(y),
      shl: (x, by) => n(x) << n(by),
      shrU: (x, by) => (n(x) >>> n(by)) | 0,
      select: (condition, yes, no) => (n(condition) !== 0 ? n(yes) : n(no)),
      condition: (code) => (this.conditionHolds(code) ? 1 : 0),
      load: (size, address, alignment) => {
        if (size !== 4 || alignment !== 'checked') throw new Error('floating-point accesses are checked words');
        return this.load(n(address));
      },
      store: (size, address, value, alignment) => {
        if (size !== 4 || alignment !== 'checked') throw new Error('floating-point accesses are checked words');
        this.store(n(address), n(value));
      },
      call: (helper, ...args) => this.call(helper, args),
      do: (helper, ...args) => { this.call(helper, args); },
      sreg: (r) => words[Word.S0 + n(r)],
      setSreg: (r, value) => { words[Word.S0 + n(r)] = n(value); },
    };
    return used as Builder;
  }
}
