/** The shape of the JSON that `--json` writes. */
import type { Engine } from './engines.js';
import { geometricMeans, type ByRival, type Figures } from './figures.js';
import type { TargetName } from './programs.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  readonly qemu: string;
  readonly crossCompiler: string;
  readonly hostCompiler: string;
  /** mean number of runnable processes over the last minute */
  readonly loadAtStart: number;
  readonly loadAtEnd?: number;
}

export interface ColdStart {
  /** from the start of the process to the first byte of hello's serial port */
  readonly thumbelinaToFirstByteMs: number;
  /** `node -e 0`, from start to end */
  readonly nodeMs: number;
}

export interface ProgramResult extends Figures {
  readonly program: string;
  readonly core: TargetName;
  readonly iterations: number;
  readonly image: { readonly bytes: number; readonly functions: number };
  /** the same from every runner */
  readonly output: string;
  readonly instructions: number;
  readonly cycles: number;
  /** taken on our machine, by name */
  readonly exceptions: Readonly<Record<string, number>>;
  readonly translation?: unknown;
}

export interface Result {
  readonly machine: Machine;
  readonly engine: Engine | 'default';
  readonly quick: boolean;
  readonly rounds: number;
  readonly programs: readonly ProgramResult[];
  /** of our speed over the other's, by wall time */
  readonly geomean: Partial<ByRival>;
  readonly geomeanByCpu: Partial<ByRival>;
  readonly coldStart: ColdStart;
}

type Measured = Omit<Result, 'engine' | 'geomean' | 'geomeanByCpu'> & { readonly engine: Engine | undefined };

export function resultOf({ machine, engine, quick, rounds, programs, coldStart }: Measured): Result {
  return {
    machine, engine: engine ?? 'default', quick, rounds,
    geomean: geometricMeans(programs.map(({ ratio }) => ratio)),
    geomeanByCpu: geometricMeans(programs.map(({ ratioByCpu }) => ratioByCpu)),
    coldStart, programs,
  };
}
