/** What one instruction does to the flow of control, found out by running its meaning against a builder that only looks. */
import type { AccessSize, Builder, FlagName, Value } from '../isa/builder.js';
import { fold, UNKNOWN, UnknownValues } from '../isa/unknown.js';
import type { FlagEffect } from './flags.js';
import { readsAPSR, readsSP } from './system-intrinsics.js';

/** A branch through a table of halfword counts, relative to the address of the following instruction plus what Thumb adds. */
export interface BranchTable {
  readonly base: number;
  /** Bytes of an entry. */
  readonly size: AccessSize;
  /** Register that holds the entry's number. */
  readonly register: number;
}

/** Values by which a branch through a table is recognized. */
type Shape =
  | { readonly shape: 'register'; readonly n: number }
  | { readonly shape: 'sum' | 'shifted'; readonly x: Value; readonly y: Value; readonly isDifference?: boolean }
  | { readonly shape: 'loaded'; readonly size: AccessSize; readonly address: Value };
const shaped = (shape: Shape): Value => shape as unknown as Value;
function parts(value: Value, shape: 'sum' | 'shifted'): readonly [Value, Value] | undefined {
  const found = value as unknown as Shape;
  return found.shape === shape ? [found.x, found.y] : undefined;
}

/** Results by which flags of an addition or subtraction are recognized. */
const DIFFERENCE = { isUnknown: true, isDifference: true } as unknown as Value;
const LESS = { isUnknown: true, isLess: true } as unknown as Value;
const NOT_LESS = { isUnknown: true, isNotLess: true } as unknown as Value;
const SP = 13;
const LR = 14;

/** Groups of flags, as bits. */
export const FlagBit = { NZ: 1, CV: 2 } as const;

/** One access to memory at a register plus a constant. */
export interface Access {
  readonly isStore: boolean;
  readonly bytes: number;
  /** -1 when the address is made in another way. */
  readonly register: number;
  readonly offset: number;
  /** Another register that is added, shifted left; -1 without. */
  readonly index: number;
  readonly shift: number;
  /** What the address must be a multiple of on every core. */
  readonly alignment: number;
}

/** Effects of one decoded instruction, as far as the translator plans by them. */
export interface Effects {
  /** Direct branch target, bit 0 clear. */
  readonly target: number | undefined;
  /** The branch is taken under a condition; otherwise execution falls through. */
  readonly isConditional: boolean;
  /** It leaves to an address known only when it runs. */
  readonly isIndirect: boolean;
  /** A direct branch that has put the address of the next instruction into LR. */
  readonly isCall: boolean;
  /** ITSTATE that it begins. */
  readonly itstate: number | undefined;
  /** Helpers it needs, each by its name. */
  readonly helpers: readonly string[];
  /** What each is called with; only constants mean something. */
  readonly helperArguments: readonly (readonly Value[])[];
  /** Bit n: it may write Rn. */
  readonly writes: number;
  /** Bit n: it reads Rn. */
  readonly reads: number;
  readonly flags: FlagEffect;
  /** Groups of flags (`FlagBit`) that it reads, and that it replaces as a whole. */
  readonly readsFlags: number;
  readonly replacesFlags: number;
  /** Bit n: it reads or writes Sn by itself. */
  readonly readsSingles: number;
  readonly writesSingles: number;
  /** It writes Q or GE. */
  readonly writesState: boolean;
  readonly table: BranchTable | undefined;
  readonly accesses: readonly Access[];
  /** Registers that become another plus a constant. */
  readonly moves: readonly { readonly register: number; readonly from: number; readonly offset: number }[];
}

export class ProbeBuilder extends UnknownValues implements Builder {
  /** Its effects are others elsewhere. */
  usesPC = false;
  private depth = 0;
  private target: number | undefined;
  private isConditional = false;
  private isIndirect = false;
  private itstate: number | undefined;
  private linkValue: Value | undefined;
  private readonly helpers: string[] = [];
  private readonly helperArguments: (readonly Value[])[] = [];
  private writes = 0;
  private reads = 0;
  private table: BranchTable | undefined;
  private NZ: Value | undefined;
  private C: Value | undefined;
  private V: Value | undefined;
  private readsFlags = 0;
  private writesState = false;
  private readsSingles = 0;
  private writesSingles = 0;
  private readonly accesses: Access[] = [];
  private readonly moves: { register: number; from: number; offset: number }[] = [];

  /** @param pcValue what the PC reads as */
  constructor(private readonly pcValue: number) {
    super();
  }

