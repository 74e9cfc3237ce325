/** What is in a recording of one tone: the least-squares fit of a sine of known frequency and a mean, and what is left. */
export interface ToneFit {
  readonly amplitude: number;
  readonly mean: number;
  /** Power of the tone over that of everything else but the mean. */
  readonly snrDb: number;
}

/** @param cyclesPerSample the tone's frequency over the sample rate */
export function fitTone(samples: readonly number[], cyclesPerSample: number): ToneFit {
  const basis = (n: number): number[] => [Math.sin(2 * Math.PI * cyclesPerSample * n), Math.cos(2 * Math.PI * cyclesPerSample * n), 1];
  const rows = [0, 1, 2].map(() => [0, 0, 0, 0]);
  samples.forEach((sample, n) => {
    const values = basis(n);
    rows.forEach((row, i) => [...values, sample].forEach((value, j) => { row[j] += values[i] * value; }));
  });
  const [sine, cosine, mean] = solved(rows);
  const amplitude = Math.hypot(sine, cosine);
  const rest = samples.reduce((sum, sample, n) => {
    const [s, c] = basis(n);
    return sum + (sample - sine * s - cosine * c - mean) ** 2;
  }, 0) / samples.length;
  return { amplitude, mean, snrDb: 10 * Math.log10(amplitude ** 2 / 2 / rest) };
}

/** Gauss-Jordan elimination of a small positive definite system, its right side in the last column. */
function solved(rows: number[][]): number[] {
  rows.forEach((pivot, i) => {
    const scale = pivot[i];
    pivot.forEach((value, j) => { pivot[j] = value / scale; });
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[i];
      row.forEach((_, j) => { row[j] -= factor * pivot[j]; });
    }
  });
  return rows.map((row) => row[row.length - 1]);
}

/** Bits as a cascade of moving averages decimates them, as a firmware without a PDM peripheral does: shares of full scale. */
export function decimated(bits: readonly number[], factor: number, order = 5): number[] {
  let stream = bits.map((bit) => 2 * bit - 1);
  for (let stage = 0; stage < order; stage++) {
    let sum = 0;
    stream = stream.map((value, n) => {
      sum += value - (n >= factor ? stream[n - factor] : 0);
      return sum / factor;
    });
  }
  return stream.filter((_, n) => n % factor === factor - 1).slice(order);
}
