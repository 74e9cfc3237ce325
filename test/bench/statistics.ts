/** Figures from repeated measurements. */

/** @throws RangeError when there are no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @throws RangeError when there are no values, or one that is not above 0 */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0 || values.some((value) => !(value > 0))) throw new RangeError('a geometric mean needs values above 0');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