  /** @param next address of the following instruction */
  effects(next: number): Effects {
    const isCall = this.linkValue === (next | 1) && (this.target !== undefined || this.isIndirect);
    return {
      target: this.target, isConditional: this.isConditional, isIndirect: this.isIndirect, isCall, itstate: this.itstate,
      helpers: this.helpers, helperArguments: this.helperArguments, writes: this.writes, reads: this.reads, flags: this.flagEffect(), table: this.table,
      readsFlags: this.readsFlags, replacesFlags: this.replacesFlags(), readsSingles: this.readsSingles, writesSingles: this.writesSingles,
      writesState: this.writesState, accesses: this.accesses, moves: this.moves,
    };
  }

  private replacesFlags(): number {
    if (this.helpers.includes('FPSCRToAPSR')) return FlagBit.NZ | FlagBit.CV;
    if (this.depth > 0) return 0;
    return (this.NZ === undefined ? 0 : FlagBit.NZ) | (this.C === undefined || this.V === undefined ? 0 : FlagBit.CV);
  }

  private access(isStore: boolean, bytes: number, address: Value, alignment: number): void {
    const [base, second] = typeof address === 'number' ? [] : parts(address, 'sum') ?? [address, 0];
    const [number, shift] = (second !== undefined && typeof second !== 'number' && parts(second, 'shifted')) || [second, 0];
    const [register, index] = [registerOf(base), registerOf(number)];
    const offset = typeof second === 'number' ? second : 0;
    const isKnown = register >= 0 && (typeof second === 'number' || index >= 0);
    this.accesses.push({ isStore, bytes, register: isKnown ? register : -1, offset, index, shift: shift as number, alignment });
  }

  private flagEffect(): FlagEffect {
    const { NZ, C, V } = this;
    if (this.helpers.includes('FPSCRToAPSR')) return 'other';
    if (C === undefined && V === undefined) return NZ === undefined ? 'none' : 'NZ';
    const isDifference = NZ !== undefined && (NZ as { isDifference?: boolean }).isDifference === true;
    if (V !== undefined && isDifference && C === NOT_LESS) return 'difference';
    if (V !== undefined && !isDifference && NZ !== undefined && parts(NZ, 'sum') && C === LESS) return 'sum';
    return 'other';
  }

