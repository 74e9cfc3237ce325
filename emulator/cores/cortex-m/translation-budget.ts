/**
 * How much may be translated. In the long run an instruction for every so many executed ones, and never much at once, so
 * that neither firmware that rewrites itself nor one that runs everything a little keeps the host waiting. And what is
 * translated has paid for it: by passes of its place, or by exits of the module that is to be made anew.
 */

const EXECUTED_PER_TRANSLATED = 500;
/** Instructions that may be saved up. */
const MOST_AT_ONCE = 1000;
/** Begins in debt: short runs never pay for V8's compiling of the translator. */
const FIRST_DEBT = 1000;
/** A module costs as much as so many instructions, however small it is. */
const MODULE_COST = 100;
/**
 * Passes, or exits, for an instruction. Translating one takes 10 us, and many times more until V8 has compiled the
 * translator; a pass saves about 1 us.
 */
const FIRST_PRICE = 64;
const LATER_PRICE = 16;
/** Translated instructions after which the latter holds. */
const COLD = 3000;

export class TranslationBudget {
  private credit = -FIRST_DEBT;
  private executedBefore = 0;
  private spent = 0;

  /** @param executed instructions so far */
  allows(executed: number): boolean {
    this.credit = Math.min(MOST_AT_ONCE, this.credit + Math.max(0, executed - this.executedBefore) / EXECUTED_PER_TRANSLATED);
    this.executedBefore = executed;
    return this.credit > 0;
  }

  /** A module of so many instructions was made. */
  spend(instructions: number): void {
    this.credit -= instructions + MODULE_COST;
    this.spent += instructions + MODULE_COST;
  }

  private get price(): number {
    return this.spent < COLD ? FIRST_PRICE : LATER_PRICE;
  }

  /** Passes or exits that pay for a module of so many instructions. */
  priceOf(instructions: number): number {
    return this.price * (instructions + MODULE_COST);
  }

  /** Instructions of a module that so many passes have paid for; below 0 when not even for an empty one. */
  paidBy(passes: number): number {
    return Math.floor(passes / this.price) - MODULE_COST;
  }
}
