/**
 * The WebAssembly function of a region: cycles charged per block, checkpoints at the entry, at loop headers and after calls.
 *
 * The function returns the guest address to go on at and the cycles and instructions counted, with all other state in the
 * machine's memory. A checkpoint leaves when the worst path to the next one would reach the limit; the interpreter then
 * runs to the exact cycle.
 */
import { planAccesses, type AccessPlan, type Advice } from './accesses.js';
import { baseCycles, checkpoints, conditionalRun, isReached, isSelectable, loopsByBranch, worstPaths } from './costs.js';
import { countUpTo, ONE_CYCLE, ONE_INSTRUCTION } from './count.js';
import { analyse, CV_BIT, dirtyAfter, NOTHING, union, writes, type Dataflow, type RegisterSet } from './dataflow.js';
import { EMPTY, F32, I32, Op, type Bytes } from './encoder.js';
import { localValue } from './expression.js';
import { flagStates, IN_LOCALS, Local, type FlagState } from './flags.js';
import { FlowCode } from './flow-code.js';
import type { Label } from './function-code.js';
import { flowGraph, type FlowGraph } from './graph.js';
import type { TranslationLayout } from './layout.js';
import { CALL_CACHE_ENTRIES, Exit, INTERPRET, NOT_TRANSLATED, ONE_CALL } from './protocol.js';
import { fallsThrough, type Block, type Decoded, type Region } from './region.js';
import type { Surroundings } from './row-builder.js';
import { WasmBuilder } from './wasm-builder.js';

export interface EmitOptions {
  readonly layout: TranslationLayout;
  readonly refill: number;
  readonly advice: Advice;
  importIndex(helper: string, parameters: number, hasResult: boolean): number;
  /** How the function of an address is called: by its place in the shared table, or by a number in the same module. */
  callee(address: number): { readonly table: number } | { readonly local: number };
  /** The value of a word of code memory; undefined when it cannot be relied on. */
  literal(address: number, bytes: 1 | 2 | 4): number | undefined;
  /** Index of the type of all regions. */
  readonly regionType: number;
}

export interface EmittedFunction {
  readonly code: Bytes;
  /** Types of its locals after the parameters. */
  readonly locals: readonly number[];
  /** Where calls of functions of the same module stand in the code, to be filled with their indices. */
  readonly calls: readonly { readonly at: number; readonly local: number }[];
  /** Where it is entered, by address of a block of the region. */
  readonly entries: ReadonlyMap<number, RegionEntry>;
}

export interface RegionEntry {
  /** What the function is told. */
  readonly number: number;
  /** With no more cycles than these to the limit it comes back at once. */
  readonly cycles: number;
}


const NO_CONDITION = -2;

/**
 * @param entries addresses of blocks at which the function is to be entered besides the first
 * @returns undefined when its flow cannot be expressed
 */
export function emitRegion(region: Region, entries: readonly number[], options: EmitOptions): EmittedFunction | undefined {
  const indexOf = (address: number): number | undefined => region.byAddress.get(address)?.index;
  const switched = new Set(region.blocks.flatMap(({ instructions }) => {
    const { tableTargets, seenTargets } = instructions.at(-1)!;
    return [...tableTargets, ...seenTargets].map(indexOf);
  }));
  const graph = flowGraph(region.successors, entries.flatMap((address) => indexOf(address) ?? []), (block) => switched.has(block));
  return graph.tree.isReducible ? new RegionEmitter(region, graph, options, switched).emit() : undefined;
}

class RegionEmitter extends FlowCode implements Surroundings {
  readonly alignsAll: boolean;
  protected readonly refill: number;
  protected readonly builder: WasmBuilder;
  protected readonly hasCheckpoint: readonly boolean[];
  protected readonly chargesRefill: readonly boolean[];
  protected readonly flow: Dataflow;
  protected readonly flagsAt: readonly FlagState[];
  private readonly slotLocals: number[] = [];
  private floatRange = -1;
  private readonly withSingles: boolean;
  /** Cycles from a node's start to the next checkpoint at worst. */
  private readonly worst: readonly number[];
  private instruction!: Decoded;
  private plan: AccessPlan | undefined;
  /** Precharged cycles and instructions of this block from the current instruction on. */
  private cyclesLeft = 0;
  private instructionsLeft = 0;
  /** Code of the condition in `Local.CONDITION`, while flags stay as they are. */
  private keptCondition = NO_CONDITION;
  /** Cycles of a conditional instruction that is executed, still to be charged. */
  private pendingCycles = 0;
  /** Label to go to instead of a side exit. */
  private fallback: Label | undefined;

