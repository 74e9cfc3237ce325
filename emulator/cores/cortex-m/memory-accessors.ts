/** Accesses as generated handlers and translated code make them: known memory at once, the rest by the slow path. `pc`: of the instruction. */
export interface MemoryAccessors {
  load8(address: number, pc: number): number;
  load16(address: number, pc: number): number;
  load32(address: number, pc: number): number;
  load16Checked(address: number, pc: number): number;
  load32Checked(address: number, pc: number): number;
  store8(address: number, value: number, pc: number): void;
  store16(address: number, value: number, pc: number): void;
  store32(address: number, value: number, pc: number): void;
  store16Checked(address: number, value: number, pc: number): void;
  store32Checked(address: number, value: number, pc: number): void;
  loadMultiple(list: number, address: number, pc: number): number;
  storeMultiple(list: number, address: number, pc: number): void;
}
