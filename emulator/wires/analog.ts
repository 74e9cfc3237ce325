/** Voltages as functions of virtual time. */
import type { RootTicks } from '../time/types.js';

/** Must give the same voltage for the same time, and be asked for any time from now on in any order. */
export interface AnalogSource {
  /** Volts above the board's ground. */
  volts(now: RootTicks): number;
}

/** A voltage that changes only when told. */
export class SteadyVoltage implements AnalogSource {
  #volts: number;

  constructor(volts: number) {
    this.#volts = volts;
  }

  set(volts: number): void {
    this.#volts = volts;
  }

  volts(): number {
    return this.#volts;
  }
}

/**
 * Code of an ideal converter: floor(volts / reference * 2^bits), held within its range.
 * @param reference volts of full scale, above 0
 */
export function quantize(volts: number, reference: number, bits: number): number {
  const codes = 2 ** bits;
  return Math.min(codes - 1, Math.max(0, Math.floor((volts / reference) * codes)));
}
