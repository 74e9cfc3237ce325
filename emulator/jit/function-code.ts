/** The registers that pass between a function's locals and memory, and its count. */
import { CV_BIT, NZ_BIT, type RegisterSet } from './dataflow.js';
import { Op } from './encoder.js';
import { Local } from './flags.js';
import type { TranslationLayout } from './layout.js';
import { StructuredCode } from './structured-code.js';

export type { Label } from './structured-code.js';

export abstract class FunctionCode extends StructuredCode {
  protected readonly singleLocals = new Int32Array(32).fill(-1);

  constructor(readonly layout: TranslationLayout) {
    super(Local.R0, Local.firstFree - Local.R0);
  }

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

  protected addToCount(amount: number): void {
    if (amount === 0) return;
    this.get(Local.COUNT);
    this.out.byte(Op.i64_const);
    this.out.signed64(amount);
    this.out.byte(Op.i64_add);
    this.set(Local.COUNT);
  }
}
