/** Words that sources, modifiers and placement share in the description of stimuli. */
import { z } from 'zod';
import { MOST_SECONDS } from './material.js';

/** Made when it is first asked for: a command that is given no stimulus shall not wait for its schema. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const TIME_UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, 'µs': 1e-6, ms: 1e-3, s: 1, min: 60, m: 60, h: 3600 };

/** Seconds of `2s`, `1.5 ms`, `2min`; undefined when it is no duration. */
export function secondsOf(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,12})?)\s?(ns|us|µs|ms|s|min|m|h)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * TIME_UNITS[match[2]];
}

/** Seconds, or a text such as `250ms`. */
export const seconds = once(() => z.preprocess((given, context) => {
  if (typeof given !== 'string') return given;
  const found = secondsOf(given);
  if (found === undefined) context.addIssue({ code: 'custom', message: `"${given.slice(0, 40)}" is no duration: write seconds as a number, or a text such as 250ms` });
  return found ?? 0;
}, z.number().min(0).max(MOST_SECONDS)));

/** Hertz. */
export const hertz = once(() => z.number().positive().max(1_000_000));
/** A quantity's value; no sensor measures more. */
export const value = once(() => z.number().min(-1e9).max(1e9));
export const share = once(() => z.number().min(0).max(1));
export const seed = once(() => z.int().min(0).max(0xffff_ffff));
export const fileName = once(() => z.string().min(1).max(4096));
