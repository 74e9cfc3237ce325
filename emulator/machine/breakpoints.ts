/**
 * Breakpoints reach the core when it next runs: a debugger that takes all out at every stop and puts them back costs nothing.
 */
export interface BreakableCode {
  setBreakpoint(address: number): void;
  clearBreakpoint(address: number): void;
}

export class Breakpoints {
  private readonly wanted = new Set<number>();
  /** Those that the core knows. */
  private readonly known = new Set<number>();
  private haveChanged = false;

  /** @param changed ends a run under way, of whose listeners the caller may be one */
  constructor(private readonly code: BreakableCode, private readonly changed: () => void) {}

  set(address: number): void {
    this.wanted.add((address & ~1) >>> 0);
    this.haveChanged = true;
    this.changed();
  }

  clear(address: number): void {
    this.wanted.delete((address & ~1) >>> 0);
    this.haveChanged = true;
    this.changed();
  }

  /** Before the core runs. */
  place(): void {
    if (!this.haveChanged) return;
    this.haveChanged = false;
    const { code, wanted, known } = this;
    for (const address of known) {
      if (wanted.has(address)) continue;
      code.clearBreakpoint(address);
      known.delete(address);
    }
    for (const address of wanted) {
      if (known.has(address)) continue;
      code.setBreakpoint(address);
      known.add(address);
    }
  }
}
