/** Three axes as an element of a part feels them, with its errors where the run asks for them. */
import type { RootTicks } from '../time/types.js';
import { Imperfection, type ErrorFigures } from './imperfections.js';
import type { Quantity } from './inputs.js';
import type { PartContext } from './part.js';

export const AXES = ['x', 'y', 'z'] as const;
export const STANDARD_GRAVITY = 9.80665;
/** m/s2 per mg, degrees/s per mdps, uT per mgauss: what the datasheets count in. */
export const MILLI_G = STANDARD_GRAVITY / 1000;
export const MILLI_DPS = 0.001;
export const MILLI_GAUSS = 0.1;

export type Vector = 'acceleration' | 'rotation' | 'magneticField';
/** Each vector's own channels, so that no two draw the same noise. */
const FIRST_CHANNEL: Readonly<Record<Vector, number>> = { acceleration: 0, rotation: 3, magneticField: 6 };

export class VectorSensor {
  private readonly quantities: readonly Quantity[];
  private readonly errors: readonly Imperfection[];

  /**
   * @param unit of the world's quantity in one of what `measure` gives: MILLI_G
   * @param figures in what `measure` gives; one for all axes or one for each
   */
  constructor(private readonly context: PartContext, vector: Vector, private readonly unit: number, figures: ErrorFigures | readonly ErrorFigures[]) {
    this.quantities = AXES.map((axis) => `${vector}.${axis}` as const);
    this.errors = AXES.map((_, axis) => new Imperfection(context, FIRST_CHANNEL[vector] + axis, Array.isArray(figures) ? (figures as readonly ErrorFigures[])[axis] : (figures as ErrorFigures)));
  }

  /** @param bandwidth hertz of what follows the element @param into where the three go: nothing is allocated for a sample */
  measure(at: RootTicks, bandwidth: number, into: Float64Array): void {
    const { world, imperfections } = this.context;
    const celsius = imperfections ? world.value('temperature', at) : 25;
    for (let axis = 0; axis < 3; axis++) into[axis] = this.errors[axis].of(world.value(this.quantities[axis], at) / this.unit, at, bandwidth, celsius);
  }
}

/** A number rounded and held within two's complement of that many bits. */
export function clamped(value: number, bits: number): number {
  const most = 2 ** (bits - 1);
  return Math.max(-most, Math.min(most - 1, Math.round(value)));
}

/**
 * STMicroelectronics' magnetometers: which enabled axes are beyond a threshold, positive in bits 7 to 5 and negative in 4 to 2, x
 * first; bit 0 when any is.
 * @param enabled bits 7 to 5
 */
export function magneticSource(values: ArrayLike<number>, enabled: number, threshold: number): number {
  let source = 0;
  for (let axis = 0; axis < 3; axis++) {
    if ((enabled & (0x80 >> axis)) === 0) continue;
    if (values[axis] > threshold) source |= 0x80 >> axis;
    if (values[axis] < -threshold) source |= 0x10 >> axis;
  }
  return source === 0 ? 0 : source | 1;
}
