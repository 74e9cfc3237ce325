/** Bits from the most significant on, out of bytes that may end too soon. */
export class BitReader {
  /** In bits from the first byte. */
  private position: number;
  private readonly end: number;

  /** @param from byte to begin at */
  constructor(private readonly bytes: Uint8Array, from: number) {
    this.position = from * 8;
    this.end = bytes.length * 8;
  }

  get byte(): number { return Math.ceil(this.position / 8); }

  /** @returns unsigned, of at most 53 bits. @throws RangeError past the end */
  unsigned(count: number): number {
    if (this.position + count > this.end) throw new RangeError('ends too soon');
    let value = 0;
    for (let left = count; left > 0;) {
      const free = 8 - (this.position & 7), taken = Math.min(free, left);
      value = value * 2 ** taken + ((this.bytes[this.position >> 3] >> (free - taken)) & ((1 << taken) - 1));
      this.position += taken;
      left -= taken;
    }
    return value;
  }

  /** @returns two's complement, of 1 to 53 bits */
  signed(count: number): number {
    const value = this.unsigned(count);
    return value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** @returns zeros before the next one, which is passed over. @throws RangeError past the end */
  unary(): number {
    let zeros = 0;
    while (this.position < this.end) {
      const free = 8 - (this.position & 7);
      const rest = this.bytes[this.position >> 3] & ((1 << free) - 1);
      if (rest !== 0) {
        const leading = Math.clz32(rest) - (32 - free);
        this.position += leading + 1;
        return zeros + leading;
      }
      zeros += free;
      this.position += free;
    }
    throw new RangeError('ends too soon');
  }

  toByte(): void { this.position = this.byte * 8; }
}
