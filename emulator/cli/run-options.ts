/** What `thumbelina run` was asked for, after parsing. */
import type { SerialChoice } from './serial-option.js';
import type { StimulusChoice } from './stimulus-options.js';
import type { WatchedText } from './text-watch.js';
import type { Duration } from './values.js';

export interface RunOptions {
  readonly board: string | undefined;
  readonly address: number | undefined;
  /** More parts on the board's pins, as they were written. */
  readonly parts: readonly string[];
  /** Serial port shown on standard output (default: the board's first), and ports with other peers. */
  readonly serial: readonly SerialChoice[];
  /** Virtual seconds per second of wall time at most; undefined: as fast as it goes. */
  readonly speed: number | undefined;
  readonly stdin: 'both' | 'serial' | 'semihosting' | 'none';
  readonly watched: readonly WatchedText[];
  readonly timeout: Duration | undefined;
  readonly report: string | undefined;
  /** Empty for standard error. */
  readonly trace: string | undefined;
  readonly history: number | undefined;
  /** Folded stacks where the name ends in .folded or .txt, else JSON. */
  readonly profile: string | undefined;
  /** Processor cycles between samples. */
  readonly profileSpacing: number | undefined;
  readonly stopOnFault: boolean;
  /** Empty for semihosting without files. */
  readonly semihosting: string | undefined;
  readonly commandLine: string | undefined;
  /** Seconds since 1970 at virtual time 0. */
  readonly epoch: number;
  readonly engine: 'interpreter' | 'translator';
  readonly seed: number;
  /** Parts are individuals, with noise and offsets of their own. */
  readonly imperfections: boolean;
  readonly snapshotAt: Duration | undefined;
  readonly snapshot: string | undefined;
  readonly resume: string | undefined;
  /** What the board's parts hear and feel. */
  readonly stimuli: StimulusChoice;
  /** Where what was heard and measured goes. */
  readonly recordStimuli: string | undefined;
  /** Empty for standard output. */
  readonly itm: string | undefined;
  /** Show what LEDs and LED matrices look like at the end, and put it into the report. */
  readonly leds: boolean;
  /** Tell at the end what the run drew from its supply. */
  readonly energy: boolean;
  readonly quiet: boolean;
}
