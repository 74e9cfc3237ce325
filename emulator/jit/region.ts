/**
 * A region: the instructions that branches reach from an entry without leaving its function, as basic blocks.
 * It knows rows, never mnemonics: an instruction's flow comes from its meaning (`ProbeBuilder`).
 *
 * What the translator cannot express (a supervisor call, a change of masks, a helper that may fault) is *interpreted*: it
 * ends its block, the interpreter runs that one instruction in a call, and translated code goes on behind it.
 */
import { choicesOfVariant, fieldsInContext, variantOf } from '../isa/decoder.js';
import { decodeOperand, type Instruction } from '../isa/instruction.js';
import { flagsOfCondition, ProbeBuilder, type BranchTable, type Effects } from './probe.js';

/** Where a region's instructions come from, and what was seen of them while they ran. */
export interface InstructionSource {
  /** Undefined when the address cannot be fetched or nothing is defined there. */
  rowAt(address: number): { readonly row: Instruction; readonly opcode: number } | undefined;
  /** Undefined when it cannot be fetched. */
  halfwordAt(address: number): number | undefined;
  /** Cycles as the interpreter charges them. */
  cyclesOf(row: Instruction, transfers: number): number;
  /** How the helper is reached with these arguments; those that are not constant mean nothing. */
  meansOf(helper: string, args: readonly unknown[]): Means;
  /** Where an indirect branch or the callee's return has led from here besides the obvious place. */
  seenTargets(address: number): readonly number[];
  /** The instruction has often met what its translation cannot do: it gets a way through the interpreter. */
  needsInterpreter(address: number): boolean;
  readonly meanings: Meanings;
}

/** What an opcode means wherever it stands: most instructions do not look at the PC. */
type Meaning = Pick<Decoded, 'operands' | 'choices' | 'cycles' | 'effects'>;

/** Meanings by opcode, outside and in IT blocks: programs repeat themselves. */
export class Meanings {
  private readonly outsideIT = new Map<number, Meaning>();
  private readonly inIT = new Map<number, Meaning>();

  of(row: Instruction, opcode: number, inIT: boolean, address: number, source: InstructionSource): Meaning {
    const known = inIT ? this.inIT : this.outsideIT;
    return known.get(opcode | 0) ?? this.find(row, opcode, inIT, address, source, known);
  }

  private find(row: Instruction, opcode: number, inIT: boolean, address: number, source: InstructionSource, known: Map<number, Meaning>): Meaning {
    const fields = fieldsInContext(row, opcode, inIT);
    const operands: Record<string, number> = {};
    for (const [name, how] of row.operandEntries) operands[name] = decodeOperand(how, fields, address);
    const choices = choicesOfVariant(row, variantOf(row, fields));
    const probe = new ProbeBuilder((address + 4) | 0);
    row.operation(probe, operands, choices);
    const meaning = { operands, choices, cycles: source.cyclesOf(row, row.transfers?.(fields) ?? 0), effects: probe.effects((address + row.bits / 8) | 0) };
    if (row.isPlaced || probe.usesPC) return meaning;
    if (known.size >= MOST_MEANINGS) known.clear();
    known.set(opcode | 0, meaning);
    return meaning;
  }
}

/**
 * `inside`: by an intrinsic, or by a call that changes nothing but what it returns. `beside`: by a call that touches no register
 * and may bring the limit near. `interpreter`: it must run the instruction.
 */
export type Means = 'inside' | 'beside' | 'interpreter';

export interface Decoded {
  readonly address: number;
  readonly next: number;
  readonly row: Instruction;
  readonly operands: Readonly<Record<string, number>>;
  readonly choices: Readonly<Record<string, number>>;
  readonly cycles: number;
  readonly effects: Effects;
  /** Where the entries of a branch table lead, by number. An entry beyond them may be used, too. */
  readonly tableTargets: readonly number[];
  /** Targets of an indirect branch or call that were seen; see `InstructionSource`. */
  readonly seenTargets: readonly number[];
  /** Condition code inside an IT block, -1 outside; and ITSTATE at this instruction. */
  readonly condition: number;
  readonly itstate: number;
  /** `always`: run by the interpreter. `fallback`: when it meets what its translation cannot do. `beside`: its helper is. */
  readonly interpreted: 'never' | 'always' | 'fallback' | 'beside';
}

export interface Block {
  readonly index: number;
  readonly start: number;
  readonly instructions: readonly Decoded[];
  /** Address after the last instruction when it can be reached by falling through. */
  readonly fallThrough: number | undefined;
  /** Direct target of the last instruction that is not a call. */
  readonly target: number | undefined;
}

export interface Region {
  readonly entry: number;
  /** In reverse postorder; the entry first. */
  readonly blocks: readonly Block[];
  readonly byAddress: ReadonlyMap<number, Block>;
  /** With repetitions: a fallback goes on behind its instruction, too. */
  readonly successors: readonly (readonly number[])[];
  readonly instructions: number;
}

