/**
 * Which registers lie in locals only (*dirty*), and which will still be read (*live*), at the start of each node: two passes
 * over the flow graph. A call finds everything in memory and leaves it there.
 */
import type { FlowGraph } from '../../../jit/graph.js';
import { FLAG_BITS } from './effects.js';
import { fallsThrough, type Block, type Decoded, type Region } from './region.js';

/** R0..R31, and `StateBit`s. */
export interface RegisterSet { readonly general: number; readonly state: number }

export const NOTHING: RegisterSet = { general: 0, state: 0 };
export const union = (a: RegisterSet, b: RegisterSet): RegisterSet => ({ general: a.general | b.general, state: a.state | b.state });
const without = (a: RegisterSet, b: RegisterSet): RegisterSet => ({ general: a.general & ~b.general, state: a.state & ~b.state });
export const isSame = (a: RegisterSet, b: RegisterSet): boolean => a.general === b.general && a.state === b.state;

export const readsOf = ({ effects: { reads, readsState } }: Decoded): RegisterSet => ({ general: reads, state: readsState });
export const writesOf = ({ effects: { writes, writesState } }: Decoded): RegisterSet => ({ general: writes, state: writesState });

/** It may be left to the interpreter before it has begun, or be the last before something outside. */
export const mayLeaveAt = ({ effects }: Decoded): boolean =>
  effects.hasPointer || effects.stack !== undefined || effects.addresses.length > 0 || effects.readsProgram || effects.writesSREG || effects.helpers.length > 0 || effects.isIndirect;

export const dirtyAfter = (instruction: Decoded, before: RegisterSet): RegisterSet => (instruction.effects.isCall ? NOTHING : union(before, writesOf(instruction)));

export interface Dataflow {
  /** At the start of each node. */
  readonly dirty: readonly RegisterSet[];
  readonly live: readonly RegisterSet[];
}

export function analyse(region: Region, graph: FlowGraph, hasCheckpoint: readonly boolean[]): Dataflow {
  const dirty = dirtySets(region, graph);
  return { dirty, live: liveSets(region, graph, hasCheckpoint, dirty) };
}

function dirtySets(region: Region, { nodes, successors }: FlowGraph): RegisterSet[] {
  const dirty = nodes.map(() => NOTHING);
  for (let changed = true; changed;) {
    changed = false;
    nodes.forEach(({ block }, node) => {
      let after = dirty[node];
      if (block >= 0) for (const instruction of region.blocks[block].instructions) after = dirtyAfter(instruction, after);
      for (const next of successors[node]) {
        const more = union(dirty[next], after);
        if (isSame(more, dirty[next])) continue;
        dirty[next] = more;
        changed = true;
      }
    });
  }
  return dirty;
}

function liveSets(region: Region, { nodes, successors }: FlowGraph, hasCheckpoint: readonly boolean[], dirty: readonly RegisterSet[]): RegisterSet[] {
  const live = nodes.map(() => NOTHING);
  for (let changed = true; changed;) {
    changed = false;
    for (let node = nodes.length - 1; node >= 0; node--) {
      const { block } = nodes[node];
      let after = NOTHING;
      for (const next of successors[node]) after = union(after, live[next]);
      // A dispatch may leave at a checkpoint on one of its ways.
      const before = block < 0 ? union(after, dirty[node]) : liveIn(region, region.blocks[block], after, dirty[node], hasCheckpoint[node]);
      if (isSame(before, live[node])) continue;
      live[node] = before;
      changed = true;
    }
  }
  return live;
}

function liveIn(region: Region, block: Block, after: RegisterSet, dirty: RegisterSet, hasCheckpoint: boolean): RegisterSet {
  const [before] = liveAround(region, block, after, dirty);
  return hasCheckpoint ? union(before, dirty) : before;
}

/**
 * @param after what the nodes behind it need @param dirty at its start
 * @returns what is live before each instruction, and behind the last
 */
export function liveAround(region: Region, block: Block, after: RegisterSet, dirty: RegisterSet): RegisterSet[] {
  const { instructions } = block;
  const dirties = [dirty];
  for (const instruction of instructions) dirties.push(dirtyAfter(instruction, dirties.at(-1)!));
  const last = instructions.at(-1)!;
  let live = last.effects.isCall ? NOTHING : mayLeave(region, last) ? union(after, dirties.at(-1)!) : after;
  const around = [live];
  for (let i = instructions.length - 1; i >= 0; i--) {
    const instruction = instructions[i];
    live = union(without(live, writesOf(instruction)), readsOf(instruction));
    // what it is given up with, or called with
    if (mayLeaveAt(instruction) || instruction.effects.isCall) live = union(live, dirties[i]);
    around.unshift(live);
  }
  return around;
}

/** Some way out of the block leads out of the region. */
function mayLeave({ byAddress }: Region, last: Decoded): boolean {
  const { target, isIndirect, isCall } = last.effects;
  return isIndirect || isCall || (target !== undefined && !byAddress.has(target)) || (fallsThrough(last) && !byAddress.has(last.next));
}

/** Flags of a set. */
export const flagsOf = ({ state }: RegisterSet): number => state & FLAG_BITS;
