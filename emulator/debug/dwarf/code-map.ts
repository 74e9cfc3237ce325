/** What an image says about its code: which addresses are code, which function they belong to, and the constant bytes there. */
import { SHF, SHT, type FirmwareImage, type FirmwareSymbol } from '../../loader/index.js';

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly isCode: boolean;
}

export class CodeMap {
  private readonly pieces: readonly Piece[];
  private readonly functions: readonly FirmwareSymbol[];
  private functionEnds: ReadonlySet<number> | undefined;

  constructor(private readonly image: FirmwareImage) {
    this.pieces = piecesOf(image);
    this.functions = image.symbols.filter((s) => s.kind === 'function');
  }

  /** Addresses that instructions may be fetched from, as far as the image knows. */
  isCode(address: number): boolean {
    return this.pieceAt(address)?.isCode === true;
  }

  /** The function whose code contains `address`; one without a size reaches to the next. */
  functionAt(address: number): FirmwareSymbol | undefined {
    let low = 0;
    let high = this.functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.functions[middle].address <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.functions[low - 1];
    if (found === undefined || !this.isCode(address)) return undefined;
    // Aliases share an address; the one with a size knows where it ends.
    for (let i = low - 1; i >= 0 && this.functions[i].address === found.address; i--) {
      const candidate = this.functions[i];
      if (candidate.size > 0 && address < candidate.address + candidate.size) return candidate;
    }
    return found.size === 0 ? found : undefined;
  }

  /** A word of the image's own bytes at a link address, little-endian. */
  word(address: number): number | undefined {
    const piece = this.pieceAt(address);
    if (piece === undefined || address + 4 > piece.end) return undefined;
    const i = address - piece.start;
    return (piece.bytes[i] | (piece.bytes[i + 1] << 8) | (piece.bytes[i + 2] << 16) | (piece.bytes[i + 3] << 24)) >>> 0;
  }

  halfword(address: number): number | undefined {
    const piece = this.pieceAt(address);
    if (piece === undefined || address + 2 > piece.end) return undefined;
    return piece.bytes[address - piece.start] | (piece.bytes[address - piece.start + 1] << 8);
  }

  /**
   * Whether debug information for [start, end) is about code that is in the image. Linkers leave entries for functions they
   * removed, with the start set to 0 (GNU) or to the highest addresses (LLVM). At 0 a microcontroller usually has its vector
   * table; where it has code, information that ends with a function is taken for real.
   */
  isLive(start: number, end: number): boolean {
    if (start >= 0xffff_fffe || end <= start) return false;
    if (start > 1) return true;
    const isCodeAtZero = this.image.architecture !== 'arm' || this.image.codeRanges.some((range) => range.start === 0 && range.kind !== 'data');
    this.functionEnds ??= new Set(this.functions.map((f) => f.address + f.size));
    return isCodeAtZero && this.functionEnds.has(end);
  }

  private pieceAt(address: number): Piece | undefined {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const piece = this.pieces[low - 1];
    return piece !== undefined && address < piece.end ? piece : undefined;
  }
}

/** Sections at their link addresses; segments when there are none, where everything may be code. */
function piecesOf(image: FirmwareImage): Piece[] {
  const sections = image.sections.filter((s) => (s.flags & SHF.ALLOC) !== 0 && s.type !== SHT.NOBITS && s.size > 0);
  const pieces = sections.length > 0
    ? sections.map((s) => ({ start: s.address, end: s.address + s.size, bytes: s.bytes(), isCode: (s.flags & SHF.EXECINSTR) !== 0 }))
    : image.segments.map((s) => ({ start: s.address, end: s.address + s.bytes.length, bytes: s.bytes, isCode: true }));
  return pieces.sort((a, b) => a.start - b.start);
}
