/** The machine as Arm semihosting sees it: its time, its memory, and the room its heap may take. */
import type { Bus } from '../bus/bus.js';
import type { FirmwareImage } from '../machine-api.js';
import type { SemihostingGuest } from '../semihosting/index.js';
import { freeRam } from '../semihosting/heap.js';
import type { Scheduler } from '../time/types.js';
import type { PlacedMemory } from './memory-layout.js';

export function semihostingGuest(bus: Bus, memories: readonly PlacedMemory[], scheduler: Scheduler, image: () => FirmwareImage | undefined): SemihostingGuest {
  const memoryAt = (address: number): PlacedMemory | undefined => memories.find(({ base, bytes }) => address >= base && address < base + bytes);
  return {
    rootHz: scheduler.rootHz,
    now: () => scheduler.now(),
    read8: (address) => (memoryAt(address) ? bus.peek(address, 1) : undefined),
    write8: (address, value) => memoryAt(address)?.kind === 'ram' && bus.poke(address, value, 1),
    heap: () => freeRam(
      memories.filter(({ kind, isMirror }) => kind === 'ram' && !isMirror),
      (image()?.segments ?? []).map(({ address, bytes }) => ({ base: address, bytes: bytes.length })),
      image()?.symbols.find(({ name }) => name === 'end')?.address,
    ),
  };
}
