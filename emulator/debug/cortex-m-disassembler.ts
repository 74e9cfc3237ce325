/** Disassembles Cortex-M images with the same rows that execute them. */
import { advanceIT, conditionSuffix } from '../cores/cortex-m/rows/branch.js';
import { CORTEX_M_ROWS } from '../cores/cortex-m/rows/index.js';
import { CORES, type CoreName } from '../cores/cortex-m/system/index.js';
import { Decoder, disassembleRow } from '../isa/decoder.js';
import type { Disassembler, ReadByte } from './disassembly.js';

export const DISASSEMBLED_CORES: readonly string[] = Object.keys(CORES);

/**
 * A disassembler that follows IT blocks as long as it is called for one address after the other.
 * @throws RangeError for a core that is not in `DISASSEMBLED_CORES`
 */
export function cortexMDisassembler(core: string): Disassembler {
  const config = CORES[core as CoreName];
  if (config === undefined) throw new RangeError(`unknown core ${core}`);
  const decoder = new Decoder(CORTEX_M_ROWS, config.features);
  const block = new ITBlock();
  return (address, read) => {
    const bytes = encodingAt(address, read);
    if (bytes.length === 1) return { text: `.byte 0x${hex(bytes[0], 2)}`, bytes };
    const first = bytes[0] | (bytes[1] << 8);
    const isWide = bytes.length === 4;
    const opcode = isWide ? ((first << 16) | bytes[2] | (bytes[3] << 8)) >>> 0 : first;
    const row = decoder.find(opcode, isWide ? 32 : 16);
    const condition = conditionSuffix(block.stateAt(address, bytes.length));
    if (!isWide) block.noteIT(first);
    const text = row === undefined ? `.inst.${isWide ? 'w' : 'n'} 0x${hex(opcode, isWide ? 8 : 4)}` : disassembleRow(row, opcode, address, condition);
    return { text, bytes };
  };
}

/** One instruction's bytes; fewer where the image ends within it. */
function encodingAt(address: number, read: ReadByte): Uint8Array {
  const at = (i: number): number[] => {
    const byte = read(address + i);
    return byte === undefined ? [] : [byte];
  };
  const first = [...at(0), ...at(1)];
  // Armv7-M ARM, A5.1: a first halfword with bits [15:11] of 0b11101 and above begins a 32-bit instruction.
  const isWide = first.length === 2 && first[1] >>> 3 >= 0b11101;
  const rest = isWide ? [...at(2), ...at(3)] : [];
  return Uint8Array.from(rest.length === 2 ? [...first, ...rest] : first);
}

/** ITSTATE along a listing. Source: Armv7-M ARM, A7.3.3. */
class ITBlock {
  private itstate = 0;
  private next = -1;

  /** ITSTATE of the instruction at this address; 0 when the listing did not come here from the one before. */
  stateAt(address: number, bytes: number): number {
    const itstate = address === this.next ? this.itstate : 0;
    this.itstate = advanceIT(itstate);
    this.next = address + bytes;
    return itstate;
  }

  noteIT(opcode: number): void {
    if ((opcode & 0xff00) === 0xbf00 && (opcode & 0xf) !== 0) this.itstate = opcode & 0xff;
  }
}

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, '0');
