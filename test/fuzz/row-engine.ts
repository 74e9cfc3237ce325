/**
 * An engine that evaluates rows one by one, straight from the table: no decoder, no generated code. It tells a wrong
 * row from a wrong engine, and lets rows be tested before any engine knows them.
 */
import type { AccessSize, Builder, FlagName, Value } from '../../emulator/isa/builder.js';
import { decodeOperand, type Instruction } from '../../emulator/isa/instruction.js';
import { STATE_BYTES, Word } from '../../emulator/cores/cortex-m/state.js';
import {
  CODE_BASE, CODE_BYTES, emptyState, RAM_BASE, RAM_BYTES, type CaseResult, type CoreState, type StopReason, type TestCase,
} from './case.js';
import { MOST_INSTRUCTIONS, type EngineUnderTest } from './engine.js';
import { FPSCR_FROM_FPDSCR } from './rules.js';
import { rowFields } from './sequence.js';

/** Ends the case. */
class Stop {
  constructor(readonly reason: StopReason, readonly faultAddress = 0) {}
}

type Helper = (...args: number[]) => number | void;
export type HelperTable = Readonly<Record<string, Helper>>;

/** Word accesses for helpers that load and store on their own. */
export interface HelperMemory {
  load32(address: number): number;
  store32(address: number, value: number): void;
}

const CONTROL_FPCA = 4;

/** The operations on plain numbers, and the registers and memories they work on. */
class Evaluator {
  readonly words = new Int32Array(STATE_BYTES / 4);
  readonly code = new DataView(new ArrayBuffer(CODE_BYTES));
  ram = new DataView(new ArrayBuffer(RAM_BYTES));
  isV6M = false;
  address = 0;
  branched = false;
  helpers: HelperTable = {};

  load(size: AccessSize, at: number, isChecked: boolean): number {
    const view = this.view(size, at, isChecked, false);
    const offset = this.offset;
    return size === 4 ? view.getInt32(offset, true) : size === 2 ? view.getUint16(offset, true) : view.getUint8(offset);
  }

  store(size: AccessSize, at: number, value: number, isChecked: boolean): void {
    const view = this.view(size, at, isChecked, true);
    if (size === 4) view.setInt32(this.offset, value, true);
    else if (size === 2) view.setInt16(this.offset, value, true);
    else view.setInt8(this.offset, value);
  }

  /** Set by `view`. */
  private offset = 0;

  private view(size: AccessSize, at: number, isChecked: boolean, isStore: boolean): DataView {
    const address = at >>> 0;
    if ((isChecked || this.isV6M) && address & (size - 1)) throw new Stop('unaligned access', address);
    const inRam = address - RAM_BASE;
    if (inRam >= 0 && inRam <= RAM_BYTES - size) {
      this.offset = inRam;
      return this.ram;
    }
    const inCode = address - CODE_BASE;
    if (isStore || inCode < 0 || inCode > CODE_BYTES - size) throw new Stop('memory fault', address);
    this.offset = inCode;
    return this.code;
  }
}

const n32 = (value: Value | undefined): number => (value as number) | 0;

