/**
 * What the world does to a board's parts: named quantities as functions of virtual time. Every part of a board asks the
 * same world, in the axes of the board: x to the right, y away from the edge with the connector, z up.
 * A quantity that nobody has set holds its still value: the board lies on a table in a quiet room.
 */
import type { RootTicks } from '../time/types.js';

/** Unit and still value of each quantity. */
export const QUANTITIES = {
  // What an accelerometer at rest measures: the table pushing up.
  'acceleration.x':  { unit: 'm/s2', still: 0 },
  'acceleration.y':  { unit: 'm/s2', still: 0 },
  'acceleration.z':  { unit: 'm/s2', still: 9.80665 },
  'rotation.x':      { unit: 'degrees/s', still: 0 },
  'rotation.y':      { unit: 'degrees/s', still: 0 },
  'rotation.z':      { unit: 'degrees/s', still: 0 },
  // The earth's field at mid northern latitudes, y to the north (WMM2020: about 20 uT horizontal, 44 uT down).
  'magneticField.x': { unit: 'uT', still: 0 },
  'magneticField.y': { unit: 'uT', still: 20 },
  'magneticField.z': { unit: 'uT', still: -44 },
  temperature:       { unit: 'celsius', still: 25 },
  pressure:          { unit: 'pascal', still: 101_325 },
  humidity:          { unit: '% relative humidity', still: 45 },
  illuminance:       { unit: 'lux', still: 300 },
  // Shares of the light that a clear photodiode sees; white light.
  'light.red':       { unit: 'share', still: 0.35 },
  'light.green':     { unit: 'share', still: 0.35 },
  'light.blue':      { unit: 'share', still: 0.30 },
  // Reflected light of the part's own lamp: 0 nothing near, 1 as much as it can count at the settings its datasheet tests it with.
  'proximity.up':    { unit: 'share', still: 0 },
  'proximity.down':  { unit: 'share', still: 0 },
  'proximity.left':  { unit: 'share', still: 0 },
  'proximity.right': { unit: 'share', still: 0 },
  // To what stands in front of the board.
  distance:          { unit: 'm', still: 1 },
  // Sound pressure: 1 is the peak of a sine of 120 dB SPL, see sound.ts.
  sound:             { unit: 'full scale, -1 to 1', still: 0 },
} as const;

export type Quantity = keyof typeof QUANTITIES;
/** A quantity's value at a time. Must give the same value for the same time; asked in any order. */
export type Stimulus = (at: RootTicks) => number;

/** How a picture of another shape fills a camera's view: see camera/scene.ts. */
export type Fit = 'cover' | 'contain' | 'stretch';

/** What a camera sees: `pixels` are [row][column][red, green, blue], 8 bits each. One that changes is another object. */
export interface Picture { readonly width: number; readonly height: number; readonly pixels: Uint8Array; readonly fit?: Fit }
export type PictureStimulus = (at: RootTicks) => Picture;

/** An evenly lit grey card. */
const GREY_CARD: Picture = { width: 1, height: 1, pixels: Uint8Array.of(118, 118, 118) };

/** Parts see it as this; whoever stimulates them holds the class. */
export interface World {
  value(quantity: Quantity, at: RootTicks): number;
  picture(at: RootTicks): Picture;
}

/** An axis of the board, or the same counted the other way. */
export type Axis = 'x' | '-x' | 'y' | '-y' | 'z' | '-z';
/** Along which axes of the board a part's own x, y and z count up. */
export type PartAxes = readonly [Axis, Axis, Axis];
export const UNTURNED: PartAxes = ['x', 'y', 'z'];

/** The world in the axes of a part that is mounted otherwise than the board's axes go. */
export function turned(world: World, axes: PartAxes): World {
  if (axes.every((axis, index) => axis === UNTURNED[index])) return world;
  const sources = new Map<Quantity, { readonly quantity: Quantity; readonly sign: number }>();
  for (const vector of ['acceleration', 'rotation', 'magneticField'] as const) {
    UNTURNED.forEach((own, index) => {
      const axis = axes[index];
      sources.set(`${vector}.${own}` as Quantity, { quantity: `${vector}.${axis.at(-1)}` as Quantity, sign: axis.startsWith('-') ? -1 : 1 });
    });
  }
  return {
    value: (quantity, at) => {
      const source = sources.get(quantity);
      return source === undefined ? world.value(quantity, at) : source.sign * world.value(source.quantity, at);
    },
    picture: (at) => world.picture(at),
  };
}

export class Inputs implements World {
  private readonly stimuli = new Map<Quantity, Stimulus>();
  private seen: PictureStimulus | undefined;
  /** Called before a quantity changes: parts that take their samples late take those of the time until now. */
  beforeChange: (() => void) | undefined;

  value(quantity: Quantity, at: RootTicks): number {
    const stimulus = this.stimuli.get(quantity);
    if (stimulus === undefined) return QUANTITIES[quantity].still;
    const value = stimulus(at);
    return Number.isFinite(value) ? value : QUANTITIES[quantity].still;
  }

  picture(at: RootTicks): Picture {
    return this.seen?.(at) ?? GREY_CARD;
  }

  /**
   * From now on; undefined for the still value again.
   * @throws RangeError for a quantity that does not exist
   */
  set(quantity: Quantity, stimulus: Stimulus | number | undefined): void {
    if (!Object.hasOwn(QUANTITIES, quantity)) throw new RangeError(`no quantity is called "${quantity}"; use one of: ${Object.keys(QUANTITIES).join(', ')}`);
    this.beforeChange?.();
    if (stimulus === undefined) this.stimuli.delete(quantity);
    else this.stimuli.set(quantity, typeof stimulus === 'number' ? () => stimulus : stimulus);
  }

  setPicture(stimulus: PictureStimulus | undefined): void {
    this.seen = stimulus;
  }
}
