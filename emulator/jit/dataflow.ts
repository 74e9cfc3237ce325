/**
 * What of the registers lies in locals only (*dirty*: to be stored before anybody else looks), and what will still be read
 * (*live*: to be loaded after anybody else has written). Two passes over the flow graph.
 */
import type { FlowGraph } from './graph.js';
import { FlagBit } from './probe.js';
import { fallsThrough, flagsRead, type Block, type Decoded, type Region } from './region.js';

/** A set of registers: bits 0..14 R0..R14, then N and Z, then C and V; and S0..S31. */
export interface RegisterSet { readonly general: number; readonly singles: number }

export const NZ_BIT = 1 << 15;
export const CV_BIT = 1 << 16;
export const NOTHING: RegisterSet = { general: 0, singles: 0 };
const R0_TO_R14 = 0x7fff;

export const union = (a: RegisterSet, b: RegisterSet): RegisterSet => ({ general: a.general | b.general, singles: a.singles | b.singles });
const without = (a: RegisterSet, b: RegisterSet): RegisterSet => ({ general: a.general & ~b.general, singles: a.singles & ~b.singles });
export const isSame = (a: RegisterSet, b: RegisterSet): boolean => a.general === b.general && a.singles === b.singles;
export const isWithin = (a: RegisterSet, b: RegisterSet): boolean => (a.general & ~b.general) === 0 && (a.singles & ~b.singles) === 0;

const flagBits = (groups: number): number => (groups & FlagBit.NZ ? NZ_BIT : 0) | (groups & FlagBit.CV ? CV_BIT : 0);

function reads(instruction: Decoded, withSingles: boolean): RegisterSet {
  const { effects } = instruction;
  // what sets C alone keeps V, and N and Z in the same way
  const kept = effects.flags === 'other' ? (FlagBit.NZ | FlagBit.CV) & ~effects.replacesFlags : 0;
  return { general: (effects.reads & R0_TO_R14) | flagBits(flagsRead(instruction) | kept), singles: withSingles ? effects.readsSingles : 0 };
}

export function writes({ effects }: Decoded, withSingles: boolean): RegisterSet {
  const flags = effects.flags === 'none' ? 0 : effects.flags === 'NZ' ? NZ_BIT : NZ_BIT | CV_BIT;
  return { general: (effects.writes & R0_TO_R14) | flags, singles: withSingles ? effects.writesSingles : 0 };
}

/** What it writes whatever happens. */
function replaces(instruction: Decoded, withSingles: boolean): RegisterSet {
  if (instruction.condition >= 0) return NOTHING;
  const { effects } = instruction;
  return { general: (effects.writes & R0_TO_R14) | flagBits(effects.replacesFlags), singles: withSingles ? effects.writesSingles : 0 };
}

/** Everything is in memory before it and may be changed there after it. */
export const isBarrier = ({ effects, interpreted, condition }: Decoded): boolean => interpreted === 'always' || (effects.isCall && condition < 0);

/** It may leave to the interpreter before it has begun. */
const mayGiveUp = ({ effects, interpreted }: Decoded): boolean =>
  effects.accesses.length > 0 || effects.helpers.length > 0 || effects.isIndirect || interpreted !== 'never';

export interface Dataflow {
  /** At the start of each node. */
  readonly dirty: readonly RegisterSet[];
  readonly live: readonly RegisterSet[];
}

/** @param withSingles S registers are kept in locals, too */
export function analyse(region: Region, graph: FlowGraph, hasCheckpoint: readonly boolean[], withSingles: boolean): Dataflow {
  const dirty = dirtySets(region, graph, withSingles);
  return { dirty, live: liveSets(region, graph, hasCheckpoint, dirty, withSingles) };
}

export const dirtyAfter = (instruction: Decoded, before: RegisterSet, withSingles: boolean): RegisterSet =>
  (isBarrier(instruction) ? NOTHING : union(before, writes(instruction, withSingles)));

function dirtySets(region: Region, { nodes, successors }: FlowGraph, withSingles: boolean): RegisterSet[] {
  const dirty = nodes.map(() => NOTHING);
  for (let changed = true; changed;) {
    changed = false;
    nodes.forEach(({ block }, node) => {
      let after = dirty[node];
      if (block >= 0) for (const instruction of region.blocks[block].instructions) after = dirtyAfter(instruction, after, withSingles);
      for (const next of successors[node]) {
        if (isWithin(after, dirty[next])) continue;
        dirty[next] = union(dirty[next], after);
        changed = true;
      }
    });
  }
  return dirty;
}

/** A dispatch may leave at a checkpoint on one of its ways. */
const dispatching = (dirty: RegisterSet): Summary => ({ needed: dirty, replaced: NOTHING, isBarred: false });

/** Live before the block is `needed` and what is live after it, less `replaced`. */
interface Summary { readonly needed: RegisterSet; readonly replaced: RegisterSet; readonly isBarred: boolean }

function liveSets(region: Region, { nodes, successors }: FlowGraph, hasCheckpoint: readonly boolean[], dirty: readonly RegisterSet[], withSingles: boolean): RegisterSet[] {
  const summaries = nodes.map(({ block }, node) => (block < 0 ? dispatching(dirty[node]) : summarize(region, region.blocks[block], dirty[node], hasCheckpoint[node], withSingles)));
  const live = nodes.map(() => NOTHING);
  for (let changed = true; changed;) {
    changed = false;
    for (let node = nodes.length - 1; node >= 0; node--) {
      let after = NOTHING;
      for (const next of successors[node]) after = union(after, live[next]);
      const { needed, isBarred, replaced } = summaries[node];
      const before = union(needed, isBarred ? NOTHING : without(after, replaced));
      if (isSame(before, live[node])) continue;
      live[node] = before;
      changed = true;
    }
  }
  return live;
}

function summarize(region: Region, block: Block, dirtyBefore: RegisterSet, hasCheckpoint: boolean, withSingles: boolean): Summary {
  // checks of accesses leave at the block's start
  let needed = hasCheckpoint || block.instructions.some(({ effects }) => effects.accesses.length > 0) ? dirtyBefore : NOTHING;
  let replaced = NOTHING;
  let dirty = dirtyBefore;
  const need = (set: RegisterSet): void => { needed = union(needed, without(set, replaced)); };
  for (const instruction of block.instructions) {
    need(reads(instruction, withSingles));
    if (mayGiveUp(instruction)) need(dirty);
    if (isBarrier(instruction)) {
      need(dirty);
      return { needed, replaced, isBarred: true };
    }
    replaced = union(replaced, replaces(instruction, withSingles));
    dirty = union(dirty, writes(instruction, withSingles));
  }
  if (mayLeave(region, block)) need(dirty);
  return { needed, replaced, isBarred: false };
}

/** Some way out of the block leads out of the region, or may call. */
function mayLeave({ byAddress }: Region, { instructions, target }: Block): boolean {
  const last = instructions.at(-1)!;
  if (last.effects.isIndirect || last.effects.isCall) return true;
  return (target !== undefined && !byAddress.has(target)) || (fallsThrough(last) && !byAddress.has(last.next));
}
