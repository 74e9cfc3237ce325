/** Ways out of a region's function: what is dirty is stored, why and where to go on is said. They stand behind the body. */
import { CV_BIT, isSame, isWithin, NOTHING, type RegisterSet } from './dataflow.js';
import { Bytes, EMPTY, Op } from './encoder.js';
import { FLAG_KINDS, Local, type FlagState } from './flags.js';
import { FunctionCode } from './function-code.js';
import { Exit, NOT_TRANSLATED } from './protocol.js';
import type { WasmBuilder } from './wasm-builder.js';

interface ExitStub { readonly flags: FlagState['kind']; readonly set: RegisterSet; readonly why: number; readonly sites: { readonly at: number; readonly depth: number }[] }

const FLAG_STATES = Object.fromEntries(FLAG_KINDS.map((kind) => [kind, { kind, isWhole: false }])) as Readonly<Record<FlagState['kind'], FlagState>>;

export abstract class CodeWithExits extends FunctionCode {
  protected abstract readonly builder: WasmBuilder;
  private readonly exits: ExitStub[] = [];
  /** Where calls of functions of the same module stand, to be filled with their indices. */
  protected readonly calls: { at: number; local: number }[] = [];

  protected exit(why: number, set: RegisterSet): void {
    const flags = (set.general & CV_BIT) === 0 ? 'locals' : this.builder.flags.kind;
    let stub = this.exits.find((other) => other.why === why && other.flags === flags && isSame(other.set, set));
    if (!stub) this.exits.push((stub = { flags, set, why, sites: [] }));
    this.out.byte(Op.br);
    stub.sites.push({ at: this.out.reserved(0), depth: this.labels.length });
  }

  /** The body within one block per way out. */
  protected withExits(): Bytes {
    const { out: body } = this;
    // Those that store less lie further out, where the others reach them.
    const weight = ({ set, flags, why }: ExitStub): number => 4 * (bits(set.general) + bits(set.singles)) + (flags === 'locals' ? 0 : 2) + (why === Exit.INDIRECT ? 0 : 1);
    const order = [...this.exits].sort((a, b) => weight(b) - weight(a));
    const code = new Bytes();
    for (let i = 0; i < order.length; i++) code.bytes([Op.block, EMPTY]);
    const start = code.length;
    order.forEach((stub, position) => { for (const { at, depth } of stub.sites) body.fill(at, depth + position); });
    for (const call of this.calls) call.at += start;
    order.forEach((stub, position) => this.exitStub(stub, order, position));
    code.bytes(body.written());
    return code;
  }

  private exitStub({ flags, set, why }: ExitStub, order: readonly ExitStub[], position: number): void {
    const { out, builder } = this;
    out.byte(Op.end);
    builder.begin(0, 'none');
    if (why === Exit.RETURNED_ELSEWHERE) this.noteReturn();
    else if (why !== Exit.INDIRECT) {
      this.constant(0);
      this.constant(why);
      this.store(this.layout.EXIT);
    }
    if (flags !== 'locals') {
      builder.flags = FLAG_STATES[flags];
      builder.flagsToLocals();
    }
    // What the other does first must not matter here.
    const rest = order.findIndex((other, at) => at > position && other.flags === 'locals' && isWithin(other.set, set) && (other.why === why || other.why === Exit.INDIRECT)
      && (other.why !== Exit.RETURNED_ELSEWHERE));
    const stored = rest < 0 ? NOTHING : order[rest].set;
    this.storeSet({ general: set.general & ~stored.general, singles: set.singles & ~stored.singles });
    if (rest >= 0) {
      out.byte(Op.br);
      out.unsigned(rest - position - 1);
    } else this.returnToCaller();
  }

  /** A callee has not come back to where it was called: the first to see it says so. */
  private noteReturn(): void {
    const { out } = this;
    this.get(Local.PC);
    this.constant(NOT_TRANSLATED);
    out.bytes([Op.i32_eq, Op.if, EMPTY]);
    this.get(Local.CALLEE);
    this.set(Local.PC);
    this.constant(0);
    this.constant(Exit.UNTRANSLATED);
    this.store(this.layout.EXIT);
    out.byte(Op.else);
    this.constant(0);
    this.loadWord(this.layout.EXIT);
    out.bytes([Op.i32_eqz, Op.if, EMPTY]);
    this.constant(0);
    this.constant(Exit.RETURNED_ELSEWHERE);
    this.store(this.layout.EXIT);
    this.constant(0);
    this.get(Local.SITE);
    this.store(this.layout.EXIT_SITE);
    out.bytes([Op.end, Op.end]);
  }

  protected returnToCaller(): void {
    this.get(Local.PC);
    this.get(Local.COUNT);
    this.out.byte(Op.return);
  }

  protected leave(address: number, why: number, set: RegisterSet): void {
    this.constant(address);
    this.set(Local.PC);
    this.exit(why, set);
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
