/** Flow graphs with dispatch nodes: whatever the blocks' flow is, the graph is reducible and goes where the blocks go. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowGraph, type FlowGraph } from '../../emulator/jit/graph.js';

/** Blocks in reverse postorder from block 0, as regions are: renumbered, and what is not reached left out. */
function inReversePostorder(edges: readonly (readonly number[])[]): number[][] {
  const order: number[] = [];
  const seen = new Set<number>();
  const visit = (block: number): void => {
    seen.add(block);
    for (const next of edges[block]) if (!seen.has(next)) visit(next);
    order.unshift(block);
  };
  visit(0);
  return order.map((block) => edges[block].map((next) => order.indexOf(next)));
}

const anyFlow = fc.integer({ min: 1, max: 12 }).chain((blocks) =>
  fc.array(fc.array(fc.nat(blocks - 1), { maxLength: 3 }), { minLength: blocks, maxLength: blocks })).map(inReversePostorder);

/** Follows dispatch nodes with an entry number. @returns the block that is reached, and the number then */
function arriveAt(graph: FlowGraph, start: number, code: number): { block: number; code: number } {
  let node = start;
  let number = code;
  for (let steps = 0; graph.nodes[node].block < 0; steps++) {
    if (steps > graph.nodes.length) throw new Error('a dispatch leads in circles');
    const { arms } = graph.nodes[node];
    const arm = arms.slice(0, -1).find((other) => other.code === number) ?? arms.at(-1)!;
    if (arm.arrives) number = 0;
    node = arm.to;
  }
  return { block: graph.nodes[node].block, code: number };
}

const noSwitch = (): boolean => false;

describe('flowGraph', () => {
  it('is reducible for any flow and any entries', () => fc.assert(fc.property(anyFlow, fc.array(fc.nat(11)), (successors, wanted) => {
    const graph = flowGraph(successors, wanted.filter((block) => block < successors.length), noSwitch);
    expect(graph.tree.isReducible).toBe(true);
  })));

  it('leads from each block to its successors', () => fc.assert(fc.property(anyFlow, fc.array(fc.nat(11)), (successors, wanted) => {
    const graph = flowGraph(successors, wanted.filter((block) => block < successors.length), noSwitch);
    for (const to of successors.flat()) {
      const { node, code } = graph.edge(to);
      expect(arriveAt(graph, node, code)).toEqual({ block: to, code: 0 });
    }
  })));

  it('is entered at each loop header and each wanted block, by its number', () => fc.assert(fc.property(anyFlow, fc.array(fc.nat(11)), (successors, wanted) => {
    const blocks = wanted.filter((block) => block < successors.length);
    const graph = flowGraph(successors, blocks, noSwitch);
    for (const block of [0, ...blocks]) expect(arriveAt(graph, 0, graph.entryCode(block)!)).toEqual({ block, code: 0 });
  })));

  it('has the successors that its nodes name', () => fc.assert(fc.property(anyFlow, (successors) => {
    const graph = flowGraph(successors, [], noSwitch);
    graph.nodes.forEach(({ block, arms }, node) => {
      const expected = block < 0 ? arms.map(({ to }) => to) : successors[block].map((to) => graph.edge(to).node);
      expect(graph.successors[node]).toEqual(expected);
    });
  })));

  it('adds nothing to flow without loops', () => {
    const graph = flowGraph([[1, 2], [3], [3], []], [], noSwitch);
    expect(graph.nodes.map(({ block }) => block).sort()).toEqual([0, 1, 2, 3]);
  });

  it('puts one dispatch before a loop with two ways in', () => {
    const graph = flowGraph(inReversePostorder([[1, 2], [2], [1, 3], []]), [], noSwitch);
    expect(graph.nodes.filter(({ block }, node) => block < 0 && node !== 0)).toHaveLength(1);
  });

  it('makes a label of what a branch with several ways leads to', () => {
    const graph = flowGraph([[1], []], [], (block) => block === 1);
    expect(graph.tree.isMerge[graph.nodeOf(1)]).toBe(true);
  });
});
