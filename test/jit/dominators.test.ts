/** Dominators of random flow graphs against their definition: a node dominates what cannot be reached without it. */
import { describe, expect, it } from 'vitest';
import { dominatorTree } from '../../emulator/jit/dominators.js';
import { Random } from '../support/random.js';

/** A random graph of reachable nodes, numbered in reverse postorder. */
function randomGraph(random: Random): number[][] {
  const count = random.between(1, 14);
  const edges = Array.from({ length: count }, () => Array.from({ length: random.below(3) }, () => random.below(count)));
  const seen = new Set<number>();
  const order: number[] = [];
  const visit = (node: number): void => {
    seen.add(node);
    for (const next of edges[node]) if (!seen.has(next)) visit(next);
    order.push(node);
  };
  visit(0);
  order.reverse();
  return order.map((node) => edges[node].map((next) => order.indexOf(next)));
}

function reachable(successors: readonly (readonly number[])[], without: number): Set<number> {
  const seen = new Set<number>();
  const work = without === 0 ? [] : [0];
  while (work.length > 0) {
    const node = work.pop()!;
    if (seen.has(node) || node === without) continue;
    seen.add(node);
    work.push(...successors[node]);
  }
  return seen;
}

/** By repeated removal of self-loops and merging of nodes with one predecessor, a reducible graph becomes one node. */
function isReducible(successors: readonly (readonly number[])[]): boolean {
  const next = successors.map((targets, node) => new Set(targets.filter((target) => target !== node)));
  const alive = new Set(next.keys());
  for (let changed = true; changed;) {
    changed = false;
    for (const node of alive) {
      const from = [...alive].filter((other) => next[other].has(node));
      if (node === 0 || from.length !== 1) continue;
      next[from[0]].delete(node);
      for (const target of next[node]) if (target !== from[0]) next[from[0]].add(target);
      alive.delete(node);
      changed = true;
    }
  }
  return alive.size === 1;
}

describe('the dominator tree', () => {
  it('agrees with the definition on 2000 random graphs', () => {
    const random = new Random(20_260_101);
    for (let i = 0; i < 2000; i++) {
      const successors = randomGraph(random);
      const tree = dominatorTree(successors);
      const text = JSON.stringify(successors);
      for (let node = 1; node < successors.length; node++) {
        const dominators = [...successors.keys()].filter((d) => d !== node && !reachable(successors, d).has(node));
        const chain: number[] = [];
        for (let at = node; at !== 0; at = tree.idom[at]) chain.push(tree.idom[at]);
        expect(chain.sort((a, b) => a - b), `${text}, node ${node}`).toEqual(dominators);
        expect(tree.children[tree.idom[node]]).toContain(node);
      }
      expect(tree.isReducible, text).toBe(isReducible(successors));
    }
  });

  it('knows loop headers and merges', () => {
    // 0 -> 1 -> {2, 3} -> 4 -> {1, 5}
    const { isLoopHeader, isMerge, idom } = dominatorTree([[1], [2, 3], [4], [4], [1, 5], []]);
    expect(isLoopHeader).toEqual([false, true, false, false, false, false]);
    expect(isMerge).toEqual([false, false, false, false, true, false]);
    expect([...idom]).toEqual([0, 0, 1, 1, 1, 4]);
  });
});
