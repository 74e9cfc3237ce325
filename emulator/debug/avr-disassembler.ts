/** Disassembles AVR images with the same rows that execute them, in avr-objdump's notation. */
import { AVR_CONFIGS } from '../cores/avr/config.js';
import { AVR_ROWS } from '../cores/avr/rows/index.js';
import { Decoder, textOf } from '../isa/decoder.js';
import { fieldsOf } from '../isa/instruction.js';
import type { Disassembler, ReadByte } from './disassembly.js';

export const AVR_DISASSEMBLED_CORES: readonly string[] = Object.keys(AVR_CONFIGS);

/** @throws RangeError for a core that is not in `AVR_DISASSEMBLED_CORES` */
export function avrDisassembler(core: string): Disassembler {
  const config = AVR_CONFIGS[core];
  if (config === undefined) throw new RangeError(`unknown core ${core}`);
  const decoder = new Decoder(AVR_ROWS, config.features);
  return (address, read) => {
    const first = wordAt(address, read);
    if (first === undefined) return { text: `.byte 0x${hex(read(address) ?? 0, 2)}`, bytes: bytesAt(address, 1, read) };
    const second = wordAt(address + 2, read);
    const wide = second === undefined ? undefined : decoder.find(((first << 16) | second) >>> 0, 32);
    const row = decoder.find(first, 16) ?? wide;
    if (!row) return { text: `.word 0x${hex(first, 4)}`, bytes: bytesAt(address, 2, read) };
    const opcode = row.bits === 32 ? ((first << 16) | second!) >>> 0 : first;
    const text = textOf(row, fieldsOf(row, opcode), address >>> 1);
    return { text: `${text}${targetOf(text, address)}`, bytes: bytesAt(address, row.bits / 8, read) };
  };
}

/** Where a relative branch goes, as a comment. */
function targetOf(text: string, address: number): string {
  const distance = /\.([+-]\d+)$/.exec(text)?.[1];
  return distance === undefined ? '' : `  ; 0x${((address + 2 + Number(distance)) >>> 0).toString(16)}`;
}

function wordAt(address: number, read: ReadByte): number | undefined {
  const [low, high] = [read(address), read(address + 1)];
  return low === undefined || high === undefined ? undefined : low | (high << 8);
}

const bytesAt = (address: number, count: number, read: ReadByte): Uint8Array => Uint8Array.from({ length: count }, (_, i) => read(address + i) ?? 0);
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
