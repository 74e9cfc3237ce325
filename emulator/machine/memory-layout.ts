/** Where a chip's memories lie in the machine's one `WebAssembly.Memory`: after the core's state, each on its own pages. */
import type { Bus } from '../bus/bus.js';
import type { AccessBytes } from '../bus/types.js';
import type { Chip } from '../boards/index.js';
import { STATE_BYTES } from '../cores/cortex-m/state.js';

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
  /** Byte offsets of the page maps of translated code, 4 bytes for each 4 KB of the address space. */
  readonly readMap: number;
  readonly writeMap: number;
  /** Byte offset of the cache of translated functions by address. */
  readonly callCache: number;
  /** In pages of 64 KiB. */
  readonly wasmPages: number;
}

const MAP_BYTES = 4 << 20;
const CALL_CACHE_BYTES = 1 << 16;

/**
 * @param withTranslation leaves room for what translated code looks up
 * @throws Error when a mirror names a memory that is not there before it
 */
export function layOutMemories(chip: Chip, withTranslation: boolean): MemoryLayout {
  const memories: PlacedMemory[] = [];
  let next = Math.ceil(STATE_BYTES / ALIGNMENT) * ALIGNMENT;
  for (const { name, at, bytes, kind = 'ram', mirrorOf, access, initial = 0 } of chip.memories) {
    const original = mirrorOf === undefined ? undefined : memories.find((memory) => memory.name === mirrorOf);
    if (mirrorOf !== undefined && !original) throw new Error(`${chip.fileName}: ${name} mirrors ${mirrorOf}, which is not declared before it`);
    const offset = original?.offset ?? next;
    if (!original) next += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    memories.push({ name, base: at, bytes, kind: original?.kind ?? kind, offset, isMirror: original !== undefined, widths: (access ?? [1, 2, 4]), initial });
  }
  const [readMap, writeMap, callCache] = [next, next + MAP_BYTES, next + 2 * MAP_BYTES];
  return { memories, readMap, writeMap, callCache, wasmPages: Math.ceil((withTranslation ? callCache + CALL_CACHE_BYTES : next) / WASM_PAGE_BYTES) };
}

export function mapMemories(bus: Bus, memories: readonly PlacedMemory[]): void {
  for (const { name, base, bytes, offset, kind, widths } of memories) bus.addMemory({ name, base, bytes, offset, isWritable: kind === 'ram', widths });
}

/** Memories as at power-on. */
export function fillMemories(bus: Bus, memories: readonly PlacedMemory[]): void {
  for (const { offset, bytes, initial, isMirror } of memories) if (!isMirror && !(bus.isPristine && initial === 0)) new Uint8Array(bus.buffer, offset, bytes).fill(initial);
}
