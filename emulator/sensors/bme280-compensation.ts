/**
 * What BME280 firmware computes from raw numbers, and the way back. Source: BME280 datasheet BST-BME280-DS002 rev 1.6, appendix A
 * (8.1, compensation in double precision; within a step of the integer formulas of 4.2.3). Coefficients: those of its sister's
 * worked example (BMP280 datasheet BST-BMP280-DS001, 3.12) for temperature and pressure, usual ones for humidity.
 */
export const COEFFICIENTS = {
  T1: 27_504, T2: 26_435, T3: -1000,
  P1: 36_477, P2: -10_685, P3: 3024, P4: 2855, P5: 140, P6: -7, P7: 15_500, P8: -14_600, P9: 6000,
  H1: 75, H2: 367, H3: 0, H4: 313, H5: 50, H6: 30,
} as const;

const { T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9, H1, H2, H3, H4, H5, H6 } = COEFFICIENTS;

/** t_fine: degrees Celsius times 5120. */
export function fineTemperature(raw: number): number {
  const linear = (raw / 16_384 - T1 / 1024) * T2;
  const square = (raw / 131_072 - T1 / 8192) ** 2 * T3;
  return linear + square;
}

/** Pascal; falls while the raw number rises. */
export function pressureOf(raw: number, fine: number): number {
  const half = fine / 2 - 64_000;
  const offset = (half * half * P6) / 32_768 / 4 + (half * P5) / 2 + P4 * 65_536;
  const scale = (1 + ((P3 * half * half) / 524_288 + P2 * half) / 524_288 / 32_768) * P1;
  const rough = ((1_048_576 - raw - offset / 4096) * 6250) / scale;
  return rough + ((P9 * rough * rough) / 2_147_483_648 + (rough * P8) / 32_768 + P7) / 16;
}

/** % relative humidity, unbounded. */
export function humidityOf(raw: number, fine: number): number {
  const warmth = fine - 76_800;
  const rough = (raw - (H4 * 64 + (H5 / 16_384) * warmth)) * ((H2 / 65_536) * (1 + (H6 / 67_108_864) * warmth * (1 + (H3 / 67_108_864) * warmth)));
  return rough * (1 - (H1 * rough) / 524_288);
}

/** The raw number that comes nearest to a value. @param of rises with the raw number */
export function rawOf(value: number, of: (raw: number) => number, bits: number): number {
  let [low, high] = [0, 2 ** bits - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (of(middle) <= value) low = middle;
    else high = middle;
  }
  return Math.abs(of(low) - value) <= Math.abs(of(high) - value) ? low : high;
}
