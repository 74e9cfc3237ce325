/**
 * EasyDMA: a peripheral's own way to RAM. Source: nRF52840 Product Specification v1.1, EasyDMA: it reaches data RAM alone, and
 * a pointer elsewhere may fault or damage RAM. Here such a transfer moves nothing, reads zeros, and is named once.
 */
import type { BlockContext, ChipMemory } from '../block.js';

/** Data RAM: 0x20000000 up. The same RAM seen from the code region (0x00800000) is not reachable. */
const DATA_RAM = 0x2000_0000;

export class EasyDma {
  constructor(private readonly context: BlockContext) {}

  /** Copies from guest RAM into `into`; zeros where there is no RAM. @returns whether all of it was RAM */
  read(address: number, into: Uint8Array): boolean {
    const memory = this.ram(address, into.length);
    if (!memory) {
      into.fill(0);
      return false;
    }
    const from = address - memory.base;
    into.set(memory.data.subarray(from, from + into.length));
    return true;
  }

  /** @returns 0 where there is no RAM */
  readByte(address: number): number {
    const memory = this.ram(address, 1);
    return memory ? memory.data[address - memory.base] : 0;
  }

  /** Copies into guest RAM; nothing is written unless all of it is RAM. @returns whether it was */
  write(address: number, from: Uint8Array): boolean {
    const memory = this.ram(address, from.length);
    if (!memory) return false;
    memory.data.set(from, address - memory.base);
    memory.changed(address - memory.base, from.length);
    return true;
  }

  writeByte(address: number, value: number): boolean {
    const memory = this.ram(address, 1);
    if (!memory) return false;
    memory.data[address - memory.base] = value;
    memory.changed(address - memory.base, 1);
    return true;
  }

  private ram(address: number, bytes: number): ChipMemory | undefined {
    const memory = address >= DATA_RAM ? this.context.memories.find(address, bytes) : undefined;
    if (memory?.kind === 'ram') return memory;
    const { name, warnings } = this.context;
    if (bytes > 0) warnings.warn(`${name}.EasyDMA`, `${name}: EasyDMA reaches Data RAM only, and ${bytes} bytes at 0x${(address >>> 0).toString(16).padStart(8, '0')} are not there; nothing is moved (on silicon a HardFault or corrupted RAM)`);
    return undefined;
  }
}
