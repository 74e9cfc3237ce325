/**
 * Groups of instructions, as the manual's tables tell which core has what.
 * `avre`: all cores here. `elpm`: more than 64 KB of program memory. `pc16`, `pc22`: width of the PC. `xmega`: AVRxm only, in no core here.
 */
export type AvrFeature = 'avre' | 'elpm' | 'pc16' | 'pc22' | 'xmega';