/** Backs the abstract builder with an evaluator: every call takes effect at once. */
function builderOf(e: Evaluator): Builder {
  const w = e.words;
  const branchTo = (address: number): void => {
    w[Word.PC] = address & ~1;
    e.branched = true;
  };
  const exchange = (target: Value): void => {
    w[Word.T] = n32(target) & 1;
    branchTo(n32(target));
  };
  const highS = (x: number, y: number): number => Number(BigInt.asIntN(32, (BigInt(x) * BigInt(y)) >> 32n));
  const highU = (x: number, y: number): number => Number(BigInt.asIntN(32, (BigInt(x >>> 0) * BigInt(y >>> 0)) >> 32n));
  const flags: Record<FlagName, () => number> = {
    N: () => w[Word.N] >>> 31,
    Z: () => (w[Word.Z] === 0 ? 1 : 0),
    C: () => w[Word.C],
    V: () => w[Word.V],
    Q: () => w[Word.Q],
  };
  const reg = (n: Value): number => {
    if (n32(n) < 0 || n32(n) > 14) throw new Error(`reg(${n32(n)})`);
    return w[n32(n)];
  };
  const setReg = (n: Value, value: Value): void => {
    if (n32(n) < 0 || n32(n) > 14) throw new Error(`setReg(${n32(n)})`);
    w[n32(n)] = n32(n) === 13 ? n32(value) & ~3 : n32(value);
  };
  const claim = (condition: boolean): number => (condition ? 1 : 0);
  const call = (helper: string, ...args: Value[]): number => {
    const found = e.helpers[helper];
    if (found === undefined) throw new Error(`no helper ${helper}`);
    return n32(found(...args.map(n32)) as number | undefined);
  };
  return {
    reg,
    regOrPC: (n) => (n32(n) === 15 ? (e.address + 4) | 0 : reg(n)),
    setReg,
    pc: () => (e.address + 4) | 0,
    flag: (name) => flags[name](),
    setNZ: (result) => void (w[Word.N] = w[Word.Z] = n32(result)),
    setC: (carry) => void (w[Word.C] = n32(carry)),
    setV: (overflow) => void (w[Word.V] = n32(overflow)),
    setQ: (condition) => void (w[Word.Q] |= n32(condition)),
    ge: () => w[Word.GE],
    setGE: (bits) => void (w[Word.GE] = n32(bits) & 15),
    add: (x, y) => (n32(x) + n32(y)) | 0,
    sub: (x, y) => (n32(x) - n32(y)) | 0,
    mul: (x, y) => Math.imul(n32(x), n32(y)),
    and: (x, y) => n32(x) & n32(y),
    or: (x, y) => n32(x) | n32(y),
    xor: (x, y) => n32(x) ^ n32(y),
    not: (x) => ~n32(x),
    shl: (x, n) => n32(x) << n32(n),
    shrU: (x, n) => (n32(x) >>> n32(n)) | 0,
    shrS: (x, n) => n32(x) >> n32(n),
    ror: (x, n) => (n32(x) >>> (n32(n) & 31)) | (n32(n) & 31 ? n32(x) << (32 - (n32(n) & 31)) : 0),
    clz: (x) => Math.clz32(n32(x)),
    signExtend8: (x) => (n32(x) << 24) >> 24,
    signExtend16: (x) => (n32(x) << 16) >> 16,
    mulHighS: (x, y) => highS(n32(x), n32(y)),
    mulHighU: (x, y) => highU(n32(x), n32(y)),
    eq: (x, y) => claim(n32(x) === n32(y)),
    ne: (x, y) => claim(n32(x) !== n32(y)),
    ltS: (x, y) => claim(n32(x) < n32(y)),
    ltU: (x, y) => claim(n32(x) >>> 0 < n32(y) >>> 0),
    geU: (x, y) => claim(n32(x) >>> 0 >= n32(y) >>> 0),
    leS: (x, y) => claim(n32(x) <= n32(y)),
    select: (condition, whenTrue, whenFalse) => (n32(condition) !== 0 ? n32(whenTrue) : n32(whenFalse)),
    if: (condition, then, otherwise) => (n32(condition) !== 0 ? then() : otherwise?.()),
    load: (size, address, alignment) => e.load(size, n32(address), alignment === 'checked'),
    loadSigned: (size, address) => (e.load(size, n32(address), false) << (32 - 8 * size)) >> (32 - 8 * size),
    store: (size, address, value, alignment) => e.store(size, n32(address), n32(value), alignment === 'checked'),
    loadMultiple: (list, address) => loadMultiple(e, n32(list), n32(address), setReg),
    storeMultiple: (list, address) => {
      let at = n32(address);
      for (let n = 0; n < 15; n++) {
        if (!((n32(list) >> n) & 1)) continue;
        e.store(4, at, reg(n), true);
        at += 4;
      }
    },
    branch: (target) => branchTo(n32(target)),
    branchExchange: exchange,
    branchLinkExchange: exchange,
    startIT: (itstate) => void (w[Word.ITSTATE] = n32(itstate)),
    condition: (code) => claim(conditionHolds(code, flags)),
    call,
    do: (helper, ...args) => void call(helper, ...args),
    sreg: (n) => w[Word.S0 + n32(n)],
    setSreg: (n, value) => void (w[Word.S0 + n32(n)] = n32(value)),
  };
}

