/**
 * The WebAssembly function of a region: cycles charged per block; checkpoints at the entry, at loop headers, behind calls and
 * behind whatever reached a device. A checkpoint leaves when the worst way to the next one would reach the limit: the interpreter
 * runs to the exact cycle. State is in memory whenever the function is left, and whenever it calls.
 */
import { countUpTo, ONE_CYCLE, ONE_INSTRUCTION } from '../../../jit/count.js';
import { Bytes, EMPTY, Op } from '../../../jit/encoder.js';
import { flowGraph, type FlowGraph } from '../../../jit/graph.js';
import { ONE_CALL } from '../../../jit/protocol.js';
import { StructuredCode } from '../../../jit/structured-code.js';
import { Word } from '../state.js';
import { WasmBuilder, type Surroundings } from './builder.js';
import { analyse, dirtyAfter, flagsOf, isSame, liveAround, NOTHING, union, writesOf, type Dataflow, type RegisterSet } from './dataflow.js';
import { Exit, FIRST_LOCAL, Local, NOT_TRANSLATED, offsetOf, STATE_LOCALS, type AvrLayout } from './layout.js';
import { isIndirectJump, type Block, type Decoded, type Region } from './region.js';

export interface EmitOptions {
  readonly layout: AvrLayout;
  importIndex(helper: string, parameters: number, hasResult: boolean): number;
  /** Number of a function in the shared table, by the address of its first instruction. */
  tableIndex(address: number): number;
  /** Pointers of that instruction have led to devices. */
  reachesDevices(address: number): boolean;
}

export interface RegionEntry {
  /** What the function is told. */
  readonly number: number;
  /** With no more cycles than these to the limit it comes back at once. */
  readonly cycles: number;
}

export interface EmittedFunction {
  readonly code: Bytes;
  /** Types of its locals behind the parameters. */
  readonly locals: readonly number[];
  /** Where it can be entered, by address. */
  readonly entries: ReadonlyMap<number, RegionEntry>;
}

/** @returns undefined when the region's flow cannot be expressed */
export function emitRegion(region: Region, options: EmitOptions): EmittedFunction | undefined {
  const returns = region.blocks.flatMap(({ instructions }) => {
    const last = instructions.at(-1)!;
    return last.effects.isCall ? region.byAddress.get(last.next)?.index ?? [] : [];
  });
  const graph = flowGraph(region.successors, returns, () => false);
  return graph.tree.isReducible ? new RegionEmitter(region, graph, new Set(returns), options).emit() : undefined;
}

interface ExitStub { readonly set: RegisterSet; readonly sites: { readonly at: number; readonly depth: number }[] }

class RegionEmitter extends StructuredCode implements Surroundings {
  readonly layout: AvrLayout;
  private readonly builder: WasmBuilder;
  private readonly hasCheckpoint: readonly boolean[];
  private readonly flow: Dataflow;
  /** Cycles from a node's start to the next checkpoint at worst. */
  private readonly worst: readonly number[];
  private readonly exits: ExitStub[] = [];
  private instruction!: Decoded;
  private dirty: RegisterSet = NOTHING;
  /** Charged cycles and instructions of this block behind the current instruction. */
  private cyclesBehind = 0;
  private instructionsBehind = 0;
  private hasReached = false;

  constructor(private readonly region: Region, protected readonly graph: FlowGraph, returns: ReadonlySet<number>, private readonly options: EmitOptions) {
    super(FIRST_LOCAL, Local.firstFree - FIRST_LOCAL);
    this.layout = options.layout;
    this.builder = new WasmBuilder(this.out, this, (type) => this.newLocal(type));
    const { nodes, tree } = graph;
    this.hasCheckpoint = nodes.map(({ block }, node) => block === 0 || returns.has(block) || (block >= 0 && tree.isLoopHeader[node]));
    nodes.forEach(({ arms }, node) => { if (arms.length > 0 && tree.isLoopHeader[node]) (this.hasCheckpoint as boolean[])[arms.at(-1)!.to] = true; });
    this.worst = this.worstPaths();
    this.flow = analyse(region, graph, this.hasCheckpoint);
  }

  emit(): EmittedFunction {
    const { graph, region } = this;
    if (graph.nodes[0].block >= 0) this.loadSet(this.flow.live[0]);
    this.subtree(0);
    this.out.byte(Op.unreachable);
    const entries = new Map<number, RegionEntry>();
    for (const { start, index } of region.blocks) {
      const number = graph.entryCode(index);
      if (number !== undefined) entries.set(start, { number, cycles: this.worst[graph.nodeOf(index)] });
    }
    return { code: this.withExits(), locals: this.localTypes, entries };
  }

