/** What GNU objdump calls opcodes of Thumb. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Opcode {
  /** 16 bits, or 32 with the first halfword on top. */
  readonly value: number;
  readonly bits: 16 | 32;
}

export interface Line {
  /** Of the first byte, counted from the start of the code. */
  readonly address: number;
  readonly text: string;
}

/** objdump's `-m`: what each architecture calls an instruction. */
export type Architecture = 'armv6s-m' | 'armv7-m' | 'armv7e-m' | 'armv8-m.main' | 'arm';

/** The listing of opcodes that lie one after the other from address 0. */
export function objdump(opcodes: readonly Opcode[], architecture: Architecture): Line[] {
  const folder = mkdtempSync(join(tmpdir(), 'thumbelina-objdump-'));
  try {
    const halfwords = opcodes.flatMap(({ value, bits }) => (bits === 16 ? [value] : [value >>> 16, value & 0xffff]));
    writeFileSync(join(folder, 'code.bin'), new Uint8Array(Uint16Array.from(halfwords).buffer));
    const options = ['-D', '-z', '-b', 'binary', '-m', architecture, '-M', 'force-thumb,reg-names-std', 'code.bin'];
    const listing = execFileSync('arm-none-eabi-objdump', options, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
    return [...listing.matchAll(/^\s*([0-9a-f]+):\t[0-9a-f]{4}(?: [0-9a-f]{4})?\s*\t(.*)$/gm)].map(([, address, text]) => ({ address: parseInt(address, 16), text: text }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