function loadMultiple(e: Evaluator, list: number, address: number, setReg: (n: number, value: number) => void): number {
  const loaded: [number, number][] = [];
  let at = address;
  for (let n = 0; n < 16; n++) {
    if (!((list >> n) & 1)) continue;
    loaded.push([n, e.load(4, at, true)]);
    at += 4;
  }
  let pc = 0;
  for (const [n, value] of loaded) {
    if (n === 15) pc = value;
    else setReg(n, value);
  }
  return pc;
}

/** ConditionPassed() (A7.3.1). */
function conditionHolds(code: number, flags: Record<FlagName, () => number>): boolean {
  const [N, Z, C, V] = [flags.N() === 1, flags.Z() === 1, flags.C() === 1, flags.V() === 1];
  const base = [Z, C, N, V, C && !Z, N === V, N === V && !Z, true][code >> 1];
  return code & 1 && code !== 15 ? !base : base;
}

/** The helpers of integer and system rows (B1.4, B5.2, A3.4, A7.7), in privileged or unprivileged Thread mode. */
function systemHelpers(e: Evaluator): HelperTable {
  const w = e.words;
  const isPrivileged = (): boolean => (w[Word.CONTROL] & 1) === 0;
  const stop = (reason: StopReason): Helper => () => { throw new Stop(reason); };
  const nothing: Helper = () => 0;
  return {
    SVC: stop('SVC'), BKPT: stop('BKPT'), UDF: stop('undefined instruction'),
    SEV: nothing, DSB: nothing, DMB: nothing, ISB: nothing,
    ExecuteFPCheck: () => {
      if ((w[Word.CONTROL] & CONTROL_FPCA) !== 0) return;
      w[Word.FPSCR] &= ~FPSCR_FROM_FPDSCR;
      w[Word.CONTROL] |= CONTROL_FPCA;
    },
    SDIV: (x = 0, y = 0) => (y === 0 ? 0 : (x / y) | 0),
    UDIV: (x = 0, y = 0) => (y === 0 ? 0 : ((x >>> 0) / (y >>> 0)) | 0),
    ReverseBits: (x = 0) => {
      let reversed = 0;
      for (let i = 0; i < 32; i++) reversed |= ((x >>> i) & 1) << (31 - i);
      return reversed;
    },
    SumOfAbsoluteDifferences8: (x = 0, y = 0) => {
      let sum = 0;
      for (let i = 0; i < 32; i += 8) sum += Math.abs(((x >>> i) & 255) - ((y >>> i) & 255));
      return sum;
    },
    SumOfThreeSettingQ: (p = 0, q = 0, a = 0) => settingQ(w, p + q + a),
    DifferenceAndSumSettingQ: (p = 0, q = 0, a = 0) => settingQ(w, p - q + a),
    LoadUnprivileged: (size, address) => e.load(size as AccessSize, address, false),
    StoreUnprivileged: (size, address, value) => e.store(size as AccessSize, address, value, false),
    SetExclusiveMonitors: (address) => {
      w[Word.EXCLUSIVE] = 1;
      w[Word.EXCLUSIVE_ADDRESS] = address!;
    },
    ExclusiveMonitorsPass: (address, size) => {
      if (address & (size - 1)) throw new Stop('unaligned access', address);
      const passes = w[Word.EXCLUSIVE] === 1 && w[Word.EXCLUSIVE_ADDRESS] === address;
      w[Word.EXCLUSIVE] = 0;
      return passes ? 1 : 0;
    },
    ClearExclusiveLocal: () => void (w[Word.EXCLUSIVE] = 0),
    CPS: (disable, I, F) => {
      if (!isPrivileged()) return;
      if (I) w[Word.PRIMASK] = disable!;
      if (F) w[Word.FAULTMASK] = disable!;
    },
    MRS: (SYSm) => readSpecial(w, SYSm, isPrivileged()),
    MSR: (SYSm, mask, value) => writeSpecial(e, SYSm, mask, value, isPrivileged()),
  };
}

