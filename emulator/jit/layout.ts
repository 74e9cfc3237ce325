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
  /** Where the address of an instruction goes while a device is accessed. */
  readonly PC: number;
  readonly T: number;
  /** int64: see count.ts. */
  readonly COUNT: number;
  /** Why translated code came back, and from where; see `Exit`. */
  readonly EXIT: number;
  readonly EXIT_SITE: number;
  /** Not 0 when an access asked for has not happened; see `REACH_LOAD` of accesses.ts. */
  readonly DECLINED: number;
  /** Byte offset of S0. */
  readonly singles: number;
  readonly FP_CHECK: number;
  readonly FPSCR: number;
  readonly DIV_0_TRP: number;
  readonly IPSR: number;
  readonly PRIMASK: number;
  readonly BASEPRI: number;
  readonly FAULTMASK: number;
  readonly CONTROL: number;
  /** The stack pointer that is not R13 now. */
  readonly OTHER_SP: number;
  /** 1 when code executes unprivileged. */
  readonly UNPRIVILEGED: number;
  /** Page maps: an int32 for each 4 KB page, what to add to an address to get its place in the memory; odd where there is none. */
  readonly readMap: number;
  readonly writeMap: number;
  /** Functions by address, for calls through registers. */
  readonly callCache: number;
}
