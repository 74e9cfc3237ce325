/**
 * Dominators of a flow graph whose nodes are numbered in reverse postorder, node 0 the entry.
 * Source: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
 */
export interface DominatorTree {
  /** Immediate dominator of each node; the entry's is itself. */
  readonly idom: Int32Array;
  /** Children in the tree, ascending. */
  readonly children: readonly (readonly number[])[];
  /** Nodes that a back edge leads to. */
  readonly isLoopHeader: readonly boolean[];
  /** Nodes that two or more forward edges lead to, or one of a branch with several ways. */
  readonly isMerge: readonly boolean[];
  /** Every backward edge leads to a node that dominates its origin. */
  readonly isReducible: boolean;
}

/** @param needsLabel forward edges into such a node come from a branch with several ways */
export function dominatorTree(successors: readonly (readonly number[])[], needsLabel: (node: number) => boolean = () => false): DominatorTree {
  const count = successors.length;
  const predecessors: number[][] = Array.from({ length: count }, () => []);
  successors.forEach((targets, from) => { for (const to of targets) predecessors[to].push(from); });
  const idom = new Int32Array(count).fill(-1);
  idom[0] = 0;
  const intersect = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (x > y) x = idom[x];
      while (y > x) y = idom[y];
    }
    return x;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let node = 1; node < count; node++) {
      let best = -1;
      for (const p of predecessors[node]) if (idom[p] >= 0) best = best < 0 ? p : intersect(best, p);
      if (best !== idom[node]) {
        idom[node] = best;
        changed = true;
      }
    }
  }
  const children: number[][] = Array.from({ length: count }, () => []);
  for (let node = 1; node < count; node++) children[idom[node]].push(node);
  const dominates = (a: number, b: number): boolean => {
    let at = b;
    while (at > a) at = idom[at];
    return at === a;
  };
  const isLoopHeader = predecessors.map((from, node) => from.some((p) => p >= node));
  const isMerge = predecessors.map((from, node) => from.filter((p) => p < node).length >= 2 || needsLabel(node));
  const isReducible = predecessors.every((from, node) => from.every((p) => p < node || dominates(node, p)));
  return { idom, children, isLoopHeader, isMerge, isReducible };
}
