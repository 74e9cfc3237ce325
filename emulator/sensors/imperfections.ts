/**
 * What a real part adds to what it measures: noise, offset, drift, an error of its scale, a clock that is not quite right.
 * All of it is a function of the part's seed and the sample's tick, never of the order of questions: a part that catches up
 * late takes the same samples. Off unless the run or the board asks for it.
 * Sources of the method: normal numbers by Box and Muller (1958); the mixing steps are MurmurHash3's finaliser (public domain).
 */
import type { RootTicks } from '../time/types.js';

/** Typical figures of a datasheet, each in the unit of what is measured. */
export interface ErrorFigures {
  /** Root mean square per root hertz of bandwidth. */
  readonly noiseDensity: number;
  /** Each part has an offset of its own within plus and minus this, one per axis. */
  readonly offset: number;
  /** The same for the change of the offset per degree away from 25 degrees Celsius. */
  readonly offsetPerDegree: number;
  /** Share by which each part's scale is off at most. */
  readonly sensitivity: number;
}

/** Who asks: a part's context has both. */
export interface Individual {
  readonly seed: number;
  readonly imperfections: boolean;
}

const MOST = 0x1_0000_0000;
const REFERENCE_CELSIUS = 25;
/** Kinds of draws, so that none repeats another's numbers. */
const DRAW = { offset: 1, drift: 2, sensitivity: 3, clock: 4, radius: 5, angle: 6 } as const;

/** An unsigned 32-bit number that looks random, of four words. */
export function mixed(a: number, b: number, c: number, d: number): number {
  let hash = a ^ 0x9e37_79b9;
  for (const word of [b, c, d]) {
    hash = Math.imul(hash ^ word, 0x85eb_ca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2_ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** A normal number with mean 0 and deviation 1, of a tick and a channel. */
export function normal(seed: number, channel: number, at: RootTicks): number {
  const [low, high] = [at % MOST, Math.floor(at / MOST)];
  // Never 0, whose logarithm is none.
  const radius = (mixed(seed, DRAW.radius + (channel << 8), low, high) + 1) / MOST;
  const angle = mixed(seed, DRAW.angle + (channel << 8), low, high) / MOST;
  return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
}

/** A number that belongs to the part, evenly between -1 and 1. */
function own(seed: number, kind: number, channel: number): number {
  return (2 * mixed(seed, kind, channel, 0)) / MOST - 1;
}

/** The errors of one measured number: an axis, a pressure. */
export class Imperfection {
  private readonly offset: number;
  private readonly perDegree: number;
  private readonly scale: number;
  private readonly noiseDensity: number;

  /** @param channel a number for each that the part measures, 0 to 255 */
  constructor(private readonly part: Individual, private readonly channel: number, figures: ErrorFigures) {
    const { seed } = part;
    this.offset = figures.offset * own(seed, DRAW.offset, channel);
    this.perDegree = figures.offsetPerDegree * own(seed, DRAW.drift, channel);
    this.scale = 1 + figures.sensitivity * own(seed, DRAW.sensitivity, channel);
    this.noiseDensity = figures.noiseDensity;
  }

  /** @param bandwidth hertz @param celsius of the part */
  of(value: number, at: RootTicks, bandwidth: number, celsius: number): number {
    if (!this.part.imperfections) return value;
    const noise = this.noiseDensity * Math.sqrt(bandwidth) * normal(this.part.seed, this.channel, at);
    return value * this.scale + this.offset + this.perDegree * (celsius - REFERENCE_CELSIUS) + noise;
  }
}

/**
 * How much faster than its nominal rate a part's clock runs, in millionths.
 * @param tolerance share that its datasheet allows: 0.1 for 10 %
 */
export function clockPpm({ seed, imperfections }: Individual, tolerance: number): number {
  return imperfections ? Math.round(1_000_000 * tolerance * own(seed, DRAW.clock, 0)) : 0;
}
