/**
 * The WebAssembly function of a region: structured control flow from the dominator tree (Ramsey, "Beyond Relooper",
 * ICFP 2022), cycles charged per block, checkpoints at the entry, at loop headers and after calls.
 *
 * The function returns the guest address to go on at, with all state in the machine's memory. A checkpoint leaves when
 * the worst path to the next one would reach the limit; the interpreter then runs to the exact cycle.
 */
import { dominatorTree, type DominatorTree } from './dominators.js';
import { Bytes, EMPTY, I32, Op } from './encoder.js';
import type { TranslationLayout } from './layout.js';
import type { Block, Decoded, Region } from './region.js';
import { FLAG_KINDS, flagStates, Local, type FlagState } from './flags.js';
import { WasmBuilder, type Surroundings } from './wasm-builder.js';

export interface EmitOptions {
  readonly layout: TranslationLayout;
  readonly refill: number;
  importIndex(helper: string, parameters: number, hasResult: boolean): number;
  /** Place in the shared table of the region that begins at an address. */
  tableIndex(address: number): number;
  /** Index of the type `() -> i32`. */
  readonly regionType: number;
}

export interface EmittedFunction {
  readonly code: Bytes;
  readonly locals: readonly { readonly count: number; readonly type: number }[];
}

/** What a region that is not translated answers: no instruction has an odd address. */
export const NOT_TRANSLATED = 1;
/** Nested regions beyond this leave to the dispatcher, so that deep recursion of the guest does not exhaust the host's stack. */
const DEEPEST_CALL = 500;

type Label = { readonly kind: 'exit' | 'if' | 'block' | 'loop'; readonly node: number };

/** @returns undefined when the flow is irreducible */
export function emitRegion(region: Region, options: EmitOptions): EmittedFunction | undefined {
  const switched = new Set(region.blocks.flatMap(({ instructions }) => instructions.at(-1)!.tableTargets.map((target) => region.byAddress.get(target)?.index)));
  const tree = dominatorTree(region.successors, (node) => switched.has(node));
  return tree.isReducible ? new RegionEmitter(region, tree, options).emit() : undefined;
}

class RegionEmitter implements Surroundings {
  readonly layout: TranslationLayout;
  readonly refill: number;
  private readonly out = new Bytes();
  private readonly builder: WasmBuilder;
  private readonly labels: Label[] = [];
  /** Cycles from a block's start to the next checkpoint at worst. */
  private readonly worst: number[];
  private readonly usedRegisters: readonly number[];
  private readonly writtenRegisters: readonly number[];
  private readonly flagsAt: readonly FlagState[];
  private block!: Block;
  private instruction!: Decoded;
  /** Precharged cycles and instructions of this block from the current instruction on. */
  private cyclesLeft = 0;
  private instructionsLeft = 0;

  constructor(private readonly region: Region, private readonly tree: DominatorTree, private readonly options: EmitOptions) {
    this.layout = options.layout;
    this.refill = options.refill;
    this.builder = new WasmBuilder(this.out, this);
    let reads = 0;
    let writes = 0;
    for (const { instructions } of region.blocks) {
      for (const { effects } of instructions) {
        reads |= effects.reads;
        writes |= effects.writes;
      }
    }
    this.usedRegisters = list(reads | writes);
    this.writtenRegisters = list(writes);
    this.worst = worstPaths(region, tree, options.refill);
    this.flagsAt = flagStates(region);
  }

  emit(): EmittedFunction {
    this.loadState();
    this.load(this.layout.LIMIT, Local.LIMIT);
    for (const kind of FLAG_KINDS) this.open('exit', exitNode(kind), Op.block);
    if (!this.tree.isLoopHeader[0]) this.checkpoint(0);
    this.subtree(0);
    this.exits();
    this.storeState();
    this.get(Local.PC);
    return { code: this.out, locals: [{ count: Local.firstTemporary + this.builder.mostTemporaries, type: I32 }] };
  }

  /** Each path out ends where its kind of flags is worked out, and then at the common end. */
  private exits(): void {
    for (const kind of [...FLAG_KINDS].reverse()) {
      this.close();
      if (kind === 'locals') continue;
      this.builder.begin(0, 'none');
      this.builder.flags = { kind, isWhole: false };
      this.builder.flagsToLocals();
      this.branchTo('exit', exitNode('locals'));
    }
  }