  private worstPaths(): number[] {
    const { nodes, successors } = this.graph;
    const worst = nodes.map(() => 0);
    for (let node = nodes.length - 1; node >= 0; node--) {
      const { block } = nodes[node];
      if (block < 0) continue; // each of its arms leads to a checkpoint
      const { instructions } = this.region.blocks[block];
      let rest = 0;
      if (!instructions.at(-1)!.effects.isCall) for (const next of successors[node]) if (next > node && !this.hasCheckpoint[next]) rest = Math.max(rest, worst[next]);
      worst[node] = instructions.reduce((sum, { cycles, effects }) => sum + cycles + effects.extraCycles, 0) + rest;
    }
    return worst;
  }

  // -- Nodes.

  protected emitNode(node: number): void {
    this.dirty = this.flow.dirty[node];
    const { block } = this.graph.nodes[node];
    if (block < 0) this.dispatch(node);
    else this.emitBlock(node, this.region.blocks[block]);
  }

  /** Goes by the number of the entry; where that has served it becomes 0. */
  private dispatch(node: number): void {
    const { arms } = this.graph.nodes[node];
    const isRoot = node === 0;
    if (isRoot) this.splitParameter();
    for (const { code, to, arrives } of arms.slice(0, -1)) {
      this.get(Local.ENTRY);
      this.constant(code);
      this.out.bytes([Op.i32_eq, Op.if, EMPTY]);
      this.openIf();
      if (isRoot) this.loadSet(this.flow.live[to]);
      if (arrives) {
        this.constant(0);
        this.set(Local.ENTRY);
        if (!this.hasCheckpoint[to]) this.checkpoint(this.addressOf(to), this.worst[to], isRoot ? NOTHING : this.dirty);
      }
      this.jump(to);
      this.node = node;
      this.closeIf();
      this.out.byte(Op.end);
    }
    const { to } = arms.at(-1)!;
    if (isRoot) this.loadSet(this.flow.live[to]);
    this.jump(to);
  }

  /** The first parameter has the number of the entry in its low byte. */
  private splitParameter(): void {
    this.get(Local.DEPTH);
    this.constant(ONE_CALL - 1);
    this.out.byte(Op.i32_and);
    this.set(Local.ENTRY);
    this.get(Local.DEPTH);
    this.constant(-ONE_CALL);
    this.out.byte(Op.i32_and);
    this.set(Local.DEPTH);
  }

  private addressOf(node: number): number {
    return this.region.blocks[this.graph.nodes[node].block].start;
  }

  private emitBlock(node: number, block: Block): void {
    const { instructions } = block;
    this.cyclesBehind = instructions.reduce((sum, { cycles }) => sum + cycles, 0);
    this.instructionsBehind = instructions.length;
    this.addToCount(this.instructionsBehind * ONE_INSTRUCTION - this.cyclesBehind * ONE_CYCLE);
    let worst = this.worst[node];
    if (this.hasCheckpoint[node]) this.checkpoint(block.start, worst, this.dirty, true);
    let after = NOTHING;
    for (const next of this.graph.successors[node]) after = union(after, this.flow.live[next]);
    const live = liveAround(this.region, block, after, this.dirty);
    instructions.forEach((instruction, i) => {
      this.cyclesBehind -= instruction.cycles;
      this.instructionsBehind--;
      worst -= instruction.cycles + instruction.effects.extraCycles;
      this.emitInstruction(instruction, flagsOf(live[i + 1]));
      this.dirty = dirtyAfter(instruction, this.dirty);
      if (this.hasReached && !this.builder.hasLeft && i < instructions.length - 1) this.checkpoint(instruction.next, worst, this.dirty, true);
    });
    if (!this.builder.hasLeft) this.goOn(instructions.at(-1)!.next);
  }

  private emitInstruction(instruction: Decoded, wanted: number): void {
    this.instruction = instruction;
    this.hasReached = false;
    this.builder.begin(instruction, wanted);
    instruction.row.operation(this.builder, instruction.operands, instruction.choices);
    if (!this.builder.hasLeft) this.builder.commit();
  }

  // -- What instructions ask for.

  get reachesDevices(): boolean { return this.options.reachesDevices(this.instruction.address); }

  goTo(target: number, extraCycles: number): void {
    this.addToCount(-extraCycles * ONE_CYCLE);
    if (this.instruction.effects.isCall) {
      this.call(() => {
        this.constant(target);
        this.set(Local.TARGET);
      }, () => this.constant(this.options.tableIndex(target)));
      return;
    }
    this.goOn(target);
  }

