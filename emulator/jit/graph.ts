/**
 * The flow graph that code is made of: a region's blocks, and dispatch nodes where one place must lead to several. They make
 * every graph reducible: loops with several ways in get one before them, and so do loops around a place at which the
 * region's function can be entered from outside.
 *
 * A dispatch goes by the function's entry number, which is 0 save on the way to such a place.
 */
import { dominatorTree, type DominatorTree } from './dominators.js';

/** A way out of a dispatch node, taken when the entry number is `code`. */
export interface Arm {
  readonly code: number;
  readonly to: number;
  /** Its way leads to a block, so that the number has served. */
  readonly arrives: boolean;
}

export interface FlowNode {
  /** A block of the region, or -1 for a dispatch. */
  readonly block: number;
  /** Of a dispatch; the last serves every other number. */
  readonly arms: readonly Arm[];
}

export interface FlowGraph {
  /** In reverse postorder; node 0 is where the function begins. */
  readonly nodes: readonly FlowNode[];
  readonly successors: readonly (readonly number[])[];
  readonly tree: DominatorTree;
  /** The node that an edge to a block leads to, and the number to be set before. */
  edge(toBlock: number): { readonly node: number; readonly code: number };
  nodeOf(block: number): number;
  /** Number for entering at a block; 0 for the first, undefined where that is not possible. */
  entryCode(block: number): number | undefined;
}

interface Loop {
  readonly headers: readonly number[];
  readonly nodes: ReadonlySet<number>;
  readonly depth: number;
  dispatch: number;
}

/** Numbers have a byte. */
const MOST_CODES = 255;

/**
 * @param successors of the blocks, in reverse postorder
 * @param wanted blocks at which the function is to be entered; loop headers are entered anyway
 * @param isSwitched blocks that a branch with several ways leads to
 */
export function flowGraph(successors: readonly (readonly number[])[], wanted: readonly number[], isSwitched: (block: number) => boolean): FlowGraph {
  const loops = findLoops(successors);
  const chains = loopChains(loops, successors.length);
  const headers = loops.flatMap((loop) => loop.headers);
  const entries = [...new Set([...headers, ...wanted])].filter((block) => block !== 0).slice(0, MOST_CODES - headers.length);
  const codes = new Map<number, number>();
  for (const block of [...entries, ...loops.filter((loop) => loop.headers.length > 1).flatMap((loop) => loop.headers)]) {
    if (block !== 0 && !codes.has(block)) codes.set(block, codes.size + 1);
  }
  return numbered(successors, loops, chains, entries, codes, isSwitched);
}

/** Loops, outer before inner; those inside are found with the ways to the outer headers cut. */
function findLoops(successors: readonly (readonly number[])[]): Loop[] {
  const predecessors: number[][] = successors.map(() => []);
  successors.forEach((targets, from) => { for (const to of targets) predecessors[to].push(from); });
  const loops: Loop[] = [];
  const cut = new Set<number>();
  const search = (nodes: ReadonlySet<number>, depth: number): void => {
    for (const part of stronglyConnected(nodes, successors, cut)) {
      const isLoop = part.length > 1 || successors[part[0]].includes(part[0]);
      if (!isLoop || (part.length === 1 && cut.has(part[0]))) continue;
      const inside = new Set(part);
      const entered = part.filter((node) => node === 0 || predecessors[node].some((p) => !inside.has(p)));
      const loop: Loop = { headers: entered.sort((a, b) => a - b), nodes: inside, depth, dispatch: -1 };
      loops.push(loop);
      for (const header of loop.headers) cut.add(header);
      search(inside, depth + 1);
    }
  };
  search(new Set(successors.keys()), 0);
  return loops;
}

/** Tarjan's algorithm, without recursion. @param cut nodes that no edge leads to */
function stronglyConnected(nodes: ReadonlySet<number>, successors: readonly (readonly number[])[], cut: ReadonlySet<number>): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const found: number[][] = [];
  for (const root of nodes) {
    if (index.has(root)) continue;
    const work: { node: number; next: number }[] = [];
    const enter = (node: number): void => {
      index.set(node, index.size);
      low.set(node, index.get(node)!);
      stack.push(node);
      onStack.add(node);
      work.push({ node, next: 0 });
    };
    enter(root);
    while (work.length > 0) {
      const top = work.at(-1)!;
      const to = successors[top.node][top.next++];
      if (to !== undefined) {
        if (!nodes.has(to) || cut.has(to)) continue;
        if (!index.has(to)) enter(to);
        else if (onStack.has(to)) low.set(top.node, Math.min(low.get(top.node)!, index.get(to)!));
        continue;
      }
      work.pop();
      const above = work.at(-1);
      if (above) low.set(above.node, Math.min(low.get(above.node)!, low.get(top.node)!));
      if (low.get(top.node) !== index.get(top.node)) continue;
      const part: number[] = [];
      for (let node = -1; node !== top.node;) {
        node = stack.pop()!;
        onStack.delete(node);
        part.push(node);
      }
      found.push(part);
    }
  }
  return found;
}

