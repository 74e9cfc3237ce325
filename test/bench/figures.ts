/** From times to figures: speeds, ratios pair by pair, means. */
import { geometricMean, median } from './statistics.js';

/** In the order in which a round runs them; every other round goes backwards. */
export const RUNNERS = ['thumbelina', 'qemu', 'qemuIcount', 'native'] as const;
export type Runner = (typeof RUNNERS)[number];
export type Rival = Exclude<Runner, 'thumbelina'>;
export const RIVALS = ['qemu', 'qemuIcount', 'native'] as const satisfies readonly Rival[];

/** Seconds of a program's own work: what a program that ends at once takes is subtracted. */
export interface Cost {
  readonly wall: number;
  /** user time of all threads: more than `wall` where something works in the background */
  readonly cpu: number;
}
/** All runners one after the other; `native` only where the program compiles for the host. */
export type Round = Readonly<Record<Exclude<Runner, 'native'>, Cost> & { native?: Cost }>;

/** @returns a run's cost without the start and end of its process; CPU time is counted in milliseconds and may come out as 0 */
export function net(busy: Cost, idle: Cost): Cost {
  return { wall: busy.wall - idle.wall, cpu: Math.max(0, busy.cpu - idle.cpu) };
}

/** A pause of the machine during the short run makes the long one's work look like nothing: such a round says nothing. */
export const isUsable = (round: Round): boolean => RUNNERS.every((runner) => round[runner] === undefined || round[runner].wall > 0);

export type ByRunner = Record<Exclude<Runner, 'native'>, number> & { native?: number };
export type ByRival = Record<Exclude<Rival, 'native'>, number> & { native?: number };

export interface Figures {
  /** millions of the guest's instructions per second; the count is ours for all runners */
  readonly mips: ByRunner;
  /** median over the rounds of our speed over the other's, by wall time */
  readonly ratio: ByRival;
  /** the same by CPU time, where both took a measurable one: background work is charged here */
  readonly ratioByCpu: Partial<ByRival>;
  /** medians, in seconds */
  readonly wall: ByRunner;
  readonly cpu: ByRunner;
}

function byRunner(rounds: readonly Round[], value: (cost: Cost) => number): ByRunner {
  const of = (runner: Runner): number => median(rounds.map((round) => value(costOf(round, runner))));
  const { thumbelina, qemu, qemuIcount } = { thumbelina: of('thumbelina'), qemu: of('qemu'), qemuIcount: of('qemuIcount') };
  return { thumbelina, qemu, qemuIcount, ...(rounds[0].native === undefined ? {} : { native: of('native') }) };
}

function costOf(round: Round, runner: Runner): Cost {
  const cost = round[runner];
  if (cost === undefined) throw new RangeError(`a round without ${runner}`);
  return cost;
}

function ratioByCpu(rounds: readonly Round[], rival: Rival): Partial<ByRival> {
  if (rounds[0][rival] === undefined) return {};
  const pairs = rounds.map((round) => [costOf(round, rival).cpu, round.thumbelina.cpu]).filter(([theirs, ours]) => theirs > 0 && ours > 0);
  return pairs.length === 0 ? {} : { [rival]: median(pairs.map(([theirs, ours]) => theirs / ours)) };
}

/** @throws RangeError when there are no rounds */
export function figuresOf(instructions: number, rounds: readonly Round[]): Figures {
  if (rounds.length === 0) throw new RangeError('figures of no rounds');
  const against = (rival: Rival): number => median(rounds.map((round) => costOf(round, rival).wall / round.thumbelina.wall));
  return {
    mips: byRunner(rounds, ({ wall }) => instructions / wall / 1e6),
    ratio: { qemu: against('qemu'), qemuIcount: against('qemuIcount'), ...(rounds[0].native === undefined ? {} : { native: against('native') }) },
    ratioByCpu: Object.assign({}, ...RIVALS.map((rival) => ratioByCpu(rounds, rival))) as Partial<ByRival>,
    wall: byRunner(rounds, ({ wall }) => wall),
    cpu: byRunner(rounds, ({ cpu }) => cpu),
  };
}

/** @returns the geometric mean of each ratio over the programs that have it; none where no program does */
export function geometricMeans(ratios: readonly Partial<ByRival>[]): Partial<ByRival> {
  const mean = (rival: Rival): Partial<ByRival> => {
    const values = ratios.map((ratio) => ratio[rival]).filter((value) => value !== undefined);
    return values.length === 0 ? {} : { [rival]: geometricMean(values) };
  };
  return Object.assign({}, ...RIVALS.map(mean)) as Partial<ByRival>;
}
