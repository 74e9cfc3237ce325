/**
 * The code of one WebAssembly function: bytes, locals and labels, and structured control flow from the dominator tree
 * (Ramsey, "Beyond Relooper", ICFP 2022). What stands in a node is the translator's.
 */
import { Bytes, EMPTY, I32, Op } from './encoder.js';
import type { FlowGraph } from './graph.js';

export type Label = { readonly kind: 'if' | 'block' | 'loop' | 'other'; readonly node: number };

export abstract class StructuredCode {
  protected abstract readonly graph: FlowGraph;
  protected readonly out = new Bytes();
  protected readonly labels: Label[] = [];
  /** Types of the locals behind the parameters. */
  protected readonly localTypes: number[];
  /** The node that is being written. */
  protected node = 0;

  /** @param firstLocal behind the parameters @param named locals that are always there, i32 each */
  constructor(private readonly firstLocal: number, named: number) {
    this.localTypes = new Array<number>(named).fill(I32);
  }

  protected abstract emitNode(node: number): void;

  protected newLocal(type: number): number {
    return this.firstLocal + this.localTypes.push(type) - 1;
  }

  // -- Flow.

  /** A node with all that it dominates. */
  protected subtree(node: number): void {
    if (!this.graph.tree.isLoopHeader[node]) return this.within(node);
    this.open({ kind: 'loop', node }, Op.loop);
    this.within(node);
    this.close();
  }

  private within(node: number): void {
    const { tree } = this.graph;
    const merges = tree.children[node].filter((child) => tree.isMerge[child]);
    for (let i = merges.length - 1; i >= 0; i--) this.open({ kind: 'block', node: merges[i] }, Op.block);
    this.node = node;
    this.emitNode(node);
    for (const merge of merges) {
      this.close();
      this.subtree(merge);
    }
  }

  // -- Labels.

  protected open(label: Label, opcode: number): void {
    this.out.byte(opcode);
    this.out.byte(EMPTY);
    this.labels.push(label);
  }

  protected close(): void {
    this.labels.pop();
    this.out.byte(Op.end);
  }

  protected branchTo(kind: Label['kind'], node: number): void {
    this.out.byte(Op.br);
    this.out.unsigned(this.labelDepth((label) => label.kind === kind && label.node === node));
  }

  protected labelDepth(isIt: (label: Label) => boolean): number {
    for (let i = this.labels.length - 1; i >= 0; i--) if (isIt(this.labels[i])) return this.labels.length - 1 - i;
    throw new Error('a branch to nowhere');
  }

  openIf(): void { this.labels.push({ kind: 'if', node: -1 }); }
  closeIf(): void { this.labels.pop(); }

  // -- Bytes.

  protected constant(value: number): void { this.out.byte(Op.i32_const); this.out.signed(value); }
  protected get(local: number): void { this.out.byte(Op.local_get); this.out.unsigned(local); }
  protected set(local: number): void { this.out.byte(Op.local_set); this.out.unsigned(local); }
  protected loadWord(offset: number): void { this.out.byte(Op.i32_load); this.out.unsigned(2); this.out.unsigned(offset); }
  protected load(offset: number, local: number): void { this.constant(0); this.loadWord(offset); this.set(local); }
  protected store(offset: number): void { this.out.byte(Op.i32_store); this.out.unsigned(2); this.out.unsigned(offset); }
}
