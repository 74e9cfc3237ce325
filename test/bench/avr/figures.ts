/** Speeds and ratios on an AVR: the same reckoning as in `../figures.ts`, beside other rivals. */
import type { Cost } from '../figures.js';
import { geometricMean, median } from '../statistics.js';

/** In the order in which a round runs them; every other round goes backwards. */
export const AVR_RUNNERS = ['thumbelina', 'simavr', 'avr8js'] as const;
export type AvrRunner = (typeof AVR_RUNNERS)[number];
export const AVR_RIVALS = ['simavr', 'avr8js'] as const;
export type AvrRival = (typeof AVR_RIVALS)[number];

export type AvrRound = Readonly<Record<AvrRunner, Cost>>;
export type ByRival = Readonly<Record<AvrRival, number>>;

export interface AvrFigures {
  /** median over the rounds of our speed over the other's */
  readonly ratio: ByRival;
  readonly ratioByCpu: ByRival;
  /** medians, in seconds */
  readonly wall: Readonly<Record<AvrRunner, number>>;
  readonly cpu: Readonly<Record<AvrRunner, number>>;
}

const by = <Key extends string>(keys: readonly Key[], value: (key: Key) => number): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, number>;

/** A pause of the machine during the short run makes the long one's work look like nothing. */
export const isUsable = (round: AvrRound): boolean => AVR_RUNNERS.every((runner) => round[runner].wall > 0 && round[runner].cpu > 0);

/** @throws RangeError when there are no rounds */
export function avrFiguresOf(rounds: readonly AvrRound[]): AvrFigures {
  const ratioOf = (value: (cost: Cost) => number): ByRival => by(AVR_RIVALS, (rival) => median(rounds.map((round) => value(round[rival]) / value(round.thumbelina))));
  const medianOf = (value: (cost: Cost) => number): Record<AvrRunner, number> => by(AVR_RUNNERS, (runner) => median(rounds.map((round) => value(round[runner]))));
  return { ratio: ratioOf(({ wall }) => wall), ratioByCpu: ratioOf(({ cpu }) => cpu), wall: medianOf(({ wall }) => wall), cpu: medianOf(({ cpu }) => cpu) };
}

/** @throws RangeError when there are none */
export const meanOf = (ratios: readonly ByRival[]): ByRival => by(AVR_RIVALS, (rival) => geometricMean(ratios.map((ratio) => ratio[rival])));
