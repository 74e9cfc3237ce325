import { Rounding } from './fpscr.js';

/**
 * Rounds a finite double to an integral double, exactly. The part behind the point is taken from `trunc`, because a
 * difference from `floor` is itself rounded for small negative values.
 */
export function roundToIntegral(value: number, mode: number): number {
  const whole = Math.trunc(value);
  const fraction = value - whole;
  if (fraction === 0) return whole;
  const away = value < 0 ? whole - 1 : whole + 1;
  const distance = Math.abs(fraction);
  switch (mode) {
    case Rounding.RN: return distance > 0.5 || (distance === 0.5 && whole % 2 !== 0) ? away : whole;
    case Rounding.RP: return fraction > 0 ? away : whole;
    case Rounding.RM: return fraction < 0 ? away : whole;
    case Rounding.RA: return distance >= 0.5 ? away : whole;
    default: return whole;
  }
}

/** Does a magnitude go up by one unit? `guard` is the first bit lost, `sticky` is non-zero when a later one is set. */
export function roundsUp(mode: number, negative: boolean, odd: boolean, guard: boolean, sticky: boolean): boolean {
  switch (mode) {
    case Rounding.RN: return guard && (sticky || odd);
    case Rounding.RP: return !negative && (guard || sticky);
    case Rounding.RM: return negative && (guard || sticky);
    default: return false;
  }
}

/** An overflow gives infinity (true) or the largest normal number (false). Source: FPRound, A2.5. */
export function overflowsToInfinity(mode: number, negative: boolean): boolean {
  return mode === Rounding.RN || mode === (negative ? Rounding.RM : Rounding.RP);
}
