/**
 * What a person sees and hears of a part, and what a person can do to it: plain values, for the page, the command and tests.
 * Shares go from 0 to 1; brightness is the share of the last 20 ms.
 */

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

export type Shown =
  | { readonly kind: 'light'; readonly brightness: number }
  | { readonly kind: 'colour'; readonly brightness: Colour }
  /** Separate lamps in a row or a grid: [line][lamp]. */
  | { readonly kind: 'lights'; readonly brightness: readonly (readonly number[])[] }
  | { readonly kind: 'colours'; readonly colours: readonly Colour[] }
  /** Pixels row by row from the top, 0 or 1, and the brightness of those that are lit. */
  | { readonly kind: 'pixels'; readonly width: number; readonly height: number; readonly brightness: number; readonly pixels: Uint8Array }
  | { readonly kind: 'angle'; readonly degrees: number }
  /** `hz` is undefined in silence. */
  | { readonly kind: 'tone'; readonly hz: number | undefined }
  | { readonly kind: 'levels'; readonly levels: readonly boolean[] }
  | { readonly kind: 'switch'; readonly isOn: boolean }
  | { readonly kind: 'position'; readonly share: number }
  | { readonly kind: 'storage'; readonly bytes: number; readonly changedBlocks: number };

/** Something to press, to slide or to turn. Setting it takes effect at the present moment of virtual time. */
export type Control =
  | { readonly kind: 'switch'; get(): boolean; set(value: boolean): void }
  /** From 0 to 1. @throws RangeError for another number */
  | { readonly kind: 'share'; get(): number; set(value: number): void };
