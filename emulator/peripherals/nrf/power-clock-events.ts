import { bit } from '../registers/index.js';

/** INTENSET of CLOCK and POWER, which have one register: each block acts on its own events. */
export const POWER_CLOCK_EVENTS = {
  HFCLKSTARTED: bit(0), LFCLKSTARTED: bit(1), POFWARN: bit(2), DONE: bit(3), CTTO: bit(4), SLEEPENTER: bit(5), SLEEPEXIT: bit(6),
  USBDETECTED: bit(7), USBREMOVED: bit(8), USBPWRRDY: bit(9), CTSTARTED: bit(10), CTSTOPPED: bit(11),
} as const;
