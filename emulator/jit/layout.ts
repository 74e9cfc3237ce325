/** Where translated code finds what it shares with the interpreter, as byte offsets in the machine's memory. */
export interface TranslationLayout {
  /** Byte offset of register R0; R1 and so on follow. */
  readonly registers: number;
  readonly N: number;
  readonly Z: number;
  readonly C: number;
  readonly V: number;
  readonly Q: number;
  readonly GE: number;
  readonly ITSTATE: number;
  readonly T: number;
  readonly CYCLES: number;
  readonly LIMIT: number;
  /** Instructions executed by translated code since somebody last took the count. */
  readonly INSTRUCTIONS: number;
  /** Depth of calls between regions. */
  readonly DEPTH: number;
  /** Byte offset of S0. */
  readonly singles: number;
  readonly FP_CHECK: number;
  readonly FPSCR: number;
  readonly DIV_0_TRP: number;
  readonly IPSR: number;
  /** Page maps: an int32 for each 4 KB page, what to add to an address to get its place in the memory; odd where there is none. */
  readonly readMap: number;
  readonly writeMap: number;
}
