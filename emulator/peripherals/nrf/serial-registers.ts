/**
 * What Nordic's two-wire and SPI interfaces have in common: fields of their registers, rates, latencies, EasyDMA channels.
 * Sources: nRF52840 Product Specification v1.1, TWIM, SPIM, "EasyDMA" (array lists), electrical specifications;
 * nRF51 Reference Manual v3.0, TWI and SPI. Rates are confirmed by the SVD files; latencies from START to the first bit are estimates.
 */
import type { Snapshot, Warnings } from '../../bus/types.js';
import { gcd, times } from '../../time/exact.js';
import { bitTime, type BitTime } from '../../wires/bit-time.js';
import { numberFrom } from '../block.js';
import { bit, bits, choice } from '../registers/index.js';
import type { EasyDma } from './easy-dma.js';

export const SPI_CONFIG = { fields: {
  ORDER: choice(0, 0, { MsbFirst: 0, LsbFirst: 1 }),
  CPHA:  choice(1, 1, { Leading: 0, Trailing: 1 }),
  CPOL:  choice(2, 2, { ActiveHigh: 0, ActiveLow: 1 }),
} } as const;
/** In nRF51's device files; on nRF52 undocumented but there: errata work-arounds write it. 0 resets the block. */
export const POWER = { at: 0xffc, reset: 1, fields: { POWER: bit(0) } } as const;
export const MAXCNT = { fields: { MAXCNT: bits(0, 15) } } as const;
export const AMOUNT = { kind: 'ro', fields: { AMOUNT: bits(0, 15) } } as const;

/** Values of ENABLE. */
export const ENABLED = { SPI: 1, SPIS: 2, TWI: 5, TWIM: 6, SPIM: 7, TWIS: 9 } as const;

const PCLK_HZ = 16_000_000;
/** 16 MHz / 2^12: below, a value is a mistake rather than a rate. */
const LOWEST_FREQUENCY = 0x0010_0000;
const DEFAULT_FREQUENCY = 0x0400_0000;

/** FREQUENCY is added to a 32-bit accumulator 16 million times a second: a bit for each overflow. */
export function bitTimeOfFrequency(frequency: number, rootHz: number, warnings: Warnings, instance: string): BitTime {
  let value = frequency;
  if (value < LOWEST_FREQUENCY) {
    warnings.warn(`${instance}.FREQUENCY`, `${instance}: FREQUENCY 0x${frequency.toString(16).padStart(8, '0')} is no rate of the specification; 250 kbit/s are used`);
    value = DEFAULT_FREQUENCY;
  }
  const common = gcd(rootHz, PCLK_HZ);
  return bitTime(times(rootHz / common, 2 ** 32), times(value, PCLK_HZ / common));
}

/** Root ticks of so many nanoseconds, at least one. */
export function nanoseconds(count: number, rootHz: number): number {
  return Math.max(1, Math.ceil((count * rootHz) / 1e9));
}

/** One direction of EasyDMA: pointer and count as they were when the transfer started. */
export class DmaChannel {
  private base = 0;
  private limit = 0;
  private moved = 0;

  constructor(
    private readonly registers: { readonly PTR: Uint32Array; readonly MAXCNT: Uint32Array; readonly AMOUNT: Uint32Array; readonly LIST: Uint32Array },
    private readonly memory: EasyDma,
  ) {}

  /** Pointer and count may be written for the next transfer from here on; in an array list the pointer goes on by itself. */
  latch(): void {
    const { PTR, MAXCNT: count, LIST } = this.registers;
    this.base = PTR[0];
    this.limit = count[0];
    this.moved = 0;
    if (LIST[0] === 1) PTR[0] += this.limit;
  }

  get left(): number { return this.limit - this.moved; }
  get length(): number { return this.limit; }

  /** The next byte out of RAM. */
  take(): number {
    return this.memory.readByte((this.base + this.moved++) >>> 0);
  }

  /** A byte into RAM. */
  put(byte: number): void {
    this.memory.writeByte((this.base + this.moved++) >>> 0, byte);
  }

  /** AMOUNT tells of this transfer. */
  report(): void {
    this.registers.AMOUNT[0] = this.moved;
  }

  /** Nothing is left to move. */
  clear(): void {
    this.limit = 0;
    this.moved = 0;
  }

  snapshot(): Snapshot {
    return { base: this.base, limit: this.limit, moved: this.moved };
  }

  restore(from: Snapshot, part: string): void {
    this.base = numberFrom(from, 'base', part);
    this.limit = numberFrom(from, 'limit', part);
    this.moved = numberFrom(from, 'moved', part);
  }
}
