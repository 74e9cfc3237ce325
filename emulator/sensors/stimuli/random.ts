/**
 * Noise whose n-th value is computed from n, never from the one before: a stimulus may be asked for any time, in any order,
 * and answers alike. The mixing is that of SplitMix's finaliser for 32 bits (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", 2014; constants of the 32-bit variant by C. Wellons).
 */

/** Unsigned 32-bit word number `index` of the sequence that a seed names. */
export function wordAt(seed: number, index: number): number {
  // An index past 2^32 reaches its upper bits too: an hour of 1 MHz has 3.6e9 values.
  return mix(mix((seed ^ Math.floor(index / 0x1_0000_0000)) >>> 0) ^ (index >>> 0));
}

/** From 0 up to, not including, 1. */
export function uniformAt(seed: number, index: number): number {
  return wordAt(seed, index) / 0x1_0000_0000;
}

/** Normal distribution of mean 0 and standard deviation 1, by the method of Box and Muller. */
export function normalAt(seed: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(seed, index)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed ^ 0x5bd1_e995, index));
}

/** A seed for one of several users of a seed. */
export function seedFor(seed: number, user: number): number {
  return mix((seed + Math.imul(user + 1, 0x9e37_79b9)) >>> 0);
}

function mix(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb_352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
