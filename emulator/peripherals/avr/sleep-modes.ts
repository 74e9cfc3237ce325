/**
 * What each sleep mode stops, and how it ends.
 * Source: ATmega328P data sheet DS40002061B, table 10-1 (active clock domains and wake-up sources); ATmega2560 data sheet
 * DS40002211A, table 11-1. In every mode clkCPU and clkFLASH stand.
 */
import type { AvrClock } from './system.js';

export interface SleepMode {
  readonly name: string;
  readonly stops: readonly AvrClock[];
  /** Whether its oscillator goes on, and so is there at once. */
  readonly wake: 'at once' | 'standby' | 'start-up';
}

const IDLE: SleepMode = { name: 'idle', stops: ['cpu', 'flash'], wake: 'at once' };
const ADC_NOISE_REDUCTION: SleepMode = { name: 'ADC noise reduction', stops: ['cpu', 'flash', 'io'], wake: 'at once' };
const POWER_DOWN: SleepMode = { name: 'power-down', stops: ['cpu', 'flash', 'io', 'adc', 'asy'], wake: 'start-up' };
const POWER_SAVE: SleepMode = { name: 'power-save', stops: ['cpu', 'flash', 'io', 'adc'], wake: 'start-up' };
const STANDBY: SleepMode = { name: 'standby', stops: POWER_DOWN.stops, wake: 'standby' };
const EXTENDED_STANDBY: SleepMode = { name: 'extended standby', stops: POWER_SAVE.stops, wake: 'standby' };

/** By SMCR.SM; 100 and 101 are reserved. */
export const SLEEP_MODES: readonly (SleepMode | undefined)[] = [IDLE, ADC_NOISE_REDUCTION, POWER_DOWN, POWER_SAVE, undefined, undefined, STANDBY, EXTENDED_STANDBY];
