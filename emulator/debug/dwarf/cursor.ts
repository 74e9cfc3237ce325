/** Walks the bytes of a debug section. Reading past the end throws `DwarfDamage`, which each reader turns into leaving out one unit. */
export class DwarfDamage extends Error {}

export class Cursor {
  private readonly view: DataView;

  constructor(readonly bytes: Uint8Array, public offset = 0, public end = bytes.length) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.offset >= this.end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  i8(): number {
    return this.view.getInt8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** @throws DwarfDamage above 2^53, more than any file's size */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    if (high > 0x1f_ffff) throw new DwarfDamage('a 64-bit number is out of range');
    return high * 0x1_0000_0000 + low;
  }

  unsigned(bytes: number): number {
    switch (bytes) {
      case 1: return this.u8();
      case 2: return this.u16();
      case 4: return this.u32();
      case 8: return this.u64();
      default: throw new DwarfDamage(`a number of ${bytes} bytes`);
    }
  }

  /** Unsigned LEB128, modulo 2^32. */
  uleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  }

  /** Signed LEB128, as a 32-bit number. */
  sleb(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return shift + 7 < 32 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
    }
  }

  /** The offset of a zero-terminated string, which is stepped over. */
  string(): number {
    const start = this.offset;
    const zero = this.bytes.indexOf(0, start);
    if (zero < 0 || zero >= this.end) throw new DwarfDamage('a string without an end');
    this.offset = zero + 1;
    return start;
  }

  skip(bytes: number): void {
    this.advance(bytes);
  }

  /** A unit's length field: 4 bytes, or 12 for 64-bit DWARF (DWARF 5, 7.4). */
  initialLength(): { readonly length: number; readonly offsetBytes: 4 | 8 } {
    const length = this.u32();
    if (length < 0xffff_fff0) return { length, offsetBytes: 4 };
    if (length !== 0xffff_ffff) throw new DwarfDamage('a reserved unit length');
    return { length: this.u64(), offsetBytes: 8 };
  }

  private advance(bytes: number): number {
    const start = this.offset;
    if (bytes < 0 || start + bytes > this.end) throw new DwarfDamage('data past the end');
    this.offset = start + bytes;
    return start;
  }
}

/** Calls `read`; false when the data turned out damaged. Other errors are ours and pass. */
export function toleratesDamage(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof DwarfDamage) return false;
    throw error;
  }
}
