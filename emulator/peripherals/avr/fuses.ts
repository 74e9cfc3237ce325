/**
 * Fuse bytes, lock bits and signature: memories of the chip, as ELF files address them. A programmed bit is 0.
 * Sources: ATmega328P data sheet DS40002061B, chapters 26 (boot loader), 27.1 and 27.2 (lock bits, fuses), 9 (clock sources);
 * ATmega2560 data sheet DS40002211A, chapters 29, 30.1, 30.2 and 10. The two agree on the bits used here.
 */
import type { ChipMemory, ChipMemories } from '../block.js';
import { bit, bits, registerMap } from '../registers/index.js';
import { AVR_MEMORY } from './memories.js';

/** The bytes with their bits; high fuse bits 7 and 6 differ: RSTDISBL and DWEN (ATmega328P), OCDEN and JTAGEN (ATmega2560). */
export const FUSES = registerMap({
  LOW:      { at: 0, width: 8, reset: 0xff, fields: { CKSEL: bits(0, 3), SUT: bits(4, 5), CKOUT: bit(6, { unmodelled: true }), CKDIV8: bit(7) } },
  HIGH:     { at: 1, width: 8, reset: 0xff, fields: { BOOTRST: bit(0), BOOTSZ: bits(1, 2), EESAVE: bit(3), WDTON: bit(4), SPIEN: bit(5), DEBUG: bits(6, 7, { unmodelled: true }) } },
  EXTENDED: { at: 2, width: 8, reset: 0x07, fields: { BODLEVEL: bits(0, 2, { unmodelled: true }) } },
});

/** Lock bits: what SPM may write in each section; LB and the limits on LPM have no effect here. */
const BLB0 = 2;
const BLB1 = 4;

export class Fuses {
  constructor(private readonly memories: ChipMemories) {}

  get low(): number { return this.memory('fuses', AVR_MEMORY.fuses, 3).data[0]; }
  get high(): number { return this.memory('fuses', AVR_MEMORY.fuses, 3).data[1]; }
  get extended(): number { return this.memory('fuses', AVR_MEMORY.fuses, 3).data[2]; }
  get lock(): number { return this.memory('lock bits', AVR_MEMORY.lock, 1).data[0]; }
  set lock(value: number) { this.memory('lock bits', AVR_MEMORY.lock, 1).data[0] = value; }
  signature(index: number): number { return this.memory('signature', AVR_MEMORY.signature, 3).data[index]; }

  /** @throws Error when the chip file has no such memory */
  private memory(name: string, at: number, bytes: number): ChipMemory {
    const found = this.memories.find(at, bytes);
    if (found === undefined) throw new Error(`an AVR chip needs a memory of ${bytes} bytes for its ${name} at 0x${at.toString(16)}`);
    return found;
  }

  get cksel(): number { return this.low & 15; }
  get sut(): number { return (this.low >> 4) & 3; }
  get dividesBy8(): boolean { return (this.low & 0x80) === 0; }
  get startsInBootSection(): boolean { return (this.high & 1) === 0; }
  /** How many times the smallest boot section this one is: 1, 2, 4 or 8. */
  get bootSectionFactor(): number { return 8 >> ((this.high >> 1) & 3); }
  get watchdogAlwaysOn(): boolean { return (this.high & 0x10) === 0; }

  /** BLBx1: SPM must not write. */
  forbidsWriting(section: 'application' | 'boot'): boolean {
    return ((this.lock >> (section === 'boot' ? BLB1 : BLB0)) & 1) === 0;
  }
}
