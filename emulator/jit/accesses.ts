/**
 * How the memory accesses of a block are checked. Accesses at constant distances from one register share a check: the whole
 * span must lie in one memory (*window*). It stands at the block's start where the register has its value by then, else
 * before the first of them. What does not fit goes by the page map, which knows every memory.
 */
import type { Access } from './probe.js';
import type { Block, Decoded } from './region.js';

/** A memory that translated code reaches directly. */
export interface Window {
  /** Guest address; a multiple of 4096, like the size. */
  readonly base: number;
  readonly bytes: number;
  /** Byte offset in the machine's memory. */
  readonly offset: number;
  readonly isWritable: boolean;
}

/** What is known, when code is made, of where its accesses go and how it is entered. */
export interface Advice {
  /** Undefined: by the page map. @param register that the address is made of, or -1 @param base address that is known beforehand */
  windowFor(address: number, register: number, isStore: boolean, base: number | undefined): Window | undefined;
  /** What unaligned words and halfwords must be left to the interpreter for: the core faults. */
  readonly alignsAll: boolean;
  /** Execution comes to this address from outside. */
  isEntry(address: number): boolean;
}

/**
 * Helpers that make one access, with address and size (and the value between them), wherever it goes, a device for instance;
 * or do nothing and say so in the word DECLINED, when it would fault or needs a closer look. Registers stay where they are.
 */
export const REACH_LOAD = 'reachLoad';
export const REACH_STORE = 'reachStore';

/** That `register + low` up to `register + high` lie in the window; local `slot` points to the former afterwards. */
export interface SpanCheck {
  readonly window: Window;
  readonly register: number;
  readonly low: number;
  readonly high: number;
  readonly alignment: number;
  readonly slot: number;
  /** The instruction that needs it first. */
  readonly site: number;
}

/** How one instruction finds its memory. `distances` from where local `slot` points to, one for each of its accesses. */
export type AccessPlan =
  | { readonly kind: 'checked'; readonly window: Window; readonly slot: number; readonly distances: readonly number[]; readonly check?: SpanCheck | undefined }
  | { readonly kind: 'single'; readonly window: Window }
  | { readonly kind: 'map' }
  /** The core is asked, which reaches devices, too. For one plain load or store. */
  | { readonly kind: 'reach' };

export interface BlockPlan {
  /** For each instruction; undefined without an access. */
  readonly plans: readonly (AccessPlan | undefined)[];
  /** Made at the block's start. */
  readonly checks: readonly SpanCheck[];
  readonly slots: number;
}

interface Group {
  readonly origin: number;
  readonly members: { readonly index: number; readonly displacement: number; readonly access: Access }[];
  readonly window: Window;
}

/** Spans longer than this are not checked at once. */
const LONGEST_SPAN = 2048;

/** Value of a register: an unknown one, named by a number, plus a constant. */
interface Symbolic { readonly origin: number; readonly displacement: number }

export function planAccesses({ instructions }: Block, advice: Advice): BlockPlan {
  const values: Symbolic[] = Array.from({ length: 16 }, (_, origin) => ({ origin, displacement: 0 }));
  let origins = 16;
  const open = new Map<number, Group>();
  const groups: Group[] = [];
  const plans = instructions.map((instruction, index): AccessPlan | undefined => {
    const { accesses } = instruction.effects;
    let plan: AccessPlan | undefined;
    if (accesses.length > 0) plan = singlePlan(instruction, advice);
    if (plan?.kind === 'single' && isGroupable(instruction)) {
      const register = accesses[0].register;
      const { origin, displacement } = values[register];
      join(open, groups, { origin, displacement, index }, instruction, plan.window);
    }
    const moved = instruction.effects.moves.map(({ register, from, offset }) => ({ register, value: { origin: values[from].origin, displacement: values[from].displacement + offset } }));
    for (let n = 0; n < 15; n++) if ((instruction.effects.writes >> n) & 1) values[n] = { origin: origins++, displacement: 0 };
    if (instruction.condition < 0) for (const { register, value } of moved) values[register] = value;
    return plan;
  });
  const checks: SpanCheck[] = [];
  let slots = 0;
  for (const group of groups) {
    const check = planGroup(group, instructions, plans, slots, advice.alignsAll);
    if (check) slots++;
    if (check && group.origin < 16) checks.push(check);
  }
  return { plans, checks, slots };
}

function singlePlan(instruction: Decoded, advice: Advice): AccessPlan {
  const { accesses } = instruction.effects;
  const isStore = accesses.some((access) => access.isStore);
  const window = advice.windowFor(instruction.address, accesses[0].register, isStore, instruction.effects.table?.base);
  return window ? { kind: 'single', window } : { kind: 'map' };
}

/** All its accesses go by one register, whatever the flags are. */
function isGroupable({ effects: { accesses }, condition, interpreted }: Decoded): boolean {
  const { register } = accesses[0];
  return register >= 0 && condition < 0 && interpreted === 'never' && accesses.every((access) => access.register === register && access.index < 0);
}

function join(open: Map<number, Group>, groups: Group[], { origin, displacement, index }: Symbolic & { index: number }, { effects }: Decoded, window: Window): void {
  const members = effects.accesses.map((access) => ({ index, displacement: displacement + access.offset, access }));
  let group = open.get(origin);
  if (!group || group.window.base !== window.base || group.window.bytes !== window.bytes || spanOf([...group.members, ...members]) > LONGEST_SPAN) {
    group = { origin, members: [], window };
    open.set(origin, group);
    groups.push(group);
  }
  group.members.push(...members);
}

function spanOf(members: Group['members']): number {
  return Math.max(...members.map(({ displacement, access }) => displacement + access.bytes)) - Math.min(...members.map(({ displacement }) => displacement));
}

/** @returns undefined where each access is checked by itself */
function planGroup({ origin, members, window }: Group, instructions: readonly Decoded[], plans: (AccessPlan | undefined)[], slot: number, alignsAll: boolean): SpanCheck | undefined {
  const needs = ({ access }: Group['members'][number]): number => (alignsAll ? Math.max(access.alignment, Math.min(access.bytes, 4)) : access.alignment);
  const low = Math.min(...members.map(({ displacement }) => displacement));
  // Distances must be multiples of what is needed.
  if (members.some((member) => (member.displacement - low) % needs(member) !== 0)) return undefined;
  const high = Math.max(...members.map(({ displacement, access }) => displacement + access.bytes));
  const [first] = members;
  const isAtStart = origin < 16;
  // the register's displacement where the check is made
  const own = isAtStart ? 0 : first.displacement - first.access.offset;
  const check: SpanCheck = {
    window, register: isAtStart ? origin : first.access.register, low: low - own, high: high - own, alignment: Math.max(...members.map(needs)), slot,
    site: instructions[first.index].address,
  };
  for (const { index } of members) {
    const distances = members.filter((member) => member.index === index).map(({ displacement }) => displacement - low);
    plans[index] = { kind: 'checked', window, slot, distances, check: !isAtStart && index === first.index ? check : undefined };
  }
  return check;
}
