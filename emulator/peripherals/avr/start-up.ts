/**
 * How long the clock of an AVR takes to start, by its fuses.
 * Source: ATmega328P data sheet DS40002061B, 9.2 to 9.8 (tables of start-up times, "Start-up time from power-down and power-save",
 * "Additional delay from reset"); ATmega2560 data sheet DS40002211A, 10.3 to 10.9, the same figures. From standby: 6 clock
 * cycles (10.8, 10.10). From memory: that resets of a running chip have the additional delay alone.
 */

export interface StartUp {
  /** Cycles of the system clock after power-down and power-save. */
  readonly wakeCycles: number;
  /** After a reset, on top of 14 cycles. */
  readonly resetSeconds: number;
}

const SHORT = 4.1e-3;
const LONG = 65e-3;
/** [CKSEL0][SUT], for crystals and resonators. */
const CRYSTAL: readonly (readonly StartUp[])[] = [
  [{ wakeCycles: 258, resetSeconds: SHORT }, { wakeCycles: 258, resetSeconds: LONG }, { wakeCycles: 1024, resetSeconds: 0 }, { wakeCycles: 1024, resetSeconds: SHORT }],
  [{ wakeCycles: 1024, resetSeconds: LONG }, { wakeCycles: 16384, resetSeconds: 0 }, { wakeCycles: 16384, resetSeconds: SHORT }, { wakeCycles: 16384, resetSeconds: LONG }],
];
/** By SUT, for clocks that need no crystal; 11 is reserved. */
const DELAYS = [0, SHORT, LONG, LONG];

export const RESET_CYCLES = 14;
export const STANDBY_CYCLES = 6;

export type ClockSource = 'external' | 'rc' | 'rc128k' | 'lowFrequency' | 'crystal';

export function clockSourceOf(cksel: number): ClockSource {
  if (cksel >= 6) return 'crystal';
  if (cksel >= 4) return 'lowFrequency';
  return cksel === 3 ? 'rc128k' : cksel === 2 ? 'rc' : 'external';
}

export function startUpOf(cksel: number, sut: number): StartUp {
  if (cksel >= 6) return CRYSTAL[cksel & 1][sut];
  if (cksel >= 4) return { wakeCycles: cksel === 5 ? 32768 : 1024, resetSeconds: DELAYS[sut] };
  return { wakeCycles: 6, resetSeconds: DELAYS[sut] };
}