/** An exact sum as 32 bits; Q when it does not fit. */
function settingQ(w: Int32Array, sum: number): number {
  if (sum !== (sum | 0)) w[Word.Q] = 1;
  return sum | 0;
}

function apsrOf(w: Int32Array): number {
  return ((w[Word.N] & 0x8000_0000) | (w[Word.Z] === 0 ? 0x4000_0000 : 0) | (w[Word.C] << 29) | (w[Word.V] << 28) | (w[Word.Q] << 27) | (w[Word.GE] << 16)) >>> 0;
}

function setApsr(w: Int32Array, value: number, mask: number): void {
  if (mask & 2) {
    w[Word.N] = value;
    w[Word.Z] = (value >>> 30) & 1 ? 0 : 1;
    w[Word.C] = (value >>> 29) & 1;
    w[Word.V] = (value >>> 28) & 1;
    w[Word.Q] = (value >>> 27) & 1;
  }
  if (mask & 1) w[Word.GE] = (value >>> 16) & 15;
}

const usesPSP = (w: Int32Array): boolean => (w[Word.CONTROL] & 2) !== 0;

function readSpecial(w: Int32Array, SYSm: number, isPrivileged: boolean): number {
  if (SYSm < 4) return apsrOf(w);
  if (SYSm < 8) return 0;
  if (SYSm === 20) return w[Word.CONTROL];
  if (!isPrivileged) return 0;
  const words: Record<number, number> = {
    8: usesPSP(w) ? Word.OTHER_SP : Word.SP, 9: usesPSP(w) ? Word.SP : Word.OTHER_SP,
    16: Word.PRIMASK, 17: Word.BASEPRI, 18: Word.BASEPRI, 19: Word.FAULTMASK,
  };
  return w[words[SYSm]];
}

function writeSpecial({ words: w, isV6M }: Evaluator, SYSm: number, mask: number, value: number, isPrivileged: boolean): void {
  if (SYSm < 4) setApsr(w, isV6M ? value & ~0x0800_0000 : value, mask);
  if (!isPrivileged || SYSm < 8) return;
  const basepri = value & 0xff;
  switch (SYSm) {
    case 8: w[usesPSP(w) ? Word.OTHER_SP : Word.SP] = value & ~3; break;
    case 9: w[usesPSP(w) ? Word.SP : Word.OTHER_SP] = value & ~3; break;
    case 16: w[Word.PRIMASK] = value & 1; break;
    case 17: w[Word.BASEPRI] = basepri; break;
    case 18: if (basepri !== 0 && (basepri < w[Word.BASEPRI] || w[Word.BASEPRI] === 0)) w[Word.BASEPRI] = basepri; break;
    case 19: w[Word.FAULTMASK] = value & 1; break;
    case 20: writeControl(w, value, isV6M); break;
  }
}

function writeControl(w: Int32Array, value: number, isV6M: boolean): void {
  if ((w[Word.CONTROL] ^ value) & 2) [w[Word.SP], w[Word.OTHER_SP]] = [w[Word.OTHER_SP], w[Word.SP]];
  w[Word.CONTROL] = value & (isV6M ? 2 : w[FPU_PRESENT] ? 7 : 3);
}

/** A word of the state area that the layout leaves free. */
const FPU_PRESENT = STATE_BYTES / 4 - 1;

export class RowEngine implements EngineUnderTest {
  readonly name = 'rows';
  private readonly evaluator = new Evaluator();
  private readonly builder = builderOf(this.evaluator);
  private readonly narrow: Instruction[];
  private readonly wide: Instruction[];

  /** @param moreHelpers helpers of the rows beyond those of integer and system rows */
  constructor(rows: readonly Instruction[], moreHelpers?: (words: Int32Array, memory: HelperMemory) => HelperTable) {
    const e = this.evaluator;
    this.narrow = rows.filter((row) => row.bits === 16);
    this.wide = rows.filter((row) => row.bits === 32);
    const memory: HelperMemory = {
      load32: (address) => e.load(4, address, true),
      store32: (address, value) => e.store(4, address, value, true),
    };
    e.helpers = { ...systemHelpers(e), ...moreHelpers?.(e.words, memory) };
  }

