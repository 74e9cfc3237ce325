/** Translation that begins early, so that tests of little virtual time see translated code. They say how much of it they want to see. */
import type { EmulatedMachine } from '../../emulator/machine.js';

/** Passes of a place before it is translated: `MachineOptions.hot`. */
export const EARLY = 2;

/** Instructions that translated code has executed since the machine was made. */
export const translatedBy = (machine: EmulatedMachine): number => (machine.avr ?? machine.cortex).interpreter.translatedInstructions;
