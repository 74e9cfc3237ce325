/** Where a firmware that asks SYS_HEAPINFO may put heap and stack. */

export interface MemoryRange {
  readonly base: number;
  readonly bytes: number;
}

/**
 * The largest stretch of the largest RAM that no loaded segment occupies: the rule QEMU follows, so that a firmware
 * gets the same heap from both.
 * @param occupied where the image put bytes; any order
 * @returns undefined without RAM
 */
export function freeRam(rams: readonly MemoryRange[], occupied: readonly MemoryRange[]): { base: number; limit: number } | undefined {
  const ram = rams.reduce<MemoryRange | undefined>((best, next) => (best === undefined || next.bytes > best.bytes ? next : best), undefined);
  if (ram === undefined || ram.bytes === 0) return undefined;
  const end = ram.base + ram.bytes;
  const inside = occupied
    .filter((piece) => piece.base < end && piece.base + piece.bytes > ram.base)
    .sort((a, b) => a.base - b.base);
  let best = { base: ram.base, limit: ram.base };
  let free = ram.base;
  const consider = (limit: number): void => {
    if (limit - free > best.limit - best.base) best = { base: free, limit };
  };
  for (const piece of inside) {
    consider(piece.base);
    free = Math.max(free, piece.base + piece.bytes);
  }
  consider(end);
  return best;
}