/** Nearest first: what lies farther is another region's. */
const MOST_INSTRUCTIONS = 1500;
const LONGEST_BLOCK = 200;
const MOST_TABLE_BYTES = 512;
const R15 = 1 << 15;
const MOST_MEANINGS = 1 << 14;

/** Instructions decoded outside IT blocks, each with those of its IT block, by address: regions overlap. */
export type DecodedInstructions = Map<number, readonly Decoded[]>;

const NOTHING_DECODED: readonly Decoded[] = [];
const NO_ADDRESSES: readonly number[] = [];

/**
 * @param leaders addresses that begin a block where they are reached
 * @returns undefined when not even the first instruction can be translated
 */
export function discoverRegion(entry: number, source: InstructionSource, known: DecodedInstructions, leaders: Iterable<number> = []): Region | undefined {
  const starts = new Set<number>([entry, ...leaders]);
  const runs = findRuns(entry, source, known, starts, MOST_INSTRUCTIONS);
  return runs.length > 0 ? order(entry, splitAtLeaders(runs, starts)) : undefined;
}

/** Has the region there more instructions? Cheaper to ask than to discover it. */
export function isRegionLarger(entry: number, than: number, source: InstructionSource, known: DecodedInstructions): boolean {
  if (than >= MOST_INSTRUCTIONS) return false;
  const runs = findRuns(entry, source, known, new Set([entry]), than + 1);
  return runs.reduce((sum, run) => sum + run.length, 0) > than;
}

/** @param starts gets every address that a branch leads to */
function findRuns(entry: number, source: InstructionSource, known: DecodedInstructions, starts: Set<number>, most: number): Decoded[][] {
  const queue = [entry];
  const runs: Decoded[][] = [];
  const taken = new Set<number>();
  for (const start of queue) {
    if (taken.has(start) || taken.size >= most) continue;
    const run = decodeRun(start, source, known, taken, Math.min(LONGEST_BLOCK, most));
    const last = run.at(-1);
    if (!last) continue;
    runs.push(run);
    for (const next of nextAddresses(last)) {
      if (starts.has(next) && taken.has(next)) continue;
      starts.add(next);
      queue.push(next);
    }
  }
  return runs;
}

/** Instructions from an address up to one that ends a block, that is taken already, or that nobody can run (not included). */
function decodeRun(start: number, source: InstructionSource, known: DecodedInstructions, taken: Set<number>, longest: number): Decoded[] {
  const run: Decoded[] = [];
  let address = start;
  while (run.length < longest && !taken.has(address)) {
    const group = decodeAt(address, source, known);
    if (group.length === 0) break;
    taken.add(address);
    for (const instruction of group) run.push(instruction);
    const last = group[group.length - 1];
    address = last.next;
    if (endsBlock(last)) break;
  }
  return run;
}

/** The instruction at an address, with those of its IT block; none when they cannot be translated. */
function decodeAt(address: number, source: InstructionSource, known: DecodedInstructions): readonly Decoded[] {
  const before = known.get(address);
  if (before) return before;
  const group = decodeGroup(address, source);
  if (group.length > 0) known.set(address, group); // what ends code is asked for each time: a breakpoint wants to know
  return group;
}

function decodeGroup(address: number, source: InstructionSource): readonly Decoded[] {
  const first = decode(address, 0, source);
  if (!first) return NOTHING_DECODED;
  if (first.effects.itstate === undefined) return [first];
  const group = [first];
  for (let itstate = first.effects.itstate; itstate !== 0; itstate = advance(itstate)) {
    const member = decode(group.at(-1)!.next, itstate, source);
    if (!member) return NOTHING_DECODED;
    group.push(member);
  }
  const isPlain = group.every(({ interpreted }) => interpreted === 'never') && group.slice(1, -1).every((member) => !endsBlock(member));
  // The interpreter runs an IT block as one.
  return isPlain ? group : [{ ...first, interpreted: 'always', next: group.at(-1)!.next }];
}

/** What is UNPREDICTABLE and would differ from the interpreter is left to it: R15 as a plain register, IT and conditional branches in IT blocks. */
function isTranslatable(effects: Effects, itstate: number): boolean {
  if (((effects.reads | effects.writes) & R15) !== 0) return false;
  return itstate === 0 || (effects.itstate === undefined && !effects.isConditional);
}

const advance = (itstate: number): number => ((itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f));
const endsBlock = ({ effects, interpreted }: Decoded): boolean => interpreted !== 'never' || effects.target !== undefined || effects.isIndirect;