  // -- Structure.

  private subtree(node: number): void {
    if (!this.tree.isLoopHeader[node]) return this.within(node);
    this.open('loop', node, Op.loop);
    this.builder.flags = this.flagsAt[node];
    this.checkpoint(node);
    this.within(node);
    this.close();
  }

  private within(node: number): void {
    const merges = this.tree.children[node].filter((child) => this.tree.isMerge[child]);
    for (let i = merges.length - 1; i >= 0; i--) this.open('block', merges[i], Op.block);
    this.emitBlock(this.region.blocks[node]);
    for (const merge of merges) {
      this.close();
      this.subtree(merge);
    }
  }

  private open(kind: Label['kind'], node: number, opcode: number): void {
    this.out.byte(opcode);
    this.out.byte(EMPTY);
    this.labels.push({ kind, node });
  }

  private close(): void {
    this.labels.pop();
    this.out.byte(Op.end);
  }

  private branchTo(kind: 'exit' | 'block' | 'loop', node: number): void {
    this.out.byte(Op.br);
    this.out.unsigned(this.labelDepth(kind, node));
  }

  private labelDepth(kind: 'exit' | 'block' | 'loop', node: number): number {
    for (let i = this.labels.length - 1; i >= 0; i--) {
      const label = this.labels[i];
      if (label.kind === kind && label.node === node) return this.labels.length - 1 - i;
    }
    throw new Error(`no label ${kind} ${node}`);
  }

  openIf(): void { this.labels.push({ kind: 'if', node: -1 }); }
  closeIf(): void { this.labels.pop(); }

  // -- Blocks.

  private emitBlock(block: Block): void {
    const { instructions } = block;
    const plain = instructions.filter(({ condition }) => condition < 0);
    this.block = block;
    this.builder.flags = this.flagsAt[block.index];
    this.cyclesLeft = plain.reduce((sum, { cycles }) => sum + cycles, 0);
    this.instructionsLeft = instructions.length;
    this.addTo(Local.CYCLES, this.cyclesLeft);
    this.addTo(Local.INSTRUCTIONS, this.instructionsLeft);
    for (const instruction of instructions) {
      this.block = block;
      this.instruction = instruction;
      if (instruction.condition >= 0) this.emitConditional(instruction);
      else {
        this.emitInstruction(instruction);
        this.cyclesLeft -= instruction.cycles;
      }
      this.instructionsLeft--;
    }
    const last = instructions.at(-1)!;
    if (this.builder.hasLeft) return;
    this.block = block;
    this.goOn(last.next);
  }

  /** In an IT block cycles are charged where the condition is known. */
  private emitConditional(instruction: Decoded): void {
    const { builder } = this;
    builder.begin(instruction.address, 'none');
    if (instruction.effects.flags !== 'none') builder.flagsToLocals();
    const saved = { cycles: this.cyclesLeft, instructions: this.instructionsLeft };
    builder.push(builder.condition(instruction.condition));
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.openIf();
    builder.inArm(() => this.emitInstruction(instruction, instruction.cycles));
    this.cyclesLeft = saved.cycles;
    this.instructionsLeft = saved.instructions;
    this.instruction = instruction;
    this.closeIf();
    this.out.byte(Op.else);
    this.addTo(Local.CYCLES, 1);
    this.out.byte(Op.end);
    builder.hasLeft = false;
  }

  private emitInstruction(instruction: Decoded, ownCycles = 0): void {
    const { builder } = this;
    const { effects, condition } = instruction;
    builder.begin(instruction.address, condition >= 0 && effects.flags !== 'none' ? 'other' : effects.flags);
    // Charged before the instruction's branch; a side exit comes before and takes nothing.
    this.pendingCycles = ownCycles;
    instruction.row.operation(builder, instruction.operands, instruction.choices);
    if (builder.hasLeft) return;
    builder.commit();
    this.settlePending();
  }

  private pendingCycles = 0;
  private settlePending(): void {
    if (this.pendingCycles > 0) this.addTo(Local.CYCLES, this.pendingCycles);
    this.pendingCycles = 0;
  }