  run(test: TestCase): CaseResult {
    this.setUp(test);
    const { words: w, code } = this.evaluator;
    const end = test.codeAddress + test.sequenceBytes;
    let stop = new Stop('limit');
    try {
      for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
        const pc = w[Word.PC] >>> 0;
        if (w[Word.T] === 0) throw new Stop('invalid state');
        if (pc < test.codeAddress || pc >= end) throw new Stop('end');
        this.step(pc);
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      stop = error;
    } finally {
      new Uint8Array(code.buffer).fill(0, test.codeAddress - CODE_BASE, test.codeAddress - CODE_BASE + test.code.length);
    }
    return { reason: stop.reason, faultAddress: stop.faultAddress, state: this.state(), ram: new Uint32Array(this.evaluator.ram.buffer) };
  }

  private setUp(test: TestCase): void {
    const { state, core } = test;
    const e = this.evaluator;
    const w = e.words;
    w.fill(0);
    w.set(state.r, Word.R0);
    w[Word.PC] = test.codeAddress;
    w[Word.T] = 1;
    setApsr(w, state.apsr, 3);
    Object.assign(w, {
      [Word.PRIMASK]: state.primask, [Word.BASEPRI]: state.basepri, [Word.FAULTMASK]: state.faultmask,
      [Word.CONTROL]: state.control, [Word.OTHER_SP]: state.otherSp, [Word.FPSCR]: state.fpscr,
      [FPU_PRESENT]: core === 'cortex-m4' || core === 'cortex-m7' ? 1 : 0,
    });
    w.set(state.s, Word.S0);
    e.isV6M = core === 'cortex-m0' || core === 'cortex-m0plus';
    e.ram = new DataView(test.ram.slice().buffer);
    new Uint8Array(e.code.buffer).set(test.code, test.codeAddress - CODE_BASE);
  }

  private step(pc: number): void {
    const e = this.evaluator;
    const w = e.words;
    const first = e.code.getUint16(pc - CODE_BASE, true);
    const isWide = first >>> 11 >= 0b11101;
    const opcode = isWide ? ((first << 16) | e.code.getUint16(pc - CODE_BASE + 2, true)) >>> 0 : first;
    const it = w[Word.ITSTATE];
    const inIT = (it & 15) !== 0;
    const passes = this.builder.condition(inIT ? it >> 4 : 14);
    e.address = pc;
    e.branched = false;
    this.execute(opcode, isWide, inIT, passes === 1);
    if (inIT) w[Word.ITSTATE] = (it & 7) === 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f);
    if (!e.branched) w[Word.PC] = pc + (isWide ? 4 : 2);
  }

  private execute(opcode: number, isWide: boolean, inIT: boolean, passes: boolean): void {
    for (const row of isWide ? this.wide : this.narrow) {
      if ((opcode & row.mask) >>> 0 !== row.value) continue;
      const fields = rowFields(row, opcode, inIT ? 1 : 0);
      if (row.when !== undefined && !row.when(fields)) continue;
      if (!passes && !row.isUnconditional) return;
      const operands: Record<string, number> = {};
      for (const [name, decode] of Object.entries(row.operands ?? {})) operands[name] = decodeOperand(decode, fields, this.evaluator.address);
      const choices: Record<string, number> = {};
      for (const [name, choice] of Object.entries(row.choices ?? {})) {
        choices[name] = decodeOperand(choice.from, fields, this.evaluator.address);
        if (!choice.values.includes(choices[name])) throw new Error(`${row.name}: choice ${name} is ${choices[name]}`);
      }
      row.operation(this.builder, operands, choices);
      return;
    }
    if (passes) throw new Stop('undefined instruction');
  }

  private state(): CoreState {
    const w = this.evaluator.words;
    const state = emptyState();
    state.r.set(w.subarray(0, 16));
    state.s.set(w.subarray(Word.S0, Word.S0 + 32));
    return {
      ...state, apsr: apsrOf(w), primask: w[Word.PRIMASK], basepri: w[Word.BASEPRI], faultmask: w[Word.FAULTMASK],
      control: w[Word.CONTROL], otherSp: w[Word.OTHER_SP] >>> 0, fpscr: w[Word.FPSCR] >>> 0,
    };
  }
}
