/** Little-endian access to a file's bytes, checked against its end. */
import { FirmwareError, at } from './types.js';

export class Reader {
  private readonly view: DataView;

  /** @param what names the file in messages, e.g. "ELF file" */
  constructor(readonly bytes: Uint8Array, private readonly what: string) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(offset: number): number {
    this.need(offset, 1);
    return this.view.getUint8(offset);
  }

  u16(offset: number): number {
    this.need(offset, 2);
    return this.view.getUint16(offset, true);
  }

  u32(offset: number): number {
    this.need(offset, 4);
    return this.view.getUint32(offset, true);
  }

  /** A view of `length` bytes. */
  slice(offset: number, length: number): Uint8Array {
    this.need(offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  /** @throws FirmwareError unless the `length` bytes at `offset` lie in the file */
  need(offset: number, length: number, part = 'data'): void {
    if (offset < 0 || offset + length > this.bytes.length) {
      throw new FirmwareError(`${this.what} is cut short: ${part} at ${at(offset)} needs ${length} bytes, the file has ${this.bytes.length}: copy or build it again`, offset);
    }
  }
}

/** The text in `bytes` from `start` to `end`, both inside it; bytes outside ASCII are read as UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (byte >= 0x80) return new TextDecoder('utf-8').decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}
