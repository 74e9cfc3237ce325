/** Slots of decoded instructions, as the generated loop sees them: one per halfword address of a page. */

/** In a slot's length: an IT block's condition does not matter. */
export const UNCONDITIONAL = 0x80;

export interface DecodedCode {
  /** Variant in the low half, cycles in the high half; 0 where nothing is decoded. */
  readonly headers: Int32Array;
  /** The same for instructions in an IT block, which may be other variants. */
  readonly headersInIT: Int32Array;
  /** Bytes of the instruction, and `UNCONDITIONAL`. */
  readonly lengths: Uint8Array;
  /** Four operands per slot. */
  readonly o: Int32Array;
  /** First slot of each page that may be executed at the current privilege, else 0. */
  readonly pageBases: Int32Array;
  /** @returns the first slot of the page. @throws GuestFault when it may not be executed */
  openPage(pc: number): number;
  /** Fills the slot at `pc`. @throws GuestFault when there is no instruction */
  decode(pc: number, inIT: boolean): void;
  /** @param cond the manual's 4-bit code */
  conditionHolds(cond: number): boolean;
  /** Counts executed instructions. */
  retire(count: number): void;
}