  constructor(protected readonly region: Region, protected readonly graph: FlowGraph, private readonly options: EmitOptions, switched: ReadonlySet<number | undefined>) {
    super(options.layout);
    this.refill = options.refill;
    this.alignsAll = options.advice.alignsAll;
    this.builder = new WasmBuilder(this.out, this, (type) => this.newLocal(type));
    const all = region.blocks.flatMap(({ instructions }) => instructions);
    // Helpers for doubles find their operands in memory.
    this.withSingles = !all.some(({ effects }) => effects.helpers.some((name) => /64|Double/.test(name)));
    if (this.withSingles) {
      const used = all.reduce((set, { effects }) => set | effects.readsSingles | effects.writesSingles, 0);
      for (let n = 0; n < 32; n++) if ((used >>> n) & 1) this.singleLocals[n] = this.newLocal(F32);
    }
    if (all.some(({ effects }) => effects.helpers.some((name) => /^(FP|V)/.test(name) && !NOT_ARITHMETIC.has(name)))) this.floatRange = this.newLocal(I32);
    this.hasCheckpoint = checkpoints(graph);
    this.chargesRefill = loopsByBranch(region, graph, switched, this.hasCheckpoint);
    this.worst = worstPaths(region, graph, this.hasCheckpoint, options.refill);
    this.flow = analyse(region, graph, this.hasCheckpoint, this.withSingles);
    this.flagsAt = flagStates(region, graph);
  }

  emit(): EmittedFunction {
    const { graph, out } = this;
    this.builder.begin(this.region.entry, 'none');
    this.builder.floatModeMayHaveChanged();
    if (graph.nodes[0].block >= 0) {
      this.loadSet(this.flow.live[0]);
      this.settleFlags(0);
      this.chargeOnArrival(this.region.blocks[0], false);
    }
    this.subtree(0);
    out.byte(Op.unreachable);
    const code = this.withExits();
    const entries = new Map<number, RegionEntry>();
    for (const { start, index } of this.region.blocks) {
      const number = graph.entryCode(index);
      if (number !== undefined) entries.set(start, { number, cycles: this.worst[graph.nodeOf(index)] });
    }
    return { code, locals: this.localTypes, calls: this.calls, entries };
  }

  protected inBetween(emit: () => void): void {
    const { node, instruction, plan, dirty, cyclesLeft, instructionsLeft, fallback } = this;
    this.fallback = undefined;
    this.builder.nested(emit);
    Object.assign(this, { node, instruction, plan, dirty, cyclesLeft, instructionsLeft, fallback });
  }

  // -- Blocks.

  protected emitBlock(node: number, block: Block): void {
    const { instructions } = block;
    const { plans, checks, slots } = planAccesses(block, this.options.advice);
    while (this.slotLocals.length < slots) this.slotLocals.push(this.newLocal(I32));
    const translated = instructions.filter(({ interpreted }) => interpreted !== 'always');
    this.cyclesLeft = translated.reduce((sum, instruction) => sum + baseCycles(instruction), 0);
    this.instructionsLeft = translated.length;
    this.addToCount(this.instructionsLeft * ONE_INSTRUCTION - (this.cyclesLeft + (this.chargesRefill[node] ? this.refill : 0)) * ONE_CYCLE);
    if (this.hasCheckpoint[node]) this.checkpoint(node, this.dirty, true);
    this.builder.beginBlock();
    this.builder.begin(block.start, 'none');
    for (const check of checks) this.builder.checkSpan(check, () => this.leaveIf(block.start, check.site));
    for (let i = 0; i < instructions.length;) {
      const run = conditionalRun(instructions, i);
      const emitOne = (instruction: Decoded): void => this.emitAt(instruction, plans[instructions.indexOf(instruction)]);
      if (run.length > 0) this.emitConditional(run, emitOne);
      else emitOne(instructions[i]);
      if (run.length === 0 || run.at(-1)!.effects.flags !== 'none') this.keptCondition = NO_CONDITION;
      i += Math.max(1, run.length);
    }
    const last = instructions.at(-1)!;
    if (!this.builder.hasLeft) this.goOn(last.next, this.dirty);
  }