  /** Falls through, or continues after a call. */
  private goOn(next: number): void {
    const target = this.region.byAddress.get(next);
    if (!target) return this.leave(next);
    this.transfer(target);
  }

  private transfer(target: Block): void {
    const from = this.block;
    if (this.flagsAt[target.index].kind === 'locals') this.builder.flagsToLocals();
    if (target.index <= from.index) this.branchTo('loop', target.index);
    else if (this.tree.isMerge[target.index]) this.branchTo('block', target.index);
    else {
      const { block, instruction, cyclesLeft, instructionsLeft } = this;
      this.builder.nested(() => this.subtree(target.index));
      Object.assign(this, { block, instruction, cyclesLeft, instructionsLeft });
    }
  }

  // -- What instructions ask for.

  sideExit(): void {
    this.addTo(Local.CYCLES, -this.cyclesLeft);
    this.addTo(Local.INSTRUCTIONS, -this.instructionsLeft);
    if (this.instruction.itstate !== 0) {
      this.constant(0);
      this.constant(this.instruction.itstate);
      this.store(this.layout.ITSTATE);
    }
    this.leave(this.instruction.address);
  }

  goTo(target: number): void {
    this.settlePending();
    const { effects, next } = this.instruction;
    if (effects.isCall) {
      this.call(target, next);
      return;
    }
    const block = this.region.byAddress.get(target);
    if (block) this.transfer(block);
    else this.leave(target);
  }

  goToIndirect(): void {
    this.set(Local.PC);
    this.settlePending();
    if (this.instruction.tableTargets.length === 0) return this.branchTo('exit', exitNode(this.builder.flags.kind));
    this.builder.flagsToLocals();
    this.branchByTable(this.instruction);
  }

  /** The target is known by the entry's number; the address that was computed serves where that is out of the known table. */
  private branchByTable({ effects, tableTargets }: Decoded): void {
    this.get(Local.R0 + effects.table!.register);
    this.out.byte(Op.br_table);
    this.out.unsigned(tableTargets.length);
    const from = this.block.index;
    for (const target of tableTargets) {
      const node = this.region.byAddress.get(target)?.index;
      if (node === undefined) this.out.unsigned(this.labelDepth('exit', exitNode('locals')));
      else this.out.unsigned(this.labelDepth(node <= from ? 'loop' : 'block', node));
    }
    this.out.unsigned(this.labelDepth('exit', exitNode('locals')));
  }

  importIndex(helper: string, parameters: number, hasResult: boolean): number {
    return this.options.importIndex(helper, parameters, hasResult);
  }

  /** Calls the region at `target` through the table, and goes on at `next` when it comes back there. */
  private call(target: number, next: number): void {
    this.builder.flagsToLocals();
    this.storeState();
    // Too deep: the dispatcher takes over, with a shallow stack of its own.
    this.constant(0);
    this.loadWord(this.layout.DEPTH);
    this.constant(DEEPEST_CALL);
    this.out.byte(Op.i32_ge_u);
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.constant(target);
    this.out.byte(Op.return);
    this.out.byte(Op.end);
    this.changeDepth(1);
    this.constant(this.options.tableIndex(target));
    this.out.byte(Op.call_indirect);
    this.out.unsigned(this.options.regionType);
    this.out.unsigned(0);
    this.set(Local.PC);
    this.changeDepth(-1);
    this.get(Local.PC);
    this.constant(next);
    this.out.byte(Op.i32_ne);
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.constant(target);
    this.get(Local.PC);
    this.get(Local.PC);
    this.constant(NOT_TRANSLATED);
    this.out.byte(Op.i32_eq);
    this.out.byte(Op.select);
    this.out.byte(Op.return);
    this.out.byte(Op.end);
    this.loadState();
    const block = this.region.byAddress.get(next);
    if (!block) return this.leave(next);
    this.checkpoint(block.index);
    this.transfer(block);
  }

  private changeDepth(by: number): void {
    this.constant(0);
    this.constant(0);
    this.loadWord(this.layout.DEPTH);
    this.constant(by);
    this.out.byte(Op.i32_add);
    this.store(this.layout.DEPTH);
  }

