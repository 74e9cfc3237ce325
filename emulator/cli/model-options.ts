/** What `thumbelina model` was asked for, after parsing. */
import type { Duration } from './values.js';

export interface ModelOptions {
  readonly board: string | undefined;
  /** `[name=]file`, as they were written. */
  readonly inputs: readonly string[];
  /** Numbers of texts are stored integers. */
  readonly areStored: boolean;
  readonly labels: string | undefined;
  readonly output: string | undefined;
  /** Undefined: once for each input that the files hold. */
  readonly runs: number | undefined;
  readonly json: boolean;
  /** Virtual time for one run. */
  readonly timeout: Duration | undefined;
  readonly seed: number;
  readonly engine: 'interpreter' | 'translator';
}
