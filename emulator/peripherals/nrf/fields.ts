/**
 * Register fields that several of Nordic's blocks have: PSEL, rates, numbered bits.
 * Source: nRF52840 Product Specification v1.1, register tables of the blocks that use them; names as in nrf52840.svd.
 */
import { bit, bits, choice, type Field } from '../registers/index.js';

/** All ones after reset: disconnected. Bits without a name read back what was written. nRF51 names none: all ones disconnect there too. */
export const PSEL = { reset: 0xffff_ffff, raz: false, fields: { PIN: bits(0, 4), PORT: bit(5), CONNECT: choice(31, 31, { Connected: 0, Disconnected: 1 }) } } as const;

/** `numbered('COMPARE{n}_CLEAR', 0, 4)`: COMPARE0_CLEAR to COMPARE3_CLEAR, one bit each from bit 0 on. */
export function numbered(name: string, lo: number, count: number, { first = 0, step = 1 } = {}): Record<string, Field> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [name.replace('{n}', String(first + n)), bit(lo + n * step)]));
}

const BAUDS = { Baud1200: 0x0004_f000, Baud2400: 0x0009_d000, Baud4800: 0x0013_b000, Baud9600: 0x0027_5000, Baud19200: 0x004e_a000, Baud31250: 0x0080_0000, Baud56000: 0x00e5_0000, Baud76800: 0x013a_9000, Baud250000: 0x0400_0000, Baud1M: 0x1000_0000 } as const;
/** UART's own roundings of the rates that UARTE rounds otherwise. */
export const UART_BAUDRATE = { BAUDRATE: choice(0, 31, {
  ...BAUDS, Baud14400: 0x003b_0000, Baud28800: 0x0075_f000, Baud38400: 0x009d_5000, Baud57600: 0x00eb_f000, Baud115200: 0x01d7_e000, Baud230400: 0x03af_b000, Baud460800: 0x075f_7000, Baud921600: 0x0ebe_d000,
}) } as const;
export const UARTE_BAUDRATE = { BAUDRATE: choice(0, 31, {
  ...BAUDS, Baud14400: 0x003a_f000, Baud28800: 0x0075_c000, Baud38400: 0x009d_0000, Baud57600: 0x00eb_0000, Baud115200: 0x01d6_0000, Baud230400: 0x03b0_0000, Baud460800: 0x0740_0000, Baud921600: 0x0f00_0000,
}) } as const;

const SPI_RATES = { K125: 0x0200_0000, K250: 0x0400_0000, K500: 0x0800_0000, M1: 0x1000_0000, M2: 0x2000_0000, M4: 0x4000_0000, M8: 0x8000_0000 } as const;
export const SPI_FREQUENCY = { FREQUENCY: choice(0, 31, SPI_RATES) } as const;
export const SPIM_FREQUENCY = { FREQUENCY: choice(0, 31, { ...SPI_RATES, M16: 0x0a00_0000, M32: 0x1400_0000 }) } as const;
export const TWI_FREQUENCY = { FREQUENCY: choice(0, 31, { K100: 0x0198_0000, K250: 0x0400_0000, K400: 0x0668_0000 }) } as const;
export const TWIM_FREQUENCY = { FREQUENCY: choice(0, 31, { K100: 0x0198_0000, K250: 0x0400_0000, K400: 0x0640_0000 }) } as const;
