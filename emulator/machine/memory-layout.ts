/** Where a chip's memories lie in the machine's one `WebAssembly.Memory`: after the core's state, each on its own pages. */
import type { Bus } from '../bus/bus.js';
import type { AccessBytes } from '../bus/types.js';
import type { Chip } from '../boards/index.js';

const WASM_PAGE_BYTES = 0x1_0000;
const ALIGNMENT = 0x1000;

export interface PlacedMemory {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  readonly kind: 'ram' | 'rom' | 'flash';
  /** Byte offset in the machine's memory. */
  readonly offset: number;
  /** Shows another memory's bytes. */
  readonly isMirror: boolean;
  readonly widths: readonly AccessBytes[];
  /** Every byte at power-on. */
  readonly initial: number;
}

export interface MemoryLayout {
  readonly memories: readonly PlacedMemory[];
  /** Byte offsets of what translated code looks up, in the order in which the core's kind names them. */
  readonly rooms: readonly number[];
  /** In pages of 64 KiB. */
  readonly wasmPages: number;
}

/**
 * @param stateBytes the core's own, at the start
 * @param roomBytes sizes of what translated code looks up, behind the memories
 * @throws Error when a mirror names a memory that is not there before it
 */
export function layOutMemories(chip: Chip, stateBytes: number, roomBytes: readonly number[]): MemoryLayout {
  const memories: PlacedMemory[] = [];
  let next = aligned(stateBytes);
  for (const { name, at, bytes, kind = 'ram', mirrorOf, access, initial = 0 } of chip.memories) {
    const original = mirrorOf === undefined ? undefined : memories.find((memory) => memory.name === mirrorOf);
    if (mirrorOf !== undefined && !original) throw new Error(`${chip.fileName}: ${name} mirrors ${mirrorOf}, which is not declared before it`);
    const offset = original?.offset ?? next;
    if (!original) next += aligned(bytes);
    memories.push({ name, base: at, bytes, kind: original?.kind ?? kind, offset, isMirror: original !== undefined, widths: (access ?? [1, 2, 4]), initial });
  }
  const rooms = roomBytes.map((bytes) => {
    const room = next;
    next += aligned(bytes);
    return room;
  });
  return { memories, rooms, wasmPages: Math.ceil(next / WASM_PAGE_BYTES) };
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export function mapMemories(bus: Bus, memories: readonly PlacedMemory[]): void {
  for (const { name, base, bytes, offset, kind, widths } of memories) bus.addMemory({ name, base, bytes, offset, isWritable: kind === 'ram', widths });
}

/** Memories as at power-on. */
export function fillMemories(bus: Bus, memories: readonly PlacedMemory[]): void {
  for (const { offset, bytes, initial, isMirror } of memories) if (!isMirror && !(bus.isPristine && initial === 0)) new Uint8Array(bus.buffer, offset, bytes).fill(initial);
}
