/** Values out of a part's snapshot, which may be a stranger's. */
import type { Snapshot } from '../bus/types.js';

/** @throws Error when there are not as many numbers */
export function numbersFrom(from: Snapshot, name: string, count: number): number[] {
  const numbers = from[name];
  if (!Array.isArray(numbers) || numbers.length !== count || !numbers.every((n) => Number.isFinite(n))) throw new Error(`the snapshot has no ${count} numbers "${name}"`);
  return numbers as number[];
}

/** @throws Error when it is no finite number */
export function numberFrom(from: Snapshot, name: string): number {
  const number = from[name];
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new Error(`the snapshot has no number "${name}"`);
  return number;
}
