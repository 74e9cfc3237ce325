/** Where cycles are charged and where the limit is looked at: what is known of a region before code is made. */
import { isBarrier } from './dataflow.js';
import type { FlowGraph } from './graph.js';
import type { Decoded, Region } from './region.js';

/** Extra cycles of the longest divide; see `IntegerHelperOptions`. */
const DEAREST_DIVIDE = 12;

/** From a conditional instruction on, those that are executed with it. */
export function conditionalRun(instructions: readonly Decoded[], start: number): readonly Decoded[] {
  let end = start;
  while (end < instructions.length && instructions[end].condition >= 0 && instructions[end].condition === instructions[start].condition) {
    end++;
    if (instructions[end - 1].effects.flags !== 'none') break; // what follows looks at other flags
  }
  return instructions.slice(start, end);
}

/** A conditional instruction that does nothing but write registers, in one cycle. */
export const isSelectable = ({ effects, cycles }: Decoded): boolean =>
  cycles === 1 && effects.flags === 'none' && effects.accesses.length === 0 && effects.helpers.length === 0 && effects.target === undefined && !effects.isIndirect
  && effects.writesSingles === 0 && !effects.writesState;

/** Cycles that are charged with the block: a skipped instruction of an IT block takes one. */
export const baseCycles = ({ cycles, condition, interpreted }: Decoded): number => (interpreted === 'always' ? 0 : condition >= 0 ? 1 : cycles);

/** The entry, where each turn of a loop begins, and where it is left: so that a loop is not left early for what comes after it. */
export function checkpoints({ nodes, successors, tree }: FlowGraph): boolean[] {
  const has = nodes.map(({ block }, node) => block === 0 || (block >= 0 && tree.isLoopHeader[node]));
  nodes.forEach(({ arms }, node) => { if (arms.length > 0 && tree.isLoopHeader[node]) has[arms.at(-1)!.to] = true; });
  for (const exit of loopExits(successors)) if (nodes[exit].block >= 0) has[exit] = true;
  return has;
}

/** Nodes that are reached out of the loop that some backward edge closes. */
function loopExits(successors: readonly (readonly number[])[]): Set<number> {
  const predecessors: number[][] = successors.map(() => []);
  successors.forEach((targets, from) => { for (const to of targets) predecessors[to].push(from); });
  const exits = new Set<number>();
  successors.forEach((targets, from) => {
    for (const header of targets) {
      if (header > from) continue;
      const body = bodyOf(header, from, predecessors);
      for (const node of body) for (const next of successors[node]) if (!body.has(next)) exits.add(next);
    }
  });
  return exits;
}

/** What leads to the end of a loop without passing its header. */
function bodyOf(header: number, end: number, predecessors: readonly (readonly number[])[]): Set<number> {
  const body = new Set<number>([header]);
  const work = [end];
  while (work.length > 0) {
    const node = work.pop()!;
    if (body.has(node)) continue;
    body.add(node);
    work.push(...predecessors[node]);
  }
  return body;
}

/** Headers that a branch leads back to, and no table. */
export function loopsByBranch(region: Region, graph: FlowGraph, switched: ReadonlySet<number | undefined>, hasCheckpoint: readonly boolean[]): boolean[] {
  const charges = graph.nodes.map(() => false);
  for (const { index, target } of region.blocks) {
    const to = target === undefined ? undefined : region.byAddress.get(target);
    if (to && to.index <= index && !switched.has(to.index)) charges[graph.nodeOf(to.index)] = hasCheckpoint[graph.nodeOf(to.index)];
  }
  return charges;
}

/** Longest path in cycles from each node to a checkpoint: blocks after calls have their own. */
export function worstPaths(region: Region, { nodes, successors }: FlowGraph, hasCheckpoint: readonly boolean[], refill: number): number[] {
  const worst = nodes.map(() => 0);
  for (let node = nodes.length - 1; node >= 0; node--) {
    const { block } = nodes[node];
    if (block < 0) continue; // each of its arms leads to a checkpoint
    const { instructions } = region.blocks[block];
    // In an IT block the dearer of executed and skipped; a divide's extra cycles at most.
    const own = instructions.reduce((sum, { cycles, row }) => sum + Math.max(cycles, 1) + (row.timing === 'div' ? DEAREST_DIVIDE : 0), 0) + refill;
    let rest = 0;
    const last = instructions.at(-1)!;
    if (!isBarrier(last) && !isReached(last) && last.interpreted !== 'beside') for (const next of successors[node]) if (next > node && !hasCheckpoint[next]) rest = Math.max(rest, worst[next]);
    worst[node] = own + rest;
  }
  return worst;
}

/** A load or store of one register, at any alignment, that reaches more than memory. A checkpoint follows. */
export const isReached = ({ interpreted, effects: { accesses, helpers, isIndirect } }: Decoded): boolean =>
  interpreted === 'fallback' && accesses.length === 1 && accesses[0].bytes <= 4 && accesses[0].alignment === 1 && helpers.length === 0 && !isIndirect;