  // -- Cycles.

  /** Leaves before a block when the limit could be reached before the next checkpoint. */
  private checkpoint(node: number): void {
    this.get(Local.CYCLES);
    this.constant(this.worst[node]);
    this.out.byte(Op.i32_add);
    this.get(Local.LIMIT);
    this.out.byte(Op.i32_ge_s);
    this.out.byte(Op.if); this.out.byte(EMPTY);
    this.openIf();
    this.leave(this.region.blocks[node].start);
    this.closeIf();
    this.out.byte(Op.end);
  }

  private leave(address: number): void {
    this.constant(address);
    this.set(Local.PC);
    this.branchTo('exit', exitNode(this.builder.flags.kind));
  }

  // -- State.

  private loadState(): void {
    for (const n of this.usedRegisters) this.load(this.layout.registers + 4 * n, Local.R0 + n);
    this.load(this.layout.N, Local.N);
    this.load(this.layout.Z, Local.Z);
    this.load(this.layout.C, Local.C);
    this.load(this.layout.V, Local.V);
    this.load(this.layout.CYCLES, Local.CYCLES);
    this.load(this.layout.INSTRUCTIONS, Local.INSTRUCTIONS);
  }

  private storeState(): void {
    const put = (local: number, offset: number): void => {
      this.constant(0);
      this.get(local);
      this.store(offset);
    };
    for (const n of this.writtenRegisters) put(Local.R0 + n, this.layout.registers + 4 * n);
    put(Local.N, this.layout.N);
    put(Local.Z, this.layout.Z);
    put(Local.C, this.layout.C);
    put(Local.V, this.layout.V);
    put(Local.CYCLES, this.layout.CYCLES);
    put(Local.INSTRUCTIONS, this.layout.INSTRUCTIONS);
  }

  // -- Bytes.

  private constant(value: number): void { this.out.byte(Op.i32_const); this.out.signed(value); }
  private get(local: number): void { this.out.byte(Op.local_get); this.out.unsigned(local); }
  private set(local: number): void { this.out.byte(Op.local_set); this.out.unsigned(local); }
  private loadWord(offset: number): void { this.out.byte(Op.i32_load); this.out.unsigned(2); this.out.unsigned(offset); }
  private load(offset: number, local: number): void { this.constant(0); this.loadWord(offset); this.set(local); }
  private store(offset: number): void { this.out.byte(Op.i32_store); this.out.unsigned(2); this.out.unsigned(offset); }
  private addTo(local: number, amount: number): void {
    if (amount === 0) return;
    this.get(local);
    this.constant(amount);
    this.out.byte(Op.i32_add);
    this.set(local);
  }
}

/** The label of an exit by where the flags are there. */
const exitNode = (kind: FlagState['kind']): number => -1 - FLAG_KINDS.indexOf(kind);

function list(mask: number): number[] {
  const registers: number[] = [];
  for (let n = 0; n < 15; n++) if ((mask >> n) & 1) registers.push(n);
  return registers;
}

/** Longest path in cycles from each block to a checkpoint: loop headers and blocks after calls have their own. */
function worstPaths(region: Region, tree: DominatorTree, refill: number): number[] {
  const worst: number[] = new Array<number>(region.blocks.length).fill(0);
  for (let node = region.blocks.length - 1; node >= 0; node--) {
    const { instructions } = region.blocks[node];
    // In an IT block the dearer of executed and skipped; a divide's extra cycles at most.
    const own = instructions.reduce((sum, { cycles, row }) => sum + Math.max(cycles, 1) + (row.timing === 'div' ? DEAREST_DIVIDE : 0), 0) + refill;
    const { effects, condition } = instructions.at(-1)!;
    // A call that an IT block may skip goes on without a checkpoint.
    const alwaysCalls = effects.isCall && condition < 0;
    let rest = 0;
    if (!alwaysCalls) for (const next of region.successors[node]) if (next > node && !tree.isLoopHeader[next]) rest = Math.max(rest, worst[next]);
    worst[node] = own + rest;
  }
  return worst;
}
/** Extra cycles of the longest divide; see `IntegerHelperOptions`. */
const DEAREST_DIVIDE = 12;
