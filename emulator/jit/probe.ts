/** What one instruction does to the flow of control, found out by running its meaning against a builder that only looks. */
import type { AccessSize, Builder, Value } from '../isa/builder.js';
import type { FlagEffect } from './flags.js';

const UNKNOWN = { isUnknown: true } as unknown as Value;
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
  | { readonly shape: 'sum' | 'shifted'; readonly x: Value; readonly y: Value }
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
const LR = 14;

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
  /** Bit n: it may write Rn. */
  readonly writes: number;
  /** Bit n: it reads Rn. */
  readonly reads: number;
  readonly flags: FlagEffect;
  readonly table: BranchTable | undefined;
}

export class ProbeBuilder implements Builder {
  private depth = 0;
  private target: number | undefined;
  private isConditional = false;
  private isIndirect = false;
  private itstate: number | undefined;
  private linkValue: Value | undefined;
  private readonly helpers: string[] = [];
  private writes = 0;
  private reads = 0;
  private table: BranchTable | undefined;
  private NZ: Value | undefined;
  private C: Value | undefined;
  private V: Value | undefined;

  /** @param pcValue what the PC reads as */
  constructor(private readonly pcValue: number) {}

  /** @param next address of the following instruction */
  effects(next: number): Effects {
    const isCall = this.linkValue === (next | 1) && (this.target !== undefined || this.isIndirect);
    return {
      target: this.target, isConditional: this.isConditional, isIndirect: this.isIndirect, isCall, itstate: this.itstate,
      helpers: this.helpers, writes: this.writes, reads: this.reads, flags: this.flagEffect(), table: this.table,
    };
  }

  private flagEffect(): FlagEffect {
    const { NZ, C, V } = this;
    if (this.helpers.includes('FPSCRToAPSR')) return 'other';
    if (C === undefined && V === undefined) return NZ === undefined ? 'none' : 'NZ';
    if (V !== undefined && NZ !== undefined && parts(NZ, 'sum') && C === LESS) return 'sum';
    if (V !== undefined && NZ === DIFFERENCE && C === NOT_LESS) return 'difference';
    return 'other';
  }

  reg(n: Value): Value {
    if (typeof n !== 'number') return UNKNOWN;
    this.reads |= 1 << n;
    return shaped({ shape: 'register', n });
  }
  regOrPC(n: Value): Value { return n === 15 ? this.pcValue : this.reg(n); }
  setReg(n: Value, value: Value): void {
    if (typeof n !== 'number') return;
    this.writes |= 1 << n;
    if (n === LR) this.linkValue = value;
  }
  pc(): Value { return this.pcValue; }
  flag(): Value { return UNKNOWN; }
  setNZ(result: Value): void { this.NZ = result; }
  setC(carry: Value): void { this.C = carry; }
  setV(overflow: Value): void { this.V = overflow; }
  setQ(): void {}
  ge(): Value { return UNKNOWN; }
  setGE(): void {}
  add(x: Value, y: Value): Value { return fold(x, y, shaped({ shape: 'sum', x, y }), (a, b) => (a + b) | 0); }
  sub(x: Value, y: Value): Value { return fold(x, y, DIFFERENCE, (a, b) => (a - b) | 0); }
  mul(): Value { return UNKNOWN; }
  and(): Value { return UNKNOWN; }
  or(): Value { return UNKNOWN; }
  xor(): Value { return UNKNOWN; }
  not(): Value { return UNKNOWN; }
  shl(x: Value, n: Value): Value { return n === 0 ? x : shaped({ shape: 'shifted', x, y: n }); }
  shrU(): Value { return UNKNOWN; }
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
  ltU(): Value { return LESS; }
  geU(): Value { return NOT_LESS; }
  leS(): Value { return UNKNOWN; }
  select(): Value { return UNKNOWN; }
  if(_condition: Value, then: () => void, otherwise?: () => void): void {
    this.depth++;
    then();
    otherwise?.();
    this.depth--;
  }
  load(size: AccessSize, address: Value): Value { return shaped({ shape: 'loaded', size, address }); }
  loadSigned(): Value { return UNKNOWN; }
  store(): void {}
  loadMultiple(list: Value): Value {
    if (typeof list === 'number') this.writes |= list & 0x7fff;
    return UNKNOWN;
  }
  storeMultiple(list: Value): void { if (typeof list === 'number') this.reads |= list; }
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
  branchExchange(): void { this.isIndirect = true; }
  branchLinkExchange(): void { this.isIndirect = true; }
  startIT(itstate: Value): void { this.itstate = itstate as number; }
  condition(): Value { return UNKNOWN; }
  call(helper: string): Value {
    this.helpers.push(helper);
    return UNKNOWN;
  }
  do(helper: string): void { this.helpers.push(helper); }
  sreg(): Value { return UNKNOWN; }
  setSreg(): void {}
}

const fold = (x: Value, y: Value, otherwise: Value, op: (a: number, b: number) => number): Value =>
  (typeof x === 'number' && typeof y === 'number' ? op(x, y) : otherwise);
