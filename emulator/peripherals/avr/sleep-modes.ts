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
  /** Kinds of blocks whose interrupts end it; undefined: all. Of TWI it is the address match, which alone it can see then. */
  readonly wakesBy?: readonly string[];
}

const WAKES_ALWAYS = ['avr/external-interrupts', 'avr/twi', 'avr/watchdog'];
const WAKES_WITH_TIMER_2 = [...WAKES_ALWAYS, 'avr/timer8-async'];
const WAKES_WITH_ADC = [...WAKES_WITH_TIMER_2, 'avr/adc', 'avr/eeprom', 'avr/spm'];

const IDLE: SleepMode = { name: 'idle', stops: ['cpu', 'flash'], wake: 'at once' };
const ADC_NOISE_REDUCTION: SleepMode = { name: 'ADC noise reduction', stops: ['cpu', 'flash', 'io'], wake: 'at once', wakesBy: WAKES_WITH_ADC };
const POWER_DOWN: SleepMode = { name: 'power-down', stops: ['cpu', 'flash', 'io', 'adc', 'asy'], wake: 'start-up', wakesBy: WAKES_ALWAYS };
const POWER_SAVE: SleepMode = { name: 'power-save', stops: ['cpu', 'flash', 'io', 'adc'], wake: 'start-up', wakesBy: WAKES_WITH_TIMER_2 };
const STANDBY: SleepMode = { name: 'standby', stops: POWER_DOWN.stops, wake: 'standby', wakesBy: WAKES_ALWAYS };
const EXTENDED_STANDBY: SleepMode = { name: 'extended standby', stops: POWER_SAVE.stops, wake: 'standby', wakesBy: WAKES_WITH_TIMER_2 };

/** By SMCR.SM; 100 and 101 are reserved. */
export const SLEEP_MODES: readonly (SleepMode | undefined)[] = [IDLE, ADC_NOISE_REDUCTION, POWER_DOWN, POWER_SAVE, undefined, undefined, STANDBY, EXTENDED_STANDBY];
