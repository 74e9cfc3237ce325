/** The code of one WebAssembly function: bytes, labels, locals, and the registers that pass between locals and memory. */
import { CV_BIT, NZ_BIT, type RegisterSet } from './dataflow.js';
import { Bytes, EMPTY, I32, Op } from './encoder.js';
import { Local } from './flags.js';
import type { TranslationLayout } from './layout.js';

export type Label = { readonly kind: 'if' | 'block' | 'loop' | 'other'; readonly node: number };

export class FunctionCode {
  protected readonly out = new Bytes();
  protected readonly labels: Label[] = [];
  /** Types of the locals behind the parameters. */
  protected readonly localTypes: number[] = new Array<number>(Local.firstFree - Local.R0).fill(I32);
  protected readonly singleLocals = new Int32Array(32).fill(-1);

  constructor(readonly layout: TranslationLayout) {}

  protected newLocal(type: number): number {
    return Local.R0 + this.localTypes.push(type) - 1;
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

  // -- Registers.

  protected loadSet(set: RegisterSet): void {
    this.eachWord(set, (offset, local) => this.load(offset, local));
    this.eachSingle(set, (offset, local) => {
      this.constant(0);
      this.out.byte(Op.f32_load); this.out.unsigned(2); this.out.unsigned(offset);
      this.set(local);
    });
  }

  protected storeSet(set: RegisterSet): void {
    this.eachWord(set, (offset, local) => {
      this.constant(0);
      this.get(local);
      this.store(offset);
    });
    this.eachSingle(set, (offset, local) => {
      this.constant(0);
      this.get(local);
      this.out.byte(Op.f32_store); this.out.unsigned(2); this.out.unsigned(offset);
    });
  }

  protected eachWord({ general }: RegisterSet, visit: (offset: number, local: number) => void): void {
    const { layout } = this;
    for (let n = 0; n < 15; n++) if ((general >> n) & 1) visit(layout.registers + 4 * n, Local.R0 + n);
    if (general & NZ_BIT) {
      visit(layout.N, Local.NZ);
      visit(layout.Z, Local.NZ);
    }
    if (general & CV_BIT) {
      visit(layout.C, Local.C);
      visit(layout.V, Local.V);
    }
  }

  protected eachSingle({ singles }: RegisterSet, visit: (offset: number, local: number) => void): void {
    for (let n = 0; n < 32; n++) if ((singles >>> n) & 1) visit(this.layout.singles + 4 * n, this.singleLocals[n]);
  }

  // -- Bytes.

  protected constant(value: number): void { this.out.byte(Op.i32_const); this.out.signed(value); }
  protected get(local: number): void { this.out.byte(Op.local_get); this.out.unsigned(local); }
  protected set(local: number): void { this.out.byte(Op.local_set); this.out.unsigned(local); }
  protected loadWord(offset: number): void { this.out.byte(Op.i32_load); this.out.unsigned(2); this.out.unsigned(offset); }
  protected load(offset: number, local: number): void { this.constant(0); this.loadWord(offset); this.set(local); }
  protected store(offset: number): void { this.out.byte(Op.i32_store); this.out.unsigned(2); this.out.unsigned(offset); }
  protected addToCount(amount: number): void {
    if (amount === 0) return;
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(amount);
    this.out.byte(Op.i64_add);
    this.set(Local.COUNT);
  }
}
