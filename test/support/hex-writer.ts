/** Writes Intel HEX records, with a right or a given checksum. */
export function hexRecord(type: number, address: number, data: readonly number[], checksum?: number): string {
  const bytes = [data.length, address >> 8, address & 0xff, type, ...data];
  const sum = checksum ?? -bytes.reduce((a, b) => a + b, 0) & 0xff;
  return `:${[...bytes, sum].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase()}`;
}

export const END_OF_FILE = ':00000001FF';

/** Extended linear address, block start, data as the board's record type, padding, block end. */
export function universalSection(board: number, pieces: readonly { readonly address: number; readonly data: readonly number[] }[]): string[] {
  const dataType = board === 0x9900 ? 0x00 : 0x0d;
  return [
    hexRecord(0x04, 0, [0, 0]),
    hexRecord(0x0a, 0, [board >> 8, board & 0xff, 0xc0, 0xde]),
    ...pieces.flatMap(({ address, data }) => [hexRecord(0x04, 0, [address >>> 24, (address >>> 16) & 0xff]), hexRecord(dataType, address & 0xffff, data)]),
    hexRecord(0x0c, 0, [0xff, 0xff, 0xff, 0xff]),
    hexRecord(0x0b, 0, []),
  ];
}

export function text(lines: readonly string[], ending = '\n'): Uint8Array {
  return new TextEncoder().encode(lines.map((line) => line + ending).join(''));
}
