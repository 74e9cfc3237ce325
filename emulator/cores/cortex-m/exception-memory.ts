/** Memory for exception frames: plain memory without detours where the page maps know it. */
import type { Bus } from '../../bus/bus.js';
import type { FastMaps } from './fast-maps.js';
import { CODE_LINE_BITS, PAGE_BITS, PAGE_BYTES, type CoreMemory } from './memory.js';
import type { WordBus } from './system/index.js';

export class ExceptionMemory implements WordBus {
  readonly view: Int32Array;
  private maps: FastMaps | undefined;

  /** @param memory which is made after the system that this belongs to */
  constructor(bus: Bus, private readonly memory: () => CoreMemory) {
    this.view = new Int32Array(bus.buffer);
  }

  read32(address: number): number {
    return this.memory().readWord(address);
  }

  write32(address: number, value: number): void {
    this.memory().writeWord(address, value);
  }

  /** For stores, no decoded code may lie there: others want to hear of its change. */
  wordsAt(address: number, bytes: number, isWrite: boolean): number {
    const maps = (this.maps ??= this.memory().fastMaps());
    const inPage = address & (PAGE_BYTES - 1);
    const page = (isWrite ? maps.writeMap : maps.readMap)[address >>> PAGE_BITS];
    if (page === 0 || (address & 3) !== 0 || inPage + bytes > PAGE_BYTES) return -1;
    const offset = page + inPage;
    return isWrite && holdsCode(maps.codeLines, offset, bytes) ? -1 : offset >> 2;
  }
}

function holdsCode(codeLines: Uint8Array, offset: number, bytes: number): boolean {
  const last = (offset + bytes - 1) >> CODE_LINE_BITS;
  for (let line = offset >> CODE_LINE_BITS; line <= last; line++) if (codeLines[line] !== 0) return true;
  return false;
}
