/**
 * Materials at their places in virtual time, and what several of them make of one quantity: sounds add up; of everything
 * else the one that began last counts while it lasts, and what is measured at moments stays where it was left.
 */
import { QUANTITIES, type Picture, type Quantity, type Stimulus } from '../inputs.js';
import type { Track } from './description.js';
import { channelAt, type Channel, type Material } from './material.js';

export interface Place {
  /** Seconds of virtual time. */
  readonly at: number;
  /** Seconds of virtual time: when nothing of it is left. */
  readonly end: number;
  /** Seconds from one beginning to the next; Infinity for once. */
  readonly period: number;
  /** Seconds that the material itself lasts. */
  readonly duration: number;
  readonly isHeld: Material['isHeld'];
}

export function placeOf({ at, until, loop, repeat, every }: Track, { duration, isHeld }: Material): Place {
  const period = every ?? duration;
  const isOnce = (!loop && repeat === 1) || !(period > 0);
  const times = loop ? Infinity : repeat;
  const end = isOnce ? at + duration : at + (times - 1) * period + Math.min(duration, period);
  return { at, end: Math.min(end, until ?? Infinity), period: isOnce ? Infinity : period, duration, isHeld };
}

/** Seconds of the material's own time; past its duration in a pause between two times. */
export function ownTime({ at, period, end }: Place, seconds: number): number {
  // What stays afterwards is the value at the end, not the one that the next round would begin with.
  const since = Math.min(seconds, end) - at;
  if (period === Infinity || since < 0) return since;
  return seconds >= end ? since - Math.floor((since - period * 1e-9) / period) * period : since % period;
}

/** Something at a place, for one quantity. */
export interface Placed<T> { readonly place: Place; readonly isAdded: boolean; readonly at: (own: number) => T }

export function stimulusOf(quantity: Quantity, placed: readonly Placed<number>[], rootHz: number): Stimulus {
  const added = placed.filter(({ isAdded }) => isAdded);
  const replacing = placed.filter(({ isAdded }) => !isAdded);
  const { still } = QUANTITIES[quantity];
  if (replacing.length === 0 && added.length === 1) return (at) => still + addedAt(added[0], at / rootHz);
  return (at) => {
    const seconds = at / rootHz;
    let sum = valueOf(chosen(replacing, seconds), seconds) ?? still;
    for (const one of added) sum += addedAt(one, seconds);
    return sum;
  };
}

export function pictureStimulusOf(placed: readonly Placed<Picture>[], rootHz: number, otherwise: Picture): (at: number) => Picture {
  return (at) => valueOf(chosen(placed, at / rootHz), at / rootHz) ?? otherwise;
}

/** Of those that have a value, the one that began last; before all of them, the one that begins first. */
export function chosen<T>(placed: readonly Placed<T>[], seconds: number): Placed<T> | undefined {
  let found: Placed<T> | undefined;
  for (const one of placed) if (isThere(one.place, seconds) && (found === undefined || one.place.at >= found.place.at)) found = one;
  if (found !== undefined) return found;
  for (const one of placed) if (seconds < one.place.at && one.place.isHeld.before && (found === undefined || one.place.at < found.place.at)) found = one;
  return found;
}

/** Whether it has begun, and goes on or stays as it ended. */
function isThere(place: Place, seconds: number): boolean {
  if (seconds < place.at) return false;
  if (place.isHeld.after) return true;
  return seconds < place.end && ownTime(place, seconds) < place.duration;
}

function valueOf<T>(placed: Placed<T> | undefined, seconds: number): T | undefined {
  return placed?.at(Math.max(ownTime(placed.place, seconds), 0));
}

function addedAt(placed: Placed<number>, seconds: number): number {
  return isThere(placed.place, seconds) ? placed.at(ownTime(placed.place, seconds)) : 0;
}

export function channelReader(channel: Channel): (own: number) => number {
  return (own) => channelAt(channel, own);
}