  goToIndirect(): void {
    if (this.instruction.effects.isCall) {
      this.set(Local.TARGET);
      this.call(() => {}, () => this.pushFunctionAt(Local.TARGET));
      return;
    }
    this.set(Local.PC);
    this.goToKnown(this.instruction.knownTargets.filter((target) => this.region.byAddress.has(target)).sort((a, b) => a - b));
    if (isIndirectJump(this.instruction.effects)) this.noteExit(Exit.INDIRECT);
    else if (this.instruction.effects.helpers.length > 0) this.noteExit(Exit.RESUMED); // RETI
    this.storeSet(union(this.dirty, writesOf(this.instruction)));
    this.returnToCaller();
  }

  /** Goes where PC says, if that is one of the targets: halves what is left of them by each comparison. */
  private goToKnown(targets: readonly number[]): void {
    const half = targets.length >> 1;
    if (targets.length === 0) return;
    this.get(Local.PC);
    this.constant(targets[half]);
    this.out.bytes([targets.length === 1 ? Op.i32_eq : Op.i32_lt_u, Op.if, EMPTY]);
    this.openIf();
    if (targets.length === 1) this.goOn(targets[0]);
    else {
      this.goToKnown(targets.slice(0, half));
      this.out.byte(Op.else);
      this.goToKnown(targets.slice(half));
    }
    this.closeIf();
    this.out.byte(Op.end);
  }

  private noteExit(why: number): void {
    this.constant(0);
    this.constant(why);
    this.store(offsetOf(Word.EXIT));
    this.constant(0);
    this.constant(this.instruction.address);
    this.store(offsetOf(Word.EXIT_SITE));
  }

  /** To an address known now, in the region or not. */
  private goOn(address: number): void {
    const block = this.region.byAddress.get(address);
    const dirty = union(this.dirty, this.instruction.effects.isCall ? NOTHING : writesOf(this.instruction));
    if (!block) {
      this.leave(address, Exit.AWAY, dirty);
      return;
    }
    const { node, code } = this.graph.edge(block.index);
    if (this.hasReached && !this.hasCheckpoint[node]) this.checkpoint(address, this.worst[this.graph.nodeOf(block.index)], dirty);
    if (code !== 0) {
      this.constant(code);
      this.set(Local.ENTRY);
    }
    this.jump(node);
  }

  private jump(to: number): void {
    if (to <= this.node) this.branchTo('loop', to);
    else if (this.graph.tree.isMerge[to]) this.branchTo('block', to);
    else this.inBetween(() => this.subtree(to));
  }

  /** Writes other nodes in the middle of the current one's branch. */
  private inBetween(emit: () => void): void {
    const { node, instruction, dirty, cyclesBehind, instructionsBehind, hasReached } = this;
    this.builder.nested(emit);
    Object.assign(this, { node, instruction, dirty, cyclesBehind, instructionsBehind, hasReached });
  }

  giveUp(isDevice: boolean): void {
    const { instruction } = this;
    this.addToCount((this.cyclesBehind + instruction.cycles) * ONE_CYCLE - (this.instructionsBehind + 1) * ONE_INSTRUCTION);
    this.leave(instruction.address, isDevice ? Exit.DEVICE : Exit.GIVEN_UP, this.dirty);
  }

  reach(helper: string, parameters: number, hasResult: boolean): void {
    this.constant(this.instruction.address);
    this.constant(0);
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(this.cyclesBehind * ONE_CYCLE - this.instructionsBehind * ONE_INSTRUCTION);
    this.out.bytes([Op.i64_add, Op.i64_store]);
    this.countPlace();
    this.out.byte(Op.call);
    this.out.unsigned(this.options.importIndex(helper, parameters + 1, hasResult));
  }

  afterReach(mayDecline: boolean): void {
    this.hasReached = true;
    this.constant(0);
    this.out.byte(Op.i64_load);
    this.countPlace();
    this.out.byte(Op.i64_const);
    this.out.signed64(this.instructionsBehind * ONE_INSTRUCTION - this.cyclesBehind * ONE_CYCLE);
    this.out.byte(Op.i64_add);
    this.set(Local.COUNT);
    if (!mayDecline) return;
    this.constant(0);
    this.loadWord(offsetOf(Word.DECLINED));
    this.out.bytes([Op.if, EMPTY]);
    this.openIf();
    this.giveUp(false);
    this.closeIf();
    this.out.byte(Op.end);
  }

  // -- Calls: everything is in memory; the callee answers where to go on.

