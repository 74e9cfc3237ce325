/**
 * A region of code: the basic blocks that branches reach from an entry, with the code behind calls. Addresses count words.
 * What only the interpreter can do ends a region before it.
 */
import type { AvrBuilder } from '../../../isa/avr-builder.js';
import type { Value } from '../../../isa/builder.js';
import { decodeOperand, fieldsOf, type Instruction } from '../../../isa/instruction.js';
import { NEXT_WORDS } from '../rows/common.js';
import { Probe, type Effects } from './effects.js';

type Row = Instruction<AvrBuilder>;

export interface Decoded {
  readonly address: number;
  readonly next: number;
  readonly row: Row;
  readonly operands: Readonly<Record<string, Value>>;
  readonly choices: Readonly<Record<string, number>>;
  readonly cycles: number;
  readonly effects: Effects;
  /** Where an indirect jump has led so far. */
  readonly knownTargets: readonly number[];
}

export interface Block {
  readonly index: number;
  readonly start: number;
  readonly instructions: readonly Decoded[];
}

export interface Region {
  readonly entry: number;
  /** In reverse postorder, the entry's first. */
  readonly blocks: readonly Block[];
  readonly byAddress: ReadonlyMap<number, Block>;
  readonly successors: readonly (readonly number[])[];
  readonly instructions: number;
  /** Addresses of indirect jumps. */
  readonly indirectJumps: readonly number[];
  /** Words that it was made of: a range around all of them. */
  readonly first: number;
  readonly end: number;
}

export interface InstructionSource {
  /** Words of program memory. */
  readonly size: number;
  /** Undefined where nothing can be translated: no instruction, or a breakpoint. */
  rowAt(address: number): { readonly row: Row; readonly opcode: number } | undefined;
  wordsAt(address: number): 1 | 2;
  readonly timing: Readonly<Record<string, number>>;
  /** Only the interpreter can do that. */
  needsInterpreter(effects: Effects): boolean;
  /** Where the indirect jump at an address has led. */
  targetsOf(address: number): readonly number[];
}

/** Of a region, unless somebody wants them smaller. */
export const MOST_INSTRUCTIONS = 1500;

/** @returns undefined when there is nothing to translate at the entry */
export function discoverRegion(entry: number, source: InstructionSource, most: number): Region | undefined {
  const known = new Map<number, Decoded>();
  const leaders = new Set([entry]);
  const queue = [entry];
  for (let at = queue.pop(); at !== undefined && known.size < most; at = queue.pop()) {
    while (!known.has(at) && known.size < most) {
      const instruction = decode(at, source);
      if (!instruction) break;
      known.set(at, instruction);
      const { effects, next, knownTargets } = instruction;
      for (const target of effects.target !== undefined && !effects.isCall ? [effects.target] : knownTargets) {
        leaders.add(target);
        queue.push(target);
      }
      if (!fallsThrough(instruction)) break;
      if (effects.target !== undefined || effects.isCall) leaders.add(next);
      at = next;
    }
  }
  return known.has(entry) ? build(entry, known, leaders) : undefined;
}

export function decode(address: number, source: InstructionSource): Decoded | undefined {
  const found = source.rowAt(address);
  if (!found) return undefined;
  const { row, opcode } = found;
  const words = row.bits / 16;
  if (address + words >= source.size) return undefined; // what runs on past the end begins at 0: left to the interpreter
  const fields = fieldsOf(row, opcode);
  fields[NEXT_WORDS] = source.wordsAt(address + 1);
  const operands = Object.fromEntries(row.operandEntries.map(([name, how]) => [name, decodeOperand(how, fields, address)]));
  const target = operands['target'];
  if (target !== undefined) operands['target'] = target & (source.size - 1);
  const choices = Object.fromEntries(row.choiceEntries.map(([name, { from }]) => [name, typeof from === 'string' ? fields[from] : from(fields)]));
  const probe = new Probe(address + words);
  row.operation(probe, operands, choices);
  const effects = probe.effects();
  if (source.needsInterpreter(effects)) return undefined;
  const knownTargets = isIndirectJump(effects) ? source.targetsOf(address) : [];
  return { address, next: address + words, row, operands, choices, cycles: source.timing[row.timing], effects, knownTargets };
}

/** As `switch` is compiled: neither a call nor a return. */
export const isIndirectJump = ({ isIndirect, isCall, stack }: Effects): boolean => isIndirect && !isCall && stack === undefined;

/** Execution may go on behind it, a callee's return included. */
export const fallsThrough = ({ effects: { target, isConditional, isIndirect, isCall } }: Decoded): boolean => isCall || isConditional || (target === undefined && !isIndirect);

const endsBlock = ({ effects: { target, isIndirect, isCall } }: Decoded): boolean => target !== undefined || isIndirect || isCall;

function build(entry: number, known: ReadonlyMap<number, Decoded>, leaders: ReadonlySet<number>): Region {
  const runs = new Map<number, Decoded[]>();
  for (const start of leaders) {
    const run: Decoded[] = [];
    for (let instruction = known.get(start); instruction; instruction = known.get(instruction.next)) {
      run.push(instruction);
      if (endsBlock(instruction) || leaders.has(instruction.next)) break;
    }
    if (run.length > 0) runs.set(start, run);
  }
  const nextOf = (start: number): number[] => successorsOf(runs.get(start)!.at(-1)!).filter((to) => runs.has(to));
  const order = reversePostorder(entry, nextOf);
  const indexOf = new Map(order.map((start, index) => [start, index]));
  const blocks = order.map((start, index): Block => ({ index, start, instructions: runs.get(start)! }));
  const instructions = blocks.flatMap((block) => block.instructions);
  return {
    entry, blocks, byAddress: new Map(blocks.map((block) => [block.start, block])), successors: order.map((start) => nextOf(start).map((to) => indexOf.get(to)!)),
    instructions: instructions.length, indirectJumps: instructions.filter(({ effects }) => isIndirectJump(effects)).map(({ address }) => address),
    first: Math.min(...instructions.map(({ address }) => address)), end: Math.max(...instructions.map(({ next }) => next)),
  };
}

/** A skip over nothing and a branch to the next instruction lead there twice. */
function successorsOf(last: Decoded): number[] {
  const { target, isCall } = last.effects;
  return [...last.knownTargets, ...(target !== undefined && !isCall ? [target] : []), ...(fallsThrough(last) ? [last.next] : [])];
}

function reversePostorder(entry: number, nextOf: (start: number) => readonly number[]): number[] {
  const reversed: number[] = [];
  const seen = new Set([entry]);
  const stack = [{ start: entry, next: [...nextOf(entry)] }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.next.pop();
    if (next === undefined) {
      reversed.push(top.start);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ start: next, next: [...nextOf(next)] });
    }
  }
  return reversed.reverse();
}
