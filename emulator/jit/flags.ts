/**
 * Flags, computed late. After an addition or subtraction C and V are kept as its two operands, and worked out only by who
 * reads them or leaves. What a place may rely on is found out before code is made: a forward pass over the blocks.
 */
import type { Builder, Value } from '../isa/builder.js';
import { localValue } from './expression.js';
import type { FlowGraph } from './graph.js';
import type { Block, Region } from './region.js';

/** Locals of a region's function; the first two are its parameters. */
export const Local = {
  /** Depth of calls still allowed in the upper bits; number of the entry in the low byte, until it has served. */
  DEPTH: 0,
  /** int64: cycles left to the limit, and instructions executed; see count.ts. */
  COUNT: 1,
  R0: 2,
  /** A result whose sign is N, and that is 0 when Z is set. Both set at once is left to the interpreter. */
  NZ: 17,
  C: 18, V: 19,
  /** Operands of the latest addition or subtraction that set the flags. */
  FIRST: 20, SECOND: 21,
  /** Guest address to go on at. */
  PC: 22,
  /** Where the last call went. */
  CALLEE: 23,
  ENTRY: 24,
  /** Address of the last call. */
  SITE: 25,
  /** Whether the instructions of an IT block with a condition are executed. */
  CONDITION: 26,
  firstFree: 27,
} as const;

/** What an instruction does to the flags: not C nor V; all by an addition or subtraction; anything else. */
export type FlagEffect = 'none' | 'NZ' | 'sum' | 'difference' | 'other';

/**
 * Where C and V are: in their locals, or in the operands of a sum or difference. With `isWhole` N and Z are the same
 * operation's. N and Z are in their locals, too, at all times.
 */
export interface FlagState { readonly kind: 'locals' | 'sum' | 'difference'; readonly isWhole: boolean }

export const FLAG_KINDS = ['locals', 'sum', 'difference'] as const satisfies readonly FlagState['kind'][];
export const IN_LOCALS: FlagState = { kind: 'locals', isWhole: false };
const STATES: Readonly<Record<'sum' | 'difference', readonly [FlagState, FlagState]>> = {
  sum: [{ kind: 'sum', isWhole: false }, { kind: 'sum', isWhole: true }],
  difference: [{ kind: 'difference', isWhole: false }, { kind: 'difference', isWhole: true }],
};

export function flagsAfter(before: FlagState, effect: FlagEffect): FlagState {
  if (effect === 'none') return before;
  if (effect === 'other') return IN_LOCALS;
  if (effect === 'NZ') return before.kind === 'locals' ? before : STATES[before.kind][0];
  return STATES[effect][1];
}

/** Ways with sums and with differences meet: once a place is found to be so, it stays. */
const MIXED: FlagState = { kind: 'locals', isWhole: false };

/** A difference is kept where ways with and without one meet: loops end with comparisons. */
function meet(known: FlagState, after: FlagState): FlagState {
  if (known === after || known === MIXED) return known;
  if (known.kind === after.kind) return known.kind === 'locals' ? known : STATES[known.kind][0];
  return known.kind === 'sum' || after.kind === 'sum' ? MIXED : STATES.difference[0];
}

function afterBlock({ instructions }: Block, before: FlagState): FlagState {
  let state = before;
  for (const { effects, condition, interpreted } of instructions) {
    // Whether a conditional instruction has set them is not known after it.
    state = condition >= 0 && effects.flags !== 'none' ? IN_LOCALS : flagsAfter(state, effects.flags);
    if (effects.isCall || interpreted === 'always') state = IN_LOCALS;
    if (interpreted === 'fallback') state = meet(state, IN_LOCALS); // what comes back from the interpreter
  }
  return state;
}

/** The state at the start of each node of the flow graph. */
export function flagStates({ blocks }: Region, { nodes, successors }: FlowGraph): FlagState[] {
  const states: (FlagState | undefined)[] = nodes.map(() => undefined);
  states[0] = IN_LOCALS;
  for (let changed = true; changed;) {
    changed = false;
    nodes.forEach(({ block }, node) => {
      const before = states[node];
      if (!before) return;
      const after = block < 0 ? before : afterBlock(blocks[block], before);
      for (const next of successors[node]) {
        const known = states[next];
        const met = known ? meet(known, after) : after === MIXED ? IN_LOCALS : after;
        if (met !== known) {
          states[next] = met;
          changed = true;
        }
      }
    });
  }
  return states.map((state) => (state === undefined || state === MIXED ? IN_LOCALS : state));
}

const NZ = localValue(Local.NZ);
const FIRST = localValue(Local.FIRST);
const SECOND = localValue(Local.SECOND);

export function carry(b: Builder, { kind }: FlagState): Value {
  if (kind === 'locals') return localValue(Local.C);
  return kind === 'sum' ? b.ltU(b.add(FIRST, SECOND), FIRST) : b.geU(FIRST, SECOND);
}

export function overflow(b: Builder, { kind }: FlagState): Value {
  if (kind === 'locals') return localValue(Local.V);
  if (kind === 'difference') return b.shrU(b.and(b.xor(FIRST, SECOND), b.xor(FIRST, b.sub(FIRST, SECOND))), 31);
  const result = b.add(FIRST, SECOND);
  return b.shrU(b.and(b.xor(FIRST, result), b.xor(SECOND, result)), 31);
}

/** A condition right after a comparison, from what was compared; undefined where the flags themselves are needed. */
function compared(b: Builder, code: number): Value | undefined {
  switch (code) {
    case 0: return b.eq(FIRST, SECOND);
    case 1: return b.ne(FIRST, SECOND);
    case 2: return b.geU(FIRST, SECOND);
    case 3: return b.ltU(FIRST, SECOND);
    case 8: return b.ltU(SECOND, FIRST);
    case 9: return b.geU(SECOND, FIRST);
    case 10: return b.leS(SECOND, FIRST);
    case 11: return b.ltS(FIRST, SECOND);
    case 12: return b.ltS(SECOND, FIRST);
    case 13: return b.leS(FIRST, SECOND);
    default: return undefined;
  }
}

/** ConditionPassed(), Armv7-M ARM A7.3.1. @returns 0 or not 0 */
export function conditionValue(b: Builder, state: FlagState, code: number): Value {
  const fused = state.kind === 'difference' && state.isWhole ? compared(b, code) : undefined;
  if (fused !== undefined) return fused;
  const invert = (code & 1) === 1 && code < 14;
  const flip = (value: Value): Value => (invert ? b.eq(value, 0) : value);
  const less = (): Value => b.xor(b.shrU(NZ, 31), overflow(b, state));
  switch (code >> 1) {
    case 0: return invert ? b.ne(NZ, 0) : b.eq(NZ, 0);
    case 1: return flip(carry(b, state));
    case 2: return invert ? b.leS(0, NZ) : b.ltS(NZ, 0);
    case 3: return flip(overflow(b, state));
    case 4: return flip(b.and(carry(b, state), b.ne(NZ, 0)));
    case 5: return invert ? less() : b.eq(less(), 0);
    case 6: return flip(b.and(b.ne(NZ, 0), b.eq(less(), 0)));
    default: return 1;
  }
}

/** Operands whose difference gives C and V as they are: 0 - 0, 0 - 1, INT_MAX - -1, INT_MIN - 1. */
export function asDifference(b: Builder): readonly [first: Value, second: Value] {
  const C = localValue(Local.C);
  const V = localValue(Local.V);
  const first = b.and(b.add(C, 0x7fff_ffff), b.sub(0, V));
  return [first, b.select(V, b.sub(b.shl(C, 1), 1), b.xor(C, 1))];
}
