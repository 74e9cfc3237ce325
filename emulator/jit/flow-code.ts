/** What flow passes along: flags and registers as nodes expect them, entries, and branches with several ways. */
import type { Dataflow, RegisterSet } from './dataflow.js';
import { NOTHING, CV_BIT } from './dataflow.js';
import { EMPTY, Op } from './encoder.js';
import { CodeWithExits } from './exits.js';
import { Local, type FlagState } from './flags.js';
import type { Label } from './function-code.js';
import type { FlowGraph } from './graph.js';
import { ONE_CALL } from './protocol.js';
import type { Block, Region } from './region.js';

/** Targets of one branch that are compared one by one. */
const MOST_COMPARED = 16;
const WIDEST_TABLE = 512;

export abstract class FlowCode extends CodeWithExits {
  protected abstract readonly region: Region;
  protected abstract override readonly graph: FlowGraph;
  protected abstract readonly flow: Dataflow;
  protected abstract readonly flagsAt: readonly FlagState[];
  protected abstract readonly hasCheckpoint: readonly boolean[];
  /** Nodes that charge the refill of the branch that leads there, since nearly always one does: one addition less in a loop. */
  protected abstract readonly chargesRefill: readonly boolean[];
  /** Cycles that a taken branch costs beyond its row's. */
  protected abstract readonly refill: number;
  /** What lies in locals only before the current instruction. */
  protected dirty: RegisterSet = NOTHING;

  protected abstract emitBlock(node: number, block: Block): void;
  /** Emits other blocks in the middle of the current one, which is gone on with afterwards. */
  protected abstract inBetween(emit: () => void): void;
  protected abstract checkpoint(node: number, dirty: RegisterSet): void;
  protected abstract charge(cycles: number): void;

  protected emitNode(node: number): void {
    const { nodes } = this.graph;
    this.builder.flags = this.flagsAt[node];
    this.dirty = this.flow.dirty[node];
    if (nodes[node].block < 0) this.dispatch(node);
    else this.emitBlock(node, this.region.blocks[nodes[node].block]);
  }

  /** Goes by the number of the entry; where that has served it becomes 0. */
  protected dispatch(node: number): void {
    const { nodes } = this.graph;
    const arms = nodes[node].arms;
    const isRoot = node === 0;
    if (isRoot) {
      this.get(Local.DEPTH);
      this.constant(ONE_CALL - 1);
      this.out.byte(Op.i32_and);
      this.set(Local.ENTRY);
      this.get(Local.DEPTH);
      this.constant(-ONE_CALL);
      this.out.byte(Op.i32_and);
      this.set(Local.DEPTH);
    }
    this.get(Local.ENTRY);
    this.out.bytes([Op.if, EMPTY]);
    this.openIf();
    for (const { code, to, arrives } of arms.slice(0, -1)) {
      this.get(Local.ENTRY);
      this.constant(code);
      this.out.bytes([Op.i32_eq, Op.if, EMPTY]);
      this.openIf();
      const { flags } = this.builder;
      if (isRoot) {
        this.loadSet(this.flow.live[to]);
        const entered = this.region.blocks.find(({ index }) => this.graph.entryCode(index) === code);
        if (entered) this.chargeOnArrival(entered, false);
      }
      if (arrives) {
        this.constant(0);
        this.set(Local.ENTRY);
        if (!this.hasCheckpoint[to]) this.checkpoint(to, isRoot ? NOTHING : this.dirty);
      }
      this.jump(to);
      this.builder.flags = flags;
      this.node = node;
      this.closeIf();
      this.out.byte(Op.end);
    }
    this.closeIf();
    this.out.byte(Op.end);
    const { to } = arms.at(-1)!;
    if (isRoot) {
      this.loadSet(this.flow.live[to]);
      this.chargeOnArrival(this.region.blocks[0], false);
    }
    this.jump(to);
  }

