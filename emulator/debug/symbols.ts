/** Names for addresses. */
import type { FirmwareSymbol, Section } from '../loader/types.js';

type Named = Pick<FirmwareSymbol, 'name' | 'address' | 'size' | 'kind'>;
type Extent = Pick<Section, 'address' | 'size'>;

export interface NamedAddress {
  readonly name: string;
  /** Bytes from the symbol's start. */
  readonly offset: number;
}

/** Looks addresses up in an image's functions. */
export class SymbolTable {
  private readonly functions: readonly Named[];
  private readonly starts: Uint32Array;

  /**
   * @param symbols in any order
   * @param sections where the image has code and data; a function of unknown size ends with its section
   */
  constructor(symbols: readonly Named[], private readonly sections: readonly Extent[] = []) {
    const functions = symbols.filter((symbol) => symbol.kind === 'function').sort((a, b) => a.address - b.address || b.size - a.size);
    // Of several names for one address the first, largest one is kept: aliases would only alternate.
    this.functions = functions.filter((symbol, i) => i === 0 || symbol.address !== functions[i - 1].address);
    this.starts = Uint32Array.from(this.functions, (symbol) => symbol.address);
  }

  /** The function an address lies in. One of unknown size reaches to the next, within its section. */
  at(address: number): NamedAddress | undefined {
    const index = this.lastNotAfter(address >>> 0);
    const symbol = this.functions[index];
    if (symbol === undefined) return undefined;
    const offset = (address >>> 0) - symbol.address;
    return offset < (symbol.size || this.bytesToSectionEnd(symbol.address)) ? { name: symbol.name, offset } : undefined;
  }

  /** The function that starts exactly here. */
  startingAt(address: number): string | undefined {
    const named = this.at(address);
    return named?.offset === 0 ? named.name : undefined;
  }

  /** `main+0x12`, or undefined outside every function. */
  describe(address: number): string | undefined {
    const named = this.at(address);
    if (named === undefined) return undefined;
    return named.offset === 0 ? named.name : `${named.name}+0x${named.offset.toString(16)}`;
  }

  private bytesToSectionEnd(start: number): number {
    const section = this.sections.find(({ address, size }) => start >= address && start < address + size);
    return section === undefined ? Infinity : section.address + section.size - start;
  }

  private lastNotAfter(address: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** 0x0800_0000 as `0x08000000`. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
