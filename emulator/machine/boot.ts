/** Where a firmware image starts: by its vector table, or at its entry when it has none. */
import type { FirmwareImage } from '../machine-api.js';
import type { PlacedMemory } from './memory-layout.js';

export type BootPlan =
  /** The reset vector at this address is taken; VTOR points there. */
  | { readonly kind: 'vectors'; readonly address: number }
  /** No vector table: execution begins at the entry with SP at the end of the largest RAM. */
  | { readonly kind: 'entry'; readonly address: number; readonly stackPointer: number };

/** The smallest table: initial SP and reset vector. */
const SMALLEST_TABLE_BYTES = 8;

/**
 * @param resetVectors where the core looks for its vector table after reset
 * @returns undefined when the image has nothing to start at
 */
export function bootPlan(image: FirmwareImage, memories: readonly PlacedMemory[], resetVectors: number): BootPlan | undefined {
  const isTable = (address: number): boolean => looksLikeVectorTable(image, memories, address);
  if (isTable(resetVectors)) return { kind: 'vectors', address: resetVectors };
  // Linked behind a bootloader: the table stands at the start of the image, and the bootloader would have moved VTOR there.
  const start = image.segments[0]?.address;
  if (start !== undefined && start % 128 === 0 && isTable(start)) return { kind: 'vectors', address: start };
  if (image.entry === undefined || !isInside(image, image.entry & ~1)) return undefined;
  return { kind: 'entry', address: image.entry & ~1, stackPointer: endOfLargestRam(memories) };
}

function looksLikeVectorTable(image: FirmwareImage, memories: readonly PlacedMemory[], address: number): boolean {
  const stackPointer = wordAt(image, address);
  const reset = wordAt(image, address + 4);
  if (stackPointer === undefined || reset === undefined) return false;
  const isInRam = memories.some(({ kind, base, bytes }) => kind === 'ram' && stackPointer > base && stackPointer <= base + bytes);
  return isInRam && (reset & 1) === 1 && isInside(image, reset & ~1);
}

const isInside = (image: FirmwareImage, address: number): boolean =>
  image.segments.some((segment) => address >= segment.address && address < segment.address + segment.bytes.length);

/** A word of the image, from whichever segments hold its bytes. */
function wordAt(image: FirmwareImage, address: number): number | undefined {
  const segment = image.segments.find((s) => address >= s.address && address + SMALLEST_TABLE_BYTES / 2 <= s.address + s.bytes.length);
  if (!segment) return undefined;
  const at = address - segment.address;
  const { bytes } = segment;
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function endOfLargestRam(memories: readonly PlacedMemory[]): number {
  const rams = memories.filter(({ kind, isMirror }) => kind === 'ram' && !isMirror);
  const largest = rams.reduce((best, next) => (next.bytes > best.bytes ? next : best));
  return largest.base + largest.bytes;
}