  /** A check at the block's start that fails: nothing of the block has happened. */
  private leaveIf(start: number, site: number): void {
    this.out.bytes([Op.if, EMPTY]);
    this.openIf();
    this.giveBack();
    this.leaveFor(start, site);
    this.closeIf();
    this.out.byte(Op.end);
  }

  private emitAt(instruction: Decoded, plan: AccessPlan | undefined): void {
    this.instruction = instruction;
    this.plan = plan;
    if (instruction.interpreted === 'always') this.interpret();
    else if (instruction.interpreted === 'fallback') this.emitWithFallback(instruction);
    else if (instruction.interpreted === 'beside') this.emitBeside(instruction);
    else this.emitInstruction(instruction, instruction.condition >= 0 ? instruction.cycles - 1 : 0);
    this.dirty = dirtyAfter(instruction, this.dirty, this.withSingles);
    this.cyclesLeft -= baseCycles(instruction);
    this.instructionsLeft--;
  }

  /**
   * Instructions of an IT block with the same condition. A cycle is charged for each with the block, and the rest where
   * the condition is known. What only writes registers needs no branch.
   */
  private emitConditional(run: readonly Decoded[], emitOne: (instruction: Decoded) => void): void {
    const { builder } = this;
    const [first] = run;
    const last = run.at(-1)!;
    builder.begin(first.address, 'none');
    if (run.every(isSelectable)) {
      if (this.keptCondition >> 1 !== first.condition >> 1) {
        this.pushCondition(first.condition);
        this.set(Local.CONDITION);
        this.keptCondition = first.condition;
      }
      const isInverse = this.keptCondition !== first.condition;
      for (const instruction of run) builder.whenever(localValue(Local.CONDITION), isInverse, () => emitOne(instruction));
      return;
    }
    if (last.effects.flags !== 'none' || last.effects.isCall) builder.flagsToLocals();
    this.pushCondition(first.condition);
    this.out.bytes([Op.if, EMPTY]);
    this.openIf();
    builder.inArm(() => run.forEach(emitOne));
    this.closeIf();
    this.out.byte(Op.end);
    builder.hasLeft = false;
  }

  private pushCondition(code: number): void {
    this.builder.push(this.builder.condition(code));
  }

  private emitInstruction(instruction: Decoded, ownCycles = 0): void {
    const { builder } = this;
    const { effects, condition, tableTargets } = instruction;
    builder.begin(instruction.address, condition >= 0 && effects.flags !== 'none' ? 'other' : effects.flags);
    // Charged before the instruction's branch; a side exit comes before and takes nothing.
    this.pendingCycles = ownCycles;
    if (tableTargets.length > 0) this.branchByTable(instruction);
    else instruction.row.operation(builder, instruction.operands, instruction.choices);
    if (builder.hasLeft) return;
    builder.commit();
    this.settlePending();
  }

  private settlePending(): void {
    this.charge(this.pendingCycles);
    this.pendingCycles = 0;
  }

  /** What its translation cannot do goes to the interpreter, and comes back; a plain access first to whoever reaches more. */
  private emitWithFallback(instruction: Decoded): void {
    const { builder } = this;
    const after = dirtyAfter(instruction, this.dirty, this.withSingles);
    const emitHere = (): void => this.unlessGivenUp(() => {
      this.emitInstruction(instruction);
      this.fallback = undefined;
      if (isReached(instruction)) this.checkpointBehind(instruction.next, after);
      if (!builder.hasLeft) this.goOn(instruction.next, after);
    });
    if (isReached(instruction)) {
      this.unlessGivenUp(() => {
        const { fallback } = this;
        emitHere();
        this.fallback = fallback;
        this.plan = { kind: 'reach' };
        this.emitInstruction(instruction);
        this.fallback = undefined;
        this.checkpointBehind(instruction.next, after);
        this.goOn(instruction.next, after);
      });
    } else emitHere();
    builder.begin(instruction.address, 'none');
    this.giveBack();
    this.interpret();
    if (fallsThrough(instruction)) this.goOn(instruction.next, NOTHING);
    else this.leave(instruction.next, Exit.AWAY, NOTHING);
    builder.hasLeft = true;
  }

  /** Its helper is called with count and PC in place, and comes back with a count. */
  private emitBeside(instruction: Decoded): void {
    this.beforeReach();
    this.emitInstruction(instruction);
    this.loadCount();
    this.checkpointBehind(instruction.next, this.dirty);
  }

