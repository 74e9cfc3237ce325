/** Operands that lean towards the borders of the formats. Deterministic: everything follows from the seed. */

/** A stream of random words (xorshift128, Marsaglia 2003). */
export function makeRandom(seed: number): () => number {
  let x = 123456789 ^ seed;
  let y = 362436069;
  let z = 521288629 + seed;
  let w = 88675123;
  const next = (): number => {
    const t = x ^ (x << 11);
    x = y; y = z; z = w;
    return (w = w ^ (w >>> 19) ^ t ^ (t >>> 8));
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

type Random = () => number;
const below = (random: Random, n: number): number => (random() >>> 0) % n;

/** A significand field: few bits set, long runs, or anything. */
function fraction(random: Random): number {
  switch (below(random, 6)) {
    case 0: return 0;
    case 1: return -1;
    case 2: return 1 << below(random, 32);
    case 3: return -1 << below(random, 32);
    case 4: return (-1 << below(random, 32)) ^ (1 << below(random, 32));
    default: return random();
  }
}

const asSingle = new Float32Array(1);
const singleBits = new Int32Array(asSingle.buffer);
const asDouble = new Float64Array(1);
const doubleBits = new Int32Array(asDouble.buffer);

/** An integer of any magnitude over a power of two: ties, and the borders of the integer formats. */
const ratio = (random: Random): number =>
  (below(random, 3) === 0 ? 2 ** (7 + 8 * below(random, 4)) + below(random, 9) / 4 - 1 : random() >> below(random, 32))
  * (random() & 1 ? 1 : -1) / 2 ** below(random, below(random, 2) === 0 ? 4 : 40);

/**
 * Operands of one set that are related, so that sums cancel, quotients come out even or nearly so, and roots too.
 * `set` views the set's six words as the registers of the format: destination, first and second operand at `index`.
 */
export function relate(random: Random, set: Float32Array | Float64Array, words: Int32Array, index: readonly [number, number, number], step: number): void {
  const [d, n, m] = index;
  const nudge = (register: number): void => { words[register * step] += below(random, 5) - 2; };
  switch (below(random, 8)) {
    case 0: set[d] = -set[n] * set[m]; nudge(d); break;
    case 1: set[d] = set[n] * set[m]; nudge(d); break;
    case 2: set[n] = set[d] * set[m]; break;
    case 3: set[n] = set[d] * set[m]; nudge(n); break;
    case 4: set[m] = set[d] * set[d]; nudge(m); break;
    case 5: set[d] = set[n] * set[m] * 2 ** (below(random, 120) - 60); break;
    case 6: set[n] = -set[m]; nudge(n); break;
    default: break;
  }
}

/** Bits of a single; `near` is an operand already drawn, to which this one may be close. */
export function single(random: Random, near: number): number {
  const sign = random() & 0x8000_0000;
  const f = fraction(random) & 0x7f_ffff;
  switch (below(random, 15)) {
    case 14: asSingle[0] = ratio(random); return singleBits[0];
    case 0: return sign;
    case 1: return sign | 0x7f80_0000;
    case 2: return sign | 0x7fc0_0000 | f;
    case 3: return sign | 0x7f80_0000 | (f & 0x3f_ffff) | 1;
    case 4: return sign | f;
    case 5: return sign | ((1 + below(random, 3)) << 23) | f;
    case 6: return sign | ((252 + below(random, 3)) << 23) | f;
    case 7: return sign | ((64 + below(random, 2) * 126 + below(random, 3)) << 23) | f;
    case 8: return near ^ sign ^ (random() & 7);
    case 9: return sign | (((near >>> 23) + below(random, 60) - 30) & 0xff) << 23 | f;
    case 10: case 11: return sign | ((120 + below(random, 40)) << 23) | f;
    case 12: return sign | ((102 + below(random, 14)) << 23) | f;
    default: return random();
  }
}

/** [low, high] of a double, likewise. */
export function double(random: Random, near: number): [number, number] {
  const sign = random() & 0x8000_0000;
  const high = fraction(random) & 0xf_ffff;
  const low = below(random, 3) === 0 ? 0 : fraction(random);
  const exponent = (e: number): number => sign | (e & 0x7ff) << 20 | high;
  switch (below(random, 16)) {
    case 14: asDouble[0] = ratio(random); return [doubleBits[0], doubleBits[1]];
    case 15: return [below(random, 4) === 0 ? 1 : 0, sign | (1023 - 160 + below(random, 300)) << 20 | high & -1 << below(random, 20)];
    case 0: return [0, sign];
    case 1: return [0, sign | 0x7ff0_0000];
    case 2: return [low, sign | 0x7ff8_0000 | high];
    case 3: return [low | 1, sign | 0x7ff0_0000 | (high & 0x7_ffff)];
    case 4: return [low, sign | high];
    case 5: return [low, exponent(1 + below(random, 3))];
    case 6: return [low, exponent(2044 + below(random, 3))];
    case 7: return [low, exponent(below(random, 2) === 0 ? 571 + below(random, 5) : 1471 + below(random, 5))];
    case 8: return [low, exponent((near >>> 20) + below(random, 120) - 60)];
    case 9: return [low, exponent(1023 - 180 + below(random, 320))];
    case 10: case 11: return [low, exponent(1016 + below(random, 70))];
    case 12: return [low, exponent(1023 - 40 + below(random, 20))];
    default: return [random(), random()];
  }
}

/** An FPSCR: half the time the reset value with some flags set, else any modes. */
export function fpscr(random: Random): number {
  const flags = random() & 0x1f & random();
  if (below(random, 3) === 0) return flags | 0x10;
  if (below(random, 3) === 0) return flags & ~0x10;
  return (random() & 0x07c0_0000) | (random() & 0xf000_0000) | flags | (random() & random() & 0x80);
}
