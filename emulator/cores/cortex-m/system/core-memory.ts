/** Memory as the exception model sees it: stacking, unstacking and vector reads. */

/**
 * Word-aligned accesses that exception handling makes by itself. Errors are thrown: a `GuestFault` of MemManage when
 * the MPU or the default memory map forbids the access, a `GuestFault` of BusFault or a `BusError` from the bus.
 */
export interface CoreMemory {
  /** Data read. @param privileged rights of the access, which may differ from those of the running code */
  load32(address: number, privileged: boolean): number;
  /** Data write. */
  store32(address: number, value: number, privileged: boolean): void;
  /** Reads the vector table: privileged, by the default memory map (B3.5, "Exception vector reads"). */
  loadVector(address: number): number;
  /** The machine's memory, in which `wordsAt` gives an index. */
  readonly view: Int32Array;
  /**
   * Where consecutive words lie in `view`, when all of them are plain memory that may be accessed so; -1 when that is
   * not known, and only `load32` and `store32` tell.
   */
  wordsAt(address: number, bytes: number, access: 'read' | 'write', privileged: boolean): number;
}