  /** What follows is for those that give up in what `emit` emits, and then leaves. */
  private unlessGivenUp(emit: () => void): void {
    const { builder, labels } = this;
    const { flags } = builder;
    const label: Label = { kind: 'other', node: -1 };
    this.open(label, Op.block);
    this.fallback = label;
    builder.inArm(emit);
    this.close();
    if (labels.includes(label)) throw new Error('labels are out of order');
    builder.flags = flags;
  }

  /** A device may have brought the limit near. */
  private checkpointBehind(next: number, dirty: RegisterSet): void {
    const block = this.region.byAddress.get(next);
    if (block && !this.hasCheckpoint[this.graph.edge(block.index).node]) this.checkpointAt(next, this.worst[this.graph.nodeOf(block.index)], dirty);
  }

  /** The interpreter runs the instruction, with all state in memory. */
  private interpret(): void {
    const { address, next } = this.instruction;
    this.builder.begin(address, 'none');
    this.flushState();
    this.storeCount();
    this.constant(address);
    this.out.byte(Op.call);
    this.out.unsigned(this.importIndex(INTERPRET, 1, true));
    this.set(Local.PC);
    this.loadCount();
    this.get(Local.PC);
    this.constant(next);
    this.out.bytes([Op.i32_ne, Op.if, EMPTY]);
    this.openIf();
    this.exit(Exit.AWAY, NOTHING);
    this.closeIf();
    this.out.byte(Op.end);
    this.arrive(next);
  }

  /** Comes back from elsewhere: what will be read is loaded, and the limit may be near. */
  private arrive(next: number): void {
    this.builder.flags = IN_LOCALS;
    this.dirty = NOTHING;
    const block = this.region.byAddress.get(next);
    if (!block || !fallsThrough(this.instruction)) return;
    const { node } = this.graph.edge(block.index);
    // Before anything is loaded: with N and Z both set, which locals cannot say, it ends here.
    this.checkpointAt(next, this.worst[this.graph.nodeOf(block.index)], NOTHING);
    this.loadSet(this.flow.live[node]);
    this.builder.floatModeMayHaveChanged();
  }

  private storeCount(): void {
    this.constant(0);
    this.get(Local.COUNT);
    this.out.byte(Op.i64_store); this.out.unsigned(3); this.out.unsigned(this.layout.COUNT);
  }

  private loadCount(): void {
    this.constant(0);
    this.out.byte(Op.i64_load); this.out.unsigned(3); this.out.unsigned(this.layout.COUNT);
    this.set(Local.COUNT);
  }

  beforeReach(): void {
    this.constant(0);
    this.constant(this.instruction.address);
    this.store(this.layout.PC);
    this.storeCount();
  }

  afterReach(): void {
    this.loadCount();
    this.constant(0);
    this.loadWord(this.layout.DECLINED);
    this.out.bytes([Op.if, EMPTY]);
    this.openIf();
    this.sideExit();
    this.closeIf();
    this.out.byte(Op.end);
  }

  private flushState(): void {
    if ((this.dirty.general & CV_BIT) !== 0) this.builder.flagsToLocals();
    this.storeSet(this.dirty);
  }

  private goOn(next: number, dirty: RegisterSet): void {
    const target = this.region.byAddress.get(next);
    if (target) this.jumpToBlock(target, false);
    else this.leave(next, Exit.AWAY, dirty);
  }

  // -- What instructions ask for.

  accessPlan(): AccessPlan { return this.plan ?? { kind: 'map' }; }
  slotLocal(slot: number): number { return this.slotLocals[slot]; }
  singleLocal(n: number): number { return this.singleLocals[n]; }
  floatRangeLocal(): number { return this.floatRange; }
  literal(address: number, size: 1 | 2 | 4): number | undefined { return this.options.literal(address, size); }
  importIndex(helper: string, parameters: number, hasResult: boolean): number { return this.options.importIndex(helper, parameters, hasResult); }

  protected charge(cycles: number): void {
    this.addToCount(-cycles * ONE_CYCLE);
  }

  sideExit(): void { this.giveUp(Exit.SIDE); }
  sideExitForGood(): void { this.giveUp(Exit.EXCHANGE); }

