/** What one instruction does, found out by running its meaning against a builder that only looks. */
import { SREG_FLAGS, type AvrBuilder, type AvrFlag } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';

/** Bits of a set of registers beside R0..R31: flags in the order of SREG, then SP. I stays in memory. */
export const StateBit = { C: 1, Z: 2, N: 4, V: 8, S: 16, H: 32, T: 64, SP: 128 } as const;
export const FLAG_BITS = 0x7f;

export interface Effects {
  /** Bit n: it reads, writes Rn. */
  readonly reads: number;
  readonly writes: number;
  /** Of `StateBit`. */
  readonly readsState: number;
  readonly writesState: number;
  /** Direct branch, in words, and cycles beyond those of the row's class when it is taken. */
  readonly target: number | undefined;
  readonly extraCycles: number;
  readonly isConditional: boolean;
  /** It goes to an address known only when it runs. */
  readonly isIndirect: boolean;
  /** It pushes the address of the next instruction. */
  readonly isCall: boolean;
  readonly helpers: readonly string[];
  /** Bytes of the stack that it accesses, from SP on. */
  readonly stack: { readonly low: number; readonly high: number } | undefined;
  /** Data-space addresses that stand in the instruction. */
  readonly addresses: readonly number[];
  /** It accesses the data space at an address made of registers. */
  readonly hasPointer: boolean;
  readonly readsProgram: boolean;
  /** It may set I by writing SREG. */
  readonly writesSREG: boolean;
}

/** SP plus a constant. */
interface FromSP { readonly fromSP: number }
const UNKNOWN = { isUnknown: true } as unknown as Value;
const fromSP = (offset: number): Value => ({ fromSP: offset }) as unknown as Value;

/** The offset of an address from SP; undefined when it is none. */
function stackOffset(value: Value): number | undefined {
  return typeof value === 'object' ? (value as unknown as Partial<FromSP>).fromSP : undefined;
}

export class Probe implements AvrBuilder {
  private reads = 0;
  private writes = 0;
  private readsState = 0;
  private writesState = 0;
  private target: number | undefined;
  private extraCycles = 0;
  private isConditional = false;
  private isIndirect = false;
  private isCall = false;
  private readonly helpers: string[] = [];
  private readonly stackOffsets: number[] = [];
  private readonly addresses: number[] = [];
  private hasPointer = false;
  private readsProgram = false;
  private writesSREG = false;
  private depth = 0;

  constructor(private readonly next: number) {}

  effects(): Effects {
    const { reads, writes, readsState, writesState, target, extraCycles, isConditional, isIndirect, isCall, helpers, addresses, hasPointer, readsProgram, writesSREG, stackOffsets } = this;
    const stack = stackOffsets.length === 0 ? undefined : { low: Math.min(...stackOffsets), high: Math.max(...stackOffsets) };
    return { reads, writes, readsState, writesState, target, extraCycles, isConditional, isIndirect, isCall, helpers, stack, addresses, hasPointer, readsProgram, writesSREG };
  }

  reg(n: Value): Value {
    this.reads |= 1 << (n as number);
    return UNKNOWN;
  }
  setReg(n: Value): void { this.writes |= 1 << (n as number); }
  sp(): Value {
    this.readsState |= StateBit.SP;
    return fromSP(0);
  }
  setSp(): void { this.writesState |= StateBit.SP; }
  rampz(): Value { return UNKNOWN; }
  setRampz(): void {}
  eind(): Value { return UNKNOWN; }

  flag(name: AvrFlag): Value {
    if (name !== 'I') this.readsState |= StateBit[name];
    return UNKNOWN;
  }
  zWord(): Value { return this.flag('Z'); }
  setC(): void { this.writesState |= StateBit.C; }
  setZ(): void { this.writesState |= StateBit.Z; }
  setN(): void { this.writesState |= StateBit.N; }
  setV(): void { this.writesState |= StateBit.V; }
  setS(): void { this.writesState |= StateBit.S; }
  setH(): void { this.writesState |= StateBit.H; }
  setT(): void { this.writesState |= StateBit.T; }
  clearI(): void {}
  sreg(): Value {
    for (const name of SREG_FLAGS) this.flag(name);
    return UNKNOWN;
  }
  setSreg(): void {
    this.writesState |= FLAG_BITS;
    this.writesSREG = true;
  }

  load(address: Value): Value {
    this.access(address);
    return UNKNOWN;
  }
  store(address: Value): void { this.access(address); }
  loadIO(address: Value): Value { return this.load(address); }
  storeIO(address: Value): void { this.access(address); }
  storeIOBits(address: Value): void { this.access(address); }
  loadProgram(): Value {
    this.readsProgram = true;
    return UNKNOWN;
  }
  private access(address: Value): void {
    const offset = stackOffset(address);
    if (typeof address === 'number') this.addresses.push(address);
    else if (offset !== undefined) this.stackOffsets.push(offset);
    else this.hasPointer = true;
  }

  nextPC(): Value {
    this.isCall = true;
    return this.next;
  }
  branch(target: Value, extraCycles: Value = 0): void {
    this.target = target as number;
    this.extraCycles = extraCycles as number;
    this.isConditional = this.depth > 0;
  }
  branchIndirect(): void { this.isIndirect = true; }

  add(x: Value, y: Value): Value {
    const offset = stackOffset(x);
    return offset !== undefined && typeof y === 'number' ? fromSP(offset + y) : fold(x, y, (a, b) => (a + b) | 0);
  }
  sub(x: Value, y: Value): Value {
    const offset = stackOffset(x);
    return offset !== undefined && typeof y === 'number' ? fromSP(offset - y) : fold(x, y, (a, b) => (a - b) | 0);
  }
  /** Addresses are reduced to 16 bits. */
  and(x: Value, y: Value): Value { return stackOffset(x) !== undefined && y === 0xffff ? x : fold(x, y, (a, b) => a & b); }
  or(x: Value, y: Value): Value { return fold(x, y, (a, b) => a | b); }
  shl(x: Value, y: Value): Value { return fold(x, y, (a, b) => a << b); }
  shrU(x: Value, y: Value): Value { return fold(x, y, (a, b) => a >>> b); }
  mul(): Value { return UNKNOWN; }
  xor(): Value { return UNKNOWN; }
  not(): Value { return UNKNOWN; }
  shrS(): Value { return UNKNOWN; }
  ror(): Value { return UNKNOWN; }
  clz(): Value { return UNKNOWN; }
  signExtend8(): Value { return UNKNOWN; }
  signExtend16(): Value { return UNKNOWN; }
  mulHighS(): Value { return UNKNOWN; }
  mulHighU(): Value { return UNKNOWN; }
  eq(): Value { return UNKNOWN; }
  ne(): Value { return UNKNOWN; }
  ltS(): Value { return UNKNOWN; }
  ltU(): Value { return UNKNOWN; }
  geU(): Value { return UNKNOWN; }
  leS(): Value { return UNKNOWN; }
  select(): Value { return UNKNOWN; }
  if(_condition: Value, then: () => void, otherwise?: () => void): void {
    this.depth++;
    then();
    otherwise?.();
    this.depth--;
  }
  call(helper: string): Value {
    this.helpers.push(helper);
    return UNKNOWN;
  }
  do(helper: string): void { this.helpers.push(helper); }
}

const fold = (x: Value, y: Value, op: (a: number, b: number) => number): Value => (typeof x === 'number' && typeof y === 'number' ? op(x, y) : UNKNOWN);
