/** Pictures as a material: seen from their beginning on, the last one until something else comes. */
import { firstAfter, type Material } from '../material.js';
import type { Film } from './film.js';

export function shown(film: Film): Material {
  return {
    duration: film.duration, channels: new Map(), isHeld: { before: false, after: true },
    picture: (seconds) => film.frame(Math.max(0, firstAfter(film.starts, seconds) - 1)),
  };
}
