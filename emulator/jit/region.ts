/**
 * A region: the instructions that branches reach from an entry without leaving its function, as basic blocks.
 * It knows rows, never mnemonics: an instruction's flow comes from its meaning (`ProbeBuilder`).
 */
import { choicesOfVariant, fieldsInContext, variantOf } from '../isa/decoder.js';
import { decodeOperand, type Instruction } from '../isa/instruction.js';
import { ProbeBuilder, type BranchTable, type Effects } from './probe.js';

/** Where a region's instructions come from. */
export interface InstructionSource {
  /** Undefined when the address cannot be fetched or nothing is defined there. */
  rowAt(address: number): { readonly row: Instruction; readonly opcode: number } | undefined;
  /** Undefined when it cannot be fetched. */
  halfwordAt(address: number): number | undefined;
  /** Cycles as the interpreter charges them. */
  cyclesOf(row: Instruction, transfers: number): number;
  /** Can the translator express this helper, or must the interpreter run the instruction? */
  knowsHelper(name: string): boolean;
}

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
  /** Condition code inside an IT block, -1 outside; and ITSTATE at this instruction. */
  readonly condition: number;
  readonly itstate: number;
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
  readonly successors: readonly (readonly number[])[];
}

/** Nearest first: what lies farther is another region's. */
const MOST_INSTRUCTIONS = 400;
const MOST_TABLE_BYTES = 512;
const R15 = 1 << 15;

/** Instructions decoded outside IT blocks, by address: regions overlap. */
export type DecodedInstructions = Map<number, Decoded>;

/** @returns undefined when not even the first instruction can be translated */
export function discoverRegion(entry: number, source: InstructionSource, known: DecodedInstructions): Region | undefined {
  const leaders = new Set<number>([entry]);
  const queue = [entry];
  const runs = new Map<number, Decoded[]>();
  const taken = new Set<number>();
  for (const start of queue) {
    if (runs.has(start) || (taken.size >= MOST_INSTRUCTIONS && !taken.has(start))) continue;
    const run = decodeRun(start, source, known);
    runs.set(start, run);
    for (const { address } of run) taken.add(address);
    const last = run.at(-1);
    if (!last) continue;
    for (const next of nextAddresses(last)) {
      leaders.add(next);
      queue.push(next);
    }
  }
  if ((runs.get(entry)?.length ?? 0) === 0) return undefined;
  return order(entry, splitAtLeaders(runs, leaders));
}

/** Instructions from an address up to one that ends a block or that cannot be translated (not included). */
function decodeRun(start: number, source: InstructionSource, known: DecodedInstructions): Decoded[] {
  const run: Decoded[] = [];
  let address = start;
  let itstate = 0;
  while (run.length < MOST_INSTRUCTIONS) {
    const instruction = decodeAt(address, itstate, source, known);
    if (!instruction || !isTranslatable(instruction, source)) break;
    run.push(instruction);
    address = instruction.next;
    itstate = instruction.effects.itstate ?? advance(itstate);
    if (endsBlock(instruction)) break;
  }
  // A block never ends inside an IT block: the interpreter would be entered in the middle of it.
  while (run.length > 0 && needsMore(run.at(-1)!)) run.pop();
  return run;
}

function decodeAt(address: number, itstate: number, source: InstructionSource, known: DecodedInstructions): Decoded | undefined {
  const before = itstate === 0 ? known.get(address) : undefined;
  if (before) return before;
  const found = source.rowAt(address);
  if (!found) return undefined;
  const instruction = decode(address, found.row, found.opcode, itstate, source);
  if (itstate === 0) known.set(address, instruction);
  return instruction;
}

/** What is UNPREDICTABLE and would differ from the interpreter is left to it: R15 as a plain register, IT and conditional branches in IT blocks. */
function isTranslatable({ effects, itstate }: Decoded, source: InstructionSource): boolean {
  if (((effects.reads | effects.writes) & R15) !== 0) return false;
  if (itstate !== 0 && (effects.itstate !== undefined || effects.isConditional)) return false;
  return effects.helpers.every((name) => source.knowsHelper(name));
}

