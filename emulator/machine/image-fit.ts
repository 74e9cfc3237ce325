/** Whether an image lies in the board's memories. */
import type { Board } from '../boards/index.js';
import type { FirmwareImage } from '../machine-api.js';
import { MachineError } from './machine-error.js';
import type { PlacedMemory } from './memory-layout.js';

/** @throws MachineError naming the first segment that leaves them */
export function refuseUnmapped({ segments }: FirmwareImage, memories: readonly PlacedMemory[], { chip }: Board): void {
  for (const { address, bytes } of segments) {
    const missing = firstUnmapped(memories, address, bytes.length);
    if (missing === undefined) continue;
    throw new MachineError(`the segment at 0x${address.toString(16)} (${bytes.length} bytes) leaves the board's memory at 0x${missing.toString(16)}: link it for ${chip.name}`);
  }
}

function firstUnmapped(memories: readonly PlacedMemory[], address: number, bytes: number): number | undefined {
  let at = address;
  while (at < address + bytes) {
    const memory = memories.find(({ base, bytes: size }) => at >= base && at < base + size);
    if (!memory) return at;
    at = memory.base + memory.bytes;
  }
  return undefined;
}
