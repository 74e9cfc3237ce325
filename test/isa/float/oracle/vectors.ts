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

/** Bits of a single; `near` is an operand already drawn, to which this one may be close. */
export function single(random: Random, near: number): number {
  const sign = random() & 0x8000_0000;
  const f = fraction(random) & 0x7f_ffff;
  switch (below(random, 14)) {
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
  switch (below(random, 14)) {
    case 0: return [0, sign];
    case 1: return [0, sign | 0x7ff0_0000];
    case 2: return [low, sign | 0x7ff8_0000 | high];
    case 3: return [low | 1, sign | 0x7ff0_0000 | (high & 0x7_ffff)];
    case 4: return [low, sign | high];
    case 5: return [low, exponent(1 + below(random, 3))];
    case 6: return [low, exponent(2044 + below(random, 3))];
    case 7: return [low, exponent(below(random, 2) === 0 ? 510 + below(random, 4) : 1533 + below(random, 4))];
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
