/** The maps that tell plain memory, and views of the machine's memory. */
export interface FastMaps {
  readonly readMap: Int32Array;
  readonly writeMap: Int32Array;
  readonly codeLines: Uint8Array;
  readonly M8: Uint8Array;
  readonly M16: Uint16Array;
  readonly M32: Int32Array;
}
