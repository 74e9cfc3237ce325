/** The chip's memories as DMA and flash controllers see them. */
import type { Bus, MemoryRegion } from '../bus/bus.js';
import type { ChipMemories, ChipMemory } from '../peripherals/block.js';
import type { PlacedMemory } from './memory-layout.js';

export function chipMemories(bus: Bus, placed: readonly PlacedMemory[]): ChipMemories {
  const memories = placed.map((memory) => chipMemory(bus, memory));
  return {
    find: (address, bytes) => memories.find((memory) => address >= memory.base && address + bytes <= memory.base + memory.bytes),
  };
}

function chipMemory(bus: Bus, { name, kind, base, bytes, offset }: PlacedMemory): ChipMemory {
  const region = bus.map.find((candidate): candidate is MemoryRegion => candidate.kind === 'memory' && candidate.base === base)!;
  return {
    name, kind, base, bytes, data: new Uint8Array(bus.buffer, offset, bytes),
    changed: (from, count) => bus.onMemoryChanged(base + from, count),
    get onStore() { return region.onStore; },
    set onStore(listener) { region.onStore = listener; },
  };
}
