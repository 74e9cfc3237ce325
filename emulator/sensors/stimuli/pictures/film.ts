/** Decoded pictures: one, or several that follow each other. What a file may cost is bounded before anything is decoded. */
import type { Picture } from '../../inputs.js';
import { StimulusError } from '../stimulus-error.js';

/** Pictures of equal or different sizes; picture n is seen from `starts[n]` seconds on, the last until `duration`. A still has duration 0. */
export interface Film {
  readonly count: number;
  readonly starts: Float64Array;
  readonly duration: number;
  /** The same object for the same index as long as nobody asked for another: cameras see that nothing moved. */
  frame(index: number): Picture;
}

/** No microcontroller's camera sees so much: 4096 x 4096. */
export const MOST_PIXELS = 4096 * 4096;
/** Of all pictures of an animation together, which are kept decoded: 192 MiB. */
export const MOST_FILM_PIXELS = 4 * MOST_PIXELS;
export const MOST_FRAMES = 100_000;

/** @throws StimulusError for a picture without pixels, or with more than `MOST_PIXELS` */
export function checkSize(width: number, height: number, fileName: string): void {
  if (!(width >= 1 && height >= 1)) throw new StimulusError(`${fileName}: a picture of ${width} x ${height} pixels has nothing to see; export it again`);
  if (width * height > MOST_PIXELS) {
    throw new StimulusError(`${fileName}: ${width} x ${height} pixels are ${Math.round(width * height / 1e6)} million, and a picture may have ${Math.floor(MOST_PIXELS / 1e6)}; make it smaller (a camera here sees 2 at most)`);
  }
}

/** @throws StimulusError for more than may be kept */
export function checkFilm(width: number, height: number, frames: number, fileName: string): void {
  if (frames > MOST_FRAMES) throw new StimulusError(`${fileName}: more than ${MOST_FRAMES} pictures; cut it`);
  if (width * height * frames > MOST_FILM_PIXELS) {
    throw new StimulusError(`${fileName}: ${frames} pictures of ${width} x ${height} pixels are more than the ${Math.floor(MOST_FILM_PIXELS / 1e6)} million pixels that an animation may have; make it smaller or shorter, or use Y4M`);
  }
}

export function still(picture: Picture): Film {
  return { count: 1, starts: Float64Array.of(0), duration: 0, frame: () => picture };
}

/** @param seconds how long each is seen */
export function filmOf(pictures: readonly Picture[], seconds: readonly number[]): Film {
  const starts = new Float64Array(pictures.length);
  let at = 0;
  seconds.forEach((length, index) => {
    starts[index] = at;
    at += length;
  });
  return { count: pictures.length, starts, duration: at, frame: (index) => pictures[index] };
}

/** Red, green and blue of pixels with opacity, over black: (v a + 127) / 255, rounded down. @param rgba [pixel][red, green, blue, alpha] */
export function overBlack(rgba: Uint8Array, pixels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3];
    for (let channel = 0; channel < 3; channel++) {
      rgb[3 * i + channel] = alpha === 255 ? rgba[4 * i + channel] : Math.floor((rgba[4 * i + channel] * alpha + 127) / 255);
    }
  }
  return rgb;
}