  private giveUp(why: number): void {
    const { fallback, instruction } = this;
    if (fallback) {
      this.out.byte(Op.br);
      this.out.unsigned(this.labelDepth((label) => label === fallback));
      return;
    }
    this.giveBack();
    if (instruction.itstate !== 0) {
      this.constant(0);
      this.constant(instruction.itstate);
      this.store(this.layout.ITSTATE);
    }
    if (why === Exit.SIDE) this.leaveFor(instruction.address, instruction.address);
    else this.leave(instruction.address, why, this.dirty);
  }

  /** The interpreter goes on at an address, because of the instruction at `site`. */
  private leaveFor(address: number, site: number): void {
    this.constant(0);
    this.constant(site);
    this.store(this.layout.EXIT_SITE);
    this.leave(address, Exit.SIDE, this.dirty);
  }

  /** After the instruction has done all but branch. */
  private get dirtyNow(): RegisterSet {
    return union(this.dirty, writes(this.instruction, this.withSingles));
  }

  goTo(target: number): void {
    this.settlePending();
    const { effects, next } = this.instruction;
    if (effects.isCall) {
      this.charge(this.refill);
      this.call(next, () => {
        this.constant(target);
        this.set(Local.CALLEE);
      }, () => this.callDirect(target));
      return;
    }
    const block = this.region.byAddress.get(target);
    if (block) {
      this.jumpToBlock(block, true);
      return;
    }
    this.charge(this.refill);
    this.leave(target, Exit.AWAY, this.dirtyNow);
  }

  goToIndirect(): void {
    this.settlePending();
    this.charge(this.refill);
    const { effects, next, seenTargets } = this.instruction;
    if (effects.isCall) {
      this.set(Local.CALLEE);
      this.call(next, () => {}, () => this.callByAddress());
      return;
    }
    this.set(Local.PC);
    if (seenTargets.length > 0) this.branchToSeen(seenTargets);
    const { dirtyNow: dirty } = this;
    if ((dirty.general & CV_BIT) !== 0) this.builder.flagsToLocals();
    this.storeSet(dirty);
    if (!this.isReturn()) {
      this.constant(0);
      this.constant(this.instruction.address);
      this.store(this.layout.EXIT_SITE);
    }
    this.returnToCaller();
  }

  /** Through LR, or with a popped address: its targets are other functions'. */
  private isReturn(): boolean {
    const { effects } = this.instruction;
    return effects.accesses.some(({ bytes }) => bytes > 4) || (effects.reads & (1 << 14)) !== 0;
  }

  /** The target is known by the entry's number; a number beyond the known table is the interpreter's. */
  private branchByTable({ effects, tableTargets }: Decoded): void {
    const { builder } = this;
    const number = Local.R0 + effects.table!.register;
    this.get(number);
    this.constant(tableTargets.length);
    this.out.bytes([Op.i32_ge_u, Op.if, EMPTY]);
    this.openIf();
    this.sideExit();
    this.closeIf();
    this.out.byte(Op.end);
    this.charge(this.refill);
    this.settlePending();
    this.switchOver(tableTargets.map((target) => this.region.byAddress.get(target)), () => this.get(number));
    // Entries whose code lies outside the region.
    tableTargets.forEach((target, i) => {
      if (this.region.byAddress.has(target)) return;
      this.get(number);
      this.constant(i);
      this.out.bytes([Op.i32_eq, Op.if, EMPTY]);
      this.openIf();
      this.leave(target, Exit.AWAY, this.dirty);
      this.closeIf();
      this.out.byte(Op.end);
    });
    this.out.byte(Op.unreachable);
    builder.hasLeft = true;
  }

  // -- Calls: everything is in memory; the callee answers where to go on.

  private call(next: number, prepare: () => void, callIt: () => void): void {
    const { dirtyNow: dirty } = this;
    prepare();
    if ((dirty.general & CV_BIT) !== 0) this.builder.flagsToLocals();
    this.storeSet(dirty);
    // Too deep: the dispatcher takes over, with a shallow stack of its own.
    this.get(Local.DEPTH);
    this.constant(ONE_CALL);
    this.out.bytes([Op.i32_lt_u, Op.if, EMPTY]);
    this.openIf();
    this.get(Local.CALLEE);
    this.set(Local.PC);
    this.exit(Exit.AWAY, NOTHING);
    this.closeIf();
    this.out.byte(Op.end);
    callIt();
    this.set(Local.COUNT);
    this.set(Local.PC);
    this.get(Local.PC);
    this.constant(next);
    this.out.bytes([Op.i32_ne, Op.if, EMPTY]);
    this.openIf();
    const { flags, hasLeft } = this.builder;
    this.returnedElsewhere();
    this.builder.flags = flags;
    this.builder.hasLeft = hasLeft;
    this.closeIf();
    this.out.byte(Op.end);
    const { dirty: before } = this;
    this.arrive(next);
    this.goOn(next, NOTHING);
    this.dirty = before;
  }