/** @param itstate ITSTATE there */
export function decode(address: number, itstate: number, source: InstructionSource): Decoded | undefined {
  const found = source.rowAt(address);
  if (!found) return undefined;
  const { row, opcode } = found;
  const inIT = itstate !== 0;
  const next = (address + row.bits / 8) | 0;
  const { operands, choices, cycles, effects } = source.meanings.of(row, opcode, inIT, address, source);
  const condition = inIT && !row.isUnconditional ? itstate >>> 4 : -1;
  const isIndirect = effects.isIndirect || effects.isCall;
  const means = effects.helpers.map((name, i) => source.meansOf(name, effects.helperArguments[i]));
  const isInterpreted = !isTranslatable(effects, itstate) || means.includes('interpreter');
  return {
    address, next, row, operands, choices, cycles, effects, condition, itstate,
    tableTargets: tableTargets(effects.table, source),
    seenTargets: isIndirect && !inIT ? source.seenTargets(address) : NO_ADDRESSES,
    interpreted: isInterpreted ? 'always' : means.includes('beside') ? 'beside' : source.needsInterpreter(address) ? 'fallback' : 'never',
  };
}

/** A table ends where the first code that it leads to begins: compilers put it between the branch and that. */
function tableTargets(table: BranchTable | undefined, source: InstructionSource): readonly number[] {
  if (!table) return NO_ADDRESSES;
  const targets: number[] = [];
  let end = Math.min(table.base + MOST_TABLE_BYTES, 0x7fff_ffff); // addresses are signed
  for (let at = table.base; at + table.size <= end; at += table.size) {
    const halfword = source.halfwordAt(at & ~1);
    if (halfword === undefined) break;
    const entry = table.size === 2 ? halfword : (halfword >>> (8 * (at & 1))) & 0xff;
    const target = (table.base + 2 * entry) | 0;
    if (target <= at) break; // padding
    targets.push(target);
    end = Math.min(end, target);
  }
  return targets;
}

/** Execution may go on behind the instruction. */
export function fallsThrough({ effects, condition, interpreted }: Decoded): boolean {
  const { target, isCall, isConditional, isIndirect } = effects;
  return interpreted === 'always' || condition >= 0 || isConditional || isCall || (target === undefined && !isIndirect);
}

/** Where execution may go on inside the region. */
function nextAddresses(instruction: Decoded): number[] {
  const { effects: { target, isCall }, next, tableTargets: targets, seenTargets, interpreted } = instruction;
  if (interpreted === 'always') return [next];
  const after = fallsThrough(instruction) ? [next] : [];
  return [...(target !== undefined && !isCall ? [target] : []), ...after, ...new Set([...targets, ...seenTargets])];
}

/** Cuts runs where another instruction branches into their middle. */
function splitAtLeaders(runs: readonly (readonly Decoded[])[], leaders: ReadonlySet<number>): Map<number, Decoded[]> {
  const blocks = new Map<number, Decoded[]>();
  for (const run of runs) {
    let block: Decoded[] = [];
    for (const instruction of run) {
      if (block.length === 0 || (instruction.itstate === 0 && leaders.has(instruction.address))) blocks.set(instruction.address, (block = []));
      block.push(instruction);
    }
  }
  return blocks;
}

function order(entry: number, blocks: ReadonlyMap<number, readonly Decoded[]>): Region {
  const reversed: number[] = [];
  const seen = new Set<number>();
  // Explicit stack: regions can be long chains of blocks.
  const stack: { start: number; next: number[] }[] = [];
  const open = (at: number): void => {
    seen.add(at);
    stack.push({ start: at, next: nextAddresses(blocks.get(at)!.at(-1)!).filter((s) => blocks.has(s)) });
  };
  open(entry);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const next = top.next.pop();
    if (next === undefined) {
      reversed.push(top.start);
      stack.pop();
    } else if (!seen.has(next)) open(next);
  }
  const addresses = reversed.reverse();
  const indexOf = new Map(addresses.map((address, index) => [address, index]));
  const list = addresses.map((start, index): Block => {
    const instructions = blocks.get(start)!;
    const last = instructions.at(-1)!;
    const isBranch = last.interpreted !== 'always' && !last.effects.isCall;
    return { index, start, instructions, target: isBranch ? last.effects.target : undefined, fallThrough: fallsThrough(last) ? last.next : undefined };
  });
  return {
    entry,
    blocks: list,
    byAddress: new Map(list.map((block) => [block.start, block])),
    successors: list.map(({ instructions }) => successorAddresses(instructions.at(-1)!).flatMap((address) => indexOf.get(address) ?? [])),
    instructions: list.reduce((sum, { instructions }) => sum + instructions.length, 0),
  };
}

/** As `nextAddresses`, with what is reached in two ways twice. */
function successorAddresses(last: Decoded): number[] {
  const addresses = nextAddresses(last);
  const isTwice = (last.interpreted === 'fallback' && fallsThrough(last)) || (last.effects.isCall && last.condition >= 0);
  return isTwice ? [...addresses, last.next] : addresses;
}

/** Groups of flags that the instruction looks at, its IT condition included. */
export const flagsRead = ({ effects, condition }: Decoded): number => effects.readsFlags | (condition >= 0 ? flagsOfCondition(condition) : 0);
