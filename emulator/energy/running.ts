/**
 * Charge and energy of a core that runs. A chip file says what it draws; what waits, sleeps or transmits is not accounted here.
 */
import type { Board } from '../boards/index.js';

export interface RunningEnergy {
  readonly microamps: number;
  readonly millivolts: number;
  readonly source: string;
  /** How the figure was come by. */
  readonly confidence: string;
}

/** @returns what the chip draws while its core runs at this frequency; undefined where nobody has said */
export function runningEnergy({ chip: { energy } }: Board, hz: number): RunningEnergy | undefined {
  const running = energy?.states['running'];
  if (energy === undefined || running === undefined) return undefined;
  const { microamps, microampsPerMegahertz, source, confidence } = running;
  return { microamps: microamps + microampsPerMegahertz * hz / 1e6, millivolts: energy.millivolts, source, confidence };
}

/** Microjoules of so many seconds: microamps x millivolts are nanowatts. */
export function microjoules({ microamps, millivolts }: RunningEnergy, seconds: number): number {
  return microamps * millivolts * seconds / 1000;
}
