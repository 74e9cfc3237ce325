/** What one instruction does to the flow of control, found out by running its meaning against a builder that only looks. */
import type { AccessSize, Builder, Value } from '../isa/builder.js';
import type { FlagEffect } from './flags.js';

const UNKNOWN = { isUnknown: true } as unknown as Value;
/** Results by which flags of an addition or subtraction are recognized. */
const SUM = { isUnknown: true, isSum: true } as unknown as Value;
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
  private NZ: Value | undefined;
  private C: Value | undefined;
  private V: Value | undefined;

  /** @param next address of the following instruction */
  effects(next: number): Effects {
    const isCall = this.linkValue === (next | 1) && (this.target !== undefined || this.isIndirect);
    return {
      target: this.target, isConditional: this.isConditional, isIndirect: this.isIndirect, isCall, itstate: this.itstate,
      helpers: this.helpers, writes: this.writes, reads: this.reads, flags: this.flagEffect(),
    };
  }

  private flagEffect(): FlagEffect {
    const { NZ, C, V } = this;
    if (this.helpers.includes('FPSCRToAPSR')) return 'other';
    if (C === undefined && V === undefined) return NZ === undefined ? 'none' : 'NZ';
    if (V !== undefined && NZ === SUM && C === LESS) return 'sum';
    if (V !== undefined && NZ === DIFFERENCE && C === NOT_LESS) return 'difference';
    return 'other';
  }

  reg(n: Value): Value { if (typeof n === 'number') this.reads |= 1 << n; return UNKNOWN; }
  regOrPC(n: Value): Value { return this.reg(n); }
  setReg(n: Value, value: Value): void {
    if (typeof n !== 'number') return;
    this.writes |= 1 << n;
    if (n === LR) this.linkValue = value;
  }
  pc(): Value { return UNKNOWN; }
  flag(): Value { return UNKNOWN; }
  setNZ(result: Value): void { this.NZ = result; }
  setC(carry: Value): void { this.C = carry; }
  setV(overflow: Value): void { this.V = overflow; }
  setQ(): void {}
  ge(): Value { return UNKNOWN; }
  setGE(): void {}
  add(x: Value, y: Value): Value { return fold(x, y, SUM, (a, b) => (a + b) | 0); }
  sub(x: Value, y: Value): Value { return fold(x, y, DIFFERENCE, (a, b) => (a - b) | 0); }
  mul(): Value { return UNKNOWN; }
  and(): Value { return UNKNOWN; }
  or(): Value { return UNKNOWN; }
  xor(): Value { return UNKNOWN; }
  not(): Value { return UNKNOWN; }
  shl(): Value { return UNKNOWN; }
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
  load(_size: AccessSize): Value { return UNKNOWN; }
  loadSigned(): Value { return UNKNOWN; }
  store(): void {}
  loadMultiple(list: Value): Value {
    if (typeof list === 'number') this.writes |= list & 0x7fff;
    return UNKNOWN;
  }
  storeMultiple(list: Value): void { if (typeof list === 'number') this.reads |= list; }
  branch(target: Value): void {
    if (typeof target === 'number') this.target = target & ~1;
    else this.isIndirect = true;
    this.isConditional = this.depth > 0;
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
