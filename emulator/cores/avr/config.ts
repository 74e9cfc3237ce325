/**
 * What differs between AVR cores and chips, as data.
 * Source: AVR Instruction Set Manual DS40002198B (which instructions); ATmega48A/PA/88A/PA/168A/PA/328/P datasheet DS40002061B and
 * ATmega640/1280/1281/2560/2561 datasheet DS40002211A (memories, registers, vectors, response times).
 */
import type { AvrFeature } from './features.js';

export interface AvrConfig {
  readonly name: string;
  readonly features: readonly AvrFeature[];
  /** A power of two. */
  readonly flashBytes: number;
  /** Data-space address of the first byte of SRAM, and of the one behind the last. */
  readonly ramStart: number;
  readonly ramEnd: number;
  /** Bytes of a return address: 2, or 3 with a 22-bit PC. */
  readonly pcBytes: 2 | 3;
  /** Words between interrupt vectors. */
  readonly vectorWords: 1 | 2;
  /** Vectors, RESET among them. */
  readonly vectors: number;
  /** Bits that RAMPZ and EIND have; 0 where there is none. */
  readonly rampzMask: number;
  readonly eindMask: number;
  /** Registers in reach of SBI and CBI whose bits act when a one is written (PINx, flags): these write the one bit alone. Data-space addresses. */
  readonly writeOneRegisters: readonly number[];
}

const PIN = { A: 0x20, B: 0x23, C: 0x26, D: 0x29, E: 0x2c, F: 0x2f, G: 0x32 };
const TIFR0 = 0x35;
const PCIFR = 0x3b;
const EIFR = 0x3c;

export const AVR_CONFIGS: Readonly<Record<string, AvrConfig>> = {
  atmega328p: {
    name: 'atmega328p', features: ['avre', 'pc16'], flashBytes: 32 << 10, ramStart: 0x100, ramEnd: 0x900, pcBytes: 2, vectorWords: 2, vectors: 26,
    rampzMask: 0, eindMask: 0, writeOneRegisters: [PIN.B, PIN.C, PIN.D, TIFR0, TIFR0 + 1, TIFR0 + 2, PCIFR, EIFR],
  },
  atmega2560: {
    name: 'atmega2560', features: ['avre', 'elpm', 'pc22'], flashBytes: 256 << 10, ramStart: 0x200, ramEnd: 0x2200, pcBytes: 3, vectorWords: 2, vectors: 57,
    rampzMask: 0x03, eindMask: 0x01, writeOneRegisters: [...Object.values(PIN), TIFR0, TIFR0 + 1, TIFR0 + 2, TIFR0 + 3, TIFR0 + 4, TIFR0 + 5, PCIFR, EIFR],
  },
};