  private call(prepare: () => void, pushIndex: () => void): void {
    const { out } = this;
    const { next } = this.instruction;
    prepare();
    this.storeSet(union(this.dirty, writesOf(this.instruction)));
    this.get(Local.TARGET);
    this.set(Local.PC);
    this.get(Local.DEPTH);
    this.constant(ONE_CALL);
    out.bytes([Op.i32_lt_s, Op.if, EMPTY]);
    this.openIf();
    this.exit(NOTHING);
    this.closeIf();
    out.byte(Op.end);
    this.get(Local.DEPTH);
    this.constant(ONE_CALL);
    out.byte(Op.i32_sub);
    this.get(Local.COUNT);
    pushIndex();
    out.bytes([Op.call_indirect, 0, 0]);
    this.set(Local.COUNT);
    this.set(Local.PC);
    this.get(Local.PC);
    this.constant(next);
    out.bytes([Op.i32_ne, Op.if, EMPTY]);
    this.openIf();
    this.get(Local.TARGET);
    this.get(Local.PC);
    this.get(Local.PC);
    this.constant(NOT_TRANSLATED);
    out.bytes([Op.i32_eq, Op.select]);
    this.set(Local.PC);
    this.exit(NOTHING);
    this.closeIf();
    out.byte(Op.end);
    this.dirty = NOTHING;
    const block = this.region.byAddress.get(next);
    if (block) this.loadSet(this.flow.live[this.graph.edge(block.index).node]);
    this.hasReached = false;
    this.goOn(next);
  }

  private pushFunctionAt(local: Local): void {
    this.get(local);
    this.constant(1);
    this.out.bytes([Op.i32_shl, Op.i32_load16_u, 1]);
    this.out.unsigned(this.layout.functions);
  }

  // -- Ways out. They stand behind the body, one for each set of registers to be stored.

  /** @param isCharged the whole block is charged, of which the rest is given back */
  private checkpoint(address: number, worst: number, dirty: RegisterSet, isCharged = false): void {
    const charged = isCharged ? this.cyclesBehind : 0;
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(countUpTo(worst - charged));
    this.out.bytes([Op.i64_le_s, Op.if, EMPTY]);
    this.openIf();
    if (isCharged) this.addToCount(this.cyclesBehind * ONE_CYCLE - this.instructionsBehind * ONE_INSTRUCTION);
    this.leave(address, Exit.LIMIT, dirty);
    this.closeIf();
    this.out.byte(Op.end);
  }

  private leave(address: number, why: number, dirty: RegisterSet): void {
    this.constant(address);
    this.set(Local.PC);
    if (why !== Exit.AWAY) {
      this.constant(0);
      this.constant(why);
      this.store(offsetOf(Word.EXIT));
    }
    this.exit(dirty);
  }

  private exit(set: RegisterSet): void {
    let stub = this.exits.find((other) => isSame(other.set, set));
    if (!stub) this.exits.push((stub = { set, sites: [] }));
    this.out.byte(Op.br);
    stub.sites.push({ at: this.out.reserved(0), depth: this.labels.length });
  }

  private withExits(): Bytes {
    const body = this.out;
    const code = new Bytes();
    for (let i = 0; i < this.exits.length; i++) code.bytes([Op.block, EMPTY]);
    this.exits.forEach(({ sites }, position) => { for (const { at, depth } of sites) body.fill(at, depth + position); });
    code.bytes(body.written());
    for (const { set } of this.exits) {
      code.byte(Op.end);
      const start = body.length;
      this.storeSet(set);
      this.returnToCaller();
      code.bytes(body.written().subarray(start));
      body.rewind(body.length - start);
    }
    return code;
  }

  private returnToCaller(): void {
    this.get(Local.PC);
    this.get(Local.COUNT);
    this.out.byte(Op.return);
  }

  // -- Registers and the count.

  private loadSet(set: RegisterSet): void {
    this.eachOf(set, (offset, local) => this.load(offset, local));
  }

  private storeSet(set: RegisterSet): void {
    this.eachOf(set, (offset, local) => {
      this.constant(0);
      this.get(local);
      this.store(offset);
    });
  }

  private eachOf({ general, state }: RegisterSet, visit: (offset: number, local: number) => void): void {
    for (let n = 0; n < 32; n++) if ((general >>> n) & 1) visit(offsetOf(Word.R0 + n), Local.R0 + n);
    for (const { bit, local, word } of STATE_LOCALS) if ((state & bit) !== 0) visit(offsetOf(word), local);
  }

  private addToCount(amount: number): void {
    if (amount === 0) return;
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(amount);
    this.out.byte(Op.i64_add);
    this.set(Local.COUNT);
  }

  private countPlace(): void {
    this.out.unsigned(3);
    this.out.unsigned(offsetOf(Word.COUNT));
  }
}