/** For each block the loops around it, outermost first. */
function loopChains(loops: readonly Loop[], blocks: number): Loop[][] {
  const chains: Loop[][] = Array.from({ length: blocks }, () => []);
  for (const loop of [...loops].sort((a, b) => a.depth - b.depth)) for (const block of loop.nodes) chains[block].push(loop);
  return chains;
}

function numbered(
  blockSuccessors: readonly (readonly number[])[], loops: readonly Loop[], chains: readonly (readonly Loop[])[],
  entries: readonly number[], codes: ReadonlyMap<number, number>, isSwitched: (block: number) => boolean,
): FlowGraph {
  const blocks = blockSuccessors.length;
  const isSoleHeader = (loop: Loop, block: number): boolean => loop.headers.length === 1 && loop.headers[0] === block;
  // A loop needs a dispatch for several headers, and for entries inside that are not its header.
  const inner = entries.map((block) => ({ block, loops: chains[block].filter((loop) => !isSoleHeader(loop, block)) }));
  let count = blocks;
  for (const loop of loops) if (loop.headers.length > 1 || inner.some((entry) => entry.loops.includes(loop))) loop.dispatch = count++;
  const root = entries.length > 0 ? count : -1;
  const loopOf = new Map(loops.flatMap((loop) => loop.headers.map((header) => [header, loop] as const)));

  /** From outside a loop, or along its backward edges, its header is reached through the dispatch. */
  const through = (block: number): { node: number; code: number } => {
    const loop = loopOf.get(block);
    if (!loop || loop.dispatch < 0) return { node: block, code: 0 };
    return { node: loop.dispatch, code: block === loop.headers[0] ? 0 : codes.get(block)! };
  };
  /** On the way in to an entry, beyond `level` of its loops. */
  const hop = (block: number, level: number): number => {
    const next = chains[block].slice(level).find((loop) => loop.dispatch >= 0);
    return next ? next.dispatch : block;
  };
  const arms = new Map<number, Arm[]>();
  const addArm = (node: number, code: number, to: number): void => {
    const list = arms.get(node) ?? [];
    if (!list.some((arm) => arm.code === code)) list.push({ code, to, arrives: to < blocks });
    arms.set(node, list);
  };
  for (const block of entries) {
    if (root >= 0) addArm(root, codes.get(block)!, hop(block, 0));
    chains[block].forEach((loop, level) => { if (loop.dispatch >= 0) addArm(loop.dispatch, codes.get(block)!, hop(block, level + 1)); });
  }
  for (const loop of loops) {
    if (loop.dispatch < 0) continue;
    for (const header of loop.headers.slice(1)) addArm(loop.dispatch, codes.get(header)!, header);
    addArm(loop.dispatch, 0, loop.headers[0]);
  }
  if (root >= 0) addArm(root, 0, through(0).node);

  const successorsOf = (node: number): number[] => (node < blocks ? blockSuccessors[node].map((to) => through(to).node) : arms.get(node)!.map(({ to }) => to));
  const order = reversePostorder(root >= 0 ? root : through(0).node, successorsOf);
  const numbers = new Map(order.map((node, number) => [node, number]));
  const nodes = order.map((node): FlowNode => (node < blocks
    ? { block: node, arms: [] }
    : { block: -1, arms: arms.get(node)!.map((arm) => ({ ...arm, to: numbers.get(arm.to)! })) }));
  const successors = order.map((node) => successorsOf(node).map((to) => numbers.get(to)!));
  // Arms of a dispatch branch to labels, too.
  const armed = new Set(nodes.flatMap((node) => node.arms.map(({ to }) => to)));
  const tree = dominatorTree(successors, (number) => armed.has(number) || (order[number] < blocks && isSwitched(order[number])) || isSwitchedThrough(order[number]));
  function isSwitchedThrough(node: number): boolean {
    return node >= blocks && loops.some((loop) => loop.dispatch === node && loop.headers.some(isSwitched));
  }
  const enterable = new Set(entries);
  return {
    nodes, successors, tree,
    edge: (toBlock) => {
      const { node, code } = through(toBlock);
      return { node: numbers.get(node)!, code };
    },
    nodeOf: (block) => numbers.get(block)!,
    entryCode: (block) => (block === 0 ? 0 : enterable.has(block) ? codes.get(block) : undefined),
  };
}

function reversePostorder(start: number, successorsOf: (node: number) => readonly number[]): number[] {
  const reversed: number[] = [];
  const seen = new Set<number>([start]);
  const stack = [{ node: start, next: [...successorsOf(start)] }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const next = top.next.pop();
    if (next === undefined) {
      reversed.push(top.node);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ node: next, next: [...successorsOf(next)] });
    }
  }
  return reversed.reverse();
}
