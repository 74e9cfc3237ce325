/** Random operand values, weighted to the edges where instructions go wrong. */
import type { Random } from '../support/random.js';
import { RAM_BASE, RAM_BYTES } from './case.js';

const EDGES = [
  0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000,
  0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_ff80, 0xffff_8000, 0xffff_7fff, 0xffff_fffe, 0xffff_ffff,
  0x7fff_7fff, 0x8000_8000, 0x7f7f_7f7f, 0x8080_8080, 0x0001_ffff, 0x5555_5555, 0xaaaa_aaaa,
];

/** An address with room on both sides. */
export function pointer(random: Random): number {
  return RAM_BASE + RAM_BYTES / 4 + random.below(RAM_BYTES / 2);
}

export function word(random: Random): number {
  const kind = random.below(10);
  if (kind < 4) return random.pick(EDGES);
  if (kind < 6) return random.below(256);
  if (kind < 7) return (1 << random.below(32)) >>> 0;
  return random.word();
}

export function registerValue(random: Random): number {
  return random.chance(40) ? pointer(random) & (random.chance(75) ? ~3 : ~0) : word(random);
}

/** Zeroes, ones, halves, bounds of the integers, denormals, largest numbers, infinities, quiet and signalling NaNs. */
const SINGLES = [
  0x0000_0000, 0x3f80_0000, 0x3f00_0000, 0x3fc0_0000, 0x4020_0000, 0x4060_0000, 0x3eff_ffff, 0x3f7f_ffff, 0x3f80_0001,
  0x4b00_0000, 0x4b00_0001, 0x4b7f_ffff, 0x4eff_ffff, 0x4f00_0000, 0x4f7f_ffff, 0x4f80_0000, 0x477f_e000, 0x477f_f000,
  0x3880_0000, 0x387f_c000, 0x3300_0000, 0x3300_0001, 0x0000_0001, 0x0000_0002, 0x0040_0000, 0x007f_ffff, 0x0080_0000,
  0x0080_0001, 0x00ff_ffff, 0x1f80_0000, 0x1fff_ffff, 0x7f00_0000, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fbf_ffff,
  0x7fc0_0000, 0x7fc1_2345, 0x7fff_ffff,
];

/** The high words of doubles of the same kinds; the low word is 0, 1, all ones or random. */
const DOUBLE_HIGHS = [
  0x0000_0000, 0x3ff0_0000, 0x3fe0_0000, 0x3ff8_0000, 0x4004_0000, 0x3fdf_ffff, 0x41df_ffff, 0x41e0_0000, 0x41ef_ffff,
  0x41f0_0000, 0x4330_0000, 0x433f_ffff, 0x0008_0000, 0x000f_ffff, 0x0010_0000, 0x001f_ffff, 0x3690_0000, 0x380f_ffff,
  0x3810_0000, 0x47ef_ffff, 0x47f0_0000, 0x7fef_ffff, 0x7ff0_0000, 0x7ff4_0000, 0x7ff8_0000, 0x7fff_ffff,
];

const sign = (random: Random): number => (random.chance(50) ? 0x8000_0000 : 0);

export function single(random: Random): number {
  const kind = random.below(10);
  if (kind < 5) return (random.pick(SINGLES) | sign(random)) >>> 0;
  // of like magnitude, so that sums cancel and products round
  if (kind < 8) return (((127 + random.between(-3, 3)) << 23) | (random.word() >>> 9) | sign(random)) >>> 0;
  return kind < 9 ? random.word() : word(random);
}

/** Low word, high word. */
export function double(random: Random): readonly [number, number] {
  const low = random.pick([0, 0, 1, 0xffff_ffff, 0x2000_0000, 0x1000_0000, random.word()]);
  const kind = random.below(10);
  if (kind < 5) return [low, (random.pick(DOUBLE_HIGHS) | sign(random)) >>> 0];
  if (kind < 9) return [low, (((1023 + random.between(-3, 3)) << 20) | (random.word() >>> 12) | sign(random)) >>> 0];
  return [random.word(), random.word()];
}

/** N, Z, C, V, AHP, DN, FZ, RMode and the cumulative flags; half the time all zero. */
export function fpscr(random: Random): number {
  if (random.chance(50)) return 0;
  const modes = random.chance(60) ? random.word() & 0x07c0_0000 : 0;
  const flags = random.chance(50) ? random.word() & 0xf000_009f : 0;
  return (modes | flags) >>> 0;
}