  private returnedElsewhere(): void {
    const { seenTargets, address } = this.instruction;
    const blocks = seenTargets.flatMap((target) => this.region.byAddress.get(target) ?? []);
    if (blocks.length > 0) {
      this.builder.flags = IN_LOCALS;
      const nodes = blocks.map((block) => this.graph.edge(block.index).node);
      this.get(Local.PC);
      this.constant(NOT_TRANSLATED);
      this.out.bytes([Op.i32_ne, Op.if, EMPTY]);
      this.openIf();
      this.loadSet(nodes.reduce((set, node) => union(set, this.flow.live[node]), NOTHING));
      this.builder.floatModeMayHaveChanged();
      this.checkpointAt(undefined, Math.max(...blocks.map(({ index }) => this.worst[this.graph.nodeOf(index)])), NOTHING);
      this.branchToSeen(seenTargets);
      this.closeIf();
      this.out.byte(Op.end);
    }
    this.constant(address);
    this.set(Local.SITE);
    this.exit(Exit.RETURNED_ELSEWHERE, NOTHING);
  }

  private callDirect(target: number): void {
    const callee = this.options.callee(target);
    this.pushDepth();
    this.get(Local.COUNT);
    if ('local' in callee) {
      this.out.byte(Op.call);
      this.calls.push({ at: this.out.reserved(0), local: callee.local });
      return;
    }
    this.constant(callee.table);
    this.callTable();
  }

  /** Looks the function up by its address; what is not there is the dispatcher's. */
  private callByAddress(): void {
    const { callCache } = this.layout;
    this.get(Local.CALLEE);
    this.constant(2); // addresses are even: eight bytes for each two
    this.out.byte(Op.i32_shl);
    this.constant(8 * (CALL_CACHE_ENTRIES - 1));
    this.out.byte(Op.i32_and);
    this.set(Local.SITE);
    this.get(Local.SITE);
    this.loadWord(callCache);
    this.get(Local.CALLEE);
    this.out.bytes([Op.i32_ne, Op.if, EMPTY]);
    this.openIf();
    this.get(Local.CALLEE);
    this.set(Local.PC);
    this.exit(Exit.UNTRANSLATED, NOTHING);
    this.closeIf();
    this.out.byte(Op.end);
    this.pushDepth();
    this.get(Local.COUNT);
    this.get(Local.SITE);
    this.loadWord(callCache + 4);
    this.callTable();
  }

  private pushDepth(): void {
    this.get(Local.DEPTH);
    this.constant(ONE_CALL);
    this.out.byte(Op.i32_sub);
  }

  private callTable(): void {
    this.out.byte(Op.call_indirect);
    this.out.unsigned(this.options.regionType);
    this.out.unsigned(0);
  }

  // -- Cycles.

  /** Leaves before a node's block when the limit could be reached before the next checkpoint. */
  protected checkpoint(node: number, dirty: RegisterSet, isCharged = false): void {
    this.checkpointAt(this.region.blocks[this.graph.nodes[node].block].start, this.worst[node], dirty, isCharged);
  }

  /**
   * @param address undefined: PC holds it
   * @param isCharged the block is, and is given back on leaving
   */
  private checkpointAt(address: number | undefined, worst: number, dirty: RegisterSet, isCharged = false): void {
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(countUpTo(isCharged ? worst - this.cyclesLeft : worst));
    this.out.bytes([Op.i64_le_s, Op.if, EMPTY]);
    this.openIf();
    if (isCharged) this.giveBack();
    if (address === undefined) this.exit(Exit.LIMIT, dirty);
    else this.leave(address, Exit.LIMIT, dirty);
    this.closeIf();
    this.out.byte(Op.end);
  }

  /** What is charged of the block from the current instruction on. */
  private giveBack(): void {
    this.addToCount(this.cyclesLeft * ONE_CYCLE - this.instructionsLeft * ONE_INSTRUCTION);
  }
}

/** Floating-point helpers that do not ask for FPSCR's mode. */
const NOT_ARITHMETIC: ReadonlySet<string> = new Set(['FPSCRToAPSR', 'VLDM', 'VSTM']);