const advance = (itstate: number): number => ((itstate & 7) === 0 ? 0 : (itstate & 0xe0) | ((itstate << 1) & 0x1f));
const needsMore = ({ effects, itstate }: Decoded): boolean => effects.itstate !== undefined || advance(itstate) !== 0;
const endsBlock = ({ effects }: Decoded): boolean => effects.target !== undefined || effects.isIndirect;

function decode(address: number, row: Instruction, opcode: number, itstate: number, source: InstructionSource): Decoded {
  const inIT = itstate !== 0;
  const fields = fieldsInContext(row, opcode, inIT);
  const operands: Record<string, number> = {};
  for (const [name, how] of row.operandEntries) operands[name] = decodeOperand(how, fields, address);
  const choices = choicesOfVariant(row, variantOf(row, fields, address));
  const next = (address + row.bits / 8) | 0;
  const probe = new ProbeBuilder((address + 4) | 0);
  row.operation(probe, operands, choices);
  const condition = inIT && !row.isUnconditional ? itstate >>> 4 : -1;
  const effects = probe.effects(next);
  const cycles = source.cyclesOf(row, row.transfers?.(fields) ?? 0);
  return { address, next, row, operands, choices, cycles, effects, tableTargets: tableTargets(effects.table, source), condition, itstate };
}

/** A table ends where the first code that it leads to begins: compilers put it between the branch and that. */
function tableTargets(table: BranchTable | undefined, source: InstructionSource): number[] {
  if (!table) return [];
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

/** Where execution may go on inside the region. */
function nextAddresses({ effects, next, condition, tableTargets: targets }: Decoded): number[] {
  const { target, isCall, isConditional, isIndirect } = effects;
  const fallsThrough = condition >= 0 || isConditional || isCall || (target === undefined && !isIndirect);
  return [...(target !== undefined && !isCall ? [target] : []), ...(fallsThrough ? [next] : []), ...new Set(targets)];
}

/** Cuts runs where another instruction branches into their middle, and drops what is covered twice. */
function splitAtLeaders(runs: ReadonlyMap<number, readonly Decoded[]>, leaders: ReadonlySet<number>): Map<number, Decoded[]> {
  const blocks = new Map<number, Decoded[]>();
  for (const [start, run] of runs) {
    const block: Decoded[] = [];
    for (const instruction of run) {
      if (instruction.address !== start && leaders.has(instruction.address) && instruction.itstate === 0) break;
      block.push(instruction);
    }
    if (block.length > 0) blocks.set(start, block);
  }
  return blocks;
}

function order(entry: number, blocks: ReadonlyMap<number, readonly Decoded[]>): Region {
  const reversed: number[] = [];
  const seen = new Set<number>();
  const visit = (start: number): void => {
    // Explicit stack: regions can be long chains of blocks.
    const stack: { start: number; next: number[] }[] = [];
    const open = (at: number): void => {
      seen.add(at);
      stack.push({ start: at, next: successorsOf(blocks.get(at)!).filter((s) => blocks.has(s)) });
    };
    open(start);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const next = top.next.pop();
      if (next === undefined) {
        reversed.push(top.start);
        stack.pop();
      } else if (!seen.has(next)) open(next);
    }
  };
  visit(entry);
  const addresses = reversed.reverse();
  const indexOf = new Map(addresses.map((address, index) => [address, index]));
  const list = addresses.map((start, index): Block => {
    const instructions = blocks.get(start)!;
    const last = instructions.at(-1)!;
    const next = nextAddresses(last);
    const target = last.effects.isCall ? undefined : last.effects.target;
    return { index, start, instructions, target, fallThrough: next.includes(last.next) ? last.next : undefined };
  });
  return {
    entry,
    blocks: list,
    byAddress: new Map(list.map((block) => [block.start, block])),
    successors: list.map(({ instructions }) => successorsOf(instructions).flatMap((address) => indexOf.get(address) ?? [])),
  };
}

const successorsOf = (instructions: readonly Decoded[]): number[] => nextAddresses(instructions.at(-1)!);