  reg(n: Value): Value {
    if (typeof n !== 'number') return UNKNOWN;
    this.reads |= 1 << n;
    return shaped({ shape: 'register', n });
  }
  regOrPC(n: Value): Value { return n === 15 ? this.pc() : this.reg(n); }
  setReg(n: Value, value: Value): void {
    if (typeof n !== 'number') return;
    this.writes |= 1 << n;
    if (n === LR) this.linkValue = value;
    const shape = typeof value === 'number' ? undefined : (value as unknown as Shape);
    const [base, offset] = shape?.shape === 'register' ? [shape, 0] : (shape && parts(value, 'sum')) ?? [];
    const from = base as unknown as Shape | undefined;
    const isExact = n !== SP || (registerOf(base as Value) === SP && typeof offset === 'number' && (offset & 3) === 0); // SP loses its low bits
    if (from?.shape === 'register' && typeof offset === 'number' && this.depth === 0 && isExact) this.moves.push({ register: n, from: from.n, offset });
  }
  pc(): Value {
    this.usesPC = true;
    return this.pcValue;
  }
  flag(name: FlagName): Value {
    if (name !== 'Q') this.readsFlags |= name === 'N' || name === 'Z' ? FlagBit.NZ : FlagBit.CV;
    return UNKNOWN;
  }
  setNZ(result: Value): void { this.NZ = result; }
  setC(carry: Value): void { this.C = carry; }
  setV(overflow: Value): void { this.V = overflow; }
  setQ(): void { this.writesState = true; }
  ge(): Value { return UNKNOWN; }
  setGE(): void { this.writesState = true; }
  add(x: Value, y: Value): Value {
    const [base, offset] = (typeof x !== 'number' && parts(x, 'sum')) || [];
    if (typeof y === 'number' && typeof offset === 'number') return shaped({ shape: 'sum', x: base!, y: (offset + y) | 0 });
    return fold(x, y, shaped({ shape: 'sum', x, y }), (a, b) => (a + b) | 0);
  }
  sub(x: Value, y: Value): Value {
    // a register less a constant is a sum, too: only a subtraction that sets flags is looked at as a difference
    const difference = typeof y === 'number' ? shaped({ shape: 'sum', x, y: -y | 0, isDifference: true }) : DIFFERENCE;
    return fold(x, y, difference, (a, b) => (a - b) | 0);
  }
  and(x: Value, y: Value): Value { return fold(x, y, UNKNOWN, (a, b) => a & b); }
  or(x: Value, y: Value): Value { return fold(x, y, UNKNOWN, (a, b) => a | b); }
  shl(x: Value, n: Value): Value { return n === 0 ? x : fold(x, n, shaped({ shape: 'shifted', x, y: n }), (a, b) => a << b); }
  shrU(x: Value, n: Value): Value { return fold(x, n, UNKNOWN, (a, b) => (a >>> b) | 0); }
  override ltU(): Value { return LESS; }
  override geU(): Value { return NOT_LESS; }
  if(_condition: Value, then: () => void, otherwise?: () => void): void {
    this.depth++;
    then();
    otherwise?.();
    this.depth--;
  }
  load(size: AccessSize, address: Value, alignment?: 'checked'): Value {
    this.access(false, size, address, alignment ? size : 1);
    return shaped({ shape: 'loaded', size, address });
  }
  loadSigned(size: 1 | 2, address: Value): Value {
    this.access(false, size, address, 1);
    return UNKNOWN;
  }
  store(size: AccessSize, address: Value, _value: Value, alignment?: 'checked'): void {
    this.access(true, size, address, alignment ? size : 1);
  }
  loadMultiple(list: Value, address: Value): Value {
    this.access(false, wordsOf(list), address, 4);
    if (typeof list === 'number') this.writes |= list & 0x7fff;
    return UNKNOWN;
  }
  storeMultiple(list: Value, address: Value): void {
    this.access(true, wordsOf(list), address, 4);
    if (typeof list === 'number') this.reads |= list;
  }
  branch(target: Value): void {
    if (typeof target === 'number') this.target = target & ~1;
    else {
      this.isIndirect = true;
      this.table = this.tableOf(target);
    }
    this.isConditional = this.depth > 0;
  }
  /** pc + 2 * load(base + number * size) */
  private tableOf(target: Value): BranchTable | undefined {
    const [pc, distance] = parts(target, 'sum') ?? [];
    const [loaded, one] = (distance !== undefined && parts(distance, 'shifted')) || [];
    const { shape, size, address } = (loaded ?? {}) as { shape?: string; size?: AccessSize; address?: Value };
    if (pc !== this.pcValue || one !== 1 || shape !== 'loaded' || (size !== 1 && size !== 2)) return undefined;
    const [base, offset] = parts(address!, 'sum') ?? [];
    const number = size === 1 || offset === undefined ? offset : parts(offset, 'shifted')?.[0];
    const register = number as unknown as Shape | undefined;
    return typeof base === 'number' && register?.shape === 'register' ? { base, size, register: register.n } : undefined;
  }
  branchExchange(target: Value): void {
    this.isIndirect = true;
    if (typeof target === 'number') this.need('to where the PC points', []); // BX PC faults: nobody's helper
  }
  branchLinkExchange(target: Value): void { this.branchExchange(target); }
  startIT(itstate: Value): void { this.itstate = itstate as number; }
  condition(code: number): Value {
    this.readsFlags |= flagsOfCondition(code);
    return UNKNOWN;
  }
  call(helper: string, ...args: Value[]): Value {
    this.need(helper, args);
    if (helper === 'MRS') {
      if (readsSP(args[0] as number)) this.reads |= 1 << SP;
      if (readsAPSR(args[0] as number)) this.readsFlags |= FlagBit.NZ | FlagBit.CV;
    }
    return UNKNOWN;
  }
  private need(helper: string, args: readonly Value[]): void {
    this.helpers.push(helper);
    this.helperArguments.push(args);
  }
  do(helper: string, ...args: Value[]): void {
    this.need(helper, args);
    if (helper !== 'VLDM' && helper !== 'VSTM') return;
    const [address, first, count] = args as [Value, number, number];
    this.access(helper === 'VSTM', 4 * count, address, 4);
    for (let n = first; n < first + count; n++) {
      if (helper === 'VSTM') this.sreg(n);
      else this.setSreg(n);
    }
  }
  sreg(n: Value): Value {
    this.readsSingles |= 1 << (n as number);
    return UNKNOWN;
  }
  setSreg(n: Value): void { this.writesSingles |= 1 << (n as number); }
}

function registerOf(value: Value | undefined): number {
  const shape = value as unknown as Shape | undefined;
  return typeof value === 'object' && shape?.shape === 'register' ? shape.n : -1;
}

const wordsOf = (list: Value): number => {
  let bytes = 0;
  for (let rest = list as number; rest !== 0; rest &= rest - 1) bytes += 4;
  return bytes;
};

/** Groups of flags that a condition looks at. Armv7-M ARM A7.3. */
export function flagsOfCondition(code: number): number {
  switch (code >> 1) {
    case 0: case 2: return FlagBit.NZ;
    case 1: case 3: return FlagBit.CV;
    case 7: return 0;
    default: return FlagBit.NZ | FlagBit.CV;
  }
}
