/** The last instructions executed. */

export interface ExecutedInstruction {
  readonly address: number;
  /** Core cycles since reset when it began. */
  readonly cycle: number;
}

/** A ring buffer. `record` is called per instruction: it allocates nothing. */
export class InstructionHistory {
  private readonly addresses: Uint32Array;
  private readonly cycles: Float64Array;
  private next = 0;
  private recorded = 0;

  /** @param capacity instructions kept, 1 to 2^20 */
  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > 1 << 20) throw new RangeError(`history of ${capacity} instructions: 1 to ${1 << 20}`);
    this.addresses = new Uint32Array(capacity);
    this.cycles = new Float64Array(capacity);
  }

  record(address: number, cycle: number): void {
    this.addresses[this.next] = address;
    this.cycles[this.next] = cycle;
    this.next = this.next + 1 === this.capacity ? 0 : this.next + 1;
    if (this.recorded < this.capacity) this.recorded++;
  }

  /** Oldest first. */
  entries(): ExecutedInstruction[] {
    return Array.from({ length: this.recorded }, (_, i) => {
      const slot = (this.next - this.recorded + i + this.capacity) % this.capacity;
      return { address: this.addresses[slot], cycle: this.cycles[slot] };
    });
  }
}
