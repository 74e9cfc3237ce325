/**
 * Where blocks and core meet: what SLEEP, WDR, SPM and LPM ask of blocks, and what blocks ask of the core beyond interrupts.
 * The machine connects it to the core.
 */
import type { SharedKind } from '../block.js';

export interface AvrFlashLayout {
  readonly bytes: number;
  readonly pageBytes: number;
  readonly smallestBootBytes: number;
  /** At the end: the core stands still while it is erased or written. */
  readonly nrwwBytes: number;
}

/** What the core does for blocks. */
export interface AvrCoreControl {
  readonly flash: AvrFlashLayout;
  /** Of the instruction under way, in bytes of program memory. */
  readonly instructionAddress: number;
  /** The instruction under way takes so many cycles more. */
  addCycles(cycles: number): void;
  /** Where interrupt vectors begin, in bytes of program memory. */
  setVectors(address: number): void;
  /** Interrupts of blocks of these kinds alone end sleep; undefined: all do. */
  wakeBy(kinds: readonly string[] | undefined): void;
  /** From now on `AvrCpu.load` answers LPM, or no more. */
  hookProgramReads(isHooked: boolean): void;
}

export class AvrCpu {
  /** Set by the machine before anything runs. */
  core!: AvrCoreControl;
  /** SLEEP. @returns whether the core is to sleep */
  onSleep: () => boolean = () => false;
  /** WDR. */
  onWatchdogReset: () => void = () => {};
  /** SPM at a program address in bytes, with R1:R0. */
  onSpm: (address: number, word: number) => void = () => {};
  /** LPM or ELPM while program reads are hooked. */
  load: (address: number) => number = () => 0;
  /** MCUSR.WDRF. */
  hasWatchdogReset: () => boolean = () => false;
  /** Flash and EEPROM are written one at a time. */
  isWritingFlash: () => boolean = () => false;
  isWritingEeprom: () => boolean = () => false;
}

export const AVR_CPU: SharedKind<AvrCpu> = { make: () => new AvrCpu() };
