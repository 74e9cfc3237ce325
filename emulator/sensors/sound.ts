/**
 * What the quantity `sound` is to microphones. It is the sound pressure at the instant, in shares of a full scale: 1 and -1 are
 * the peaks of a sine of 120 dB SPL, 28.3 Pa, which is what a digital microphone of the usual -26 dBFS at 94 dB SPL can give at
 * most. So a recording whose samples use their full scale comes out of such a microphone at the level it has in the file; a
 * part's option `fullScaleSpl` says that its world is louder or softer.
 *
 * dB SPL: root mean square over 20 uPa, 94 dB being 1 Pa. dBFS: over the root mean square of a sine that reaches full scale.
 */
import { z } from 'zod';
import type { RootTicks } from '../time/types.js';
import { Imperfection, type Individual } from './imperfections.js';
import type { World } from './inputs.js';

const REFERENCE_PASCAL = 20e-6;
const REFERENCE_SPL = 94;

export const FULL_SCALE_SPL = z.number().min(60).max(160).default(120);

/** The peak of a sine of that level. */
export function peakPascals(spl: number): number {
  return Math.SQRT2 * REFERENCE_PASCAL * 10 ** (spl / 20);
}

export interface MicrophoneFigures {
  /** Signal of 94 dB SPL over the part's own noise, A-weighted. */
  readonly snrDb: number;
  /** By how many dB the sensitivity of parts differs from the typical one at most. */
  readonly toleranceDb: number;
}

/** What the A-weighting of IEC 61672-1 leaves of white noise from 20 Hz to 20 kHz: as much as there is in so many hertz. */
const A_WEIGHTED_HZ = 12_468;
/** The noise is made at this rate, so that it is the same whoever asks for it and how often. */
const NOISE_HZ = 48_000;
const CELSIUS = 25;

/** The pressure that a microphone feels: the world's, and what its own imperfections amount to. */
export class Membrane {
  private readonly pascalsOfOne: number;
  private readonly imperfection: Imperfection;

  constructor(private readonly part: Individual & { readonly world: World; readonly scheduler: { readonly rootHz: number } }, fullScaleSpl: number, { snrDb, toleranceDb }: MicrophoneFigures) {
    this.pascalsOfOne = peakPascals(fullScaleSpl);
    const noisePascals = REFERENCE_PASCAL * 10 ** ((REFERENCE_SPL - snrDb) / 20);
    this.imperfection = new Imperfection(part, 0, { noiseDensity: noisePascals / Math.sqrt(A_WEIGHTED_HZ), offset: 0, offsetPerDegree: 0, sensitivity: 10 ** (toleranceDb / 20) - 1 });
  }

  pascals(at: RootTicks): number {
    const { world, scheduler: { rootHz }, imperfections } = this.part;
    const pascals = this.pascalsOfOne * world.value('sound', at);
    if (!imperfections) return pascals;
    const step = rootHz / NOISE_HZ;
    return this.imperfection.of(pascals, Math.floor(Math.floor(at / step) * step), NOISE_HZ / 2, CELSIUS);
  }
}

/** @param dbfs a digital microphone's output at 94 dB SPL @returns pascals at its full scale */
export function fullScalePascals(dbfs: number): number {
  return peakPascals(REFERENCE_SPL - dbfs);
}
