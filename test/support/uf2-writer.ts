/** Writes UF2 blocks. */
export interface Uf2BlockPlan {
  readonly address: number;
  readonly payload: Uint8Array;
  readonly flags?: number;
  readonly family?: number;
  readonly number?: number;
  readonly total?: number;
  /** Put right behind the payload, aligned to 4 bytes: extension tags or a file name. */
  readonly after?: readonly number[];
  readonly md5?: { readonly start: number; readonly length: number; readonly sum: Uint8Array };
}

export function writeUf2(blocks: readonly Uf2BlockPlan[]): Uint8Array {
  const file = new Uint8Array(512 * blocks.length);
  const view = new DataView(file.buffer);
  blocks.forEach((block, i) => {
    const offset = 512 * i;
    const flags = (block.flags ?? 0) | (block.family !== undefined ? 0x2000 : 0) | (block.md5 !== undefined ? 0x4000 : 0);
    const head = [0x0a324655, 0x9e5d5157, flags, block.address, block.payload.length, block.number ?? i, block.total ?? blocks.length, block.family ?? 0];
    head.forEach((value, word) => view.setUint32(offset + 4 * word, value, true));
    file.set(block.payload.subarray(0, 476), offset + 32);
    if (block.after !== undefined) file.set(block.after, offset + 32 + ((block.payload.length + 3) & ~3));
    if (block.md5 !== undefined) {
      view.setUint32(offset + 484, block.md5.start, true);
      view.setUint32(offset + 488, block.md5.length, true);
      file.set(block.md5.sum, offset + 492);
    }
    view.setUint32(offset + 508, 0x0ab16f30, true);
  });
  return file;
}
