/** Where a firmware that asks SYS_HEAPINFO may put heap and stack. */

export interface MemoryRange {
  readonly base: number;
  readonly bytes: number;
}

/**
 * libgloss and newlib begin their heap at the linker's symbol `end` whatever SYS_HEAPINFO says, and take only limit and
 * stack from the answer; so both must lie in the RAM of `end`, or the heap would run through what is between.
 * Without that symbol: the largest stretch of the largest RAM that no loaded segment occupies, the rule QEMU follows.
 * @param occupied where the image put bytes; any order
 * @param end address of the image's symbol `end`
 * @returns undefined without RAM
 */
export function freeRam(rams: readonly MemoryRange[], occupied: readonly MemoryRange[], end?: number): { base: number; limit: number } | undefined {
  const home = end === undefined ? undefined : rams.find(({ base, bytes }) => end >= base && end < base + bytes);
  if (end !== undefined && home !== undefined) return stretchFrom(end, home, occupied);
  return largestStretch(rams, occupied);
}

/** From `end`, on a multiple of 8 (AAPCS32 stack alignment), to the next loaded byte or the end of the RAM. */
function stretchFrom(end: number, ram: MemoryRange, occupied: readonly MemoryRange[]): { base: number; limit: number } {
  const ramEnd = ram.base + ram.bytes;
  const limit = occupied.reduce((nearest, { base }) => (base >= end ? Math.min(nearest, base) : nearest), ramEnd);
  const base = Math.min(end + 7 - ((end + 7) % 8), limit);
  return { base, limit };
}

function largestStretch(rams: readonly MemoryRange[], occupied: readonly MemoryRange[]): { base: number; limit: number } | undefined {
  const ram = rams.reduce<MemoryRange | undefined>((best, next) => (best === undefined || next.bytes > best.bytes ? next : best), undefined);
  if (ram === undefined || ram.bytes === 0) return undefined;
  const ramEnd = ram.base + ram.bytes;
  const inside = occupied
    .filter((piece) => piece.base < ramEnd && piece.base + piece.bytes > ram.base)
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
  consider(ramEnd);
  return best;
}