  /** @param byBranch a taken branch, whose refill is not charged yet */
  protected jumpToBlock(block: Block, byBranch: boolean): void {
    this.chargeOnArrival(block, byBranch);
    const { node, code } = this.graph.edge(block.index);
    if (code !== 0) {
      this.constant(code);
      this.set(Local.ENTRY);
    }
    this.jump(node);
  }

  protected chargeOnArrival(block: Block, byBranch: boolean): void {
    const charges = this.chargesRefill[this.graph.nodeOf(block.index)];
    if (byBranch && !charges) this.charge(this.refill);
    else if (!byBranch && charges) this.charge(-this.refill);
  }

  protected jump(to: number): void {
    this.settleFlags(to);
    if (to <= this.node) this.branchTo('loop', to);
    else if (this.graph.tree.isMerge[to]) this.branchTo('block', to);
    else {
      this.inBetween(() => this.subtree(to));
    }
  }

  /** Flags are brought to where the node expects them, if it or anything after it looks. */
  protected settleFlags(to: number): void {
    if (this.needsFlags(to)) this.builder.flagsTo(this.flagsAt[to]);
  }

  protected needsFlags(to: number): boolean {
    return (this.flow.live[to].general & CV_BIT) !== 0 && this.flagsAt[to].kind !== this.builder.flags.kind;
  }

  /** Goes on in the region where PC is an address that was seen; else continues behind. */
  protected branchToSeen(addresses: readonly number[]): void {
    const targets = [...new Set(addresses)].filter((address) => this.region.byAddress.has(address)).sort((a, b) => a - b);
    const span = (targets.at(-1)! - targets[0]) / 2 + 1;
    if (targets.length > 4 && span <= WIDEST_TABLE) {
      const blocks = Array.from({ length: span }, (_, i) => this.region.byAddress.get(targets[0] + 2 * i));
      this.switchOver(blocks.map((block) => (block && targets.includes(block.start) ? block : undefined)), () => {
        this.get(Local.PC);
        this.constant(targets[0]);
        this.out.byte(Op.i32_sub);
        this.constant(1);
        this.out.byte(Op.i32_shr_u);
      });
      return;
    }
    for (const address of targets.slice(0, MOST_COMPARED)) {
      this.get(Local.PC);
      this.constant(address);
      this.out.bytes([Op.i32_eq, Op.if, EMPTY]);
      this.openIf();
      const { flags } = this.builder;
      this.jumpToBlock(this.region.byAddress.get(address)!, false);
      this.builder.flags = flags;
      this.closeIf();
      this.out.byte(Op.end);
    }
  }

  /** Goes to one of the blocks by a number; with none there, continues behind. */
  protected switchOver(blocks: readonly (Block | undefined)[], pushNumber: () => void): void {
    const behind: Label = { kind: 'other', node: -1 };
    const bridges = new Map<Block, Label>();
    for (const block of blocks) if (block && this.needsBridge(block)) bridges.set(block, { kind: 'other', node: block.index });
    this.open(behind, Op.block);
    for (const label of bridges.values()) this.open(label, Op.block);
    pushNumber();
    this.out.byte(Op.br_table);
    this.out.unsigned(blocks.length);
    for (const block of blocks) this.out.unsigned(this.depthOf(block, bridges, behind));
    this.out.unsigned(this.depthOf(undefined, bridges, behind));
    for (const block of [...bridges.keys()].reverse()) {
      this.close();
      const { flags } = this.builder;
      this.jumpToBlock(block, false);
      this.builder.flags = flags;
    }
    this.close();
  }

  protected needsBridge(block: Block): boolean {
    const { node, code } = this.graph.edge(block.index);
    return code !== 0 || this.needsFlags(node);
  }

  protected depthOf(block: Block | undefined, bridges: ReadonlyMap<Block, Label>, behind: Label): number {
    if (!block) return this.labelDepth((label) => label === behind);
    const bridge = bridges.get(block);
    if (bridge) return this.labelDepth((label) => label === bridge);
    const { node } = this.graph.edge(block.index);
    const kind = node <= this.node ? 'loop' : 'block';
    return this.labelDepth((label) => label.kind === kind && label.node === node);
  }
}
